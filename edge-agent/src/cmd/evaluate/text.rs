//! What a person reads of an evaluation.

use std::collections::BTreeMap;
use std::time::Duration;

use super::course::{Outcome, Ran, Watched};
use crate::config::{ClipConfig, EventPattern, Span, Suite, Times, Weight};
use crate::rule::HeldBack;
use crate::scorecard::{self, Finding, Met, RuleTally, Scored, Told, delays, tally};

/// How much is printed of each clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Findings,
    Events,
}

/// A clip that is not run: what it is and what is expected of it.
pub(super) fn listed(clip: &ClipConfig) -> Vec<String> {
    let mut lines = vec![format!("{}  [{}]", clip.name, clip.file.display())];
    for expectation in &clip.expect {
        let often = match expectation.times {
            Times::Once => String::new(),
            Times::Exactly(times) => format!(" {times} times"),
        };
        let weight = weight(expectation.missed);
        let (what, when) = (pattern(&expectation.pattern), span(expectation.raised));
        lines.push(format!("      expects {what}{often} {when}{weight}"));
    }
    if clip.expect.is_empty() {
        lines.push(format!("      expects nothing{}", weight(clip.unexpected)));
    }
    lines
}

/// One clip that was run, the worst first.
pub(super) fn clip(ran: &Ran<'_>, detail: Detail) -> Vec<String> {
    let name = &ran.clip.name;
    let watched = match &ran.outcome {
        Outcome::Skipped => {
            return vec![format!(
                "skip  {name}: {} is not there",
                ran.clip.file.display()
            )];
        }
        Outcome::Failed(why) => return vec![format!("FAIL  {name}: {why}")],
        Outcome::Watched(watched) => watched,
    };
    let findings = watched.score.findings(ran.clip.unexpected);
    let fails = findings.iter().any(|(_, weight)| *weight == Weight::Fails);
    let mark = match (fails, findings.is_empty()) {
        (true, _) => "FAIL",
        (false, false) => "note",
        (false, true) => "ok  ",
    };
    let length = watched.length.as_secs_f64();
    let mut lines = vec![format!(
        "{mark}  {name}  ({length:.1} s, {} pictures, {})",
        watched.pictures, ran.clip.model.manifest.name
    )];
    for met in &watched.score.met {
        lines.extend(told_as_expected(met, ran.clip));
    }
    for (finding, weight) in &findings {
        lines.push(format!(
            "      {}",
            finding_line(finding, *weight, watched, ran.clip)
        ));
    }
    if detail == Detail::Events {
        let marked = |mark: &'static str, told: &[Told]| {
            let lines = told
                .iter()
                .map(|told| format!("      {mark} {}", event(told)));
            lines.collect::<Vec<_>>()
        };
        lines.extend(marked(".", &watched.told));
        lines.extend(marked("shadow:", &watched.shadow));
        let held_back = watched.held_back.iter();
        lines.extend(held_back.map(|one| format!("      - {}", nearly(one))));
    }
    lines
}

fn told_as_expected(met: &Met, clip: &ClipConfig) -> Option<String> {
    let first = met.by.first()?;
    let often = match (met.found(), met.repeated) {
        (1, 0) => String::new(),
        (found, 0) => format!(", {found} of {}", met.expected),
        (_, repeated) => format!(", and {repeated} more for the same"),
    };
    let delay = met.delays().first().map(|delay| late(*delay, clip));
    let delay = delay.unwrap_or_default();
    let (what, at) = (
        pattern(&met.expectation.pattern),
        first.raised.as_secs_f64(),
    );
    Some(format!("      {what} told at {at:.1} s{delay}{often}"))
}

fn late(delay: f64, clip: &ClipConfig) -> String {
    let pictures = clip
        .seconds_per_picture
        .map(|period| delay / period.as_secs_f64());
    let pictures = pictures.map(|pictures| format!(", {pictures:.0} pictures"));
    format!(" (after {delay:.1} s{})", pictures.unwrap_or_default())
}

fn finding_line(
    finding: &Finding<'_>,
    meaning: Weight,
    watched: &Watched,
    clip: &ClipConfig,
) -> String {
    let weight = weight(meaning);
    match finding {
        Finding::Unmet(met) => {
            let wanted = &met.expectation;
            let (what, when) = (pattern(&wanted.pattern), span(wanted.raised));
            let told = watched.told.iter().filter(|told| told.is(&wanted.pattern));
            let told: Vec<String> = told.map(times_of).collect();
            let told = match told.as_slice() {
                [] => "none was raised".to_owned(),
                told => format!("raised {}", told.join(", ")),
            };
            let close = watched
                .held_back
                .iter()
                .filter(|one| one.detail == wanted.pattern.rule);
            let close = close.count();
            let close = match close {
                0 => String::new(),
                close => format!(", {close} held back"),
            };
            let why = match met.outcome {
                scorecard::Outcome::ClearedWrong => "cleared at the wrong time",
                scorecard::Outcome::Missed | scorecard::Outcome::Met => "missed",
            };
            format!("{why}: {what} {when}; {told}{close}{weight}")
        }
        Finding::Unexpected(told) => {
            let expected = match clip.expect.is_empty() {
                true => "nothing is expected",
                false => "not expected then",
            };
            format!("unexpected: {} ({expected}){weight}", event(told))
        }
    }
}

fn times_of(told: &Told) -> String {
    let cleared = told
        .cleared
        .map(|at| format!(", cleared at {:.1} s", at.as_secs_f64()));
    format!(
        "at {:.1} s{}",
        told.raised.as_secs_f64(),
        cleared.unwrap_or_default()
    )
}

fn event(told: &Told) -> String {
    let zone = told.zone.as_ref().map(|zone| format!("@{zone}"));
    format!(
        "{}{} {}, confidence {:.2}, {} at once",
        told.detail,
        zone.unwrap_or_default(),
        times_of(told),
        told.confidence,
        told.count
    )
}

fn nearly(held_back: &HeldBack) -> String {
    let bbox = held_back.bbox;
    format!(
        "held back at {:.1} s: {}, {} {:.2}, {}, box {:.0},{:.0} {:.0}x{:.0}",
        held_back.at.as_secs_f64(),
        held_back.detail,
        held_back.class,
        held_back.confidence,
        held_back.reason.word(),
        bbox.x,
        bbox.y,
        bbox.w,
        bbox.h
    )
}

fn pattern(pattern: &EventPattern) -> String {
    match &pattern.zone {
        Some(zone) => format!("{}@{zone}", pattern.rule),
        None => pattern.rule.clone(),
    }
}

fn span(span: Span) -> String {
    let after = span.after.as_secs_f64();
    match span.before {
        Some(before) => format!("between {after:.1} and {:.1} s", before.as_secs_f64()),
        None if span.after == Duration::ZERO => "at any time".to_owned(),
        None => format!("from {after:.1} s on"),
    }
}

const fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Fails => "",
        Weight::Reports => " [reported only]",
    }
}

/// The rules over all clips, and the verdict.
pub(super) fn summary(suite: &Suite, ran: &[Ran<'_>]) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!(
            "{:<20} {:>8} {:>6} {:>7} {:>7} {:>6} {:>8} {:>22} {:>20} {:>10}",
            "rule",
            "expected",
            "found",
            "recall",
            "repeats",
            "false",
            "camera-h",
            "false an hour (95 %)",
            "delay s, middle/most",
            "held back"
        ),
    ];
    lines.extend(rules(ran).iter().map(|(rule, tally)| row(rule, tally)));
    lines.push(String::new());
    lines.push(verdict(suite, ran));
    lines
}

/// Every rule of every clip that was watched.
pub(super) fn rules(ran: &[Ran<'_>]) -> BTreeMap<String, RuleTally> {
    let watched: Vec<_> = ran
        .iter()
        .filter_map(|one| match &one.outcome {
            Outcome::Watched(watched) => Some((one, watched, watched.held_back_by_rule())),
            Outcome::Skipped | Outcome::Failed(_) => None,
        })
        .collect();
    tally(watched.iter().map(|(one, watched, held_back)| Scored {
        camera: &one.clip.camera,
        watched: watched.length,
        score: &watched.score,
        held_back,
    }))
}

fn row(rule: &str, tally: &RuleTally) -> String {
    let dash = || "–".to_owned();
    let recall = tally
        .recall()
        .map_or_else(dash, |recall| format!("{recall:.3}"));
    let rate = tally.false_alarms_per_hour();
    let rate = rate.map_or_else(dash, |(rate, most)| {
        format!("{rate:.2} (at most {most:.2})")
    });
    let delay = delays(&tally.delays);
    let delay = delay.map_or_else(dash, |(middle, most)| format!("{middle:.1} / {most:.1}"));
    format!(
        "{rule:<20} {:>8} {:>6} {recall:>7} {:>7} {:>6} {:>8.3} {rate:>22} {delay:>20} {:>10}",
        tally.expected,
        tally.found,
        tally.repeated,
        tally.false_alarms,
        tally.hours(),
        tally.held_back,
    )
}

fn verdict(suite: &Suite, ran: &[Ran<'_>]) -> String {
    let (mut skipped, mut failed, mut missed, mut alarms, mut reported) = (0, 0, 0, 0, 0);
    for one in ran {
        let watched = match &one.outcome {
            Outcome::Skipped => {
                skipped += 1;
                continue;
            }
            Outcome::Failed(_) => {
                failed += 1;
                continue;
            }
            Outcome::Watched(watched) => watched,
        };
        for (finding, weight) in watched.score.findings(one.clip.unexpected) {
            match (finding, weight) {
                (_, Weight::Reports) => reported += 1,
                (Finding::Unmet(_), Weight::Fails) => missed += 1,
                (Finding::Unexpected(_), Weight::Fails) => alarms += 1,
            }
        }
    }
    let word = match missed + alarms + failed {
        0 => "holds",
        _ => "FAILS",
    };
    format!(
        "suite {} {word}: {} clips, {missed} expectations missed, {alarms} false alarms, {reported} only \
         reported, {skipped} clips skipped, {failed} could not be run",
        suite.name,
        ran.len()
    )
}
