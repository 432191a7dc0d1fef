//! One recording: which expectations its events met, and which events nobody expected.

use super::told::Told;
use crate::config::{Clearance, EventPattern, Expectation, Span, Times, Weight};

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    /// The expectation.
    pub expectation: Expectation,
    /// How many events were expected; 1 where one at least was.
    pub expected: u32,
    /// The events that met it, the first first.
    pub by: Vec<Told>,
    /// Further events where one at least was expected.
    pub repeated: u32,
    /// How it came out.
    pub outcome: Outcome,
}

/// How an expectation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Met,
    /// Fewer events than expected, or none.
    Missed,
    /// Raised as expected, but cleared too early or too late.
    ClearedWrong,
}

/// What was found in one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipScore {
    /// Each expectation, in the order of the suite.
    pub met: Vec<Met>,
    /// Events that nobody expected or tolerates.
    pub unexpected: Vec<Told>,
    /// Events that are tolerated.
    pub tolerated: Vec<Told>,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finding<'a> {
    /// An expectation was not met.
    Unmet(&'a Met),
    /// An event that nobody expected.
    Unexpected(&'a Told),
}

impl Met {
    /// How many of the expected events were told.
    #[must_use]
    pub fn found(&self) -> u32 {
        count(self.by.len()).min(self.expected)
    }

    /// From when a person sees it to the event, of each that met it; an event may be told before.
    #[must_use]
    pub fn delays(&self) -> Vec<f64> {
        let begins = self.expectation.begins.as_secs_f64();
        let delay = |told: &Told| told.raised.as_secs_f64() - begins;
        // Of several events each has a beginning of its own, which nobody stated.
        let one = match self.expectation.times {
            Times::Once | Times::Exactly(1) => 1,
            Times::Exactly(_) => 0,
        };
        self.by.iter().take(one).map(delay).collect()
    }
}

impl ClipScore {
    /// All that is not as expected, with what that means for the suite.
    #[must_use]
    pub fn findings(&self, unexpected: Weight) -> Vec<(Finding<'_>, Weight)> {
        let unmet = self.met.iter().filter(|met| met.outcome != Outcome::Met);
        let unmet = unmet.map(|met| (Finding::Unmet(met), met.expectation.missed));
        let alarms = self.unexpected.iter();
        let alarms = alarms.map(|told| (Finding::Unexpected(told), unexpected));
        unmet.chain(alarms).collect()
    }
}

/// Holds the events of a recording against what was expected of it. Each event meets one expectation
/// at most, the first that it fits.
#[must_use]
pub fn judge(
    told: Vec<Told>,
    expect: &[Expectation],
    tolerate: &[(EventPattern, Span)],
) -> ClipScore {
    let mut left = told;
    let met = expect
        .iter()
        .map(|expectation| meet(expectation, &mut left));
    let met = met.collect();
    let is_tolerated = |told: &Told| {
        let mut patterns = tolerate.iter();
        patterns.any(|(pattern, span)| told.is(pattern) && span.holds(told.raised))
    };
    let (tolerated, unexpected) = left.into_iter().partition(is_tolerated);
    ClipScore {
        met,
        unexpected,
        tolerated,
    }
}

/// Takes the events that meet an expectation out of what is left.
fn meet(expectation: &Expectation, left: &mut Vec<Told>) -> Met {
    let fits = |told: &Told| told.is(&expectation.pattern) && expectation.raised.holds(told.raised);
    let (mut by, others): (Vec<Told>, Vec<Told>) = left.drain(..).partition(fits);
    *left = others;
    let (expected, repeated) = match expectation.times {
        Times::Once => (1, count(by.len().saturating_sub(1))),
        Times::Exactly(expected) => {
            let most = usize::try_from(expected).unwrap_or(usize::MAX);
            left.extend(by.drain(most.min(by.len())..));
            left.sort_by_key(|told| told.raised);
            (expected, 0)
        }
    };
    by.truncate(usize::try_from(expected).unwrap_or(usize::MAX));
    let cleared = |told: &Told| is_cleared(told, expectation.cleared);
    let outcome = if count(by.len()) < expected {
        Outcome::Missed
    } else if by.iter().all(cleared) {
        Outcome::Met
    } else {
        Outcome::ClearedWrong
    };
    Met {
        expectation: expectation.clone(),
        expected,
        by,
        repeated,
        outcome,
    }
}

fn is_cleared(told: &Told, wanted: Option<Clearance>) -> bool {
    wanted.is_none_or(|Clearance(span)| told.cleared.is_some_and(|at| span.holds(at)))
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn told(rule: &'static str, detail: &'static str, raised: u64) -> Told {
        Told {
            event_id: contract::v1::EventId::new(),
            rule,
            detail,
            zone: None,
            raised: Duration::from_secs(raised),
            began: Duration::from_secs(raised),
            cleared: Some(Duration::from_secs(raised + 10)),
            confidence: 0.5,
            count: 1,
        }
    }

    fn span(after: u64, before: u64) -> Span {
        Span {
            after: Duration::from_secs(after),
            before: Some(Duration::from_secs(before)),
        }
    }

    fn expect(rule: &str, raised: Span, times: Times) -> Expectation {
        Expectation {
            pattern: EventPattern {
                rule: rule.to_owned(),
                zone: None,
            },
            raised,
            begins: raised.after,
            times,
            cleared: None,
            missed: Weight::Fails,
            note: None,
        }
    }

    /// Times at which smoke is raised, what is expected of `fire_smoke` from 10 to 20 s, and what that
    /// comes to: found, repeated, unexpected.
    #[test]
    fn events_meet_expectations_or_are_unexpected() {
        for (raised, times, wanted) in [
            (&[][..], Times::Once, (0, 0, 0)),
            (&[12], Times::Once, (1, 0, 0)),
            (&[10], Times::Once, (1, 0, 0)),
            (&[20], Times::Once, (1, 0, 0)),
            (&[9], Times::Once, (0, 0, 1)),
            (&[21], Times::Once, (0, 0, 1)),
            (&[12, 15], Times::Once, (1, 1, 0)),
            (&[5, 12, 15, 30], Times::Once, (1, 1, 2)),
            (&[12, 15], Times::Exactly(2), (2, 0, 0)),
            (&[12], Times::Exactly(2), (1, 0, 0)),
            (&[12, 13, 14], Times::Exactly(2), (2, 0, 1)),
        ] {
            let events = raised.iter().map(|at| told("fire_smoke", "smoke", *at));
            let expected = [expect("fire_smoke", span(10, 20), times)];
            let score = judge(events.collect(), &expected, &[]);
            let met = &score.met[0];
            let came = (met.found(), met.repeated, score.unexpected.len());
            assert_eq!(came, wanted, "{raised:?} {times:?}");
            assert_eq!(met.outcome == Outcome::Met, met.found() == met.expected);
        }
    }

    #[test]
    fn a_detail_is_meant_by_its_own_name_and_other_rules_are_not() {
        let events = vec![
            told("fire_smoke", "smoke", 12),
            told("line_crossing", "line_crossing", 13),
        ];
        let score = judge(events, &[expect("fire", span(10, 20), Times::Once)], &[]);
        assert_eq!((score.met[0].found(), score.unexpected.len()), (0, 2));
        let score = judge(
            score.unexpected,
            &[expect("smoke", span(10, 20), Times::Once)],
            &[(
                EventPattern {
                    rule: "line_crossing".to_owned(),
                    zone: None,
                },
                span(0, 13),
            )],
        );
        assert_eq!((score.met[0].found(), score.unexpected.len()), (1, 0));
        assert_eq!(score.tolerated.len(), 1);
    }

    #[test]
    fn what_is_cleared_too_early_is_not_as_expected() {
        let mut expected = expect("fire_smoke", span(10, 20), Times::Once);
        expected.cleared = Some(Clearance(span(30, 40)));
        let score = judge(vec![told("fire_smoke", "smoke", 12)], &[expected], &[]);
        assert_eq!(score.met[0].outcome, Outcome::ClearedWrong);
        assert_eq!(score.findings(Weight::Fails).len(), 1);
    }

    #[test]
    fn a_delay_counts_from_where_a_person_sees_it() {
        let mut expected = expect("fire_smoke", span(10, 60), Times::Once);
        expected.begins = Duration::from_secs(20);
        let score = judge(vec![told("fire_smoke", "smoke", 35)], &[expected], &[]);
        assert_eq!(score.met[0].delays(), [15.0]);
    }
}
