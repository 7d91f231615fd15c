//! `verify` finds what was written past the desk.

use support_core::event::{Audience, Envelope, Event, Stream};
use support_core::id::{EventId, TicketId};
use support_core::people::{Actor, ActorRef, WorkKind};
use support_core::store::{ChangeSet, Delta, Outcome, Query, Record, Select};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{Priority, Ticket};
use uuid::Uuid;

use crate::faulty::{Fault, FaultyStore};
use crate::world::{HOST, TENANT, World, id_of};

fn told() -> (World, Actor, TicketId) {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let ticket = world.opened_by(&world.customer("Carl"));
    world.reply(&agent, ticket, "Soon.");
    world.sound();
    (world, agent, ticket)
}

fn past_the_desk(world: &World, write: impl FnOnce(&mut ChangeSet)) {
    let mut changes = ChangeSet::new(TENANT);
    write(&mut changes);
    assert_eq!(block_on(world.desk.store().commit(&[changes])).unwrap(), [Outcome::Committed]);
}

fn finds(world: &World, problem: &str) {
    let report = block_on(world.desk.verify(TENANT)).unwrap();
    assert!(!report.is_sound());
    assert!(report.findings.iter().any(|finding| finding.problem.contains(problem)), "{report:#?}");
}

#[test]
fn a_changed_field_of_a_ticket_is_found() {
    let changes: [fn(&mut Ticket); 6] = [
        |ticket| ticket.priority = Priority::Urgent,
        |ticket| ticket.assigned_to = None,
        |ticket| ticket.version += 1,
        |ticket| ticket.created_at = ticket.created_at.plus_seconds(-1),
        |ticket| ticket.first_responded_at = None,
        |ticket| ticket.sla.timers[0].target_seconds += 1,
    ];
    for change in changes {
        let (world, _, id) = told();
        let mut ticket = world.ticket(id);
        change(&mut ticket);
        past_the_desk(&world, |changes| changes.replace(ticket.stream_seq, ticket));
        finds(&world, "it is not the fold of its events");
    }
}

#[test]
fn a_changed_deadline_is_found() {
    let (world, _, id) = told();
    let mut ticket = world.ticket(id);
    ticket.derived.wake_at = Some(world.desk.now().plus_seconds(1));
    past_the_desk(&world, |changes| changes.replace(ticket.stream_seq, ticket));
    finds(&world, "what is derived does not follow");
}

#[test]
fn a_wrong_load_is_found() {
    let (world, agent, _) = told();
    let agent = id_of(&agent);
    past_the_desk(&world, |changes| {
        changes.deltas.push(Delta::Load { agent, kind: WorkKind::Ticket, change: 1, at_most: None });
    });
    finds(&world, "the load is not that of the tickets");
}

#[test]
fn a_wrong_load_of_somebody_who_left_is_found() {
    let (world, agent, _) = told();
    let agent = id_of(&agent);
    world.run(&HOST, &support_core::desk::DeactivateAgent { id: agent });
    world.tick();
    world.sound();
    past_the_desk(&world, |changes| {
        changes.deltas.push(Delta::Load { agent, kind: WorkKind::Ticket, change: 1, at_most: None });
    });
    finds(&world, "the load is not that of the tickets");
}

#[test]
fn a_changed_message_conversation_or_assignment_is_found() {
    let of = |ticket| {
        [
            (Select::Messages { ticket, conversation: None }, "messages"),
            (Select::Conversations(ticket), "conversations"),
            (
                Select::Assignments { ticket: Some(ticket), agent: None, team: None, from: None, to: None },
                "assignments",
            ),
        ]
    };
    for at in 0..3 {
        let (world, _, id) = told();
        let (select, what) = of(id)[at].clone();
        let query = Query::new(select, 1);
        let mut record =
            block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items.remove(0);
        let revision = record.revision();
        match &mut record {
            Record::Message(message) => message.answers = !message.answers,
            Record::Conversation(conversation) => conversation.last_message_at = None,
            Record::Assignment(assignment) => assignment.by = ActorRef::SYSTEM,
            other => panic!("{other:?}"),
        }
        if let Record::Assignment(assignment) = &mut record {
            assignment.over = !assignment.over;
        }
        past_the_desk(&world, |changes| changes.replace(revision, record));
        let report = block_on(world.desk.verify(TENANT)).unwrap();
        assert_eq!(report.wrong, 1, "{report:#?}");
        assert!(report.findings[0].place.ends_with(what));
    }
}

#[test]
fn an_event_without_its_effect_is_found() {
    let (world, _, id) = told();
    let ticket = world.ticket(id);
    let event =
        Event::TicketPriorityChanged { from: ticket.priority, to: Priority::Urgent, by_escalation: false };
    let envelope = Envelope {
        id: EventId::from_uuid(Uuid::from_u128(1)),
        stream: Stream::Ticket(id),
        stream_seq: ticket.stream_seq + 1,
        at: world.desk.now(),
        actor: ActorRef::SYSTEM,
        audience: Audience::of_ticket(event.class(), Some(&ticket), &ticket),
        event,
    };
    past_the_desk(&world, |changes| changes.events.push(envelope));
    finds(&world, "it is not the fold of its events");
}

#[test]
fn a_ticket_as_it_was_is_the_fold_stopped_early() {
    let (world, agent, id) = told();
    let before = world.ticket(id);
    world.clock.advance(60);
    world.reply(&agent, id, "Now.");
    let was = block_on(world.desk.ticket_at(&HOST, id, before.updated_at)).unwrap();
    assert_eq!(was, before);
    let early = before.created_at.plus_micros(-1);
    assert!(block_on(world.desk.ticket_at(&HOST, id, early)).is_err());
}

#[test]
fn a_changed_byte_of_the_log_is_found_where_it_is() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    world.opened_by(&world.customer("Carl"));
    world.sound();
    store.set(Fault::Bytes(1));
    let report = block_on(world.desk.verify(TENANT)).unwrap();
    assert_eq!(report.wrong, 1, "the rest follows again: {report:#?}");
    finds(&world, "the hash does not follow");
}
