//! The main job, end to end: a customer writes, the right agent gets it and reads why, answers, and the ticket ends.

use support_core::desk::WriteMessage;
use support_core::sla::{Metric, TimerState};
use support_core::testkit::block_on;
use support_core::ticket::Status;

use crate::world::{HOST, World, id_of};

#[test]
fn a_customer_writes_and_an_agent_answers_until_it_is_closed() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let customer = world.customer("Carl");

    let ticket = world.opened_by(&customer);
    let routed = world.ticket(ticket);
    assert_eq!(routed.assigned_to, Some(id_of(&agent)));
    assert_eq!(routed.status, Status::Assigned);

    let why = block_on(world.desk.explain(&agent, ticket)).unwrap();
    let record = why.assignment.unwrap().why.unwrap();
    assert_eq!(record.decide_again(), Some(id_of(&agent)));
    assert_eq!(why.waiting, None);

    world.pass(600);
    world.run(&agent, &WriteMessage::note(ticket, "Asked the carrier."));
    assert_eq!(world.ticket(ticket).sla.open(Metric::FirstResponse).unwrap().state, TimerState::Running);

    world.pass(600);
    world.reply(&agent, ticket, "It arrives tomorrow.");
    let answered = world.ticket(ticket);
    assert_eq!(answered.status, Status::Pending);
    assert_eq!(answered.sla.timer(Metric::FirstResponse).unwrap().state, TimerState::Met);

    world.pass(3_600);
    world.reply(&customer, ticket, "It did not.");
    assert_eq!(world.ticket(ticket).status, Status::InProgress);

    world.reply(&agent, ticket, "We send another.");
    world.status(&agent, ticket, Status::Resolved);
    world.pass(7 * 86_400);
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    world.sound();
}

#[test]
fn a_ticket_that_nobody_answers_breaches_and_escalates_once() {
    let world = World::standard();
    let customer = world.customer("Carl");
    let ticket = world.opened_by(&customer);
    world.pass(7_199);
    assert!(!world.names(ticket).contains(&"sla.breached"));
    world.pass(2);
    let breached = world.ticket(ticket);
    assert!(breached.derived.breached);
    assert_eq!(breached.escalation.unwrap().level, 1);
    world.pass(10_000);
    let names = world.names(ticket);
    assert_eq!(names.iter().filter(|name| **name == "sla.breached").count(), 1, "{names:?}");
    world.sound();
}

#[test]
fn a_secret_number_is_masked_before_it_is_stored() {
    let world = World::standard();
    let customer = world.customer("Carl");
    let ticket = world.opened_by(&customer);
    world.reply(&customer, ticket, "My card is 4111 1111 1111 1111.");
    let messages = block_on(world.desk.messages(&HOST, ticket, None, 10, None)).unwrap().messages;
    assert_eq!(messages[0].content.as_deref(), Some("My card is ****."));
}
