//! Change sets as values: everything that can be computed beside the writer is.

use rusqlite::types::Value;
use support_core::conversation::Visibility;
use support_core::error::EntityKind;
use support_core::event::Stream;
use support_core::id::{AgentId, TenantId, TextId, TicketId};
use support_core::store::{ChangeSet, Delta, Expect, Fence, Receipt, Record, SearchEntry, Write};
use support_core::ticket::Ticket;
use uuid::Uuid;

use super::search;
use crate::error::Failure;
use crate::row::event::WrittenEvent;
use crate::row::{Table, access, people, text, thread, ticket};

/// Longest key of a receipt, in bytes.
const RECEIPT_KEY_LIMIT: usize = 255;

/// A change set, ready to be bound.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) tenant: TenantId,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) fence: Option<Fence>,
    /// In the order of the set.
    pub(crate) writes: Vec<EncodedWrite>,
    pub(crate) deltas: Vec<Delta>,
    pub(crate) events: Vec<WrittenEvent>,
    pub(crate) search: Vec<EncodedEntry>,
}

/// A record with what must stand in its place.
#[derive(Debug)]
pub(crate) struct EncodedWrite {
    pub(crate) table: &'static Table,
    pub(crate) entity: EntityKind,
    pub(crate) expect: Expect,
    /// In the order of the table's columns; numbers of tenant and ticket are filled in by the writer.
    pub(crate) values: Vec<Value>,
    /// The ticket to which it belongs.
    pub(crate) parent: Option<TicketId>,
    pub(crate) beside: Beside,
}

/// What a record keeps in narrow tables beside its row.
#[derive(Debug)]
pub(crate) enum Beside {
    Nothing,
    Ticket(TicketId, Places),
    Customer,
    Text { id: TextId, emptied: bool },
    AgentState(AgentId),
    Document { version: u64 },
}

/// Where a ticket stands in the lists of its labels and parties.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) labels: Vec<(&'static str, String)>,
    pub(crate) parties: Vec<Uuid>,
}

/// A search entry with its words as the index takes them.
#[derive(Debug)]
pub(crate) struct EncodedEntry {
    pub(crate) text: TextId,
    pub(crate) ticket: TicketId,
    pub(crate) public: bool,
    pub(crate) tokens: Vec<String>,
    pub(crate) digest: [u8; 16],
}

impl Encoded {
    /// Turns a change set into values.
    pub(crate) fn of(set: &ChangeSet) -> Result<Self, Failure> {
        if set.receipt.as_ref().is_some_and(|receipt| receipt.key.len() > RECEIPT_KEY_LIMIT) {
            return Err(Failure::Misuse("a receipt's key is too long"));
        }
        Ok(Self {
            tenant: set.tenant,
            receipt: set.receipt.clone(),
            fence: set.fence.clone(),
            writes: set.writes.iter().map(EncodedWrite::of).collect::<Result<_, _>>()?,
            deltas: set.deltas.clone(),
            events: set.events.iter().map(WrittenEvent::of).collect::<Result<_, _>>()?,
            search: set.search.iter().map(EncodedEntry::of).collect(),
        })
    }

    /// Tells whether the set writes a ticket.
    pub(crate) fn writes_ticket(&self, ticket: TicketId) -> bool {
        self.writes.iter().any(|write| matches!(write.beside, Beside::Ticket(id, _) if id == ticket))
    }

    /// Tells whether the set writes the state of an agent.
    pub(crate) fn writes_state(&self, agent: AgentId) -> bool {
        self.writes.iter().any(|write| matches!(write.beside, Beside::AgentState(id) if id == agent))
    }

    /// Tells whether the set writes a text, and whether it leaves it empty.
    pub(crate) fn writes_text(&self, text: TextId) -> Option<bool> {
        self.writes.iter().find_map(|write| match write.beside {
            Beside::Text { id, emptied } if id == text => Some(emptied),
            _ => None,
        })
    }
}

impl EncodedWrite {
    fn of(write: &Write) -> Result<Self, Failure> {
        let (table, parent, values, beside): (&'static Table, _, _, _) = match &write.record {
            Record::Ticket(t) => {
                (&ticket::TICKETS, None, ticket::encode(t)?, Beside::Ticket(t.id, Places::of(t)))
            }
            Record::Conversation(c) => {
                (&thread::CONVERSATIONS, Some(c.ticket_id), thread::encode_conversation(c), Beside::Nothing)
            }
            Record::Message(m) => {
                (&thread::MESSAGES, Some(m.ticket_id), thread::encode_message(m), Beside::Nothing)
            }
            Record::Text(t) => {
                let beside = Beside::Text { id: t.id, emptied: t.body.is_none() };
                (&text::TEXTS, t.ticket, text::encode_text(t)?, beside)
            }
            Record::Assignment(a) => {
                (&thread::ASSIGNMENTS, Some(a.ticket_id), thread::encode_assignment(a)?, Beside::Nothing)
            }
            Record::Offer(o) => {
                (&thread::OFFERS, Some(o.ticket_id), thread::encode_offer(o)?, Beside::Nothing)
            }
            Record::Customer(c) => (&people::CUSTOMERS, None, people::encode_customer(c)?, Beside::Customer),
            Record::Agent(a) => (&people::AGENTS, None, people::encode_agent(a)?, Beside::Nothing),
            Record::AgentState(s) => {
                (&people::STATES, None, people::encode_state(s)?, Beside::AgentState(s.agent))
            }
            Record::Document(d) => {
                let beside = Beside::Document { version: d.version };
                (&text::DOCUMENTS, None, text::encode_document(d)?, beside)
            }
            Record::Login(l) => (&access::LOGINS, None, access::encode_login(l), Beside::Nothing),
            Record::Session(s) => (&access::SESSIONS, None, access::encode_session(s), Beside::Nothing),
            Record::Outbox(o) => {
                (&thread::OUTBOX, Some(o.ticket_id), thread::encode_outbox(o), Beside::Nothing)
            }
            Record::JourneyProgress(p) => {
                (&access::JOURNEYS, None, access::encode_progress(p), Beside::Nothing)
            }
            Record::Receipt(_) | Record::Epoch(_) | Record::Uses(_) => {
                return Err(Failure::Misuse("a receipt or an epoch is not written as a record"));
            }
        };
        Ok(Self { table, entity: write.record.entity(), expect: write.expect, values, parent, beside })
    }
}

impl Places {
    fn of(ticket: &Ticket) -> Self {
        let tags = ticket.tags.iter().map(|tag| ("tag", tag.to_string()));
        let topics = ticket.topics.iter().map(|topic| ("topic", topic.to_string()));
        let mut parties: Vec<_> = ticket
            .participants
            .iter()
            .filter(|p| p.party.agent_id().is_some() || p.party.customer_id().is_some())
            .filter_map(|p| p.party.id)
            .collect();
        parties.sort_unstable();
        parties.dedup();
        Self { labels: tags.chain(topics).collect(), parties }
    }
}

impl EncodedEntry {
    fn of(entry: &SearchEntry) -> Self {
        Self {
            text: entry.text,
            ticket: entry.ticket,
            public: entry.visibility == Visibility::Public,
            digest: SearchEntry::digest(&entry.tokens),
            tokens: entry.tokens.iter().map(|token| search::escaped(token)).collect(),
        }
    }
}

/// Returns the kind of thing whose stream it is.
pub(super) const fn entity_of(stream: Stream) -> EntityKind {
    match stream {
        Stream::Ticket(_) => EntityKind::Ticket,
        Stream::Customer(_) => EntityKind::Customer,
        Stream::Agent(_) => EntityKind::Agent,
        Stream::Document(_) => EntityKind::Document,
        Stream::Login(_) => EntityKind::Login,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use support_core::testkit::full::full_records;

    use super::*;

    /// Databases outlive releases: what stands in a column is a format, though no schema names it.
    #[test]
    fn full_records_stand_in_their_columns_as_they_always_did() {
        let mut text = String::new();
        for record in full_records() {
            let written = EncodedWrite::of(&Write { record, expect: Expect::Absent }).unwrap();
            writeln!(text, "{}", written.table.name).unwrap();
            assert_eq!(written.table.columns.len(), written.values.len());
            for (column, value) in written.table.columns.iter().zip(&written.values) {
                match value {
                    Value::Text(value) => writeln!(text, "  {column} {value:?}").unwrap(),
                    Value::Blob(bytes) => {
                        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                        writeln!(text, "  {column} x'{hex}'").unwrap();
                    }
                    other => writeln!(text, "  {column} {other:?}").unwrap(),
                }
            }
        }
        insta::assert_snapshot!("columns", text);
    }
}
