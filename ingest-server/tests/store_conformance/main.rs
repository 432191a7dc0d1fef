//! One suite holds the store to its word on SQLite and on PostgreSQL.
//!
//! PostgreSQL runs from the machine's own binaries in a private cluster; where there are none the
//! test says so and ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batches;
mod cases;
mod citizens;
mod casework;
mod copies;
mod dispatch;
mod merging;
mod order;
mod postgres;
mod support;

use ingest_server::store::Store;

use self::support::fresh_sqlite;

macro_rules! each_case {
    ($fresh:expr) => {
        each_case!($fresh, migrating_twice_changes_nothing, a_transaction_that_is_dropped_never_happened,
            the_same_report_is_a_duplicate_and_other_bytes_a_conflict, nobody_speaks_of_anothers_event,
            a_token_is_good_once_and_in_time, a_key_never_changes_hands,
            enrolling_again_voids_the_former_secrets, a_key_keeps_its_dates_and_is_not_trusted_again,
            a_revoked_agent_is_out,
            stored_evidence_stays_stored, an_older_camera_status_never_replaces_a_newer,
            quarantine_counts_and_is_bounded, what_came_is_kept_byte_for_byte)
    };
    ($fresh:expr, $($case:ident),+) => {
        $( cases::$case(&$fresh().await).await; )+
        copies::what_a_piece_shows_is_kept(&$fresh().await).await;
        copies::a_copy_is_made_once_and_by_one(&$fresh().await).await;
        copies::a_custody_log_is_a_chain_of_its_own(&$fresh().await).await;
        merging::merge_and_undo_leave_every_row_as_it_was(&$fresh().await).await;
        merging::what_came_later_is_kept_by_an_undo(&$fresh().await).await;
        merging::two_bearings_are_a_place_and_an_undo_takes_it_back(&$fresh().await).await;
        merging::a_third_that_joined_is_kept_by_an_undo(&$fresh().await).await;
        merging::cameras_of_one_place_file_one_incident_with_reasons(&$fresh().await).await;
        casework::a_case_comes_back_as_it_was_written(&$fresh().await).await;
        casework::a_document_is_set_on_the_version_that_was_seen(&$fresh().await).await;
        casework::an_incident_is_looked_at_by_one_server_at_a_time(&$fresh().await).await;
        dispatch::a_notice_is_taken_up_once_and_what_is_told_once_is_remembered_once(&$fresh().await).await;
        dispatch::a_message_is_tried_given_up_and_replayed(&$fresh().await).await;
        dispatch::a_newer_message_takes_the_place_of_what_waits(&$fresh().await).await;
        dispatch::what_waits_for_a_unit_that_may_not_hear_it_is_let_go(&$fresh().await).await;
        dispatch::what_is_not_acknowledged_in_time_is_told_once(&$fresh().await).await;
        dispatch::a_list_of_a_month_is_made_and_sent_once(&$fresh().await).await;
        citizens::what_is_told_opens_joins_and_sums_up(&$fresh().await).await;
        citizens::merging_citizens_and_cameras_and_undoing_it(&$fresh().await).await;
        citizens::what_is_erased_is_in_no_table(&$fresh().await).await;
        citizens::one_key_is_one_report(&$fresh().await).await;
        batches::every_cut_into_batches_gives_the_same_rows(|| async { $fresh().await }).await;
        order::every_order_of_revisions_gives_the_same_rows(|| async { $fresh().await }).await;
    };
}

#[tokio::test]
async fn sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let fresh = || async { fresh_sqlite(dir.path()).await };
    each_case!(fresh);
    let url = format!("sqlite://{}/old.db", dir.path().display());
    casework::older_rows_are_taken_over(&Store::open(&url).await.unwrap()).await;
    let url = format!("sqlite://{}/before.db", dir.path().display());
    dispatch::older_notices_are_taken_over(&Store::open(&url).await.unwrap()).await;
}

#[tokio::test]
async fn postgresql() {
    let Some(cluster) = postgres::Cluster::start() else {
        eprintln!("skipped: no PostgreSQL binaries below /usr/lib/postgresql; install postgresql");
        return;
    };
    let fresh = || async {
        let store = Store::open(&cluster.fresh_database()).await.unwrap();
        store.migrate().await.unwrap();
        store
    };
    each_case!(fresh);
    let old = Store::open(&cluster.fresh_database()).await.unwrap();
    casework::older_rows_are_taken_over(&old).await;
    let old = Store::open(&cluster.fresh_database()).await.unwrap();
    dispatch::older_notices_are_taken_over(&old).await;
}
