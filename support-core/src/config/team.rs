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
    /// Where escalated tickets go.
    #[serde(default)]
    pub escalation_team_id: Option<TeamId>,
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
            escalation_team_id: None,
        });
        &STANDARD
    }

    /// Checks everything that needs no other document.
    ///
    /// # Errors
    /// Every field that cannot be accepted.
    pub fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() || self.name.chars().count() > 200 {
            problems.push(FieldProblem::new("name", "must be 1 to 200 characters"));
        }
        if self.overflow_team_ids.len() > 20 {
            problems.push(FieldProblem::new("overflow_team_ids", "must be at most 20"));
        }
        if self.mode.ticket == RoutingMode::Offer {
            problems.push(FieldProblem::new("mode.ticket", "must be `assign` or `manual`"));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
