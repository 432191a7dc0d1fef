//! Reading XML of strangers: one level of elements below a known root, within bounds. `roxmltree` stands
//! behind this module alone.
//!
//! A document type is refused, and with it every entity but XML's own five: nothing is expanded, nothing
//! fetched. What does not belong here: what the elements mean.

use roxmltree::{Document, Error, Node, ParsingOptions};

/// Most elements, texts and comments of a document: also the bound of its depth.
const MOST_NODES: u32 = 512;

/// Why a text is no document that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XmlFault {
    /// It is no XML, or too much of it.
    Malformed,
    /// It declares a document type.
    DocumentType,
    /// Its root is another element, or of another namespace.
    OtherRoot,
}

/// One element below the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its name within the root's namespace.
    pub(crate) name: String,
    /// Its own text, trimmed.
    pub(crate) text: String,
}

/// The elements directly below `root` of `namespace`, in their order. Those of other namespaces are
/// passed by.
pub(crate) fn read(text: &str, root: &str, namespace: &str) -> Result<Vec<Element>, XmlFault> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        Error::DtdDetected => XmlFault::DocumentType,
        _ => XmlFault::Malformed,
    })?;
    let top = document.root_element();
    let is_of = |node: &Node<'_, '_>| node.tag_name().namespace() == Some(namespace);
    if top.tag_name().name() != root || !is_of(&top) {
        return Err(XmlFault::OtherRoot);
    }
    let elements = top.children().filter(Node::is_element).filter(is_of);
    Ok(elements
        .map(|node| Element {
            name: node.tag_name().name().to_owned(),
            text: own_text(&node),
        })
        .collect())
}

fn own_text(node: &Node<'_, '_>) -> String {
    let text: String = node
        .children()
        .filter(Node::is_text)
        .filter_map(|part| part.text())
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_is_read_and_hostile_text_is_refused() {
        let read = |text: &str| read(text, "a", "urn:x");
        let found =
            read("<a xmlns='urn:x'><b> 1 &lt; 2 </b><c xmlns='urn:y'/><d><e>deep</e></d></a>");
        let names = found.unwrap();
        let names: Vec<_> = names
            .iter()
            .map(|one| (one.name.as_str(), one.text.as_str()))
            .collect();
        assert_eq!(names, [("b", "1 < 2"), ("d", "")]);
        let laughs =
            "<!DOCTYPE a [<!ENTITY l 'ha'><!ENTITY m '&l;&l;&l;'>]><a xmlns='urn:x'>&m;</a>";
        let outside =
            "<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a xmlns='urn:x'>&f;</a>";
        let deep = format!(
            "{}{}",
            "<a xmlns='urn:x'>".repeat(10_000),
            "</a>".repeat(10_000)
        );
        for (text, fault) in [
            (laughs, XmlFault::DocumentType),
            (outside, XmlFault::DocumentType),
            ("<a xmlns='urn:x'>&m;</a>", XmlFault::Malformed),
            ("<a xmlns='urn:x'><b></a>", XmlFault::Malformed),
            (&deep, XmlFault::Malformed),
            ("", XmlFault::Malformed),
            ("<a/>", XmlFault::OtherRoot),
            ("<b xmlns='urn:x'/>", XmlFault::OtherRoot),
        ] {
            let shown: String = text.chars().take(60).collect();
            assert_eq!(read(text), Err(fault), "{shown}");
        }
    }
}
