//! SOAP 1.2 envelopes: written as text, read as trees. Pure.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use roxmltree::{Document, Node};

use super::OnvifError;
use super::digest::Token;
use crate::config::PtzPosition;

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask<'a> {
    /// What time the device has.
    Time,
    /// Where its services are.
    Services,
    /// Its media profiles.
    Profiles,
    /// The presets of a profile.
    Presets(&'a str),
    /// Where a profile's motors stand.
    Status(&'a str),
}

const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";
const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";
const PTZ: &str = "http://www.onvif.org/ver20/ptz/wsdl";
const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
const WSS: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";

impl Ask<'_> {
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Time => (DEVICE, "GetSystemDateAndTime"),
            Self::Services => (DEVICE, "GetCapabilities"),
            Self::Profiles => (MEDIA, "GetProfiles"),
            Self::Presets(_) => (PTZ, "GetPresets"),
            Self::Status(_) => (PTZ, "GetStatus"),
        }
    }

    /// The action that the content type names.
    pub(super) fn action(&self) -> String {
        let (namespace, name) = self.words();
        format!("{namespace}/{name}")
    }

    /// The whole envelope.
    pub(super) fn envelope(&self, login: Option<(&str, &Token)>) -> String {
        let (namespace, name) = self.words();
        let inner = match self {
            Self::Services => "<q:Category>All</q:Category>".to_owned(),
            Self::Presets(profile) | Self::Status(profile) => {
                format!("<q:ProfileToken>{}</q:ProfileToken>", escaped(profile))
            }
            Self::Time | Self::Profiles => String::new(),
        };
        let header = login.map_or_else(String::new, |(user, token)| security(user, token));
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{ENVELOPE}\"><s:Header>{header}\
             </s:Header><s:Body><q:{name} xmlns:q=\"{namespace}\">{inner}</q:{name}></s:Body></s:Envelope>"
        )
    }
}

fn security(user: &str, token: &Token) -> String {
    let Token {
        nonce,
        created,
        digest,
    } = token;
    let user = escaped(user);
    format!(
        "<w:Security s:mustUnderstand=\"1\" xmlns:w=\"{WSS}-wssecurity-secext-1.0.xsd\" \
         xmlns:u=\"{WSS}-wssecurity-utility-1.0.xsd\"><w:UsernameToken><w:Username>{user}</w:Username>\
         <w:Password Type=\"{WSS}-username-token-profile-1.0#PasswordDigest\">{digest}</w:Password>\
         <w:Nonce EncodingType=\"{WSS}-soap-message-security-1.0#Base64Binary\">{nonce}</w:Nonce>\
         <u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A media profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) token: String,
    pub(super) motors: Motors,
}

/// Whether a profile has motors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motors {
    Yes,
    No,
}

/// A preset of the camera's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preset {
    pub(super) token: String,
    pub(super) name: String,
    pub(super) position: Option<PtzPosition>,
}

/// Where the motors stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Status {
    pub(super) position: Option<PtzPosition>,
    pub(super) moving: Moving,
}

/// What the camera says of its motors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moving {
    Yes,
    No,
    /// It does not say.
    Unsaid,
}

/// An answer, as text that was found to be XML and no fault.
pub(super) struct Answer<'t>(Document<'t>);

impl<'t> Answer<'t> {
    /// Reads an answer.
    pub(super) fn read(text: &'t str) -> Result<Self, OnvifError> {
        let document = Document::parse(text).map_err(OnvifError::NoXml)?;
        let fault = find(document.root(), "Fault");
        if let Some(fault) = fault {
            let refused = fault.descendants().any(|node| {
                node.text().is_some_and(|text| {
                    text.contains("NotAuthorized") || text.contains("FailedAuthentication")
                })
            });
            if refused {
                return Err(OnvifError::Unauthorized);
            }
            let reason = find(fault, "Text").and_then(|node| node.text());
            let reason: String = reason.unwrap_or("no reason").chars().take(200).collect();
            return Err(OnvifError::Refused(reason));
        }
        Ok(Self(document))
    }

    /// The device's clock, where it says it.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let utc = find(self.0.root(), "UTCDateTime")?;
        let number = |of: &str, name: &str| find(find(utc, of)?, name)?.text()?.trim().parse().ok();
        let date = |name: &str| number("Date", name);
        let time = |name: &str| number("Time", name).and_then(|value| i8::try_from(value).ok());
        let civil = DateTime::new(
            date("Year")?,
            i8::try_from(date("Month")?).ok()?,
            i8::try_from(date("Day")?).ok()?,
            time("Hour")?,
            time("Minute")?,
            time("Second")?,
            0,
        );
        Some(civil.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    /// The path of a service, `Media` or `PTZ`.
    pub(super) fn service(&self, name: &'static str) -> Result<String, OnvifError> {
        let service = find(self.0.root(), name).and_then(|service| find(service, "XAddr"));
        let address = service
            .and_then(|node| node.text())
            .ok_or(OnvifError::Lacks(name))?;
        Ok(address.trim().to_owned())
    }

    pub(super) fn profiles(&self) -> Vec<Profile> {
        let found = children(&self.0, "Profiles").into_iter();
        let read = |node: Node<'_, '_>| {
            Some(Profile {
                token: node.attribute("token")?.to_owned(),
                motors: match find(node, "PTZConfiguration") {
                    Some(_) => Motors::Yes,
                    None => Motors::No,
                },
            })
        };
        found.filter_map(read).collect()
    }

    pub(super) fn presets(&self) -> Vec<Preset> {
        let found = children(&self.0, "Preset").into_iter();
        let read = |node: Node<'_, '_>| {
            let name = find(node, "Name").and_then(|name| name.text());
            Some(Preset {
                token: node.attribute("token")?.to_owned(),
                name: name.unwrap_or_default().to_owned(),
                position: find(node, "PTZPosition").and_then(position),
            })
        };
        found.filter_map(read).collect()
    }

    pub(super) fn status(&self) -> Result<Status, OnvifError> {
        let status = find(self.0.root(), "PTZStatus").ok_or(OnvifError::Lacks("PTZStatus"))?;
        let moves = find(status, "MoveStatus");
        let said = moves.into_iter().flat_map(|node| node.children());
        let words: Vec<&str> = said.filter_map(|axis| axis.text()).map(str::trim).collect();
        let says = |word: &str| words.iter().any(|said| said.eq_ignore_ascii_case(word));
        let moving = match (says("MOVING"), says("IDLE"), says("UNKNOWN")) {
            (true, _, _) => Moving::Yes,
            (false, true, false) => Moving::No,
            _ => Moving::Unsaid,
        };
        Ok(Status {
            position: find(status, "Position").and_then(position),
            moving,
        })
    }
}

fn position(node: Node<'_, '_>) -> Option<PtzPosition> {
    let number = |node: Node<'_, '_>, name: &str| {
        let number: f64 = node.attribute(name)?.trim().parse().ok()?;
        number.is_finite().then_some(number)
    };
    let turned = find(node, "PanTilt")?;
    Some(PtzPosition {
        pan: number(turned, "x")?,
        tilt: number(turned, "y")?,
        zoom: find(node, "Zoom").and_then(|zoom| number(zoom, "x")),
    })
}

/// The first element of that name, whatever its namespace: cameras differ in which version they name.
fn find<'a, 'i>(within: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    within
        .descendants()
        .find(|node| node.is_element() && node.tag_name().name() == name)
}

fn children<'a>(document: &'a Document<'_>, name: &str) -> Vec<Node<'a, 'a>> {
    document
        .descendants()
        .filter(|node| node.is_element() && node.tag_name().name() == name)
        .collect()
}

#[cfg(test)]
#[path = "soap_tests.rs"]
mod tests;
