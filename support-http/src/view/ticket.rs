//! Tickets on the wire.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use support_core::desk::{TextsById, TimerView};
use support_core::id::TextId;
use support_core::journey::Said;
use support_core::label::Label;
use support_core::people::Actor;
use support_core::ticket::{ContextRef, ExternalRef, FieldValue, Ticket};
use utoipa::ToSchema;
use uuid::Uuid;

use super::message::{ConversationBody, MessageBody};
use super::person::CustomerBody;
use super::sla::SlaTimer;

/// A ticket.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct TicketBody {
    id: Uuid,
    /// What people read out.
    #[schema(example = "7ZQK-2M9D-XH4T")]
    reference: String,
    /// What it is about; empty where it was erased.
    subject: String,
    /// `new`, `open`, `assigned`, `in_progress`, `pending`, `on_hold`, `resolved` or `closed`.
    status: &'static str,
    /// `open`, `pending` or `closed`.
    status_category: &'static str,
    /// `low`, `normal`, `high` or `urgent`.
    priority: &'static str,
    channel: String,
    inbox_id: Option<Uuid>,
    brand_id: Option<Uuid>,
    language: Option<String>,
    /// Units of capacity that it takes of its owner; `null` to customers.
    effort: Option<u32>,
    /// Skills that a handler must have, with the least level; empty to customers.
    skills: BTreeMap<String, u8>,
    /// Skills that a handler should have, with the level from which one counts; empty to customers.
    preferred: BTreeMap<String, u8>,
    customer_id: Uuid,
    assigned_to: Option<Uuid>,
    team_id: Option<Uuid>,
    category: Option<String>,
    tags: Vec<String>,
    topics: Vec<String>,
    order_id: Option<String>,
    context: Vec<ContextBody>,
    external_refs: Vec<ExternalRefBody>,
    custom_fields: BTreeMap<String, Value>,
    /// The journey that led to it and what was answered; in the answer to reading or opening one ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_answers: Option<JourneyAnswersBody>,
    /// Points at the time of the answer.
    score: f64,
    escalation: Option<EscalationBody>,
    sla: Vec<SlaTimer>,
    snoozed_until: Option<String>,
    set_aside: Option<SetAsideBody>,
    /// Since when it waits for a handler; `null` while it has one.
    waiting_since: Option<String>,
    next_due_at: Option<String>,
    first_responded_at: Option<String>,
    last_message_at: Option<String>,
    last_customer_message_at: Option<String>,
    resolved_at: Option<String>,
    closed_at: Option<String>,
    reopened_count: u32,
    follow_up_of: Option<Uuid>,
    resolution_code: Option<String>,
    version: u64,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<MessageBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<Vec<ConversationBody>>,
    /// The newest 50, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<MessageBody>>,
    /// Where older messages go on, in the ticket's list of messages; `null` where these are all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    messages_cursor: Option<Option<String>>,
}

/// What was answered on the way to a ticket.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct JourneyAnswersBody {
    journey_id: Uuid,
    /// The version that was gone through.
    version: u64,
    /// In the order of the questions; empty where they were erased.
    answers: Vec<JourneyAnswerBody>,
}

/// A question and what was said to it.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct JourneyAnswerBody {
    question: String,
    /// What was asked.
    text: String,
    /// The answer as it was sent; a text in place of a number that was masked.
    answer: Value,
    /// The answer as people read it.
    wording: String,
}

impl From<Said> for JourneyAnswerBody {
    fn from(said: Said) -> Self {
        let Said { question, text, answer, wording } = said;
        Self { question: question.to_string(), text, answer, wording }
    }
}

/// An object of the host that a ticket is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContextBody {
    kind: String,
    id: String,
    /// What people call it.
    label: Option<String>,
    url: Option<String>,
}

/// The same matter in another system.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ExternalRefBody {
    system: String,
    id: String,
    url: Option<String>,
}

/// How far a ticket has been escalated.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EscalationBody {
    level: u8,
    /// Why, in words; `null` where a rule did it, and to customers.
    reason: Option<String>,
    at: String,
}

/// Why a ticket is out of the desk's work.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SetAsideBody {
    /// `spam`, `deleted`, `merged`, or `erased` after its time in the bin.
    kind: &'static str,
    by: Option<Uuid>,
    at: String,
    merged_into: Option<Uuid>,
    /// When a deleted ticket is erased for good; until then it can be restored.
    erases_at: Option<String>,
}

/// Who has a ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AssigneeBody {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

impl TicketBody {
    /// Renders a ticket. Customers do not see what is the desk's own: score, topics, tags and the like.
    pub(crate) fn new(
        ticket: &Ticket,
        score: f64,
        timers: &[TimerView],
        texts: &TextsById,
        reader: &Actor,
    ) -> Self {
        let staff = reader.is_staff();
        let text = |id| texts.get(&id).cloned();
        let levels = |skills: &[(Label, u8)]| -> BTreeMap<String, u8> {
            let shown = skills.iter().filter(|_| staff);
            shown.map(|(skill, level)| (skill.to_string(), *level)).collect()
        };
        let field = |value: &FieldValue| match value {
            FieldValue::Text(id) => text(*id).map_or(Value::Null, Value::from),
            FieldValue::Number(number) => Value::from(*number),
            FieldValue::Flag(flag) => Value::from(*flag),
        };
        Self {
            id: ticket.id.uuid(),
            reference: ticket.reference.to_string(),
            subject: text(ticket.subject).unwrap_or_default(),
            status: ticket.status.as_str(),
            status_category: ticket.status.category().as_str(),
            priority: ticket.priority.as_str(),
            channel: ticket.channel.to_string(),
            inbox_id: ticket.inbox_id.map(|id| id.uuid()),
            brand_id: ticket.brand_id.map(|id| id.uuid()),
            language: ticket.language.as_ref().map(ToString::to_string),
            effort: staff.then_some(ticket.work.effort),
            skills: levels(&ticket.work.skills),
            preferred: levels(&ticket.work.preferred),
            customer_id: ticket.customer_id.uuid(),
            assigned_to: ticket.assigned_to.map(|id| id.uuid()),
            team_id: ticket.team_id.map(|id| id.uuid()),
            category: ticket.category.as_ref().map(ToString::to_string),
            tags: if staff { ticket.tags.iter().map(ToString::to_string).collect() } else { Vec::new() },
            topics: if staff { ticket.topics.iter().map(ToString::to_string).collect() } else { Vec::new() },
            order_id: ticket.order_id.as_ref().map(ToString::to_string),
            context: ticket.context.iter().map(|context| ContextBody::new(context, text)).collect(),
            external_refs: if staff {
                ticket.external_refs.iter().map(ExternalRefBody::from).collect()
            } else {
                Vec::new()
            },
            custom_fields: ticket
                .custom_fields
                .iter()
                .map(|(key, value)| (key.to_string(), field(value)))
                .collect(),
            journey_answers: None,
            score: if staff { score } else { 0.0 },
            escalation: ticket.escalation.filter(|_| staff).map(|escalation| EscalationBody {
                level: escalation.level,
                reason: escalation.reason.and_then(text),
                at: escalation.at.to_string(),
            }),
            sla: timers.iter().map(SlaTimer::from).collect(),
            snoozed_until: ticket.snoozed_until.filter(|_| staff).map(|at| at.to_string()),
            set_aside: ticket.set_aside.map(|aside| SetAsideBody {
                kind: aside.kind.as_str(),
                by: aside.by.id,
                at: aside.at.to_string(),
                merged_into: aside.merged_into.map(|id| id.uuid()),
                erases_at: aside.erases_at.map(|at| at.to_string()),
            }),
            waiting_since: ticket.is_waiting().then(|| ticket.work.since.to_string()),
            next_due_at: ticket.derived.next_due_at.map(|at| at.to_string()),
            first_responded_at: ticket.first_responded_at.map(|at| at.to_string()),
            last_message_at: ticket.last_message_at.map(|at| at.to_string()),
            last_customer_message_at: ticket.last_customer_message_at.map(|at| at.to_string()),
            resolved_at: ticket.resolved_at.map(|at| at.to_string()),
            closed_at: ticket.closed_at.map(|at| at.to_string()),
            reopened_count: ticket.reopened_count,
            follow_up_of: ticket.follow_up_of.map(|id| id.uuid()),
            resolution_code: ticket.resolution_code.as_ref().map(ToString::to_string),
            version: ticket.version,
            created_at: ticket.created_at.to_string(),
            updated_at: ticket.updated_at.to_string(),
            customer: None,
            assignee: None,
            last_message: None,
            conversations: None,
            messages: None,
            messages_cursor: None,
        }
    }

    pub(crate) fn with_journey(mut self, ticket: &Ticket, texts: &TextsById) -> Self {
        self.journey_answers = ticket.journey.map(|journey| {
            let said =
                texts.get(&journey.answers).and_then(|json| serde_json::from_str::<Vec<Said>>(json).ok());
            JourneyAnswersBody {
                journey_id: journey.journey.id.uuid(),
                version: journey.journey.version,
                answers: said.unwrap_or_default().into_iter().map(JourneyAnswerBody::from).collect(),
            }
        });
        self
    }

    pub(crate) fn with_customer(mut self, customer: Option<CustomerBody>) -> Self {
        self.customer = customer;
        self
    }

    pub(crate) fn with_assignee(mut self, assignee: Option<AssigneeBody>) -> Self {
        self.assignee = assignee;
        self
    }

    pub(crate) fn with_last_message(mut self, message: Option<MessageBody>) -> Self {
        self.last_message = message;
        self
    }

    pub(crate) fn with_thread(
        mut self,
        conversations: Vec<ConversationBody>,
        messages: Vec<MessageBody>,
        cursor: Option<String>,
    ) -> Self {
        self.conversations = Some(conversations);
        self.messages = Some(messages);
        self.messages_cursor = Some(cursor);
        self
    }
}

impl ContextBody {
    fn new(context: &ContextRef, text: impl Fn(TextId) -> Option<String>) -> Self {
        Self {
            kind: context.kind.to_string(),
            id: context.id.to_string(),
            label: context.label.and_then(text),
            url: context.url.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&ExternalRef> for ExternalRefBody {
    fn from(reference: &ExternalRef) -> Self {
        Self {
            system: reference.system.to_string(),
            id: reference.id.to_string(),
            url: reference.url.as_ref().map(ToString::to_string),
        }
    }
}
