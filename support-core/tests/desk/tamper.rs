//! `verify` finds what was written past the desk.

use std::sync::Arc;

use serde_json::json;
use support_core::conversation::Visibility;
use support_core::desk::Finding;
use support_core::event::{Audience, Envelope, Event, Stream};
use support_core::id::{DocumentId, EventId, TextId, TicketId};
use support_core::masking::{Kind, MaskSpan};
use support_core::people::{Actor, ActorRef, Agent, AgentState, Customer, Presence, WorkKind};
use support_core::sla::policy::PolicySpec;
use support_core::store::{
    ChangeSet, Delta, DocumentKind, Effect, Key, OutboxRow, OutboxState, Outcome, Query, Record, SearchEntry,
    Select, Text,
};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{Priority, Ticket};
use uuid::Uuid;

use crate::faulty::{Fault, FaultyStore};
use crate::world::{HOST, TENANT, World, id_of};

fn told() -> (World, Actor, TicketId) {
    let (_, world, agent, ticket) = told_by_a_faulty_store();
    (world, agent, ticket)
}

fn told_by_a_faulty_store() -> (Arc<FaultyStore>, World, Actor, TicketId) {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    world.policy(&PolicySpec::standard());
    let agent = world.agent("Agnes");
    let ticket = world.opened_by(&world.customer("Carl"));
    world.reply(&agent, ticket, "Soon.");
    world.sound();
    (store, world, agent, ticket)
}

/// The body of a ticket's newest message.
fn body_of(world: &World, ticket: TicketId) -> TextId {
    let page = block_on(world.desk.messages(&HOST, ticket, None, 1, None)).unwrap();
    page.messages[0].message.body
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

/// Puts other settings in force. Nothing has reached the tickets yet.
fn reconfigured(world: &World, seconds: i64) {
    world.settings(json!({ "pending_reminder_seconds": seconds }));
}

#[test]
fn tickets_that_a_changed_configuration_has_not_reached_yet_are_sound() {
    let (world, _, id) = told();
    world.pass(60);
    // It waits for the customer's answer, and for the reminder of it.
    assert_eq!(world.ticket(id).status, support_core::ticket::Status::Pending);
    let before = world.ticket(id).derived;
    reconfigured(&world, 3_600);
    world.sound();
    let carl = world.customer("Carla");
    world.opened_by(&carl);
    reconfigured(&world, 7_200);
    // One under each of three epochs.
    world.opened_by(&carl);
    assert_eq!(world.ticket(id).derived, before);
    world.sound();
    world.pass(60);
    assert_ne!(world.ticket(id).derived, before);
    world.sound();
}

#[test]
fn what_no_configuration_since_the_last_that_reached_all_explains_is_found_while_one_is_on_its_way() {
    let (world, _, id) = told();
    world.pass(60);
    reconfigured(&world, 3_600);
    world.pass(60);
    let reminded = world.ticket(id);
    reconfigured(&world, 7_200);
    let mut ticket = world.ticket(id);
    ticket.derived.wake_at = reminded.derived.wake_at.map(|at| at.plus_seconds(1));
    past_the_desk(&world, |changes| changes.replace(ticket.stream_seq, ticket));
    finds(&world, "what is derived does not follow from it");
}

#[test]
fn a_ticket_that_a_finished_change_should_have_reached_is_found() {
    let (world, _, id) = told();
    world.pass(60);
    let before = world.ticket(id).derived;
    reconfigured(&world, 3_600);
    world.pass(60);
    let mut ticket = world.ticket(id);
    ticket.derived = before;
    past_the_desk(&world, |changes| changes.replace(ticket.stream_seq, ticket));
    finds(&world, "what is derived does not follow from it");
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
fn another_effect_than_the_one_that_an_event_promises_is_found() {
    let (world, ..) = told();
    let endpoint = world.put(DocumentKind::WebhookEndpoint, serde_json::json!({ "name": "Shop" }));
    let call = serde_json::json!({
        "name": "Call",
        "trigger": { "on": ["ticket.created"] },
        "actions": [{ "call_webhook": endpoint }],
    });
    world.put(DocumentKind::Automation, call);
    world.opened_by(&world.customer("Cleo"));
    world.sound();
    let query = Query::new(Select::Outbox(OutboxState::Ready), 1);
    let found = block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items.remove(0);
    let Record::Outbox(row) = found else { panic!("{found:?}") };
    let sent = OutboxRow { state: OutboxState::Sent, version: 2, ..row.clone() };
    past_the_desk(&world, |changes| changes.replace(1, sent));
    world.sound();
    let effect = Effect::Webhook { endpoint_id: DocumentId::from_uuid(Uuid::from_u128(78)), stream_seq: 1 };
    past_the_desk(&world, |changes| changes.replace(2, OutboxRow { effect, version: 3, ..row }));
    finds(&world, "what its events promise is not there");
}

#[test]
fn words_that_are_not_those_of_the_text_are_found() {
    let (world, _, id) = told();
    let text = body_of(&world, id);
    past_the_desk(&world, |changes| {
        let tokens = vec!["parcel".into()];
        changes.search.push(SearchEntry { text, ticket: id, visibility: Visibility::Public, tokens });
    });
    finds(&world, "its search entry does not hold its words");
}

#[test]
fn words_that_outlive_their_text_are_found() {
    let (store, world, _, id) = told_by_a_faulty_store();
    let key = Key::Text(body_of(&world, id));
    let found = block_on(world.desk.store().load(&system_scope(TENANT), &[key])).unwrap().remove(0);
    let Some(Record::Text(text)) = found else { panic!("no text") };
    past_the_desk(&world, |changes| changes.replace(0, Text { body: None, ..text }));
    world.sound();
    store.set(Fault::KeepsWords);
    finds(&world, "its search entry does not hold its words");
}

#[test]
fn findings_that_do_not_lie_in_their_text_are_found() {
    // "The parcel is late." or so: beyond its end, beginning where it ends, and in a text that says nothing more.
    for (start, end, emptied) in [(0, 9_999, false), (3, 3, false), (0, 4, true)] {
        let (world, _, id) = told();
        let key = Key::Text(body_of(&world, id));
        let found = block_on(world.desk.store().load(&system_scope(TENANT), &[key])).unwrap().remove(0);
        let Some(Record::Text(text)) = found else { panic!("no text") };
        world.sound();
        let masked = vec![MaskSpan { kind: Kind::Pin, start, end }];
        let body = text.body.clone().filter(|_| !emptied);
        past_the_desk(&world, |changes| changes.replace(0, Text { body, masked, ..text }));
        finds(&world, "what was masked in it does not stand in it");
    }
}

#[test]
fn a_text_that_is_gone_is_found() {
    let (store, world, _, id) = told_by_a_faulty_store();
    store.lose(Key::Text(body_of(&world, id)));
    finds(&world, "a text that its events name is not stored");
}

#[test]
fn what_the_log_tells_of_and_the_store_has_lost_is_found() {
    let (store, world, agent, id) = told_by_a_faulty_store();
    let customer = world.ticket(id).customer_id;
    for key in [Key::Ticket(id), Key::Customer(customer), Key::Agent(id_of(&agent))] {
        store.lose(key.clone());
        let report = block_on(world.desk.verify(TENANT)).unwrap();
        let place = format!("{key:?}");
        let named = |finding: &Finding| finding.place == place && finding.problem.contains("is not stored");
        assert!(report.findings.iter().any(named), "{report:#?}");
    }
}

#[test]
fn a_changed_customer_is_found_as_far_as_the_events_tell() {
    let changes: [fn(&mut Customer); 3] = [
        |customer| customer.version += 1,
        |customer| customer.created_at = customer.created_at.plus_seconds(-1),
        |customer| customer.updated_at = customer.updated_at.plus_seconds(1),
    ];
    for change in changes {
        let (world, _, id) = told();
        let id = world.ticket(id).customer_id;
        let mut customer = block_on(world.desk.customer(&HOST, id)).unwrap();
        let revision = customer.version;
        change(&mut customer);
        past_the_desk(&world, |changes| changes.replace(revision, customer));
        finds(&world, "it is not what its events tell");
    }
}

#[test]
fn a_changed_agent_is_found_as_far_as_the_events_tell() {
    let changes: [fn(&mut Agent, &mut AgentState); 6] = [
        |agent, _| agent.active = false,
        |agent, _| agent.version += 1,
        |agent, _| agent.updated_at = agent.updated_at.plus_seconds(1),
        |_, state| state.presence = Presence::Busy,
        |_, state| state.version += 1,
        |_, state| state.since = state.since.plus_seconds(1),
    ];
    for change in changes {
        let (world, agent, _) = told();
        let (mut agent, mut state) = block_on(world.desk.agent(&HOST, id_of(&agent))).unwrap();
        let revisions = (agent.version, state.version);
        change(&mut agent, &mut state);
        past_the_desk(&world, |changes| {
            changes.replace(revisions.0, agent);
            changes.replace(revisions.1, state);
        });
        finds(&world, "it is not what its events tell");
    }
}

#[test]
fn a_last_assignment_that_is_in_no_event_is_found() {
    let (world, agent, _) = told();
    let at = world.desk.now().plus_seconds(60);
    for agent in [id_of(&agent), id_of(&world.agent("Idle"))] {
        past_the_desk(&world, |changes| changes.deltas.push(Delta::LastAssigned { agent, at }));
        finds(&world, "the last assignment is not that of its events");
    }
    assert_eq!(block_on(world.desk.verify(TENANT)).unwrap().wrong, 2);
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
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    world.opened_by(&world.customer("Carl"));
    world.sound();
    store.set(Fault::Bytes(1));
    let report = block_on(world.desk.verify(TENANT)).unwrap();
    assert_eq!(report.wrong, 1, "the rest follows again: {report:#?}");
    finds(&world, "the hash does not follow");
}
