//! The page for people: every fact and picture of the bundle, Vietnamese first, then English.
//!
//! One HTML file without a script; it names nothing outside the bundle. Whoever trusts it must
//! verify the bundle first, and the page says so.

use std::fmt::{self, Write as _};

use contract::v1::{ClockReference, ClockSource, EvidenceKind, Moment, Place, key_id};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::known::Known;
use crate::layout::evidence_name;
use crate::manifest::{Manifest, Part, PartState};
use crate::record::{EnrolmentRecord, ReviewRecord, Vehicle};
use crate::texts::{Language, Texts, texts, word};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;\
padding:0 1rem;color:#1a1a1a}h1{font-size:1.6rem}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;\
padding:.25rem .6rem .25rem 0;border-bottom:1px solid #ddd}th{width:16rem;font-weight:600}\
code{font-size:.85em;overflow-wrap:anywhere}img,video{max-width:100%;display:block}\
figure{margin:0 0 1rem}.note{border-left:4px solid #b45309;padding:.4rem .8rem;background:#fef3c7}\
.plate{font-size:1.6rem;font-weight:700}section+section{margin-top:3rem;border-top:3px solid #1a1a1a}";

/// The page of one bundle.
pub(crate) fn render(
    manifest: &Manifest,
    enrolment: &EnrolmentRecord,
    review: &ReviewRecord,
) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = document(&mut out, manifest, enrolment, review);
    out
}

fn document(
    out: &mut String,
    manifest: &Manifest,
    enrolment: &EnrolmentRecord,
    review: &ReviewRecord,
) -> fmt::Result {
    let title = escape(&texts(Language::Vietnamese).title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src 'self' file:; media-src 'self' file:; \
         style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )?;
    for language in Language::ALL {
        let page = Page {
            texts: texts(language),
            manifest,
            enrolment,
            review,
        };
        writeln!(out, "<section lang=\"{}\">", language.tag())?;
        page.write(out)?;
        out.push_str("</section>\n");
    }
    out.push_str("</body>\n</html>\n");
    Ok(())
}

struct Page<'a> {
    texts: &'static Texts,
    manifest: &'a Manifest,
    enrolment: &'a EnrolmentRecord,
    review: &'a ReviewRecord,
}

impl Page<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        let texts = self.texts;
        writeln!(out, "<h1>{}</h1>", escape(&texts.title))?;
        let standing = match self.review.release {
            Some(_) => &texts.released,
            None => &texts.not_released,
        };
        writeln!(
            out,
            "<p class=\"note\"><strong>{}</strong></p>",
            escape(standing)
        )?;
        writeln!(out, "<p>{}</p>", escape(&texts.proposed_note))?;
        self.event(out)?;
        self.vehicle(out)?;
        self.place(out)?;
        self.time(out)?;
        self.red_light(out)?;
        self.pictures(out)?;
        self.method(out)?;
        self.parts(out)?;
        self.custody(out)
    }

    fn event(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        let event = &self.manifest.event;
        let mut table = Table::new(out, &texts.sections.event)?;
        table.row(&labels.detail, word(&texts.details, &event.detail))?;
        table.row(&labels.kind, word(&texts.kinds, event.kind.as_str()))?;
        table.row(
            &labels.proposed_offence,
            event.proposed_offence.as_deref().unwrap_or(&texts.none),
        )?;
        table.row(&labels.confidence, &format!("{:.2}", event.confidence))?;
        table.row(&labels.incident, &self.review.incident_number.to_string())?;
        table.row(&labels.event_id, &event.id.to_string())?;
        table.end()
    }

    fn vehicle(&self, out: &mut String) -> fmt::Result {
        let labels = &self.texts.labels;
        match &self.review.vehicle {
            Vehicle::NotIdentified => {
                let heading = escape(&self.texts.sections.vehicle);
                let words = escape(&self.texts.not_identified);
                writeln!(
                    out,
                    "<h2>{heading}</h2>\n<p class=\"note\"><strong>{words}</strong></p>"
                )
            }
            Vehicle::Identified {
                plate,
                typed_by,
                typed_at,
            } => {
                let mut table = Table::new(out, &self.texts.sections.vehicle)?;
                table.marked(&labels.plate, "plate", plate.as_str())?;
                table.row(&labels.typed_by, &self.who_when(typed_by, *typed_at))?;
                table.end()
            }
        }
    }

    fn place(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        let camera = &self.manifest.camera;
        let mut table = Table::new(out, &texts.sections.place)?;
        let name = camera.name.as_deref().unwrap_or_default();
        table.row(&labels.camera, format!("{name} ({})", camera.id).trim())?;
        let pose = camera.pose.as_deref().unwrap_or(&texts.none);
        table.row(&labels.pose, pose)?;
        let calibration = camera.calibration_version.as_deref().unwrap_or(&texts.none);
        table.row(&labels.calibration, calibration)?;
        match &camera.place {
            None => table.row(&labels.position, &texts.unknown)?,
            Some(Place::Point {
                position,
                uncertainty_m,
            }) => {
                let text = format!("{:.6}, {:.6}", position.lat, position.lon);
                table.row(&labels.position, &text)?;
                let text = format!("± {uncertainty_m} {}", texts.metres);
                table.row(&labels.uncertainty, &text)?;
            }
            Some(Place::Bearing(bearing)) => {
                let from = bearing.from;
                let text = format!("{:.6}, {:.6}", from.lat, from.lon);
                table.row(&labels.position, &text)?;
                let text = format!("{:.1}° ± {:.1}°", bearing.degrees, bearing.uncertainty_deg);
                table.row(&labels.bearing, &text)?;
            }
        }
        let zone = self.manifest.zone.as_ref();
        let zone = zone.map(|zone| format!("{} · {}", zone.id, zone.version));
        table.row(&labels.zone, zone.as_deref().unwrap_or(&texts.none))?;
        table.end()
    }

    fn time(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        let (manifest, clock) = (self.manifest, &self.manifest.clock);
        let milliseconds = |value: String| match value.as_str() {
            "unknown" => texts.unknown.clone(),
            _ => format!("{value} {}", texts.milliseconds),
        };
        let mut table = Table::new(out, &texts.sections.time)?;
        table.row(&labels.began, &self.moment(manifest.occurred.start))?;
        let end = manifest.occurred.end.map(|end| self.moment(end));
        table.row(&labels.ended, end.as_deref().unwrap_or(&texts.unknown))?;
        table.row(&labels.decided, &self.moment(manifest.decided_at))?;
        let observed = format!("{:.1} {}", manifest.observed_seconds, texts.seconds);
        table.row(&labels.observed, &observed)?;
        let source = match clock.source {
            ClockSource::Camera => "camera",
            ClockSource::Agent => "agent",
        };
        let reference = match clock.reference {
            Known::Value(ClockReference::Chrony) => "chrony",
            Known::Value(ClockReference::Timesyncd) => "timesyncd",
            Known::Value(ClockReference::Sntp) => "sntp",
            Known::Unknown(_) => "unknown",
        };
        table.row(&labels.clock, word(&texts.clocks, source))?;
        table.row(
            &labels.camera_offset,
            &milliseconds(clock.camera_offset_ms.to_string()),
        )?;
        table.row(
            &labels.agent_offset,
            &milliseconds(clock.agent_offset_ms.to_string()),
        )?;
        let uncertainty = milliseconds(clock.agent_uncertainty_ms.to_string());
        table.row(&labels.agent_uncertainty, &uncertainty)?;
        table.row(&labels.reference, word(&texts.clocks, reference))?;
        table.row(&labels.trust, word(&texts.clocks, clock.trust.as_str()))?;
        table.end()
    }

    fn red_light(&self, out: &mut String) -> fmt::Result {
        let Some(moments) = &self.manifest.red_light else {
            return Ok(());
        };
        let labels = &self.texts.labels;
        let mut table = Table::new(out, &self.texts.sections.red_light)?;
        for (label, moment) in [
            (&labels.before, moments.before),
            (&labels.crossing, moments.crossing),
            (&labels.after, moments.after),
        ] {
            table.row(label, &self.shown_moment(moment))?;
        }
        table.end()
    }

    fn shown_moment(&self, moment: Moment) -> String {
        let still = moment
            .still
            .and_then(|id| self.manifest.parts.iter().find(|part| part.id == id))
            .and_then(file_of);
        let at = self.moment(moment.at);
        still.map_or(at.clone(), |file| format!("{at} · {file}"))
    }

    fn pictures(&self, out: &mut String) -> fmt::Result {
        let texts = self.texts;
        writeln!(out, "<h2>{}</h2>", escape(&texts.sections.pictures))?;
        let mut shown = 0;
        for part in &self.manifest.parts {
            let Some(file) = file_of(part).filter(|_| part.kind != EvidenceKind::Preview) else {
                continue;
            };
            let caption = escape(word(&texts.parts, part.kind.as_str()));
            shown += 1;
            if part.kind == EvidenceKind::Clip {
                let words = escape(&texts.clip);
                writeln!(
                    out,
                    "<figure><video controls preload=\"metadata\" src=\"{file}\">{words}</video><figcaption>{caption}</figcaption></figure>"
                )?;
            } else {
                writeln!(
                    out,
                    "<figure><img src=\"{file}\" alt=\"{caption}\"><figcaption>{caption}</figcaption></figure>"
                )?;
            }
        }
        if shown == 0 {
            writeln!(out, "<p>{}</p>", escape(&texts.no_parts))?;
        }
        Ok(())
    }

    fn method(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        let manifest = self.manifest;
        let mut table = Table::new(out, &texts.sections.method)?;
        table.row(&labels.rule, &manifest.rule_version)?;
        table.row(&labels.config, manifest.config_version.as_str())?;
        let model = manifest.model.as_ref();
        let model = model.map(|model| format!("{} · {}", model.name, model.sha256));
        table.row(&labels.model, model.as_deref().unwrap_or(&texts.none))?;
        let tracks: Vec<String> = manifest
            .tracks
            .iter()
            .map(|track| format!("{} #{} {:.2}", track.class, track.id, track.score))
            .collect();
        let tracks = (!tracks.is_empty()).then(|| tracks.join(" · "));
        table.row(&labels.tracks, tracks.as_deref().unwrap_or(&texts.none))?;
        table.end()
    }

    fn parts(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        writeln!(
            out,
            "<h2>{}</h2>\n<table>\n<tr><th>{}</th><th>{}</th><th>{}</th></tr>",
            escape(&texts.sections.parts),
            escape(&labels.file),
            escape(&labels.bytes),
            escape(&labels.sha256),
        )?;
        for part in &self.manifest.parts {
            let name = escape(word(&texts.parts, part.kind.as_str()));
            match &part.state {
                PartState::Sealed { bytes, sha256, .. } => {
                    let file = file_of(part).unwrap_or_default();
                    writeln!(
                        out,
                        "<tr><td>{name}<br><code>{file}</code></td><td>{bytes}</td><td><code>{sha256}</code></td></tr>"
                    )?;
                }
                PartState::Unavailable { reason } => {
                    let code = serde_json::to_value(reason).unwrap_or_default();
                    let words = escape(word(&texts.reasons, code.as_str().unwrap_or_default()));
                    writeln!(
                        out,
                        "<tr><td>{name}</td><td colspan=\"2\">{}: {words}</td></tr>",
                        escape(&texts.none)
                    )?;
                }
            }
        }
        out.push_str("</table>\n");
        Ok(())
    }

    fn custody(&self, out: &mut String) -> fmt::Result {
        let (texts, labels) = (self.texts, &self.texts.labels);
        let (manifest, review) = (self.manifest, self.review);
        let mut table = Table::new(out, &texts.sections.custody)?;
        let agent = format!("{} · {}", manifest.agent.id, manifest.agent.build);
        table.row(&labels.agent, &agent)?;
        let key = self.enrolment.public_key;
        table.row(&labels.key, &format!("{} · {key}", key_id(&key)))?;
        let until = self.enrolment.valid_until.map(|at| self.moment(at));
        let from = self.moment(self.enrolment.valid_from);
        table.row(
            &labels.valid,
            &format!("{from} → {}", until.as_deref().unwrap_or("…")),
        )?;
        table.row(&labels.sealed, &self.moment(manifest.sealed_at))?;
        let code = serde_json::to_value(review.chain).unwrap_or_default();
        let standing = word(&texts.chain, code.as_str().unwrap_or_default());
        let link = &manifest.chain;
        table.row(
            &labels.chain,
            &format!("{} · {}: {standing}", link.chain, link.sequence),
        )?;
        let previous = link
            .previous
            .as_ref()
            .map_or(texts.none.as_str(), |hash| hash.as_str());
        table.row(&labels.previous, previous)?;
        table.row(&labels.received, &self.moment(review.received_at))?;
        table.row(&labels.state, word(&texts.states, &review.state))?;
        let decisions: Vec<String> = review
            .decisions
            .iter()
            .map(|decision| {
                let action = word(&texts.states, &decision.action);
                format!("{action}: {}", self.who_when(&decision.actor, decision.at))
            })
            .collect();
        let decisions = (!decisions.is_empty()).then(|| decisions.join(" · "));
        table.row(
            &labels.decisions,
            decisions.as_deref().unwrap_or(&texts.none),
        )?;
        let release = review.release.as_ref();
        let release = release.map(|release| self.who_when(&release.by, release.at));
        table.row(
            &labels.released_by,
            release.as_deref().unwrap_or(&texts.not_released),
        )?;
        table.end()?;
        writeln!(out, "<p class=\"note\">{}</p>", escape(&texts.check))
    }

    fn who_when(&self, who: &str, at: Timestamp) -> String {
        format!("{who}, {}", self.moment(at))
    }

    /// Vietnam has one zone and no summer time; beside it stands what the manifest says.
    fn moment(&self, at: Timestamp) -> String {
        let local = at.to_zoned(TimeZone::fixed(Offset::constant(7)));
        let local = local.strftime("%Y-%m-%d %H:%M:%S%.3f");
        format!("{local} ({}) = {at}", self.texts.local_time)
    }
}

/// A heading and a table of names and values.
struct Table<'a>(&'a mut String);

impl<'a> Table<'a> {
    fn new(out: &'a mut String, heading: &str) -> Result<Self, fmt::Error> {
        writeln!(out, "<h2>{}</h2>\n<table>", escape(heading))?;
        Ok(Self(out))
    }

    fn row(&mut self, label: &str, value: &str) -> fmt::Result {
        let (label, value) = (escape(label), escape(value));
        writeln!(self.0, "<tr><th>{label}</th><td>{value}</td></tr>")
    }

    fn marked(&mut self, label: &str, class: &str, value: &str) -> fmt::Result {
        let (label, value) = (escape(label), escape(value));
        writeln!(
            self.0,
            "<tr><th>{label}</th><td class=\"{class}\">{value}</td></tr>"
        )
    }

    fn end(self) -> fmt::Result {
        writeln!(self.0, "</table>")
    }
}

fn file_of(part: &Part) -> Option<String> {
    match &part.state {
        PartState::Sealed { mime, .. } => Some(evidence_name(part.kind, part.id, mime)),
        PartState::Unavailable { .. } => None,
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
