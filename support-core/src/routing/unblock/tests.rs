//! The smallest change, beside trying every smaller one on every agent with the router's own plan.

use std::sync::Arc;

use proptest::prelude::{prop, prop_assert, proptest};
use proptest::strategy::{Just, Strategy as Any};
use serde_json::json;

use super::*;
use crate::desk::explain_waiting;
use crate::id::DocumentId;
use crate::people::{Absence, Shift, WorkKind};
use crate::routing::{Asks, failures};
use crate::testkit::build::{
    a_document, a_seat, a_waiting_ticket, agent_id, an_agent, instant, team_id, word,
};
use crate::ticket::{Priority, Work};

const NOW: Timestamp = instant(0);
const DAY: i64 = 86_400;

/// Two teams; the second takes the overflow of the first.
fn config(strategies: [&str; 2]) -> Config {
    let documents = (1_u32..).zip(strategies).map(|(number, strategy)| {
        let mut document = a_document(number);
        document.id = DocumentId::from_uuid(team_id(number).uuid());
        let overflow: Vec<TeamId> = (number == 1).then_some(team_id(2)).into_iter().collect();
        document.body = json!({ "name": "A team", "strategy": strategy, "overflow_team_ids": overflow });
        document
    });
    let config = Config::compile(1, &documents.collect::<Vec<_>>());
    assert!(config.unreadable().is_empty());
    config
}

fn seat(number: u32, team: u32, capacity: u32, load: u32) -> Seat {
    let mut agent = an_agent(number);
    agent.team_ids = vec![team_id(team)];
    agent.capacity.units = capacity;
    let mut seat = a_seat(agent);
    seat.state.load.units = load;
    seat
}

fn off_shift(seat: &mut Seat) {
    // Over since a day, and not again for long.
    let shift = Shift::on_days("UTC".parse().unwrap(), &[], "23:00", "23:30").unwrap();
    Arc::make_mut(&mut seat.agent).shift = Some(shift);
}

fn waits(number: u32, team: u32, priority: Priority, effort: u32) -> Waiting {
    Waiting {
        team: Some(team_id(team)),
        priority,
        work: Work { effort, ..Work::since(NOW.plus_seconds(-60)) },
        ..a_waiting_ticket(number)
    }
}

fn queue(entries: &[Waiting]) -> Queue {
    entries.iter().cloned().collect()
}

#[test]
fn whose_change_is_made_larger_by_what_comes_first_is_not_the_smallest() {
    let mut seats: Vec<_> = (1..=5).map(|number| seat(number, 1, 1, 0)).collect();
    seats.iter_mut().for_each(off_shift);
    seats.push(seat(6, 1, 1, 1));
    // What comes first takes the room of whoever comes.
    let entries = [waits(1, 1, Priority::Urgent, 1), waits(2, 1, Priority::Low, 1)];
    let config = config(["least_loaded", "least_loaded"]);
    let told = explain_waiting(&entries[1], &mut queue(&entries), &Roster::from_iter(seats), &config, NOW);
    let unblock = told.unblock.unwrap();
    assert_eq!((unblock.agent, unblock.relax, unblock.units), (agent_id(6), vec![Refused::NoRoom], 2));
}

#[test]
fn it_may_be_of_somebody_who_takes_what_comes_first() {
    // Only the first has the skill, and what comes first takes their room; the other would do for that one.
    let mut able = seat(1, 1, 1, 0);
    Arc::make_mut(&mut able.agent).skills = [(word("tea"), 1)].into();
    let mut other = seat(2, 1, 1, 0);
    off_shift(&mut other);
    let mut skilled = waits(2, 1, Priority::Low, 1);
    skilled.work.skills = vec![(word("tea"), 1)];
    let entries = [waits(1, 1, Priority::Urgent, 1), skilled];
    let config = config(["skills", "skills"]);
    let told =
        explain_waiting(&entries[1], &mut queue(&entries), &Roster::from_iter([able, other]), &config, NOW);
    let unblock = told.unblock.unwrap();
    assert_eq!((unblock.agent, unblock.relax, unblock.units), (agent_id(2), vec![Refused::OffShift], 0));
}

#[derive(Debug, Clone)]
struct Desk {
    strategies: [&'static str; 2],
    seats: Vec<Seat>,
    entries: Vec<Waiting>,
}

fn a_desk() -> impl Any<Value = Desk> {
    let strategy = || prop::sample::select(vec!["optimal", "skills", "round_robin", "least_loaded"]);
    ([strategy(), strategy()], 1_u32..6, 1_u32..7).prop_flat_map(|(strategies, agents, waiting)| {
        let a_seat = move |number: u32| {
            let often = |often| prop::bool::weighted(often);
            let fails = (often(0.4), often(0.2), often(0.2), often(0.3), often(0.3));
            (1_u32..4, 0_u32..3, 0_u32..3, fails, 1_u8..3).prop_map(
                move |(team, capacity, load, (off, absent, guest, busy, able), level)| {
                    let mut seat = seat(number, team, capacity, load);
                    if off {
                        off_shift(&mut seat);
                    }
                    if busy {
                        seat.state.presence = Presence::Busy;
                    }
                    let agent = Arc::make_mut(&mut seat.agent);
                    if absent {
                        let (from, until) = (NOW.plus_seconds(-DAY), NOW.plus_seconds(DAY));
                        agent.absences = vec![Absence { from, until, substitute_id: None }];
                    }
                    if guest {
                        agent.role = word("guest");
                    }
                    if able {
                        agent.skills = [(word("tea"), level)].into();
                    }
                    agent.lead_ids = (number == 0).then_some(team_id(1)).into_iter().collect();
                    seat
                },
            )
        };
        let an_entry = move |number: u32| {
            let declined = prop::collection::btree_set(0..agents, 0..2);
            let of = (1_u32..3, prop::sample::select(Priority::ALL), 1_u32..3);
            (of, prop::option::weighted(0.3, 1_u8..3), declined).prop_map(
                move |((team, priority, effort), level, declined)| {
                    let mut entry = waits(number, team, priority, effort);
                    entry.work.skills = level.map(|level| (word("tea"), level)).into_iter().collect();
                    entry.work.declined = declined.into_iter().map(|who| (agent_id(who), NOW)).collect();
                    entry
                },
            )
        };
        let seats: Vec<_> = (0..agents).map(a_seat).collect();
        let entries: Vec<_> = (0..waiting).map(an_entry).collect();
        (Just(strategies), seats, entries).prop_map(|(strategies, seats, entries)| Desk {
            strategies,
            seats,
            entries,
        })
    })
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]

    #[test]
    fn no_smaller_change_helps(Desk { strategies, seats, entries } in a_desk()) {
        let (config, roster) = (config(strategies), Roster::from_iter(seats));
        for entry in &entries {
            let told = explain_waiting(entry, &mut queue(&entries), &roster, &config, NOW);
            let Some(unblock) = told.unblock else { continue };
            let (mut teams, team) = serving(entry.team.unwrap(), &config);
            teams.extend(team.iter().flat_map(|team| team.overflow_team_ids.iter().copied()));
            let asks = Asks::of(entry);
            let job = Job {
                kind: WorkKind::Ticket,
                teams: &teams,
                leads: false,
                asks: &asks,
                declined: &entry.work.declined,
                declined_seconds: config.settings.declined_seconds,
            };
            for seat in roster.iter() {
                let mut fails: Vec<Refused> = failures(seat, &job, NOW).collect();
                fails.retain(|one| *one != Refused::NoRoom);
                fails.push(Refused::NoRoom);
                for some in 1_u32..1 << fails.len() {
                    let some = fails.iter().enumerate().filter(|(at, _)| some >> at & 1 == 1);
                    let some: Vec<Refused> = some.map(|(_, one)| *one).collect();
                    if some.len() >= unblock.relax.len() {
                        continue;
                    }
                    let mut changed = seat.clone();
                    let mut waiting = queue(&entries);
                    let agent = Arc::make_mut(&mut changed.agent);
                    for one in &some {
                        match one {
                            Refused::NotInTeam => agent.team_ids.push(teams[0]),
                            Refused::MayNotReply => agent.role = word("agent"),
                            Refused::MissingSkill => {
                                agent.skills.insert(word("tea"), asks.skills[0].1);
                            }
                            Refused::Absent => agent.absences.clear(),
                            Refused::NotAvailable => changed.state.presence = Presence::Available,
                            Refused::OffShift => agent.shift = None,
                            Refused::JustDeclined => {
                                let mut forgiven = entry.clone();
                                forgiven.work.declined.retain(|(who, _)| *who != agent.id);
                                waiting.upsert(forgiven);
                            }
                            // More than all that waits takes.
                            Refused::NoRoom => agent.capacity.units += 100,
                            other => panic!("{other:?}"),
                        }
                    }
                    let mut others = roster.clone();
                    others.seat(changed);
                    let planned = plan(&mut waiting, &mut others, &config, NOW, 1_000);
                    let helps = planned.iter().any(|one| one.ticket == entry.ticket);
                    prop_assert!(!helps, "{some:?} of {:?} in place of {unblock:?}", seat.agent.id);
                }
            }
        }
    }
}
