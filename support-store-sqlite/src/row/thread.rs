//! What belongs to a ticket: conversations, messages, assignments and outbox rows.
//!
//! Their `ticket` column holds the ticket's number, which the writer fills in; reading joins the ticket and hands
//! its id in.

use rusqlite::Row;
use rusqlite::types::Value;
use support_core::conversation::{Conversation, Message};
use support_core::id::{
    AgentId, AssignmentId, ConversationId, DocumentId, InboxId, MessageId, OfferId, OutboxId, TeamId, TextId,
    TicketId,
};
use support_core::routing::Offer;
use support_core::store::{Assignment, Effect, OutboxRow};

use super::{Columns, Table, Values};
use crate::error::Failure;

/// Where conversations stand.
pub(crate) static CONVERSATIONS: Table = Table {
    name: "desk_conversations",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "ticket",
        "kind",
        "channel",
        "inbox_id",
        "last_message_at",
        "created_at",
        "stream_seq",
    ],
    revision: "stream_seq",
    present: "",
    kept: &[],
};

/// Where messages stand.
pub(crate) static MESSAGES: Table = Table {
    name: "desk_messages",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "ticket",
        "conversation_id",
        "seq",
        "direction",
        "author",
        "author_id",
        "author_text",
        "visibility",
        "channel",
        "inbox_id",
        "body",
        "automatic",
        "asks",
        "answers",
        "answered_since",
        "external_id",
        "in_reply_to",
        "delivery",
        "sent_at",
        "created_at",
        "stream_seq",
    ],
    revision: "stream_seq",
    present: "",
    kept: &[],
};

/// Where offers stand.
pub(crate) static OFFERS: Table = Table {
    name: "desk_offers",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "ticket",
        "work",
        "agent",
        "team",
        "state",
        "why",
        "reason",
        "at",
        "until",
        "ended_at",
        "stream_seq",
    ],
    revision: "stream_seq",
    present: "",
    kept: &[],
};

/// Where assignment records stand.
pub(crate) static ASSIGNMENTS: Table = Table {
    name: "desk_assignments",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "ticket",
        "work",
        "from_agent",
        "to_agent",
        "team_from",
        "team_to",
        "how",
        "by_kind",
        "by_id",
        "reason",
        "why",
        "over",
        "at",
        "stream_seq",
    ],
    revision: "stream_seq",
    present: "",
    kept: &[],
};

/// Word of an effect that sends a message.
const MESSAGE: &str = "message";
/// Word of an effect that calls a webhook endpoint.
const WEBHOOK: &str = "webhook";
/// Word of an effect that tells an agent.
const NOTICE: &str = "notice";

/// Where outbox rows stand.
pub(crate) static OUTBOX: Table = Table {
    name: "desk_outbox",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "ticket",
        "effect",
        "message_id",
        "channel",
        "inbox_id",
        "endpoint_id",
        "agent_id",
        "stream_seq",
        "state",
        "attempts",
        "next_at",
        "fence",
        "version",
        "created_at",
    ],
    revision: "version",
    present: "",
    kept: &[],
};

/// Writes a conversation.
pub(crate) fn encode_conversation(conversation: &Conversation) -> Vec<Value> {
    Values::of_tenant(CONVERSATIONS.columns.len())
        .uuid(conversation.id.uuid())
        .null()
        .text(conversation.kind.as_str())
        .text(conversation.channel.as_str())
        .opt_uuid(conversation.inbox_id.map(InboxId::uuid))
        .opt_time(conversation.last_message_at)
        .time(conversation.created_at)
        .count(conversation.stream_seq)
        .done()
}

/// Reads a conversation.
pub(crate) fn decode_conversation(row: &Row<'_>, ticket_id: TicketId) -> Result<Conversation, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(ConversationId::from_uuid)?;
    c.skip(1);
    Ok(Conversation {
        id,
        ticket_id,
        kind: c.word()?,
        channel: c.word()?,
        inbox_id: c.opt_uuid(InboxId::from_uuid)?,
        last_message_at: c.opt_time()?,
        created_at: c.time()?,
        stream_seq: c.count()?,
    })
}

/// Writes a message.
pub(crate) fn encode_message(message: &Message) -> Vec<Value> {
    Values::of_tenant(MESSAGES.columns.len())
        .uuid(message.id.uuid())
        .null()
        .uuid(message.conversation_id.uuid())
        .count(message.seq)
        .text(message.direction.as_str())
        .actor(message.author)
        .opt_uuid(message.author_text.map(TextId::uuid))
        .text(message.visibility.as_str())
        .text(message.channel.as_str())
        .opt_uuid(message.inbox_id.map(InboxId::uuid))
        .uuid(message.body.uuid())
        .int(message.automatic)
        .int(message.asks)
        .int(message.answers)
        .opt_time(message.answered_since)
        .opt_word(message.external_id.as_ref())
        .opt_word(message.in_reply_to.as_ref())
        .opt_word(message.delivery)
        .time(message.sent_at)
        .time(message.created_at)
        .count(message.stream_seq)
        .done()
}

/// Reads a message.
pub(crate) fn decode_message(row: &Row<'_>, ticket_id: TicketId) -> Result<Message, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(MessageId::from_uuid)?;
    c.skip(1);
    Ok(Message {
        id,
        ticket_id,
        conversation_id: c.uuid(ConversationId::from_uuid)?,
        seq: c.count()?,
        direction: c.word()?,
        author: c.actor()?,
        author_text: c.opt_uuid(TextId::from_uuid)?,
        visibility: c.word()?,
        channel: c.word()?,
        inbox_id: c.opt_uuid(InboxId::from_uuid)?,
        body: c.uuid(TextId::from_uuid)?,
        automatic: c.flag()?,
        asks: c.flag()?,
        answers: c.flag()?,
        answered_since: c.opt_time()?,
        external_id: c.opt_word()?,
        in_reply_to: c.opt_word()?,
        delivery: c.opt_word()?,
        sent_at: c.time()?,
        created_at: c.time()?,
        stream_seq: c.count()?,
    })
}

/// Writes an assignment record.
pub(crate) fn encode_assignment(assignment: &Assignment) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(ASSIGNMENTS.columns.len())
        .uuid(assignment.id.uuid())
        .null()
        .text(assignment.work.as_str())
        .opt_uuid(assignment.from.map(AgentId::uuid))
        .opt_uuid(assignment.to.map(AgentId::uuid))
        .opt_uuid(assignment.team_from.map(TeamId::uuid))
        .opt_uuid(assignment.team_to.map(TeamId::uuid))
        .text(assignment.how.as_str())
        .actor(assignment.by)
        .opt_uuid(assignment.reason.map(TextId::uuid))
        .json_unless(assignment.why.is_none(), &assignment.why)?
        .int(assignment.over)
        .time(assignment.at)
        .count(assignment.stream_seq)
        .done())
}

/// Reads an assignment record.
pub(crate) fn decode_assignment(row: &Row<'_>, ticket_id: TicketId) -> Result<Assignment, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(AssignmentId::from_uuid)?;
    c.skip(1);
    Ok(Assignment {
        id,
        ticket_id,
        work: c.word()?,
        from: c.opt_uuid(AgentId::from_uuid)?,
        to: c.opt_uuid(AgentId::from_uuid)?,
        team_from: c.opt_uuid(TeamId::from_uuid)?,
        team_to: c.opt_uuid(TeamId::from_uuid)?,
        how: c.word()?,
        by: c.actor()?,
        reason: c.opt_uuid(TextId::from_uuid)?,
        why: c.opt_json()?,
        over: c.flag()?,
        at: c.time()?,
        stream_seq: c.count()?,
    })
}

/// Writes an offer.
pub(crate) fn encode_offer(offer: &Offer) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(OFFERS.columns.len())
        .uuid(offer.id.uuid())
        .null()
        .text(offer.work.as_str())
        .uuid(offer.agent.uuid())
        .opt_uuid(offer.team.map(TeamId::uuid))
        .text(offer.state.as_str())
        .json_unless(offer.why.is_none(), &offer.why)?
        .opt_uuid(offer.reason.map(TextId::uuid))
        .time(offer.at)
        .time(offer.until)
        .opt_time(offer.ended_at)
        .count(offer.stream_seq)
        .done())
}

/// Reads an offer.
pub(crate) fn decode_offer(row: &Row<'_>, ticket_id: TicketId) -> Result<Offer, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(OfferId::from_uuid)?;
    c.skip(1);
    Ok(Offer {
        id,
        ticket_id,
        work: c.word()?,
        agent: c.uuid(AgentId::from_uuid)?,
        team: c.opt_uuid(TeamId::from_uuid)?,
        state: c.word()?,
        why: c.opt_json()?,
        reason: c.opt_uuid(TextId::from_uuid)?,
        at: c.time()?,
        until: c.time()?,
        ended_at: c.opt_time()?,
        stream_seq: c.count()?,
    })
}

/// Writes an outbox row.
pub(crate) fn encode_outbox(row: &OutboxRow) -> Vec<Value> {
    let values = Values::of_tenant(OUTBOX.columns.len()).uuid(row.id.uuid()).null();
    let values = match &row.effect {
        Effect::Message { message_id, channel, inbox_id } => values
            .text(MESSAGE)
            .uuid(message_id.uuid())
            .text(channel.as_str())
            .opt_uuid(inbox_id.map(InboxId::uuid))
            .null()
            .null()
            .null(),
        Effect::Webhook { endpoint_id, stream_seq } => {
            values.text(WEBHOOK).null().null().null().uuid(endpoint_id.uuid()).null().count(*stream_seq)
        }
        Effect::Notice { agent_id, stream_seq } => {
            values.text(NOTICE).null().null().null().null().uuid(agent_id.uuid()).count(*stream_seq)
        }
    };
    let values = values.text(row.state.as_str()).int(row.attempts).time(row.next_at);
    let values = match row.fence {
        Some(fence) => values.count(fence),
        None => values.null(),
    };
    values.count(row.version).time(row.created_at).done()
}

/// Reads an outbox row.
pub(crate) fn decode_outbox(row: &Row<'_>, ticket_id: TicketId) -> Result<OutboxRow, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(OutboxId::from_uuid)?;
    c.skip(1);
    Ok(OutboxRow {
        id,
        ticket_id,
        effect: decode_effect(&mut c)?,
        state: c.word()?,
        attempts: c.small()?,
        next_at: c.time()?,
        fence: c.opt_int()?.map(i64::cast_unsigned),
        version: c.count()?,
        created_at: c.time()?,
    })
}

/// Reads an effect: each leaves the columns of the others empty.
fn decode_effect(c: &mut Columns<'_>) -> Result<Effect, Failure> {
    match c.text()? {
        WEBHOOK => {
            c.skip(3);
            let endpoint_id = c.uuid(DocumentId::from_uuid)?;
            c.skip(1);
            Ok(Effect::Webhook { endpoint_id, stream_seq: c.count()? })
        }
        NOTICE => {
            c.skip(4);
            Ok(Effect::Notice { agent_id: c.uuid(AgentId::from_uuid)?, stream_seq: c.count()? })
        }
        // The table holds no other word.
        _ => {
            let (message_id, channel) = (c.uuid(MessageId::from_uuid)?, c.word()?);
            let inbox_id = c.opt_uuid(InboxId::from_uuid)?;
            c.skip(3);
            Ok(Effect::Message { message_id, channel, inbox_id })
        }
    }
}
