//! Holds floods of reports off: so many an hour from one address, so many a day for one contact, so many
//! looks at codes a minute from one address, so that nobody tries them out.
//!
//! Each server counts for itself. Memory is bounded as in [`super::limiter`].

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limiter::{Counts, TooMany};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
/// Most questions that name a code, or ask what is near, from one address in a minute.
pub const LOOKS_PER_MINUTE: u32 = 60;

/// Counts reports and looks.
#[derive(Debug)]
pub struct ReportLimiter {
    per_address: u32,
    per_contact: u32,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    addresses: Counts<IpAddr>,
    contacts: Counts<String>,
    looks: Counts<IpAddr>,
}

impl ReportLimiter {
    /// So many reports an hour from one address, and a day for one contact.
    #[must_use]
    pub fn new(per_address: u32, per_contact: u32) -> Self {
        Self {
            per_address,
            per_contact,
            counted: Mutex::default(),
        }
    }

    /// Counts a report from an address.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn report(&self, address: IpAddr, now: Instant) -> Result<(), TooMany> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted
            .addresses
            .attempt(whole(address), self.per_address, HOUR, now)
    }

    /// Counts a report for a contact, by its pseudonym.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn contact(&self, pseudonym: &str, now: Instant) -> Result<(), TooMany> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted
            .contacts
            .attempt(pseudonym.to_owned(), self.per_contact, DAY, now)
    }

    /// Counts a look from an address.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn look(&self, address: IpAddr, now: Instant) -> Result<(), TooMany> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted
            .looks
            .attempt(whole(address), LOOKS_PER_MINUTE, MINUTE, now)
    }
}

/// One subscriber has a whole network of 64 bits in IPv6.
fn whole(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_are_held_off_and_end() {
        let limiter = ReportLimiter::new(2, 1);
        let start = Instant::now();
        let one = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(limiter.report(one, start), Ok(()));
        assert_eq!(limiter.report(one, start), Ok(()));
        assert!(limiter.report(one, start).is_err());
        assert_eq!(limiter.report(IpAddr::from([192, 0, 2, 2]), start), Ok(()));
        assert_eq!(limiter.report(one, start + HOUR), Ok(()));
        assert_eq!(limiter.contact("a", start), Ok(()));
        assert!(limiter.contact("a", start + HOUR).is_err());
        assert_eq!(limiter.contact("a", start + DAY), Ok(()));
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let limiter = ReportLimiter::new(1, 1);
        let now = Instant::now();
        let of = |text: &str| text.parse().unwrap();
        assert_eq!(limiter.report(of("2001:db8:1:2::1"), now), Ok(()));
        assert!(limiter.report(of("2001:db8:1:2:ffff::9"), now).is_err());
        assert_eq!(limiter.report(of("2001:db8:1:3::1"), now), Ok(()));
        assert_eq!(limiter.report(of("::ffff:192.0.2.9"), now), Ok(()));
        assert!(limiter.report(of("192.0.2.9"), now).is_err());
    }
}
