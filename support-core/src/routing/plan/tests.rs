//! The planner beside the plain way to do the same: every agent asked for every ticket, and all of them sorted.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::{Just, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Any;
use serde_json::json;

use super::*;
use crate::config::RoutingMode;
use crate::desk::explain_waiting;
use crate::id::{DocumentId, TeamId};
use crate::label::Label;
use crate::people::{Absence, Presence, Shift, WorkKind};
use crate::routing::{Asks, Candidate, Job, Ranked, Strategy, Unblock, Waiting, failures, place};
use crate::scoring::total;
use crate::testkit::build::{
    a_document, a_seat, a_state, a_waiting_ticket, agent_id, an_agent, instant, team_id, ticket_id, word,
};
use crate::ticket::{Priority, Work};

const NOW: Timestamp = instant(0);
const TEAMS: u32 = 4;

/// Gives each piece of work, best first, to whom the team prefers of all who may have it.
fn plainly(entries: &[Waiting], roster: &mut Roster, config: &Config, most: usize) -> Vec<Placement> {
    let ranked = |entry: &Waiting| Ranked {
        ticket: entry.ticket,
        score: total(&config.settings.weights, &entry.inputs(), NOW),
        since: entry.work.since,
    };
    let mut order: Vec<&Waiting> = entries.iter().collect();
    order.sort_by_key(|entry| ranked(entry));
    let mut placements = Vec::new();
    for entry in order {
        if placements.len() < most
            && let Some(placement) = place_plainly(entry, roster, config)
        {
            roster.occupy(placement.agent, placement.effort, placement.assigned_at);
            placements.push(placement);
        }
    }
    placements
}

fn place_plainly(entry: &Waiting, roster: &Roster, config: &Config) -> Option<Placement> {
    let (own, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), config);
    let team = team.filter(|team| team.mode.of(WorkKind::Ticket) == RoutingMode::Assign)?;
    let waited = NOW.micros_since(entry.work.since);
    let stage = team.relaxation.iter().filter(|stage| stage.after_seconds * 1_000_000 <= waited).count();
    let asks = Asks::of(entry);
    let asks = if stage > 0 { asks.relaxed(&team.relaxation[stage - 1]) } else { asks };
    let anything = Asks { effort: asks.effort, ..Asks::default() };
    let job = |teams, seconds| Job {
        kind: WorkKind::Ticket,
        teams,
        leads: false,
        asks: &asks,
        declined: &entry.work.declined,
        declined_seconds: seconds,
    };
    let anybody_forgiven = || {
        let may = |job: Job<'_>| roster.iter().any(|seat| failures(seat, &job, NOW).next().is_none());
        may(job(&own, 0)) || may(job(&team.overflow_team_ids, 0))
    };
    let lasting = [
        Refused::Inactive,
        Refused::NotInTeam,
        Refused::MayNotReply,
        Refused::MissingSkill,
        Refused::OtherLanguage,
    ];
    let all_teams: Vec<TeamId> = own.iter().chain(&team.overflow_team_ids).copied().collect();
    let could_be = |seat: &&Seat| !failures(seat, &job(&all_teams, 0), NOW).any(|one| lasting.contains(&one));
    let everybody_declined = || {
        let could: Vec<AgentId> = roster.iter().filter(could_be).map(|seat| seat.agent.id).collect();
        let gave = |agent: &AgentId| entry.work.declined.iter().any(|(who, _)| who == agent);
        !could.is_empty() && could.iter().all(gave)
    };
    let window = config.settings.declined_seconds;
    // Who refused it longest ago is asked again first.
    let mut ages: Vec<i64> = entry.work.declined.iter().map(|(_, at)| NOW.seconds_since(*at)).collect();
    ages.sort_unstable();
    let again = ages.into_iter().rev().filter(|age| *age >= 0).map(|age| (age, false));
    for (seconds, leads) in [(window, false), (0, true)].into_iter().chain(again) {
        for teams in [&own, &team.overflow_team_ids] {
            let leaves = entry.work.declined.is_empty() || !anybody_forgiven() && !everybody_declined();
            if leads && (teams != &own || leaves) {
                continue;
            }
            let asked = Job {
                leads,
                asks: if leads { &anything } else { &asks },
                ..job(teams, if leads { window } else { seconds })
            };
            // Who was asked before, and why they did not get it.
            let before = match (leads, teams == &own) {
                (true, _) => vec![job(&own, window), job(&team.overflow_team_ids, window)],
                (false, true) => vec![],
                (false, false) => vec![job(&own, seconds)],
            };
            let sticky = entry.work.sticky.filter(|_| team.sticky && !leads);
            let (mut eligible, mut refused) = (Vec::new(), Vec::new());
            for seat in roster.iter() {
                let mut first = failures(seat, &asked, NOW).next();
                for job in &before {
                    if first == Some(Refused::NotInTeam) {
                        first = failures(seat, job, NOW).next();
                    }
                }
                match first {
                    None => eligible.push(seat),
                    Some(Refused::NotInTeam | Refused::Inactive) => {}
                    Some(first) => refused.push((seat.agent.id, first)),
                }
            }
            eligible.sort_by(|a, b| {
                let had = |seat: &Seat| Some(seat.agent.id) != sticky;
                had(a).cmp(&had(b)).then_with(|| preference(team.strategy, asked.asks, a, b))
            });
            let Some(chosen) = eligible.first() else { continue };
            let left_out = eligible.len().saturating_sub(20) + refused.len().saturating_sub(20);
            let latest = roster.iter().filter_map(|seat| seat.state.last_assigned_at).max();
            let fits = matches!(team.strategy, Strategy::Skills | Strategy::Optimal);
            let weighs = team.strategy == Strategy::PerformanceWeighted;
            let candidate = |seat: &&Seat| Candidate {
                agent: seat.agent.id,
                load: seat.state.load.units,
                capacity: seat.agent.capacity.units,
                last_assigned_at: seat.state.last_assigned_at,
                sticky: Some(seat.agent.id) == sticky,
                fit: fits.then(|| asked.asks.fit(&seat.agent)),
                performance: weighs.then_some(seat.agent.performance),
                worth: None,
            };
            refused.truncate(20);
            let assigned_at = latest.map_or(NOW, |latest| NOW.max(latest.plus_micros(1)));
            return Some(Placement {
                ticket: entry.ticket,
                agent: chosen.agent.id,
                state_version: chosen.state.version,
                effort: entry.work.effort,
                capacity: chosen.agent.capacity.units,
                assigned_at,
                record: Record::Written(Box::new(Why {
                    strategy: team.strategy,
                    score: total(&config.settings.weights, &entry.inputs(), NOW),
                    waited_seconds: NOW.seconds_since(entry.work.since).max(0),
                    stage: u32::try_from(stage).ok().filter(|stage| *stage > 0),
                    candidates: eligible.iter().take(20).map(candidate).collect(),
                    refused,
                    left_out: u32::try_from(left_out).unwrap(),
                    assigned_at: Some(assigned_at),
                })),
            });
        }
    }
    None
}

fn preference(strategy: Strategy, asks: &Asks, a: &Seat, b: &Seat) -> Ordering {
    let by_turn = || (a.state.last_assigned_at, a.agent.id).cmp(&(b.state.last_assigned_at, b.agent.id));
    let share = |one: &Seat, other: &Seat| one.state.load.units * other.agent.capacity.units;
    let weighted = |one: &Seat, other: &Seat| share(one, other) * other.agent.performance;
    let fit = |seat: &Seat| (std::cmp::Reverse(asks.fit(&seat.agent).preferred), asks.fit(&seat.agent).spare);
    match strategy {
        Strategy::RoundRobin => by_turn(),
        Strategy::PerformanceWeighted => weighted(a, b).cmp(&weighted(b, a)).then_with(by_turn),
        Strategy::Skills | Strategy::Optimal => fit(a).cmp(&fit(b)).then_with(by_turn),
        Strategy::LeastLoaded => share(a, b).cmp(&share(b, a)).then_with(by_turn),
    }
}

fn some_skills() -> impl Any<Value = Vec<(Label, u8)>> {
    let skill = (prop::sample::select(vec!["billing", "law"]), 1_u8..4);
    let skill = skill.prop_map(|(skill, level)| (word(skill), level));
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(skill, 1..3)]
}

fn some_seat(number: u32) -> impl Any<Value = Seat> {
    let profile = (
        prop::collection::btree_set(0..TEAMS, 0..3),
        some_skills(),
        0_u32..6,
        prop::sample::select(vec!["agent", "agent", "agent", "supervisor", "guest"]),
        prop::bool::weighted(0.95),
        prop::option::weighted(0.2, prop::sample::select(vec![("10:00", "12:20"), ("09:00", "17:00")])),
        prop::option::weighted(0.3, prop::sample::select(vec!["de", "en"])),
        prop::sample::select(vec![50_u32, 100, 150]),
        prop::bool::weighted(0.05),
        prop::option::weighted(0.2, 0..TEAMS),
    );
    let state = (
        prop_oneof![5 => Just(Presence::Available), 1 => Just(Presence::Busy), 1 => Just(Presence::Offline)],
        prop::bool::weighted(0.1),
        0_u32..4,
        prop::option::of(-4_i64..2),
    );
    (profile, state).prop_map(move |(profile, state)| {
        let mut agent = an_agent(number);
        let (teams, skills, capacity, role, active, shift, language, performance, absent, leads) = profile;
        agent.languages = language.into_iter().map(word).collect();
        agent.performance = performance;
        let (from, until) = (NOW.plus_seconds(-10), NOW.plus_seconds(10));
        agent.absences = absent.then_some(Absence { from, until, substitute_id: None }).into_iter().collect();
        agent.lead_ids = leads.into_iter().map(team_id).collect();
        agent.team_ids = teams.into_iter().map(team_id).collect();
        agent.skills = skills.into_iter().collect();
        agent.capacity.units = capacity;
        agent.role = word(role);
        agent.active = active;
        agent.shift =
            shift.map(|(start, end)| Shift::on_days("UTC".parse().unwrap(), &[], start, end).unwrap());
        let (presence, chats, load, last) = state;
        let mut state = a_state(number);
        state.presence = presence;
        state.channels = if chats { vec![WorkKind::Chat] } else { Vec::new() };
        state.load.units = load;
        state.last_assigned_at = last.map(|seconds| NOW.plus_seconds(seconds));
        Seat { agent: Arc::new(agent), state }
    })
}

fn an_entry(number: u32, agents: u32) -> impl Any<Value = Waiting> {
    let declined = (0..agents, -400_i64..100);
    let declined = prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(declined, 1..6),
    ];
    // One team more than there are: it was taken out of force.
    let team = prop::option::weighted(0.9, 0..=TEAMS);
    let rest = (prop::sample::select(Priority::ALL), -20_000_i64..100, 1_u32..4);
    let wish = (some_skills(), prop::option::weighted(0.2, prop::sample::select(vec!["de", "en", "fr"])));
    let sticky = prop::option::weighted(0.2, 0..agents);
    (team, rest, some_skills(), declined, wish, sticky).prop_map(move |made| {
        let (team, rest, skills, declined, (preferred, language), sticky) = made;
        let (priority, since, effort) = rest;
        let declined = declined.into_iter().map(|(who, at)| (agent_id(who), NOW.plus_seconds(at))).collect();
        Waiting {
            team: team.map(team_id),
            priority,
            language: language.map(word),
            work: Work {
                since: NOW.plus_seconds(since),
                effort,
                skills,
                preferred,
                sticky: sticky.map(agent_id),
                declined,
            },
            ..a_waiting_ticket(number)
        }
    })
}

/// Teams of these strategies, some with overflow or stages of relaxation, few that take work by hand.
fn a_config(strategies: &'static [Strategy]) -> impl Any<Value = Config> {
    let team = (
        prop::sample::select(strategies),
        prop::bool::weighted(0.1),
        prop::collection::btree_set(0..TEAMS, 0..3),
        prop::bool::weighted(0.7),
        0..3_usize,
    );
    prop::collection::vec(team, TEAMS as usize).prop_map(|teams| {
        let documents: Vec<_> = (0..)
            .zip(teams)
            .map(
                |(number, (strategy, by_hand, overflow, sticky, stages)): (
                    u32,
                    (_, _, BTreeSet<u32>, _, _),
                )| {
                    let mut document = a_document(number);
                    document.id = DocumentId::from_uuid(team_id(number).uuid());
                    let overflow: Vec<TeamId> = overflow.into_iter().map(team_id).collect();
                    let all_stages = [
                        json!({ "after_seconds": 5_000, "lower_levels": 1, "drop_preferred": true }),
                        json!({ "after_seconds": 12_000, "drop_skills": true, "drop_language": true }),
                    ];
                    document.body = json!({
                        "name": "A team",
                        "strategy": strategy.as_str(),
                        "mode": { "ticket": if by_hand { "manual" } else { "assign" } },
                        "overflow_team_ids": overflow,
                        "sticky": sticky,
                        "relaxation": all_stages.get(..stages),
                    });
                    document
                },
            )
            .collect();
        let config = Config::compile(1, &documents);
        assert!(config.unreadable().is_empty());
        config
    })
}

/// All strategies that place work one piece after the other.
const BY_ITSELF: &[Strategy] =
    &[Strategy::RoundRobin, Strategy::LeastLoaded, Strategy::Skills, Strategy::PerformanceWeighted];

fn a_desk(strategies: &'static [Strategy]) -> impl Any<Value = (Config, Roster, Vec<Waiting>)> {
    // Beyond `Why::MOST`, so that some are left out.
    (0_u32..60, 0_u32..50).prop_flat_map(move |(agents, waiting)| {
        let seats: Vec<_> = (0..agents).map(some_seat).collect();
        let entries: Vec<_> = (0..waiting).map(|number| an_entry(number, agents.max(1))).collect();
        (a_config(strategies), seats, entries)
            .prop_map(|(config, seats, entries)| (config, Roster::from_iter(seats), entries))
    })
}

proptest! {
    #[test]
    fn a_plan_is_what_asking_everybody_every_time_gives(
        (config, roster, entries) in a_desk(BY_ITSELF),
        most in prop_oneof![Just(1_000_usize), 0_usize..20],
    ) {
        let mut queue: Queue = entries.iter().cloned().collect();
        let (mut left, mut left_plainly) = (roster.clone(), roster);
        let planned = plan(&mut queue, &mut left, &config, NOW, most);
        prop_assert_eq!(&planned, &plainly(&entries, &mut left_plainly, &config, most));
        prop_assert_eq!(left, left_plainly);
        for placement in planned {
            prop_assert_eq!(placement.why().decide_again(), Some(placement.agent));
        }
    }

    #[test]
    fn one_piece_of_work_goes_where_asking_everybody_sends_it((config, roster, entries) in a_desk(Strategy::ALL)) {
        for entry in &entries {
            prop_assert_eq!(place(entry, &roster, &config, NOW), place_plainly(entry, &roster, &config));
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// With all else that waits, on any desk and under any strategy.
    #[test]
    fn the_smallest_change_has_the_router_give_it((config, roster, entries) in a_desk(Strategy::ALL)) {
        let mut queue: Queue = entries.iter().cloned().collect();
        let planned = plan(&mut queue, &mut roster.clone(), &config, NOW, 1_000);
        let goes = |planned: &[Placement], entry: &Waiting| planned.iter().any(|one| one.ticket == entry.ticket);
        for entry in entries.iter().filter(|entry| !goes(&planned, entry)).take(3) {
            let explained = explain_waiting(entry, &mut queue, &roster, &config, NOW);
            prop_assert_eq!(explained.by_hand && explained.unblock.is_some(), false);
            let Some(Unblock { agent, relax, units }) = explained.unblock else {
                let nobody = roster.iter().all(|seat| !seat.agent.active);
                prop_assert!(explained.by_hand || nobody, "{entry:?} {:?}", explained.agents);
                continue;
            };
            // Applied by other means than those by which it was found.
            let mut queue = queue.clone();
            let mut seat = roster.get(agent).unwrap().clone();
            let profile = Arc::make_mut(&mut seat.agent);
            let (_, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), &config);
            let stage = team.map_or(0, |team| team.stage(NOW.micros_since(entry.work.since)));
            let asks = team.map_or_else(|| Asks::of(entry), |team| Asks::of(entry).at(team, stage));
            for condition in &relax {
                match condition {
                    Refused::NotInTeam => profile.team_ids.push(entry.team.unwrap_or(TeamId::DEFAULT)),
                    Refused::MayNotReply => profile.role = word("agent"),
                    // No more than is asked for: who can do more is asked for more.
                    Refused::MissingSkill => {
                        for (skill, level) in &asks.skills {
                            let has = profile.skills.get(skill).copied().unwrap_or(0);
                            profile.skills.insert(skill.clone(), has.max(*level));
                        }
                    }
                    Refused::OtherLanguage => profile.languages.extend(asks.language.clone()),
                    Refused::Absent => profile.absences.clear(),
                    Refused::OffShift => profile.shift = None,
                    Refused::NotAvailable => seat.state.presence = Presence::Available,
                    Refused::OtherChannels => seat.state.channels.clear(),
                    Refused::JustDeclined => {
                        let mut entry = entry.clone();
                        entry.work.declined.retain(|(who, _)| *who != agent);
                        queue.upsert(entry);
                    }
                    Refused::NoRoom => profile.capacity.units += units,
                    Refused::Inactive | Refused::Kept => prop_assert!(false, "{condition:?} is nothing to change"),
                }
            }
            let mut changed = roster.clone();
            changed.seat(seat);
            let planned = plan(&mut queue, &mut changed, &config, NOW, 2_000);
            prop_assert!(goes(&planned, entry), "{relax:?} {units}");
        }
    }
}

/// A seat that is there, with room of its own.
fn there(number: u32, capacity: u32, load: u32) -> Seat {
    let mut agent = an_agent(number);
    agent.capacity.units = capacity;
    let mut seat = a_seat(agent);
    seat.state.load.units = load;
    seat
}

fn waits(number: u32, effort: u32, since: Timestamp) -> Waiting {
    Waiting { work: Work { effort, ..Work::since(since) }, ..a_waiting_ticket(number) }
}

fn one_team(body: &serde_json::Value) -> Config {
    let mut document = a_document(1);
    document.id = DocumentId::from_uuid(TeamId::DEFAULT.uuid());
    document.body = body.clone();
    let config = Config::compile(1, &[document]);
    assert!(config.unreadable().is_empty());
    config
}

const DAY: i64 = 86_400;

proptest! {
    /// The bound on starvation holds for who needs more room than ever comes free at once, under every strategy.
    #[test]
    fn what_waited_beyond_its_bound_is_not_passed_for_ever_by_lighter_work(
        strategy in prop::sample::select(Strategy::ALL),
        capacities in prop::collection::vec(2_u32..7, 1..5),
        effort in 2_u32..7,
        lighter in 1_u32..3,
    ) {
        let config = one_team(&json!({ "name": "A team", "strategy": strategy.as_str() }));
        let largest = capacities.iter().copied().max().unwrap();
        let effort = effort.min(largest);
        let lighter = lighter.min(effort - 1);
        let mut roster: Roster =
            (0..).zip(&capacities).map(|(number, units)| there(number, *units, *units)).collect();
        let mut queue = Queue::from_iter([waits(0, effort, NOW.plus_seconds(-3 * DAY))]);
        let mut next = 1;
        let mut rounds = 0;
        // In each round every agent ends a unit of what they have, and there is always more that is light and new.
        let placed = loop {
            rounds += 1;
            for number in 0..u32::try_from(capacities.len()).unwrap() {
                let mut seat = roster.get(agent_id(number)).unwrap().clone();
                seat.state.load.units = seat.state.load.units.saturating_sub(1);
                roster.seat(seat);
            }
            while queue.len() < 20 {
                queue.upsert(waits(next, lighter, NOW));
                next += 1;
            }
            let planned = plan(&mut queue, &mut roster, &config, NOW, 1_000);
            planned.iter().for_each(|one| queue.remove(one.ticket));
            if planned.iter().any(|one| one.ticket == ticket_id(0)) {
                break true;
            }
            if rounds > largest {
                break false;
            }
        };
        prop_assert!(placed, "not within {rounds} rounds");
    }
}

#[test]
fn what_came_before_the_bound_was_passed_may_still_take_room_that_is_kept() {
    let config = one_team(&json!({ "name": "A team", "strategy": "round_robin" }));
    let roster = Roster::from_iter([there(1, 3, 1), there(2, 3, 2)]);
    // 600 points after 20 h at normal priority: it precedes all that came in the last four hours.
    let old = waits(0, 3, NOW.plus_seconds(-DAY));
    let others = [5, 3, 2].map(|hours| NOW.plus_seconds(-hours * 3_600));
    let others = (1..).zip(others).map(|(number, since)| waits(number, 1, since));
    let mut queue: Queue = std::iter::once(old).chain(others).collect();
    let planned = plan(&mut queue, &mut roster.clone(), &config, NOW, 1_000);
    let given: Vec<_> = planned.iter().map(|one| (one.ticket, one.agent)).collect();
    assert_eq!(given, [(ticket_id(1), agent_id(1)), (ticket_id(2), agent_id(2))]);
    assert_eq!(planned[1].why().refused, [(agent_id(1), Refused::Kept)]);
    assert_eq!(planned[1].why().decide_again(), Some(agent_id(2)));
}

#[test]
fn an_overflow_says_why_the_own_team_was_passed_over() {
    let mut document = a_document(1);
    document.id = DocumentId::from_uuid(TeamId::DEFAULT.uuid());
    document.body = json!({ "name": "Main", "overflow_team_ids": [team_id(2)] });
    let mut spare = a_document(2);
    spare.id = DocumentId::from_uuid(team_id(2).uuid());
    spare.body = json!({ "name": "Spare" });
    let config = Config::compile(1, &[document, spare]);
    let mut helper = there(2, 5, 0);
    Arc::make_mut(&mut helper.agent).team_ids = vec![team_id(2)];
    let roster = Roster::from_iter([there(1, 1, 1), helper]);
    let entry = waits(0, 1, NOW);
    let mut queue = Queue::from_iter([entry.clone()]);
    let planned = plan(&mut queue, &mut roster.clone(), &config, NOW, 1);
    for placement in [&planned[0], &place(&entry, &roster, &config, NOW).unwrap()] {
        let why = placement.why();
        assert_eq!(placement.agent, agent_id(2));
        assert_eq!((why.refused, why.left_out), (vec![(agent_id(1), Refused::NoRoom)], 0));
    }
}

#[test]
fn what_all_gave_back_goes_to_the_lead_also_once_they_are_gone() {
    let config = one_team(&json!({ "name": "A team" }));
    let mut roster = Roster::default();
    for number in 1..3 {
        let mut seat = there(number, 5, 0);
        seat.state.presence = Presence::Busy;
        roster.seat(seat);
    }
    let mut lea = there(3, 5, 0);
    let agent = Arc::make_mut(&mut lea.agent);
    (agent.team_ids, agent.lead_ids) = (vec![team_id(9)], vec![TeamId::DEFAULT]);
    roster.seat(lea);
    let mut entry = waits(0, 1, NOW);
    let give = |entry: &Waiting| {
        let mut queue = Queue::from_iter([entry.clone()]);
        let planned = plan(&mut queue, &mut roster.clone(), &config, NOW, 1);
        let planned: Vec<_> = planned.iter().map(|one| one.agent).collect();
        let alone = place(entry, &roster, &config, NOW).map(|one| one.agent);
        assert_eq!(planned.first().copied(), alone);
        alone
    };
    assert_eq!(give(&entry), None);
    entry.work.declined = vec![(agent_id(1), NOW)];
    assert_eq!(give(&entry), None, "the other one was not asked yet");
    entry.work.declined.push((agent_id(2), NOW));
    assert_eq!(give(&entry), Some(agent_id(3)));
}
