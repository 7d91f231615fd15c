//! Many callers at once.

use std::sync::Arc;

use support_core::store::MemoryStore;
use support_core::testkit::crowd::{Crowd, crowd};

#[test]
fn when_a_crowd_has_gone_nobody_is_over_and_nothing_waits_that_somebody_could_have() {
    for seed in 0..24 {
        let by_hand = seed % 2 == 1;
        let which = Crowd { seed, threads: 6, steps: 40, by_hand, impatient: false };
        crowd(Arc::new(MemoryStore::new()), which);
    }
}
