//! Previews: nothing of them is written.

use serde_json::{Value, json};
use support_core::desk::SetPresence;
use support_core::people::Presence;

use crate::world::{HOST, NO_ONE, NOBODY, World, redacted};

fn office() -> Value {
    json!({ "timezone": "Europe/Berlin", "weekly": { "fri": [["09:00", "17:00"]], "mon": [["09:00", "17:00"]] } })
}

#[tokio::test]
async fn a_deadline_and_elapsed_time_are_told() {
    let world = World::new().await;
    let agent = world.as_agent().await;
    let ask = async |body: Value| world.post("/sla/preview", &agent, body).await;
    let friday = "2026-01-16T15:00:00Z";
    let due = json!({ "calendar": office(), "start": friday, "target_seconds": 7_200 });
    assert_eq!(ask(due.clone()).await.with(200), json!({ "due_at": "2026-01-19T09:00:00Z" }));
    let mut paused = due.clone();
    paused["pauses"] = json!([{ "from": "2026-01-16T15:30:00Z", "to": null }]);
    assert_eq!(ask(paused).await.with(200), json!({ "due_at": null }));
    let elapsed = json!({
        "calendar": office(), "from": friday, "to": "2026-01-19T09:00:00Z",
        "pauses": [{ "from": "2026-01-16T15:00:00Z", "to": "2026-01-16T15:10:00Z" },
                   { "from": "2026-01-16T15:05:00Z", "to": "2026-01-16T15:15:00Z" },
                   { "from": "2026-01-16T15:40:00Z", "to": "2026-01-16T15:30:00Z" }],
    });
    assert_eq!(ask(elapsed).await.with(200), json!({ "elapsed_seconds": 7_200 - 900 }));
    let mut bare = office();
    bare["name"] = json!("Office");
    let made = world.post("/sla/calendars", &world.as_admin().await, bare).await.with(201);
    let mut by_id = due.clone();
    by_id["calendar"] = made["id"].clone();
    assert_eq!(ask(by_id.clone()).await.with(200), json!({ "due_at": "2026-01-19T09:00:00Z" }));
    by_id["calendar"] = json!(NOBODY);
    ask(by_id).await.names("calendar");
    for (field, value, named) in [
        ("target_seconds", json!(-1), "target_seconds"),
        ("target_seconds", json!(null), "target_seconds"),
        ("start", json!("noon"), "start"),
        ("from", json!(friday), "from"),
        ("calendar", json!("x"), "calendar"),
        ("calendar", json!({ "timezone": "Mars", "weekly": {} }), "calendar.timezone"),
        ("calendar", json!({ "timezone": "UTC", "weekly": { "moon": [] } }), "calendar.weekly.moon"),
        ("pauses", json!([{ "from": friday }, {}]), "pauses[1].from"),
    ] {
        let mut bad = due.clone();
        bad[field] = value;
        ask(bad).await.names(named);
    }
    ask(json!({ "calendar": office() })).await.names("start");
    ask(json!({ "calendar": office(), "from": friday })).await.names("to");
    world.post("/sla/preview", &world.as_customer().await, due.clone()).await.with(404);
    world.post("/sla/preview", &NO_ONE, due).await.with(401);
}

#[tokio::test]
async fn a_text_is_masked_as_asked() {
    let world = World::new().await;
    let agent = world.as_agent().await;
    let ask = async |body: Value| world.post("/masking/preview", &agent, body).await;
    let masked = ask(json!({ "text": "ü card 4111 1111 1111 1111" })).await.with(200);
    insta::assert_json_snapshot!("masked", masked);
    let answer = ask(json!({ "text": "4821", "before": ["What is your PIN?"], "mode": "type_tag" })).await;
    assert_eq!(answer.with(200)["masked"], "[pin]");
    let none = ask(json!({ "text": "card 4111 1111 1111 1111", "detectors": [] })).await.with(200);
    assert_eq!(none["findings"], json!([]));
    let token = ask(json!({ "text": "pin 4821", "mode": "token" })).await.with(200);
    assert_eq!(token["masked"], "pin [pin:00000000000000000000000000000001]");
    ask(json!({ "text": "x", "detectors": ["shoe"] })).await.names("detectors[0]");
    ask(json!({ "text": "x", "preset": "loose" })).await.names("preset");
    ask(json!({ "text": "x", "mode": "blur" })).await.names("mode");
    ask(json!({})).await.names("text");
    world.post("/masking/preview", &world.as_customer().await, json!({ "text": "x" })).await.with(404);
}

#[tokio::test]
async fn masking_is_tried_on_recorded_conversations() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    for text in ["badge EMP-123456, EMP-7", "no badge"] {
        let ticket = json!({
            "customer_id": world.customer, "subject": "x", "channel": "web", "initial_message": text,
        });
        world.post("/tickets", &admin, ticket).await.with(201);
    }
    let spec = json!({ "custom": [{ "name": "badge", "pattern": "EMP-\\d{6}" }], "limit": 1 });
    let first = world.post("/masking/trial", &admin, spec.clone()).await.with(200);
    assert_eq!(
        (&first["messages"], &first["altered"], &first["by_kind"]),
        (&json!(1), &json!(0), &json!({}))
    );
    let mut spec = spec;
    spec["cursor"] = first["next_cursor"].clone();
    let second = world.post("/masking/trial", &admin, spec).await.with(200);
    assert_eq!((&second["altered"], &second["by_kind"]), (&json!(1), &json!({ "custom:badge": 1 })));
    let example = &second["examples"][0];
    assert_eq!((&example["start"], &example["end"]), (&json!(6), &json!(16)));
    assert!(!second.to_string().contains("EMP"));
    let bad = json!({ "custom": [{ "name": "badge", "pattern": "(" }] });
    world.post("/masking/trial", &admin, bad).await.names("custom[0].pattern");
    world.post("/masking/trial", &world.as_agent().await, json!({})).await.with(403);
    world.post("/masking/trial", &world.as_customer().await, json!({})).await.with(404);
}

#[tokio::test]
async fn what_settings_say_of_masking_is_tried_as_it_is() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    let put = async |body: Value| world.send("PUT", "/settings/masking", &admin, Some(body), &[]).await;
    let body = json!({
        "preset": "strict", "detectors": ["pin"], "mode": "token", "store_contact": true,
        "custom": [{ "name": "badge", "pattern": "EMP-\\d{6}", "validator": "none" }],
    });
    world.post("/masking/trial", &admin, body.clone()).await.with(200);
    put(body).await.with(200);
    let shown = world.get("/settings/masking", &admin).await.with(200);
    let tried = world.post("/masking/trial", &admin, shown).await.with(200);
    assert_eq!(tried["tickets"], 0);
    for (bad, field) in [
        (json!({ "mode": "blur" }), "mode"),
        (json!({ "mode": null }), "mode"),
        (json!({ "preset": null }), "preset"),
        (json!({ "version": "x" }), "version"),
        (json!({ "detectors": ["shoe"] }), "detectors[0]"),
        (json!({ "custom": [{ "name": "badge", "pattern": "(" }] }), "custom[0].pattern"),
    ] {
        world.post("/masking/trial", &admin, bad.clone()).await.names(field);
        put(bad).await.names(field);
    }
}

#[tokio::test]
async fn a_plan_is_shown_and_not_carried_out() {
    let world = World::new().await;
    let ticket = world.waiting_ticket().await;
    let agent = world.as_admin().await;
    let empty = world.send("POST", "/routing/preview", &agent, None, &[]).await.with(200);
    assert_eq!((&empty["placements"], &empty["left_waiting"]), (&json!([]), &json!(1)));
    // Presence is committed without its follow-up, so that the work still waits.
    let there = SetPresence::of(world.agent, Presence::Available);
    let prepared = world.desk.prepare(&HOST, &there).await.unwrap();
    world.desk.store().commit(&[prepared.changes]).await.unwrap();
    let plan = world.send("POST", "/routing/preview", &agent, None, &[]).await.with(200);
    assert_eq!(plan["placements"][0]["ticket_id"], ticket);
    assert_eq!(plan["placements"][0]["agent_id"], world.agent.to_string());
    let again = world.send("POST", "/routing/preview", &agent, None, &[]).await.with(200);
    assert_eq!(plan, again);
    insta::assert_json_snapshot!("plan", redacted(plan));
    world.send("POST", "/routing/preview", &world.as_customer().await, None, &[]).await.with(404);
    world.send("POST", "/routing/preview", &NO_ONE, None, &[]).await.with(401);
}

#[tokio::test]
async fn a_plan_takes_no_body() {
    let world = World::new().await;
    let admin = world.as_admin().await;
    for nothing in [None, Some(json!({}))] {
        let plan = world.send("POST", "/routing/preview", &admin, nothing, &[]).await.with(200);
        assert_eq!(plan["placements"], json!([]));
    }
    world.post("/routing/preview", &admin, json!({ "team_id": "x" })).await.names("team_id");
}
