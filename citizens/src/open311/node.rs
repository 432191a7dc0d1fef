//! An answer as a tree, written as XML or as JSON.

use std::fmt::Write as _;

use super::Format;

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing: an empty element, or `null`.
    Nothing,
    /// A text.
    Text(String),
    /// A number; what is not finite is nothing.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Named values, in their order.
    Record(Vec<(&'static str, Node)>),
    /// Values, each under this name in XML; a bare array in JSON.
    List(&'static str, Vec<Node>),
}

impl Node {
    /// A text, or nothing where it is empty or absent.
    #[must_use]
    pub fn text(text: Option<&str>) -> Self {
        match text {
            Some(text) if !text.is_empty() => Self::Text(text.to_owned()),
            _ => Self::Nothing,
        }
    }

    /// A number, or nothing.
    #[must_use]
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }
}

/// An answer: a tree and the name of its root.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The root's name, which XML alone shows.
    pub root: &'static str,
    /// What is in it.
    pub node: Node,
}

impl Document {
    /// Writes it.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Xml => {
                let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
                xml(&mut text, self.root, &self.node, 0);
                text
            }
            Format::Json => {
                let mut text = String::new();
                json(&mut text, &self.node);
                text.push('\n');
                text
            }
        }
    }
}

/// Writing into a `String` does not fail.
fn xml(out: &mut String, name: &str, node: &Node, depth: usize) {
    let indent = "    ".repeat(depth);
    let open = |out: &mut String, content: &str| {
        let _ = writeln!(out, "{indent}<{name}>{content}</{name}>");
    };
    match node {
        Node::Nothing => open(out, ""),
        Node::Text(text) => open(out, &escaped(text)),
        Node::Number(number) if number.is_finite() => open(out, &number.to_string()),
        Node::Number(_) => open(out, ""),
        Node::Flag(flag) => open(out, if *flag { "true" } else { "false" }),
        Node::Record(fields) => {
            let _ = writeln!(out, "{indent}<{name}>");
            for (name, node) in fields {
                xml(out, name, node, depth + 1);
            }
            let _ = writeln!(out, "{indent}</{name}>");
        }
        Node::List(item, nodes) => {
            let _ = writeln!(out, "{indent}<{name}>");
            for node in nodes {
                xml(out, item, node, depth + 1);
            }
            let _ = writeln!(out, "{indent}</{name}>");
        }
    }
}

/// XML 1.0 §2.2 and §2.4: what no document may hold is left out, the rest is escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            control if u32::from(control) < 0x20 => {}
            other => out.push(other),
        }
    }
    out
}

fn json(out: &mut String, node: &Node) {
    match node {
        Node::Nothing => out.push_str("null"),
        Node::Text(text) => out.push_str(&quoted(text)),
        Node::Number(number) if number.is_finite() => {
            let _ = write!(out, "{number}");
        }
        Node::Number(_) => out.push_str("null"),
        Node::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Node::Record(fields) => {
            out.push('{');
            for (at, (name, node)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(name));
                out.push(':');
                json(out, node);
            }
            out.push('}');
        }
        Node::List(_, nodes) => {
            out.push('[');
            for (at, node) in nodes.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json(out, node);
            }
            out.push(']');
        }
    }
}

fn quoted(text: &str) -> String {
    // A text always writes.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write_cannot_break_a_document() {
        let node = Node::Record(vec![
            ("a", Node::Text("<b>&\"'\u{1}\n".to_owned())),
            ("n", Node::Number(f64::NAN)),
        ]);
        let document = Document { root: "r", node };
        let xml = document.write(Format::Xml);
        assert!(xml.contains("<a>&lt;b&gt;&amp;&quot;&apos;\n</a>"), "{xml}");
        assert!(xml.contains("<n></n>"));
        assert_eq!(
            document.write(Format::Json),
            "{\"a\":\"<b>&\\\"'\\u0001\\n\",\"n\":null}\n"
        );
    }

    proptest! {
        /// Whatever the text, JSON gives it back.
        #[test]
        fn json_gives_back_any_text(text in ".*") {
            let node = Node::List("x", vec![Node::Text(text.clone()), Node::Flag(true)]);
            let written = Document { root: "r", node }.write(Format::Json);
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read, serde_json::json!([text, true]));
        }
    }
}
