//! Macros over HTTP.

use serde_json::json;

use crate::world::world;

#[tokio::test]
async fn a_macro_is_made_used_with_a_reply_changed_and_retired() {
    let world = world().await;
    let body = json!({
        "name": "Delay", "content": "Dear {{customer.name}}, {{orderNumber}} is late.", "category": "shipping",
        "visibility": "all", "actions": [{ "set_status": "on_hold" }, { "add_tags": ["late"] }],
    });
    let made = world.post(&world.sue(), "/macros", body).await.is(201);
    let (id, path) = (made["id"].clone(), format!("/macros/{}", made["id"].as_str().unwrap()));
    let ticket = world.ticket("Parcel").await;
    let r#use = format!("{path}/use");
    let missing = world.post(&world.amy(), &r#use, json!({ "ticket_id": ticket })).await;
    assert_eq!(missing.refused_field(), "variables.orderNumber");
    let said = json!({ "ticket_id": ticket, "variables": { "orderNumber": "KC-1" } });
    let said = world.post(&world.amy(), &r#use, said).await.is(200);
    assert_eq!(said["content"], "Dear Ann, KC-1 is late.");
    let reply = json!({ "content": said["content"], "macro_id": id });
    world.post(&world.amy(), &format!("/tickets/{ticket}/messages"), reply.clone()).await.is(201);
    let after = world.get(&world.sue(), &format!("/tickets/{ticket}")).await.is(200);
    assert_eq!((&after["status"], &after["tags"]), (&json!("on_hold"), &json!(["late"])));
    let refused = world.post(&world.ann(), &format!("/tickets/{ticket}/messages"), reply).await;
    assert_eq!(refused.refused_field(), "macro_id");
    let listed = world.get(&world.amy(), "/macros?category=shipping&search=LATE").await.is(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["uses"]), (&id, &json!(1)));
    assert_eq!(world.get(&world.amy(), "/macros?search=nothing").await.is(200)["items"], json!([]));
    world.get(&world.ann(), "/macros").await.is(404);
    world.patch(&world.amy(), &path, json!({ "name": "Late" })).await.is(403);
    let own = json!({ "visibility": "own" });
    let changed = world.patch(&world.sue(), &path, own).await.is(200);
    assert_eq!(changed["owner_id"], json!(world.sue));
    world.get(&world.amy(), &path).await.is(404);
    let open = world.patch(&world.sue(), &path, json!({ "visibility": "all" })).await.is(200);
    assert_eq!((&open["owner_id"], &open["version"]), (&json!(null), &json!(3)));
    world.send(&world.sue(), "DELETE", &path, None, &[]).await.is(204);
    world.get(&world.sue(), &path).await.is(404);
}

#[tokio::test]
async fn a_use_without_a_ticket_counts_and_what_a_macro_cannot_be_is_named() {
    let world = world().await;
    let body = json!({ "name": "Hello", "content": "Hello {{customerName|you}}", "visibility": "own" });
    let made = world.post(&world.amy(), "/macros", body.clone()).await.is(201);
    let path = format!("/macros/{}", made["id"].as_str().unwrap());
    let said = world.post(&world.amy(), &format!("{path}/use"), json!({})).await.is(200);
    assert_eq!(said["content"], "Hello you");
    assert_eq!(world.get(&world.amy(), &path).await.is(200)["uses"], 1);
    let key = [("idempotency-key", "once")];
    for _ in 0..2 {
        let body = Some(json!({}).to_string());
        let said = world.send(&world.amy(), "POST", &format!("{path}/use"), body, &key).await.is(200);
        assert_eq!(said["content"], "Hello you");
    }
    assert_eq!(world.get(&world.amy(), &path).await.is(200)["uses"], 2);
    for (field, value, named) in [
        ("content", json!("Hello {{"), "content"),
        ("name", json!("Hel\u{0}lo"), "name"),
        ("visibility", json!("team"), "team_id"),
        ("visibility", json!("none"), "visibility"),
        ("actions", json!([{ "set_status": "new" }]), "actions[0].set_status"),
    ] {
        let mut bad = body.clone();
        bad[field] = value;
        assert_eq!(world.post(&world.amy(), "/macros", bad).await.refused_field(), named);
    }
    assert_eq!(world.patch(&world.amy(), &path, json!({ "name": null })).await.refused_field(), "name");
}

#[tokio::test]
async fn the_actions_of_a_macro_are_done_in_their_order() {
    let world = world().await;
    let body = json!({
        "name": "Moved", "content": "We look into it.", "visibility": "all",
        "actions": [
            { "add_tags": ["late"] }, { "set_category": "delivery" }, { "set_priority": "high" },
            { "set_category": "refund" }, { "remove_tags": ["late"] }, { "set_field": { "key": "floor", "value": "Second" } },
        ],
    });
    let made = world.post(&world.sue(), "/macros", body).await.is(201);
    assert_eq!(made["actions"][5], json!({ "set_field": { "key": "floor", "value": "Second" } }));
    let ticket = world.ticket("Parcel").await;
    let reply = json!({ "content": "We look into it.", "macro_id": made["id"] });
    world.post(&world.amy(), &format!("/tickets/{ticket}/messages"), reply).await.is(201);
    let after = world.get(&world.sue(), &format!("/tickets/{ticket}")).await.is(200);
    assert_eq!((&after["category"], &after["tags"]), (&json!("refund"), &json!([])));
    assert_eq!(after["custom_fields"], json!({ "floor": "Second" }));
    let story = world.get(&world.sue(), &format!("/tickets/{ticket}/events")).await.is(200);
    let names = story["items"].as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap());
    let changed = [
        "ticket.tags_changed",
        "ticket.category_changed",
        "ticket.priority_changed",
        "ticket.fields_changed",
    ];
    let done: Vec<&str> = names.filter(|name| changed.contains(name)).collect();
    assert_eq!(done, [changed[0], changed[1], changed[2], changed[1], changed[0], changed[3]]);
}
