//! Who may see an incident at all, once it is routed.

use crate::lifecycle::Case;
use crate::people::Person;
use crate::unit::{UnitId, UnitTree};

/// May this person see the incident? The centre sees all; a unit what it leads or supports, and what units
/// below it do; nobody of a unit sees a complaint about it, nor about a unit above it.
#[must_use]
pub fn may_see(
    person: &Person,
    case: &Case,
    complained_of: Option<&UnitId>,
    units: &UnitTree,
) -> bool {
    if let (Some(accused), Some(own)) = (complained_of, &person.unit)
        && units.is_within(own, accused)
    {
        return false;
    }
    if person.role.is_centre() || person.role == crate::people::Role::Auditor {
        return true;
    }
    let Some(own) = person.unit.as_ref().filter(|_| person.role.is_unit()) else {
        return false;
    };
    case.lead
        .iter()
        .chain(&case.supporting)
        .any(|unit| units.is_within(unit, own))
}
