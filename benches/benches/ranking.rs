//! Scores, and the first page of the ranked queue.
//!
//! Beside it: scoring the same rows where they are in sight, and sorting all of them, or setting the best apart and
//! sorting only those.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, SamplingMode, Throughput};
use support_benches::{Chance, quick};
use support_core::conversation::ChannelKind;
use support_core::id::{AgentId, CustomerId, TeamId, TicketId};
use support_core::people::{Reach, Scope, Subject};
use support_core::routing::{Queue, Ranked, Waiting};
use support_core::scoring::{ScoreInputs, Weights, score, total};
use support_core::testkit::build::{TENANT, agent_id, agent_scope, customer_id, team_id, ticket_id};
use support_core::ticket::{Priority, Work};
use support_core::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const PAGE: usize = 25;

fn main() {
    let mut criterion = quick();
    scores(&mut criterion);
    for waiting in [100_000, 1_000_000] {
        pages(&mut criterion, waiting);
    }
    criterion.final_summary();
}

fn scores(criterion: &mut Criterion) {
    let weights = Weights::default();
    let mut chance = Chance::new(1);
    let inputs: Vec<ScoreInputs> = (0..1_000).map(|number| waiting(number, &mut chance).inputs()).collect();
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
    let mut chance = Chance::new(2);
    let mut queue = Queue::default();
    let mut rows = Rows::default();
    for number in 0..count {
        let entry = waiting(number, &mut chance);
        rows.add(&entry);
        queue.upsert(entry);
    }
    let weights = Weights::default();
    for (sight, teams) in
        [("2 of 20 teams", [team_id(2), team_id(3)]), ("1 in 1000", [team_id(0), team_id(1)])]
    {
        let scope = agent_scope(TENANT, agent_id(700), &teams, Reach::Team);
        let page = queue.page(&scope, &weights, NOW, PAGE, None);
        assert_eq!(page.len(), PAGE);
        assert_eq!(rows.sorted(&scope, &weights), page);
        assert_eq!(rows.selected(&scope, &weights), page);
        let mut group = criterion.benchmark_group(format!("page of 25 of {count}, {sight}"));
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(u64::from(count)));
        group
            .bench_function("queue", |b| b.iter(|| queue.page(&scope, &weights, black_box(NOW), PAGE, None)));
        group.bench_function("baseline: select", |b| b.iter(|| rows.selected(black_box(&scope), &weights)));
        group.bench_function("baseline: sort", |b| b.iter(|| rows.sorted(black_box(&scope), &weights)));
        group.finish();
    }
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
        ticket: ticket_id(number),
        customer: customer_id(number % 50_000),
        team: Some(team),
        channel: ChannelKind::Email,
        priority: *chance.pick(Priority::ALL),
        keyword_points: f64::from(u32::try_from(chance.below(40)).unwrap()),
        insight_points: f64::from(u32::try_from(chance.below(50)).unwrap()),
        urgency: chance.once_in(2).then(|| (from, from.plus_seconds(7_200))),
        work: Work { since, effort: 1, skills: Vec::new(), declined: Vec::new() },
        followers: if chance.once_in(100) { vec![agent_id(number % 1_000)] } else { Vec::new() },
    }
}

/// The same facts in rows, with nothing that the baseline does not read.
#[derive(Default)]
struct Rows {
    rows: Vec<(TicketId, CustomerId, Option<TeamId>, ScoreInputs)>,
    followers: HashMap<TicketId, Vec<AgentId>>,
}

impl Rows {
    fn add(&mut self, entry: &Waiting) {
        self.rows.push((entry.ticket, entry.customer, entry.team, entry.inputs()));
        if !entry.followers.is_empty() {
            self.followers.insert(entry.ticket, entry.followers.clone());
        }
    }

    /// Everything in sight, with its score.
    fn visible(&self, scope: &Scope, weights: &Weights) -> Vec<Ranked> {
        let rows = self.rows.iter().filter(|(ticket, customer, team, _)| {
            scope.sees(&Subject {
                customer: *customer,
                customers: &[],
                assignee: None,
                followers: self.followers.get(ticket).map_or(&[], Vec::as_slice),
                team: *team,
                set_aside: false,
            })
        });
        rows.map(|(ticket, _, _, inputs)| Ranked {
            ticket: *ticket,
            score: total(weights, inputs, NOW),
            since: inputs.waiting_since.unwrap(),
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
