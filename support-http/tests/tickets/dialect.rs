//! The same desk in the words of other systems.

use serde_json::{Value, json};
use support_http::Dialect;

use crate::world::{World, redacted, world};

async fn speaking(dialect: Dialect, envelope: bool) -> World {
    let mut world = world().await;
    let mount = world.mount().dialect(dialect);
    world.router = if envelope { mount.envelope() } else { mount }.router();
    world
}

#[tokio::test]
async fn the_bridge_opens_lists_and_changes_a_ticket_in_its_own_words() {
    let world = speaking(Dialect::Bridge, true).await;
    let body = json!({
        "customerId": world.ann, "orderId": "KC-1", "subject": "Where is it?", "description": "It is late.",
        "priority": "medium", "category": "delivery_delay", "customFields": { "floor_no": 3, "floorArea": 70 },
    });
    let opened = world.post(&world.sue(), "/tickets", body).await.is(201);
    assert_eq!(opened["success"], true);
    assert!(opened["requestId"].is_string() && opened["timestamp"].is_string());
    let ticket = &opened["data"];
    assert_eq!((&ticket["priority"], &ticket["orderId"]), (&json!("medium"), &json!("KC-1")));
    assert_eq!(ticket["customFields"], json!({ "floor_no": 3.0, "floorArea": 70.0 }));
    insta::assert_json_snapshot!("bridge_ticket", redacted(&opened));
    let path = format!("/tickets/{}", ticket["id"].as_str().unwrap());
    let change = json!({ "status": "in_progress", "assignedTo": world.amy, "addTags": ["late"] });
    let changed = world.patch(&world.sue(), &path, change).await.is(200);
    assert_eq!(changed["data"]["assignedTo"], world.amy.to_string());
    let mine = world.get(&world.amy(), "/tickets?assignedTo=me&limit=1").await.is(200);
    assert_eq!(mine["data"]["items"][0]["id"], ticket["id"]);
    assert_eq!(mine["data"]["nextCursor"], Value::Null);
    // What is in the desk's own words is understood too, but one thing is said once.
    world.patch(&world.sue(), &path, json!({ "assigned_to": world.sue })).await.is(200);
    let twice = json!({ "assignedTo": world.sue, "assigned_to": world.amy });
    let answer = world.patch(&world.sue(), &path, twice).await.is(422);
    assert_eq!(answer["error"]["errors"][0]["problem"], "must not be given twice");
}

#[tokio::test]
async fn a_problem_stands_in_the_envelope_and_names_fields_as_they_were_sent() {
    let world = speaking(Dialect::Bridge, true).await;
    let body = json!({ "customerId": "x", "subject": "a", "description": "b" });
    let answer = world.post(&world.sue(), "/tickets", body).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let problem = answer.is(422);
    assert_eq!(problem["success"], false);
    assert_eq!(problem["error"]["errors"][0]["field"], "customerId");
    assert_eq!(problem["error"]["code"], "invalid");
    assert_eq!(problem["requestId"], answer.headers["x-request-id"].to_str().unwrap());
    let unknown = json!({ "customerId": world.ann, "subject": "a", "description": "b", "floorNo": 1 });
    let unknown = world.post(&world.sue(), "/tickets", unknown).await.is(422);
    assert_eq!(unknown["error"]["errors"][0]["field"], "floorNo");
    world.send(&world.sue(), "POST", "/tickets", Some("{".into()), &[]).await.is(400);
    world.send(&world.sue(), "POST", "/tickets", Some("x".repeat(2 << 20)), &[]).await.is(413);
    assert_eq!(world.get("", "/tickets").await.is(401)["success"], false);
    assert_eq!(world.get(&world.sue(), "/nowhere").await.is(404)["error"]["code"], "not_found");
}

#[tokio::test]
async fn a_repeated_request_is_known_in_every_dialect() {
    let world = speaking(Dialect::Bridge, false).await;
    let body = json!({ "customerId": world.ann, "subject": "a", "description": "b" }).to_string();
    let key = [("idempotency-key", "k-1")];
    let first = world.send(&world.sue(), "POST", "/tickets", Some(body.clone()), &key).await.is(201);
    let again = world.send(&world.sue(), "POST", "/tickets", Some(body), &key).await.is(201);
    assert_eq!(first["id"], again["id"]);
}

#[tokio::test]
async fn the_crm_sees_three_states_and_a_smart_score() {
    let world = speaking(Dialect::Crm, false).await;
    let body = json!({
        "customer_id": world.ann, "subject": "a", "initial_message": "b", "channel": "email",
        "priority": "normal",
    });
    let opened = world.post(&world.sue(), "/tickets", body).await.is(201);
    assert_eq!((&opened["status"], &opened["priority"]), (&json!("open"), &json!("normal")));
    assert_eq!(opened["smart_score"], 100.0);
    let path = format!("/tickets/{}", opened["id"].as_str().unwrap());
    for (asked, told) in [("pending", "pending"), ("resolved", "closed"), ("open", "open")] {
        let changed = world.patch(&world.sue(), &path, json!({ "status": asked })).await.is(200);
        assert_eq!(changed["status"], told, "{asked}");
    }
}

#[tokio::test]
async fn the_journeys_say_medium() {
    let world = speaking(Dialect::Journeys, false).await;
    let id = world.ticket("one").await;
    assert_eq!(world.get(&world.sue(), &format!("/tickets/{id}")).await.is(200)["priority"], "medium");
    let list = world.get(&world.sue(), "/tickets?priority=medium").await.is(200);
    assert_eq!(list["items"][0]["id"], id);
}

#[tokio::test]
async fn the_document_is_written_in_the_dialect() {
    let world = speaking(Dialect::Bridge, true).await;
    let document = world.root("/api/openapi.json").await;
    let new = &document["components"]["schemas"]["NewTicket"];
    assert!(new["properties"]["customerId"].is_object() && new["properties"]["description"].is_object());
    assert!(new["required"].as_array().unwrap().contains(&json!("description")));
    let told = document["info"]["description"].as_str().unwrap();
    assert!(told.contains("`Bridge`") && told.contains("{success, data, timestamp, requestId}"));
    let parameters = document["paths"]["/api/v1/tickets"]["get"]["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|parameter| parameter["name"] == "assignedTo"));
    assert_eq!(world.root("/health").await.get("success"), None);
}
