//! Two answers of one customer that cross each other in a journey.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use support_core::error::EntityKind;
use support_core::store::{ChangeSet, MemoryStore, Outcome, Record};
use support_core::testkit::Gate;

use crate::journeys::help;
use crate::world::world_on;

/// Says that another step of the customer was faster.
fn crossed(sets: &[ChangeSet]) -> Option<Vec<Outcome>> {
    let steps =
        |set: &ChangeSet| set.writes.iter().any(|write| matches!(write.record, Record::JourneyProgress(_)));
    let conflict = || sets.iter().map(|_| Outcome::Conflict(EntityKind::Journey)).collect();
    sets.iter().any(steps).then(conflict)
}

#[tokio::test]
async fn answers_that_cross_each_other_are_a_conflict_and_the_step_before_stands() {
    let crosses = Arc::new(AtomicBool::new(false));
    let told = crosses.clone();
    let store = Gate::new(Arc::new(MemoryStore::new()), move |sets| {
        if told.load(Ordering::SeqCst) { crossed(sets) } else { None }
    });
    let world = world_on(Arc::new(store)).await;
    let made = world.post("host", "/journeys", help("main")).await.is(201);
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    world.post("host", &format!("{path}/publish"), json!({})).await.is(200);
    let step = async |answers: Value| {
        world.post(&world.ann(), &format!("{path}/steps"), json!({ "answers": answers })).await
    };
    step(json!({ "issue": "order" })).await.is(200);
    let whole = json!({ "issue": "order", "order": "KC-7" });
    crosses.store(true, Ordering::SeqCst);
    assert_eq!(step(whole.clone()).await.is(409)["code"], "journey_crossed");
    crosses.store(false, Ordering::SeqCst);
    let kept = world.get(&world.ann(), &format!("{path}/progress")).await.is(200);
    assert_eq!((&kept["answers"], &kept["question"]["id"]), (&json!({ "issue": "order" }), &json!("order")));
    // Of two who submit the same, the second comes too late.
    let submit = format!("{path}/submit");
    world.post(&world.ann(), &submit, json!({ "answers": whole })).await.is(201);
    let late = world.post(&world.ann(), &submit, json!({ "answers": whole })).await;
    assert_eq!(late.is(409)["code"], "journey_crossed");
}
