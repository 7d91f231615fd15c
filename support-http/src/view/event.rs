//! Events on the wire. They hold no personal text; customers are shown what concerns them and nothing more.

use serde::Serialize;
use serde_json::{Value, json};
use support_core::event::{Envelope, Event, Stream};
use support_core::people::{Actor, ActorRef};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ActorBody {
    /// `customer`, `agent`, `bot`, `system` or `third_party`.
    kind: &'static str,
    id: Option<Uuid>,
}

/// An event in a ticket's stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Its place in the stream, from 1. Customers see gaps where an event is not for them.
    stream_seq: u64,
    /// Its dotted name, such as `ticket.assigned`.
    name: &'static str,
    at: String,
    actor: ActorBody,
    /// What happened. Texts are named by the ids of their revisions.
    data: Value,
}

/// The aggregate in whose stream an event stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StreamBody {
    /// `ticket`, `customer`, `agent`, `document` or `login`.
    kind: &'static str,
    id: Uuid,
    /// Its place in that stream, from 1.
    seq: u64,
}

/// An event of the live feed, as staff see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FeedBody {
    name: &'static str,
    at: String,
    actor: ActorBody,
    stream: StreamBody,
    data: Value,
}

/// An event of the live feed, as customers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CustomerFeedBody {
    name: &'static str,
    at: String,
    ticket_id: Option<Uuid>,
    data: Value,
}

impl EventBody {
    pub(crate) fn new(envelope: &Envelope, reader: &Actor) -> Self {
        Self {
            stream_seq: envelope.stream_seq,
            name: envelope.event.name(),
            at: envelope.at.to_string(),
            actor: envelope.actor.into(),
            data: data(envelope, reader),
        }
    }
}

/// Renders the data of an event of the live feed.
pub(crate) fn feed(envelope: &Envelope, reader: &Actor) -> String {
    let (name, at) = (envelope.event.name(), envelope.at.to_string());
    let data = data(envelope, reader);
    let json = if reader.is_staff() {
        let stream = envelope.stream;
        let stream = StreamBody { kind: stream.kind(), id: stream.uuid(), seq: envelope.stream_seq };
        serde_json::to_string(&FeedBody { name, at, actor: envelope.actor.into(), stream, data })
    } else {
        let ticket_id = match envelope.stream {
            Stream::Ticket(id) => Some(id.uuid()),
            _ => None,
        };
        serde_json::to_string(&CustomerFeedBody { name, at, ticket_id, data })
    };
    json.unwrap_or_default()
}

impl From<ActorRef> for ActorBody {
    fn from(actor: ActorRef) -> Self {
        Self { kind: actor.kind.as_str(), id: actor.id }
    }
}

/// What happened, as far as its reader may know it.
fn data(envelope: &Envelope, reader: &Actor) -> Value {
    if reader.is_staff() {
        let event = serde_json::to_value(&envelope.event).ok();
        return event.and_then(|mut event| event.get_mut("data").map(Value::take)).unwrap_or_default();
    }
    match &envelope.event {
        Event::TicketCreated { status, reference, .. } => {
            json!({ "reference": reference.to_string(), "status": status })
        }
        Event::TicketStatusChanged { from, to, .. } => json!({ "from": from, "to": to }),
        Event::MessageAdded { message_id, conversation_id, direction, .. } => {
            json!({ "message_id": message_id, "conversation_id": conversation_id, "direction": direction })
        }
        _ => json!({}),
    }
}
