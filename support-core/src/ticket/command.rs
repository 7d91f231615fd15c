//! What can be asked of a ticket.
//!
//! Commands carry ids of texts, never texts: masking and storing them is done before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::automation::{Action, Recipient};
use crate::conversation::{ChannelKind, Delivery, Direction, Message, Visibility};
use crate::id::{
    AgentId, BrandId, ConversationId, CustomerId, DocumentId, InboxId, MessageId, OfferId, Reference, TeamId,
    TextId, TicketId,
};
use crate::label::{ForeignId, Label};
use crate::masking::Token;
use crate::people::ActorRef;
use crate::routing::{AssignHow, ReturnCause, Why};
use crate::scoring::Insight;
use crate::sla::ConfigRef;
use crate::time::Timestamp;

use super::{
    ContextRef, ExternalRef, FieldValue, KeywordHit, Participant, Priority, SetAsideKind, Status, TeamSource,
    TicketJourney,
};

/// Something asked of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Open it.
    Open(Box<Open>),
    /// Take in what the customer, a third party or a program wrote.
    Receive(Box<Receive>),
    /// Write to the customer, or a note.
    Write(Box<Write>),
    /// Change fields.
    Edit(Box<Edit>),
    /// Change the status by hand.
    Move(Move),
    /// Change owner or team.
    Assign(Box<Assign>),
    /// Give it back to its team's queue; nothing where nobody has it.
    GiveBack(ReturnCause),
    /// Ask an agent to take the work.
    MakeOffer(Box<MakeOffer>),
    /// Take the answer of the agent who was asked.
    AnswerOffer(AnswerOffer),
    /// End the offer because the agent who was asked is gone.
    WithdrawOffer,
    /// Raise the escalation level.
    Escalate(Escalate),
    /// Demand skills of whoever handles it, each with the least level, 1–5.
    RequireSkills(Vec<(Label, u8)>),
    /// Tell people of the desk.
    Notify(Notice),
    /// Call a webhook endpoint.
    CallWebhook(DocumentId),
    /// Note that somebody is told what a token in its texts stands for.
    Reveal(Reveal),
    /// Put it out of sight until an instant, or bring it back.
    Snooze(Option<Timestamp>),
    /// Take it out of the desk's work.
    SetAside {
        /// Why.
        kind: SetAsideKind,
        /// Where it goes on, for `merged`.
        merged_into: Option<TicketId>,
    },
    /// Bring it back into the desk's work.
    Restore,
    /// Add somebody.
    AddParticipant(Participant),
    /// Take note of how far an outgoing message has come.
    Deliver {
        /// The message as it is.
        message: Box<Message>,
        /// The report.
        report: Delivery,
        /// What is unanswered should the message have failed; `None` where another answer stands.
        unanswered: Option<Unanswered>,
    },
    /// Take note that an agent is at it until an instant, or no longer.
    Handle {
        /// Who.
        agent: AgentId,
        /// Until when, unless renewed; `None` ends it now.
        until: Option<Timestamp>,
    },
    /// Do what time asks for.
    Wake,
    /// Take over a changed configuration: policy, calendar, keyword rules.
    Reconfigure {
        /// Keyword rules looked at anew; `None` leaves what matched as it is.
        keywords: Option<Rematched>,
    },
}

/// What several answers in a row leave unanswered that have all failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// Since when the customer waits; `None` where none of them answered anything.
    pub since: Option<Timestamp>,
    /// When the first of them was written.
    pub from: Timestamp,
    /// When the answer before them was written, which stands; `None` where there is none.
    pub before: Option<Timestamp>,
}

impl Unanswered {
    /// Tells what is unanswered once `failed` has failed too, among the messages of its conversation in any order.
    /// Nothing where a later answer stands. A wait that the ticket has had back counts no second time.
    #[must_use]
    pub fn by<'a>(failed: &Message, messages: impl IntoIterator<Item = &'a Message>) -> Option<Self> {
        let others = messages.into_iter().filter(|m| m.answers && m.id != failed.id);
        let mut others: Vec<&Message> = others.collect();
        others.sort_unstable_by_key(|message| std::cmp::Reverse(message.seq));
        let stands = |message: &Message| message.delivery != Some(Delivery::Failed);
        if others.iter().any(|other| other.seq > failed.seq && stands(other)) {
            return None;
        }
        let earlier: Vec<&Message> = others.into_iter().filter(|other| other.seq < failed.seq).collect();
        let failed_too = earlier.iter().take_while(|other| !stands(other)).count();
        let (row, standing) = earlier.split_at_checked(failed_too)?;
        // From it on, all had failed before the next was written: that took the wait over, or a resolution settled it.
        let had_back = |nth: usize| {
            (0..=nth).any(|newest| {
                let next = newest.checked_sub(1).and_then(|next| row.get(next)).copied().unwrap_or(failed);
                row.iter().take(nth + 1).skip(newest).all(|answer| answer.stream_seq < next.seq)
            })
        };
        let lost = row.iter().enumerate().filter(|(nth, _)| !had_back(*nth));
        Some(Self {
            since: lost.filter_map(|(_, answer)| answer.answered_since).chain(failed.answered_since).min(),
            from: row.last().map_or(failed.created_at, |message| message.created_at),
            before: standing.first().map(|answer| answer.created_at),
        })
    }
}

/// Keyword rules that match, each with what it adds.
pub type Matched = BTreeMap<DocumentId, KeywordHit>;

/// Keyword rules looked at anew, because a rule or a text changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rematched {
    /// The rules that match any of the ticket's texts, in their versions in force. What matched before and is not among
    /// them goes.
    pub matched: Matched,
    /// Which of them are asked now whether they are for the ticket. Of the others, those stay that were told so before.
    pub asked: BTreeSet<DocumentId>,
}

/// Opens a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Identity.
    pub id: TicketId,
    /// What people read out.
    pub reference: Reference,
    /// What it is about.
    pub subject: TextId,
    /// How important it is.
    pub priority: Priority,
    /// On which channel.
    pub channel: ChannelKind,
    /// Who writes first.
    pub direction: Direction,
    /// In which inbox.
    pub inbox_id: Option<InboxId>,
    /// Under which face.
    pub brand_id: Option<BrandId>,
    /// Language tag.
    pub language: Option<Label>,
    /// Whose matter it is.
    pub customer_id: CustomerId,
    /// In whose queue it starts.
    pub team_id: TeamId,
    /// What named the team.
    pub team_by: TeamSource,
    /// What kind of matter.
    pub category: Option<Label>,
    /// Tags.
    pub tags: Vec<Label>,
    /// The order that it is about.
    pub order_id: Option<ForeignId>,
    /// Other objects that it is about.
    pub context: Vec<ContextRef>,
    /// The same matter in other systems.
    pub external_refs: Vec<ExternalRef>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, FieldValue>,
    /// The journey that led to it.
    pub journey: Option<TicketJourney>,
    /// Units of capacity that it takes, from 1.
    pub effort: u32,
    /// Skills that a handler must have.
    pub skills: Vec<(Label, u8)>,
    /// Skills that a handler should have.
    pub preferred: Vec<(Label, u8)>,
    /// Who had the matter before.
    pub sticky: Option<AgentId>,
    /// The closed ticket that it continues.
    pub follow_up_of: Option<TicketId>,
    /// What is known of the customer.
    pub insight: Option<Insight>,
    /// Identity of its conversation.
    pub conversation_id: ConversationId,
    /// The first message.
    pub message: NewMessage,
    /// Keyword rules that match its texts.
    pub keywords: Matched,
    /// Teams whose queue is full, each with the one to which what rules put there goes instead: itself where it stays.
    pub full: BTreeMap<TeamId, TeamId>,
}

/// The tag of work that came while the queue where it belongs was full.
pub(crate) fn queue_full() -> Option<Label> {
    "queue_full".parse().ok()
}

/// A message to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Identity.
    pub id: MessageId,
    /// Its conversation; `None` is the one with the customer.
    pub conversation_id: Option<ConversationId>,
    /// Which way it goes.
    pub direction: Direction,
    /// Who wrote it.
    pub author: ActorRef,
    /// Name and address of an author who is no known party.
    pub author_text: Option<TextId>,
    /// Who may read it.
    pub visibility: Visibility,
    /// On which channel.
    pub channel: ChannelKind,
    /// Through which inbox.
    pub inbox_id: Option<InboxId>,
    /// What it says.
    pub body: TextId,
    /// Written by a program without a person.
    pub automatic: bool,
    /// Says nothing but thanks.
    pub thanks: bool,
    /// Identity that the channel gave it.
    pub external_id: Option<ForeignId>,
    /// The message that it answers.
    pub in_reply_to: Option<ForeignId>,
    /// How far it has come, for outgoing messages.
    pub delivery: Option<Delivery>,
    /// When it was written.
    pub sent_at: Timestamp,
    /// What masking found in it, by kind.
    pub masked: BTreeMap<String, u32>,
}

impl NewMessage {
    /// Tells whether it neither reopens a ticket nor opens a follow-up: a program wrote it, or it says nothing but
    /// thanks.
    #[must_use]
    pub const fn reopens_nothing(&self) -> bool {
        self.automatic || self.thanks
    }
}

/// Whether the owner can take up what a customer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerStanding {
    /// Is there.
    Available,
    /// Is not there now.
    Absent,
    /// Is not there past the start of the next shift: the ticket goes to who stands in for them, else to the team.
    Missing {
        /// Who stands in for them and is there.
        substitute: Option<AgentId>,
    },
    /// Works here no more, or may not answer customers.
    Gone,
}

/// Takes in a message from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Receive {
    /// The message.
    pub message: NewMessage,
    /// Whether the owner, if there is one, can take it up.
    pub owner: OwnerStanding,
    /// Keyword rules that match it.
    pub keywords: Matched,
}

/// Writes as an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The message.
    pub message: NewMessage,
    /// Status that it carries; `None` leaves it to the rule of the channel.
    pub status: Option<Status>,
    /// The newest message that the writer has seen; another one stops the reply.
    pub if_last_message: Option<MessageId>,
    /// Whether the channel is live: a chat or a call.
    pub live: bool,
    /// The macro that it was made with.
    pub used: Option<UsedMacro>,
}

/// A macro that goes with a message.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedMacro {
    /// The version that is used.
    pub version: ConfigRef,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// Those of the agents named by its actions who work here, each with the units of capacity that this ticket finds
    /// free.
    pub free: BTreeMap<AgentId, i64>,
}

/// Changes fields. What is `None` or empty stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edit {
    /// New subject.
    pub subject: Option<TextId>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New category, or none.
    pub category: Option<Option<Label>>,
    /// Tags to add.
    pub add_tags: Vec<Label>,
    /// Tags to remove.
    pub remove_tags: Vec<Label>,
    /// Free fields to set, or to clear.
    pub custom_fields: BTreeMap<Label, Option<FieldValue>>,
    /// Units of capacity that it takes, from 1.
    pub effort: Option<u32>,
    /// All skills that a handler must have.
    pub skills: Option<Vec<(Label, u8)>>,
    /// All skills that a handler should have.
    pub preferred: Option<Vec<(Label, u8)>>,
    /// Language tag, or none.
    pub language: Option<Option<Label>>,
    /// What is known of the customer.
    pub insight: Option<Insight>,
    /// Keyword rules looked at anew, with a new subject.
    pub keywords: Option<Rematched>,
}

/// Changes the status by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// To which status.
    pub to: Status,
    /// Why, in words.
    pub reason: Option<TextId>,
    /// How it was resolved.
    pub resolution_code: Option<Label>,
}

/// Changes owner or team.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The new owner; `None` sends it to the queue.
    pub to: Option<AgentId>,
    /// The new team; `None` keeps it.
    pub team: Option<TeamId>,
    /// In which way.
    pub how: AssignHow,
    /// Why, in words.
    pub reason: Option<TextId>,
    /// Why, as the router decided.
    pub why: Option<Why>,
    /// Whether the new owner is over capacity with it.
    pub over: bool,
}

/// Asks an agent to take the work.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeOffer {
    /// Identity of the offer.
    pub id: OfferId,
    /// Who is asked.
    pub agent: AgentId,
    /// Until when an answer counts.
    pub until: Timestamp,
    /// Why this agent, as the router decided.
    pub why: Option<Why>,
}

/// What the agent who was asked says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerOffer {
    /// The offer.
    pub id: OfferId,
    /// Whether they take the work.
    pub accept: bool,
    /// Why not, in words.
    pub reason: Option<TextId>,
}

/// Tells people of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Who is told, 1–10.
    pub to: Vec<Recipient>,
    /// What it is about, in a word, such as `vip_waiting`.
    #[serde(default)]
    pub about: Option<Label>,
}

/// Notes that somebody is told what a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reveal {
    /// The text in which it stands.
    pub text: TextId,
    /// The token.
    pub token: Token,
    /// Why, in words.
    pub reason: TextId,
}

/// Raises the escalation level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalate {
    /// To which level; `None` is one more.
    pub level: Option<u8>,
    /// Why, in words.
    pub reason: Option<TextId>,
}
