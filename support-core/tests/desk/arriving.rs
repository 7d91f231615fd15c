//! What becomes of work that found its agent in the commit that made it.

use serde_json::json;
use support_core::desk::{CreateAgent, Done, Once, OpenTicket, Options, ReturnWork, SetPresence};
use support_core::people::{Actor, Capacity, Presence};
use support_core::store::{MemoryStore, Store};
use support_core::testkit::block_on;

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::faulty::{Fault, FaultyStore};
use crate::world::{HOST, World, customer_of, id_of, label};

fn sized(world: &World, name: &str, units: u32) -> Actor {
    world.agent_with(CreateAgent {
        name: name.into(),
        capacity: Capacity { units, ..Capacity::default() },
        ..CreateAgent::default()
    })
}

#[test]
fn work_that_is_given_back_before_the_log_was_read_is_routed_again() {
    let world = World::standard();
    let ann = sized(&world, "Ann", 1);
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    for _ in 0..3 {
        assert_eq!(world.owner(ticket), Some(id_of(&ann)));
        // Nobody else is there, so it comes back to her.
        world.run(&ann, &ReturnWork { ticket_id: ticket });
    }
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    let bob = sized(&world, "Bob", 1);
    world.run(&ann, &ReturnWork { ticket_id: ticket });
    assert_eq!(world.owner(ticket), Some(id_of(&bob)));
    assert_eq!(world.owner(world.opened_by(&carl)), Some(id_of(&ann)), "she has room again");
    world.sound();
}

#[test]
fn giving_back_frees_room_for_what_this_desk_has_not_seen_yet() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = World::on(store.clone());
    let ann = world.agent_with(CreateAgent {
        name: "Ann".into(),
        capacity: Capacity { units: 1, ..Capacity::default() },
        skills: [(label("refunds"), 3)].into(),
        ..CreateAgent::default()
    });
    let carl = world.customer("Carl");
    let first = world.opened_by(&carl);
    let bob = sized(&world, "Bob", 1);
    let other = world.restarted(store);
    let mut refund = OpenTicket::of(customer_of(&carl), "Refund", "Please.");
    refund.skills = vec![(label("refunds"), 1)];
    let refund = block_on(other.run(&HOST, &refund)).unwrap().ticket_id;
    assert_eq!(world.owner(refund), None);
    world.run(&ann, &ReturnWork { ticket_id: first });
    assert_eq!((world.owner(first), world.owner(refund)), (Some(id_of(&bob)), Some(id_of(&ann))));
    world.sound();
}

#[test]
fn the_least_loaded_is_told_by_loads_that_answers_moved() {
    let world = World::standard();
    let team = world.team("Sales", &json!({"strategy": "least_loaded"}));
    let (ann, bob) = (world.agent_in("Ann", "agent", &[team]), world.agent_in("Bob", "agent", &[team]));
    let carl = world.customer("Carl");
    let open = || world.noted(&carl, |open| open.team_id = Some(team));
    let (first, second) = (open(), open());
    for (agent, ticket) in [(&ann, first), (&bob, second)] {
        assert_eq!(world.owner(ticket), Some(id_of(agent)));
        world.reply(agent, ticket, "Which one?");
    }
    world.reply(&carl, first, "The blue one.");
    assert_eq!((world.load(&ann), world.load(&bob)), (1, 0));
    assert_eq!(world.owner(open()), Some(id_of(&bob)));
    world.sound();
}

#[test]
fn a_call_that_nobody_polls_holds_up_the_router_for_half_a_minute_at_most() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let ann = sized(&world, "Ann", 3);
    world.presence(&ann, Presence::Away);
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.tick();
    let back = SetPresence::of(id_of(&ann), Presence::Available);
    store.set(Fault::Hangs);
    let mut left = pin!(world.desk.run(&HOST, &back));
    assert!(left.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    store.set(Fault::None);
    world.pass(20);
    assert_eq!(world.owner(ticket), None, "it may be about to plan");
    world.pass(20);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    let next = world.opened_by(&carl);
    assert_eq!(world.owner(next), Some(id_of(&ann)));
    world.sound();
}

#[test]
fn room_that_was_kept_for_what_was_done_before_goes_to_what_waits() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let ann = sized(&world, "Ann", 1);
    let open = OpenTicket::of(customer_of(&world.customer("Carl")), "My parcel", "It is late.");
    world.tick();
    let expires_at = world.desk.now().plus_seconds(60);
    let once = Some(Once { key: "host/open/1".into(), digest: [1; 32], expires_at });
    let options = Options { once, ..Options::default() };
    // The same command comes twice at once: the first finds room that the second keeps.
    let (desk, same, twice) = (world.desk.clone(), open.clone(), options.clone());
    store.before("ticket.created", move || {
        assert!(matches!(block_on(desk.run_with(&HOST, &same, &twice)), Ok(Done::Now(_))));
        Vec::new()
    });
    let done = block_on(world.desk.run_with(&HOST, &open, &options)).unwrap();
    assert!(matches!(done, Done::Before(_)));
    assert_eq!(world.owner(done.reply().ticket_id), Some(id_of(&ann)));
    world.sound();
}
