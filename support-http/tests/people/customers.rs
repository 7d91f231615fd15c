//! Customers over HTTP.

use serde_json::json;

use crate::world::{NO_ONE, NOBODY, World, redacted};

fn ann() -> serde_json::Value {
    json!({
        "name": "Ann", "email": "Ann@Shop.example", "external_id": "c-1", "tier": "gold", "timezone": "Asia/Tokyo",
        "addresses": [{ "kind": "whatsapp", "value": "+49 30 1234567", "verified": false }],
        "custom_fields": { "colour": "red", "orders": 3 }, "tags": ["b", "a", "b"],
    })
}

#[tokio::test]
async fn a_customer_is_made_found_and_changed() {
    let world = World::new().await;
    let agent = world.as_agent().await;
    let made = world.post("/customers", &agent, ann()).await.with(201);
    insta::assert_json_snapshot!("customer", redacted(made.clone()));
    for query in ["external_id=c-1", "address=ANN@shop.example", "address=%2B49301234567", "q=ann", "q=an"] {
        let found = world.get(&format!("/customers?{query}"), &agent).await.with(200);
        assert_eq!(found["items"], json!([made]), "{query}");
    }
    let none = world.get("/customers?address=an@shop.example", &agent).await.with(200);
    assert_eq!(none["items"], json!([]));
    let path = format!("/customers/{}", made["id"].as_str().unwrap());
    let change = json!({ "tier": null, "custom_fields": { "colour": null, "vip": true }, "blocked": true });
    let changed = world.patch(&path, &agent, change).await.with(200);
    assert_eq!(changed["custom_fields"], json!({ "orders": 3.0, "vip": true }));
    assert_eq!((&changed["tier"], &changed["blocked"]), (&json!(null), &json!(true)));
    assert_eq!(changed["addresses"], made["addresses"]);
    let stale = [("if-match", "\"1\"")];
    world.send("PATCH", &path, &agent, Some(json!({ "name": "x" })), &stale).await.with(412);
    let key = [("idempotency-key", "c")];
    let zoe = Some(json!({ "name": "Zoe" }));
    let first = world.send("POST", "/customers", &agent, zoe.clone(), &key).await.with(201);
    assert_eq!(world.send("POST", "/customers", &agent, zoe, &key).await.with(201), first);
}

#[tokio::test]
async fn customers_read_themselves_only() {
    let world = World::new().await;
    let cleo = world.as_customer().await;
    let own = world.get(&format!("/customers/{}", world.customer), &cleo).await.with(200);
    assert_eq!(own["name"], "Cleo");
    let ann = world.post("/customers", &world.as_agent().await, ann()).await.with(201);
    let other = world.get(&format!("/customers/{}", ann["id"].as_str().unwrap()), &cleo).await;
    let unknown = world.get(&format!("/customers/{NOBODY}"), &cleo).await;
    let plain = |mut body: serde_json::Value| {
        body["request_id"].take();
        body
    };
    assert_eq!(plain(other.with(404)), plain(unknown.with(404)));
    world.get("/customers?q=a", &cleo).await.with(404);
    world.post("/customers", &cleo, json!({ "name": "x" })).await.with(404);
    world.patch(&format!("/customers/{}", world.customer), &cleo, json!({ "tier": "gold" })).await.with(404);
    world.get("/customers", &NO_ONE).await.with(401);
}

#[tokio::test]
async fn what_a_customer_cannot_be_is_named() {
    let world = World::new().await;
    let agent = world.as_agent().await;
    world.post("/customers", &agent, ann()).await.with(201);
    for (field, value, named) in [
        ("name", json!("a\u{7}"), "name"),
        ("email", json!("nonsense"), "email"),
        ("phone", json!("call me"), "phone"),
        ("external_id", json!("two words"), "external_id"),
        ("external_id", json!("c-1"), "external_id"),
        ("timezone", json!("Mars"), "timezone"),
        ("addresses", json!([{ "kind": "fax", "value": "1" }]), "addresses[0].kind"),
        ("addresses", json!([{ "kind": "email", "value": "nonsense" }]), "addresses[0].value"),
        ("organization_id", json!(NOBODY), "organization_id"),
    ] {
        let mut bad = json!({ "name": "Ben" });
        bad[field] = value;
        world.post("/customers", &agent, bad).await.names(named);
    }
    world.get("/customers?q=a&external_id=b", &agent).await.names("q");
    world.get("/customers?cursor=nonsense", &agent).await.names("cursor");
}
