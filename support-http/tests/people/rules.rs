//! Keyword rules over HTTP.

use serde_json::json;

use crate::world::{NO_ONE, NOBODY, World, redacted};

fn rule() -> serde_json::Value {
    json!({ "name": "In a hurry", "type": "time_sensitive", "keywords": ["urgent"], "boost_amount": 40 })
}

#[tokio::test]
async fn a_rule_is_made_changed_and_retired() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let made = world.post("/rules", &admin, rule()).await.with(201);
    insta::assert_json_snapshot!("rule", redacted(made.clone()));
    let path = format!("/rules/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path, &world.as_agent().await).await.with(200), made);
    let changed = world.patch(&path, &admin, json!({ "boost_amount": 50, "alert": true })).await;
    assert_eq!(changed.tag(), "\"2\"");
    let changed = changed.with(200);
    assert_eq!((&changed["name"], &changed["boost_amount"]), (&json!("In a hurry"), &json!(50.0)));
    assert_eq!(world.get("/rules", &admin).await.with(200)["items"][0], changed);
    world.patch(&path, &admin, json!({ "active": false })).await.with(200);
    assert_eq!(world.get("/rules", &admin).await.with(200)["items"], json!([]));
    assert_eq!(world.get("/rules?active=false", &admin).await.with(200)["items"][0]["id"], made["id"]);
    assert_eq!(world.delete(&path, &admin).await.status, 204);
    world.get(&path, &admin).await.with(404);
    world.patch(&path, &admin, json!({ "active": true })).await.with(404);
    world.delete(&path, &admin).await.with(404);
}

#[tokio::test]
async fn rules_are_for_those_who_may() {
    let world = World::new().await;
    let (agent, customer) = (world.as_agent().await, world.as_customer().await);
    let path = format!("/rules/{NOBODY}");
    world.post("/rules", &NO_ONE, rule()).await.with(401);
    world.post("/rules", &agent, rule()).await.with(403);
    world.post("/rules", &customer, rule()).await.with(404);
    world.get("/rules", &customer).await.with(404);
    world.get(&path, &agent).await.with(404);
    world.get("/rules/not-an-id", &agent).await.with(404);
    world.delete(&path, &agent).await.with(404);
    let made = world.post("/rules", &world.as_admin().await, rule()).await.with(201);
    let path = format!("/rules/{}", made["id"].as_str().unwrap());
    world.patch(&path, &agent, json!({ "active": false })).await.with(403);
    world.delete(&path, &agent).await.with(403);
}

#[tokio::test]
async fn what_a_rule_cannot_be_is_named() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    for (field, value, named) in [
        ("boost_amount", json!(101), "boost_amount"),
        ("type", json!("best"), "type"),
        ("keywords", json!(["ok", ""]), "keywords[1]"),
        ("name", json!(""), "name"),
        ("condition", json!({}), "condition.field"),
    ] {
        let mut bad = rule();
        bad[field] = value;
        world.post("/rules", &admin, bad).await.names(named);
    }
    let made = world.post("/rules", &admin, rule()).await.with(201);
    let path = format!("/rules/{}", made["id"].as_str().unwrap());
    world.patch(&path, &admin, json!({ "name": null })).await.names("name");
    world.patch(&path, &admin, json!({ "colour": "red" })).await.names("colour");
    world.get("/rules?limit=0", &admin).await.names("limit");
    world.get("/rules?colour=red", &admin).await.names("colour");
}

#[tokio::test]
async fn a_stale_version_is_412_and_a_repeated_request_is_answered_once() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let key = [("idempotency-key", "k1")];
    let first = world.send("POST", "/rules", &admin, Some(rule()), &key).await;
    let second = world.send("POST", "/rules", &admin, Some(rule()), &key).await;
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(first.body, second.with(201));
    let other = world.send("POST", "/rules", &admin, Some(json!({ "x": 1 })), &key).await;
    assert_eq!(other.status, 422);
    let mut other = rule();
    other["name"] = json!("Other");
    let other = world.send("POST", "/rules", &admin, Some(other), &key).await;
    assert_eq!(other.with(422)["code"], "idempotency_mismatch");
    let path = format!("/rules/{}", first.body["id"].as_str().unwrap());
    let stale = [("if-match", "\"7\"")];
    let change = Some(json!({ "alert": true }));
    let answer = world.send("PATCH", &path, &admin, change.clone(), &stale).await;
    assert_eq!(answer.with(412)["code"], "stale_version");
    world.send("DELETE", &path, &admin, None, &stale).await.with(412);
    world.send("PATCH", &path, &admin, change.clone(), &[("if-match", "7")]).await.with(400);
    world.send("PATCH", &path, &admin, change, &[("if-match", "\"1\"")]).await.with(200);
}
