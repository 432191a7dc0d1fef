//! What the programs say is explained: `docs/OPERATIONS.md` has one heading for each literal message
//! of level `warn` or `error`, none for a message that is gone, and a line for every metric.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            rust_files(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The string literal that opens `text`: its content, with line continuations joined, and the rest.
fn literal(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut content = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((content, body.split_at(at + 1).1)),
            '\\' => match characters.next()?.1 {
                '\n' => {
                    let (_, tail) = body.split_at(at + 2);
                    let indent = tail.len() - tail.trim_start().len();
                    if indent > 0 {
                        // Skips to the last character of the indent.
                        let _ = characters.nth(indent - 1);
                    }
                }
                escaped => content.push(escaped),
            },
            plain => content.push(plain),
        }
    }
    None
}

/// The message of a macro call, given what follows its opening parenthesis: the first literal that
/// is an argument by itself, not a field's value. What is formatted in becomes `…`.
fn message(mut call: &str) -> Option<String> {
    let mut before = '(';
    let mut depth = 1;
    while depth > 0 {
        let next = call.chars().next()?;
        if let Some((content, rest)) = literal(call) {
            if depth == 1 && matches!(before, '(' | ',') {
                return Some(with_ellipses(&content));
            }
            call = rest;
            before = '"';
            continue;
        }
        match next {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        if !next.is_whitespace() {
            before = next;
        }
        call = call.split_at(next.len_utf8()).1;
    }
    None
}

fn with_ellipses(format: &str) -> String {
    let mut plain = String::new();
    let mut within = false;
    for character in format.chars() {
        match character {
            '{' => {
                plain.push('…');
                within = true;
            }
            '}' => within = false,
            _ if within => {}
            _ => plain.push(character),
        }
    }
    plain
}

fn messages(source: &str) -> BTreeSet<String> {
    let shipped = source.split("mod tests {").next().unwrap_or_default();
    ["tracing::warn!(", "tracing::error!("]
        .into_iter()
        .flat_map(|call| shipped.split(call).skip(1))
        .filter_map(message)
        .collect()
}

/// Headings that are one message, in one backtick or, where the message holds some, in two.
fn headings(document: &str) -> BTreeSet<String> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("### `"))
        .filter_map(|line| match line.strip_prefix("` ") {
            Some(line) => line.strip_suffix(" ``"),
            None => line.strip_suffix('`'),
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn messages_are_found_in_every_shape() {
    let source = r#"
        tracing::warn!(target: "audit", { user.name = user, why = "no" }, "log-in refused");
        tracing::error!(
            reason = ?ack.reason, text = f("x", 1),
            "one {a} two \
             three"
        );
        #[cfg(test)]
        mod tests { fn f() { tracing::warn!("not shipped"); } }
    "#;
    let found: Vec<String> = messages(source).into_iter().collect();
    assert_eq!(found, ["log-in refused", "one … two three"]);
}

/// What stands between two `quotes` and is named as metrics are.
fn metrics(text: &str, quotes: char) -> BTreeSet<String> {
    let endings = [
        "_total",
        "_seconds",
        "_bytes",
        "_up",
        "_connected",
        "_reports",
        "_messages",
        "_streams",
    ];
    text.split(quotes)
        .filter(|name| name.starts_with("vong_"))
        .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
        .map(str::to_owned)
        .collect()
}

fn sources() -> Vec<String> {
    let mut files = Vec::new();
    for program in ["edge-agent/src", "ingest-server/src"] {
        rust_files(&root().join(program), &mut files);
    }
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/OPERATIONS.md")).unwrap()
}

#[test]
fn every_message_has_its_paragraph() {
    let written: BTreeSet<String> = sources().iter().flat_map(|text| messages(text)).collect();
    let explained = headings(&document());
    let unexplained: Vec<_> = written.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&written).collect();
    assert!(
        unexplained.is_empty() && gone.is_empty(),
        "docs/OPERATIONS.md\n  lacks a heading for: {unexplained:#?}\n  explains what nothing logs: {gone:#?}"
    );
}

#[test]
fn every_metric_has_its_line() {
    let counted: BTreeSet<String> = sources()
        .iter()
        .flat_map(|text| metrics(text, '"'))
        .collect();
    let explained = metrics(&document(), '`');
    let unexplained: Vec<_> = counted.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&counted).collect();
    assert!(
        unexplained.is_empty() && gone.is_empty(),
        "docs/OPERATIONS.md\n  lacks: {unexplained:#?}\n  explains what nothing counts: {gone:#?}"
    );
}
