//! The life of one message to one target: queued → sent → acknowledged, or failed → tried again with
//! growing pauses → dead letter, which a person may replay.
//!
//! What does not belong here: the time of day, rows and leases (the server's `store`), sockets.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for its turn, its first or a later one.
    Queued,
    /// A server is at it, until its lease ends.
    Sending,
    /// The other side took it. Where an acknowledgement is wanted, it has not come yet.
    Sent,
    /// The unit said that it has it.
    Acknowledged,
    /// It will not be tried again by itself.
    Dead,
    /// A later message says all that it would have said.
    Superseded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Acknowledged,
        Self::Dead,
        Self::Superseded,
    ];

    /// The word in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Dead => "dead",
            Self::Superseded => "superseded",
        }
    }

    /// Reads a state back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Where a step leads; none where the step cannot be taken from here.
    ///
    /// An acknowledgement counts whenever it comes: a unit that says it has a message has it, whatever
    /// the way to it said.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            // What was sent is sent again while its acknowledgement is awaited; what a server died over
            // is taken up by another.
            (Self::Queued | Self::Sent | Self::Sending, Step::Claim) => Some(Self::Sending),
            (Self::Sending, Step::Taken) => Some(Self::Sent),
            (Self::Sending, Step::Retry) => Some(Self::Queued),
            (Self::Sending, Step::GiveUp) => Some(Self::Dead),
            (Self::Queued | Self::Sending, Step::Supersede) => Some(Self::Superseded),
            (Self::Queued | Self::Sending | Self::Sent | Self::Dead, Step::Acknowledge) => {
                Some(Self::Acknowledged)
            }
            (Self::Dead | Self::Sent, Step::Replay) => Some(Self::Queued),
            _ => None,
        }
    }
}

/// What can happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A server takes it up.
    Claim,
    /// The other side took it.
    Taken,
    /// It did not, and is asked again later.
    Retry,
    /// It did not, and is not asked again.
    GiveUp,
    /// A later message makes it unnecessary.
    Supersede,
    /// The unit has it.
    Acknowledge,
    /// A person wants it sent again.
    Replay,
}

/// Why an attempt failed, in words that a metric can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// No connection, or it broke.
    Unreachable,
    /// The name is unknown.
    NameUnknown,
    /// No answer in time.
    Timeout,
    /// The certificate, or the talk before it.
    Tls,
    /// The address is of a private network, which the target's configuration does not allow.
    AddressForbidden,
    /// The other side is overloaded or has a fault of its own.
    Busy,
    /// The other side does not want the message, and says that this will not change.
    Rejected,
    /// The user name or password, or the signature.
    NotAuthorised,
    /// The target is not in the configuration any more.
    NoTarget,
    /// The message could not be made.
    NoMessage,
}

impl Failure {
    /// Every failure.
    pub const ALL: [Self; 10] = [
        Self::Unreachable,
        Self::NameUnknown,
        Self::Timeout,
        Self::Tls,
        Self::AddressForbidden,
        Self::Busy,
        Self::Rejected,
        Self::NotAuthorised,
        Self::NoTarget,
        Self::NoMessage,
    ];

    /// The word in the store, on metrics and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NameUnknown => "name_unknown",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::AddressForbidden => "address_forbidden",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::NotAuthorised => "not_authorised",
            Self::NoTarget => "no_target",
            Self::NoMessage => "no_message",
        }
    }

    /// Whether another attempt may fare better. A person must act on the rest; what a network or a
    /// certificate does may mend itself.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Unreachable
            | Self::NameUnknown
            | Self::Timeout
            | Self::Tls
            | Self::Busy
            | Self::NotAuthorised => true,
            Self::AddressForbidden | Self::Rejected | Self::NoTarget | Self::NoMessage => false,
        }
    }
}

/// How long attempts go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The pause after the first failure.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// From the message's making: after this it is a dead letter.
    pub give_up_after: Duration,
}

impl Patience {
    /// A first pause of 2 s, doubled up to 10 minutes.
    #[must_use]
    pub const fn until(give_up_after: Duration) -> Self {
        Self {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(600),
            give_up_after,
        }
    }

    /// The pause after a failed attempt, `attempts` counting from 1. `luck` of 0 to 1 spreads it from
    /// half to the whole, so that what failed together does not come again together.
    #[must_use]
    pub fn pause(&self, attempts: u32, luck: f64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1_u32 << attempts.saturating_sub(1).min(20));
        let whole = doubled.min(self.longest);
        whole.mul_f64(luck.clamp(0.0, 1.0).mul_add(0.5, 0.5))
    }
}

/// Whether a later message of the same thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overtaken {
    /// It does, and says all that this one says.
    Yes,
    /// This is the newest.
    No,
}

/// A message whose attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempted {
    /// When it was made.
    pub made_at: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// Whether a later one waits.
    pub overtaken: Overtaken,
}

/// What becomes of a message whose attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is tried again then.
    Again(Timestamp),
    /// It is a dead letter.
    Dead,
    /// The later one goes instead.
    Superseded,
}

impl Verdict {
    /// The step that it is.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Again(_) => Step::Retry,
            Self::Dead => Step::GiveUp,
            Self::Superseded => Step::Supersede,
        }
    }
}

/// Decides what becomes of a failed attempt.
#[must_use]
pub fn after_failure(
    message: &Attempted,
    failure: Failure,
    patience: &Patience,
    luck: f64,
    now: Timestamp,
) -> Verdict {
    if message.overtaken == Overtaken::Yes {
        return Verdict::Superseded;
    }
    let pause = SignedDuration::try_from(patience.pause(message.attempts, luck));
    let given_up = SignedDuration::try_from(patience.give_up_after);
    let (Ok(pause), Ok(given_up)) = (pause, given_up) else {
        return Verdict::Dead;
    };
    let next = now.saturating_add(pause).unwrap_or(now);
    let end = message.made_at.saturating_add(given_up).unwrap_or(now);
    if failure.may_pass() && next < end {
        Verdict::Again(next)
    } else {
        Verdict::Dead
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATIENCE: Patience = Patience::until(Duration::from_secs(86_400));

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let seconds = |attempts, luck| PATIENCE.pause(attempts, luck).as_secs();
        assert_eq!(seconds(1, 1.0), 2);
        assert_eq!(seconds(1, 0.0), 1);
        assert_eq!(seconds(4, 1.0), 16);
        assert_eq!(seconds(12, 1.0), 600);
        assert_eq!(seconds(u32::MAX, 0.0), 300);
    }

    #[test]
    fn what_will_not_change_is_a_dead_letter_at_once() {
        let now = Timestamp::UNIX_EPOCH;
        let message = Attempted {
            made_at: now,
            attempts: 1,
            overtaken: Overtaken::No,
        };
        for failure in Failure::ALL {
            let verdict = after_failure(&message, failure, &PATIENCE, 0.5, now);
            assert_eq!(
                matches!(verdict, Verdict::Again(_)),
                failure.may_pass(),
                "{failure:?}"
            );
        }
        let late = now + SignedDuration::from_hours(24);
        assert_eq!(
            after_failure(&message, Failure::Timeout, &PATIENCE, 0.5, late),
            Verdict::Dead
        );
        let overtaken = Attempted {
            overtaken: Overtaken::Yes,
            ..message
        };
        assert_eq!(
            after_failure(&overtaken, Failure::Timeout, &PATIENCE, 0.5, now),
            Verdict::Superseded
        );
    }

    fn step() -> impl Strategy<Value = Step> {
        prop::sample::select(vec![
            Step::Claim,
            Step::Taken,
            Step::Retry,
            Step::GiveUp,
            Step::Supersede,
            Step::Acknowledge,
            Step::Replay,
        ])
    }

    proptest! {
        /// Nothing that was acknowledged is sent again, nothing superseded comes back, and only a
        /// person brings a dead letter back.
        #[test]
        fn ends_are_ends(steps in prop::collection::vec(step(), 0..40)) {
            let mut state = State::Queued;
            for step in steps {
                let Some(next) = state.after(step) else { continue };
                prop_assert!(!matches!(state, State::Acknowledged | State::Superseded));
                if state == State::Dead {
                    prop_assert!(matches!(step, Step::Replay | Step::Acknowledge));
                }
                if next == State::Sending {
                    prop_assert_eq!(step, Step::Claim);
                }
                state = next;
            }
        }

        /// Attempts end, and never later than patience allows.
        #[test]
        fn attempts_end(luck in 0.0_f64..=1.0) {
            let made_at = Timestamp::UNIX_EPOCH;
            let mut now = made_at;
            for attempts in 1.. {
                let message = Attempted { made_at, attempts, overtaken: Overtaken::No };
                match after_failure(&message, Failure::Timeout, &PATIENCE, luck, now) {
                    Verdict::Again(at) => {
                        prop_assert!(at > now);
                        now = at;
                    }
                    Verdict::Dead => break,
                    Verdict::Superseded => unreachable!(),
                }
                prop_assert!(attempts < 2_000);
            }
            prop_assert!(now < made_at + SignedDuration::from_hours(24));
        }
    }
}
