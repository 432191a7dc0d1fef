//! A cursor over one TOML table that remembers which keys were asked for, so that a reader need
//! not stop at the first fault and no key goes unread in silence.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, FaultSink, Wrong, suggestion};

/// One table of the file, at `path`.
pub(super) struct Section<'a> {
    path: String,
    span: Range<usize>,
    table: Option<&'a DeTable<'a>>,
    faults: &'a FaultSink,
    asked: RefCell<Vec<&'static str>>,
}

/// Reads a whole TOML document; `file` names it in faults. `read` notes what is wrong, and returns
/// nothing only where it noted something.
pub(super) fn read_document<T>(
    text: &str,
    file: &Path,
    read: impl FnOnce(&Section<'_>) -> Option<T>,
) -> Result<T, ConfigError> {
    let sink = FaultSink::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let offset = error.span().map_or(0, |span| span.start);
        sink.add("", offset, Wrong::new(error.message(), "correct the TOML"));
    }
    let document = read(&Section::root(table.get_ref(), &sink));
    match (sink.into_faults(), document) {
        (faults, Some(document)) if faults.is_empty() => Ok(document),
        (faults, _) => Err(ConfigError::Faulty {
            file: file.to_owned(),
            faults,
        }),
    }
}

/// Turns a TOML value into what the key means.
pub(super) type Convert<'c, T> = &'c dyn Fn(&DeValue<'_>) -> Result<T, Wrong>;

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a DeTable<'a>, faults: &'a FaultSink) -> Self {
        Self {
            path: String::new(),
            span: 0..0,
            table: Some(table),
            faults,
            asked: RefCell::default(),
        }
    }

    /// The value of `key`; `None` where it is absent, or wrong (which is noted).
    pub(super) fn optional<T>(&self, key: &'static str, convert: Convert<'_, T>) -> Option<T> {
        let value = self.raw(key)?;
        match convert(value.get_ref()) {
            Ok(converted) => Some(converted),
            Err(wrong) => {
                self.faults
                    .add(&self.key_path(key), value.span().start, wrong);
                None
            }
        }
    }

    /// The value of `key`, or `default` where it is absent or wrong (which is noted).
    pub(super) fn or<T>(&self, key: &'static str, default: T, convert: Convert<'_, T>) -> T {
        self.optional(key, convert).unwrap_or(default)
    }

    /// The value of `key`; its absence is a fault too.
    pub(super) fn required<T>(&self, key: &'static str, convert: Convert<'_, T>) -> Option<T> {
        if !self.has(key) {
            self.note(key, Wrong::new("missing", format!("add `{key} = …`")));
        }
        self.optional(key, convert)
    }

    /// The table under `key`: an empty one where it is absent, so that its defaults apply.
    pub(super) fn table(&self, key: &'static str) -> Self {
        let value = self.raw(key);
        let table = value.and_then(|value| value.get_ref().as_table());
        if let (Some(value), None) = (value, table) {
            let wrong = Wrong::new(
                format!("is a {}, not a table", value.get_ref().type_str()),
                format!("write it as `[{}]`", self.key_path(key)),
            );
            self.faults
                .add(&self.key_path(key), value.span().start, wrong);
        }
        let span = value.map_or(self.span.clone(), Spanned::span);
        self.child(self.key_path(key), span, table)
    }

    /// The tables under `[[key]]`, in the order of the file.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        let path = self.key_path(key);
        let Some(items) = value.get_ref().as_array() else {
            let kind = value.get_ref().type_str();
            let wrong = Wrong::new(
                format!("is a {kind}, not a list of tables"),
                format!("write each one as `[[{}]]`", self.header(key)),
            );
            self.faults.add(&path, value.span().start, wrong);
            return Vec::new();
        };
        let mut sections = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match item.get_ref().as_table() {
                Some(table) => sections.push(self.child(path, item.span(), Some(table))),
                None => self.faults.add(
                    &path,
                    item.span().start,
                    Wrong::new(
                        "is not a table",
                        format!("write each one as `[[{}]]`", self.header(key)),
                    ),
                ),
            }
        }
        sections
    }

    fn ask(&self, key: &'static str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
    }

    /// Whether the table has `key`.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.ask(key);
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Notes a fault of `key`, at its value where it has one.
    pub(super) fn note(&self, key: &str, wrong: Wrong) {
        let value = self.table.and_then(|table| table.get(key));
        let offset = value.map_or(self.span.start, |value| value.span().start);
        self.faults.add(&self.key_path(key), offset, wrong);
    }

    /// Every key must have been asked for by now; the others are unknown.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        let unknown = self
            .table
            .iter()
            .flat_map(|table| table.iter())
            .filter(|(key, _)| !asked.contains(&key.get_ref().as_ref()));
        for (key, _) in unknown {
            let name = key.get_ref();
            let wrong = Wrong::new("unknown key", suggestion(name, &asked));
            self.faults
                .add(&self.key_path(name), key.span().start, wrong);
        }
    }

    fn raw(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.ask(key);
        self.table.and_then(|table| table.get(key))
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// `key_path` as a header of the file writes it, without indices.
    fn header(&self, key: &str) -> String {
        let path = self.key_path(key);
        path.split('.')
            .map(|part| part.split('[').next().unwrap_or(part))
            .collect::<Vec<_>>()
            .join(".")
    }

    fn child(&self, path: String, span: Range<usize>, table: Option<&'a DeTable<'a>>) -> Self {
        Self {
            path,
            span,
            table,
            faults: self.faults,
            asked: RefCell::default(),
        }
    }
}
