//! What holds after every step of every scenario.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Envelope, Event};
use crate::id::{AgentId, TeamId};
use crate::people::ActorRef;
use crate::scoring::{MAX_RESTS, ScoreInputs, total};
use crate::sla::deadline::derive;
use crate::sla::follow::policy_change;
use crate::sla::{Metric, PauseReason, SlaTimer, TimerMove, TimerState};
use crate::ticket::{Circumstances, Command, Decision, Derived, Status, Ticket, decide};
use crate::time::Timestamp;

use super::desk::Counter;
use super::scenario::Scenario;

/// Events after which an editor must look again.
const OWN_FIELDS: &[&str] = &[
    "participant.added",
    "participant.removed",
    "ticket.status_changed",
    "ticket.assigned",
    "ticket.priority_changed",
    "ticket.subject_changed",
    "ticket.category_changed",
    "ticket.tags_changed",
    "ticket.fields_changed",
    "ticket.escalated",
    "ticket.skills_required",
    "ticket.snoozed",
    "ticket.woken",
    "ticket.set_aside",
    "ticket.erased",
    "ticket.restored",
];

/// Checks a scenario of which `before` was the ticket before the latest command.
pub(super) fn check(scenario: &Scenario, before: Option<&Ticket>) {
    let ticket = scenario.ticket();
    stored_is_the_fold(ticket, &scenario.events);
    if let Some(before) = before.filter(|before| before.updated_at < ticket.updated_at) {
        let then = Ticket::fold(&scenario.events, before.updated_at);
        assert_eq!(then, Some(plain(before)), "the fold stopped early is the ticket as it was");
    }
    events_are_in_order(ticket, &scenario.events);
    assert_eq!(ticket.derived, derive(ticket, &scenario.config), "derived is what is derived");
    for timer in &ticket.sla.timers {
        sound_timer(timer, scenario);
    }
    every_second_is_what_the_ticket_was(scenario);
    the_policy_is_the_one_that_it_asks_for(scenario, before);
    each_metric_has_its_calendar(scenario);
    each_step_happens_once(&scenario.events);
    timers_open_and_end_in_turn(ticket, &scenario.events);
    offers_end_once(ticket, &scenario.events);
    waking_is_exact(scenario);
    score_is_finite(ticket, scenario);
    urgency_rises_with_what_counts(ticket, scenario);
}

/// An offer begins where none is open, ends once, and is open only while the work waits.
fn offers_end_once(ticket: &Ticket, events: &[Envelope]) {
    let mut open = None;
    for envelope in events {
        match &envelope.event {
            Event::OfferMade { offer_id, .. } => assert_eq!(open.replace(*offer_id), None, "one at a time"),
            Event::OfferEnded { offer_id, .. } => {
                assert_eq!(open.take(), Some(*offer_id), "ends what is open")
            }
            _ => {}
        }
    }
    assert_eq!(open, ticket.offer.as_ref().map(|offer| offer.id));
    assert!(open.is_none() || ticket.is_waiting(), "on offer, so it waits");
}

fn plain(ticket: &Ticket) -> Ticket {
    Ticket { derived: Derived::default(), ..ticket.clone() }
}

fn stored_is_the_fold(ticket: &Ticket, events: &[Envelope]) {
    assert_eq!(
        Ticket::fold(events, Timestamp::MAX),
        Some(plain(ticket)),
        "the ticket is the fold of its events"
    );
    let stored: Ticket = serde_json::from_value(serde_json::to_value(ticket).unwrap()).unwrap();
    assert_eq!(&stored, ticket, "the ticket survives being stored");
}

fn events_are_in_order(ticket: &Ticket, events: &[Envelope]) {
    for (seq, envelope) in (1..).zip(events) {
        assert_eq!(envelope.stream_seq, seq, "the sequence has no gaps");
    }
    assert_eq!(ticket.stream_seq, events.len() as u64);
    assert!(events.is_sorted_by_key(|envelope| envelope.at), "time never runs backwards");
    assert_eq!(Some(ticket.updated_at), events.last().map(|envelope| envelope.at));
    let own = events.iter().filter(|envelope| OWN_FIELDS.contains(&envelope.event.name())).count();
    assert_eq!(ticket.version, 1 + own as u64, "the version counts changes of own fields");
    for envelope in events {
        match &envelope.event {
            Event::TicketStatusChanged { from, to, .. } => assert_ne!(from, to, "a change changes"),
            Event::TicketPriorityChanged { from, to, .. } => assert_ne!(from, to, "a change changes"),
            Event::TicketSubjectChanged { from, to } => assert_ne!(from, to, "a change changes"),
            Event::TicketTagsChanged { added, removed } => {
                assert!(added.len() + removed.len() > 0, "a change changes");
            }
            _ => {}
        }
    }
}

fn sound_timer(timer: &SlaTimer, scenario: &Scenario) {
    let SlaTimer { metric, state, segments, .. } = timer;
    let took_time = timer.stopped_at.is_none_or(|stopped| stopped > timer.started_at);
    assert_eq!(segments.first().map(|s| s.from), took_time.then_some(timer.started_at), "{metric}");
    let in_order = segments.is_sorted_by(|one, next| one.from < next.from);
    assert!(in_order, "segments of {metric} are in order");
    match state {
        TimerState::Running => assert_eq!(segments.last().unwrap().paused, None, "{metric}"),
        TimerState::Paused => assert!(segments.last().unwrap().paused.is_some(), "{metric}"),
        TimerState::Met | TimerState::Missed | TimerState::Cancelled => {
            let stopped = timer.stopped_at.unwrap();
            let ends_later = segments.last().is_none_or(|last| stopped > last.from);
            assert!(ends_later && timer.reason.is_some(), "{metric}");
        }
    }
    assert_eq!(timer.stopped_at.is_none(), state.is_open(), "{metric}");
    let elapsed = counted(timer, scenario.now, scenario);
    let target = timer.target_seconds as i64 * 1_000_000;
    match state {
        TimerState::Met => {
            assert!(elapsed <= target, "{metric} was met in time");
            assert_eq!(timer.breached_at, None, "{metric} is not both breached and met");
        }
        TimerState::Missed => {
            assert!(elapsed > target, "{metric} was missed late");
            assert!(timer.breached_at.is_some(), "{metric} is breached where it was missed");
        }
        TimerState::Running | TimerState::Paused => {
            // Notice may be late, but what was noticed is so.
            assert!(
                timer.breached_at.is_none() || elapsed > target,
                "{metric} is breached only where it is late"
            );
        }
        TimerState::Cancelled => {}
    }
    if !state.is_open() {
        assert_eq!(
            recorded(*metric, scenario),
            Some((*state, elapsed / 1_000_000)),
            "{metric} as it was judged"
        );
    }
    for (at, step) in timer.steps_taken.iter().enumerate() {
        let again = timer.steps_taken[..at].iter().any(|s| (s.policy, s.step) == (step.policy, step.step));
        assert!(!again, "each step of {metric} is taken once");
    }
}

/// Each step of a ladder happens once a cycle, whatever slept, changed, was edited or was reopened meanwhile, and once
/// it has happened no change passes it over. A breach happens once, until another target puts the deadline ahead.
fn each_step_happens_once(events: &[Envelope]) {
    let mut taken = BTreeSet::new();
    let mut breached = BTreeSet::new();
    let mut ticket = Ticket::begin(&events[0]).unwrap();
    for envelope in &events[1..] {
        match &envelope.event {
            Event::SlaWarned { metric, cycle, step, policy_change, .. }
            | Event::SlaEscalated { metric, cycle, step, policy_change, .. } => {
                let policy = ticket.sla.open(*metric).unwrap().policy.id;
                let which = (*metric, *cycle, policy, format!("{step:?}"));
                if *policy_change {
                    assert!(!taken.contains(&which), "a step of {metric} that was taken is passed over");
                } else {
                    assert!(taken.insert(which), "step {step:?} of {metric} happened twice");
                }
            }
            Event::SlaBreached { metric, cycle, .. } => {
                assert!(breached.insert((*metric, *cycle)), "{metric} breached twice");
            }
            Event::SlaTimersMoved { moves } => {
                for step in moves {
                    if let TimerMove::Relieved { metric } = step {
                        breached.remove(&(*metric, ticket.sla.timer(*metric).unwrap().cycle));
                    }
                }
            }
            _ => {}
        }
        ticket.evolve(envelope);
    }
}

/// Recomputes every timer from what happened to the ticket, without the ledger: what it was in each stretch between two
/// events says whether a timer counted in it, why not, and in whose hands.
fn every_second_is_what_the_ticket_was(scenario: &Scenario) {
    let mut lives: Vec<(Timestamp, Life)> = Vec::new();
    let mut fold: Option<Ticket> = None;
    for envelope in &scenario.events {
        match &mut fold {
            None => fold = Ticket::begin(envelope),
            Some(ticket) => ticket.evolve(envelope),
        }
        let ticket = fold.as_ref().unwrap();
        lives.push((envelope.at, Life::of(ticket)));
    }
    let ticket = scenario.ticket();
    let now = scenario.now.max(ticket.updated_at);
    let ends = lives.iter().skip(1).map(|(at, _)| *at).chain([Timestamp::MAX]);
    let lives: Vec<(Timestamp, Timestamp, Life)> = lives
        .iter()
        .zip(ends)
        .map(|((from, life), to)| (*from, to, *life))
        .filter(|(from, to, _)| from < to)
        .collect();
    for timer in &ticket.sla.timers {
        let SlaTimer { metric, started_at, .. } = timer;
        let ended = timer.stopped_at.unwrap_or(now);
        let pause_on_hold = ticket.sla.applied.as_ref().is_some_and(|applied| applied.pause_on_hold);
        let mut elapsed = 0;
        for (from, to, life) in &lives {
            let (from, to) = ((*from).max(*started_at), (*to).min(ended));
            if from >= to {
                continue;
            }
            let segment = timer.segments.iter().rev().find(|segment| segment.from <= from).unwrap();
            let until = timer.segments.iter().map(|s| s.from).find(|next| *next > from).unwrap_or(ended);
            assert!(
                until >= to || timer.segments.iter().any(|s| s.from == to),
                "{metric}: a segment ends with its stretch"
            );
            assert_eq!((segment.team, segment.agent), (life.team, life.agent), "{metric} at {from}: whose");
            // An ended timer stays as it was judged, by the rule about holding that was in force then.
            let judged = !timer.state.is_open() && life.status == Status::OnHold;
            if !judged {
                assert_eq!(segment.paused, life.pauses(*metric, pause_on_hold), "{metric} at {from}: why");
            }
            if segment.paused.is_none() {
                elapsed +=
                    scenario.config.calendar(timer.calendar).elapsed_micros(from, to, &Default::default());
            }
        }
        assert_eq!(
            elapsed,
            timer.elapsed_micros(now, &scenario.config),
            "{metric}: the sum of its stretches"
        );
    }
}

/// What policies look at changes no ticket without its policy.
fn the_policy_is_the_one_that_it_asks_for(scenario: &Scenario, before: Option<&Ticket>) {
    let ticket = scenario.ticket();
    let asks = |ticket: &Ticket| {
        let tier = ticket.insight.as_ref().and_then(|insight| insight.tier.clone());
        (tier, ticket.tags.clone(), ticket.team_id, ticket.promised_priority())
    };
    if ticket.status == Status::Closed || before.is_some_and(|before| asks(before) == asks(ticket)) {
        return;
    }
    assert_eq!(policy_change(ticket, &scenario.config), None, "another policy is for it");
}

/// A metric's own calendar counts before the policy's, and `null` is all hours.
fn each_metric_has_its_calendar(scenario: &Scenario) {
    let (ticket, config) = (scenario.ticket(), &scenario.config);
    let Some(applied) = &ticket.sla.applied else { return };
    let spec = config.policy(applied.policy).unwrap();
    for target in &applied.targets {
        let metric = target.metric;
        let named = match spec.targets[&metric].calendar_id {
            Some(own) => own,
            None => spec.calendar_id,
        };
        // One that was taken out of force counts only where it counted before.
        let counts = target.calendar.map(|calendar| calendar.id);
        let gone = named.is_some_and(|id| config.calendar_in_force(id).is_none());
        assert!(counts == named || gone && counts.is_none(), "{metric}: {counts:?}");
        let timer = ticket.sla.open(metric).filter(|timer| timer.policy == applied.policy);
        assert!(timer.is_none_or(|timer| timer.calendar == target.calendar), "{metric}: {timer:?}");
    }
}

/// What a ticket is between two events, as far as timers care.
#[derive(Clone, Copy)]
struct Life {
    status: Status,
    aside: bool,
    team: Option<TeamId>,
    agent: Option<AgentId>,
}

impl Life {
    fn of(ticket: &Ticket) -> Self {
        let (status, aside) = (ticket.status, ticket.set_aside.is_some());
        Self { status, aside, team: ticket.team_id, agent: ticket.assigned_to }
    }

    /// The rules of the timers, one by one.
    fn pauses(self, metric: Metric, pause_on_hold: bool) -> Option<PauseReason> {
        let resolved = matches!(self.status, Status::Resolved | Status::Closed);
        let pending = self.status == Status::Pending;
        let held = self.status == Status::OnHold && pause_on_hold;
        match metric {
            _ if self.aside => Some(PauseReason::SetAside),
            Metric::QueuePickup if self.agent.is_some() => Some(PauseReason::Handled),
            Metric::Resolution | Metric::QueuePickup if resolved => Some(PauseReason::Resolved),
            Metric::Resolution | Metric::PeriodicUpdate | Metric::QueuePickup if pending => {
                Some(PauseReason::Pending)
            }
            Metric::QueuePickup if self.status == Status::OnHold => Some(PauseReason::OnHold),
            Metric::Resolution if held => Some(PauseReason::OnHold),
            _ => None,
        }
    }
}

/// How the timer ended last, as its event says it.
fn recorded(metric: Metric, scenario: &Scenario) -> Option<(TimerState, i64)> {
    let ended = |step: &TimerMove| match *step {
        TimerMove::Ended { metric: of, outcome, elapsed_seconds, .. } if of == metric => {
            Some((outcome, elapsed_seconds))
        }
        _ => None,
    };
    scenario.events.iter().rev().find_map(|envelope| match &envelope.event {
        Event::SlaTimersMoved { moves } => moves.iter().rev().find_map(ended),
        _ => None,
    })
}

/// Counts a timer's running segments one by one.
fn counted(timer: &SlaTimer, now: Timestamp, scenario: &Scenario) -> i64 {
    let calendar = scenario.config.calendar(timer.calendar);
    let end = timer.stopped_at.unwrap_or(now.max(scenario.ticket().updated_at));
    let ends = timer.segments.iter().skip(1).map(|s| s.from).chain([end]);
    let running = timer.segments.iter().zip(ends).filter(|(segment, _)| segment.paused.is_none());
    running.map(|(s, to)| calendar.elapsed_micros(s.from, to, &Default::default())).sum()
}

/// Follows the timers by their moves alone: at most one is open a metric, and only an open one pauses or ends.
fn timers_open_and_end_in_turn(ticket: &Ticket, events: &[Envelope]) {
    let mut life: BTreeMap<Metric, (u32, bool)> = BTreeMap::new();
    for envelope in events {
        let Event::SlaTimersMoved { moves } = &envelope.event else { continue };
        for step in moves {
            match *step {
                TimerMove::Started { metric, at } => {
                    let (cycle, open) = life.entry(metric).or_default();
                    assert!(!*open, "{metric} starts while it is open");
                    assert!(at <= envelope.at);
                    (*cycle, *open) = (*cycle + 1, true);
                }
                TimerMove::Ended { metric, at, outcome, .. } => {
                    let (_, open) = life.entry(metric).or_default();
                    assert!(*open, "{metric} ends while it is not open");
                    assert!(at <= envelope.at && !outcome.is_open());
                    *open = false;
                }
                TimerMove::Reinstated { metric, .. } => {
                    let (cycle, open) = life.entry(metric).or_default();
                    assert!(!*open && *cycle > 0, "{metric} runs on while it is open");
                    *open = true;
                }
                TimerMove::Paused { metric, .. }
                | TimerMove::Resumed { metric }
                | TimerMove::Relieved { metric }
                | TimerMove::PassedOver { metric, .. } => {
                    assert!(life.get(&metric).is_some_and(|(_, open)| *open), "{metric} is not open");
                }
            }
        }
    }
    let folded: BTreeMap<Metric, (u32, bool)> =
        ticket.sla.timers.iter().map(|t| (t.metric, (t.cycle, t.state.is_open()))).collect();
    assert_eq!(folded, life, "the ledger is the fold of its moves");
    assert_eq!(ticket.sla.timers.len(), folded.len(), "one timer a metric");
}

/// A wake-up does something exactly where it is due, and all of it.
fn waking_is_exact(scenario: &Scenario) {
    let ticket = scenario.ticket();
    let now = scenario.now.max(ticket.updated_at);
    let wake = |ticket: &Ticket| -> Decision {
        let ids = Counter::from(1 << 40);
        let config = &scenario.config;
        let circumstances = Circumstances { actor: ActorRef::SYSTEM, now, ids: &ids, config };
        decide(Some(ticket), &[Command::Wake], &circumstances).unwrap()
    };
    let woken = wake(ticket);
    let due = ticket.derived.wake_at.is_some_and(|at| at <= now);
    assert_eq!(
        !woken.events.is_empty(),
        due,
        "woken {:?} at {now}: {:?}",
        ticket.derived.wake_at,
        woken.events
    );
    if !due {
        assert_eq!(&woken.ticket, ticket, "a wake-up with nothing due changes nothing");
        return;
    }
    // Only a lap that this wake-up began or let go on, or other targets, for a priority that a rule has raised, may ask
    // for another one at once.
    let goes = |step: &TimerMove| {
        matches!(step, TimerMove::Started { .. } | TimerMove::Resumed { .. } | TimerMove::Reinstated { .. })
    };
    let began = |envelope: &Envelope| match &envelope.event {
        Event::SlaTimersMoved { moves } => moves.iter().any(goes),
        Event::SlaApplied { .. } => true,
        _ => false,
    };
    let mut latest = woken;
    for _ in 0..4 {
        let again = wake(&latest.ticket);
        if !latest.events.iter().any(began) {
            assert_eq!(again.events, [], "nothing fires twice");
        }
        latest = again;
    }
    assert_eq!(latest.events, [], "waking comes to an end");
}

fn score_is_finite(ticket: &Ticket, scenario: &Scenario) {
    let derived = &ticket.derived;
    assert!(derived.keyword_points.is_finite() && derived.insight_points.is_finite());
    let inputs = ScoreInputs {
        priority: ticket.priority,
        live: false,
        waiting_since: Some(ticket.work.since),
        keyword_points: derived.keyword_points,
        insight_points: derived.insight_points,
        urgency: derived.urgency.as_ref(),
    };
    assert!(total(&scenario.config.settings.weights, &inputs, scenario.now).is_finite());
}

/// The share of the last half that has counted, as the calendar tells it, is what urgency says at every instant.
fn urgency_rises_with_what_counts(ticket: &Ticket, scenario: &Scenario) {
    let Some(urgency) = &ticket.derived.urgency else { return };
    let ends = urgency.rests.iter().flat_map(|rest| [rest.from, rest.to]);
    assert!([urgency.from].into_iter().chain(ends).chain([urgency.due]).is_sorted(), "{urgency:?}");
    assert_eq!(Some(urgency.due), ticket.derived.next_due_at);
    if urgency.rests.len() == MAX_RESTS {
        return;
    }
    let running = ticket.sla.timers.iter().filter(|timer| timer.state == TimerState::Running);
    let tightest = running.filter(|timer| timer.due_at(&scenario.config) == Some(urgency.due));
    let length = urgency.due.micros_since(urgency.from);
    let close = tightest.map(|timer| {
        let calendar = scenario.config.calendar(timer.calendar);
        let used = |now| calendar.elapsed_micros(timer.started_at, now, &timer.standstill()) as f64 / 1e6;
        let half = (timer.target_seconds / 2) as f64;
        (0..=7).map(|part| urgency.from.plus_micros(length / 7 * part)).all(|now| {
            let counted = (used(now) - half) / (timer.target_seconds as f64 - half);
            now >= urgency.due || (urgency.share_at(now) - counted).abs() < 1e-9
        })
    });
    // Two timers may be due at one instant.
    assert!(close.fold(false, |any, close| any | close), "{urgency:?}");
}
