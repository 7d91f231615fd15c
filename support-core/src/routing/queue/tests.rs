//! The queue beside a plain list that is scored, filtered and sorted each time.

use proptest::prelude::{Just, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy;

use super::*;
use crate::id::TenantId;
use crate::people::{Reach, Subject};
use crate::scoring::{Urgency, total};
use crate::testkit::build::{
    TENANT, a_waiting_ticket, agent_id, agent_scope, customer_id, customer_scope, instant, team_id,
    ticket_id, word,
};
use crate::ticket::Priority;

const TICKETS: u32 = 40;

#[derive(Debug, Clone)]
enum Step {
    Upsert(Box<Waiting>),
    Remove(TicketId),
    Hold(TicketId),
    Release(TicketId),
    Ask(Box<Question>),
}

#[derive(Debug, Clone)]
struct Question {
    scope: Scope,
    weights: Weights,
    now: Timestamp,
    limit: usize,
    /// After which of all places.
    after: Option<usize>,
    ticket: TicketId,
}

/// Everything in one list, by the id of the ticket.
#[derive(Default)]
struct Plain {
    entries: Vec<Waiting>,
    held: Vec<TicketId>,
}

impl Plain {
    fn remove(&mut self, ticket: TicketId) {
        self.entries.retain(|entry| entry.ticket != ticket);
        self.held.retain(|held| *held != ticket);
    }

    fn visible(&self, scope: &Scope) -> impl Iterator<Item = &Waiting> {
        self.entries.iter().filter(|entry| {
            scope.sees(&Subject {
                customer: entry.customer,
                customers: &[],
                assignee: None,
                followers: &entry.followers,
                team: entry.team,
                set_aside: false,
            })
        })
    }

    fn ranked(&self, scope: &Scope, weights: &Weights, now: Timestamp) -> Vec<Ranked> {
        let mut ranked: Vec<Ranked> = self
            .visible(scope)
            .map(|entry| Ranked {
                ticket: entry.ticket,
                score: total(weights, &entry.inputs(), now),
                since: entry.work.since,
            })
            .collect();
        ranked.sort();
        ranked
    }

    fn depth(&self, scope: &Scope) -> QueueDepth {
        let mut depth = QueueDepth::default();
        for entry in self.visible(scope) {
            depth.depth += 1;
            *depth.by_team.entry(entry.team.unwrap_or(TeamId::DEFAULT)).or_default() += 1;
            *depth.by_channel.entry(entry.channel.clone()).or_default() += 1;
        }
        depth
    }
}

fn a_ticket() -> impl Strategy<Value = TicketId> {
    (0..TICKETS).prop_map(ticket_id)
}

/// Few instants, so that many scores are the same and ties are broken.
fn an_instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => (-6_i64..3).prop_map(|hours| instant(hours * 3_600)),
        1 => (-20_000_000_i64..20_000_000).prop_map(|micros| instant(0).plus_micros(micros)),
        1 => prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX, Timestamp::from_seconds(0)]),
    ]
}

fn points() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3_i32..4).prop_map(|points| f64::from(points) * 50.0),
        1 => -200.0..200.0_f64,
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -1e300]),
    ]
}

fn an_entry() -> impl Strategy<Value = Waiting> {
    let whose = (
        a_ticket(),
        0_u32..4,
        prop::option::weighted(0.8, 0_u32..4),
        prop::sample::select(vec![ChannelKind::Email, ChannelKind::Web, ChannelKind::Host("kiosk".into())]),
    );
    let scored = (
        prop::sample::select(Priority::ALL),
        points(),
        points(),
        prop::option::of((an_instant(), an_instant())),
        an_instant(),
    );
    let rare = (
        any::<bool>(),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec((0_u32..4).prop_map(agent_id), 1..3)],
    );
    (whose, scored, rare).prop_map(|(whose, scored, (skilled, followers))| {
        let (ticket, customer, team, channel) = whose;
        let (priority, keyword_points, insight_points, urgency, since) = scored;
        let skills = if skilled { vec![(word("billing"), 2)] } else { Vec::new() };
        Waiting {
            ticket,
            customer: customer_id(customer),
            team: team.map(team_id),
            channel,
            priority,
            keyword_points,
            insight_points,
            urgency: urgency.map(|(a, b)| Urgency::between(a.min(b), a.max(b))),
            work: Work { effort: 1 + customer, skills, ..Work::since(since) },
            followers,
            ..a_waiting_ticket(0)
        }
    })
}

fn a_question() -> impl Strategy<Value = Question> {
    let teams = prop::collection::vec((0_u32..4).prop_map(team_id), 0..3);
    let scope = prop_oneof![
        2 => Just(Scope::system(TenantId::SINGLE)),
        3 => ((0_u32..4).prop_map(agent_id), teams, prop::sample::select(Reach::ALL))
            .prop_map(|(agent, teams, reach)| agent_scope(TENANT, agent, &teams, reach)),
        1 => (0_u32..4).prop_map(|customer| customer_scope(TENANT, customer_id(customer))),
    ];
    let weights = prop_oneof![
        4 => Just(Weights::default()),
        1 => Just(Weights::strict_priority()),
        1 => Just(Weights { age_points: 0.0, keyword_limit: 1e12, ..Weights::default() }),
        // Settings that are read may hold anything.
        1 => Just(Weights { age_points: f64::INFINITY, urgency_points: -50.0, ..Weights::default() }),
    ];
    let after = prop::option::of(0_usize..TICKETS as usize);
    (scope, weights, an_instant(), 0_usize..50, after, a_ticket()).prop_map(
        |(scope, weights, now, limit, after, ticket)| Question { scope, weights, now, limit, after, ticket },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => an_entry().prop_map(|entry| Step::Upsert(Box::new(entry))),
        2 => a_ticket().prop_map(Step::Remove),
        1 => a_ticket().prop_map(Step::Hold),
        1 => a_ticket().prop_map(Step::Release),
        3 => a_question().prop_map(|question| Step::Ask(Box::new(question))),
    ];
    prop::collection::vec(step, 0..150)
}

/// Compares scores bit for bit: a cursor holds them.
fn bits(ranked: &[Ranked]) -> Vec<(TicketId, u64, Timestamp)> {
    ranked.iter().map(|ranked| (ranked.ticket, ranked.score.to_bits(), ranked.since)).collect()
}

/// Prints an entry, so that points that are no number compare.
fn shown(entry: Option<&Waiting>) -> String {
    format!("{entry:?}")
}

proptest! {
    #[test]
    fn a_queue_answers_as_a_plain_list_does(steps in steps()) {
        let (mut queue, mut plain) = (Queue::default(), Plain::default());
        for step in steps {
            match step {
                Step::Upsert(entry) => {
                    plain.entries.retain(|old| old.ticket != entry.ticket);
                    plain.entries.push((*entry).clone());
                    queue.upsert(*entry);
                }
                Step::Remove(ticket) => {
                    plain.remove(ticket);
                    queue.remove(ticket);
                }
                Step::Hold(ticket) => {
                    if plain.entries.iter().any(|entry| entry.ticket == ticket) {
                        plain.held.push(ticket);
                    }
                    queue.hold(ticket);
                }
                Step::Release(ticket) => {
                    plain.held.retain(|held| *held != ticket);
                    queue.release(ticket);
                }
                Step::Ask(question) => {
                    let Question { scope, weights, now, limit, after, ticket } = &*question;
                    let all = plain.ranked(&Scope::system(TENANT), weights, *now);
                    let visible = plain.ranked(scope, weights, *now);
                    let after = after.and_then(|after| all.get(after).copied());
                    let page: Vec<Ranked> = visible
                        .iter()
                        .filter(|ranked| after.is_none_or(|after| **ranked > after))
                        .take(*limit)
                        .copied()
                        .collect();
                    prop_assert_eq!(bits(&queue.page(scope, weights, *now, *limit, after)), bits(&page));
                    prop_assert_eq!(queue.depth(scope), plain.depth(scope));
                    let mine = all.iter().find(|ranked| ranked.ticket == *ticket);
                    let position = mine.map(|mine| visible.iter().filter(|other| *other < mine).count());
                    let position = position.map(|count| u32::try_from(count).unwrap());
                    prop_assert_eq!(queue.position(*ticket, scope, weights, *now), position);
                    let entry = plain.entries.iter().find(|entry| entry.ticket == *ticket);
                    prop_assert_eq!(shown(queue.entry(*ticket).as_ref()), shown(entry));
                    prop_assert_eq!(queue.is_held(*ticket), plain.held.contains(ticket));
                    let held = |ranked: &&Ranked| plain.held.contains(&ranked.ticket);
                    let unheld = all.iter().filter(|ranked| !held(ranked)).map(|ranked| ranked.ticket);
                    let order: Vec<TicketId> =
                        {
                        queue.gauge(weights, *now);
                        let open = vec![true; queue.lines().count()];
                        let order = queue.in_order(&open, weights, *now, 0);
                        order.map(|next| next.ranked.ticket).collect()
                    };
                    prop_assert_eq!(order, unheld.collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(queue.len(), plain.entries.len());
            let unheld = plain.entries.iter().any(|entry| !plain.held.contains(&entry.ticket));
            prop_assert_eq!(queue.has_unheld(), unheld);
        }
    }
}

/// More than a plan asks for first.
#[test]
fn what_is_planned_goes_on_where_it_stopped() {
    let mut queue = Queue::default();
    let weights = Weights::default();
    for number in 0..3_000_u32 {
        let since = instant(-i64::from(number.wrapping_mul(2_654_435_761) % 10_007));
        queue.upsert(Waiting {
            team: Some(team_id(number % 7)),
            work: Work::since(since),
            ..a_waiting_ticket(number)
        });
    }
    let page = queue.page(&Scope::system(TENANT), &weights, instant(0), 5_000, None);
    queue.gauge(&weights, instant(0));
    let open = vec![true; queue.lines().count()];
    let order = queue.in_order(&open, &weights, instant(0), 64).map(|next| next.ranked.ticket);
    let order: Vec<TicketId> = order.collect();
    assert_eq!(order.len(), 3_000);
    assert_eq!(order, page.iter().map(|ranked| ranked.ticket).collect::<Vec<_>>());
}
