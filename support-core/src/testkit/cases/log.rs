//! The log: order, places in streams, cursors, audience, hashes.

use std::collections::BTreeMap;

use crate::error::EntityKind;
use crate::event::{Audience, AudienceClass, ChainHash, Envelope, Event, Stream, chain};
use crate::id::{TenantId, TicketId};
use crate::people::{Actor, AgentActor, Permission, Reach, Role, Scope};
use crate::store::{ChangeSet, Cursor, Logged, Outcome, Select, Store, StoreErrorKind};

use super::super::build::{
    OTHER, TENANT, agent_id, agent_scope, an_event, customer_id, customer_scope, document_id, team_id,
    ticket_id, word,
};
use super::super::{a_ticket, system_scope};
use super::{commit, everything, follow, outcome, set, stream, whole_log};

const fn nothing_more(tenant: TenantId) -> ChangeSet {
    ChangeSet::new(tenant)
}

fn event_of(number: u32, seq: u64) -> Envelope {
    an_event(Stream::Customer(customer_id(number)), seq, Event::CustomerCreated {})
}

fn envelopes(logged: Vec<Logged>) -> Vec<Envelope> {
    logged.into_iter().map(|logged| logged.envelope).collect()
}

/// Events are read as they were written, in the order of the commits, and each with its JSON.
pub async fn events_are_read_as_they_were_written(store: &dyn Store) {
    let mut story = a_ticket(1).urgent();
    let first = story.set(TENANT);
    let second = story.go_on(TENANT, |story| story.asks("hello").moved(Some(agent_id(1)), Some(team_id(1))));
    let mut third = set();
    third.events = vec![event_of(1, 1), an_event(Stream::Document(document_id(1)), 1, Event::SignedIn {})];
    let expected: Vec<Envelope> =
        [&first, &second, &third].iter().flat_map(|set| set.events.clone()).collect();
    for set in [first, second, third] {
        commit(store, set).await;
    }
    let log = whole_log(store).await;
    for logged in &log {
        let read: Event = serde_json::from_str(&logged.json).expect("the event's JSON");
        assert_eq!(read, logged.envelope.event);
    }
    assert_eq!(envelopes(log), expected);
}

/// An event's sequence is its stream's last plus one: a place that is taken, or a gap, is a conflict.
pub async fn events_take_the_next_places_of_their_streams(store: &dyn Store) {
    let with = |events: Vec<Envelope>| ChangeSet { events, ..nothing_more(TENANT) };
    for seq in [0, 2] {
        let refused = outcome(store, with(vec![event_of(1, seq)])).await;
        assert_eq!(refused, Outcome::Conflict(EntityKind::Customer), "{seq} in an empty stream");
    }
    commit(store, with(vec![event_of(1, 1), event_of(2, 1), event_of(1, 2)])).await;
    for events in [
        vec![event_of(1, 2)],
        vec![event_of(1, 4)],
        vec![event_of(1, 3), event_of(1, 3)],
        vec![event_of(1, 3), event_of(1, 5)],
        vec![event_of(1, 4), event_of(1, 3)],
    ] {
        assert_eq!(outcome(store, with(events)).await, Outcome::Conflict(EntityKind::Customer));
    }
    commit(store, with(vec![event_of(1, 3), event_of(1, 4), event_of(2, 2)])).await;
    assert_eq!(whole_log(store).await.len(), 6);
    let kinds = [
        (Stream::Ticket(ticket_id(9)), EntityKind::Ticket),
        (Stream::Agent(agent_id(9)), EntityKind::Agent),
        (Stream::Document(document_id(9)), EntityKind::Document),
    ];
    for (stream, kind) in kinds {
        let refused = outcome(store, with(vec![an_event(stream, 2, Event::CustomerCreated {})])).await;
        assert_eq!(refused, Outcome::Conflict(kind));
    }
}

/// Reading on from any cursor gives exactly the rest, whatever the size of the pages.
pub async fn resuming_from_any_cursor_gives_the_rest(store: &dyn Store) {
    for number in 1..=5 {
        commit(store, a_ticket(number).asks("one").noted(agent_id(1), "two").set(TENANT)).await;
    }
    let log = whole_log(store).await;
    assert_eq!(log.len(), 15);
    for (index, logged) in log.iter().enumerate() {
        for limit in [1, 4, 100] {
            let rest = follow(store, &everything(), logged.cursor.clone(), limit).await;
            assert_eq!(rest, log[index + 1..], "after {index}, {limit} at a time");
        }
    }
    let customer = customer_scope(TENANT, customer_id(1));
    let visible = follow(store, &customer, Cursor::start(), 1).await;
    assert_eq!(visible, follow(store, &customer, Cursor::start(), 100).await);
    assert_eq!(visible.len(), 10);
}

/// At the end `next` is where the reader stands, and what is committed later is found from there.
pub async fn a_reader_at_the_end_finds_what_comes_later(store: &dyn Store) {
    let page = store.events(&everything(), &Cursor::start(), 10).await.unwrap();
    assert_eq!((page.events.len(), page.next), (0, Cursor::start()));
    commit(store, a_ticket(1).set(TENANT)).await;
    let page = store.events(&everything(), &Cursor::start(), 10).await.unwrap();
    let again = store.events(&everything(), &page.next, 10).await.unwrap();
    assert_eq!((again.events.len(), &again.next), (0, &page.next));
    commit(store, a_ticket(2).set(TENANT)).await;
    let found = follow(store, &everything(), page.next, 10).await;
    assert_eq!(envelopes(found), a_ticket(2).events());
}

/// `next` goes beyond events that the scope does not see, so that nobody reads them again and again.
pub async fn a_reader_passes_what_it_does_not_see(store: &dyn Store) {
    for number in 1..=30 {
        commit(store, a_ticket(number).of(customer_id(1)).set(TENANT)).await;
    }
    commit(store, a_ticket(31).of(customer_id(2)).set(TENANT)).await;
    let scope = customer_scope(TENANT, customer_id(2));
    assert_eq!(
        envelopes(follow(store, &scope, Cursor::start(), 1).await),
        a_ticket(31).of(customer_id(2)).events()
    );
    let all = whole_log(store).await;
    let nobody = customer_scope(TENANT, customer_id(3));
    let mut after = Cursor::start();
    loop {
        let page = store.events(&nobody, &after, 5).await.unwrap();
        assert_eq!(page.events, []);
        if page.next == after {
            break;
        }
        after = page.next;
    }
    assert_eq!(follow(store, &everything(), after, 5).await, [], "it stands after all {} events", all.len());
}

/// A cursor that this store never gave is misuse.
pub async fn a_foreign_cursor_is_misuse(store: &dyn Store) {
    commit(store, a_ticket(1).set(TENANT)).await;
    for foreign in ["no cursor of ours", "é", "-1", "1 OR 1=1"] {
        let error = store.events(&everything(), &Cursor::new(foreign), 10).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misuse, "{foreign}");
    }
}

/// Each event's hash follows from the one before, from the tenant's genesis on.
pub async fn the_hash_chain_verifies_from_genesis(store: &dyn Store) {
    let mut story = a_ticket(1).asks("hello");
    commit(store, story.set(TENANT)).await;
    commit(store, ChangeSet { tenant: OTHER, ..a_ticket(2).set(OTHER) }).await;
    commit(store, story.go_on(TENANT, |story| story.answered(agent_id(1), "hi").assigned(Some(agent_id(1)))))
        .await;
    let refused = a_ticket(1).set(TENANT);
    assert_ne!(outcome(store, refused).await, Outcome::Committed);
    commit(store, ChangeSet { events: vec![event_of(1, 1)], ..set() }).await;
    for (tenant, length) in [(TENANT, 5), (OTHER, 1)] {
        let log = follow(store, &system_scope(tenant), Cursor::start(), 2).await;
        assert_eq!(log.len(), length);
        let mut hash = ChainHash::genesis(tenant);
        for logged in log {
            hash = chain(&hash, &logged.envelope, &logged.json);
            assert_eq!(logged.hash, hash);
        }
    }
}

/// Lists scopes of every sight, with and without the audit trail.
fn scopes() -> Vec<Scope> {
    let teams = [team_id(1)];
    let admin = Actor::Agent(AgentActor {
        tenant: TENANT,
        id: agent_id(1),
        role: word("admin"),
        grants: Role::Admin.grants().clone(),
        teams: teams.to_vec(),
    });
    vec![
        everything(),
        admin.scope(Permission::TicketRead).unwrap(),
        agent_scope(TENANT, agent_id(1), &[], Reach::All),
        agent_scope(TENANT, agent_id(1), &teams, Reach::Team),
        agent_scope(TENANT, agent_id(1), &[], Reach::Team),
        agent_scope(TENANT, agent_id(1), &teams, Reach::Own),
        customer_scope(TENANT, customer_id(1)),
        customer_scope(TENANT, customer_id(2)),
        system_scope(OTHER),
    ]
}

/// Lists audiences in which each column holds, in turn, the one who looks, somebody else and nobody.
fn audiences() -> Vec<Audience> {
    let mut audiences = Vec::new();
    for class in [AudienceClass::Public, AudienceClass::Internal, AudienceClass::Audit] {
        for whose in [None, Some(1), Some(2)] {
            let blank = Audience { customer: whose.map(customer_id), ..Audience::of_tenant(class) };
            audiences.push(blank);
            for n in [1, 2] {
                audiences.push(Audience { team_before: Some(team_id(n)), ..blank });
                audiences.push(Audience { team_after: Some(team_id(n)), ..blank });
                audiences.push(Audience { assignee_before: Some(agent_id(n)), ..blank });
                audiences.push(Audience { assignee_after: Some(agent_id(n)), ..blank });
            }
        }
    }
    audiences
}

/// The log shows exactly what [`Audience::is_visible`] lets the scope see: every audience, stream and sight.
pub async fn the_log_is_filtered_by_audience(store: &dyn Store) {
    let mut last: BTreeMap<Stream, u64> = BTreeMap::new();
    let mut written = set();
    for audience in audiences() {
        let streams = [
            Stream::Ticket(ticket_id(1)),
            Stream::Customer(customer_id(1)),
            Stream::Agent(agent_id(1)),
            Stream::Document(document_id(1)),
        ];
        for stream in streams {
            let seq = last.entry(stream).or_default();
            *seq += 1;
            let event = Event::TicketWoken { by_time: true };
            written.events.push(Envelope { audience, ..an_event(stream, *seq, event) });
        }
    }
    let all = written.events.clone();
    commit(store, written).await;
    for scope in scopes() {
        let own = scope.tenant() == TENANT;
        let visible: Vec<Envelope> =
            all.iter().filter(|e| own && e.audience.is_visible(e.stream, &scope)).cloned().collect();
        let seen = envelopes(follow(store, &scope, Cursor::start(), 50).await);
        assert_eq!(seen, visible, "{scope:?}");
    }
}

/// A ticket's stream is read by those who see the ticket now, and of it what their audience allows; other streams
/// are for staff.
pub async fn a_stream_is_read_by_those_who_see_its_ticket(store: &dyn Store) {
    let story = a_ticket(1).of(customer_id(1)).in_team(team_id(1)).asks("hello").noted(agent_id(1), "hm");
    let moved = story.moved(Some(agent_id(2)), Some(team_id(2)));
    commit(store, moved.set(TENANT)).await;
    let aside = a_ticket(2).of(customer_id(1)).set_aside(crate::ticket::SetAsideKind::Spam);
    commit(store, aside.set(TENANT)).await;
    let mut other = set();
    other.events = vec![event_of(1, 1), event_of(1, 2)];
    commit(store, other).await;
    for scope in scopes() {
        let own = scope.tenant() == TENANT;
        for told in [&moved, &aside] {
            let sees = own && told.ticket().with_subject(|subject| scope.sees(subject));
            let visible: Vec<Envelope> = told
                .events()
                .into_iter()
                .filter(|e| sees && e.audience.is_visible(e.stream, &scope))
                .collect();
            let read = stream(store, &scope, Select::Stream(Stream::Ticket(told.id()))).await;
            assert_eq!(read, visible, "{scope:?}");
        }
        let read = stream(store, &scope, Select::Stream(Stream::Customer(customer_id(1)))).await;
        assert_eq!(read.len(), if own && scope.is_staff() { 2 } else { 0 }, "{scope:?}");
    }
    assert_eq!(stream(store, &everything(), Select::Stream(Stream::Ticket(ticket(7)))).await, []);
}

const fn ticket(number: u32) -> TicketId {
    ticket_id(number)
}

/// Reading after the end answers nothing, and the place from which everything that comes later is read.
pub async fn the_end_of_the_log_is_where_later_events_follow(store: &dyn Store) {
    let system = system_scope(TENANT);
    let empty = store.events(&system, &Cursor::end(), 10).await.unwrap();
    assert_eq!(empty.events, []);
    let with = |events: Vec<Envelope>| ChangeSet { events, ..nothing_more(TENANT) };
    commit(store, with(vec![event_of(1, 1)])).await;
    let first = store.events(&system, &empty.next, 10).await.unwrap();
    assert_eq!(envelopes(first.events), [event_of(1, 1)]);
    let end = store.events(&system, &Cursor::end(), 10).await.unwrap();
    assert_eq!(end.events, []);
    commit(store, with(vec![event_of(1, 2)])).await;
    let later = store.events(&system, &end.next, 10).await.unwrap();
    assert_eq!(envelopes(later.events), [event_of(1, 2)]);
}
