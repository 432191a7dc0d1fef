//! What Vọng asks of a broker, held against the embedded one and against Mosquitto with the
//! configuration in `config/broker/`.
//!
//! The embedded broker runs in a process of its own (this test binary, started again), so that it
//! can be killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod client;
mod embedded;
mod harness;
mod mosquitto;
mod tls;

use self::embedded::Embedded;
use self::harness::Broker as _;
use self::mosquitto::Mosquitto;

macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod on_embedded {
            $( #[tokio::test]
            async fn $case() {
                let mut broker = super::Embedded::start().await;
                super::cases::$case(&mut broker).await;
            } )+
            use super::*;
        }
        mod on_mosquitto {
            $( #[tokio::test]
            async fn $case() {
                if !super::mosquitto::is_installed() {
                    eprintln!("skipped: mosquitto is not installed; install the package mosquitto");
                    return;
                }
                let mut broker = super::Mosquitto::start().await;
                super::cases::$case(&mut broker).await;
            } )+
            use super::*;
        }
    };
}

on_both!(
    a_share_group_outlives_a_member_with_unacknowledged_messages,
    a_share_group_outlives_its_only_member,
    a_newcomer_gets_more_than_a_hundred_retained_messages,
    acks_may_come_out_of_order,
    an_agent_cannot_publish_elsewhere,
    an_agent_cannot_read_elsewhere,
    a_unit_reads_and_answers_on_its_own_topics_alone,
    a_teller_tells_agents_one_thing_and_nobody_else_does,
    strangers_are_refused,
    nobody_takes_over_anothers_session,
    after_a_kill_everybody_begins_anew,
);

#[tokio::test]
async fn nothing_settled_is_lost_by_a_kill_of_mosquitto() {
    if !mosquitto::is_installed() {
        eprintln!("skipped: mosquitto is not installed; install the package mosquitto");
        return;
    }
    let mut broker = Mosquitto::start().await;
    cases::nothing_settled_is_lost_by_a_kill(&mut broker).await;
}
