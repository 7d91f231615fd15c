//! The law of round robin: over any window in which two agents were eligible for the same work throughout, what they
//! were given differs by at most one; and who returns gets no burst.

use proptest::prelude::*;
use support_core::people::{Actor, Presence};

use crate::world::{World, id_of};

const AGENTS: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    /// A ticket arrives.
    Arrives,
    /// An agent leaves, or returns.
    Turns(usize),
    /// Time passes.
    Passes(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Arrives),
        2 => (0..AGENTS).prop_map(Step::Turns),
        1 => (0_i64..90).prop_map(Step::Passes),
    ];
    prop::collection::vec(step, 1..60)
}

/// For each step who was there, and who was given work.
struct Told {
    there: [bool; AGENTS],
    given: Option<usize>,
}

fn told(steps: &[Step]) -> Vec<Told> {
    let world = World::empty();
    let carl = world.customer("Carl");
    let agents: Vec<Actor> = (0..AGENTS).map(|n| world.agent(&format!("Agent{n}"))).collect();
    let mut there = [true; AGENTS];
    let mut story = Vec::new();
    for step in steps {
        let mut given = None;
        match step {
            Step::Arrives => {
                let ticket = world.opened_by(&carl);
                let owner = world.owner(ticket);
                given = agents.iter().position(|agent| owner == Some(id_of(agent)));
                // What was given is put by, so that nobody is ever full.
                world.status(&crate::world::HOST, ticket, support_core::ticket::Status::Closed);
            }
            Step::Turns(agent) => {
                there[*agent] = !there[*agent];
                let presence = if there[*agent] { Presence::Available } else { Presence::Away };
                world.presence(&agents[*agent], presence);
            }
            Step::Passes(seconds) => world.clock.advance(*seconds),
        }
        story.push(Told { there, given });
    }
    world.sound();
    story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn two_who_are_there_throughout_differ_by_at_most_one(steps in steps()) {
        let story = told(&steps);
        for a in 0..AGENTS {
            for b in 0..a {
                for from in 0..story.len() {
                    let (mut to_a, mut to_b) = (0_i32, 0_i32);
                    for told in &story[from..] {
                        if !(told.there[a] && told.there[b]) {
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
                prop_assert!(told.there[agent], "who is away gets nothing");
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
