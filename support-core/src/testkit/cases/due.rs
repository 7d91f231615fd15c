//! Wake-ups, waiting work, and the signal that something changed.

use crate::event::Stream;
use crate::id::TicketId;
use crate::people::{AgentState, Reach, Scope};
use crate::routing::Waiting;
use crate::scoring::Urgency;
use crate::sla::ConfigRef;
use crate::store::{Due, JourneyProgress, Store};
use crate::ticket::{SetAsideKind, Status, Ticket};

use super::super::build::{
    OTHER, TENANT, a_progress, a_state, agent_id, agent_scope, an_agent, customer_id, customer_scope,
    document_id, instant, team_id, ticket_id,
};
use super::super::{Story, a_ticket};
use super::{commit, everything, insert};

fn waking(number: u32, at: i64) -> Story {
    a_ticket(number).derived(|derived| derived.wake_at = Some(instant(at)))
}

/// What is due comes longest overdue first, of all tenants; `next` is the earliest wake-up after.
pub async fn the_longest_overdue_comes_first(store: &dyn Store) {
    assert_eq!(store.due(instant(100), 10).await.unwrap(), Due::default());
    for (number, at) in [(1, 30), (2, 10), (3, 50), (4, 51)] {
        commit(store, waking(number, at).set(TENANT)).await;
    }
    commit(store, waking(5, 20).set(OTHER)).await;
    commit(store, a_ticket(6).set(TENANT)).await;
    let presence = AgentState { until: Some(instant(40)), ..a_state(1) };
    let begun = JourneyProgress { expires_at: Some(instant(45)), ..a_progress(1) };
    insert(store, [an_agent(1).into(), presence.into(), an_agent(2).into(), a_state(2).into()]).await;
    // Two journeys of one customer are two things that are due, also at one instant.
    let journey = ConfigRef { id: document_id(2), version: 1 };
    let second = JourneyProgress { journey, ..begun.clone() };
    insert(store, [begun.into(), second.into(), a_progress(2).into()]).await;
    let ticket = |tenant, number| (tenant, Stream::Ticket(ticket_id(number)));
    let expected = [
        ticket(TENANT, 2),
        ticket(OTHER, 5),
        ticket(TENANT, 1),
        (TENANT, Stream::Agent(agent_id(1))),
        (TENANT, Stream::Customer(customer_id(1))),
        (TENANT, Stream::Customer(customer_id(1))),
        ticket(TENANT, 3),
    ];
    let due = store.due(instant(50), 10).await.unwrap();
    assert_eq!((due.now.as_slice(), due.next), (expected.as_slice(), Some(instant(51))));
    let due = store.due(instant(9), 10).await.unwrap();
    assert_eq!((due.now, due.next), (Vec::new(), Some(instant(10))));
    let due = store.due(instant(51), 10).await.unwrap();
    assert_eq!((due.now.len(), due.next), (8, None));
}

/// Every tenant for which something was committed is named, in the order of ids, and no other.
pub async fn every_tenant_is_named(store: &dyn Store) {
    assert_eq!(store.tenants().await.unwrap(), []);
    commit(store, a_ticket(1).set(OTHER)).await;
    assert_eq!(store.tenants().await.unwrap(), [OTHER]);
    commit(store, a_ticket(2).set(TENANT)).await;
    commit(store, a_ticket(3).set(OTHER)).await;
    let mut both = [TENANT, OTHER];
    both.sort_unstable();
    assert_eq!(store.tenants().await.unwrap(), both);
}

/// Where more is due than was asked for, the longest overdue come and `next` says to look again at once.
pub async fn more_that_is_due_is_not_forgotten(store: &dyn Store) {
    for number in 1..=3 {
        commit(store, waking(number, 10 - i64::from(number)).set(TENANT)).await;
    }
    let due = store.due(instant(20), 2).await.unwrap();
    let first = [3, 2].map(|number| (TENANT, Stream::Ticket(ticket_id(number))));
    assert_eq!((due.now.as_slice(), due.next), (first.as_slice(), Some(instant(20))));
    assert_eq!(store.due(instant(20), 3).await.unwrap().next, None);
}

/// A wake-up moves with its ticket or presence, and goes with it.
pub async fn a_wake_up_moves_with_its_record(store: &dyn Store) {
    let mut story = waking(1, 10);
    commit(store, story.set(TENANT)).await;
    let presence = AgentState { until: Some(instant(15)), ..a_state(1) };
    insert(store, [an_agent(1).into(), presence.into()]).await;
    let later = story.go_on(TENANT, |story| story.derived(|derived| derived.wake_at = Some(instant(30))));
    commit(store, later).await;
    let due = store.due(instant(20), 10).await.unwrap();
    assert_eq!((due.now, due.next), (vec![(TENANT, Stream::Agent(agent_id(1)))], Some(instant(30))));
    let mut never = story.go_on(TENANT, |story| story.derived(|derived| derived.wake_at = None));
    never.replace(1, AgentState { version: 2, ..a_state(1) });
    commit(store, never).await;
    assert_eq!(store.due(instant(100), 10).await.unwrap(), Due::default());
}

/// Reads all waiting work, `limit` at a time.
async fn scanned(store: &dyn Store, scope: &Scope, limit: u32) -> Vec<Waiting> {
    let mut all: Vec<Waiting> = Vec::new();
    loop {
        let after: Option<TicketId> = all.last().map(|waiting| waiting.ticket);
        let page = store.scan(scope, after, limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// A scan gives the waiting tickets that the scope sees, in the order of ids, as [`Waiting::of`] makes them.
pub async fn a_scan_gives_the_waiting_tickets(store: &dyn Store) {
    let follower = crate::people::ActorRef::agent(agent_id(7));
    let stories = [
        a_ticket(1),
        a_ticket(2).urgent().in_team(team_id(1)).asks("hello"),
        a_ticket(3).assigned(Some(agent_id(1))),
        a_ticket(4).becomes(Status::Pending),
        a_ticket(5).then(crate::event::Event::TicketSnoozed { until: instant(9) }),
        a_ticket(6).set_aside(SetAsideKind::Spam),
        a_ticket(7).of(customer_id(2)).with_participant(follower),
        a_ticket(8).becomes(Status::Open).derived(|derived| {
            derived.urgency = Some(Urgency::between(instant(1), instant(2)));
            derived.next_due_at = Some(instant(2));
        }),
        a_ticket(9).assigned(Some(agent_id(1))).assigned(None),
    ];
    for story in stories.iter().rev() {
        commit(store, story.set(TENANT)).await;
    }
    commit(store, a_ticket(10).set(OTHER)).await;
    let tickets: Vec<Ticket> = stories.iter().map(Story::ticket).collect();
    for scope in [
        everything(),
        agent_scope(TENANT, agent_id(2), &[], Reach::All),
        agent_scope(TENANT, agent_id(7), &[team_id(1)], Reach::Team),
        agent_scope(TENANT, agent_id(7), &[], Reach::Own),
        customer_scope(TENANT, customer_id(2)),
    ] {
        let visible = tickets.iter().filter(|ticket| ticket.with_subject(|subject| scope.sees(subject)));
        let expected: Vec<Waiting> = visible.filter_map(Waiting::of).collect();
        for limit in [1, 2, 100] {
            assert_eq!(scanned(store, &scope, limit).await, expected, "{scope:?}, {limit} at a time");
        }
    }
}

/// A commit wakes everybody who asked before it, once it can be read.
pub async fn a_commit_wakes_those_who_wait(store: &dyn Store) {
    let (first, second) = (store.changed(), store.changed());
    commit(store, a_ticket(1).set(TENANT)).await;
    first.await;
    second.await;
    let page = store.events(&everything(), &crate::store::Cursor::start(), 10).await.unwrap();
    assert_eq!(page.events.len(), 1);
}

/// A reader who asks, finds nothing and then waits is woken by a commit on another thread.
pub async fn a_waiting_reader_is_woken(store: &dyn Store) {
    std::thread::scope(|threads| {
        let changed = store.changed();
        let reader = threads.spawn(move || super::super::block_on(changed));
        super::super::block_on(commit(store, a_ticket(1).set(TENANT)));
        reader.join().expect("a reader");
    });
}

/// `announce` wakes as a commit does.
pub async fn announcing_wakes_those_who_wait(store: &dyn Store) {
    let changed = store.changed();
    store.announce();
    changed.await;
}
