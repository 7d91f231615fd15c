//! SLA timers on the wire.

use serde::Serialize;
use support_core::desk::TimerView;
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
        }
    }
}
