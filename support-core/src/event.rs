//! The catalogue of domain events and their envelope.
//!
//! An event says what happened, in the past tense, with a dotted name that is stable on the wire. It never holds
//! personal text: bodies, subjects, reasons and notes are revisions ([`TextId`]) that can be emptied while the
//! event, the fold and the hash chain stay as they are.

mod chain;
mod envelope;
mod texts;

pub use chain::{ChainHash, chain};
pub use envelope::{Audience, AudienceClass, Envelope, Stream};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::automation::{Overruled, Recipient};
use crate::conversation::{ChannelKind, ConversationKind, Delivery, Direction, Visibility};
use crate::id::{
    AgentId, AssignmentId, BrandId, ConversationId, CustomerId, DocumentId, InboxId, MessageId, OfferId,
    OutboxId, Reference, TeamId, TextId, TicketId,
};
use crate::label::{ForeignId, Label};
use crate::masking::Token;
use crate::people::{ActorRef, Missed, Presence};
use crate::routing::{Asks, AssignHow, OfferState, ReturnCause, Why};
use crate::sla::policy::StepKey;
use crate::sla::{Applied, ConfigRef, Metric, TimerMove};
use crate::store::DocumentKind;
use crate::ticket::{
    ContextRef, ExternalRef, FieldValue, Insight, KeywordHit, Participant, Priority, SetAsideKind, Status,
    StatusCause, TeamSource, TicketJourney,
};
use crate::time::Timestamp;

/// What the failure of the newest answer takes back, and of those in a row before it that failed too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostAnswers {
    /// Since when the customer waits again; `None` where none of them answered anything.
    pub unanswered_since: Option<Timestamp>,
    /// When the answer before them was written, which stands; `None` where there is none.
    pub answered_at: Option<Timestamp>,
    /// Whether the first response was among them.
    pub first_response: bool,
}

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal { $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? })+) => {
        /// Something that happened. The dotted name of each is its [`name`](Event::name).
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "data")]
        #[allow(clippy::large_enum_variant, reason = "the largest is the first event of a ticket: few are held at once")]
        pub enum Event {
            $($(#[$doc])* #[serde(rename = $name)] $variant { $($(#[$fdoc])* $field: $kind),* },)+
        }

        impl Event {
            /// Every name in the catalogue.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Returns the dotted name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name),+ }
            }
        }
    };
}

events! {
    /// A ticket was opened.
    TicketCreated = "ticket.created" {
        /// What people read out.
        reference: Reference,
        /// What it is about.
        subject: TextId,
        /// Its first status: `new`, or `pending` where the desk wrote first.
        status: Status,
        /// How important it is.
        priority: Priority,
        /// Channel on which it began.
        channel: ChannelKind,
        /// Who wrote first.
        direction: Direction,
        /// Inbox in which it began.
        inbox_id: Option<InboxId>,
        /// Face under which it is answered.
        brand_id: Option<BrandId>,
        /// Language tag.
        language: Option<Label>,
        /// Whose matter it is.
        customer_id: CustomerId,
        /// The team in whose queue it starts.
        team_id: Option<TeamId>,
        /// What named that team.
        #[serde(default)]
        team_by: Option<TeamSource>,
        /// What kind of matter.
        category: Option<Label>,
        /// Tags.
        tags: Vec<Label>,
        /// The order that it is about.
        order_id: Option<ForeignId>,
        /// Other objects that it is about.
        context: Vec<ContextRef>,
        /// The same matter in other systems.
        external_refs: Vec<ExternalRef>,
        /// Free fields.
        custom_fields: BTreeMap<Label, FieldValue>,
        /// The journey that led to it.
        #[serde(default)]
        journey: Option<Box<TicketJourney>>,
        /// Units of capacity that it takes.
        effort: u32,
        /// Skills that a handler must have.
        skills: Vec<(Label, u8)>,
        /// Skills that a handler should have.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        preferred: Vec<(Label, u8)>,
        /// Who had the matter before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sticky: Option<AgentId>,
        /// The closed ticket that this one continues.
        follow_up_of: Option<TicketId>,
        /// What is known of the customer.
        insight: Option<Insight>,
        /// The conversation with the customer that opens with it.
        conversation_id: ConversationId,
    }
    /// A conversation was opened in a ticket, beside the first.
    ConversationOpened = "conversation.opened" {
        /// Identity.
        conversation_id: ConversationId,
        /// Whom it is with.
        kind: ConversationKind,
        /// Where it happens.
        channel: ChannelKind,
        /// Through which inbox.
        inbox_id: Option<InboxId>,
    }
    /// Somebody was added to a ticket.
    ParticipantAdded = "participant.added" {
        /// Who, and how.
        participant: Participant,
    }
    /// Somebody was removed from a ticket.
    ParticipantRemoved = "participant.removed" {
        /// Who.
        party: ActorRef,
    }
    /// A message was stored.
    MessageAdded = "message.added" {
        /// Identity.
        message_id: MessageId,
        /// Its conversation.
        conversation_id: ConversationId,
        /// Which way it goes.
        direction: Direction,
        /// Who wrote it.
        author: ActorRef,
        /// Name and address of an author who is no known party.
        author_text: Option<TextId>,
        /// Who may read it.
        visibility: Visibility,
        /// On which channel.
        channel: ChannelKind,
        /// Through which inbox.
        inbox_id: Option<InboxId>,
        /// What it says.
        body: TextId,
        /// Written by a program without a person.
        automatic: bool,
        /// Identity that the channel gave it.
        external_id: Option<ForeignId>,
        /// The message that it answers.
        in_reply_to: Option<ForeignId>,
        /// How far it has come, for outgoing messages.
        delivery: Option<Delivery>,
        /// When it was written.
        sent_at: Timestamp,
        /// Whether it asks the desk for an answer: a customer's own words, more than a thanks.
        asks: bool,
        /// Whether it answers the customer: public words of a human agent.
        answers: bool,
        /// The oldest customer message that it answered, to be given back should it fail.
        answered_since: Option<Timestamp>,
        /// What masking found in it, by kind.
        masked: BTreeMap<String, u32>,
    }
    /// An outgoing message came further, or failed.
    MessageDeliveryChanged = "message.delivery_changed" {
        /// The message.
        message_id: MessageId,
        /// State before.
        from: Delivery,
        /// State after.
        to: Delivery,
        /// What is taken back, where it failed and no later answer stands.
        lost: Option<LostAnswers>,
    }
    /// The status changed.
    TicketStatusChanged = "ticket.status_changed" {
        /// Status before.
        from: Status,
        /// Status after.
        to: Status,
        /// What moved it.
        cause: StatusCause,
        /// Why, in words.
        reason: Option<TextId>,
        /// How it was resolved.
        resolution_code: Option<Label>,
    }
    /// The owner changed: given, taken, moved or returned.
    TicketAssigned = "ticket.assigned" {
        /// Identity of the assignment record.
        assignment_id: AssignmentId,
        /// Owner before.
        from: Option<AgentId>,
        /// Owner after.
        to: Option<AgentId>,
        /// Team before.
        team_from: Option<TeamId>,
        /// Team after.
        team_to: Option<TeamId>,
        /// In which way.
        how: AssignHow,
        /// Why, in words.
        reason: Option<TextId>,
        /// Why, as the router decided.
        why: Option<Why>,
        /// Whether the new owner is over capacity with it.
        over: bool,
    }
    /// The priority changed.
    TicketPriorityChanged = "ticket.priority_changed" {
        /// Priority before.
        from: Priority,
        /// Priority after.
        to: Priority,
        /// Whether an SLA timer did it, by its ladder or an automation: running targets then stay as they are.
        by_escalation: bool,
    }
    /// The subject changed.
    TicketSubjectChanged = "ticket.subject_changed" {
        /// Subject before.
        from: TextId,
        /// Subject after.
        to: TextId,
    }
    /// The category changed.
    TicketCategoryChanged = "ticket.category_changed" {
        /// Category before.
        from: Option<Label>,
        /// Category after.
        to: Option<Label>,
    }
    /// Tags were added or removed.
    TicketTagsChanged = "ticket.tags_changed" {
        /// Tags that it has now and had not.
        added: Vec<Label>,
        /// Tags that it had and has not.
        removed: Vec<Label>,
    }
    /// Free fields were set or cleared.
    TicketFieldsChanged = "ticket.fields_changed" {
        /// Values before; an absent key had none.
        from: BTreeMap<Label, FieldValue>,
        /// Values after; an absent key has none.
        to: BTreeMap<Label, FieldValue>,
    }
    /// Keyword rules matched, or matched no longer after they were changed.
    TicketKeywordsMatched = "ticket.keywords_matched" {
        /// All rules that match now.
        rules: BTreeMap<DocumentId, KeywordHit>,
        /// Names of the alerting ones.
        topics: Vec<Label>,
    }
    /// What is known of the customer was looked up again.
    TicketInsightNoted = "ticket.insight_noted" {
        /// What is known now.
        insight: Insight,
    }
    /// The escalation level rose.
    TicketEscalated = "ticket.escalated" {
        /// Level before.
        from: u8,
        /// Level after.
        to: u8,
        /// Why, in words.
        reason: Option<TextId>,
        /// The timer whose ladder did it.
        by_timer: Option<Metric>,
    }
    /// Skills that a handler must have were added, or their levels raised.
    TicketSkillsRequired = "ticket.skills_required" {
        /// All of them now, with the least level.
        skills: Vec<(Label, u8)>,
    }
    /// What the ticket asks of its handler was changed by hand.
    TicketAsksChanged = "ticket.asks_changed" {
        /// What it asked for.
        from: Box<Asks>,
        /// What it asks for now.
        to: Box<Asks>,
    }
    /// People of the desk are to be told: an outbox row each says whom it concerned, and from when on.
    TicketNotified = "ticket.notified" {
        /// Who.
        to: Vec<Recipient>,
        /// What it is about, in a word.
        about: Option<Label>,
    }
    /// A call of a webhook endpoint was put into the outbox, where it waits: nothing sends it yet.
    TicketWebhookQueued = "ticket.webhook_queued" {
        /// Identity of the row in the outbox.
        outbox_id: OutboxId,
        /// The endpoint.
        endpoint_id: DocumentId,
    }
    /// An automation acted. What it did stands before it, in its name.
    AutomationApplied = "automation.applied" {
        /// The automation, with the version that acted.
        automation: ConfigRef,
        /// The moment from which it counted, of one about time: it acts once from each.
        counted_from: Option<Timestamp>,
        /// Its actions that an automation before it had decided otherwise.
        overruled: Vec<Overruled>,
        /// Its actions that a rule of the ticket refused, by their place, each with the code of the refusal.
        refused: Vec<(u16, Label)>,
        /// Whether it changed owner, team or status, or wrote: what wakes rules again by way of the router or of time.
        #[serde(default)]
        moved: bool,
        /// Of one about time: automations that acted on the ticket and exist no more. It need not remember them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        forgotten: Vec<DocumentId>,
        /// Of one about time that stops: automations behind it that were due with it and are passed over, each with the
        /// moment from which it counts. None of them acts from that moment.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<(DocumentId, Timestamp)>,
    }
    /// A macro was used with a message. The message and what the macro did stand before it.
    MacroApplied = "macro.applied" {
        /// The macro, with the version that was used.
        applied: ConfigRef,
        /// Its actions that were left out, by their place, each with the code of why: `agent_inactive`, `team_unknown`.
        refused: Vec<(u16, Label)>,
    }
    /// Rules that went on waking each other were cut short.
    AutomationStopped = "automation.stopped" {
        /// All that took part: automations, and policies whose ladders did.
        automations: Vec<DocumentId>,
        /// How often rules had reacted to rules in this commit by then.
        depth: u8,
        /// Whether they went round over several commits in which nobody did anything to the ticket. Then they do nothing
        /// more on it until somebody does.
        #[serde(default)]
        unattended: bool,
    }
    /// The customer of a pending ticket owed the answer for as long as the settings allow without a reminder.
    TicketReminderReached = "ticket.reminder_reached" {
        /// Since when the ticket waits for its customer.
        since: Timestamp,
        /// After how many seconds the settings remind.
        after_seconds: i64,
    }
    /// Somebody asked what a token in one of the ticket's texts stands for, and was told if the vault knew.
    TicketValueRevealed = "ticket.value_revealed" {
        /// The text in which it stands.
        text: TextId,
        /// The token.
        token: Token,
        /// Why, in words.
        reason: TextId,
    }
    /// The ticket was put out of sight until an instant.
    TicketSnoozed = "ticket.snoozed" {
        /// Until when.
        until: Timestamp,
    }
    /// The ticket came back into sight.
    TicketWoken = "ticket.woken" {
        /// Whether its time had come; otherwise a person or a message did it.
        by_time: bool,
    }
    /// The ticket was taken out of the desk's work.
    TicketSetAside = "ticket.set_aside" {
        /// Why.
        kind: SetAsideKind,
        /// Where it goes on, for `merged`.
        merged_into: Option<TicketId>,
        /// When it is erased unless it is restored before, for `deleted`.
        #[serde(default)]
        erases_at: Option<Timestamp>,
    }
    /// The ticket's time in the bin was over: all its texts were erased, for good.
    TicketErased = "ticket.erased" {}
    /// The ticket came back into the desk's work.
    TicketRestored = "ticket.restored" {
        /// Why it had been out.
        kind: SetAsideKind,
    }
    /// An SLA policy was put in force for the ticket.
    SlaApplied = "sla.applied" {
        /// The policy with its targets; `None` where none matches any more.
        applied: Option<Applied>,
        /// Whether the configuration changed, not the ticket.
        by_change: bool,
    }
    /// SLA timers started, paused, resumed or ended.
    SlaTimersMoved = "sla.timers_moved" {
        /// What each did, in order.
        moves: Vec<TimerMove>,
    }
    /// A step of the policy's ladder was reached before the deadline.
    SlaWarned = "sla.warned" {
        /// The timer.
        metric: Metric,
        /// Its cycle.
        cycle: u32,
        /// The step of the policy's ladder.
        step: StepKey,
        /// The deadline.
        due_at: Timestamp,
        /// Whether a change of policy or calendar put the step in the past: it is passed over and does nothing.
        policy_change: bool,
    }
    /// A timer went past its deadline.
    SlaBreached = "sla.breached" {
        /// The timer.
        metric: Metric,
        /// Its cycle.
        cycle: u32,
        /// The deadline.
        due_at: Timestamp,
        /// Whether a change of policy or calendar put the deadline in the past.
        policy_change: bool,
    }
    /// A step of the policy's ladder was reached at or after the deadline.
    SlaEscalated = "sla.escalated" {
        /// The timer.
        metric: Metric,
        /// Its cycle.
        cycle: u32,
        /// The step of the policy's ladder.
        step: StepKey,
        /// The deadline.
        due_at: Timestamp,
        /// Whether a change of policy or calendar put the step in the past: it is passed over and does nothing.
        policy_change: bool,
    }
    /// Actions of a step that was reached were left out. The step stands before it.
    SlaActionsRefused = "sla.actions_refused" {
        /// The timer.
        metric: Metric,
        /// Its cycle.
        cycle: u32,
        /// The step of the policy's ladder.
        step: StepKey,
        /// The actions, by their place, each with the code of the refusal.
        refused: Vec<(u16, Label)>,
    }
    /// An agent began to work on the ticket.
    WorkStarted = "work.started" {
        /// Who.
        agent: AgentId,
    }
    /// An agent stopped working on the ticket.
    WorkEnded = "work.ended" {
        /// Who.
        agent: AgentId,
        /// When they stopped: the lease's end where it ran out.
        at: Timestamp,
        /// Seconds since `work.started`.
        seconds: i64,
    }
    /// An agent was asked to take the ticket's work. Their room is held until the offer ends.
    OfferMade = "offer.made" {
        /// Identity of the offer.
        offer_id: OfferId,
        /// Who is asked.
        agent: AgentId,
        /// From which team's queue.
        team: Option<TeamId>,
        /// Until when an answer counts.
        until: Timestamp,
        /// Why this agent, as the router decided.
        why: Option<Why>,
    }
    /// An offer ended: accepted, declined, timed out or withdrawn.
    OfferEnded = "offer.ended" {
        /// Identity of the offer.
        offer_id: OfferId,
        /// Who was asked.
        agent: AgentId,
        /// What became of it.
        state: OfferState,
        /// Why it was declined, in words.
        reason: Option<TextId>,
    }
    /// An agent gave work back, or lost it.
    WorkReturned = "work.returned" {
        /// Who had it.
        agent: AgentId,
        /// Why it went back.
        because: ReturnCause,
    }
    /// A customer record was made.
    CustomerCreated = "customer.created" {}
    /// Fields of a customer changed.
    CustomerChanged = "customer.changed" {
        /// Names of the fields.
        fields: Vec<Label>,
    }
    /// An agent record was made.
    AgentCreated = "agent.created" {}
    /// Fields of an agent changed.
    AgentChanged = "agent.changed" {
        /// Names of the fields.
        fields: Vec<Label>,
    }
    /// An agent was deactivated.
    AgentDeactivated = "agent.deactivated" {}
    /// An agent's presence changed.
    AgentStatusChanged = "agent.status_changed" {
        /// Presence before.
        from: Presence,
        /// Presence after.
        to: Presence,
        /// Why, in words.
        reason: Option<TextId>,
        /// Whether its time ran out.
        by_time: bool,
        /// What they missed, where the desk set them away for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Missed>,
    }
    /// An agent who was there let work go by: an offer timed out, or a ticket went back unanswered.
    AgentMissed = "agent.missed" {
        /// What, and how often in a row with this.
        missed: Missed,
    }
    /// An agent who had missed work of a channel took some up: what they miss from here on is counted from 1.
    AgentTookUp = "agent.took_up" {
        /// The channel.
        channel: ChannelKind,
    }
    /// A configuration document has a new version.
    ConfigChanged = "config.changed" {
        /// What kind of document.
        kind: DocumentKind,
        /// Which version.
        version: u64,
        /// Whether this version retires the document.
        retired: bool,
    }
    /// Somebody signed in.
    SignedIn = "auth.signed_in" {}
    /// A password was refused.
    SignInRefused = "auth.sign_in_refused" {}
    /// Sessions were ended.
    SignedOut = "auth.signed_out" {}
    /// A password was set.
    PasswordChanged = "auth.password_changed" {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_tag_on_the_wire() {
        let event = Event::TicketWoken { by_time: true };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"name":"ticket.woken","data":{"by_time":true}}"#);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        let empty = serde_json::to_string(&Event::CustomerCreated {}).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&empty).unwrap(), Event::CustomerCreated {});
    }

    #[test]
    fn names_are_dotted_and_distinct() {
        let mut names = Event::NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Event::NAMES.len());
        assert!(names.iter().all(|n| n.split('.').count() == 2));
    }
}
