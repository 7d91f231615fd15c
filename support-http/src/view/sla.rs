//! SLA timers on the wire.

use serde::Serialize;
use support_core::desk::{SlaCycle, SlaHistory, TimerView};
use support_core::id::{AgentId, TeamId};
use support_core::sla::attribution::{Ownership, Share};
use utoipa::ToSchema;
use uuid::Uuid;

/// One cycle of an SLA timer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SlaTimer {
    /// `first_response`, `next_response`, `resolution`, `periodic_update` or `queue_pickup`.
    metric: &'static str,
    /// Which round, from 1.
    cycle: u32,
    /// `running`, `paused`, `met`, `missed` or `cancelled`.
    state: &'static str,
    /// Whether it went past its deadline, answered or not.
    breached: bool,
    breached_at: Option<String>,
    started_at: String,
    stopped_at: Option<String>,
    /// Why it stands still or ended.
    reason: Option<&'static str>,
    policy_id: Uuid,
    policy_version: u64,
    target_seconds: u64,
    /// The deadline; `null` while it stands still.
    due_at: Option<String>,
    /// Open seconds left, negative when overdue.
    remaining_seconds: i64,
    /// `green` (more than half left), `yellow`, `red` (less than a fifth, or breached).
    color: &'static str,
    /// Whose time it was: all of it, without gaps, by reason and hands. Told by `GET /tickets/{id}/sla` to staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    segments: Option<Vec<SlaSegment>>,
}

impl From<&TimerView> for SlaTimer {
    fn from(view: &TimerView) -> Self {
        let timer = &view.timer;
        let paused =
            timer.segments.last().and_then(|segment| segment.paused).filter(|_| timer.state.is_open());
        Self {
            metric: timer.metric.as_str(),
            cycle: timer.cycle,
            state: timer.state.as_str(),
            breached: timer.breached_at.is_some(),
            breached_at: timer.breached_at.map(|at| at.to_string()),
            started_at: timer.started_at.to_string(),
            stopped_at: timer.stopped_at.map(|at| at.to_string()),
            reason: timer.reason.map(|r| r.as_str()).or(paused.map(|p| p.as_str())),
            policy_id: timer.policy.id.uuid(),
            policy_version: timer.policy.version,
            target_seconds: timer.target_seconds,
            due_at: view.reading.due_at.map(|at| at.to_string()),
            remaining_seconds: view.reading.remaining_seconds,
            color: view.reading.color.as_str(),
            segments: None,
        }
    }
}

/// Everything that was timed of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlaHistoryBody {
    items: Vec<SlaTimer>,
    /// Always `null`: all stand on one page.
    next_cursor: Option<String>,
    /// Who had the ticket for how long, in the order in which they first had it; empty to customers.
    ownership: Vec<OwnershipBody>,
}

/// A stretch of a timer, in one pair of hands and for one reason.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SlaSegment {
    from: String,
    /// Its end; of a timer that goes on, now.
    to: String,
    /// Why it stood still: `pending`, `on_hold`, `resolved`, `handled`, `set_aside` or `bot`; `null` where it counted.
    paused: Option<&'static str>,
    team_id: Option<Uuid>,
    /// Who had the ticket; `null` is the team's queue.
    agent_id: Option<Uuid>,
    /// Open seconds that it added to the timer.
    counted_seconds: i64,
}

/// What a team and an agent had of a ticket, judged by the team's calendar.
#[derive(Debug, Serialize, ToSchema)]
struct OwnershipBody {
    team_id: Option<Uuid>,
    /// Who had it; `null` is the team's queue.
    agent_id: Option<Uuid>,
    /// The team's calendar; `null` counts all hours.
    calendar_id: Option<Uuid>,
    calendar_version: Option<u64>,
    /// Open seconds in which it was theirs to work on.
    working_seconds: i64,
    /// Open seconds in which it was theirs and waited for the customer or a third party.
    waiting_seconds: i64,
}

impl From<&SlaHistory> for SlaHistoryBody {
    fn from(history: &SlaHistory) -> Self {
        Self {
            items: history.cycles.iter().map(SlaTimer::from).collect(),
            next_cursor: None,
            ownership: history.ownership.iter().map(OwnershipBody::from).collect(),
        }
    }
}

impl From<&SlaCycle> for SlaTimer {
    fn from(cycle: &SlaCycle) -> Self {
        let segments = cycle.shares.as_ref().map(|shares| shares.iter().map(SlaSegment::from).collect());
        Self { segments, ..Self::from(&cycle.view) }
    }
}

impl From<&Share> for SlaSegment {
    fn from(share: &Share) -> Self {
        Self {
            from: share.from.to_string(),
            to: share.to.to_string(),
            paused: share.paused.map(|reason| reason.as_str()),
            team_id: share.team.map(TeamId::uuid),
            agent_id: share.agent.map(AgentId::uuid),
            counted_seconds: share.counted_seconds,
        }
    }
}

impl From<&Ownership> for OwnershipBody {
    fn from(had: &Ownership) -> Self {
        Self {
            team_id: had.team.map(TeamId::uuid),
            agent_id: had.agent.map(AgentId::uuid),
            calendar_id: had.calendar.map(|calendar| calendar.id.uuid()),
            calendar_version: had.calendar.map(|calendar| calendar.version),
            working_seconds: had.working_seconds,
            waiting_seconds: had.waiting_seconds,
        }
    }
}
