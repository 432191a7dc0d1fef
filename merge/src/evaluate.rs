//! How good the decisions are, on reports whose incident is known.
//!
//! The reports are told in the order in which they came in, exactly as a server would be told. An
//! operator who answers every suggestion rightly, or one who answers none, is part of the replay.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::block::{Key, asked_for, filed_under, narrow};
use crate::decide::{Candidate, Standing, Verdict, decide_all};
use crate::learn::Pair;
use crate::model::Model;
use crate::profile::{Profile, later};
use crate::score::Score;
use crate::witness::Witness;

/// Most incidents that are weighed for one report: the nearest.
pub const MOST_CANDIDATES: usize = 200;

/// One line of a labelled set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A report.
    Report(Box<Labelled>),
    /// People closed an incident.
    Closure {
        /// Its label.
        closed: String,
        /// When.
        at: Timestamp,
    },
}

/// A report whose incident is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labelled {
    /// The label of the incident it tells of.
    pub incident: String,
    /// When it came in; `occurred.start` where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// What it says.
    #[serde(flatten)]
    pub witness: Witness,
}

impl Line {
    fn at(&self) -> Timestamp {
        match self {
            Self::Report(report) => report.received.unwrap_or(report.witness.occurred.start),
            Self::Closure { at, .. } => *at,
        }
    }
}

/// Who answers suggestions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Accepts at once each that is right, declines each that is wrong.
    Perfect,
    /// Answers none.
    Absent,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Reports.
    pub reports: u64,
    /// Those whose incident was known already and not closed.
    pub due: u64,
    /// Linked without asking.
    pub links: u64,
    /// Those that were right.
    pub right_links: u64,
    /// Reports for which something was suggested.
    pub asked: u64,
    /// Those where the right incident was among the suggestions.
    pub right_suggestions: u64,
    /// Pairs of reports of one incident.
    pub true_pairs: u64,
    /// Pairs that ended in one incident.
    pub told_pairs: u64,
    /// Pairs that did so rightly.
    pub right_pairs: u64,
    /// The most candidates that one report had.
    pub most_candidates: u64,
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

impl Tally {
    /// Share of the automatic links that are right.
    #[must_use]
    pub fn link_precision(&self) -> f64 {
        share(self.right_links, self.links)
    }

    /// Share of the reports of known incidents that were linked to the right one, or had it among
    /// their suggestions.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.right_links + self.right_suggestions, self.due)
    }

    /// Share of the reports of known incidents that were linked to the right one without asking.
    #[must_use]
    pub fn link_recall(&self) -> f64 {
        share(self.right_links, self.due)
    }

    /// Share of the questions whose answer is yes.
    #[must_use]
    pub fn suggestion_precision(&self) -> f64 {
        share(self.right_suggestions, self.asked)
    }

    /// Share of the pairs in one incident that belong there.
    #[must_use]
    pub fn pair_precision(&self) -> f64 {
        share(self.right_pairs, self.told_pairs)
    }

    /// Share of the pairs of one incident that ended in one.
    #[must_use]
    pub fn pair_recall(&self) -> f64 {
        share(self.right_pairs, self.true_pairs)
    }

    /// The harmonic mean of the two.
    #[must_use]
    pub fn pair_f1(&self) -> f64 {
        let (precision, recall) = (self.pair_precision(), self.pair_recall());
        2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
    }
}

/// What became of one report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// The report.
    pub id: String,
    /// Its true incident.
    pub incident: String,
    /// `link` or `open`, with the reason.
    pub verdict: String,
    /// The true incident of what it was linked to.
    pub linked_to: Option<String>,
    /// The true incidents of what was suggested.
    pub suggested: Vec<String>,
    /// The likeliest candidate: its true incident, probability, and the bits by name.
    pub best: Option<Likeliest>,
    /// Whether its incident was known already and not closed.
    pub due: bool,
    /// The right candidate, where it was weighed at all.
    pub right: Option<Likeliest>,
}

impl Told {
    /// Whether its incident was known, and it was neither linked to it nor asked about it.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        let found = self.linked_to.as_ref() == Some(&self.incident)
            || self.suggested.contains(&self.incident);
        self.due && !found
    }

    /// Whether it was linked to another incident without asking.
    #[must_use]
    pub fn is_wrong_link(&self) -> bool {
        self.linked_to
            .as_ref()
            .is_some_and(|to| *to != self.incident)
    }
}

/// A candidate: its true incident, its probability, and the bits by name.
pub type Likeliest = (String, f64, Vec<(&'static str, f64)>);

/// A replay's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was counted.
    pub tally: Tally,
    /// What became of each report.
    pub told: Vec<Told>,
    /// Every pair that was weighed, to learn from.
    pub pairs: Vec<Pair>,
}

fn named_bits(score: &Score) -> Vec<(&'static str, f64)> {
    let found = score.findings.iter();
    std::iter::once(("prior", score.prior_bits))
        .chain(found.map(|found| (found.level.as_str(), found.bits)))
        .collect()
}

struct Known {
    label: String,
    profile: Profile,
    standing: Standing,
    until: Timestamp,
    reports: Vec<usize>,
}

#[derive(Default)]
struct City {
    known: Vec<Known>,
    index: HashMap<Key, Vec<usize>>,
    labels: HashMap<String, BTreeSet<usize>>,
}

/// Tells a labelled set to a model.
#[must_use]
pub fn replay(model: &Model, lines: &[Line], operator: Operator) -> Outcome {
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|line| line.at());
    let mut city = City::default();
    let mut outcome = Outcome {
        tally: Tally::default(),
        told: Vec::new(),
        pairs: Vec::new(),
    };
    for line in order {
        match line {
            Line::Closure { closed, at } => city.close(model, closed, *at),
            Line::Report(report) => city.tell(model, report, operator, line.at(), &mut outcome),
        }
    }
    city.count_pairs(&outcome.told, &mut outcome.tally);
    outcome
}

impl City {
    fn close(&mut self, model: &Model, label: &str, at: Timestamp) {
        for id in self.labels.remove(label).unwrap_or_default() {
            let Some(known) = self.known.get_mut(id) else {
                continue;
            };
            let code = known.profile.category();
            let recurs_h = code.map_or(0.0, |code| model.category(code).recurs_h);
            known.standing = Standing::Closed;
            known.until = later(at, recurs_h * 3_600.0);
        }
    }

    fn tell(
        &mut self,
        model: &Model,
        report: &Labelled,
        operator: Operator,
        now: Timestamp,
        outcome: &mut Outcome,
    ) {
        let witness = model.heard(report.witness.clone());
        let candidates = self.candidates(model, &witness, now);
        let tally = &mut outcome.tally;
        tally.reports += 1;
        tally.most_candidates = tally.most_candidates.max(candidates.len() as u64);
        let due = self.labels.contains_key(&report.incident);
        tally.due += u64::from(due);
        let label = |id: usize| self.known[id].label.clone();
        let (decision, weighed) = decide_all(model, &witness, &candidates);
        outcome.pairs.extend(weighed.iter().map(|one| {
            let same = self.known[one.id].label == report.incident;
            Pair::of(&one.score, Some(same))
        }));
        let suggested: Vec<usize> = decision.suggestions().collect();
        let right = suggested
            .iter()
            .copied()
            .find(|id| self.known[*id].label == report.incident);
        let mut told = Told {
            id: report.witness.id.clone(),
            incident: report.incident.clone(),
            verdict: String::new(),
            linked_to: None,
            suggested: suggested.iter().map(|id| label(*id)).collect(),
            best: decision
                .weighed
                .first()
                .map(|best| (label(best.id), best.probability, named_bits(&best.score))),
            due,
            right: weighed
                .iter()
                .find(|one| self.known[one.id].label == report.incident)
                .map(|one| (label(one.id), one.probability, named_bits(&one.score))),
        };
        let home = match decision.verdict {
            Verdict::Link { incident, .. } => {
                tally.links += 1;
                tally.right_links += u64::from(self.known[incident].label == report.incident);
                "link".clone_into(&mut told.verdict);
                told.linked_to = Some(label(incident));
                Some(incident)
            }
            Verdict::Open { why, .. } => {
                tally.asked += u64::from(!suggested.is_empty());
                tally.right_suggestions += u64::from(right.is_some());
                told.verdict = format!("open: {}", why.as_str());
                right.filter(|_| operator == Operator::Perfect)
            }
        };
        self.settle(model, (report, witness), home, outcome.told.len());
        outcome.told.push(told);
    }

    fn candidates(
        &self,
        model: &Model,
        witness: &Witness,
        now: Timestamp,
    ) -> Vec<Candidate<'_, usize>> {
        let found: BTreeSet<usize> = asked_for(model, witness)
            .iter()
            .filter_map(|key| self.index.get(key))
            .flatten()
            .copied()
            .filter(|id| self.known[*id].until >= now.min(witness.occurred.start))
            .collect();
        let mut candidates: Vec<Candidate<'_, usize>> = found
            .into_iter()
            .rev()
            .map(|id| Candidate {
                id,
                profile: &self.known[id].profile,
                standing: self.known[id].standing,
            })
            .collect();
        narrow(witness, &mut candidates, MOST_CANDIDATES, |one| one.profile);
        candidates
    }

    fn settle(
        &mut self,
        model: &Model,
        (report, witness): (&Labelled, Witness),
        home: Option<usize>,
        at: usize,
    ) {
        let id = home.unwrap_or_else(|| {
            self.known.push(Known {
                label: report.incident.clone(),
                profile: Profile::default(),
                standing: Standing::Open,
                until: Timestamp::MAX,
                reports: Vec::new(),
            });
            let id = self.known.len() - 1;
            let same = self.labels.entry(report.incident.clone()).or_default();
            same.insert(id);
            id
        });
        let known = &mut self.known[id];
        known.profile.join(witness);
        known.until = known.profile.until(model).unwrap_or(Timestamp::MAX);
        known.reports.push(at);
        for key in filed_under(model, &known.profile) {
            let filed = self.index.entry(key).or_default();
            if !filed.contains(&id) {
                filed.push(id);
            }
        }
    }

    fn count_pairs(&self, told: &[Told], tally: &mut Tally) {
        let pairs = |count: u64| count * count.saturating_sub(1) / 2;
        let mut true_sizes: BTreeMap<&str, u64> = BTreeMap::new();
        for one in told {
            *true_sizes.entry(&one.incident).or_default() += 1;
        }
        tally.true_pairs = true_sizes.values().map(|size| pairs(*size)).sum();
        for known in &self.known {
            let mut within: BTreeMap<&str, u64> = BTreeMap::new();
            for one in known.reports.iter().filter_map(|at| told.get(*at)) {
                *within.entry(&one.incident).or_default() += 1;
            }
            tally.told_pairs += pairs(known.reports.len() as u64);
            tally.right_pairs += within.values().map(|size| pairs(*size)).sum::<u64>();
        }
    }
}
