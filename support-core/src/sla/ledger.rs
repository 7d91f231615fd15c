//! The time ledger: which timer ran or stood still, when, why and in whose hands.
//!
//! A ledger is part of the ticket's fold. It holds no sums: the ticket's life is a list of [`Stage`]s, and every timer
//! a list of [`Segment`]s, each from its instant to the next one's. Elapsed time is what the calendar counts of the
//! running ones. Deadlines need the calendar and are therefore derived, not stored here.
//!
//! What pauses a timer is told by the stages alone and the policy. So a timer that begins in the
//! past, because a policy promises something only now, and one whose policy pauses otherwise than before, is
//! recomputed: it has the segments that it would have, had the policy been in force all along. For the same reason no
//! segment is stored.

mod applied;
mod stored;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{AgentId, DocumentId, TeamId};
use crate::ticket::{Priority, Status, StatusCategory};
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::policy::{StepKey, When};
pub use applied::{Applied, ConfigRef, Target};
use stored::Stored;

wire_enum! {
    /// What is timed.
    Metric {
        /// First customer message to the first public message of a human agent.
        FirstResponse = "first_response",
        /// Oldest unanswered customer message, after an agent has answered, to the answer.
        NextResponse = "next_response",
        /// Opening to resolution.
        Resolution = "resolution",
        /// Each public agent message to the next.
        PeriodicUpdate = "periodic_update",
        /// Waiting for a handler.
        QueuePickup = "queue_pickup",
    }
}

wire_enum! {
    /// Where a timer stands. Being breached stands beside it.
    TimerState {
        /// Counting.
        Running = "running",
        /// Standing still.
        Paused = "paused",
        /// Ended in time.
        Met = "met",
        /// Ended late.
        Missed = "missed",
        /// Ended without a judgement.
        Cancelled = "cancelled",
    }
}

impl TimerState {
    /// Tells whether the timer has not ended.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

wire_enum! {
    /// Why a timer stands still.
    PauseReason {
        /// The ticket waits for the customer.
        Pending = "pending",
        /// The ticket waits for a third party, and the policy pauses for that.
        OnHold = "on_hold",
        /// The ticket is resolved; a reopen continues the timer.
        Resolved = "resolved",
        /// The work had a handler; it came back to the queue.
        Handled = "handled",
        /// The ticket was set aside, and came back.
        SetAside = "set_aside",
        /// A bot holds the conversation.
        Bot = "bot",
    }
}

wire_enum! {
    /// Why a timer ended.
    EndReason {
        /// An agent wrote to the customer.
        Answered = "answered",
        /// A handler was found.
        PickedUp = "picked_up",
        /// The work moved to another team: a new lap begins.
        TeamChanged = "team_changed",
        /// The ticket was resolved.
        Resolved = "resolved",
        /// The work left the queue without a handler: pending or on hold.
        LeftQueue = "left_queue",
        /// The ticket was set aside or merged.
        SetAside = "set_aside",
        /// The policy in force has no target for it any more.
        PolicyChanged = "policy_changed",
        /// The answer before it failed: the wait that goes on is the older one.
        AnswerFailed = "answer_failed",
    }
}

/// A stretch of a ticket's life, from its instant to the next stage's, in which status and hands stayed the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// When it begins.
    pub from: Timestamp,
    /// The ticket's status.
    pub status: Status,
    /// Whether it was set aside.
    pub set_aside: bool,
    /// Whose queue the ticket is in.
    pub team: Option<TeamId>,
    /// Who has it.
    pub agent: Option<AgentId>,
}

impl Stage {
    /// Tells why a timer stands still in this stage; `None` where it counts.
    #[must_use]
    pub fn pauses(&self, metric: Metric, pause_on_hold: bool) -> Option<PauseReason> {
        if self.set_aside {
            return Some(PauseReason::SetAside);
        }
        match (metric, self.status) {
            // Never paused by status.
            (Metric::FirstResponse | Metric::NextResponse, _) => None,
            (Metric::QueuePickup, _) if self.agent.is_some() => Some(PauseReason::Handled),
            // Nobody has it, and it is in no queue.
            (Metric::QueuePickup, Status::OnHold) => Some(PauseReason::OnHold),
            (Metric::QueuePickup, Status::Resolved | Status::Closed) => Some(PauseReason::Resolved),
            (Metric::QueuePickup | Metric::PeriodicUpdate | Metric::Resolution, Status::Pending) => {
                Some(PauseReason::Pending)
            }
            (Metric::QueuePickup, _) => None,
            (Metric::Resolution, Status::OnHold) => pause_on_hold.then_some(PauseReason::OnHold),
            (Metric::Resolution, Status::Resolved | Status::Closed) => Some(PauseReason::Resolved),
            (Metric::PeriodicUpdate | Metric::Resolution, _) => None,
        }
    }

    /// Tells whether the ticket's work waited for a handler. A snooze hides work from the queue and ends no wait.
    #[must_use]
    pub const fn waits(&self) -> bool {
        !self.set_aside && self.agent.is_none() && matches!(self.status.category(), StatusCategory::Open)
    }

    fn is_like(&self, other: &Self) -> bool {
        Self { from: other.from, ..*self } == *other
    }
}

/// A stretch of a timer's life, from its instant to the next segment's or to the timer's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// When it begins.
    pub from: Timestamp,
    /// Why the timer stands still; `None` is running.
    pub paused: Option<PauseReason>,
    /// Whose queue the ticket is in.
    pub team: Option<TeamId>,
    /// Who has it.
    pub agent: Option<AgentId>,
}

impl Segment {
    fn is_like(&self, other: &Self) -> bool {
        Self { from: other.from, ..*self } == *other
    }
}

/// One cycle of one timer.
#[derive(Debug, Clone, PartialEq)]
pub struct SlaTimer {
    /// What is timed.
    pub metric: Metric,
    /// Which round, from 1: a metric that starts again counts up.
    pub cycle: u32,
    /// Where it stands.
    pub state: TimerState,
    /// The policy that set the target.
    pub policy: ConfigRef,
    /// Open seconds allowed.
    pub target_seconds: u64,
    /// The calendar whose open seconds count.
    pub calendar: Option<ConfigRef>,
    /// Whether the policy lets `on_hold` pause it, where it is the resolution timer.
    pub pauses_on_hold: bool,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
    /// When it went past its deadline.
    pub breached_at: Option<Timestamp>,
    /// Why it ended.
    pub reason: Option<EndReason>,
    /// Its life, in order; each begins later than the one before. Nothing where it ended at the instant at which it
    /// started.
    pub segments: Vec<Segment>,
    /// Steps of ladders that were taken or passed over, each once.
    pub steps_taken: Vec<StepTaken>,
}

/// A step of a ladder that a timer has behind it, or the point at which an automation was to act and does not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepTaken {
    /// Whose: of the policy with the ladder, or of the automation.
    pub policy: DocumentId,
    /// Which step.
    pub step: StepKey,
    /// When a change passed it over, because it lay in the past; `None` where it was taken. What was passed over is
    /// still to come where another change puts it ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_at: Option<Timestamp>,
}

impl SlaTimer {
    /// Tells whether it has a step of its policy's ladder behind it, which was or is to be taken at `at`.
    #[must_use]
    pub fn has_taken(&self, step: StepKey, at: Timestamp) -> bool {
        self.has_behind(self.policy.id, step, at)
    }

    /// Tells whether a change passed over an automation that is to act at `when`, which is at `at`.
    #[must_use]
    pub fn passes_over(&self, automation: DocumentId, when: When, at: Timestamp) -> bool {
        self.has_behind(automation, StepKey { when, nth: 0 }, at)
    }

    fn has_behind(&self, whose: DocumentId, step: StepKey, at: Timestamp) -> bool {
        let taken = self.steps_taken.iter().find(|taken| taken.policy == whose && taken.step == step);
        taken.is_some_and(|taken| taken.passed_at.is_none_or(|passed| at <= passed))
    }

    /// Notes that a step of its policy's ladder was taken, or passed over at an instant.
    pub(crate) fn note_step(&mut self, step: StepKey, passed_at: Option<Timestamp>) {
        self.note_behind(self.policy.id, step, passed_at);
    }

    fn note_behind(&mut self, policy: DocumentId, step: StepKey, passed_at: Option<Timestamp>) {
        self.steps_taken.retain(|taken| taken.policy != policy || taken.step != step);
        self.steps_taken.push(StepTaken { policy, step, passed_at });
    }

    /// Takes the target that a policy sets. Without one it keeps what it has.
    pub(crate) fn judge_by(&mut self, applied: &Applied) {
        if let Some(target) = applied.target(self.metric) {
            self.policy = applied.policy;
            self.target_seconds = target.seconds;
            self.calendar = target.calendar;
            self.pauses_on_hold = applied.pause_on_hold;
        }
    }

    /// Takes its life over from the ticket's stages, of which the last says whether it counts.
    fn live(&mut self, stages: &[Stage]) {
        self.segments = self.lived(stages);
        let paused = self.segments.last().is_some_and(|segment| segment.paused.is_some());
        self.state = if paused { TimerState::Paused } else { TimerState::Running };
    }

    /// Says what its time was, by the stages of its ticket.
    fn lived(&self, stages: &[Stage]) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for stage in stages_from(stages, self.started_at) {
            let paused = stage.pauses(self.metric, self.pauses_on_hold);
            let from = stage.from.max(self.started_at);
            if self.stopped_at.is_some_and(|stopped| stopped <= from) {
                break;
            }
            let segment = Segment { from, paused, team: stage.team, agent: stage.agent };
            if !segments.last().is_some_and(|last| last.is_like(&segment)) {
                segments.push(segment);
            }
        }
        segments
    }

    /// Begins a segment. What an instant ends with is what counts.
    fn turn(&mut self, segment: Segment) {
        self.segments.pop_if(|last| last.from == segment.from);
        if !self.segments.last().is_some_and(|last| last.is_like(&segment)) {
            self.segments.push(segment);
        }
    }

    /// Lists the stretches in which it stood still, as `[from, to)`; the last may have no end.
    pub fn pauses(&self) -> impl Iterator<Item = (Timestamp, Option<Timestamp>)> + '_ {
        self.segments.iter().enumerate().filter(|(_, segment)| segment.paused.is_some()).map(
            |(at, segment)| {
                let to = self.segments.get(at + 1).map(|next| next.from).or(self.stopped_at);
                (segment.from, to)
            },
        )
    }
}

/// The policy in force and the current cycle of each metric. Earlier cycles are in the events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// The policy in force; `None` where none matches.
    pub applied: Option<Applied>,
    /// Current or last cycle of each metric, in the order in which they first started.
    pub timers: Vec<SlaTimer>,
    /// The priority that the policy goes by, where a ladder has raised the ticket's since.
    pub held_priority: Option<Priority>,
    /// The ticket's life so far, in order and without gaps.
    pub stages: Vec<Stage>,
    /// When an agent last answered the customer.
    pub answered_at: Option<Timestamp>,
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ledger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ledger = Stored::deserialize(deserializer)?.ledger();
        ledger.ok_or_else(|| D::Error::custom("a place at which no id stands is named"))
    }
}

/// A change of one timer, as the event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "snake_case")]
pub enum TimerMove {
    /// A cycle begins.
    Started {
        /// What is timed.
        metric: Metric,
        /// When it counts from; may lie before the event.
        at: Timestamp,
    },
    /// The timer stands still.
    Paused {
        /// What is timed.
        metric: Metric,
        /// Why.
        reason: PauseReason,
    },
    /// The timer counts again.
    Resumed {
        /// What is timed.
        metric: Metric,
    },
    /// The cycle ends.
    Ended {
        /// What is timed.
        metric: Metric,
        /// When it counts to; not after the event.
        at: Timestamp,
        /// `met`, `missed` or `cancelled`.
        outcome: TimerState,
        /// Why.
        reason: EndReason,
        /// Open seconds that it took, rounded down.
        elapsed_seconds: i64,
    },
    /// An ended cycle runs on as if it had not ended: its answer failed, or the ticket was reopened. What the time in
    /// between was is told by the ticket's stages.
    Reinstated {
        /// What is timed.
        metric: Metric,
    },
    /// The timer is not breached any more: another target or calendar put its deadline ahead.
    Relieved {
        /// What is timed.
        metric: Metric,
    },
    /// A change of policy or calendar put the point at which an automation was to act in the past. It does not act,
    /// unless another change puts the point ahead.
    PassedOver {
        /// What is timed.
        metric: Metric,
        /// The automation.
        automation: DocumentId,
        /// Which point of the timer.
        when: When,
    },
}

impl Ledger {
    /// Returns the current or last cycle of a metric.
    #[must_use]
    pub fn timer(&self, metric: Metric) -> Option<&SlaTimer> {
        self.timers.iter().find(|t| t.metric == metric)
    }

    /// Returns the cycle of a metric that has not ended.
    #[must_use]
    pub fn open(&self, metric: Metric) -> Option<&SlaTimer> {
        self.timer(metric).filter(|t| t.state.is_open())
    }

    /// Tells whether a timer that has not ended is past its deadline. Being breached stands beside the state: one that
    /// stands still meanwhile is.
    #[must_use]
    pub fn is_breached(&self) -> bool {
        self.timers.iter().any(|timer| timer.state.is_open() && timer.breached_at.is_some())
    }

    pub(crate) fn open_mut(&mut self, metric: Metric) -> Option<&mut SlaTimer> {
        self.timers.iter_mut().find(|t| t.metric == metric && t.state.is_open())
    }

    /// Returns since when the ticket waits for a handler in its present team; nothing where it does not.
    #[must_use]
    pub fn waiting_since(&self) -> Option<Timestamp> {
        let team = self.stages.last()?.team;
        let waits = self.stages.iter().rev().take_while(|stage| stage.waits() && stage.team == team);
        waits.last().map(|stage| stage.from)
    }

    /// Tells whether a ticket was not resolved at any time from an instant on.
    #[must_use]
    pub fn unresolved_since(&self, from: Timestamp) -> bool {
        stages_from(&self.stages, from).iter().all(|stage| stage.status.category() != StatusCategory::Closed)
    }

    /// Tells whether a ticket was in its present team throughout, from an instant on.
    #[must_use]
    pub fn in_team_since(&self, from: Timestamp) -> bool {
        let stages = stages_from(&self.stages, from);
        stages.iter().all(|stage| Some(stage.team) == stages.last().map(|last| last.team))
    }

    /// Notes how the ticket stands after an event.
    pub(crate) fn note_stage(&mut self, stage: Stage) {
        // What an instant ends with is what counts: nothing happens between two events of one instant.
        self.stages.pop_if(|last| last.from == stage.from);
        if !self.stages.last().is_some_and(|last| last.is_like(&stage)) {
            self.stages.push(stage);
        }
    }

    /// Puts a policy in force. Timers that have not ended take its targets, and stand still where it says so; those
    /// without a target keep theirs until a move ends them.
    pub(crate) fn apply(&mut self, applied: &Applied) {
        self.applied = Some(applied.clone());
        for timer in self.timers.iter_mut().filter(|t| t.state.is_open()) {
            let paused = timer.pauses_on_hold;
            timer.judge_by(applied);
            if timer.metric == Metric::Resolution && timer.pauses_on_hold != paused {
                timer.live(&self.stages);
            }
        }
    }

    /// Applies one move. `at` is the event's instant, `team` and `agent` are who has the ticket after it.
    pub(crate) fn follow(
        &mut self,
        step: &TimerMove,
        at: Timestamp,
        team: Option<TeamId>,
        agent: Option<AgentId>,
    ) {
        match *step {
            TimerMove::Started { metric, at: from } => {
                let Some(applied) = &self.applied else { return };
                let Some(target) = applied.target(metric) else { return };
                let cycle = self.timer(metric).map_or(1, |t| t.cycle + 1);
                let mut timer = SlaTimer {
                    metric,
                    cycle,
                    state: TimerState::Running,
                    policy: applied.policy,
                    target_seconds: target.seconds,
                    calendar: target.calendar,
                    pauses_on_hold: applied.pause_on_hold,
                    started_at: from,
                    stopped_at: None,
                    breached_at: None,
                    reason: None,
                    segments: Vec::new(),
                    steps_taken: Vec::new(),
                };
                timer.live(&self.stages);
                match self.timers.iter_mut().find(|t| t.metric == metric) {
                    Some(slot) => *slot = timer,
                    None => self.timers.push(timer),
                }
            }
            TimerMove::Paused { metric, reason } => self.turn(metric, at, Some(reason), team, agent),
            TimerMove::Resumed { metric } => self.turn(metric, at, None, team, agent),
            TimerMove::Ended { metric, at: to, outcome, reason, .. } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.state = outcome;
                    timer.stopped_at = Some(to);
                    timer.reason = Some(reason);
                    // What begins at its end is none of its time.
                    timer.segments.pop_if(|last| last.from >= to);
                }
            }
            TimerMove::Reinstated { metric } => {
                let ended = |timer: &&mut SlaTimer| timer.metric == metric && !timer.state.is_open();
                let Some(timer) = self.timers.iter_mut().find(ended) else { return };
                timer.stopped_at = None;
                timer.reason = None;
                // It is judged by what is in force when it ends, as if it had never ended.
                if let Some(applied) = &self.applied {
                    timer.judge_by(applied);
                }
                timer.live(&self.stages);
            }
            TimerMove::Relieved { metric } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.breached_at = None;
                }
            }
            TimerMove::PassedOver { metric, automation, when } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.note_behind(automation, StepKey { when, nth: 0 }, Some(at));
                }
            }
        }
    }

    /// Lets an open timer stand still or count from an instant on.
    fn turn(
        &mut self,
        metric: Metric,
        at: Timestamp,
        paused: Option<PauseReason>,
        team: Option<TeamId>,
        agent: Option<AgentId>,
    ) {
        if let Some(timer) = self.open_mut(metric) {
            timer.turn(Segment { from: at, paused, team, agent });
            timer.state = if paused.is_some() { TimerState::Paused } else { TimerState::Running };
        }
    }

    /// Begins a new segment of every open timer when the ticket changes hands.
    pub(crate) fn hand_over(&mut self, at: Timestamp, team: Option<TeamId>, agent: Option<AgentId>) {
        for timer in self.timers.iter_mut().filter(|t| t.state.is_open()) {
            let paused = timer.segments.last().and_then(|s| s.paused);
            timer.turn(Segment { from: at, paused, team, agent });
        }
    }
}

/// Returns the stages from the one at an instant on.
fn stages_from(stages: &[Stage], from: Timestamp) -> &[Stage] {
    let first = stages.partition_point(|stage| stage.from <= from).saturating_sub(1);
    stages.get(first..).unwrap_or_default()
}
