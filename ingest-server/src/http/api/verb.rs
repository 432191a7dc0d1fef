//! What the verbs on an incident have in common: how they are carried out, where the incident still
//! stands at the version that the person saw.

use axum::Json;
use casework::lifecycle::Action;
use jiff::Timestamp;

use super::incidents::in_full;
use crate::http::error::ApiError;
use crate::http::extract::OnIncident;
use crate::http::scope;
use crate::http::views::IncidentDetail;
use crate::incident::IncidentId;
use crate::review::{self, Merging, MergingVerb, Note, Verb};
use crate::store;

impl OnIncident {
    /// Decides about it.
    pub(super) async fn decide(
        self,
        action: Action,
        version: i64,
        note: Option<String>,
    ) -> Result<Json<IncidentDetail>, ApiError> {
        let verb = Verb {
            incident: self.id,
            version,
            action,
            note: Note::new(note.as_deref().unwrap_or_default())?,
        };
        let (state, now) = (&self.state, Timestamp::now());
        let stores = (&state.store, &state.offices, &state.changes);
        let who = &self.session.account;
        review::carry_out(stores.0, stores.1, stores.2, who, verb, now).await?;
        Ok(Json(in_full(&self).await?))
    }

    /// Merges it, splits it, or answers a suggestion.
    pub(super) async fn merging(
        self,
        verb: MergingVerb,
        version: i64,
        note: Option<String>,
    ) -> Result<Json<IncidentDetail>, ApiError> {
        for other in others(&self, &verb).await? {
            scope::incident(&self.state, &self.session, other).await?;
        }
        let merging = Merging {
            incident: self.id,
            version,
            verb,
            note: Note::new(note.as_deref().unwrap_or_default())?,
        };
        let (state, who) = (&self.state, &self.session.account);
        let stores = (&state.store, &state.changes);
        merging
            .carry_out(stores.0, stores.1, &state.merging, who, Timestamp::now())
            .await?;
        Ok(Json(in_full(&self).await?))
    }
}

/// The incidents that a verb names besides this one: they must lie within reach as well.
async fn others(on: &OnIncident, verb: &MergingVerb) -> Result<Vec<IncidentId>, ApiError> {
    let store = &on.state.store;
    Ok(match verb {
        MergingVerb::Merge { into } => vec![*into],
        MergingVerb::Split { .. } => Vec::new(),
        MergingVerb::Undo { step } => {
            let step = store::step(store, step).await?.ok_or(ApiError::NotFound)?;
            vec![step.step.from, step.step.to]
        }
        MergingVerb::Accept { suggestion } | MergingVerb::Decline { suggestion } => {
            let found = store::decision(store, suggestion).await?;
            let row = found.ok_or(ApiError::NotFound)?.row;
            let candidate = row.candidate_id.as_deref().and_then(|id| id.parse().ok());
            let home = store::home_of_witness(store, &row.witness_id).await?;
            candidate.into_iter().chain(home).collect()
        }
    })
}
