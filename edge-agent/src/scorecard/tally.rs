//! All recordings of a suite together, rule by rule.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clip::ClipScore;
use super::rate::at_most;
use crate::config::CameraConfig;

/// How one rule did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleTally {
    /// Events that were expected of it.
    pub expected: u32,
    /// Those that were told.
    pub found: u32,
    /// Events beyond the first where one was expected.
    pub repeated: u32,
    /// Events that nobody expected.
    pub false_alarms: u32,
    /// What it nearly told, and did not.
    pub held_back: u32,
    /// Time that cameras with the rule watched.
    pub watched: Duration,
    /// From when a person sees it to the event, in seconds, shortest first.
    pub delays: Vec<f64>,
}

impl RuleTally {
    /// Told of expected, 0 to 1; none where nothing was expected.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        (self.expected > 0).then(|| f64::from(self.found) / f64::from(self.expected))
    }

    /// Hours that cameras with the rule watched.
    #[must_use]
    pub fn hours(&self) -> f64 {
        self.watched.as_secs_f64() / 3600.0
    }

    /// False alarms in an hour of one camera, and the most that the true rate is likely to be (one-sided
    /// 95 %); none where nothing was watched.
    #[must_use]
    pub fn false_alarms_per_hour(&self) -> Option<(f64, f64)> {
        let hours = self.hours();
        let rate = (
            f64::from(self.false_alarms) / hours,
            at_most(self.false_alarms) / hours,
        );
        (hours > 0.0).then_some(rate)
    }
}

/// The delay in the middle, the later of two, and the longest.
#[must_use]
pub fn delays(sorted: &[f64]) -> Option<(f64, f64)> {
    let middle = sorted.get(sorted.len() / 2)?;
    Some((*middle, *sorted.last()?))
}

/// One recording and what came of it.
pub struct Scored<'a> {
    /// The camera it was watched as.
    pub camera: &'a CameraConfig,
    /// How long it is.
    pub watched: Duration,
    /// What was found in it.
    pub score: &'a ClipScore,
    /// What its rules nearly told, by rule.
    pub held_back: &'a BTreeMap<&'static str, u32>,
}

/// Rules by their `kind`, over all recordings.
#[must_use]
pub fn tally<'a>(clips: impl Iterator<Item = Scored<'a>>) -> BTreeMap<String, RuleTally> {
    let mut rules: BTreeMap<String, RuleTally> = BTreeMap::new();
    for clip in clips {
        let mut kinds: Vec<&str> = clip
            .camera
            .rules
            .iter()
            .map(|rule| rule.kind.word())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            rules.entry(kind.to_owned()).or_default().watched += clip.watched;
        }
        for met in &clip.score.met {
            let rule = rules
                .entry(kind_of(&met.expectation.pattern.rule, clip.camera))
                .or_default();
            rule.expected += met.expected;
            rule.found += met.found();
            rule.repeated += met.repeated;
            rule.delays.extend(met.delays());
        }
        for told in &clip.score.unexpected {
            rules.entry(told.rule.to_owned()).or_default().false_alarms += 1;
        }
        for (rule, count) in clip.held_back {
            rules
                .entry(kind_of(rule, clip.camera))
                .or_default()
                .held_back += count;
        }
    }
    for rule in rules.values_mut() {
        rule.delays.sort_by(f64::total_cmp);
    }
    rules
}

/// The rule that a word of an expectation means: its kind, or one of its details.
fn kind_of(word: &str, camera: &CameraConfig) -> String {
    let kinds = || camera.rules.iter().map(|rule| &rule.kind);
    let named = kinds().find(|kind| kind.word() == word);
    let detailed = || kinds().find(|kind| kind.details().contains(&word));
    let kind = named.or_else(detailed);
    kind.map_or(word, |kind| kind.word()).to_owned()
}
