//! What rules want done outside the desk: kept with the change that wants it, for when its time has come.

use std::collections::BTreeMap;

use serde_json::json;
use support_core::desk::{CreateAgent, EditTicket};
use support_core::event::Event;
use support_core::id::{AgentId, DocumentId, TeamId, TicketId};
use support_core::people::{Absence, Day, Shift};
use support_core::store::{DocumentKind, Effect, OutboxRow, OutboxState, Query, Record, Select};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::Priority;
use support_core::time::Timestamp;

use crate::world::{HOST, TENANT, World, at, id_of};

fn automation(world: &World, trigger: &serde_json::Value, action: &serde_json::Value) -> DocumentId {
    let body = json!({ "name": "Rule", "trigger": trigger, "actions": [action] });
    world.put(DocumentKind::Automation, body)
}

fn rows(world: &World) -> Vec<OutboxRow> {
    let query = Query::new(Select::Outbox(OutboxState::Ready), 100);
    let found = block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap().items;
    let rows = found.into_iter().map(|record| match record {
        Record::Outbox(row) => row,
        other => panic!("{other:?}"),
    });
    rows.collect()
}

/// From when on who may be told of a ticket, all of them by the same event.
fn told(world: &World, ticket: TicketId) -> BTreeMap<AgentId, Timestamp> {
    let notices: Vec<u64> = world
        .events(ticket)
        .iter()
        .filter(|envelope| matches!(envelope.event, Event::TicketNotified { .. }))
        .map(|envelope| envelope.stream_seq)
        .collect();
    let of_ticket = rows(world).into_iter().filter(|row| row.ticket_id == ticket);
    let told = of_ticket.map(|row| match row.effect {
        Effect::Notice { agent_id, stream_seq } => {
            assert_eq!(notices, [stream_seq]);
            (agent_id, row.next_at)
        }
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn a_webhook_that_a_rule_calls_waits_in_the_outbox_under_the_event_that_asked_for_it() {
    let world = World::standard();
    let endpoint = world.put(DocumentKind::WebhookEndpoint, json!({ "name": "Shop" }));
    automation(&world, &json!({ "on": ["ticket.created"] }), &json!({ "call_webhook": endpoint }));
    let ticket = world.opened_by(&world.customer("Carl"));
    let asked = world.events(ticket);
    let asked = asked.iter().find(|event| event.event.name() == "ticket.webhook_queued").unwrap();
    let Event::TicketWebhookQueued { outbox_id, endpoint_id } = &asked.event else { panic!("{asked:?}") };
    assert_eq!(*endpoint_id, endpoint);
    let effect = Effect::Webhook { endpoint_id: endpoint, stream_seq: asked.stream_seq };
    assert_eq!(rows(&world), [OutboxRow::ready(*outbox_id, ticket, effect, asked.at)]);
    world.sound();
}

#[test]
fn who_is_told_is_told_at_once_at_work_and_else_when_they_work_again() {
    let world = World::standard();
    let office =
        Shift::on_days("Europe/Berlin".parse().unwrap(), &[Day::Mon, Day::Fri], "09:00", "17:00").unwrap();
    let agent = |name: &str, shift: Option<&Shift>, absences: Vec<Absence>| {
        let shift = shift.cloned();
        id_of(&world.agent_with(CreateAgent { name: name.into(), shift, absences, ..CreateAgent::default() }))
    };
    // Of two absences that follow each other the second counts too.
    let absence = |from: &str, until: &str| Absence { from: at(from), until: at(until), substitute_id: None };
    let away = || {
        vec![
            absence("2026-11-20T00:00:00Z", "2026-11-23T10:00:00Z"),
            absence("2026-11-23T10:00:00Z", "2026-11-24T12:00:00Z"),
        ]
    };
    let ann = agent("Ann", None, Vec::new());
    let ben = agent("Ben", Some(&office), Vec::new());
    let cleo = agent("Cleo", None, away());
    let dora = agent("Dora", Some(&office), away());
    automation(
        &world,
        &json!({ "since": { "moment": "created", "seconds": 60 } }),
        &json!({ "notify": { "to": ["team", "owner"], "about": "late" } }),
    );
    // A Friday evening in Berlin.
    world.clock.set(at("2026-11-20T18:00:00Z"));
    let ticket = world.opened_by(&world.customer("Carl"));
    assert_eq!((rows(&world), world.owner(ticket)), (Vec::new(), Some(ann)));
    world.clock.advance(60);
    world.tick();
    let expected = [
        (ann, at("2026-11-20T18:01:00Z")),
        (ben, at("2026-11-23T08:00:00Z")),
        (cleo, at("2026-11-24T12:00:00Z")),
        // Back on a Tuesday, and at work again on Friday.
        (dora, at("2026-11-27T08:00:00Z")),
    ];
    assert_eq!(told(&world, ticket), expected.into());
    world.sound();
}

#[test]
fn who_a_ladder_tells_is_told_when_they_work() {
    let world = World::empty();
    world.put(
        DocumentKind::SlaPolicy,
        json!({
            "name": "Late",
            "targets": { "first_response": { "seconds": 60 } },
            "steps": [{ "when": "at_breach", "actions": [{ "notify": { "to": ["team"], "about": "late" } }] }],
        }),
    );
    let office = Shift::on_days("Europe/Berlin".parse().unwrap(), &[Day::Mon], "09:00", "17:00").unwrap();
    let agent = |name: &str, shift: Option<Shift>| {
        id_of(&world.agent_with(CreateAgent { name: name.into(), shift, ..CreateAgent::default() }))
    };
    let (ann, ben) = (agent("Ann", None), agent("Ben", Some(office)));
    world.clock.set(at("2026-11-20T18:00:00Z"));
    let ticket = world.opened_by(&world.customer("Carl"));
    world.clock.advance(61);
    world.tick();
    let expected = [(ann, at("2026-11-20T18:01:01Z")), (ben, at("2026-11-23T08:00:00Z"))];
    assert_eq!(told(&world, ticket), expected.into());
    // Once.
    world.pass(4 * 86_400);
    assert_eq!(told(&world, ticket), expected.into());
    world.sound();
}

#[test]
fn leads_are_told_of_their_own_team_and_a_role_wherever_it_works() {
    let world = World::standard();
    let other = world.team("Other", &json!({}));
    let lead_ids = vec![TeamId::DEFAULT];
    let lead = world.agent_with(CreateAgent { name: "Lea".into(), lead_ids, ..CreateAgent::default() });
    let stranger = CreateAgent { name: "Lou".into(), lead_ids: vec![other], ..CreateAgent::default() };
    world.agent_with(stranger);
    let admin = world.agent_in("Ada", "admin", &[other]);
    automation(
        &world,
        &json!({ "on": ["ticket.created"] }),
        &json!({ "notify": { "to": ["leads", { "role": "admin" }] } }),
    );
    let ticket = world.opened_by(&world.customer("Carl"));
    let agents: Vec<AgentId> = told(&world, ticket).into_keys().collect();
    let mut expected = vec![id_of(&lead), id_of(&admin)];
    expected.sort_unstable();
    assert_eq!(agents, expected);
}

#[test]
fn an_owner_is_told_of_the_work_that_the_router_gives_them_in_the_same_commit() {
    let world = World::standard();
    let ann = world.agent("Ann");
    automation(&world, &json!({ "on": ["ticket.assigned"] }), &json!({ "notify": { "to": ["owner"] } }));
    let ticket = world.opened_by(&world.customer("Carl"));
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    assert_eq!(told(&world, ticket), [(id_of(&ann), world.desk.now())].into());
    world.sound();
}

#[test]
fn who_owned_the_ticket_when_its_owner_was_to_be_told_is_told() {
    let world = World::standard();
    let other = world.team("Other", &json!({}));
    let (ann, ben) = (world.agent("Ann"), world.agent_in("Ben", "agent", &[other]));
    let body = json!({
        "name": "Ben takes over",
        "trigger": { "on": ["ticket.priority_changed"] },
        "actions": [{ "notify": { "to": ["owner"] } }, { "assign_to": id_of(&ben) }],
    });
    let ticket = world.opened_by(&world.customer("Carl"));
    world.put(DocumentKind::Automation, body);
    world.run(&HOST, &EditTicket { priority: Some(Priority::Urgent), ..EditTicket::of(ticket) });
    assert_eq!(world.owner(ticket), Some(id_of(&ben)));
    assert_eq!(told(&world, ticket).into_keys().collect::<Vec<_>>(), [id_of(&ann)]);
    world.sound();
}
