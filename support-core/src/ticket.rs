//! The ticket: the aggregate to which conversations, work and SLA timers belong.
//!
//! A ticket is the fold of its events: [`Ticket::evolve`] applies one, and nothing else changes a ticket. What
//! follows from it and from the configuration (score, deadlines, the next wake-up) stands in [`Derived`], beside
//! the fold, and is recomputed without an event.

pub mod command;
mod decide;
mod evolve;
mod field;
mod lifecycle;
mod priority;
mod status;
#[cfg(test)]
mod tests;
mod unattended;

use crate::routing::Offer;
pub use crate::scoring::Insight;
pub use command::Command;
pub(crate) use decide::go_on_quietly;
pub use decide::{Circumstances, Decision, decide, rehearse, rehearse_in_time};
pub use field::{
    ContextRef, Escalation, ExternalRef, FieldInput, FieldValue, Handling, HandlingMode, KeywordHit,
};
pub use field::{Participant, ParticipantRole, SetAside, SetAsideKind, TeamSource, TicketJourney, Work};
pub use lifecycle::{StatusCause, Transition, check_by_hand, next_status};
pub use priority::Priority;
pub use status::{Status, StatusCategory};
pub use unattended::{TURNS_LIMIT, Unattended};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::conversation::{ChannelKind, Direction};
use crate::id::{
    AgentId, BrandId, ConversationId, CustomerId, DocumentId, InboxId, MessageId, Reference, TeamId, TextId,
    TicketId,
};
use crate::label::{ForeignId, Label};
use crate::people::Subject;
use crate::scoring::Urgency;
use crate::sla::Ledger;
use crate::time::Timestamp;

/// One matter of one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Identity.
    pub id: TicketId,
    /// What people read out.
    pub reference: Reference,
    /// What it is about.
    pub subject: TextId,
    /// Where it stands in its life.
    pub status: Status,
    /// How important it is.
    pub priority: Priority,
    /// Channel on which it began.
    pub channel: ChannelKind,
    /// Who wrote first.
    pub direction: Direction,
    /// Inbox in which it began.
    pub inbox_id: Option<InboxId>,
    /// Face under which it is answered.
    pub brand_id: Option<BrandId>,
    /// Language tag, such as `de`.
    pub language: Option<Label>,
    /// Whose matter it is.
    pub customer_id: CustomerId,
    /// The accountable owner.
    pub assigned_to: Option<AgentId>,
    /// The team in whose queue it is or was.
    pub team_id: Option<TeamId>,
    /// What kind of matter.
    pub category: Option<Label>,
    /// Tags.
    pub tags: BTreeSet<Label>,
    /// Names of alerting keyword rules that matched.
    pub topics: BTreeSet<Label>,
    /// The order that it is about.
    pub order_id: Option<ForeignId>,
    /// Other objects of the host that it is about.
    pub context: Vec<ContextRef>,
    /// The same matter in other systems.
    pub external_refs: Vec<ExternalRef>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, FieldValue>,
    /// The journey that led to it.
    #[serde(default)]
    pub journey: Option<TicketJourney>,
    /// Who else takes part: customers in copy, agents who follow.
    pub participants: Vec<Participant>,
    /// How far it has been escalated.
    pub escalation: Option<Escalation>,
    /// How it was resolved.
    pub resolution_code: Option<Label>,
    /// The closed ticket that this one continues.
    pub follow_up_of: Option<TicketId>,
    /// Out of sight until then.
    pub snoozed_until: Option<Timestamp>,
    /// Taken out of the desk's work: spam, deleted or merged.
    pub set_aside: Option<SetAside>,
    /// The conversation with the customer in which replies go by default.
    pub conversation_id: ConversationId,
    /// The newest message, public or internal.
    pub last_message_id: Option<MessageId>,
    /// Its asynchronous work, as routing sees it.
    pub work: Work,
    /// The offer that its work is on: while it lasts, nobody else is given it.
    #[serde(default)]
    pub offer: Option<Box<Offer>>,
    /// Keyword rules that matched its texts, with their points.
    pub keywords: BTreeMap<DocumentId, KeywordHit>,
    /// What is known of the customer's worth and risk, as it was looked up.
    pub insight: Option<Insight>,
    /// SLA policy and timers.
    pub sla: Ledger,
    /// Who is viewing or writing now: what handle time is measured by.
    pub handling: Vec<Handling>,
    /// First public message of a human agent, or answered call.
    pub first_responded_at: Option<Timestamp>,
    /// Newest message.
    pub last_message_at: Option<Timestamp>,
    /// Newest message of a customer.
    pub last_customer_message_at: Option<Timestamp>,
    /// Oldest customer message that no agent has answered.
    pub unanswered_since: Option<Timestamp>,
    /// Since when a pending ticket waits for its customer: since it is pending, or since the latest answer in it.
    #[serde(default)]
    pub pending_since: Option<Timestamp>,
    /// When its customer was to be reminded, in the present wait for them.
    #[serde(default)]
    pub reminded_at: Option<Timestamp>,
    /// When its status changed, or when it was opened.
    pub status_since: Timestamp,
    /// When its owner changed, or when it was opened without one.
    pub owner_since: Timestamp,
    /// Automations about time that have acted on it, or were passed over because one before them stopped, each with the moment from which it counted: none acts twice from
    /// the same. Those that exist no more are forgotten when the next one acts.
    pub acted: BTreeMap<DocumentId, Timestamp>,
    /// How often rules have moved it since somebody last did something to it, and which were stopped for it.
    #[serde(default)]
    pub unattended: Unattended,
    /// When it was last resolved; empty after a reopen.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How often it was reopened.
    pub reopened_count: u32,
    /// Counts changes of its own fields: what `If-Match` compares.
    pub version: u64,
    /// Sequence of its newest event: what a commit compares. Without gaps, from 1.
    pub stream_seq: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its newest event happened.
    pub updated_at: Timestamp,
    /// What follows from it and the configuration.
    pub derived: Derived,
}

/// What follows from a ticket and the configuration versions that its events name. Kept so that queues and timers
/// are index scans; `verify` recomputes it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Derived {
    /// Points of the keyword rules that matched, before they are limited.
    pub keyword_points: f64,
    /// Points for what is known of the customer, by the weights in force.
    pub insight_points: f64,
    /// How the tightest running timer makes it urgent, from when half of its target is used.
    pub urgency: Option<Urgency>,
    /// Deadline of the tightest running timer.
    pub next_due_at: Option<Timestamp>,
    /// Whether a timer that has not ended is past its deadline, also while it stands still.
    pub breached: bool,
    /// When the worker must look at it next.
    pub wake_at: Option<Timestamp>,
    /// How often in a row its wake-up failed; from [`STUCK_AFTER`] on it is shown as stuck.
    pub failures: u32,
    /// Until when each agent who is viewing or writing is taken to be at it. Renewed without an event.
    pub leases: Vec<(AgentId, Timestamp)>,
}

/// Highest escalation level.
pub const MAX_LEVEL: u8 = 9;

/// Failed wake-ups in a row from which a ticket is shown as stuck.
pub const STUCK_AFTER: u32 = 5;

impl Ticket {
    /// Lists the texts that its own fields name.
    pub fn texts(&self) -> impl Iterator<Item = TextId> + '_ {
        std::iter::once(self.subject)
            .chain(self.escalation.and_then(|escalation| escalation.reason))
            .chain(self.custom_fields.values().filter_map(FieldValue::text))
            .chain(self.context.iter().filter_map(|context| context.label))
    }

    /// Tells whether it waits for a handler: in a queue, unassigned, and not out of sight.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.counts_as_work() && self.assigned_to.is_none()
    }

    /// Tells whether the router may place it: it waits, and is on offer to nobody.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.is_waiting() && self.offer.is_none()
    }

    /// Returns whose capacity it takes: its owner's, else that of the agent to whom it is offered.
    #[must_use]
    pub fn holder(&self) -> Option<AgentId> {
        self.assigned_to.or_else(|| self.offer.as_ref().map(|offer| offer.agent))
    }

    /// Tells whether its asynchronous work counts: open, not snoozed, not set aside.
    #[must_use]
    pub const fn counts_as_work(&self) -> bool {
        matches!(self.status.category(), StatusCategory::Open)
            && self.snoozed_until.is_none()
            && self.set_aside.is_none()
    }

    /// Returns the priority by which SLA targets go: what people set, without what a ladder raised.
    #[must_use]
    pub fn promised_priority(&self) -> Priority {
        self.sla.held_priority.unwrap_or(self.priority)
    }

    /// Returns the units that it takes of its owner's capacity now.
    #[must_use]
    pub const fn units(&self) -> u32 {
        if self.counts_as_work() { self.work.effort } else { 0 }
    }

    /// Returns agents who follow it.
    #[must_use]
    pub fn followers(&self) -> Vec<AgentId> {
        self.participants.iter().filter_map(|p| p.party.agent_id()).collect()
    }

    /// Returns customers who take part beside the one whose ticket it is.
    #[must_use]
    pub fn copied_customers(&self) -> Vec<CustomerId> {
        self.participants.iter().filter_map(|p| p.party.customer_id()).collect()
    }

    /// Gives the facts that decide who sees it to `look`.
    pub fn with_subject<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> T {
        look(&Subject {
            customer: self.customer_id,
            customers: &self.copied_customers(),
            assignee: self.assigned_to,
            followers: &self.followers(),
            team: self.team_id,
            set_aside: self.set_aside.is_some(),
        })
    }
}
