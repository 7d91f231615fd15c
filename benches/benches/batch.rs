//! A backlog that outgrows the desk: as after an outage, a hundred waiting tickets for each agent who comes on shift.
//!
//! The strategy `skills` places one piece after the other, to whom it fits best; `optimal` plans all of it together.
//! Beside them: sorting the work by its score and looking through all agents for each piece of it, without a record of
//! why. And what it takes when a single agent comes free while all that waits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may panic")]

use std::collections::HashMap;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use support_benches::{Chance, quick};
use support_core::config::Config;
use support_core::conversation::ChannelKind;
use support_core::id::{AgentId, DocumentId, TeamId, TicketId};
use support_core::label::Label;
use support_core::people::WorkKind;
use support_core::routing::{
    Appraisal, Asks, Job, Placement, Queue, Ranked, Roster, Seat, Urgencies, Waiting, appraise, failures,
    plan, value,
};
use support_core::scoring::total;
use support_core::testkit::build::{a_document, a_seat, a_waiting_ticket, agent_id, an_agent, team_id, word};
use support_core::ticket::{Priority, Work};
use support_core::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const SKILLS: u64 = 16;

/// What a backlog is made of.
#[derive(Clone, Copy, PartialEq)]
enum Made {
    /// Every ticket takes one unit.
    Plain,
    /// One ticket in twenty had an agent before, one in fifty was given back, on three channels, with efforts of 1 to 5.
    Mixed,
}

fn main() {
    let mut criterion = quick();
    for (waiting, agents) in [(1_000, 10), (10_000, 100), (100_000, 1_000)] {
        plans(&mut criterion, Made::Plain, waiting, agents);
    }
    plans(&mut criterion, Made::Mixed, 100_000, 1_000);
    for waiting in [1_000, 10_000, 100_000] {
        freed(&mut criterion, waiting, 1_000);
    }
    criterion.final_summary();
}

fn backlog(made: Made, waiting: u32, agents: u32) -> (Vec<Waiting>, Queue, Roster) {
    let mut chance = Chance::new(7);
    let entries: Vec<Waiting> = (0..waiting).map(|number| entry(made, number, agents, &mut chance)).collect();
    let queue = entries.iter().cloned().collect();
    let roster = (0..agents).map(|number| seat(number, &mut chance)).collect();
    (entries, queue, roster)
}

fn plans(criterion: &mut Criterion, made: Made, waiting: u32, agents: u32) {
    let (entries, mut queue, roster) = backlog(made, waiting, agents);
    let (skills, optimal) = (config("skills"), config("optimal"));
    let all = entries.len();
    let by_skills = plan(&mut queue, &mut roster.clone(), &skills, NOW, all);
    let together = plan(&mut queue, &mut roster.clone(), &optimal, NOW, all);
    let appraisal = appraise(&mut queue, &mut roster.clone(), &optimal, NOW);
    let worth = |planned: &[Placement]| worth(&entries, &roster, planned);
    let (greedy, best) = (worth(&by_skills), worth(&together));
    assert!(best >= appraisal.greedy);
    assert!(greedy <= appraisal.bound);
    assert_eq!(together.iter().filter(|one| one.why().decide_again() != Some(one.agent)).count(), 0);
    let scan = scanned(&entries, &roster);
    if made == Made::Plain {
        let planned: Vec<_> = by_skills.iter().map(|placement| (placement.ticket, placement.agent)).collect();
        assert_eq!(scan, planned);
        assert_eq!(appraisal.flow, appraisal.bound);
    }
    let share = |value: i64| 100.0 * value as f64 / appraisal.bound as f64;
    let Appraisal { kinds_of_work, kinds_of_agents, arcs, .. } = appraisal;
    println!(
        "{waiting} waiting, {agents} agents: {} placed, {kinds_of_work} kinds of work, {kinds_of_agents} of agents, {arcs} arcs",
        together.len()
    );
    println!("of the bound: skills {:.3} %, optimal {:.3} %", share(greedy), share(best));

    let name = if made == Made::Plain { "plain" } else { "mixed" };
    let mut group = criterion.benchmark_group(format!("backlog {name} {waiting} over {agents}"));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(waiting.into()));
    for (name, config) in [("skills", &skills), ("optimal", &optimal)] {
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || roster.clone(),
                |roster| plan(&mut queue, roster, config, NOW, all),
                BatchSize::LargeInput,
            );
        });
    }
    group.bench_function("optimal, without placing", |b| {
        b.iter_batched_ref(
            || roster.clone(),
            |roster| appraise(&mut queue, roster, &optimal, NOW),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("baseline: scan all agents", |b| b.iter(|| scanned(&entries, &roster)));
    group.finish();
}

/// One agent comes free, of whom all others are full.
fn freed(criterion: &mut Criterion, waiting: u32, agents: u32) {
    let (entries, mut queue, roster) = backlog(Made::Plain, waiting, agents);
    let full = roster.iter().cloned().enumerate().map(|(at, mut seat)| {
        seat.state.load.units = seat.agent.capacity.units - u32::from(at == 500);
        seat
    });
    let full: Roster = full.collect();
    let scan = scanned(&entries, &full);
    let mut group = criterion.benchmark_group(format!("one of {agents} freed, {waiting} waiting"));
    for strategy in ["least_loaded", "skills", "optimal"] {
        let config = config(strategy);
        let planned = plan(&mut queue, &mut full.clone(), &config, NOW, 64);
        let planned: Vec<_> = planned.iter().map(|placement| (placement.ticket, placement.agent)).collect();
        // Planned together, work of the same step goes by how well it fits.
        assert!(strategy == "optimal" || planned == scan);
        group.bench_function(strategy, |b| {
            b.iter_batched_ref(
                || full.clone(),
                |roster| plan(&mut queue, roster, &config, NOW, 64),
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("baseline: scan all agents", |b| b.iter(|| scanned(&entries, &full)));
    group.finish();
}

/// Gives each piece of work, best first, to whom it fits best of all who may have it.
fn scanned(entries: &[Waiting], roster: &Roster) -> Vec<(TicketId, AgentId)> {
    let weights = support_core::scoring::Weights::default();
    let ranked = |entry: &Waiting| Ranked {
        ticket: entry.ticket,
        score: total(&weights, &entry.inputs(), NOW),
        since: entry.work.since,
    };
    let mut order: Vec<(Ranked, usize)> = entries.iter().map(ranked).zip(0..).collect();
    order.sort_unstable();
    let mut seats: Vec<Seat> = roster.iter().cloned().collect();
    let mut latest = seats.iter().filter_map(|seat| seat.state.last_assigned_at).max().unwrap();
    let mut room: u32 = seats.iter().map(|seat| seat.agent.capacity.units - seat.state.load.units).sum();
    let mut placed = Vec::new();
    for (_, at) in order {
        if room == 0 {
            break;
        }
        let entry = &entries[at];
        let (teams, asks) = ([team()], Asks::of(entry));
        let job = Job {
            kind: WorkKind::Ticket,
            teams: &teams,
            leads: false,
            asks: &asks,
            declined: &entry.work.declined,
            declined_seconds: 300,
        };
        let turn = |seat: &Seat| {
            let had = entry.work.sticky != Some(seat.agent.id);
            (had, asks.fit(&seat.agent).spare, seat.state.last_assigned_at, seat.agent.id)
        };
        let eligible = seats.iter_mut().filter(|seat| failures(seat, &job, NOW).next().is_none());
        if let Some(seat) = eligible.min_by_key(|seat| turn(seat)) {
            latest = NOW.max(latest.plus_micros(1));
            seat.state.load.units += asks.effort;
            seat.state.last_assigned_at = Some(latest);
            room -= asks.effort;
            placed.push((entry.ticket, seat.agent.id));
        }
    }
    placed
}

/// What placements are worth to a plan of all that waits.
fn worth(entries: &[Waiting], roster: &Roster, planned: &[Placement]) -> i64 {
    let weights = support_core::scoring::Weights::default();
    let score = |entry: &Waiting| total(&weights, &entry.inputs(), NOW);
    let urgencies = Urgencies::of(entries.iter().map(score));
    let entries: HashMap<TicketId, &Waiting> = entries.iter().map(|entry| (entry.ticket, entry)).collect();
    let worth = |placement: &Placement| {
        let (entry, seat) = (entries[&placement.ticket], roster.get(placement.agent).unwrap());
        let sticky = entry.work.sticky == Some(placement.agent);
        i64::from(value(urgencies.step(score(entry)), Asks::of(entry).fit(&seat.agent), sticky))
    };
    planned.iter().map(worth).sum()
}

fn config(strategy: &str) -> Config {
    let mut document = a_document(1);
    document.id = DocumentId::from_uuid(team().uuid());
    document.body = serde_json::json!({ "name": "A team", "strategy": strategy });
    let config = Config::compile(1, &[document]);
    assert!(config.unreadable().is_empty());
    config
}

fn team() -> TeamId {
    team_id(1)
}

fn skill(chance: &mut Chance) -> Label {
    word(&format!("skill {}", chance.below(SKILLS)))
}

/// One ticket in five asks for no skill, half of them for one, three in ten for two.
fn entry(made: Made, number: u32, agents: u32, chance: &mut Chance) -> Waiting {
    let asked = [0, 0, 1, 1, 1, 1, 1, 2, 2, 2][usize::try_from(chance.below(10)).unwrap()];
    let mut skills: Vec<(Label, u8)> = (0..asked).map(|_| (skill(chance), 2)).collect();
    skills.sort_unstable();
    skills.dedup();
    let since = NOW.plus_seconds(-i64::try_from(chance.below(86_400)).unwrap());
    let mut work =
        Work { since, effort: 1, skills, preferred: Vec::new(), sticky: None, declined: Vec::new() };
    let mut channel = ChannelKind::Email;
    if made == Made::Mixed {
        let somebody = |chance: &mut Chance| agent_id(u32::try_from(chance.below(agents.into())).unwrap());
        work.effort = 1 + u32::try_from(chance.below(5)).unwrap();
        work.sticky = chance.once_in(20).then(|| somebody(chance));
        if chance.once_in(50) {
            work.declined.push((somebody(chance), NOW));
        }
        channel = chance.pick(&[ChannelKind::Email, ChannelKind::Chat, ChannelKind::Whatsapp]).clone();
    }
    Waiting {
        team: Some(team()),
        channel,
        priority: *chance.pick(Priority::ALL),
        work,
        ..a_waiting_ticket(number)
    }
}

/// Each agent has one to four of the skills, and room for 20 units.
fn seat(number: u32, chance: &mut Chance) -> Seat {
    let mut agent = an_agent(number);
    agent.team_ids = vec![team()];
    agent.capacity.units = 20;
    for _ in 0..=chance.below(4) {
        agent.skills.insert(skill(chance), 2 + u8::try_from(chance.below(4)).unwrap());
    }
    let mut seat = a_seat(agent);
    seat.state.last_assigned_at = Some(NOW.plus_seconds(-i64::try_from(chance.below(3_600)).unwrap()));
    seat
}
