//! Why work went where it went.

use serde::{Deserialize, Serialize};

use crate::id::AgentId;
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::Fit;

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
    /// Why work went back to its queue.
    ReturnCause {
        /// Its agent gave it back.
        GivenBack = "given_back",
        /// Somebody else took it from its agent.
        TakenBack = "taken_back",
        /// Its agent went offline before they had begun.
        Offline = "offline",
        /// Its agent works here no more.
        Left = "left",
        /// Its agent did not answer the customer in time.
        Unanswered = "unanswered",
        /// A rule gave it to an agent whose role may not answer customers.
        MayNotReply = "may_not_reply",
    }
}

wire_enum! {
    /// How a team chooses among eligible agents.
    Strategy {
        /// The one who was given work least lately.
        RoundRobin = "round_robin",
        /// The one with the smallest share of capacity in use.
        LeastLoaded = "least_loaded",
        /// The one who fits best: most preferred skills, then least skill that the work has no use for.
        Skills = "skills",
        /// The one with the smallest share of capacity in use, where capacity counts by performance: work at hand is
        /// spread in proportion to capacity × performance.
        PerformanceWeighted = "performance_weighted",
        /// Whoever serves all that waits best together, see [`value`](crate::routing::value).
        Optimal = "optimal",
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
        /// Is on a planned absence.
        Absent = "absent",
        /// Does not answer in the language.
        OtherLanguage = "other_language",
        /// Lacks a skill, or its level.
        MissingSkill = "missing_skill",
        /// Gave it back within the last five minutes.
        JustDeclined = "just_declined",
        /// Has no room.
        NoRoom = "no_room",
        /// Has room that is kept: work that waits for more of it, longer than the bound on starvation, comes first.
        Kept = "kept",
    }
}

/// An eligible agent with what the strategy compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    #[serde(rename = "agent_id")]
    pub agent: AgentId,
    /// Units in use.
    pub load: u32,
    /// Units in all.
    pub capacity: u32,
    /// When work was given last.
    pub last_assigned_at: Option<Timestamp>,
    /// Whether they had the matter before, and so come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sticky: bool,
    /// How well they fit, where that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Their performance in percent, where that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<u32>,
    /// What it is worth to give it to them, where all that waits was planned together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
}

/// What giving a piece of work to an agent is worth to a plan of all that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// Value of this placement, see [`value`](crate::routing::value).
    pub value: i32,
    /// What the agent's room is worth to other work: the value that the plan as a whole would gain by one more like them.
    pub price: i32,
}

impl Worth {
    /// Returns what is gained after the price.
    #[must_use]
    pub const fn net(self) -> i64 {
        self.value as i64 - self.price as i64
    }
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
    /// Stage of relaxation in force, counted from 1; none where nothing was relaxed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<u32>,
    /// Eligible agents, the chosen one first; at most [`Why::MOST`].
    pub candidates: Vec<Candidate>,
    /// Other agents with the first condition that each failed; at most [`Why::MOST`].
    #[serde(with = "refusals")]
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

/// Refused agents as `[{agent_id, reason}]`.
mod refusals {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{AgentId, Refused};

    #[derive(Serialize, Deserialize)]
    struct Refusal {
        agent_id: AgentId,
        reason: Refused,
    }

    pub(super) fn serialize<S: Serializer>(
        refused: &[(AgentId, Refused)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            refused.iter().map(|(agent_id, reason)| Refusal { agent_id: *agent_id, reason: *reason }),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(AgentId, Refused)>, D::Error> {
        let refused = Vec::<Refusal>::deserialize(deserializer)?;
        Ok(refused.into_iter().map(|Refusal { agent_id, reason }| (agent_id, reason)).collect())
    }
}
