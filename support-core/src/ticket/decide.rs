//! Commands become events.
//!
//! [`decide`] is a pure function: a ticket, what is asked of it, and the circumstances give the ticket as it will be
//! and the events that make it so, or the reason why not. It reads no clock, and the ids that it mints come from the
//! circumstances.

mod assign;
mod edit;
mod message;
mod open;
mod wake;

use crate::config::Config;
use crate::error::{EntityKind, Error};
use crate::event::{Audience, Envelope, Event, Stream};
use crate::id::{EventId, Ids, TicketId};
use crate::people::ActorRef;
use crate::sla::TimerMove;
use crate::sla::deadline::derive;
use crate::sla::follow::{Happened, follow, policy_change};
use crate::time::Timestamp;

use super::{Command, Ticket};

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

/// A ticket on its way from one state to the next.
struct Change<'a> {
    before: Option<Ticket>,
    after: Ticket,
    events: Vec<Envelope>,
    circumstances: &'a Circumstances<'a>,
    /// Present instant, but never before the ticket's newest event.
    at: Timestamp,
}

impl<'a> Change<'a> {
    fn of(ticket: &Ticket, circumstances: &'a Circumstances<'a>) -> Self {
        Self {
            before: Some(ticket.clone()),
            after: ticket.clone(),
            events: Vec::new(),
            circumstances,
            at: circumstances.now.max(ticket.updated_at),
        }
    }

    /// Begins with the event that opens a ticket. `None` where it is another event, which cannot be.
    fn begin(id: TicketId, event: Event, circumstances: &'a Circumstances<'a>) -> Option<Self> {
        let at = circumstances.now;
        let mut first = envelope(id, 1, at, event, circumstances);
        let after = Ticket::begin(&first)?;
        first.audience = Audience::of_ticket(first.event.class(), None, &after);
        Some(Self { before: None, after, events: vec![first], circumstances, at })
    }

    fn config(&self) -> &'a Config {
        self.circumstances.config
    }

    /// Lets an event happen.
    fn record(&mut self, event: Event) {
        let (team, assignee) = (self.after.team_id, self.after.assigned_to);
        let seq = self.after.stream_seq + 1;
        let mut envelope = envelope(self.after.id, seq, self.at, event, self.circumstances);
        self.after.evolve(&envelope);
        envelope.audience = Audience {
            class: envelope.event.class(),
            customer: Some(self.after.customer_id),
            team_before: team,
            team_after: self.after.team_id,
            assignee_before: assignee,
            assignee_after: self.after.assigned_to,
        };
        self.events.push(envelope);
    }

    fn carry_out(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Open(_) => Err(Error::refused("ticket_exists", "the ticket exists already")),
            Command::Receive(receive) => self.receive(receive),
            Command::Write(write) => self.write(write),
            Command::Deliver { message, report, answered_since } => {
                self.deliver(message, *report, *answered_since);
                Ok(())
            }
            Command::Edit(edit) => self.edit(edit),
            Command::Move(to) => self.move_by_hand(to),
            Command::Assign(assign) => self.assign(assign),
            Command::Escalate(escalate) => self.escalate(escalate),
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

    /// Lets policy and timers follow what happened, and derives the rest.
    fn settle(mut self) -> Decision {
        if self.events.iter().any(|envelope| asks_for_policy(&envelope.event)) {
            self.apply_policy(false);
        }
        self.move_timers();
        self.after.derived = derive(&self.after, self.config());
        Decision { ticket: self.after, events: self.events }
    }

    /// Puts the policy in force that should be, and tells whether it is another one.
    fn apply_policy(&mut self, by_change: bool) -> bool {
        match policy_change(&self.after, self.config()) {
            Some(applied) => {
                self.record(Event::SlaApplied { applied, by_change });
                true
            }
            None => false,
        }
    }

    fn move_timers(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let happened = Happened::of(self.events.iter().map(|envelope| &envelope.event));
        let moves = follow(self.before.as_ref(), &self.after, happened, self.at, self.config());
        // A timer that ends late was breached, whether or not the worker came to say so.
        for step in &moves {
            if let TimerMove::Ended { metric, .. } = step {
                self.note_breach(*metric);
            }
        }
        if !moves.is_empty() {
            self.record(Event::SlaTimersMoved { moves });
        }
    }

    fn note_breach(&mut self, metric: crate::sla::Metric) {
        let late = self.after.sla.open(metric).and_then(|timer| {
            let due_at = timer.due_at(self.config())?;
            (timer.breached_at.is_none() && due_at < self.at).then_some((timer.cycle, due_at))
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
