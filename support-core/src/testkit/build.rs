//! Records that are quick to write. A number makes the id: the same number is the same record in every run, and a
//! higher one sorts later.
//!
//! ```
//! use support_core::people::Agent;
//! use support_core::testkit::build::{agent_id, an_agent};
//!
//! let gone = Agent { active: false, ..an_agent(3) };
//! assert_eq!(gone.id, agent_id(3));
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::conversation::ChannelKind;
use crate::event::{Audience, Envelope, Event, Stream};
use crate::id::{
    AgentId, AssignmentId, BrandId, ConversationId, CustomerId, DocumentId, EventId, InboxId, MessageId,
    OfferId, OutboxId, SessionId, TeamId, TenantId, TextId, TicketId,
};
use crate::label::{ForeignId, Label};
use crate::people::{
    Actor, ActorRef, Address, AddressKind, Agent, AgentActor, AgentState, Capacity, Customer, CustomerActor,
    Permission, Presence, Reach, Scope,
};
use crate::routing::{Seat, Waiting};
use crate::sla::ConfigRef;
use crate::store::{
    Document, DocumentKind, Effect, JourneyProgress, Login, LoginSubject, OutboxRow, PasswordHash, Receipt,
    Session, Text, TextClass,
};
use crate::ticket::{Priority, Work};
use crate::time::Timestamp;

use super::ids::version_7;

/// The tenant in which tests happen.
pub const TENANT: TenantId = TenantId::SINGLE;
/// Another tenant, which must never be seen from the first.
pub const OTHER: TenantId = TenantId::from_uuid(Uuid::from_u128(2));

/// The instant at which tests begin: 2026-03-01T12:00:00Z.
const BEGIN: Timestamp = Timestamp::from_seconds(1_772_366_400);

/// Returns an instant some seconds after tests begin.
#[must_use]
pub const fn instant(seconds: i64) -> Timestamp {
    BEGIN.plus_seconds(seconds)
}

const fn uuid(kind: u16, number: u32, part: u32) -> Uuid {
    version_7(BEGIN.plus_seconds(number as i64), kind, part as u64)
}

macro_rules! numbered {
    ($($name:ident: $kind:ty = $code:literal;)*) => {$(
        /// Returns the id with a number.
        #[must_use]
        pub const fn $name(number: u32) -> $kind {
            <$kind>::from_uuid(uuid($code, number, 0))
        }
    )*};
}

numbered! {
    ticket_id: TicketId = 1;
    customer_id: CustomerId = 2;
    agent_id: AgentId = 3;
    team_id: TeamId = 4;
    inbox_id: InboxId = 5;
    brand_id: BrandId = 6;
    document_id: DocumentId = 7;
    session_id: SessionId = 8;
    outbox_id: OutboxId = 9;
    note_id: TextId = 10;
}

macro_rules! parts {
    ($($name:ident: $kind:ty = $code:literal;)*) => {$(
        /// Returns the id of a part of the ticket with a number.
        #[must_use]
        pub const fn $name(ticket: u32, part: u32) -> $kind {
            <$kind>::from_uuid(uuid($code, ticket, part))
        }
    )*};
}

parts! {
    conversation_id: ConversationId = 20;
    message_id: MessageId = 21;
    text_id: TextId = 22;
    assignment_id: AssignmentId = 23;
    offer_id: OfferId = 25;
}

pub(super) const fn event_uuid(ticket: u32, index: u32) -> Uuid {
    uuid(24, ticket, index)
}

/// Makes a label of what is surely one.
#[must_use]
pub fn word(text: &str) -> Label {
    text.parse().expect("a label")
}

/// Makes a foreign id of what is surely one.
#[must_use]
pub fn foreign(text: &str) -> ForeignId {
    text.parse().expect("a foreign id")
}

/// Splits plain text into distinct words in lower case, as its search entry holds them.
#[must_use]
pub fn words_of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Returns a customer with a verified address.
#[must_use]
pub fn a_customer(number: u32) -> Customer {
    Customer {
        id: customer_id(number),
        external_id: None,
        name: format!("Customer {number}"),
        addresses: vec![an_address(&format!("customer{number}@example.com"))],
        tier: None,
        language: None,
        timezone: None,
        custom_fields: BTreeMap::new(),
        tags: Vec::new(),
        blocked: false,
        version: 1,
        created_at: instant(i64::from(number)),
        updated_at: instant(i64::from(number)),
    }
}

/// Returns a verified e-mail address.
#[must_use]
pub fn an_address(value: &str) -> Address {
    Address { kind: AddressKind::Email, value: value.to_owned(), verified: true, primary: true }
}

/// Returns an active agent without teams.
#[must_use]
pub fn an_agent(number: u32) -> Agent {
    Agent {
        id: agent_id(number),
        external_id: None,
        name: format!("Agent {number}"),
        email: format!("agent{number}@desk.example"),
        role: word("agent"),
        team_ids: Vec::new(),
        lead_ids: Vec::new(),
        skills: BTreeMap::new(),
        languages: Vec::new(),
        performance: 100,
        absences: Vec::new(),
        capacity: Capacity::default(),
        shift: None,
        active: true,
        version: 1,
        created_at: instant(i64::from(number)),
        updated_at: instant(i64::from(number)),
    }
}

/// Returns the state of an agent who has just been made.
#[must_use]
pub fn a_state(number: u32) -> AgentState {
    AgentState::new(agent_id(number), instant(i64::from(number)))
}

/// Returns the seat of an agent who is there and has nothing to do.
#[must_use]
pub fn a_seat(agent: Agent) -> Seat {
    let state = AgentState { presence: Presence::Available, ..AgentState::new(agent.id, agent.created_at) };
    Seat { agent: Arc::new(agent), state }
}

/// Returns a ticket of no team that waits since the tests began, and to which nothing is particular.
#[must_use]
pub fn a_waiting_ticket(number: u32) -> Waiting {
    Waiting {
        ticket: ticket_id(number),
        customer: customer_id(number),
        team: None,
        channel: ChannelKind::Email,
        priority: Priority::Normal,
        keyword_points: 0.0,
        insight_points: 0.0,
        urgency: None,
        language: None,
        work: Work::since(instant(0)),
        followers: Vec::new(),
    }
}

/// Returns the first version of a team's document.
#[must_use]
pub fn a_document(number: u32) -> Document {
    Document {
        id: document_id(number),
        kind: DocumentKind::Team,
        version: 1,
        retired: false,
        body: json!({ "name": format!("Team {number}") }),
        created_at: instant(i64::from(number)),
        updated_at: instant(i64::from(number)),
    }
}

/// Returns a text that belongs to no ticket.
#[must_use]
pub fn a_note(number: u32) -> Text {
    Text {
        id: note_id(number),
        ticket: None,
        subject: ActorRef::agent(agent_id(number)),
        class: TextClass::Internal,
        body: Some(format!("Note {number}")),
        masked: Vec::new(),
        created_at: instant(i64::from(number)),
    }
}

/// Returns an agent's login with the address of [`an_agent`].
#[must_use]
pub fn a_login(number: u32) -> Login {
    Login {
        subject: LoginSubject::Agent(agent_id(number)),
        email: format!("agent{number}@desk.example"),
        password: PasswordHash::new(format!("$argon2id$hash-{number}")),
        version: 1,
    }
}

/// Returns an agent's session that ends by itself after a day.
#[must_use]
pub fn a_session(number: u32) -> Session {
    Session {
        id: session_id(number),
        subject: LoginSubject::Agent(agent_id(number)),
        refresh_hash: [number as u8; 32],
        expires_at: instant(86_400),
        ended_at: None,
        version: 1,
        created_at: instant(i64::from(number)),
    }
}

/// Returns a journey that the customer with a number has begun.
#[must_use]
pub fn a_progress(number: u32) -> JourneyProgress {
    JourneyProgress {
        customer_id: customer_id(number),
        journey: ConfigRef { id: document_id(1), version: 1 },
        answers: None,
        saved_at: instant(i64::from(number)),
        expires_at: None,
        version: 1,
    }
}

/// Returns a row of the outbox that is to be sent, for the first message of the ticket with the same number.
#[must_use]
pub fn an_outbox_row(number: u32) -> OutboxRow {
    let effect =
        Effect::Message { message_id: message_id(number, 1), channel: ChannelKind::Email, inbox_id: None };
    OutboxRow::ready(outbox_id(number), ticket_id(number), effect, instant(i64::from(number)))
}

/// Returns what a command left behind.
#[must_use]
pub fn a_receipt(key: &str) -> Receipt {
    Receipt {
        key: key.to_owned(),
        digest: [7; 32],
        reply: json!({ "status": 201, "key": key }).to_string(),
        expires_at: instant(86_400),
    }
}

/// Returns an event of a stream that is no ticket's; its audience is the tenant.
#[must_use]
pub fn an_event(stream: Stream, seq: u64, event: Event) -> Envelope {
    Envelope {
        id: EventId::from_uuid(Uuid::from_u128(stream.uuid().as_u128() ^ u128::from(seq))),
        stream,
        stream_seq: seq,
        at: instant(seq as i64),
        actor: ActorRef::SYSTEM,
        audience: Audience::of_tenant(event.class()),
        event,
    }
}

/// Returns what an agent of some teams sees, with a reach, of tickets.
#[must_use]
pub fn agent_scope(tenant: TenantId, agent: AgentId, teams: &[TeamId], reach: Reach) -> Scope {
    let actor = Actor::Agent(AgentActor {
        tenant,
        id: agent,
        role: word("test"),
        grants: crate::people::Grants::default().with(Permission::TicketRead, reach),
        teams: teams.to_vec(),
    });
    actor.scope(Permission::TicketRead).expect("granted")
}

/// Returns what a customer sees.
#[must_use]
pub fn customer_scope(tenant: TenantId, customer: CustomerId) -> Scope {
    let actor = Actor::Customer(CustomerActor { tenant, id: customer });
    actor.scope(Permission::TicketRead).expect("customers always see their own")
}
