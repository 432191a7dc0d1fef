//! Slows guessing of passwords down: so many attempts per account and per address in a window.
//!
//! An attempt is counted before the password is checked, so that attempts in parallel cannot slip
//! through; a success wipes the account's count and leaves the address's. A person locked out
//! waits minutes, never for an administrator: otherwise a stranger could lock the centre out.
//!
//! Memory is bounded: at most [`MAX_KEYS`] keys of each sort. When full, windows that are over go
//! first, then the one that ends soonest.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long attempts count.
pub const WINDOW: Duration = Duration::from_mins(5);
/// Most attempts on one account in a window.
pub const PER_ACCOUNT: u32 = 10;
/// Most attempts from one address in a window; a centre may sit behind one address.
pub const PER_ADDRESS: u32 = 50;
/// Most accounts, and most addresses, that are remembered.
pub const MAX_KEYS: usize = 10_000;

/// Too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {} s", retry_after.as_secs())]
pub struct TooMany {
    /// How long to wait.
    pub retry_after: Duration,
}

/// Counts log-in attempts.
#[derive(Debug, Default)]
pub struct LoginLimiter {
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    accounts: Counts<String>,
    addresses: Counts<IpAddr>,
}

impl LoginLimiter {
    /// Counts an attempt on `account` (as typed, known or not) from `address`.
    ///
    /// # Errors
    /// [`TooMany`] where either is over its limit; the attempt then does not count further.
    pub fn attempt(&self, account: &str, address: IpAddr, now: Instant) -> Result<(), TooMany> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows
            .addresses
            .attempt(address, PER_ADDRESS, WINDOW, now)?;
        windows
            .accounts
            .attempt(account.to_owned(), PER_ACCOUNT, WINDOW, now)
    }

    /// The attempt was right: the account starts anew.
    pub fn succeeded(&self, account: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.accounts.0.remove(account);
    }
}

/// How often each key came in its window.
#[derive(Debug)]
pub(super) struct Counts<K>(HashMap<K, Window>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Instant,
    attempts: u32,
}

impl<K: Eq + Hash + Clone> Counts<K> {
    pub(super) fn attempt(
        &mut self,
        key: K,
        limit: u32,
        length: Duration,
        now: Instant,
    ) -> Result<(), TooMany> {
        if !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let fresh = Window {
            ends: now + length,
            attempts: 0,
        };
        let window = self.0.entry(key).or_insert(fresh);
        if window.ends <= now {
            *window = fresh;
        }
        if window.attempts >= limit {
            return Err(TooMany {
                retry_after: window.ends - now,
            });
        }
        window.attempts += 1;
        Ok(())
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() < MAX_KEYS {
            return;
        }
        self.0.retain(|_, window| window.ends > now);
        if self.0.len() < MAX_KEYS {
            return;
        }
        let soonest = self
            .0
            .iter()
            .min_by_key(|(_, window)| window.ends)
            .map(|(key, _)| key.clone());
        if let Some(key) = soonest {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_account_is_slowed_down_from_whatever_address_and_recovers_by_itself() {
        let limiter = LoginLimiter::default();
        let start = Instant::now();
        for attempt in 0..PER_ACCOUNT {
            let from = address(u8::try_from(attempt).unwrap());
            assert_eq!(limiter.attempt("lan", from, start), Ok(()));
        }
        let refused = limiter.attempt("lan", address(200), start + Duration::from_secs(60));
        assert_eq!(
            refused,
            Err(TooMany {
                retry_after: WINDOW - Duration::from_secs(60)
            })
        );
        assert_eq!(limiter.attempt("minh", address(200), start), Ok(()));
        assert_eq!(limiter.attempt("lan", address(200), start + WINDOW), Ok(()));
    }

    #[test]
    fn an_address_is_slowed_down_on_whatever_account() {
        let limiter = LoginLimiter::default();
        let now = Instant::now();
        for attempt in 0..PER_ADDRESS {
            assert_eq!(
                limiter.attempt(&format!("user{attempt}"), address(1), now),
                Ok(())
            );
        }
        assert!(limiter.attempt("another", address(1), now).is_err());
        assert_eq!(limiter.attempt("another", address(2), now), Ok(()));
    }

    #[test]
    fn a_success_wipes_the_account_but_not_the_address() {
        let limiter = LoginLimiter::default();
        let now = Instant::now();
        for _ in 0..PER_ADDRESS / PER_ACCOUNT {
            for _ in 0..PER_ACCOUNT {
                assert_eq!(limiter.attempt("lan", address(1), now), Ok(()));
            }
            limiter.succeeded("lan");
        }
        assert!(limiter.attempt("lan", address(1), now).is_err());
    }

    #[test]
    fn memory_is_bounded_whatever_names_strangers_invent() {
        let mut counts = Counts::default();
        let start = Instant::now();
        for key in 0..MAX_KEYS + 100 {
            let now = start + Duration::from_millis(u64::try_from(key).unwrap());
            assert_eq!(counts.attempt(key, 1, WINDOW, now), Ok(()));
        }
        assert_eq!(counts.0.len(), MAX_KEYS);
        let later = start + WINDOW * 2;
        assert_eq!(counts.attempt(usize::MAX, 1, WINDOW, later), Ok(()));
        assert_eq!(counts.0.len(), 1);
    }
}
