//! Automations as their documents say them.

use serde::{Deserialize, Serialize};

use crate::error::FieldProblem;
use crate::event::Event;
use crate::id::DocumentId;
use crate::people::ActorKind;
use crate::sla::Metric;
use crate::sla::policy::When;
use crate::wire::wire_enum;

use super::action::{Action, check_all};
use super::condition::Condition;

/// Most automations that are active at once. Every decision about a ticket asks each of them that waits for time.
pub const MAX_ACTIVE: usize = 2_000;
/// Longest time that a rule waits, in seconds: ten years.
const LONGEST: u64 = 315_360_000;

/// A rule by which the desk acts on its own, as its document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomationSpec {
    /// Name for people.
    pub name: String,
    /// Rules act by ascending position, then in the order in which they were made. Where two want different things of
    /// the same ticket at once, the first has its way.
    #[serde(default)]
    pub position: i32,
    /// What wakes it.
    pub trigger: Trigger,
    /// Which tickets it is for; absent is all.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// Whether rules behind it are passed over where it matches: those that the same news wakes, or, of rules about
    /// time, those that are due at the same instant. They do not act later from the moment from which they counted.
    #[serde(default)]
    pub stop: bool,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

/// What wakes a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// One of these happened.
    On(Vec<On>),
    /// A moment was so long ago.
    Since(Since),
    /// A running SLA timer has come so far.
    Timer(Timer),
}

/// A time after a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The moment.
    pub moment: Moment,
    /// How long ago, in seconds, 1 to ten years.
    pub seconds: u64,
    /// Counts the open time of this calendar only.
    #[serde(default)]
    pub calendar_id: Option<DocumentId>,
}

/// A point of an SLA timer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// The timer.
    pub metric: Metric,
    /// Which point of it.
    pub when: When,
}

wire_enum! {
    /// Something that happened to a ticket, by the name of its event.
    On {
        /// It was opened, with its first message.
        Created = "ticket.created",
        /// A message was stored: a customer's, an agent's, a note. Notes of rules wake no rule.
        Message = "message.added",
        /// Its status changed.
        Status = "ticket.status_changed",
        /// Its owner or its team changed.
        Assigned = "ticket.assigned",
        /// Its priority changed.
        Priority = "ticket.priority_changed",
        /// Its category changed.
        Category = "ticket.category_changed",
        /// Its tags changed.
        Tags = "ticket.tags_changed",
        /// Its free fields changed.
        Fields = "ticket.fields_changed",
        /// Keyword rules matched.
        Keywords = "ticket.keywords_matched",
        /// More is known of its customer.
        Insight = "ticket.insight_noted",
        /// Its escalation level rose.
        Escalated = "ticket.escalated",
        /// A step before a deadline was reached.
        Warned = "sla.warned",
        /// A deadline passed.
        Breached = "sla.breached",
    }
}

impl On {
    /// Tells what an event is to rules; nothing where it wakes none.
    #[must_use]
    pub const fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::TicketCreated { .. } => Self::Created,
            Event::MessageAdded { author, automatic: true, .. }
                if matches!(author.kind, ActorKind::System) && author.id.is_some() =>
            {
                return None;
            }
            Event::MessageAdded { .. } => Self::Message,
            Event::TicketStatusChanged { .. } => Self::Status,
            Event::TicketAssigned { .. } => Self::Assigned,
            Event::TicketPriorityChanged { .. } => Self::Priority,
            Event::TicketCategoryChanged { .. } => Self::Category,
            Event::TicketTagsChanged { .. } => Self::Tags,
            Event::TicketFieldsChanged { .. } => Self::Fields,
            Event::TicketKeywordsMatched { .. } => Self::Keywords,
            Event::TicketInsightNoted { .. } => Self::Insight,
            Event::TicketEscalated { .. } => Self::Escalated,
            // What a change of policy put in the past is nobody's doing.
            Event::SlaWarned { policy_change: false, .. } => Self::Warned,
            Event::SlaBreached { policy_change: false, .. } => Self::Breached,
            _ => return None,
        })
    }
}

wire_enum! {
    /// A moment from which a rule counts.
    Moment {
        /// When the ticket was opened.
        Created = "created",
        /// When its status changed.
        StatusChanged = "status_changed",
        /// When its owner changed, or when it was opened without one.
        OwnerChanged = "owner_changed",
        /// When the oldest customer message came that nobody has answered.
        Unanswered = "unanswered",
        /// When the newest message was stored.
        LastMessage = "last_message",
        /// When the customer wrote last.
        LastCustomerMessage = "last_customer_message",
    }
}

impl AutomationSpec {
    /// Checks everything that needs no other document.
    ///
    /// # Errors
    /// Every field that cannot be accepted.
    pub fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let mut problems: Vec<FieldProblem> = FieldProblem::of_name(&self.name).into_iter().collect();
        match &self.trigger {
            Trigger::On(events) if events.is_empty() => {
                problems.push(FieldProblem::new("trigger.on", "must name at least one event"));
            }
            Trigger::On(events) => {
                let again = events
                    .iter()
                    .enumerate()
                    .filter(|(at, event)| events.iter().take(*at).any(|e| e == *event));
                // One for each that is met: a list of thousands is told of once.
                problems.extend(again.take(1).map(|(at, _)| {
                    FieldProblem::new(format!("trigger.on[{at}]"), "must not be named twice")
                }));
            }
            Trigger::Since(since) if !(1..=LONGEST).contains(&since.seconds) => {
                problems.push(FieldProblem::new("trigger.since.seconds", "must be 1 to 315360000"));
            }
            Trigger::Timer(Timer { when, .. }) => match when {
                When::AtFraction(share) if !(0.0..1.0).contains(share) => problems
                    .push(FieldProblem::new("trigger.timer.when.at_fraction", "must be from 0 to below 1")),
                When::SecondsAfter(seconds) | When::SecondsBefore(seconds) if *seconds > LONGEST => {
                    problems
                        .push(FieldProblem::new("trigger.timer.when", "must be at most 315360000 seconds"));
                }
                _ => {}
            },
            Trigger::Since(_) => {}
        }
        problems.extend(self.condition.iter().flat_map(|condition| condition.problems("condition")));
        if self.actions.is_empty() {
            problems.push(FieldProblem::new("actions", "must not be empty"));
        }
        check_all("actions", &self.actions, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
