//! Scores, and the ranked queue: its first page, and how deep it is.
//!
//! Beside it: scoring the same rows where they are in sight, and sorting all of them, or setting the best apart and
//! sorting only those; and counting the rows in sight one by one.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, SamplingMode, Throughput};
use support_benches::{Chance, quick};
use support_core::conversation::ChannelKind;
use support_core::id::{AgentId, CustomerId, TeamId, TicketId};
use support_core::people::{Reach, Scope, Subject};
use support_core::routing::{Queue, QueueDepth, Ranked, Waiting};
use support_core::scoring::{Rest, ScoreInputs, Urgency, Weights, score, total};
use support_core::testkit::build::{TENANT, a_waiting_ticket, agent_id, agent_scope, customer_id, team_id};
use support_core::ticket::{Priority, Work};
use support_core::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const PAGE: usize = 50;

fn main() {
    let mut criterion = quick();
    scores(&mut criterion);
    for waiting in [10_000, 100_000, 1_000_000] {
        pages(&mut criterion, waiting);
    }
    criterion.final_summary();
}

fn scores(criterion: &mut Criterion) {
    let weights = Weights::default();
    let mut chance = Chance::new(1);
    let waiting: Vec<Waiting> = (0..1_000).map(|number| waiting(number, &mut chance)).collect();
    let inputs: Vec<ScoreInputs<'_>> = waiting.iter().map(Waiting::inputs).collect();
    for inputs in &inputs {
        assert_eq!(total(&weights, inputs, NOW), score(&weights, inputs, NOW).total);
    }
    let mut group = criterion.benchmark_group("score of 1000 tickets");
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("total", |b| {
        b.iter(|| inputs.iter().map(|inputs| total(&weights, black_box(inputs), NOW)).sum::<f64>());
    });
    group.bench_function("with its terms", |b| {
        b.iter(|| inputs.iter().map(|inputs| score(&weights, black_box(inputs), NOW).total).sum::<f64>());
    });
    group.finish();
}

fn pages(criterion: &mut Criterion, count: u32) {
    let mut queue = Queue::default();
    let (mut chance, before) = (Chance::new(2), resident());
    (0..count).for_each(|number| queue.upsert(waiting(number, &mut chance)));
    if let (Some(before), Some(after)) = (before, resident()) {
        println!("{count} waiting take about {} MB", after.saturating_sub(before) / 1_000_000);
    }
    let mut rows = Rows::default();
    let mut chance = Chance::new(2);
    (0..count).for_each(|number| rows.add(&waiting(number, &mut chance)));
    let weights = Weights::default();
    for (sight, teams, reach) in [
        ("everything", [team_id(0), team_id(1)], Reach::All),
        ("2 of 20 teams", [team_id(2), team_id(3)], Reach::Team),
        ("1 in 1000", [team_id(0), team_id(1)], Reach::Team),
    ] {
        let scope = agent_scope(TENANT, agent_id(700), &teams, reach);
        assert_eq!(queue.depth(&scope), rows.counted(&scope));
        let mut group = criterion.benchmark_group(format!("depth of {count}, {sight}"));
        group.sampling_mode(SamplingMode::Flat);
        group.bench_function("queue", |b| b.iter(|| queue.depth(black_box(&scope))));
        group.bench_function("baseline: count", |b| b.iter(|| rows.counted(black_box(&scope))));
        group.finish();
        let page = queue.page(&scope, &weights, NOW, PAGE, None);
        assert!(!page.is_empty());
        assert_eq!(rows.sorted(&scope, &weights), page);
        assert_eq!(rows.selected(&scope, &weights), page);
        let mut group = criterion.benchmark_group(format!("page of {PAGE} of {count}, {sight}"));
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(u64::from(count)));
        group
            .bench_function("queue", |b| b.iter(|| queue.page(&scope, &weights, black_box(NOW), PAGE, None)));
        group.bench_function("baseline: select", |b| b.iter(|| rows.selected(black_box(&scope), &weights)));
        group.bench_function("baseline: sort", |b| b.iter(|| rows.sorted(black_box(&scope), &weights)));
        group.finish();
    }
}

/// Bytes that the process has in memory, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
}

/// Teams 0 and 1 hold one ticket in a thousand, together; twenty others share the rest.
fn waiting(number: u32, chance: &mut Chance) -> Waiting {
    let team = match number % 2_000 {
        0 => team_id(0),
        1 => team_id(1),
        _ => team_id(2 + u32::try_from(chance.below(20)).unwrap()),
    };
    let mut instant = |range: u64| NOW.plus_seconds(-i64::try_from(chance.below(range)).unwrap());
    let (since, from) = (instant(86_400), instant(7_200));
    Waiting {
        customer: customer_id(number % 50_000),
        team: Some(team),
        priority: *chance.pick(Priority::ALL),
        keyword_points: f64::from(u32::try_from(chance.below(40)).unwrap()),
        insight_points: f64::from(u32::try_from(chance.below(50)).unwrap()),
        urgency: chance.once_in(2).then(|| urgency(from, chance)),
        work: Work::since(since),
        followers: if chance.once_in(100) { vec![agent_id(number % 1_000)] } else { Vec::new() },
        ..a_waiting_ticket(number)
    }
}

/// Two hours, within which half of the timers stand still for a night or two.
fn urgency(from: Timestamp, chance: &mut Chance) -> Urgency {
    let nights = if chance.once_in(2) { 1 + i64::from(chance.once_in(2)) } else { 0 };
    let rest = |night: i64| Rest {
        from: from.plus_seconds(night * 3_000 + 1_200),
        to: from.plus_seconds(night * 3_000 + 3_000),
    };
    Urgency { rests: (0..nights).map(rest).collect(), ..Urgency::between(from, from.plus_seconds(7_200)) }
}

struct Row {
    ticket: TicketId,
    customer: CustomerId,
    team: Option<TeamId>,
    priority: Priority,
    since: Timestamp,
    keyword_points: f64,
    insight_points: f64,
    urgency: Option<Urgency>,
}

impl Row {
    fn inputs(&self) -> ScoreInputs<'_> {
        ScoreInputs {
            priority: self.priority,
            live: false,
            waiting_since: Some(self.since),
            keyword_points: self.keyword_points,
            insight_points: self.insight_points,
            urgency: self.urgency.as_ref(),
        }
    }
}

/// The same facts in rows, with nothing that the baseline does not read.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    followers: HashMap<TicketId, Vec<AgentId>>,
}

impl Rows {
    fn add(&mut self, entry: &Waiting) {
        self.rows.push(Row {
            ticket: entry.ticket,
            customer: entry.customer,
            team: entry.team,
            priority: entry.priority,
            since: entry.work.since,
            keyword_points: entry.keyword_points,
            insight_points: entry.insight_points,
            urgency: entry.urgency.clone(),
        });
        if !entry.followers.is_empty() {
            self.followers.insert(entry.ticket, entry.followers.clone());
        }
    }

    fn in_sight<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(|row| {
            scope.sees(&Subject {
                customer: row.customer,
                customers: &[],
                assignee: None,
                followers: self.followers.get(&row.ticket).map_or(&[], Vec::as_slice),
                team: row.team,
                set_aside: false,
            })
        })
    }

    fn counted(&self, scope: &Scope) -> QueueDepth {
        let mut depth = QueueDepth::default();
        for Row { team, .. } in self.in_sight(scope) {
            depth.depth += 1;
            *depth.by_team.entry(team.unwrap()).or_default() += 1;
            *depth.by_channel.entry(ChannelKind::Email).or_default() += 1;
        }
        depth
    }

    /// Everything in sight, with its score.
    fn visible(&self, scope: &Scope, weights: &Weights) -> Vec<Ranked> {
        let rows = self.in_sight(scope);
        rows.map(|row| Ranked {
            ticket: row.ticket,
            score: total(weights, &row.inputs(), NOW),
            since: row.since,
        })
        .collect()
    }

    fn sorted(&self, scope: &Scope, weights: &Weights) -> Vec<Ranked> {
        let mut all = self.visible(scope, weights);
        all.sort_unstable();
        all.truncate(PAGE);
        all
    }

    fn selected(&self, scope: &Scope, weights: &Weights) -> Vec<Ranked> {
        let mut all = self.visible(scope, weights);
        if all.len() > PAGE {
            all.select_nth_unstable(PAGE);
            all.truncate(PAGE);
        }
        all.sort_unstable();
        all
    }
}
