//! What a role may do: the whole table, in one place. Pure.
//!
//! A right says that something may be done at all. Which incidents it may be done to is the scope's
//! ([`super::scope`]), whether an incident's life allows it is `casework::lifecycle`'s, and which
//! route needs which right stands in `http/rights.rs`.

use std::fmt;
use std::str::FromStr;

use casework::people::Role;
use serde::{Deserialize, Serialize};

use crate::incident::UnknownWord;

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $($role:ident)|*;)+) => {
        /// Something that a person or a program may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Right {
            $($(#[$doc])* #[serde(rename = $word)] $name,)+
        }

        impl Right {
            /// Every right, in the order of a form.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the store and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// Has the role this right?
            #[must_use]
            pub const fn is_of(self, role: Role) -> bool {
                match self {
                    $(Self::$name => matches!(role, $(Role::$role)|*),)+
                }
            }
        }
    };
}

rights! {
    /// Read incidents, their history and how they were merged.
    SeeIncidents = "see_incidents": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator | Auditor;
    /// Watch changes as they happen.
    Watch = "watch": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator | Auditor;
    /// Take steps in an incident's life; which ones, its life says.
    Act = "act": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator;
    /// Merge, split, undo, answer suggestions.
    Merge = "merge": Operator | ShiftLead | Administrator;
    /// Look at pictures and clips, masked.
    SeeEvidence = "see_evidence": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator | Auditor;
    /// See plates, and pictures and clips as the camera made them, for a stated purpose.
    Unmask = "unmask": Operator | ShiftLead | TrafficPolice | Administrator;
    /// Write the plate that one reads on a vehicle.
    TypePlate = "type_plate": Operator | ShiftLead | TrafficPolice | Administrator;
    /// Ask for a redacted copy.
    Redact = "redact": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator;
    /// Download sealed bundles.
    Export = "export": Operator | ShiftLead | TrafficPolice | Administrator;
    /// Release sealed bundles, for good.
    Release = "release": ShiftLead | Administrator;
    /// Give redacted copies out of the house.
    Disclose = "disclose": ShiftLead | Administrator;
    /// Read through whose hands evidence went, and the chains of manifests.
    SeeCustody = "see_custody": Operator | ShiftLead | TrafficPolice | Administrator | Auditor;
    /// See cameras and agents, and how they do.
    SeeCameras = "see_cameras": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator | Auditor;
    /// Read commands, desired state and gap reports.
    SeeOrders = "see_orders": Operator | ShiftLead | ForestUnit | Administrator | Auditor;
    /// Give agents commands: a still, a clip, a rehearsal of a rule.
    Command = "command": Operator | ShiftLead | ForestUnit | Administrator;
    /// Change what is wanted of agents.
    SetDesired = "set_desired": Administrator;
    /// Read agents' keys.
    SeeKeys = "see_keys": Administrator | Auditor;
    /// Shut agents and their keys out.
    ManageAgents = "manage_agents": Administrator;
    /// Read what could not be taken in.
    SeeQuarantine = "see_quarantine": Administrator | Auditor;
    /// Read the metrics from another machine.
    SeeMetrics = "see_metrics": Administrator;
    /// Enter a report for somebody who called or wrote.
    EnterReports = "enter_reports": Operator | ShiftLead | Administrator;
    /// Send reports in as a program.
    SubmitReports = "submit_reports": Operator | ShiftLead | Administrator;
    /// See who reported, for a stated purpose.
    SeeContacts = "see_contacts": Operator | ShiftLead | Administrator;
    /// Anonymise or erase who reported, and hold what the law holds.
    EraseContacts = "erase_contacts": ShiftLead | Administrator;
    /// Read units, areas, rules of routing, deadlines and targets of dispatch.
    SeePolicy = "see_policy": Operator | ShiftLead | AgencyHandler | AgencyLeader | TrafficPolice | ForestUnit | Administrator | Auditor;
    /// Change them.
    SetPolicy = "set_policy": Administrator;
    /// Read what was sent to whom, and what became of it.
    SeeDispatch = "see_dispatch": Operator | ShiftLead | ForestUnit | Administrator | Auditor;
    /// Send anew what could not be delivered, and ring again.
    Dispatch = "dispatch": Operator | ShiftLead | ForestUnit | Administrator;
    /// Read accounts and keys of programs.
    SeeAccounts = "see_accounts": Administrator | Auditor;
    /// Make and change accounts, and keys for programs.
    ManageAccounts = "manage_accounts": Administrator;
    /// Read who unmasked what, saw whose contact data, changed which account.
    ReadAccessLog = "read_access_log": Administrator | Auditor;
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Right {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .find(|right| right.as_str() == text)
            .copied()
            .ok_or_else(|| UnknownWord {
                what: "a right",
                word: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_has_no_right_and_an_auditor_changes_nothing() {
        const READING: [Right; 12] = [
            Right::SeeIncidents,
            Right::Watch,
            Right::SeeEvidence,
            Right::SeeCustody,
            Right::SeeCameras,
            Right::SeeOrders,
            Right::SeeKeys,
            Right::SeeQuarantine,
            Right::SeePolicy,
            Right::SeeDispatch,
            Right::SeeAccounts,
            Right::ReadAccessLog,
        ];
        for right in Right::ALL {
            assert!(!right.is_of(Role::Citizen), "{right}");
            assert_eq!(
                right.is_of(Role::Auditor),
                READING.contains(right),
                "{right}"
            );
            assert!(right.is_of(Role::Administrator), "{right}");
            assert_eq!(right.as_str().parse(), Ok(*right));
            let word = serde_json::to_value(right).unwrap();
            assert_eq!(word, right.as_str());
        }
    }

    /// Whoever acts for one unit neither takes others' incidents apart nor sees faces.
    #[test]
    fn units_neither_merge_nor_unmask_but_the_police() {
        for role in [Role::AgencyHandler, Role::AgencyLeader, Role::ForestUnit] {
            for right in [
                Right::Merge,
                Right::Unmask,
                Right::Export,
                Right::SeeContacts,
            ] {
                assert!(!right.is_of(role), "{right} {role}");
            }
        }
        assert!(Right::Unmask.is_of(Role::TrafficPolice));
        assert!(!Right::SeeContacts.is_of(Role::TrafficPolice));
    }
}
