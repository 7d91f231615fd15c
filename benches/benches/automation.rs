//! All automations of a desk against one event, and all that wait for time at once.
//!
//! Beside the first: every rule's document read and walked, as text, rule by rule. Beside the second: as many wake-ups,
//! each with one rule whose time has come.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::Criterion;
use serde_json::{Value, json};
use support_benches::quick;
use support_core::automation::{Occasion, On, Rule, Snapshot, Triggers, Was};
use support_core::config::Config;
use support_core::id::DocumentId;
use support_core::people::{ActorKind, ActorRef};
use support_core::store::{Document, DocumentKind};
use support_core::testkit::{SeededIds, a_ticket};
use support_core::ticket::{Circumstances, Command, Priority, Ticket, decide};
use support_core::time::Timestamp;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_seconds(1_772_442_000);

fn main() {
    let mut criterion = quick();
    for count in [20, 200, 2_000] {
        compare(&mut criterion, count);
        all_due(&mut criterion, count);
    }
    criterion.final_summary();
}

fn compare(criterion: &mut Criterion, count: u32) {
    // The hardest case: one event wakes every rule.
    let documents: Vec<Document> = (0..count).map(document).collect();
    let config = Config::compile(1, &documents);
    let mut ticket = a_ticket(1).ticket();
    ticket.priority = Priority::High;
    ticket.tags = ["vip", "t7", "late"].map(|tag| tag.parse().unwrap()).into();
    let occasion = Occasion { message: None, was: Some(Was::of(&ticket)), actor: ActorKind::Customer };
    let snapshot = Snapshot { ticket: &ticket, occasion: &occasion, now: NOW, config: &config };
    let triggers = Triggers::just(On::Created);
    let ours: Vec<DocumentId> = config.automations().matching(triggers, &snapshot).map(Rule::id).collect();
    assert_eq!(ours, walked(&documents, &ticket));
    assert!(!ours.is_empty() && ours.len() < documents.len());
    let mut group = criterion.benchmark_group(format!("{count} rules, one event"));
    group.bench_function("index", |b| {
        b.iter(|| config.automations().matching(black_box(triggers), black_box(&snapshot)).count());
    });
    group.bench_function("index, an event that wakes none", |b| {
        b.iter(|| config.automations().matching(Triggers::just(On::Breached), black_box(&snapshot)).count());
    });
    group.bench_function("baseline: walking documents", |b| {
        b.iter(|| walked(black_box(&documents), black_box(&ticket)).len());
    });
    group.finish();
}

/// A desk that was switched off finds every rule due, each at an instant of its own, and each sets a field.
fn all_due(criterion: &mut Criterion, count: u32) {
    let documents: Vec<Document> = (0..count).map(|n| timed(n, 10 + n)).collect();
    let config = Config::compile(1, &documents);
    let alone: Vec<Config> =
        documents.iter().map(|document| Config::compile(1, std::slice::from_ref(document))).collect();
    let ticket = a_ticket(1).ticket();
    let now = ticket.updated_at.plus_seconds(100_000);
    let ids = SeededIds::new(1);
    let woken = |ticket: &Ticket, config: &Config| {
        let circumstances = Circumstances { actor: ActorRef::SYSTEM, now, ids: &ids, config };
        decide(Some(ticket), &[Command::Wake], &circumstances).unwrap().ticket
    };
    let one_by_one = || alone.iter().fold(ticket.clone(), |ticket, config| woken(&ticket, config));
    let (ours, theirs) = (woken(&ticket, &config), one_by_one());
    assert_eq!(ours.custom_fields, theirs.custom_fields);
    assert_eq!(ours.acted.len(), documents.len());
    let mut group = criterion.benchmark_group(format!("{count} rules about time, all due"));
    group.bench_function("one wake-up", |b| b.iter(|| woken(black_box(&ticket), &config)));
    group.bench_function("baseline: a wake-up each", |b| b.iter(one_by_one));
    group.finish();
}

fn timed(n: u32, seconds: u32) -> Document {
    let body = json!({
        "name": format!("Rule {n}"),
        "position": n,
        "trigger": { "since": { "moment": "created", "seconds": seconds } },
        "actions": [{ "set_field": { "key": "step", "value": n } }],
    });
    Document { body, ..document(n) }
}

/// Three tests and a nesting each; one rule in some ten matches.
fn document(n: u32) -> Document {
    let body = json!({
        "name": format!("Rule {n}"),
        "position": n,
        "trigger": { "on": ["ticket.created"] },
        "condition": { "all": [
            { "field": "ticket.priority", "op": "at_least", "value": "high" },
            { "any": [
                { "field": "ticket.tags", "op": "any_of", "value": [format!("t{}", n % 10)] },
                { "field": "ticket.category", "op": "is", "value": format!("c{n}") },
            ] },
            { "none": [{ "field": "ticket.reopened_count", "op": "at_least", "value": 3 }] },
        ] },
        "actions": ["level_up"],
    });
    Document {
        id: DocumentId::from_uuid(Uuid::from_u128(u128::from(n) + 1)),
        kind: DocumentKind::Automation,
        version: 1,
        retired: false,
        body,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn walked(documents: &[Document], ticket: &Ticket) -> Vec<DocumentId> {
    let wakes = |document: &&Document| {
        let on = document.body.pointer("/trigger/on").and_then(Value::as_array);
        on.is_some_and(|on| on.iter().any(|event| event == "ticket.created"))
    };
    let woken = documents.iter().filter(wakes);
    woken
        .filter(|document| document.body.get("condition").is_some_and(|condition| holds(condition, ticket)))
        .map(|document| document.id)
        .collect()
}

fn holds(condition: &Value, ticket: &Ticket) -> bool {
    let parts = |word: &str| condition.get(word).and_then(Value::as_array);
    if let Some(all) = parts("all") {
        return all.iter().all(|part| holds(part, ticket));
    }
    if let Some(any) = parts("any") {
        return any.iter().any(|part| holds(part, ticket));
    }
    if let Some(none) = parts("none") {
        return !none.iter().any(|part| holds(part, ticket));
    }
    let value = &condition["value"];
    match condition["field"].as_str().unwrap() {
        "ticket.priority" => value.as_str().unwrap().parse::<Priority>().unwrap() <= ticket.priority,
        "ticket.tags" => {
            let tags = value.as_array().unwrap().iter();
            tags.filter_map(Value::as_str).any(|tag| ticket.tags.iter().any(|known| known.as_str() == tag))
        }
        "ticket.category" => ticket.category.as_ref().map(|category| category.as_str()) == value.as_str(),
        _ => f64::from(ticket.reopened_count) >= value.as_f64().unwrap(),
    }
}
