//! Why work went where it went.

use serde::{Deserialize, Serialize};

use crate::id::AgentId;
use crate::time::Timestamp;
use crate::wire::wire_enum;

wire_enum! {
    /// In which way the owner changed.
    AssignHow {
        /// The router gave it.
        Auto = "auto",
        /// An agent accepted an offer.
        Offer = "offer",
        /// An agent took it.
        Take = "take",
        /// Somebody gave it to another agent.
        Reassign = "reassign",
        /// Somebody gave it to another team.
        Transfer = "transfer",
        /// It went back to the queue.
        Return = "return",
        /// It went back to the queue because its owner was absent when the customer wrote.
        Absent = "absent",
        /// An escalation moved it.
        Escalation = "escalation",
        /// An automation moved it.
        Rule = "rule",
        /// It was given when it was opened.
        Open = "open",
    }
}

wire_enum! {
    /// How a team chooses among eligible agents.
    Strategy {
        /// The one who was given work least lately.
        RoundRobin = "round_robin",
        /// The one with the smallest share of capacity in use.
        LeastLoaded = "least_loaded",
    }
}

wire_enum! {
    /// The first condition that an agent failed.
    Refused {
        /// Was deactivated.
        Inactive = "inactive",
        /// Is neither in the team nor in one that takes its overflow.
        NotInTeam = "not_in_team",
        /// May not answer customers.
        MayNotReply = "may_not_reply",
        /// Is busy, away or offline.
        NotAvailable = "not_available",
        /// Takes other kinds of work now.
        OtherChannels = "other_channels",
        /// Is off shift, or too near its end.
        OffShift = "off_shift",
        /// Lacks a skill, or its level.
        MissingSkill = "missing_skill",
        /// Gave it back within the last five minutes.
        JustDeclined = "just_declined",
        /// Has no room.
        NoRoom = "no_room",
    }
}

/// An eligible agent with what the strategy compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub agent: AgentId,
    /// Units in use.
    pub load: u32,
    /// Units in all.
    pub capacity: u32,
    /// When work was given last.
    pub last_assigned_at: Option<Timestamp>,
}

/// The record of one routing decision: enough to decide it again and get the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// How the team chooses.
    pub strategy: Strategy,
    /// Score at which it stood in the queue.
    pub score: f64,
    /// Seconds that it had waited.
    pub waited_seconds: i64,
    /// Eligible agents, the chosen one first; at most [`Why::MOST`].
    pub candidates: Vec<Candidate>,
    /// Other agents with the first condition that each failed; at most [`Why::MOST`].
    pub refused: Vec<(AgentId, Refused)>,
    /// How many agents were left out of both lists.
    pub left_out: u32,
    /// When the chosen one is noted as having been given work; absent in records of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
}

impl Why {
    /// Most entries in each list: a decision's record is bounded, however many agents there are.
    pub const MOST: usize = 20;
}
