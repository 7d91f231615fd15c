//! From the commit of new work to its assignment, with many callers at once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use support_core::desk::{Desk, EditTicket, OpenTicket};
use support_core::event::{Event, Stream};
use support_core::id::{AgentId, TicketId};
use support_core::store::Cursor;
use support_core::testkit::system_scope;
use support_core::ticket::Status;
use support_runtime::Worker;
use support_store_sqlite::Durability;

use crate::callers::{CALLERS, parallel};
use crate::desks::{self, HOST, MESSAGE};
use crate::figures::Latencies;

const AGENTS: u32 = 20;

/// What somebody who follows the log has seen, and when.
#[derive(Default)]
struct Seen {
    opened: HashMap<TicketId, Instant>,
    assigned: HashMap<TicketId, (Instant, AgentId)>,
    resolved: Vec<Instant>,
}

/// 64 callers open tickets as fast as they are answered; every agent has room.
pub(crate) fn run(tickets: usize) {
    let folder = support_benches::folder().unwrap();
    let (desk, _) = desks::desk(&folder.path().join("desk.db"), Durability::Full);
    // An agent has at most 10,000 units.
    let room = u32::try_from(tickets).unwrap().min(10_000);
    let agents = desks::agents(&desk, AGENTS, room);
    let customer = desks::customer(&desk);
    let worker = Worker::start(desk.clone()).unwrap();

    let begun = Instant::now();
    let (seen, answers) = followed(&desk, tickets, |_| {
        let wanted = OpenTicket::of(customer, "Where is my parcel?", MESSAGE);
        pollster::block_on(desk.run(&HOST, &wanted)).unwrap();
    });
    let seconds = begun.elapsed().as_secs_f64();
    let waits = seen.assigned.iter().filter_map(|(ticket, (assigned, _))| {
        Some(assigned.saturating_duration_since(*seen.opened.get(ticket)?))
    });
    println!("{CALLERS} callers opened {tickets} tickets, {:.0}/s, all assigned", tickets as f64 / seconds);
    println!("  an answer:                       {answers}");
    println!("  from the commit to the assignment: {}", Latencies::of(waits.collect()));
    let loads: Vec<usize> =
        agents.iter().map(|agent| seen.assigned.values().filter(|(_, to)| to == agent).count()).collect();
    println!("  tickets an agent: {:?} to {:?}", loads.iter().min().unwrap(), loads.iter().max().unwrap());

    freed(folder.path());
    worker.stop();
}

/// All agents are full and work waits; 64 callers resolve tickets, and each time the next is assigned.
fn freed(folder: &std::path::Path) {
    const WORK: usize = 4_000;
    let (desk, _) = desks::desk(&folder.join("freed.db"), Durability::Full);
    let customer = desks::customer(&desk);
    desks::agents(&desk, AGENTS, 100);
    let opened = Mutex::new(Vec::new());
    parallel(WORK, |_| {
        let wanted = OpenTicket::of(customer, "Where is my parcel?", MESSAGE);
        let ticket = pollster::block_on(desk.run(&HOST, &wanted)).unwrap().ticket_id;
        opened.lock().unwrap().push(ticket);
    });
    let _ = pollster::block_on(desk.route(HOST.tenant())).unwrap();
    let held: Vec<TicketId> = opened
        .into_inner()
        .unwrap()
        .into_iter()
        .filter(|id| pollster::block_on(desk.ticket(&HOST, *id)).unwrap().assigned_to.is_some())
        .collect();
    let worker = Worker::start(desk.clone()).unwrap();
    let (seen, answers) = followed(&desk, held.len(), |at| {
        let resolve = EditTicket { status: Some(Status::Resolved), ..EditTicket::of(held[at]) };
        pollster::block_on(desk.run(&HOST, &resolve)).unwrap();
    });
    // One freed place, one assignment, in the order of the log: the n-th assignment fills the n-th place.
    let mut assigned: Vec<Instant> = seen.assigned.values().map(|(at, _)| *at).collect();
    assigned.sort_unstable();
    let waits =
        seen.resolved.iter().zip(&assigned).map(|(freed, taken)| taken.saturating_duration_since(*freed));
    println!(
        "{CALLERS} callers resolved {} tickets of full agents while {} waited",
        held.len(),
        WORK - held.len()
    );
    println!("  an answer:                       {answers}");
    println!("  from the freed place to the next assignment: {}", Latencies::of(waits.collect()));
    worker.stop();
}

/// Does something many times with 64 callers, follows the log meanwhile, and waits until as much was assigned.
fn followed(desk: &Desk, many: usize, what: impl Fn(usize) + Sync) -> (Seen, Latencies) {
    let scope = system_scope(HOST.tenant());
    let mut cursor = pollster::block_on(desk.store().events(&scope, &Cursor::end(), 1)).unwrap().next;
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let follower = threads.spawn(|| {
            let mut seen = Seen::default();
            let mut last = Instant::now();
            while seen.assigned.len() < many && !(over.load(Ordering::SeqCst) && last.elapsed().as_secs() > 3)
            {
                let changed = desk.store().changed();
                let page = pollster::block_on(desk.store().events(&scope, &cursor, 1_000)).unwrap();
                let now = Instant::now();
                if page.events.is_empty() && !over.load(Ordering::SeqCst) {
                    pollster::block_on(changed);
                    continue;
                }
                for logged in &page.events {
                    last = now;
                    let Stream::Ticket(ticket) = logged.envelope.stream else { continue };
                    match &logged.envelope.event {
                        Event::TicketCreated { .. } => drop(seen.opened.insert(ticket, now)),
                        Event::TicketAssigned { to: Some(to), .. } => {
                            seen.assigned.insert(ticket, (now, *to));
                        }
                        Event::TicketStatusChanged { to: Status::Resolved, .. } => seen.resolved.push(now),
                        _ => {}
                    }
                }
                cursor = page.next;
            }
            assert_eq!(seen.assigned.len(), many, "everything was assigned");
            seen
        });
        let answers = parallel(many, what);
        over.store(true, Ordering::SeqCst);
        (follower.join().unwrap(), answers)
    })
}
