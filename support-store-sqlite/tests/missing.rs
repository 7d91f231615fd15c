//! Who lets work go by in a desk that is kept in a file, which is opened anew in between.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::path::Path;
use std::sync::Arc;

use support_core::conversation::ChannelKind;
use support_core::desk::{CreateAgent, CreateCustomer, Desk, OpenTicket, SetPresence};
use support_core::id::{AgentId, TenantId};
use support_core::people::{Actor, AgentState, Missed, Presence};
use support_core::testkit::{SeededIds, block_on};
use support_core::time::{ManualClock, Timestamp};
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

const TENANT: TenantId = TenantId::SINGLE;
const HOST: Actor = Actor::Host(TENANT);

fn opened(file: &Path, at: Timestamp, seed: u64) -> (Desk, Arc<ManualClock>) {
    let config = SqliteConfig::new(file).durability(Durability::Process);
    let clock = Arc::new(ManualClock::at(at));
    let store = Arc::new(SqliteStore::open(&config).unwrap());
    (Desk::new(store, clock.clone(), Arc::new(SeededIds::new(seed))), clock)
}

/// Lets the worker do what falls due within some seconds, each at its time.
fn pass(desk: &Desk, clock: &ManualClock, seconds: i64) {
    let end = desk.now().plus_seconds(seconds);
    while let Some(next) = block_on(desk.tick()).unwrap().next.filter(|next| *next <= end) {
        clock.set(next.max(desk.now()));
    }
    clock.set(end);
    block_on(desk.tick()).unwrap();
}

fn state(desk: &Desk, agent: AgentId) -> AgentState {
    block_on(desk.agent(&HOST, agent)).unwrap().1
}

#[test]
fn what_was_missed_in_a_row_is_kept_through_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    let (desk, clock) = opened(&file, "2026-11-20T21:00:00Z".parse().unwrap(), 5);
    let agents = ["Ann", "Ben"].map(|name| {
        let email = format!("{name}@example.com");
        let agent = CreateAgent { name: name.into(), email, ..CreateAgent::default() };
        let id = block_on(desk.run(&HOST, &agent)).unwrap().agent_id;
        block_on(desk.run(&HOST, &SetPresence::of(id, Presence::Available))).unwrap();
        id
    });
    let customer = block_on(desk.run(&HOST, &CreateCustomer::named("Carl"))).unwrap().customer_id;
    let open = OpenTicket::of(customer, "My parcel", "Is anybody there?");
    let chat = OpenTicket { channel: ChannelKind::Chat, ..open };
    let chat = block_on(desk.run(&HOST, &chat)).unwrap().ticket_id;
    let since = desk.now();
    pass(&desk, &clock, 240);
    for agent in agents {
        assert_eq!(state(&desk, agent).missed.get(&ChannelKind::Chat), Some(&1));
    }
    let now = desk.now();
    drop(desk);

    let (desk, clock) = opened(&file, now, 6);
    pass(&desk, &clock, 12 * 3_600);
    let missed = Missed { channel: ChannelKind::Chat, in_a_row: 2 };
    for agent in agents {
        let state = state(&desk, agent);
        assert_eq!((state.presence, state.away_because()), (Presence::Away, Some(missed.clone())));
    }
    let ticket = block_on(desk.ticket(&HOST, chat)).unwrap();
    assert_eq!((ticket.assigned_to, ticket.work.since), (None, since));
    let report = block_on(desk.verify(TENANT)).unwrap();
    assert!(report.is_sound(), "{report:#?}");
}
