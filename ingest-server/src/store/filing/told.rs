//! Files what a citizen told as a witness: weighed against the incidents around, linked, suggested or
//! opened, as a camera's event is, in one transaction with the report's own row.

use casework::deadline::Urgency;
use casework::lifecycle::OpenedBy;
use casework::routing::Source;
use contract::v1::Severity;
use jiff::Timestamp;
use merge::block::asked_for;
use merge::{Model, Standing as Stands, Verdict, Witness};

use super::book::{Book, IncidentPage, Page, Standing};
use super::{Applied, read, write};
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::incident::intake::{Decision, weighed};
use crate::incident::told::Told;
use crate::store::entity::incident;
use crate::store::incident_facts::put_told;
use crate::store::incident_history::HistoryEntry;
use crate::store::incidents::told_of_row;
use crate::store::notices::FireNews;
use crate::store::{StoreError, Tx};

/// The reason in the history where the reporter said that it is this very incident.
const ME_TOO: &str = "me_too";
/// The reason where it was weighed: the decision is stored with every reason.
const WEIGHED: &str = "weighed";

/// A citizen's report, as far as incidents go.
#[derive(Debug, Clone)]
pub struct NewTold<'a> {
    /// What merging weighs.
    pub witness: &'a Witness,
    /// The kind that an incident of it has.
    pub kind: &'a str,
    /// Which of the kind.
    pub detail: &'a str,
    /// What it says of an incident.
    pub told: Told,
    /// Who stands in the history: `reporter`, or an account.
    pub actor: &'a str,
    /// How it came in, in the words of routing.
    pub source: Source,
    /// The incident that the reporter says it is.
    pub joins: Option<IncidentId>,
    /// When it came.
    pub now: Timestamp,
}

/// Places a citizen's report.
///
/// # Errors
/// [`StoreError::Query`], [`StoreError::Unreadable`]; then nothing of the transaction may be committed.
pub async fn file_told(tx: &Tx, model: &Model, new: &NewTold<'_>) -> Result<Applied, StoreError> {
    let asked = asked_for(model, new.witness).into_iter().collect();
    let mut book = Book::default();
    let joins = new.joins.iter().map(ToString::to_string).collect();
    let since = new.witness.occurred.start.as_microsecond();
    read::reach(tx, &asked, since, joins, &mut book).await?;
    let applied = book.tell(model, new)?;
    write::save(tx, model, book).await?;
    Ok(applied)
}

impl Book {
    fn tell(&mut self, model: &Model, new: &NewTold<'_>) -> Result<Applied, StoreError> {
        let now = new.now;
        let decision = match self.joined(new)? {
            Some(incident) => Decision::Link { incident },
            None => {
                let decided = self.company.weigh(model, new.witness, &self.incidents)?;
                let decision = weighed(decided.verdict);
                let id = match decided.verdict {
                    Verdict::Link { incident, .. } => incident,
                    Verdict::Open { .. } => IncidentId::new(),
                };
                self.company.note(model, new.witness, id, &decided, now);
                if let Decision::Open { reason } = decision {
                    self.incidents.insert(id, opened(id, new, reason.as_str())?);
                    self.company.join(model, id, new.witness);
                    return Ok(applied(decision, id, 1));
                }
                decision
            }
        };
        let Decision::Link { incident } = decision else {
            return Err(unreadable());
        };
        let page = self.incidents.get_mut(&incident).ok_or_else(unreadable)?;
        page.tell(new)?;
        let version = page.page.row.version;
        self.company.join(model, incident, new.witness);
        Ok(applied(decision, incident, version))
    }

    /// The incident that the reporter says it is, where it still takes reports.
    fn joined(&self, new: &NewTold<'_>) -> Result<Option<IncidentId>, StoreError> {
        let Some(id) = new.joins else { return Ok(None) };
        let Some(page) = self.incidents.get(&id) else {
            return Ok(None);
        };
        let stands = page.stands()?;
        Ok(matches!(stands, Some(Stands::Open | Stands::Cleared)).then_some(id))
    }
}

impl IncidentPage {
    fn tell(&mut self, new: &NewTold<'_>) -> Result<(), StoreError> {
        let row = &mut self.page.row;
        let told = match told_of_row(row)? {
            Some(before) => before.and(new.told.clone()),
            None => new.told.clone(),
        };
        let before = row.severity.clone();
        put_told(row, Some(&told));
        row.version += 1;
        row.updated_at = new.now.as_microsecond();
        let why = if new.joins.is_some() { ME_TOO } else { WEIGHED };
        let grew = is_graver(&before, &row.severity);
        self.page.standing.change();
        self.happened.push((entry(new, "link", why), new.now));
        if alarms_again(told.reports) {
            self.news.insert(FireNews::Joined);
        }
        if grew {
            self.news.insert(FireNews::Grew);
        }
        Ok(())
    }
}

/// Whether so many reports of people raise the alarm of a fire again: the first does, and each that doubles them. A
/// hundred that see one smoke are no hundred alarms.
const fn alarms_again(reports: u32) -> bool {
    reports.is_power_of_two()
}

/// Whether the second severity is above the first, both in the store's words.
fn is_graver(before: &str, after: &str) -> bool {
    let read = |word: &str| serde_json::from_value::<Severity>(word.into()).ok();
    read(before) < read(after)
}

fn opened(id: IncidentId, new: &NewTold<'_>, why: &str) -> Result<IncidentPage, StoreError> {
    let urgency = match new.told.severity {
        Severity::Critical => Urgency::Urgent,
        Severity::Low | Severity::Medium | Severity::High => Urgency::Normal,
    };
    let mut row = incident::Model {
        kind: new.kind.to_owned(),
        detail: new.detail.to_owned(),
        urgency: urgency.as_str().to_owned(),
        // No camera speaks of it: for merging it goes on until people close it.
        camera_phase: "raised".to_owned(),
        ..incident::Model::opened(id, OpenedBy::Reporter, new.source, new.now)
    };
    put_told(&mut row, Some(&new.told));
    let mut page = IncidentPage::read(row)?;
    page.page = Page::new(page.page.row);
    let mut entry = entry(new, "open", why);
    entry.to = Some(page.page.row.state.clone());
    page.happened.push((entry, new.now));
    page.news.insert(FireNews::Opened);
    debug_assert_eq!(page.page.standing, Standing::New);
    Ok(page)
}

fn entry(new: &NewTold<'_>, action: &str, why: &str) -> HistoryEntry {
    HistoryEntry {
        actor: new.actor.to_owned(),
        action: action.to_owned(),
        from: None,
        to: None,
        reason: Some(why.to_owned()),
        note: None,
    }
}

const fn applied(decision: Decision, id: IncidentId, version: i64) -> Applied {
    Applied {
        decision,
        change: Change::Incident { id, version },
    }
}

const fn unreadable() -> StoreError {
    StoreError::Unreadable {
        table: "merge_keys",
        column: "incident_id",
    }
}
