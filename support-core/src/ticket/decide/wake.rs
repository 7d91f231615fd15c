//! What time asks for.

use std::collections::BTreeMap;

use crate::automation::{Action, Rule, Timer};
use crate::event::Event;
use crate::id::DocumentId;
use crate::label::Label;
use crate::sla::deadline::{DueKind, DueStep, Waits, due_steps, past_steps};
use crate::sla::{Metric, TimerMove};
use crate::ticket::{Status, StatusCause};
use crate::time::Timestamp;

use super::Change;
use super::act::{Cause, code};

impl Change<'_> {
    /// Does everything whose time has come; calling it too early or twice changes nothing.
    pub(super) fn wake(&mut self) {
        for (agent, _) in self.after.derived.leases.clone() {
            self.end_expired(agent);
        }
        if let Some(aside) = self.after.set_aside {
            if aside.erases_at.is_some_and(|at| at <= self.at) {
                self.record(Event::TicketErased {});
            }
            return;
        }
        if self.after.snoozed_until.is_some_and(|until| until <= self.at) {
            self.record(Event::TicketWoken { by_time: true });
        }
        self.time_offer_out();
        self.take_back_unanswered();
        self.climb();
        self.wait_for_customer();
        self.act_in_time();
        self.close_if_due();
    }

    /// Reminds the customer of a pending ticket, and gives it up in the end. One that is given up reminds no more,
    /// though the worker slept through the reminder.
    fn wait_for_customer(&mut self) {
        let settings = &self.config().settings;
        let Some(waits) = Waits::of(&self.after, settings) else { return };
        if waits.resolves_at.is_some_and(|at| at <= self.at) {
            let code: Option<Label> = "no_response".parse().ok();
            self.status(Status::Resolved, StatusCause::NoResponse, code);
            if self.after.snoozed_until.is_some() {
                self.record(Event::TicketWoken { by_time: false });
            }
        } else if let Some(after_seconds) = settings.pending_reminder_seconds
            && waits.reminder_due_at().is_some_and(|at| at <= self.at)
        {
            self.record(Event::TicketReminderReached { since: waits.since, after_seconds });
        }
    }

    /// Takes the steps that the timers owe.
    pub(super) fn climb(&mut self) {
        // Each step is looked for anew: what one does may take the ground from the next.
        let mut taken = 0;
        while taken < STEPS_AT_ONCE
            && let Some(step) = due_steps(&self.after, self.at, self.config()).into_iter().next()
        {
            self.take(step);
            // What it did may have ended the timer, or begun a lap: the next step counts from that.
            self.move_timers();
            taken += 1;
        }
    }

    /// Closes a resolved ticket whose window for reopening has ended, whether or not the worker came to do it.
    pub(super) fn close_if_due(&mut self) {
        if self.after.set_aside.is_none()
            && self.after.status == Status::Resolved
            && let Some(resolved) = self.after.resolved_at
            && resolved.plus_seconds(self.config().settings.reopen_window_seconds) <= self.at
        {
            self.status(Status::Closed, StatusCause::AutoClose, None);
        }
    }

    fn status(&mut self, to: Status, cause: StatusCause, resolution_code: Option<Label>) {
        let from = self.after.status;
        self.record(Event::TicketStatusChanged { from, to, cause, reason: None, resolution_code });
    }

    fn take(&mut self, step: DueStep) {
        let DueStep { metric, cycle, due_at, what, .. } = step;
        match what {
            DueKind::Breach => {
                self.record(Event::SlaBreached { metric, cycle, due_at, policy_change: false })
            }
            DueKind::Step { step, warns, actions } => {
                let policy_change = false;
                self.record(if warns {
                    Event::SlaWarned { metric, cycle, step, due_at, policy_change }
                } else {
                    Event::SlaEscalated { metric, cycle, step, due_at, policy_change }
                });
                let Some(ladder) = self.after.sla.open(metric).map(|timer| timer.policy.id) else { return };
                // What the ticket's rules refuse, such as one tag too many, is left out and told; the rest happens.
                let mut refused = Vec::new();
                for (place, action) in (0_u16..).zip(&actions) {
                    // Each move starts the pickup timer anew, and with it the ladder.
                    if matches!(action, Action::MoveToTeam(_) | Action::AssignTo(_))
                        && self.after.unattended.is_spent(ladder)
                    {
                        self.rest(&[ladder]);
                        continue;
                    }
                    if let Err(error) = self.act(Cause::Ladder(metric, ladder), action) {
                        refused.extend(code(&error).map(|code| (place, code)));
                    }
                }
                if !refused.is_empty() {
                    self.record(Event::SlaActionsRefused { metric, cycle, step, refused });
                }
            }
        }
    }

    /// Lists the automations whose point of an open timer lies behind, each with when that timer started.
    pub(super) fn points_behind(&self) -> BTreeMap<(DocumentId, Timestamp), Timer> {
        let behind = |rule: &Rule| {
            let (point, from) = rule.point_behind(&self.after, self.at, self.config())?;
            Some(((rule.id(), from), point))
        };
        self.config().automations().timed().filter_map(behind).collect()
    }

    /// Marks automations whose point of a timer lies behind as passed over, but for those for which it did before.
    pub(super) fn pass_over_points(
        &mut self,
        before: &BTreeMap<(DocumentId, Timestamp), Timer>,
        passes: impl Fn(Metric) -> bool,
    ) {
        let mut behind = self.points_behind();
        behind.retain(|key, point| !before.contains_key(key) && passes(point.metric));
        let moves: Vec<TimerMove> = behind
            .into_iter()
            .map(|((automation, _), Timer { metric, when })| TimerMove::PassedOver {
                metric,
                automation,
                when,
            })
            .collect();
        if !moves.is_empty() {
            self.record(Event::SlaTimersMoved { moves });
        }
    }

    /// Marks what a change of policy put in the past as passed: breaches are noted with that cause, steps of the
    /// ladder are taken without doing anything.
    pub(super) fn pass_over_past_steps(&mut self, passes: impl Fn(&DueStep) -> bool) {
        let policy_change = true;
        let past = past_steps(&self.after, self.at, self.config()).into_iter().filter(passes);
        for DueStep { metric, cycle, due_at, what, .. } in past {
            self.record(match what {
                DueKind::Breach => Event::SlaBreached { metric, cycle, due_at, policy_change },
                DueKind::Step { step, warns: true, .. } => {
                    Event::SlaWarned { metric, cycle, step, due_at, policy_change }
                }
                DueKind::Step { step, .. } => {
                    Event::SlaEscalated { metric, cycle, step, due_at, policy_change }
                }
            });
        }
    }
}

/// Most steps that one wake-up takes: five timers with 32 steps and a breach each. The rest, if there were one, is
/// due at once again.
const STEPS_AT_ONCE: usize = 5 * 33;
