//! How the clocks of an incident's stages follow its life.
//!
//! ```text
//! acknowledge  opened ──► somebody looked
//! verify       opened ──► found real or not
//! process      confirmed ──► answered          (an answer that is sent back was none)
//! answer       opened ──► published, or closed
//! legal_verification   accepted ──► answered
//! ```
//!
//! A return, a pass-down or another unit changes no clock. An incident that is reopened begins *process* and
//! *answer* anew, in the next round. A deferred one stands still, and so does a paused one until somebody acts.
//!
//! What does not belong here: how long a stage may take, who is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::deadline::{Pause, PauseReason, Stage, Track};
use crate::lifecycle::{Case, State};

/// One stage with its clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The stage, when it began, when it was done, when it stood still.
    pub track: Track,
    /// How often the incident had been reopened when it began.
    pub round: u32,
    /// When somebody was warned.
    pub warned: Option<Timestamp>,
    /// When somebody was told that it is overdue.
    pub missed: Option<Timestamp>,
}

impl Running {
    fn new(stage: Stage, round: u32, at: Timestamp) -> Self {
        Self {
            track: Track {
                stage,
                began: at,
                done: None,
                pauses: Vec::new(),
            },
            round,
            warned: None,
            missed: None,
        }
    }
}

/// The clocks of an incident that was just opened.
#[must_use]
pub fn opened(at: Timestamp) -> Vec<Running> {
    [Stage::Acknowledge, Stage::Verify, Stage::Answer]
        .map(|stage| Running::new(stage, 0, at))
        .into()
}

/// The clocks after a step that led from `before` to `after`.
#[must_use]
pub fn follow(
    mut clocks: Vec<Running>,
    before: &Case,
    after: &Case,
    at: Timestamp,
) -> Vec<Running> {
    let round = after.reopened;
    if round > before.reopened {
        for clock in &mut clocks {
            clock.track.done.get_or_insert(at);
        }
        clocks.extend([Stage::Process, Stage::Answer].map(|stage| Running::new(stage, round, at)));
    }
    for stage in [Stage::Process, Stage::LegalVerification] {
        let is_there = clocks
            .iter()
            .any(|clock| clock.track.stage == stage && clock.round == round);
        if !is_there && has_begun(stage, after.state) {
            clocks.push(Running::new(stage, round, at));
        }
    }
    for clock in clocks.iter_mut().filter(|clock| clock.round == round) {
        let track = &mut clock.track;
        track.done = is_done(track.stage, after.state).then(|| track.done.unwrap_or(at));
    }
    go_on(&mut clocks, at);
    if matches!(after.state, State::Deferred(_)) {
        pause(&mut clocks, PauseReason::Deferred, at);
    }
    clocks
}

/// Stops every clock that runs.
pub fn pause(clocks: &mut [Running], reason: PauseReason, at: Timestamp) {
    for clock in clocks.iter_mut().filter(|clock| runs(clock)) {
        clock.track.pauses.push(Pause {
            from: at,
            to: None,
            reason,
        });
    }
}

/// Lets every clock that stands still go on.
pub fn go_on(clocks: &mut [Running], at: Timestamp) {
    for pause in clocks
        .iter_mut()
        .flat_map(|clock| &mut clock.track.pauses)
        .filter(|pause| pause.to.is_none())
    {
        pause.to = Some(at);
    }
}

/// Why the clocks stand still, if they do.
#[must_use]
pub fn paused(clocks: &[Running]) -> Option<PauseReason> {
    let open = |clock: &Running| {
        let last = clock.track.pauses.last()?;
        last.to.is_none().then_some(last.reason)
    };
    clocks.iter().find_map(open)
}

fn runs(clock: &Running) -> bool {
    let stands = clock
        .track
        .pauses
        .last()
        .is_some_and(|pause| pause.to.is_none());
    clock.track.done.is_none() && !stands
}

/// Does this state mean that the stage has begun at the latest?
const fn has_begun(stage: Stage, state: State) -> bool {
    match stage {
        Stage::Acknowledge | Stage::Verify | Stage::Answer => true,
        Stage::Process => matches!(
            state,
            State::Confirmed | State::Routed | State::Accepted | State::InProgress
        ),
        Stage::LegalVerification => matches!(state, State::Accepted | State::InProgress),
    }
}

const fn is_done(stage: Stage, state: State) -> bool {
    match stage {
        Stage::Acknowledge => !matches!(state, State::New | State::Eligible),
        Stage::Verify => !matches!(state, State::New | State::Eligible | State::Acknowledged),
        Stage::Process | Stage::LegalVerification => {
            matches!(
                state,
                State::Answered(_) | State::Approved(_) | State::Published(_)
            ) || state.is_closed()
        }
        Stage::Answer => matches!(state, State::Published(_)) || state.is_closed(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::lifecycle::{OpenedBy, Outcome, UnresolvedReason};

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    /// Goes through the states, an hour apart, from hour 1 on.
    fn walk(states: &[(State, u32)]) -> Vec<Running> {
        let mut clocks = opened(at(0));
        let mut case = Case::new(OpenedBy::Camera);
        for (hour, (state, reopened)) in (1..).zip(states) {
            let next = Case {
                state: *state,
                reopened: *reopened,
                ..case.clone()
            };
            clocks = follow(clocks, &case, &next, at(hour));
            case = next;
        }
        clocks
    }

    fn told(clocks: &[Running]) -> Vec<(Stage, u32, Timestamp, Option<Timestamp>)> {
        clocks
            .iter()
            .map(|clock| {
                (
                    clock.track.stage,
                    clock.round,
                    clock.track.began,
                    clock.track.done,
                )
            })
            .collect()
    }

    #[test]
    fn an_answer_that_is_sent_back_was_none_and_a_return_buys_no_time() {
        let done = Outcome::Done;
        let clocks = walk(&[
            (State::Confirmed, 0),
            (State::Routed, 0),
            (
                State::Returned(crate::lifecycle::ReturnReason::NotOurArea),
                0,
            ),
            (State::Routed, 0),
            (State::Accepted, 0),
            (State::Answered(done), 0),
            (State::SentBack, 0),
        ]);
        assert_eq!(
            told(&clocks),
            [
                (Stage::Acknowledge, 0, at(0), Some(at(1))),
                (Stage::Verify, 0, at(0), Some(at(1))),
                (Stage::Answer, 0, at(0), None),
                (Stage::Process, 0, at(1), None),
                (Stage::LegalVerification, 0, at(5), None),
            ]
        );
    }

    #[test]
    fn what_is_reopened_begins_anew_and_keeps_what_was() {
        let done = Outcome::Done;
        let clocks = walk(&[
            (State::Confirmed, 0),
            (State::Answered(done), 0),
            (State::Published(done), 0),
            (State::Reopened, 1),
            (State::ClosedUnresolved(UnresolvedReason::NotFound), 1),
        ]);
        assert_eq!(
            told(&clocks),
            [
                (Stage::Acknowledge, 0, at(0), Some(at(1))),
                (Stage::Verify, 0, at(0), Some(at(1))),
                (Stage::Answer, 0, at(0), Some(at(3))),
                (Stage::Process, 0, at(1), Some(at(2))),
                (Stage::Process, 1, at(4), Some(at(5))),
                (Stage::Answer, 1, at(4), Some(at(5))),
            ]
        );
    }

    #[test]
    fn a_deferred_incident_stands_still_and_any_step_sets_it_going() {
        let day = jiff::civil::date(2030, 1, 1);
        let clocks = walk(&[(State::Confirmed, 0), (State::Deferred(day), 0)]);
        assert_eq!(paused(&clocks), Some(PauseReason::Deferred));
        let clocks = walk(&[
            (State::Confirmed, 0),
            (State::Deferred(day), 0),
            (State::Confirmed, 0),
        ]);
        assert_eq!(paused(&clocks), None);
        let answer = clocks
            .iter()
            .find(|clock| clock.track.stage == Stage::Answer)
            .unwrap();
        assert_eq!(
            answer.track.pauses,
            [Pause {
                from: at(2),
                to: Some(at(3)),
                reason: PauseReason::Deferred
            }]
        );
        // What was done before is not paused.
        assert!(
            clocks
                .iter()
                .filter(|clock| clock.track.stage == Stage::Verify)
                .all(|clock| clock.track.pauses.is_empty())
        );
    }
}
