//! The live feed.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::world::{World, redacted, world};

/// Somebody who reads a stream.
struct Feed {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug)]
struct Got {
    id: String,
    name: String,
    data: Value,
}

impl Feed {
    async fn open(world: &World, who: &str, after: Option<&str>) -> Self {
        let headers: Vec<(&str, &str)> = after.map(|after| ("last-event-id", after)).into_iter().collect();
        let response = world.raw(who, "GET", "/events", None, &headers).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// Waits for the next event; nothing at the end.
    async fn next(&mut self) -> Option<Got> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start_matches(':').trim_start().to_owned())
                        .unwrap_or_default()
                };
                let got = Got {
                    id: field("id"),
                    name: field("event"),
                    data: serde_json::from_str(&field("data")).unwrap(),
                };
                self.text = rest.to_owned();
                return Some(got);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(60), self.body.next()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// Waits for the next event that is no heartbeat.
    async fn event(&mut self) -> Got {
        loop {
            let got = self.next().await.expect("the stream goes on");
            if got.name != "heartbeat" {
                return got;
            }
        }
    }
}

#[tokio::test]
async fn a_stream_begins_at_the_end_and_tells_what_comes() {
    let world = world().await;
    world.ticket("before").await;
    let mut feed = Feed::open(&world, &world.amy(), None).await;
    assert_eq!(feed.next().await.unwrap().name, "heartbeat");
    let id = world.ticket("after").await;
    let created = feed.event().await;
    assert_eq!((created.name.as_str(), &created.data["stream"]["id"]), ("ticket.created", &json!(id)));
    insta::assert_json_snapshot!("feed_event", redacted(&created.data));
}

#[tokio::test]
async fn a_stream_resumes_without_a_gap() {
    let world = world().await;
    let mut feed = Feed::open(&world, &world.sue(), None).await;
    let start = feed.next().await.unwrap().id;
    for subject in ["one", "two", "three"] {
        world.ticket(subject).await;
    }
    let mut whole = Vec::new();
    while whole.iter().filter(|(_, name)| name == "ticket.created").count() < 3 {
        let got = feed.event().await;
        whole.push((got.id, got.name));
    }
    let mut resumed = Vec::new();
    let mut after = start;
    while resumed.len() < whole.len() {
        let mut feed = Feed::open(&world, &world.sue(), Some(&after)).await;
        let got = feed.event().await;
        after.clone_from(&got.id);
        resumed.push((got.id, got.name));
    }
    assert_eq!(resumed, whole);
    let foreign = world.send(&world.sue(), "GET", "/events", None, &[("last-event-id", "nowhere")]).await;
    assert_eq!(foreign.refused_field(), "Last-Event-ID");
}

#[tokio::test]
async fn customers_hear_what_is_public_on_their_own() {
    let world = world().await;
    let id = world.ticket("one").await;
    let mut feed = Feed::open(&world, &world.ann(), None).await;
    feed.next().await.unwrap();
    let messages = format!("/tickets/{id}/messages");
    world.post(&world.amy(), &messages, json!({ "content": "Hm.", "visibility": "internal" })).await.is(201);
    world.ticket_with(json!({ "customer_id": world.cid })).await;
    world.post(&world.amy(), &messages, json!({ "content": "Hello." })).await.is(201);
    let mut got = feed.event().await;
    while got.name != "message.added" {
        assert_eq!(got.data["ticket_id"], json!(id));
        got = feed.event().await;
    }
    insta::assert_json_snapshot!("feed_event_of_a_customer", redacted(&got.data));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_its_listener_is_nobody_any_more() {
    let world = world().await;
    let mut feed = Feed::open(&world, &world.amy(), None).await;
    feed.next().await.unwrap();
    assert_eq!(feed.next().await.unwrap().name, "heartbeat");
    let host = support_core::people::Actor::Host(support_core::id::TenantId::SINGLE);
    world.desk.run(&host, &support_core::desk::DeactivateAgent { id: world.amy }).await.unwrap();
    while let Some(got) = feed.next().await {
        assert_ne!(got.name, "heartbeat");
    }
}

#[tokio::test]
async fn nobody_has_more_than_ten_streams() {
    let world = world().await;
    let mut feeds = Vec::new();
    for _ in 0..10 {
        feeds.push(Feed::open(&world, &world.amy(), None).await);
    }
    let refused = world.get(&world.amy(), "/events").await;
    assert_eq!(refused.is(429)["code"], "too_many_streams");
    assert!(refused.headers.contains_key("retry-after"));
    Feed::open(&world, &world.bob(), None).await;
    feeds.pop();
    Feed::open(&world, &world.amy(), None).await;
}

#[tokio::test]
async fn who_was_shut_out_hears_nothing_of_what_comes_after() {
    let world = world().await;
    let mut feed = Feed::open(&world, &world.amy(), None).await;
    assert_eq!(feed.next().await.unwrap().name, "heartbeat");
    let host = support_core::people::Actor::Host(support_core::id::TenantId::SINGLE);
    world.desk.run(&host, &support_core::desk::DeactivateAgent { id: world.amy }).await.unwrap();
    world.ticket("not for Amy").await;
    let heard = feed.next().await;
    assert!(heard.is_none(), "{heard:?}");
}

#[tokio::test]
async fn streams_end_when_the_host_wants_to_stop() {
    use futures_util::FutureExt as _;

    let mut world = world().await;
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    world.router = world.mount().streams_until(stopping.map(|_| ())).router();
    let mut feed = Feed::open(&world, &world.amy(), None).await;
    assert_eq!(feed.next().await.unwrap().name, "heartbeat");
    world.ticket("one").await;
    assert_eq!(feed.event().await.name, "ticket.created");
    stop.send(()).unwrap();
    while let Some(got) = feed.next().await {
        assert_ne!(got.name, "heartbeat", "the stream goes on");
    }
}
