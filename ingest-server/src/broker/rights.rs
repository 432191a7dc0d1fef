//! Who may publish and read what: pure, and denied unless a line here says otherwise.
//!
//! `config/broker/acl.conf` says the same to an external Mosquitto; the conformance tests hold both
//! to it.

use contract::v1::{AgentId, TOPIC_ROOT, Topic, UnitId};

use super::teller::Teller;

/// The user name of the server's own client.
pub const SERVER_USER: &str = "ingest";

/// Who is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// The ingest server itself.
    Server,
    /// An agent.
    Agent(AgentId),
    /// A unit that acts on incidents.
    Unit(UnitId),
    /// Somebody who tells agents one thing.
    Teller(Teller),
}

/// Opens a unit's user name: no agent's name holds a dot.
pub(super) const UNIT_PREFIX: &str = "unit.";

/// The user name, and the client id, of a unit.
#[must_use]
pub fn unit_user(unit: &UnitId) -> String {
    format!("{UNIT_PREFIX}{unit}")
}

impl Client {
    /// The client that authenticated under this user name, if the name can be one.
    #[must_use]
    pub fn of_user(name: &str) -> Option<Self> {
        if name == SERVER_USER {
            return Some(Self::Server);
        }
        if let Some(unit) = name.strip_prefix(UNIT_PREFIX) {
            return unit.parse().ok().map(Self::Unit);
        }
        if let Ok(teller) = name.parse() {
            return Some(Self::Teller(teller));
        }
        name.parse().ok().map(Self::Agent)
    }

    /// Whether it may use this MQTT client id. An agent's is its name: with another's it would take
    /// over that agent's session, and read what waits in it.
    #[must_use]
    pub fn may_use_client_id(&self, client_id: &str) -> bool {
        match self {
            Self::Server => client_id.starts_with("vong-ingest"),
            Self::Agent(agent) => client_id == agent.as_str(),
            Self::Unit(unit) => client_id == unit_user(unit),
            Self::Teller(teller) => client_id == teller.to_string(),
        }
    }
}

/// A unit's rights as lines of Mosquitto's `acl_file`: `%u` would hold its user name, not the unit's.
#[must_use]
pub fn unit_acl(unit: &UnitId) -> String {
    let (told, acks) = (
        Topic::UnitIncidents(unit.clone()),
        Topic::UnitAcks(unit.clone()),
    );
    let user = unit_user(unit);
    format!("\nuser {user}\ntopic read {told}\ntopic write {acks}\n")
}

/// Whether `client` may publish on `topic`.
#[must_use]
pub fn may_publish(client: &Client, topic: &str) -> bool {
    match client {
        Client::Server => below_root(topic),
        Client::Agent(agent) => match topic.parse::<Topic>() {
            Ok(
                Topic::Reports(owner)
                | Topic::AgentStatus(owner)
                | Topic::CameraStatus(owner, _)
                | Topic::Answers(owner),
            ) => owner == *agent,
            _ => false,
        },
        Client::Unit(unit) => {
            matches!(topic.parse::<Topic>(), Ok(Topic::UnitAcks(owner)) if owner == *unit)
        }
        Client::Teller(teller) => topic
            .parse::<Topic>()
            .is_ok_and(|topic| teller.may_publish(&topic)),
    }
}

/// Whether `client` may subscribe to `filter`.
#[must_use]
pub fn may_subscribe(client: &Client, filter: &str) -> bool {
    match client {
        Client::Server => below_root(filter.strip_prefix("$share/ingest/").unwrap_or(filter)),
        Client::Agent(agent) => match filter.parse::<Topic>() {
            Ok(
                Topic::Acks(owner)
                | Topic::Desired(owner)
                | Topic::Commands(owner)
                | Topic::CameraPose(owner, _),
            ) => owner == *agent,
            Ok(Topic::Signal(_)) => true,
            _ => filter == all_signals(),
        },
        Client::Unit(unit) => {
            matches!(filter.parse::<Topic>(), Ok(Topic::UnitIncidents(owner)) if owner == *unit)
        }
        Client::Teller(_) => false,
    }
}

fn below_root(topic: &str) -> bool {
    topic
        .strip_prefix(TOPIC_ROOT)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn all_signals() -> String {
    // The topic builder takes ids only, so the wildcard is put where an id stands.
    let any: Result<UnitId, _> = "any".parse();
    any.map(|id| Topic::Signal(id).to_string().replace("/any/", "/+/"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent() -> Client {
        Client::of_user("hue-01").unwrap()
    }

    #[test]
    fn an_agent_publishes_only_below_its_own_branch() {
        for topic in ["reports", "status", "answers", "cameras/cam-1/status"] {
            assert!(
                may_publish(&agent(), &format!("vong/v1/agents/hue-01/{topic}")),
                "{topic}"
            );
            assert!(
                !may_publish(&agent(), &format!("vong/v1/agents/hue-02/{topic}")),
                "{topic}"
            );
        }
        for topic in [
            "vong/v1/agents/hue-01/acks",
            "vong/v1/agents/hue-01/desired",
            "vong/v1/agents/hue-01/commands",
            "vong/v1/agents/hue-01/cameras/cam-1/status/x",
            "vong/v1/agents/hue-01/cameras/CAM/status",
            "vong/v1/signals/s-1/state",
            "vong/v1/units/u-1/acks",
            "vong/v1/units/u-1/incidents",
            "vong/v2/agents/hue-01/reports",
            "$SYS/x",
            "",
        ] {
            assert!(!may_publish(&agent(), topic), "{topic}");
        }
    }

    #[test]
    fn an_agent_reads_only_what_is_meant_for_it() {
        for filter in [
            "vong/v1/agents/hue-01/acks",
            "vong/v1/agents/hue-01/desired",
            "vong/v1/agents/hue-01/commands",
            "vong/v1/agents/hue-01/cameras/cam-1/pose",
            "vong/v1/signals/+/state",
            "vong/v1/signals/s-1/state",
        ] {
            assert!(may_subscribe(&agent(), filter), "{filter}");
        }
        for filter in [
            "#",
            "vong/#",
            "vong/v1/agents/+/acks",
            "vong/v1/agents/hue-02/acks",
            "vong/v1/agents/hue-02/cameras/cam-1/pose",
            "vong/v1/agents/hue-01/#",
            "vong/v1/agents/hue-01/+",
            "vong/v1/agents/hue-01/reports",
            "vong/v1/signals/#",
            "vong/v1/units/+/incidents",
            "$share/ingest/vong/v1/agents/+/reports",
            "$share/x/vong/v1/agents/hue-01/acks",
            "$SYS/#",
        ] {
            assert!(!may_subscribe(&agent(), filter), "{filter}");
        }
    }

    #[test]
    fn a_unit_reads_and_answers_on_its_own_topics_alone() {
        let unit = Client::of_user("unit.kiem-lam").unwrap();
        assert_eq!(Client::of_user("unit.Kiem Lam"), None);
        assert!(may_subscribe(&unit, "vong/v1/units/kiem-lam/incidents"));
        assert!(may_publish(&unit, "vong/v1/units/kiem-lam/acks"));
        for filter in [
            "#",
            "vong/v1/units/+/incidents",
            "vong/v1/units/other/incidents",
            "vong/v1/units/kiem-lam/acks",
            "vong/v1/units/kiem-lam/#",
            "vong/v1/signals/+/state",
            "vong/v1/agents/kiem-lam/acks",
            "$share/ingest/vong/v1/units/kiem-lam/incidents",
        ] {
            assert!(!may_subscribe(&unit, filter), "{filter}");
        }
        for topic in [
            "vong/v1/units/kiem-lam/incidents",
            "vong/v1/units/other/acks",
            "vong/v1/agents/kiem-lam/reports",
            "vong/v1/agents/unit.kiem-lam/reports",
        ] {
            assert!(!may_publish(&unit, topic), "{topic}");
        }
        assert!(unit.may_use_client_id("unit.kiem-lam"));
        assert!(!unit.may_use_client_id("kiem-lam"));
        // An agent of the same name is somebody else.
        let namesake = Client::of_user("kiem-lam").unwrap();
        assert!(!may_subscribe(
            &namesake,
            "vong/v1/units/kiem-lam/incidents"
        ));
        assert!(!may_publish(&namesake, "vong/v1/units/kiem-lam/acks"));
    }

    #[test]
    fn a_teller_tells_one_thing_and_reads_nothing() {
        const SIGNAL: &str = "vong/v1/signals/nga-tu-1/state";
        const POSE: &str = "vong/v1/agents/hue-01/cameras/thap-canh/pose";
        const NEIGHBOUR: &str = "vong/v1/agents/hue-01/cameras/cam-2/pose";
        for (name, own) in [
            ("signal.nga-tu-1", &[SIGNAL][..]),
            ("pose.hue-01", &[POSE, NEIGHBOUR]),
            ("pose.hue-01.thap-canh", &[POSE]),
        ] {
            let teller = Client::of_user(name).unwrap();
            assert!(matches!(teller, Client::Teller(_)), "{name}");
            for topic in [
                SIGNAL,
                POSE,
                NEIGHBOUR,
                "vong/v1/signals/nga-tu-2/state",
                "vong/v1/agents/hue-02/cameras/thap-canh/pose",
                "vong/v1/agents/hue-01/cameras/thap-canh/status",
                "vong/v1/agents/hue-01/cameras/+/pose",
                "vong/v1/agents/hue-01/reports",
                "vong/v1/agents/hue-01/desired",
                "vong/v1/units/nga-tu-1/acks",
            ] {
                assert_eq!(
                    may_publish(&teller, topic),
                    own.contains(&topic),
                    "{name} on {topic}"
                );
                assert!(!may_subscribe(&teller, topic), "{name} reads {topic}");
            }
            assert!(!may_subscribe(&teller, "#"));
            assert!(teller.may_use_client_id(name));
            assert!(!teller.may_use_client_id("hue-01"));
        }
        // An agent of a controller's name is somebody else.
        let namesake = Client::of_user("nga-tu-1").unwrap();
        assert!(!may_publish(&namesake, SIGNAL));
    }

    #[test]
    fn the_server_stays_below_the_root_and_in_its_group() {
        assert!(may_publish(&Client::Server, "vong/v1/agents/hue-01/acks"));
        assert!(may_subscribe(
            &Client::Server,
            "$share/ingest/vong/v1/agents/+/reports"
        ));
        assert!(may_subscribe(&Client::Server, "vong/v1/agents/+/status"));
        for filter in [
            "#",
            "$SYS/#",
            "vong/v1",
            "$share/other/vong/v1/agents/+/reports",
        ] {
            assert!(!may_subscribe(&Client::Server, filter), "{filter}");
        }
    }

    /// Whose a topic is, in the names of this table.
    const CLIENTS: [(&str, &str); 6] = [
        ("server", SERVER_USER),
        ("own agent", "hue-01"),
        ("other agent", "hue-02"),
        ("own unit", "unit.kiem-lam"),
        ("other unit", "unit.trat-tu"),
        // An account of a person is an agent's name here, if anything: nobody's topic.
        ("person", "lan"),
    ];

    /// Who may publish and who may read each topic; a new one must be put into this table to compile.
    fn of(topic: &Topic) -> (&'static [&'static str], &'static [&'static str]) {
        match topic {
            Topic::Reports(_)
            | Topic::AgentStatus(_)
            | Topic::CameraStatus(..)
            | Topic::Answers(_) => (&["server", "own agent"], &["server"]),
            Topic::Acks(_) | Topic::Desired(_) | Topic::Commands(_) | Topic::CameraPose(..) => {
                (&["server"], &["server", "own agent"])
            }
            Topic::UnitIncidents(_) => (&["server"], &["server", "own unit"]),
            Topic::UnitAcks(_) => (&["server", "own unit"], &["server"]),
            Topic::Signal(_) => (
                &["server"],
                &["server", "own agent", "other agent", "person"],
            ),
        }
    }

    #[test]
    fn every_topic_is_its_owners_whoever_asks() {
        let (agent, camera) = (
            "hue-01".parse::<AgentId>().unwrap(),
            "cam-1".parse().unwrap(),
        );
        let unit: UnitId = "kiem-lam".parse().unwrap();
        let topics = [
            Topic::Reports(agent.clone()),
            Topic::Acks(agent.clone()),
            Topic::AgentStatus(agent.clone()),
            Topic::CameraStatus(agent.clone(), camera),
            Topic::CameraPose(agent.clone(), "cam-1".parse().unwrap()),
            Topic::Desired(agent.clone()),
            Topic::Commands(agent.clone()),
            Topic::Answers(agent),
            Topic::UnitIncidents(unit.clone()),
            Topic::UnitAcks(unit.clone()),
            Topic::Signal(unit),
        ];
        for topic in &topics {
            let (publish, read) = of(topic);
            let text = topic.to_string();
            for (name, user) in CLIENTS {
                let client = Client::of_user(user).unwrap();
                assert_eq!(
                    may_publish(&client, &text),
                    publish.contains(&name),
                    "{name} publishes {text}"
                );
                assert_eq!(
                    may_subscribe(&client, &text),
                    read.contains(&name),
                    "{name} reads {text}"
                );
                // With a wildcard where a name stands a filter reaches others' too: the server's alone.
                let parts: Vec<&str> = text.split('/').collect();
                for at in 2..parts.len() {
                    let mut filter = parts.clone();
                    filter[at] = "+";
                    let filter = filter.join("/");
                    let signals = filter == all_signals() && read.contains(&name);
                    let may = name == "server" || signals;
                    assert_eq!(
                        may_subscribe(&client, &filter),
                        may,
                        "{name} reads {filter}"
                    );
                    assert!(
                        name == "server" || !may_publish(&client, &filter),
                        "{name} publishes {filter}"
                    );
                }
            }
        }
    }

    #[test]
    fn nobody_takes_over_anothers_session() {
        assert!(agent().may_use_client_id("hue-01"));
        assert!(!agent().may_use_client_id("hue-02"));
        assert!(!agent().may_use_client_id("vong-ingest-1"));
        assert!(Client::Server.may_use_client_id("vong-ingest-1"));
        assert!(!Client::Server.may_use_client_id("hue-01"));
    }
}
