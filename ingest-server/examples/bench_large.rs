//! What lists and merges cost in a database of millions: fills one, then asks. Prints figures and asserts
//! none; `make bench-large` runs it. `bench-large [sqlite|postgresql] [COUNT]…`

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "it prints figures")]

#[path = "../tests/large/city.rs"]
mod city;
#[path = "../tests/store_conformance/postgres.rs"]
mod postgres;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::v1::EventId;
use ingest_server::store::{self, IncidentFilter, Store, VerifiedReport};
use ingest_server::telemetry::MERGE_SECONDS;
use jiff::Timestamp;
use merge::Model;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

const QUESTIONS: usize = 400;
const PAGE: u64 = 50;

#[tokio::main]
async fn main() {
    let decisions = Decisions::default();
    metrics::set_global_recorder(decisions.clone()).unwrap();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (bases, counts): (Vec<String>, Vec<String>) = wanted
        .into_iter()
        .partition(|word| word.parse::<usize>().is_err());
    let counts: Vec<usize> = counts.iter().filter_map(|word| word.parse().ok()).collect();
    let is_wanted = |base: &str| bases.is_empty() || bases.iter().any(|word| word == base);
    println!(
        "{:<11} {:>9} {:>10}   what: p50, p99",
        "database", "incidents", "filled in"
    );
    if is_wanted("sqlite") {
        for count in counts_or(&counts, [1_000, 1_000_000]) {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}/large.db", folder.path().display());
            measure("sqlite", &url, count, &decisions).await;
        }
    }
    if is_wanted("postgresql") {
        let Some(cluster) = postgres::Cluster::start() else {
            println!("postgresql: no binaries below /usr/lib/postgresql; install postgresql");
            return;
        };
        for count in counts_or(&counts, [1_000, 5_000_000]) {
            measure("postgresql", &cluster.fresh_database(), count, &decisions).await;
        }
    }
}

fn counts_or(named: &[usize], usual: [usize; 2]) -> Vec<usize> {
    if named.is_empty() {
        usual.to_vec()
    } else {
        named.to_vec()
    }
}

async fn measure(base: &str, url: &str, count: usize, decisions: &Decisions) {
    let model = Model::shipped();
    let store = Store::open(url).await.unwrap();
    store.migrate().await.unwrap();
    let start = Instant::now();
    city::fill(&store, &model, count).await;
    println!(
        "{base:<11} {count:>9} {:>8.0} s",
        start.elapsed().as_secs_f64()
    );
    for (what, filter) in [
        ("the list", IncidentFilter::newest(PAGE)),
        ("the queue", queue()),
        ("one kind", fires()),
    ] {
        let mut times = Vec::with_capacity(QUESTIONS);
        for _ in 0..QUESTIONS {
            let start = Instant::now();
            let rows = store::incidents(&store, &filter).await.unwrap();
            let ids = rows.into_iter().map(|row| row.id);
            store::stored_pieces(&store, ids).await.unwrap();
            times.push(start.elapsed());
        }
        print(what, times);
    }
    // Once to fill the caches, once to measure.
    ask(&store, &model, count).await;
    decisions.take();
    let filing = ask(&store, &model, count).await;
    print("a merge decision, what it reads included", decisions.take());
    print("filing one report, merge decision and all", filing);
    store.close().await;
}

fn queue() -> IncidentFilter {
    IncidentFilter {
        states: vec!["new", "acknowledged"],
        ..IncidentFilter::newest(PAGE)
    }
}

fn fires() -> IncidentFilter {
    IncidentFilter {
        kinds: vec![vec!["fire_smoke".to_owned()]],
        ..IncidentFilter::newest(PAGE)
    }
}

/// The time of each question: everything from the report in memory to its rows in the transaction.
async fn ask(store: &Store, model: &Model, count: usize) -> Vec<Duration> {
    let side = (count as f64).sqrt() * city::SPACING_M;
    let mut times = Vec::with_capacity(QUESTIONS);
    for question in 0..QUESTIONS {
        // Anywhere but at the edges, where there is less company.
        let along = |step: f64| 150.0 + (question as f64 * step).fract() * (side - 300.0);
        let place = (along(0.618_034), along(0.754_878));
        let report = city::report(EventId::new(), "new", place);
        let payload = serde_json::to_vec(&report).unwrap();
        let verified = VerifiedReport {
            topic: "vong/v1/agents/city-01/reports",
            payload: &payload,
            sha256: "0",
            signature: "0:0",
            report: &report,
            received: Timestamp::now(),
        };
        let tx = store.begin().await.unwrap();
        let start = Instant::now();
        store::file_reports(&tx, model, &[verified]).await.unwrap();
        times.push(start.elapsed());
        drop(tx);
    }
    times
}

/// How long the server says that each merge decision took.
#[derive(Debug, Clone, Default)]
struct Decisions(Arc<Told>);

#[derive(Debug, Default)]
struct Told(Mutex<Vec<Duration>>);

impl Decisions {
    fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl metrics::HistogramFn for Told {
    fn record(&self, seconds: f64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Duration::from_secs_f64(seconds));
    }
}

impl metrics::Recorder for Decisions {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if key.name() == MERGE_SECONDS {
            Histogram::from_arc(Arc::clone(&self.0))
        } else {
            Histogram::noop()
        }
    }
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("{:<34}{what}: {:.2} ms, {:.2} ms", "", at(0.5), at(0.99));
}
