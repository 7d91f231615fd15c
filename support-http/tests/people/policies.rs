//! SLA policies and calendars over HTTP: whether a change of one fires ladders.

use serde_json::{Value, json};

use crate::world::World;

/// How often the ladder's step at the breach did something.
async fn escalations(world: &World, ticket: &str) -> usize {
    let events = world.get(&format!("/tickets/{ticket}/events"), &world.as_admin().await).await.with(200);
    let fired = |event: &&Value| event["name"] == "ticket.escalated";
    events["items"].as_array().unwrap().iter().filter(fired).count()
}

#[tokio::test]
async fn a_change_of_a_policy_fires_ladders_only_where_its_editor_asks_for_it() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let policy = json!({
        "name": "Promise", "targets": { "resolution": { "seconds": 36_000 } },
        "steps": [{ "when": "at_breach", "actions": ["level_up"] }],
    });
    let made = world.post("/sla/policies", &admin, policy).await.with(201);
    assert_eq!(made["fire_ladders"], json!(false));
    let path = format!("/sla/policies/{}", made["id"].as_str().unwrap());
    let ticket = json!({
        "customer_id": world.customer, "subject": "x", "channel": "web", "initial_message": "Where is it?",
    });
    let ticket = world.post("/tickets", &admin, ticket).await.with(201);
    let ticket = ticket["id"].as_str().unwrap();
    world.clock.advance(600);
    let shorter = json!({ "targets": { "resolution": { "seconds": 60 } }, "fire_ladders": true });
    let changed = world.patch(&path, &admin, shorter).await.with(200);
    assert_eq!(changed["fire_ladders"], json!(true));
    world.desk.tick().await.unwrap();
    assert_eq!(escalations(&world, ticket).await, 1);
    // The next version does not say so, and one that says it wrong is refused.
    let renamed = world.patch(&path, &admin, json!({ "name": "Other" })).await.with(200);
    assert_eq!(renamed["fire_ladders"], json!(false));
    world.patch(&path, &admin, json!({ "fire_ladders": null })).await.names("fire_ladders");
}

#[tokio::test]
async fn a_change_of_a_calendar_says_for_itself_whether_it_fires_ladders() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let hours = json!({
        "name": "Office", "timezone": "UTC", "weekly": { "fri": [["09:00", "17:00"]] }, "fire_ladders": true,
    });
    let made = world.post("/sla/calendars", &admin, hours).await.with(201);
    assert_eq!(made["fire_ladders"], json!(true));
    let path = format!("/sla/calendars/{}", made["id"].as_str().unwrap());
    let renamed = world.patch(&path, &admin, json!({ "name": "Hours" })).await.with(200);
    assert_eq!((&renamed["fire_ladders"], &renamed["weekly"]), (&json!(false), &made["weekly"]));
}

#[tokio::test]
async fn a_calendar_that_a_policy_uses_is_not_deleted() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let hours = json!({ "name": "Office", "timezone": "UTC", "weekly": { "fri": [["09:00", "17:00"]] } });
    let calendar = world.post("/sla/calendars", &admin, hours).await.with(201);
    let path = format!("/sla/calendars/{}", calendar["id"].as_str().unwrap());
    let targets = json!({ "resolution": { "seconds": 60 } });
    let policy = json!({ "name": "Promise", "calendar_id": calendar["id"], "targets": targets });
    let policy = world.post("/sla/policies", &admin, policy).await.with(201);
    let told = world.delete(&path, &admin).await.with(409);
    assert_eq!(told["code"], "calendar_in_use");
    assert!(told["detail"].as_str().unwrap().contains("`Promise`"), "{told}");
    let policy = format!("/sla/policies/{}", policy["id"].as_str().unwrap());
    world.patch(&policy, &admin, json!({ "calendar_id": null })).await.with(200);
    world.delete(&path, &admin).await.with(204);
}
