//! A pass of the router over waiting work, and one new piece of work that finds its agent.
//!
//! Beside it: sorting the work by its score, and looking through all agents for each piece of it. It keeps no record of
//! why, which the router does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use support_benches::{Chance, quick};
use support_core::config::Config;
use support_core::id::{AgentId, DocumentId, TeamId, TicketId};
use support_core::people::{Presence, WorkKind};
use support_core::routing::{
    Asks, Job, Queue, Ranked, Roster, Seat, Strategy, Waiting, failures, place, plan,
};
use support_core::scoring::total;
use support_core::testkit::build::{a_document, a_seat, a_waiting_ticket, an_agent, team_id, word};
use support_core::ticket::{Priority, Work};
use support_core::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const TEAMS: u32 = 5;

fn main() {
    let mut criterion = quick();
    for strategy in [Strategy::LeastLoaded, Strategy::RoundRobin] {
        for agents in [50, 500] {
            plans(&mut criterion, strategy, 1_000, agents);
        }
    }
    // As much as two shifts can hold. The router may take a second for it.
    plans(&mut criterion, Strategy::LeastLoaded, 10_000, 500);
    places(&mut criterion, Strategy::LeastLoaded, 500);
    criterion.final_summary();
}

fn plans(criterion: &mut Criterion, strategy: Strategy, waiting: u32, agents: u32) {
    let config = config(strategy);
    let mut chance = Chance::new(3);
    let entries: Vec<Waiting> = (0..waiting).map(|number| entry(number, &mut chance)).collect();
    let mut queue: Queue = entries.iter().cloned().collect();
    let seats: Vec<Seat> = (0..agents).map(|number| seat(number, &mut chance)).collect();
    let roster: Roster = seats.iter().cloned().collect();

    let planned = plan(&mut queue, &mut roster.clone(), &config, NOW, entries.len());
    let planned: Vec<_> = planned.into_iter().map(|placement| (placement.ticket, placement.agent)).collect();
    assert!(planned.len() > entries.len() / 2);
    assert_eq!(scanned(&entries, seats.clone(), strategy, &config), planned);

    let mut group = criterion.benchmark_group(format!("plan {waiting} over {agents}, {strategy}"));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(planned.len() as u64));
    group.bench_function("router", |b| {
        b.iter_batched_ref(
            || roster.clone(),
            |roster| plan(&mut queue, roster, &config, NOW, entries.len()),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("baseline: scan all agents", |b| {
        b.iter_batched(
            || seats.clone(),
            |seats| scanned(&entries, seats, strategy, &config),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn places(criterion: &mut Criterion, strategy: Strategy, agents: u32) {
    let config = config(strategy);
    let mut chance = Chance::new(4);
    let work = entry(0, &mut chance);
    let seats: Vec<Seat> = (0..agents).map(|number| seat(number, &mut chance)).collect();
    let roster: Roster = seats.iter().cloned().collect();
    let chosen = place(&work, &roster, &config, NOW).unwrap().agent;
    let entries = [work];
    assert_eq!(scanned(&entries, seats.clone(), strategy, &config), [(entries[0].ticket, chosen)]);

    let mut group = criterion.benchmark_group(format!("place 1 over {agents}, {strategy}"));
    group.bench_function("router", |b| b.iter(|| place(black_box(&entries[0]), &roster, &config, NOW)));
    group.bench_function("baseline: scan all agents", |b| {
        b.iter_batched(
            || seats.clone(),
            |seats| scanned(&entries, seats, strategy, &config),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// Gives each piece of work, best first, to the best of all agents who may have it.
fn scanned(
    entries: &[Waiting],
    mut seats: Vec<Seat>,
    strategy: Strategy,
    config: &Config,
) -> Vec<(TicketId, AgentId)> {
    let ranked = |entry: &Waiting| Ranked {
        ticket: entry.ticket,
        score: total(&config.settings.weights, &entry.inputs(), NOW),
        since: entry.work.since,
    };
    let mut order: Vec<(Ranked, usize)> = entries.iter().map(ranked).zip(0..).collect();
    order.sort_unstable();
    let mut latest = seats.iter().filter_map(|seat| seat.state.last_assigned_at).max().unwrap();
    let mut placed = Vec::new();
    for (_, at) in order {
        let entry = &entries[at];
        let teams = [entry.team.unwrap()];
        let asks = Asks::of(entry);
        let job = Job {
            kind: WorkKind::Ticket,
            teams: &teams,
            leads: false,
            asks: &asks,
            declined: &[],
            declined_seconds: 300,
        };
        let mut best: Option<&mut Seat> = None;
        for seat in &mut seats {
            let better = best.as_ref().is_none_or(|best| comes_before(seat, best, strategy));
            if better && failures(seat, &job, NOW).next().is_none() {
                best = Some(seat);
            }
        }
        if let Some(seat) = best {
            latest = NOW.max(latest.plus_micros(1));
            seat.state.load.units += asks.effort;
            seat.state.last_assigned_at = Some(latest);
            placed.push((entry.ticket, seat.agent.id));
        }
    }
    placed
}

fn comes_before(a: &Seat, b: &Seat, strategy: Strategy) -> bool {
    let turn = |seat: &Seat| (seat.state.last_assigned_at, seat.agent.id);
    let share = |one: &Seat, other: &Seat| one.state.load.units * other.agent.capacity.units;
    let by_load = match strategy {
        Strategy::LeastLoaded => share(a, b).cmp(&share(b, a)),
        _ => std::cmp::Ordering::Equal,
    };
    by_load.then_with(|| turn(a).cmp(&turn(b))).is_lt()
}

/// Five teams of one strategy.
fn config(strategy: Strategy) -> Config {
    let documents: Vec<_> = (0..TEAMS)
        .map(|number| {
            let mut document = a_document(number);
            document.id = DocumentId::from_uuid(team(number.into()).uuid());
            document.body = serde_json::json!({ "name": "A team", "strategy": strategy.as_str() });
            document
        })
        .collect();
    let config = Config::compile(1, &documents);
    assert!(config.unreadable().is_empty());
    config
}

fn team(number: u64) -> TeamId {
    team_id(u32::try_from(number).unwrap())
}

/// One piece of work in ten asks for a skill.
fn entry(number: u32, chance: &mut Chance) -> Waiting {
    let skills = if chance.once_in(10) { vec![(word("billing"), 2)] } else { Vec::new() };
    let since = NOW.plus_seconds(-i64::try_from(chance.below(86_400)).unwrap());
    Waiting {
        team: Some(team(chance.below(TEAMS.into()))),
        priority: *chance.pick(Priority::ALL),
        work: Work { since, effort: 1, skills, preferred: Vec::new(), sticky: None, declined: Vec::new() },
        ..a_waiting_ticket(number)
    }
}

/// Each agent works in two teams; one in four knows about bills, one in ten is away.
fn seat(number: u32, chance: &mut Chance) -> Seat {
    let mut agent = an_agent(number);
    let first = chance.below(TEAMS.into());
    agent.team_ids = vec![team(first), team((first + 1) % u64::from(TEAMS))];
    agent.team_ids.sort_unstable();
    agent.capacity.units = 20 + u32::try_from(chance.below(20)).unwrap();
    if chance.once_in(4) {
        agent.skills.insert(word("billing"), 3);
    }
    let mut seat = a_seat(agent);
    let state = &mut seat.state;
    state.presence = if chance.once_in(10) { Presence::Away } else { Presence::Available };
    state.load.units = u32::try_from(chance.below(5)).unwrap();
    state.last_assigned_at = Some(NOW.plus_seconds(-i64::try_from(chance.below(3_600)).unwrap()));
    seat
}
