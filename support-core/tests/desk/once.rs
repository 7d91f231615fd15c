//! The same command twice is done once; and a host that commits for itself.

use std::sync::Arc;
use std::thread;

use support_core::Error;
use support_core::desk::{
    CustomerSpec, Done, EditTicket, Once, OpenTicket, Options, Requester, ReturnWork, Take,
};
use support_core::store::Outcome;
use support_core::testkit::block_on;
use support_core::ticket::Status;

use crate::world::{HOST, TENANT, World, customer_of, fields, foreign, id_of, rule};

pub(crate) fn once(world: &World, key: &str, digest: u8) -> Once {
    Once { key: key.into(), digest: [digest; 32], expires_at: world.desk.now().plus_seconds(86_400) }
}

fn under(world: &World, key: &str, digest: u8) -> Options {
    Options { once: Some(once(world, key, digest)), if_match: None }
}

#[test]
fn the_same_key_answers_the_same() {
    let world = World::standard();
    let open = OpenTicket::of(customer_of(&world.customer("Carl")), "Parcel", "Late.");
    let first = block_on(world.desk.run_with(&HOST, &open, &under(&world, "a", 1))).unwrap();
    let again = block_on(world.desk.run_with(&HOST, &open, &under(&world, "a", 1))).unwrap();
    assert!(matches!((first, again), (Done::Now(a), Done::Before(b)) if a == b));
    let other = block_on(world.desk.run_with(&HOST, &open, &under(&world, "b", 1))).unwrap();
    assert!(matches!((first, other), (Done::Now(a), Done::Now(b)) if a != b));
    assert_eq!(block_on(world.desk.verify(TENANT)).unwrap().tickets, 2);
    world.sound();
}

#[test]
fn another_body_under_the_same_key_is_refused() {
    let world = World::standard();
    let open = OpenTicket::of(customer_of(&world.customer("Carl")), "Parcel", "Late.");
    block_on(world.desk.run_with(&HOST, &open, &under(&world, "a", 1))).unwrap();
    let error = block_on(world.desk.run_with(&HOST, &open, &under(&world, "a", 2))).unwrap_err();
    assert!(matches!(error, Error::IdempotencyMismatch));
    assert_eq!(block_on(world.desk.verify(TENANT)).unwrap().tickets, 1);
}

#[test]
fn the_same_key_sent_by_many_at_once_opens_one_ticket() {
    let world = Arc::new(World::standard());
    let open = Arc::new(OpenTicket::of(customer_of(&world.customer("Carl")), "Parcel", "Late."));
    let send = || {
        let (world, open) = (world.clone(), open.clone());
        thread::spawn(move || block_on(world.desk.run_with(&HOST, &*open, &under(&world, "a", 1))).unwrap())
    };
    let threads: Vec<_> = (0..8).map(|_| send()).collect();
    let done: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(done.iter().filter(|done| matches!(done, Done::Now(_))).count(), 1);
    assert!(done.iter().all(|one| one.reply() == done[0].reply()));
    assert_eq!(block_on(world.desk.verify(TENANT)).unwrap().tickets, 1);
    world.sound();
}

#[test]
fn the_same_unknown_customer_from_many_at_once_is_made_once() {
    let world = Arc::new(World::standard());
    let open = || {
        let world = world.clone();
        let spec = CustomerSpec {
            external_id: Some(foreign("u-1")),
            name: "Carl".into(),
            email: Some("carl@x.example".into()),
            phone: None,
        };
        let wanted = OpenTicket::by(Requester::Spec(spec), "Parcel", "Late.");
        thread::spawn(move || world.run(&HOST, &wanted).ticket_id)
    };
    let threads: Vec<_> = (0..8).map(|_| open()).collect();
    let tickets: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let customers: std::collections::BTreeSet<_> =
        tickets.iter().map(|ticket| world.ticket(*ticket).customer_id).collect();
    assert_eq!(customers.len(), 1);
    world.sound();
}

#[test]
fn a_repeated_command_whose_effects_would_stop_it_answers_as_the_first_did() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let ticket = world.opened_by(&world.customer("Carl"));
    let give = ReturnWork { ticket_id: ticket };
    world.agent("Bob");
    let first = block_on(world.desk.run_with(&agent, &give, &under(&world, "a", 1))).unwrap().reply();
    assert_eq!(rule(&world.fail(&agent, &give)), "not_the_owner");
    let again = block_on(world.desk.run_with(&agent, &give, &under(&world, "a", 1))).unwrap();
    assert!(matches!(again, Done::Before(reply) if reply == first));
    let other = block_on(world.desk.run_with(&agent, &give, &under(&world, "a", 2))).unwrap_err();
    assert!(matches!(other, Error::IdempotencyMismatch));
}

#[test]
fn a_refused_command_holds_no_key() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    let edit = EditTicket::of(ticket).status(Status::InProgress);
    for _ in 0..2 {
        let error = block_on(world.desk.run_with(&HOST, &edit, &under(&world, "a", 1))).unwrap_err();
        assert_eq!(rule(&error), "owner_missing");
    }
    let edit = EditTicket::of(ticket).status(Status::OnHold);
    assert!(matches!(block_on(world.desk.run_with(&HOST, &edit, &under(&world, "a", 2))), Ok(Done::Now(_))));
}

#[test]
fn a_command_that_changes_nothing_is_remembered_too() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    let edit = EditTicket::of(ticket);
    assert!(matches!(block_on(world.desk.run_with(&HOST, &edit, &under(&world, "a", 1))), Ok(Done::Now(_))));
    let again = block_on(world.desk.run_with(&HOST, &edit, &under(&world, "a", 1)));
    assert!(matches!(again, Ok(Done::Before(_))));
}

#[test]
fn a_host_commits_what_was_prepared_and_the_desk_follows() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let open = OpenTicket::of(customer_of(&world.customer("Carl")), "Parcel", "Late.");
    let prepared = block_on(world.desk.prepare(&HOST, &open)).unwrap();
    let ticket = prepared.reply.ticket_id;
    assert!(block_on(world.desk.ticket(&HOST, ticket)).is_err(), "nothing is written yet");
    let outcome = block_on(world.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
    assert_eq!(outcome, [Outcome::Committed]);
    block_on(world.desk.committed(&HOST, &prepared));
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
    world.sound();
}

#[test]
fn what_was_prepared_conflicts_where_somebody_was_faster() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let ticket = world.opened_by(&world.customer("Carl"));
    let prepared =
        block_on(world.desk.prepare(&agent, &EditTicket::of(ticket).status(Status::OnHold))).unwrap();
    world.reply(&agent, ticket, "Soon.");
    let outcome = block_on(world.desk.store().commit(&[prepared.changes])).unwrap();
    assert!(matches!(outcome[..], [Outcome::Conflict(_)]));
    assert_eq!(world.ticket(ticket).status, Status::Pending);
    let error = world.fail(&HOST, &Take { ticket_id: ticket });
    assert!(matches!(error, Error::NotFound(_)));
    let unnamed = EditTicket::default();
    assert_eq!(fields(&world.fail(&agent, &unnamed)), ["ticket_id"]);
}
