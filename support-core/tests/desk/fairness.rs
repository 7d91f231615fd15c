//! The law of round robin: over any window in which two agents were eligible for the same work throughout, what they
//! were given differs by at most one; and who returns gets no burst.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use support_core::desk::{AcceptOffer, CreateAgent, DeclineOffer, Desk, UpdateAgent};
use support_core::event::{Event, Stream};
use support_core::id::{AgentId, TicketId};
use support_core::people::{Absence, Actor, Capacity, Presence, Shift, WorkKind};
use support_core::routing::{AssignHow, OfferState};
use support_core::store::MemoryStore;
use support_core::testkit::{SeededIds, block_on};
use support_core::ticket::Status;

use crate::world::{HOST, World, id_of};

const AGENTS: usize = 5;
/// Units that each agent has: some fill up.
const ROOM: u32 = 3;

#[derive(Debug, Clone)]
enum Step {
    /// A ticket arrives, for the team that asks or for the one that gives, and stays with whoever has it.
    Arrives(bool),
    /// An agent answers the offer that they were made last: whether they accept.
    Answers(usize, bool),
    /// An agent ends what they have had longest.
    Ends(usize),
    /// An agent leaves, or returns; the first time they join.
    Turns(usize),
    /// An agent is absent for so many seconds.
    Absent(usize, i64),
    /// The desk is started anew, with nothing in memory.
    Restarts,
    /// Time passes.
    Passes(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => any::<bool>().prop_map(Step::Arrives),
        4 => (0..AGENTS, any::<bool>()).prop_map(|(agent, accepts)| Step::Answers(agent, accepts)),
        4 => (0..AGENTS).prop_map(Step::Ends),
        3 => (0..AGENTS).prop_map(Step::Turns),
        1 => (0..AGENTS, 60_i64..3_600).prop_map(|(agent, seconds)| Step::Absent(agent, seconds)),
        1 => Just(Step::Restarts),
        1 => prop_oneof![0_i64..90, 0_i64..5_000].prop_map(Step::Passes),
    ];
    prop::collection::vec(step, 1..60)
}

/// Who could be given a piece of work, and who was.
#[derive(Debug)]
struct Told {
    eligible: [bool; AGENTS],
    given: Option<usize>,
}

/// What the law is about: who is there, what each has or is asked to take, and who did not want what.
#[derive(Default)]
struct Desks {
    agents: [Option<Actor>; AGENTS],
    there: [bool; AGENTS],
    has: [Vec<TicketId>; AGENTS],
    refused: BTreeSet<(TicketId, usize)>,
    story: Vec<Told>,
    /// How much of the log was read.
    read: usize,
}

/// Whether two agents work in the same teams: the first three in both, the others in the one that asks.
const fn alike(a: usize, b: usize) -> bool {
    (a < 3) == (b < 3)
}

/// The second agent works until one o'clock, the others always.
fn shift(number: usize) -> Option<Shift> {
    (number == 1).then(|| Shift::on_days("UTC".parse().unwrap(), &[], "08:00", "13:00").unwrap())
}

impl Desks {
    fn eligible(&self, world: &World) -> [bool; AGENTS] {
        let now = world.desk.now();
        std::array::from_fn(|n| {
            let works = shift(n).is_none_or(|shift| shift.standing(now).takes(WorkKind::Ticket));
            let is_absent = self.agents[n].as_ref().is_some_and(|agent| {
                block_on(world.desk.agent(&HOST, id_of(agent))).unwrap().0.absence(now).is_some()
            });
            self.there[n] && works && !is_absent && self.has[n].len() < ROOM as usize
        })
    }

    fn changes(&mut self, world: &World) {
        let eligible = self.eligible(world);
        self.story.push(Told { eligible, given: None });
    }

    fn number(&self, agent: AgentId) -> usize {
        let is = |known: &Option<Actor>| known.as_ref().is_some_and(|known| id_of(known) == agent);
        self.agents.iter().position(is).unwrap()
    }

    /// Notes what the router gave since, one after the other.
    fn listen(&mut self, world: &World) {
        let log = world.log();
        for logged in &log[self.read..] {
            let Stream::Ticket(ticket) = logged.envelope.stream else { continue };
            match &logged.envelope.event {
                Event::TicketAssigned { to: Some(agent), how: AssignHow::Auto, .. }
                | Event::OfferMade { agent, .. } => {
                    let given = self.number(*agent);
                    let mut eligible = self.eligible(world);
                    assert!(eligible[given], "who is not there, or full, gets nothing");
                    for (n, eligible) in eligible.iter_mut().enumerate() {
                        *eligible &= !self.refused.contains(&(ticket, n));
                    }
                    self.story.push(Told { eligible, given: Some(given) });
                    self.has[given].push(ticket);
                }
                Event::OfferEnded { agent, state, .. } if *state != OfferState::Accepted => {
                    let agent = self.number(*agent);
                    self.has[agent].retain(|has| *has != ticket);
                    if *state != OfferState::Withdrawn {
                        self.refused.insert((ticket, agent));
                    }
                }
                _ => {}
            }
        }
        self.read = log.len();
    }
}

fn told(steps: &[Step]) -> Vec<Told> {
    let store = Arc::new(MemoryStore::new());
    let mut world = World::on(store.clone());
    let (clock, ids) = (world.clock.clone(), Arc::new(SeededIds::new(9)));
    let begun = || Desk::new(store.clone(), clock.clone(), ids.clone());
    world.desk = begun();
    let carl = world.customer("Carl");
    let asks = world.team("Asks", &json!({ "mode": { "ticket": "offer" } }));
    let gives = world.team("Gives", &json!({}));
    let mut desks = Desks::default();
    for step in steps {
        match step {
            Step::Arrives(asked) => {
                let team = if *asked { asks } else { gives };
                world.noted(&carl, |open| open.team_id = Some(team));
            }
            Step::Answers(n, accepts) => {
                let agent = desks.agents[*n].clone().filter(|_| desks.there[*n]);
                let offers = agent.iter().flat_map(|agent| block_on(world.desk.offers(agent)).unwrap());
                let first = offers.map(|view| view.offer.id).next();
                if let (Some(offer_id), Some(agent)) = (first, agent) {
                    if *accepts {
                        // Not where it is no longer theirs, as in an absence.
                        let _ = block_on(world.desk.run(&agent, &AcceptOffer { offer_id }));
                    } else {
                        world.run(&agent, &DeclineOffer { offer_id, reason: None });
                    }
                }
            }
            Step::Ends(n) => {
                let had = desks.has[*n].iter().find(|ticket| world.owner(**ticket).is_some()).copied();
                if let Some(ticket) = had {
                    desks.has[*n].retain(|has| *has != ticket);
                    // Nothing is given between the two, for what ends is noted first.
                    desks.changes(&world);
                    world.status(&HOST, ticket, Status::Closed);
                }
            }
            Step::Turns(n) => {
                desks.there[*n] = !desks.there[*n];
                desks.changes(&world);
                let presence = if desks.there[*n] { Presence::Available } else { Presence::Away };
                match &desks.agents[*n] {
                    Some(agent) => world.presence(agent, presence),
                    None => {
                        let create = CreateAgent {
                            name: format!("Agent{n}"),
                            capacity: Capacity { units: ROOM, ..Capacity::default() },
                            team_ids: if alike(*n, 0) { vec![asks, gives] } else { vec![asks] },
                            shift: shift(*n),
                            ..CreateAgent::default()
                        };
                        desks.agents[*n] = Some(world.agent_with(create));
                    }
                }
            }
            Step::Absent(n, seconds) => {
                if let Some(agent) = &desks.agents[*n] {
                    let from = world.desk.now();
                    let absence = Absence { from, until: from.plus_seconds(*seconds), substitute_id: None };
                    let absences = Some(vec![absence]);
                    let id = Some(id_of(agent));
                    world.run(&HOST, &UpdateAgent { id, absences, ..UpdateAgent::default() });
                }
            }
            Step::Restarts => {
                world.desk = begun();
                world.tick();
            }
            Step::Passes(seconds) => {
                world.clock.advance(*seconds);
                world.tick();
            }
        }
        desks.listen(&world);
        desks.changes(&world);
    }
    world.sound();
    desks.story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn two_who_are_eligible_throughout_differ_by_at_most_one(steps in steps()) {
        let story = told(&steps);
        for a in 0..AGENTS {
            for b in (0..a).filter(|b| alike(a, *b)) {
                for from in 0..story.len() {
                    let (mut to_a, mut to_b) = (0_i32, 0_i32);
                    for told in &story[from..] {
                        if !(told.eligible[a] && told.eligible[b]) {
                            break;
                        }
                        to_a += i32::from(told.given == Some(a));
                        to_b += i32::from(told.given == Some(b));
                        prop_assert!((to_a - to_b).abs() <= 1, "{a} got {to_a}, {b} got {to_b}");
                    }
                }
            }
        }
    }
}

#[test]
fn who_returns_is_next_once_and_gets_no_burst() {
    let world = World::empty();
    let carl = world.customer("Carl");
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    world.presence(&ann, Presence::Away);
    for _ in 0..8 {
        world.opened_by(&carl);
    }
    assert_eq!((world.load(&ann), world.load(&bob)), (0, 8));
    world.presence(&ann, Presence::Available);
    let owners: Vec<_> = (0..4).map(|_| world.owner(world.opened_by(&carl)).unwrap()).collect();
    assert_eq!(owners, [id_of(&ann), id_of(&bob), id_of(&ann), id_of(&bob)]);
    let dan = world.agent("Dan");
    let owners: Vec<_> = (0..3).map(|_| world.owner(world.opened_by(&carl)).unwrap()).collect();
    assert_eq!(owners, [id_of(&dan), id_of(&ann), id_of(&bob)], "who joins is next once, too");
    world.sound();
}
