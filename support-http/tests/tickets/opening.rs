//! Opening tickets.

use serde_json::json;

use crate::world::{redacted, world};

#[tokio::test]
async fn staff_open_a_ticket_with_everything() {
    let world = world().await;
    let body = json!({
        "customer": { "external_id": "u-9", "name": "Dora", "email": "dora@example.org" },
        "subject": "Where is my parcel?", "channel": "email", "priority": "medium", "category": "delivery",
        "tags": ["late"], "order_id": "KC-1",
        "context": [{ "kind": "order", "id": "KC-1", "label": "Two chairs, card 4111 1111 1111 1111" }],
        "custom_fields": { "floor": 3, "gift": true, "colour": "red" }, "initial_message": "It is late.",
        "assigned_to": world.amy, "direction": "inbound", "attachments": [],
    });
    let answer = world.post(&world.sue(), "/tickets", body).await;
    let ticket = answer.is(201);
    assert_eq!(answer.headers["etag"], format!("\"{}\"", ticket["version"]));
    assert_eq!(ticket["priority"], "normal");
    assert_eq!(ticket["assignee"]["name"], "Amy");
    insta::assert_json_snapshot!("ticket", redacted(&ticket));
}

#[tokio::test]
async fn what_a_ticket_asks_of_its_handler_is_given_when_it_is_opened() {
    let world = world().await;
    let body = json!({
        "customer_id": world.ann, "subject": "Help", "channel": "api", "initial_message": "Please.",
        "language": "pt-BR", "effort": 3, "skills": { "billing": 4, "law": 1 }, "preferred": { "tea": 2 },
    });
    let ticket = world.post(&world.sue(), "/tickets", body).await.is(201);
    let path = format!("/tickets/{}/explain", ticket["id"].as_str().unwrap());
    let explained = world.get(&world.sue(), &path).await.is(200);
    let asks = json!({
        "effort": 3, "skills": { "billing": 4, "law": 1 }, "preferred": { "tea": 2 }, "language": "pt-BR",
    });
    assert_eq!(explained["waiting"]["asks"], asks);
}

#[tokio::test]
async fn a_customer_opens_their_own_and_gives_nothing_else() {
    let world = world().await;
    let plain = json!({ "subject": "Help", "channel": "web", "initial_message": "Please." });
    let ticket = world.post(&world.ann(), "/tickets", plain.clone()).await.is(201);
    assert_eq!(ticket["customer_id"], world.ann.to_string());
    for field in [
        "priority",
        "tags",
        "customer_id",
        "team_id",
        "assigned_to",
        "direction",
        "context",
        "effort",
        "skills",
    ] {
        let mut body = plain.clone();
        body[field] = json!("x");
        let answer = world.post(&world.ann(), "/tickets", body).await;
        assert_eq!(answer.refused_field(), field);
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_is_named() {
    let world = world().await;
    let base = json!({
        "customer_id": world.ann, "subject": "Help", "channel": "web", "initial_message": "Please.",
    });
    for (field, value, named) in [
        ("subject", json!(""), "subject"),
        ("priority", json!("huge"), "priority"),
        ("channel", json!("Fax machine"), "channel"),
        ("attachments", json!(["x"]), "attachments"),
        ("surprise", json!(1), "surprise"),
        ("customer", json!({ "name": "Dora" }), "customer"),
        ("custom_fields", json!({ "a": [] }), "custom_fields.a"),
        ("context", json!([{ "kind": "order", "id": "1", "label": "" }]), "context[0].label"),
        ("team_id", json!(world.ann), "team_id"),
        ("assigned_to", json!(world.ann), "assigned_to"),
        ("effort", json!(0), "effort"),
        ("effort", json!(1_001), "effort"),
        ("effort", json!("two"), "effort"),
        ("skills", json!({ "billing": 6 }), "skills.billing"),
        ("preferred", json!({ "billing": 0 }), "preferred.billing"),
        ("language", json!(""), "language"),
    ] {
        let mut body = base.clone();
        body[field] = value;
        assert_eq!(world.post(&world.sue(), "/tickets", body).await.refused_field(), named);
    }
    let mut body = base.clone();
    body.as_object_mut().unwrap().remove("customer_id");
    assert_eq!(world.post(&world.sue(), "/tickets", body.clone()).await.refused_field(), "customer_id");
    body["customer"] = json!({ "email": "dora@example.org" });
    assert_eq!(world.post(&world.sue(), "/tickets", body.clone()).await.refused_field(), "customer.name");
    body["customer"] = json!({ "name": "Dora", "email": "nothing" });
    assert_eq!(world.post(&world.sue(), "/tickets", body).await.refused_field(), "customer.email");
    let problem = world.send(&world.sue(), "POST", "/tickets", Some("{".to_owned()), &[]).await;
    assert_eq!(problem.is(400)["code"], "unreadable");
}

#[tokio::test]
async fn a_repeated_request_opens_one_ticket() {
    let world = world().await;
    let body = json!({ "subject": "Help", "channel": "web", "initial_message": "Please." }).to_string();
    let key = [("idempotency-key", "k1")];
    let first = world.send(&world.ann(), "POST", "/tickets", Some(body.clone()), &key).await;
    let again = world.send(&world.ann(), "POST", "/tickets", Some(body.clone()), &key).await;
    assert_eq!(first.is(201)["id"], again.is(201)["id"]);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = body.replace("Help", "Other");
    let other = world.send(&world.ann(), "POST", "/tickets", Some(other), &key).await;
    assert_eq!(other.is(422)["code"], "idempotency_mismatch");
    assert_eq!(world.get(&world.ann(), "/tickets").await.is(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_subject_is_one_line() {
    let world = world().await;
    let id = world.ticket("one").await;
    for subject in ["Hello\r\nBcc: eve@example.org", "Hello\nthere", "\nHello"] {
        let body = json!({ "subject": subject, "channel": "web", "initial_message": "Please." });
        assert_eq!(world.post(&world.ann(), "/tickets", body).await.refused_field(), "subject");
        let change = json!({ "subject": subject });
        let answer = world.patch(&world.amy(), &format!("/tickets/{id}"), change).await;
        assert_eq!(answer.refused_field(), "subject");
    }
}
