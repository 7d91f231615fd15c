//! What is written is what is read.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::id::TenantId;
use crate::label::Label;
use crate::masking::{Kind, MaskSpan};
use crate::people::{AddressKind, AgentState, Customer};
use crate::store::{Document, Key, Record, Store, Text};
use crate::ticket::{FieldValue, Ticket};

use super::super::build::{
    OTHER, TENANT, a_customer, a_document, a_login, a_note, a_progress, a_receipt, a_session, a_state,
    agent_id, an_agent, an_outbox_row, customer_id, document_id, foreign, instant, note_id, ticket_id, word,
};
use super::super::full::{full_agent, full_customer, full_message, full_records, full_state, full_ticket};
use super::super::{Dice, a_ticket, system_scope};
use super::{commit, everything, insert, inserting, load, set, stored, whole_log};

/// Returns the key under which a record is found.
pub(in crate::testkit) fn key_of(record: &Record) -> Key {
    match record {
        Record::Ticket(ticket) => Key::Ticket(ticket.id),
        Record::Conversation(conversation) => Key::Conversation(conversation.id),
        Record::Message(message) => Key::Message(message.id),
        Record::Text(text) => Key::Text(text.id),
        Record::Assignment(assignment) => Key::Assignment(assignment.id),
        Record::Offer(offer) => Key::Offer(offer.id),
        Record::Customer(customer) => Key::Customer(customer.id),
        Record::Agent(agent) => Key::Agent(agent.id),
        Record::AgentState(state) => Key::AgentState(state.agent),
        Record::Document(document) => Key::Document(document.id),
        Record::Login(login) => Key::Login(login.subject),
        Record::Session(session) => Key::Session(session.id),
        Record::Outbox(row) => Key::Outbox(row.id),
        Record::JourneyProgress(progress) => Key::JourneyProgress(progress.customer_id, progress.journey.id),
        Record::Receipt(receipt) => Key::Receipt(receipt.key.clone()),
        Record::Epoch(_) => Key::Epoch,
        Record::Uses(_) => unreachable!("is read by the document's id"),
    }
}

/// Lists a plain record of every kind: what may be empty is.
fn plain_records() -> Vec<Record> {
    let story = a_ticket(1).asks("hello").assigned(Some(agent_id(1)));
    let bare_ticket = Ticket { last_message_id: None, ..a_ticket(1).ticket() };
    let bare_customer = Customer { name: String::new(), addresses: Vec::new(), ..a_customer(1) };
    vec![
        bare_ticket.into(),
        story.conversations().remove(0).into(),
        story.messages().remove(0).into(),
        a_note(1).into(),
        story.assignments().remove(0).into(),
        bare_customer.into(),
        an_agent(1).into(),
        a_state(1).into(),
        a_document(1).into(),
        a_login(1).into(),
        a_session(1).into(),
        an_outbox_row(1).into(),
        a_progress(1).into(),
    ]
}

/// A record of every kind, with every field filled, is read as it was written.
pub async fn commit_then_read_returns_the_same_value(store: &dyn Store) {
    insert(store, full_records()).await;
    for record in full_records() {
        assert_eq!(stored(store, key_of(&record)).await, Some(record));
    }
}

/// A record of every kind, with every field empty that may be, is read as it was written.
pub async fn empty_fields_are_read_as_empty(store: &dyn Store) {
    insert(store, plain_records()).await;
    for record in plain_records() {
        assert_eq!(stored(store, key_of(&record)).await, Some(record));
    }
}

/// A record in place of another is read whole: nothing of the old one shines through, neither way round.
pub async fn a_replaced_record_leaves_nothing_behind(store: &dyn Store) {
    let with_revision = |ticket: Ticket, stream_seq| Ticket { stream_seq, id: ticket_id(1), ..ticket };
    let plain = with_revision(a_ticket(1).ticket(), 1);
    let full = with_revision(full_ticket(), 2);
    let bare = Customer { name: String::new(), addresses: Vec::new(), ..a_customer(1) };
    let steps: Vec<Vec<Record>> = vec![
        vec![plain.clone().into(), bare.clone().into(), an_agent(1).into()],
        vec![
            full.into(),
            Customer { version: 2, ..full_customer() }.into(),
            crate::people::Agent { version: 2, ..full_agent() }.into(),
        ],
        vec![
            with_revision(plain, 3).into(),
            Customer { version: 3, ..bare }.into(),
            crate::people::Agent { version: 3, ..an_agent(1) }.into(),
        ],
    ];
    for (step, records) in steps.into_iter().enumerate() {
        let mut set = set();
        for record in records.clone() {
            if step == 0 { set.insert(record) } else { set.replace(step as u64, record) }
        }
        commit(store, set).await;
        for record in records {
            assert_eq!(stored(store, key_of(&record)).await, Some(record), "after step {step}");
        }
    }
}

/// Values that numbers, columns and encodings have trouble with survive.
pub async fn extreme_values_survive(store: &dyn Store) {
    let mut ticket = a_ticket(1).ticket();
    ticket.created_at = crate::time::Timestamp::MIN;
    ticket.updated_at = crate::time::Timestamp::MAX;
    ticket.reopened_count = u32::MAX;
    ticket.version = i64::MAX as u64;
    ticket.reference = crate::id::Reference::from_random(0);
    let body = "\u{1}\u{1f600}'".repeat(50_000);
    let text = Text { body: Some(body), ..a_note(1) };
    let empty = Text { body: Some(String::new()), ..a_note(2) };
    let records: Vec<Record> = vec![ticket.into(), text.into(), empty.into()];
    insert(store, records.clone()).await;
    for record in records {
        assert_eq!(stored(store, key_of(&record)).await, Some(record));
    }
}

/// Numbers come back to the last bit, in records and in events: scores and hashes are made of them.
pub async fn numbers_survive_to_the_last_bit(store: &dyn Store) {
    let mut dice = Dice::new(3);
    let mut odd = || f64::from_bits(dice.roll() >> 2 | 0x3000_0000_0000_0000) * 1_000.0;
    let fields: BTreeMap<Label, FieldValue> =
        (0..200).map(|field| (word(&format!("n{field}")), FieldValue::Number(odd()))).collect();
    let changed = Event::TicketFieldsChanged { from: BTreeMap::new(), to: fields.clone() };
    let story = a_ticket(1).then(changed);
    commit(store, story.set(TENANT)).await;
    match stored(store, Key::Ticket(ticket_id(1))).await {
        Some(Record::Ticket(ticket)) => assert_eq!(ticket.custom_fields, fields),
        other => panic!("not a ticket: {other:?}"),
    }
    for logged in whole_log(store).await {
        let read: Event = serde_json::from_str(&logged.json).expect("the event's JSON");
        assert_eq!(read, logged.envelope.event);
    }
}

/// Answers come in the order of the keys; what does not exist is `None`; a key may come twice.
pub async fn load_answers_in_the_order_of_the_keys(store: &dyn Store) {
    insert(store, [a_customer(1).into(), an_agent(1).into()]).await;
    let keys = [
        Key::Agent(agent_id(1)),
        Key::Agent(agent_id(2)),
        Key::Customer(customer_id(1)),
        Key::Agent(agent_id(1)),
    ];
    let found = store.load(&everything(), &keys).await.unwrap();
    let agent = Some(Record::from(an_agent(1)));
    assert_eq!(found, [agent.clone(), None, Some(a_customer(1).into()), agent]);
    assert_eq!(store.load(&everything(), &[]).await.unwrap(), []);
}

/// Each other way to name a record finds it, and follows it when the value changes.
pub async fn records_are_found_by_their_other_names(store: &dyn Store) {
    insert(store, full_records()).await;
    let message = full_message();
    let named = |customer: &Customer, agent: &crate::people::Agent| {
        vec![
            (Key::TicketByReference(full_ticket().reference), Record::from(full_ticket())),
            (
                Key::MessageByExternalId(message.inbox_id.unwrap(), message.external_id.clone().unwrap()),
                message.clone().into(),
            ),
            (Key::CustomerByExternalId(customer.external_id.clone().unwrap()), customer.clone().into()),
            (
                Key::CustomerByAddress(AddressKind::Email, customer.addresses[0].value.clone()),
                customer.clone().into(),
            ),
            (Key::AgentByExternalId(agent.external_id.clone().unwrap()), agent.clone().into()),
            (Key::AgentByEmail(agent.email.to_lowercase()), agent.clone().into()),
        ]
    };
    let (old_customer, old_agent) = (full_customer(), full_agent());
    for (key, record) in named(&old_customer, &old_agent) {
        assert_eq!(stored(store, key.clone()).await, Some(record), "{key:?}");
    }
    let mut customer = Customer { version: 5, external_id: Some(foreign("crm:2")), ..full_customer() };
    customer.addresses[0].value = "new@example.com".to_owned();
    let agent = crate::people::Agent {
        version: 7,
        external_id: Some(foreign("hr/2")),
        email: "new@desk.example".to_owned(),
        ..full_agent()
    };
    let mut set = set();
    set.replace(4, customer.clone());
    set.replace(6, agent.clone());
    commit(store, set).await;
    for (key, record) in named(&customer, &agent) {
        assert_eq!(stored(store, key.clone()).await, Some(record), "{key:?}");
    }
    for (key, _) in named(&old_customer, &old_agent).split_off(2) {
        assert_eq!(stored(store, key.clone()).await, None, "{key:?} was given up");
    }
    let other_kind = Key::CustomerByAddress(AddressKind::Phone, "new@example.com".to_owned());
    assert_eq!(stored(store, other_kind).await, None);
}

/// An address that was not verified identifies nobody.
pub async fn an_unverified_address_identifies_nobody(store: &dyn Store) {
    insert(store, [full_customer().into()]).await;
    let phone = Key::CustomerByAddress(AddressKind::Phone, "+49301234567".to_owned());
    assert_eq!(stored(store, phone).await, None);
}

/// A text that is emptied keeps its identity and everything but its body and what was found in it.
pub async fn an_emptied_text_keeps_its_identity(store: &dyn Store) {
    let masked = vec![MaskSpan { kind: Kind::Pin, start: 0, end: 4 }];
    let text = Text { masked, ..a_note(1) };
    insert(store, [text.clone().into()]).await;
    assert_eq!(stored(store, Key::Text(note_id(1))).await, Some(text.clone().into()));
    let emptied = text.emptied();
    let mut empty = set();
    empty.replace(0, emptied.clone());
    commit(store, empty).await;
    assert_eq!(stored(store, Key::Text(note_id(1))).await, Some(emptied.into()));
}

/// Presence is written; load and `last_assigned_at` stay what the deltas made them.
pub async fn writing_an_agents_state_keeps_the_load(store: &dyn Store) {
    insert(store, [an_agent(1).into(), full_state().into()]).await;
    let mut presence = set();
    let written = AgentState { version: 9, ..a_state(1) };
    presence.replace(8, written.clone());
    commit(store, presence).await;
    let full = full_state();
    let kept = AgentState { load: full.load, last_assigned_at: full.last_assigned_at, ..written };
    assert_eq!(stored(store, Key::AgentState(agent_id(1))).await, Some(kept.into()));
}

/// A document's new version is the newest; the ones before stay readable as they were.
pub async fn versions_of_a_document_stay_readable(store: &dyn Store) {
    let version = |version, body: &str| Document {
        version,
        body: serde_json::json!(body),
        updated_at: instant(version as i64),
        ..a_document(1)
    };
    insert(store, [version(1, "one").into()]).await;
    for (before, next) in [(1, version(2, "two")), (2, version(5, "five"))] {
        let mut change = set();
        change.replace(before, next);
        commit(store, change).await;
    }
    let id = document_id(1);
    assert_eq!(stored(store, Key::Document(id)).await, Some(version(5, "five").into()));
    for (number, body) in [(1, "one"), (2, "two"), (5, "five")] {
        let found = stored(store, Key::DocumentVersion(id, number)).await;
        assert_eq!(found, Some(version(number, body).into()));
    }
    assert_eq!(stored(store, Key::DocumentVersion(id, 3)).await, None);
}

/// The epoch is 0 before the first document and grows with every document written, in its tenant alone.
pub async fn the_epoch_grows_with_every_document(store: &dyn Store) {
    let epoch = async |tenant: TenantId| match load(store, &system_scope(tenant), Key::Epoch).await {
        Some(Record::Epoch(epoch)) => epoch,
        other => panic!("not an epoch: {other:?}"),
    };
    assert_eq!(epoch(TENANT).await, 0);
    insert(store, [a_document(1).into()]).await;
    let first = epoch(TENANT).await;
    assert!(first > 0);
    insert(store, [a_customer(1).into()]).await;
    assert_eq!(epoch(TENANT).await, first, "a customer is no configuration");
    let mut change = set();
    change.replace(1, Document { version: 2, retired: true, ..a_document(1) });
    commit(store, change).await;
    let second = epoch(TENANT).await;
    assert!(second > first);
    let refused = store.commit(&[inserting([a_document(1).into()])]).await.unwrap();
    assert_ne!(refused, [crate::store::Outcome::Committed]);
    assert_eq!(epoch(TENANT).await, second, "a refused change is none");
    assert_eq!(epoch(OTHER).await, 0);
}

/// A receipt is kept as it was given.
pub async fn a_receipt_is_read_as_it_was_written(store: &dyn Store) {
    let receipt = a_receipt("POST /tickets it's");
    let mut command = set();
    command.receipt = Some(receipt.clone());
    commit(store, command).await;
    assert_eq!(stored(store, Key::Receipt(receipt.key.clone())).await, Some(Record::Receipt(receipt)));
    assert_eq!(stored(store, Key::Receipt("post /tickets it's".to_owned())).await, None);
}
