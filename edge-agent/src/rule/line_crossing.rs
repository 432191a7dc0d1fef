//! Line crossing: a thing crosses a line the way it must not.

use contract::v1::Kind;

use super::event::{EventChange, Observation, Rule};
use super::life::Facts;
use super::passage::{LineOptions, LineWatch};
use super::passing::Passing;
use crate::config::{Direction, LineCrossingConfig, RuleConfig};
use crate::scene::{Line, Scene};
use crate::time::StreamTime;

/// Things that cross one line.
#[derive(Debug)]
pub(super) struct LineCrossing {
    /// One for each way that is forbidden.
    watches: Vec<LineWatch>,
    passing: Passing,
}

pub(super) fn build(rule: &RuleConfig, own: &LineCrossingConfig, scene: &Scene) -> LineCrossing {
    let facts = Facts::of(rule, Kind::TrafficViolation, "line_crossing/1");
    let line = rule.zone.as_ref().and_then(|id| scene.line(id));
    let ways: Vec<Line> = match (line, own.direction) {
        (None, _) => Vec::new(),
        (Some(line), Direction::Forward) => vec![line.clone()],
        (Some(line), Direction::Backward) => vec![line.reversed()],
        (Some(line), Direction::Both) => vec![line.clone(), line.reversed()],
    };
    let watch = |line| {
        LineWatch::new(LineOptions {
            line,
            classes: own.classes.clone(),
            min_confidence: rule.min_confidence,
            passage: own.passage,
            cool_down: rule.cool_down,
        })
    };
    LineCrossing {
        watches: ways.into_iter().map(watch).collect(),
        passing: Passing::new(facts, rule.clear_after),
    }
}

impl Rule for LineCrossing {
    fn observe(&mut self, observation: &Observation<'_>) -> Vec<EventChange> {
        let mut changes = self.passing.tend(observation);
        let crossed = self.watches.iter_mut();
        let crossed: Vec<_> = crossed
            .flat_map(|watch| watch.observe(observation))
            .collect();
        for passage in &crossed {
            changes.push(self.passing.raise(observation.at, passage));
        }
        changes
    }

    fn end(&mut self, at: StreamTime) -> Vec<EventChange> {
        self.watches.iter_mut().for_each(LineWatch::forget);
        self.passing.end(at)
    }
}
