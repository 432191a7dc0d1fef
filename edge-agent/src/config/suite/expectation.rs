//! `[[clip.expect]]` and `[[clip.tolerate]]`: which events a recording must, or may, bring about, and
//! when.

use std::time::Duration;

use contract::v1::ZoneId;

use crate::config::camera::CameraConfig;
use crate::config::fault::{Wrong, suggestion};
use crate::config::rule::RuleKind;
use crate::config::section::Section;
use crate::config::value;

/// Which events are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPattern {
    /// A rule's `kind`, or one of its details, e.g. `fire_smoke` or `smoke`.
    pub rule: String,
    /// Of that zone alone, where it is given.
    pub zone: Option<ZoneId>,
}

/// From when to when, from the first picture on; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From then on.
    pub after: Duration,
    /// Until then; to the end of the recording where it is absent.
    pub before: Option<Duration>,
}

impl Span {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, moment: Duration) -> bool {
        moment >= self.after && self.before.is_none_or(|before| moment <= before)
    }
}

/// How many events are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// One at least; each further one is a repetition.
    Once,
    /// So many; each further one is unexpected.
    Exactly(u32),
}

/// What it means for the suite where something is not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The suite fails.
    Fails,
    /// It is reported, and the suite may still hold.
    Reports,
}

pub(super) const WEIGHTS: &[(&str, Weight)] =
    &[("fail", Weight::Fails), ("report", Weight::Reports)];

/// When an event must be cleared; the recording's end clears what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearance(pub Span);

/// Events that must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Which.
    pub pattern: EventPattern,
    /// When one of them must be raised.
    pub raised: Span,
    /// Since when a person sees it: the delay is counted from there.
    pub begins: Duration,
    /// How many.
    pub times: Times,
    /// When they must be cleared.
    pub cleared: Option<Clearance>,
    /// What it means where they are not told.
    pub missed: Weight,
    /// What a person wrote about it.
    pub note: Option<String>,
}

/// What expectations are checked against.
pub(super) struct Context<'a> {
    /// None where the camera itself is faulty.
    pub(super) camera: Option<&'a CameraConfig>,
    pub(super) seconds_per_picture: Option<Duration>,
}

/// Details of events that no `[[camera.rule]]` asks for.
const WITHOUT_RULE: &[&str] = &["camera_health"];

pub(super) fn read(clip: &Section<'_>, context: &Context<'_>) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for section in clip.tables("expect") {
        let pattern = read_pattern(&section, context);
        let raised = read_span(&section, context, &RAISED);
        let begins = read_moment(&section, context, "begins_s", "begins_picture");
        let count = section.optional("count", &value::integer(1..=10_000_u32));
        let cleared = read_span(&section, context, &CLEARED);
        let missed = section.or("missed", Weight::Fails, &value::one_of(WEIGHTS));
        let note = section.optional("note", &value::text);
        section.finish();
        let Some(pattern) = pattern else { continue };
        let raised = raised.unwrap_or(Span {
            after: Duration::ZERO,
            before: None,
        });
        expectations.push(Expectation {
            pattern,
            raised,
            begins: begins.unwrap_or(raised.after),
            times: count.map_or(Times::Once, Times::Exactly),
            cleared: cleared.map(Clearance),
            missed,
            note,
        });
    }
    expectations
}

pub(super) fn read_tolerated(
    clip: &Section<'_>,
    context: &Context<'_>,
) -> Vec<(EventPattern, Span)> {
    let mut tolerated = Vec::new();
    for section in clip.tables("tolerate") {
        let pattern = read_pattern(&section, context);
        let span = read_span(&section, context, &RAISED);
        section.optional("note", &value::text);
        section.finish();
        let always = Span {
            after: Duration::ZERO,
            before: None,
        };
        tolerated.extend(pattern.map(|pattern| (pattern, span.unwrap_or(always))));
    }
    tolerated
}

/// The keys of a span: seconds, and numbers of pictures.
struct SpanKeys {
    after: [&'static str; 2],
    before: [&'static str; 2],
}

const RAISED: SpanKeys = SpanKeys {
    after: ["after_s", "after_picture"],
    before: ["before_s", "before_picture"],
};
const CLEARED: SpanKeys = SpanKeys {
    after: ["cleared_after_s", "cleared_after_picture"],
    before: ["cleared_before_s", "cleared_before_picture"],
};

fn read_pattern(section: &Section<'_>, context: &Context<'_>) -> Option<EventPattern> {
    let rule = section.required("rule", &value::text)?;
    let zone = section.optional("zone", &value::parsed::<ZoneId>);
    if let Some(camera) = context.camera {
        check_rule(section, &rule, camera);
        let told = |known: &ZoneId| Some(known) == zone.as_ref();
        let zones = camera.zones.iter().map(|known| &known.id);
        let mut zones = zones.chain(camera.lines.iter().map(|known| &known.id));
        if let Some(zone) = &zone
            && !zones.any(told)
        {
            let known = camera.zones.iter().map(|known| known.id.as_str());
            let lines = camera.lines.iter().map(|known| known.id.as_str());
            let known: Vec<&str> = known.chain(lines).collect();
            let wrong = Wrong::new(
                format!("no zone \"{zone}\" in the clip's camera"),
                suggestion(zone.as_str(), &known),
            );
            section.note("zone", wrong);
        }
    }
    Some(EventPattern { rule, zone })
}

/// An expectation that no rule could meet is a slip of the hand.
fn check_rule(section: &Section<'_>, rule: &str, camera: &CameraConfig) {
    let kinds = camera.rules.iter().map(|rule| &rule.kind);
    let words = |kind: &RuleKind| {
        let mut words = kind.details().to_vec();
        words.push(kind.word());
        words
    };
    let mut known: Vec<&str> = kinds.flat_map(words).collect();
    known.extend(WITHOUT_RULE);
    known.sort_unstable();
    known.dedup();
    if !known.contains(&rule) {
        let wrong = Wrong::new(
            format!("the clip's camera has no rule {rule:?}"),
            suggestion(rule, &known),
        );
        section.note("rule", wrong);
    }
}

/// None where no key of it is given.
fn read_span(section: &Section<'_>, context: &Context<'_>, keys: &SpanKeys) -> Option<Span> {
    let [after_s, after_picture] = keys.after;
    let [before_s, before_picture] = keys.before;
    let after = read_moment(section, context, after_s, after_picture);
    let before = read_moment(section, context, before_s, before_picture);
    if let (Some(after), Some(before)) = (after, before)
        && before < after
    {
        let key = if section.has(before_s) {
            before_s
        } else {
            before_picture
        };
        let wrong = Wrong::new(
            "is before the beginning of its own span",
            "give a later one",
        );
        section.note(key, wrong);
    }
    (after.is_some() || before.is_some()).then_some(Span {
        after: after.unwrap_or_default(),
        before,
    })
}

/// A moment of the recording, in seconds or as the number of a picture, from 1.
fn read_moment(
    section: &Section<'_>,
    context: &Context<'_>,
    seconds: &'static str,
    picture: &'static str,
) -> Option<Duration> {
    let by_time = section.optional(seconds, &value::seconds(0.0..=31_536_000.0));
    let by_number = section.optional(picture, &value::integer(1..=10_000_000_u32));
    let Some(number) = by_number else {
        return by_time;
    };
    if by_time.is_some() {
        let wrong = Wrong::new(
            format!("says again what {seconds} says"),
            "remove one of them",
        );
        section.note(picture, wrong);
    }
    let Some(period) = context.seconds_per_picture else {
        let wrong = Wrong::new(
            "counts pictures of a clip without `seconds_per_picture`",
            format!("give `{seconds}` instead, or the clip's `seconds_per_picture`"),
        );
        section.note(picture, wrong);
        return None;
    };
    Some(period.saturating_mul(number.saturating_sub(1)))
}
