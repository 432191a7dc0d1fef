//! A Common Alerting Protocol message of type Ack, as a unit's system sends it back: read, and held to
//! the standard as far as an acknowledgement goes.
//!
//! What does not belong here: which message it acknowledges (rows are the server's).

use jiff::Timestamp;

use super::{NAMESPACE, Reference, status};
use crate::target::Cap;
use crate::xml::{Element, XmlFault, read};

/// Most bytes of an acknowledgement.
pub const MAX_ACK_BYTES: usize = 64 * 1024;
/// Most messages that one acknowledges.
const MOST_REFERENCES: usize = 64;
/// Most characters of a name.
const MOST_NAME_CHARS: usize = 256;
/// Most characters of what else is said.
const MOST_NOTE_CHARS: usize = 500;
/// The elements below the root, in the schema's order; only `code` and `info` may be there several times.
const ORDER: [&str; 14] = [
    "identifier",
    "sender",
    "sent",
    "status",
    "msgType",
    "source",
    "scope",
    "restriction",
    "addresses",
    "code",
    "note",
    "references",
    "incidents",
    "info",
];

/// An acknowledgement that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAck {
    /// Its own name.
    pub identifier: String,
    /// Who says so.
    pub sender: String,
    /// When they did.
    pub sent: Timestamp,
    /// Which messages of ours it acknowledges; at least one.
    pub references: Vec<Reference>,
    /// What else is said.
    pub note: Option<String>,
}

/// Why a text is no acknowledgement. Nothing of it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AckFault {
    /// It is too long, or no text.
    #[error("it is longer than {MAX_ACK_BYTES} bytes, or not UTF-8")]
    NoText,
    /// It is no XML, or has too many parts.
    #[error("it is no XML that is taken")]
    Malformed,
    /// It declares a document type.
    #[error("it declares a document type")]
    DocumentType,
    /// It is no CAP 1.2 message, or its elements are not the schema's in the schema's order.
    #[error("it is no CAP 1.2 message")]
    NotCap,
    /// This element is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// This element says what it cannot: another type than `Ack`, a time without an offset, messages that are not
    /// ours, a drill where alerts are in earnest.
    #[error("{0} will not do")]
    Bad(&'static str),
}

/// Reads an acknowledgement of messages that `cap` speaks.
///
/// # Errors
/// [`AckFault`]; never panics on foreign bytes.
pub fn read_ack(bytes: &[u8], cap: &Cap) -> Result<ReadAck, AckFault> {
    if bytes.len() > MAX_ACK_BYTES {
        return Err(AckFault::NoText);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| AckFault::NoText)?;
    let elements = read(text, "alert", NAMESPACE).map_err(|fault| match fault {
        XmlFault::Malformed => AckFault::Malformed,
        XmlFault::DocumentType => AckFault::DocumentType,
        XmlFault::OtherRoot => AckFault::NotCap,
    })?;
    check_order(&elements)?;
    let all = Elements(&elements);
    all.must("msgType", |text| text == "Ack")?;
    all.must("status", |text| text == status(cap.status))?;
    all.must("scope", |text| {
        ["Public", "Restricted", "Private"].contains(&text)
    })?;
    Ok(ReadAck {
        identifier: all.must("identifier", is_name)?.to_owned(),
        sender: all.must("sender", is_name)?.to_owned(),
        sent: time(all.some("sent")?).ok_or(AckFault::Bad("sent"))?,
        references: references(all.some("references")?, cap)?,
        note: match all.get("note") {
            Some(note) if note.chars().count() > MOST_NOTE_CHARS => {
                return Err(AckFault::Bad("note"));
            }
            note => note.filter(|note| !note.is_empty()).map(str::to_owned),
        },
    })
}

struct Elements<'a>(&'a [Element]);

impl<'a> Elements<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|element| element.name == name);
        found.map(|element| element.text.as_str())
    }

    fn some(&self, name: &'static str) -> Result<&'a str, AckFault> {
        self.get(name).ok_or(AckFault::Missing(name))
    }

    fn must(&self, name: &'static str, fits: impl Fn(&str) -> bool) -> Result<&'a str, AckFault> {
        let text = self.some(name)?;
        fits(text).then_some(text).ok_or(AckFault::Bad(name))
    }
}

fn check_order(elements: &[Element]) -> Result<(), AckFault> {
    let mut last = None;
    for element in elements {
        let at = ORDER.iter().position(|name| *name == element.name);
        let repeated = at == last && !["code", "info"].contains(&element.name.as_str());
        if at.is_none() || at < last || repeated {
            return Err(AckFault::NotCap);
        }
        last = at;
    }
    Ok(())
}

/// No spaces, commas, `<` and `&`, as the standard has it.
fn is_name(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | '<' | '&');
    !text.is_empty() && text.chars().count() <= MOST_NAME_CHARS && text.chars().all(plain)
}

/// A time with an offset in digits: `Z` is none of the schema's.
fn time(text: &str) -> Option<Timestamp> {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == ':');
    let (_, offset) = text.get(19..).and_then(|rest| rest.split_at_checked(1))?;
    (offset.len() == 5 && digits(offset))
        .then(|| text.parse().ok())
        .flatten()
}

fn references(text: &str, cap: &Cap) -> Result<Vec<Reference>, AckFault> {
    const BAD: AckFault = AckFault::Bad("references");
    let mut found = Vec::new();
    for one in text.split_whitespace() {
        let mut parts = one.splitn(3, ',');
        let (Some(sender), Some(identifier), Some(sent)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(BAD);
        };
        let sent = time(sent).ok_or(BAD)?;
        // What others said is none of ours to write down.
        if sender == cap.sender {
            let identifier = identifier.to_owned();
            found.push(Reference { identifier, sent });
        }
    }
    match found.len() {
        1..=MOST_REFERENCES => Ok(found),
        _ => Err(BAD),
    }
}
