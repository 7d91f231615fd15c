//! The one way to write: every check of a change set, and then all of it.

use std::collections::BTreeMap;

use crate::error::EntityKind;
use crate::event::{Envelope, Stream, chain};
use crate::id::{AgentId, TicketId};
use crate::people::WorkKind;
use crate::store::{
    ChangeSet, Cursor, Delta, Expect, Fence, Key, Logged, Outcome, Record, SearchEntry, Write,
};

use super::shelf::{Place, Shelf, Unique, uniques};

impl Shelf {
    /// Writes a change set, or tells why nothing of it was written. `json` holds its events as they are stored.
    pub(super) fn commit(
        &mut self,
        set: &ChangeSet,
        json: Vec<String>,
        is_newest: impl Fn(&Fence) -> bool,
    ) -> Outcome {
        if let Some(first) = set.receipt.as_ref().and_then(|receipt| self.receipts.get(&receipt.key)) {
            return Outcome::Repeated(first.clone());
        }
        if set.fence.as_ref().is_some_and(|fence| !is_newest(fence)) {
            return Outcome::Fenced;
        }
        let refused = self
            .conflict(set)
            .map(Outcome::Conflict)
            .or_else(|| self.taken(set))
            .or_else(|| self.full(set).map(Outcome::Full));
        if let Some(refused) = refused {
            return refused;
        }
        self.apply(set, json);
        Outcome::Committed
    }

    /// Finds the first thing that is not as the set expects it.
    fn conflict(&self, set: &ChangeSet) -> Option<EntityKind> {
        let write = || set.writes.iter().find_map(|write| self.write_conflict(set, write));
        let delta = || {
            let moved = |delta: &Delta| match delta {
                Delta::Load { agent, .. } | Delta::LastAssigned { agent, .. } => Some(*agent),
                Delta::Used { .. } | Delta::UsedSoFar { .. } => None,
            };
            let moved_on = |delta: &Delta| match *delta {
                Delta::UsedSoFar { document, version, uses } => {
                    let newest = self.at(&Key::Document(document)).map_or(0, Record::revision);
                    (newest, self.uses.get(&document).copied().unwrap_or_default()) != (version, uses)
                }
                _ => false,
            };
            if set.deltas.iter().any(moved_on) {
                return Some(EntityKind::Document);
            }
            let unknown = |agent: AgentId| self.after(set, &Key::AgentState(agent)).is_none();
            set.deltas.iter().filter_map(moved).any(unknown).then_some(EntityKind::Agent)
        };
        write()
            .or_else(delta)
            .or_else(|| self.event_conflict(&set.events))
            .or_else(|| set.search.iter().find_map(|entry| self.entry_conflict(set, entry)))
    }

    fn write_conflict(&self, set: &ChangeSet, write: &Write) -> Option<EntityKind> {
        let entity = write.record.entity();
        let as_expected = match (write.expect, self.current(&write.record)) {
            (Expect::Absent, None) => true,
            (Expect::Revision(revision), Some(current)) => {
                // The versions of a document are immutable: each write is a later one.
                let later = entity != EntityKind::Document || write.record.revision() > revision;
                current.revision() == revision && later
            }
            _ => false,
        };
        if !as_expected {
            return Some(entity);
        }
        let homeless = ticket_of(&write.record).is_some_and(|ticket| !self.has_ticket(set, ticket));
        homeless.then_some(EntityKind::Ticket)
    }

    fn event_conflict(&self, events: &[Envelope]) -> Option<EntityKind> {
        let mut last: BTreeMap<Stream, u64> = BTreeMap::new();
        events.iter().find_map(|envelope| {
            let stored = || self.streams.get(&envelope.stream).map_or(0, |events| events.len() as u64);
            let last = last.entry(envelope.stream).or_insert_with(stored);
            *last += 1;
            (envelope.stream_seq != *last).then_some(match envelope.stream {
                Stream::Ticket(_) => EntityKind::Ticket,
                Stream::Customer(_) => EntityKind::Customer,
                Stream::Agent(_) => EntityKind::Agent,
                Stream::Document(_) => EntityKind::Document,
                Stream::Login(_) => EntityKind::Login,
            })
        })
    }

    /// A text that is gone or emptied must not be found: an entry that comes after its erasure is refused.
    fn entry_conflict(&self, set: &ChangeSet, entry: &SearchEntry) -> Option<EntityKind> {
        let readable = match self.after(set, &Key::Text(entry.text)) {
            Some(Record::Text(text)) => text.body.is_some(),
            _ => false,
        };
        if !readable {
            return Some(EntityKind::Text);
        }
        (!self.has_ticket(set, entry.ticket)).then_some(EntityKind::Ticket)
    }

    /// Finds the first value that another record holds, as the writes stand in order.
    fn taken(&self, set: &ChangeSet) -> Option<Outcome> {
        let mut moved: BTreeMap<Unique, Option<Place>> = BTreeMap::new();
        for Write { record, .. } in &set.writes {
            let place = Place::of(record)?;
            for (value, _) in self.current(record).map(uniques).unwrap_or_default() {
                moved.insert(value, None);
            }
            for (value, field) in uniques(record) {
                let holder = moved.get(&value).copied().unwrap_or_else(|| self.holder(&value));
                if holder.is_some_and(|holder| holder != place) {
                    return Some(Outcome::Taken { entity: record.entity(), field });
                }
                moved.insert(value, Some(place));
            }
        }
        None
    }

    /// Finds the first agent whose load would pass its limit, as the deltas stand in order.
    fn full(&self, set: &ChangeSet) -> Option<AgentId> {
        let mut loads: BTreeMap<(AgentId, WorkKind), u32> = BTreeMap::new();
        set.deltas.iter().find_map(|delta| {
            let Delta::Load { agent, kind, change, at_most } = *delta else { return None };
            let stored =
                || match self.at(&Key::AgentState(agent)).or(self.after(set, &Key::AgentState(agent))) {
                    Some(Record::AgentState(state)) => state.load.of(kind),
                    _ => 0,
                };
            let load = loads.entry((agent, kind)).or_insert_with(stored);
            *load = load.saturating_add_signed(change);
            at_most.is_some_and(|most| *load > most).then_some(agent)
        })
    }

    /// Reads what will stand at a key once the set is written.
    fn after<'a>(&'a self, set: &'a ChangeSet, key: &Key) -> Option<&'a Record> {
        let written = |record: &&Record| match (record, key) {
            (Record::Ticket(ticket), Key::Ticket(id)) => ticket.id == *id,
            (Record::Text(text), Key::Text(id)) => text.id == *id,
            (Record::AgentState(state), Key::AgentState(id)) => state.agent == *id,
            _ => false,
        };
        set.writes.iter().map(|write| &write.record).find(written).or_else(|| self.at(key))
    }

    fn has_ticket(&self, set: &ChangeSet, ticket: TicketId) -> bool {
        self.after(set, &Key::Ticket(ticket)).is_some()
    }

    fn apply(&mut self, set: &ChangeSet, json: Vec<String>) {
        for write in &set.writes {
            self.put(write.record.clone());
        }
        for delta in &set.deltas {
            self.count(delta);
        }
        for (envelope, json) in set.events.iter().zip(json) {
            self.head = chain(&self.head, envelope, &json);
            self.streams.entry(envelope.stream).or_default().push(self.log.len());
            let cursor = Cursor::new((self.log.len() + 1).to_string());
            self.log.push(Logged { cursor, hash: self.head, envelope: envelope.clone(), json });
        }
        self.words.extend(set.search.iter().map(|entry| (entry.text, entry.clone())));
        self.receipts.extend(set.receipt.iter().map(|receipt| (receipt.key.clone(), receipt.clone())));
    }

    fn count(&mut self, delta: &Delta) {
        let agent = match delta {
            Delta::Load { agent, .. } | Delta::LastAssigned { agent, .. } => agent,
            Delta::Used { document } => {
                *self.uses.entry(*document).or_default() += 1;
                return;
            }
            Delta::UsedSoFar { .. } => return,
        };
        let Some(Record::AgentState(state)) = self.records.get_mut(&Place::AgentState(*agent)) else {
            return;
        };
        match *delta {
            Delta::Load { kind, change, .. } => {
                let load = state.load.of_mut(kind);
                *load = load.saturating_add_signed(change);
            }
            Delta::LastAssigned { at, .. } => state.last_assigned_at = state.last_assigned_at.max(Some(at)),
            Delta::Used { .. } | Delta::UsedSoFar { .. } => {}
        }
    }
}

/// Returns the ticket that a record names as its own, and without which it cannot be stored.
fn ticket_of(record: &Record) -> Option<TicketId> {
    match record {
        Record::Conversation(conversation) => Some(conversation.ticket_id),
        Record::Message(message) => Some(message.ticket_id),
        Record::Text(text) => text.ticket,
        Record::Assignment(assignment) => Some(assignment.ticket_id),
        Record::Offer(offer) => Some(offer.ticket_id),
        Record::Outbox(row) => Some(row.ticket_id),
        _ => None,
    }
}
