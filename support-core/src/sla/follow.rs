//! The event table of the SLA timers: what starts, pauses, resumes and ends each.
//!
//! [`follow`] compares the ticket before a command with the ticket after it and says what the timers do. It looks at
//! states, not at commands, so that every way to the same state moves the timers the same way.

use crate::config::Config;
use crate::event::Event;
use crate::ticket::{Status, StatusCategory, Ticket};
use crate::time::Timestamp;

use super::{Applied, EndReason, Metric, PauseReason, SlaTimer, TimerMove, TimerState};

/// Returns the policy that should be in force for a ticket, where it is not the one that is.
///
/// A priority raised by a ladder keeps the targets of running timers, so it does not ask again.
#[must_use]
pub fn policy_change(ticket: &Ticket, config: &Config) -> Option<Option<Applied>> {
    let tier = ticket.insight.as_ref().and_then(|i| i.tier.as_ref());
    let wanted = config.policy_for(ticket, tier);
    (wanted != ticket.sla.applied).then_some(wanted)
}

/// What happened in one commit, as far as timers care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Happened {
    /// A human agent answered the customer.
    pub answered: bool,
    /// The owner gave the work back, or it was taken from them.
    pub returned: bool,
    /// An answer turned out to have failed.
    pub answer_failed: bool,
}

impl Happened {
    /// Collects it from the events of a commit.
    #[must_use]
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut happened = Self::default();
        for event in events {
            match event {
                Event::MessageAdded { answers: true, .. } => happened.answered = true,
                Event::TicketAssigned { from: Some(_), to: None, .. } => happened.returned = true,
                Event::MessageDeliveryChanged { unanswered_since: Some(_), .. } => {
                    happened.answer_failed = true
                }
                _ => {}
            }
        }
        happened
    }
}

/// Says what the timers of `after` do, given the ticket `before` the command (`None` when it was just opened).
///
/// A timer that is past its deadline when it ends is `missed`; whether its breach was noticed before does not matter.
#[must_use]
pub fn follow(
    before: Option<&Ticket>,
    after: &Ticket,
    happened: Happened,
    now: Timestamp,
    config: &Config,
) -> Vec<TimerMove> {
    let mut table = Table { before, after, happened, now, config, moves: Vec::new() };
    table.first_response();
    table.next_response();
    table.periodic_update();
    table.queue_pickup();
    table.resolution();
    table.moves
}

struct Table<'a> {
    before: Option<&'a Ticket>,
    after: &'a Ticket,
    happened: Happened,
    now: Timestamp,
    config: &'a Config,
    moves: Vec<TimerMove>,
}

impl Table<'_> {
    fn first_response(&mut self) {
        let metric = Metric::FirstResponse;
        let waits = self.after.first_responded_at.is_none();
        self.response(metric, waits);
    }

    fn next_response(&mut self) {
        let waits = self.after.first_responded_at.is_some();
        self.response(Metric::NextResponse, waits);
    }

    /// A response timer runs while a customer's message waits; `mine` says that this metric is the one that counts.
    fn response(&mut self, metric: Metric, mine: bool) {
        let since = self.after.unanswered_since.filter(|_| mine && self.at_work());
        match (self.open(metric), since) {
            (Some(_), Some(_)) => self.keep_target(metric),
            (Some(_), None) => {
                self.end(metric, if self.happened.answered { EndReason::Answered } else { self.gone() })
            }
            (None, Some(since)) => {
                let answered =
                    self.after.sla.timer(metric).is_some_and(|t| t.reason == Some(EndReason::Answered));
                if self.happened.answer_failed && answered {
                    self.moves.push(TimerMove::Reinstated { metric, paused_since_end: None });
                } else {
                    self.start(metric, since);
                }
            }
            (None, None) => {}
        }
    }

    fn periodic_update(&mut self) {
        let metric = Metric::PeriodicUpdate;
        let open = self.open(metric).is_some();
        if !self.at_work() {
            if open {
                self.end(metric, self.gone());
            }
            return;
        }
        if self.happened.answered {
            if open {
                self.end(metric, EndReason::Answered);
            }
            self.start(metric, self.now);
        } else if open {
            self.keep_target(metric);
        }
        let pause = (self.after.status == Status::Pending).then_some(PauseReason::Pending);
        self.pause_or_resume(metric, open && !self.happened.answered, pause);
    }

    fn queue_pickup(&mut self) {
        let metric = Metric::QueuePickup;
        let waiting = self.after.is_waiting();
        let moved = self.before.is_some_and(|before| before.team_id != self.after.team_id);
        match (self.open(metric), waiting) {
            (Some(_), true) if moved => {
                self.end(metric, EndReason::TeamChanged);
                self.start(metric, self.now);
            }
            (Some(_), true) => self.keep_target(metric),
            (Some(_), false) => {
                let picked_up = self.after.assigned_to.is_some() && self.after.set_aside.is_none();
                self.end(metric, if picked_up { EndReason::PickedUp } else { self.left_queue() });
            }
            (None, true) => {
                let had_handler = |t: &SlaTimer| t.reason == Some(EndReason::PickedUp);
                let continues = self.happened.returned && !moved && self.was_open();
                if continues
                    && self.after.sla.timer(metric).is_some_and(had_handler)
                    && self.has_target(metric)
                {
                    let paused_since_end = Some(PauseReason::Handled);
                    self.moves.push(TimerMove::Reinstated { metric, paused_since_end });
                } else {
                    self.start(metric, if self.before.is_none() { self.after.created_at } else { self.now });
                }
            }
            (None, false) => {}
        }
    }

    fn resolution(&mut self) {
        let metric = Metric::Resolution;
        if self.after.set_aside.is_some() {
            if self.open(metric).is_some() {
                self.end(metric, EndReason::SetAside);
            }
            return;
        }
        if self.after.status.category() == StatusCategory::Closed {
            if self.open(metric).is_some() {
                self.end(metric, EndReason::Resolved);
            }
            return;
        }
        let open = self.open(metric).is_some();
        if open {
            self.keep_target(metric);
        } else if let Some(timer) = self.after.sla.timer(metric) {
            let why = match timer.reason {
                Some(EndReason::SetAside) => PauseReason::SetAside,
                _ => PauseReason::Resolved,
            };
            if self.has_target(metric) && timer.reason != Some(EndReason::PolicyChanged) {
                self.moves.push(TimerMove::Reinstated { metric, paused_since_end: Some(why) });
            } else {
                self.start(metric, self.now);
            }
        } else {
            self.start(metric, self.after.created_at);
        }
        let pauses_on_hold = self.after.sla.applied.as_ref().is_some_and(|applied| applied.pause_on_hold);
        let pause = match self.after.status {
            Status::Pending => Some(PauseReason::Pending),
            Status::OnHold if pauses_on_hold => Some(PauseReason::OnHold),
            _ => None,
        };
        self.pause_or_resume(metric, open, pause);
    }

    /// Tells whether the desk may owe the customer something at all.
    fn at_work(&self) -> bool {
        self.after.set_aside.is_none() && self.after.status.category() != StatusCategory::Closed
    }

    fn was_open(&self) -> bool {
        self.before.is_some_and(|before| before.status.category() == StatusCategory::Open)
    }

    fn open(&self, metric: Metric) -> Option<&SlaTimer> {
        self.after.sla.open(metric)
    }

    fn has_target(&self, metric: Metric) -> bool {
        self.after.sla.applied.as_ref().is_some_and(|applied| applied.target(metric).is_some())
    }

    /// Why timers end when the desk owes nothing any more and nobody answered.
    fn gone(&self) -> EndReason {
        if self.after.set_aside.is_some() { EndReason::SetAside } else { EndReason::Resolved }
    }

    fn left_queue(&self) -> EndReason {
        if self.after.set_aside.is_some() { EndReason::SetAside } else { EndReason::LeftQueue }
    }

    fn start(&mut self, metric: Metric, at: Timestamp) {
        if self.has_target(metric) {
            self.moves.push(TimerMove::Started { metric, at });
        }
    }

    /// Ends an open timer that the policy in force does not know.
    fn keep_target(&mut self, metric: Metric) {
        if !self.has_target(metric) {
            self.end(metric, EndReason::PolicyChanged);
        }
    }

    fn end(&mut self, metric: Metric, reason: EndReason) {
        let Some(timer) = self.open(metric) else { return };
        let elapsed = timer.elapsed_micros(self.now, self.config);
        let target = i64::try_from(timer.target_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let outcome = match reason {
            EndReason::Answered | EndReason::PickedUp => judged(elapsed, target),
            EndReason::Resolved if metric == Metric::Resolution => judged(elapsed, target),
            EndReason::Resolved
            | EndReason::TeamChanged
            | EndReason::LeftQueue
            | EndReason::SetAside
            | EndReason::PolicyChanged => TimerState::Cancelled,
        };
        let elapsed_seconds = elapsed / 1_000_000;
        self.moves.push(TimerMove::Ended { metric, at: self.now, outcome, reason, elapsed_seconds });
    }

    /// Brings an open timer to stand still for `wanted`, or to count. `open` is whether it was open before the moves
    /// that are already listed; a timer that starts or is reinstated by them counts.
    fn pause_or_resume(&mut self, metric: Metric, open: bool, wanted: Option<PauseReason>) {
        let ended = |m: &TimerMove| matches!(m, TimerMove::Ended { metric: of, .. } if *of == metric);
        let begun = |m: &TimerMove| matches!(m, TimerMove::Started { metric: of, .. } | TimerMove::Reinstated { metric: of, .. } if *of == metric);
        let begins = self.moves.iter().any(begun);
        if !begins && (!open || self.moves.iter().any(ended)) {
            return;
        }
        let current = self.open(metric).filter(|_| !begins);
        let had = current.and_then(|timer| timer.segments.last()).and_then(|segment| segment.paused);
        match (had, wanted) {
            (None, Some(reason)) => self.moves.push(TimerMove::Paused { metric, reason }),
            (Some(_), None) => self.moves.push(TimerMove::Resumed { metric }),
            (Some(had), Some(reason)) if had != reason => {
                self.moves.push(TimerMove::Paused { metric, reason })
            }
            _ => {}
        }
    }
}

const fn judged(elapsed: i64, target: i64) -> TimerState {
    if elapsed <= target { TimerState::Met } else { TimerState::Missed }
}
