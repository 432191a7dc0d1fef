//! The short form of the fault suite: one of each sort of fault, at a moment that the seed chose, and
//! the books balanced. `make soak` is the long form.

use std::time::Duration;

use system_tests::faults::{Fault, Plan, run};

/// Those whose recovery takes seconds, one of each sort.
const FAULTS: [Fault; 10] = [
    Fault::BrokerKilled,
    Fault::BrokerPaused,
    Fault::BrokerEmptied,
    Fault::ServerKilled,
    Fault::BothKilled,
    Fault::NetworkCut,
    Fault::NetworkHalfOpen,
    Fault::ServerDiskFull,
    Fault::ServerDatabaseLocked,
    Fault::StrangeMessages,
];

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_loses_doubles_or_spoils_an_event() {
    let plan = Plan {
        faults: FAULTS.to_vec(),
        times: 1,
        events: 8,
        within: Duration::from_millis(1500),
        lasting: (Duration::from_millis(200), Duration::from_millis(800)),
        seed: 4,
        patience: Duration::from_secs(60),
        endurance: Duration::ZERO,
    };
    let report = run(&plan, |outcome| println!("{outcome}")).await.unwrap();
    assert!(report.is_good(), "{report}");
}
