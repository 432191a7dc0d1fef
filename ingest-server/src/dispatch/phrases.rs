//! What a message says to people, from the catalogue, in one language.

use casework::deadline::Stage;
use contract::v1::{Place, Severity};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use notice::cap::Words;
use notice::facts::{Besides, Course, Facts, Review};
use notice::{Cause, Word};

use crate::words::{Language, dispatch};

/// A stage's name for people.
pub(super) fn stage_word(language: Language, stage: Stage) -> String {
    dispatch(language, &format!("stage_{}", stage.as_str()), &[])
}

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
        let key = match (self.word, self.is_seen()) {
            (Word::Alert | Word::Update, true) => "headline",
            (Word::Alert | Word::Update, false) => "headline_told",
            (Word::Cancel, true) => "headline_cancel",
            (Word::Cancel, false) => "headline_cancel_told",
        };
        let values = [
            ("mark", self.say(mark, &[])),
            ("kind", self.kind()),
            ("camera", self.facts.camera.clone()),
            ("number", self.facts.number.to_string()),
        ];
        self.filled(key, &values)
    }

    /// Whether a camera saw it.
    const fn is_seen(&self) -> bool {
        self.facts.events > 0
    }

    /// Several lines: why, what, where.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![self.why(self.cause)];
        let besides = self.facts.besides.iter().filter_map(Besides::cause);
        lines.extend(besides.map(|cause| self.why(&cause)));
        if self.is_seen() {
            lines.push(self.seen());
        }
        if self.facts.reports > 0 {
            lines.push(self.told());
        }
        lines.push(self.place());
        lines.join("\n")
    }

    fn why(&self, cause: &Cause) -> String {
        let key = format!("cause_{}", cause.as_str());
        match cause {
            Cause::Raised if !self.is_seen() => self.say("cause_raised_told", &[]),
            Cause::DeadlineNear(end) | Cause::DeadlineMissed(end) => {
                let unit = self.facts.lead.as_ref().map(ToString::to_string);
                let nobody = || self.say("no_unit", &[]);
                let values = [
                    ("stage", stage_word(self.language, end.stage)),
                    ("time", self.time(end.due)),
                    ("unit", unit.unwrap_or_else(nobody)),
                ];
                self.filled(&key, &values)
            }
            Cause::CallDue(call) => self.say(&key, &[("contact", &call.contact)]),
            _ => {
                let about = cause.about().unwrap_or_default();
                self.say(&key, &[("about", &about)])
            }
        }
    }

    fn severity(&self) -> String {
        let severity = match self.facts.severity {
            Severity::Low => "severity_low",
            Severity::Medium => "severity_medium",
            Severity::High => "severity_high",
            Severity::Critical => "severity_critical",
        };
        self.say(severity, &[])
    }

    fn seen(&self) -> String {
        let values = [
            ("camera", self.facts.camera.clone()),
            ("time", self.time(self.facts.begun)),
            ("severity", self.severity()),
            (
                "confidence",
                format!("{:.0}", self.facts.confidence * 100.0),
            ),
        ];
        self.filled("seen", &values)
    }

    fn told(&self) -> String {
        let values = [
            ("count", self.facts.reports.to_string()),
            ("time", self.time(self.facts.begun)),
            ("severity", self.severity()),
        ];
        self.filled("told", &values)
    }

    /// The camera's name for people, or that there is none.
    pub(super) fn camera(&self) -> String {
        match self.is_seen() {
            true => self.facts.camera.clone(),
            false => self.say("no_camera", &[]),
        }
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
            _ if self.is_of_time() => "instruction_deadline",
            _ if self.facts.course == Course::Closed => "instruction_closed",
            (Word::Cancel, _) => "instruction_cancel",
            (_, Review::Confirmed) => "instruction_confirmed",
            (_, Review::Unconfirmed | Review::Rejected) => "instruction_unconfirmed",
        };
        self.say(key, &[])
    }

    /// Whether it was made because time demands something.
    const fn is_of_time(&self) -> bool {
        matches!(
            self.cause,
            Cause::DeadlineNear(_)
                | Cause::DeadlineMissed(_)
                | Cause::CallDue(_)
                | Cause::ReviewDue(_)
        )
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
            area: match self.is_seen() {
                true => self.say("area", &[("camera", &self.facts.camera)]),
                false => self.say("area_told", &[]),
            },
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

#[cfg(test)]
mod tests {
    use notice::Family;

    use super::*;

    #[test]
    fn every_family_stage_and_cause_has_its_words_in_both_languages() {
        let families = Family::ALL.map(Family::as_str);
        assert_eq!(families, citizens::service::FAMILIES);
        let causes = [
            "raised",
            "raised_told",
            "again",
            "grew",
            "confirmed",
            "rejected",
            "reopened",
            "closed",
            "merged_into",
            "routed",
            "released",
            "no_ack",
            "deadline_near",
            "deadline_missed",
            "call_due",
            "review_due",
        ];
        let keys = families
            .map(|family| format!("kind_{family}"))
            .into_iter()
            .chain(Stage::ALL.map(|stage| format!("stage_{}", stage.as_str())))
            .chain(causes.map(|cause| format!("cause_{cause}")));
        for key in keys {
            for language in [Language::Vietnamese, Language::English] {
                assert_ne!(dispatch(language, &key, &[]), key, "{language:?}");
            }
        }
    }
}
