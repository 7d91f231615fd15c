//! Tickets.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use support_core::id::{
    AgentId, BrandId, ConversationId, CustomerId, InboxId, MessageId, Reference, TeamId, TextId, TicketId,
};
use support_core::people::ActorRef;
use support_core::sla::Ledger;
use support_core::ticket::{Derived, SetAside, StatusCategory, Ticket, Work};
use support_core::time::Timestamp;

use super::{Columns, Table, Values};
use crate::error::Failure;

/// Where tickets stand. `n` is given by SQLite.
pub(crate) static TICKETS: Table = Table {
    name: "desk_tickets",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "reference",
        "subject",
        "status",
        "priority",
        "channel",
        "direction",
        "inbox_id",
        "brand_id",
        "language",
        "customer_id",
        "assigned_to",
        "team_id",
        "category",
        "tags",
        "topics",
        "order_id",
        "context",
        "external_refs",
        "custom_fields",
        "journey",
        "participants",
        "escalation",
        "resolution_code",
        "follow_up_of",
        "snoozed_until",
        "set_aside",
        "set_aside_detail",
        "conversation_id",
        "last_message_id",
        "work_since",
        "effort",
        "skills",
        "preferred",
        "sticky",
        "declined",
        "offer",
        "keywords",
        "insight",
        "sla",
        "handling",
        "first_responded_at",
        "last_message_at",
        "last_customer_message_at",
        "unanswered_since",
        "pending_since",
        "reminded_at",
        "status_since",
        "owner_since",
        "acted",
        "unattended",
        "resolved_at",
        "closed_at",
        "reopened_count",
        "version",
        "stream_seq",
        "created_at",
        "updated_at",
        "keyword_points",
        "insight_points",
        "urgency_from",
        "urgency_to",
        "urgency_rests",
        "next_due_at",
        "breached",
        "wake_at",
        "failures",
        "leases",
        "active",
        "waiting",
    ],
    revision: "stream_seq",
    present: "",
    kept: &[],
};

/// What stands beside the kind of being set aside.
#[derive(Serialize, Deserialize)]
struct Detail {
    by: ActorRef,
    at: Timestamp,
    merged_into: Option<TicketId>,
    erases_at: Option<Timestamp>,
}

/// Tells whether a ticket stands among the active ones in lists.
pub(crate) fn is_active(ticket: &Ticket) -> bool {
    ticket.status.category() != StatusCategory::Closed
}

/// Writes a ticket.
pub(crate) fn encode(ticket: &Ticket) -> Result<Vec<Value>, Failure> {
    let derived = &ticket.derived;
    let detail = ticket.set_aside.map(|s| Detail {
        by: s.by,
        at: s.at,
        merged_into: s.merged_into,
        erases_at: s.erases_at,
    });
    let no_sla = ticket.sla == Ledger::default();
    if derived.keyword_points.is_nan() || derived.insight_points.is_nan() {
        return Err(Failure::Misuse("points that are no number"));
    }
    Ok(Values::of_tenant(TICKETS.columns.len())
        .uuid(ticket.id.uuid())
        .count(ticket.reference.bits())
        .uuid(ticket.subject.uuid())
        .text(ticket.status.as_str())
        .text(ticket.priority.as_str())
        .text(ticket.channel.as_str())
        .text(ticket.direction.as_str())
        .opt_uuid(ticket.inbox_id.map(InboxId::uuid))
        .opt_uuid(ticket.brand_id.map(BrandId::uuid))
        .opt_word(ticket.language.as_ref())
        .uuid(ticket.customer_id.uuid())
        .opt_uuid(ticket.assigned_to.map(AgentId::uuid))
        .opt_uuid(ticket.team_id.map(TeamId::uuid))
        .opt_word(ticket.category.as_ref())
        .json_unless(ticket.tags.is_empty(), &ticket.tags)?
        .json_unless(ticket.topics.is_empty(), &ticket.topics)?
        .opt_word(ticket.order_id.as_ref())
        .json_unless(ticket.context.is_empty(), &ticket.context)?
        .json_unless(ticket.external_refs.is_empty(), &ticket.external_refs)?
        .json_unless(ticket.custom_fields.is_empty(), &ticket.custom_fields)?
        .json_unless(ticket.journey.is_none(), &ticket.journey)?
        .json_unless(ticket.participants.is_empty(), &ticket.participants)?
        .json_unless(ticket.escalation.is_none(), &ticket.escalation)?
        .opt_word(ticket.resolution_code.as_ref())
        .opt_uuid(ticket.follow_up_of.map(TicketId::uuid))
        .opt_time(ticket.snoozed_until)
        .opt_word(ticket.set_aside.map(|s| s.kind))
        .json_unless(detail.is_none(), &detail)?
        .uuid(ticket.conversation_id.uuid())
        .opt_uuid(ticket.last_message_id.map(MessageId::uuid))
        .time(ticket.work.since)
        .int(ticket.work.effort)
        .json_unless(ticket.work.skills.is_empty(), &ticket.work.skills)?
        .json_unless(ticket.work.preferred.is_empty(), &ticket.work.preferred)?
        .opt_uuid(ticket.work.sticky.map(AgentId::uuid))
        .json_unless(ticket.work.declined.is_empty(), &ticket.work.declined)?
        .json_unless(ticket.offer.is_none(), &ticket.offer)?
        .json_unless(ticket.keywords.is_empty(), &ticket.keywords)?
        .json_unless(ticket.insight.is_none(), &ticket.insight)?
        .json_unless(no_sla, &ticket.sla)?
        .json_unless(ticket.handling.is_empty(), &ticket.handling)?
        .opt_time(ticket.first_responded_at)
        .opt_time(ticket.last_message_at)
        .opt_time(ticket.last_customer_message_at)
        .opt_time(ticket.unanswered_since)
        .opt_time(ticket.pending_since)
        .opt_time(ticket.reminded_at)
        .time(ticket.status_since)
        .time(ticket.owner_since)
        .json_unless(ticket.acted.is_empty(), &ticket.acted)?
        .json_unless(ticket.unattended.is_empty(), &ticket.unattended)?
        .opt_time(ticket.resolved_at)
        .opt_time(ticket.closed_at)
        .int(ticket.reopened_count)
        .count(ticket.version)
        .count(ticket.stream_seq)
        .time(ticket.created_at)
        .time(ticket.updated_at)
        .real(derived.keyword_points)
        .real(derived.insight_points)
        .urgency(derived.urgency.as_ref())?
        .opt_time(derived.next_due_at)
        .int(derived.breached)
        .opt_time(derived.wake_at)
        .int(derived.failures)
        .json_unless(derived.leases.is_empty(), &derived.leases)?
        .int(is_active(ticket))
        .int(ticket.is_queued())
        .done())
}

/// Reads a ticket, the columns of which start at `at`.
pub(crate) fn decode(row: &Row<'_>, at: usize) -> Result<Ticket, Failure> {
    let mut c = Columns::from(row, at + 1);
    Ok(Ticket {
        id: c.uuid(TicketId::from_uuid)?,
        reference: Reference::from_random(c.count()?),
        subject: c.uuid(TextId::from_uuid)?,
        status: c.word()?,
        priority: c.word()?,
        channel: c.word()?,
        direction: c.word()?,
        inbox_id: c.opt_uuid(InboxId::from_uuid)?,
        brand_id: c.opt_uuid(BrandId::from_uuid)?,
        language: c.opt_word()?,
        customer_id: c.uuid(CustomerId::from_uuid)?,
        assigned_to: c.opt_uuid(AgentId::from_uuid)?,
        team_id: c.opt_uuid(TeamId::from_uuid)?,
        category: c.opt_word()?,
        tags: c.json()?,
        topics: c.json()?,
        order_id: c.opt_word()?,
        context: c.json()?,
        external_refs: c.json()?,
        custom_fields: c.json()?,
        journey: c.opt_json()?,
        participants: c.json()?,
        escalation: c.opt_json()?,
        resolution_code: c.opt_word()?,
        follow_up_of: c.opt_uuid(TicketId::from_uuid)?,
        snoozed_until: c.opt_time()?,
        set_aside: match c.opt_word()? {
            None => {
                c.skip(1);
                None
            }
            Some(kind) => c.opt_json::<Detail>()?.map(|d| SetAside {
                kind,
                by: d.by,
                at: d.at,
                merged_into: d.merged_into,
                erases_at: d.erases_at,
            }),
        },
        conversation_id: c.uuid(ConversationId::from_uuid)?,
        last_message_id: c.opt_uuid(MessageId::from_uuid)?,
        work: Work {
            since: c.time()?,
            effort: c.small()?,
            skills: c.json()?,
            preferred: c.json()?,
            sticky: c.opt_uuid(AgentId::from_uuid)?,
            declined: c.json()?,
        },
        offer: c.opt_json()?,
        keywords: c.json()?,
        insight: c.opt_json()?,
        sla: c.json()?,
        handling: c.json()?,
        first_responded_at: c.opt_time()?,
        last_message_at: c.opt_time()?,
        last_customer_message_at: c.opt_time()?,
        unanswered_since: c.opt_time()?,
        pending_since: c.opt_time()?,
        reminded_at: c.opt_time()?,
        status_since: c.time()?,
        owner_since: c.time()?,
        acted: c.json()?,
        unattended: c.json()?,
        resolved_at: c.opt_time()?,
        closed_at: c.opt_time()?,
        reopened_count: c.small()?,
        version: c.count()?,
        stream_seq: c.count()?,
        created_at: c.time()?,
        updated_at: c.time()?,
        derived: Derived {
            keyword_points: c.real()?,
            insight_points: c.real()?,
            urgency: c.urgency()?,
            next_due_at: c.opt_time()?,
            breached: c.flag()?,
            wake_at: c.opt_time()?,
            failures: c.small()?,
            leases: c.json()?,
        },
    })
}
