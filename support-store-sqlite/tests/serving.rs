//! What a file, its locks, its host and its disk do to the store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests say what they expect by panicking, and wait on real clocks"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};
use rusqlite::{Connection, TransactionBehavior, params};
use support_core::store::{
    ChangeSet, Cursor, Key, Outcome, Query, Record, Select, Store, StoreError, StoreErrorKind, TicketFilter,
};
use support_core::testkit::build::{TENANT, a_customer, a_note, a_state, agent_id, word};
use support_core::testkit::{a_ticket, block_on, system_scope};
use support_core::ticket::Ticket;
use support_store_sqlite::{SqliteConfig, SqliteStore, rusqlite};
use tempfile::TempDir;

fn folder() -> (TempDir, SqliteConfig) {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("desk.db"));
    (folder, config)
}

fn committed(store: &SqliteStore, set: ChangeSet) {
    assert_eq!(block_on(store.commit(&[set])).unwrap(), [Outcome::Committed]);
}

fn stored(store: &SqliteStore, key: Key) -> Option<Record> {
    block_on(store.load(&system_scope(TENANT), &[key])).unwrap().remove(0)
}

fn why(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[test]
fn a_second_server_is_refused_until_the_first_has_gone() {
    let (_folder, config) = folder();
    let first = SqliteStore::open(&config).unwrap();
    let error = SqliteStore::open(&config).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(why(&error).contains("another desk serves this database"), "{}", why(&error));
    drop(first);
    SqliteStore::open(&config).unwrap();
}

#[test]
fn a_reader_reads_while_another_serves() {
    let (_folder, config) = folder();
    let server = SqliteStore::open(&config).unwrap();
    let reader = SqliteStore::open_reader(&config).unwrap();
    committed(&server, a_ticket(1).set(TENANT));
    assert_eq!(
        stored(&reader, Key::Ticket(a_ticket(1).id())),
        stored(&server, Key::Ticket(a_ticket(1).id()))
    );
    let error = block_on(reader.commit(&[ChangeSet::new(TENANT)])).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misuse);
    // Its waiting readers hear of the other's commits.
    let changed = reader.changed();
    let begun = Instant::now();
    committed(&server, a_ticket(2).set(TENANT));
    block_on(changed);
    assert!(begun.elapsed() < Duration::from_secs(2), "polling is due every 250 ms");
}

#[test]
fn a_newer_schema_is_refused() {
    let (_folder, config) = folder();
    drop(SqliteStore::open(&config).unwrap());
    let db = Connection::open(config.path()).unwrap();
    db.execute("INSERT INTO desk_migrations VALUES (999, 'later', x'00')", []).unwrap();
    for error in [SqliteStore::open(&config).unwrap_err(), SqliteStore::open_reader(&config).unwrap_err()] {
        assert_eq!(error.kind(), StoreErrorKind::Corrupt);
        assert!(why(&error).contains("schema 999"), "{}", why(&error));
    }
    db.execute("DELETE FROM desk_migrations WHERE version = 999", []).unwrap();
    SqliteStore::open(&config).unwrap();
}

#[test]
fn a_changed_schema_step_is_refused() {
    let (_folder, config) = folder();
    drop(SqliteStore::open(&config).unwrap());
    let db = Connection::open(config.path()).unwrap();
    db.execute("UPDATE desk_migrations SET checksum = x'00'", []).unwrap();
    let error = SqliteStore::open(&config).unwrap_err();
    assert!(why(&error).contains("schema step 1"), "{}", why(&error));
}

#[test]
fn what_is_no_database_is_refused() {
    let (_folder, config) = folder();
    std::fs::write(config.path(), "not a database, but some text that is long enough".repeat(100)).unwrap();
    assert_eq!(SqliteStore::open(&config).unwrap_err().kind(), StoreErrorKind::Corrupt);
}

#[test]
fn a_host_commits_its_tables_and_the_desks_together_or_not_at_all() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let mut host = Connection::open(config.path()).unwrap();
    host.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, ticket BLOB NOT NULL)", []).unwrap();
    for (number, keep) in [(1, false), (2, true)] {
        let changed = store.changed();
        let story = a_ticket(number);
        let mut tx = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        tx.execute("INSERT INTO orders VALUES (?1, ?2)", params![number, story.id().uuid().as_bytes()])
            .unwrap();
        let outcomes = SqliteStore::commit_in(&mut tx, &[story.set(TENANT)]).unwrap();
        assert_eq!(outcomes, [Outcome::Committed]);
        if keep {
            tx.commit().unwrap();
            store.announce();
            block_on(changed);
        } else {
            tx.rollback().unwrap();
        }
        assert_eq!(stored(&store, Key::Ticket(story.id())).is_some(), keep);
    }
    let orders: i64 = host.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(orders, 1);
    // What was rolled back left no trace in numbers, positions or chain.
    committed(&store, a_ticket(1).set(TENANT));
    let page = block_on(store.events(&system_scope(TENANT), &Cursor::start(), 100)).unwrap();
    let mut head = support_core::event::ChainHash::genesis(TENANT);
    for logged in &page.events {
        head = support_core::event::chain(&head, &logged.envelope, &logged.json);
        assert_eq!(logged.hash, head);
    }
    assert_eq!(page.events.len(), a_ticket(1).events().len() + a_ticket(2).events().len());
}

#[test]
fn a_refused_set_leaves_the_hosts_transaction_as_it_was() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    committed(&store, a_ticket(1).set(TENANT));
    let outcomes = block_on(store.with_writer(|tx| {
        tx.execute("CREATE TABLE host (id INTEGER)", []).map_err(other)?;
        tx.execute("INSERT INTO host VALUES (1)", []).map_err(other)?;
        SqliteStore::commit_in(tx, &[a_ticket(1).set(TENANT), a_ticket(2).set(TENANT)])
    }))
    .unwrap();
    assert!(matches!(outcomes[..], [Outcome::Conflict(_), Outcome::Committed]));
    let db = Connection::open(config.path()).unwrap();
    let rows: i64 = db.query_row("SELECT count(*) FROM host", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

fn other(error: rusqlite::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Other, "testing").because(error)
}

#[test]
fn a_hosts_closure_that_fails_or_panics_writes_nothing_and_stops_nobody() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let refused: Result<(), StoreError> = block_on(store.with_writer(|tx| {
        tx.execute("CREATE TABLE host (id INTEGER)", []).map_err(other)?;
        Err(StoreError::new(StoreErrorKind::Other, "testing"))
    }));
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Other);
    let panicked: Result<(), StoreError> = block_on(store.with_writer(|tx| {
        tx.execute("CREATE TABLE host (id INTEGER)", []).map_err(other)?;
        panic!("a defect of the host")
    }));
    assert_eq!(panicked.unwrap_err().kind(), StoreErrorKind::Unavailable);
    committed(&store, a_ticket(1).set(TENANT));
    let db = Connection::open(config.path()).unwrap();
    assert!(db.prepare("SELECT * FROM host").is_err());
}

/// Begins to write, and fails in such a way that rolling back fails too.
fn leave_a_transaction_open(store: &SqliteStore) {
    let left: Result<(), StoreError> = block_on(store.with_writer(|tx| {
        tx.execute("CREATE TABLE host (id INTEGER)", []).map_err(other)?;
        let mut denied = false;
        tx.authorizer(Some(move |context: AuthContext<'_>| match context.action {
            AuthAction::Transaction { operation: TransactionOperation::Rollback } if !denied => {
                denied = true;
                Authorization::Deny
            }
            _ => Authorization::Allow,
        }))
        .map_err(other)?;
        Err(StoreError::new(StoreErrorKind::Other, "testing"))
    }));
    assert_eq!(left.unwrap_err().kind(), StoreErrorKind::Other);
}

#[test]
fn a_transaction_that_could_not_be_rolled_back_stops_neither_the_desk_nor_the_host() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    leave_a_transaction_open(&store);
    committed(&store, a_ticket(1).set(TENANT));
    leave_a_transaction_open(&store);
    let host: Result<(), StoreError> = block_on(
        store.with_writer(|tx| tx.execute("CREATE TABLE host (id INTEGER)", []).map(drop).map_err(other)),
    );
    host.unwrap();
    assert!(stored(&store, Key::Ticket(a_ticket(1).id())).is_some());
}

#[test]
fn commits_of_another_program_are_noticed_while_somebody_listens() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let mut host = Connection::open(config.path()).unwrap();
    let changed = store.changed();
    let mut tx = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    SqliteStore::commit_in(&mut tx, &[a_ticket(1).set(TENANT)]).unwrap();
    tx.commit().unwrap();
    block_on(changed);
    assert!(stored(&store, Key::Ticket(a_ticket(1).id())).is_some());
}

#[test]
fn a_writer_in_the_way_is_unavailable_and_passes() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config.clone().busy_timeout(Duration::from_millis(20))).unwrap();
    let mut host = Connection::open(config.path()).unwrap();
    let tx = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let error = block_on(store.commit(&[a_ticket(1).set(TENANT)])).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.is_retryable());
    tx.rollback().unwrap();
    committed(&store, a_ticket(1).set(TENANT));
}

#[test]
fn a_full_disk_is_an_error_that_writes_nothing_and_passes() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config.clone().most_pages(160)).unwrap();
    let mut full = None;
    for number in 1..2_000 {
        match block_on(store.commit(&[a_ticket(number).asks(&"word ".repeat(200)).set(TENANT)])) {
            Ok(outcomes) => assert_eq!(outcomes, [Outcome::Committed]),
            Err(error) => {
                full = Some((number, error));
                break;
            }
        }
    }
    let (number, error) = full.expect("160 pages are soon full");
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let refused = a_ticket(number);
    assert_eq!(stored(&store, Key::Ticket(refused.id())), None);
    for text in refused.texts() {
        assert_eq!(stored(&store, Key::Text(text.id)), None);
    }
    // Many at once fare no worse than one.
    let many: Vec<_> = (0..16).map(|n| a_ticket(number + n).asks(&"word ".repeat(200)).set(TENANT)).collect();
    assert_eq!(block_on(store.commit(&many)).unwrap_err().kind(), StoreErrorKind::Full);
    drop(store);
    sound(&config);
    let store = SqliteStore::open(&config).unwrap();
    committed(&store, refused.set(TENANT));
}

fn sound(config: &SqliteConfig) {
    let db = Connection::open(config.path()).unwrap();
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let broken = db.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!broken, "a row names a ticket that is not there");
}

#[test]
fn space_that_returns_is_used_without_opening_anew() {
    let (_folder, config) = folder();
    let store = Arc::new(SqliteStore::open(&config).unwrap());
    committed(&store, a_ticket(1).set(TENANT));
    let bound = |pages: i64| {
        // Not in a transaction's way: the bound is the connection's own.
        block_on(store.with_writer::<_, StoreError>(move |tx| {
            tx.pragma_update(None, "max_page_count", pages).map_err(other)
        }))
        .unwrap();
    };
    bound(1);
    let set = a_ticket(2).asks(&"word ".repeat(20_000)).set(TENANT);
    assert_eq!(block_on(store.commit(std::slice::from_ref(&set))).unwrap_err().kind(), StoreErrorKind::Full);
    assert_eq!(stored(&store, Key::Ticket(a_ticket(2).id())), None);
    bound(i64::from(u32::MAX - 1));
    committed(&store, set);
}

#[test]
fn callers_share_transactions() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let before = store.stats();
    let (callers, each) = (64, 20);
    std::thread::scope(|scope| {
        for caller in 0..callers {
            let store = &store;
            scope.spawn(move || {
                for number in 0..each {
                    committed(store, a_ticket(1 + caller * each + number).set(TENANT));
                }
            });
        }
    });
    let after = store.stats();
    let (sets, transactions) = (after.sets - before.sets, after.transactions - before.transactions);
    assert_eq!(sets, u64::from(callers * each));
    assert!(transactions * 4 < sets, "{transactions} transactions for {sets} change sets");
    assert_eq!(after.retried, 0);
}

#[test]
fn one_set_that_cannot_be_stored_does_not_harm_those_beside_it() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    // The host lays something in the way that no check of ours knows.
    block_on(store.with_writer::<_, StoreError>(|tx| {
        tx.execute_batch(
            "CREATE TRIGGER in_the_way BEFORE INSERT ON desk_texts WHEN new.body LIKE '%poison%' \
             BEGIN SELECT RAISE(ABORT, 'in the way'); END",
        )
        .map_err(other)
    }))
    .unwrap();
    let bad = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=64)
            .map(|number| {
                let store = &store;
                let story = if number % 8 == 0 {
                    a_ticket(number).asks("poison")
                } else {
                    a_ticket(number).asks("cure")
                };
                scope.spawn(move || (number, block_on(store.commit(&[story.set(TENANT)]))))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|(_, result)| result.is_err()).count()
    });
    assert_eq!(bad, 8);
    for number in 1..=64 {
        let found = stored(&store, Key::Ticket(a_ticket(number).id()));
        assert_eq!(found.is_some(), number % 8 != 0, "ticket {number}");
    }
    sound(&config);
}

#[test]
fn words_that_look_like_commands_are_words() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    for (number, text) in [
        "'; DROP TABLE desk_tickets; --",
        "\" OR 1=1 --",
        "a\0b",
        "NEAR(a b) AND NOT c",
        "%_\\*?",
        "‡27‡ ẞß İi 日本語 हिन्दी",
    ]
    .iter()
    .enumerate()
    {
        let number = 1 + u32::try_from(number).unwrap();
        let story =
            a_ticket(number).about(&text.replace('\0', " ")).tagged(&text.replace('\0', " ")).asks(text);
        committed(&store, story.set(TENANT));
        let mut customer = a_customer(number);
        customer.name = (*text).to_owned();
        let mut set = ChangeSet::new(TENANT);
        set.insert(customer.clone());
        committed(&store, set);
        assert_eq!(stored(&store, Key::Customer(customer.id)), Some(customer.into()));
        let found = |filter: TicketFilter| -> Vec<Ticket> {
            let query = Query::new(Select::Tickets(Box::new(filter)), 10);
            let page = block_on(store.find(&system_scope(TENANT), &query)).unwrap();
            page.items.into_iter().filter_map(support_core::store::Entity::from_record).collect()
        };
        let label = word(&text.replace('\0', " "));
        assert_eq!(
            found(TicketFilter { tag: Some(label.clone()), ..TicketFilter::default() }),
            [story.ticket()]
        );
        assert_eq!(
            found(TicketFilter { category: Some(label), ..TicketFilter::default() }),
            [story.ticket()]
        );
        let words = support_core::testkit::build::words_of(text);
        assert_eq!(found(TicketFilter { words, ..TicketFilter::default() }), [story.ticket()], "{text}");
        let key = Key::Text(story.texts()[1].id);
        assert_eq!(stored(&store, key), Some(story.texts()[1].clone().into()));
    }
}

#[test]
fn dropping_a_store_leaves_one_whole_file() {
    let (folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let mut set = a_ticket(1).set(TENANT);
    set.insert(a_note(1));
    committed(&store, set);
    drop(store);
    let log = folder.path().join("desk.db-wal");
    assert!(!log.exists() || log.metadata().unwrap().len() == 0, "the log was written back");
    // A copy of the file alone is the whole desk.
    let copy = folder.path().join("copy.db");
    std::fs::copy(config.path(), &copy).unwrap();
    let store = SqliteStore::open(&SqliteConfig::new(copy)).unwrap();
    assert!(stored(&store, Key::Ticket(a_ticket(1).id())).is_some());
}

#[test]
fn a_growing_log_is_written_back_beside_the_commits() {
    let (folder, config) = folder();
    let store = SqliteStore::open(&config.clone().checkpoint_pages(50)).unwrap();
    for number in 1..200 {
        committed(&store, a_ticket(number).set(TENANT));
    }
    let log = folder.path().join("desk.db-wal").metadata().unwrap().len();
    assert!(store.stats().checkpoints > 0);
    assert!(log < 4_096 * 1_000, "the log holds {log} bytes");
}

#[test]
fn a_log_that_grew_while_a_reader_was_in_the_way_is_small_again_when_it_has_gone() {
    let (folder, config) = folder();
    let store = SqliteStore::open(&config.clone().checkpoint_pages(50)).unwrap();
    let size = || folder.path().join("desk.db-wal").metadata().unwrap().len();
    committed(&store, a_ticket(1).set(TENANT));
    let reader = Connection::open(config.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM desk_tickets;").unwrap();
    for number in 2..200 {
        committed(&store, a_ticket(number).set(TENANT));
    }
    let grown = size();
    assert!(grown > 4_096 * 1_000, "{grown}");
    reader.execute_batch("COMMIT").unwrap();
    // Until it is written back next it may grow by a quarter of the bound, which is waited for beside the commits.
    for number in 200..1_000 {
        committed(&store, a_ticket(number).set(TENANT));
        if size() <= 4_096 * 300 {
            return;
        }
    }
    panic!("the log holds {} bytes after {grown}", size());
}

#[test]
fn expired_receipts_are_thrown_away_on_request() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let receipt = support_core::testkit::build::a_receipt("one");
    let mut set = ChangeSet::new(TENANT);
    set.receipt = Some(receipt.clone());
    set.insert(a_state(1));
    committed(&store, set);
    assert_eq!(block_on(store.forget_receipts(receipt.expires_at, 10)).unwrap(), 0);
    let after = receipt.expires_at.plus_seconds(1);
    assert_eq!(block_on(store.forget_receipts(after, 10)).unwrap(), 1);
    assert!(stored(&store, Key::AgentState(agent_id(1))).is_some());
    assert_eq!(stored(&store, Key::Receipt("one".into())), None);
}

#[test]
fn a_value_that_is_given_up_for_none_is_free_at_once() {
    let (_folder, config) = folder();
    let store = SqliteStore::open(&config).unwrap();
    let named = |number, version| {
        let mut customer = a_customer(number);
        customer.external_id = Some("host-7".parse().unwrap());
        customer.version = version;
        customer
    };
    let mut set = ChangeSet::new(TENANT);
    set.insert(named(1, 1));
    committed(&store, set);
    let mut set = ChangeSet::new(TENANT);
    set.replace(1, support_core::people::Customer { external_id: None, ..named(1, 2) });
    set.insert(named(2, 1));
    committed(&store, set);
}

#[cfg(unix)]
#[test]
fn the_file_is_made_for_its_owner_only_and_one_that_is_there_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, config) = folder();
    let mode = |suffix: &str| {
        let path = format!("{}{suffix}", config.path().display());
        std::fs::metadata(&path).map(|found| found.permissions().mode() & 0o777).unwrap()
    };
    let store = SqliteStore::open(&config).unwrap();
    committed(&store, a_ticket(1).set(TENANT));
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(suffix), 0o600, "{suffix}");
    }
    drop(store);
    std::fs::set_permissions(config.path(), PermissionsExt::from_mode(0o640)).unwrap();
    let store = SqliteStore::open(&config).unwrap();
    committed(&store, a_ticket(2).set(TENANT));
    assert_eq!((mode(""), mode("-wal")), (0o640, 0o640));
}
