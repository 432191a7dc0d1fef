//! The keys of rules that watch a line: how surely a thing must have been on both sides of it.

use super::{RuleContext, Section, value};
use crate::config::fault::Wrong;

/// How surely a thing must have been on one side of a line, and then on the other. Depths and ways are in
/// mean sides of the thing's box, since what is near moves more pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassageConfig {
    /// Least pictures in which it is clearly before the line. Default 3.
    pub before: u32,
    /// Least pictures in which it is clearly beyond it. Default 3.
    pub after: u32,
    /// Within this of the line it is on neither side. Default 0.15.
    pub band: f32,
    /// How far beyond the line it must get. Default 0.25, of red lights 0.5.
    pub depth: f32,
    /// Least way from one side to the other. Default 1.
    pub min_path: f32,
}

/// `depth` is the default of that key.
pub(super) fn read(section: &Section<'_>, depth: f32) -> PassageConfig {
    let count = value::integer(1..=100_u32);
    PassageConfig {
        before: section.or("before", 3, &count),
        after: section.or("after", 3, &count),
        band: section.or("band", 0.15, &value::share),
        depth: section.or("depth", depth, &value::sides),
        min_path: section.or("min_path", 1.0, &value::sides),
    }
}

/// Whether the rule's line says which way is forward, which it must; noted where it does not.
pub(super) fn check_direction(section: &Section<'_>, context: &RuleContext<'_>) {
    let Some(id) = section.optional("line", &value::text) else {
        return;
    };
    let line = context.lines.iter().find(|line| line.id.as_str() == id);
    if line.is_some_and(|line| line.towards.is_none()) {
        let wrong = Wrong::new(
            format!("line \"{id}\" does not say which way is forward"),
            "add `towards = [x, y]` to it: a point beyond the line",
        );
        section.note("line", wrong);
    }
}
