//! What one tenant holds.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::event::{ChainHash, Stream};
use crate::id::{
    AgentId, AssignmentId, ConversationId, CustomerId, DocumentId, InboxId, MessageId, OfferId, OutboxId,
    Reference, SessionId, TenantId, TextId, TicketId,
};
use crate::label::ForeignId;
use crate::people::AddressKind;
use crate::store::{Key, Logged, LoginSubject, Receipt, Record, SearchEntry};
use crate::time::Timestamp;

/// Everything of one tenant.
pub(super) struct Shelf {
    pub(super) records: BTreeMap<Place, Record>,
    /// Conversations, messages and assignments of each ticket.
    pub(super) children: BTreeSet<(TicketId, Place)>,
    pub(super) held: BTreeMap<Unique, Place>,
    wake_ups: BTreeSet<(Timestamp, Stream, Place)>,
    pub(super) words: BTreeMap<TextId, SearchEntry>,
    pub(super) receipts: BTreeMap<String, Receipt>,
    pub(super) epoch: u64,
    pub(super) uses: BTreeMap<DocumentId, u64>,
    /// The log; an event's position is its index plus one.
    pub(super) log: Vec<Logged>,
    /// Indexes in the log of each stream's events; an event's sequence is its index here plus one.
    pub(super) streams: BTreeMap<Stream, Vec<usize>>,
    /// Hash of the log.
    pub(super) head: ChainHash,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Ticket(TicketId),
    Conversation(ConversationId),
    Message(MessageId),
    Text(TextId),
    Assignment(AssignmentId),
    Offer(OfferId),
    Customer(CustomerId),
    Agent(AgentId),
    AgentState(AgentId),
    Document(DocumentId, u64),
    Login(LoginSubject),
    Session(SessionId),
    Outbox(OutboxId),
    JourneyProgress(CustomerId, DocumentId),
}

/// A value that at most one record holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unique {
    Reference(Reference),
    MessageExternal(InboxId, ForeignId),
    CustomerExternal(ForeignId),
    CustomerAddress(AddressKind, String),
    AgentExternal(ForeignId),
    AgentEmail(String),
    LoginEmail(String),
}

impl Shelf {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self {
            records: BTreeMap::new(),
            children: BTreeSet::new(),
            held: BTreeMap::new(),
            wake_ups: BTreeSet::new(),
            words: BTreeMap::new(),
            receipts: BTreeMap::new(),
            epoch: 0,
            uses: BTreeMap::new(),
            log: Vec::new(),
            streams: BTreeMap::new(),
            head: ChainHash::genesis(tenant),
        }
    }

    /// Reads the record that stands at a key, whoever asks.
    pub(super) fn at(&self, key: &Key) -> Option<&Record> {
        let place = match key {
            Key::Ticket(id) => Place::Ticket(*id),
            Key::Conversation(id) => Place::Conversation(*id),
            Key::Message(id) => Place::Message(*id),
            Key::Text(id) | Key::TextByWords(id, _) => Place::Text(*id),
            Key::Assignment(id) => Place::Assignment(*id),
            Key::Offer(id) => Place::Offer(*id),
            Key::Customer(id) => Place::Customer(*id),
            Key::Agent(id) => Place::Agent(*id),
            Key::AgentState(id) => Place::AgentState(*id),
            Key::DocumentVersion(id, version) => Place::Document(*id, *version),
            Key::Login(subject) => Place::Login(*subject),
            Key::Session(id) => Place::Session(*id),
            Key::Outbox(id) => Place::Outbox(*id),
            Key::JourneyProgress(customer, journey) => Place::JourneyProgress(*customer, *journey),
            Key::Document(id) => return self.newest_version(*id),
            Key::TicketByReference(reference) => self.holder(&Unique::Reference(*reference))?,
            Key::MessageByExternalId(inbox, id) => {
                self.holder(&Unique::MessageExternal(*inbox, id.clone()))?
            }
            Key::CustomerByExternalId(id) => self.holder(&Unique::CustomerExternal(id.clone()))?,
            Key::CustomerByAddress(kind, value) => {
                self.holder(&Unique::CustomerAddress(*kind, value.clone()))?
            }
            Key::AgentByExternalId(id) => self.holder(&Unique::AgentExternal(id.clone()))?,
            Key::AgentByEmail(email) => self.holder(&Unique::AgentEmail(email.clone()))?,
            Key::Epoch | Key::Uses(_) | Key::Receipt(_) => return None,
        };
        self.records.get(&place)
    }

    /// Returns what stands in the place that `record` would take: for a document, its newest version.
    pub(super) fn current(&self, record: &Record) -> Option<&Record> {
        match Place::of(record)? {
            Place::Document(id, _) => self.newest_version(id),
            place => self.records.get(&place),
        }
    }

    pub(super) fn holder(&self, value: &Unique) -> Option<Place> {
        self.held.get(value).copied()
    }

    fn newest_version(&self, id: DocumentId) -> Option<&Record> {
        self.records.range(Place::Document(id, 0)..=Place::Document(id, u64::MAX)).next_back().map(|(_, r)| r)
    }

    /// Lists records from one place up to, and without, another.
    pub(super) fn between(&self, from: Place, to: Place) -> impl Iterator<Item = &Record> {
        self.records.range(from..to).map(|(_, record)| record)
    }

    /// Lists conversations, messages and assignments of a ticket.
    pub(super) fn children_of(&self, ticket: TicketId) -> impl Iterator<Item = &Record> {
        let first = Place::Ticket(TicketId::from_uuid(Uuid::nil()));
        let last = Place::Outbox(OutboxId::from_uuid(Uuid::max()));
        let places = self.children.range((ticket, first)..=(ticket, last));
        places.filter_map(|(_, place)| self.records.get(place))
    }

    /// Lists wake-ups, the earliest first.
    pub(super) fn wakes(&self) -> impl Iterator<Item = (Timestamp, Stream)> {
        self.wake_ups.iter().map(|(at, stream, _)| (*at, *stream))
    }

    /// Puts a record in its place and keeps the indexes.
    pub(super) fn put(&mut self, mut record: Record) {
        let Some(place) = Place::of(&record) else { return };
        let old = self.records.remove(&place);
        if let (Record::AgentState(state), Some(Record::AgentState(old))) = (&mut record, &old) {
            state.load = old.load;
            state.last_assigned_at = old.last_assigned_at;
        }
        if let Some(old) = &old {
            for (value, _) in uniques(old) {
                self.held.remove(&value);
            }
            if let Some((at, stream)) = wake_up(old) {
                self.wake_ups.remove(&(at, stream, place));
            }
            if let Some(ticket) = parent(old) {
                self.children.remove(&(ticket, place));
            }
        }
        for (value, _) in uniques(&record) {
            self.held.insert(value, place);
        }
        self.wake_ups.extend(wake_up(&record).map(|(at, stream)| (at, stream, place)));
        self.children.extend(parent(&record).map(|ticket| (ticket, place)));
        match &record {
            Record::Document(_) => self.epoch += 1,
            Record::Text(text) if text.body.is_none() => {
                self.words.remove(&text.id);
            }
            _ => {}
        }
        self.records.insert(place, record);
    }
}

impl Place {
    /// Returns where a record stands; nothing for those that are not written.
    pub(super) const fn of(record: &Record) -> Option<Self> {
        Some(match record {
            Record::Ticket(ticket) => Self::Ticket(ticket.id),
            Record::Conversation(conversation) => Self::Conversation(conversation.id),
            Record::Message(message) => Self::Message(message.id),
            Record::Text(text) => Self::Text(text.id),
            Record::Assignment(assignment) => Self::Assignment(assignment.id),
            Record::Offer(offer) => Self::Offer(offer.id),
            Record::Customer(customer) => Self::Customer(customer.id),
            Record::Agent(agent) => Self::Agent(agent.id),
            Record::AgentState(state) => Self::AgentState(state.agent),
            Record::Document(document) => Self::Document(document.id, document.version),
            Record::Login(login) => Self::Login(login.subject),
            Record::Session(session) => Self::Session(session.id),
            Record::Outbox(row) => Self::Outbox(row.id),
            Record::JourneyProgress(progress) => {
                Self::JourneyProgress(progress.customer_id, progress.journey.id)
            }
            Record::Receipt(_) | Record::Epoch(_) | Record::Uses(_) => return None,
        })
    }
}

/// Lists the values that no other record may hold, each with its field's name on the wire.
pub(super) fn uniques(record: &Record) -> Vec<(Unique, &'static str)> {
    let mut values = Vec::new();
    match record {
        Record::Ticket(ticket) => values.push((Unique::Reference(ticket.reference), "reference")),
        Record::Message(message) => {
            let named = message.inbox_id.zip(message.external_id.clone());
            values.extend(named.map(|(inbox, id)| (Unique::MessageExternal(inbox, id), "external_id")));
        }
        Record::Customer(customer) => {
            let external = customer.external_id.clone();
            values.extend(external.map(|id| (Unique::CustomerExternal(id), "external_id")));
            values.extend(
                customer.addresses.iter().filter(|a| a.verified).map(|address| {
                    (Unique::CustomerAddress(address.kind, address.value.clone()), "addresses")
                }),
            );
        }
        Record::Agent(agent) => {
            values.extend(agent.external_id.clone().map(|id| (Unique::AgentExternal(id), "external_id")));
            values.push((Unique::AgentEmail(agent.email.to_lowercase()), "email"));
        }
        Record::Login(login) => values.push((Unique::LoginEmail(login.email.to_lowercase()), "email")),
        _ => {}
    }
    values
}

/// Returns the ticket among whose children a record is listed.
fn parent(record: &Record) -> Option<TicketId> {
    match record {
        Record::Conversation(conversation) => Some(conversation.ticket_id),
        Record::Message(message) => Some(message.ticket_id),
        Record::Assignment(assignment) => Some(assignment.ticket_id),
        Record::Offer(offer) => Some(offer.ticket_id),
        _ => None,
    }
}

/// Returns when the worker must look at a record.
fn wake_up(record: &Record) -> Option<(Timestamp, Stream)> {
    match record {
        Record::Ticket(ticket) => ticket.derived.wake_at.map(|at| (at, Stream::Ticket(ticket.id))),
        Record::AgentState(state) => state.until.map(|at| (at, Stream::Agent(state.agent))),
        Record::JourneyProgress(progress) => {
            progress.expires_at.map(|at| (at, Stream::Customer(progress.customer_id)))
        }
        _ => None,
    }
}
