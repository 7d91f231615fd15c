//! What happened to a ticket, and why.

use serde_json::json;

use crate::world::{redacted, world};

#[tokio::test]
async fn the_story_of_a_ticket_is_told_in_order() {
    let world = world().await;
    let id = world.ticket("one").await;
    world
        .post(
            &world.sue(),
            &format!("/tickets/{id}/reassign"),
            json!({ "agent_id": world.amy, "reason": "Hers." }),
        )
        .await
        .is(200);
    let events = world.get(&world.sue(), &format!("/tickets/{id}/events")).await.is(200);
    insta::assert_json_snapshot!("ticket_events", redacted(&events));
    let seen = world.get(&world.ann(), &format!("/tickets/{id}/events")).await.is(200);
    insta::assert_json_snapshot!("ticket_events_of_a_customer", redacted(&seen));
    let assignments = world.get(&world.sue(), &format!("/tickets/{id}/assignments")).await.is(200);
    insta::assert_json_snapshot!("assignments", redacted(&assignments));
    let of_amy = world.get(&world.sue(), &format!("/assignments?agent_id={}", world.amy)).await.is(200);
    assert_eq!(of_amy, assignments);
    let none = world.get(&world.sue(), "/assignments?from=2027-01-01T00:00:00Z").await.is(200);
    assert_eq!(none["items"], json!([]));
    assert_eq!(world.get(&world.sue(), "/assignments?agent_id=x").await.refused_field(), "agent_id");
    let timers = world.get(&world.sue(), &format!("/tickets/{id}/sla")).await.is(200);
    insta::assert_json_snapshot!("ticket_timers", redacted(&timers));
    let seen = world.get(&world.ann(), &format!("/tickets/{id}/sla")).await.is(200);
    assert_eq!(seen["ownership"], json!([]), "customers learn nothing of whose hands it was in");
    for hidden in ["assignments", "explain"] {
        world.get(&world.ann(), &format!("/tickets/{id}/{hidden}")).await.is(404);
    }
}

#[tokio::test]
async fn a_waiting_ticket_is_explained_and_scored() {
    let world = world().await;
    let id = world.ticket("one").await;
    world.clock.advance(7_200);
    let why = world.get(&world.sue(), &format!("/tickets/{id}/explain")).await.is(200);
    insta::assert_json_snapshot!("explanation", redacted(&why));
    let scores = world.post(&world.sue(), "/tickets/prioritize", json!({ "ticket_ids": [id] })).await.is(200);
    insta::assert_json_snapshot!("prioritized", redacted(&scores));
    world.post(&world.sue(), "/tickets/prioritize", json!({ "ticket_ids": [world.ann] })).await.is(404);
    world.post(&world.ann(), "/tickets/prioritize", json!({ "ticket_ids": [id] })).await.is(404);
}

#[tokio::test]
async fn a_ticket_is_read_as_it_was() {
    let world = world().await;
    let id = world.ticket("one").await;
    world.clock.advance(60);
    let path = format!("/tickets/{id}");
    world.patch(&world.sue(), &path, json!({ "subject": "two", "priority": "high" })).await.is(200);
    let then = world.get(&world.sue(), &format!("{path}?at=2026-03-02T09:00:30Z")).await.is(200);
    assert_eq!((&then["subject"], &then["priority"]), (&json!("one"), &json!("normal")));
    assert_eq!(then["customer"]["name"], "Ann");
    world.get(&world.sue(), &format!("{path}?at=2026-03-01T09:00:30Z")).await.is(404);
    assert_eq!(world.get(&world.sue(), &format!("{path}?at=then")).await.refused_field(), "at");
}
