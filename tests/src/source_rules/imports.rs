//! Who may import whom inside one crate, and which file may speak to a foreign library.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use super::rust_tokens::{Token, tokens};

/// What one crate promises about its imports.
#[derive(Debug, Clone, Copy)]
pub struct Crate {
    /// Its name, for the sentences.
    pub name: &'static str,
    /// Its top-level modules, upstream first. A module may import itself and what stands before it.
    pub order: &'static [&'static str],
    /// The libraries that have one home each.
    pub foreign: &'static [ForeignLibrary],
}

/// A library that only some files may name.
#[derive(Debug, Clone, Copy)]
pub struct ForeignLibrary {
    /// Its name in paths, e.g. `gstreamer`.
    pub name: &'static str,
    /// Path prefixes of the files that may name it; none = no file.
    pub homes: &'static [&'static str],
}

/// Every broken rule, one sentence each.
#[must_use]
pub fn broken_rules(rules: &Crate, sources: &[Source]) -> Vec<String> {
    let mut faults = undeclared_order(rules, sources);
    for source in sources {
        let tokens = tokens(&source.text);
        faults.extend(upstream_only(rules, source, &tokens));
        faults.extend(foreign_at_home(rules, source, &tokens));
    }
    faults
}

/// The order in `lib.rs` must be the order the rules state, so that a reader of either is not misled.
fn undeclared_order(rules: &Crate, sources: &[Source]) -> Vec<String> {
    let Some(lib) = sources.iter().find(|source| source.path == "lib.rs") else {
        return vec![format!("{}: has no lib.rs", rules.name)];
    };
    let tokens = tokens(&lib.text);
    let declared: Vec<&str> = tokens
        .windows(3)
        .filter_map(|window| match window {
            [Token::Word("mod"), Token::Word(name), Token::Mark(';')] => Some(*name),
            _ => None,
        })
        .collect();
    let stated: Vec<&str> = rules
        .order
        .iter()
        .copied()
        .filter(|module| declared.contains(module))
        .collect();
    let mut faults: Vec<String> = declared
        .iter()
        .filter(|module| !rules.order.contains(module))
        .map(|module| {
            format!(
                "{}/lib.rs: module `{module}` has no place in the order",
                rules.name
            )
        })
        .collect();
    if faults.is_empty() && declared != stated {
        faults.push(format!(
            "{}/lib.rs: declares {declared:?}, the order is {stated:?}",
            rules.name
        ));
    }
    faults
}

fn upstream_only(rules: &Crate, source: &Source, tokens: &[Token<'_>]) -> Vec<String> {
    let module = module_path(&source.path);
    let Some(own) = module.first() else {
        return Vec::new(); // lib.rs and main.rs stand above all modules
    };
    let place: BTreeMap<&str, usize> = rules
        .order
        .iter()
        .enumerate()
        .map(|(place, module)| (*module, place))
        .collect();
    let Some(own_place) = place.get(own.as_str()) else {
        return vec![format!(
            "{}/{}: `{own}` has no place in the order",
            rules.name, source.path
        )];
    };
    imported_modules(&module, tokens)
        .into_iter()
        .filter(|imported| place.get(imported).is_some_and(|place| place > own_place))
        .map(|imported| {
            format!(
                "{}/{}: `{own}` imports `{imported}`, which lies downstream",
                rules.name, source.path
            )
        })
        .collect()
}

/// `camera/ring.rs` and `camera/ring/mod.rs` are both `[camera, ring]`; `lib.rs` is `[]`.
fn module_path(path: &str) -> Vec<String> {
    let mut levels: Vec<String> = path
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if levels.last().is_some_and(|last| last == "mod") {
        levels.pop();
    }
    if matches!(levels.as_slice(), [only] if only == "lib" || only == "main") {
        levels.clear();
    }
    levels
}

/// The top-level modules that paths in the file start from, by `crate::x` or by enough `super::`.
fn imported_modules<'a>(module: &[String], tokens: &[Token<'a>]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut braces: Vec<bool> = Vec::new(); // whether each open brace is an inline module's
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Mark('{') => {
                braces.push(matches!(
                    tokens.get(at.saturating_sub(2)..at),
                    Some([Token::Word("mod"), Token::Word(_)])
                ));
            }
            Token::Mark('}') => {
                braces.pop();
            }
            Token::Word("crate") => {
                found.extend(first_levels(tokens.get(at + 1..).unwrap_or_default()));
            }
            Token::Word("super") => {
                let supers = count_supers(tokens.get(at..).unwrap_or_default());
                let depth = module.len() + braces.iter().filter(|inline| **inline).count();
                if supers >= depth {
                    let rest = tokens.get(at + 2 * supers - 1..).unwrap_or_default();
                    found.extend(first_levels(rest));
                }
                at += 2 * supers - 2;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// How many `super::` follow one another at the start.
fn count_supers(tokens: &[Token<'_>]) -> usize {
    tokens
        .chunks(2)
        .take_while(|pair| matches!(pair, [Token::Word("super"), Token::PathSeparator]))
        .count()
        .max(1)
}

/// The first level of each path that starts here: `::a::b` gives `a`; `::{a::b, c}` gives `a`, `c`.
fn first_levels<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    match tokens {
        [Token::PathSeparator, Token::Word(word), ..] => vec![word],
        [Token::PathSeparator, Token::Mark('{'), group @ ..] => {
            let mut found = Vec::new();
            let mut depth = 0_usize;
            let mut starts = true;
            for token in group {
                match token {
                    Token::Mark('{') => depth += 1,
                    Token::Mark('}') if depth == 0 => break,
                    Token::Mark('}') => depth -= 1,
                    Token::Mark(',') if depth == 0 => starts = true,
                    Token::Word(word) if depth == 0 && starts => {
                        found.push(*word);
                        starts = false;
                    }
                    _ => {}
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

fn foreign_at_home(rules: &Crate, source: &Source, tokens: &[Token<'_>]) -> Vec<String> {
    let names_it = |name: &str| {
        tokens.windows(2).any(|pair| match pair {
            [Token::Word(word), Token::PathSeparator] => *word == name,
            [Token::Word("use" | "crate"), Token::Word(word)] => *word == name,
            _ => false,
        })
    };
    rules
        .foreign
        .iter()
        .filter(|library| {
            !library
                .homes
                .iter()
                .any(|home| source.path.starts_with(home))
        })
        .filter(|library| names_it(library.name))
        .map(|library| {
            format!(
                "{}/{}: speaks `{}`, whose home is {:?}",
                rules.name, source.path, library.name, library.homes
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Crate = Crate {
        name: "toy",
        order: &["camera", "detect", "rule", "pipeline"],
        foreign: &[ForeignLibrary {
            name: "gstreamer",
            homes: &["camera/"],
        }],
    };
    const LIB: &str = "pub mod camera;\npub mod detect;\npub mod rule;\npub mod pipeline;";

    fn check(path: &str, text: &str) -> Vec<String> {
        let source = |path: &str, text: &str| Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        broken_rules(&RULES, &[source("lib.rs", LIB), source(path, text)])
    }

    #[test]
    fn importing_upstream_is_fine() {
        for text in [
            "use crate::camera::Frame;",
            "use crate::{camera::{Frame, Plane}, detect::Detection};",
            "fn f(x: crate::camera::Frame) {}",
            "use super::event::EventChange;",
            "// crate::pipeline\nlet text = \"crate::pipeline\";",
            "mod tests { use super::*; use super::super::camera::Frame; }",
        ] {
            assert_eq!(check("rule/dwell.rs", text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn importing_downstream_is_found_however_it_is_written() {
        for text in [
            "use crate::pipeline::run;",
            "use crate::{camera::Frame, pipeline};",
            "fn f() { crate::pipeline::run() }",
            "use super::super::pipeline::run;",
            "use super::super::{camera, pipeline::run};",
            "mod tests { use super::super::super::pipeline::run; }",
        ] {
            assert_eq!(
                check("rule/dwell.rs", text),
                ["toy/rule/dwell.rs: `rule` imports `pipeline`, which lies downstream"],
                "{text}"
            );
        }
        assert_eq!(check("camera/mod.rs", "use super::rule::Rule;").len(), 1);
    }

    #[test]
    fn a_foreign_library_away_from_home_is_found() {
        assert_eq!(
            check("camera/rtsp.rs", "use gstreamer as gst;"),
            Vec::<String>::new()
        );
        for text in ["use gstreamer as gst;", "fn f() { gstreamer::init(); }"] {
            assert_eq!(
                check("detect/session.rs", text),
                ["toy/detect/session.rs: speaks `gstreamer`, whose home is [\"camera/\"]"],
                "{text}"
            );
        }
    }

    #[test]
    fn a_module_without_a_place_or_out_of_order_is_found() {
        assert_eq!(check("surprise.rs", "").len(), 1);
        let lib = |text: &str| Source {
            path: "lib.rs".to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(
            broken_rules(&RULES, &[lib("mod camera; mod surprise;")]).len(),
            1
        );
        assert_eq!(
            broken_rules(&RULES, &[lib("mod rule; mod camera;")]).len(),
            1
        );
    }
}
