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
