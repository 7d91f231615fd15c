//! Commands become events.
//!
//! [`decide`] is a pure function: a ticket, what is asked of it, and the circumstances give the ticket as it will be
//! and the events that make it so, or the reason why not. It reads no clock, and the ids that it mints come from the
//! circumstances.

mod act;
mod assign;
mod edit;
mod message;
mod offer;
mod open;
mod react;
mod wake;

use std::collections::BTreeMap;

use crate::automation::Was;
use crate::config::Config;
use crate::error::{EntityKind, Error};
use crate::event::{Audience, Envelope, Event, Stream};
use crate::id::{EventId, Ids, OutboxId, TeamId, TicketId};
use crate::people::ActorRef;
use crate::sla::deadline::{DueKind, derive};
use crate::sla::follow::{Happened, Stood, follow, moves_timers, policy_change};
use crate::sla::{ConfigRef, Metric, TimerMove};
use crate::store::Text;
use crate::time::Timestamp;

use super::{Command, Status, Ticket, command};
use act::Cause;
use react::Reaction;
pub(crate) use react::go_on_quietly;
pub use react::{rehearse, rehearse_in_time};

/// Who asks, when, and under which configuration.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Who asks.
    pub actor: ActorRef,
    /// Present instant.
    pub now: Timestamp,
    /// Where new ids come from.
    pub ids: &'a dyn Ids,
    /// Configuration in force.
    pub config: &'a Config,
}

/// What was decided: the ticket as it will be, and the events that make it so. Without events nothing changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The ticket after the events, with everything derived.
    pub ticket: Ticket,
    /// What happens, in order.
    pub events: Vec<Envelope>,
    /// Texts that rules wrote: what events name and nobody stored yet.
    pub texts: Vec<Text>,
}

/// Decides commands that are carried out together, in order.
///
/// `state` is the ticket as it is, or `None` for the one that [`Command::Open`] opens.
///
/// # Errors
/// `NotFound` where there is no ticket and the first command does not open one; `Refused` and `Invalid` where a rule
/// or a value stops a command. Nothing happens then.
pub fn decide(
    state: Option<&Ticket>,
    commands: &[Command],
    circumstances: &Circumstances<'_>,
) -> Result<Decision, Error> {
    let (mut change, rest) = match (state, commands) {
        (Some(ticket), commands) => (Change::of(ticket, circumstances), commands),
        (None, [Command::Open(open), rest @ ..]) => (open::open(open, circumstances)?, rest),
        (None, _) => return Err(Error::NotFound(EntityKind::Ticket)),
    };
    for command in rest {
        change.carry_out(command)?;
    }
    Ok(change.settle())
}

#[cfg(test)]
thread_local! {
    /// Whether timers follow all news, also such as can move none: what the laws compare with.
    pub(super) static FOLLOWS_ALL: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A ticket on its way from one state to the next.
struct Change<'a> {
    /// How the ticket stood when the timers followed last; nothing where it was opened since.
    before: Option<Stood>,
    after: Ticket,
    events: Vec<Envelope>,
    /// How many of the events the timers have followed.
    followed: usize,
    circumstances: &'a Circumstances<'a>,
    /// Present instant, but never before the ticket's newest event.
    at: Timestamp,
    /// On whose account things happen now.
    cause: Cause,
    /// Texts that rules wrote.
    texts: Vec<Text>,
    /// Where the automations stand.
    reaction: Reaction,
    /// Of a ticket that is opened: the teams whose queue is full, with where to instead.
    full: BTreeMap<TeamId, TeamId>,
}

impl<'a> Change<'a> {
    fn of(ticket: &Ticket, circumstances: &'a Circumstances<'a>) -> Self {
        Self {
            before: Some(Stood::of(ticket)),
            after: ticket.clone(),
            events: Vec::new(),
            followed: 0,
            circumstances,
            at: circumstances.now.max(ticket.updated_at),
            cause: Cause::Asked,
            texts: Vec::new(),
            reaction: Reaction::of(Some(Was::of(ticket))),
            full: BTreeMap::new(),
        }
    }

    /// Begins with the event that opens a ticket. `None` where it is another event, which cannot be.
    fn begin(id: TicketId, event: Event, circumstances: &'a Circumstances<'a>) -> Option<Self> {
        let at = circumstances.now;
        let mut first = envelope(id, 1, at, event, circumstances);
        let after = Ticket::begin(&first)?;
        first.audience = Audience::of_ticket(first.event.class(), None, &after);
        Some(Self {
            before: None,
            after,
            events: vec![first],
            followed: 0,
            circumstances,
            at,
            cause: Cause::Asked,
            texts: Vec::new(),
            reaction: Reaction::of(None),
            full: BTreeMap::new(),
        })
    }

    fn config(&self) -> &'a Config {
        self.circumstances.config
    }

    /// Names who acts: a rule where one does it, else who asked.
    fn acting(&self) -> ActorRef {
        self.cause.actor().unwrap_or(self.circumstances.actor)
    }

    /// Lets an event happen.
    fn record(&mut self, event: Event) {
        // Who is offered the work hears of it as its owner would.
        let (team, assignee) = (self.after.team_id, self.after.holder());
        let seq = self.after.stream_seq + 1;
        let mut envelope = envelope(self.after.id, seq, self.at, event, self.circumstances);
        envelope.actor = self.acting();
        self.after.evolve(&envelope);
        envelope.audience = Audience {
            class: envelope.event.class(),
            customer: Some(self.after.customer_id),
            team_before: team,
            team_after: self.after.team_id,
            assignee_before: assignee,
            assignee_after: self.after.holder(),
        };
        self.events.push(envelope);
    }

    /// Lets an event happen on somebody's account.
    fn record_as(&mut self, cause: Cause, event: Event) {
        let caused = std::mem::replace(&mut self.cause, cause);
        self.record(event);
        self.cause = caused;
    }

    fn carry_out(&mut self, command: &Command) -> Result<(), Error> {
        self.close_if_due();
        if !matches!(command, Command::Wake | Command::Deliver { .. } | Command::Reconfigure { .. }) {
            self.refuse_if_erased()?;
        }
        match command {
            Command::Open(_) => Err(Error::refused("ticket_exists", "the ticket exists already")),
            Command::Receive(receive) => self.receive(receive),
            Command::Write(write) => self.write(write),
            Command::Deliver { message, report, unanswered } => {
                self.deliver(message, *report, *unanswered);
                Ok(())
            }
            Command::Edit(edit) => self.edit(edit),
            Command::Move(to) => self.move_by_hand(to),
            Command::Assign(assign) => self.assign(assign),
            Command::GiveBack(because) => self.give_back(*because),
            Command::MakeOffer(offer) => self.make_offer(offer),
            Command::AnswerOffer(answer) => self.answer_offer(answer),
            Command::WithdrawOffer => {
                self.withdraw_offer();
                Ok(())
            }
            Command::Escalate(escalate) => self.escalate(escalate),
            Command::RequireSkills(skills) => self.require_skills(skills),
            Command::Notify(notice) => {
                self.record(Event::TicketNotified { to: notice.to.clone(), about: notice.about.clone() });
                Ok(())
            }
            Command::CallWebhook(endpoint_id) => {
                let outbox_id = OutboxId::mint(self.circumstances.ids, self.at);
                self.record(Event::TicketWebhookQueued { outbox_id, endpoint_id: *endpoint_id });
                Ok(())
            }
            Command::Reveal(command::Reveal { text, token, reason }) => {
                let (text, token, reason) = (*text, *token, *reason);
                self.record(Event::TicketValueRevealed { text, token, reason });
                Ok(())
            }
            Command::Snooze(until) => self.snooze(*until),
            Command::SetAside { kind, merged_into } => self.set_aside(*kind, *merged_into),
            Command::Restore => self.restore(),
            Command::AddParticipant(participant) => {
                if self.after.participants.iter().all(|p| p.party != participant.party) {
                    self.record(Event::ParticipantAdded { participant: *participant });
                }
                Ok(())
            }
            Command::Handle { agent, until } => {
                self.handle(*agent, *until);
                Ok(())
            }
            Command::Wake => {
                self.wake();
                Ok(())
            }
            Command::Reconfigure { keywords } => {
                self.reconfigure(keywords.as_ref());
                Ok(())
            }
        }
    }

    /// Lets rules, policy and timers follow what happened, and derives the rest.
    fn settle(mut self) -> Decision {
        loop {
            // Before policy and timers: a team that a rule chooses is the ticket's from the start.
            self.react();
            self.make_room();
            self.settle_offer();
            let asks = self.events.iter().any(|envelope| asks_for_policy(&envelope.event));
            if asks && self.after.status != Status::Closed {
                self.change_policy(false);
            }
            self.move_timers();
            // A breach that is noted with the end of its timer wakes rules too.
            if self.news().is_none() {
                break;
            }
        }
        self.after.derived = derive(&self.after, self.config());
        Decision { ticket: self.after, events: self.events, texts: self.texts }
    }

    /// Puts the policy in force that should be.
    ///
    /// Deadlines that another policy or calendar puts in the past are breached with that cause, and their ladder and
    /// the automations about them are passed over, unless the changed version says otherwise: nobody was late until it
    /// was changed. Other targets of
    /// the same policy, for another priority, are what the policy promised all along.
    fn change_policy(&mut self, by_change: bool) {
        let Some(applied) = policy_change(&self.after, self.config()) else { return };
        // What was late before the change is not its doing.
        for metric in Metric::ALL {
            self.note_breach(*metric);
        }
        let had = self.after.sla.applied.as_ref();
        let news: Vec<ConfigRef> = applied.iter().flat_map(|applied| applied.news(had)).collect();
        // A ticket that comes under another policy by what happens to it is none that the policy's editor meant.
        let edited = by_change || had.zip(applied.as_ref()).is_some_and(|(a, b)| a.policy.id == b.policy.id);
        let fires = edited && news.iter().any(|version| self.config().fires_ladders(*version));
        let other = !news.is_empty() && self.before.is_some();
        let passes = by_change || other;
        let behind = if passes && !fires { self.points_behind() } else { BTreeMap::new() };
        self.record(Event::SlaApplied { applied, by_change });
        self.move_timers();
        if passes {
            self.pass_over_past_steps(|step| !fires || step.what == DueKind::Breach);
        }
        if passes && !fires {
            self.pass_over_points(&behind, |_| true);
        }
        if fires {
            self.climb();
        }
    }

    /// Lets the timers follow what happened since they did so last, where any of it can move one. What happens later is
    /// compared with the ticket as it is now.
    fn move_timers(&mut self) {
        let news = self.events.get(self.followed..).unwrap_or_default();
        let moves_any = news.iter().any(|envelope| moves_timers(&envelope.event));
        #[cfg(test)]
        let moves_any = moves_any || !news.is_empty() && FOLLOWS_ALL.get();
        if !moves_any {
            self.followed = self.events.len();
            return;
        }
        let happened = Happened::of(news.iter().map(|envelope| &envelope.event));
        let moves = follow(self.before, &self.after, happened, self.at, self.config());
        // A timer that ends or pauses late was breached, whether or not the worker came to say so.
        for step in &moves {
            if let TimerMove::Ended { metric, .. } | TimerMove::Paused { metric, .. } = step {
                self.note_breach(*metric);
            }
        }
        // A timer that runs on under another policy than it ended under meets a ladder that is new to it.
        let policy = self.after.sla.applied.as_ref().map(|applied| applied.policy);
        let changed = |metric: &Metric| self.after.sla.timer(*metric).map(|timer| timer.policy) != policy;
        let met_anew: Vec<Metric> = moves.iter().filter_map(reinstated).filter(changed).collect();
        if !moves.is_empty() {
            self.record(Event::SlaTimersMoved { moves });
        }
        if !met_anew.is_empty() {
            self.pass_over_past_steps(|step| met_anew.contains(&step.metric));
            self.pass_over_points(&BTreeMap::new(), |metric| met_anew.contains(&metric));
        }
        self.followed = self.events.len();
        self.before = Some(Stood::of(&self.after));
    }

    fn note_breach(&mut self, metric: Metric) {
        let late = self.after.sla.open(metric).and_then(|timer| {
            let due_at = timer.due_at(self.config())?;
            let unnoticed = timer.breached_at.is_none() && timer.is_late(self.at, self.config());
            unnoticed.then_some((timer.cycle, due_at))
        });
        if let Some((cycle, due_at)) = late {
            self.record(Event::SlaBreached { metric, cycle, due_at, policy_change: false });
        }
    }
}

fn envelope(
    id: TicketId,
    seq: u64,
    at: Timestamp,
    event: Event,
    circumstances: &Circumstances<'_>,
) -> Envelope {
    Envelope {
        id: EventId::mint(circumstances.ids, at),
        stream: Stream::Ticket(id),
        stream_seq: seq,
        at,
        actor: circumstances.actor,
        audience: Audience::of_tenant(event.class()),
        event,
    }
}

const fn reinstated(step: &TimerMove) -> Option<Metric> {
    match step {
        TimerMove::Reinstated { metric } => Some(*metric),
        _ => None,
    }
}

/// Tells whether an event changes what policies look at. A priority raised by a ladder does not: its running targets
/// stay.
const fn asks_for_policy(event: &Event) -> bool {
    matches!(
        event,
        Event::TicketCreated { .. }
            | Event::TicketPriorityChanged { by_escalation: false, .. }
            | Event::TicketTagsChanged { .. }
            | Event::TicketInsightNoted { .. }
            | Event::TicketAssigned { .. }
    )
}
