//! The kinds of report that people may choose from, as data: one TOML file, read with every fault
//! listed at once.
//!
//! A service is what Open311 calls so: a code, names in both languages, a group, questions. It names a
//! *category* in the words of merging and routing (`encroachment`, `infrastructure/street_light`), so
//! that a citizen's word and a camera's meet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

/// The services that are shipped.
const SHIPPED: &str = include_str!("../data/services.toml");
/// The families that a category may begin with: the kinds of incident that the server shows.
pub const FAMILIES: [&str; 9] = [
    "fire_smoke",
    "encroachment",
    "traffic_violation",
    "stray_cattle",
    "camera_health",
    "environment",
    "infrastructure",
    "urban_order",
    "other",
];
/// Most services, and most attributes of one.
const MOST: usize = 500;

/// A language of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Vietnamese, the first language.
    #[default]
    Vi,
    /// English.
    En,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in a language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }

    fn is_whole(&self) -> bool {
        !self.vi.trim().is_empty() && !self.en.trim().is_empty()
    }
}

/// What an answer to a question may be, in Open311's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datatype {
    /// Characters without line breaks.
    String,
    /// A number.
    Number,
    /// A time with an offset, ISO 8601.
    Datetime,
    /// Characters, line breaks among them.
    Text,
    /// One of the values.
    SingleValueList,
    /// Any of the values.
    MultiValueList,
}

impl Datatype {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::SingleValueList => "singlevaluelist",
            Self::MultiValueList => "multivaluelist",
        }
    }

    const fn is_list(self) -> bool {
        matches!(self, Self::SingleValueList | Self::MultiValueList)
    }
}

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListValue {
    /// What is sent.
    pub key: String,
    /// What people read.
    pub name: Words,
}

/// A question that a service asks, or a remark it makes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// What is sent beside the answer.
    pub code: String,
    /// Whether it is answered, or only read.
    #[serde(default = "yes")]
    pub variable: bool,
    /// What an answer may be.
    pub datatype: Datatype,
    /// Whether a report without an answer is refused.
    #[serde(default)]
    pub required: bool,
    /// How to write the answer.
    #[serde(default)]
    pub datatype_description: Words,
    /// The question.
    pub description: Words,
    /// What may be chosen.
    #[serde(default)]
    pub values: Vec<ListValue>,
}

const fn yes() -> bool {
    true
}

/// How much a report of this kind matters if nobody looks, in the words of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Can wait for days.
    Low,
    /// Should be seen today.
    Medium,
    /// Should be seen now.
    High,
    /// Lives or forest are at risk.
    Critical,
}

impl Weight {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One kind of report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What is sent: Open311's `service_code`.
    pub code: String,
    /// What it is to merging and routing: words of `a-z_` joined by one `/`.
    pub category: String,
    /// The group it stands in.
    pub group: String,
    /// Its name.
    pub name: Words,
    /// What belongs here, in a sentence.
    pub description: Words,
    /// Other words for it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// What will be done, told to whoever reports.
    #[serde(default)]
    pub notice: Words,
    /// How much it matters.
    #[serde(default = "medium")]
    pub severity: Weight,
    /// Within how many hours an answer is promised; none where nothing is promised.
    #[serde(default)]
    pub answer_h: Option<u32>,
    /// For how many days after a report has come to its end the reporter's contact is kept.
    #[serde(default = "a_year")]
    pub keep_contact_days: u32,
    /// Its questions, in the order in which they are asked.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

const fn medium() -> Weight {
    Weight::Medium
}

const fn a_year() -> u32 {
    365
}

impl Service {
    /// The family of its category: what the console calls the kind of an incident.
    #[must_use]
    pub fn family(&self) -> &str {
        self.category.split('/').next().unwrap_or_default()
    }

    /// What its category is within the family; the family itself where it names nothing more.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.category
            .split_once('/')
            .map_or(self.category.as_str(), |(_, detail)| detail)
    }
}

/// The ground that is served: a rectangle of WGS84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Least latitude.
    pub south: f64,
    /// Least longitude.
    pub west: f64,
    /// Greatest latitude.
    pub north: f64,
    /// Greatest longitude.
    pub east: f64,
}

impl Area {
    /// Whether a place lies within.
    #[must_use]
    pub fn holds(&self, lat: f64, lon: f64) -> bool {
        (self.south..=self.north).contains(&lat) && (self.west..=self.east).contains(&lon)
    }
}

/// Whose services these are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// Open311's `jurisdiction_id`: a domain; empty where one endpoint serves one city.
    #[serde(default)]
    pub id: String,
    /// How to reach whoever runs this, for people.
    #[serde(default)]
    pub contact: Words,
    /// How to come by an API key, for people.
    #[serde(default)]
    pub key_service: Words,
    /// The country's calling code, put in the place of a leading 0.
    #[serde(default = "vietnam")]
    pub calling_code: String,
    /// The ground that is served; everywhere where absent.
    #[serde(default)]
    pub area: Option<Area>,
}

impl Default for Jurisdiction {
    fn default() -> Self {
        Self {
            id: String::new(),
            contact: Words::default(),
            key_service: Words::default(),
            calling_code: vietnam(),
            area: None,
        }
    }
}

fn vietnam() -> String {
    "84".to_owned()
}

/// Every kind of report, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Services {
    jurisdiction: Jurisdiction,
    changed: String,
    groups: BTreeMap<String, Words>,
    list: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// When the file was last changed: Open311's `changeset`.
    changed: String,
    #[serde(default)]
    jurisdiction: Jurisdiction,
    groups: BTreeMap<String, Words>,
    services: Vec<Service>,
}

/// Why a file of services cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// It is not TOML of this form.
    #[error("it is not a list of services")]
    Syntax(#[from] toml::de::Error),
    /// Some of it will not do; all of it is listed.
    #[error("{}", listed(.0))]
    Faults(Vec<String>),
}

fn listed(faults: &[String]) -> String {
    faults.join("; ")
}

impl Services {
    /// The services that are shipped.
    #[must_use]
    pub fn shipped() -> Self {
        // A test reads the shipped file; should it not parse all the same, there is nothing to choose.
        Self::parse(SHIPPED).unwrap_or_else(|_| Self {
            jurisdiction: Jurisdiction::default(),
            changed: String::new(),
            groups: BTreeMap::new(),
            list: Vec::new(),
        })
    }

    /// Reads a file of services.
    ///
    /// # Errors
    /// [`ServicesError`] with every fault.
    pub fn parse(text: &str) -> Result<Self, ServicesError> {
        let file: File = toml::from_str(text)?;
        let faults = faults(&file);
        if !faults.is_empty() {
            return Err(ServicesError::Faults(faults));
        }
        Ok(Self {
            jurisdiction: file.jurisdiction,
            changed: file.changed,
            groups: file.groups,
            list: file.services,
        })
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Service] {
        &self.list
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Service> {
        self.list.iter().find(|service| service.code == code)
    }

    /// The first that is of a category.
    #[must_use]
    pub fn of_category(&self, category: &str) -> Option<&Service> {
        self.list
            .iter()
            .find(|service| service.category == category)
    }

    /// The name of a group.
    #[must_use]
    pub fn group(&self, group: &str, lang: Lang) -> &str {
        self.groups.get(group).map_or("", |words| words.get(lang))
    }

    /// Whose they are.
    #[must_use]
    pub const fn jurisdiction(&self) -> &Jurisdiction {
        &self.jurisdiction
    }

    /// When they were last changed, sortable.
    #[must_use]
    pub fn changed(&self) -> &str {
        &self.changed
    }
}

fn faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    let mut codes = BTreeSet::new();
    let mut note =
        |path: &str, problem: fmt::Arguments<'_>| faults.push(format!("{path}: {problem}"));
    if file.services.is_empty() || file.services.len() > MOST {
        note("services", format_args!("there must be 1 to {MOST}"));
    }
    for (name, words) in &file.groups {
        if !words.is_whole() {
            note(
                &format!("groups.{name}"),
                format_args!("needs both vi and en"),
            );
        }
    }
    if let Some(area) = file.jurisdiction.area
        && !(area.south < area.north && area.west < area.east)
    {
        note(
            "jurisdiction.area",
            format_args!("south and west must lie below north and east"),
        );
    }
    if !file
        .jurisdiction
        .calling_code
        .bytes()
        .all(|b| b.is_ascii_digit())
    {
        note(
            "jurisdiction.calling_code",
            format_args!("holds digits only, e.g. \"84\""),
        );
    }
    for (at, service) in file.services.iter().enumerate() {
        let path = format!("services[{at}] ({})", service.code);
        if !is_code(&service.code) {
            note(&path, format_args!("code holds 1 to 64 of a-z A-Z 0-9 _ -"));
        }
        if !codes.insert(&service.code) {
            note(&path, format_args!("code stands there twice"));
        }
        if !is_category(&service.category) {
            note(
                &path,
                format_args!(
                    "category {:?} is not words of a-z _ joined by one /",
                    service.category
                ),
            );
        }
        if !FAMILIES.contains(&service.family()) {
            note(
                &path,
                format_args!("category begins with one of {}", FAMILIES.join(", ")),
            );
        }
        if !file.groups.contains_key(&service.group) {
            note(
                &path,
                format_args!("group {:?} is not in [groups]", service.group),
            );
        }
        if !service.name.is_whole() || !service.description.is_whole() {
            note(
                &path,
                format_args!("name and description need both vi and en"),
            );
        }
        if service.keep_contact_days > 3_650 {
            note(&path, format_args!("keep_contact_days is at most 3650"));
        }
        for fault in attribute_faults(service) {
            note(&path, format_args!("{fault}"));
        }
    }
    faults
}

fn attribute_faults(service: &Service) -> Vec<String> {
    let mut faults = Vec::new();
    let mut codes = BTreeSet::new();
    if service.attributes.len() > MOST {
        faults.push(format!("has more than {MOST} attributes"));
    }
    for attribute in &service.attributes {
        let code = &attribute.code;
        let mut note = |problem: &str| faults.push(format!("attribute {code}: {problem}"));
        if !is_code(code) {
            note("code holds 1 to 64 of a-z A-Z 0-9 _ -");
        }
        if !codes.insert(code) {
            note("stands there twice");
        }
        if !attribute.description.is_whole() {
            note("description needs both vi and en");
        }
        if attribute.datatype.is_list() == attribute.values.is_empty() {
            note("a list has values, and nothing else has");
        }
        if attribute.required && !attribute.variable {
            note("what is only read cannot be required");
        }
        let keys: BTreeSet<&String> = attribute.values.iter().map(|value| &value.key).collect();
        if keys.len() < attribute.values.len()
            || attribute
                .values
                .iter()
                .any(|value| value.key.is_empty() || !value.name.is_whole())
        {
            note("each value needs a key of its own and a name in vi and en");
        }
    }
    faults
}

fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn is_category(category: &str) -> bool {
    let is_word = |word: &str| {
        (1..=48).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let words: Vec<&str> = category.split('/').collect();
    words.len() <= 2 && words.into_iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        changed = "2026-11-22"
        [groups]
        order = { vi = "Trật tự", en = "Order" }
        [[services]]
        code = "via-he"
        category = "encroachment"
        group = "order"
        name = { vi = "Lấn chiếm vỉa hè", en = "Pavement taken" }
        description = { vi = "Hàng quán", en = "Stalls" }
    "#;

    #[test]
    fn what_is_shipped_reads_and_speaks_both_languages() {
        let services = Services::parse(SHIPPED).unwrap();
        assert!(services.list().len() >= 15);
        for service in services.list() {
            assert!(!services.group(&service.group, Lang::En).is_empty());
            assert_ne!(service.name.vi, service.name.en);
            assert!(services.get(&service.code).is_some());
        }
        assert!(services.of_category("encroachment").is_some());
    }

    #[test]
    fn a_category_is_a_family_and_what_of_it() {
        let mut service = Services::parse(SMALL).unwrap().list()[0].clone();
        assert_eq!(
            (service.family(), service.detail()),
            ("encroachment", "encroachment")
        );
        service.category = "infrastructure/street_light".to_owned();
        assert_eq!(
            (service.family(), service.detail()),
            ("infrastructure", "street_light")
        );
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_place() {
        let text = format!(
            "{SMALL}\n[[services]]\ncode = \"via-he\"\ncategory = \"Big/x/y\"\ngroup = \"none\"\n\
             name = {{ vi = \"a\", en = \"\" }}\ndescription = {{ vi = \"a\", en = \"b\" }}\n\
             [[services.attributes]]\ncode = \"q\"\ndatatype = \"singlevaluelist\"\n\
             description = {{ vi = \"a\", en = \"b\" }}\nrequired = true\nvariable = false\n"
        );
        let Err(ServicesError::Faults(faults)) = Services::parse(&text) else {
            panic!("it was taken")
        };
        let all = faults.join("\n");
        for part in [
            "twice",
            "category \"Big/x/y\"",
            "group \"none\"",
            "name and description",
            "a list has values",
            "only read",
        ] {
            assert!(all.contains(part), "{part} is missing in:\n{all}");
        }
        assert!(
            all.lines()
                .all(|line| line.starts_with("services[1] (via-he)")),
            "{all}"
        );
        assert!(matches!(
            Services::parse("changed = 3"),
            Err(ServicesError::Syntax(_))
        ));
    }
}
