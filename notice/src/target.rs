//! Who wants to know what, and how each is reached: the file of targets, every fault of it listed.
//!
//! What does not belong here: opening the files it names, reaching anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use contract::v1::{Severity, UnitId};
use serde::Deserialize;
use url::Url;

use crate::facts::Cause;
use crate::family::Family;

/// Longest that a message is tried, in hours.
const GIVE_UP_HOURS: std::ops::RangeInclusive<u32> = 1..=720;
/// Within how many seconds an acknowledgement may be wanted.
const ACK_SECONDS: std::ops::RangeInclusive<u32> = 10..=604_800;

/// The file of targets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// How fire reads as a Common Alerting Protocol message; needed where a target takes one.
    #[serde(default)]
    pub cap: Option<Cap>,
    /// The mail server; needed where a target is reached by e-mail.
    #[serde(default)]
    pub smtp: Option<Smtp>,
    /// What the law says of an offence that a rule proposes, by the offence's word: data, for whoever
    /// decides.
    #[serde(default)]
    pub legal_basis: BTreeMap<String, String>,
    /// Who is told.
    #[serde(default, rename = "target")]
    pub targets: Vec<Target>,
}

/// How fire reads as a Common Alerting Protocol message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Who speaks: a name that is unique in the world, such as an e-mail address of the centre; without
    /// spaces, commas, `<` and `&`. Never changed later: messages name each other by it.
    pub sender: String,
    /// Who speaks, for people.
    pub sender_name: String,
    /// How to reach whoever speaks.
    #[serde(default)]
    pub contact: Option<String>,
    /// Whether this is in earnest.
    #[serde(default)]
    pub status: CapStatus,
    /// Hours from the local time's UTC, −12 to 14; 7 in Vietnam.
    #[serde(default = "seven")]
    pub utc_offset_h: i8,
    /// After how many hours an alert is no longer news, 1 to 168.
    #[serde(default = "one_day")]
    pub expires_h: u32,
    /// How far a camera on a tower sees a fire, in kilometres: the length of a bearing's wedge.
    #[serde(default = "fifteen")]
    pub bearing_range_km: f64,
}

/// Whether alerts are in earnest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapStatus {
    /// They are.
    #[default]
    Actual,
    /// A drill.
    Exercise,
    /// The system is being tried out.
    Test,
}

const fn seven() -> i8 {
    7
}

const fn one_day() -> u32 {
    24
}

const fn fifteen() -> f64 {
    15.0
}

/// The mail server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port; by default 465 with `tls`, 587 with `starttls`, 25 without either.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the talk is kept secret.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// An authority (PEM) to trust beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The user, where it wants one.
    #[serde(default)]
    pub username: Option<String>,
    /// A file whose first line is the user's password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The sender's address.
    pub from: String,
}

impl Smtp {
    /// The port that is meant.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        })
    }
}

/// How the talk with a mail server is kept secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS before anything is said; without it nothing is sent.
    Starttls,
    /// Not at all: for a mail server on this very machine.
    None,
}

/// One who is told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name: 1 to 64 characters of `a-z`, `0-9`, `-`, `_`. Kept: deliveries name it.
    pub name: UnitId,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// Kinds it is told of.
    pub kinds: BTreeSet<Family>,
    /// It is told of nothing below this.
    #[serde(default = "lowest")]
    pub min_severity: Severity,
    /// What makes it be told.
    #[serde(default = "on_confirmed")]
    pub send_on: BTreeSet<Occasion>,
    /// Whether a fire goes out before a person has looked.
    #[serde(default)]
    pub unreviewed_fire: UnreviewedFire,
    /// The language of what it reads.
    #[serde(default)]
    pub language: Language,
    /// Within how many seconds it must acknowledge; without it nobody waits for that.
    #[serde(default)]
    pub ack_within_s: Option<u32>,
    /// Who is told where it does not.
    #[serde(default)]
    pub escalate_to: Vec<UnitId>,
    /// After how many hours a message that does not get through is a dead letter.
    #[serde(default = "one_day")]
    pub give_up_after_h: u32,
    /// How it is reached.
    pub channel: Channel,
}

impl Target {
    /// Whether this makes it be told.
    #[must_use]
    pub fn sends_on(&self, occasion: Occasion) -> bool {
        self.send_on.contains(&occasion)
    }

    /// After how long a message is a dead letter.
    #[must_use]
    pub fn give_up_after(&self) -> Duration {
        Duration::from_secs(u64::from(self.give_up_after_h) * 3_600)
    }

    /// Within what time it must acknowledge.
    #[must_use]
    pub fn ack_within(&self) -> Option<Duration> {
        self.ack_within_s
            .map(|seconds| Duration::from_secs(u64::from(seconds)))
    }
}

const fn lowest() -> Severity {
    Severity::Low
}

fn on_confirmed() -> BTreeSet<Occasion> {
    BTreeSet::from([Occasion::Confirmed])
}

/// What makes a target be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A person confirmed an incident of its kinds.
    Confirmed,
    /// An incident was given to its unit.
    Routed,
    /// The bundle of an event of its kinds was released.
    Released,
    /// A deadline of what its unit has is near or missed, or somebody is to be telephoned about it.
    Deadlines,
    /// The same of every incident of its kinds, whichever unit has it: for who watches over all of them.
    AllDeadlines,
    /// Once a month: what its unit, and those below it, let become overdue.
    OverdueList,
}

impl Occasion {
    /// Those that no alert of danger is made of.
    const OF_WORK: [Self; 3] = [Self::Deadlines, Self::AllDeadlines, Self::OverdueList];
}

/// Whether a fire goes out before a person has looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreviewedFire {
    /// It waits for a person.
    #[default]
    Wait,
    /// It goes out, marked unconfirmed, whoever tells of it.
    Send,
    /// What a camera sees goes out, marked unconfirmed; what only citizens tell of waits.
    SendSeen,
}

/// The language of what a target reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// How a target is reached.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Channel {
    /// On its unit's MQTT topic.
    Mqtt(Mqtt),
    /// By an HTTP request to it.
    Webhook(Webhook),
    /// By e-mail.
    Email(Email),
    /// In a feed of Common Alerting Protocol messages that it reads.
    CapFeed(CapFeed),
}

impl Channel {
    /// The word on metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Mqtt(_) => "mqtt",
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
            Self::CapFeed(_) => "cap_feed",
        }
    }

    /// Whether it carries Common Alerting Protocol messages.
    #[must_use]
    pub const fn speaks_cap(&self) -> bool {
        match self {
            Self::Webhook(webhook) => matches!(webhook.body, Body::Cap),
            Self::CapFeed(_) => true,
            Self::Mqtt(_) | Self::Email(_) => false,
        }
    }
}

/// The unit's MQTT topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mqtt {}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to: `https`, or `http` where `private_network` allows it.
    pub url: Url,
    /// A file whose first line is the secret that requests are signed with.
    pub secret_file: PathBuf,
    /// What is sent.
    #[serde(default)]
    pub body: Body,
    /// Whether the address may be one of a private network.
    #[serde(default)]
    pub private_network: PrivateNetwork,
}

/// What a webhook sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The contract's message of an incident, JSON.
    #[default]
    Json,
    /// A Common Alerting Protocol message, XML.
    Cap,
}

/// Whether an address may be one of a private network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateNetwork {
    /// It may not: a name that points into the house is refused.
    #[default]
    Refuse,
    /// It may.
    Allow,
}

/// E-mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// To whom.
    pub to: Vec<String>,
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapFeed {
    /// A file whose first line is the bearer token that its reader shows.
    pub token_file: PathBuf,
}

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key, e.g. `target.kiem-lam.channel.url`.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetsError {
    /// Not TOML, or not of this shape; the message names line and key.
    #[error("is not a file of targets")]
    Shape(#[from] toml::de::Error),
    /// It reads, and does not fit together; every fault.
    #[error("does not fit together")]
    Faults(Vec<Fault>),
}

impl Targets {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`TargetsError`], with every fault where the shape is right.
    pub fn parse(text: &str) -> Result<Self, TargetsError> {
        let targets: Self = toml::from_str(text)?;
        let faults = targets.faults();
        if faults.is_empty() {
            Ok(targets)
        } else {
            Err(TargetsError::Faults(faults))
        }
    }

    /// A target by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Target> {
        self.targets
            .iter()
            .find(|target| target.name.as_str() == name)
    }

    /// Whom a cause concerns: where one did not acknowledge, those whom it names; else everybody, and
    /// [`crate::plan()`] decides.
    pub fn audience<'a>(&'a self, cause: &'a Cause) -> impl Iterator<Item = &'a Target> {
        let named = match cause {
            Cause::NoAck(of) => Some(self.get(of).map_or(&[][..], |target| &target.escalate_to)),
            _ => None,
        };
        self.targets
            .iter()
            .filter(move |target| named.is_none_or(|named| named.contains(&target.name)))
    }

    fn faults(&self) -> Vec<Fault> {
        let mut found = Vec::new();
        let mut fault = |key: String, problem: &str, remedy: &str| {
            found.push(Fault {
                key,
                problem: problem.to_owned(),
                remedy: remedy.to_owned(),
            });
        };
        if let Some(cap) = &self.cap {
            cap.check(&mut fault);
        }
        if let Some(smtp) = &self.smtp
            && smtp.username.is_some() != smtp.password_file.is_some()
        {
            fault(
                "smtp.username".to_owned(),
                "needs smtp.password_file, and the other way round",
                "give both, or neither",
            );
        }
        let mut names = BTreeSet::new();
        for target in &self.targets {
            if !names.insert(&target.name) {
                fault(
                    format!("target.{}", target.name),
                    "is there twice",
                    "give each target a name of its own",
                );
            }
            self.check(target, &mut fault);
        }
        found
    }

    fn check(&self, target: &Target, fault: &mut impl FnMut(String, &str, &str)) {
        let key = |leaf: &str| format!("target.{}.{leaf}", target.name);
        if target.kinds.is_empty() {
            fault(key("kinds"), "is empty", "name at least one kind");
        }
        if !GIVE_UP_HOURS.contains(&target.give_up_after_h) {
            fault(
                key("give_up_after_h"),
                "is out of range",
                "write a whole number from 1 to 720",
            );
        }
        if target
            .ack_within_s
            .is_some_and(|seconds| !ACK_SECONDS.contains(&seconds))
        {
            fault(
                key("ack_within_s"),
                "is out of range",
                "write a whole number from 10 to 604800",
            );
        }
        if !target.escalate_to.is_empty() && target.ack_within_s.is_none() {
            fault(
                key("escalate_to"),
                "has no effect without ack_within_s",
                "say within how many seconds the target must acknowledge",
            );
        }
        for other in &target.escalate_to {
            if *other == target.name || self.get(other.as_str()).is_none() {
                fault(
                    key("escalate_to"),
                    &format!("names {other}, which is no other target"),
                    "name targets of this file",
                );
            }
        }
        if target.unreviewed_fire != UnreviewedFire::Wait
            && !target.kinds.contains(&Family::FireSmoke)
        {
            fault(
                key("unreviewed_fire"),
                "has no effect without fire_smoke in kinds",
                "add it, or leave the key out",
            );
        }
        if target.channel.speaks_cap() {
            if target
                .send_on
                .iter()
                .any(|on| Occasion::OF_WORK.contains(on))
            {
                fault(
                    key("send_on"),
                    "names deadlines, and only danger is told by CAP",
                    "make a second target for the rest",
                );
            }
            if target.kinds.iter().any(|kind| *kind != Family::FireSmoke) {
                fault(
                    key("kinds"),
                    "names more than fire_smoke, and only fire is told by CAP",
                    "make a second target for the rest",
                );
            }
            if self.cap.is_none() {
                fault(
                    "cap".to_owned(),
                    "is missing",
                    "add [cap] with sender and sender_name",
                );
            }
        }
        match &target.channel {
            Channel::Webhook(webhook) => webhook.check(&key("channel.url"), fault),
            Channel::Email(email) => {
                if email.to.is_empty() {
                    fault(key("channel.to"), "is empty", "name at least one address");
                }
                if self.smtp.is_none() {
                    fault(
                        "smtp".to_owned(),
                        "is missing",
                        "add [smtp] with host and from",
                    );
                }
            }
            Channel::Mqtt(_) | Channel::CapFeed(_) => {}
        }
    }
}

impl Cap {
    fn check(&self, fault: &mut impl FnMut(String, &str, &str)) {
        let is_name = |c: char| !c.is_whitespace() && !matches!(c, ',' | '<' | '&');
        if self.sender.is_empty() || !self.sender.chars().all(is_name) {
            fault(
                "cap.sender".to_owned(),
                "is empty or holds a space, a comma, < or &",
                "write a name such as an e-mail address of the centre",
            );
        }
        if !(-12..=14).contains(&self.utc_offset_h) {
            fault(
                "cap.utc_offset_h".to_owned(),
                "is out of range",
                "write a whole number from -12 to 14",
            );
        }
        if !(1..=168).contains(&self.expires_h) {
            fault(
                "cap.expires_h".to_owned(),
                "is out of range",
                "write a whole number from 1 to 168",
            );
        }
        if !(0.1..=100.0).contains(&self.bearing_range_km) {
            fault(
                "cap.bearing_range_km".to_owned(),
                "is out of range",
                "write a number from 0.1 to 100",
            );
        }
    }
}

impl Webhook {
    fn check(&self, key: &str, fault: &mut impl FnMut(String, &str, &str)) {
        if !self.url.username().is_empty() || self.url.password().is_some() {
            fault(
                key.to_owned(),
                "holds a user or password",
                "leave them out: requests are signed",
            );
        }
        let is_safe = match self.url.scheme() {
            "https" => true,
            "http" => self.private_network == PrivateNetwork::Allow,
            _ => false,
        };
        if !is_safe {
            fault(
                key.to_owned(),
                "is no https URL",
                "write https://…, or set private_network = \"allow\" for http within the house",
            );
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A target and facts for the tests of this crate.

    use contract::v1::{Place, Position, Severity};
    use jiff::Timestamp;

    use super::{Target, Targets};
    use crate::facts::{Course, Facts, Review};
    use crate::family::Family;

    /// A target that is told of confirmed fire over MQTT, with these keys on top.
    pub(crate) fn target(keys: &str) -> Target {
        let kinds = if keys.contains("kinds") {
            ""
        } else {
            "kinds = [\"fire_smoke\"]\n"
        };
        let text = format!(
            "[[target]]\nname = \"a\"\nunit = \"kiem-lam\"\n{kinds}{keys}\n\
             [target.channel]\ntype = \"mqtt\"\n"
        );
        let targets: Targets = toml::from_str(&text).unwrap();
        targets.targets.into_iter().next().unwrap()
    }

    /// An incident.
    pub(crate) fn facts(kind: impl Into<Family>, review: Review) -> Facts {
        Facts {
            incident: "0196f1a0-0000-7000-8000-000000000001".to_owned(),
            number: 12,
            kind: kind.into(),
            detail: "smoke".to_owned(),
            severity: Severity::High,
            confidence: 0.8,
            review,
            rejected_reason: None,
            course: Course::Open,
            place: Some(Place::Point {
                position: Position {
                    lat: 12.0,
                    lon: 108.5,
                },
                uncertainty_m: 200.0,
            }),
            camera: "Tháp <1> & 2".to_owned(),
            begun: "2026-03-01T06:47:00Z".parse::<Timestamp>().unwrap(),
            ended: None,
            events: 1,
            reports: 0,
            lead: None,
            bundle: None,
            besides: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        match Targets::parse(text) {
            Err(TargetsError::Faults(faults)) => {
                faults.into_iter().map(|fault| fault.key).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fault_is_listed() {
        let text = r#"
            [cap]
            sender = "có dấu cách"
            sender_name = "x"
            expires_h = 0
            [[target]]
            name = "a"
            unit = "u"
            kinds = ["fire_smoke", "stray_cattle"]
            send_on = ["confirmed", "overdue_list"]
            escalate_to = ["a", "nobody"]
            channel = { type = "webhook", url = "http://u:p@x/", secret_file = "s", body = "cap" }
            [[target]]
            name = "a"
            unit = "u"
            kinds = ["stray_cattle"]
            unreviewed_fire = "send"
            channel = { type = "email", to = [] }
        "#;
        assert_eq!(
            keys(text),
            [
                "cap.sender",
                "cap.expires_h",
                "target.a.escalate_to",
                "target.a.escalate_to",
                "target.a.escalate_to",
                "target.a.send_on",
                "target.a.kinds",
                "target.a.channel.url",
                "target.a.channel.url",
                "target.a",
                "target.a.unreviewed_fire",
                "target.a.channel.to",
                "smtp",
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        for text in [
            "sptm = 1",
            "[[target]]\nname = \"a\"\nunit = \"u\"\nkinds = [\"fire_smoke\"]\nchannel = { type = \"mqtt\", topic = \"x\" }",
            "[[target]]\nname = \"a\"\nunit = \"u\"\nkinds = [\"fire\"]\nchannel = { type = \"mqtt\" }",
        ] {
            assert!(
                matches!(Targets::parse(text), Err(TargetsError::Shape(_))),
                "{text}"
            );
        }
        assert!(Targets::parse("").unwrap().targets.is_empty());
    }
}
