//! The demo's sentences, Vietnamese first, English second; the names of things come from the server's
//! own catalogue.

use serde_json::Value;

const VIETNAMESE: &str = include_str!("../../../ingest-server/locales/vi.json");
const ENGLISH: &str = include_str!("../../../ingest-server/locales/en.json");

/// Both languages of the catalogue.
#[derive(Debug)]
pub(super) struct Words {
    vietnamese: Value,
    english: Value,
}

impl Words {
    pub(super) fn load() -> anyhow::Result<Self> {
        Ok(Self {
            vietnamese: serde_json::from_str(VIETNAMESE)?,
            english: serde_json::from_str(ENGLISH)?,
        })
    }

    /// One line for an incident: number, what, where, how it stands; in both languages.
    pub(super) fn incident(&self, incident: &Value) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = &incident["camera"]["name"];
        let camera = if name.is_string() {
            text(name)
        } else {
            text(&incident["camera"]["id"])
        };
        let what = |words: &Value| {
            let detail = lookup(words, "detail", &incident["detail"]);
            let what = detail.or_else(|| lookup(words, "kind", &incident["kind"]));
            let phase = lookup(words, "phase", &incident["camera_phase"]).unwrap_or_default();
            format!(
                "{} ({phase})",
                what.unwrap_or_else(|| text(&incident["detail"]))
            )
        };
        format!(
            "#{} {} · {camera} — {}{}",
            incident["number"],
            what(&self.vietnamese),
            what(&self.english),
            evidence_mark(incident),
        )
    }
}

fn lookup(words: &Value, family: &str, word: &Value) -> Option<String> {
    words["ui"][family][word.as_str()?]
        .as_str()
        .map(str::to_owned)
}

fn evidence_mark(incident: &Value) -> &'static str {
    match (incident["still"].is_string(), incident["clip"].is_string()) {
        (true, true) => " [ảnh + video · still + clip]",
        (true, false) => " [ảnh · still]",
        (false, true) => " [video · clip]",
        (false, false) => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_incident_is_told_in_both_languages_and_never_in_raw_words() {
        let incident = json!({
            "number": 7, "kind": "traffic_violation", "detail": "illegal_parking",
            "camera_phase": "raised", "camera": { "id": "cam-1", "name": null },
            "still": "x", "clip": null,
        });
        let line = Words::load().unwrap().incident(&incident);
        assert!(line.starts_with("#7 Dừng, đỗ xe"), "{line}");
        assert!(
            line.contains("· cam-1 —") && line.ends_with("[ảnh · still]"),
            "{line}"
        );
        assert!(
            !line.contains("illegal_parking") && !line.contains("raised"),
            "{line}"
        );
    }
}
