//! The event table of the SLA timers: what starts, pauses, resumes and ends each.
//!
//! [`follow`] compares how the ticket stood when the timers followed last with the ticket as it is and says what the
//! timers do. It looks at states, not at commands, so that every way to the same state moves the timers the same way.
//! [`moves_timers`] says which news are worth the look.

use crate::config::Config;
use crate::conversation::Direction;
use crate::event::Event;
use crate::id::TeamId;
use crate::ticket::{SetAside, Status, StatusCategory, Ticket};
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
    /// The newest answer turned out to have failed.
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
                Event::MessageDeliveryChanged { lost: Some(_), .. } => happened.answer_failed = true,
                _ => {}
            }
        }
        happened
    }
}

/// Tells whether an event changes anything that [`follow`] looks at. What only policies look at, such as a priority, is
/// none of it: where it puts another policy in force, that is an event of its own.
#[must_use]
pub const fn moves_timers(event: &Event) -> bool {
    match event {
        Event::TicketCreated { .. }
        | Event::TicketStatusChanged { .. }
        | Event::TicketAssigned { .. }
        | Event::TicketSetAside { .. }
        | Event::TicketErased {}
        | Event::TicketRestored { .. }
        | Event::SlaApplied { .. } => true,
        Event::MessageAdded { asks, answers, .. } => *asks || *answers,
        Event::MessageDeliveryChanged { lost, .. } => lost.is_some(),
        // What the timers did themselves.
        Event::SlaTimersMoved { .. }
        | Event::SlaWarned { .. }
        | Event::SlaBreached { .. }
        | Event::SlaEscalated { .. }
        | Event::SlaActionsRefused { .. } => false,
        // What is told, tried, asked or offered.
        Event::AutomationApplied { .. }
        | Event::AutomationStopped { .. }
        | Event::MacroApplied { .. }
        | Event::TicketNotified { .. }
        | Event::TicketWebhookQueued { .. }
        | Event::TicketReminderReached { .. }
        | Event::TicketValueRevealed { .. }
        | Event::WorkStarted { .. }
        | Event::WorkEnded { .. }
        | Event::WorkReturned { .. }
        | Event::OfferMade { .. }
        | Event::OfferEnded { .. } => false,
        // What the ticket is about, who takes part, and whether it is out of sight, which pauses nothing.
        Event::ConversationOpened { .. }
        | Event::ParticipantAdded { .. }
        | Event::ParticipantRemoved { .. }
        | Event::TicketPriorityChanged { .. }
        | Event::TicketSubjectChanged { .. }
        | Event::TicketCategoryChanged { .. }
        | Event::TicketTagsChanged { .. }
        | Event::TicketFieldsChanged { .. }
        | Event::TicketKeywordsMatched { .. }
        | Event::TicketInsightNoted { .. }
        | Event::TicketEscalated { .. }
        | Event::TicketSkillsRequired { .. }
        | Event::TicketAsksChanged { .. }
        | Event::TicketSnoozed { .. }
        | Event::TicketWoken { .. } => false,
        // No ticket's.
        Event::CustomerCreated {}
        | Event::CustomerChanged { .. }
        | Event::AgentCreated {}
        | Event::AgentChanged { .. }
        | Event::AgentDeactivated {}
        | Event::AgentMissed { .. }
        | Event::AgentTookUp { .. }
        | Event::AgentStatusChanged { .. }
        | Event::ConfigChanged { .. }
        | Event::SignedIn {}
        | Event::SignInRefused {}
        | Event::SignedOut {}
        | Event::PasswordChanged {} => false,
    }
}

/// How a ticket stood, as far as timers compare it.
#[derive(Debug, Clone, Copy)]
pub struct Stood {
    /// Its status.
    pub status: Status,
    /// Its team.
    pub team: Option<TeamId>,
    /// How it was set aside.
    pub set_aside: Option<SetAside>,
}

impl Stood {
    /// Says how a ticket stands.
    #[must_use]
    pub const fn of(ticket: &Ticket) -> Self {
        Self { status: ticket.status, team: ticket.team_id, set_aside: ticket.set_aside }
    }
}

/// Says what the timers of `after` do, given how the ticket stood `before` what happened (`None` when it was just
/// opened).
///
/// A timer that is past its deadline when it ends is `missed`; whether its breach was noticed before does not matter.
#[must_use]
pub fn follow(
    before: Option<Stood>,
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
    before: Option<Stood>,
    after: &'a Ticket,
    happened: Happened,
    now: Timestamp,
    config: &'a Config,
    moves: Vec<TimerMove>,
}

impl Table<'_> {
    fn first_response(&mut self) {
        let metric = Metric::FirstResponse;
        self.response(metric, !self.has_answered());
    }

    fn next_response(&mut self) {
        self.response(Metric::NextResponse, self.has_answered());
    }

    /// Tells whether the desk has had its first word. Where it wrote first, that was it, whatever became of it.
    fn has_answered(&self) -> bool {
        self.after.first_responded_at.is_some() || self.after.direction == Direction::Outbound
    }

    /// A response timer runs while a customer's message waits; `mine` says that this metric is the one that counts.
    fn response(&mut self, metric: Metric, mine: bool) {
        let since = self.after.unanswered_since.filter(|_| mine && self.at_work());
        match (self.open(metric).map(|timer| timer.started_at), since) {
            // What waits now came after the answer.
            (Some(_), Some(since)) if self.happened.answered => {
                self.end(metric, EndReason::Answered);
                self.start(metric, since);
            }
            // What waits now is what the failed answer had answered.
            (Some(started_at), Some(since)) if self.happened.answer_failed && since < started_at => {
                self.end(metric, EndReason::AnswerFailed);
                self.start(metric, since);
            }
            (Some(_), Some(_)) => self.keep_target(metric),
            (Some(_), None) if self.happened.answered => self.end(metric, EndReason::Answered),
            (Some(_), None) if self.happened.answer_failed && self.at_work() => {
                self.end(metric, EndReason::AnswerFailed);
            }
            (Some(_), None) => self.end(metric, self.gone()),
            (None, Some(since)) => {
                let ended = self.after.sla.timer(metric).filter(|timer| timer.started_at == since);
                let answered = ended.is_some_and(|timer| timer.reason == Some(EndReason::Answered));
                let aside = self.restored().filter(|aside| since > aside.at);
                let was_none = self.happened.answer_failed && answered && self.has_target(metric);
                // An answer may have failed while the ticket was aside: an older wait comes back with it then.
                if was_none || ended.is_some() && self.comes_back(metric) {
                    self.reinstate(metric);
                } else {
                    self.start(metric, if aside.is_some() { self.now } else { since });
                }
            }
            (None, None) if self.happened.answer_failed && mine => {
                self.take_back_answer(metric, self.after.unanswered_since);
            }
            (None, None) => {}
        }
    }

    /// The answer failed after the ticket was resolved or set aside: what ran since then was unanswered.
    fn take_back_answer(&mut self, metric: Metric, since: Option<Timestamp>) {
        let answered =
            |timer: &&SlaTimer| timer.reason == Some(EndReason::Answered) && Some(timer.started_at) == since;
        if !self.has_target(metric) {
            return;
        }
        if !self.after.sla.timer(metric).is_some_and(|timer| answered(&timer)) {
            return;
        }
        let Some(timer) = self.reinstate(metric) else { return };
        let elapsed_seconds = timer.elapsed_micros(self.now, self.config) / 1_000_000;
        let (at, outcome, reason) = (self.now, TimerState::Cancelled, self.gone());
        self.moves.push(TimerMove::Ended { metric, at, outcome, reason, elapsed_seconds });
    }

    /// The timer runs from the newest answer that stands. Where that one fails it was no update: the round that began
    /// with it was none, and the next is due from the answer before.
    fn periodic_update(&mut self) {
        let metric = Metric::PeriodicUpdate;
        let since = self.open(metric).map(|timer| timer.started_at);
        let open = since.is_some();
        let no_update = open && since != self.after.sla.answered_at;
        match (open, self.at_work()) {
            (true, _) if self.happened.answered => self.end(metric, EndReason::Answered),
            (true, _) if no_update => self.end(metric, EndReason::AnswerFailed),
            (true, false) => self.end(metric, self.gone()),
            (true, true) => self.keep_target(metric),
            (false, _) if self.happened.answer_failed => {
                self.take_back_answer(metric, self.after.sla.answered_at);
            }
            (false, _) => {}
        }
        if !self.at_work() {
            return;
        }
        if self.happened.answered {
            self.start(metric, self.now);
        } else if !open && self.comes_back(metric) && self.stands(metric) {
            self.reinstate(metric);
        } else if (!open || no_update)
            && let Some(answered) = self.owed_update(no_update)
        {
            self.start(metric, answered);
        }
        let pause = (self.after.status == Status::Pending).then_some(PauseReason::Pending);
        self.pause_or_resume(metric, open && !self.happened.answered, pause);
    }

    /// Tells whether the answer with which the latest round of updates began stands, and nothing was resolved since.
    fn stands(&self, metric: Metric) -> bool {
        let sla = &self.after.sla;
        let from = sla.timer(metric).map(|timer| timer.started_at);
        from == sla.answered_at && from.is_some_and(|from| sla.unresolved_since(from))
    }

    /// Returns since when an update is owed that no timer counts: a policy promises it only now, or what was taken for
    /// the update before failed.
    fn owed_update(&self, failed: bool) -> Option<Timestamp> {
        let sla = &self.after.sla;
        let never = sla.timer(Metric::PeriodicUpdate).is_none_or(|timer| {
            timer.reason == Some(EndReason::PolicyChanged) || self.comes_back(Metric::PeriodicUpdate)
        });
        sla.answered_at.filter(|answered| (never || failed) && sla.unresolved_since(*answered))
    }

    fn queue_pickup(&mut self) {
        let metric = Metric::QueuePickup;
        // A snooze hides work from the queue, and pauses no timer: nobody has it.
        let waiting = self.after.status.category() == StatusCategory::Open
            && self.after.assigned_to.is_none()
            && self.after.set_aside.is_none();
        let moved = self.before.is_some_and(|before| before.team != self.after.team_id);
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
                let sla = &self.after.sla;
                // A team that it came to with somebody who had it counts too: the lap is that of its first team.
                let same_lap = |timer: &SlaTimer| {
                    timer.reason == Some(EndReason::PickedUp) && sla.in_team_since(timer.started_at)
                };
                let continues = self.happened.returned && self.was_open();
                let goes_on = continues && sla.timer(metric).is_some_and(same_lap) && self.has_target(metric);
                if goes_on || self.comes_back(metric) || self.dropped_in_this_wait(metric) {
                    self.reinstate(metric);
                } else {
                    self.start(metric, self.after.sla.waiting_since().unwrap_or(self.now));
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
        } else if self.after.sla.timer(metric).is_some() {
            if self.has_target(metric) {
                self.reinstate(metric);
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
        if self.at_work() { EndReason::LeftQueue } else { self.gone() }
    }

    /// Returns how the ticket was set aside where it comes back now.
    fn restored(&self) -> Option<SetAside> {
        self.before.and_then(|before| before.set_aside).filter(|_| self.after.set_aside.is_none())
    }

    /// Tells whether a timer was cancelled when the ticket was set aside and comes back with it.
    fn comes_back(&self, metric: Metric) -> bool {
        let timer = self.after.sla.timer(metric).filter(|timer| timer.reason == Some(EndReason::SetAside));
        let at = self.restored().map(|aside| aside.at);
        self.has_target(metric) && at.is_some() && timer.is_some_and(|timer| timer.stopped_at == at)
    }

    /// Tells whether a policy dropped a timer in the wait that goes on, and another has a target for it.
    fn dropped_in_this_wait(&self, metric: Metric) -> bool {
        let dropped = |timer: &&SlaTimer| timer.reason == Some(EndReason::PolicyChanged);
        let stopped_at = self.after.sla.timer(metric).filter(dropped).and_then(|timer| timer.stopped_at);
        let since = self.after.sla.waiting_since();
        self.has_target(metric) && stopped_at.zip(since).is_some_and(|(stopped, since)| since <= stopped)
    }

    /// Lets an ended timer run on, under the policy in force. Answers it as it is then.
    fn reinstate(&mut self, metric: Metric) -> Option<SlaTimer> {
        let step = TimerMove::Reinstated { metric };
        self.moves.push(step);
        let mut ledger = self.after.sla.clone();
        ledger.follow(&step, self.now, self.after.team_id, self.after.assigned_to);
        let timer = ledger.open(metric)?.clone();
        if timer.breached_at.is_some() && !timer.is_late(self.now, self.config) {
            self.moves.push(TimerMove::Relieved { metric });
        }
        Some(timer)
    }

    fn start(&mut self, metric: Metric, at: Timestamp) {
        if self.has_target(metric) {
            self.moves.push(TimerMove::Started { metric, at });
        }
    }

    /// Keeps an open timer, or ends it where the policy in force does not know it.
    fn keep_target(&mut self, metric: Metric) {
        if self.has_target(metric) {
            self.relieve(metric);
        } else {
            self.end(metric, EndReason::PolicyChanged);
        }
    }

    /// Takes the breach from an open timer that is not late by its present target.
    fn relieve(&mut self, metric: Metric) {
        let relieved =
            |timer: &SlaTimer| timer.breached_at.is_some() && !timer.is_late(self.now, self.config);
        if self.open(metric).is_some_and(relieved) {
            self.moves.push(TimerMove::Relieved { metric });
        }
    }

    fn end(&mut self, metric: Metric, reason: EndReason) {
        self.relieve(metric);
        let Some(timer) = self.open(metric) else { return };
        let elapsed = timer.elapsed_micros(self.now, self.config);
        let target = timer.target_micros();
        let outcome = match reason {
            EndReason::Answered | EndReason::PickedUp => judged(elapsed, target),
            EndReason::Resolved if metric == Metric::Resolution => judged(elapsed, target),
            EndReason::Resolved
            | EndReason::TeamChanged
            | EndReason::LeftQueue
            | EndReason::SetAside
            | EndReason::PolicyChanged
            | EndReason::AnswerFailed => TimerState::Cancelled,
        };
        let elapsed_seconds = elapsed / 1_000_000;
        self.moves.push(TimerMove::Ended { metric, at: self.now, outcome, reason, elapsed_seconds });
    }

    /// Brings an open timer to stand still for `wanted`, or to count. `open` is whether it was open before the moves
    /// that are already listed; a timer that starts or is reinstated by them counts.
    fn pause_or_resume(&mut self, metric: Metric, open: bool, wanted: Option<PauseReason>) {
        let ended = |m: &TimerMove| matches!(m, TimerMove::Ended { metric: of, .. } if *of == metric);
        let begun = |m: &TimerMove| matches!(m, TimerMove::Started { metric: of, .. } | TimerMove::Reinstated { metric: of, .. } if *of == metric);
        let last = self.moves.iter().rev().find(|m| begun(m) || ended(m));
        let begins = last.is_some_and(begun);
        if !begins && (!open || last.is_some()) {
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
