//! How single records are named, and typed access to them.

use std::fmt;

use async_trait::async_trait;

use crate::conversation::{Conversation, Message};
use crate::id::{
    AgentId, AssignmentId, ConversationId, CustomerId, DocumentId, InboxId, MessageId, OfferId, OutboxId,
    Reference, SessionId, TenantId, TextId, TicketId,
};
use crate::label::ForeignId;
use crate::people::{AddressKind, Agent, AgentState, Customer, Scope};
use crate::ticket::Ticket;
use crate::time::Timestamp;

use super::{
    Assignment, Document, JourneyProgress, Login, LoginSubject, OutboxRow, Record, Session, Store,
    StoreError, Text,
};

/// Names one record inside a tenant.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A ticket.
    Ticket(TicketId),
    /// A ticket by what people read out.
    TicketByReference(Reference),
    /// A conversation.
    Conversation(ConversationId),
    /// A message.
    Message(MessageId),
    /// A message by the identity that its channel gave it.
    MessageByExternalId(InboxId, ForeignId),
    /// A text revision.
    Text(TextId),
    /// A text revision, where its search entry holds exactly these words, in any order. A text without an entry, such
    /// as an emptied one, holds none.
    TextByWords(TextId, Vec<String>),
    /// An assignment record.
    Assignment(AssignmentId),
    /// An offer.
    Offer(OfferId),
    /// A customer.
    Customer(CustomerId),
    /// A customer by identity in the host.
    CustomerByExternalId(ForeignId),
    /// The customer with a verified address, in its normal form. An unverified one identifies nobody.
    CustomerByAddress(AddressKind, String),
    /// An agent.
    Agent(AgentId),
    /// An agent by identity in the host.
    AgentByExternalId(ForeignId),
    /// An agent by e-mail address, in lower case.
    AgentByEmail(String),
    /// An agent's presence and load.
    AgentState(AgentId),
    /// The newest version of a configuration document.
    Document(DocumentId),
    /// One version of a configuration document.
    DocumentVersion(DocumentId, u64),
    /// Number that grows with every change of configuration; answers [`Record::Epoch`].
    Epoch,
    /// How often a document was used; answers [`Record::Uses`]. For the system's scope only.
    Uses(DocumentId),
    /// A login by its subject. Logins, sessions, outbox rows and receipts are for the system's scope only.
    Login(LoginSubject),
    /// A signed-in session.
    Session(SessionId),
    /// A row of the outbox.
    Outbox(OutboxId),
    /// How far a customer has come in a journey. For the system's scope only.
    JourneyProgress(CustomerId, DocumentId),
    /// What a command left behind.
    Receipt(String),
}

impl fmt::Debug for Key {
    /// Prints ids, never an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => fmt::Debug::fmt(id, f),
            Self::TicketByReference(reference) => {
                f.debug_tuple("TicketByReference").field(reference).finish()
            }
            Self::Conversation(id) => fmt::Debug::fmt(id, f),
            Self::Message(id) => fmt::Debug::fmt(id, f),
            Self::MessageByExternalId(inbox, id) => {
                f.debug_tuple("MessageByExternalId").field(inbox).field(id).finish()
            }
            Self::Text(id) => fmt::Debug::fmt(id, f),
            Self::TextByWords(id, _) => f.debug_tuple("TextByWords").field(id).finish_non_exhaustive(),
            Self::Assignment(id) => fmt::Debug::fmt(id, f),
            Self::Offer(id) => fmt::Debug::fmt(id, f),
            Self::Customer(id) => fmt::Debug::fmt(id, f),
            Self::CustomerByExternalId(id) => f.debug_tuple("CustomerByExternalId").field(id).finish(),
            Self::CustomerByAddress(kind, _) => {
                f.debug_tuple("CustomerByAddress").field(kind).finish_non_exhaustive()
            }
            Self::Agent(id) => fmt::Debug::fmt(id, f),
            Self::AgentByExternalId(id) => f.debug_tuple("AgentByExternalId").field(id).finish(),
            Self::AgentByEmail(_) => f.write_str("AgentByEmail(..)"),
            Self::AgentState(id) => f.debug_tuple("AgentState").field(id).finish(),
            Self::Document(id) => fmt::Debug::fmt(id, f),
            Self::DocumentVersion(id, version) => {
                f.debug_tuple("DocumentVersion").field(id).field(version).finish()
            }
            Self::Epoch => f.write_str("Epoch"),
            Self::Uses(id) => f.debug_tuple("Uses").field(id).finish(),
            Self::Login(subject) => f.debug_tuple("Login").field(subject).finish(),
            Self::Session(id) => fmt::Debug::fmt(id, f),
            Self::Outbox(id) => fmt::Debug::fmt(id, f),
            Self::JourneyProgress(customer, journey) => {
                f.debug_tuple("JourneyProgress").field(customer).field(journey).finish()
            }
            Self::Receipt(key) => f.debug_tuple("Receipt").field(key).finish(),
        }
    }
}

/// What somebody shows to sign in.
pub enum Credential<'a> {
    /// An agent whom the host has already authenticated.
    Agent(TenantId, AgentId),
    /// An agent whom the host has already authenticated, by the host's own id.
    ExternalAgent(TenantId, ForeignId),
    /// A customer whom the host has already authenticated.
    Customer(TenantId, CustomerId),
    /// A customer whom the host has already authenticated, by the host's own id.
    ExternalCustomer(TenantId, ForeignId),
    /// An e-mail address and a password. The stored hash is given to `check` and goes nowhere else; `check` is
    /// called for an unknown address too, without a hash, so that both take the same time.
    Password {
        /// The tenant.
        tenant: TenantId,
        /// The address, in any case.
        email: &'a str,
        /// Compares the password with the stored hash.
        check: &'a (dyn Fn(Option<&str>) -> bool + Send + Sync),
    },
    /// A session that has not ended by `now`.
    Session {
        /// The tenant.
        tenant: TenantId,
        /// Which session.
        id: SessionId,
        /// Present instant.
        now: Timestamp,
    },
}

impl fmt::Debug for Credential<'_> {
    /// Prints the kind and the tenant, never what was shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, tenant) = match self {
            Self::Agent(tenant, _) => ("Agent", tenant),
            Self::ExternalAgent(tenant, _) => ("ExternalAgent", tenant),
            Self::Customer(tenant, _) => ("Customer", tenant),
            Self::ExternalCustomer(tenant, _) => ("ExternalCustomer", tenant),
            Self::Password { tenant, .. } => ("Password", tenant),
            Self::Session { tenant, .. } => ("Session", tenant),
        };
        f.debug_tuple(kind).field(tenant).finish()
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A record type that [`StoreExt`] can hand out. Sealed: the kinds of records are the core's.
pub trait Entity: sealed::Sealed + Sized + Send {
    /// Takes the record apart; nothing where it is of another kind.
    fn from_record(record: Record) -> Option<Self>;
}

macro_rules! entities {
    ($($name:ident: $kind:ty = $unwrap:expr;)*) => {$(
        impl sealed::Sealed for $kind {}

        impl Entity for $kind {
            fn from_record(record: Record) -> Option<Self> {
                match record {
                    Record::$name(value) => Some($unwrap(value)),
                    _ => None,
                }
            }
        }
    )*};
}

fn same<T>(value: T) -> T {
    value
}

#[allow(clippy::boxed_local, reason = "takes the box that the record holds")]
fn unboxed<T>(value: Box<T>) -> T {
    *value
}

entities! {
    Ticket: Ticket = unboxed;
    Conversation: Conversation = same;
    Message: Message = unboxed;
    Text: Text = same;
    Assignment: Assignment = unboxed;
    Offer: crate::routing::Offer = unboxed;
    Customer: Customer = unboxed;
    Agent: Agent = unboxed;
    AgentState: AgentState = same;
    Document: Document = same;
    Login: Login = same;
    Session: Session = same;
    Outbox: OutboxRow = same;
    JourneyProgress: JourneyProgress = same;
    Receipt: super::Receipt = same;
}

/// Typed access to any store.
#[async_trait]
pub trait StoreExt: Store {
    /// Reads one record of a known type. `None` where it does not exist, is out of scope, or is of another kind.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn one<E: Entity>(&self, scope: &Scope, key: Key) -> Result<Option<E>, StoreError> {
        let found = self.load(scope, std::slice::from_ref(&key)).await?;
        Ok(found.into_iter().flatten().next().and_then(E::from_record))
    }

    /// Reads a ticket.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn ticket(&self, scope: &Scope, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.one(scope, Key::Ticket(id)).await
    }

    /// Reads an agent.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn agent(&self, scope: &Scope, id: AgentId) -> Result<Option<Agent>, StoreError> {
        self.one(scope, Key::Agent(id)).await
    }

    /// Reads a customer.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn customer(&self, scope: &Scope, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.one(scope, Key::Customer(id)).await
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
