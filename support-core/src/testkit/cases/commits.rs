//! Expectations, atomicity and the order of checks.

use crate::error::EntityKind;
use crate::event::{Event, Stream};
use crate::people::{Customer, WorkKind};
use crate::store::{
    ChangeSet, Delta, Document, Fence, Key, Outcome, Record, Store, StoreErrorKind, Text, Write,
};

use super::super::build::{
    TENANT, a_customer, a_document, a_note, a_receipt, a_state, agent_id, an_agent, an_event, an_outbox_row,
    customer_id, document_id, note_id, ticket_id, word,
};
use super::super::full::full_records;
use super::super::{a_ticket, system_scope};
use super::records::key_of;
use super::{commit, everything, insert, inserting, outcome, set, stored, whole_log};

/// A write at a revision that is not the stored one is refused, for every kind, and leaves what is there.
pub async fn a_stale_revision_conflicts_and_writes_nothing(store: &dyn Store) {
    insert(store, full_records()).await;
    for record in full_records() {
        for revision in [record.revision() + 1, record.revision().wrapping_sub(1)] {
            let mut stale = set();
            stale.replace(revision, record.clone());
            let expected = Outcome::Conflict(record.entity());
            assert_eq!(outcome(store, stale).await, expected, "{record:?} at {revision}");
        }
        assert_eq!(stored(store, key_of(&record)).await, Some(record));
    }
}

/// What must be absent and is not is a conflict, for every kind.
pub async fn absent_means_absent(store: &dyn Store) {
    insert(store, full_records()).await;
    for record in full_records() {
        let expected = Outcome::Conflict(record.entity());
        assert_eq!(outcome(store, inserting([record])).await, expected);
    }
}

/// What must stand at a revision and does not exist is a conflict, for every kind.
pub async fn nothing_stands_at_no_revision(store: &dyn Store) {
    for record in full_records() {
        for revision in [0, record.revision()] {
            let mut change = set();
            change.replace(revision, record.clone());
            assert_eq!(outcome(store, change).await, Outcome::Conflict(record.entity()));
        }
        assert_eq!(stored(store, key_of(&record)).await, None);
    }
}

/// A record may be written at its own revision again, as when only what is derived has changed.
pub async fn a_record_may_keep_its_revision(store: &dyn Store) {
    let story = a_ticket(1);
    commit(store, story.set(TENANT)).await;
    let again = story.derived(|derived| derived.failures = 3).ticket();
    let mut change = set();
    change.replace(again.stream_seq, again.clone());
    commit(store, change).await;
    assert_eq!(stored(store, Key::Ticket(ticket_id(1))).await, Some(again.into()));
}

/// A version of a document is immutable: writing it again, or an earlier one, is a conflict.
pub async fn a_version_of_a_document_is_written_once(store: &dyn Store) {
    insert(store, [Document { version: 2, ..a_document(1) }.into()]).await;
    for version in [1, 2] {
        let mut change = set();
        change.replace(2, Document { version, retired: true, ..a_document(1) });
        assert_eq!(outcome(store, change).await, Outcome::Conflict(EntityKind::Document));
    }
    let newest = stored(store, Key::Document(document_id(1))).await;
    assert_eq!(newest, Some(Document { version: 2, ..a_document(1) }.into()));
}

/// Makes a change set with one of everything, about the customer, ticket and agent with a number.
fn one_of_everything(number: u32) -> ChangeSet {
    let mut set = a_ticket(number).asks("hello world").set(TENANT);
    set.receipt = Some(a_receipt(&format!("command {number}")));
    set.insert(a_customer(number));
    set.insert(an_agent(number));
    set.insert(a_state(number));
    set.insert(a_document(number));
    set.insert(an_outbox_row(number));
    set.deltas.push(Delta::Load {
        agent: agent_id(number),
        kind: WorkKind::Ticket,
        change: 1,
        at_most: Some(20),
    });
    set.events.push(an_event(Stream::Customer(customer_id(number)), 1, Event::CustomerCreated {}));
    set
}

/// Tells that nothing of [`one_of_everything`] is there.
async fn assert_nothing_written(store: &dyn Store, number: u32, why: &str) {
    let set = one_of_everything(number);
    for Write { record, .. } in &set.writes {
        assert_eq!(stored(store, key_of(record)).await, None, "{why}");
    }
    assert_eq!(stored(store, Key::Receipt(format!("command {number}"))).await, None, "{why}");
    let streams: Vec<Stream> = set.events.iter().map(|envelope| envelope.stream).collect();
    let log = whole_log(store).await;
    assert!(log.iter().all(|logged| !streams.contains(&logged.envelope.stream)), "{why}");
    let filter = crate::store::TicketFilter { words: vec!["hello".to_owned()], ..Default::default() };
    let found = super::list(store, &everything(), crate::store::Select::Tickets(Box::new(filter))).await;
    assert!(
        found.iter().all(|record| *record != Record::from(a_ticket(number).asks("hello world").ticket()))
    );
}

/// Whatever fails in a set, nothing of the set is written, while the sets around it in the slice are.
pub async fn a_set_is_atomic_and_fails_alone(store: &dyn Store) {
    insert(store, [a_customer(900).into(), an_agent(900).into(), a_state(900).into()]).await;
    let full = Delta::Load { agent: agent_id(900), kind: WorkKind::Call, change: 1, at_most: Some(0) };
    let unknown = Delta::LastAssigned { agent: agent_id(901), at: super::super::build::instant(0) };
    type Fault = (&'static str, fn(&mut ChangeSet));
    let faults: [Fault; 7] = [
        ("a stale write", |set| set.replace(9, a_customer(900))),
        ("a present record", |set| set.insert(a_customer(900))),
        ("a missing ticket", |set| set.insert(Text { ticket: Some(ticket_id(901)), ..a_note(901) })),
        ("a gap in a stream", |set| {
            set.events.push(an_event(Stream::Agent(agent_id(900)), 2, Event::AgentCreated {}));
        }),
        ("a value that is held", |set| {
            set.insert(Customer { addresses: a_customer(900).addresses, ..a_customer(902) });
        }),
        ("a stale fence", |set| set.fence = Some(Fence { name: "router".to_owned(), token: 1 })),
        ("an entry of no text", |set| {
            let mut entry = set.search[0].clone();
            entry.text = note_id(903);
            set.search.push(entry);
        }),
    ];
    let mut number = 1;
    let mut check = async |name: &str, broken: &dyn Fn(&mut ChangeSet)| {
        let mut bad = one_of_everything(number + 1);
        broken(&mut bad);
        let sets = [one_of_everything(number), bad, one_of_everything(number + 2)];
        let outcomes = store.commit(&sets).await.unwrap();
        assert_eq!((&outcomes[0], &outcomes[2]), (&Outcome::Committed, &Outcome::Committed), "beside {name}");
        assert_ne!(outcomes[1], Outcome::Committed, "{name}");
        assert_nothing_written(store, number + 1, name).await;
        for good in [number, number + 2] {
            let found = stored(store, Key::Customer(customer_id(good))).await;
            assert_eq!(found, Some(a_customer(good).into()), "beside {name}");
        }
        number += 3;
    };
    for (name, fault) in faults {
        check(name, &fault).await;
    }
    check("a full agent", &|set| set.deltas.push(full)).await;
    check("an unknown agent", &|set| set.deltas.push(unknown)).await;
    assert_eq!(stored(store, Key::Customer(customer_id(900))).await, Some(a_customer(900).into()));
    assert_eq!(stored(store, Key::AgentState(agent_id(900))).await, Some(a_state(900).into()));
}

/// In one slice, a later set sees what an earlier one wrote: records, events, unique values, loads, receipts.
pub async fn later_sets_see_earlier_ones(store: &dyn Store) {
    let mut story = a_ticket(1);
    let opening = story.set(TENANT);
    let going_on = story.go_on(TENANT, |story| story.asks("anybody there"));
    let same_address = inserting([Customer { addresses: a_customer(1).addresses, ..a_customer(2) }.into()]);
    let mut repeated = set();
    repeated.receipt = Some(a_receipt("once"));
    let load = |at_most| {
        let mut set = set();
        set.deltas.push(Delta::Load { agent: agent_id(1), kind: WorkKind::Ticket, change: 1, at_most });
        set
    };
    let sets = [
        opening,
        going_on.clone(),
        going_on,
        inserting([a_customer(1).into(), an_agent(1).into(), a_state(1).into()]),
        same_address,
        repeated.clone(),
        repeated,
        load(Some(1)),
        load(Some(1)),
    ];
    let outcomes = store.commit(&sets).await.unwrap();
    let expected = [
        Outcome::Committed,
        Outcome::Committed,
        Outcome::Conflict(EntityKind::Ticket),
        Outcome::Committed,
        Outcome::Taken { entity: EntityKind::Customer, field: "addresses" },
        Outcome::Committed,
        Outcome::Repeated(a_receipt("once")),
        Outcome::Committed,
        Outcome::Full(agent_id(1)),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(store.commit(&[]).await.unwrap(), []);
}

/// What fails first in the order of checks is the answer: receipt, fence, conflict, value taken, agent full.
pub async fn checks_come_in_their_order(store: &dyn Store) {
    let mut first = inserting([a_customer(1).into(), an_agent(1).into(), a_state(1).into()]);
    first.receipt = Some(a_receipt("held"));
    commit(store, first).await;
    let mut all = inserting([Customer { addresses: a_customer(1).addresses, ..a_customer(2) }.into()]);
    all.receipt = Some(a_receipt("held"));
    all.fence = Some(Fence { name: "router".to_owned(), token: 9 });
    all.insert(a_customer(1));
    all.deltas.push(Delta::Load { agent: agent_id(1), kind: WorkKind::Chat, change: 2, at_most: Some(1) });
    assert_eq!(outcome(store, all.clone()).await, Outcome::Repeated(a_receipt("held")));
    all.receipt = None;
    assert_eq!(outcome(store, all.clone()).await, Outcome::Fenced);
    all.fence = None;
    assert_eq!(outcome(store, all.clone()).await, Outcome::Conflict(EntityKind::Customer));
    all.writes.pop();
    let taken = Outcome::Taken { entity: EntityKind::Customer, field: "addresses" };
    assert_eq!(outcome(store, all.clone()).await, taken);
    all.writes.pop();
    assert_eq!(outcome(store, all).await, Outcome::Full(agent_id(1)));
}

/// Among the conflicts, the first write comes first, then deltas, events and search entries.
pub async fn the_first_conflict_is_named(store: &dyn Store) {
    insert(store, [a_customer(1).into()]).await;
    let mut all = inserting([Text { ticket: Some(ticket_id(5)), ..a_note(1) }.into(), a_customer(1).into()]);
    all.deltas.push(Delta::Load { agent: agent_id(5), kind: WorkKind::Ticket, change: 1, at_most: None });
    all.events.push(an_event(Stream::Document(document_id(1)), 7, Event::CustomerCreated {}));
    all.search.push(a_ticket(1).search()[0].clone());
    assert_eq!(outcome(store, all.clone()).await, Outcome::Conflict(EntityKind::Ticket));
    all.writes.remove(0);
    assert_eq!(outcome(store, all.clone()).await, Outcome::Conflict(EntityKind::Customer));
    all.writes.remove(0);
    assert_eq!(outcome(store, all.clone()).await, Outcome::Conflict(EntityKind::Agent));
    all.deltas.clear();
    assert_eq!(outcome(store, all.clone()).await, Outcome::Conflict(EntityKind::Document));
    all.events.clear();
    assert_eq!(outcome(store, all).await, Outcome::Conflict(EntityKind::Text));
}

/// What belongs to a ticket needs the ticket, stored or written by the same set, in whatever order.
pub async fn what_belongs_to_a_ticket_needs_it(store: &dyn Store) {
    let story = a_ticket(1).asks("hello").assigned(Some(agent_id(1)));
    let parts: Vec<Record> = vec![
        story.conversations().remove(0).into(),
        story.messages().remove(0).into(),
        story.texts()[0].clone().into(),
        story.assignments().remove(0).into(),
        an_outbox_row(1).into(),
    ];
    for part in &parts {
        let refused = outcome(store, inserting([part.clone()])).await;
        assert_eq!(refused, Outcome::Conflict(EntityKind::Ticket), "{part:?}");
    }
    let mut in_any_order = inserting(parts.clone());
    in_any_order.insert(story.ticket());
    commit(store, in_any_order).await;
    for part in parts {
        assert_eq!(stored(store, key_of(&part)).await, Some(part));
    }
}

/// A ticket may name customers, agents and teams that are not stored.
pub async fn no_other_reference_is_checked(store: &dyn Store) {
    let story = a_ticket(1).of(customer_id(99)).assigned(Some(agent_id(99))).noted(agent_id(98), "hm");
    commit(store, story.set(TENANT)).await;
    assert_eq!(stored(store, Key::Ticket(ticket_id(1))).await, Some(story.ticket().into()));
}

/// Receipts and epochs are never writes, and a receipt's key is bounded: that is misuse, of which nothing is written.
pub async fn what_cannot_be_written_is_misuse(store: &dyn Store) {
    let mut too_long = set();
    too_long.receipt = Some(a_receipt(&"k".repeat(256)));
    let receipt = inserting([Record::Receipt(a_receipt("k"))]);
    for bad in [receipt, inserting([Record::Epoch(4)]), too_long] {
        let error = store.commit(&[inserting([a_customer(1).into()]), bad]).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misuse);
        assert_eq!(stored(store, Key::Customer(customer_id(1))).await, None);
    }
    let mut longest = set();
    longest.receipt = Some(a_receipt(&"k".repeat(255)));
    commit(store, longest).await;
}

/// Tenants are walls: the same ids, values and receipts in two tenants are two things.
pub async fn tenants_share_nothing(store: &dyn Store) {
    use super::super::build::OTHER;
    for tenant in [TENANT, OTHER] {
        let set = ChangeSet { tenant, ..one_of_everything(1) };
        commit(store, set).await;
    }
    let mut change = ChangeSet::new(OTHER);
    change.replace(1, Customer { version: 2, tier: Some(word("gold")), ..a_customer(1) });
    change.deltas.push(Delta::Load { agent: agent_id(1), kind: WorkKind::Ticket, change: 5, at_most: None });
    change.events.push(an_event(
        Stream::Customer(customer_id(1)),
        2,
        Event::CustomerChanged { fields: vec![] },
    ));
    commit(store, change).await;
    assert_eq!(stored(store, Key::Customer(customer_id(1))).await, Some(a_customer(1).into()));
    let load = async |tenant| {
        let state = super::load(store, &system_scope(tenant), Key::AgentState(agent_id(1))).await;
        match state {
            Some(Record::AgentState(state)) => state.load.units,
            other => panic!("not a state: {other:?}"),
        }
    };
    assert_eq!((load(TENANT).await, load(OTHER).await), (1, 6));
    assert_eq!(whole_log(store).await.len(), one_of_everything(1).events.len());
}
