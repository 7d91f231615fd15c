//! What every event carries beside what happened.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversation::Visibility;
use crate::id::{AgentId, CustomerId, DocumentId, EventId, TeamId, TicketId};
use crate::people::{ActorRef, Scope, Sight};
use crate::ticket::Ticket;
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::Event;

/// The aggregate in whose stream an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Stream {
    /// A ticket, with its conversations and work.
    Ticket(TicketId),
    /// A customer.
    Customer(CustomerId),
    /// An agent.
    Agent(AgentId),
    /// A configuration document.
    Document(DocumentId),
    /// Signing in and out of one agent or customer, by that one's id.
    Login(Uuid),
}

impl Stream {
    /// Returns the kind's name, for a column.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Ticket(_) => "ticket",
            Self::Customer(_) => "customer",
            Self::Agent(_) => "agent",
            Self::Document(_) => "document",
            Self::Login(_) => "login",
        }
    }

    /// Returns the id, for a column.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Ticket(id) => id.uuid(),
            Self::Customer(id) => id.uuid(),
            Self::Agent(id) => id.uuid(),
            Self::Document(id) => id.uuid(),
            Self::Login(id) => id,
        }
    }

    /// Reads a stream back from its columns.
    #[must_use]
    pub fn from_parts(kind: &str, id: Uuid) -> Option<Self> {
        Some(match kind {
            "ticket" => Self::Ticket(TicketId::from_uuid(id)),
            "customer" => Self::Customer(CustomerId::from_uuid(id)),
            "agent" => Self::Agent(AgentId::from_uuid(id)),
            "document" => Self::Document(DocumentId::from_uuid(id)),
            "login" => Self::Login(id),
            _ => return None,
        })
    }
}

wire_enum! {
    /// How widely an event may be seen.
    AudienceClass {
        /// The customer and the desk.
        Public = "public",
        /// The desk.
        Internal = "internal",
        /// Those who may read the audit trail.
        Audit = "audit",
    }
}

impl Event {
    /// Returns who may see it.
    #[must_use]
    pub const fn class(&self) -> AudienceClass {
        match self {
            Self::TicketCreated { .. }
            | Self::TicketStatusChanged { .. }
            | Self::TicketSubjectChanged { .. }
            | Self::MessageAdded { visibility: Visibility::Public, .. } => AudienceClass::Public,
            Self::SignedIn {}
            | Self::SignInRefused {}
            | Self::SignedOut {}
            | Self::PasswordChanged {}
            | Self::TicketValueRevealed { .. } => AudienceClass::Audit,
            _ => AudienceClass::Internal,
        }
    }
}

/// Who may see an event, as columns: a feed is a filter on them and never a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// How widely.
    pub class: AudienceClass,
    /// The customer whose matter it is.
    pub customer: Option<CustomerId>,
    /// Team before the event.
    pub team_before: Option<TeamId>,
    /// Team after it.
    pub team_after: Option<TeamId>,
    /// Owner before the event, or to whom the work was offered.
    pub assignee_before: Option<AgentId>,
    /// Owner after it, or to whom the work is offered.
    pub assignee_after: Option<AgentId>,
}

impl Audience {
    /// Audience of an event that belongs to no ticket.
    #[must_use]
    pub const fn of_tenant(class: AudienceClass) -> Self {
        Self {
            class,
            customer: None,
            team_before: None,
            team_after: None,
            assignee_before: None,
            assignee_after: None,
        }
    }

    /// Audience of an event in a ticket's stream. `before` is absent for the first event.
    #[must_use]
    pub fn of_ticket(class: AudienceClass, before: Option<&Ticket>, after: &Ticket) -> Self {
        Self {
            class,
            customer: Some(after.customer_id),
            team_before: before.map_or(after.team_id, |t| t.team_id),
            team_after: after.team_id,
            assignee_before: before.and_then(Ticket::holder),
            assignee_after: after.holder(),
        }
    }

    /// Tells whether an event with this audience, in `stream` of the same tenant, is visible in `scope`. The one
    /// rule; stores translate it into a filter.
    ///
    /// Events of tickets follow team and owner; events of the tenant itself (people, configuration) are for staff.
    #[must_use]
    pub fn is_visible(&self, stream: Stream, scope: &Scope) -> bool {
        if self.class == AudienceClass::Audit && !scope.sees_audit() {
            return false;
        }
        let of_ticket = matches!(stream, Stream::Ticket(_));
        match scope.sight() {
            Sight::System | Sight::All { .. } => true,
            Sight::Team { agent, teams } => {
                let mine = |team: Option<TeamId>| team.is_some_and(|t| teams.binary_search(&t).is_ok());
                !of_ticket || mine(self.team_before) || mine(self.team_after) || self.touches(*agent)
            }
            Sight::Own { agent } => !of_ticket || self.touches(*agent),
            Sight::Customer { customer } => {
                of_ticket && self.class == AudienceClass::Public && self.customer == Some(*customer)
            }
        }
    }

    fn touches(&self, agent: AgentId) -> bool {
        self.assignee_before == Some(agent) || self.assignee_after == Some(agent)
    }
}

/// An event with all that says where it stands, when it happened, who did it and who may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Identity.
    pub id: EventId,
    /// The aggregate in whose stream it stands.
    pub stream: Stream,
    /// Its place in that stream, without gaps, from 1.
    pub stream_seq: u64,
    /// When it happened. In one stream, time never runs backwards.
    pub at: Timestamp,
    /// Who did it.
    pub actor: ActorRef,
    /// Who may see it.
    pub audience: Audience,
    /// What happened.
    pub event: Event,
}
