//! Laws of rule sets, for any rules and any ticket.

use proptest::prelude::*;
use proptest::sample::select;

use super::compiled::Node;
use super::*;
use crate::config::Config;
use crate::conversation::{ChannelKind, Direction, Visibility};
use crate::id::{AgentId, DocumentId, TeamId};
use crate::people::{ActorKind, ActorRef};
use crate::sla::Metric;
use crate::sla::policy::When;
use crate::store::{Document, DocumentKind};
use crate::testkit::SeededIds;
use crate::ticket::command::{Edit, Notice};
use crate::ticket::{Circumstances, Command, FieldValue, Priority, Status, Ticket, decide, rehearse};
use crate::time::Timestamp;
use uuid::Uuid;

const AGENTS: [AgentId; 2] =
    [AgentId::from_uuid(Uuid::from_u128(0xa1)), AgentId::from_uuid(Uuid::from_u128(0xa2))];
const TEAMS: [TeamId; 2] =
    [TeamId::from_uuid(Uuid::from_u128(0x71)), TeamId::from_uuid(Uuid::from_u128(0x72))];
const TAGS: [&str; 3] = ["vip", "late", "seen"];
/// Monday, 2 March 2026, 09:00 UTC.
const NOW: Timestamp = Timestamp::from_seconds(1_772_442_000);

fn label(text: &str) -> crate::label::Label {
    text.parse().unwrap()
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(&TAGS[..]).prop_map(str::to_owned), 1..3)
}

fn leaf() -> impl Strategy<Value = Test> {
    let test = |field, op, value| Test { field, op, value, calendar_id: None };
    let word = move |field: Field, words: Vec<&'static str>| {
        let ops = select(vec![Op::Is, Op::IsNot]);
        (ops, select(words))
            .prop_map(move |(op, word)| test(field.clone(), op, Some(Value::Word(word.into()))))
    };
    let number = move |field: Field, top: u32| {
        let ops = select(vec![Op::Is, Op::AtLeast, Op::AtMost]);
        (ops, 0..top).prop_map(move |(op, n)| test(field.clone(), op, Some(Value::Number(f64::from(n)))))
    };
    prop_oneof![
        word(Field::Status, vec!["new", "open", "assigned", "pending", "resolved"]),
        word(Field::WasStatus, vec!["new", "open", "pending"]),
        word(Field::MessageAuthor, vec!["customer", "agent"]),
        word(Field::Channel, vec!["email", "chat"]),
        word(Field::Category, vec!["billing", "delivery"]),
        (select(vec![Op::AtLeast, Op::AtMost, Op::Is]), select(vec!["low", "normal", "high", "urgent"]))
            .prop_map(move |(op, word)| test(Field::Priority, op, Some(Value::Word(word.into())))),
        (select(vec![Op::AnyOf, Op::AllOf, Op::NoneOf]), tags()).prop_map(move |(op, tags)| test(
            Field::Tags,
            op,
            Some(Value::Words(tags))
        )),
        select(vec![Field::Owner, Field::Team, Field::Category, Field::Tags, Field::WasOwner])
            .prop_flat_map(|field| (Just(field), select(vec![Op::IsSet, Op::IsEmpty])))
            .prop_map(move |(field, op)| test(field, op, None)),
        number(Field::Level, 4),
        number(Field::Reopened, 3),
        number(Field::Hour, 24),
        number(Field::Custom(label("weight")), 3),
        any::<bool>().prop_map(move |flag| test(Field::Answered, Op::Is, Some(Value::Flag(flag)))),
    ]
}

pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_map(Condition::Test).prop_recursive(3, 12, 3, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            parts().prop_map(|all| Condition::All { all }),
            parts().prop_map(|any| Condition::Any { any }),
            parts().prop_map(|none| Condition::None { none }),
        ]
    })
}

pub(crate) fn action() -> impl Strategy<Value = Action> {
    let tags = || prop::collection::vec(select(&TAGS[..]).prop_map(label), 1..3);
    prop_oneof![
        select(vec![Status::Open, Status::InProgress, Status::Pending, Status::OnHold, Status::Resolved])
            .prop_map(Action::SetStatus),
        select(Priority::ALL).prop_map(Action::SetPriority),
        Just(Action::RaisePriority),
        tags().prop_map(Action::AddTags),
        tags().prop_map(Action::RemoveTags),
        prop::option::of(select(vec!["billing", "delivery"]).prop_map(label)).prop_map(Action::SetCategory),
        prop::option::of(prop_oneof![
            (0_u8..3).prop_map(|n| PlainValue::Number(f64::from(n))),
            select(vec!["heavy", "light"]).prop_map(|text| PlainValue::Text(text.into())),
        ])
        .prop_map(|value| Action::SetField(SetField { key: label("weight"), value })),
        (1_u8..=5).prop_map(|level| Action::RequireSkill(RequiredSkill { skill: label("german"), level })),
        select(&TEAMS[..]).prop_map(Action::MoveToTeam),
        select(&AGENTS[..]).prop_map(Action::AssignTo),
        Just(Action::LevelUp),
        Just(Action::AddNote("seen".into())),
        Just(Action::Notify(Notice { to: vec![Recipient::Owner, Recipient::Leads], about: None })),
        Just(Action::CallWebhook(DocumentId::from_uuid(Uuid::from_u128(9)))),
    ]
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let since = (select(Moment::ALL), 1_u64..200_000).prop_map(|(moment, seconds)| Since {
        moment,
        seconds,
        calendar_id: None,
    });
    let when = prop_oneof![
        (0.0..1.0).prop_map(When::AtFraction),
        (0_u64..10_000).prop_map(When::SecondsBefore),
        Just(When::AtBreach),
        (0_u64..10_000).prop_map(When::SecondsAfter),
    ];
    prop_oneof![
        3 => prop::sample::subsequence(On::ALL, 1..4).prop_map(Trigger::On),
        1 => since.prop_map(Trigger::Since),
        1 => (select(Metric::ALL), when).prop_map(|(metric, when)| Trigger::Timer(Timer { metric, when })),
    ]
}

pub(crate) fn automation_spec() -> impl Strategy<Value = AutomationSpec> {
    let actions = prop::collection::vec(action(), 1..4);
    let head = (-2_i32..3, prop::bool::weighted(0.1), prop::bool::weighted(0.9));
    (trigger(), prop::option::weighted(0.7, condition()), actions, head).prop_map(
        |(trigger, condition, actions, (position, stop, active))| AutomationSpec {
            name: "Rule".into(),
            position,
            trigger,
            condition,
            actions,
            stop,
            active,
        },
    )
}

fn document(n: u128, spec: &AutomationSpec) -> Document {
    Document {
        id: DocumentId::from_uuid(Uuid::from_u128(0xaa00 + n)),
        kind: DocumentKind::Automation,
        version: 1,
        retired: false,
        body: serde_json::to_value(spec).unwrap(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn config(specs: &[AutomationSpec], order: impl Iterator<Item = usize>) -> Config {
    let documents: Vec<Document> = order.map(|n| document(n as u128, &specs[n])).collect();
    let config = Config::compile(1, &documents);
    assert!(config.unreadable().is_empty());
    config
}

fn occasion() -> impl Strategy<Value = Occasion> {
    let author = select(vec![ActorKind::Customer, ActorKind::Agent]);
    let message =
        (author.clone(), any::<bool>(), any::<bool>()).prop_map(|(author, inbound, asks)| MessageFacts {
            author,
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            visibility: Visibility::Public,
            channel: ChannelKind::Email,
            automatic: false,
            asks,
        });
    let was = (select(Status::ALL), select(Priority::ALL), prop::option::of(select(&AGENTS[..]))).prop_map(
        |(status, priority, assigned_to)| Was { status, priority, team_id: Some(TEAMS[0]), assigned_to },
    );
    (prop::option::of(message), prop::option::of(was), author).prop_map(|(message, was, actor)| Occasion {
        message,
        was,
        actor,
    })
}

/// A ticket in which everything that conditions look at may be anything.
fn ticket() -> impl Strategy<Value = Ticket> {
    let status = select(vec![Status::New, Status::Open, Status::Pending, Status::Resolved]);
    let fields = (prop::option::of(select(vec!["billing", "delivery"])), 0_u32..3, 0_u8..4, any::<bool>());
    let tags = prop::collection::btree_set(select(&TAGS[..]).prop_map(label), 0..3);
    let weight = prop::option::of((0_u8..3).prop_map(|n| FieldValue::Number(f64::from(n))));
    (status, select(Priority::ALL), tags, fields, weight, any::<bool>()).prop_map(
        |(status, priority, tags, (category, reopened, level, answered), weight, chat)| {
            let mut ticket = crate::testkit::a_ticket(1).ticket();
            (ticket.status, ticket.priority, ticket.tags) = (status, priority, tags);
            ticket.category = category.map(label);
            ticket.reopened_count = reopened;
            ticket.escalation =
                (level > 0).then_some(crate::ticket::Escalation { level, reason: None, at: NOW });
            ticket.first_responded_at = answered.then_some(NOW);
            ticket.custom_fields = weight.into_iter().map(|value| (label("weight"), value)).collect();
            ticket.channel = if chat { ChannelKind::Chat } else { ChannelKind::Email };
            ticket.assigned_to = None;
            ticket
        },
    )
}

/// A condition, read off its text: what the compiled form must agree with.
pub(crate) fn naive(condition: &Condition, snapshot: &Snapshot<'_>) -> bool {
    match condition {
        Condition::All { all } => all.iter().all(|part| naive(part, snapshot)),
        Condition::Any { any } => any.iter().any(|part| naive(part, snapshot)),
        Condition::None { none } => !none.iter().any(|part| naive(part, snapshot)),
        Condition::Test(test) => {
            let saw = Node::Leaf(test.leaf().unwrap()).saw_first(snapshot);
            let set = !(saw.is_null() || saw.as_array().is_some_and(Vec::is_empty));
            let value = serde_json::to_value(&test.value).unwrap();
            let listed = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
            let holds = |wanted: &serde_json::Value| saw == *wanted || listed(&saw).contains(wanted);
            let rank = |value: &serde_json::Value| match value.as_str() {
                Some(word) => Priority::ALL.iter().position(|p| p.as_str() == word).map(|at| at as f64),
                None => value.as_f64(),
            };
            let number = saw.as_f64().zip(value.as_f64());
            match test.op {
                Op::IsSet => set,
                Op::IsEmpty => !set,
                Op::Is => number.map_or_else(|| saw == value, |(saw, value)| saw == value),
                Op::IsNot => saw != value,
                Op::AnyOf => listed(&value).iter().any(holds),
                Op::AllOf => listed(&value).iter().all(holds),
                Op::NoneOf => !listed(&value).iter().any(holds),
                Op::AtLeast => rank(&saw).zip(rank(&value)).is_some_and(|(saw, value)| saw >= value),
                Op::AtMost => rank(&saw).zip(rank(&value)).is_some_and(|(saw, value)| saw <= value),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_compiled_condition_says_what_its_text_says(
        condition in condition(),
        ticket in ticket(),
        occasion in occasion(),
        hours in 0_i64..100,
    ) {
        prop_assert!(condition.problems("condition").is_empty());
        let config = Config::default();
        let snapshot = Snapshot { ticket: &ticket, occasion: &occasion, now: NOW.plus_seconds(hours * 3_600), config: &config };
        prop_assert_eq!(condition.compile().holds(&snapshot), naive(&condition, &snapshot));
        let again: Condition = serde_json::from_value(serde_json::to_value(&condition).unwrap()).unwrap();
        prop_assert_eq!(again, condition);
    }

    #[test]
    fn the_trace_agrees_with_the_evaluation(
        specs in prop::collection::vec(automation_spec(), 1..8),
        ticket in ticket(),
        occasion in occasion(),
    ) {
        let config = config(&specs, 0..specs.len());
        let snapshot = Snapshot { ticket: &ticket, occasion: &occasion, now: NOW, config: &config };
        for rule in config.automations().rules() {
            let trace = rule.trace(&snapshot);
            prop_assert_eq!(trace.matched, rule.holds(&snapshot));
            prop_assert_eq!(trace.failure.is_none(), trace.matched);
        }
    }

    #[test]
    fn the_index_finds_what_asking_every_rule_finds_whatever_order_the_rules_were_read_in(
        specs in prop::collection::vec(automation_spec(), 0..80),
        events in prop::collection::vec(select(On::ALL), 0..4),
        ticket in ticket(),
        occasion in occasion(),
    ) {
        let config_of = |backwards: bool| {
            let order: Vec<usize> = (0..specs.len()).collect();
            if backwards { config(&specs, order.into_iter().rev()) } else { config(&specs, order.into_iter()) }
        };
        let (one, other) = (config_of(false), config_of(true));
        let triggers = events.iter().fold(Triggers::NONE, |all, on| all.and(Triggers::just(*on)));
        let snapshot = Snapshot { ticket: &ticket, occasion: &occasion, now: NOW, config: &one };
        let ids = |config: &Config| {
            config.automations().matching(triggers, &snapshot).map(Rule::id).collect::<Vec<_>>()
        };
        let mut asked = Vec::new();
        for rule in one.automations().rules() {
            if triggers.wakes(&rule.trigger) && rule.holds(&snapshot) {
                asked.push(rule.id());
                if rule.stop {
                    break;
                }
            }
        }
        prop_assert_eq!(ids(&one), asked);
        prop_assert_eq!(ids(&one), ids(&other));
    }

    /// A worker that slept leaves nothing undone that was due, whatever what it did has changed.
    #[test]
    fn nothing_that_was_due_is_left_undone(
        specs in prop::collection::vec(automation_spec(), 1..20),
        ticket in ticket(),
        moments in prop::collection::vec(select(Moment::ALL), 20),
        hours in 0_i64..200,
    ) {
        let mut specs = specs;
        for (at, (spec, moment)) in specs.iter_mut().zip(moments).enumerate() {
            if matches!(spec.trigger, Trigger::On(_)) {
                let seconds = 1 + 3_600 * at as u64;
                spec.trigger = Trigger::Since(Since { moment, seconds, calendar_id: None });
            }
        }
        let config = config(&specs, 0..specs.len());
        let now = ticket.updated_at.max(NOW).plus_seconds(hours * 3_600);
        let ids = SeededIds::new(1);
        let circumstances = Circumstances { actor: ActorRef::SYSTEM, now, ids: &ids, config: &config };
        let woken = decide(Some(&ticket), &[Command::Wake], &circumstances).unwrap().ticket;
        if woken.set_aside.is_none() {
            let left = config.automations().due(&woken, &config).filter(|due| due.at <= now);
            prop_assert_eq!(left.map(|due| due.rule.id()).collect::<Vec<_>>(), Vec::new());
        }
    }

    /// What a dry run says is what happens: a command without rules and then a rehearsal give the events that the
    /// command gives with the rules.
    #[test]
    fn a_dry_run_says_what_the_real_one_does(
        specs in prop::collection::vec(automation_spec(), 1..8),
        ticket in ticket(),
        priority in select(Priority::ALL),
        add_tags in prop::collection::vec(select(&TAGS[..]).prop_map(label), 0..3),
    ) {
        let with = config(&specs, 0..specs.len());
        let without = Config::default();
        let edit = Command::Edit(Box::new(Edit { priority: Some(priority), add_tags, ..Edit::default() }));
        let now = ticket.updated_at.max(NOW);
        let circumstances = |config, ids| Circumstances { actor: ActorRef::agent(AGENTS[0]), now, ids, config };
        let (ids, others, more) = (SeededIds::new(1), SeededIds::new(1), SeededIds::new(1));
        let real = decide(Some(&ticket), std::slice::from_ref(&edit), &circumstances(&with, &ids)).unwrap();
        let plain = decide(Some(&ticket), &[edit], &circumstances(&without, &others)).unwrap();
        let occasion = Occasion { message: None, was: Some(Was::of(&ticket)), actor: ActorKind::Agent };
        let triggers = Triggers::of(plain.events.iter().map(|envelope| &envelope.event));
        let dry = rehearse(&plain.ticket, triggers, &occasion, &circumstances(&with, &more));
        let names = |events: &[crate::event::Envelope]| {
            events.iter().map(|e| (e.actor, e.event.name(), e.stream_seq)).collect::<Vec<_>>()
        };
        let (_, reactions) = real.events.split_at(plain.events.len());
        prop_assert_eq!(names(reactions), names(&dry.events));
        prop_assert_eq!(real.ticket.tags, dry.ticket.tags);
        prop_assert_eq!((real.ticket.priority, real.ticket.status), (dry.ticket.priority, dry.ticket.status));
    }
}
