//! The score of a report against an incident: a prior and findings, in bits that add up.
//!
//! Fellegi and Sunter (1969): each finding weighs log2 of how much oftener it is found among pairs
//! that are one than among unrelated ones. The prior is −log2 of the unrelated incidents of the
//! report's category that the compared ground is expected to hold, from the category's own rate and
//! from what is seen around just now: rare things link on place and time, common ones ask.

mod company;

use serde::{Deserialize, Serialize};

use crate::category::{Category, Each, Relation, Zones};
use crate::level::Level;
use crate::model::Model;
use crate::picture;
use crate::place::{Allowance, Closeness, Place, closeness};
use crate::plate;
use crate::profile::{Profile, apart_s, doubted};
use crate::text::Sketch;
use crate::time::{gap_s, level};
use crate::witness::{Source, Witness};

use company::Company;
pub(crate) use company::around_m;

/// Two reports of one reporter within so many seconds are seldom of two things.
const SOON_S: f64 = 600.0;
/// Seconds of drift that are believed at most.
const MOST_DRIFT_S: f64 = 3.0 * 3_600.0;
/// One camera sees one thing at one spot of its picture: of its own events the extent counts so much.
const ONE_VIEW: f64 = 0.3;
/// A score so much below nothing is not saved by words; bits.
const HOPELESS_BITS: f64 = -12.0;

/// One finding and its weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub level: Level,
    /// What it weighs.
    pub bits: f64,
    /// What was measured: metres, seconds, or a cosine; none where a word says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
}

/// Why two are never one, whatever they weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Veto {
    /// Neither place, camera, plate nor picture can be compared.
    NothingInCommon,
    /// Cameras see two kinds of thing.
    OtherCategory,
    /// One camera saw two vehicles act.
    OtherAct,
    /// Farther apart than the category's radius beyond both uncertainties.
    TooFar,
    /// It would stretch the incident over more than twice the radius.
    TooSpread,
    /// Different plates.
    OtherPlate,
}

impl Veto {
    /// The word in stored decisions and translations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingInCommon => "nothing_in_common",
            Self::OtherCategory => "other_category",
            Self::OtherAct => "other_act",
            Self::TooFar => "too_far",
            Self::TooSpread => "too_spread",
            Self::OtherPlate => "other_plate",
        }
    }
}

/// A score, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// −log2 of the unrelated incidents expected.
    pub prior_bits: f64,
    /// Everything that was found.
    pub findings: Vec<Finding>,
}

impl Score {
    /// All bits together.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.prior_bits + self.findings.iter().map(|found| found.bits).sum::<f64>()
    }

    /// The probability that the two are one, where there is no other candidate.
    #[must_use]
    pub fn probability(&self) -> f64 {
        probability(self.bits())
    }

    /// Whether a level was found.
    #[must_use]
    pub fn has(&self, level: Level) -> bool {
        self.findings.iter().any(|found| found.level == level)
    }
}

/// Bits as a probability.
#[must_use]
pub fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

/// A report that is to be weighed against many incidents.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The report.
    pub witness: &'a Witness,
    /// Its place, as far as it is trusted.
    pub place: Option<Place>,
    sketch: Option<Sketch>,
}

impl<'a> Subject<'a> {
    /// Prepares a report.
    #[must_use]
    pub fn new(model: &Model, witness: &'a Witness) -> Self {
        let text = witness.text.as_deref();
        Self {
            witness,
            place: doubted(model, witness),
            sketch: text.map(|text| Sketch::of(text, model.words())),
        }
    }
}

/// Weighs a report against an incident. `others` is how many further incidents of the report's
/// category come into question around it.
///
/// # Errors
/// [`Veto`].
pub fn score(
    model: &Model,
    subject: &Subject<'_>,
    profile: &Profile,
    others: u32,
) -> Result<Score, Veto> {
    let witness = subject.witness;
    let pair = Pair::new(model, subject, profile)?;
    let mut findings = Vec::with_capacity(8);
    let mut find = |level: Level, measured: Option<f64>| {
        findings.push(Finding {
            level,
            bits: model.bits(level),
            measured,
        });
    };
    if let Some(close) = pair.close {
        find(pair.space(close), Some(close.metres));
    }
    find(level(pair.gap_s, pair.habit.window_h), Some(pair.gap_s));
    find(pair.category(witness), None);
    if let Some(zone) = pair.zone {
        find(zone, None);
    }
    if let Some(plate) = pair.plate {
        find(plate, None);
    }
    if let Some(picture) = pair.picture {
        find(picture, None);
    }
    if soon(witness, profile) {
        find(Level::ReporterSoon, None);
    }
    let mut score = Score {
        prior_bits: 0.0,
        findings,
    };
    let company = Company::of(model, subject, profile, &pair, others);
    score.prior_bits = company.prior_bits(model);
    let before_words = score.findings.len();
    if score.bits() > HOPELESS_BITS {
        words(model, subject, profile, pair.relation, &mut score);
    }
    if let Some(excess) = company.excess(&score) {
        score.findings.insert(before_words, excess);
    }
    Ok(score)
}

/// What is compared before anything is weighed.
pub(crate) struct Pair<'a> {
    pub(crate) habit: &'a Category,
    pub(crate) relation: Relation,
    pub(crate) close: Option<Closeness>,
    pub(crate) gap_s: f64,
    zone: Option<Level>,
    plate: Option<Level>,
    picture: Option<Level>,
}

impl<'a> Pair<'a> {
    fn new(model: &'a Model, subject: &Subject<'_>, profile: &Profile) -> Result<Self, Veto> {
        let witness = subject.witness;
        let members = profile.members();
        let code = profile.category().ok_or(Veto::NothingInCommon)?;
        let relation = relation(witness, profile);
        // The habits of the wider of the two: people choose wrong categories.
        let (own, its) = (model.category(witness.believed()), model.category(code));
        let habit = if relation == Relation::Other && own.window_h > its.window_h {
            own
        } else {
            its
        };
        let plate = plates(witness, profile)?;
        let only_cameras = members.iter().all(|member| !member.source.is_person());
        if relation == Relation::Other && !witness.source.is_person() && only_cameras {
            return Err(Veto::OtherCategory);
        }
        let one_camera =
            |member: &&Witness| witness.camera.is_some() && member.camera == witness.camera;
        let act = members.iter().any(|member| one_camera(&member)) && its.each == Each::Act;
        if act && plate != Some(Level::PlateEqual) {
            return Err(Veto::OtherAct);
        }
        let gap_s = gap(model, witness, profile);
        let close = nearness(model, subject, profile, habit)?;
        let zone = zone(witness, members.iter().filter(one_camera), habit);
        let picture = members
            .iter()
            .filter_map(|member| picture::compare(&witness.pictures, &member.pictures))
            .min();
        if close.is_none() && zone.is_none() && plate.is_none() && picture.is_none() {
            return Err(Veto::NothingInCommon);
        }
        Ok(Self {
            habit,
            relation,
            close,
            gap_s,
            zone,
            plate,
            picture,
        })
    }

    fn space(&self, close: Closeness) -> Level {
        match close.z {
            z if z <= 1.0 => Level::SpaceWithin1,
            z if z <= 2.0 => Level::SpaceWithin2,
            z if z <= 4.0 => Level::SpaceWithin4,
            z if z <= 8.0 => Level::SpaceWithin8,
            _ => Level::SpaceBeyond,
        }
    }

    const fn category(&self, witness: &Witness) -> Level {
        match self.relation {
            Relation::Same if witness.named.is_some() => Level::CategoryNamed,
            Relation::Same => Level::CategorySame,
            Relation::Related => Level::CategoryRelated,
            Relation::Other => Level::CategoryOther,
        }
    }
}

/// How the report's category, as its words name it, stands to the incident's: to what most say, or to
/// what a camera or staff say, who seldom choose wrong.
fn relation(witness: &Witness, profile: &Profile) -> Relation {
    let trusted = profile
        .members()
        .iter()
        .filter(|member| matches!(member.source, Source::Camera | Source::Staff))
        .map(|member| &member.category);
    profile
        .category()
        .into_iter()
        .chain(trusted)
        .map(|code| code.relation(witness.believed()))
        .min()
        .unwrap_or(Relation::Other)
}

/// Seconds between the report and the nearest witness, as far as both clocks can tell.
pub(crate) fn gap(model: &Model, witness: &Witness, profile: &Profile) -> f64 {
    let own = model.doubt(witness.source).clock_s;
    profile
        .members()
        .iter()
        .map(|member| {
            let slack = own + model.doubt(member.source).clock_s;
            gap_s(witness.occurred, member.occurred, slack)
        })
        .fold(f64::INFINITY, f64::min)
}

/// How close the report is to the incident; none where one of them has no place.
fn nearness(
    model: &Model,
    subject: &Subject<'_>,
    profile: &Profile,
    habit: &Category,
) -> Result<Option<Closeness>, Veto> {
    let Some(here) = subject.place else {
        return Ok(None);
    };
    let Some((there, seen_s)) = profile.place(model, habit, subject.witness.occurred) else {
        return Ok(None);
    };
    let mut allowed = allowance(habit, seen_s);
    if one_view(subject.witness, profile) {
        allowed.extent_m *= ONE_VIEW;
    }
    let close = closeness(&here, &there, allowed);
    if close.unexplained_m() > habit.radius_m {
        return Err(Veto::TooFar);
    }
    for member in profile.members() {
        let Some(place) = doubted(model, member) else {
            continue;
        };
        let apart = apart_s(subject.witness.occurred, member.occurred);
        let close = closeness(&here, &place, allowance(habit, apart));
        if close.unexplained_m() > 2.0 * habit.radius_m {
            return Err(Veto::TooSpread);
        }
    }
    Ok(Some(close))
}

/// Whether one camera alone speaks of both.
fn one_view(witness: &Witness, profile: &Profile) -> bool {
    let same = |member: &Witness| member.camera.is_some() && member.camera == witness.camera;
    profile.members().iter().all(same)
}

/// Whether one camera speaks of both, alone or among others.
pub(crate) fn in_view(witness: &Witness, profile: &Profile) -> bool {
    let same = |member: &Witness| member.camera.is_some() && member.camera == witness.camera;
    profile.members().iter().any(same)
}

fn allowance(habit: &Category, apart_s: f64) -> Allowance {
    Allowance {
        extent_m: habit.extent_m,
        drift_m: habit.drift_mps * apart_s.min(MOST_DRIFT_S),
        seen_m: habit.seen_km * 1_000.0,
    }
}

fn zone<'a>(
    witness: &Witness,
    of_camera: impl Iterator<Item = &'a Witness>,
    habit: &Category,
) -> Option<Level> {
    of_camera
        .map(|member| match (&witness.zone, &member.zone) {
            (own, its) if own == its => Some(Level::ZoneSame),
            _ if habit.zones == Zones::Together => None,
            _ => Some(Level::ZoneOther),
        })
        .min_by_key(|level| level.map_or(usize::MAX, Level::index))
        .flatten()
}

fn plates(witness: &Witness, profile: &Profile) -> Result<Option<Level>, Veto> {
    let Some(own) = &witness.plate else {
        return Ok(None);
    };
    let mut found = None;
    for its in profile.members().iter().filter_map(|m| m.plate.as_ref()) {
        let level = plate::compare(own, its).map_err(|_| Veto::OtherPlate)?;
        found = Some(found.map_or(level, |found: Level| found.min(level)));
    }
    Ok(found)
}

fn soon(witness: &Witness, profile: &Profile) -> bool {
    witness.reporter.is_some()
        && profile.members().iter().any(|member| {
            member.reporter == witness.reporter
                && gap_s(witness.occurred, member.occurred, 0.0) <= SOON_S
        })
}

fn words(
    model: &Model,
    subject: &Subject<'_>,
    profile: &Profile,
    relation: Relation,
    score: &mut Score,
) {
    let Some(own) = &subject.sketch else {
        return;
    };
    let its: Vec<Sketch> = profile
        .members()
        .iter()
        .filter_map(|member| Some(Sketch::of(member.text.as_deref()?, model.words())))
        .collect();
    let texts = its
        .iter()
        .filter_map(|its| Some((own.alike(its)?, f64::from(own.cosine(its)))));
    let text = texts.min_by(|(_, a), (_, b)| b.total_cmp(a));
    let number = its.iter().filter_map(|its| own.same_number(its)).min();
    let text = text.map(|(level, cosine)| (across(level, relation), Some(cosine)));
    for (level, measured) in text.into_iter().chain(number.map(|number| (number, None))) {
        score.findings.push(Finding {
            level,
            bits: model.bits(level),
            measured,
        });
    }
}

/// Words of one thing under two categories are rarer among strangers than under one.
const fn across(level: Level, relation: Relation) -> Level {
    match (level, relation) {
        (Level::TextAlike, Relation::Other) => Level::TextAlikeAcross,
        (Level::TextSimilar, Relation::Other) => Level::TextSimilarAcross,
        (Level::TextUnlike, Relation::Other) => Level::TextUnlikeAcross,
        _ => level,
    }
}
