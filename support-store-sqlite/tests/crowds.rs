//! Many callers at once on a desk in a file, some of whom go away before they are answered.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::sync::Arc;

use support_core::testkit::crowd::{Crowd, crowd};
use support_store_sqlite::{Durability, SqliteConfig, SqliteStore};

#[test]
fn when_a_crowd_has_gone_nobody_is_over_and_nothing_waits_that_somebody_could_have() {
    for seed in 100..116 {
        let folder = tempfile::tempdir().unwrap();
        let config = SqliteConfig::new(folder.path().join("desk.db")).durability(Durability::Process);
        let (by_hand, impatient) = (seed % 2 == 1, seed % 4 >= 2);
        let which = Crowd { seed, threads: 6, steps: 40, by_hand, impatient };
        crowd(Arc::new(SqliteStore::open(&config).unwrap()), which);
    }
}
