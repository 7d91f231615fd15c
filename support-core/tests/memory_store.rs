//! The store in memory passes the conformance suite.

use support_core::store::MemoryStore;
use support_core::testkit::{block_on, model};

async fn fresh() -> Box<MemoryStore> {
    Box::new(MemoryStore::new())
}

support_core::store_conformance!(fresh);

#[test]
fn two_stores_answer_random_commands_alike() {
    for seed in 0..40 {
        block_on(model::compare(&MemoryStore::new(), &MemoryStore::new(), seed, 200));
    }
}
