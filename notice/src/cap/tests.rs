//! Messages against their structure, and against the standard's schema where it is lent.

use std::io::Write as _;
use std::process::{Command, Stdio};

use contract::v1::{Bearing, Kind, Place, Position};

use super::*;
use crate::target::testing::facts;

/// Where the standard's schema lies: it is lent, not ours to pass on.
const SCHEMA: &str = "VONG_CAP_SCHEMA";

fn cap() -> Cap {
    Cap {
        sender: "trung-tam@example.vn".to_owned(),
        sender_name: "Trung tâm <Điều hành> & Giám sát".to_owned(),
        contact: Some("0900 000 000".to_owned()),
        status: CapStatus::Exercise,
        utc_offset_h: 7,
        expires_h: 24,
        bearing_range_km: 15.0,
    }
}

fn words(language: &'static str) -> Words {
    Words {
        language,
        event: "Cháy rừng".to_owned(),
        headline: "Nghi cháy rừng <chưa xác nhận>".to_owned(),
        description: "Khói bốc lên & lan rộng".to_owned(),
        instruction: "Kiểm tra ngay".to_owned(),
        area: "Quanh Tháp 1".to_owned(),
    }
}

fn sent() -> Timestamp {
    "2026-03-01T06:47:09.5Z".parse().unwrap()
}

fn message<'a>(facts: &'a Facts, message_type: MessageType) -> Message<'a> {
    let earlier = Reference {
        identifier: "0196f1a0-1111-7000-8000-000000000001".to_owned(),
        sent: sent(),
    };
    let is_first = message_type == MessageType::Told(Word::Alert);
    Message {
        identifier: "0196f1a0-2222-7000-8000-000000000002".to_owned(),
        sent: sent(),
        message_type,
        addressee: "kiem-lam",
        acknowledged_by: (message_type == MessageType::Ack).then_some("kiem-lam"),
        references: if is_first {
            vec![]
        } else {
            vec![earlier.clone(), earlier]
        },
        facts,
        words: vec![words("vi-VN"), words("en")],
        web: Some("https://vong.example.vn/incidents/12".to_owned()),
    }
}

/// Every message there can be.
fn all() -> Vec<(String, String)> {
    let bearing = Place::Bearing(Bearing {
        from: Position {
            lat: 12.0,
            lon: 108.5,
        },
        degrees: 350.0,
        uncertainty_deg: 3.0,
    });
    let mut found = Vec::new();
    for message_type in [
        MessageType::Told(Word::Alert),
        MessageType::Told(Word::Update),
        MessageType::Told(Word::Cancel),
        MessageType::Ack,
    ] {
        for review in [Review::Unconfirmed, Review::Confirmed, Review::Rejected] {
            for course in [Course::Open, Course::Over, Course::Closed] {
                for place in [facts(Kind::FireSmoke, review).place, Some(bearing), None] {
                    for severity in [
                        Severity::Low,
                        Severity::Medium,
                        Severity::High,
                        Severity::Critical,
                    ] {
                        let facts = Facts {
                            place,
                            severity,
                            course,
                            ..facts(Kind::FireSmoke, review)
                        };
                        let text = write(&message(&facts, message_type), &cap());
                        let name = format!("{message_type:?} {review:?} {place:?}");
                        found.push((name, text));
                    }
                }
            }
        }
    }
    found
}

fn xmllint(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut child = Command::new("xmllint")
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(()).ok_or(told)
}

#[test]
fn every_message_is_valid_by_the_standards_schema() {
    let Ok(schema) = std::env::var(SCHEMA) else {
        return eprintln!("{SCHEMA} names no schema: structure only");
    };
    let check = |text: &str| xmllint(&["--noout", "--schema", &schema], text);
    for (name, text) in all() {
        assert_eq!(check(&text), Ok(()), "{name}\n{text}");
    }
    // The check itself can fail.
    let (_, text) = all().swap_remove(0);
    let broken = text.replace("<status>Exercise</status>", "<status>Drill</status>");
    assert!(check(&broken).is_err());
}

#[test]
fn an_alert_says_what_the_standard_wants_in_its_order() {
    let facts = facts(Kind::FireSmoke, Review::Unconfirmed);
    let text = write(&message(&facts, MessageType::Told(Word::Alert)), &cap());
    let mut rest = text.as_str();
    for part in [
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">",
        "<identifier>0196f1a0-2222-7000-8000-000000000002</identifier>",
        "<sender>trung-tam@example.vn</sender>",
        "<sent>2026-03-01T13:47:09+07:00</sent>",
        "<status>Exercise</status>",
        "<msgType>Alert</msgType>",
        "<scope>Private</scope>",
        "<code>unconfirmed</code>",
        "<incidents>vong-12</incidents>",
        "<language>vi-VN</language>",
        "<category>Fire</category>",
        "<responseType>Assess</responseType>",
        "<urgency>Immediate</urgency>",
        "<severity>Severe</severity>",
        "<certainty>Likely</certainty>",
        "<onset>2026-03-01T13:47:00+07:00</onset>",
        "<expires>2026-03-02T13:47:09+07:00</expires>",
        "<senderName>Trung tâm &lt;Điều hành&gt; &amp; Giám sát</senderName>",
        "<valueName>vong:point</valueName>",
        "<value>12.000000,108.500000</value>",
        "<circle>12.000000,108.500000 0.490</circle>",
        "<language>en</language>",
        "</alert>",
    ] {
        let at = rest.find(part);
        let at = at.unwrap_or_else(|| panic!("{part} is missing or out of order in\n{text}"));
        rest = rest.split_at(at + part.len()).1;
    }
    assert!(!text.contains("<references>"), "{text}");
}

#[test]
fn a_verdict_refers_to_what_it_changes() {
    let said = |review, message_type| {
        let facts = facts(Kind::FireSmoke, review);
        write(&message(&facts, message_type), &cap())
    };
    let update = said(Review::Confirmed, MessageType::Told(Word::Update));
    assert!(update.contains("<certainty>Observed</certainty>"));
    assert!(!update.contains("unconfirmed"));
    let reference =
        "trung-tam@example.vn,0196f1a0-1111-7000-8000-000000000001,2026-03-01T13:47:09+07:00";
    assert!(update.contains(&format!("<references>{reference} {reference}</references>")));
    let cancel = said(Review::Rejected, MessageType::Told(Word::Cancel));
    assert!(cancel.contains("<msgType>Cancel</msgType>"));
    assert!(cancel.contains("<responseType>AllClear</responseType>"));
    assert!(cancel.contains("<urgency>Past</urgency>"));
    let ack = said(Review::Confirmed, MessageType::Ack);
    assert!(ack.contains("<sender>kiem-lam.trung-tam@example.vn</sender>"));
    assert!(ack.contains("<msgType>Ack</msgType>") && !ack.contains("<info>"));
}

/// What a unit's system may send back: its own words around what the standard wants.
fn sent_back(changes: &[(&str, &str)]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n\
        <identifier>hat-7</identifier>\n\
        <sender>kiem-lam@example.vn</sender>\n\
        <sent>2026-03-01T13:50:00+07:00</sent>\n\
        <status>Exercise</status>\n\
        <msgType>Ack</msgType>\n\
        <scope>Private</scope>\n\
        <addresses>trung-tam@example.vn</addresses>\n\
        <note>Đội 3 &amp; xe 2 đang đến</note>\n\
        <references>trung-tam@example.vn,0196f1a0-1111-7000-8000-000000000001,2026-03-01T13:47:09+07:00</references>\n\
        </alert>\n"
        .to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn what_a_unit_sends_back_is_read() {
    let text = sent_back(&[]);
    if let Ok(schema) = std::env::var(SCHEMA) {
        assert_eq!(xmllint(&["--noout", "--schema", &schema], &text), Ok(()));
    }
    let ack = read_ack(text.as_bytes(), &cap()).unwrap();
    assert_eq!(ack.sender, "kiem-lam@example.vn");
    assert_eq!(ack.note.as_deref(), Some("Đội 3 & xe 2 đang đến"));
    assert_eq!(ack.sent, "2026-03-01T06:50:00Z".parse().unwrap());
    let reference = Reference {
        identifier: "0196f1a0-1111-7000-8000-000000000001".to_owned(),
        sent: "2026-03-01T06:47:09Z".parse().unwrap(),
    };
    assert_eq!(ack.references, [reference]);
    // What we write of a unit's answer is read as one, whatever the centre's offset.
    for utc_offset_h in [7, 0, -5] {
        let cap = Cap {
            utc_offset_h,
            ..cap()
        };
        let facts = facts(Kind::FireSmoke, Review::Confirmed);
        let own = write(&message(&facts, MessageType::Ack), &cap);
        let read = read_ack(own.as_bytes(), &cap).unwrap();
        assert_eq!(read.references.len(), 2, "{own}");
    }
}

#[test]
fn what_is_no_acknowledgement_is_refused_by_its_element() {
    let more = "x".repeat(MAX_ACK_BYTES);
    let long = "x".repeat(501);
    let other = "someone@example.vn,";
    for (change, expected) in [
        (
            ("<msgType>Ack<", "<msgType>Update<"),
            AckFault::Bad("msgType"),
        ),
        (
            ("<status>Exercise<", "<status>Actual<"),
            AckFault::Bad("status"),
        ),
        (("<scope>Private</scope>", ""), AckFault::Missing("scope")),
        (
            ("<sender>kiem-lam@example.vn</sender>", ""),
            AckFault::Missing("sender"),
        ),
        (("hat-7", "hat 7"), AckFault::Bad("identifier")),
        (("13:50:00+07:00", "06:50:00Z"), AckFault::Bad("sent")),
        (("13:50:00+07:00", "13:50"), AckFault::Bad("sent")),
        (
            ("trung-tam@example.vn,", other),
            AckFault::Bad("references"),
        ),
        (("000001,2026", "000001;2026"), AckFault::Bad("references")),
        (("xe 2", more.as_str()), AckFault::NoText),
        (("xe 2", &long), AckFault::Bad("note")),
        (("cap:1.2", "cap:1.1"), AckFault::NotCap),
        (("<note>", "<nots>"), AckFault::Malformed),
        (("&amp;", "&evil;"), AckFault::Malformed),
        (
            (
                "<scope>Private</scope>",
                "<scope>Private</scope><scope>Public</scope>",
            ),
            AckFault::NotCap,
        ),
        (
            (
                "<alert xmlns",
                "<!DOCTYPE alert SYSTEM \"http://x/y.dtd\"><alert xmlns",
            ),
            AckFault::DocumentType,
        ),
    ] {
        let text = sent_back(&[change]);
        assert_eq!(
            read_ack(text.as_bytes(), &cap()),
            Err(expected),
            "{change:?}"
        );
    }
    assert_eq!(read_ack(&[0xff, 0xfe], &cap()), Err(AckFault::NoText));
    let misplaced = sent_back(&[
        ("<scope>Private</scope>", ""),
        ("</references>", "</references><scope>Private</scope>"),
    ]);
    assert_eq!(
        read_ack(misplaced.as_bytes(), &cap()),
        Err(AckFault::NotCap)
    );
}

proptest::proptest! {
    #[test]
    fn no_text_of_strangers_panics(text in "\\PC{0,200}", at in 0_usize..400) {
        let mut whole: Vec<char> = sent_back(&[]).chars().collect();
        let at = at.min(whole.len());
        whole.splice(at..at, text.chars());
        let whole: String = whole.into_iter().collect();
        drop(read_ack(whole.as_bytes(), &cap()));
        drop(read_ack(text.as_bytes(), &cap()));
    }
}

#[test]
fn utc_is_written_as_the_standard_wants_it() {
    let utc = Cap {
        utc_offset_h: 0,
        ..cap()
    };
    assert_eq!(
        LocalTime::of(&utc).write(sent()),
        "2026-03-01T06:47:09-00:00"
    );
    let west = Cap {
        utc_offset_h: -5,
        ..cap()
    };
    assert_eq!(
        LocalTime::of(&west).write(sent()),
        "2026-03-01T01:47:09-05:00"
    );
}
