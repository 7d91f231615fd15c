//! Ids that are the same in every run of the same seed.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand::Rng as _;
use rand::rngs::ChaCha8Rng;
use support_core::id::Ids;
use support_core::time::Timestamp;
use uuid::{Builder, Uuid};

use super::model::{IDS, stream};

/// Ids and secrets of a seed. Whoever knows it can guess them: for recordings, never for a desk that people use.
pub(super) struct SeededIds(Mutex<ChaCha8Rng>);

impl SeededIds {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(stream(seed, IDS)))
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

impl fmt::Debug for SeededIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededIds")
    }
}

impl Ids for SeededIds {
    fn mint(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.draw::<10>()).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        self.draw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_ids_in_every_run() {
        let now = Timestamp::from_seconds(1_790_000_000);
        let ids = |seed| {
            let ids = SeededIds::new(seed);
            (ids.mint(now), ids.mint(now), ids.secret())
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_ne!(ids(1).0, ids(1).1);
        assert_eq!(ids(1).0.get_version_num(), 7);
    }
}
