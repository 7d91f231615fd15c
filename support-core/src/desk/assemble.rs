//! From a decision to what a commit writes.

use crate::conversation::{Conversation, Message, Visibility};
use crate::event::Event;
use crate::id::TenantId;
use crate::people::{Agent, AgentState, WorkKind};
use crate::routing::Offer;
use crate::store::{Assignment, ChangeSet, Delta, Expect, OutboxRow, Record, SearchEntry, TextClass, Write};
use crate::text::tokens;
use crate::ticket::{Decision, Ticket};

/// Collects what a decision writes: the ticket, the records that its events make or change, and the load that moved.
///
/// `touched` are conversations and messages of the ticket, as they are, that the events may change.
pub(super) fn assemble(
    tenant: TenantId,
    before: Option<&Ticket>,
    decision: Decision,
    touched: &[Record],
) -> ChangeSet {
    let Decision { ticket, events, texts } = decision;
    let mut changes = ChangeSet::new(tenant);
    let mut conversations: Vec<(Conversation, Expect)> = Vec::new();
    let mut messages: Vec<(Message, Expect)> = Vec::new();
    let open = before.and_then(|before| before.offer.as_deref());
    let mut offers: Vec<(Offer, Expect)> =
        open.map(|offer| (offer.clone(), Expect::Revision(offer.stream_seq))).into_iter().collect();
    for record in touched {
        let expect = Expect::Revision(record.revision());
        match record {
            Record::Conversation(conversation) => conversations.push((conversation.clone(), expect)),
            Record::Message(message) => messages.push(((**message).clone(), expect)),
            _ => {}
        }
    }
    for envelope in &events {
        conversations.iter_mut().for_each(|(conversation, _)| conversation.evolve(envelope));
        messages.iter_mut().for_each(|(message, _)| message.evolve(envelope));
        offers.iter_mut().for_each(|(offer, _)| offer.evolve(envelope));
        match &envelope.event {
            Event::TicketCreated { .. } | Event::ConversationOpened { .. } => {
                conversations.extend(Conversation::begin(envelope).map(|made| (made, Expect::Absent)));
            }
            Event::MessageAdded { .. } => {
                messages.extend(Message::begin(envelope).map(|made| (made, Expect::Absent)));
            }
            Event::OfferMade { .. } => {
                offers.extend(Offer::begin(envelope).map(|made| (made, Expect::Absent)));
            }
            _ => {}
        }
    }
    changes.deltas = loads(before, &ticket);
    let ticket_id = ticket.id;
    // The ticket first: what belongs to it refers to it.
    let assignments = events.iter().filter_map(Assignment::begin).collect::<Vec<_>>();
    match before {
        None => changes.insert(ticket),
        Some(before) => changes.replace(before.stream_seq, ticket),
    }
    let changed = |expect: Expect, now: u64| expect != Expect::Revision(now);
    for (conversation, expect) in conversations {
        if changed(expect, conversation.stream_seq) {
            changes.writes.push(Write { record: conversation.into(), expect });
        }
    }
    for (message, expect) in messages {
        if changed(expect, message.stream_seq) {
            changes.writes.push(Write { record: message.into(), expect });
        }
    }
    for (offer, expect) in offers {
        if changed(expect, offer.stream_seq) {
            changes.writes.push(Write { record: offer.into(), expect });
        }
    }
    assignments.into_iter().for_each(|assignment| changes.insert(assignment));
    events.iter().filter_map(OutboxRow::begin).for_each(|row| changes.insert(row));
    for text in texts {
        // Notes are found by their words; what stands in free fields is not.
        let words = text.body.as_deref().filter(|_| text.class == TextClass::Internal);
        let tokens = words.map(tokens).unwrap_or_default();
        if !tokens.is_empty() {
            let (text, ticket) = (text.id, ticket_id);
            changes.search.push(SearchEntry { text, ticket, visibility: Visibility::Internal, tokens });
        }
        changes.insert(text);
    }
    changes.events = events;
    changes
}

/// Says whose load moves: counted is what a ticket takes of its holder's capacity before and after.
fn loads(before: Option<&Ticket>, after: &Ticket) -> Vec<Delta> {
    let held = |ticket: &Ticket| ticket.holder().map(|agent| (agent, ticket.units()));
    let (had, has) = (before.and_then(held), held(after));
    let units = |units: u32| i32::try_from(units).unwrap_or(i32::MAX);
    let load = |agent, change| Delta::Load { agent, kind: WorkKind::Ticket, change, at_most: None };
    match (had, has) {
        (Some((a, was)), Some((b, is))) if a == b => {
            if was == is {
                Vec::new()
            } else {
                vec![load(a, units(is) - units(was))]
            }
        }
        (had, has) => {
            let freed = had.filter(|(_, was)| *was > 0).map(|(agent, was)| load(agent, -units(was)));
            let taken = has.filter(|(_, is)| *is > 0).map(|(agent, is)| load(agent, units(is)));
            freed.into_iter().chain(taken).collect()
        }
    }
}

/// Tells whether a ticket of so many units is more than an agent's capacity; what it takes of it already, as theirs or
/// as offered to them, is not counted twice.
pub(super) fn goes_over(before: Option<&Ticket>, units: u32, agent: &Agent, state: &AgentState) -> bool {
    i64::from(units) > room(before, agent, state)
}

/// Returns how many units of an agent's capacity a ticket finds free, below 0 where they are over; what it takes of it
/// already counts as free.
pub(super) fn room(before: Option<&Ticket>, agent: &Agent, state: &AgentState) -> i64 {
    let counted = before.filter(|before| before.holder() == Some(agent.id)).map_or(0, Ticket::units);
    i64::from(agent.capacity.units) - i64::from(state.load.units.saturating_sub(counted))
}

/// Lets a commit succeed only while an agent's presence is as it was read. Deactivating changes it, so that nobody is
/// given work after their open work was given back.
pub(super) fn still_there(changes: &mut ChangeSet, state: AgentState) {
    let checked = |write: &Write| matches!(&write.record, Record::AgentState(s) if s.agent == state.agent);
    if !changes.writes.iter().any(checked) {
        changes.replace(state.version, state);
    }
}

/// Tells whether a change adds work to a queue or frees capacity, so that the router has to look.
pub(super) fn needs_routing(before: Option<&Ticket>, after: &Ticket) -> bool {
    let freed = before.is_some_and(|before| {
        before.units() > 0 && (after.units() < before.units() || after.holder() != before.holder())
    });
    let waits = after.is_queued();
    let waited_alike = before.is_some_and(|before| {
        let asks_alike = before.work == after.work && before.language == after.language;
        before.is_queued() && before.team_id == after.team_id && asks_alike
    });
    freed || waits && !waited_alike
}
