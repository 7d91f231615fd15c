//! The plan of all that waits beside an exact solver of another kind: the Hungarian method, one row for each piece of
//! work and one column for each unit of room.

use std::sync::Arc;

use proptest::prelude::{prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy as Any};
use serde_json::json;

use super::*;
use crate::config::Config;
use crate::conversation::ChannelKind;
use crate::id::{DocumentId, TeamId};
use crate::people::Presence;
use crate::routing::plan::{beside, plan_of};
use crate::routing::{Placement, Queue, Roster, Seat, Waiting, appraise, failures, plan};
use crate::scoring::Urgency;
use crate::testkit::build::{
    a_document, a_seat, a_waiting_ticket, agent_id, an_agent, instant, team_id, ticket_id, word,
};
use crate::ticket::{Priority, Work};

const NOW: Timestamp = instant(0);

/// A desk whose default team plans so.
fn config(strategy: &str) -> Config {
    let mut document = a_document(1);
    document.id = DocumentId::from_uuid(TeamId::DEFAULT.uuid());
    document.body = json!({ "name": "A team", "strategy": strategy });
    let config = Config::compile(1, &[document]);
    assert!(config.unreadable().is_empty());
    config
}

fn skills(most: usize) -> impl Any<Value = Vec<(Label, u8)>> {
    let name = prop::sample::select(vec!["billing", "law", "wood", "tea"]);
    prop::collection::btree_map(name, 1_u8..4, 0..=most)
        .prop_map(|skills| skills.into_iter().map(|(skill, level)| (word(skill), level)).collect())
}

#[derive(Debug, Clone, Copy)]
struct Kinds {
    efforts: u32,
    declined: bool,
    /// Whether one agent in four leads the team, and may so get what everybody gave back.
    leads: bool,
}

fn a_desk(kinds: Kinds) -> impl Any<Value = (Roster, Vec<Waiting>)> {
    (1_u32..8, 0_u32..24).prop_flat_map(move |(agents, waiting)| {
        let seat = move |number: u32| {
            let leads = prop::bool::weighted(if kinds.leads { 0.25 } else { 0.0 });
            // One in four is not there, or works here no more.
            let gone = prop_oneof![6 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
            (skills(3), 1_u32..5, 0_u32..2, leads, gone).prop_map(
                move |(skills, capacity, load, leads, gone)| {
                    let mut agent = an_agent(number);
                    agent.active = gone != Some(false);
                    agent.lead_ids.extend(leads.then_some(TeamId::DEFAULT));
                    agent.skills = skills.into_iter().collect();
                    agent.capacity.units = capacity;
                    let mut seat = a_seat(agent);
                    seat.state.load.units = load.min(capacity);
                    seat.state.presence = if gone.is_some() { Presence::Away } else { Presence::Available };
                    seat
                },
            )
        };
        let entry = move |number: u32| {
            let declined = prop_oneof![3 => Just(None), 1 => (0..agents).prop_map(Some)];
            let sticky = prop::option::weighted(0.2, 0..agents);
            let of = (prop::sample::select(Priority::ALL), -80_000_i64..0, 1..=kinds.efforts);
            (of, skills(2), skills(1), sticky, declined).prop_map(
                move |(of, skills, preferred, sticky, declined)| {
                    let (priority, since, effort) = of;
                    let declined = declined.filter(|_| kinds.declined);
                    Waiting {
                        priority,
                        work: Work {
                            since: NOW.plus_seconds(since),
                            effort,
                            skills,
                            preferred,
                            sticky: sticky.map(agent_id),
                            declined: declined.map(|who| (agent_id(who), NOW)).into_iter().collect(),
                        },
                        ..a_waiting_ticket(number)
                    }
                },
            )
        };
        let seats: Vec<_> = (0..agents).map(seat).collect();
        let entries: Vec<_> = (0..waiting).map(entry).collect();
        (seats, entries).prop_map(|(seats, entries)| (Roster::from_iter(seats), entries))
    })
}

fn queue(entries: &[Waiting]) -> Queue {
    entries.iter().cloned().collect()
}

fn may(entry: &Waiting, seat: &Seat) -> bool {
    let asks = Asks::of(entry);
    let teams = [TeamId::DEFAULT];
    let kind = crate::people::WorkKind::Ticket;
    let (declined, declined_seconds) = (&[][..], 0);
    let job =
        crate::routing::Job { kind, teams: &teams, leads: false, asks: &asks, declined, declined_seconds };
    failures(seat, &job, NOW).next().is_none()
}

/// What it is worth to give a piece of work to anybody, from the definitions alone.
fn gained(entries: &[Waiting], roster: &Roster, config: &Config) -> impl Fn(&Waiting, &Seat) -> i32 {
    let weights = config.settings.weights.clone();
    let score = move |entry: &Waiting| crate::scoring::total(&weights, &entry.inputs(), NOW);
    // Work that nobody may have is not part of the batch.
    let anybody = |entry: &&Waiting| roster.iter().any(|seat| may(entry, seat));
    let urgencies = Urgencies::of(entries.iter().filter(anybody).map(&score));
    move |entry: &Waiting, seat: &Seat| {
        let fit = Asks::of(entry).fit(&seat.agent);
        let sticky = entry.work.sticky == Some(seat.agent.id);
        value(urgencies.step(score(entry)), fit, sticky)
    }
}

/// The same of every placement that there may be.
fn worth(entries: &[Waiting], roster: &Roster, config: &Config) -> impl Fn(&Waiting, &Seat) -> Option<i32> {
    let gained = gained(entries, roster, config);
    move |entry: &Waiting, seat: &Seat| may(entry, seat).then(|| gained(entry, seat))
}

/// The least cost of giving each row a column of its own: the Hungarian method with potentials, O(rows² × columns).
fn hungarian(costs: &[Vec<i64>]) -> i64 {
    let (rows, columns) = (costs.len(), costs.first().map_or(0, Vec::len));
    let (mut u, mut v) = (vec![0_i64; rows + 1], vec![0_i64; columns + 1]);
    let (mut owner, mut way) = (vec![0_usize; columns + 1], vec![0_usize; columns + 1]);
    for row in 1..=rows {
        owner[0] = row;
        let mut column = 0;
        let (mut least, mut used) = (vec![i64::MAX; columns + 1], vec![false; columns + 1]);
        loop {
            used[column] = true;
            let (mut delta, mut next) = (i64::MAX, 0);
            for other in 1..=columns {
                if !used[other] {
                    let cost = costs[owner[column] - 1][other - 1] - u[owner[column]] - v[other];
                    if cost < least[other] {
                        (least[other], way[other]) = (cost, column);
                    }
                    if least[other] < delta {
                        (delta, next) = (least[other], other);
                    }
                }
            }
            for other in 0..=columns {
                if used[other] {
                    u[owner[other]] += delta;
                    v[other] -= delta;
                } else {
                    least[other] -= delta;
                }
            }
            column = next;
            if owner[column] == 0 {
                break;
            }
        }
        while column != 0 {
            owner[column] = owner[way[column]];
            column = way[column];
        }
    }
    (1..=columns).filter(|column| owner[*column] > 0).map(|column| costs[owner[column] - 1][column - 1]).sum()
}

/// The most value that placing these can have, each taking one unit.
fn exactly(entries: &[Waiting], roster: &Roster, config: &Config) -> i64 {
    let worth = worth(entries, roster, config);
    let units = |seat: &Seat| seat.agent.capacity.units.saturating_sub(seat.state.load.units) as usize;
    let columns: Vec<&Seat> = roster.iter().flat_map(|seat| std::iter::repeat_n(seat, units(seat))).collect();
    let costs: Vec<Vec<i64>> = entries
        .iter()
        .map(|entry| {
            let given = columns.iter().map(|seat| worth(entry, seat).map_or(0, |value| -i64::from(value)));
            // A column for each to wait in.
            given.chain(entries.iter().map(|_| 0)).collect()
        })
        .collect();
    -hungarian(&costs)
}

fn value_of(planned: &[Placement], entries: &[Waiting], roster: &Roster, config: &Config) -> i64 {
    let worth = worth(entries, roster, config);
    let value = |placement: &Placement| {
        let entry = entries.iter().find(|entry| entry.ticket == placement.ticket).unwrap();
        i64::from(worth(entry, roster.get(placement.agent).unwrap()).unwrap())
    };
    planned.iter().map(value).sum()
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]

    #[test]
    fn a_plan_of_all_that_waits_is_worth_what_an_exact_solver_finds(
        (roster, entries) in a_desk(Kinds { efforts: 1, declined: false, leads: false }),
    ) {
        let (optimal, greedy) = (config("optimal"), config("skills"));
        let exact = exactly(&entries, &roster, &optimal);
        let planned = plan(&mut queue(&entries), &mut roster.clone(), &optimal, NOW, 1_000);
        prop_assert_eq!(value_of(&planned, &entries, &roster, &optimal), exact);
        let appraisal = appraise(&mut queue(&entries), &mut roster.clone(), &optimal, NOW);
        prop_assert_eq!((appraisal.flow, appraisal.bound), (exact, exact));
        let singly = plan(&mut queue(&entries), &mut roster.clone(), &greedy, NOW, 1_000);
        prop_assert!(value_of(&singly, &entries, &roster, &greedy) <= exact);
    }
}

proptest! {
    #[test]
    fn a_plan_is_never_worse_than_greedy_nor_better_than_its_bound(
        (roster, entries) in a_desk(Kinds { efforts: 5, declined: true, leads: false }),
    ) {
        let config = config("optimal");
        let planned = plan(&mut queue(&entries), &mut roster.clone(), &config, NOW, 1_000);
        let worth = value_of(&planned, &entries, &roster, &config);
        let appraisal = appraise(&mut queue(&entries), &mut roster.clone(), &config, NOW);
        // Where work waits beyond its bound, room that is kept for it is no part of what is planned together.
        let weights = &config.settings.weights;
        let late = |entry: &Waiting| {
            weights.precedes_since(crate::scoring::total(weights, &entry.inputs(), NOW), NOW).is_some() && entry.work.effort > 1
        };
        if !entries.iter().any(late) {
            prop_assert!(worth >= appraisal.greedy, "{worth} {appraisal:?}");
            prop_assert!(worth >= appraisal.flow && worth <= appraisal.bound, "{worth} {appraisal:?}");
        }
        // The record alone gives the same choice; nobody is over, nobody gets what they gave back.
        let mut left = roster.clone();
        for placement in planned {
            let why = placement.why();
            let Placement { ticket, agent, effort, assigned_at, .. } = placement;
            prop_assert_eq!(why.decide_again(), Some(agent));
            let entry = entries.iter().find(|entry| entry.ticket == ticket).unwrap();
            prop_assert!(entry.work.declined.iter().all(|(who, _)| *who != agent) || why.candidates.len() == 1);
            let seat = left.get(agent).unwrap();
            prop_assert!(seat.state.load.units + effort <= seat.agent.capacity.units);
            left.occupy(agent, effort, assigned_at);
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(400))]

    /// What everybody gave back and their lead may get is no part of what is planned together.
    #[test]
    fn a_plan_is_never_worse_than_greedy_where_leads_get_what_was_given_back(
        (roster, entries) in a_desk(Kinds { efforts: 5, declined: true, leads: true }),
    ) {
        let [best, greedy] = ["optimal", "skills"].map(|strategy| {
            let config = config(strategy);
            let planned = plan(&mut queue(&entries), &mut roster.clone(), &config, NOW, 1_000);
            let gained = gained(&entries, &roster, &config);
            let value = |placement: &Placement| {
                let entry = entries.iter().find(|entry| entry.ticket == placement.ticket).unwrap();
                i64::from(gained(entry, roster.get(placement.agent).unwrap()))
            };
            planned.iter().map(value).sum::<i64>()
        });
        prop_assert!(best >= greedy, "{best} {greedy}");
    }

    #[test]
    fn a_greedy_plan_is_given_up_only_where_it_is_worth_no_more(
        (roster, entries) in a_desk(Kinds { efforts: 5, declined: true, leads: true }),
    ) {
        let config = config("optimal");
        let greedy = |to_beat| beside(&mut queue(&entries), &mut roster.clone(), &config, NOW, to_beat).greedy;
        let whole = greedy(None);
        prop_assert_eq!(greedy(Some(whole - 1)), whole);
    }
}

/// Weights of all kinds, with age that earns something.
fn some_weights() -> impl Any<Value = Weights> {
    let points = (0_u32..300, 0_u32..300, 0_u32..200, 0_u32..100);
    (points, 1_u32..500, 60_u32..40_000).prop_map(|((priority, urgency, keyword, insight), age, seconds)| {
        let weights = Weights {
            priority_points: priority.into(),
            urgency_points: urgency.into(),
            keyword_limit: keyword.into(),
            insight_limit: insight.into(),
            age_points: age.into(),
            age_seconds: seconds,
            ..Weights::default()
        };
        assert!(weights.problems().is_empty(), "{:?}", weights.problems());
        weights
    })
}

/// What counts beside what is asked for: the priority, if any; how long ago it began to wait, in thousandths of the
/// longest bound; its keyword points and its insight points, in shares of their limits; and when its tightest timer is due.
fn what_counts() -> impl Any<Value = (Option<Priority>, u32, f64, f64, Option<i64>)> {
    let any = (Just(None), 0_u32..3_000, -1.5_f64..1.5, 0.0_f64..1.0, prop::option::of(-1_000_i64..1_000));
    // What has just waited long enough with all else against it, and what came right after that with all for it.
    let late = (Just(Some(Priority::Low)), 1_000_u32..1_020, Just(-1.5), Just(0.0), Just(None));
    let young = (Just(Some(Priority::Urgent)), 0_u32..20, Just(1.5), Just(1.0), Just(Some(-1)));
    prop_oneof![any, late, young]
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(512))]

    /// Work that has waited so long precedes every item that becomes waiting after that moment: none is given to
    /// somebody who could have had it instead. Whatever the weights are, and whatever else counts for the younger.
    #[test]
    fn nothing_takes_the_place_of_what_waited_beyond_its_bound(
        (roster, entries) in a_desk(Kinds { efforts: 1, declined: true, leads: false }),
        strategy in prop::sample::select(crate::routing::Strategy::ALL),
        weights in prop_oneof![Just(Weights::default()), some_weights()],
        what_counts in prop::collection::vec(what_counts(), 24),
    ) {
        let mut config = config(strategy.as_str());
        let longest = weights.precedes_after_seconds(Priority::Low, false).unwrap();
        let entries: Vec<Waiting> = entries
            .into_iter()
            .zip(what_counts)
            .map(|(mut entry, (priority, share, keywords, insight, due))| {
                entry.priority = priority.unwrap_or(entry.priority);
                entry.work.since = NOW.plus_seconds(-((longest * f64::from(share) / 1_000.0) as i64));
                entry.keyword_points = keywords * weights.keyword_limit;
                entry.insight_points = insight * weights.insight_limit;
                let due = due.map(|due| NOW.plus_seconds(due));
                entry.urgency = due.map(|due| Urgency::between(due.plus_seconds(-500), due));
                entry
            })
            .collect();
        config.settings.weights = weights;
        let planned = plan(&mut queue(&entries), &mut roster.clone(), &config, NOW, 1_000);
        let waits = entries.iter().filter(|entry| planned.iter().all(|one| one.ticket != entry.ticket));
        for waits in waits {
            let bound = config.settings.weights.precedes_after_seconds(waits.priority, false).unwrap();
            let moment = waits.work.since.plus_seconds(bound.ceil() as i64);
            for one in &planned {
                let younger = entries.iter().find(|entry| entry.ticket == one.ticket).unwrap();
                let asks = Asks::of(waits);
                let agent = &roster.get(one.agent).unwrap().agent;
                let declined = waits.work.declined.iter().any(|(who, _)| *who == one.agent);
                let could = asks.is_skilled(agent) && !declined;
                // At the very moment both have the same score.
                prop_assert!(!could || younger.work.since <= moment, "{waits:?} {younger:?}");
            }
        }
    }
}

/// More work than there is room for, of few kinds; teams that take the overflow, and some that plan by themselves.
fn a_backlog() -> impl Any<Value = (Config, Roster, Vec<Waiting>)> {
    let team = (prop::bool::weighted(0.2), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let teams = prop::collection::vec(team, 3).prop_map(|teams| {
        let documents = (0_u32..).zip(teams).map(|(number, (by_itself, relaxes, overflows))| {
            let mut document = a_document(number);
            document.id = DocumentId::from_uuid(team_id(number).uuid());
            let stages = [json!({ "after_seconds": 50_000, "drop_skills": true })];
            document.body = json!({
                "name": "A team",
                "strategy": if by_itself { "skills" } else { "optimal" },
                "relaxation": if relaxes { &stages[..] } else { &[] },
                "overflow_team_ids": if overflows { vec![team_id((number + 1) % 3)] } else { Vec::new() },
            });
            document
        });
        Config::compile(1, &documents.collect::<Vec<_>>())
    });
    // Whether some takes more than one unit, and how often work was given back.
    let rarely = (prop::bool::weighted(0.1), prop::sample::select(vec![0.04, 0.6]));
    (teams, a_desk(Kinds { efforts: 1, declined: true, leads: false }), rarely).prop_flat_map(
        |(config, desk, (heavy, declines))| {
            let (roster, _) = desk;
            let agents = u32::try_from(roster.iter().count()).unwrap();
            let roster = roster.iter().cloned().zip(0_u32..).map(|(mut seat, number)| {
                let mut agent = (*seat.agent).clone();
                agent.team_ids = vec![team_id(number % 3), team_id(number % 2)];
                seat.agent = Arc::new(agent);
                seat
            });
            let seats: Roster = roster.collect();
            let entry = move |number: u32| {
                let of = (prop::sample::select(Priority::ALL), -80_000_i64..0, prop::bool::weighted(0.05));
                let somebody = move |often| prop::option::weighted(often, 0..agents);
                (of, skills(1), somebody(0.04), somebody(declines), prop::bool::ANY).prop_map(
                    move |((priority, since, old), skills, sticky, declined, chat)| {
                        let effort = if heavy && number.is_multiple_of(40) { 2 } else { 1 };
                        let since = if old { since - 200_000 } else { since };
                        Waiting {
                            team: Some(team_id(number % 7 % 3)),
                            channel: if chat { ChannelKind::Chat } else { ChannelKind::Email },
                            priority,
                            work: Work {
                                effort,
                                skills,
                                sticky: sticky.map(agent_id),
                                declined: declined.map(|who| (agent_id(who), NOW)).into_iter().collect(),
                                ..Work::since(NOW.plus_seconds(since))
                            },
                            ..a_waiting_ticket(number)
                        }
                    },
                )
            };
            let entries: Vec<_> = (0..150).map(entry).collect();
            (Just(config), Just(seats), entries)
        },
    )
}

proptest! {
    /// What is not read could have had no part in it: neither placements nor their reasons change.
    #[test]
    fn a_plan_is_the_same_as_if_all_that_waits_were_put_in_order(
        (config, roster, entries) in a_backlog(),
        most in prop_oneof![3 => Just(1_000_usize), 1 => 0_usize..20],
        held in prop::collection::vec(0_u32..150, 0..4),
    ) {
        prop_assert!(config.unreadable().is_empty());
        let mut queue = queue(&entries);
        held.into_iter().for_each(|held| queue.hold(ticket_id(held)));
        let (mut left, mut left_of_all) = (roster.clone(), roster);
        let planned = plan_of(&mut queue, &mut left, &config, NOW, most, Reads::Part);
        prop_assert_eq!(planned, plan_of(&mut queue, &mut left_of_all, &config, NOW, most, Reads::All));
        prop_assert_eq!(left, left_of_all);
    }
}

/// The flow leaves all that there is of a kind at one step, for work of the same step that fits better but came after
/// what it leaves passed its bound.
#[test]
fn what_the_flow_leaves_is_not_passed_by_what_came_later() {
    let config = config("optimal");
    let bound = config.settings.weights.precedes_after_seconds(Priority::Low, false).unwrap() as i64;
    let waits = |number: u32, seconds: i64, skills: &[(&str, u8)]| Waiting {
        priority: Priority::Low,
        work: Work {
            skills: skills.iter().map(|(skill, level)| (word(skill), *level)).collect(),
            ..Work::since(NOW.plus_seconds(-seconds))
        },
        ..a_waiting_ticket(number)
    };
    // So old that the other two are of the same step.
    let entries =
        [waits(1, 100 * bound, &[]), waits(2, bound + 3_600, &[]), waits(3, 600, &[("billing", 3)])];
    let seats = [(1, 3), (2, 0)].map(|(number, level)| {
        let mut agent = an_agent(number);
        agent.skills = if level > 0 { [(word("billing"), level)].into() } else { [].into() };
        agent.capacity.units = 1;
        a_seat(agent)
    });
    let mut roster = Roster::from_iter(seats);
    let planned = plan(&mut queue(&entries), &mut roster.clone(), &config, NOW, 1_000);
    let mut planned: Vec<_> = planned.iter().map(|one| (one.ticket, one.agent)).collect();
    planned.sort_unstable();
    assert_eq!(planned, [(ticket_id(1), agent_id(2)), (ticket_id(2), agent_id(1))]);
    let young = plan(&mut queue(&entries[2..]), &mut roster, &config, NOW, 1_000);
    assert_eq!(young.len(), 1);
}

/// What gave way once is not asked to give way again: it would keep late work from those who still could.
#[test]
fn late_work_takes_the_room_of_all_younger_work_however_many_agents_there_are() {
    let config = config("optimal");
    let bound = config.settings.weights.precedes_after_seconds(Priority::Low, false).unwrap() as i64;
    let agents = 61;
    let waits = |number: u32, seconds: i64, skills: &[(&str, u8)]| Waiting {
        priority: Priority::Low,
        work: Work {
            skills: skills.iter().map(|(skill, level)| (word(skill), *level)).collect(),
            ..Work::since(NOW.plus_seconds(-seconds))
        },
        ..a_waiting_ticket(number)
    };
    // One is so old that all others are of the same step, within which the younger fit better.
    let old = waits(0, 100 * bound, &[]);
    let late = (1..agents).map(|number| waits(number, bound + 3_600, &[]));
    let young = (agents..2 * agents).map(|number| waits(number, 600, &[("billing", 3)]));
    let entries: Vec<Waiting> = std::iter::once(old).chain(late).chain(young).collect();
    let seats = (0..agents).map(|number| {
        let mut agent = an_agent(number);
        agent.skills = [(word("billing"), 3)].into();
        agent.capacity.units = 1;
        a_seat(agent)
    });
    let mut roster: Roster = seats.collect();
    let planned = plan(&mut queue(&entries), &mut roster, &config, NOW, 1_000);
    let young = planned.iter().filter(|one| one.ticket >= ticket_id(agents)).count();
    assert_eq!((planned.len(), young), (agents as usize, 0));
}
