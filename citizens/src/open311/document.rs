//! The answers of the standard, field by field and in its order.

use jiff::Timestamp;

use super::node::{Document, Node};
use super::{Format, SPECIFICATION};
use crate::service::{Attribute, Lang, Service, Services};

/// A moment as the standard wants it: to the second, with its offset.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An endpoint of the discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The specification's name.
    pub specification: String,
    /// Where it is.
    pub url: String,
    /// When its list of services last changed.
    pub changeset: String,
    /// `production` or `test`.
    pub kind: &'static str,
    /// How it answers.
    pub formats: Vec<Format>,
}

impl Endpoint {
    /// The endpoint of these services below an address.
    #[must_use]
    pub fn of(services: &Services, url: String) -> Self {
        Self {
            specification: SPECIFICATION.to_owned(),
            url,
            changeset: services.changed().to_owned(),
            kind: "production",
            formats: vec![Format::Xml, Format::Json],
        }
    }
}

/// `discovery`.
#[must_use]
pub fn discovery(
    changeset: &str,
    contact: &str,
    key_service: &str,
    endpoints: &[Endpoint],
) -> Document {
    let mime = |format: &Format| {
        let mime = match format {
            Format::Xml => "text/xml",
            Format::Json => "application/json",
        };
        Node::Text(mime.to_owned())
    };
    let endpoint = |endpoint: &Endpoint| {
        Node::Record(vec![
            ("specification", Node::text(Some(&endpoint.specification))),
            ("url", Node::text(Some(&endpoint.url))),
            ("changeset", Node::text(Some(&endpoint.changeset))),
            ("type", Node::text(Some(endpoint.kind))),
            (
                "formats",
                Node::List("format", endpoint.formats.iter().map(mime).collect()),
            ),
        ])
    };
    Document {
        root: "discovery",
        node: Node::Record(vec![
            ("changeset", Node::text(Some(changeset))),
            ("contact", Node::text(Some(contact))),
            ("key_service", Node::text(Some(key_service))),
            (
                "endpoints",
                Node::List("endpoint", endpoints.iter().map(endpoint).collect()),
            ),
        ]),
    }
}

/// `services`.
#[must_use]
pub fn services(services: &Services, lang: Lang) -> Document {
    let service = |service: &Service| {
        Node::Record(vec![
            ("service_code", Node::text(Some(&service.code))),
            ("service_name", Node::text(Some(service.name.get(lang)))),
            (
                "description",
                Node::text(Some(service.description.get(lang))),
            ),
            ("metadata", Node::Flag(!service.attributes.is_empty())),
            ("type", Node::text(Some("realtime"))),
            ("keywords", Node::text(Some(&service.keywords.join(", ")))),
            (
                "group",
                Node::text(Some(services.group(&service.group, lang))),
            ),
        ])
    };
    Document {
        root: "services",
        node: Node::List("service", services.list().iter().map(service).collect()),
    }
}

/// `service_definition`.
#[must_use]
pub fn definition(service: &Service, lang: Lang) -> Document {
    let attribute = |(order, attribute): (u32, &Attribute)| {
        let values = attribute.values.iter().map(|value| {
            Node::Record(vec![
                ("key", Node::text(Some(&value.key))),
                ("name", Node::text(Some(value.name.get(lang)))),
            ])
        });
        let mut fields = vec![
            ("variable", Node::Flag(attribute.variable)),
            ("code", Node::text(Some(&attribute.code))),
            ("datatype", Node::text(Some(attribute.datatype.as_str()))),
            ("required", Node::Flag(attribute.required)),
            (
                "datatype_description",
                Node::text(Some(attribute.datatype_description.get(lang))),
            ),
            ("order", Node::Number(f64::from(order))),
            (
                "description",
                Node::text(Some(attribute.description.get(lang))),
            ),
        ];
        if !attribute.values.is_empty() {
            fields.push(("values", Node::List("value", values.collect())));
        }
        Node::Record(fields)
    };
    let attributes = (1..).zip(&service.attributes).map(attribute).collect();
    Document {
        root: "service_definition",
        node: Node::Record(vec![
            ("service_code", Node::text(Some(&service.code))),
            ("attributes", Node::List("attribute", attributes)),
        ]),
    }
}

/// What a client is told of a request that it made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    /// The request's id.
    pub id: String,
    /// What will be done.
    pub notice: Option<String>,
    /// The account that the client named.
    pub account_id: Option<String>,
}

/// The answer to `POST requests`.
#[must_use]
pub fn made(made: &Made) -> Document {
    requests_of(vec![Node::Record(vec![
        ("service_request_id", Node::text(Some(&made.id))),
        ("service_notice", Node::text(made.notice.as_deref())),
        ("account_id", Node::text(made.account_id.as_deref())),
    ])])
}

/// The answer to `GET tokens/{token}`.
#[must_use]
pub fn of_token(id: &str, token: &str) -> Document {
    requests_of(vec![Node::Record(vec![
        ("service_request_id", Node::text(Some(id))),
        ("token", Node::text(Some(token))),
    ])])
}

fn requests_of(nodes: Vec<Node>) -> Document {
    Document {
        root: "service_requests",
        node: Node::List("request", nodes),
    }
}

/// A request as everybody may read it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// `open` or `closed`.
    pub status: &'static str,
    /// Why, or how it stands.
    pub status_notes: Option<String>,
    /// The service's name.
    pub service_name: String,
    /// The service's code.
    pub service_code: String,
    /// What the reporter says.
    pub description: Option<String>,
    /// Who acts.
    pub agency_responsible: Option<String>,
    /// What will be done.
    pub service_notice: Option<String>,
    /// When it was made.
    pub requested: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When an answer is promised.
    pub expected: Option<Timestamp>,
    /// Where, in words.
    pub address: Option<String>,
    /// Where, by the register.
    pub address_id: Option<String>,
    /// The postal code.
    pub zipcode: Option<String>,
    /// Latitude, WGS84.
    pub lat: Option<f64>,
    /// Longitude, WGS84.
    pub long: Option<f64>,
    /// A picture.
    pub media_url: Option<String>,
    /// What `extensions=true` adds.
    pub extended: Option<Extended>,
}

/// What `extensions=true` adds to a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extended {
    /// Answers to the service's questions: code and value.
    pub attributes: Vec<(String, String)>,
    /// How it came in.
    pub channel: String,
    /// Every picture.
    pub photos: Vec<String>,
    /// How many reported the same.
    pub reporters: u32,
}

/// `service_requests`.
#[must_use]
pub fn requests(requests: &[Request]) -> Document {
    requests_of(requests.iter().map(request).collect())
}

fn request(request: &Request) -> Node {
    let time = |at: Option<Timestamp>| at.map_or(Node::Nothing, |at| Node::Text(moment(at)));
    let mut fields = vec![
        ("service_request_id", Node::text(Some(&request.id))),
        ("status", Node::text(Some(request.status))),
        ("status_notes", Node::text(request.status_notes.as_deref())),
        ("service_name", Node::text(Some(&request.service_name))),
        ("service_code", Node::text(Some(&request.service_code))),
        ("description", Node::text(request.description.as_deref())),
        (
            "agency_responsible",
            Node::text(request.agency_responsible.as_deref()),
        ),
        (
            "service_notice",
            Node::text(request.service_notice.as_deref()),
        ),
        ("requested_datetime", time(Some(request.requested))),
        ("updated_datetime", time(Some(request.updated))),
        ("expected_datetime", time(request.expected)),
        ("address", Node::text(request.address.as_deref())),
        ("address_id", Node::text(request.address_id.as_deref())),
        ("zipcode", Node::text(request.zipcode.as_deref())),
        ("lat", Node::number(request.lat)),
        ("long", Node::number(request.long)),
        ("media_url", Node::text(request.media_url.as_deref())),
    ];
    if let Some(extended) = &request.extended {
        let attributes = extended.attributes.iter().map(|(code, value)| {
            Node::Record(vec![
                ("code", Node::text(Some(code))),
                ("value", Node::text(Some(value))),
            ])
        });
        let photos = extended
            .photos
            .iter()
            .map(|url| Node::Record(vec![("media_url", Node::text(Some(url)))]));
        fields.push(("attributes", Node::List("attribute", attributes.collect())));
        fields.push((
            "extended_attributes",
            Node::Record(vec![
                ("channel", Node::text(Some(&extended.channel))),
                ("reporters", Node::Number(f64::from(extended.reporters))),
                ("photos", Node::List("photo", photos.collect())),
            ]),
        ));
    }
    Node::Record(fields)
}

/// An update of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Its id.
    pub id: String,
    /// The request it is of.
    pub request: String,
    /// mySociety's extended status.
    pub status: String,
    /// What is told.
    pub description: Option<String>,
    /// When.
    pub at: Timestamp,
    /// A picture.
    pub media_url: Option<String>,
}

/// `service_request_updates`.
#[must_use]
pub fn updates(updates: &[Update]) -> Document {
    let update = |update: &Update| {
        Node::Record(vec![
            ("update_id", Node::text(Some(&update.id))),
            ("service_request_id", Node::text(Some(&update.request))),
            ("status", Node::text(Some(&update.status))),
            ("updated_datetime", Node::Text(moment(update.at))),
            ("description", Node::text(update.description.as_deref())),
            ("media_url", Node::text(update.media_url.as_deref())),
        ])
    };
    Document {
        root: "service_requests_updates",
        node: Node::List("request_update", updates.iter().map(update).collect()),
    }
}

/// The answer to `POST servicerequestupdates`.
#[must_use]
pub fn update_made(id: &str) -> Document {
    Document {
        root: "service_request_updates",
        node: Node::List(
            "request_update",
            vec![Node::Record(vec![("update_id", Node::text(Some(id)))])],
        ),
    }
}

/// `errors`: each with a code and a sentence for people.
#[must_use]
pub fn errors(errors: &[(u16, String)]) -> Document {
    let error = |(code, description): &(u16, String)| {
        Node::Record(vec![
            ("code", Node::Number(f64::from(*code))),
            ("description", Node::text(Some(description))),
        ])
    };
    Document {
        root: "errors",
        node: Node::List("error", errors.iter().map(error).collect()),
    }
}
