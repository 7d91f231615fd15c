//! A process that is killed while it commits: what it was told to be durable is there, once, and all of it is sound.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests say what they expect by panicking, and wait on real clocks"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use support_core::event::{ChainHash, chain};
use support_core::people::WorkKind;
use support_core::store::{Cursor, Delta, Key, Outcome, Record, Store};
use support_core::testkit::build::{TENANT, a_state, agent_id};
use support_core::testkit::{a_ticket, block_on, system_scope};
use support_store_sqlite::{SqliteConfig, SqliteStore, rusqlite};

const CHILD: &str = "DESK_CRASH_CHILD";
const CALLERS: u32 = 4;

/// Not a case of its own: the process that [`a_killed_process_loses_nothing_it_acknowledged`] starts and kills.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let (path, round) =
        (PathBuf::from(path), std::env::var("DESK_CRASH_ROUND").unwrap().parse::<u32>().unwrap());
    let store = SqliteStore::open(&SqliteConfig::new(path).checkpoint_pages(200)).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let store = &store;
            scope.spawn(move || {
                for number in (1 + round * 100_000 + caller..).step_by(CALLERS as usize) {
                    let mut set = a_ticket(number).asks("where is it").set(TENANT);
                    set.deltas.push(Delta::Load {
                        agent: agent_id(1),
                        kind: WorkKind::Ticket,
                        change: 1,
                        at_most: None,
                    });
                    assert_eq!(block_on(store.commit(&[set])).unwrap(), [Outcome::Committed]);
                    // One write a line: a pipe takes it whole or not at all.
                    std::io::stdout().write_all(format!("stored {number}\n").as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("desk.db");
    let config = SqliteConfig::new(&path);
    {
        let store = SqliteStore::open(&config).unwrap();
        let mut set = support_core::store::ChangeSet::new(TENANT);
        set.insert(a_state(1));
        assert_eq!(block_on(store.commit(&[set])).unwrap(), [Outcome::Committed]);
    }
    let mut acknowledged = Vec::new();
    for round in 0..6_u32 {
        acknowledged.extend(killed_after(40 + 57 * round as usize, round, &path));
        let store = SqliteStore::open(&config).expect("the lock went with its process");
        examine(&store, &acknowledged);
        drop(store);
        let db = Connection::open(&path).unwrap();
        let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(said, "ok", "after round {round}");
    }
}

/// Starts the child, kills it once it has acknowledged some, and returns all that it acknowledged.
fn killed_after(most: usize, round: u32, path: &std::path::Path) -> Vec<u32> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, path)
        .env("DESK_CRASH_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut stored = Vec::new();
    let mut note = |line: String| {
        // The test's own name may stand before the first one.
        if let Some((_, number)) = line.rsplit_once("stored ") {
            stored.extend(number.parse::<u32>());
        }
        stored.len()
    };
    while let Some(Ok(line)) = lines.next() {
        if note(line) >= most {
            break;
        }
    }
    child.kill().unwrap();
    // What it had written before it died counts too.
    while let Some(Ok(line)) = lines.next() {
        note(line);
    }
    child.wait().unwrap();
    assert!(stored.len() >= most, "the child ended by itself");
    stored
}

/// Every acknowledged set is there as a whole, no half of any other is, and log and counters agree.
fn examine(store: &SqliteStore, acknowledged: &[u32]) {
    let scope = system_scope(TENANT);
    for number in acknowledged {
        let story = a_ticket(*number).asks("where is it");
        let keys = [
            Key::Ticket(story.id()),
            Key::Message(story.last_message()),
            Key::Text(story.texts()[1].id),
            Key::Conversation(story.conversations()[0].id),
        ];
        let found = block_on(store.load(&scope, &keys)).unwrap();
        assert_eq!(found[0], Some(story.ticket().into()), "ticket {number}");
        assert!(found.iter().all(Option::is_some), "ticket {number} is whole");
    }
    let (mut cursor, mut head, mut opened) = (Cursor::start(), ChainHash::genesis(TENANT), 0_usize);
    loop {
        let page = block_on(store.events(&scope, &cursor, 1_000)).unwrap();
        if page.events.is_empty() {
            break;
        }
        for logged in &page.events {
            head = chain(&head, &logged.envelope, &logged.json);
            assert_eq!(head, logged.hash);
            opened += usize::from(logged.envelope.event.name() == "ticket.created");
        }
        cursor = page.next;
    }
    assert!(opened >= acknowledged.len());
    // One more for each caller at most: written, and killed before it could say so. In this round or an earlier one.
    let rounds = 1 + acknowledged.last().unwrap() / 100_000;
    assert!(opened <= acknowledged.len() + (CALLERS * rounds) as usize);
    let Some(Record::AgentState(state)) =
        block_on(store.load(&scope, &[Key::AgentState(agent_id(1))])).unwrap().remove(0)
    else {
        panic!("the agent's state is there");
    };
    assert_eq!(state.load.units as usize, opened, "the counter moved with each ticket, and only with it");
}
