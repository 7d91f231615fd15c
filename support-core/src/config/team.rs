//! Teams: people, their reach, and one queue with a line for each kind of work.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::error::FieldProblem;
use crate::id::{DocumentId, TeamId};
use crate::people::WorkKind;
use crate::routing::Strategy;
use crate::wire::wire_enum;

wire_enum! {
    /// How a team's work finds its handler.
    RoutingMode {
        /// The router gives it.
        Assign = "assign",
        /// The router asks first.
        Offer = "offer",
        /// Agents take it; the router leaves it alone.
        Manual = "manual",
    }
}

/// The mode of each kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingModes {
    /// Of asynchronous tickets. Default `assign`.
    pub ticket: RoutingMode,
    /// Of chat sessions. Default `assign`.
    pub chat: RoutingMode,
    /// Of calls. Default `offer`.
    pub call: RoutingMode,
}

impl Default for RoutingModes {
    fn default() -> Self {
        Self { ticket: RoutingMode::Assign, chat: RoutingMode::Assign, call: RoutingMode::Offer }
    }
}

impl RoutingModes {
    /// Returns the mode of one kind of work.
    #[must_use]
    pub const fn of(&self, kind: WorkKind) -> RoutingMode {
        match kind {
            WorkKind::Ticket => self.ticket,
            WorkKind::Chat => self.chat,
            WorkKind::Call => self.call,
        }
    }
}

/// A team, as its document says it. Members and leads stand in the agents' own records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamSpec {
    /// Name for people.
    pub name: String,
    /// How work finds its handler.
    #[serde(default)]
    pub mode: RoutingModes,
    /// How the router chooses among eligible agents.
    #[serde(default = "round_robin")]
    pub strategy: Strategy,
    /// Calendar that judges the team's own time.
    #[serde(default)]
    pub calendar_id: Option<DocumentId>,
    /// Teams whose members are asked when none of its own is eligible.
    #[serde(default)]
    pub overflow_team_ids: Vec<TeamId>,
    /// Whether work goes first to who had the matter before, if they may have it now; only then the strategy chooses.
    #[serde(default = "yes")]
    pub sticky: bool,
    /// How what is asked for relaxes while work waits, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relaxation: Vec<RelaxStage>,
    /// Most work that waits in its queue, ≥ 1; `None` is any. It is asked of new work alone, once the automations that
    /// its opening wakes have chosen its team: what is moved by hand, goes back, is escalated or reopened waits here all
    /// the same. What is opened at the same moment does not see each other: it may be passed by as many tickets as are
    /// opened at once, less one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_limit: Option<u32>,
    /// What happens with new work while that much waits.
    #[serde(default = "overflow")]
    pub queue_limit_action: QueueLimitAction,
    /// The team into whose queue a ticket goes when its escalation level rises; `None` leaves it where it is.
    #[serde(default)]
    pub escalation_team_id: Option<TeamId>,
}

wire_enum! {
    /// What happens with new work of a team whose queue is full. Async work is never refused.
    QueueLimitAction {
        /// It goes to the first team that takes the overflow and has room in its own queue; where none has, it waits
        /// here all the same.
        Overflow = "overflow",
        /// It waits here all the same, tagged `queue_full`.
        Tag = "tag",
    }
}

/// From when on less is asked of a handler. The last stage whose time has come is in force, alone: it says all that is
/// relaxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaxStage {
    /// Seconds of waiting from which it is in force, ≥ 1.
    pub after_seconds: i64,
    /// By how much the level of each required skill is lowered, 0–5; one below level 1 is no longer asked for.
    #[serde(default)]
    pub lower_levels: u8,
    /// Whether preferred skills no longer count.
    #[serde(default)]
    pub drop_preferred: bool,
    /// Whether no skill is required any more.
    #[serde(default)]
    pub drop_skills: bool,
    /// Whether the language no longer counts.
    #[serde(default)]
    pub drop_language: bool,
}

/// Longest wait after which a stage may begin, in seconds: ten years.
const LONGEST_WAIT: i64 = 315_360_000;
/// Most teams that take the overflow of one.
const OVERFLOW_LIMIT: usize = 20;
/// Most stages of a team.
const STAGES_LIMIT: usize = 10;

const fn overflow() -> QueueLimitAction {
    QueueLimitAction::Overflow
}

const fn yes() -> bool {
    true
}

const fn round_robin() -> Strategy {
    Strategy::RoundRobin
}

impl TeamSpec {
    /// The default team, as it is until a document says otherwise.
    #[must_use]
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<TeamSpec> = LazyLock::new(|| TeamSpec {
            name: "Support".into(),
            mode: RoutingModes::default(),
            strategy: Strategy::RoundRobin,
            calendar_id: None,
            overflow_team_ids: Vec::new(),
            sticky: true,
            relaxation: Vec::new(),
            queue_limit: None,
            queue_limit_action: QueueLimitAction::Overflow,
            escalation_team_id: None,
        });
        &STANDARD
    }

    /// Returns the stage of relaxation in force after so long a wait, counted from 1; 0 is none.
    #[must_use]
    pub fn stage(&self, waited_micros: i64) -> usize {
        let begun = |stage: &&RelaxStage| stage.after_seconds.saturating_mul(1_000_000) <= waited_micros;
        self.relaxation.iter().take_while(begun).count()
    }

    /// Checks everything that needs no other document.
    ///
    /// # Errors
    /// Every field that cannot be accepted.
    pub fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let mut problems: Vec<FieldProblem> = FieldProblem::of_name(&self.name).into_iter().collect();
        if self.overflow_team_ids.len() > OVERFLOW_LIMIT {
            problems.push(FieldProblem::new("overflow_team_ids", "must be at most 20"));
        }
        for (at, team) in self.overflow_team_ids.iter().enumerate().take(OVERFLOW_LIMIT) {
            if self.overflow_team_ids.iter().take(at).any(|before| before == team) {
                let problem = "must not be named twice";
                problems.push(FieldProblem::new(format!("overflow_team_ids[{at}]"), problem));
            }
        }
        if self.queue_limit == Some(0) {
            problems.push(FieldProblem::new("queue_limit", "must be at least 1"));
        }
        if self.relaxation.len() > STAGES_LIMIT {
            problems.push(FieldProblem::new("relaxation", "must be at most 10 stages"));
        }
        let mut before = 0;
        for (at, stage) in self.relaxation.iter().enumerate() {
            if stage.after_seconds <= before || stage.after_seconds > LONGEST_WAIT {
                let problem = "must be above that of the stage before, and at most 315360000";
                problems.push(FieldProblem::new(format!("relaxation[{at}].after_seconds"), problem));
            }
            if stage.lower_levels > 5 {
                problems.push(FieldProblem::new(format!("relaxation[{at}].lower_levels"), "must be 0 to 5"));
            }
            before = stage.after_seconds;
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
