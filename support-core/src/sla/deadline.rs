//! What follows from a ledger at an instant: deadlines, what is left, colours, and the steps that are due.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::automation::Action;
use crate::config::{Config, Settings};
use crate::scoring::{MAX_RESTS, Rest, Urgency};
use crate::ticket::{Derived, Status, StatusCategory, Ticket};
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::calendar::{Pause, Pauses};
use super::policy::{StepKey, When};
use super::{Metric, SlaTimer, TimerState};

/// Keeps the [`MAX_RESTS`] longest. Of those that are equally long some from everywhere, since what is left out counts as
/// if the timer ran, and would else make one end of the stretch steeper than the other.
fn longest(rests: Vec<Rest>) -> Vec<Rest> {
    if rests.len() <= MAX_RESTS {
        return rests;
    }
    let mut numbered: Vec<(u32, Rest)> = (0..).zip(rests).collect();
    // Numbers with their bits turned round are spread evenly wherever one stops, as van der Corput's sequence is.
    numbered.sort_by_key(|(number, rest)| (Reverse(rest.to.micros_since(rest.from)), number.reverse_bits()));
    numbered.truncate(MAX_RESTS);
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, rest)| rest).collect()
}

/// Most closed stretches that are looked at for how urgent a timer is, so that a target of years takes no longer.
const MOST_CLOSINGS: usize = 512;

wire_enum! {
    /// How much of a target is left.
    Color {
        /// More than half.
        Green = "green",
        /// A fifth to a half.
        Yellow = "yellow",
        /// Less than a fifth, or past the deadline.
        Red = "red",
    }
}

/// A timer read at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The deadline; `None` where the timer stands still or its calendar never opens long enough.
    pub due_at: Option<Timestamp>,
    /// Open seconds left, negative when overdue; of an ended timer, at its end.
    pub remaining_seconds: i64,
    /// How much is left, as a colour.
    pub color: Color,
}

impl SlaTimer {
    /// Returns when it stood still.
    #[must_use]
    pub fn standstill(&self) -> Pauses {
        self.pauses().map(|(from, to)| Pause { from, to }).collect()
    }

    /// Returns the instant at which `used` open seconds of it have passed.
    #[must_use]
    pub fn instant_at(&self, used: u64, config: &Config) -> Option<Timestamp> {
        config.calendar(self.calendar).due(self.started_at, used, &self.standstill())
    }

    /// Returns how urgent it makes its ticket, where `due` is its deadline.
    fn urgency(&self, due: Timestamp, config: &Config) -> Option<Urgency> {
        let (calendar, standstill) = (config.calendar(self.calendar), self.standstill());
        let from = calendar.due(self.started_at, self.target_seconds / 2, &standstill)?.min(due);
        let still = calendar.standstill(from, due, &standstill, MOST_CLOSINGS);
        let rests = still.iter().filter_map(|pause| Some(Rest { from: pause.from, to: pause.to? }));
        Some(Urgency { from, due, rests: longest(rests.collect()) })
    }

    /// Returns its deadline. A timer that stands still has none until it counts again.
    #[must_use]
    pub fn due_at(&self, config: &Config) -> Option<Timestamp> {
        self.instant_at(self.target_seconds, config)
    }

    /// Returns the first instant at which it is late: it has counted more than its target. A target that is used up
    /// just as the desk closes is late when the desk opens again.
    #[must_use]
    pub fn late_at(&self, config: &Config) -> Option<Timestamp> {
        self.late_after(&self.standstill(), config)
    }

    /// Returns the instant of one of its points, had it stood still in `standstill`. Late is later than the deadline.
    pub(crate) fn point(&self, when: When, standstill: &Pauses, config: &Config) -> Option<Timestamp> {
        match when {
            When::AtBreach | When::SecondsAfter(0) => self.late_after(standstill, config),
            when => {
                let used = when.used_seconds(self.target_seconds);
                config.calendar(self.calendar).due(self.started_at, used, standstill)
            }
        }
    }

    /// Returns when it stood still, as if it counted from `now` on: what lies ahead of a timer that stands still has no
    /// instant yet.
    pub(crate) fn standstill_until(&self, now: Timestamp) -> Pauses {
        self.pauses().map(|(from, to)| Pause { from, to: to.or(Some(now)) }).collect()
    }

    fn late_after(&self, standstill: &Pauses, config: &Config) -> Option<Timestamp> {
        let late = self.target_seconds.checked_mul(1_000_000)?.checked_add(1)?;
        config.calendar(self.calendar).due_micros(self.started_at, late, standstill)
    }

    /// Returns its target in microseconds.
    #[must_use]
    pub fn target_micros(&self) -> i64 {
        i64::try_from(self.target_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000)
    }

    /// Tells whether it has counted more than its target at `at`.
    #[must_use]
    pub fn is_late(&self, at: Timestamp, config: &Config) -> bool {
        self.elapsed_micros(at, config) > self.target_micros()
    }

    /// Returns the open microseconds that it has counted up to `at`.
    #[must_use]
    pub fn elapsed_micros(&self, at: Timestamp, config: &Config) -> i64 {
        let to = self.stopped_at.map_or(at, |stopped| stopped.min(at));
        config.calendar(self.calendar).elapsed_micros(self.started_at, to, &self.standstill())
    }

    /// Reads it at `now`.
    #[must_use]
    pub fn read(&self, now: Timestamp, config: &Config) -> Reading {
        let target = self.target_micros();
        let left = target.saturating_sub(self.elapsed_micros(now, config));
        let overdue = left < 0 || self.breached_at.is_some() && self.state.is_open();
        // Compared in integers: the border of a colour is the same on every machine.
        let color = if overdue || self.state == TimerState::Missed || left.saturating_mul(5) < target {
            Color::Red
        } else if left.saturating_mul(2) > target {
            Color::Green
        } else {
            Color::Yellow
        };
        Reading { due_at: self.due_at(config), remaining_seconds: left.div_euclid(1_000_000), color }
    }
}

/// Something that a running timer owes at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct DueStep {
    /// When it was to happen.
    pub at: Timestamp,
    /// The timer.
    pub metric: Metric,
    /// Its cycle.
    pub cycle: u32,
    /// The timer's deadline.
    pub due_at: Timestamp,
    /// What.
    pub what: DueKind,
}

/// What a timer owes.
#[derive(Debug, Clone, PartialEq)]
pub enum DueKind {
    /// To be marked as breached.
    Breach,
    /// To take a step of its policy's ladder.
    Step {
        /// Which.
        step: StepKey,
        /// Whether it belongs to the time before the deadline.
        warns: bool,
        /// What it does.
        actions: Vec<Action>,
    },
}

/// Lists what the ticket's timers owe by `now`, in the order in which it was to happen.
///
/// The breach is owed from the first open microsecond after the deadline: an answer at the deadline is in time.
#[must_use]
pub fn due_steps(ticket: &Ticket, now: Timestamp, config: &Config) -> Vec<DueStep> {
    let upcoming = upcoming(ticket, config);
    due_of(upcoming, now)
}

/// Lists what lies behind the ticket's open timers at `now`, those that stand still among them.
pub(crate) fn past_steps(ticket: &Ticket, now: Timestamp, config: &Config) -> Vec<DueStep> {
    let open = ticket.sla.timers.iter().filter(|t| t.state.is_open());
    let steps = open.flat_map(|timer| steps_of(timer, &timer.standstill_until(now), config));
    due_of(steps, now)
}

fn due_of(steps: impl Iterator<Item = DueStep>, now: Timestamp) -> Vec<DueStep> {
    let mut due: Vec<DueStep> = steps.filter(|step| step.at <= now).collect();
    // The sort is stable: at one instant a breach comes before the steps that it triggers.
    due.sort_by_key(|step| step.at);
    due
}

fn upcoming<'a>(ticket: &'a Ticket, config: &'a Config) -> impl Iterator<Item = DueStep> + 'a {
    let running = ticket.sla.timers.iter().filter(|t| t.state == TimerState::Running);
    running.flat_map(move |timer| steps_of(timer, &timer.standstill(), config))
}

fn steps_of(timer: &SlaTimer, standstill: &Pauses, config: &Config) -> Vec<DueStep> {
    let mut steps = Vec::new();
    let calendar = config.calendar(timer.calendar);
    let due_at = calendar.due(timer.started_at, timer.target_seconds, standstill);
    let Some(due_at) = due_at else { return steps };
    let late_at = timer.late_after(standstill, config);
    let mut push = |at: Timestamp, what| {
        steps.push(DueStep { at, metric: timer.metric, cycle: timer.cycle, due_at, what });
    };
    if let Some(late_at) = late_at.filter(|_| timer.breached_at.is_none()) {
        push(late_at, DueKind::Breach);
    }
    let Some(policy) = config.policy(timer.policy) else { return steps };
    for (key, step) in policy.ladder(timer.metric) {
        let at = timer.point(step.when, standstill, config);
        if let Some(at) = at.filter(|at| !timer.has_taken(key, *at)) {
            let warns = step.when.warns();
            push(at, DueKind::Step { step: key, warns, actions: step.actions.clone() });
        }
    }
    steps
}

/// How long a pending ticket waits for its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// Since when: since it is pending, or since the latest answer in it.
    pub since: Timestamp,
    /// When the customer is to be reminded; `None` where the settings remind nobody.
    pub reminds_at: Option<Timestamp>,
    /// When they were.
    pub reminded_at: Option<Timestamp>,
    /// When it is resolved as `no_response`; `None` is never.
    pub resolves_at: Option<Timestamp>,
}

impl Waits {
    /// Tells how long a ticket waits; nothing where it is not pending or is set aside.
    #[must_use]
    pub fn of(ticket: &Ticket, settings: &Settings) -> Option<Self> {
        let since = ticket.pending_since.filter(|_| ticket.set_aside.is_none())?;
        let after = |seconds: Option<i64>| seconds.map(|seconds| since.plus_seconds(seconds));
        Some(Self {
            since,
            reminds_at: after(settings.pending_reminder_seconds),
            reminded_at: ticket.reminded_at,
            resolves_at: after(settings.pending_resolve_seconds),
        })
    }

    /// Returns when the reminder is owed, while it still is.
    #[must_use]
    pub fn reminder_due_at(&self) -> Option<Timestamp> {
        self.reminds_at.filter(|_| self.reminded_at.is_none())
    }
}

/// How long the owner of a ticket has to answer its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// From when on they are waited for.
    pub since: Timestamp,
    /// When the ticket goes back to its queue.
    pub returns_at: Timestamp,
}

impl Unanswered {
    /// Tells when a ticket goes back to its queue because its owner has not answered the customer, where the settings
    /// ask for that on its channel. Snoozing it stops no customer from waiting, and so delays the return until it wakes
    /// at most.
    ///
    /// Nobody is late by a change of the settings: who would have been, has the whole time from the change on.
    #[must_use]
    pub fn of(ticket: &Ticket, config: &Config) -> Option<Self> {
        let seconds = *config.settings.unanswered_return_seconds.get(&ticket.channel)?;
        let asked = ticket.unanswered_since?;
        let at_work = ticket.assigned_to.is_some() && ticket.status.category() == StatusCategory::Open;
        // What the customer asked before somebody had it is unanswered: whatever else they did, they have not answered.
        // What came since and finds them at work is another question.
        let unanswered = ticket.status == Status::Assigned || asked <= ticket.owner_since;
        let out_of_sight = ticket.set_aside.is_some() || ticket.snoozed_until.is_some();
        // Who had it put aside has the whole time again once it is their turn.
        let turn = ticket.owner_since.max(asked).max(ticket.status_since);
        let past = |changed: &Timestamp| turn.plus_seconds(seconds) <= *changed;
        let since = config.settings_since.filter(past).unwrap_or(turn);
        let returns_at = since.plus_seconds(seconds);
        (at_work && unanswered && !out_of_sight).then_some(Self { since, returns_at })
    }
}

/// Derives what follows from a ticket and its configuration. Leases and failures are taken over from `ticket`.
#[must_use]
pub fn derive(ticket: &Ticket, config: &Config) -> Derived {
    let running = || ticket.sla.timers.iter().filter(|t| t.state == TimerState::Running);
    let tightest = running()
        .filter_map(|timer| timer.due_at(config).map(|due| (due, timer)))
        .min_by_key(|(due, _)| *due);
    let urgency = tightest.and_then(|(due, timer)| timer.urgency(due, config));
    let settings = &config.settings;
    let closes = (ticket.status == Status::Resolved)
        .then_some(ticket.resolved_at)
        .flatten()
        .map(|at| at.plus_seconds(settings.reopen_window_seconds));
    let waits = Waits::of(ticket, settings);
    let (reminds, gives_up) =
        waits.map_or((None, None), |waits| (waits.reminder_due_at(), waits.resolves_at));
    let awake = ticket.set_aside.is_none();
    let erases = ticket.set_aside.and_then(|aside| aside.erases_at);
    let steps = upcoming(ticket, config).map(|step| step.at).min();
    let leases = ticket.derived.leases.iter().map(|(_, until)| *until).min();
    let offer = ticket.offer.as_ref().map(|offer| offer.until);
    let rules = config.automations().due_at(ticket, config);
    let returns = Unanswered::of(ticket, config).map(|unanswered| unanswered.returns_at);
    let wake_at = [ticket.snoozed_until, closes, reminds, gives_up, returns, steps, offer, rules]
        .into_iter()
        .flatten()
        .filter(|_| awake)
        .chain(erases)
        .chain(leases)
        .min();
    Derived {
        // From 0: the sum of nothing would be -0.
        keyword_points: ticket.keywords.values().fold(0.0, |sum, hit| sum + hit.points),
        insight_points: config.insight_points(ticket.insight.as_ref()),
        urgency,
        next_due_at: tightest.map(|(due, _)| due),
        breached: ticket.sla.is_breached(),
        wake_at,
        failures: ticket.derived.failures,
        leases: ticket.derived.leases.clone(),
    }
}
