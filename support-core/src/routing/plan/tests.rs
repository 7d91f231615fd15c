//! The planner beside the plain way to do the same: every agent asked for every ticket, and all of them sorted.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::{Just, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Any;
use serde_json::json;

use super::*;
use crate::conversation::ChannelKind;
use crate::id::DocumentId;
use crate::label::Label;
use crate::people::{Absence, Presence, Shift};
use crate::routing::Ranked;
use crate::routing::{Candidate, Job, Waiting, failures, place};
use crate::scoring::total;
use crate::testkit::build::{
    a_document, a_state, agent_id, an_agent, customer_id, instant, team_id, ticket_id, word,
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
    let anybody_forgiven = || {
        let job = |teams| Job {
            kind: WorkKind::Ticket,
            teams,
            leads: false,
            asks: &asks,
            declined: &entry.work.declined,
            declined_seconds: 0,
        };
        let may = |job: Job<'_>| roster.iter().any(|seat| failures(seat, &job, NOW).next().is_none());
        may(job(&own)) || may(job(&team.overflow_team_ids))
    };
    for (seconds, leads) in [(config.settings.declined_seconds, false), (0, true), (0, false)] {
        for teams in [&own, &team.overflow_team_ids] {
            if leads && (teams != &own || entry.work.declined.is_empty() || !anybody_forgiven()) {
                continue;
            }
            let job = Job {
                kind: WorkKind::Ticket,
                teams,
                leads,
                asks: if leads { &anything } else { &asks },
                declined: &entry.work.declined,
                declined_seconds: if leads { config.settings.declined_seconds } else { seconds },
            };
            let sticky = entry.work.sticky.filter(|_| team.sticky && !leads);
            let (mut eligible, mut refused) = (Vec::new(), Vec::new());
            for seat in roster.iter() {
                match failures(seat, &job, NOW).next() {
                    None => eligible.push(seat),
                    Some(Refused::NotInTeam | Refused::Inactive) => {}
                    Some(first) => refused.push((seat.agent.id, first)),
                }
            }
            eligible.sort_by(|a, b| {
                let had = |seat: &Seat| Some(seat.agent.id) != sticky;
                had(a).cmp(&had(b)).then_with(|| preference(team.strategy, job.asks, a, b))
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
                fit: fits.then(|| job.asks.fit(&seat.agent)),
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

fn a_seat(number: u32) -> impl Any<Value = Seat> {
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
            ticket: ticket_id(number),
            customer: customer_id(number),
            team: team.map(team_id),
            channel: ChannelKind::Email,
            priority,
            keyword_points: 0.0,
            insight_points: 0.0,
            urgency: None,
            language: language.map(word),
            work: Work {
                since: NOW.plus_seconds(since),
                effort,
                skills,
                preferred,
                sticky: sticky.map(agent_id),
                declined,
            },
            followers: Vec::new(),
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
        let seats: Vec<_> = (0..agents).map(a_seat).collect();
        let entries: Vec<_> = (0..waiting).map(|number| an_entry(number, agents.max(1))).collect();
        (a_config(strategies), seats, entries).prop_map(|(config, seats, entries)| {
            let mut roster = Roster::default();
            seats.into_iter().for_each(|seat| roster.seat(seat));
            (config, roster, entries)
        })
    })
}

proptest! {
    #[test]
    fn a_plan_is_what_asking_everybody_every_time_gives(
        (config, roster, entries) in a_desk(BY_ITSELF),
        most in prop_oneof![Just(1_000_usize), 0_usize..20],
    ) {
        let mut queue = Queue::default();
        entries.iter().cloned().for_each(|entry| queue.upsert(entry));
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
