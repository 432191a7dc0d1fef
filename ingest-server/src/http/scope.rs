//! What a caller may know of: the incidents, cameras and agents within their reach. What lies outside
//! is told as what does not exist.
//!
//! What does not belong here: how far a reach goes (`people::scope`), rights (`rights`).

use std::collections::BTreeSet;
use std::sync::Arc;

use casework::area::Place;
use casework::unit::UnitId;
use contract::v1::{Action, AgentId, CameraId, CommandId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::AppState;
use super::error::ApiError;
use crate::changes::Change;
use crate::incident::IncidentId;
use crate::login::LiveSession;
use crate::office::Office;
use crate::people::Reach;
use crate::people::scope::Subject;
use crate::store::entity::{camera, incident};
use crate::store::{self, IncidentFilter, StoreError};

/// Most incidents that are looked through for one page of whoever sees a part of the map. A page that
/// is not full by then ends early, and its cursor goes on.
const MOST_LOOKED_THROUGH: usize = 4_000;

/// Somebody's reach, with the map and the units it is measured on.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    reach: Reach,
    office: Arc<Office>,
}

/// A page of incidents and where the next one begins.
pub(super) struct Seen {
    /// Newest first.
    pub(super) rows: Vec<incident::Model>,
    /// The number before which the next page begins; none where nothing is left.
    pub(super) next: Option<i64>,
}

impl Sight {
    /// What this caller sees.
    pub(super) async fn of(state: &AppState, session: &LiveSession) -> Result<Self, ApiError> {
        Ok(Self {
            reach: session.reach(),
            office: state.offices.in_force(&state.store).await?,
        })
    }

    /// Does it reach every incident there is?
    pub(super) fn is_whole(&self) -> bool {
        self.reach.is_whole()
    }

    /// Does it reach this incident?
    pub(super) fn has(&self, row: &incident::Model) -> Result<bool, StoreError> {
        if self.reach.is_whole() {
            return Ok(true);
        }
        let subject = Subject {
            kind: &row.kind,
            detail: &row.detail,
            place: row.place.as_deref().map(place_of).transpose()?,
            day: self.day_of(row.occurred_start)?,
            units: units_of(row)?,
            complained_of: row.complained_of.as_deref().map(unit_of).transpose()?,
        };
        let Office { atlas, policy, .. } = &*self.office;
        Ok(self.reach.has(&subject, atlas, &policy.units))
    }

    /// Does it reach this camera?
    pub(super) fn has_camera(&self, row: &camera::Model) -> Result<bool, StoreError> {
        if self.reach.is_everywhere() {
            return Ok(true);
        }
        let place = row.place.as_deref().map(place_of).transpose()?;
        let today = self.day_of(Timestamp::now().as_microsecond())?;
        Ok(self.reach.has_camera(place, today, &self.office.atlas))
    }

    /// The day on which areas are asked, where the policy's days begin.
    fn day_of(&self, at: i64) -> Result<Date, StoreError> {
        let at = Timestamp::from_microsecond(at).map_err(|_| StoreError::Unreadable {
            table: "incidents",
            column: "occurred_start",
        })?;
        Ok(at.to_zoned(self.office.policy.zone.clone()).date())
    }

    /// The units whose incidents alone it reaches, in words of the store; none where it is no unit's.
    fn units(&self) -> Option<Vec<String>> {
        if !self.reach.role.is_unit() {
            return None;
        }
        let tree = &self.office.policy.units;
        let own = self.reach.unit.iter();
        let below = own.clone().flat_map(|own| {
            tree.iter()
                .map(|unit| &unit.id)
                .filter(move |unit| tree.is_within(unit, own))
        });
        Some(own.clone().chain(below).map(ToString::to_string).collect())
    }

    /// Is a part of the map out of reach?
    pub(super) fn is_partial(&self) -> bool {
        !self.reach.is_everywhere()
    }

    /// A page of what it reaches.
    pub(super) async fn page(
        &self,
        state: &AppState,
        mut filter: IncidentFilter,
        limit: usize,
    ) -> Result<Seen, ApiError> {
        let mut seen = Seen {
            rows: Vec::new(),
            next: None,
        };
        let mut looked_through = 0;
        filter.kinds = self
            .reach
            .scopes
            .iter()
            .map(|scope| scope.kinds.clone())
            .collect();
        filter.units = self.units();
        // One more than the page holds tells whether there is another page.
        filter.limit = limit as u64 + 1;
        loop {
            let rows = store::incidents(&state.store, &filter).await?;
            let last = rows.last().map(|row| row.number);
            let found_all = rows.len() <= limit;
            looked_through += rows.len();
            for row in rows {
                if !self.has(&row)? {
                    continue;
                }
                if seen.rows.len() == limit {
                    seen.next = seen.rows.last().map(|row| row.number);
                    return Ok(seen);
                }
                seen.rows.push(row);
            }
            if found_all {
                return Ok(seen);
            }
            if looked_through >= MOST_LOOKED_THROUGH {
                seen.next = last;
                return Ok(seen);
            }
            filter.before = last;
        }
    }
}

/// An incident within reach.
pub(super) async fn incident(
    state: &AppState,
    session: &LiveSession,
    id: IncidentId,
) -> Result<incident::Model, ApiError> {
    let row = store::find_incident(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let sight = Sight::of(state, session).await?;
    if sight.has(&row)? {
        Ok(row)
    } else {
        Err(ApiError::NotFound)
    }
}

/// A camera within reach. One that nobody has heard of is within reach of whoever sees the whole map.
pub(super) async fn camera(
    state: &AppState,
    session: &LiveSession,
    (agent, id): (&AgentId, &CameraId),
) -> Result<(), ApiError> {
    let sight = Sight::of(state, session).await?;
    let known = match store::camera(&state.store, agent, id).await? {
        Some(row) => sight.has_camera(&row)?,
        None => !sight.is_partial(),
    };
    if known {
        Ok(())
    } else {
        Err(ApiError::NotFound)
    }
}

/// A command about a camera within reach.
pub(super) async fn command(
    state: &AppState,
    session: &LiveSession,
    id: CommandId,
) -> Result<(), ApiError> {
    let row = store::command(&state.store, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    if !Sight::of(state, session).await?.is_partial() {
        return Ok(());
    }
    let unreadable = |column| StoreError::Unreadable {
        table: "commands",
        column,
    };
    let agent = row.agent.parse().map_err(|_| unreadable("agent"))?;
    let action: Action = serde_json::from_str(&row.action).map_err(|_| unreadable("action"))?;
    camera(state, session, (&agent, action.camera())).await
}

/// An agent that has a camera within reach, or any agent for whoever sees the whole map.
pub(super) async fn agent(
    state: &AppState,
    session: &LiveSession,
    agent: &AgentId,
) -> Result<(), ApiError> {
    let sight = Sight::of(state, session).await?;
    if sees_agent(state, &sight, agent).await? {
        Ok(())
    } else {
        Err(ApiError::NotFound)
    }
}

/// The names of the agents that have a camera within reach; none where all are.
pub(super) async fn agents(
    state: &AppState,
    session: &LiveSession,
) -> Result<Option<BTreeSet<String>>, ApiError> {
    let sight = Sight::of(state, session).await?;
    if !sight.is_partial() {
        return Ok(None);
    }
    let mut seen = BTreeSet::new();
    for row in store::cameras(&state.store).await? {
        if sight.has_camera(&row)? {
            seen.insert(row.agent);
        }
    }
    Ok(Some(seen))
}

async fn sees_agent(state: &AppState, sight: &Sight, agent: &AgentId) -> Result<bool, StoreError> {
    if !sight.is_partial() {
        return Ok(true);
    }
    for row in store::cameras(&state.store).await? {
        if row.agent == agent.as_str() && sight.has_camera(&row)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// May they learn of this change?
pub(super) async fn sees_change(
    state: &AppState,
    session: &LiveSession,
    change: &Change,
) -> Result<bool, ApiError> {
    let sight = Sight::of(state, session).await?;
    Ok(match change {
        Change::Incident { .. } if sight.reach.is_whole() => true,
        Change::Incident { id, .. } => match store::find_incident(&state.store, *id).await? {
            Some(row) => sight.has(&row)?,
            None => false,
        },
        Change::Camera { agent, camera } => match store::camera(&state.store, agent, camera).await?
        {
            Some(row) => sight.has_camera(&row)?,
            None => !sight.is_partial(),
        },
        Change::Agent { agent } | Change::Command { agent, .. } => {
            sees_agent(state, &sight, agent).await?
        }
        Change::Quarantine => true,
    })
}

fn place_of(json: &str) -> Result<Place, StoreError> {
    let place = serde_json::from_str(json).map_err(|_| StoreError::Unreadable {
        table: "incidents",
        column: "place",
    })?;
    let position = match place {
        contract::v1::Place::Point { position, .. } => position,
        contract::v1::Place::Bearing(bearing) => bearing.from,
    };
    Ok(Place {
        lat: position.lat,
        lon: position.lon,
    })
}

fn units_of(row: &incident::Model) -> Result<Vec<UnitId>, StoreError> {
    let supporting = serde_json::from_str(&row.supporting).map_err(|_| StoreError::Unreadable {
        table: "incidents",
        column: "supporting",
    });
    let lead = row.lead_unit.as_deref().map(unit_of).transpose()?;
    let mut units: Vec<UnitId> = supporting?;
    units.extend(lead);
    Ok(units)
}

fn unit_of(text: &str) -> Result<UnitId, StoreError> {
    UnitId::new(text).map_err(|_| StoreError::Unreadable {
        table: "incidents",
        column: "lead_unit",
    })
}
