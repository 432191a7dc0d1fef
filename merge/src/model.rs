//! The model: every number that weighs, read from data and held to its ranges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::category::{Category, Code};
use crate::level::Level;
use crate::text::Words;
use crate::topic::Lexicon;
use crate::witness::{Source, Witness};

/// The model that is shipped.
const SHIPPED: &str = include_str!("../data/model.toml");
/// The category that stands for codes nobody listed.
const ANY: &str = "other";

/// From which probability on what is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Linked without asking: more than 0.5, less than 1.
    pub link: f64,
    /// Suggested: more than 0, at most `link`.
    pub suggest: f64,
    /// Most suggestions for one report: 1 to 10.
    pub most_suggestions: usize,
}

/// How the prior is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// It is never lower; −30 to 0.
    pub least_bits: f64,
    /// It is never higher; 0 to 30.
    pub most_bits: f64,
    /// What the category's own rate is worth against what is seen around, square kilometres;
    /// 0.001 to 100.
    pub experience_km2: f64,
    /// How far around a report is looked, metres; 10 to 2,000.
    pub around_m: f64,
    /// So much oftener two people's reports are of two neighbours than a camera's and a person's;
    /// 1 to 100.
    pub people_factor: f64,
    /// How long a report of people comes into question at least, hours: their category may be
    /// wrong, and with it the window; 0 to 8,760.
    pub people_window_h: f64,
    /// So much oftener two events of one camera's zone are of two neighbours: it keeps what it sees
    /// open, and tells anew of what is new; 1 to 100.
    #[serde(default = "one_view_factor")]
    pub one_view_factor: f64,
    /// How far off the next one of a kind stands, where there is one next door: standard deviation in
    /// metres; 1 to 1,000.
    #[serde(default = "next_door_m")]
    pub next_door_m: f64,
    /// Hours that local time is ahead of UTC, for `by_hour`; −12 to 14.
    pub utc_offset_h: f64,
}

const fn one_view_factor() -> f64 {
    5.0
}

const fn next_door_m() -> f64 {
    15.0
}

/// How far a source's statements are doubted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    /// Its radius is multiplied by this; 0.5 to 10.
    pub place_factor: f64,
    /// And is at least this, metres; 0 to 5,000.
    pub least_m: f64,
    /// Its clock may be off by so many seconds; 0 to 86,400.
    pub clock_s: f64,
}

/// How often a level is found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// Among pairs that tell of one incident; more than 0, at most 1.
    pub same: f64,
    /// Among unrelated pairs that come into question; more than 0, at most 1.
    pub other: f64,
}

impl Shares {
    /// What finding the level is worth.
    #[must_use]
    pub fn bits(self) -> f64 {
        (self.same / self.other).log2()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordLists {
    common: Vec<String>,
    before_number: Vec<String>,
    #[serde(default)]
    across: Vec<String>,
    #[serde(default)]
    rows: Vec<String>,
    #[serde(default)]
    before_name: Vec<String>,
    #[serde(default)]
    after_count: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    thresholds: Thresholds,
    prior: Prior,
    sources: BTreeMap<Source, Doubt>,
    levels: BTreeMap<Level, Shares>,
    words: WordLists,
    /// The words that name a category, where people chose another.
    #[serde(default)]
    naming: BTreeMap<Code, Vec<String>>,
    categories: BTreeMap<Code, Category>,
}

/// Every number that weighs.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    raw: Raw,
    words: Words,
    lexicon: Lexicon,
    bits: [f64; Level::ALL.len()],
}

/// One thing that is wrong with a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {problem}")]
pub struct Fault {
    /// The key, from the top of the file.
    pub key: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// Why a model is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is no model: the message says the line and the key.
    #[error("it does not read as a model of merging")]
    Syntax(#[source] Box<toml::de::Error>),
    /// Numbers lie out of their ranges.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<Fault>),
}

impl Model {
    /// The model that is shipped.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn shipped() -> Self {
        match Self::parse(SHIPPED) {
            Ok(model) => model,
            Err(error) => unreachable!("the shipped model is read by a test: {error}"),
        }
    }

    /// Reads a model from TOML.
    ///
    /// # Errors
    /// [`ModelError`] with every number that lies out of its range.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let raw: Raw = toml::from_str(text).map_err(|error| ModelError::Syntax(Box::new(error)))?;
        let faults = faults(&raw);
        if !faults.is_empty() {
            return Err(ModelError::Faults(faults));
        }
        Ok(Self::of(raw))
    }

    fn of(raw: Raw) -> Self {
        let mut bits = [0.0; Level::ALL.len()];
        for (level, shares) in &raw.levels {
            if let Some(bits) = bits.get_mut(level.index()) {
                *bits = shares.bits();
            }
        }
        let words = Words {
            common: raw.words.common.clone(),
            before_number: raw.words.before_number.clone(),
            across: raw.words.across.clone(),
            rows: raw.words.rows.clone(),
            before_name: raw.words.before_name.clone(),
            after_count: raw.words.after_count.clone(),
        };
        let lexicon = Lexicon::of(&raw.naming);
        Self {
            raw,
            words,
            lexicon,
            bits,
        }
    }

    /// The model as TOML, to be read again.
    ///
    /// # Panics
    /// Never: whatever was read can be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.raw).unwrap_or_else(|error| unreachable!("{error}"))
    }

    /// The same model with other shares.
    #[must_use]
    pub fn with_levels(&self, levels: impl IntoIterator<Item = (Level, Shares)>) -> Self {
        let mut raw = self.raw.clone();
        raw.levels.extend(levels);
        Self::of(raw)
    }

    /// The same model with other thresholds.
    #[must_use]
    pub fn with_thresholds(&self, thresholds: Thresholds) -> Self {
        let mut raw = self.raw.clone();
        raw.thresholds = thresholds;
        Self::of(raw)
    }

    /// Its name: decisions are stored with it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.raw.name
    }

    /// From which probability on what is done.
    #[must_use]
    pub const fn thresholds(&self) -> Thresholds {
        self.raw.thresholds
    }

    /// How the prior is made.
    #[must_use]
    pub const fn prior(&self) -> Prior {
        self.raw.prior
    }

    /// How often a level is found.
    #[must_use]
    pub fn shares(&self, level: Level) -> Shares {
        let nothing = Shares {
            same: 1.0,
            other: 1.0,
        };
        self.raw.levels.get(&level).copied().unwrap_or(nothing)
    }

    /// What finding a level is worth.
    #[must_use]
    pub fn bits(&self, level: Level) -> f64 {
        self.bits.get(level.index()).copied().unwrap_or_default()
    }

    /// How far a source is doubted.
    #[must_use]
    pub fn doubt(&self, source: Source) -> Doubt {
        let none = Doubt {
            place_factor: 1.0,
            least_m: 1.0,
            clock_s: 0.0,
        };
        self.raw.sources.get(&source).copied().unwrap_or(none)
    }

    /// The words of the language.
    #[must_use]
    pub const fn words(&self) -> &Words {
        &self.words
    }

    /// A witness with what its words name, where a person chose its category.
    #[must_use]
    pub fn heard(&self, witness: Witness) -> Witness {
        let text = witness.text.as_deref();
        let named = text
            .filter(|_| witness.source.is_person())
            .and_then(|text| self.lexicon.named(text, &witness.category));
        Witness { named, ..witness }
    }

    /// What is usual of a category: its own, its family's, or of any.
    ///
    /// # Panics
    /// Never: a model without the category `other` is not read.
    #[must_use]
    pub fn category(&self, code: &Code) -> &Category {
        let categories = &self.raw.categories;
        categories
            .get(code)
            .or_else(|| categories.get(&Code::new(code.family())))
            .or_else(|| categories.get(&Code::new(ANY)))
            .unwrap_or_else(|| unreachable!("a model has the category {ANY}"))
    }

    /// Every category that is listed.
    pub fn categories(&self) -> impl Iterator<Item = (&Code, &Category)> {
        self.raw.categories.iter()
    }
}

/// A key, its value, and the range it must lie in.
type Ranged = (String, f64, f64, f64);

fn faults(raw: &Raw) -> Vec<Fault> {
    let mut faults: Vec<Fault> = ranged(raw)
        .into_iter()
        .filter(|(_, value, least, most)| !(least..=most).contains(&value))
        .map(|(key, value, least, most)| Fault {
            key,
            problem: format!("is {value}; it must lie between {least} and {most}"),
        })
        .collect();
    let mut missing = |key: String| {
        faults.push(Fault {
            key,
            problem: "is missing".to_owned(),
        });
    };
    for level in Level::ALL {
        if !raw.levels.contains_key(&level) {
            missing(format!("levels.{}", level.as_str()));
        }
    }
    for source in Source::ALL {
        if !raw.sources.contains_key(&source) {
            missing(format!("sources.{source:?}").to_lowercase());
        }
    }
    if !raw.categories.contains_key(&Code::new(ANY)) {
        missing(format!("categories.{ANY}"));
    }
    for (code, category) in &raw.categories {
        if !matches!(category.by_hour.len(), 0 | 24) {
            faults.push(Fault {
                key: format!("categories.{code}.by_hour"),
                problem: format!("has {} factors; it needs 24", category.by_hour.len()),
            });
        }
    }
    faults
}

fn ranged(raw: &Raw) -> Vec<Ranged> {
    let thresholds = raw.thresholds;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let most_suggestions = thresholds.most_suggestions as f64;
    let prior = raw.prior;
    let mut all: Vec<Ranged> = vec![
        ("thresholds.link".into(), thresholds.link, 0.5, 0.999_999),
        (
            "thresholds.suggest".into(),
            thresholds.suggest,
            0.001,
            thresholds.link,
        ),
        (
            "thresholds.most_suggestions".into(),
            most_suggestions,
            1.0,
            10.0,
        ),
        ("prior.least_bits".into(), prior.least_bits, -30.0, 0.0),
        ("prior.most_bits".into(), prior.most_bits, 0.0, 30.0),
        (
            "prior.experience_km2".into(),
            prior.experience_km2,
            0.001,
            100.0,
        ),
        ("prior.around_m".into(), prior.around_m, 10.0, 2_000.0),
        (
            "prior.people_factor".into(),
            prior.people_factor,
            1.0,
            100.0,
        ),
        (
            "prior.people_window_h".into(),
            prior.people_window_h,
            0.0,
            8_760.0,
        ),
        (
            "prior.one_view_factor".into(),
            prior.one_view_factor,
            1.0,
            100.0,
        ),
        ("prior.next_door_m".into(), prior.next_door_m, 1.0, 1_000.0),
        ("prior.utc_offset_h".into(), prior.utc_offset_h, -12.0, 14.0),
    ];
    for (source, doubt) in &raw.sources {
        let key = |leaf: &str| format!("sources.{source:?}.{leaf}").to_lowercase();
        all.push((key("place_factor"), doubt.place_factor, 0.5, 10.0));
        all.push((key("least_m"), doubt.least_m, 0.0, 5_000.0));
        all.push((key("clock_s"), doubt.clock_s, 0.0, 86_400.0));
    }
    for (level, shares) in &raw.levels {
        let key = |leaf: &str| format!("levels.{}.{leaf}", level.as_str());
        all.push((key("same"), shares.same, 1e-6, 1.0));
        all.push((key("other"), shares.other, 1e-6, 1.0));
    }
    for (code, category) in &raw.categories {
        let key = |leaf: &str| format!("categories.{code}.{leaf}");
        all.push((key("radius_m"), category.radius_m, 1.0, 20_000.0));
        all.push((key("window_h"), category.window_h, 0.001, 8_760.0));
        all.push((key("recurs_h"), category.recurs_h, 0.0, 87_600.0));
        all.push((key("extent_m"), category.extent_m, 0.1, 5_000.0));
        all.push((key("drift_mps"), category.drift_mps, 0.0, 50.0));
        all.push((key("per_km2_day"), category.per_km2_day, 1e-6, 1e6));
        all.push((key("clump"), category.clump, 1e-6, 100.0));
        all.push((key("seen_km"), category.seen_km, 0.01, 50.0));
        for factor in &category.by_hour {
            all.push((key("by_hour"), *factor, 0.001, 1_000.0));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_reads_and_survives_being_written() {
        let model = Model::shipped();
        assert_eq!(Model::parse(&model.to_toml()).unwrap(), model);
    }

    #[test]
    fn the_starting_weights_are_those_of_the_design() {
        let model = Model::shipped();
        for (level, bits) in [
            (Level::SpaceWithin1, 4.0),
            (Level::SpaceWithin4, -3.0),
            (Level::TextAlike, 1.5),
            (Level::TextSimilar, 0.3),
            (Level::TextUnlike, -0.5),
            (Level::PictureIdentical, 10.0),
            (Level::PictureCopy, 6.0),
            (Level::PictureLike, 3.0),
            (Level::PlateEqual, 8.0),
            (Level::PlateOneOff, 3.0),
            (Level::ZoneSame, 3.0),
            (Level::ReporterSoon, 1.0),
        ] {
            let found = model.bits(level);
            assert!((found - bits).abs() < 0.06, "{level:?}: {found}");
        }
    }

    #[test]
    fn every_number_out_of_range_is_named() {
        let broken = SHIPPED
            .replace("link = 0.97", "link = 1.5")
            .replace("extent_m = 8.0", "extent_m = -8.0")
            .replace("zone_other = { same = 0.03, other = 0.90 }\n", "");
        let Err(ModelError::Faults(faults)) = Model::parse(&broken) else {
            panic!("it must be refused");
        };
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "thresholds.link",
                "categories.encroachment.extent_m",
                "levels.zone_other"
            ]
        );
        assert!(matches!(
            Model::parse("nonsense = 1"),
            Err(ModelError::Syntax(_))
        ));
    }

    #[test]
    fn a_persons_words_are_heard_and_a_camera_chooses_nothing_wrong() {
        let model = Model::shipped();
        let said = |source| Witness {
            id: "1".to_owned(),
            source,
            category: Code::new("environment/noise"),
            named: None,
            place: None,
            occurred: crate::witness::Span::at(jiff::Timestamp::UNIX_EPOCH),
            text: Some("đàn bò đi giữa đường".to_owned()),
            pictures: vec![],
            plate: None,
            camera: None,
            zone: None,
            reporter: None,
        };
        let heard = model.heard(said(Source::Phone));
        assert_eq!(heard.believed().as_str(), "stray_cattle");
        assert_eq!(model.heard(said(Source::Camera)).named, None);
    }

    #[test]
    fn a_code_nobody_listed_takes_its_familys_habits() {
        let model = Model::shipped();
        let of = |code: &str| model.category(&Code::new(code)).radius_m;
        assert!((of("stray_cattle/buffalo") - 300.0).abs() < 1e-9);
        assert!((of("never/heard/of") - 50.0).abs() < 1e-9);
    }
}
