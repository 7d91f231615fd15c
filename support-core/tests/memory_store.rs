//! The store in memory passes the conformance suite.

use support_core::store::MemoryStore;
use support_core::testkit::{model, wait};

async fn fresh() -> Box<MemoryStore> {
    Box::new(MemoryStore::new())
}

support_core::store_conformance!(fresh);

#[test]
fn two_stores_answer_random_commands_alike() {
    for seed in 0..40 {
        wait(model::compare(&MemoryStore::new(), &MemoryStore::new(), seed, 200));
    }
}
