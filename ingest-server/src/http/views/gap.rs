//! What agents had to let go.

use contract::v1::GapLoss;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SeverityWord, json, time, word};
use crate::store::StoreError;
use crate::store::entity::gap_report;

/// The newest gap report of each outbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapReportList {
    /// Those that came last first.
    pub items: Vec<GapReportView>,
}

/// Everything that one agent's outbox ever let go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GapReport)]
pub struct GapReportView {
    /// The agent.
    pub agent: String,
    /// The outbox, by the name it gave itself: one that is made anew begins at nothing.
    pub outbox: String,
    /// Grows with every gap report of the outbox.
    pub revision: i64,
    /// When the server received it.
    pub received_at: Timestamp,
    /// What went.
    pub losses: Vec<GapLossView>,
}

/// How many of one thing went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GapLoss)]
pub struct GapLossView {
    /// What went: `update`, `event`, `dead_letter`, `evidence`.
    #[schema(example = "evidence")]
    pub what: &'static str,
    /// The severity of the events it belonged to.
    pub severity: SeverityWord,
    /// How many.
    pub count: u64,
    /// When the first one went, by the agent's clock.
    pub first: Timestamp,
    /// When the last one went, by the agent's clock.
    pub last: Timestamp,
}

impl TryFrom<gap_report::Model> for GapReportView {
    type Error = StoreError;
    fn try_from(row: gap_report::Model) -> Result<Self, StoreError> {
        let losses: Vec<GapLoss> = json(&row.losses, "gap_reports", "losses")?;
        let losses = losses.into_iter().map(|loss| {
            let severity = serde_json::to_value(loss.severity).unwrap_or_default();
            Ok(GapLossView {
                what: loss.what.as_str(),
                severity: word(
                    severity.as_str().unwrap_or_default(),
                    "gap_reports",
                    "losses",
                )?,
                count: loss.count,
                first: loss.first,
                last: loss.last,
            })
        });
        Ok(Self {
            received_at: time(row.received_at, "gap_reports", "received_at")?,
            losses: losses.collect::<Result<_, StoreError>>()?,
            agent: row.agent,
            outbox: row.outbox,
            revision: row.revision,
        })
    }
}
