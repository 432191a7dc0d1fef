//! Common Alerting Protocol 1.2 (OASIS, ITU-T X.1303bis): what a fire reads as, and its XML.
//!
//! A message's identifier, sender and time are functions of the delivery it belongs to, so that it is
//! the same whenever it is written, and others can refer to it. The order of elements is the schema's.
//!
//! What does not belong here: words for people, which the caller brings; how a message travels.

mod ack;
mod shape;

pub use ack::{AckFault, MAX_ACK_BYTES, ReadAck, read_ack};
pub use shape::Shape;

use contract::v1::Severity;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::facts::{Course, Facts, Review};
use crate::plan::Word;
use crate::target::{Cap, CapStatus};
use crate::xml::Document;

/// The namespace of version 1.2.
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
/// The media type.
pub const MEDIA_TYPE: &str = "application/cap+xml";

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// Tells something.
    Told(Word),
    /// The unit has the message that it refers to.
    Ack,
}

impl MessageType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Told(Word::Alert) => "Alert",
            Self::Told(Word::Update) => "Update",
            Self::Told(Word::Cancel) => "Cancel",
            Self::Ack => "Ack",
        }
    }
}

/// Another message, as `references` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its identifier.
    pub identifier: String,
    /// When it was made.
    pub sent: Timestamp,
}

/// What a message says to people, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The language's tag, e.g. `vi-VN`.
    pub language: &'static str,
    /// What it is, e.g. "Cháy rừng".
    pub event: String,
    /// One line.
    pub headline: String,
    /// Several lines.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// Where, in words.
    pub area: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// Unique for the sender: the delivery's id.
    pub identifier: String,
    /// When it was made.
    pub sent: Timestamp,
    /// What it is.
    pub message_type: MessageType,
    /// To whom it is addressed.
    pub addressee: &'a str,
    /// Who acknowledges; the sender of an Ack.
    pub acknowledged_by: Option<&'a str>,
    /// The messages before it in its thread.
    pub references: Vec<Reference>,
    /// The incident.
    pub facts: &'a Facts,
    /// Vietnamese first.
    pub words: Vec<Words>,
    /// Where people read more.
    pub web: Option<String>,
}

/// Writes a message.
#[must_use]
pub fn write(message: &Message<'_>, cap: &Cap) -> String {
    let local = LocalTime::of(cap);
    let facts = message.facts;
    let mut document = Document::new();
    document.element("alert", &[("xmlns", NAMESPACE)], |alert| {
        alert.text("identifier", &message.identifier);
        alert.text("sender", &sender(message, cap));
        alert.text("sent", &local.write(message.sent));
        alert.text("status", status(cap.status));
        alert.text("msgType", message.message_type.as_str());
        alert.text("scope", "Private");
        alert.text("addresses", &format!("\"{}\"", message.addressee));
        if facts.review == Review::Unconfirmed && message.message_type != MessageType::Ack {
            alert.text("code", "unconfirmed");
        }
        if !message.references.is_empty() {
            alert.text("references", &references(message, cap, local));
        }
        alert.text("incidents", &format!("vong-{}", facts.number));
        if message.message_type != MessageType::Ack {
            for words in &message.words {
                alert.element("info", &[], |info| {
                    write_info(info, message, words, cap, local);
                });
            }
        }
    });
    document.finish()
}

fn write_info(
    info: &mut Document,
    message: &Message<'_>,
    words: &Words,
    cap: &Cap,
    local: LocalTime,
) {
    let facts = message.facts;
    let hours = SignedDuration::from_hours(i64::from(cap.expires_h));
    let expires = message.sent.saturating_add(hours).unwrap_or(message.sent);
    info.text("language", words.language);
    info.text("category", "Fire");
    info.text("event", &words.event);
    info.text("responseType", response(message));
    info.text("urgency", urgency(message));
    info.text("severity", severity(facts.severity));
    info.text("certainty", certainty(facts));
    info.text("effective", &local.write(message.sent));
    info.text("onset", &local.write(facts.begun));
    info.text("expires", &local.write(expires));
    info.text("senderName", &cap.sender_name);
    info.text("headline", &words.headline);
    info.text("description", &words.description);
    info.text("instruction", &words.instruction);
    info.optional("web", message.web.as_deref());
    info.optional("contact", cap.contact.as_deref());
    for (name, value) in parameters(facts) {
        info.element("parameter", &[], |parameter| {
            parameter.text("valueName", name);
            parameter.text("value", &value);
        });
    }
    if let Some(place) = &facts.place {
        info.element("area", &[], |area| {
            area.text("areaDesc", &words.area);
            match Shape::of(place, cap.bearing_range_km) {
                Shape::Polygon(points) => area.text("polygon", &shape::polygon(&points)),
                Shape::Circle { centre, radius_km } => {
                    area.text("circle", &shape::circle(centre, radius_km));
                }
            }
        });
    }
}

/// The flame itself and how sure the camera was; the area is where people are to be told.
fn parameters(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("vong:incident", facts.number.to_string())];
    if facts.events > 0 {
        parameters.push(("vong:confidence", format!("{:.2}", facts.confidence)));
        parameters.push(("vong:camera", facts.camera.clone()));
    }
    if facts.reports > 0 {
        parameters.push(("vong:reports", facts.reports.to_string()));
    }
    match &facts.place {
        Some(contract::v1::Place::Point {
            position,
            uncertainty_m,
        }) => {
            parameters.push((
                "vong:point",
                format!("{:.6},{:.6}", position.lat, position.lon),
            ));
            parameters.push(("vong:uncertainty_m", format!("{uncertainty_m:.0}")));
        }
        Some(contract::v1::Place::Bearing(bearing)) => {
            parameters.push((
                "vong:camera_point",
                format!("{:.6},{:.6}", bearing.from.lat, bearing.from.lon),
            ));
            parameters.push(("vong:bearing_deg", format!("{:.1}", bearing.degrees)));
            parameters.push((
                "vong:bearing_uncertainty_deg",
                format!("{:.1}", bearing.uncertainty_deg),
            ));
        }
        None => {}
    }
    parameters
}

fn sender(message: &Message<'_>, cap: &Cap) -> String {
    match (message.message_type, message.acknowledged_by) {
        // A unit speaks below the name of the centre, which alone is unique in the world.
        (MessageType::Ack, Some(unit)) => format!("{unit}.{}", cap.sender),
        _ => cap.sender.clone(),
    }
}

fn references(message: &Message<'_>, cap: &Cap, local: LocalTime) -> String {
    let named: Vec<String> = message
        .references
        .iter()
        .map(|reference| {
            format!(
                "{},{},{}",
                cap.sender,
                reference.identifier,
                local.write(reference.sent)
            )
        })
        .collect();
    named.join(" ")
}

const fn status(status: CapStatus) -> &'static str {
    match status {
        CapStatus::Actual => "Actual",
        CapStatus::Exercise => "Exercise",
        CapStatus::Test => "Test",
    }
}

const fn is_cancel(message: &Message<'_>) -> bool {
    matches!(message.message_type, MessageType::Told(Word::Cancel))
}

fn response(message: &Message<'_>) -> &'static str {
    match message.facts.review {
        _ if is_cancel(message) || message.facts.course == Course::Closed => "AllClear",
        Review::Confirmed => "Execute",
        Review::Unconfirmed | Review::Rejected => "Assess",
    }
}

fn urgency(message: &Message<'_>) -> &'static str {
    match message.facts.course {
        Course::Open if !is_cancel(message) => "Immediate",
        Course::Open | Course::Over | Course::Closed => "Past",
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Minor",
        Severity::Medium => "Moderate",
        Severity::High => "Severe",
        Severity::Critical => "Extreme",
    }
}

fn certainty(facts: &Facts) -> &'static str {
    match facts.review {
        Review::Confirmed => "Observed",
        Review::Rejected => "Unlikely",
        Review::Unconfirmed if facts.confidence >= 0.5 => "Likely",
        Review::Unconfirmed => "Possible",
    }
}

/// Times of the schema: local with an offset, and `-00:00` where a clock of the world says `Z`.
#[derive(Clone, Copy)]
struct LocalTime(Offset);

impl LocalTime {
    fn of(cap: &Cap) -> Self {
        Self(Offset::from_hours(cap.utc_offset_h).unwrap_or(Offset::UTC))
    }

    fn write(self, time: Timestamp) -> String {
        let seconds = self.0.seconds();
        let sign = if seconds > 0 { '+' } else { '-' };
        let local = time.to_zoned(TimeZone::fixed(self.0));
        format!(
            "{}{sign}{:02}:{:02}",
            local.strftime("%Y-%m-%dT%H:%M:%S"),
            seconds.abs() / 3_600,
            seconds.abs() / 60 % 60
        )
    }
}

#[cfg(test)]
mod tests;
