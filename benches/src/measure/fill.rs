//! Databases with many tickets.

use std::path::Path;
use std::time::Instant;

use support_core::event::Event;
use support_core::id::{DocumentId, TeamId};
use support_core::scoring::Urgency;
use support_core::sla::{Applied, ConfigRef, Metric, Target, TimerMove};
use support_core::store::{ChangeSet, Outcome, Store};
use support_core::testkit::build::{self, TENANT, agent_id, customer_id, instant, team_id};
use support_core::testkit::{Story, a_ticket};
use support_core::ticket::Status;
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

/// Customers whom the tickets name.
const CUSTOMERS: u32 = 50_000;

/// Which tickets a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Four in five are closed, one in ten waits, one in ten has an owner.
    Mostly,
    /// All of them wait.
    Waiting,
}

/// A ticket as it comes in: team, category, tag, two timers, one message of some forty words.
pub(crate) fn story(number: u32) -> Story {
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
        .of(customer_id(number % CUSTOMERS))
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
        derived.urgency = Some(Urgency::between(due.plus_seconds(-1_800), due));
        derived.wake_at = None;
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

/// Agents of a desk: one for a thousand tickets.
fn agents(tickets: u32) -> u32 {
    (tickets / 1_000).clamp(20, 1_000)
}

fn told(number: u32, agents: u32, mix: Mix) -> ChangeSet {
    let mut story = story(number);
    if mix == Mix::Mostly {
        if number % 10 != 1 {
            story = story.assigned(Some(agent_id(number % agents)));
        }
        if number % 10 > 1 {
            story = story.becomes(Status::Closed).derived(|derived| derived.next_due_at = None);
        }
    }
    story.set(TENANT)
}

/// Opens a database of so many tickets; makes it where the file is not there yet.
pub(crate) fn database(file: &Path, tickets: u32, mix: Mix) -> SqliteStore {
    let there = file.exists();
    let store = SqliteStore::open(&SqliteConfig::new(file).durability(Durability::Process)).unwrap();
    if there {
        return store;
    }
    let begun = Instant::now();
    let mut people = ChangeSet::new(TENANT);
    (0..CUSTOMERS.min(tickets)).for_each(|n| people.insert(build::a_customer(n)));
    (0..agents(tickets)).for_each(|n| people.insert(build::an_agent(n)));
    assert_eq!(pollster::block_on(store.commit(&[people])).unwrap(), [Outcome::Committed]);
    for from in (0..tickets).step_by(500) {
        let sets: Vec<_> =
            (from..(from + 500).min(tickets)).map(|number| told(number, agents(tickets), mix)).collect();
        assert!(pollster::block_on(store.commit(&sets)).unwrap().iter().all(|o| *o == Outcome::Committed));
        if from % 50_000 == 0 && from > 0 {
            eprintln!("  {from} of {tickets} tickets stored, {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
    eprintln!("  {tickets} tickets stored in {:.0} s", begun.elapsed().as_secs_f64());
    store
}
