//! Desks to measure.

use std::path::Path;
use std::sync::Arc;

use support_core::desk::{CreateAgent, CreateCustomer, Desk, SetPresence};
use support_core::id::{AgentId, CustomerId, TenantId};
use support_core::people::{Actor, Capacity, Presence};
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

/// Who asks for everything here.
pub(crate) const HOST: Actor = Actor::Host(TenantId::SINGLE);

/// What people write about: some hundred characters, as a first message has.
pub(crate) const MESSAGE: &str = "My parcel has not arrived and the tracking page says nothing since last Tuesday, \
                                  please check where it is.";

/// Opens a desk on a file.
pub(crate) fn desk(file: &Path, durability: Durability) -> (Desk, Arc<SqliteStore>) {
    let store = Arc::new(SqliteStore::open(&SqliteConfig::new(file).durability(durability)).unwrap());
    let desk = Desk::new(store.clone(), Arc::new(SystemClock), Arc::new(RandomIds::new().unwrap()));
    (desk, store)
}

/// Hires agents who are available, each with room for so many units.
pub(crate) fn agents(desk: &Desk, many: u32, units: u32) -> Vec<AgentId> {
    pollster::block_on(async {
        let mut agents = Vec::new();
        for number in 0..many {
            let wanted = CreateAgent {
                name: format!("Agent {number}"),
                email: format!("agent{number}@example.com"),
                capacity: Capacity { units, ..Capacity::default() },
                ..CreateAgent::default()
            };
            let agent = desk.run(&HOST, &wanted).await.unwrap().agent_id;
            desk.run(&HOST, &SetPresence::of(agent, Presence::Available)).await.unwrap();
            agents.push(agent);
        }
        agents
    })
}

/// Makes a customer.
pub(crate) fn customer(desk: &Desk) -> CustomerId {
    pollster::block_on(desk.run(&HOST, &CreateCustomer::named("Bob"))).unwrap().customer_id
}
