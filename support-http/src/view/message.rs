//! Messages and conversations on the wire.

use serde::Serialize;
use support_core::conversation::{Conversation, ConversationKind, Direction, Message};
use support_core::people::{Actor, ActorKind, ActorRef};
use support_core::ticket::{Status, Ticket};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who wrote a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Author {
    /// `customer`, `agent`, `bot`, `system` or `third_party`.
    pub(crate) kind: &'static str,
    pub(crate) id: Option<Uuid>,
    /// Name, as far as it is known and the reader may see it.
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

/// A message.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct MessageBody {
    id: Uuid,
    ticket_id: Uuid,
    conversation_id: Uuid,
    /// `inbound` or `outbound`.
    direction: &'static str,
    /// What it says; empty where it was erased.
    content: String,
    #[schema(example = "text/plain")]
    content_type: &'static str,
    from_agent: bool,
    author: Author,
    /// `public` or `internal`.
    visibility: &'static str,
    channel: String,
    /// `queued`, `accepted`, `sent`, `delivered`, `read`, `failed` or `unknown`, for outgoing messages.
    delivery: Option<&'static str>,
    to: Vec<String>,
    cc: Vec<String>,
    attachments: Vec<Uuid>,
    external_id: Option<String>,
    in_reply_to: Option<String>,
    sent_at: String,
    created_at: String,
}

impl MessageBody {
    /// Renders a message with its text and the name of its author.
    pub(crate) fn new(message: &Message, content: Option<&str>, name: Option<String>) -> Self {
        Self {
            id: message.id.uuid(),
            ticket_id: message.ticket_id.uuid(),
            conversation_id: message.conversation_id.uuid(),
            direction: message.direction.as_str(),
            content: content.unwrap_or_default().to_owned(),
            content_type: "text/plain",
            from_agent: message.author.kind == ActorKind::Agent,
            author: Author { kind: message.author.kind.as_str(), id: message.author.id, name, email: None },
            visibility: message.visibility.as_str(),
            channel: message.channel.to_string(),
            delivery: message
                .delivery
                .filter(|_| message.direction == Direction::Outbound)
                .map(|d| d.as_str()),
            to: Vec::new(),
            cc: Vec::new(),
            attachments: Vec::new(),
            external_id: message.external_id.as_ref().map(ToString::to_string),
            in_reply_to: message.in_reply_to.as_ref().map(ToString::to_string),
            sent_at: message.sent_at.to_string(),
            created_at: message.created_at.to_string(),
        }
    }

    /// Puts the name and address that were given for the author in place of what is known.
    pub(crate) fn with_author(mut self, given: Option<&str>) -> Self {
        if let Some(given) = given.and_then(|json| serde_json::from_str::<Given>(json).ok()) {
            self.author.name = given.name.or(self.author.name);
            self.author.email = given.email;
        }
        self
    }
}

/// Name and address as they were given for an author who is no known party.
#[derive(serde::Deserialize)]
struct Given {
    name: Option<String>,
    email: Option<String>,
}

/// A conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ConversationBody {
    id: Uuid,
    ticket_id: Uuid,
    /// `customer` or `side`.
    kind: &'static str,
    channel: String,
    inbox_id: Option<Uuid>,
    /// Who answers in it: the ticket's owner.
    agent_id: Option<Uuid>,
    /// Who takes part, as far as the reader may know: a customer is not told of other customers.
    participants: Vec<ParticipantBody>,
    /// `open`, or `closed` once nothing public can be written in it.
    status: &'static str,
    last_message_at: Option<String>,
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ParticipantBody {
    /// `customer` or `agent`.
    kind: &'static str,
    id: Option<Uuid>,
    /// `requester`, `cc` or `follower`.
    role: &'static str,
}

impl ParticipantBody {
    /// Lists who takes part in a conversation of a ticket. The customer has no part in what is said to others.
    fn of(ticket: &Ticket, kind: ConversationKind, reader: &Actor) -> Vec<Self> {
        let requester = (ActorRef::customer(ticket.customer_id), "requester");
        let others = ticket.participants.iter().map(|one| (one.party, one.role.as_str()));
        std::iter::once(requester)
            .chain(others)
            .filter(|(party, _)| kind == ConversationKind::Customer || party.agent_id().is_some())
            .filter(|(party, _)| reader.is_staff() || *party == reader.as_ref())
            .map(|(party, role)| Self { kind: party.kind.as_str(), id: party.id, role })
            .collect()
    }
}

impl ConversationBody {
    pub(crate) fn new(conversation: &Conversation, ticket: &Ticket, reader: &Actor) -> Self {
        let closed = ticket.status == Status::Closed || ticket.set_aside.is_some();
        Self {
            agent_id: ticket.assigned_to.map(|id| id.uuid()),
            participants: ParticipantBody::of(ticket, conversation.kind, reader),
            status: if closed { "closed" } else { "open" },
            id: conversation.id.uuid(),
            ticket_id: conversation.ticket_id.uuid(),
            kind: conversation.kind.as_str(),
            channel: conversation.channel.to_string(),
            inbox_id: conversation.inbox_id.map(|id| id.uuid()),
            last_message_at: conversation.last_message_at.map(|at| at.to_string()),
        }
    }
}
