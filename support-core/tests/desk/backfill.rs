//! Batches of a changed configuration, of which the next is decided while the one before is written.

use std::sync::Arc;

use serde_json::json;
use support_core::desk::{CreateCustomer, OpenTicket};
use support_core::event::{Envelope, Event};
use support_core::store::DocumentKind;

use crate::faulty::{Fault, FaultyStore};
use crate::world::{HOST, World, id_of};

#[test]
fn an_agent_has_with_each_ticket_of_a_batch_what_the_batch_before_gave_them() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let team = world.team("Manual", &json!({ "mode": { "ticket": "manual" } }));
    let ann = world.agent("Ann");
    world.capacity(&ann, 30);
    let customer = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket { team_id: Some(team), ..OpenTicket::of(customer, "My parcel", "It is late.") };
    let tickets: Vec<_> = (0..700).map(|_| world.run(&HOST, &open).ticket_id).collect();
    world.pass(60);
    let policy = json!({
        "name": "Promise",
        "targets": { "resolution": { "seconds": 1 } },
        "steps": [{ "when": "at_breach", "actions": [{ "assign_to": id_of(&ann) }] }],
        "fire_ladders": true,
    });
    world.put(DocumentKind::SlaPolicy, policy);
    store.set(Fault::Slow);
    world.tick();
    world.tick();
    store.set(Fault::None);
    assert_eq!(world.load(&ann), 700);
    let over: Vec<bool> = tickets.iter().map(|ticket| world.is_over(*ticket)).collect();
    assert_eq!(over.iter().filter(|over| !**over).count(), 30, "{over:?}");
    // Nothing that was decided twice is told twice.
    let given = |envelope: &Envelope| matches!(envelope.event, Event::TicketAssigned { to: Some(_), .. });
    assert!(tickets.iter().all(|ticket| world.events(*ticket).iter().filter(|e| given(e)).count() == 1));
    world.sound();
}
