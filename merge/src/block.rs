//! Which incidents come into question at all: keys under which they are filed and asked for.
//!
//! A key is a cell of H3 (its ground), a cell and a family for what is seen or wanders far, a plate,
//! or a camera. An incident is filed under the keys of its witnesses until its window is over; a
//! report asks for the keys that reach it. So the cost of a question follows what is around it, not
//! the history.

use std::collections::BTreeSet;

use h3o::{CellIndex, LatLng, Resolution};

use crate::category::FAR_FROM_M;
use crate::model::Model;
use crate::place::{Place, metres};
use crate::plate;
use crate::profile::{Profile, doubted};
use crate::witness::Witness;

/// Cells for what lies near: 66 m wide on an edge.
const NEAR: Resolution = Resolution::Ten;
/// From any point of a cell, each further ring reaches at least so far; metres.
const NEAR_RING_M: f64 = 105.0;
/// Most rings that are asked for: 127 cells.
const MOST_NEAR_RINGS: u32 = 6;
/// Cells for what is seen or wanders far: 8.5 km on an edge.
const FAR: Resolution = Resolution::Five;
const FAR_RING_M: f64 = 13_500.0;
const MOST_FAR_RINGS: u32 = 4;
/// An incident's own uncertainty, which the asking side does not know; metres.
const ITS_SIGMA_M: f64 = 30.0;

/// A key under which incidents are found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The key as text: it is stored as such.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn near(cell: CellIndex) -> Self {
        Self(format!("n{cell}"))
    }

    fn far(cell: CellIndex, family: &str) -> Self {
        Self(format!("f{cell}/{family}"))
    }

    fn plate(text: &str) -> Self {
        Self(format!("p{}", plate::normal(text)))
    }

    fn camera(camera: &str) -> Self {
        Self(format!("c{camera}"))
    }
}

/// The keys under which an incident is filed, in order.
#[must_use]
pub fn filed_under(model: &Model, profile: &Profile) -> Vec<Key> {
    let mut keys = BTreeSet::new();
    for member in profile.members() {
        own(model, member, &mut keys);
        if let Some(cell) = anchor(member, FAR) {
            let far = member.codes().filter(|code| model.category(code).is_far());
            keys.extend(far.map(|code| Key::far(cell, code.family())));
        }
    }
    keys.into_iter().collect()
}

/// The keys of a witness itself.
fn own(model: &Model, witness: &Witness, keys: &mut BTreeSet<Key>) {
    if matches!(doubted(model, witness), Some(Place::Point { .. })) {
        keys.extend(anchor(witness, NEAR).map(Key::near));
    }
    keys.extend(witness.plate.as_ref().map(|plate| Key::plate(&plate.text)));
    keys.extend(witness.camera.as_deref().map(Key::camera));
}

/// The keys that a report asks for, in order.
#[must_use]
pub fn asked_for(model: &Model, witness: &Witness) -> Vec<Key> {
    let mut keys = BTreeSet::new();
    own(model, witness, &mut keys);
    let habit = model.category(witness.believed());
    if let Some(Place::Point { uncertainty_m, .. }) = doubted(model, witness) {
        let sigma = uncertainty_m.hypot(ITS_SIGMA_M).hypot(habit.extent_m);
        let reach = habit.radius_m.min(FAR_FROM_M) + 2.0 * sigma;
        let rings = rings(reach, NEAR_RING_M, MOST_NEAR_RINGS);
        if let Some(cell) = anchor(witness, NEAR) {
            keys.extend(cell.grid_disk::<Vec<_>>(rings).into_iter().map(Key::near));
        }
    }
    if let Some(cell) = anchor(witness, FAR) {
        for code in witness.codes() {
            let habit = model.category(code);
            if !habit.is_far() {
                continue;
            }
            let rings = rings(habit.reach_m(), FAR_RING_M, MOST_FAR_RINGS);
            let cells = cell.grid_disk::<Vec<_>>(rings);
            keys.extend(cells.into_iter().map(|cell| Key::far(cell, code.family())));
        }
    }
    keys.into_iter().collect()
}

/// The candidates that are worth weighing, where there are more than `most`: those nearest to the
/// report, or the first where it has no place.
pub fn narrow<'a, T>(
    witness: &Witness,
    candidates: &mut Vec<T>,
    most: usize,
    profile: impl Fn(&T) -> &'a Profile,
) {
    if candidates.len() > most
        && let Some(place) = witness.place
    {
        candidates.sort_by_cached_key(|candidate| {
            let apart = profile(candidate)
                .members()
                .iter()
                .filter_map(|member| member.place)
                .map(|its| metres(&place, &its))
                .fold(f64::INFINITY, f64::min);
            // Whole decimetres; what has no place comes last.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a distance on earth, or the largest number"
            )]
            let decimetres = (apart * 10.0) as u64;
            decimetres
        });
    }
    candidates.truncate(most);
}

fn rings(reach_m: f64, ring_m: f64, most: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a handful"
    )]
    let rings = (reach_m / ring_m).ceil().clamp(1.0, f64::from(most)) as u32;
    rings
}

fn anchor(witness: &Witness, resolution: Resolution) -> Option<CellIndex> {
    let (lat, lon) = witness.place.filter(Place::is_valid)?.anchor();
    Some(LatLng::new(lat, lon).ok()?.to_cell(resolution))
}
