//! The parts of a ticket.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, TextId, TicketId};
use crate::label::{ForeignId, Label};
use crate::people::ActorRef;
use crate::sla::ConfigRef;
use crate::time::Timestamp;
use crate::wire::wire_enum;

/// Value of a free field. Text is a revision, so that it can be erased; the other kinds cannot identify anybody.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// A text.
    Text(TextId),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl FieldValue {
    /// Returns the text's id, if it is one.
    #[must_use]
    pub const fn text(&self) -> Option<TextId> {
        match self {
            Self::Text(id) => Some(*id),
            Self::Number(_) | Self::Flag(_) => None,
        }
    }
}

/// Value of a free field as it is given.
#[derive(Clone, PartialEq)]
pub enum FieldInput {
    /// A text, 1–1,000 characters.
    Text(String),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Debug for FieldInput {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Number(number) => f.debug_tuple("Number").field(number).finish(),
            Self::Flag(flag) => f.debug_tuple("Flag").field(flag).finish(),
        }
    }
}

/// The journey that led to a ticket, and what was answered on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketJourney {
    /// The version of the journey.
    pub journey: ConfigRef,
    /// The answers, as JSON of [`Said`](crate::journey::Said).
    pub answers: TextId,
}

wire_enum! {
    /// What gave a ticket its first team; the first of these that names one does.
    TeamSource {
        /// Whoever opened it.
        Given = "given",
        /// The ticket that it continues.
        FollowUp = "follow_up",
        /// The journey that led to it.
        Journey = "journey",
        /// Its category, by the desk's settings.
        Category = "category",
        /// Nothing: the default team gets what no other team gets.
        Default = "default",
    }
}

/// An object of the host that a ticket is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRef {
    /// What kind of object, such as `order`.
    pub kind: Label,
    /// Its identity in the host.
    pub id: ForeignId,
    /// What people call it.
    #[serde(default)]
    pub label: Option<TextId>,
    /// Where the host shows it.
    pub url: Option<ForeignId>,
}

/// The same matter in another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalRef {
    /// The system, such as `zendesk`.
    pub system: Label,
    /// Its identity there.
    pub id: ForeignId,
    /// Where it is shown there.
    pub url: Option<ForeignId>,
}

/// How far a ticket has been escalated: a level beside the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// Level, from 1.
    pub level: u8,
    /// Why, in words; empty where a rule did it.
    pub reason: Option<TextId>,
    /// When the level was reached.
    pub at: Timestamp,
}

wire_enum! {
    /// Why a ticket is out of the desk's work.
    SetAsideKind {
        /// Unwanted.
        Spam = "spam",
        /// In the bin.
        Deleted = "deleted",
        /// Continued in another ticket.
        Merged = "merged",
        /// Was in the bin until its time was over: nothing but ids, numbers and instants is left of it.
        Erased = "erased",
    }
}

/// Out of every queue, list, count and figure; can be undone, but for `erased`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Why.
    pub kind: SetAsideKind,
    /// Who did it.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// Where it went on, for `merged`.
    pub merged_into: Option<TicketId>,
    /// When it is erased for good, for `deleted`.
    #[serde(default)]
    pub erases_at: Option<Timestamp>,
}

impl SetAside {
    /// Tells whether the ticket's texts are erased at `now`, or would be had the worker come by.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.kind == SetAsideKind::Erased || self.erases_at.is_some_and(|at| at <= now)
    }
}

wire_enum! {
    /// How somebody takes part in a ticket.
    ParticipantRole {
        /// In copy: sees and may write.
        Cc = "cc",
        /// Follows: an agent who had it, or a colleague who watches.
        Follower = "follower",
    }
}

/// Somebody who takes part beside the customer whose ticket it is and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who.
    pub party: ActorRef,
    /// How.
    pub role: ParticipantRole,
}

/// A ticket's asynchronous work, as routing sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Since when the customer waits: what age points count from. Work that is returned keeps it.
    pub since: Timestamp,
    /// Units of capacity that it takes, 1 unless said otherwise.
    pub effort: u32,
    /// Skills that a handler must have, with the least level, 1–5.
    pub skills: Vec<(Label, u8)>,
    /// Skills that a handler should have, with the level from which one counts, 1–5. They keep nobody from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferred: Vec<(Label, u8)>,
    /// Who had the matter last and is to have it again, if they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<AgentId>,
    /// Agents who declined it, let an offer of it run out, gave it back or did not answer, and when, since it began to
    /// wait: not asked again for five minutes while others are eligible. Who lost it because they went offline or left is
    /// not among them.
    pub declined: Vec<(AgentId, Timestamp)>,
}

impl Work {
    /// Returns work that takes one unit and asks for nothing else, and that nobody had before.
    #[must_use]
    pub const fn since(since: Timestamp) -> Self {
        Self {
            since,
            effort: 1,
            skills: Vec::new(),
            preferred: Vec::new(),
            sticky: None,
            declined: Vec::new(),
        }
    }
}

/// A keyword rule that matched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeywordHit {
    /// Version of the rule that matched.
    pub version: u64,
    /// Points that it gives.
    pub points: f64,
}

wire_enum! {
    /// What an agent is doing with a ticket.
    HandlingMode {
        /// Has it open.
        Viewing = "viewing",
        /// Is writing.
        Writing = "writing",
    }
}

/// An agent at work on a ticket: a lease that is renewed, from which handle time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// Who.
    pub agent: AgentId,
    /// Since when without a break.
    pub since: Timestamp,
}
