//! Statements as they were asked, held against the database's own plan for them.

use std::sync::{Arc, Mutex};

use ingest_server::store::{Access as _, Store};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;

/// Tables that grow with the number of incidents.
const LARGE: [&str; 5] = [
    "incidents",
    "events",
    "evidence",
    "merge_keys",
    "merge_profiles",
];
/// So many rows may be read for each that is wanted.
const ROWS_PER_WANTED: u64 = 10;

/// What the store asked since it was last looked at.
pub(crate) struct Watched(Arc<Mutex<Vec<Statement>>>);

impl Watched {
    pub(crate) fn over(store: &mut Store) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        store.tell_statements(move |statement| heard.lock().unwrap().push(statement.clone()));
        Self(asked)
    }

    pub(crate) fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// What autovacuum does by itself after a while.
pub(crate) async fn settle(store: &Store) {
    if store.conn().get_database_backend() == DbBackend::Postgres {
        store
            .conn()
            .execute_unprepared("VACUUM ANALYZE")
            .await
            .unwrap();
    }
}

/// Asserts that each query finds its rows by an index, and reads few that it does not want.
pub(crate) async fn check(what: &str, store: &Store, asked: Vec<Statement>, wanted: u64) {
    let queries: Vec<Statement> = asked
        .into_iter()
        .filter(|statement| {
            statement
                .sql
                .trim_start()
                .to_uppercase()
                .starts_with("SELECT")
        })
        .filter(|statement| {
            LARGE
                .iter()
                .any(|table| statement.sql.contains(&format!("\"{table}\"")))
        })
        .collect();
    assert!(!queries.is_empty(), "{what}: nothing was asked");
    for query in queries {
        match store.conn().get_database_backend() {
            DbBackend::Sqlite => check_sqlite(what, store, query).await,
            _ => check_postgresql(what, store, query, wanted).await,
        }
    }
}

/// SQLite does not say how many rows it read. A search by an index, or a walk along one in the order of
/// the answer that its limit ends, reads no others.
async fn check_sqlite(what: &str, store: &Store, query: Statement) {
    let sql = query.sql.clone();
    let explained = Statement {
        sql: format!("EXPLAIN QUERY PLAN {sql}"),
        ..query
    };
    let rows = store.conn().query_all_raw(explained).await.unwrap();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get::<String>("", "detail").unwrap())
        .collect();
    let is_limited = sql.contains("LIMIT");
    for line in &lines {
        let whole = line.starts_with("SCAN") && LARGE.iter().any(|table| line.contains(table));
        let walks = is_limited && line.contains("USING") && !sorts(&lines);
        assert!(
            !whole || walks,
            "{what} reads a whole table: {lines:?}\n{sql}"
        );
    }
    if what.contains("list") || what.contains("queue") || what.contains("kind") {
        assert!(
            !sorts(&lines),
            "{what} sorts all it finds: {lines:?}\n{sql}"
        );
    }
}

fn sorts(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("TEMP B-TREE"))
}

async fn check_postgresql(what: &str, store: &Store, query: Statement, wanted: u64) {
    let sql = query.sql.clone();
    let explained = Statement {
        sql: format!("EXPLAIN (ANALYZE, FORMAT JSON) {sql}"),
        ..query
    };
    let row = store
        .conn()
        .query_one_raw(explained)
        .await
        .unwrap()
        .unwrap();
    let plan: Value = row.try_get_by_index(0).unwrap();
    let mut read = 0.0;
    let mut faults = Vec::new();
    walk(&plan[0]["Plan"], &mut |node| {
        let Some(table) = node["Relation Name"].as_str() else {
            return;
        };
        if node["Node Type"] == "Seq Scan" && LARGE.contains(&table) {
            faults.push(table.to_owned());
        }
        let count = |key: &str| node[key].as_f64().unwrap_or_default();
        let rows = count("Actual Rows")
            + count("Rows Removed by Filter")
            + count("Rows Removed by Index Recheck");
        read += rows * count("Actual Loops");
    });
    assert!(
        faults.is_empty(),
        "{what} reads all of {faults:?}: {plan:#}\n{sql}"
    );
    let most = (ROWS_PER_WANTED * wanted) as f64;
    assert!(
        read <= most,
        "{what} reads {read} rows for {wanted}: {plan:#}\n{sql}"
    );
}

fn walk(node: &Value, seen: &mut impl FnMut(&Value)) {
    seen(node);
    for below in node["Plans"].as_array().into_iter().flatten() {
        walk(below, seen);
    }
}
