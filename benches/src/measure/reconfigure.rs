//! How long open tickets take to come under a changed calendar, policy or keyword rule, and who waits meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support_core::desk::{Desk, OpenTicket, PutDocument};
use support_core::id::{CustomerId, DocumentId, TicketId};
use support_core::store::{DocumentKind, Key, Record, Store as _, StoreExt as _};
use support_core::testkit::system_scope;
use support_core::ticket::Ticket;
use support_runtime::Worker;
use support_store_sqlite::{Durability, SqliteStore};

use crate::callers::parallel;
use crate::desks::{self, HOST, MESSAGE};
use crate::figures::{Latencies, processor_seconds};

/// Callers who open tickets all the while, each with a short rest in between.
const CALLERS: usize = 4;
const REST: Duration = Duration::from_millis(20);
/// How long they are watched before anything is changed.
const AT_REST: Duration = Duration::from_secs(4);
/// Agents, who have half of the tickets and no room for more.
const AGENTS: u32 = 20;
/// Keyword rules in force.
const RULES: u32 = 20;

/// Measures over one file, which is made where it is not there: so many open tickets under a policy in office hours.
pub(crate) fn run(tickets: usize, file: &Path) {
    let names = file.with_extension("ids");
    if !file.exists() {
        fill(tickets, file, &names);
    }
    let named = std::fs::read_to_string(&names).unwrap();
    let ids: Vec<uuid::Uuid> = named.lines().map(|line| line.parse().unwrap()).collect();
    let [calendar, policy, rule, customer, first, last] = ids.try_into().unwrap();
    let (calendar, policy, rule) =
        (DocumentId::from_uuid(calendar), DocumentId::from_uuid(policy), DocumentId::from_uuid(rule));
    let (first, last) = (TicketId::from_uuid(first), TicketId::from_uuid(last));
    let (desk, store) = desks::desk(file, Durability::Full);
    let customer = CustomerId::from_uuid(customer);
    pollster::block_on(desk.route(HOST.tenant())).unwrap();
    let worker = Worker::start(desk.clone()).unwrap();
    settle(&store);
    println!(
        "{tickets} open tickets, half of which have an owner, {RULES} keyword rules, {CALLERS} callers who open more:"
    );
    watch("nothing changes", &desk, customer, || std::thread::sleep(AT_REST));
    let ticket = |id| pollster::block_on(store.ticket(&system_scope(HOST.tenant()), id)).unwrap().unwrap();
    let newest = |of: &dyn Fn(&Ticket) -> u64| of(&ticket(first)).max(of(&ticket(last)));

    let calendar_of = move |ticket: &Ticket| {
        let targets = ticket.sla.applied.iter().flat_map(|applied| &applied.targets);
        targets.filter_map(|t| t.calendar).filter(|c| c.id == calendar).map(|c| c.version).max().unwrap_or(0)
    };
    let version = newest(&calendar_of);
    let holiday = format!("{}-07-{:02}", 2031 + version / 28, 1 + version % 28);
    let body = office(&[holiday]);
    change(
        "calendar",
        &desk,
        &store,
        customer,
        &PutDocument::at(calendar, DocumentKind::Calendar, body),
        last,
        &|t| calendar_of(t) > version,
    );

    let policy_of = |ticket: &Ticket| ticket.sla.applied.as_ref().map_or(0, |applied| applied.policy.version);
    let version = newest(&policy_of);
    let body = promise(calendar, 7_200 + 60 * version);
    change(
        "policy",
        &desk,
        &store,
        customer,
        &PutDocument::at(policy, DocumentKind::SlaPolicy, body),
        last,
        &|t| policy_of(t) > version,
    );

    let rule_of = move |ticket: &Ticket| ticket.keywords.get(&rule).map_or(0, |hit| hit.version);
    let version = newest(&rule_of);
    let body = keyword("tracking", 5.0 + version as f64);
    change(
        "keyword rule",
        &desk,
        &store,
        customer,
        &PutDocument::at(rule, DocumentKind::KeywordRule, body),
        last,
        &|t| rule_of(t) > version,
    );
    worker.stop();
}

/// Changes a document and waits until the newest of the tickets that were there stands under it.
fn change(
    name: &str,
    desk: &Desk,
    store: &SqliteStore,
    customer: CustomerId,
    wanted: &PutDocument,
    last: TicketId,
    done: &(dyn Fn(&Ticket) -> bool + Sync),
) {
    watch(&format!("a changed {name}"), desk, customer, || {
        pollster::block_on(desk.run(&HOST, wanted)).unwrap();
        let scope = system_scope(HOST.tenant());
        while !done(&pollster::block_on(store.ticket(&scope, last)).unwrap().unwrap()) {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    settle(store);
}

/// Waits until every ticket stands under the configuration in force, and this is noted.
fn settle(store: &SqliteStore) {
    let scope = system_scope(HOST.tenant());
    let load = |key| pollster::block_on(store.load(&scope, &[key])).unwrap().pop().flatten();
    loop {
        let Some(Record::Epoch(epoch)) = load(Key::Epoch) else { return };
        if load(Key::Receipt(format!("reconfigured/{epoch}"))).is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Does something while callers open tickets, and tells how long it took and how long they waited.
fn watch(name: &str, desk: &Desk, customer: CustomerId, what: impl FnOnce()) {
    let over = AtomicBool::new(false);
    let ((seconds, processor), times) = std::thread::scope(|threads| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                threads.spawn(|| {
                    let mut times = Vec::new();
                    while !over.load(Ordering::SeqCst) {
                        std::thread::sleep(REST);
                        let begun = Instant::now();
                        open(desk, customer);
                        times.push(begun.elapsed());
                    }
                    times
                })
            })
            .collect();
        let (begun, before) = (Instant::now(), processor_seconds());
        what();
        let seconds = (begun.elapsed().as_secs_f64(), processor_seconds() - before);
        over.store(true, Ordering::SeqCst);
        (seconds, callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect())
    });
    let times = Latencies::of(times);
    println!(
        "  {name}: {seconds:.2} s, {processor:.2} s of the processors; {} openings meanwhile took {times}",
        times.len()
    );
}

fn open(desk: &Desk, customer: CustomerId) -> TicketId {
    let wanted = OpenTicket::of(customer, "Where is my parcel?", MESSAGE);
    pollster::block_on(desk.run(&HOST, &wanted)).unwrap().ticket_id
}

fn fill(tickets: usize, file: &Path, names: &Path) {
    let begun = Instant::now();
    let (desk, _) = desks::desk(file, Durability::Process);
    let put =
        |kind, body| pollster::block_on(desk.run(&HOST, &PutDocument::new(kind, body))).unwrap().document_id;
    let calendar = put(DocumentKind::Calendar, office(&[]));
    let policy = put(DocumentKind::SlaPolicy, promise(calendar, 7_200));
    let rule = put(DocumentKind::KeywordRule, keyword("tracking", 5.0));
    for number in 1..RULES {
        put(DocumentKind::KeywordRule, keyword(&format!("word{number}"), 1.0));
    }
    // Half of the tickets have an owner, the others wait.
    desks::agents(&desk, AGENTS, (tickets as u32 / 2).div_ceil(AGENTS));
    let customer = desks::customer(&desk);
    let first = open(&desk, customer);
    parallel(tickets.saturating_sub(2), |_| {
        open(&desk, customer);
    });
    let last = open(&desk, customer);
    let ids = [calendar.uuid(), policy.uuid(), rule.uuid(), customer.uuid(), first.uuid(), last.uuid()];
    std::fs::write(names, ids.map(|id| format!("{id}\n")).concat()).unwrap();
    eprintln!("  {tickets} tickets opened in {:.0} s", begun.elapsed().as_secs_f64());
}

fn office(closed: &[String]) -> serde_json::Value {
    let day = json!([["08:30", "12:30"], ["13:30", "18:00"]]);
    let exceptions: Vec<_> = closed.iter().map(|date| json!({"date": date, "windows": []})).collect();
    json!({
        "name": "Office", "timezone": "Europe/Berlin",
        "weekly": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day},
        "yearly": [{"month": 12, "day": 25, "windows": []}], "exceptions": exceptions,
    })
}

/// A policy with three targets and a ladder.
fn promise(calendar: DocumentId, seconds: u64) -> serde_json::Value {
    json!({
        "name": "Office hours", "calendar_id": calendar.to_string(),
        "targets": {
            "first_response": {"seconds": seconds}, "resolution": {"seconds": 12 * seconds},
            "queue_pickup": {"seconds": seconds / 2},
        },
        "steps": [{"when": {"at_fraction": 0.8}}, {"when": "at_breach", "actions": ["level_up"]}],
    })
}

fn keyword(word: &str, points: f64) -> serde_json::Value {
    json!({"name": word, "type": "custom", "keywords": [word], "boost_amount": points, "active": true})
}
