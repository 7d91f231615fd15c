//! Agents: profile, capacity, and the state that routing changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::conversation::ChannelKind;
use crate::id::{AgentId, TeamId, TextId};
use crate::label::{ForeignId, Label};
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::{Permission, Presence, Role, Shift};

wire_enum! {
    /// Kind of work: what is routed, offered and counted.
    WorkKind {
        /// An asynchronous ticket.
        Ticket = "ticket",
        /// A chat session.
        Chat = "chat",
        /// A call.
        Call = "call",
    }
}

/// How much work an agent can have at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capacity {
    /// Units of asynchronous work. Default 20; a plain ticket takes 1.
    pub units: u32,
    /// Chat sessions. Default 5.
    pub chat: u32,
    /// Calls. Default 1.
    pub call: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { units: 20, chat: 5, call: 1 }
    }
}

impl Capacity {
    /// Returns the limit for one kind of work.
    #[must_use]
    pub const fn of(&self, kind: WorkKind) -> u32 {
        match kind {
            WorkKind::Ticket => self.units,
            WorkKind::Chat => self.chat,
            WorkKind::Call => self.call,
        }
    }
}

/// How much work an agent has now, in the units of [`Capacity`]. Kept by deltas inside commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Units of asynchronous work.
    pub units: u32,
    /// Chat sessions.
    pub chat: u32,
    /// Calls.
    pub call: u32,
}

impl Load {
    /// Returns the load of one kind of work.
    #[must_use]
    pub const fn of(&self, kind: WorkKind) -> u32 {
        match kind {
            WorkKind::Ticket => self.units,
            WorkKind::Chat => self.chat,
            WorkKind::Call => self.call,
        }
    }

    /// Returns the counter of one kind of work, to change it.
    pub const fn of_mut(&mut self, kind: WorkKind) -> &mut u32 {
        match kind {
            WorkKind::Ticket => &mut self.units,
            WorkKind::Chat => &mut self.chat,
            WorkKind::Call => &mut self.call,
        }
    }
}

/// One who works on the desk.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Identity.
    pub id: AgentId,
    /// Identity in the host application.
    pub external_id: Option<ForeignId>,
    /// Name that colleagues and customers see.
    pub name: String,
    /// Address for sign-in and notifications; unique in the tenant, compared without case.
    pub email: String,
    /// Name of the role, built-in or defined by the host.
    pub role: Label,
    /// Teams in which the agent works, sorted.
    pub team_ids: Vec<TeamId>,
    /// Teams that the agent leads, sorted.
    pub lead_ids: Vec<TeamId>,
    /// Skills with levels 1–5.
    pub skills: BTreeMap<Label, u8>,
    /// How much work the agent can have at once.
    pub capacity: Capacity,
    /// When the agent works; `None` is always.
    pub shift: Option<Shift>,
    /// Languages in which the agent answers, sorted; empty is any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Label>,
    /// How much of the work is theirs under performance-weighted routing, in percent of a usual agent: 1–1,000,
    /// usually 100.
    #[serde(default = "usual_performance")]
    pub performance: u32,
    /// Planned absences, in the order in which they begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
    /// False once deactivated: the name is kept, sign-in and work are not.
    pub active: bool,
    /// Counts changes of this record.
    pub version: u64,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Performance of a usual agent, in percent.
pub const USUAL_PERFORMANCE: u32 = 100;

const fn usual_performance() -> u32 {
    USUAL_PERFORMANCE
}

/// A planned absence: leave, a training, a duty elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// When it begins.
    pub from: Timestamp,
    /// When it is over: the first instant at which the agent is back.
    pub until: Timestamp,
    /// Who takes what customers answer meanwhile.
    #[serde(default)]
    pub substitute_id: Option<AgentId>,
}

impl Agent {
    /// Returns the planned absence at an instant, if there is one. Of several that overlap it is the one that lasts
    /// longest.
    #[must_use]
    pub fn absence(&self, now: Timestamp) -> Option<&Absence> {
        let covers = |absence: &&Absence| absence.from <= now && now < absence.until;
        self.absences.iter().filter(covers).max_by_key(|absence| absence.until)
    }

    /// Tells whether the agent has the right to answer customers: nobody else is given work.
    #[must_use]
    pub fn may_reply(&self) -> bool {
        let role = self.role.as_str().parse::<Role>();
        role.is_ok_and(|role| role.grants().reach(Permission::TicketReply).is_some())
    }

    /// Tells whether the agent works in a team. Who is in no team works in the default team.
    #[must_use]
    pub fn works_in(&self, team: TeamId) -> bool {
        self.team_ids.contains(&team) || team == TeamId::DEFAULT && self.team_ids.is_empty()
    }

    /// Returns the earliest instant at or after `at` at which the agent works, by shift and planned absences: from then
    /// on they may be told of something. Hours that cannot be read are no reason to wait.
    #[must_use]
    pub fn next_at_work(&self, mut at: Timestamp) -> Timestamp {
        // Each turn but the last leaves an absence behind for good.
        for _ in 0..=self.absences.len() {
            at = self.shift.as_ref().and_then(|shift| shift.next_inside(at)).unwrap_or(at);
            match self.absence(at) {
                Some(absence) => at = absence.until,
                None => return at,
            }
        }
        at
    }
}

impl std::fmt::Debug for Agent {
    /// Prints no name and no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("team_ids", &self.team_ids)
            .field("skills", &self.skills)
            .field("capacity", &self.capacity)
            .field("active", &self.active)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Work of a channel that an agent let go by, one piece after the other: offers that timed out, and tickets that went
/// back unanswered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The channel.
    pub channel: ChannelKind,
    /// How many since they last took up work of that channel, or their presence changed; from 1.
    pub in_a_row: u32,
}

/// What changes with the hour: presence, load, and the state of fairness.
///
/// Presence, and what was missed, is versioned. Load and `last_assigned_at` change by deltas that commute and leave the version alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentState {
    /// Whose state.
    pub agent: AgentId,
    /// What the agent says of being there.
    pub presence: Presence,
    /// Kinds of work that the agent takes now; empty is all.
    pub channels: Vec<WorkKind>,
    /// Why, in the agent's words.
    pub reason: Option<TextId>,
    /// When the presence falls back to available.
    pub until: Option<Timestamp>,
    /// Work at hand.
    pub load: Load,
    /// When routing last gave work: the one who waited longest is next. Survives restarts, joins and leaves.
    pub last_assigned_at: Option<Timestamp>,
    /// How many pieces of work they missed in a row, by channel; none is 0. It stands still while they are not there: what
    /// is left of it while they are away is why the desk set them away.
    pub missed: BTreeMap<ChannelKind, u32>,
    /// Counts changes of presence and of what was missed.
    pub version: u64,
    /// When presence last changed.
    pub since: Timestamp,
    /// When presence, or what was missed, last changed.
    pub changed_at: Timestamp,
}

impl AgentState {
    /// State of an agent who has just been made: offline, without work.
    #[must_use]
    pub const fn new(agent: AgentId, now: Timestamp) -> Self {
        Self {
            agent,
            presence: Presence::Offline,
            channels: Vec::new(),
            reason: None,
            until: None,
            load: Load { units: 0, chat: 0, call: 0 },
            last_assigned_at: None,
            missed: BTreeMap::new(),
            version: 1,
            since: now,
            changed_at: now,
        }
    }

    /// Returns why the desk set the agent away, where it did and they have said nothing since.
    #[must_use]
    pub fn away_because(&self) -> Option<Missed> {
        let away = self.presence == Presence::Away;
        let (channel, in_a_row) = self.missed.iter().next().filter(|_| away)?;
        Some(Missed { channel: channel.clone(), in_a_row: *in_a_row })
    }
}
