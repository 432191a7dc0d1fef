//! Which incident an event belongs to: the first, simple answer.
//!
//! The same camera, the same zone, the same kind and detail, while the incident is open. A link
//! never silences anything: an incident that people rejected, or that its camera cleared, takes no
//! new event, fire or not; the event opens a new one.

use contract::v1::{AgentId, AutoReport, CameraId, Interval, Kind, Phase, ZoneId};

use super::IncidentId;
use super::lifecycle::State;

/// What two events must share to be told as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MergeKey {
    /// The agent.
    pub agent: AgentId,
    /// The camera.
    pub camera: CameraId,
    /// The zone, if any.
    pub zone: Option<ZoneId>,
    /// The family of event.
    pub kind: Kind,
    /// Which of the family.
    pub detail: String,
}

impl MergeKey {
    /// The key of a report.
    #[must_use]
    pub fn of(report: &AutoReport) -> Self {
        Self {
            agent: report.agent.clone(),
            camera: report.camera.clone(),
            zone: report.zone.clone(),
            kind: report.kind,
            detail: report.detail.clone(),
        }
    }
}

/// An incident that might take the event.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which one.
    pub id: IncidentId,
    /// What its events share.
    pub key: MergeKey,
    /// What people decided.
    pub state: State,
    /// What its camera says.
    pub camera_phase: Phase,
    /// From when to when.
    pub occurred: Interval,
}

/// Why a candidate does not take the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Veto {
    /// Another camera, zone, kind or detail.
    OtherKey,
    /// The event was over before the incident began.
    OverBefore,
    /// The camera had cleared the incident.
    Cleared,
    /// People had rejected the incident.
    Rejected,
}

/// The newest candidate that takes an event with this key and interval, or the strongest veto.
///
/// # Errors
/// The veto that came nearest to a link; `None` where there was no candidate at all.
pub fn choose(
    key: &MergeKey,
    occurred: Interval,
    candidates: &[Candidate],
) -> Result<IncidentId, Option<Veto>> {
    let mut veto = None;
    let mut best: Option<&Candidate> = None;
    for candidate in candidates {
        match vetoed(key, occurred, candidate) {
            Some(found) => veto = veto.max(Some(found)),
            None if best.is_none_or(|best| newer(candidate, best)) => best = Some(candidate),
            None => {}
        }
    }
    best.map(|candidate| candidate.id).ok_or(veto)
}

fn newer(a: &Candidate, b: &Candidate) -> bool {
    (a.occurred.start, a.id) > (b.occurred.start, b.id)
}

fn vetoed(key: &MergeKey, occurred: Interval, candidate: &Candidate) -> Option<Veto> {
    if candidate.key != *key {
        Some(Veto::OtherKey)
    } else if matches!(candidate.state, State::Rejected(_)) {
        Some(Veto::Rejected)
    } else if candidate.camera_phase == Phase::Cleared {
        Some(Veto::Cleared)
    } else if occurred
        .end
        .is_some_and(|end| end < candidate.occurred.start)
    {
        Some(Veto::OverBefore)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::incident::lifecycle::RejectReason;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(camera: &str, zone: Option<&str>, kind: Kind, detail: &str) -> MergeKey {
        MergeKey {
            agent: "a".parse().unwrap(),
            camera: camera.parse().unwrap(),
            zone: zone.map(|zone| zone.parse().unwrap()),
            kind,
            detail: detail.to_owned(),
        }
    }

    fn fire() -> MergeKey {
        key("c", Some("z"), Kind::FireSmoke, "smoke")
    }

    fn open(start: i64) -> Candidate {
        Candidate {
            id: IncidentId::new(),
            key: fire(),
            state: State::New,
            camera_phase: Phase::Raised,
            occurred: Interval {
                start: at(start),
                end: None,
            },
        }
    }

    const NOW: i64 = 1_000;

    fn link(key: &MergeKey, candidates: &[Candidate]) -> Result<IncidentId, Option<Veto>> {
        choose(
            key,
            Interval {
                start: at(NOW),
                end: None,
            },
            candidates,
        )
    }

    #[test]
    fn an_open_incident_of_the_same_key_takes_the_event_whatever_people_are_doing() {
        for state in [State::New, State::Acknowledged, State::Confirmed] {
            for camera_phase in [Phase::Raised, Phase::Updated] {
                let candidate = Candidate {
                    state,
                    camera_phase,
                    ..open(900)
                };
                assert_eq!(
                    link(&fire(), std::slice::from_ref(&candidate)),
                    Ok(candidate.id)
                );
            }
        }
    }

    #[test]
    fn each_part_of_the_key_counts() {
        for other in [
            key("d", Some("z"), Kind::FireSmoke, "smoke"),
            key("c", Some("y"), Kind::FireSmoke, "smoke"),
            key("c", None, Kind::FireSmoke, "smoke"),
            key("c", Some("z"), Kind::Encroachment, "smoke"),
            key("c", Some("z"), Kind::FireSmoke, "flame"),
        ] {
            assert_eq!(
                link(&other, &[open(900)]),
                Err(Some(Veto::OtherKey)),
                "{other:?}"
            );
        }
        assert_eq!(link(&fire(), &[]), Err(None));
    }

    #[test]
    fn nothing_is_merged_into_something_closed() {
        for kind in Kind::ALL {
            let key = key("c", Some("z"), kind, "d");
            let base = Candidate {
                key: key.clone(),
                ..open(900)
            };
            let cleared = Candidate {
                camera_phase: Phase::Cleared,
                ..base.clone()
            };
            assert_eq!(link(&key, &[cleared]), Err(Some(Veto::Cleared)));
            for reason in RejectReason::ALL {
                let rejected = Candidate {
                    state: State::Rejected(reason),
                    ..base.clone()
                };
                assert_eq!(link(&key, &[rejected]), Err(Some(Veto::Rejected)));
            }
        }
    }

    #[test]
    fn what_was_over_before_the_incident_began_is_another_story() {
        let over = Interval {
            start: at(100),
            end: Some(at(200)),
        };
        assert_eq!(
            choose(&fire(), over, &[open(900)]),
            Err(Some(Veto::OverBefore))
        );
        assert!(choose(&fire(), over, &[open(200)]).is_ok());
    }

    #[test]
    fn the_newest_wins_in_any_order() {
        let (old, new) = (open(800), open(900));
        assert_eq!(link(&fire(), &[old.clone(), new.clone()]), Ok(new.id));
        assert_eq!(link(&fire(), &[new.clone(), old]), Ok(new.id));
    }
}
