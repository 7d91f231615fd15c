//! The commit path of the SQLite store, with 1, 8 and 64 callers.
//!
//! Beside it: the same rows into the same tables, indexes and search index, as durable, in transactions as large as
//! the store's were, by one thread that has nothing else to do: no checks, no encoding, no chain, nobody to answer.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and measures on a real clock"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use support_benches::{folder, quick};
use support_core::store::{ChangeSet, Outcome, Store};
use support_core::testkit::build::{TENANT, a_customer, a_receipt, customer_id};
use support_core::testkit::{a_ticket, block_on};
use support_store_sqlite::{SqliteConfig, SqliteStore};

/// What stands before a public word of the first tenant in the search index.
const MARK: &str = "1p";
/// Tables of a ticket's own rows.
const OF_TICKET: [&str; 6] = [
    "desk_conversations",
    "desk_messages",
    "desk_texts",
    "desk_ticket_labels",
    "desk_ticket_parties",
    "desk_search_texts",
];

fn main() {
    let mut criterion = quick();
    for (callers, sets) in [(1, 400), (8, 2_400), (64, 6_400)] {
        measure(&mut criterion, callers, sets);
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, callers: usize, many: u32) {
    let sets: Vec<ChangeSet> = (1..=many).map(set).collect();
    let (_, group, raw) = {
        let folder = folder().unwrap();
        let file = folder.path().join("desk.db");
        let (took, group) = ours(&file, &sets, callers);
        (took, group, Raw::read(&file, &sets))
    };
    // Both write the same: what the raw rows make of an empty database is read back equal.
    {
        let folder = folder().unwrap();
        let file = folder.path().join("desk.db");
        raw.write(&file, group);
        assert_eq!(Raw::read(&file, &sets).sets, raw.sets);
    }
    let mut benches = criterion.benchmark_group(format!("commit/{callers} callers"));
    benches.throughput(Throughput::Elements(u64::from(many))).sample_size(10);
    benches.bench_function("desk", |bencher| {
        bencher.iter_custom(|times| {
            (0..times)
                .map(|_| {
                    let folder = folder().unwrap();
                    ours(&folder.path().join("desk.db"), &sets, callers).0
                })
                .sum()
        });
    });
    benches.bench_function(format!("raw rows, {group} sets a transaction"), |bencher| {
        bencher.iter_custom(|times| {
            (0..times)
                .map(|_| {
                    let folder = folder().unwrap();
                    raw.write(&folder.path().join("desk.db"), group)
                })
                .sum()
        });
    });
    benches.finish();
}

/// A ticket that is opened: with a tag, a message of a dozen words, and the receipt of its command.
fn set(number: u32) -> ChangeSet {
    let story = a_ticket(number).of(customer_id(1)).tagged(&format!("tag-{}", number % 100)).asks(&format!(
        "my parcel {number} has not arrived and the tracking page says nothing since last tuesday"
    ));
    let mut set = story.set(TENANT);
    set.receipt = Some(a_receipt(&format!("create/{number}")));
    set
}

/// Commits sets, each by the next caller that is free. Answers how long it took and how many shared a transaction.
fn ours(file: &Path, sets: &[ChangeSet], callers: usize) -> (Duration, usize) {
    let store = SqliteStore::open(&SqliteConfig::new(file)).unwrap();
    let mut people = ChangeSet::new(TENANT);
    people.insert(a_customer(1));
    assert_eq!(block_on(store.commit(&[people])).unwrap(), [Outcome::Committed]);
    let before = store.stats();
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..callers {
            threads.spawn(|| {
                while let Some(set) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = block_on(store.commit(std::slice::from_ref(set))).unwrap();
                    assert_eq!(outcome, [Outcome::Committed]);
                }
            });
        }
    });
    let took = begun.elapsed();
    let transactions = store.stats().transactions - before.transactions;
    (took, (sets.len() as u64).div_ceil(transactions.max(1)) as usize)
}

/// Rows of one set, table by table.
type Rows = Vec<(&'static str, Vec<Value>)>;

/// The rows that sets leave in a database.
struct Raw {
    sets: Vec<Rows>,
    words: Vec<Vec<String>>,
    /// Statements, by table.
    inserts: BTreeMap<&'static str, String>,
}

impl Raw {
    /// Reads the rows of each set.
    fn read(file: &Path, sets: &[ChangeSet]) -> Self {
        let db = Connection::open(file).unwrap();
        let tickets = by(&db, "desk_tickets", "id");
        let events = by(&db, "desk_events", "stream_id");
        let receipts = by(&db, "desk_receipts", "key");
        let others = OF_TICKET.map(|table| by(&db, table, "ticket"));
        let mut read = Vec::new();
        let mut words = Vec::new();
        for set in sets {
            let id = key(&Value::Blob(set.search[0].ticket.uuid().as_bytes().to_vec()));
            let number = key(&tickets[&id][0].1[0]);
            let command = key(&Value::Text(set.receipt.as_ref().unwrap().key.clone()));
            let own = others.iter().filter_map(|table| table.get(&number));
            let rows = [&tickets[&id]].into_iter().chain(own).chain([&events[&id], &receipts[&command]]);
            read.push(rows.flatten().cloned().collect::<Rows>());
            words.push(set.search.iter().map(|entry| marked(&entry.tokens)).collect());
        }
        let insert = |(table, row): &(&'static str, Vec<Value>)| {
            (*table, format!("INSERT INTO {table} VALUES ({})", vec!["?"; row.len()].join(", ")))
        };
        let inserts = read.iter().flatten().map(insert).collect();
        Self { sets: read, words, inserts }
    }

    /// Writes them into an empty database of the store.
    fn write(&self, file: &Path, group: usize) -> Duration {
        drop(SqliteStore::open(&SqliteConfig::new(file)).unwrap());
        let db = Connection::open(file).unwrap();
        db.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384; \
             INSERT INTO desk_tenants (n, id, head) VALUES (1, zeroblob(16), zeroblob(32));",
        )
        .unwrap();
        db.set_prepared_statement_cache_capacity(64);
        let begun = Instant::now();
        for (sets, words) in self.sets.chunks(group).zip(self.words.chunks(group)) {
            db.execute_batch("BEGIN IMMEDIATE").unwrap();
            for (rows, words) in sets.iter().zip(words) {
                let mut words = words.iter();
                for (table, row) in rows {
                    db.prepare_cached(&self.inserts[table]).unwrap().execute(params_from_iter(row)).unwrap();
                    if *table == "desk_search_texts" {
                        let sql = "INSERT INTO desk_search (rowid, words) VALUES (?1, ?2)";
                        let entry = (row[0].clone(), words.next().unwrap());
                        db.prepare_cached(sql).unwrap().execute(entry).unwrap();
                    }
                }
            }
            db.execute_batch("COMMIT").unwrap();
        }
        begun.elapsed()
    }
}

/// Reads a table, by the values of a column.
fn by(db: &Connection, table: &'static str, column: &str) -> HashMap<String, Rows> {
    let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let (columns, at) = (statement.column_count(), statement.column_index(column).unwrap());
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
    let mut found: HashMap<String, Rows> = HashMap::new();
    for row in rows {
        let row: Vec<Value> = row.unwrap();
        found.entry(key(&row[at])).or_default().push((table, row));
    }
    found
}

fn key(value: &Value) -> String {
    format!("{value:?}")
}

/// Words as the search index takes them.
fn marked(tokens: &[String]) -> String {
    tokens.iter().map(|token| format!("{MARK}{token} ")).collect()
}
