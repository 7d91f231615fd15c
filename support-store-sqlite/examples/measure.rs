//! Measures the store on this machine: commits a second, and how long pages take.
//!
//! `cargo run --release --example measure -- commits [sets]`
//! `cargo run --release --example measure -- pages [tickets] [file]`
//! `cargo run --release --example measure -- hot [pages] <file>`
//! `cargo run --release --example measure -- verify [tickets] [file]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use support_core::desk::{CreateCustomer, Desk, OpenTicket, WriteMessage};
use support_core::event::Event;
use support_core::id::{DocumentId, TeamId};
use support_core::people::{Actor, Reach, Scope};
use support_core::sla::{Applied, ConfigRef, Metric, Target, TimerMove};
use support_core::store::{
    Assignee, ChangeSet, Outcome, Query, Related, Select, Store, TicketFilter, TicketSort,
};
use support_core::testkit::build::{
    TENANT, a_receipt, agent_id, agent_scope, customer_id, instant, team_id, word,
};
use support_core::testkit::{SeededIds, Story, a_ticket, block_on, build, system_scope};
use support_core::ticket::Status;
use support_core::time::ManualClock;
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u32| words.get(at).and_then(|w| w.parse().ok()).unwrap_or(default);
    match words.first().map(String::as_str) {
        Some("pages") => pages(number(1, 100_000), words.get(2).map(Path::new)),
        Some("verify") => verify(number(1, 32_000), words.get(2).map(Path::new)),
        Some("hot") => hot(number(1, 20_000), words.get(2).map(Path::new)),
        _ => commits(number(1, 20_000)),
    }
}

/// A ticket as it comes in: team, category, tags, two timers, one message of some forty words.
fn story(number: u32) -> Story {
    let policy = ConfigRef { id: DocumentId::from_uuid(uuid::Uuid::from_u128(77)), version: 1 };
    let targets = [Metric::FirstResponse, Metric::Resolution];
    let applied = Applied {
        policy,
        pause_on_hold: false,
        targets: targets.map(|metric| Target { metric, seconds: 3_600, calendar: None }).to_vec(),
    };
    let moves = targets.map(|metric| TimerMove::Started { metric, at: instant(i64::from(number)) }).to_vec();
    let body: Vec<String> =
        (0..40_u32).map(|w| format!("word{}", number.wrapping_mul(w * w + 7) % 5_000)).collect();
    let story = a_ticket(number)
        .of(customer_id(number % 50_000))
        .in_team(team(number))
        .about(&format!("category-{}", number % 10))
        .tagged(&format!("tag-{}", number % 100))
        .asks(&format!("{} order rare{}", body.join(" "), number % 1_000))
        .then(Event::SlaApplied { applied: Some(applied), by_change: false })
        .then(Event::SlaTimersMoved { moves });
    let due = instant(i64::from(number.wrapping_mul(7_919) % 1_000_000));
    story.derived(move |derived| {
        derived.keyword_points = 12.5;
        derived.next_due_at = Some(due);
        derived.urgency = Some((due.plus_seconds(-1_800), due));
        derived.wake_at = Some(due);
    })
}

/// Teams 0 and 1 hold one ticket in a thousand, together; the others share the rest.
fn team(number: u32) -> TeamId {
    match number % 2_000 {
        0 => team_id(0),
        1 => team_id(1),
        rest => team_id(2 + rest % 20),
    }
}

fn set(number: u32) -> ChangeSet {
    let mut set = story(number).set(TENANT);
    set.receipt = Some(a_receipt(&format!("create/{number}")));
    set
}

fn commits(sets: u32) {
    println!("callers  sets/s  sets a transaction  median µs");
    for callers in [1_usize, 8, 64] {
        let folder =
            tempfile::tempdir_in(std::env::var("MEASURE_IN").unwrap_or_else(|_| ".".into())).unwrap();
        let store = SqliteStore::open(&SqliteConfig::new(folder.path().join("desk.db"))).unwrap();
        let sets = if callers == 1 { sets / 10 } else { sets };
        let prepared: Vec<ChangeSet> = (1..=sets).map(set).collect();
        let next = AtomicUsize::new(0);
        let begun = Instant::now();
        let mut waits: Vec<u128> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..callers)
                .map(|_| {
                    scope.spawn(|| {
                        let mut waits = Vec::new();
                        while let Some(set) = prepared.get(next.fetch_add(1, Ordering::Relaxed)) {
                            let begun = Instant::now();
                            let outcome = block_on(store.commit(std::slice::from_ref(set))).unwrap();
                            assert_eq!(outcome, [Outcome::Committed]);
                            waits.push(begun.elapsed().as_micros());
                        }
                        waits
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let seconds = begun.elapsed().as_secs_f64();
        waits.sort_unstable();
        let stats = store.stats();
        println!(
            "{callers:7} {:7.0} {:19.1} {:10}",
            f64::from(sets) / seconds,
            stats.sets as f64 / stats.transactions as f64,
            waits.get(waits.len() / 2).copied().unwrap_or_default()
        );
    }
}

fn pages(tickets: u32, file: Option<&Path>) {
    let folder = tempfile::tempdir_in(std::env::var("MEASURE_IN").unwrap_or_else(|_| ".".into())).unwrap();
    let path = file.map_or_else(|| folder.path().join("desk.db"), Path::to_path_buf);
    let fill = !path.exists();
    let config = SqliteConfig::new(&path).durability(Durability::Process);
    let store = SqliteStore::open(&config).unwrap();
    if fill {
        let begun = Instant::now();
        let mut people = ChangeSet::new(TENANT);
        (0..50_000.min(tickets)).for_each(|n| people.insert(build::a_customer(n)));
        (0..1_000).for_each(|n| people.insert(build::an_agent(n)));
        assert_eq!(block_on(store.commit(&[people])).unwrap(), [Outcome::Committed]);
        for from in (0..tickets).step_by(500) {
            let sets: Vec<_> = (from..(from + 500).min(tickets)).map(told).collect();
            assert!(block_on(store.commit(&sets)).unwrap().iter().all(|o| *o == Outcome::Committed));
        }
        println!("{tickets} tickets stored in {:.1} s", begun.elapsed().as_secs_f64());
    }
    let admin = system_scope(TENANT);
    let agent = agent_scope(TENANT, agent_id(7), &[team_id(0), team_id(1)], Reach::Team);
    let filter = |change: &dyn Fn(&mut TicketFilter)| {
        let mut filter = TicketFilter::default();
        change(&mut filter);
        filter
    };
    let lists: Vec<(&str, TicketFilter)> = vec![
        ("all", TicketFilter::default()),
        (
            "open",
            filter(&|f| f.status = vec![Status::New, Status::Open, Status::Assigned, Status::InProgress]),
        ),
        ("category", filter(&|f| f.category = Some(word("category-3")))),
        ("assignee", filter(&|f| f.assignee = Some(Assignee::Agent(agent_id(7))))),
        ("nobody", filter(&|f| f.assignee = Some(Assignee::Nobody))),
        ("team", filter(&|f| f.team = Some(team_id(5)))),
        ("own team", filter(&|f| f.team = Some(team_id(0)))),
        ("tag", filter(&|f| f.tag = Some(word("tag-42")))),
        ("customer", filter(&|f| f.customer = Some(customer_id(7)))),
        ("common word", filter(&|f| f.words = vec!["order".into()])),
        ("rare word", filter(&|f| f.words = vec!["rare7".into()])),
        ("two words", filter(&|f| f.words = vec!["order".into(), "word7".into()])),
        (
            "category, tag",
            filter(&|f| {
                f.category = Some(word("category-2"));
                f.tag = Some(word("tag-42"));
            }),
        ),
    ];
    println!("list            sort      admin µs (items)   agent µs (items)");
    for (name, filter) in &lists {
        for sort in [TicketSort::Newest, TicketSort::Due, TicketSort::Updated] {
            let filter = TicketFilter { sort, ..filter.clone() };
            let (admin, agent) = (timed(&store, &admin, &filter), timed(&store, &agent, &filter));
            println!(
                "{name:15} {:8} {:>9} ({:2})     {:>9} ({:2})",
                format!("{sort:?}"),
                admin.0,
                admin.1,
                agent.0,
                agent.1
            );
        }
    }
    println!("resident {} KiB", resident());
}

/// One caller asks for the first page of open tickets again and again, from a file that `pages` made.
fn hot(pages: u32, file: Option<&Path>) {
    let Some(file) = file else { return };
    let store = SqliteStore::open_reader(&SqliteConfig::new(file)).unwrap();
    let status = vec![Status::New, Status::Open, Status::Assigned, Status::InProgress];
    let filter = TicketFilter { status, ..TicketFilter::default() };
    let with = Related { texts: true, people: true, last_message: false };
    let query = Query::new(Select::Tickets(Box::new(filter)), 25).with(with);
    let begun = Instant::now();
    for _ in 0..pages {
        assert_eq!(block_on(store.find(&system_scope(TENANT), &query)).unwrap().items.len(), 25);
    }
    println!("{:.0} µs a page", begun.elapsed().as_secs_f64() * 1e6 / f64::from(pages));
    println!("resident {} KiB", resident());
}

/// A whole desk is filled by its use-cases, each ticket with a question, a note and an answer, and verified.
fn verify(tickets: u32, file: Option<&Path>) {
    let folder = tempfile::tempdir_in(std::env::var("MEASURE_IN").unwrap_or_else(|_| ".".into())).unwrap();
    let path = file.map_or_else(|| folder.path().join("desk.db"), Path::to_path_buf);
    let fill = !path.exists();
    let config = SqliteConfig::new(&path).durability(Durability::Process);
    let store = Arc::new(SqliteStore::open(&config).unwrap());
    let clock = Arc::new(ManualClock::at(instant(0)));
    let desk = Desk::new(store, clock.clone(), Arc::new(SeededIds::new(7)));
    if fill {
        let begun = Instant::now();
        let host = Actor::Host(TENANT);
        let customer = block_on(desk.run(&host, &CreateCustomer::named("Carl"))).unwrap().customer_id;
        for number in 0..tickets {
            clock.advance(1);
            let body: Vec<String> =
                (0..40_u32).map(|w| format!("word{}", number.wrapping_mul(w * w + 7) % 5_000)).collect();
            let open = OpenTicket::of(customer, format!("Order {number}"), body.join(" "));
            let ticket = block_on(desk.run(&host, &open)).unwrap().ticket_id;
            block_on(desk.run(&host, &WriteMessage::note(ticket, "Asked the carrier where it is."))).unwrap();
            block_on(desk.run(&host, &WriteMessage::reply(ticket, "It arrives tomorrow."))).unwrap();
        }
        println!("{tickets} tickets stored in {:.1} s", begun.elapsed().as_secs_f64());
    }
    for _ in 0..3 {
        let begun = Instant::now();
        let report = block_on(desk.verify(TENANT)).unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        println!("{} tickets, {} wrong, in {seconds:.1} s", report.tickets, report.wrong);
        println!("resident {} KiB", resident());
    }
}

/// The story of a stored ticket: nine in ten are closed, the others open, half of them with an owner.
fn told(number: u32) -> ChangeSet {
    let mut story = story(number);
    if number % 20 != 1 {
        story = story.assigned(Some(agent_id(number % 1_000)));
    }
    if number % 10 > 1 {
        story = story.becomes(Status::Closed).derived(|derived| {
            derived.next_due_at = None;
            derived.wake_at = None;
        });
    }
    story.set(TENANT)
}

/// Median over runs of a page with texts and people, in microseconds, and how many items it has.
fn timed(store: &SqliteStore, scope: &Scope, filter: &TicketFilter) -> (u128, usize) {
    let with = Related { texts: true, people: true, last_message: false };
    let query = Query::new(Select::Tickets(Box::new(filter.clone())), 25).with(with);
    let mut items = 0;
    let mut times: Vec<u128> = (0..15)
        .map(|_| {
            let begun = Instant::now();
            items = block_on(store.find(scope, &query)).unwrap().items.len();
            begun.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    (times.get(7).copied().unwrap_or_default(), items)
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4
}
