//! The time ledger: which timer ran or stood still, when, why and in whose hands.
//!
//! A ledger is part of the ticket's fold. It holds no sums: every timer is a list of [`Segment`]s, each from its
//! instant to the next one's, and elapsed time is what the calendar counts of the running ones. Deadlines need the
//! calendar and are therefore derived, not stored here.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, DocumentId, TeamId};
use crate::ticket::Priority;
use crate::time::Timestamp;
use crate::wire::wire_enum;

/// One version of a configuration document: what a decision names as its ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigRef {
    /// The document.
    pub id: DocumentId,
    /// Its version, from 1.
    pub version: u64,
}

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
        /// The work left the queue without a handler: pending, on hold or resolved.
        LeftQueue = "left_queue",
        /// The ticket was set aside or merged.
        SetAside = "set_aside",
        /// The policy in force has no target for it any more.
        PolicyChanged = "policy_changed",
        /// The answer before it failed: the wait that goes on is the older one.
        AnswerFailed = "answer_failed",
    }
}

/// What a policy demands of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What is timed.
    pub metric: Metric,
    /// Open seconds allowed.
    pub seconds: u64,
    /// The calendar whose open seconds count; `None` counts all.
    pub calendar: Option<ConfigRef>,
}

/// The policy in force for a ticket, with all that timers need of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The policy's version.
    pub policy: ConfigRef,
    /// Whether `on_hold` pauses the resolution timer.
    pub pause_on_hold: bool,
    /// The targets, at most one a metric.
    pub targets: Vec<Target>,
}

impl Applied {
    /// Returns the target of a metric.
    #[must_use]
    pub fn target(&self, metric: Metric) -> Option<&Target> {
        self.targets.iter().find(|t| t.metric == metric)
    }
}

/// A stretch of a timer's life, from its instant to the next segment's or to the timer's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// One cycle of one timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
    /// When it went past its deadline.
    pub breached_at: Option<Timestamp>,
    /// Why it ended.
    pub reason: Option<EndReason>,
    /// Its life, in order.
    pub segments: Vec<Segment>,
    /// Steps of the policy's ladder that were taken, by index.
    pub steps_taken: Vec<u16>,
}

impl SlaTimer {
    /// Takes the target that a policy sets. Without one it keeps what it has. Another policy has another ladder.
    pub(crate) fn judge_by(&mut self, applied: &Applied) {
        if let Some(target) = applied.target(self.metric) {
            if self.policy != applied.policy {
                self.steps_taken.clear();
            }
            self.policy = applied.policy;
            self.target_seconds = target.seconds;
            self.calendar = target.calendar;
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// The policy in force; `None` where none matches.
    pub applied: Option<Applied>,
    /// Current or last cycle of each metric, in the order in which they first started.
    pub timers: Vec<SlaTimer>,
    /// The priority that the policy goes by, where a ladder has raised the ticket's since.
    #[serde(default)]
    pub held_priority: Option<Priority>,
}

/// A change of one timer, as the event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// An ended cycle runs on as if it had not ended: its answer failed, or the ticket was reopened.
    Reinstated {
        /// What is timed.
        metric: Metric,
        /// Why it stood still since it ended; `None` where it ran on.
        paused_since_end: Option<PauseReason>,
    },
    /// The timer is not breached any more: another target or calendar put its deadline ahead.
    Relieved {
        /// What is timed.
        metric: Metric,
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

    pub(crate) fn open_mut(&mut self, metric: Metric) -> Option<&mut SlaTimer> {
        self.timers.iter_mut().find(|t| t.metric == metric && t.state.is_open())
    }

    /// Puts a policy in force. Timers that have not ended take its targets; those without a target keep theirs
    /// until a move ends them.
    pub(crate) fn apply(&mut self, applied: &Applied) {
        for timer in self.timers.iter_mut().filter(|t| t.state.is_open()) {
            timer.judge_by(applied);
        }
        self.applied = Some(applied.clone());
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
                let timer = SlaTimer {
                    metric,
                    cycle,
                    state: TimerState::Running,
                    policy: applied.policy,
                    target_seconds: target.seconds,
                    calendar: target.calendar,
                    started_at: from,
                    stopped_at: None,
                    breached_at: None,
                    reason: None,
                    segments: vec![Segment { from, paused: None, team, agent }],
                    steps_taken: Vec::new(),
                };
                match self.timers.iter_mut().find(|t| t.metric == metric) {
                    Some(slot) => *slot = timer,
                    None => self.timers.push(timer),
                }
            }
            TimerMove::Paused { metric, reason } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.state = TimerState::Paused;
                    timer.segments.push(Segment { from: at, paused: Some(reason), team, agent });
                }
            }
            TimerMove::Resumed { metric } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.state = TimerState::Running;
                    timer.segments.push(Segment { from: at, paused: None, team, agent });
                }
            }
            TimerMove::Ended { metric, at: to, outcome, reason, .. } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.state = outcome;
                    timer.stopped_at = Some(to);
                    timer.reason = Some(reason);
                }
            }
            TimerMove::Reinstated { metric, paused_since_end } => {
                if let Some(timer) = self.timers.iter_mut().find(|t| t.metric == metric && !t.state.is_open())
                {
                    let stood_still = timer.segments.last().is_some_and(|segment| segment.paused.is_some());
                    if let (Some(from), Some(reason)) = (timer.stopped_at, paused_since_end) {
                        timer.segments.push(Segment { from, paused: Some(reason), team, agent });
                        timer.segments.push(Segment { from: at, paused: None, team, agent });
                    } else if stood_still {
                        timer.segments.push(Segment { from: at, paused: None, team, agent });
                    }
                    // It is judged by what is in force when it ends, as if it had never ended.
                    if let Some(applied) = &self.applied {
                        timer.judge_by(applied);
                    }
                    timer.state = TimerState::Running;
                    timer.stopped_at = None;
                    timer.reason = None;
                }
            }
            TimerMove::Relieved { metric } => {
                if let Some(timer) = self.open_mut(metric) {
                    timer.breached_at = None;
                }
            }
        }
    }

    /// Begins a new segment of every open timer when the ticket changes hands.
    pub(crate) fn hand_over(&mut self, at: Timestamp, team: Option<TeamId>, agent: Option<AgentId>) {
        for timer in self.timers.iter_mut().filter(|t| t.state.is_open()) {
            let paused = timer.segments.last().and_then(|s| s.paused);
            timer.segments.push(Segment { from: at, paused, team, agent });
        }
    }
}
