//! What a scope sees: single records, the log, and waiting work.

use std::ops::Bound;

use uuid::Uuid;

use crate::conversation::{ConversationKind, Visibility};
use crate::event::Stream;
use crate::id::{ConversationId, TextId, TicketId};
use crate::people::{Scope, Sight};
use crate::routing::Waiting;
use crate::store::{Cursor, EventPage, Key, Logged, Record, SearchEntry, TextClass};

use super::shelf::{Place, Shelf};

impl Shelf {
    /// Reads one record, where it exists and the scope sees it.
    pub(super) fn load(&self, scope: &Scope, key: &Key) -> Option<Record> {
        let found = match key {
            Key::Epoch => Record::Epoch(self.epoch),
            Key::Uses(id) => Record::Uses(self.uses.get(id).copied().unwrap_or_default()),
            Key::Receipt(key) => Record::Receipt(self.receipts.get(key)?.clone()),
            Key::TextByWords(text, words) if !self.holds_words(*text, words) => return None,
            key => self.at(key)?.clone(),
        };
        self.sees(scope, &found).then_some(found)
    }

    fn holds_words(&self, text: TextId, words: &[String]) -> bool {
        let held = self.words.get(&text).map_or(&[][..], |entry| &entry.tokens);
        SearchEntry::digest(held) == SearchEntry::digest(words)
    }

    /// Tells whether a scope sees a record. What belongs to a ticket is seen with it.
    pub(super) fn sees(&self, scope: &Scope, record: &Record) -> bool {
        if matches!(scope.sight(), Sight::System) {
            return true;
        }
        let staff = scope.is_staff();
        match record {
            Record::Ticket(ticket) => ticket.with_subject(|subject| scope.sees(subject)),
            Record::Conversation(conversation) => {
                (staff || conversation.kind == ConversationKind::Customer)
                    && self.sees_ticket(scope, conversation.ticket_id)
            }
            Record::Message(message) => {
                (staff || message.visibility == Visibility::Public)
                    && self.sees_ticket(scope, message.ticket_id)
            }
            Record::Text(text) => match text.ticket {
                Some(ticket) => (staff || text.class == TextClass::Public) && self.sees_ticket(scope, ticket),
                None => staff,
            },
            Record::Assignment(assignment) => staff && self.sees_ticket(scope, assignment.ticket_id),
            Record::Offer(offer) => {
                staff && (scope.agent() == Some(offer.agent) || self.sees_ticket(scope, offer.ticket_id))
            }
            Record::Customer(customer) => match scope.sight() {
                Sight::Customer { customer: own } => customer.id == *own,
                _ => true,
            },
            Record::Agent(_) | Record::AgentState(_) | Record::Document(_) | Record::Epoch(_) => staff,
            Record::Login(_)
            | Record::Session(_)
            | Record::Outbox(_)
            | Record::JourneyProgress(_)
            | Record::Uses(_)
            | Record::Receipt(_) => false,
        }
    }

    pub(super) fn sees_ticket(&self, scope: &Scope, ticket: TicketId) -> bool {
        self.records.get(&Place::Ticket(ticket)).is_some_and(|record| self.sees(scope, record))
    }

    /// Tells whether a scope may read a stream at all: a ticket's only while it sees the ticket.
    pub(super) fn sees_stream(&self, scope: &Scope, stream: Stream) -> bool {
        match stream {
            Stream::Ticket(ticket) => {
                matches!(scope.sight(), Sight::System) || self.sees_ticket(scope, ticket)
            }
            Stream::Customer(_) | Stream::Agent(_) | Stream::Document(_) => scope.is_staff(),
            Stream::Login(_) => scope.sees_audit(),
        }
    }

    /// Reads the log after a cursor; nothing where the cursor is none of this log.
    pub(super) fn read_log(&self, scope: &Scope, after: &Cursor, limit: usize) -> Option<EventPage> {
        let end = || Cursor::new(self.log.len().to_string());
        let after = if *after == Cursor::end() { &end() } else { after };
        let from: usize = if *after == Cursor::start() { 0 } else { after.as_str().parse().ok()? };
        let rest = self.log.get(from..)?;
        let mut page = EventPage { events: Vec::new(), next: after.clone() };
        for logged in rest {
            if page.events.len() == limit {
                break;
            }
            let Logged { cursor, envelope, .. } = logged;
            page.next = cursor.clone();
            if envelope.audience.is_visible(envelope.stream, scope) {
                page.events.push(logged.clone());
            }
        }
        Some(page)
    }

    /// Lists waiting work that a scope sees, in the order of ticket ids.
    pub(super) fn scan(&self, scope: &Scope, after: Option<TicketId>, limit: usize) -> Vec<Waiting> {
        let from = match after {
            Some(ticket) => Bound::Excluded(Place::Ticket(ticket)),
            None => Bound::Unbounded,
        };
        let to = Bound::Excluded(Place::Conversation(ConversationId::from_uuid(Uuid::nil())));
        let waiting = |record: &Record| match record {
            Record::Ticket(ticket) if self.sees(scope, record) => Waiting::of(ticket),
            _ => None,
        };
        self.records.range((from, to)).filter_map(|(_, record)| waiting(record)).take(limit).collect()
    }
}
