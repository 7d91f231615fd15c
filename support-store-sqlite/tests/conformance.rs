//! The suite that every store passes, and random walks beside the store in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests say what they expect by panicking, and wait on real clocks"
)]

use std::ops::Deref;

use support_core::store::MemoryStore;
use support_core::testkit::{block_on, model};
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

/// A store in a folder of its own, which goes with it.
struct Fresh {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Deref for Fresh {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

async fn fresh() -> Fresh {
    opened(|config| config)
}

fn opened(set: impl FnOnce(SqliteConfig) -> SqliteConfig) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let config = set(SqliteConfig::new(folder.path().join("desk.db")).durability(Durability::Process));
    Fresh { store: SqliteStore::open(&config).unwrap(), _folder: folder }
}

support_core::store_conformance!(fresh);

#[test]
fn random_walks_end_as_in_memory() {
    for seed in 0..24 {
        block_on(async { model::compare(&MemoryStore::new(), &fresh().await.store, seed, 400).await });
    }
}

/// With so little looked at for a page, every list takes the way of large ones.
#[test]
fn random_walks_through_short_pages_end_as_in_memory() {
    for seed in 100..148 {
        let looks = 1 + usize::try_from(seed % 4).unwrap();
        let store = opened(|config| config.scan(looks));
        block_on(model::compare(&MemoryStore::new(), &store.store, seed, 400));
    }
}
