//! Every example of the standard: what it prints is what is written here for the same values.

use jiff::Timestamp;
use serde_json::Value;

use super::Format;
use super::document::{self, Endpoint, Made, Request};
use super::form::Form;
use super::node::Document;
use crate::service::{Lang, Services};

/// An element: its name, its text, what is in it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Element {
    name: String,
    text: String,
    within: Vec<Element>,
}

/// Reads the XML that the standard's examples and our answers are made of: elements and text.
fn elements(mut text: &str) -> Vec<Element> {
    let mut open: Vec<Element> = vec![Element {
        name: String::new(),
        text: String::new(),
        within: vec![],
    }];
    while let Some((before, rest)) = text.split_once('<') {
        let (tag, after) = rest.split_once('>').unwrap();
        let last = open.last_mut().unwrap();
        last.text.push_str(before.trim());
        text = after;
        if tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().unwrap();
            assert_eq!(closed.name, name);
            open.last_mut().unwrap().within.push(closed);
        } else if let Some(name) = tag.strip_suffix('/') {
            last.within.push(Element {
                name: name.to_owned(),
                text: String::new(),
                within: vec![],
            });
        } else {
            open.push(Element {
                name: tag.to_owned(),
                text: String::new(),
                within: vec![],
            });
        }
    }
    assert_eq!(open.len(), 1, "an element is open");
    sorted(open.pop().unwrap().within)
}

/// The standard orders the fields of one example in two ways.
fn sorted(mut elements: Vec<Element>) -> Vec<Element> {
    for element in &mut elements {
        element.within = sorted(std::mem::take(&mut element.within));
    }
    elements.sort();
    elements
}

/// Texts without what the examples have around them by accident.
fn trimmed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.trim().to_owned()),
        Value::Array(list) => Value::Array(list.into_iter().map(trimmed).collect()),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, trimmed(value)))
            .collect(),
        other => other,
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&apos;", "'").replace("&quot;", "\"")
}

#[track_caller]
fn is(document: &Document, xml: &str, json: &str) {
    let written = document.write(Format::Xml);
    assert!(written.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"));
    assert_eq!(elements(&unescaped(&written)), elements(xml), "{written}");
    let written: Value = serde_json::from_str(&document.write(Format::Json)).unwrap();
    let golden: Value = serde_json::from_str(json).unwrap();
    assert_eq!(written, trimmed(golden));
}

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../golden/", $name))
    };
}

const SERVICES: &str = r#"
changed = "2010-11-23 09:01"
[groups]
sanitation = { vi = "vệ sinh", en = "sanitation" }
street = { vi = "đường", en = "street" }
[[services]]
code = "001"
category = "environment/litter"
group = "sanitation"
keywords = ["lorem", "ipsum", "dolor"]
name = { vi = "Thùng rác", en = "Cans left out 24x7" }
description = { vi = "Thùng rác", en = "Garbage or recycling cans that have been left out for more than 24 hours after collection. Violators will be cited." }
[[services.attributes]]
code = "WHISPAWN"
datatype = "string"
description = { vi = "a", en = "b" }
[[services.attributes]]
code = "WHISDORN"
datatype = "singlevaluelist"
description = { vi = "a", en = "b" }
values = [{ key = "COISL001", name = { vi = "a", en = "b" } }]
[[services]]
code = "002"
category = "infrastructure/road"
group = "street"
keywords = ["lorem", "ipsum", "dolor"]
name = { vi = "Tấm thép", en = "Construction plate shifted" }
description = { vi = "Tấm thép", en = "Metal construction plate covering the street or sidewalk has been moved." }
[[services.attributes]]
code = "A"
datatype = "string"
description = { vi = "a", en = "b" }
[[services]]
code = "003"
category = "infrastructure/pavement"
group = "street"
keywords = ["lorem", "ipsum", "dolor"]
name = { vi = "Bó vỉa", en = "Curb or curb ramp defect" }
description = { vi = "Bó vỉa", en = "Sidewalk curb or ramp has problems such as cracking, missing pieces, holes, and/or chipped curb." }
[[services.attributes]]
code = "A"
datatype = "string"
description = { vi = "a", en = "b" }
"#;

const DEFINITION: &str = r#"
changed = "1"
[groups]
g = { vi = "a", en = "b" }
[[services]]
code = "DMV66"
category = "other"
group = "g"
name = { vi = "a", en = "b" }
description = { vi = "a", en = "b" }
[[services.attributes]]
code = "WHISHETN"
datatype = "singlevaluelist"
required = true
description = { vi = "Số vé?", en = "What is the ticket/tag/DL number?" }
values = [
  { key = "123", name = { vi = "Ford", en = "Ford" } },
  { key = "124", name = { vi = "Chrysler", en = "Chrysler" } },
]
"#;

/// The moment of an example, in UTC: what the standard prints with another offset is the same moment.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The examples with their times in UTC.
fn in_utc(example: &str) -> String {
    example
        .replace("2010-04-14T06:37:38-08:00", "2010-04-14T14:37:38Z")
        .replace("2010-04-15T06:37:38-08:00", "2010-04-15T14:37:38Z")
        .replace("2010-04-19T06:37:38-08:00", "2010-04-19T14:37:38Z")
}

fn request(id: &str) -> Request {
    Request {
        id: id.to_owned(),
        status: "open",
        service_name: "Sidewalk and Curb Issues".to_owned(),
        service_code: "006".to_owned(),
        requested: at("2010-04-19T06:37:38-08:00"),
        updated: at("2010-04-19T06:37:38-08:00"),
        expected: Some(at("2010-04-19T06:37:38-08:00")),
        address: Some("8TH AVE and JUDAH ST".to_owned()),
        address_id: Some("545483".to_owned()),
        zipcode: Some("94122".to_owned()),
        lat: Some(37.762_221_815),
        long: Some(-122.465_114_5),
        media_url: Some(format!(
            "http://city.gov.s3.amazonaws.com/requests/media/{id}.jpg"
        )),
        ..Request::default()
    }
}

fn duplicate() -> Request {
    Request {
        status: "closed",
        status_notes: Some("Duplicate request.".to_owned()),
        requested: at("2010-04-14T06:37:38-08:00"),
        updated: at("2010-04-14T06:37:38-08:00"),
        expected: Some(at("2010-04-15T06:37:38-08:00")),
        ..request("638344")
    }
}

#[test]
fn services() {
    let services = Services::parse(SERVICES).unwrap();
    is(
        &document::services(&services, Lang::En),
        golden!("services.xml"),
        golden!("services.json"),
    );
}

#[test]
fn service_definition() {
    let services = Services::parse(DEFINITION).unwrap();
    let written = document::definition(services.get("DMV66").unwrap(), Lang::En);
    is(
        &written,
        golden!("service_definition.xml"),
        golden!("service_definition.json"),
    );
}

#[test]
fn service_requests() {
    let (xml, json) = (
        in_utc(golden!("requests.xml")),
        in_utc(golden!("requests.json")),
    );
    is(
        &document::requests(&[duplicate(), request("638349")]),
        &xml,
        &json,
    );
    let (xml, json) = (
        in_utc(golden!("request.xml")),
        in_utc(golden!("request.json")),
    );
    is(&document::requests(&[duplicate()]), &xml, &json);
}

#[test]
fn a_request_that_was_made() {
    let made = Made {
        id: "293944".to_owned(),
        notice: Some("The City will inspect and require the responsible party to correct within 24 hours and/or issue a Correction Notice or Notice of Violation of the Public Works Code".to_owned()),
        account_id: None,
    };
    is(
        &document::made(&made),
        golden!("made.xml"),
        golden!("made.json"),
    );
}

#[test]
fn a_token() {
    is(
        &document::of_token("638344", "12345"),
        golden!("token.xml"),
        golden!("token.json"),
    );
}

#[test]
fn errors() {
    let error = (
        403,
        "Invalid api_key received -- can't proceed with create_request.".to_owned(),
    );
    is(
        &document::errors(&[error]),
        golden!("errors.xml"),
        golden!("errors.json"),
    );
}

#[test]
fn discovery() {
    let endpoint = |specification: &str, url: &str, changeset: &str, kind, formats| Endpoint {
        specification: specification.to_owned(),
        url: url.to_owned(),
        changeset: changeset.to_owned(),
        kind,
        formats,
    };
    let two = "http://wiki.open311.org/GeoReport_v2";
    let both = vec![Format::Xml, Format::Json];
    let endpoints = [
        endpoint(
            two,
            "http://open311.mycity.gov/v2",
            "2010-11-23 09:01",
            "production",
            vec![Format::Xml],
        ),
        endpoint(
            two,
            "http://open311.mycity.gov/test/v2",
            "2010-10-02 09:01",
            "test",
            both.clone(),
        ),
        endpoint(
            "http://wiki.open311.org/GeoReport_v3",
            "http://open311.mycity.gov/v3",
            "2011-02-03 14:18",
            "test",
            both,
        ),
    ];
    let written = document::discovery(
        "2011-02-03 14:18",
        "You can email or call for assistance api@mycity.org +1 (555) 555-5555",
        "You can request a key here: http://api.mycity.gov/api_key/request",
        &endpoints,
    );
    is(
        &written,
        golden!("discovery.xml"),
        golden!("discovery.json"),
    );
}

#[test]
fn the_example_of_a_request_reads() {
    use crate::draft::{Insist, Names};
    let form = Form::parse(golden!("post.form").trim().as_bytes()).unwrap();
    assert_eq!(form.get("api_key"), Some("xyz"));
    assert_eq!(form.get("jurisdiction_id"), Some("city.gov"));
    let now = at("2026-11-22T00:00:00Z");
    let services = Services::parse(SERVICES).unwrap();
    let draft = form.draft().unwrap();
    let told = draft.check(&services, Names::OPEN311, Insist::OnNothing, now);
    let told = told.unwrap();
    let contact = told.contact.unwrap();
    assert_eq!(contact.name.as_deref(), Some("smith john"));
    assert_eq!(contact.phone.as_deref(), Some("+84111111111"));
    assert_eq!(contact.email.as_deref(), Some("smit333@sfgov.edu"));
    assert_eq!(contact.account.as_deref(), Some("123456"));
    assert_eq!(contact.device.as_deref(), Some("tt222111"));
    assert_eq!(
        told.description,
        "A large sinkhole is destroying the street"
    );
    assert_eq!(told.address.as_deref(), Some("1234 5th street"));
    assert_eq!(
        told.spot.map(|spot| (spot.lat, spot.lon)),
        Some((37.765_240_78, -122.421_204_3))
    );
    assert_eq!(
        told.media_url.as_deref(),
        Some("http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg")
    );
    assert_eq!(told.attributes["WHISPAWN"], ["123456"]);
    assert_eq!(told.attributes["WHISDORN"], ["COISL001"]);
}
