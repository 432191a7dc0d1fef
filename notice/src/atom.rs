//! An Atom feed (RFC 4287) of Common Alerting Protocol messages: newest first, each with its address
//! and the messages it refers to.

use jiff::Timestamp;

use crate::cap::MEDIA_TYPE;
use crate::xml::Document;

/// The media type.
pub const FEED_MEDIA_TYPE: &str = "application/atom+xml";

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its own address, and its id.
    pub url: String,
    /// What it is, for people.
    pub title: String,
    /// Who speaks.
    pub author: String,
    /// When its newest entry was made; its own making where there is none.
    pub updated: Timestamp,
    /// Newest first.
    pub entries: Vec<Entry>,
}

/// One message in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its address, and its id.
    pub url: String,
    /// Its headline.
    pub title: String,
    /// What it is: `alert`, `update`, `cancel`, `ack`.
    pub word: &'static str,
    /// When it was made.
    pub updated: Timestamp,
    /// Addresses of the messages it refers to.
    pub refers_to: Vec<String>,
}

/// Writes a feed.
#[must_use]
pub fn write(feed: &Feed) -> String {
    let mut document = Document::new();
    let root = [("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", "vi")];
    document.element("feed", &root, |out| {
        out.text("id", &feed.url);
        out.text("title", &feed.title);
        out.text("updated", &feed.updated.to_string());
        out.element("author", &[], |author| author.text("name", &feed.author));
        out.empty("link", &[("rel", "self"), ("href", &feed.url)]);
        for entry in &feed.entries {
            out.element("entry", &[], |out| write_entry(out, entry));
        }
    });
    document.finish()
}

fn write_entry(out: &mut Document, entry: &Entry) {
    out.text("id", &entry.url);
    out.text("title", &entry.title);
    out.text("updated", &entry.updated.to_string());
    out.empty("category", &[("term", entry.word)]);
    let link = [
        ("rel", "alternate"),
        ("type", MEDIA_TYPE),
        ("href", entry.url.as_str()),
    ];
    out.empty("link", &link);
    for url in &entry.refers_to {
        let link = [("rel", "related"), ("type", MEDIA_TYPE), ("href", url)];
        out.empty("link", &link);
    }
    out.empty("content", &[("type", MEDIA_TYPE), ("src", &entry.url)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_names_its_messages_and_what_they_refer_to() {
        let at = Timestamp::UNIX_EPOCH;
        let entry = |identifier: &str, word, refers_to: &[&str]| Entry {
            url: format!("https://v/{identifier}"),
            title: "Cháy <rừng>".to_owned(),
            word,
            updated: at,
            refers_to: refers_to.iter().map(|url| (*url).to_owned()).collect(),
        };
        let text = write(&Feed {
            url: "https://v/feed".to_owned(),
            title: "Vọng".to_owned(),
            author: "Trung tâm".to_owned(),
            updated: at,
            entries: vec![
                entry("2", "update", &["https://v/1"]),
                entry("1", "alert", &[]),
            ],
        });
        for part in [
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">",
            "<id>https://v/2</id>",
            "<title>Cháy &lt;rừng&gt;</title>",
            "<category term=\"update\"/>",
            "<link rel=\"related\" type=\"application/cap+xml\" href=\"https://v/1\"/>",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
