//! Units and their tree: city → commune → team. A lead unit acts, supporting units help.
//!
//! What does not belong here: how a unit is reached (dispatch), which area it answers for (routing).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// A unit's short name: 1 to 64 characters of `a-z`, `0-9`, `-`, as in the topic of its incidents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitId(String);

impl UnitId {
    /// Takes a name.
    ///
    /// # Errors
    /// [`BadUnitId`] for an empty or long one, or another character.
    pub fn new(text: &str) -> Result<Self, BadUnitId> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
            return Err(BadUnitId(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// Some name, for asking what could be done with one.
    pub(crate) fn any() -> Self {
        Self("-".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UnitId {
    type Error = BadUnitId;
    fn try_from(text: String) -> Result<Self, BadUnitId> {
        Self::new(&text)
    }
}

impl From<UnitId> for String {
    fn from(unit: UnitId) -> Self {
        unit.0
    }
}

/// A name that no unit can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no unit's name: 1 to 64 characters of a-z, 0-9 and -")]
pub struct BadUnitId(pub String);

/// Must a leader approve an answer before it is published?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// A leader of the unit approves or sends back.
    #[default]
    ByLeader,
    /// The handler's answer stands.
    NotNeeded,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its short name.
    pub id: UnitId,
    /// Its name on a screen.
    pub name: String,
    /// The unit above it; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Who approves its answers.
    #[serde(default)]
    pub approval: Approval,
}

/// All units. Invariant: every parent is there, and going up always ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitTree(BTreeMap<UnitId, Unit>);

impl UnitTree {
    /// Builds the tree.
    ///
    /// # Errors
    /// [`TreeFault`] for a unit named twice, a parent that is not there, or a circle.
    pub fn new(units: impl IntoIterator<Item = Unit>) -> Result<Self, TreeFault> {
        let mut found = BTreeMap::new();
        for unit in units {
            if let Some(twice) = found.insert(unit.id.clone(), unit) {
                return Err(TreeFault::Twice(twice.id));
            }
        }
        let tree = Self(found);
        for unit in tree.0.values() {
            tree.check_upwards(unit)?;
        }
        Ok(tree)
    }

    /// A unit by its name.
    #[must_use]
    pub fn get(&self, id: &UnitId) -> Option<&Unit> {
        self.0.get(id)
    }

    /// Every unit, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.0.values()
    }

    /// Is `unit` the unit `above`, or somewhere below it?
    #[must_use]
    pub fn is_within(&self, unit: &UnitId, above: &UnitId) -> bool {
        self.upwards(unit).any(|at| at == above)
    }

    /// The unit itself, then the ones above it.
    pub fn upwards<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = &'a UnitId> {
        std::iter::successors(Some(unit), |at| self.0.get(*at)?.parent.as_ref())
    }

    fn check_upwards(&self, unit: &Unit) -> Result<(), TreeFault> {
        let mut seen = BTreeSet::from([&unit.id]);
        let mut at = unit;
        while let Some(parent) = &at.parent {
            if !seen.insert(parent) {
                return Err(TreeFault::Circle(unit.id.clone()));
            }
            at = self.0.get(parent).ok_or_else(|| TreeFault::NoParent {
                unit: at.id.clone(),
                parent: parent.clone(),
            })?;
        }
        Ok(())
    }
}

/// Why units make no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Two units have one name.
    #[error("unit {0} is named twice")]
    Twice(UnitId),
    /// The parent does not exist.
    #[error("unit {unit} stands below {parent}, which does not exist")]
    NoParent {
        /// The unit.
        unit: UnitId,
        /// What it names.
        parent: UnitId,
    },
    /// Going up comes back.
    #[error("unit {0} stands below itself")]
    Circle(UnitId),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: &str, parent: Option<&str>) -> Unit {
        Unit {
            id: UnitId::new(id).unwrap(),
            name: id.to_uppercase(),
            parent: parent.map(|parent| UnitId::new(parent).unwrap()),
            approval: Approval::ByLeader,
        }
    }

    #[test]
    fn a_team_is_within_its_commune_and_city() {
        let tree = UnitTree::new([
            unit("city", None),
            unit("commune", Some("city")),
            unit("team", Some("commune")),
            unit("other", Some("city")),
        ])
        .unwrap();
        let id = |text| UnitId::new(text).unwrap();
        for (below, above, expected) in [
            ("team", "team", true),
            ("team", "city", true),
            ("team", "other", false),
            ("city", "team", false),
        ] {
            assert_eq!(
                tree.is_within(&id(below), &id(above)),
                expected,
                "{below} {above}"
            );
        }
    }

    #[test]
    fn faults_name_the_unit() {
        let id = |text| UnitId::new(text).unwrap();
        assert_eq!(
            UnitTree::new([unit("a", None), unit("a", None)]),
            Err(TreeFault::Twice(id("a")))
        );
        assert_eq!(
            UnitTree::new([unit("a", Some("b"))]),
            Err(TreeFault::NoParent {
                unit: id("a"),
                parent: id("b")
            })
        );
        assert_eq!(
            UnitTree::new([unit("a", Some("b")), unit("b", Some("a"))]),
            Err(TreeFault::Circle(id("a")))
        );
        for bad in ["", "Ward", "a b", "đội", &"a".repeat(65)] {
            assert!(UnitId::new(bad).is_err(), "{bad}");
        }
    }
}
