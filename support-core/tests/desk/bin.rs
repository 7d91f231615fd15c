//! The bin: what is deleted can be brought back for thirty days, and is erased then.

use std::collections::BTreeSet;

use support_core::desk::{
    EditTicket, Escalate, FieldInput, ResetTicket, RestoreTicket, SetAsideTicket, WriteMessage,
};
use support_core::id::TicketId;
use support_core::people::Actor;
use support_core::store::{Key, Query, Record, Select, SetAsideFilter, TicketFilter};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{SetAsideKind, Status};

use crate::faulty::{Fault, FaultyStore};
use crate::receiving::mail;
use crate::world::{HOST, TENANT, World, label, rule};

const DAY: i64 = 86_400;

fn delete(world: &World, ticket: TicketId) {
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted });
}

/// A ticket that names a text in every kind of place.
fn told(world: &World) -> (Actor, Actor, TicketId) {
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.run(&agent, &WriteMessage::note(ticket, "A zebra in the bathroom."));
    let field = |text: &str| Some(FieldInput::Text(text.into()));
    for colour in ["turquoise", "crimson"] {
        let mut edit = EditTicket { subject: Some(format!("The {colour} parcel")), ..EditTicket::of(ticket) };
        edit.custom_fields.insert(label("colour"), field(colour));
        world.run(&HOST, &edit);
    }
    world.run(&HOST, &Escalate { ticket_id: ticket, reason: "He called twice.".into(), level: None });
    world.reply(&agent, ticket, "Soon.");
    (agent, carl, ticket)
}

fn texts(world: &World, ticket: TicketId) -> Vec<Option<String>> {
    let ids: BTreeSet<_> = world.events(ticket).iter().flat_map(|event| event.event.texts()).collect();
    let keys: Vec<Key> = ids.into_iter().map(Key::Text).collect();
    let found = block_on(world.desk.store().load(&system_scope(TENANT), &keys)).unwrap();
    found
        .into_iter()
        .map(|record| match record {
            Some(Record::Text(text)) => text.body,
            other => panic!("{other:?} is no text"),
        })
        .collect()
}

fn found(world: &World, filter: TicketFilter) -> usize {
    let query = Query::new(Select::Tickets(Box::new(filter)), 10);
    block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items.len()
}

fn by_word(world: &World, word: &str) -> usize {
    let set_aside = SetAsideFilter::Any;
    found(world, TicketFilter { words: vec![word.into()], set_aside, ..TicketFilter::default() })
}

#[test]
fn a_deleted_ticket_comes_back_whole_before_its_time_is_over() {
    let world = World::standard();
    let (_, carl, ticket) = told(&world);
    delete(&world, ticket);
    world.pass(30 * DAY - 1);
    assert!(texts(&world, ticket).iter().all(Option::is_some));
    world.run(&HOST, &RestoreTicket { ticket_id: ticket });
    assert_eq!(world.said(&carl, ticket), ["It is a week late.", "Soon."]);
    assert_eq!(by_word(&world, "zebra"), 1);
    world.pass(60 * DAY);
    assert!(texts(&world, ticket).iter().all(Option::is_some));
    world.sound();
}

#[test]
fn after_thirty_days_every_text_is_gone_and_cannot_come_back() {
    let world = World::standard();
    let (agent, carl, ticket) = told(&world);
    let other = world.opened_by(&carl);
    assert!(texts(&world, ticket).len() >= 9);
    delete(&world, ticket);
    world.pass(30 * DAY);
    assert!(texts(&world, ticket).iter().all(Option::is_none));
    for word in ["zebra", "turquoise", "crimson", "soon"] {
        assert_eq!(by_word(&world, word), 0, "{word}");
    }
    assert_eq!(by_word(&world, "parcel"), 1, "the other ticket keeps its words");
    assert!(world.said(&HOST, ticket).is_empty());
    assert_eq!(world.names(ticket).last(), Some(&"ticket.erased"));
    // A tombstone is left, beside the bin and not in it.
    let only = |kind| TicketFilter { set_aside: SetAsideFilter::Only(kind), ..TicketFilter::default() };
    assert_eq!(found(&world, only(SetAsideKind::Deleted)), 0);
    assert_eq!(found(&world, only(SetAsideKind::Erased)), 1);
    let refused = world.fail(&HOST, &RestoreTicket { ticket_id: ticket });
    assert_eq!(rule(&refused), "ticket_erased");
    assert_eq!(rule(&world.fail(&agent, &WriteMessage::note(ticket, "What was it?"))), "ticket_erased");
    assert_eq!(rule(&world.fail(&HOST, &ResetTicket { ticket_id: ticket })), "text_erased");
    assert!(texts(&world, other).iter().all(Option::is_some));
    world.pass(30 * DAY);
    world.sound();
}

#[test]
fn restoring_is_refused_from_the_instant_on_though_the_worker_sleeps() {
    let world = World::standard();
    let (_, _, ticket) = told(&world);
    world.settings(serde_json::json!({"bin_seconds": 2 * DAY}));
    delete(&world, ticket);
    world.clock.advance(2 * DAY);
    assert_eq!(rule(&world.fail(&HOST, &RestoreTicket { ticket_id: ticket })), "ticket_erased");
    assert!(texts(&world, ticket).iter().all(Option::is_some));
    world.tick();
    assert!(texts(&world, ticket).iter().all(Option::is_none));
    world.sound();
}

#[test]
fn what_the_customer_answers_to_an_erased_ticket_opens_another() {
    let world = World::standard();
    let (_, _, ticket) = told(&world);
    delete(&world, ticket);
    world.clock.advance(30 * DAY);
    for id in ["m-1", "m-2"] {
        let mut answer = mail(&world, "carl@customer.example", id);
        answer.conversation_id = Some(world.ticket(ticket).conversation_id);
        let landed = world.run(&HOST, &answer).ticket_id;
        assert_eq!(world.ticket(landed).follow_up_of, Some(ticket));
        world.tick();
    }
    world.sound();
}

#[test]
fn a_closed_ticket_is_erased_too() {
    let world = World::standard();
    let (_, _, ticket) = told(&world);
    world.status(&HOST, ticket, Status::Closed);
    delete(&world, ticket);
    world.pass(30 * DAY);
    assert!(texts(&world, ticket).iter().all(Option::is_none));
    world.sound();
}

#[test]
fn a_ticket_that_cannot_be_written_is_erased_later_and_holds_up_no_other() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (_, carl, ticket) = told(&world);
    let other = world.opened_by(&carl);
    delete(&world, ticket);
    delete(&world, other);
    world.clock.advance(30 * DAY);
    store.set(Fault::Ticket(ticket));
    world.tick();
    store.set(Fault::None);
    assert!(texts(&world, ticket).iter().all(Option::is_some), "wholly or not at all");
    assert!(texts(&world, other).iter().all(Option::is_none));
    world.pass(DAY);
    assert!(texts(&world, ticket).iter().all(Option::is_none));
    world.sound();
}
