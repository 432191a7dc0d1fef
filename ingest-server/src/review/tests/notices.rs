//! What time demands is remembered for dispatch in the timer's transaction, and once.

use super::*;

/// What was remembered since the last time it was asked.
async fn remembered(town: &Town) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let tx = town.store.begin().await.unwrap();
        let claimed = store::claim_notice(&tx, at(1_000_000)).await.unwrap();
        let Some(notice) = claimed else {
            return found;
        };
        tx.commit().await.unwrap();
        let word = notice.cause.as_str().to_owned();
        found.push(notice.cause.once().unwrap_or(word));
    }
}

#[tokio::test]
async fn a_deadline_is_told_before_its_end_and_after_it_once_each() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Reporter, Source::Staff, Urgency::Normal)
        .await;
    let steps = [
        (operator(), Action::MarkEligible, 6),
        (operator(), Action::Confirm, 10),
        (handler(), Action::Accept, 30),
    ];
    town.goes(id, &steps).await;
    assert_eq!(remembered(&town).await, ["confirmed", "routed", "routed"]);
    let day = 24 * 60;
    town.takes(id, &handler(), Action::Start, 3 * day + 5)
        .await
        .unwrap();
    // Two servers look, and one of them again after a restart.
    tokio::join!(town.look(3 * day + 12), town.look(3 * day + 12));
    town.look(3 * day + 13).await;
    assert_eq!(remembered(&town).await, ["deadline_near/process/0"]);
    // The step before the warning is taken back, and the clock with it: it is warned of in the history again, and
    // nobody is told twice.
    town.undoes(id, &handler(), 3 * day + 14).await.unwrap();
    town.look(3 * day + 14).await;
    let history = town.history(id).await;
    let warned = history
        .iter()
        .filter(|row| *row == "deadline_warned process");
    assert_eq!(warned.count(), 2);
    assert_eq!(remembered(&town).await, [""; 0]);
    tokio::join!(town.look(4 * day + 11), town.look(4 * day + 11));
    town.look(4 * day + 12).await;
    assert_eq!(remembered(&town).await, ["deadline_missed/process/0"]);
}

#[tokio::test]
async fn each_rung_of_the_call_tree_is_told_once_and_the_next_round_anew() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Camera, Source::Camera, Urgency::Urgent)
        .await;
    town.takes(id, &operator(), Action::Confirm, 1)
        .await
        .unwrap();
    for minute in [1, 2, 11, 12] {
        town.look(minute).await;
    }
    let told = remembered(&town).await;
    assert_eq!(
        told,
        [
            "confirmed",
            "routed",
            "routed",
            "call_due/0/0",
            "call_due/0/1"
        ]
    );
}

#[tokio::test]
async fn what_is_rolled_back_was_never_to_be_told() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Camera, Source::Camera, Urgency::Normal)
        .await;
    let tx = town.store.begin().await.unwrap();
    let cause = notice::Cause::Confirmed;
    store::enqueue_notice(&tx, id, &cause, "lan", at(0))
        .await
        .unwrap();
    drop(tx);
    assert_eq!(remembered(&town).await, [""; 0]);
}

#[tokio::test]
async fn the_day_to_look_again_is_told_when_it_comes() {
    let town = Town::new().await;
    let id = town
        .open("water", OpenedBy::Camera, Source::Camera, Urgency::Normal)
        .await;
    let lead = person("truong-ca", Role::ShiftLead, None);
    let day = jiff::civil::date(2026, 9, 10);
    let steps = [
        (operator(), Action::Confirm, 1),
        (lead, Action::Defer(day), 2),
    ];
    town.goes(id, &steps).await;
    remembered(&town).await;
    // It begins at midnight there: 9 days and 16 hours after.
    let begin = (9 * 24 + 16) * 60;
    town.look(begin - 1).await;
    assert_eq!(remembered(&town).await, [""; 0]);
    town.look(begin).await;
    town.look(begin + 1).await;
    assert_eq!(remembered(&town).await, ["review_due/2026-09-10"]);
}
