//! What a target must be told now, from what happened, how the incident stands, and what the target
//! was told before.
//!
//! What does not belong here: sending it, and what becomes of it ([`crate::delivery`]).

use serde::{Deserialize, Serialize};

use crate::facts::{Cause, Facts, Review};
use crate::family::Family;
use crate::target::{Occasion, Target, UnreviewedFire};

/// What a message is to those before it. The words of the Common Alerting Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The first of it.
    Alert,
    /// Takes the place of what was said.
    Update,
    /// Takes back what was said.
    Cancel,
}

impl Word {
    /// The word in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Update => "update",
            Self::Cancel => "cancel",
        }
    }

    /// Reads a word back.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Alert, Self::Update, Self::Cancel]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// What a target was told of one incident, as far as it may have heard it: a message that was never
/// begun to be sent counts as not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    /// Nothing.
    Silent,
    /// Last this.
    Told(Word),
}

/// What is to be done for one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// It is told.
    Tell(Word),
    /// Nothing: the target did not ask for such news.
    NotWanted,
    /// Nothing: what is to be taken back or added to was never said.
    NeverTold,
}

/// What a target must be told.
///
/// A fire may go out before a person has looked, where the target's policy says so; nothing else may.
/// Who was told is told how it went on, whatever the target asks for now: an alarm that went out is
/// never left standing by a change of policy.
#[must_use]
pub fn plan(target: &Target, cause: &Cause, facts: &Facts, thread: Thread) -> Plan {
    let again = match thread {
        Thread::Silent | Thread::Told(Word::Cancel) => Word::Alert,
        Thread::Told(Word::Alert | Word::Update) => Word::Update,
    };
    let is_standing = again == Word::Update;
    match cause {
        Cause::Rejected => only_told(is_standing, Word::Cancel),
        // What was real is over, not taken back.
        Cause::Closed | Cause::MergedInto(_) | Cause::Reopened => {
            only_told(is_standing, Word::Update)
        }
        Cause::NoAck(of) => tell(target.name.as_str() != of, again),
        Cause::Routed(unit) => {
            let is_theirs = *unit == target.unit && target.sends_on(Occasion::Routed);
            tell(is_standing || is_theirs, again)
        }
        Cause::Released(_) => tell(
            target.kinds.contains(&facts.kind) && target.sends_on(Occasion::Released),
            again,
        ),
        // Another report of what is known is news of a fire alone.
        Cause::Again if facts.kind != Family::FireSmoke => Plan::NotWanted,
        Cause::DeadlineNear(_)
        | Cause::DeadlineMissed(_)
        | Cause::CallDue(_)
        | Cause::ReviewDue(_) => tell(is_of_its_time(target, cause, facts, is_standing), again),
        Cause::Raised | Cause::Again | Cause::Grew | Cause::Confirmed => {
            if facts.review == Review::Rejected && *cause != Cause::Again {
                // The verdict overtook the news of the alarm.
                return Plan::NeverTold;
            }
            tell(is_standing || wants(target, facts), again)
        }
    }
}

/// Whether a target that was told nothing is to be told of such an incident.
fn wants(target: &Target, facts: &Facts) -> bool {
    is_of_interest(target, facts)
        && match facts.review {
            Review::Confirmed => target.sends_on(Occasion::Confirmed),
            Review::Unconfirmed | Review::Rejected => goes_unreviewed(target, facts),
        }
}

fn is_of_interest(target: &Target, facts: &Facts) -> bool {
    target.kinds.contains(&facts.kind) && facts.severity >= target.min_severity
}

fn goes_unreviewed(target: &Target, facts: &Facts) -> bool {
    facts.kind == Family::FireSmoke
        && match target.unreviewed_fire {
            UnreviewedFire::Wait => false,
            UnreviewedFire::Send => true,
            UnreviewedFire::SendSeen => facts.events > 0,
        }
}

/// Whether what time demands of an incident is told to a target: to the unit that has it, to who watches over all,
/// and to whom the call tree names as it names targets. It says nothing of the danger, so that no alert is made of it.
fn is_of_its_time(target: &Target, cause: &Cause, facts: &Facts, is_standing: bool) -> bool {
    if target.channel.speaks_cap() {
        return false;
    }
    let asks = |occasion| target.sends_on(occasion) && is_of_interest(target, facts);
    let is_theirs = facts.lead.as_ref() == Some(&target.unit);
    let is_named = matches!(cause, Cause::CallDue(call) if call.contact == target.name.as_str());
    is_named
        || asks(Occasion::AllDeadlines)
        || (is_theirs && (is_standing || asks(Occasion::Deadlines)))
}

const fn tell(wanted: bool, word: Word) -> Plan {
    if wanted {
        Plan::Tell(word)
    } else {
        Plan::NotWanted
    }
}

const fn only_told(is_standing: bool, word: Word) -> Plan {
    if is_standing {
        Plan::Tell(word)
    } else {
        Plan::NeverTold
    }
}

#[cfg(test)]
mod tests {
    use casework::deadline::Stage;
    use contract::v1::{EventId, Kind};
    use jiff::Timestamp;

    use super::*;
    use crate::facts::{Besides, BundleFacts, Call, StageEnd};
    use crate::target::testing::{facts, target};

    const TOLD: Thread = Thread::Told(Word::Alert);

    fn unreviewed() -> Facts {
        facts(Kind::FireSmoke, Review::Unconfirmed)
    }

    #[test]
    fn a_fire_goes_out_unreviewed_only_by_policy_and_nothing_else_ever() {
        let eager = target("unreviewed_fire = \"send\"");
        let patient = target("");
        let fire = unreviewed();
        let plan_of =
            |target: &Target, facts: &Facts| plan(target, &Cause::Raised, facts, Thread::Silent);
        assert_eq!(plan_of(&eager, &fire), Plan::Tell(Word::Alert));
        assert_eq!(plan_of(&patient, &fire), Plan::NotWanted);
        for family in Family::ALL {
            let other = facts(family, Review::Unconfirmed);
            let told = plan_of(&eager, &other) == Plan::Tell(Word::Alert);
            assert_eq!(told, family == Family::FireSmoke, "{family:?}");
        }
    }

    #[test]
    fn what_only_citizens_tell_goes_out_where_the_policy_says_so() {
        let told = Facts {
            events: 0,
            reports: 1,
            ..unreviewed()
        };
        for (keys, expected) in [
            ("", Plan::NotWanted),
            ("unreviewed_fire = \"send_seen\"", Plan::NotWanted),
            ("unreviewed_fire = \"send\"", Plan::Tell(Word::Alert)),
        ] {
            let target = target(keys);
            for cause in [Cause::Raised, Cause::Again] {
                let planned = plan(&target, &cause, &told, Thread::Silent);
                assert_eq!(planned, expected, "{keys} {cause}");
            }
        }
    }

    fn in_time() -> [Cause; 4] {
        let end = StageEnd {
            stage: Stage::Process,
            round: 0,
            due: Timestamp::UNIX_EPOCH,
        };
        let call = Call {
            round: 0,
            rung: 0,
            contact: "a".to_owned(),
        };
        [
            Cause::DeadlineNear(end),
            Cause::DeadlineMissed(end),
            Cause::CallDue(call),
            Cause::ReviewDue(jiff::civil::date(2026, 9, 10)),
        ]
    }

    #[test]
    fn deadlines_are_told_to_who_has_it_and_to_who_watches_over_all() {
        // Whose it is, what the target asks for, what it was told, and whether it is told now.
        let table = [
            (
                "kiem-lam",
                "send_on = [\"deadlines\"]",
                Thread::Silent,
                true,
            ),
            ("kiem-lam", "send_on = [\"routed\"]", TOLD, true),
            ("kiem-lam", "send_on = [\"routed\"]", Thread::Silent, false),
            (
                "phuong-1",
                "send_on = [\"deadlines\"]",
                Thread::Silent,
                false,
            ),
            ("phuong-1", "send_on = [\"deadlines\"]", TOLD, false),
            (
                "phuong-1",
                "send_on = [\"all_deadlines\"]",
                Thread::Silent,
                true,
            ),
            (
                "phuong-1",
                "kinds = [\"stray_cattle\"]\nsend_on = [\"all_deadlines\"]",
                Thread::Silent,
                false,
            ),
        ];
        for (lead, keys, thread, expected) in table {
            let mut target = target(keys);
            target.name = "b".parse().unwrap();
            let facts = Facts {
                lead: Some(lead.parse().unwrap()),
                ..facts(Kind::FireSmoke, Review::Confirmed)
            };
            for cause in in_time() {
                let told = matches!(plan(&target, &cause, &facts, thread), Plan::Tell(_));
                assert_eq!(told, expected, "{lead} {keys} {cause}");
            }
        }
    }

    #[test]
    fn whom_the_call_tree_names_is_told_of_the_call_alone() {
        let named = target("kinds = [\"stray_cattle\"]\nsend_on = [\"routed\"]");
        let facts = facts(Kind::FireSmoke, Review::Confirmed);
        for cause in in_time() {
            let told = plan(&named, &cause, &facts, Thread::Silent) == Plan::Tell(Word::Alert);
            assert_eq!(told, matches!(cause, Cause::CallDue(_)), "{cause}");
        }
    }

    #[test]
    fn a_message_says_what_those_before_it_could_not() {
        let end = StageEnd {
            stage: Stage::Process,
            round: 0,
            due: Timestamp::UNIX_EPOCH,
        };
        let mut first = facts(Family::Encroachment, Review::Confirmed);
        first.bundle = Some(BundleFacts {
            event: EventId::new(),
            proposed_offence: None,
            redacted: Vec::new(),
            not_redacted: Vec::new(),
        });
        let near = Cause::DeadlineNear(end);
        let mut second = facts(Family::Encroachment, Review::Confirmed);
        second.take_over(&Cause::Confirmed, &first);
        second.take_over(&near, &first);
        let mut third = Facts {
            bundle: None,
            besides: Vec::new(),
            ..second.clone()
        };
        third.take_over(&Cause::DeadlineMissed(end), &second);
        third.take_over(&near, &second);
        assert_eq!(third.bundle, first.bundle);
        let besides: Vec<_> = third.besides.iter().filter_map(Besides::cause).collect();
        assert_eq!(besides, [near, Cause::DeadlineMissed(end)]);
    }

    #[test]
    fn no_alert_of_danger_is_made_of_a_deadline() {
        let targets = crate::target::Targets::parse(
            "[cap]\nsender = \"a\"\nsender_name = \"A\"\n[[target]]\nname = \"a\"\nunit = \"kiem-lam\"\n\
             kinds = [\"fire_smoke\"]\nchannel = { type = \"cap_feed\", token_file = \"t\" }",
        )
        .unwrap();
        let feed = &targets.targets[0];
        let facts = Facts {
            lead: Some(feed.unit.clone()),
            ..facts(Kind::FireSmoke, Review::Confirmed)
        };
        for cause in in_time() {
            assert_eq!(plan(feed, &cause, &facts, TOLD), Plan::NotWanted, "{cause}");
        }
    }

    #[test]
    fn a_verdict_updates_or_cancels_what_went_out() {
        let eager = target("unreviewed_fire = \"send\"");
        let confirmed = facts(Kind::FireSmoke, Review::Confirmed);
        let rejected = facts(Kind::FireSmoke, Review::Rejected);
        for (cause, facts, thread, expected) in [
            (Cause::Confirmed, &confirmed, TOLD, Plan::Tell(Word::Update)),
            (
                Cause::Confirmed,
                &confirmed,
                Thread::Silent,
                Plan::Tell(Word::Alert),
            ),
            (Cause::Rejected, &rejected, TOLD, Plan::Tell(Word::Cancel)),
            (Cause::Rejected, &rejected, Thread::Silent, Plan::NeverTold),
            (
                Cause::Rejected,
                &rejected,
                Thread::Told(Word::Cancel),
                Plan::NeverTold,
            ),
            // The verdict overtook the alarm.
            (Cause::Raised, &rejected, Thread::Silent, Plan::NeverTold),
            (Cause::Reopened, &confirmed, TOLD, Plan::Tell(Word::Update)),
            (
                Cause::Confirmed,
                &confirmed,
                Thread::Told(Word::Cancel),
                Plan::Tell(Word::Alert),
            ),
        ] {
            assert_eq!(plan(&eager, &cause, facts, thread), expected, "{cause:?}");
        }
    }

    #[test]
    fn a_link_never_silences_a_fire() {
        let eager = target("unreviewed_fire = \"send\"");
        for review in [Review::Unconfirmed, Review::Confirmed, Review::Rejected] {
            for thread in [Thread::Silent, TOLD, Thread::Told(Word::Cancel)] {
                let facts = facts(Kind::FireSmoke, review);
                let planned = plan(&eager, &Cause::Again, &facts, thread);
                assert!(
                    matches!(planned, Plan::Tell(Word::Alert | Word::Update)),
                    "{review:?} {thread:?}: {planned:?}"
                );
            }
        }
    }

    #[test]
    fn another_report_of_anything_else_is_no_news() {
        let told = target("kinds = [\"stray_cattle\"]");
        let cattle = facts(Kind::StrayCattle, Review::Confirmed);
        assert_eq!(plan(&told, &Cause::Again, &cattle, TOLD), Plan::NotWanted);
    }

    #[test]
    fn who_was_told_hears_the_end_whatever_the_policy_says_by_then() {
        let other = target("kinds = [\"stray_cattle\"]\nsend_on = [\"released\"]");
        let rejected = facts(Kind::FireSmoke, Review::Rejected);
        assert_eq!(
            plan(&other, &Cause::Rejected, &rejected, TOLD),
            Plan::Tell(Word::Cancel)
        );
    }

    #[test]
    fn a_unit_is_told_what_is_routed_to_it_alone() {
        let told = target("send_on = [\"routed\"]");
        let facts = facts(Kind::FireSmoke, Review::Confirmed);
        let mine = Cause::Routed(told.unit.clone());
        let theirs = Cause::Routed("cong-an".parse().unwrap());
        assert_eq!(
            plan(&told, &mine, &facts, Thread::Silent),
            Plan::Tell(Word::Alert)
        );
        assert_eq!(
            plan(&told, &theirs, &facts, Thread::Silent),
            Plan::NotWanted
        );
        assert_eq!(
            plan(&told, &Cause::Confirmed, &facts, Thread::Silent),
            Plan::NotWanted
        );
    }

    #[test]
    fn small_things_are_not_told_but_their_end_is() {
        let picky = target("min_severity = \"critical\"");
        let facts = facts(Kind::FireSmoke, Review::Confirmed);
        assert_eq!(
            plan(&picky, &Cause::Confirmed, &facts, Thread::Silent),
            Plan::NotWanted
        );
        assert_eq!(
            plan(&picky, &Cause::Closed, &facts, TOLD),
            Plan::Tell(Word::Update)
        );
    }
}
