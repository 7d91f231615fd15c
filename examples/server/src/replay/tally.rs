//! What the desk's log tells while a replay goes on: the figures that no record keeps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use support_core::conversation::Visibility;
use support_core::event::{Envelope, Event, Stream};
use support_core::id::{AgentId, TicketId};
use support_core::sla::{Metric, TimerMove, TimerState};
use support_core::time::Timestamp;

/// What was seen of the log so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Public messages of customers.
    pub(super) by_customers: u64,
    /// Public messages of agents.
    pub(super) by_agents: u64,
    /// Internal notes.
    pub(super) notes: u64,
    /// What masking found, by kind.
    pub(super) findings: BTreeMap<String, u64>,
    /// When each ticket was opened.
    pub(super) opened: BTreeMap<TicketId, Timestamp>,
    /// When each was first given to somebody.
    pub(super) first_assigned: BTreeMap<TicketId, Timestamp>,
    /// Microseconds that agents were at each.
    pub(super) handled: BTreeMap<TicketId, i64>,
    /// How each cycle of each timer ended.
    pub(super) ended: BTreeMap<(TicketId, Metric), Vec<TimerState>>,
    /// What each agent did.
    pub(super) agents: BTreeMap<AgentId, Work>,
    at_it: HashMap<(TicketId, AgentId), Timestamp>,
}

/// What an agent did.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Tickets that they owned at some time.
    pub(super) tickets: BTreeSet<TicketId>,
    /// Public messages that they wrote.
    pub(super) replies: u64,
    /// Most units of open work that they had at once.
    pub(super) peak: u32,
    /// From when to when they were at some ticket.
    stints: Vec<(Timestamp, Timestamp)>,
}

impl Work {
    /// Microseconds that they were at any ticket: two at once count once.
    pub(super) fn handled(&self) -> i64 {
        let mut stints = self.stints.clone();
        stints.sort_unstable();
        let mut counted = Timestamp::MIN;
        stints.into_iter().fold(0, |sum, (from, to)| {
            let new = to.micros_since(from.max(counted)).max(0);
            counted = counted.max(to);
            sum + new
        })
    }
}

impl Tally {
    /// Takes note of an event.
    pub(super) fn note(&mut self, envelope: &Envelope) {
        let Stream::Ticket(ticket) = envelope.stream else { return };
        match &envelope.event {
            Event::TicketCreated { .. } => drop(self.opened.insert(ticket, envelope.at)),
            Event::MessageAdded { author, visibility, masked, .. } => {
                for (kind, count) in masked {
                    *self.findings.entry(kind.clone()).or_default() += u64::from(*count);
                }
                match (visibility, author.agent_id()) {
                    (Visibility::Internal, _) => self.notes += 1,
                    (Visibility::Public, None) => self.by_customers += 1,
                    (Visibility::Public, Some(agent)) => {
                        self.by_agents += 1;
                        self.agents.entry(agent).or_default().replies += 1;
                    }
                }
            }
            Event::TicketAssigned { to: Some(agent), .. } => {
                self.first_assigned.entry(ticket).or_insert(envelope.at);
                self.agents.entry(*agent).or_default().tickets.insert(ticket);
            }
            Event::WorkStarted { agent } => drop(self.at_it.insert((ticket, *agent), envelope.at)),
            Event::WorkEnded { agent, at, .. } => {
                if let Some(since) = self.at_it.remove(&(ticket, *agent)) {
                    *self.handled.entry(ticket).or_default() += at.micros_since(since);
                    self.agents.entry(*agent).or_default().stints.push((since, *at));
                }
            }
            Event::SlaTimersMoved { moves } => moves.iter().for_each(|step| self.note_move(ticket, step)),
            _ => {}
        }
    }

    fn note_move(&mut self, ticket: TicketId, step: &TimerMove) {
        match *step {
            TimerMove::Ended { metric, outcome, .. } => {
                self.ended.entry((ticket, metric)).or_default().push(outcome);
            }
            // It runs on as if it had not ended.
            TimerMove::Reinstated { metric, .. } => {
                self.ended.entry((ticket, metric)).or_default().pop();
            }
            _ => {}
        }
    }

    /// Takes note of how much open work an agent has.
    pub(super) fn note_load(&mut self, agent: AgentId, units: u32) {
        let work = self.agents.entry(agent).or_default();
        work.peak = work.peak.max(units);
    }
}
