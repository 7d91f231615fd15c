//! Teams that plan together beside teams that do not, with agents who work in several: a plan beside the same desk
//! placed one piece after the other.

use std::sync::Arc;

use proptest::prelude::{prop, prop_assert, proptest};
use proptest::strategy::{Just, Strategy as Any};
use serde_json::json;

use crate::config::Config;
use crate::desk::explain_waiting;
use crate::id::{AgentId, DocumentId, TeamId};
use crate::people::{Day, Shift, WorkKind};
use crate::routing::plan::beside;
use crate::routing::{
    Asks, Job, Placement, Queue, Refused, Roster, Seat, Urgencies, Waiting, failures, plan, serving, value,
};
use crate::scoring::total;
use crate::testkit::build::{
    a_document, a_seat, a_waiting_ticket, agent_id, an_agent, instant, team_id, ticket_id, word,
};
use crate::ticket::{Priority, Work};
use crate::time::{Timestamp, Zone};

const NOW: Timestamp = instant(0);
const TEAMS: u32 = 3;
/// The day of the week at that instant, a Sunday.
const NOW_DAY: usize = 6;

/// A team's strategy, and the team that takes its overflow.
type Rules = (&'static str, Option<u32>);
/// Whether a team gives work to whom it knows, and relaxes what waits.
type Ways = (bool, bool);

fn config(teams: &[Rules]) -> Config {
    config_with(teams, &[])
}

fn config_with(teams: &[Rules], ways: &[Ways]) -> Config {
    let ways = ways.iter().copied().chain(std::iter::repeat((true, false)));
    let documents =
        (0_u32..).zip(teams).zip(ways).map(|((number, (strategy, overflow)), (sticky, relaxes))| {
            let mut document = a_document(number);
            document.id = DocumentId::from_uuid(team_id(number).uuid());
            let overflow: Vec<TeamId> = overflow.iter().map(|team| team_id(*team)).collect();
            let stages = json!([
                { "after_seconds": 20_000, "lower_levels": 1 },
                { "after_seconds": 50_000, "drop_skills": true, "drop_preferred": true },
            ]);
            document.body = json!({
                "name": "A team", "strategy": strategy, "overflow_team_ids": overflow, "sticky": sticky,
                "relaxation": if relaxes { stages } else { json!([]) },
            });
            document
        });
    let config = Config::compile(1, &documents.collect::<Vec<_>>());
    assert!(config.unreadable().is_empty());
    config
}

/// The same desk, with no team that plans together.
fn greedily(teams: &[Rules], ways: &[Ways]) -> Config {
    let singly = |(strategy, overflow): &Rules| match *strategy {
        "optimal" => ("skills", *overflow),
        other => (other, *overflow),
    };
    config_with(&teams.iter().map(singly).collect::<Vec<_>>(), ways)
}

fn seat(number: u32, teams: &[u32], capacity: u32, skills: &[(&str, u8)]) -> Seat {
    let mut agent = an_agent(number);
    agent.team_ids = teams.iter().map(|team| team_id(*team)).collect();
    agent.capacity.units = capacity;
    agent.skills = skills.iter().map(|(skill, level)| (word(skill), *level)).collect();
    a_seat(agent)
}

fn waits(number: u32, team: u32, priority: Priority, seconds: i64) -> Waiting {
    Waiting {
        team: Some(team_id(team)),
        priority,
        work: Work::since(NOW.plus_seconds(-seconds)),
        ..a_waiting_ticket(number)
    }
}

fn queue(entries: &[Waiting]) -> Queue {
    entries.iter().cloned().collect()
}

/// What work asks for at a stage of its team's relaxation; without one, at that which it has reached.
fn asks(entry: &Waiting, stage: Option<usize>, config: &Config) -> Asks {
    let team = serving(entry.team.unwrap_or(TeamId::DEFAULT), config).1.unwrap();
    Asks::of(entry).at(team, stage.unwrap_or_else(|| team.stage(NOW.micros_since(entry.work.since))))
}

fn may(entry: &Waiting, seat: &Seat, config: &Config) -> bool {
    may_at(entry, None, seat, config)
}

fn may_at(entry: &Waiting, stage: Option<usize>, seat: &Seat, config: &Config) -> bool {
    let (mut teams, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), config);
    teams.extend(team.iter().flat_map(|team| team.overflow_team_ids.iter().copied()));
    let job = Job {
        kind: WorkKind::Ticket,
        teams: &teams,
        leads: false,
        asks: &asks(entry, stage, config),
        declined: &[],
        declined_seconds: 0,
    };
    failures(seat, &job, NOW).all(|one| one == Refused::JustDeclined)
}

/// What placements are worth, from the definitions alone.
fn worth(planned: &[Placement], entries: &[Waiting], roster: &Roster, config: &Config) -> i64 {
    let score = |entry: &Waiting| total(&config.settings.weights, &entry.inputs(), NOW);
    // Urgency is cut into steps over all that somebody may have, be it at a later stage.
    let anybody = |entry: &&Waiting| {
        let stages = || (0..=2).map(Some);
        roster.iter().any(|seat| stages().any(|stage| may_at(entry, stage, seat, config)))
    };
    let urgencies = Urgencies::of(entries.iter().filter(anybody).map(score));
    let value_of = |placement: &Placement| {
        let entry = entries.iter().find(|entry| entry.ticket == placement.ticket).unwrap();
        let fit = asks(entry, None, config).fit(&roster.get(placement.agent).unwrap().agent);
        let (_, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), config);
        let sticky = entry.work.sticky == Some(placement.agent) && team.unwrap().sticky;
        i64::from(value(urgencies.step(score(entry)), fit, sticky))
    };
    planned.iter().map(value_of).sum()
}

#[test]
fn what_lost_its_planned_room_goes_to_who_is_free() {
    let config = config(&[("round_robin", None), ("optimal", None)]);
    // A skill to spare makes the one who works in both teams the better fit.
    let desk = Roster::from_iter([seat(1, &[0, 1], 1, &[]), seat(2, &[1], 1, &[("tea", 5)])]);
    let entries = [waits(1, 1, Priority::Low, 60), waits(2, 0, Priority::Urgent, 60)];
    let mut waiting = queue(&entries);
    let planned = plan(&mut waiting, &mut desk.clone(), &config, NOW, 1_000);
    let mut given: Vec<_> = planned.iter().map(|one| (one.ticket, one.agent)).collect();
    given.sort_unstable();
    assert_eq!(given, [(ticket_id(1), agent_id(2)), (ticket_id(2), agent_id(1))]);
    assert!(planned.iter().all(|one| one.why().decide_again() == Some(one.agent)));
    let explained = explain_waiting(&entries[0], &mut waiting, &desk, &config, NOW);
    assert_eq!(explained.unblock, None);
}

#[test]
fn late_work_that_is_filled_in_is_not_passed_by_what_came_later_in_another_team() {
    let config = config(&[("round_robin", None), ("optimal", None)]);
    let desk = Roster::from_iter([seat(1, &[0, 1], 2, &[])]);
    let day = 86_400;
    let mut late = waits(1, 1, Priority::Low, 30 * day);
    late.work.effort = 2;
    let entries = [late, waits(2, 1, Priority::Urgent, 60), waits(3, 0, Priority::Urgent, 120)];
    let planned = plan(&mut queue(&entries), &mut desk.clone(), &config, NOW, 1_000);
    let given: Vec<_> = planned.iter().map(|one| one.ticket).collect();
    assert_eq!(given, [ticket_id(1)]);
}

/// Work that fits who has a skill.
fn fits(skill: &str, mut entry: Waiting) -> Waiting {
    entry.work.preferred = vec![(word(skill), 1)];
    entry
}

/// One is so old that all that wait are of one step of urgency, within which the better fit comes first; so the flow leaves
/// what is late. `last` came after that had passed its bound.
fn late_work_is_left(last: Waiting) -> [Waiting; 4] {
    let hour = 3_600;
    [
        fits("law", waits(1, 1, Priority::Low, 90 * 24 * hour)),
        waits(2, 1, Priority::Low, 25 * hour),
        fits("tea", waits(3, 1, Priority::Low, 2 * hour)),
        last,
    ]
}

/// What the flow gave the place to loses it to another team.
#[test]
fn late_work_that_the_plan_leaves_is_not_passed_by_what_came_later_in_another_team() {
    let config = config(&[("round_robin", None), ("optimal", None)]);
    let desk = Roster::from_iter([seat(1, &[0, 1], 1, &[("tea", 1)]), seat(2, &[1], 1, &[("law", 1)])]);
    let entries = late_work_is_left(waits(4, 0, Priority::Urgent, 60));
    let planned = plan(&mut queue(&entries), &mut desk.clone(), &config, NOW, 1_000);
    let given: Vec<_> = planned.iter().map(|one| one.ticket).collect();
    assert_eq!(given, [ticket_id(1), ticket_id(2)]);
}

/// Those who take its overflow get what came later, while its own team has room that is planned for other work.
#[test]
fn late_work_that_the_plan_leaves_is_not_passed_by_what_came_later_in_the_team_that_takes_its_overflow() {
    let config = config(&[("optimal", None), ("optimal", Some(0))]);
    let seats = [seat(1, &[1], 1, &[("tea", 1)]), seat(2, &[1], 1, &[("law", 1)]), seat(3, &[0], 1, &[])];
    let entries = late_work_is_left(waits(4, 0, Priority::Urgent, 60));
    let planned = plan(&mut queue(&entries), &mut Roster::from_iter(seats), &config, NOW, 1_000);
    let mut given: Vec<_> = planned.iter().map(|one| (one.ticket, one.agent)).collect();
    given.sort_unstable();
    let [first, late, last] =
        [(1, 2), (2, 1), (4, 3)].map(|(ticket, agent)| (ticket_id(ticket), agent_id(agent)));
    assert_eq!(given, [first, late, last]);
}

#[derive(Debug, Clone)]
struct Desk {
    teams: Vec<Rules>,
    ways: Vec<Ways>,
    roster: Roster,
    entries: Vec<Waiting>,
}

fn a_desk() -> impl Any<Value = Desk> {
    let strategies = vec!["optimal", "optimal", "skills", "round_robin", "least_loaded"];
    let rules = (prop::sample::select(strategies), prop::option::weighted(0.2, 0..TEAMS));
    let teams = prop::collection::vec(rules, TEAMS as usize);
    // Mostly light work, so that exact flows are among them.
    let heaviest = prop::sample::select(vec![1_u32, 1, 5]);
    (teams, 1_u32..8, 0_u32..20, heaviest).prop_flat_map(|(teams, agents, waiting, heaviest)| {
        let skills = || {
            let name = prop::sample::select(vec!["billing", "law", "tea"]);
            prop::collection::btree_map(name, 1_u8..4, 0..=2)
        };
        let a_seat = move |number: u32| {
            let of = prop::collection::btree_set(0..TEAMS, 1..=TEAMS as usize);
            let leads = prop::option::weighted(0.2, 0..TEAMS);
            let works = prop::bool::weighted(0.9);
            (of, skills(), 1..=1 + heaviest, 0_u32..2, leads, works).prop_map(
                move |(teams, skills, capacity, load, leads, works)| {
                    let teams: Vec<u32> = teams.into_iter().collect();
                    let skills: Vec<_> = skills.into_iter().collect();
                    let mut seat = seat(number, &teams, capacity, &skills);
                    Arc::make_mut(&mut seat.agent).lead_ids = leads.into_iter().map(team_id).collect();
                    let days = [Day::ALL[(NOW_DAY + usize::from(!works)) % 7]];
                    let shift = Shift::on_days(Zone::UTC, &days, "00:00", "24:00").unwrap();
                    Arc::make_mut(&mut seat.agent).shift = number.is_multiple_of(2).then_some(shift);
                    seat.state.load.units = load.min(capacity);
                    seat
                },
            )
        };
        let an_entry = move |number: u32| {
            let of = (0..TEAMS, prop::sample::select(Priority::ALL), 0_i64..80_000);
            let late = prop::bool::weighted(0.05);
            let somebody = move || prop::option::weighted(0.1, 0..agents);
            (of, late, 1..=heaviest, skills(), skills(), somebody(), somebody()).prop_map(
                move |((team, priority, waited), late, effort, skills, preferred, sticky, declined)| {
                    let mut entry =
                        waits(number, team, priority, if late { waited + 900_000 } else { waited });
                    let label = |(skill, level): (&str, u8)| (word(skill), level);
                    entry.work.effort = effort;
                    // Few skills are a must: else most work is for one agent.
                    entry.work.skills =
                        skills.into_iter().take(usize::from(number.is_multiple_of(2))).map(label).collect();
                    entry.work.preferred = preferred.into_iter().map(label).collect();
                    entry.work.sticky = sticky.map(agent_id);
                    entry.work.declined = declined.map(|who| (agent_id(who), NOW)).into_iter().collect();
                    entry
                },
            )
        };
        let seats: Vec<_> = (0..agents).map(a_seat).collect();
        let entries: Vec<_> = (0..waiting).map(an_entry).collect();
        let ways = prop::collection::vec((prop::bool::weighted(0.7), prop::bool::ANY), TEAMS as usize);
        (Just(teams), ways, seats, entries).prop_map(|(teams, ways, seats, entries)| Desk {
            teams,
            ways,
            roster: Roster::from_iter(seats),
            entries,
        })
    })
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(400))]

    #[test]
    fn a_plan_with_shared_agents_is_never_worth_less_than_greedy_and_leaves_nobody_idle(
        Desk { teams, ways, roster, entries } in a_desk(),
    ) {
        let together = config_with(&teams, &ways);
        let mut left = roster.clone();
        let planned = plan(&mut queue(&entries), &mut left, &together, NOW, 1_000);
        let singly = plan(&mut queue(&entries), &mut roster.clone(), &greedily(&teams, &ways), NOW, 1_000);
        let [best, greedy] = [&planned, &singly].map(|planned| worth(planned, &entries, &roster, &together));
        prop_assert!(best >= greedy, "{best} {greedy}");
        let mut after = roster.clone();
        for one in &planned {
            prop_assert!(after.get(one.agent).unwrap().room() >= one.effort);
            after.occupy(one.agent, one.effort, one.assigned_at);
            prop_assert!(one.why().decide_again() == Some(one.agent));
        }
        prop_assert!(after == left);
        for entry in entries.iter().filter(|entry| planned.iter().all(|one| one.ticket != entry.ticket)) {
            // Room that is kept for late work is not free.
            let since = entry.work.since;
            let kept = crate::routing::kept_from(&mut queue(&entries), &roster, &together, NOW, since);
            let late = |other: &Waiting| {
                let score = total(&together.settings.weights, &other.inputs(), NOW);
                other.work.effort > 1 && together.settings.weights.precedes_since(score, NOW).is_some()
            };
            let keeps = entries.iter().any(late);
            let free = |seat: &&Seat| may(entry, seat, &together) && !kept.contains(&seat.agent.id);
            let free: Vec<AgentId> = left.iter().filter(free).map(|seat| seat.agent.id).collect();
            prop_assert!(keeps || free.is_empty(), "{entry:?} {free:?}");
        }
    }

    #[test]
    fn the_first_of_a_plan_are_the_same_however_many_are_asked_for(
        Desk { teams, ways, roster, entries } in a_desk(),
        most in 1_usize..8,
    ) {
        let together = config_with(&teams, &ways);
        let all = plan(&mut queue(&entries), &mut roster.clone(), &together, NOW, 1_000);
        let some = plan(&mut queue(&entries), &mut roster.clone(), &together, NOW, most);
        prop_assert!(some.as_slice() == all.get(..most).unwrap_or(&all));
    }

    /// Also where teams share agents, what has waited beyond its bound precedes whatever became waiting after that.
    #[test]
    fn nothing_takes_the_place_of_what_waited_beyond_its_bound_whosever_it_is(
        Desk { teams, ways, roster, mut entries } in a_desk(),
        ages in prop::collection::vec(prop::sample::select(vec![0.01, 0.1, 1.01, 1.1, 2.0, 40.0]), 20),
    ) {
        let together = config_with(&teams, &ways);
        let weights = &together.settings.weights;
        for (entry, age) in entries.iter_mut().zip(ages) {
            let bound = weights.precedes_after_seconds(entry.priority, false).unwrap();
            let spread = NOW.seconds_since(entry.work.since) % 3_600;
            entry.work.since = NOW.plus_seconds(-((bound * age) as i64) - spread);
        }
        let planned = plan(&mut queue(&entries), &mut roster.clone(), &together, NOW, 1_000);
        let of = |one: &Placement| entries.iter().find(|entry| entry.ticket == one.ticket).unwrap();
        for late in entries.iter().filter(|entry| planned.iter().all(|one| one.ticket != entry.ticket)) {
            let bound = weights.precedes_after_seconds(late.priority, false).unwrap();
            let moment = late.work.since.plus_seconds(bound.ceil() as i64);
            let kept = crate::routing::kept_from(&mut queue(&entries), &roster, &together, NOW, late.work.since);
            for one in planned.iter().filter(|one| of(one).work.since > moment) {
                let seat = roster.get(one.agent).unwrap();
                let declined = late.work.declined.iter().any(|(who, _)| *who == one.agent);
                let could = may(late, seat, &together) && !declined && !kept.contains(&one.agent);
                prop_assert!(!could || late.work.effort > one.effort, "{late:?} {:?}", of(one));
            }
        }
    }

    /// Several teams that plan together, with relaxation, shifts and leads of one another.
    #[test]
    fn a_greedy_plan_of_several_teams_is_given_up_only_where_it_is_worth_no_more(
        Desk { teams, ways, roster, entries } in a_desk(),
    ) {
        let teams: Vec<Rules> = teams.iter().map(|_| ("optimal", None)).collect();
        let config = config_with(&teams, &ways);
        let of = |to_beat| beside(&mut queue(&entries), &mut roster.clone(), &config, NOW, to_beat);
        let whole = of(None).greedy;
        prop_assert!(of(Some(whole - 1)).greedy == whole, "{whole}");
        let singly = plan(&mut queue(&entries), &mut roster.clone(), &greedily(&teams, &ways), NOW, 1_000);
        let planned = plan(&mut queue(&entries), &mut roster.clone(), &config, NOW, 1_000);
        let [best, greedy] = [&planned, &singly].map(|planned| worth(planned, &entries, &roster, &config));
        prop_assert!(best >= greedy, "{best} {greedy}");
        prop_assert!(greedy == whole, "{greedy} {whole}");
    }
}
