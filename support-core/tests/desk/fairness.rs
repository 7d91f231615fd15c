//! The law of round robin: over any window in which two agents were eligible for the same work throughout, what they
//! were given differs by at most one; and who returns gets no burst.

use std::sync::Arc;

use proptest::prelude::*;
use support_core::desk::{CreateAgent, Desk};
use support_core::event::{Event, Stream};
use support_core::id::TicketId;
use support_core::people::{Actor, Capacity, Presence};
use support_core::routing::AssignHow;
use support_core::store::MemoryStore;
use support_core::testkit::SeededIds;
use support_core::ticket::Status;

use crate::world::{HOST, World, id_of};

const AGENTS: usize = 4;
/// Units that each agent has: some fill up.
const ROOM: u32 = 3;

#[derive(Debug, Clone)]
enum Step {
    /// A ticket arrives, and stays with whom it is given to.
    Arrives,
    /// An agent ends what they have had longest.
    Ends(usize),
    /// An agent leaves, or returns; the first time they join.
    Turns(usize),
    /// The desk is started anew, with nothing in memory.
    Restarts,
    /// Time passes.
    Passes(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Arrives),
        4 => (0..AGENTS).prop_map(Step::Ends),
        2 => (0..AGENTS).prop_map(Step::Turns),
        1 => Just(Step::Restarts),
        1 => (0_i64..90).prop_map(Step::Passes),
    ];
    prop::collection::vec(step, 1..60)
}

/// Who could be given work, and who was.
#[derive(Debug)]
struct Told {
    eligible: [bool; AGENTS],
    given: Option<usize>,
}

/// What the law is about: who is there, and what each has.
#[derive(Default)]
struct Desks {
    agents: [Option<Actor>; AGENTS],
    there: [bool; AGENTS],
    has: [Vec<TicketId>; AGENTS],
    story: Vec<Told>,
    /// How much of the log was read.
    read: usize,
}

impl Desks {
    fn eligible(&self) -> [bool; AGENTS] {
        std::array::from_fn(|n| self.there[n] && self.has[n].len() < ROOM as usize)
    }

    /// Notes what the router gave since, one after the other.
    fn listen(&mut self, world: &World) {
        let log = world.log();
        for logged in &log[self.read..] {
            let Event::TicketAssigned { to: Some(to), how: AssignHow::Auto, .. } = &logged.envelope.event
            else {
                continue;
            };
            let is = |agent: &Option<Actor>| agent.as_ref().is_some_and(|agent| id_of(agent) == *to);
            let given = self.agents.iter().position(is).unwrap();
            self.story.push(Told { eligible: self.eligible(), given: Some(given) });
            let Stream::Ticket(ticket) = logged.envelope.stream else { panic!("of a ticket") };
            self.has[given].push(ticket);
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
    let mut desks = Desks::default();
    for step in steps {
        match step {
            Step::Arrives => drop(world.opened_by(&carl)),
            Step::Ends(n) => {
                if !desks.has[*n].is_empty() {
                    let ticket = desks.has[*n].remove(0);
                    // Nothing is given between the two, for what ends is noted first.
                    desks.story.push(Told { eligible: desks.eligible(), given: None });
                    world.status(&HOST, ticket, Status::Closed);
                }
            }
            Step::Turns(n) => {
                desks.there[*n] = !desks.there[*n];
                desks.story.push(Told { eligible: desks.eligible(), given: None });
                let presence = if desks.there[*n] { Presence::Available } else { Presence::Away };
                match &desks.agents[*n] {
                    Some(agent) => world.presence(agent, presence),
                    None => {
                        let create = CreateAgent {
                            name: format!("Agent{n}"),
                            capacity: Capacity { units: ROOM, ..Capacity::default() },
                            ..CreateAgent::default()
                        };
                        desks.agents[*n] = Some(world.agent_with(create));
                    }
                }
            }
            Step::Restarts => {
                world.desk = begun();
                world.tick();
            }
            Step::Passes(seconds) => world.clock.advance(*seconds),
        }
        desks.listen(&world);
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
            for b in 0..a {
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
        for told in &story {
            if let Some(agent) = told.given {
                prop_assert!(told.eligible[agent], "who is away or full gets nothing");
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
