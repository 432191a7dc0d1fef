//! Writing XML: elements with text, escaped, without what XML 1.0 cannot hold; `quick-xml` stands
//! behind this file alone. Reading stands in [`reading`].

mod reading;

pub(crate) use self::reading::{Element, XmlFault, read};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document being written. Writing into memory does not fail.
pub(crate) struct Document(Writer<Vec<u8>>);

impl Document {
    /// Begins a document with its declaration.
    pub(crate) fn new() -> Self {
        let mut document = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        document.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        document
    }

    fn write(&mut self, event: Event<'_>) {
        // The sink is a vector.
        drop(self.0.write_event(event));
    }

    /// An element with attributes and what `within` writes into it.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        within: impl FnOnce(&mut Self),
    ) {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, clean(value).as_str()));
        }
        self.write(Event::Start(start));
        within(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element of text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.write(Event::Start(BytesStart::new(name)));
        self.write(Event::Text(BytesText::new(&clean(text))));
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element of text, where there is one.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An empty element with attributes.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, clean(value).as_str()));
        }
        self.write(Event::Empty(start));
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        let mut bytes = self.0.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// Characters that no XML 1.0 document may hold are left out.
fn clean(text: &str) -> String {
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(|c| is_char(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_people_write_stays_text() {
        let mut document = Document::new();
        document.element("a", &[("b", "\"<&\u{1}")], |document| {
            document.text("c", "</c><d>\u{0}\u{fffe}&amp;");
        });
        let text = document.finish();
        assert!(
            text.contains("<c>&lt;/c&gt;&lt;d&gt;&amp;amp;</c>"),
            "{text}"
        );
        assert!(text.contains("b=\"&quot;&lt;&amp;\""), "{text}");
    }
}
