//! Lists, the queue, exports and counts.

use serde_json::{Value, json};

use crate::world::{World, redacted, world};

async fn subjects(world: &World, who: &str, path: &str) -> Vec<String> {
    let page = world.get(who, path).await.is(200);
    let subject = |item: &Value| item["subject"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(subject).collect()
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let world = world().await;
    world.ticket_with(json!({ "subject": "one", "priority": "urgent", "tags": ["vip"] })).await;
    world.clock.advance(1);
    let two =
        world.ticket_with(json!({ "subject": "two", "channel": "sms", "assigned_to": world.amy })).await;
    world.clock.advance(1);
    world.ticket_with(json!({
        "subject": "three", "customer_id": world.cid, "category": "billing", "custom_fields": { "floor": 3, "gift": true },
    }))
    .await;
    world.clock.advance(1);
    world.patch(&world.sue(), &format!("/tickets/{two}"), json!({ "status": "resolved" })).await.is(200);
    let (amy, sue) = (world.amy(), world.sue());
    for (query, expected) in [
        ("", vec!["three", "two", "one"]),
        ("?status=open", vec!["three", "one"]),
        ("?status=resolved,new", vec!["three", "two", "one"]),
        ("?status=closed", vec!["two"]),
        ("?priority=urgent,low", vec!["one"]),
        ("?priority=medium", vec!["three", "two"]),
        ("?channel=sms", vec!["two"]),
        ("?assigned_to=none", vec!["three", "one"]),
        ("?tag=vip", vec!["one"]),
        ("?category=billing", vec!["three"]),
        ("?field.floor=3", vec!["three"]),
        ("?field.gift=true", vec!["three"]),
        ("?field.floor=4", vec![]),
        ("?q=THREE", vec!["three"]),
        ("?created_after=2026-03-02T09:00:01Z", vec!["three", "two"]),
        ("?created_before=2026-03-02T09:00:01Z", vec!["one"]),
        ("?set_aside=spam", vec![]),
        ("?topic_alerts=true", vec![]),
        ("?sla=breached", vec![]),
        ("?apply_rules=true&limit=1", vec!["three"]),
        ("?sort=updated_at&limit=1", vec!["two"]),
        ("?sort=score", vec!["one", "three", "two"]),
        ("?sort=score&priority=normal", vec!["three", "two"]),
        ("?sort=score&priority=normal&status=open&assigned_to=none", vec!["three"]),
        ("?sort=score&status=open&assigned_to=none", vec!["one", "three"]),
        ("?sort=score&status=closed", vec!["two"]),
        ("?sort=score&tag=vip", vec!["one"]),
    ] {
        assert_eq!(subjects(&world, &sue, &format!("/tickets{query}")).await, expected, "{query}");
    }
    assert_eq!(subjects(&world, &amy, "/tickets?assigned_to=me").await, ["two"]);
    let of_cid = format!("/tickets?customer_id={}", world.cid);
    assert_eq!(subjects(&world, &sue, &of_cid).await, ["three"]);
    assert_eq!(subjects(&world, &world.ann(), "/tickets").await, ["two", "one"]);
    assert_eq!(subjects(&world, &world.ann(), &of_cid).await, [""; 0]);
    assert_eq!(subjects(&world, &world.bob(), "/tickets").await, [""; 0]);
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let world = world().await;
    for (query, named) in [
        ("status=lost", "status"),
        ("priority=huge", "priority"),
        ("assigned_to=somebody", "assigned_to"),
        ("q=%21", "q"),
        ("sla=late", "sla"),
        ("sort=name", "sort"),
        ("include=everything", "include"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
        ("sort=score&cursor=x", "cursor"),
        ("field.colour=red", "field.colour"),
        ("field.a=1&field.b=2", "field.b"),
        ("surprise=1", "surprise"),
        ("created_after=yesterday", "created_after"),
        ("topic_alerts=false", "topic_alerts"),
    ] {
        let answer = world.get(&world.sue(), &format!("/tickets?{query}")).await;
        assert_eq!(answer.refused_field(), named, "{query}");
    }
    for field in ["tag", "topic_alerts", "set_aside"] {
        let answer = world.get(&world.ann(), &format!("/tickets?{field}=spam")).await;
        assert_eq!(answer.refused_field(), field);
    }
}

#[tokio::test]
async fn a_list_goes_on_and_brings_along_what_is_asked() {
    let world = world().await;
    for subject in ["one", "two", "three"] {
        world.ticket_with(json!({ "subject": subject, "assigned_to": world.amy })).await;
        world.clock.advance(1);
    }
    for sort in ["created_at", "updated_at", "due_at"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/tickets?limit=2&sort={sort}{cursor}");
            let page = world.get(&world.sue(), &path).await.is(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        seen.dedup();
        assert_eq!(seen.len(), 3, "{sort}");
    }
    let path = "/tickets?limit=1&include=customer,assignee,last_message";
    let page = world.get(&world.sue(), path).await.is(200);
    insta::assert_json_snapshot!("ticket_list", redacted(&page));
    let own = world.get(&world.ann(), path).await.is(200);
    assert_eq!(own["items"][0]["assignee"]["name"], "Amy");
    assert_eq!(own["items"][0]["last_message"]["author"]["name"], "Ann");
}

#[tokio::test]
async fn a_cursor_goes_on_in_the_list_that_gave_it_and_in_no_other() {
    let world = world().await;
    let mut ids = Vec::new();
    for subject in ["one", "two"] {
        ids.push(world.ticket_with(json!({ "subject": subject, "priority": "low" })).await);
        world.clock.advance(1);
    }
    let sue = world.sue();
    let next = |page: Value| page["next_cursor"].as_str().unwrap().to_owned();
    let of = |path: String| {
        let world = &world;
        async move { world.get(&world.sue(), &path).await }
    };
    let given = next(of("/tickets?limit=1&priority=low&sort=updated_at".into()).await.is(200));
    for same in ["priority=low&sort=updated_at", "sort=updated_at&limit=2&priority=low&include=customer"] {
        of(format!("/tickets?{same}&cursor={given}")).await.is(200);
    }
    for other in [
        "/tickets?sort=updated_at",
        "/tickets?priority=low&sort=due_at",
        "/customers?limit=1",
        "/assignments?limit=1",
    ] {
        let sign = if other.contains('?') { '&' } else { '?' };
        assert_eq!(of(format!("{other}{sign}cursor={given}")).await.refused_field(), "cursor", "{other}");
    }
    // Of two lists with one shape of cursor, each has its own.
    let ranked = next(of("/tickets?limit=1&sort=score".into()).await.is(200));
    assert_eq!(of(format!("/tickets/queue?cursor={ranked}")).await.refused_field(), "cursor");
    let path = |id: &str, rest: &str| format!("/tickets/{id}/events?limit=1{rest}");
    let story = next(world.get(&sue, &path(&ids[0], "")).await.is(200));
    world.get(&sue, &path(&ids[0], &format!("&cursor={story}"))).await.is(200);
    let other = world.get(&sue, &path(&ids[1], &format!("&cursor={story}"))).await;
    assert_eq!(other.refused_field(), "cursor");
    // What comes with a ticket goes on in the list of its messages.
    let messages = format!("/tickets/{}/messages", ids[0]);
    for _ in 0..50 {
        world.post(&sue, &messages, json!({ "content": "x", "visibility": "internal" })).await.is(201);
    }
    let ticket = world.get(&sue, &format!("/tickets/{}", ids[0])).await.is(200);
    let next = ticket["messages_cursor"].as_str().unwrap();
    let rest = world.get(&sue, &format!("{messages}?cursor={next}")).await.is(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_queue_is_ranked_and_goes_on() {
    let world = world().await;
    for (subject, priority) in [("b", "normal"), ("a", "urgent"), ("c", "low")] {
        world.ticket_with(json!({ "subject": subject, "priority": priority })).await;
        world.clock.advance(60);
    }
    let first = world.get(&world.amy(), "/tickets/queue?limit=2").await.is(200);
    insta::assert_json_snapshot!("queue", redacted(&first));
    let next = first["next_cursor"].as_str().unwrap();
    world.clock.advance(3_600);
    let second = world.get(&world.amy(), &format!("/tickets/queue?limit=2&cursor={next}")).await.is(200);
    assert_eq!(second["items"][0]["ticket"]["subject"], "c");
    assert_eq!(second["items"][0]["position"], 3);
    assert_eq!(second["items"][0]["waiting_seconds"], 60, "scored as of the first page");
    assert_eq!(second["next_cursor"], Value::Null);
    assert_eq!(world.get(&world.bob(), "/tickets/queue").await.is(200)["depth"], 0);
    world.get(&world.ann(), "/tickets/queue").await.is(404);
    assert_eq!(world.get(&world.amy(), "/tickets/queue?cursor=1").await.refused_field(), "cursor");
}

#[tokio::test]
async fn an_export_is_safe_and_needs_its_permission() {
    let world = world().await;
    world.ticket_with(json!({ "subject": "=HYPERLINK(\"x\"), ann@example.org" })).await;
    let answer = world.get(&world.sue(), "/tickets/export.csv?status=open").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("id,reference,subject,status,"));
    assert!(lines[1].contains("\"'=HYPERLINK(\"\"x\"\"), "), "{}", lines[1]);
    assert!(!lines[1].contains("ann@example.org"));
    assert_eq!(world.get(&world.amy(), "/tickets/export.csv").await.is(403)["code"], "forbidden");
    world.get(&world.ann(), "/tickets/export.csv").await.is(404);
    assert_eq!(world.get(&world.sue(), "/tickets/export.csv?limit=1").await.refused_field(), "limit");
}

#[tokio::test]
async fn counts_are_those_in_sight() {
    let world = world().await;
    world.ticket("one").await;
    world.ticket_with(json!({ "assigned_to": world.amy, "channel": "sms" })).await;
    let counts = world.get(&world.amy(), "/counts").await.is(200);
    insta::assert_json_snapshot!("counts", redacted(&counts));
    assert_eq!(world.get(&world.bob(), "/counts").await.is(200)["waiting"], 0);
    world.get(&world.ann(), "/counts").await.is(404);
}
