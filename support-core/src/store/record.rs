//! The kinds of records that a store holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::conversation::{ChannelKind, Conversation, Message};
use crate::error::EntityKind;
use crate::event::{Envelope, Event, Stream};
use crate::id::{
    AgentId, AssignmentId, CustomerId, DocumentId, InboxId, MessageId, OutboxId, SessionId, TeamId, TextId,
    TicketId,
};
use crate::masking::MaskSpan;
use crate::people::{ActorRef, Agent, AgentState, Customer, WorkKind};
use crate::routing::{AssignHow, Offer, Why};
use crate::sla::ConfigRef;
use crate::ticket::Ticket;
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::Receipt;

/// Anything that a store holds under a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A ticket.
    Ticket(Box<Ticket>),
    /// A conversation.
    Conversation(Conversation),
    /// A message.
    Message(Box<Message>),
    /// A text revision. Written once, and once more to empty it.
    Text(Text),
    /// An assignment record.
    Assignment(Box<Assignment>),
    /// An offer of work.
    Offer(Box<Offer>),
    /// A customer.
    Customer(Box<Customer>),
    /// An agent.
    Agent(Box<Agent>),
    /// An agent's presence and load. Writing it in place of another keeps the stored load and `last_assigned_at`:
    /// those change by deltas alone.
    AgentState(AgentState),
    /// A configuration document. Writing it in place of another adds a version, and must name a higher one: earlier
    /// versions stay readable. Each write raises the epoch.
    Document(Document),
    /// A login.
    Login(Login),
    /// A signed-in session.
    Session(Session),
    /// A row of the outbox.
    Outbox(OutboxRow),
    /// The journey that a customer has begun.
    JourneyProgress(JourneyProgress),
    /// What a command left behind. Written through [`ChangeSet::receipt`](super::ChangeSet), never as a write.
    Receipt(Receipt),
    /// Number that grows with every change of configuration, from 0. Kept by the store, never written.
    Epoch(u64),
    /// How often a document was used, from 0. Kept by [`Delta::Used`](super::Delta), never written.
    Uses(u64),
}

impl Record {
    /// Returns the kind.
    #[must_use]
    pub const fn entity(&self) -> EntityKind {
        match self {
            Self::Ticket(_) => EntityKind::Ticket,
            Self::Conversation(_) => EntityKind::Conversation,
            Self::Message(_) => EntityKind::Message,
            Self::Text(_) => EntityKind::Text,
            Self::Assignment(_) => EntityKind::Assignment,
            Self::Offer(_) => EntityKind::Offer,
            Self::Customer(_) => EntityKind::Customer,
            Self::Agent(_) | Self::AgentState(_) => EntityKind::Agent,
            Self::Document(_) | Self::Epoch(_) | Self::Uses(_) => EntityKind::Document,
            Self::Login(_) | Self::Session(_) | Self::Receipt(_) => EntityKind::Login,
            Self::Outbox(_) => EntityKind::Outbox,
            Self::JourneyProgress(_) => EntityKind::Journey,
        }
    }

    /// Lists the texts that it names.
    #[must_use]
    pub fn texts(&self) -> Vec<TextId> {
        match self {
            Self::Ticket(ticket) => ticket.texts().collect(),
            Self::Message(message) => std::iter::once(message.body).chain(message.author_text).collect(),
            Self::Assignment(assignment) => assignment.reason.into_iter().collect(),
            Self::Offer(offer) => offer.reason.into_iter().collect(),
            Self::AgentState(state) => state.reason.into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns what [`Expect::Revision`](super::Expect) compares: the sequence of the newest event for what belongs
    /// to a ticket, the version for the rest.
    #[must_use]
    pub fn revision(&self) -> u64 {
        match self {
            Self::Ticket(ticket) => ticket.stream_seq,
            Self::Conversation(conversation) => conversation.stream_seq,
            Self::Message(message) => message.stream_seq,
            Self::Text(text) => u64::from(text.body.is_none()),
            Self::Assignment(assignment) => assignment.stream_seq,
            Self::Offer(offer) => offer.stream_seq,
            Self::Customer(customer) => customer.version,
            Self::Agent(agent) => agent.version,
            Self::AgentState(state) => state.version,
            Self::Document(document) => document.version,
            Self::Login(login) => login.version,
            Self::Session(session) => session.version,
            Self::Outbox(row) => row.version,
            Self::JourneyProgress(progress) => progress.version,
            Self::Receipt(_) => 0,
            Self::Epoch(epoch) => *epoch,
            Self::Uses(uses) => *uses,
        }
    }
}

macro_rules! into_record {
    ($($kind:ty => $variant:ident $(, $wrap:path)?;)*) => {$(
        impl From<$kind> for Record {
            fn from(value: $kind) -> Self {
                Self::$variant($($wrap)?(value))
            }
        }
    )*};
}

into_record! {
    Ticket => Ticket, Box::new;
    Conversation => Conversation;
    Message => Message, Box::new;
    Text => Text;
    Assignment => Assignment, Box::new;
    Offer => Offer, Box::new;
    Customer => Customer, Box::new;
    Agent => Agent, Box::new;
    AgentState => AgentState;
    Document => Document;
    Login => Login;
    Session => Session;
    OutboxRow => Outbox;
    JourneyProgress => JourneyProgress;
}

wire_enum! {
    /// Who may read a text.
    TextClass {
        /// Whoever sees its ticket.
        Public = "public",
        /// The desk's people who see its ticket, or any of them where it belongs to no ticket.
        Internal = "internal",
    }
}

/// One immutable revision of a text that may be personal. Its body can be emptied; its identity stays.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Identity.
    pub id: TextId,
    /// Ticket to which it belongs; texts of no ticket belong to agents.
    pub ticket: Option<TicketId>,
    /// Whose data it is: what erasure asks for.
    pub subject: ActorRef,
    /// Who may read it.
    pub class: TextClass,
    /// The text; `None` once emptied.
    pub body: Option<String>,
    /// What masking found in it, in order and without overlap: where in `body` each mask stands, and for what. Empty
    /// where nothing was found, and once emptied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<MaskSpan>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Text {
    /// The revision once its body is erased, with what was found in it.
    #[must_use]
    pub fn emptied(self) -> Self {
        Self { body: None, masked: Vec::new(), ..self }
    }

    /// Tells whether what was found lies in the body: in order, without overlap, and never within a character.
    #[must_use]
    pub fn finds_in_its_body(&self) -> bool {
        let body = self.body.as_deref().unwrap_or_default();
        let mut read = 0;
        self.masked.iter().all(|span| {
            let (start, end) = (span.start as usize, span.end as usize);
            let sound = read <= start && start < end && body.get(start..end).is_some();
            read = end;
            sound
        })
    }
}

impl fmt::Debug for Text {
    /// Prints everything but the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("id", &self.id)
            .field("class", &self.class)
            .field("bytes", &self.body.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

/// A change of owner, with its ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Identity.
    pub id: AssignmentId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// What kind of work changed hands.
    pub work: WorkKind,
    /// Owner before.
    pub from: Option<AgentId>,
    /// Owner after.
    pub to: Option<AgentId>,
    /// Team before.
    pub team_from: Option<TeamId>,
    /// Team after.
    pub team_to: Option<TeamId>,
    /// In which way.
    pub how: AssignHow,
    /// Who did it.
    pub by: ActorRef,
    /// Why, in words.
    pub reason: Option<TextId>,
    /// Why, as the router decided.
    pub why: Option<Why>,
    /// Whether the new owner is over capacity with it.
    pub over: bool,
    /// When.
    pub at: Timestamp,
    /// Sequence, in the ticket's stream, of the event that made it.
    pub stream_seq: u64,
}

wire_enum! {
    /// Kinds of configuration documents.
    DocumentKind {
        /// Settings of a tenant: one document.
        Settings = "settings",
        /// A team.
        Team = "team",
        /// An inbox.
        Inbox = "inbox",
        /// A brand.
        Brand = "brand",
        /// An SLA policy.
        SlaPolicy = "sla_policy",
        /// A business calendar.
        Calendar = "calendar",
        /// A keyword rule.
        KeywordRule = "keyword_rule",
        /// An automation.
        Automation = "automation",
        /// Masking: one document.
        Masking = "masking",
        /// A macro.
        Macro = "macro",
        /// A journey of questions.
        Journey = "journey",
        /// Which journey is active at a place. Written by publishing, never by hand.
        JourneyEntry = "journey_entry",
        /// Where calls of a webhook go. Nothing sends them yet.
        WebhookEndpoint = "webhook_endpoint",
    }
}

/// One immutable version of a configuration document.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Identity.
    pub id: DocumentId,
    /// What it configures.
    pub kind: DocumentKind,
    /// Which version, from 1.
    pub version: u64,
    /// Whether this version takes it out of force.
    pub retired: bool,
    /// What it says.
    pub body: serde_json::Value,
    /// When the first version was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Document {
    /// Prints no body: names and signatures may stand in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("version", &self.version)
            .field("retired", &self.retired)
            .finish_non_exhaustive()
    }
}

/// Whose login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum LoginSubject {
    /// An agent's.
    Agent(AgentId),
    /// A customer's.
    Customer(CustomerId),
}

impl LoginSubject {
    /// Returns the agent's or customer's id.
    #[must_use]
    pub const fn uuid(self) -> uuid::Uuid {
        match self {
            Self::Agent(id) => id.uuid(),
            Self::Customer(id) => id.uuid(),
        }
    }
}

/// A password's hash, in PHC string format. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Wraps a hash.
    pub fn new(hash: impl Into<Box<str>>) -> Self {
        Self(hash.into())
    }

    /// Returns the hash, for a store and for the comparison.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An e-mail address and a password by which somebody signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub subject: LoginSubject,
    /// The address, in lower case; unique in the tenant.
    pub email: String,
    /// The password's hash.
    pub password: PasswordHash,
    /// Counts the events of its stream: passwords set, signing in and out.
    pub version: u64,
}

impl fmt::Debug for Login {
    /// Prints whose it is, never address or hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// A signed-in session: what a refresh token continues. Ending it ends every token of it at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Who signed in.
    pub subject: LoginSubject,
    /// SHA-256 of the refresh token that is good now; each refresh changes it.
    pub refresh_hash: [u8; 32],
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
    /// When somebody signed in.
    pub created_at: Timestamp,
}

impl fmt::Debug for Session {
    /// Prints whose it is, never the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A journey that a customer has begun and not finished: one a customer and journey, in one of its versions.
///
/// No event tells of it: like a lease it is renewed at every step, and the ticket that it leads to tells the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyProgress {
    /// Whose.
    pub customer_id: CustomerId,
    /// Which version of which journey.
    pub journey: ConfigRef,
    /// The answers so far, as JSON by question, in a text of no ticket; `None` once it is over.
    pub answers: Option<TextId>,
    /// When the newest answers were kept; of what has led to a ticket, when it did.
    pub saved_at: Timestamp,
    /// When it is forgotten; `None` once it is over.
    pub expires_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
}

wire_enum! {
    /// Where an outgoing effect stands.
    OutboxState {
        /// To be sent.
        Ready = "ready",
        /// In a worker's hands.
        Leased = "leased",
        /// Accepted by the provider.
        Sent = "sent",
        /// Refused; will not be tried again by itself.
        Failed = "failed",
        /// Sent without an answer; never blindly sent again.
        Unknown = "unknown",
        /// Tried too often.
        Dead = "dead",
    }
}

/// What is done to the outside world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A message is sent.
    Message {
        /// The message.
        message_id: MessageId,
        /// On which channel.
        channel: ChannelKind,
        /// Through which inbox.
        inbox_id: Option<InboxId>,
    },
    /// A webhook endpoint is called. The row's identity is the call's, the same at every try.
    Webhook {
        /// The endpoint.
        endpoint_id: DocumentId,
        /// Sequence, in the ticket's stream, of the event that asked for it. Its actor says on whose account; what
        /// woke that rule stands before it.
        stream_seq: u64,
    },
    /// An agent is told of a ticket, not before [`OutboxRow::next_at`]: the first instant at which they work.
    Notice {
        /// Who is told.
        agent_id: AgentId,
        /// Sequence, in the ticket's stream, of the event that says what about.
        stream_seq: u64,
    },
}

/// An effect on the outside world, stored with the change that wants it. Nobody carries effects out yet: the rows wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Identity.
    pub id: OutboxId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// What is to be done.
    pub effect: Effect,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it may be tried next.
    pub next_at: Timestamp,
    /// The lease's fence while it is in a worker's hands.
    pub fence: Option<u64>,
    /// Counts changes.
    pub version: u64,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl OutboxRow {
    /// Returns a row that may be tried from now on.
    #[must_use]
    pub const fn ready(id: OutboxId, ticket_id: TicketId, effect: Effect, now: Timestamp) -> Self {
        let (state, created_at) = (OutboxState::Ready, now);
        Self { id, ticket_id, effect, state, attempts: 0, next_at: now, fence: None, version: 1, created_at }
    }

    /// Makes the row that an event promises.
    #[must_use]
    pub fn begin(envelope: &Envelope) -> Option<Self> {
        let (Event::TicketWebhookQueued { outbox_id, endpoint_id }, Stream::Ticket(ticket)) =
            (&envelope.event, envelope.stream)
        else {
            return None;
        };
        let effect = Effect::Webhook { endpoint_id: *endpoint_id, stream_seq: envelope.stream_seq };
        Some(Self::ready(*outbox_id, ticket, effect, envelope.at))
    }
}
