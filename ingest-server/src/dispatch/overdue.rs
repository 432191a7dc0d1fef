//! Lists of a month: what a unit, and those below it, let become overdue; for people, as a table for their
//! spreadsheets, and as the contract's message.
//!
//! What does not belong here: which stages belong into a list (`casework::overdue`), sending ([`super::post`]).

use casework::overdue::{Lapse, Month, lapse};
use casework::unit::UnitId;
use contract::v1::UnitOverdue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::phrases::stage_word;
use crate::incident::witness;
use crate::office::Office;
use crate::review::urgency_of;
use crate::store::entity::incident;
use crate::store::{self, Access, StoreError};
use crate::words::{Language, dispatch};

/// A stage that was not done in time, and its incident.
#[derive(Debug, Clone)]
pub struct Overdue {
    /// The incident.
    pub incident: incident::Model,
    /// The stage.
    pub lapse: Lapse,
}

impl Overdue {
    /// As the contract has it; none where the row's names are none of the contract's.
    #[must_use]
    pub fn item(&self) -> Option<UnitOverdue> {
        let row = &self.incident;
        Some(UnitOverdue {
            incident: row.id.parse().ok()?,
            number: row.number.unsigned_abs(),
            category: witness::category_of(&row.kind, &row.detail)
                .as_str()
                .to_owned(),
            unit: row.lead_unit.as_deref()?.parse().ok()?,
            stage: self.lapse.stage.as_str().to_owned(),
            due: self.lapse.due,
            done: self.lapse.done,
        })
    }
}

/// What became overdue in a month, or was before and was not done: of a unit and those below it, or of all units. What
/// a report complains of a unit about is in no list of that unit.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`].
pub async fn overdue_in(
    on: &impl Access,
    office: &Office,
    unit: Option<&UnitId>,
    month: Month,
) -> Result<Vec<Overdue>, StoreError> {
    let policy = &office.policy;
    let span = month.span(&policy.zone);
    let units = unit.map_or_else(Vec::new, |unit| below(office, unit));
    let mut found = Vec::new();
    for lapsed in store::lapsed(on, &units, span).await? {
        let row = lapsed.incident;
        let category = witness::category_of(&row.kind, &row.detail);
        let stage = lapsed.clock.track.stage;
        let limit = policy.limits.of(category.as_str(), urgency_of(&row), stage);
        if let Some(lapse) = lapse(&lapsed.clock, limit, &policy.calendar, span)
            && !complains_of(&row, unit, office)
        {
            found.push(Overdue {
                incident: row,
                lapse,
            });
        }
    }
    found.sort_by_key(|one| (one.lapse.due, one.incident.number));
    Ok(found)
}

/// The unit itself and those below it, in words of the store.
fn below(office: &Office, unit: &UnitId) -> Vec<String> {
    let tree = &office.policy.units;
    let within = tree.iter().filter(|one| tree.is_within(&one.id, unit));
    let mut names: Vec<String> = within.map(|one| one.id.to_string()).collect();
    if !names.iter().any(|name| name == unit.as_str()) {
        names.push(unit.to_string());
    }
    names
}

fn complains_of(row: &incident::Model, unit: Option<&UnitId>, office: &Office) -> bool {
    let accused = row.complained_of.as_deref().map(UnitId::new);
    match (unit, accused) {
        (Some(unit), Some(Ok(accused))) => office.policy.units.is_within(unit, &accused),
        // Whom it is about cannot be read: nobody reads it.
        (Some(_), Some(Err(_))) => true,
        (None, _) | (_, None) => false,
    }
}

/// A list as people read it.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    /// In which language.
    pub language: Language,
    /// Whose; all units where none is named.
    pub unit: Option<&'a str>,
    /// Of which month.
    pub month: Month,
    /// What stands in it.
    pub items: &'a [UnitOverdue],
    /// Whose hours its times are.
    pub zone: TimeZone,
}

impl Listing<'_> {
    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        dispatch(self.language, key, values)
    }

    fn whose(&self) -> String {
        self.unit
            .map_or_else(|| self.say("letter_all_units", &[]), str::to_owned)
    }

    /// One line.
    #[must_use]
    pub fn headline(&self) -> String {
        let (month, unit) = (self.month.for_people(), self.whose());
        self.say("letter_headline", &[("month", &month), ("unit", &unit)])
    }

    /// The whole list, a line each.
    #[must_use]
    pub fn text(&self) -> String {
        let (month, unit) = (self.month.for_people(), self.whose());
        if self.items.is_empty() {
            return self.say("letter_none", &[("month", &month), ("unit", &unit)]);
        }
        let open = self.items.iter().filter(|item| item.done.is_none()).count();
        let values = [
            ("month", month.as_str()),
            ("unit", &unit),
            ("count", &self.items.len().to_string()),
            ("open", &open.to_string()),
        ];
        let mut lines = vec![self.say("letter_intro", &values), String::new()];
        lines.extend(self.items.iter().map(|item| self.line(item)));
        lines.push(String::new());
        lines.push(self.say("letter_outro", &[]));
        lines.join("\n")
    }

    fn line(&self, item: &UnitOverdue) -> String {
        let done = match item.done {
            Some(at) => self.say("letter_done", &[("time", &self.time(at))]),
            None => self.say("letter_not_done", &[]),
        };
        let values = [
            ("number", item.number.to_string()),
            ("category", self.category(item)),
            ("unit", item.unit.to_string()),
            ("stage", self.stage(item)),
            ("due", self.time(item.due)),
            ("done", done),
        ];
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.say("letter_item", &values)
    }

    /// As a table (RFC 4180, UTF-8 with its mark): spreadsheets read the letters of Vietnamese, and no cell of it as a
    /// formula.
    #[must_use]
    pub fn csv(&self) -> String {
        const COLUMNS: [&str; 7] = [
            "csv_number",
            "csv_category",
            "csv_unit",
            "csv_stage",
            "csv_due",
            "csv_done",
            "csv_days_late",
        ];
        let (_, end) = self.month.span(&self.zone);
        let mut table = vec![COLUMNS.map(|key| self.say(key, &[])).to_vec()];
        table.extend(self.items.iter().map(|item| {
            let late = item.done.unwrap_or(end).duration_since(item.due);
            vec![
                item.number.to_string(),
                self.category(item),
                item.unit.to_string(),
                self.stage(item),
                self.time(item.due),
                item.done.map_or_else(String::new, |done| self.time(done)),
                format!("{:.1}", late.as_secs_f64() / 86_400.0),
            ]
        }));
        let rows = table.iter().map(|row| {
            let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
            format!("{}\r\n", cells.join(","))
        });
        rows.fold("\u{feff}".to_owned(), |all, row| all + &row)
    }

    /// A name for a file of it.
    #[must_use]
    pub fn file_name(&self) -> String {
        let unit = self.unit.map_or(String::new(), |unit| format!("-{unit}"));
        format!("overdue-{}{unit}.csv", self.month)
    }

    fn category(&self, item: &UnitOverdue) -> String {
        let (family, which) = item
            .category
            .split_once('/')
            .map_or((item.category.as_str(), None), |(family, which)| {
                (family, Some(which))
            });
        let family = self.say(&format!("kind_{family}"), &[]);
        which.map_or(family.clone(), |which| format!("{family} ({which})"))
    }

    fn stage(&self, item: &UnitOverdue) -> String {
        casework::deadline::Stage::from_word(&item.stage).map_or_else(
            || item.stage.clone(),
            |stage| stage_word(self.language, stage),
        )
    }

    fn time(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        local.strftime("%H:%M %d/%m/%Y").to_string()
    }
}

/// One cell; what a spreadsheet would take for a formula is marked as text.
fn cell(text: &str) -> String {
    let marked = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match marked.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", marked.replace('"', "\"\"")),
        false => marked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u64, category: &str, done: Option<&str>) -> UnitOverdue {
        UnitOverdue {
            incident: uuid::Uuid::nil(),
            number,
            category: category.to_owned(),
            unit: "to-1".parse().unwrap(),
            stage: "process".to_owned(),
            due: "2026-10-05T09:00:00Z".parse().unwrap(),
            done: done.map(|done| done.parse().unwrap()),
        }
    }

    fn listing(language: Language, items: &[UnitOverdue]) -> Listing<'_> {
        Listing {
            language,
            unit: Some("cap-nuoc"),
            month: "2026-10".parse().unwrap(),
            items,
            zone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        }
    }

    #[test]
    fn a_list_reads_as_text_and_as_a_table() {
        let items = [
            item(9, "infrastructure/water", None),
            item(10, "encroachment", Some("2026-10-06T21:00:00Z")),
        ];
        let vietnamese = listing(Language::Vietnamese, &items);
        let text = vietnamese.text();
        for part in [
            "Trong tháng 10/2026, đơn vị cap-nuoc",
            "2 lượt",
            "1 lượt chưa xong",
            "Sự cố số 9 (Hạ tầng (water)), to-1",
            "16:00 05/10/2026",
            "xong lúc 04:00 07/10/2026",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        let table = vietnamese.csv();
        let lines: Vec<&str> = table.split("\r\n").collect();
        assert!(lines[0].starts_with("\u{feff}Số,"), "{table}");
        assert_eq!(
            lines[2],
            "10,\"Lấn chiếm vỉa hè, lòng đường\",to-1,xử lý,16:00 05/10/2026,04:00 07/10/2026,1.5"
        );
        assert_eq!((lines.len(), lines[3]), (4, ""));
        // Not done by the end of the month: late until then, no further.
        assert!(lines[1].ends_with(",,26.3"), "{table}");
        assert_eq!(vietnamese.file_name(), "overdue-2026-10-cap-nuoc.csv");
        let english = listing(Language::English, &items).text();
        assert!(
            english.contains("10/2026") && english.contains("not done"),
            "{english}"
        );
        let none = listing(Language::Vietnamese, &[]).text();
        assert!(none.contains("không có việc quá hạn"), "{none}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("a,b", "\"a,b\""),
            ("-\"x\"\n", "\"'-\"\"x\"\"\n\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
