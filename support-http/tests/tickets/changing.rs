//! Changing tickets.

use serde_json::{Value, json};

use crate::world::{HOST, redacted, world};

#[tokio::test]
async fn absent_stays_and_null_clears() {
    let world = world().await;
    let id = world
        .ticket_with(json!({ "category": "billing", "tags": ["a"], "custom_fields": { "floor": 3 }, "assigned_to": world.amy }))
        .await;
    let path = format!("/tickets/{id}");
    let changed = world.patch(&world.sue(), &path, json!({ "subject": "New" })).await.is(200);
    assert_eq!((&changed["subject"], &changed["category"]), (&json!("New"), &json!("billing")));
    assert_eq!(changed["assigned_to"], world.amy.to_string());
    let cleared =
        json!({ "category": null, "tags": null, "custom_fields": { "floor": null }, "assigned_to": null });
    let changed = world.send(&world.sue(), "PUT", &path, Some(cleared.to_string()), &[]).await.is(200);
    assert_eq!((&changed["category"], &changed["tags"]), (&Value::Null, &json!([])));
    assert_eq!((&changed["custom_fields"], &changed["assigned_to"]), (&json!({}), &Value::Null));
    assert_eq!(changed["status"], "open");
    for (body, named) in [
        (json!({ "status": null }), "status"),
        (json!({ "subject": null }), "subject"),
        (json!({ "priority": "huge" }), "priority"),
        (json!({ "assigned_to": world.ann }), "assigned_to"),
        (json!({ "team_id": world.ann }), "team_id"),
        (json!({ "resolution_code": "done" }), "resolution_code"),
        (json!({ "tags": ["a"], "add_tags": ["b"] }), "tags"),
        (json!({ "surprise": 1 }), "surprise"),
    ] {
        assert_eq!(world.patch(&world.sue(), &path, body.clone()).await.refused_field(), named, "{body}");
    }
}

#[tokio::test]
async fn a_change_on_another_version_is_refused() {
    let world = world().await;
    let id = world.ticket("one").await;
    let path = format!("/tickets/{id}");
    let body = Some(json!({ "priority": "high" }).to_string());
    let tag = world.get(&world.sue(), &path).await.headers["etag"].clone();
    let tag = [("if-match", tag.to_str().unwrap())];
    world.send(&world.sue(), "PATCH", &path, body.clone(), &tag).await.is(200);
    let stale = world.send(&world.sue(), "PATCH", &path, body, &tag).await;
    assert_eq!(stale.is(412)["code"], "stale_version");
    let take = format!("{path}/take");
    world.send(&world.amy(), "POST", &take, None, &tag).await.is(412);
    let unreadable = [("if-match", "3")];
    world.send(&world.amy(), "POST", &take, None, &unreadable).await.is(400);
}

#[tokio::test]
async fn a_ticket_is_taken_handed_over_escalated_and_snoozed() {
    let world = world().await;
    let id = world.ticket("one").await;
    let at = |what: &str| format!("/tickets/{id}/{what}");
    let key = [("idempotency-key", "t1")];
    let taken = world.send(&world.amy(), "POST", &at("take"), None, &key).await;
    assert_eq!(taken.is(200)["assigned_to"], world.amy.to_string());
    let again = world.send(&world.amy(), "POST", &at("take"), None, &key).await;
    assert_eq!(
        (again.status.as_u16(), &again.headers["idempotent-replayed"]),
        (200, &"true".parse().unwrap())
    );
    let over = json!({ "agent_id": world.bob, "reason": "Knows it." });
    assert_eq!(
        world.post(&world.sue(), &at("reassign"), over).await.is(200)["assigned_to"],
        world.bob.to_string()
    );
    assert_eq!(world.post(&world.sue(), &at("reassign"), json!({})).await.refused_field(), "agent_id");
    let escalated =
        world.post(&world.sue(), &at("escalate"), json!({ "reason": "Angry.", "level": 2 })).await.is(200);
    assert_eq!(
        (&escalated["escalation"]["level"], &escalated["escalation"]["reason"]),
        (&json!(2), &json!("Angry."))
    );
    assert_eq!(world.post(&world.sue(), &at("escalate"), json!({})).await.refused_field(), "reason");
    let until = json!({ "until": "2026-03-03T09:00:00Z" });
    assert_eq!(
        world.post(&world.sue(), &at("snooze"), until).await.is(200)["snoozed_until"],
        "2026-03-03T09:00:00Z"
    );
    assert_eq!(world.post(&world.sue(), &at("snooze"), json!({})).await.refused_field(), "until");
    let woken = world.post(&world.sue(), &at("snooze"), json!({ "until": null })).await.is(200);
    assert_eq!(woken["snoozed_until"], Value::Null);
    let copy = world.send(&world.sue(), "POST", &at("reset"), None, &[]).await.is(201);
    assert_ne!(copy["id"], json!(id));
    assert_eq!(copy["subject"], "one");
}

#[tokio::test]
async fn a_ticket_that_leaves_the_callers_sight_is_answered_without_a_body() {
    let world = world().await;
    let id = world.ticket("one").await;
    let team = json!({ "team_id": world.others });
    let answer = world.post(&world.sue(), &format!("/tickets/{id}/reassign"), team).await;
    assert_eq!(answer.is(200)["team_id"], world.others.to_string());
    world.get(&world.amy(), &format!("/tickets/{id}")).await.is(404);
}

#[tokio::test]
async fn many_tickets_are_assigned_each_alone() {
    let world = world().await;
    let one = world.ticket("one").await;
    let body = json!({ "ticket_ids": [one, world.ann], "agent_id": world.amy });
    let key = [("idempotency-key", "b1")];
    let send = || world.raw_json(&body, &key);
    let results = send().await.is(200);
    insta::assert_json_snapshot!("bulk_assign", redacted(&results));
    assert_eq!(send().await.is(200), results);
    let none = json!({ "ticket_ids": [], "agent_id": world.amy });
    assert_eq!(world.post(&world.sue(), "/tickets/bulk-assign", none).await.refused_field(), "ticket_ids");
    let both = json!({ "ticket_ids": [one] });
    assert_eq!(world.post(&world.sue(), "/tickets/bulk-assign", both).await.refused_field(), "agent_id");
    world.post(&world.amy(), "/tickets/bulk-assign", body.clone()).await.is(403);
}

impl crate::world::World {
    async fn raw_json(&self, body: &Value, headers: &[(&str, &str)]) -> crate::world::Answer {
        self.send(&self.sue(), "POST", "/tickets/bulk-assign", Some(body.to_string()), headers).await
    }
}

#[tokio::test]
async fn without_a_vault_tokens_are_neither_chosen_nor_promised_nor_seen() {
    let world = world().await;
    let tokens = json!({ "mode": "token" });
    let put = world.send(HOST, "PUT", "/settings/masking", Some(tokens.to_string()), &[]).await;
    assert_eq!(put.refused_field(), "mode");
    let shown = json!({ "mode": "token", "text": "pin 4821" });
    assert_eq!(world.post(HOST, "/masking/preview", shown).await.refused_field(), "mode");
    let id = world.ticket("one").await;
    let body = json!({ "token": "0".repeat(32), "reason": "x" });
    let answer = world.post(HOST, &format!("/tickets/{id}/reveal"), body).await;
    assert_eq!(answer.is(409)["code"], "no_vault");
}
