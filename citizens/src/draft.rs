//! A report as somebody sends it, and as it is taken: every field checked, every fault named at once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::contact::Contact;
use crate::fault::{Fault, Problem};
use crate::service::{Attribute, Datatype, Service, Services};

/// Most characters of a description: Open311's own limit.
pub const MAX_DESCRIPTION: usize = 4_000;
/// Most characters of an address, of an answer in one line, of a web address.
const MAX_LINE: usize = 500;
/// Most characters of any other answer to a question.
const MAX_ANSWER: usize = 2_000;
/// How far off a pin on a map is, where nobody says; metres.
const PIN_M: f64 = 20.0;
/// Least and greatest uncertainty that is believed; metres.
const UNCERTAINTY_M: (f64, f64) = (1.0, 5_000.0);
/// How far a telephone's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// How far back a report may look.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 90);

/// What a report must hold besides its service and a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insist {
    /// Words, or so many files as came with it.
    OnWordsOrFiles(usize),
    /// Nothing more: Open311 leaves both out.
    OnNothing,
}

/// A report as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The service's code.
    pub service: Option<String>,
    /// What the person says.
    pub description: Option<String>,
    /// Latitude, WGS84.
    pub lat: Option<f64>,
    /// Longitude, WGS84.
    pub lon: Option<f64>,
    /// How far off the place may be, metres.
    pub uncertainty_m: Option<f64>,
    /// Where, in words.
    pub address: Option<String>,
    /// Where, as an address register calls it.
    pub address_id: Option<String>,
    /// When it was seen; now where absent.
    pub occurred: Option<Timestamp>,
    /// Answers to the service's questions.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Whom to call back.
    pub contact: Contact,
    /// A picture somewhere on the web.
    pub media_url: Option<String>,
    /// A field that people do not see and leave empty.
    pub trap: Option<String>,
}

/// Where, with what it may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Latitude, WGS84.
    pub lat: f64,
    /// Longitude, WGS84.
    pub lon: f64,
    /// One standard deviation, metres.
    pub uncertainty_m: f64,
}

/// A report as it is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The service's code.
    pub service: String,
    /// What the person says; may be empty.
    pub description: String,
    /// Where.
    pub spot: Option<Spot>,
    /// Where, in words.
    pub address: Option<String>,
    /// Where, as an address register calls it.
    pub address_id: Option<String>,
    /// When it was seen.
    pub occurred: Timestamp,
    /// Answers to the service's questions, of the service's own attributes alone.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Whom to call back.
    pub contact: Option<Contact>,
    /// A picture somewhere on the web: kept as a word, never fetched.
    pub media_url: Option<String>,
}

/// What the sender calls the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// Longitude.
    pub lon: &'static str,
    /// The address in words.
    pub address: &'static str,
    /// The service.
    pub service: &'static str,
    /// What stands before the fields of the contact.
    pub contact: &'static str,
    /// What stands around the code of an attribute.
    pub attribute: (&'static str, &'static str),
}

impl Names {
    /// As the API of the portal has them.
    pub const API: Self = Self {
        lon: "lon",
        address: "address",
        service: "service",
        contact: "contact.",
        attribute: ("attributes.", ""),
    };
    /// As Open311 has them.
    pub const OPEN311: Self = Self {
        lon: "long",
        address: "address_string",
        service: "service_code",
        contact: "",
        attribute: ("attribute[", "]"),
    };
}

impl Draft {
    /// Checks everything at once.
    ///
    /// # Errors
    /// Every fault, in the order of the fields.
    pub fn check(
        self,
        services: &Services,
        names: Names,
        insist: Insist,
        now: Timestamp,
    ) -> Result<Told, Vec<Fault>> {
        let mut faults = Vec::new();
        let service = present(self.service.as_deref());
        let known = service.as_deref().and_then(|code| services.get(code));
        match (&service, known) {
            (None, _) => faults.push(Fault::new(names.service, Problem::Missing)),
            (Some(_), None) => faults.push(Fault::new(names.service, Problem::Unknown)),
            (Some(_), Some(_)) => {}
        }
        let description = cleaned(self.description.as_deref().unwrap_or_default());
        let count = description.chars().count();
        if count > MAX_DESCRIPTION {
            faults.push(Fault::new("description", Problem::TooLong));
        }
        if insist == Insist::OnWordsOrFiles(0) && count == 0 {
            faults.push(Fault::new("description", Problem::Missing));
        }
        let spot = spot(
            (self.lat, self.lon, self.uncertainty_m),
            services,
            names,
            &mut faults,
        );
        let address = line(self.address.as_deref(), names.address, &mut faults);
        let address_id = line(self.address_id.as_deref(), "address_id", &mut faults);
        if self.lat.is_none() && self.lon.is_none() && address.is_none() && address_id.is_none() {
            faults.push(Fault::new("lat", Problem::Missing));
        }
        let occurred = self.occurred.unwrap_or(now);
        if occurred.duration_since(now) > AHEAD {
            faults.push(Fault::new("occurred", Problem::Future));
        } else if now.duration_since(occurred) > BACK {
            faults.push(Fault::new("occurred", Problem::LongPast));
        }
        let attributes = known.map_or_else(BTreeMap::new, |service| {
            answers(service, &self.attributes, names, &mut faults)
        });
        let media_url = line(self.media_url.as_deref(), "media_url", &mut faults);
        if media_url.as_deref().is_some_and(|url| !is_web_address(url)) {
            faults.push(Fault::new("media_url", Problem::NotAnAddress));
        }
        let calling_code = &services.jurisdiction().calling_code;
        let contact = self
            .contact
            .check(calling_code, names.contact)
            .unwrap_or_else(|wrong| {
                faults.extend(wrong);
                None
            });
        if present(self.trap.as_deref()).is_some() {
            faults.push(Fault::new("website", Problem::LeaveEmpty));
        }
        match service {
            Some(service) if faults.is_empty() => Ok(Told {
                service,
                description,
                spot,
                address,
                address_id,
                // A clock that is ahead says "now".
                occurred: occurred.min(now),
                attributes,
                contact,
                media_url,
            }),
            _ => Err(faults),
        }
    }
}

/// Free text without what no person types: control characters but line breaks and tabs.
fn cleaned(text: &str) -> String {
    let kept = text.replace("\r\n", "\n");
    let kept: String = kept
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    kept.trim().to_owned()
}

fn present(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn line(text: Option<&str>, field: &str, faults: &mut Vec<Fault>) -> Option<String> {
    let text = present(text)?;
    if text.chars().count() > MAX_LINE {
        faults.push(Fault::new(field, Problem::TooLong));
    }
    Some(
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
    )
}

fn spot(
    (lat, lon, uncertainty_m): (Option<f64>, Option<f64>, Option<f64>),
    services: &Services,
    names: Names,
    faults: &mut Vec<Fault>,
) -> Option<Spot> {
    let (lat, lon) = match (lat, lon) {
        (Some(lat), Some(lon)) => (lat, lon),
        (None, None) => return None,
        (None, Some(_)) => {
            faults.push(Fault::new("lat", Problem::HalfAPlace));
            return None;
        }
        (Some(_), None) => {
            faults.push(Fault::new(names.lon, Problem::HalfAPlace));
            return None;
        }
    };
    let before = faults.len();
    if !(-90.0..=90.0).contains(&lat) {
        faults.push(Fault::new("lat", Problem::OutOfRange));
    }
    if !(-180.0..=180.0).contains(&lon) {
        faults.push(Fault::new(names.lon, Problem::OutOfRange));
    }
    let outside = services
        .jurisdiction()
        .area
        .is_some_and(|area| !area.holds(lat, lon));
    if faults.len() == before && outside {
        faults.push(Fault::new("lat", Problem::OutsideArea));
    }
    if uncertainty_m.is_some_and(|m| !m.is_finite() || m < 0.0) {
        faults.push(Fault::new("uncertainty_m", Problem::OutOfRange));
    }
    Some(Spot {
        lat,
        lon,
        uncertainty_m: uncertainty_m
            .unwrap_or(PIN_M)
            .clamp(UNCERTAINTY_M.0, UNCERTAINTY_M.1),
    })
}

fn answers(
    service: &Service,
    sent: &BTreeMap<String, Vec<String>>,
    names: Names,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Vec<String>> {
    let name = |code: &str| format!("{}{code}{}", names.attribute.0, names.attribute.1);
    let mut taken = BTreeMap::new();
    for code in sent.keys() {
        if !service
            .attributes
            .iter()
            .any(|attribute| attribute.code == *code && attribute.variable)
        {
            faults.push(Fault::new(name(code), Problem::Unknown));
        }
    }
    for attribute in service
        .attributes
        .iter()
        .filter(|attribute| attribute.variable)
    {
        let values: Vec<String> = sent
            .get(&attribute.code)
            .into_iter()
            .flatten()
            .map(|value| cleaned(value))
            .filter(|value| !value.is_empty())
            .collect();
        if values.is_empty() {
            if attribute.required {
                faults.push(Fault::new(name(&attribute.code), Problem::Missing));
            }
            continue;
        }
        match answer_problem(attribute, &values) {
            Some(problem) => faults.push(Fault::new(name(&attribute.code), problem)),
            None => drop(taken.insert(attribute.code.clone(), values)),
        }
    }
    taken
}

fn answer_problem(attribute: &Attribute, values: &[String]) -> Option<Problem> {
    if values.len() > 1 && attribute.datatype != Datatype::MultiValueList {
        return Some(Problem::OnlyOne);
    }
    let is_key = |value: &String| attribute.values.iter().any(|known| known.key == *value);
    let all =
        |good: &dyn Fn(&String) -> bool, problem| (!values.iter().all(good)).then_some(problem);
    match attribute.datatype {
        Datatype::String => all(&|value| value.chars().count() <= MAX_LINE, Problem::TooLong),
        Datatype::Text => all(
            &|value| value.chars().count() <= MAX_ANSWER,
            Problem::TooLong,
        ),
        Datatype::Number => all(
            &|value| value.parse().is_ok_and(|number: f64| number.is_finite()),
            Problem::NotANumber,
        ),
        Datatype::Datetime => all(
            &|value| value.parse::<Timestamp>().is_ok(),
            Problem::NotATime,
        ),
        Datatype::SingleValueList | Datatype::MultiValueList => all(&is_key, Problem::Unknown),
    }
}

fn is_web_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '[')
            && !rest
                .chars()
                .any(|c| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERVICES: &str = r#"
        changed = "1"
        [jurisdiction.area]
        south = 16.0
        west = 107.0
        north = 17.0
        east = 108.0
        [groups]
        g = { vi = "a", en = "b" }
        [[services]]
        code = "001"
        category = "environment/litter"
        group = "g"
        name = { vi = "a", en = "b" }
        description = { vi = "a", en = "b" }
        [[services.attributes]]
        code = "WHISPAWN"
        datatype = "string"
        required = true
        description = { vi = "a", en = "b" }
        [[services.attributes]]
        code = "N"
        datatype = "number"
        description = { vi = "a", en = "b" }
        [[services.attributes]]
        code = "T"
        datatype = "datetime"
        description = { vi = "a", en = "b" }
        [[services.attributes]]
        code = "M"
        datatype = "multivaluelist"
        description = { vi = "a", en = "b" }
        values = [{ key = "1", name = { vi = "a", en = "b" } }, { key = "2", name = { vi = "c", en = "d" } }]
    "#;

    fn now() -> Timestamp {
        "2026-11-22T03:00:00Z".parse().unwrap()
    }

    fn draft() -> Draft {
        Draft {
            service: Some("001".to_owned()),
            description: Some(" Rác\r\n đầy\u{7} ".to_owned()),
            lat: Some(16.4),
            lon: Some(107.6),
            attributes: BTreeMap::from([("WHISPAWN".to_owned(), vec!["123456".to_owned()])]),
            ..Draft::default()
        }
    }

    fn check(draft: Draft) -> Result<Told, Vec<String>> {
        let services = Services::parse(SERVICES).unwrap();
        draft
            .check(&services, Names::API, Insist::OnWordsOrFiles(0), now())
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_whole_is_taken_in_its_normal_form() {
        let told = check(draft()).unwrap();
        assert_eq!(told.description, "Rác\n đầy");
        assert_eq!(told.occurred, now());
        assert_eq!(told.spot.map(|spot| spot.uncertainty_m), Some(PIN_M));
        assert_eq!(told.contact, None);
    }

    #[test]
    fn each_fault_has_its_field() {
        type Change = fn(&mut Draft);
        let table: [(Change, &str); 20] = [
            (|d| d.service = None, "service: missing"),
            (|d| d.service = Some("x".to_owned()), "service: unknown"),
            (
                |d| d.description = Some("x".repeat(4_001)),
                "description: too_long",
            ),
            (|d| d.description = None, "description: missing"),
            (|d| d.lat = None, "lat: half_a_place"),
            (|d| d.lon = None, "lon: half_a_place"),
            (|d| (d.lat, d.lon) = (None, None), "lat: missing"),
            (|d| d.lat = Some(91.0), "lat: out_of_range"),
            (|d| d.lon = Some(f64::NAN), "lon: out_of_range"),
            (|d| d.lat = Some(10.0), "lat: outside_area"),
            (
                |d| d.uncertainty_m = Some(-1.0),
                "uncertainty_m: out_of_range",
            ),
            (|d| d.address = Some("x".repeat(501)), "address: too_long"),
            (
                |d| d.occurred = Some(now() + SignedDuration::from_hours(1)),
                "occurred: future",
            ),
            (
                |d| d.occurred = Some(now() - SignedDuration::from_hours(24 * 91)),
                "occurred: long_past",
            ),
            (|d| d.attributes.clear(), "attributes.WHISPAWN: missing"),
            (
                |d| drop(d.attributes.insert("X".to_owned(), vec![])),
                "attributes.X: unknown",
            ),
            (
                |d| drop(d.attributes.insert("N".to_owned(), vec!["ba".to_owned()])),
                "attributes.N: not_a_number",
            ),
            (
                |d| {
                    drop(
                        d.attributes
                            .insert("T".to_owned(), vec!["2026-11-22".to_owned()]),
                    );
                },
                "attributes.T: not_a_time",
            ),
            (
                |d| d.media_url = Some("javascript:alert(1)".to_owned()),
                "media_url: not_an_address",
            ),
            (
                |d| d.trap = Some("http://spam".to_owned()),
                "website: leave_empty",
            ),
        ];
        for (change, expected) in table {
            let mut draft = draft();
            change(&mut draft);
            assert_eq!(check(draft), Err(vec![expected.to_owned()]));
        }
    }

    #[test]
    fn lists_take_their_own_keys_alone_and_one_where_one_is_wanted() {
        let with = |code: &str, values: &[&str]| {
            let mut draft = draft();
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            draft.attributes.insert(code.to_owned(), values);
            check(draft).map(|told| told.attributes.get(code).map(Vec::len))
        };
        assert_eq!(with("M", &["1", "2"]), Ok(Some(2)));
        assert_eq!(
            with("M", &["3"]),
            Err(vec!["attributes.M: unknown".to_owned()])
        );
        assert_eq!(with("M", &[" "]), Ok(None));
        assert_eq!(
            with("N", &["1", "2"]),
            Err(vec!["attributes.N: only_one".to_owned()])
        );
    }

    #[test]
    fn all_faults_come_at_once() {
        let worst = Draft {
            lat: Some(1e9),
            lon: Some(0.0),
            contact: Contact {
                phone: Some("x".to_owned()),
                ..Contact::default()
            },
            ..Draft::default()
        };
        assert_eq!(
            check(worst).unwrap_err(),
            [
                "service: missing",
                "description: missing",
                "lat: out_of_range",
                "contact.phone: not_a_phone"
            ]
        );
    }

    #[test]
    fn a_clock_a_little_ahead_says_now() {
        let mut ahead = draft();
        ahead.occurred = Some(now() + SignedDuration::from_mins(5));
        assert_eq!(check(ahead).unwrap().occurred, now());
    }

    proptest! {
        /// Whatever is sent: never a panic, and what is taken is within its bounds.
        #[test]
        fn whatever_is_sent(lat: f64, lon: f64, words in ".*", code in ".{0,8}", more in ".{0,20}") {
            let mut any = draft();
            (any.lat, any.lon) = (Some(lat), Some(lon));
            any.description = Some(words);
            any.attributes.insert(code, vec![more.clone()]);
            any.media_url = Some(more);
            if let Ok(told) = check(any) {
                let spot = told.spot.unwrap();
                prop_assert!((16.0..=17.0).contains(&spot.lat));
                prop_assert!(told.description.chars().count() <= MAX_DESCRIPTION);
            }
        }
    }
}
