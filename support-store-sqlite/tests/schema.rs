//! The schema as a file shows it, comments and all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests say what they expect by panicking, and wait on real clocks"
)]

use rusqlite::Connection;
use support_store_sqlite::{SqliteConfig, SqliteStore, rusqlite};

#[test]
fn the_schema_after_all_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("desk.db"));
    drop(SqliteStore::open(&config).unwrap());
    let db = Connection::open(config.path()).unwrap();
    let mut statement = db
        .prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'desk_search_%' \
                  OR name LIKE 'desk_search_text%' AND sql IS NOT NULL ORDER BY type DESC, name",
        )
        .unwrap();
    let schema: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    insta::assert_snapshot!(schema.join(";\n\n"));
}

#[test]
fn every_table_of_ours_says_so_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("desk.db"));
    drop(SqliteStore::open(&config).unwrap());
    let db = Connection::open(config.path()).unwrap();
    let strangers: i64 = db
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'index') AND name NOT LIKE 'desk\\_%' ESCAPE '\\' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(strangers, 0);
}
