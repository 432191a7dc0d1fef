//! What becomes of a report: it joins an incident, is suggested to an operator, or opens a new one.

use serde::{Deserialize, Serialize};

use crate::category::{Alarm, Code, Relation};
use crate::level::{Feature, Level};
use crate::model::Model;
use crate::place::{Place, metres};
use crate::profile::Profile;
use crate::score::{Score, Subject, Veto, around_m, gap, score};
use crate::witness::{Source, Witness};

/// Candidates whose reasons are kept with a decision.
const KEPT: usize = 5;
/// A candidate less likely than this is no suggestion: who is asked anyway reads one more line more easily
/// than he finds what was left out.
const LEAST_SUGGESTED: f64 = 0.02;
/// What is over is named as what recurs from this probability on: nobody is asked about it.
const RECURS: f64 = 0.35;

/// Where an incident stands, as far as merging goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Somebody sees it, or nobody has said that it is over.
    Open,
    /// Its cameras say that it is over; people have not closed it.
    Cleared,
    /// People closed it: it was dealt with.
    Closed,
    /// People dismissed it: it was nothing.
    Dismissed,
}

/// An incident that comes into question.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a, I> {
    /// Which one.
    pub id: I,
    /// What its witnesses say.
    pub profile: &'a Profile,
    /// Where it stands.
    pub standing: Standing,
}

/// An incident that was weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed<I> {
    /// Which one.
    pub id: I,
    /// The probability that the report belongs to it, the other candidates considered.
    pub probability: f64,
    /// Why.
    pub score: Score,
    /// What keeps it from being linked without asking.
    pub asks: Option<Asks>,
}

/// What keeps a sure candidate from being linked without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The categories differ.
    OtherCategory,
    /// A fire would vanish in an incident that no longer alarms.
    WouldSilence,
    /// It is closed: a report after closure is a recurrence.
    Closed,
    /// It was dismissed, and that silences nothing that comes later.
    Dismissed,
    /// This very camera said that it was over, and now sees it again.
    Cleared,
    /// It is likely because both places are vague, or because nothing else of the kind is about: the places
    /// do not agree, and neither number, plate nor picture speaks for it.
    FarOff,
}

/// Why a report opens an incident of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// No incident came into question.
    NothingNear,
    /// Some did, and none was likely.
    Unlikely,
    /// One was likely, and an operator is asked.
    Unsure,
    /// What was there before is closed.
    Recurrence,
    /// What was there before was dismissed.
    AfterDismissal,
    /// The strongest candidate was out of the question.
    Vetoed(Veto),
}

impl Why {
    /// The word in the history and on metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingNear => "nothing_near",
            Self::Unlikely => "unlikely",
            Self::Unsure => "unsure",
            Self::Recurrence => "recurrence",
            Self::AfterDismissal => "after_rejection",
            Self::Vetoed(veto) => veto.as_str(),
        }
    }
}

/// What becomes of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<I> {
    /// It joins an incident.
    Link {
        /// Which one.
        incident: I,
        /// Whether people are to be alarmed again.
        alarm: Alarm,
    },
    /// It opens a new one.
    Open {
        /// Why.
        why: Why,
        /// The incident that it is a recurrence of.
        recurrence_of: Option<I>,
    },
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<I> {
    /// What becomes of the report.
    pub verdict: Verdict<I>,
    /// The likeliest candidates, the likeliest first.
    pub weighed: Vec<Weighed<I>>,
    /// How many of `weighed`, from the first, are suggested to an operator.
    pub suggested: usize,
}

impl<I: Copy> Decision<I> {
    /// The incidents that are suggested, the likeliest first.
    pub fn suggestions(&self) -> impl Iterator<Item = I> + '_ {
        self.weighed
            .iter()
            .take(self.suggested)
            .map(|weighed| weighed.id)
    }
}

/// Decides what becomes of a report, given the incidents that come into question.
#[must_use]
pub fn decide<I: Copy + Ord>(
    model: &Model,
    witness: &Witness,
    candidates: &[Candidate<'_, I>],
) -> Decision<I> {
    decide_all(model, witness, candidates).0
}

/// The same, with every candidate that was weighed and is not over: to learn from.
pub(crate) fn decide_all<I: Copy + Ord>(
    model: &Model,
    witness: &Witness,
    candidates: &[Candidate<'_, I>],
) -> (Decision<I>, Vec<Weighed<I>>) {
    let subject = Subject::new(model, witness);
    let around = others_around(model, &subject, candidates);
    let (mut open, mut over) = (Vec::new(), Vec::new());
    let mut veto = None;
    for (candidate, near) in candidates.iter().zip(&around) {
        let others = around.iter().filter(|near| **near).count() - usize::from(*near);
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        match score(model, &subject, candidate.profile, others) {
            Err(found) => veto = veto.max(Some(found)),
            Ok(score) => {
                let asks = asks(model, witness, candidate)
                    .or_else(|| far_off(model, &score, candidate.profile));
                let is_over = matches!(asks, Some(Asks::Closed | Asks::Dismissed | Asks::Cleared));
                let side = if is_over { &mut over } else { &mut open };
                side.push(Weighed {
                    id: candidate.id,
                    probability: score.probability(),
                    score,
                    asks,
                });
            }
        }
    }
    share_out(&mut open);
    sort(&mut open);
    sort(&mut over);
    let all = open.clone();
    let past = Past {
        over,
        veto,
        nothing: candidates.is_empty(),
    };
    (conclude(model, witness, open, past), all)
}

/// What came into question and cannot be linked to.
struct Past<I> {
    over: Vec<Weighed<I>>,
    veto: Option<Veto>,
    nothing: bool,
}

/// The likeliest first; among equals the newest.
fn sort<I: Ord>(weighed: &mut [Weighed<I>]) {
    weighed.sort_by(|a, b| {
        b.score
            .bits()
            .total_cmp(&a.score.bits())
            .then_with(|| b.id.cmp(&a.id))
    });
}

/// A report belongs to one incident at most: the candidates share what is not "none of them".
fn share_out<I>(weighed: &mut [Weighed<I>]) {
    let odds = |score: &Score| score.bits().clamp(-60.0, 60.0).exp2();
    let all: f64 = 1.0 + weighed.iter().map(|one| odds(&one.score)).sum::<f64>();
    for one in weighed {
        one.probability = odds(&one.score) / all;
    }
}

fn conclude<I: Copy>(
    model: &Model,
    witness: &Witness,
    mut open: Vec<Weighed<I>>,
    past: Past<I>,
) -> Decision<I> {
    let Past {
        mut over,
        veto,
        nothing,
    } = past;
    let thresholds = model.thresholds();
    if let Some(best) = open
        .first()
        .filter(|best| best.probability >= thresholds.link && best.asks.is_none())
    {
        let verdict = Verdict::Link {
            incident: best.id,
            alarm: alarm(model, witness),
        };
        open.truncate(KEPT);
        return Decision {
            verdict,
            weighed: open,
            suggested: 0,
        };
    }
    let any: f64 = open.iter().map(|one| one.probability).sum();
    let suggested = if any >= thresholds.suggest {
        let likely = open
            .iter()
            .take_while(|one| one.probability >= LEAST_SUGGESTED);
        likely.count().clamp(1, thresholds.most_suggestions)
    } else {
        0
    };
    let past = over
        .first()
        .filter(|past| past.score.probability() >= RECURS);
    let why = match (past.and_then(|past| past.asks), suggested) {
        (_, 1..) => Why::Unsure,
        (Some(Asks::Closed | Asks::Cleared), _) => Why::Recurrence,
        (Some(_), _) => Why::AfterDismissal,
        (None, _) if !open.is_empty() || !over.is_empty() => Why::Unlikely,
        (None, _) => match veto {
            Some(veto) if !nothing => Why::Vetoed(veto),
            _ => Why::NothingNear,
        },
    };
    let recurrence_of = past
        .filter(|past| past.asks != Some(Asks::Dismissed))
        .map(|past| past.id);
    open.truncate(KEPT);
    let suggested = suggested.min(open.len());
    over.truncate(KEPT - open.len());
    open.append(&mut over);
    Decision {
        verdict: Verdict::Open { why, recurrence_of },
        weighed: open,
        suggested,
    }
}

/// What keeps a candidate from being linked without asking.
fn asks<I>(model: &Model, witness: &Witness, candidate: &Candidate<'_, I>) -> Option<Asks> {
    match candidate.standing {
        Standing::Closed => return Some(Asks::Closed),
        Standing::Dismissed => return Some(Asks::Dismissed),
        Standing::Open | Standing::Cleared => {}
    }
    let same_camera = |member: &Witness| member.camera == witness.camera;
    if candidate.standing == Standing::Cleared
        && witness.source == Source::Camera
        && candidate.profile.members().iter().any(same_camera)
    {
        return Some(Asks::Cleared);
    }
    let code = candidate.profile.category()?;
    let mut fires = witness.codes().filter(|code| is_alarm(model, code));
    let cleared = candidate.standing == Standing::Cleared;
    if fires.any(|fire| cleared || fire.relation(code) == Relation::Other) {
        return Some(Asks::WouldSilence);
    }
    let relation = witness.believed().relation(code);
    (relation == Relation::Other).then_some(Asks::OtherCategory)
}

/// Places that agree lie within two deviations, and within the category's radius.
fn far_off(model: &Model, score: &Score, profile: &Profile) -> Option<Asks> {
    let radius_m = model.category(profile.category()?).radius_m;
    let apart = score.findings.iter().any(|found| {
        found.level.feature() == Feature::Space
            && (found.level > Level::SpaceWithin2 || found.measured > Some(radius_m))
    });
    let tells = score
        .findings
        .iter()
        .any(|found| found.level.is_of_one_thing());
    (apart && !tells).then_some(Asks::FarOff)
}

/// What was chosen and what the words name: a fire is heard in either.
fn alarm(model: &Model, witness: &Witness) -> Alarm {
    if witness.codes().any(|code| is_alarm(model, code)) {
        Alarm::NeverSilenced
    } else {
        Alarm::Ordinary
    }
}

fn is_alarm(model: &Model, code: &Code) -> bool {
    model.category(code).alarm == Alarm::NeverSilenced
}

/// Which candidates are unrelated company: of the report's category, close by, and not over.
fn others_around<I>(
    model: &Model,
    subject: &Subject<'_>,
    candidates: &[Candidate<'_, I>],
) -> Vec<bool> {
    let witness = subject.witness;
    let habit = model.category(witness.believed());
    let around_m = around_m(model, habit);
    let window_s = habit.window_h * 3_600.0;
    let near = |place: &Place, profile: &Profile| {
        profile
            .members()
            .iter()
            .filter_map(|member| member.place)
            .any(|its| metres(place, &its) <= around_m)
    };
    candidates
        .iter()
        .map(|candidate| {
            let same = candidate.profile.category() == Some(witness.believed())
                && gap(model, witness, candidate.profile) < window_s;
            let place = subject.place.as_ref();
            same && place.is_some_and(|place| near(place, candidate.profile))
        })
        .collect()
}
