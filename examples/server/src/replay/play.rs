//! Playing: what was recorded or modelled happens on the desk, at its instant on a clock of its own.
//!
//! Everything that is to happen waits in one queue by its instant. Before each, the desk does what falls due on the way:
//! warnings, breaches and closings happen when they would have happened. What the desk did, such as giving a ticket to
//! an agent, is read from its log.

mod modelled;
mod turns;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use support_core::desk::{Desk, UseCase};
use support_core::error::Error;
use support_core::event::{Event, Stream};
use support_core::id::{AgentId, TenantId, TicketId};
use support_core::people::Actor;
use support_core::store::{Cursor, Key, Record};
use support_core::ticket::StatusCategory;
use support_core::time::{Clock as _, ManualClock, Timestamp};

use super::model::Pace;
use super::progress::Progress;
use super::recorded::Conversation;
use super::tally::Tally;
use crate::failure::Failure;

/// Events read at once.
const BATCH: u32 = 1_000;

/// Somebody who answers.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    /// Who.
    pub(super) id: AgentId,
    /// As whom they act.
    pub(super) actor: Arc<Actor>,
    /// What they are called.
    pub(super) name: String,
}

/// A conversation that is to be played.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// What was recorded.
    pub(super) conversation: &'a Conversation,
    /// How long its turns take, where that was not recorded.
    pub(super) pace: Option<Pace>,
    /// Number of its file: customers are told apart within one.
    pub(super) file: usize,
}

/// How playing went.
#[derive(Debug)]
pub(super) struct Played {
    /// What the desk's log told.
    pub(super) tally: Tally,
    /// Turns that the desk refused, by the code of the rule.
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// When the first thing happened.
    pub(super) from: Timestamp,
    /// When the last thing happened.
    pub(super) to: Timestamp,
}

/// Something that is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// The customer's next words arrive.
    Says { case: usize },
    /// An agent is done with what they are at.
    Finishes { seat: usize },
    /// A turn happens as it was recorded.
    Recorded { case: usize, turn: usize },
    /// An agent begins with a turn, as it was recorded.
    Begins { case: usize, seat: usize },
    /// An agent is still at it.
    Renews { case: usize, seat: usize, stint: u64 },
}

impl Happening {
    /// At the same instant, what ends comes before what begins.
    const fn rank(self) -> u8 {
        match self {
            Self::Recorded { .. } | Self::Says { .. } | Self::Finishes { .. } => 0,
            Self::Begins { .. } | Self::Renews { .. } => 1,
        }
    }
}

/// A conversation while it is played.
struct Case<'a> {
    part: Part<'a>,
    /// The turn that comes next, in the modelled order of things.
    next: usize,
    /// The ticket on which it goes on.
    ticket: Option<TicketId>,
    customer: Option<Arc<Actor>>,
    /// The seat of its owner.
    owner: Option<usize>,
    /// Whether an agent has something to do, and there is none yet.
    waits: bool,
}

/// An agent's desk while it is played.
#[derive(Default)]
struct Pile {
    /// Cases on which the agent has something to do, in order.
    waiting: VecDeque<usize>,
    /// The one that they are at.
    at: Option<usize>,
}

/// Plays conversations on a desk.
pub(super) struct Player<'a> {
    desk: &'a Desk,
    clock: &'a ManualClock,
    host: Arc<Actor>,
    seats: &'a [Seat],
    cases: Vec<Case<'a>>,
    piles: Vec<Pile>,
    /// Seats that may begin with something.
    ready: VecDeque<usize>,
    plan: BinaryHeap<Reverse<(Timestamp, u8, u64, Happening)>>,
    planned: u64,
    by_ticket: HashMap<TicketId, usize>,
    by_agent: HashMap<AgentId, usize>,
    by_name: HashMap<&'a str, usize>,
    /// The first case of each customer whom a file names.
    customers: HashMap<(usize, &'a str), usize>,
    /// Who is at which case, and since which beginning.
    stints: HashMap<(usize, usize), u64>,
    cursor: Cursor,
    played: Played,
    progress: Progress,
}

impl<'a> Player<'a> {
    /// Takes everything that is to be played, and plans what happens first.
    pub(super) fn new(
        desk: &'a Desk,
        clock: &'a ManualClock,
        seats: &'a [Seat],
        parts: Vec<Part<'a>>,
        cursor: Cursor,
    ) -> Self {
        let turns = parts.iter().map(|part| part.conversation.turns.len() as u64).sum();
        let now = clock.now();
        let case = |part| Case { part, next: 0, ticket: None, customer: None, owner: None, waits: false };
        let seat = |(at, seat): (usize, &'a Seat)| (seat.id, at);
        let mut player = Self {
            desk,
            clock,
            host: Arc::new(Actor::Host(TenantId::SINGLE)),
            seats,
            cases: parts.into_iter().map(case).collect(),
            piles: seats.iter().map(|_| Pile::default()).collect(),
            ready: VecDeque::new(),
            plan: BinaryHeap::new(),
            planned: 0,
            by_ticket: HashMap::new(),
            by_agent: seats.iter().enumerate().map(seat).collect(),
            by_name: seats.iter().enumerate().map(|(at, seat)| (seat.name.as_str(), at)).collect(),
            customers: HashMap::new(),
            stints: HashMap::new(),
            cursor,
            played: Played { tally: Tally::default(), refused: BTreeMap::new(), from: now, to: now },
            progress: Progress::of(turns),
        };
        let mut first = Vec::new();
        for (case, Case { part, .. }) in player.cases.iter().enumerate() {
            if let Some(pace) = &part.pace {
                first.push((pace.arrives, Happening::Says { case }));
                continue;
            }
            for (turn, recorded) in part.conversation.turns.iter().enumerate() {
                let Some(at) = recorded.at else { continue };
                first.push((at, Happening::Recorded { case, turn }));
                let seat = recorded.agent.as_deref().and_then(|name| player.by_name.get(name));
                if let (Some(began), Some(&seat)) = (recorded.began.filter(|began| *began < at), seat) {
                    first.push((began, Happening::Begins { case, seat }));
                }
            }
        }
        for (at, happening) in first {
            player.expect(at, happening);
        }
        if let Some(Reverse((at, ..))) = player.plan.peek() {
            player.played.from = *at;
        }
        player
    }

    /// Plays everything, to the last thing that was recorded or modelled.
    pub(super) async fn play(mut self) -> Result<Played, Failure> {
        while let Some(Reverse((at, _, _, happening))) = self.plan.pop() {
            if let Happening::Renews { case, seat, stint } = happening
                && self.stints.get(&(case, seat)) != Some(&stint)
            {
                continue;
            }
            self.pass(at).await?;
            match happening {
                Happening::Says { case } => self.says(case).await?,
                Happening::Finishes { seat } => self.finishes(seat).await?,
                Happening::Recorded { case, turn } => self.recorded(case, turn).await?,
                Happening::Begins { case, seat } => self.take_up(case, seat).await?,
                Happening::Renews { case, seat, .. } => self.take_up(case, seat).await?,
            }
            self.follow().await?;
            while let Some(seat) = self.ready.pop_front() {
                self.begin(seat).await?;
            }
        }
        self.follow().await?;
        self.played.to = self.clock.now();
        Ok(self.played)
    }

    fn expect(&mut self, at: Timestamp, happening: Happening) {
        self.planned += 1;
        self.plan.push(Reverse((at, happening.rank(), self.planned, happening)));
    }

    /// Moves the clock to an instant, and lets the desk do what falls due on the way, when it falls due.
    async fn pass(&mut self, to: Timestamp) -> Result<(), Failure> {
        let mut last = None;
        loop {
            let now = self.clock.now();
            let due = self.desk.store().due(now, 1).await.map_err(Error::from)?;
            let next = if due.now.is_empty() { due.next } else { Some(now) };
            // What stays due although it was dealt with would be so for ever.
            let Some(at) = next.filter(|at| *at <= to && last != Some(*at)) else { break };
            self.clock.set(at.max(now));
            self.desk.tick().await?;
            self.follow().await?;
            last = Some(at);
        }
        self.clock.set(to.max(self.clock.now()));
        Ok(())
    }

    /// Reads what the desk did since.
    async fn follow(&mut self) -> Result<(), Failure> {
        loop {
            let page = self.desk.feed(&self.host, &self.cursor, BATCH).await?;
            let mut loads: Vec<AgentId> = Vec::new();
            for logged in &page.events {
                let envelope = &logged.envelope;
                self.played.tally.note(envelope);
                let Stream::Ticket(ticket) = envelope.stream else { continue };
                match &envelope.event {
                    Event::TicketAssigned { to, .. } => {
                        loads.extend(to);
                        let owner = to.and_then(|to| self.by_agent.get(&to).copied());
                        self.give(ticket, owner);
                    }
                    // Only what becomes work adds to a load.
                    Event::TicketStatusChanged { to, .. } if to.category() == StatusCategory::Open => {
                        loads.extend(envelope.audience.assignee_after);
                    }
                    _ => {}
                }
            }
            loads.sort_unstable();
            loads.dedup();
            self.note_loads(&loads).await?;
            // A short page is the end, or nearly: the rest is read after the next happening.
            let end = page.events.len() < BATCH as usize;
            self.cursor = page.next;
            if end {
                return Ok(());
            }
        }
    }

    async fn note_loads(&mut self, agents: &[AgentId]) -> Result<(), Failure> {
        if agents.is_empty() {
            return Ok(());
        }
        let scope = self.host.scope(support_core::people::Permission::AgentRead)?;
        let keys: Vec<Key> = agents.iter().map(|agent| Key::AgentState(*agent)).collect();
        for record in self.desk.store().load(&scope, &keys).await.map_err(Error::from)?.into_iter().flatten()
        {
            if let Record::AgentState(state) = record {
                self.played.tally.note_load(state.agent, state.load.units);
            }
        }
        Ok(())
    }

    /// Takes note of a ticket's owner, who gets what waited for one.
    fn give(&mut self, ticket: TicketId, owner: Option<usize>) {
        let Some(&at) = self.by_ticket.get(&ticket) else { return };
        let Some(case) = self.cases.get_mut(at) else { return };
        case.owner = owner;
        if let Some(owner) = owner
            && std::mem::take(&mut case.waits)
        {
            self.pile(owner, at);
        }
    }

    /// Asks the desk for something. What a rule refuses is counted, and playing goes on.
    async fn ask<U: UseCase>(&mut self, actor: &Actor, wanted: &U) -> Result<Option<U::Reply>, Failure> {
        match self.desk.run(actor, wanted).await {
            Ok(reply) => Ok(Some(reply)),
            Err(Error::Refused(refusal)) => {
                *self.played.refused.entry(refusal.code).or_default() += 1;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn actor_of(&self, seat: Option<usize>) -> Arc<Actor> {
        let seat = seat.and_then(|seat| self.seats.get(seat));
        seat.map_or_else(|| self.host.clone(), |seat| seat.actor.clone())
    }
}
