//! One stage of one incident on its clock: when it is due, and how it stands now.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::limits::Limit;

/// What must be done by a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somebody looks at it.
    Acknowledge,
    /// It is found real or not.
    Verify,
    /// A unit deals with it.
    Process,
    /// The answer is published.
    Answer,
    /// What the law gives for checking data of a technical device; days are data of the installation.
    LegalVerification,
}

impl Stage {
    /// Every stage, in the order of an incident's life.
    pub const ALL: [Self; 5] = [
        Self::Acknowledge,
        Self::Verify,
        Self::Process,
        Self::Answer,
        Self::LegalVerification,
    ];

    /// Reads the word back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Verify => "verify",
            Self::Process => "process",
            Self::Answer => "answer",
            Self::LegalVerification => "legal_verification",
        }
    }
}

/// Why a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Whoever reported it was asked something.
    WaitingForReporter,
    /// Another body must decide first.
    WaitingForOthers,
    /// Storm, flood: nobody can go there.
    ForceMajeure,
    /// It cannot be solved now, and a day to look again is set.
    Deferred,
}

impl PauseReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::WaitingForReporter,
        Self::WaitingForOthers,
        Self::ForceMajeure,
        Self::Deferred,
    ];

    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaitingForReporter => "waiting_for_reporter",
            Self::WaitingForOthers => "waiting_for_others",
            Self::ForceMajeure => "force_majeure",
            Self::Deferred => "deferred",
        }
    }
}

/// A time in which a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when; open while it lasts.
    pub to: Option<Timestamp>,
    /// Why.
    pub reason: PauseReason,
}

/// One stage that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Which.
    pub stage: Stage,
    /// When its clock began.
    pub began: Timestamp,
    /// When it was done, if it is.
    pub done: Option<Timestamp>,
    /// When its clock stood still, oldest first, not overlapping.
    pub pauses: Vec<Pause>,
}

/// When a stage must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Somebody is warned from here on.
    pub warn: Timestamp,
    /// It is overdue from here on.
    pub at: Timestamp,
}

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is time.
    InTime(Due),
    /// The end is near.
    Warned(Due),
    /// The end has passed.
    Overdue(Due),
    /// The clock stands still; nothing is due until it goes on.
    Paused(PauseReason),
    /// It was done in time.
    Met,
    /// It was done, this long after its end, on its own clock.
    Late(SignedDuration),
    /// The calendar never opens long enough: a fault of the data, told instead of a made-up date.
    NoEnd,
}

impl Track {
    /// When the stage is due; none while its clock stands still, or where the calendar has no such end.
    #[must_use]
    pub fn due(&self, limit: &Limit, calendar: &Calendar) -> Option<Due> {
        if self.open_pause().is_some() {
            return None;
        }
        let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
        let paused = self.paused(limit, calendar);
        let end = |length| limit.clock.after(calendar, self.began, length + paused);
        Some(Due {
            warn: end(hours(limit.hours - limit.warn_hours))?,
            at: end(hours(limit.hours))?,
        })
    }

    /// How the stage stands at a moment.
    #[must_use]
    pub fn standing(&self, limit: &Limit, calendar: &Calendar, now: Timestamp) -> Standing {
        match (self.done, self.open_pause()) {
            (None, Some(pause)) => Standing::Paused(pause.reason),
            (done, _) => match (self.closed(done).due(limit, calendar), done) {
                (None, _) => Standing::NoEnd,
                (Some(due), Some(done)) if done <= due.at => Standing::Met,
                (Some(due), Some(done)) => {
                    Standing::Late(limit.clock.between(calendar, due.at, done))
                }
                (Some(due), None) if now >= due.at => Standing::Overdue(due),
                (Some(due), None) if now >= due.warn => Standing::Warned(due),
                (Some(due), None) => Standing::InTime(due),
            },
        }
    }

    /// The same stage with a pause that was open when it was done ended there.
    fn closed(&self, done: Option<Timestamp>) -> Self {
        let mut track = self.clone();
        if let (Some(done), Some(last)) = (done, track.pauses.last_mut()) {
            last.to = Some(last.to.unwrap_or(done));
        }
        track
    }

    fn open_pause(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.to.is_none())
    }

    /// How long the clock stood still, counted on that clock: a pause over night costs a working clock
    /// nothing, and so gives nothing back.
    fn paused(&self, limit: &Limit, calendar: &Calendar) -> SignedDuration {
        self.pauses
            .iter()
            .filter_map(|pause| Some((pause.from.max(self.began), pause.to?)))
            .map(|(from, to)| limit.clock.between(calendar, from, to))
            .fold(SignedDuration::ZERO, |sum, pause| sum + pause)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::super::calendar::tests::office;
    use super::super::limits::Clock;
    use super::*;

    fn limit(hours: u32, clock: Clock) -> Limit {
        Limit {
            category: None,
            urgency: None,
            stage: Stage::Process,
            hours,
            clock,
            warn_hours: hours / 4,
        }
    }

    /// An hour of Monday 31 August 2026, local time.
    fn at(hour: i64) -> Timestamp {
        let midnight = date(2026, 8, 31)
            .at(0, 0, 0, 0)
            .to_zoned(TimeZone::fixed(jiff::tz::offset(7)))
            .unwrap();
        midnight.timestamp() + SignedDuration::from_hours(hour)
    }

    fn track(began: Timestamp) -> Track {
        Track {
            stage: Stage::Process,
            began,
            done: None,
            pauses: Vec::new(),
        }
    }

    fn pause(from: i64, to: Option<i64>) -> Pause {
        Pause {
            from: at(from),
            to: to.map(at),
            reason: PauseReason::WaitingForReporter,
        }
    }

    #[test]
    fn an_urgent_stage_runs_through_the_night() {
        let limit = limit(24, Clock::AroundTheClock);
        let track = track(at(9));
        let standing = |hour| track.standing(&limit, &office(), at(hour));
        assert!(
            matches!(standing(10), Standing::InTime(due) if due.at == at(33) && due.warn == at(27))
        );
        assert!(matches!(standing(27), Standing::Warned(_)));
        assert!(matches!(standing(33), Standing::Overdue(_)));
    }

    #[test]
    fn a_pause_moves_the_end_by_the_time_it_cost() {
        let limit = limit(4, Clock::Working);
        let mut track = track(at(8));
        assert_eq!(
            track.due(&limit, &office()).unwrap().at,
            at(13) + SignedDuration::from_mins(30)
        );
        track.pauses = vec![pause(9, Some(11))];
        assert_eq!(
            track.due(&limit, &office()).unwrap().at,
            at(15) + SignedDuration::from_mins(30)
        );
        track.pauses = vec![pause(9, None)];
        assert_eq!(
            track.standing(&limit, &office(), at(500)),
            Standing::Paused(PauseReason::WaitingForReporter)
        );
        track.pauses = vec![pause(18, Some(20))];
        assert_eq!(
            track.due(&limit, &office()).unwrap().at,
            at(13) + SignedDuration::from_mins(30)
        );
    }

    #[test]
    fn what_is_done_is_met_or_late_by_its_own_clock() {
        let limit = limit(2, Clock::Working);
        let done = |hour| Track {
            done: Some(at(hour)),
            ..track(at(15))
        };
        assert_eq!(done(16).standing(&limit, &office(), at(99)), Standing::Met);
        let late = SignedDuration::from_mins(30);
        assert_eq!(
            done(32).standing(&limit, &office(), at(99)),
            Standing::Late(late)
        );
    }

    proptest! {
        /// However often a clock is stopped, a pause never makes the end come sooner, and every pause on a
        /// clock around the clock moves it by exactly its length.
        #[test]
        fn pauses_only_add(gaps in proptest::collection::vec((1_i64..20, 0_i64..20), 0..6)) {
            let mut track = track(at(0));
            let mut hour = 0;
            let mut paused = 0;
            for (gap, length) in gaps {
                hour += gap;
                track.pauses.push(pause(hour, Some(hour + length)));
                hour += length;
                paused += length;
            }
            let clock = limit(24, Clock::AroundTheClock);
            prop_assert_eq!(track.due(&clock, &office()).unwrap().at, at(24 + paused));
            let working = limit(24, Clock::Working);
            let mut without = track.clone();
            without.pauses.clear();
            prop_assert!(track.due(&working, &office()).unwrap().at >= without.due(&working, &office()).unwrap().at);
        }
    }
}
