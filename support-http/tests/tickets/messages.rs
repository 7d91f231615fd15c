//! Messages of a ticket.

use serde_json::json;

use crate::world::{HOST, redacted, world};

#[tokio::test]
async fn an_answer_carries_its_status_and_is_written_once() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}/messages");
    let body = json!({ "content": "On its way.", "status": "resolved" }).to_string();
    let key = [("idempotency-key", "m1")];
    let first = world.send(&world.amy(), "POST", &path, Some(body.clone()), &key).await;
    let again = world.send(&world.amy(), "POST", &path, Some(body), &key).await;
    assert_eq!(first.is(201), again.is(201));
    insta::assert_json_snapshot!("message", redacted(&first.json()));
    let ticket = world.get(&world.amy(), &format!("/tickets/{id}")).await.is(200);
    assert_eq!(ticket["status"], "resolved");
    assert_eq!(ticket["messages"][0]["author"]["name"], "Amy");
    assert_eq!(ticket["messages"][1]["author"]["name"], "Ann");
}

#[tokio::test]
async fn customers_see_public_messages_and_names_of_agents_only() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}/messages");
    world.post(&world.amy(), &path, json!({ "content": "Hello." })).await.is(201);
    world.post(&world.amy(), &path, json!({ "content": "Hm.", "visibility": "internal" })).await.is(201);
    let own = world.post(&world.ann(), &path, json!({ "content": "Thanks, and when?" })).await.is(201);
    assert_eq!(own["author"]["kind"], "customer");
    let list = world.get(&world.ann(), &format!("{path}?limit=2")).await.is(200);
    insta::assert_json_snapshot!("messages_of_a_customer", redacted(&list));
    let rest = list["next_cursor"].as_str().unwrap();
    let rest = world.get(&world.ann(), &format!("{path}?limit=2&cursor={rest}")).await.is(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(&world.amy(), &path).await.is(200)["items"].as_array().unwrap().len(), 4);
    let last = json!(world.ann);
    for (field, value) in
        [("visibility", json!("internal")), ("status", json!("resolved")), ("if_last_message_id", last)]
    {
        let mut body = json!({ "content": "x" });
        body[field] = value;
        assert_eq!(world.post(&world.ann(), &path, body).await.refused_field(), field);
    }
}

#[tokio::test]
async fn writing_for_others_needs_its_permission() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}/messages");
    for (field, value) in
        [("from_agent", json!(false)), ("author_name", json!("X")), ("author_email", json!("x@example.org"))]
    {
        let mut body = json!({ "content": "x" });
        body[field] = value;
        assert_eq!(world.post(&world.amy(), &path, body.clone()).await.refused_field(), field);
        assert_eq!(world.post(&world.ann(), &path, body).await.refused_field(), field);
    }
    let said = world.post(HOST, &path, json!({ "content": "I called.", "from_agent": false })).await.is(201);
    assert_eq!(said["author"]["kind"], "customer");
    assert_eq!(said["direction"], "inbound");
    let body = json!({
        "content": "Me too.", "from_agent": false, "author_name": "Ann's aunt", "author_email": "aunt@example.org",
    });
    let said = world.post(HOST, &path, body.clone()).await.is(201);
    assert_eq!(
        (&said["author"]["name"], &said["author"]["email"]),
        (&json!("Ann's aunt"), &json!("aunt@example.org"))
    );
    assert_eq!(world.get(&world.amy(), &path).await.is(200)["items"][0], said);
    assert_eq!(world.get(&world.amy(), &format!("/tickets/{id}")).await.is(200)["messages"][0], said);
    let list = world.get(&world.amy(), "/tickets?include=last_message").await.is(200);
    assert_eq!(list["items"][0]["last_message"], said);
    let mut as_agent = body;
    as_agent["from_agent"] = json!(true);
    assert_eq!(world.post(HOST, &path, as_agent).await.refused_field(), "author_name");
}

#[tokio::test]
async fn a_message_that_crossed_another_is_not_sent() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}/messages");
    let seen = world.get(&world.amy(), &path).await.is(200)["items"][0]["id"].clone();
    world.post(&world.ann(), &path, json!({ "content": "Never mind." })).await.is(201);
    let crossed = json!({ "content": "Yes.", "if_last_message_id": seen });
    assert_eq!(world.post(&world.amy(), &path, crossed).await.is(409)["code"], "crossed_message");
    for (body, named) in [
        (json!({ "content": "" }), "content"),
        (json!({ "content": "x", "attachments": ["y"] }), "attachments"),
        (json!({ "content": "x", "macro_id": "y" }), "macro_id"),
        (json!({ "content": "x", "conversation_id": world.ann }), "conversation_id"),
    ] {
        assert_eq!(world.post(&world.amy(), &path, body).await.refused_field(), named);
    }
}
