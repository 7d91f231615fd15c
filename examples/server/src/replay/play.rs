//! Playing: what was recorded or modelled happens on the desk, at its instant on a clock of its own.
//!
//! Everything that is to happen waits in one queue by its instant. Before each, the desk does what falls due on the way:
//! warnings, breaches and closings happen when they would have happened. What the desk did, such as giving a ticket to
//! an agent, is read from its log.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use support_core::conversation::Direction;
use support_core::desk::{
    CustomerSpec, Desk, EditTicket, Handle, OpenTicket, Reassign, Requester, TicketReply, UseCase,
    WriteMessage,
};
use support_core::error::Error;
use support_core::event::{Event, Stream};
use support_core::id::{AgentId, TenantId, TicketId};
use support_core::people::{Actor, CustomerActor};
use support_core::store::{Cursor, Key, Record};
use support_core::ticket::{Status, StatusCategory};
use support_core::time::{Clock as _, ManualClock, Timestamp};

use super::model::Pace;
use super::progress::Progress;
use super::recorded::{Conversation, What};
use super::tally::Tally;
use crate::failure::Failure;

/// What is written for an agent whose words were not recorded. It asks for nothing, so that it gives masking no cue.
const UNRECORDED: &str = "(modelled reply: the recording does not hold the agent's words)";
/// Subject where the recording has none that can be used.
const NO_SUBJECT: &str = "Recorded conversation";
/// Characters of the first line that make a subject.
const SUBJECT: usize = 100;
/// Events read at once.
const BATCH: u32 = 1_000;
/// Seconds after which an agent at work says so again: well within the lease of 60 s.
const RENEWAL_SECONDS: i64 = 45;

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
        self.progress.end();
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

    /// Puts a case on an agent's pile.
    fn pile(&mut self, seat: usize, case: usize) {
        if let Some(pile) = self.piles.get_mut(seat) {
            pile.waiting.push_back(case);
            self.ready.push_back(seat);
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

    /// The customer's words arrive, and what follows from them is planned.
    async fn says(&mut self, at: usize) -> Result<(), Failure> {
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        let conversation = case.part.conversation;
        if let Some(What::Customer(text)) = conversation.turns.get(case.next).map(|turn| &turn.what) {
            case.next += 1;
            self.by_customer(at, text).await?;
            self.progress.step();
        }
        self.go_on(at);
        Ok(())
    }

    /// Opens a ticket with the customer's words, or adds them to it.
    async fn by_customer(&mut self, at: usize, text: &str) -> Result<(), Failure> {
        let Some(case) = self.cases.get(at) else { return Ok(()) };
        if let (Some(ticket), Some(customer)) = (case.ticket, case.customer.clone()) {
            let reply = self.ask(&customer, &WriteMessage::reply(ticket, text)).await?;
            // Words that come too late for their ticket open another one.
            self.goes_on_in(at, reply);
            return Ok(());
        }
        let open = self.opening(at, text);
        let host = self.host.clone();
        let opened = self.ask(&host, &open).await?;
        self.opened(at, opened).await
    }

    fn opening(&self, at: usize, text: &str) -> OpenTicket {
        let part = self.cases.get(at).map(|case| &case.part);
        let conversation = part.map(|part| part.conversation);
        let file = part.map_or(0, |part| part.file);
        let customer = conversation.and_then(|conversation| conversation.customer.as_deref());
        let name = customer.map_or_else(|| format!("Customer {}", at + 1), ToOwned::to_owned);
        // The recording's own name may hold what an id cannot: its bytes in hexadecimal can stand in one.
        let identity: String = match customer {
            Some(name) => name.bytes().take(50).map(|byte| format!("{byte:02x}")).collect(),
            None => format!("conversation-{}", at + 1),
        };
        let spec = CustomerSpec {
            external_id: format!("replay/{file}/{identity}").parse().ok(),
            name,
            ..CustomerSpec::default()
        };
        let subject = conversation.and_then(|conversation| conversation.subject.clone());
        let mut open =
            OpenTicket::by(Requester::Spec(spec), subject.unwrap_or_else(|| subject_of(text)), text);
        if let Some(conversation) = conversation {
            open.channel = conversation.channel.clone();
            open.priority = conversation.priority;
        }
        open
    }

    /// Takes note of a new ticket and of whose it is.
    async fn opened(&mut self, at: usize, opened: Option<TicketReply>) -> Result<(), Failure> {
        let Some(TicketReply { ticket_id, .. }) = opened else { return Ok(()) };
        let ticket = self.desk.ticket(&self.host, ticket_id).await?;
        let customer = CustomerActor { tenant: TenantId::SINGLE, id: ticket.customer_id };
        if let Some(case) = self.cases.get_mut(at) {
            case.ticket = Some(ticket_id);
            case.customer = Some(Arc::new(Actor::Customer(customer)));
        }
        self.by_ticket.insert(ticket_id, at);
        Ok(())
    }

    fn goes_on_in(&mut self, at: usize, reply: Option<TicketReply>) {
        let (Some(reply), Some(case)) = (reply, self.cases.get_mut(at)) else { return };
        if case.ticket != Some(reply.ticket_id) {
            case.ticket = Some(reply.ticket_id);
            case.owner = None;
            self.by_ticket.insert(reply.ticket_id, at);
        }
    }

    /// Plans a customer's next turn, or gives the agent's to the owner.
    fn go_on(&mut self, at: usize) {
        let Some(case) = self.cases.get_mut(at) else { return };
        let conversation = case.part.conversation;
        let Some(pace) = &case.part.pace else { return };
        let next = conversation.turns.get(case.next).map(|turn| &turn.what);
        match (next, case.owner) {
            (Some(What::Customer(_)), _) => {
                let takes = pace.turns.get(case.next).copied().unwrap_or_default();
                self.expect(self.clock.now().plus_micros(takes), Happening::Says { case: at });
            }
            (_, Some(owner)) => self.pile(owner, at),
            (_, None) => case.waits = true,
        }
    }

    /// Lets an agent who is at nothing begin with what lies on top.
    async fn begin(&mut self, seat: usize) -> Result<(), Failure> {
        let Some(pile) = self.piles.get_mut(seat).filter(|pile| pile.at.is_none()) else { return Ok(()) };
        let Some(at) = pile.waiting.pop_front() else { return Ok(()) };
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        if case.owner != Some(seat) {
            // It went to somebody else meanwhile, who gets what is to be done on it.
            self.go_on(at);
            self.ready.push_back(seat);
            return Ok(());
        }
        pile.at = Some(at);
        let pace = case.part.pace.as_ref();
        let turn = pace.map(|pace| pace.turns.get(case.next).copied().unwrap_or(pace.wrap_up));
        let takes = turn.unwrap_or_default();
        self.expect(self.clock.now().plus_micros(takes), Happening::Finishes { seat });
        self.take_up(at, seat).await
    }

    /// An agent writes what they were at, and goes on.
    async fn finishes(&mut self, seat: usize) -> Result<(), Failure> {
        let Some(at) = self.piles.get_mut(seat).and_then(|pile| pile.at.take()) else { return Ok(()) };
        self.ready.push_back(seat);
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        let Some(ticket) = case.ticket else { return Ok(()) };
        let conversation = case.part.conversation;
        let turn = conversation.turns.get(case.next);
        case.next += 1;
        let actor = self.actor_of(Some(seat));
        match turn.map(|turn| &turn.what) {
            Some(what) => {
                self.write(&actor, ticket, what).await?;
                self.progress.step();
                self.put_down(at, seat).await?;
                self.go_on(at);
            }
            None => {
                self.ask(&actor, &EditTicket::of(ticket).status(Status::Resolved)).await?;
                self.put_down(at, seat).await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, actor: &Actor, ticket: TicketId, what: &What) -> Result<(), Failure> {
        let message = match what {
            What::Reply(text) => WriteMessage::reply(ticket, text.as_deref().unwrap_or(UNRECORDED)),
            What::Note(text) => WriteMessage::note(ticket, text.as_str()),
            What::Customer(_) | What::Assigned | What::Resolved => return Ok(()),
        };
        self.ask(actor, &message).await.map(drop)
    }

    /// A turn happens as it was recorded.
    async fn recorded(&mut self, at: usize, number: usize) -> Result<(), Failure> {
        self.progress.step();
        let Some(case) = self.cases.get(at) else { return Ok(()) };
        let conversation = case.part.conversation;
        let Some(turn) = conversation.turns.get(number) else { return Ok(()) };
        let seat = turn.agent.as_deref().and_then(|name| self.by_name.get(name).copied());
        let actor = self.actor_of(seat);
        match (&turn.what, case.ticket) {
            (What::Customer(text), _) => self.by_customer(at, text).await?,
            // The desk wrote first.
            (What::Reply(Some(text)), None) => {
                let open = OpenTicket {
                    direction: Direction::Outbound,
                    assigned_to: seat.and_then(|seat| self.seats.get(seat)).map(|seat| seat.id),
                    ..self.opening(at, text)
                };
                let opened = self.ask(&actor, &open).await?;
                self.opened(at, opened).await?;
            }
            (what, Some(ticket)) => {
                let handed = match (what, seat) {
                    (What::Reply(_) | What::Assigned, Some(seat)) => self.hand_to(at, ticket, seat).await?,
                    _ => true,
                };
                if *what == What::Resolved {
                    self.ask(&actor, &EditTicket::of(ticket).status(Status::Resolved)).await?;
                } else if handed {
                    self.write(&actor, ticket, what).await?;
                }
            }
            (_, None) => {}
        }
        if let Some(seat) = seat.filter(|seat| self.stints.contains_key(&(at, *seat))) {
            self.put_down(at, seat).await?;
        }
        Ok(())
    }

    /// Gives a ticket to the agent who had it in the recording; `false` where the desk refuses.
    async fn hand_to(&mut self, at: usize, ticket: TicketId, seat: usize) -> Result<bool, Failure> {
        if self.cases.get(at).is_some_and(|case| case.owner == Some(seat)) {
            return Ok(true);
        }
        let agent_id = self.seats.get(seat).map(|seat| seat.id);
        let host = self.host.clone();
        let hand = Reassign { ticket_id: ticket, agent_id, team_id: None, reason: None };
        let handed = self.ask(&host, &hand).await?.is_some();
        // Before the answer takes the ticket off the agent's load again.
        self.follow().await?;
        Ok(handed)
    }

    /// An agent is at a case, or still is.
    async fn take_up(&mut self, at: usize, seat: usize) -> Result<(), Failure> {
        self.at_it(at, seat, true).await?;
        let stint = self.planned;
        self.stints.insert((at, seat), stint);
        let again = self.clock.now().plus_seconds(RENEWAL_SECONDS);
        self.expect(again, Happening::Renews { case: at, seat, stint });
        Ok(())
    }

    /// An agent is no more at a case.
    async fn put_down(&mut self, at: usize, seat: usize) -> Result<(), Failure> {
        self.stints.remove(&(at, seat));
        self.at_it(at, seat, false).await
    }

    /// Says what the desk measures handling time by. Where it refuses, it measures none.
    async fn at_it(&self, at: usize, seat: usize, at_it: bool) -> Result<(), Failure> {
        let Some(ticket_id) = self.cases.get(at).and_then(|case| case.ticket) else { return Ok(()) };
        match self.desk.run(&self.actor_of(Some(seat)), &Handle { ticket_id, at_it }).await {
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes a subject of the first line that says something.
fn subject_of(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(NO_SUBJECT);
    let plain = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    let subject: String = plain.take(SUBJECT).collect();
    if subject.trim().is_empty() { NO_SUBJECT.to_owned() } else { subject }
}
