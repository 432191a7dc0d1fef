//! What time demands of an incident: who must be warned, what is overdue, whom to telephone, what ends by itself.
//!
//! Asked at a moment, [`due`] lists what must be done now and [`next`] says when to ask again. Both are functions of
//! what is known, so that any server may ask, and one that comes late finds everything that was missed.
//!
//! What does not belong here: doing it, or asking in time.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock::Running;
use crate::deadline::{Due, Limit, Stage, Standing, Urgency, due_rung, rung_due_at};
use crate::lifecycle::{Case, State};
use crate::policy::Policy;

/// What is known of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Where it stands.
    pub case: &'a Case,
    /// Its category.
    pub category: &'a str,
    /// How urgent it is.
    pub urgency: Urgency,
    /// The clocks of its stages.
    pub clocks: &'a [Running],
    /// Until when it is set aside.
    pub shelved: Option<Timestamp>,
    /// The calls about it.
    pub calls: Calls,
    /// The day of review that was told already.
    pub review_told: Option<Date>,
}

/// How the calls about an incident stand in this round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// When the first was due.
    pub began: Option<Timestamp>,
    /// How many were asked for.
    pub asked: usize,
    /// Whether somebody was reached.
    pub reached: bool,
}

/// What must be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// Somebody must know that a stage ends soon.
    Warn {
        /// Which.
        stage: Stage,
        /// In which round.
        round: u32,
        /// When it ends.
        due: Due,
    },
    /// Somebody must know that a stage is overdue.
    Missed {
        /// Which.
        stage: Stage,
        /// In which round.
        round: u32,
        /// When it ended.
        due: Due,
    },
    /// Somebody must be telephoned.
    Call {
        /// Which rung, from 0.
        rung: usize,
        /// Whom.
        contact: String,
    },
    /// The day to look again has come.
    Review(Date),
    /// It was set aside long enough.
    Unshelve,
    /// Nobody objected to the answer: it stands.
    Settle,
}

/// When a stage of an incident is due; none where it has no limit, is done, or stands still.
#[must_use]
pub fn due_of(known: &Known<'_>, clock: &Running, policy: &Policy) -> Option<Due> {
    if clock.track.done.is_some() {
        return None;
    }
    let limit = limit_of(known, clock, policy)?;
    clock.track.due(limit, &policy.calendar)
}

/// The stage that is due first, and when.
#[must_use]
pub fn first_due(known: &Known<'_>, policy: &Policy) -> Option<(Stage, Due)> {
    known
        .clocks
        .iter()
        .filter_map(|clock| Some((clock.track.stage, due_of(known, clock, policy)?)))
        .min_by_key(|(_, due)| due.at)
}

/// Everything that must be done by now.
#[must_use]
pub fn due(known: &Known<'_>, policy: &Policy, now: Timestamp) -> Vec<Duty> {
    let mut duties: Vec<Duty> = known
        .clocks
        .iter()
        .filter_map(|clock| of_clock(known, clock, policy, now))
        .collect();
    duties.extend(of_calls(known, policy, now));
    if known.shelved.is_some_and(|until| now >= until) {
        duties.push(Duty::Unshelve);
    }
    match known.case.state {
        State::Deferred(day) if known.review_told != Some(day) && now >= begin(day, policy) => {
            duties.push(Duty::Review(day));
        }
        State::Published(_) if settles(known, policy).is_some_and(|at| now >= at) => {
            duties.push(Duty::Settle);
        }
        _ => {}
    }
    duties
}

/// When something may be due that is not due now; none where nothing will be by itself.
#[must_use]
pub fn next(known: &Known<'_>, policy: &Policy) -> Option<Timestamp> {
    let clocks = known.clocks.iter().filter_map(|clock| {
        let due = due_of(known, clock, policy)?;
        match (clock.warned, clock.missed) {
            (_, Some(_)) => None,
            (None, None) => Some(due.warn),
            (Some(_), None) => Some(due.at),
        }
    });
    let review = match known.case.state {
        State::Deferred(day) if known.review_told != Some(day) => Some(begin(day, policy)),
        _ => None,
    };
    clocks
        .chain(known.shelved)
        .chain(review)
        .chain(settles(known, policy))
        .chain(next_call(known, policy))
        .min()
}

fn limit_of<'a>(known: &Known<'_>, clock: &Running, policy: &'a Policy) -> Option<&'a Limit> {
    policy
        .limits
        .of(known.category, known.urgency, clock.track.stage)
}

fn of_clock(known: &Known<'_>, clock: &Running, policy: &Policy, now: Timestamp) -> Option<Duty> {
    let limit = limit_of(known, clock, policy)?;
    let (stage, round) = (clock.track.stage, clock.round);
    match clock.track.standing(limit, &policy.calendar, now) {
        Standing::Overdue(due) if clock.missed.is_none() => {
            Some(Duty::Missed { stage, round, due })
        }
        Standing::Warned(due) if clock.warned.is_none() && limit.warn_hours > 0 => {
            Some(Duty::Warn { stage, round, due })
        }
        _ => None,
    }
}

/// Is somebody to be telephoned about it? While it is urgent, found real, and no unit has taken it.
const fn wants_calls(known: &Known<'_>) -> bool {
    matches!(known.urgency, Urgency::Urgent)
        && matches!(
            known.case.state,
            State::Confirmed | State::Routed | State::Returned(_) | State::Reopened
        )
        && !known.calls.reached
}

fn of_calls(known: &Known<'_>, policy: &Policy, now: Timestamp) -> Option<Duty> {
    if !wants_calls(known) {
        return None;
    }
    let ladder = policy.call_tree(known.category)?;
    let began = known.calls.began.unwrap_or(now);
    let rung = due_rung(ladder, began, known.calls.asked, now)?;
    Some(Duty::Call {
        rung: known.calls.asked,
        contact: rung.contact.clone(),
    })
}

fn next_call(known: &Known<'_>, policy: &Policy) -> Option<Timestamp> {
    if !wants_calls(known) {
        return None;
    }
    let ladder = policy.call_tree(known.category)?;
    rung_due_at(ladder, known.calls.began?, known.calls.asked)
}

fn settles(known: &Known<'_>, policy: &Policy) -> Option<Timestamp> {
    let published = known
        .case
        .published_at
        .filter(|_| matches!(known.case.state, State::Published(_)))?;
    published.checked_add(policy.reopen_window()).ok()
}

/// The first moment of a day.
fn begin(day: Date, policy: &Policy) -> Timestamp {
    day.to_zoned(policy.zone.clone())
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::clock::{follow, opened};
    use crate::lifecycle::{OpenedBy, Outcome};

    /// Monday 31 August 2026, 08:00 in Việt Nam, and so many minutes after.
    fn at(minutes: i64) -> Timestamp {
        "2026-08-31T01:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    struct Incident {
        case: Case,
        clocks: Vec<Running>,
        urgency: Urgency,
        calls: Calls,
        shelved: Option<Timestamp>,
        review_told: Option<Date>,
    }

    impl Incident {
        fn new(urgency: Urgency) -> Self {
            Self {
                case: Case::new(OpenedBy::Camera),
                clocks: opened(at(0)),
                urgency,
                calls: Calls::default(),
                shelved: None,
                review_told: None,
            }
        }

        fn goes(&mut self, state: State, minute: i64) {
            let after = Case {
                state,
                published_at: matches!(state, State::Published(_)).then(|| at(minute)),
                ..self.case.clone()
            };
            self.clocks = follow(self.clocks.clone(), &self.case, &after, at(minute));
            self.case = after;
        }

        fn known(&self) -> Known<'_> {
            Known {
                case: &self.case,
                category: "fire_smoke",
                urgency: self.urgency,
                clocks: &self.clocks,
                shelved: self.shelved,
                calls: self.calls,
                review_told: self.review_told,
            }
        }

        fn due(&self, minute: i64) -> Vec<Duty> {
            due(&self.known(), &Policy::shipped(), at(minute))
        }

        fn next(&self) -> Option<Timestamp> {
            next(&self.known(), &Policy::shipped())
        }

        /// Notes what was told, as the server does.
        fn told(&mut self, minute: i64) {
            for duty in self.due(minute) {
                for clock in &mut self.clocks {
                    let is = |stage, round| clock.track.stage == stage && clock.round == round;
                    match duty {
                        Duty::Warn { stage, round, .. } if is(stage, round) => {
                            clock.warned = Some(at(minute));
                        }
                        Duty::Missed { stage, round, .. } if is(stage, round) => {
                            clock.missed = Some(at(minute));
                            clock.warned.get_or_insert(at(minute));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    #[test]
    fn a_stage_is_warned_of_once_and_missed_once() {
        let mut incident = Incident::new(Urgency::Normal);
        assert_eq!(incident.due(0), []);
        // Acknowledge: 4 working hours from 08:00 end at 13:30; lunch is no working time.
        assert_eq!(incident.next(), Some(at(180)));
        assert!(
            matches!(incident.due(180)[..], [Duty::Warn { stage: Stage::Acknowledge, due, .. }] if due.at == at(330))
        );
        incident.told(180);
        assert_eq!(incident.due(181), []);
        assert_eq!(incident.next(), Some(at(330)));
        assert!(matches!(
            incident.due(330)[..],
            [
                Duty::Missed {
                    stage: Stage::Acknowledge,
                    ..
                },
                ..
            ]
        ));
        incident.told(330);
        incident.told(330);
        assert!(incident.next() > Some(at(330)));
    }

    #[test]
    fn a_server_that_comes_late_tells_what_was_missed_and_not_the_warning() {
        let incident = Incident::new(Urgency::Urgent);
        let late = incident.due(60 * 24 * 3);
        assert_eq!(late.len(), 3);
        assert!(late.iter().all(|duty| matches!(duty, Duty::Missed { .. })));
    }

    #[test]
    fn somebody_is_called_about_what_is_urgent_until_one_is_reached() {
        let mut incident = Incident::new(Urgency::Urgent);
        assert_eq!(incident.due(1), []);
        incident.goes(State::Confirmed, 2);
        let call = |rung, contact: &str| {
            vec![Duty::Call {
                rung,
                contact: contact.to_owned(),
            }]
        };
        assert_eq!(incident.due(2), call(0, "lead-unit"));
        incident.calls = Calls {
            began: Some(at(2)),
            asked: 1,
            reached: false,
        };
        assert_eq!(incident.due(3), []);
        assert_eq!(incident.next(), Some(at(12)));
        assert_eq!(incident.due(12), call(1, "lead-unit-leader"));
        incident.calls.reached = true;
        assert_eq!(incident.due(50), []);
        incident.calls.reached = false;
        incident.goes(State::Accepted, 20);
        assert_eq!(incident.due(50), []);
        let mut normal = Incident::new(Urgency::Normal);
        normal.goes(State::Confirmed, 2);
        assert_eq!(normal.due(3), []);
    }

    #[test]
    fn what_ends_by_itself() {
        let mut incident = Incident::new(Urgency::Normal);
        incident.shelved = Some(at(60));
        assert_eq!(incident.due(60), [Duty::Unshelve]);
        incident.shelved = None;
        let day = jiff::civil::date(2026, 9, 10);
        incident.goes(State::Deferred(day), 10);
        // It stands still: nothing is due but the day of review, which begins at midnight there.
        let midnight = "2026-09-09T17:00:00Z".parse().unwrap();
        assert_eq!(incident.next(), Some(midnight));
        let known = incident.known();
        assert_eq!(
            due(&known, &Policy::shipped(), midnight),
            [Duty::Review(day)]
        );
        incident.review_told = Some(day);
        assert_eq!(incident.next(), None);
        let mut incident = Incident::new(Urgency::Normal);
        incident.goes(State::Published(Outcome::Done), 30);
        let days = 14 * 24 * 60;
        assert_eq!(incident.next(), Some(at(30 + days)));
        assert_eq!(incident.due(29 + days), []);
        assert_eq!(incident.due(30 + days), [Duty::Settle]);
    }
}
