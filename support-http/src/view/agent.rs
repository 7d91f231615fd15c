//! Agents on the wire.

use std::collections::BTreeMap;

use serde::Serialize;
use support_core::desk::{Performance, TextsById};
use support_core::people::{Absence, Agent, AgentState, Missed, Shift};
use utoipa::ToSchema;
use uuid::Uuid;

/// An agent: profile, presence and load.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AgentBody {
    id: Uuid,
    /// Identity in the host application.
    external_id: Option<String>,
    name: String,
    email: String,
    /// `agent`, `team_lead`, `supervisor`, `admin`, `super_admin`, or a host's own.
    role: String,
    team_ids: Vec<Uuid>,
    lead_ids: Vec<Uuid>,
    /// Levels 1–5 by skill.
    skills: BTreeMap<String, u8>,
    capacity: CapacityBody,
    /// When they work; `null` is always.
    shift: Option<ShiftBody>,
    /// Languages in which they answer; empty is any.
    languages: Vec<String>,
    /// Their share under `performance_weighted` routing, in percent of a usual agent.
    performance: u32,
    /// Planned absences.
    absences: Vec<AbsenceBody>,
    /// False once deactivated.
    active: bool,
    /// `available`, `busy`, `away` or `offline`.
    status: &'static str,
    /// Since when the status is so.
    status_since: String,
    /// Why, in the agent's words.
    status_reason: Option<String>,
    /// What they missed in a row, where the desk set them `away` for it (`away_after_missed`) and they have said nothing
    /// since.
    status_because: Option<MissedBody>,
    /// How many pieces of work they missed in a row, by channel, since they last took some up or their status changed.
    missed: BTreeMap<String, u32>,
    /// When the status falls back to `available`.
    until: Option<String>,
    /// Kinds of work taken now; empty is all.
    channels: Vec<&'static str>,
    load: CapacityBody,
    version: u64,
    created_at: String,
    updated_at: String,
}

/// Work of a channel that an agent let go by: offers that timed out, and tickets that went back unanswered.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct MissedBody {
    channel: String,
    /// From 1.
    in_a_row: u32,
}

impl From<Missed> for MissedBody {
    fn from(Missed { channel, in_a_row }: Missed) -> Self {
        Self { channel: channel.as_str().to_owned(), in_a_row }
    }
}

/// Work by kind: how much there is, or can be.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct CapacityBody {
    /// Units of asynchronous work.
    units: u32,
    /// Chat sessions.
    chat: u32,
    /// Calls.
    call: u32,
}

/// When an agent works: weekly hours in a zone. Also taken as one pair for some days, `{timezone, days?, start, end}`,
/// where no `days` are every day and an empty list is refused.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ShiftBody {
    /// IANA zone.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// Pairs of local times by weekday, `mon` … `sun`, such as `["09:00", "17:30"]`. An end at or before the start lies on
    /// the next day; `24:00` is the end of a day.
    weekly: BTreeMap<&'static str, Vec<[String; 2]>>,
}

/// A planned absence.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AbsenceBody {
    from: String,
    /// The first instant at which they are back.
    until: String,
    /// Who takes what customers answer meanwhile.
    substitute_id: Option<Uuid>,
}

impl From<&Absence> for AbsenceBody {
    fn from(absence: &Absence) -> Self {
        Self {
            from: absence.from.to_string(),
            until: absence.until.to_string(),
            substitute_id: absence.substitute_id.map(|id| id.uuid()),
        }
    }
}

impl From<&Shift> for ShiftBody {
    fn from(shift: &Shift) -> Self {
        let weekly = shift.weekly().days().map(|(day, pairs)| {
            (day.as_str(), pairs.iter().map(|hours| <[String; 2]>::from(*hours)).collect())
        });
        Self { timezone: shift.timezone().name().to_owned(), weekly: weekly.into() }
    }
}

impl AgentBody {
    pub(crate) fn new(agent: &Agent, state: &AgentState, texts: &TextsById) -> Self {
        Self {
            id: agent.id.uuid(),
            external_id: agent.external_id.as_ref().map(ToString::to_string),
            name: agent.name.clone(),
            email: agent.email.clone(),
            role: agent.role.to_string(),
            team_ids: agent.team_ids.iter().map(|id| id.uuid()).collect(),
            lead_ids: agent.lead_ids.iter().map(|id| id.uuid()).collect(),
            skills: agent.skills.iter().map(|(skill, level)| (skill.to_string(), *level)).collect(),
            capacity: CapacityBody {
                units: agent.capacity.units,
                chat: agent.capacity.chat,
                call: agent.capacity.call,
            },
            shift: agent.shift.as_ref().map(ShiftBody::from),
            languages: agent.languages.iter().map(ToString::to_string).collect(),
            performance: agent.performance,
            absences: agent.absences.iter().map(AbsenceBody::from).collect(),
            active: agent.active,
            status: state.presence.as_str(),
            status_since: state.since.to_string(),
            status_reason: state.reason.and_then(|reason| texts.get(&reason).cloned()),
            status_because: state.away_because().map(MissedBody::from),
            missed: state
                .missed
                .iter()
                .map(|(channel, in_a_row)| (channel.as_str().to_owned(), *in_a_row))
                .collect(),
            until: state.until.filter(|_| agent.active).map(|until| until.to_string()),
            channels: state.channels.iter().map(|kind| kind.as_str()).collect(),
            load: CapacityBody { units: state.load.units, chat: state.load.chat, call: state.load.call },
            version: agent.version,
            created_at: agent.created_at.to_string(),
            updated_at: agent.updated_at.to_string(),
        }
    }
}

/// What an agent has done.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PerformanceBody {
    agent_id: Uuid,
    /// Tickets that they have now and that are not closed.
    open: u32,
    /// Tickets that they had when these were resolved.
    resolved: u32,
    /// Mean seconds from opening to resolution.
    mean_resolution_seconds: Option<i64>,
    /// First responses in time.
    first_response_met: u32,
    /// First responses judged.
    first_response_judged: u32,
    /// Resolutions in time.
    resolution_met: u32,
    /// Resolutions judged.
    resolution_judged: u32,
    /// Whether there are more tickets than were counted: every number is then a lower bound.
    capped: bool,
}

impl PerformanceBody {
    pub(crate) const fn new(agent_id: Uuid, done: &Performance) -> Self {
        Self {
            agent_id,
            open: done.open,
            resolved: done.resolved,
            mean_resolution_seconds: done.mean_resolution_seconds,
            first_response_met: done.first_response_met,
            first_response_judged: done.first_response_judged,
            resolution_met: done.resolution_met,
            resolution_judged: done.resolution_judged,
            capped: done.capped,
        }
    }
}
