//! Waiting work and agents in memory, as of a place in the log, and what is on its way from the ones to the others.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::id::{AgentId, TicketId};
use crate::people::{Agent, AgentState, Scope};
use crate::routing::{Placement, Queue, Roster, Seat, Waiting, place, plan};
use crate::store::{Cursor, Key, Query, Record, Select, Store};
use crate::ticket::Ticket;
use crate::time::Timestamp;

/// Rows read at once.
const BATCH: u32 = 1_000;
/// Most tickets that are kept as they were read, for the router that plans next.
const FRESH: usize = 256;

/// Waiting work and agents, as of a place in the log.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) cursor: Option<Cursor>,
    pub(super) queue: Queue,
    /// The agents as they are stored: without what is on its way to them.
    pub(super) roster: Roster,
    /// The agents as they will be once everything that is on its way has arrived. What has arrived since the log was
    /// read may count twice for a moment: then somebody gets less, never more.
    pub(super) expected: Roster,
    /// Placements that were planned and are being committed, or are committed and not yet seen in the log.
    on_the_way: HashMap<TicketId, Coming>,
    /// Waiting tickets that were just read.
    fresh: HashMap<TicketId, Box<Ticket>>,
}

/// Work that an agent is being given.
#[derive(Debug)]
struct Coming {
    agent: AgentId,
    effort: u32,
    at: Timestamp,
}

/// A placement with what was known when it was planned.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) placement: Placement,
    /// Its agent.
    pub(super) seat: Seat,
    /// The ticket, where it was just read.
    pub(super) ticket: Option<Box<Ticket>>,
    /// What was planned for, where the ticket is to be read anew.
    pub(super) waited: Option<Waiting>,
}

impl Board {
    /// Takes over what records say now: newer than the events that named them, never older. What the events show as
    /// `owned` at some time has arrived, or never will, whether it waits again or cannot even be read.
    pub(super) fn take(&mut self, owned: &BTreeSet<TicketId>, records: Vec<Option<Record>>) {
        for ticket in owned {
            self.queue.remove(*ticket);
            self.arrived(*ticket);
            self.fresh.remove(ticket);
        }
        let mut agent: Option<Arc<Agent>> = None;
        for record in records.into_iter().flatten() {
            match record {
                Record::Ticket(ticket) => match Waiting::of(&ticket) {
                    Some(entry) => {
                        self.queue.upsert(entry);
                        if self.fresh.len() >= FRESH {
                            self.fresh.clear();
                        }
                        self.fresh.insert(ticket.id, ticket);
                    }
                    None => {
                        self.queue.remove(ticket.id);
                        self.arrived(ticket.id);
                        self.fresh.remove(&ticket.id);
                    }
                },
                Record::Agent(found) => agent = Some(Arc::new(*found)),
                Record::AgentState(state) => {
                    if let Some(agent) = agent.take().filter(|agent| agent.id == state.agent) {
                        self.seat(Seat { agent, state });
                    }
                }
                _ => {}
            }
        }
    }

    /// Plans at most `most` placements. They are on their way from now on, until the log shows that they arrived or
    /// [`back`](Self::back) takes them back.
    pub(super) fn send(&mut self, config: &Config, now: Timestamp, most: usize) -> Vec<Planned> {
        if !self.queue.has_unheld() {
            return Vec::new();
        }
        let placements = plan(&mut self.queue, &mut self.expected, config, now, most);
        placements.into_iter().filter_map(|placement| self.planned(placement)).collect()
    }

    /// Plans all that [`send`](Self::send) would in the end, and sends nothing.
    pub(super) fn would_send(&mut self, config: &Config, now: Timestamp) -> Vec<Placement> {
        plan(&mut self.queue, &mut self.expected.clone(), config, now, usize::MAX)
    }

    /// Gives new work its agent at once, where nothing waits that might come before it.
    pub(super) fn send_new(&mut self, work: &Waiting, config: &Config, now: Timestamp) -> Option<Planned> {
        if self.queue.has_unheld() || self.on_the_way.contains_key(&work.ticket) {
            return None;
        }
        let placement = place(work, &self.expected, config, now)?;
        self.expected.occupy(placement.agent, placement.effort, placement.assigned_at);
        self.planned(placement)
    }

    /// Notes a placement as on its way.
    fn planned(&mut self, placement: Placement) -> Option<Planned> {
        let seat = self.roster.get(placement.agent)?.clone();
        let coming = Coming { agent: placement.agent, effort: placement.effort, at: placement.assigned_at };
        self.queue.hold(placement.ticket);
        self.on_the_way.insert(placement.ticket, coming);
        let ticket = self.fresh.remove(&placement.ticket);
        let waited = if ticket.is_none() { self.queue.entry(placement.ticket) } else { None };
        Some(Planned { ticket, waited, seat, placement })
    }

    /// Returns how many placements the log has not shown yet.
    pub(super) fn on_the_way(&self) -> usize {
        self.on_the_way.len()
    }

    /// Takes a ticket back that did not reach its agent; nothing where it is on its way anew by now.
    pub(super) fn back(&mut self, placement: &Placement) {
        let ticket = placement.ticket;
        if self.on_the_way.get(&ticket).is_some_and(|coming| coming.at == placement.assigned_at) {
            self.queue.release(ticket);
            self.arrived(ticket);
        }
    }

    /// Forgets what was on its way.
    fn arrived(&mut self, ticket: TicketId) {
        if let Some(coming) = self.on_the_way.remove(&ticket)
            && let Some(seat) = self.roster.get(coming.agent)
        {
            self.expect(seat.clone());
        }
    }

    /// Takes an agent in as stored, with what is on its way to them.
    fn seat(&mut self, seat: Seat) {
        self.roster.seat(seat.clone());
        self.expect(seat);
    }

    fn expect(&mut self, seat: Seat) {
        let agent = seat.agent.id;
        self.expected.seat(seat);
        for coming in self.on_the_way.values().filter(|coming| coming.agent == agent) {
            self.expected.occupy(agent, coming.effort, coming.at);
        }
    }
}

/// Reads everything that waits and everybody who works, from the end of the log on.
pub(super) async fn load(store: &dyn Store, system: &Scope) -> Result<Board, Error> {
    // The place is taken before the scan: what changes meanwhile is read once more, and nothing is missed.
    let cursor = store.events(system, &Cursor::end(), 1).await?.next;
    let mut board = Board { cursor: Some(cursor), ..Board::default() };
    let mut after = None;
    loop {
        let entries = store.scan(system, after, BATCH * 10).await?;
        let Some(last) = entries.last() else { break };
        after = Some(last.ticket);
        entries.into_iter().for_each(|entry| board.queue.upsert(entry));
    }
    let mut query = Query::new(Select::Agents { team: None, inactive: true }, BATCH);
    loop {
        let page = store.find(system, &query).await?;
        let agents: Vec<Agent> = page
            .items
            .into_iter()
            .filter_map(|record| if let Record::Agent(agent) = record { Some(*agent) } else { None })
            .collect();
        let keys: Vec<Key> = agents.iter().map(|agent| Key::AgentState(agent.id)).collect();
        let states = store.load(system, &keys).await?;
        for (agent, state) in agents.into_iter().zip(states) {
            let state = match state {
                Some(Record::AgentState(state)) => state,
                _ => AgentState::new(agent.id, agent.created_at),
            };
            board.seat(Seat { agent: Arc::new(agent), state });
        }
        if page.next.is_none() {
            return Ok(board);
        }
        query.after = page.next;
    }
}
