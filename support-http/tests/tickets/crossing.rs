//! Two answers of one customer that cross each other in a journey.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use support_core::error::EntityKind;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Scope};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, MemoryStore, Outcome, Page,
    Query, Record, Store, StoreError,
};
use support_core::time::Timestamp;

use crate::journeys::help;
use crate::world::world_on;

/// A store in which another step of the customer is always faster, while it is told so.
#[derive(Debug, Default)]
struct Crossed {
    inner: MemoryStore,
    crosses: AtomicBool,
}

#[async_trait]
impl Store for Crossed {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        let steps = |set: &ChangeSet| {
            set.writes.iter().any(|write| matches!(write.record, Record::JourneyProgress(_)))
        };
        if self.crosses.load(Ordering::SeqCst) && changes.iter().any(steps) {
            return Ok(changes.iter().map(|_| Outcome::Conflict(EntityKind::Journey)).collect());
        }
        self.inner.commit(changes).await
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.load(scope, keys).await
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        self.inner.find(scope, query).await
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        self.inner.identify(credential).await
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.inner.due(by, limit).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        self.inner.tenants().await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        self.inner.claim(claim).await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.inner.events(scope, after, limit).await
    }

    fn changed(&self) -> Changed {
        self.inner.changed()
    }

    fn announce(&self) {
        self.inner.announce();
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.inner.scan(scope, after, limit).await
    }
}

#[tokio::test]
async fn answers_that_cross_each_other_are_a_conflict_and_the_step_before_stands() {
    let store = Arc::new(Crossed::default());
    let world = world_on(store.clone()).await;
    let made = world.post("host", "/journeys", help("main")).await.is(201);
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    world.post("host", &format!("{path}/publish"), json!({})).await.is(200);
    let step = async |answers: Value| {
        world.post(&world.ann(), &format!("{path}/steps"), json!({ "answers": answers })).await
    };
    step(json!({ "issue": "order" })).await.is(200);
    let whole = json!({ "issue": "order", "order": "KC-7" });
    store.crosses.store(true, Ordering::SeqCst);
    assert_eq!(step(whole.clone()).await.is(409)["code"], "journey_crossed");
    store.crosses.store(false, Ordering::SeqCst);
    let kept = world.get(&world.ann(), &format!("{path}/progress")).await.is(200);
    assert_eq!((&kept["answers"], &kept["question"]["id"]), (&json!({ "issue": "order" }), &json!("order")));
    // Of two who submit the same, the second comes too late.
    let submit = format!("{path}/submit");
    world.post(&world.ann(), &submit, json!({ "answers": whole })).await.is(201);
    let late = world.post(&world.ann(), &submit, json!({ "answers": whole })).await;
    assert_eq!(late.is(409)["code"], "journey_crossed");
}
