//! What controllers said last, for all cameras. Times are the agent's: a controller's clock may be off, so
//! only what lies between its own times counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::v1::{Aspect, ControllerState, UnitId};
use jiff::Timestamp;

/// A controller may be so far ahead of the agent before its word counts as out of time.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// What controllers said last; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SignalBoard(Arc<Mutex<HashMap<UnitId, Controller>>>);

#[derive(Debug, Default)]
struct Controller {
    groups: HashMap<String, Group>,
    /// By the agent's clock.
    good_until: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    aspect: Aspect,
    /// By the agent's clock.
    since: Timestamp,
}

/// What a controller says of one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) aspect: Aspect,
    /// For how long it has said so.
    pub(super) age: Duration,
}

impl SignalBoard {
    /// Takes what a controller says, as it arrived by the agent's clock. What was said before its time
    /// was over, but arrives long after, is retained by a broker and says nothing.
    pub fn note(&self, state: &ControllerState, arrived: Timestamp) {
        let valid = between(state.at, state.expires_at);
        let late = between(state.expires_at, arrived) > CLOCKS_APART;
        let good_until = match late {
            true => Timestamp::MIN,
            false => arrived.checked_add(valid).unwrap_or(Timestamp::MAX),
        };
        let mut controllers = self.lock();
        let controller = controllers.entry(state.controller.clone()).or_default();
        controller.good_until = good_until;
        let before = std::mem::take(&mut controller.groups);
        for (name, group) in &state.groups {
            let told = arrived
                .checked_sub(between(group.since, state.at))
                .unwrap_or(Timestamp::MIN);
            // What goes on is dated as it was: arrivals jitter.
            let since = match before.get(name) {
                Some(known) if known.aspect == group.aspect => known.since.min(told),
                _ => told,
            };
            let group = Group {
                aspect: group.aspect,
                since,
            };
            controller.groups.insert(name.clone(), group);
        }
    }

    /// What a controller says now of one of its signals; nothing where it has been silent for too long.
    pub(super) fn word(&self, controller: &UnitId, group: &str, now: Timestamp) -> Option<Word> {
        let controllers = self.lock();
        let controller = controllers.get(controller)?;
        let group = controller.groups.get(group)?;
        (now <= controller.good_until).then(|| Word {
            aspect: group.aspect,
            age: between(group.since, now),
        })
    }

    /// Whether a controller has said anything that still holds.
    #[must_use]
    pub fn knows(&self, controller: &UnitId, now: Timestamp) -> bool {
        let controllers = self.lock();
        controllers
            .get(controller)
            .is_some_and(|known| now <= known.good_until)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UnitId, Controller>> {
        // Every critical section leaves the map whole, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time from one moment to a later one; zero where it is not later.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use contract::v1::SignalGroup;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// The controller's clock is an hour ahead in none of these but where `ahead` says so.
    fn state(aspect: Aspect, since: i64, said: i64, ahead: i64) -> ControllerState {
        ControllerState {
            controller: "c".parse().unwrap(),
            at: at(said + ahead),
            expires_at: at(said + ahead + 10),
            groups: [(
                "1".to_owned(),
                SignalGroup {
                    aspect,
                    since: at(since + ahead),
                },
            )]
            .into(),
        }
    }

    fn word(board: &SignalBoard, now: i64) -> Option<(Aspect, u64)> {
        let word = board.word(&"c".parse().unwrap(), "1", at(now))?;
        Some((word.aspect, word.age.as_secs()))
    }

    #[test]
    fn a_word_lasts_until_it_expires_whatever_the_controllers_clock() {
        for ahead in [0, 3600] {
            let board = SignalBoard::default();
            board.note(&state(Aspect::Red, 0, 4, ahead), at(4));
            assert_eq!(word(&board, 6), Some((Aspect::Red, 6)), "{ahead}");
            assert_eq!(word(&board, 14), Some((Aspect::Red, 14)), "{ahead}");
            assert_eq!(word(&board, 15), None, "{ahead}");
        }
    }

    #[test]
    fn a_change_dates_from_the_change_and_an_old_retained_word_says_nothing() {
        let board = SignalBoard::default();
        board.note(&state(Aspect::Green, 0, 4, 0), at(4));
        board.note(&state(Aspect::Red, 8, 8, 0), at(8));
        board.note(&state(Aspect::Red, 8, 12, 0), at(13));
        assert_eq!(word(&board, 14), Some((Aspect::Red, 6)));
        board.note(&state(Aspect::Green, 0, 4, 0), at(400));
        assert_eq!(word(&board, 401), None);
        assert_eq!(board.word(&"d".parse().unwrap(), "1", at(14)), None);
    }
}
