//! Deltas: loads that commute, and the instant of the last assignment.

use crate::error::EntityKind;
use crate::people::{AgentState, Load, Reach, WorkKind};
use crate::store::{Delta, Key, Outcome, Record, Store};
use crate::time::Timestamp;

use super::super::build::{a_document, a_state, agent_id, an_agent, document_id, instant};
use super::{insert, outcome, set, stored};

async fn state(store: &dyn Store) -> AgentState {
    match stored(store, Key::AgentState(agent_id(1))).await {
        Some(Record::AgentState(state)) => state,
        other => panic!("not a state: {other:?}"),
    }
}

const fn load(kind: WorkKind, change: i32, at_most: Option<u32>) -> Delta {
    Delta::Load { agent: agent_id(1), kind, change, at_most }
}

async fn moved(store: &dyn Store, deltas: &[Delta]) -> Outcome {
    let mut set = set();
    set.deltas = deltas.to_vec();
    outcome(store, set).await
}

async fn with_agent(store: &dyn Store) {
    insert(store, [an_agent(1).into(), a_state(1).into()]).await;
}

/// Deltas add up, each kind of work for itself, and leave the version alone.
pub async fn deltas_add_up(store: &dyn Store) {
    with_agent(store).await;
    let steps = [
        load(WorkKind::Ticket, 3, None),
        load(WorkKind::Chat, 2, Some(2)),
        load(WorkKind::Ticket, -1, None),
        load(WorkKind::Call, 1, Some(5)),
    ];
    assert_eq!(moved(store, &steps).await, Outcome::Committed);
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 4, None)]).await, Outcome::Committed);
    let expected = AgentState { load: Load { units: 6, chat: 2, call: 1 }, ..a_state(1) };
    assert_eq!(state(store).await, expected);
}

/// A load reaches its limit and never passes it, also by several deltas of one set.
pub async fn a_load_stays_within_its_limit(store: &dyn Store) {
    with_agent(store).await;
    let full = Outcome::Full(agent_id(1));
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 6, Some(5))]).await, full);
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 5, Some(5))]).await, Outcome::Committed);
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 1, Some(5))]).await, full);
    let chats = [load(WorkKind::Chat, 1, Some(1)), load(WorkKind::Chat, 1, Some(1))];
    assert_eq!(moved(store, &chats).await, full);
    assert_eq!(state(store).await.load, Load { units: 5, chat: 0, call: 0 });
    let swapped = [load(WorkKind::Ticket, -2, None), load(WorkKind::Ticket, 2, Some(5))];
    assert_eq!(moved(store, &swapped).await, Outcome::Committed, "what was freed before is free");
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 9, None)]).await, Outcome::Committed);
    assert_eq!(state(store).await.load.units, 14, "without a limit an agent may go over");
}

/// A load never falls below zero.
pub async fn a_load_stops_at_zero(store: &dyn Store) {
    with_agent(store).await;
    assert_eq!(moved(store, &[load(WorkKind::Ticket, -3, None)]).await, Outcome::Committed);
    assert_eq!(state(store).await.load.units, 0);
    let steps =
        [load(WorkKind::Ticket, 2, None), load(WorkKind::Ticket, -9, None), load(WorkKind::Ticket, 1, None)];
    assert_eq!(moved(store, &steps).await, Outcome::Committed);
    assert_eq!(state(store).await.load.units, 1);
}

/// The instant of the last assignment moves forwards only.
pub async fn the_last_assignment_moves_forwards_only(store: &dyn Store) {
    with_agent(store).await;
    let at = |at: Timestamp| Delta::LastAssigned { agent: agent_id(1), at };
    for (said, stands) in [(5, 5), (3, 5), (9, 9), (9, 9)] {
        assert_eq!(moved(store, &[at(instant(said))]).await, Outcome::Committed);
        assert_eq!(state(store).await.last_assigned_at, Some(instant(stands)));
    }
    assert_eq!(state(store).await.version, 1);
}

/// A delta of an agent without a state is a conflict; a state that the same set makes is there.
pub async fn a_delta_needs_the_agents_state(store: &dyn Store) {
    let unknown = Outcome::Conflict(EntityKind::Agent);
    assert_eq!(moved(store, &[load(WorkKind::Ticket, 1, None)]).await, unknown);
    let at = Delta::LastAssigned { agent: agent_id(1), at: instant(0) };
    assert_eq!(moved(store, &[at]).await, unknown);
    let mut both = super::inserting([an_agent(1).into(), a_state(1).into()]);
    both.deltas = vec![load(WorkKind::Ticket, 1, Some(1)), at];
    assert_eq!(outcome(store, both).await, Outcome::Committed);
    assert_eq!((state(store).await.load.units, state(store).await.last_assigned_at), (1, Some(instant(0))));
}

/// Uses of a document are counted, each once, whoever counts at once; nobody but the desk itself reads the count.
pub async fn uses_of_a_document_add_up(store: &dyn Store) {
    let used = |number| Delta::Used { document: document_id(number) };
    assert_eq!(stored(store, Key::Uses(document_id(1))).await, Some(Record::Uses(0)));
    assert_eq!(moved(store, &[used(1), used(2), used(1)]).await, Outcome::Committed);
    let mut two = [set(), set()];
    two.iter_mut().for_each(|set| set.deltas.push(used(1)));
    assert_eq!(store.commit(&two).await.expect("a commit"), [Outcome::Committed, Outcome::Committed]);
    for (number, uses) in [(1, 4), (2, 1), (3, 0)] {
        assert_eq!(stored(store, Key::Uses(document_id(number))).await, Some(Record::Uses(uses)));
    }
    let scope = super::super::build::agent_scope(super::super::build::TENANT, agent_id(1), &[], Reach::All);
    assert_eq!(super::load(store, &scope, Key::Uses(document_id(1))).await, None);
    let refused = Delta::Load { agent: agent_id(9), kind: WorkKind::Ticket, change: 1, at_most: None };
    assert_ne!(moved(store, &[used(1), refused]).await, Outcome::Committed);
    assert_eq!(
        stored(store, Key::Uses(document_id(1))).await,
        Some(Record::Uses(4)),
        "with its set or not at all"
    );
}

/// A set that says how often a document was used, and which version is the newest, is a conflict once either is another.
pub async fn a_set_is_held_to_how_often_a_document_was_used(store: &dyn Store) {
    let document = document_id(1);
    let so_far = |version, uses| Delta::UsedSoFar { document, version, uses };
    let conflict = Outcome::Conflict(EntityKind::Document);
    assert_eq!(moved(store, &[so_far(0, 1)]).await, conflict);
    assert_eq!(moved(store, &[so_far(1, 0)]).await, conflict);
    let both = [Delta::Used { document }, so_far(0, 0)];
    assert_eq!(moved(store, &both).await, Outcome::Committed, "it speaks of what stands before the set");
    assert_eq!(moved(store, &both).await, conflict);
    assert_eq!(stored(store, Key::Uses(document)).await, Some(Record::Uses(1)), "and writes nothing else");
    insert(store, [a_document(1).into()]).await;
    assert_eq!(moved(store, &[so_far(0, 1)]).await, conflict);
    let mut two = [set(), set()];
    two.iter_mut().for_each(|set| set.deltas = vec![so_far(1, 1), Delta::Used { document }]);
    assert_eq!(store.commit(&two).await.expect("a commit"), [Outcome::Committed, conflict]);
}
