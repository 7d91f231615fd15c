//! How late a breach is noticed, by the worker's timer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use support_core::desk::{Desk, OpenTicket, PutDocument};
use support_core::event::{Event, Stream};
use support_core::id::{CustomerId, TicketId};
use support_core::sla::policy::PolicySpec;
use support_core::store::{Cursor, DocumentKind, Store};
use support_core::testkit::system_scope;
use support_core::time::{Clock as _, ManualClock, Timestamp};
use support_runtime::{RandomIds, SystemClock, Worker};
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

use crate::callers::parallel;
use crate::desks::{self, HOST, MESSAGE};
use crate::figures::Latencies;

/// First response of the standard policy.
const TARGET_SECONDS: i64 = 2 * 3_600;

/// Measures breaches one by one, many at one instant, and those that a process slept through.
pub(crate) fn run(together: usize) {
    one_by_one(100);
    at_once(together, Some(together / 500 + 10));
    at_once(together, None);
}

/// A hundred breaches, 50 ms apart.
fn one_by_one(many: usize) {
    let folder = support_benches::folder().unwrap();
    let (desk, store, clock, customer) = at_rest(folder.path());
    let first = SystemClock.now().plus_seconds(5);
    for number in 0..many {
        clock.set(first.plus_micros(50_000 * number as i64).plus_seconds(-TARGET_SECONDS));
        open(&desk, customer);
    }
    let late = breaches(&store, many);
    println!("{many} breaches, 50 ms apart: noticed {late} after the deadline");
}

/// Many tickets that fall due at one instant, so many seconds from now; `None` while nobody serves the desk.
fn at_once(many: usize, lead: Option<usize>) {
    let folder = support_benches::folder().unwrap();
    let (desk, store, clock, customer) = at_rest(folder.path());
    let due = SystemClock.now().plus_seconds(lead.map_or(-600, |lead| lead as i64));
    clock.set(due.plus_seconds(-TARGET_SECONDS));
    parallel(many, |_| open(&desk, customer));
    drop(desk);
    match lead {
        Some(_) => {
            assert!(SystemClock.now() < due, "all stand before the deadline");
            println!("{many} breaches at one instant: noticed {} after the deadline", breaches(&store, many));
        }
        None => {
            drop(store);
            let begun = Instant::now();
            let store =
                Arc::new(SqliteStore::open(&SqliteConfig::new(folder.path().join("desk.db"))).unwrap());
            breaches(&store, many);
            let seconds = begun.elapsed().as_secs_f64();
            println!("{many} breaches slept through: all noticed {seconds:.2} s after the start");
        }
    }
}

/// A desk whose clock stands still, with the standard policy.
fn at_rest(folder: &Path) -> (Desk, Arc<SqliteStore>, Arc<ManualClock>, CustomerId) {
    let (_, store) = desks::desk(&folder.join("desk.db"), Durability::Full);
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let desk = Desk::new(store.clone(), clock.clone(), Arc::new(RandomIds::new().unwrap()));
    let policy = serde_json::to_value(PolicySpec::standard()).unwrap();
    pollster::block_on(desk.run(&HOST, &PutDocument::new(DocumentKind::SlaPolicy, policy))).unwrap();
    let customer = desks::customer(&desk);
    (desk, store, clock, customer)
}

fn open(desk: &Desk, customer: CustomerId) {
    let wanted = OpenTicket::of(customer, "Where is my parcel?", MESSAGE);
    pollster::block_on(desk.run(&HOST, &wanted)).unwrap();
}

/// Serves the desk until so many tickets have breached, each once, and tells how late.
fn breaches(store: &Arc<SqliteStore>, many: usize) -> Latencies {
    let scope = system_scope(HOST.tenant());
    let mut cursor = pollster::block_on(store.events(&scope, &Cursor::end(), 1)).unwrap().next;
    let desk = Desk::new(store.clone(), Arc::new(SystemClock), Arc::new(RandomIds::new().unwrap()));
    let worker = Worker::start(desk).unwrap();
    let mut late: HashMap<TicketId, Duration> = HashMap::new();
    let mut over: Option<Instant> = None;
    // Half a second longer than needed: a second breach of a ticket would show.
    while over.is_none_or(|over| over.elapsed() < Duration::from_millis(500)) {
        let page = pollster::block_on(store.events(&scope, &cursor, 1_000)).unwrap();
        for logged in &page.events {
            if let (Event::SlaBreached { due_at, .. }, Stream::Ticket(ticket)) =
                (&logged.envelope.event, logged.envelope.stream)
            {
                let again = late.insert(ticket, since(*due_at));
                assert!(again.is_none(), "a ticket breached twice");
            }
        }
        if late.len() == many {
            over.get_or_insert_with(Instant::now);
        }
        if page.events.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        cursor = page.next;
    }
    worker.stop();
    Latencies::of(late.into_values().collect())
}

fn since(due: Timestamp) -> Duration {
    Duration::from_micros(SystemClock.now().micros_since(due).max(0).unsigned_abs())
}
