//! The store in memory passes the conformance suite.

use support_core::store::MemoryStore;

async fn fresh() -> Box<MemoryStore> {
    Box::new(MemoryStore::new())
}

support_core::store_conformance!(fresh);
