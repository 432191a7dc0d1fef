//! What is reported near a place already, and still open.

use citizens::Service;
use jiff::Timestamp;
use merge::block::{Key, asked_for};
use merge::{Code, Source, Span, Witness};

use super::follow::stage_of;
use super::{Reception, ReceptionError};
use crate::store;
use crate::store::entity::incident;

/// Most incidents that are shown.
const MOST: usize = 20;
/// Most incidents that are looked at.
const MOST_AROUND: u64 = 300;

impl Reception {
    /// Open incidents around a place, the nearest first, each with the service it would be reported
    /// under. Kinds that no service names are not shown.
    ///
    /// # Errors
    /// [`ReceptionError::Store`].
    pub async fn nearby(
        &self,
        (lat, lon): (f64, f64),
        service: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<(incident::Model, Service, f64)>, ReceptionError> {
        let here = merge::Place::Point {
            lat,
            lon,
            uncertainty_m: 20.0,
        };
        let category = service.and_then(|code| self.services().get(code));
        let probe = Witness {
            id: String::new(),
            source: Source::Citizen,
            category: Code::new(category.map_or("other", |service| service.category.as_str())),
            named: None,
            place: Some(here),
            occurred: Span::at(now),
            text: None,
            pictures: Vec::new(),
            plate: None,
            camera: None,
            zone: None,
            reporter: None,
        };
        let keys: Vec<String> = asked_for(&self.model, &probe)
            .iter()
            .map(|key: &Key| key.as_str().to_owned())
            .collect();
        let rows = store::incidents_around(&self.store, &keys, now, MOST_AROUND).await?;
        let mut near: Vec<_> = rows
            .into_iter()
            .filter(|row| !stage_of(row).is_closed())
            .filter_map(|row| {
                let place = serde_json::from_str(row.place.as_deref()?).ok()?;
                let metres = merge::place::metres(&here, &crate::incident::witness::place(place));
                let known = self.service_of(&row)?.clone();
                Some((row, known, metres))
            })
            .filter(|(_, known, metres)| {
                *metres <= self.config.nearby_m
                    && category.is_none_or(|wanted| wanted.family() == known.family())
            })
            .collect();
        near.sort_by(|(_, _, a), (_, _, b)| a.total_cmp(b));
        near.truncate(MOST);
        Ok(near)
    }

    /// The service under which an incident would be reported.
    #[must_use]
    pub fn service_of(&self, row: &incident::Model) -> Option<&Service> {
        let whole = format!("{}/{}", row.kind, row.detail);
        let services = self.services();
        services
            .of_category(&whole)
            .or_else(|| services.of_category(&row.kind))
    }
}
