//! What a message says to people, from the catalogue, in one language.

use contract::v1::{Place, Severity};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use notice::cap::Words;
use notice::facts::{Course, Facts, Review};
use notice::{Cause, Word};

use crate::words::{Language, dispatch};

/// What is told, and in which language.
pub(super) struct Phrases<'a> {
    pub(super) language: Language,
    pub(super) word: Word,
    pub(super) cause: &'a Cause,
    pub(super) facts: &'a Facts,
    /// Hours from UTC of the times that people read.
    pub(super) utc_offset_h: i8,
}

impl Phrases<'_> {
    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        dispatch(self.language, key, values)
    }

    fn kind(&self) -> String {
        self.say(&format!("kind_{}", self.facts.kind.as_str()), &[])
    }

    /// One line.
    pub(super) fn headline(&self) -> String {
        let mark = match self.facts.review {
            Review::Unconfirmed => "mark_unconfirmed",
            Review::Confirmed => "mark_confirmed",
            Review::Rejected => "mark_rejected",
        };
        let key = match self.word {
            Word::Alert | Word::Update => "headline",
            Word::Cancel => "headline_cancel",
        };
        let values = [
            ("mark", self.say(mark, &[])),
            ("kind", self.kind()),
            ("camera", self.facts.camera.clone()),
            ("number", self.facts.number.to_string()),
        ];
        self.filled(key, &values)
    }

    /// Several lines: why, what, where.
    pub(super) fn text(&self) -> String {
        [self.why(), self.seen(), self.place()].join("\n")
    }

    fn why(&self) -> String {
        let about = self.cause.about().unwrap_or_default();
        let key = format!("cause_{}", self.cause.as_str());
        self.say(&key, &[("about", &about)])
    }

    fn seen(&self) -> String {
        let severity = match self.facts.severity {
            Severity::Low => "severity_low",
            Severity::Medium => "severity_medium",
            Severity::High => "severity_high",
            Severity::Critical => "severity_critical",
        };
        let values = [
            ("camera", self.facts.camera.clone()),
            ("time", self.time(self.facts.begun)),
            ("severity", self.say(severity, &[])),
            (
                "confidence",
                format!("{:.0}", self.facts.confidence * 100.0),
            ),
        ];
        self.filled("seen", &values)
    }

    fn place(&self) -> String {
        match &self.facts.place {
            None => self.say("place_none", &[]),
            Some(Place::Point {
                position,
                uncertainty_m,
            }) => self.filled(
                "place_point",
                &[
                    ("lat", format!("{:.5}", position.lat)),
                    ("lon", format!("{:.5}", position.lon)),
                    ("metres", format!("{uncertainty_m:.0}")),
                ],
            ),
            Some(Place::Bearing(bearing)) => self.filled(
                "place_bearing",
                &[
                    ("degrees", format!("{:.0}", bearing.degrees)),
                    ("uncertainty", format!("{:.1}", bearing.uncertainty_deg)),
                    ("lat", format!("{:.5}", bearing.from.lat)),
                    ("lon", format!("{:.5}", bearing.from.lon)),
                ],
            ),
        }
    }

    fn instruction(&self) -> String {
        let key = match (self.word, self.facts.review) {
            _ if self.facts.course == Course::Closed => "instruction_closed",
            (Word::Cancel, _) => "instruction_cancel",
            (_, Review::Confirmed) => "instruction_confirmed",
            (_, Review::Unconfirmed | Review::Rejected) => "instruction_unconfirmed",
        };
        self.say(key, &[])
    }

    /// How to acknowledge, where.
    pub(super) fn ask(&self, until: Option<Timestamp>, url: &str) -> String {
        match until {
            Some(until) => {
                let time = self.time(until);
                self.say("ack_ask", &[("time", &time), ("url", url)])
            }
            None => self.say("ack_ask_any", &[("url", url)]),
        }
    }

    /// One sentence of the bundle.
    pub(super) fn of_bundle(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.say(key, values)
    }

    /// What to do, at the end of an e-mail.
    pub(super) fn to_do(&self) -> String {
        self.instruction()
    }

    /// As a Common Alerting Protocol message has it.
    pub(super) fn cap(&self) -> Words {
        Words {
            language: match self.language {
                Language::Vietnamese => "vi-VN",
                Language::English => "en",
            },
            event: self.kind(),
            headline: self.headline(),
            description: self.text(),
            instruction: self.instruction(),
            area: self.say("area", &[("camera", &self.facts.camera)]),
        }
    }

    fn filled(&self, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.say(key, &values)
    }

    /// Local time, with its distance from UTC: who reads it elsewhere is not misled.
    fn time(&self, at: Timestamp) -> String {
        let offset = Offset::from_hours(self.utc_offset_h).unwrap_or(Offset::UTC);
        let local = at.to_zoned(TimeZone::fixed(offset));
        format!(
            "{} (UTC{:+})",
            local.strftime("%H:%M:%S %d/%m/%Y"),
            self.utc_offset_h
        )
    }
}
