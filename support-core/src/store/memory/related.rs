//! Records that a list brings along.

use std::collections::BTreeSet;

use crate::id::TicketId;
use crate::people::{ActorRef, Scope};
use crate::store::{Record, Related};

use super::shelf::{Place, Shelf};

impl Shelf {
    /// Reads what `with` asks for beside `items`, each once and where the scope sees it.
    pub(super) fn related(&self, scope: &Scope, items: &[Record], with: Related) -> Vec<Record> {
        let mut places = BTreeSet::new();
        for item in items {
            if with.texts {
                places.extend(item.texts().into_iter().map(Place::Text));
            }
            if with.people {
                places.extend(people(item).into_iter().filter_map(person));
            }
            if let (true, Record::Ticket(ticket)) = (with.last_message, item)
                && let Some(message) = self.last_message(scope, ticket.id)
            {
                places.extend(Place::of(message));
                places.extend(message.texts().into_iter().map(Place::Text));
            }
        }
        let found = places.iter().filter_map(|place| self.records.get(place));
        found.filter(|record| self.sees(scope, record)).cloned().collect()
    }

    fn last_message(&self, scope: &Scope, ticket: TicketId) -> Option<&Record> {
        let seq = |record: &&Record| match record {
            Record::Message(message) => message.seq,
            _ => 0,
        };
        self.children_of(ticket)
            .filter(|record| matches!(record, Record::Message(_)) && self.sees(scope, record))
            .max_by_key(seq)
    }
}

/// Lists the customers and agents that a record names.
fn people(record: &Record) -> Vec<ActorRef> {
    let mut people = Vec::new();
    match record {
        Record::Ticket(ticket) => {
            people.push(ActorRef::customer(ticket.customer_id));
            people.extend(ticket.assigned_to.map(ActorRef::agent));
            people.extend(ticket.participants.iter().map(|participant| participant.party));
        }
        Record::Message(message) => people.push(message.author),
        Record::Assignment(assignment) => {
            people.push(assignment.by);
            people.extend([assignment.from, assignment.to].into_iter().flatten().map(ActorRef::agent));
        }
        Record::Offer(offer) => people.push(ActorRef::agent(offer.agent)),
        Record::AgentState(state) => people.push(ActorRef::agent(state.agent)),
        _ => {}
    }
    people
}

fn person(party: ActorRef) -> Option<Place> {
    party.agent_id().map(Place::Agent).or_else(|| party.customer_id().map(Place::Customer))
}
