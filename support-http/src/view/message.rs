//! Messages and conversations on the wire.

use serde::Serialize;
use support_core::conversation::{Conversation, Direction, Message};
use support_core::people::ActorKind;
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
    last_message_at: Option<String>,
}

impl From<&Conversation> for ConversationBody {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.uuid(),
            ticket_id: conversation.ticket_id.uuid(),
            kind: conversation.kind.as_str(),
            channel: conversation.channel.to_string(),
            inbox_id: conversation.inbox_id.map(|id| id.uuid()),
            last_message_at: conversation.last_message_at.map(|at| at.to_string()),
        }
    }
}
