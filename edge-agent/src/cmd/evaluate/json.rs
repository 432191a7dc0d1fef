//! What a program reads of an evaluation: one JSON object.

use serde_json::{Value, json};

use super::course::{Outcome, Ran, Watched};
use super::{holds, text};
use crate::cmd::rounded;
use crate::config::{ClipConfig, Expectation, Span, Suite, Weight};
use crate::rule::HeldBack;
use crate::scorecard::{self, Met, RuleTally, Told, delays};

/// `{suite, holds, clips: […], rules: {…}}`; times are seconds of the clip, shares 0 to 1.
pub(super) fn of(suite: &Suite, ran: &[Ran<'_>]) -> Value {
    let clips: Vec<Value> = ran.iter().map(clip).collect();
    let rules: serde_json::Map<String, Value> = text::rules(ran)
        .iter()
        .map(|(rule, tally)| (rule.clone(), of_rule(tally)))
        .collect();
    json!({
        "suite": suite.name,
        "holds": holds(ran),
        "clips": clips,
        "rules": rules,
    })
}

fn clip(ran: &Ran<'_>) -> Value {
    let clip = ran.clip;
    let head = |outcome: &str| {
        json!({
            "clip": clip.name,
            "outcome": outcome,
            "model": clip.model.manifest.name,
        })
    };
    match &ran.outcome {
        Outcome::Skipped => head("skipped"),
        Outcome::Failed(why) => with(head("could_not_be_run"), &json!({ "why": why })),
        Outcome::Watched(watched) => {
            let findings = watched.score.findings(clip.unexpected);
            let fails = findings.iter().any(|(_, weight)| *weight == Weight::Fails);
            let outcome = match (fails, findings.is_empty()) {
                (true, _) => "fails",
                (false, false) => "reported",
                (false, true) => "as_expected",
            };
            with(head(outcome), &seen(watched, clip))
        }
    }
}

fn with(mut one: Value, more: &Value) -> Value {
    if let (Some(one), Some(more)) = (one.as_object_mut(), more.as_object()) {
        one.extend(more.clone());
    }
    one
}

fn seen(watched: &Watched, clip: &ClipConfig) -> Value {
    let met = watched.score.met.iter().map(|met| of_met(met, clip));
    let list = |told: &[Told]| told.iter().map(event).collect::<Vec<_>>();
    json!({
        "file": watched.file.display().to_string(),
        "seconds": rounded(watched.length.as_secs_f64()),
        "pictures": watched.pictures,
        "expectations": met.collect::<Vec<_>>(),
        "unexpected": list(&watched.score.unexpected),
        "unexpected_means": word(clip.unexpected),
        "tolerated": list(&watched.score.tolerated),
        "events": list(&watched.told),
        "shadow": list(&watched.shadow),
        "held_back": watched.held_back.iter().map(nearly).collect::<Vec<_>>(),
    })
}

fn of_met(met: &Met, clip: &ClipConfig) -> Value {
    let Expectation {
        pattern,
        raised,
        begins,
        missed,
        note,
        ..
    } = &met.expectation;
    let outcome = match met.outcome {
        scorecard::Outcome::Met => "met",
        scorecard::Outcome::Missed => "missed",
        scorecard::Outcome::ClearedWrong => "cleared_wrong",
    };
    let delays: Vec<f64> = met.delays().into_iter().map(rounded).collect();
    let pictures = clip.seconds_per_picture.map(|period| {
        let pictures = met
            .delays()
            .into_iter()
            .map(|delay| rounded(delay / period.as_secs_f64()));
        pictures.collect::<Vec<_>>()
    });
    json!({
        "rule": pattern.rule,
        "zone": pattern.zone,
        "raised": span(*raised),
        "begins_s": rounded(begins.as_secs_f64()),
        "outcome": outcome,
        "missed_means": word(*missed),
        "expected": met.expected,
        "found": met.found(),
        "repeated": met.repeated,
        "delay_s": delays,
        "delay_pictures": pictures,
        "events": met.by.iter().map(|told| told.event_id).collect::<Vec<_>>(),
        "note": note,
    })
}

fn span(span: Span) -> Value {
    json!({
        "after_s": rounded(span.after.as_secs_f64()),
        "before_s": span.before.map(|before| rounded(before.as_secs_f64())),
    })
}

const fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Fails => "fail",
        Weight::Reports => "report",
    }
}

fn event(told: &Told) -> Value {
    json!({
        "event_id": told.event_id,
        "rule": told.rule,
        "detail": told.detail,
        "zone": told.zone,
        "began_s": rounded(told.began.as_secs_f64()),
        "raised_s": rounded(told.raised.as_secs_f64()),
        "cleared_s": told.cleared.map(|at| rounded(at.as_secs_f64())),
        "confidence": rounded(f64::from(told.confidence)),
        "count": told.count,
    })
}

fn nearly(held_back: &HeldBack) -> Value {
    let bbox = held_back.bbox;
    let corners = [bbox.x, bbox.y, bbox.w, bbox.h].map(|side| rounded(f64::from(side)));
    json!({
        "at_s": rounded(held_back.at.as_secs_f64()),
        "since_s": rounded(held_back.since.as_secs_f64()),
        "detail": held_back.detail,
        "zone": held_back.zone,
        "reason": held_back.reason.word(),
        "mode": held_back.mode.word(),
        "class": &*held_back.class,
        "confidence": rounded(f64::from(held_back.confidence)),
        "box": corners,
    })
}

fn of_rule(tally: &RuleTally) -> Value {
    let rate = tally.false_alarms_per_hour();
    let delay = delays(&tally.delays);
    json!({
        "expected": tally.expected,
        "found": tally.found,
        "recall": tally.recall().map(rounded),
        "repeated": tally.repeated,
        "false_alarms": tally.false_alarms,
        "camera_hours": tally.hours(),
        "false_alarms_per_camera_hour": rate.map(|(rate, _)| rounded(rate)),
        "false_alarms_per_camera_hour_at_most": rate.map(|(_, most)| rounded(most)),
        "delay_s_middle": delay.map(|(middle, _)| rounded(middle)),
        "delay_s_most": delay.map(|(_, most)| rounded(most)),
        "held_back": tally.held_back,
    })
}
