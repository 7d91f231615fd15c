//! Rules that go round by way of the router or of time: they are cut, and told of, and go on when somebody looks.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use support_core::automation::analysis::FindingKind;
use support_core::desk::{EditTicket, OpenTicket, WriteMessage};
use support_core::event::Event;
use support_core::id::{AgentId, DocumentId, TeamId, TicketId};
use support_core::people::Actor;
use support_core::store::DocumentKind;
use support_core::testkit::block_on;
use support_core::ticket::TURNS_LIMIT;

use crate::world::{HOST, World, customer_of, id_of, label};

fn rule(world: &World, more: &Value) -> DocumentId {
    let mut body = json!({ "name": "Rule" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.put(DocumentKind::Automation, body)
}

/// Gives away to another team what somebody of a team is given.
fn given_away(world: &World, from: TeamId, to: TeamId) -> DocumentId {
    let condition = json!({ "all": [
        { "field": "ticket.team_id", "op": "is", "value": from },
        { "field": "ticket.assigned_to", "op": "is_set" },
    ] });
    let trigger = json!({ "on": ["ticket.assigned"] });
    rule(world, &json!({ "trigger": trigger, "condition": condition, "actions": [{ "move_to_team": to }] }))
}

/// Two teams with somebody in each, who give away whatever they are given.
fn hot_potato(world: &World) -> ([TeamId; 2], [Actor; 2], [DocumentId; 2]) {
    let teams = [world.team("A", &json!({})), world.team("B", &json!({}))];
    let agents = [world.agent_in("Ann", "agent", &teams[..1]), world.agent_in("Bob", "agent", &teams[1..])];
    let rules = [given_away(world, teams[0], teams[1]), given_away(world, teams[1], teams[0])];
    (teams, agents, rules)
}

/// Moves a ticket between two statuses, a second after each move.
fn restless(world: &World) -> [DocumentId; 2] {
    [("open", "pending"), ("pending", "open")].map(|(from, to)| {
        rule(
            world,
            &json!({
                "trigger": { "since": { "moment": "status_changed", "seconds": 1 } },
                "condition": { "field": "ticket.status", "op": "is", "value": from },
                "actions": [{ "set_status": to }],
            }),
        )
    })
}

fn opened(world: &World, carl: &Actor, team: TeamId) -> TicketId {
    let open = OpenTicket::of(customer_of(carl), "My parcel", "It is a week late.");
    world.run(&HOST, &OpenTicket { team_id: Some(team), ..open }).ticket_id
}

/// Which rules each cut names, and whether it was one over several commits.
fn cuts(world: &World, ticket: TicketId) -> Vec<(Vec<DocumentId>, bool)> {
    let cut = |event| match event {
        Event::AutomationStopped { automations, unattended, .. } => Some((automations, unattended)),
        _ => None,
    };
    world.events(ticket).into_iter().filter_map(|envelope| cut(envelope.event)).collect()
}

#[test]
fn work_that_a_rule_gives_away_as_it_is_assigned_is_routed_at_once() {
    let world = World::standard();
    let teams = [world.team("A", &json!({})), world.team("B", &json!({}))];
    world.agent_in("Ann", "agent", &teams[..1]);
    let bob = world.agent_in("Bob", "agent", &teams[1..]);
    given_away(&world, teams[0], teams[1]);
    let carl = world.customer("Carl");
    world.pass(20);
    // The clock stands still, and nobody ticks.
    assert_eq!(world.owner(opened(&world, &carl, teams[0])), Some(id_of(&bob)));
    world.sound();
}

#[test]
fn waiting_work_that_a_rule_gives_away_as_the_router_places_it_is_routed_at_once() {
    let world = World::standard();
    let teams = [world.team("A", &json!({})), world.team("B", &json!({}))];
    let bob = world.agent_in("Bob", "agent", &teams[1..]);
    given_away(&world, teams[0], teams[1]);
    let carl = world.customer("Carl");
    world.pass(20);
    let waits = opened(&world, &carl, teams[0]);
    assert_eq!(world.owner(waits), None);
    world.agent_in("Ann", "agent", &teams[..1]);
    assert_eq!(world.owner(waits), Some(id_of(&bob)));
    world.sound();
}

#[test]
fn rules_that_undo_the_router_are_stopped_and_told_of_once() {
    let world = World::standard();
    let (teams, agents, rules) = hot_potato(&world);
    let carl = world.customer("Carl");
    world.pass(20);
    let ticket = opened(&world, &carl, teams[0]);
    world.pass(3_600);
    assert_eq!(cuts(&world, ticket), [(rules.to_vec(), true)]);
    let told = world.events(ticket).len();
    assert!(told < 100, "{told} events");
    // It stays with whom it was given last.
    assert_eq!(agents.iter().filter(|agent| world.owner(ticket) == Some(id_of(agent))).count(), 1);
    let resting: Vec<DocumentId> = world.ticket(ticket).unattended.resting().collect();
    assert_eq!(resting, rules);
    world.pass(86_400);
    assert_eq!(cuts(&world, ticket).len(), 1);
    world.sound();
}

#[test]
fn rules_that_were_stopped_go_on_when_the_customer_writes() {
    let world = World::standard();
    let (teams, _, _) = hot_potato(&world);
    let carl = world.customer("Carl");
    world.pass(20);
    let ticket = opened(&world, &carl, teams[0]);
    world.pass(60);
    assert!(world.ticket(ticket).unattended.resting().next().is_some());
    world.reply(&carl, ticket, "Where is it?");
    assert!(world.ticket(ticket).unattended.is_empty());
    // What a program does by the host is somebody's wish too.
    world.run(&HOST, &EditTicket { add_tags: vec![label("late")], ..EditTicket::of(ticket) });
    world.pass(60);
    world.sound();
}

#[test]
fn rules_that_wait_for_each_other_are_stopped_and_told_of_once() {
    let world = World::standard();
    let rules = restless(&world);
    let carl = world.customer("Carl");
    let ticket = opened(&world, &carl, TeamId::DEFAULT);
    world.status(&HOST, ticket, support_core::ticket::Status::Pending);
    world.pass(3_600);
    assert_eq!(cuts(&world, ticket), [(rules.to_vec(), true)]);
    assert!(world.events(ticket).len() < 100);
    world.sound();
}

#[test]
fn a_note_that_a_rule_writes_after_its_own_note_is_stopped() {
    let world = World::standard();
    let rule = rule(
        &world,
        &json!({
            "trigger": { "since": { "moment": "last_message", "seconds": 60 } },
            "actions": [{ "add_note": "Nobody has written for a minute." }],
        }),
    );
    let carl = world.customer("Carl");
    let ticket = opened(&world, &carl, TeamId::DEFAULT);
    world.pass(7_200);
    assert_eq!(cuts(&world, ticket), [(vec![rule], true)]);
    assert_eq!(world.said(&HOST, ticket).len(), 1 + usize::from(TURNS_LIMIT));
    // Who writes gets eight more.
    world.run(&HOST, &WriteMessage::note(ticket, "I call the carrier."));
    world.sound();
}

#[test]
fn the_explanation_tells_what_rules_did_and_that_they_were_stopped() {
    let world = World::standard();
    let (teams, _, rules) = hot_potato(&world);
    let carl = world.customer("Carl");
    world.pass(20);
    let ticket = opened(&world, &carl, teams[0]);
    world.pass(60);
    let told = block_on(world.desk.explain(&HOST, ticket)).unwrap().automations;
    assert_eq!(told.resting, rules);
    assert_eq!(told.stopped.len(), 1);
    assert_eq!((told.stopped[0].automations.as_slice(), told.stopped[0].unattended), (&rules[..], true));
    let events = world.events(ticket);
    assert_eq!(told.applied.len(), 2 * usize::from(TURNS_LIMIT));
    for (newer, older) in told.applied.iter().zip(told.applied.iter().skip(1)) {
        assert!(newer.stream_seq > older.stream_seq);
    }
    for applied in told.applied {
        let envelope = events.iter().find(|envelope| envelope.stream_seq == applied.stream_seq).unwrap();
        assert!(
            matches!(&envelope.event, Event::AutomationApplied { automation, .. } if *automation == applied.automation)
        );
        assert_eq!(envelope.at, applied.at);
    }
}

#[test]
fn a_rule_that_only_tells_people_tells_them_however_often() {
    let world = World::standard();
    let (teams, _, _) = hot_potato(&world);
    let tells = rule(
        &world,
        &json!({ "trigger": { "on": ["ticket.assigned"] }, "actions": [{ "notify": { "to": ["leads"] } }] }),
    );
    let carl = world.customer("Carl");
    world.pass(20);
    let ticket = opened(&world, &carl, teams[0]);
    world.pass(60);
    assert!(world.names(ticket).iter().filter(|name| **name == "ticket.notified").count() > 8);
    assert!(!cuts(&world, ticket)[0].0.contains(&tells));
}

#[test]
fn such_cycles_are_named_before_anything_happens() {
    let world = World::standard();
    let (_, _, potato) = hot_potato(&world);
    let timed = restless(&world);
    let found = block_on(world.desk.analyse_automations(&HOST)).unwrap();
    let cyclic: Vec<_> =
        found.findings.into_iter().filter(|finding| finding.kind == FindingKind::Cyclic).collect();
    let named: Vec<Vec<DocumentId>> = cyclic.iter().map(|finding| finding.automations.clone()).collect();
    assert_eq!(named, [potato.to_vec(), timed.to_vec()]);
    assert!(cyclic.iter().all(|finding| finding.witness.is_some()));
}

fn actions(teams: [TeamId; 2], agents: [AgentId; 2]) -> impl Strategy<Value = Value> {
    let statuses = ["open", "pending", "on_hold", "resolved"];
    let one = prop_oneof![
        3 => select(teams.to_vec()).prop_map(|team| json!({ "move_to_team": team })),
        1 => select(agents.to_vec()).prop_map(|agent| json!({ "assign_to": agent })),
        3 => select(statuses.to_vec()).prop_map(|status| json!({ "set_status": status })),
        1 => select(&["low", "urgent"][..]).prop_map(|priority| json!({ "set_priority": priority })),
        1 => select(&["add_tags", "remove_tags"][..]).prop_map(|action| json!({ action: ["late"] })),
        1 => Just(json!({ "add_note": "It is late." })),
        1 => Just(json!({ "notify": { "to": ["leads"] } })),
    ];
    prop::collection::vec(one, 1..3).prop_map(Value::from)
}

fn triggers() -> impl Strategy<Value = Value> {
    let events = [
        "ticket.created",
        "ticket.assigned",
        "ticket.status_changed",
        "ticket.priority_changed",
        "ticket.tags_changed",
        "message.added",
        "sla.breached",
        "ticket.escalated",
    ];
    let moments = ["created", "status_changed", "owner_changed", "last_message"];
    let timer = json!({ "metric": "queue_pickup", "when": { "seconds_after": 60 } });
    prop_oneof![
        4 => prop::sample::subsequence(events.to_vec(), 1..4).prop_map(|events| json!({ "on": events })),
        3 => (select(moments.to_vec()), 1_u64..7_200)
            .prop_map(|(moment, seconds)| json!({ "since": { "moment": moment, "seconds": seconds } })),
        1 => Just(json!({ "timer": timer })),
    ]
}

fn conditions(teams: [TeamId; 2]) -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!({ "all": [] })),
        2 => select(teams.to_vec()).prop_map(|team| json!({ "field": "ticket.team_id", "op": "is", "value": team })),
        2 => select(&["open", "pending", "assigned", "resolved"][..])
            .prop_map(|status| json!({ "field": "ticket.status", "op": "is", "value": status })),
        1 => Just(json!({ "field": "ticket.assigned_to", "op": "is_set" })),
    ]
}

/// Whatever rules stand beside each other, a ticket that nobody touches comes to rest.
#[test]
fn no_set_of_rules_keeps_a_ticket_going_by_itself() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(40) });
    // The ids of a world are the same each time.
    let people = |world: &World| {
        let teams = [world.team("A", &json!({})), world.team("B", &json!({}))];
        let agents =
            [("Ann", 0), ("Bob", 1)].map(|(name, at)| world.agent_in(name, "agent", &teams[at..=at]));
        (teams, [id_of(&agents[0]), id_of(&agents[1])])
    };
    let (teams, agents) = people(&World::standard());
    let rules = prop::collection::vec((triggers(), conditions(teams), actions(teams, agents)), 1..7);
    runner
        .run(&rules, |rules| {
            let world = World::standard();
            assert_eq!(people(&world), (teams, agents));
            let carl = world.customer("Carl");
            for (trigger, condition, actions) in &rules {
                rule(&world, &json!({ "trigger": trigger, "condition": condition, "actions": actions }));
            }
            world.pass(20);
            let tickets = teams.map(|team| opened(&world, &carl, team));
            world.pass(86_400);
            for ticket in tickets {
                let mut moved: BTreeMap<DocumentId, u8> = BTreeMap::new();
                for envelope in world.events(ticket) {
                    if let Event::AutomationApplied { automation, moved: true, .. } = envelope.event {
                        *moved.entry(automation.id).or_default() += 1;
                    }
                }
                prop_assert!(moved.values().all(|times| *times <= TURNS_LIMIT), "{:?}", moved);
                // Fewer than are read at once: all of them were looked at.
                prop_assert!(world.ticket(ticket).stream_seq < 1_000);
            }
            world.sound();
            Ok(())
        })
        .unwrap();
}
