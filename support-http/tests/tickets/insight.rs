//! What a host's own service knows of a customer, and how long a request waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use support_core::id::TenantId;
use support_core::insight::{CustomerInsight, InsightUnavailable, TimeLimit};
use support_core::people::Customer;
use support_core::scoring::Insight;

use crate::world::{World, world};

/// A service that answers after so long.
#[derive(Debug)]
struct Service(Duration);

#[async_trait]
impl CustomerInsight for Service {
    async fn insight(&self, _: TenantId, _: &Customer) -> Result<Option<Insight>, InsightUnavailable> {
        tokio::time::sleep(self.0).await;
        Ok(Some(Insight { tier: "gold".parse().ok(), lifetime_value: Some(90_000.0), ..Insight::default() }))
    }
}

#[derive(Debug)]
struct Limit(Duration);

impl TimeLimit for Limit {
    fn over(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(self.0))
    }
}

/// A desk with a service behind it, and a rule that shows what it said.
async fn asking(answers_after: Duration, limit: Duration) -> World {
    let mut world = world().await;
    world.desk = world.desk.clone().with_insight(Arc::new(Service(answers_after)), Arc::new(Limit(limit)));
    world.router = world.mount().router();
    let tagged = |name: &str, tier: &str| {
        json!({
            "name": name, "trigger": { "on": ["ticket.created"] },
            "condition": { "field": "customer.tier", "op": "is", "value": tier },
            "actions": [{ "add_tags": [tier] }],
        })
    };
    for (name, tier) in [("Gold", "gold"), ("Silver", "silver")] {
        world.post("host", "/automations", tagged(name, tier)).await.is(201);
    }
    world.patch("host", &format!("/customers/{}", world.ann), json!({ "tier": "silver" })).await.is(200);
    world
}

/// Opens a ticket of Ann's; answers its tags, and the points that its score has for insight.
async fn opened(world: &World) -> (Value, f64) {
    let id = world.ticket("Parcel").await;
    let ticket = world.get("host", &format!("/tickets/{id}")).await.is(200);
    let explained = world.get("host", &format!("/tickets/{id}/explain")).await.is(200);
    let terms = explained["score"]["terms"].as_array().unwrap().clone();
    let insight = terms.iter().find(|term| term["term"] == "insight");
    (ticket["tags"].clone(), insight.unwrap()["points"].as_f64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn what_the_hosts_service_knows_decides_a_ticket_that_is_opened_over_http() {
    let world = asking(Duration::from_millis(100), Duration::from_secs(1)).await;
    let (tags, points) = opened(&world).await;
    assert_eq!(tags, json!(["gold"]));
    assert!(points > 0.0, "what a customer is worth counts");
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_the_hosts_service_no_longer_than_its_limit() {
    let world = asking(Duration::from_secs(3_600), Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(opened(&world).await.0, json!(["silver"]), "what the customer's record tells");
    let waited = begun.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&waited), "{waited:?}");
}
