//! Ids and secrets that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::id::Ids;
use crate::time::Timestamp;

/// A counter for ids and a seeded sequence for secrets: two sources of one seed give the same values.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    minted: AtomicU64,
    secrets: AtomicU64,
}

impl SeededIds {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, minted: AtomicU64::new(0), secrets: AtomicU64::new(0) }
    }
}

impl Ids for SeededIds {
    fn mint(&self, now: Timestamp) -> Uuid {
        let count = self.minted.fetch_add(1, Ordering::Relaxed);
        version_7(now, (mix(self.seed) & 0xfff) as u16, count)
    }

    fn secret(&self) -> [u8; 32] {
        let first = self.secrets.fetch_add(4, Ordering::Relaxed);
        let words = [0, 1, 2, 3].map(|word| mix(self.seed.wrapping_add(first + word)).to_be_bytes());
        let mut secret = [0; 32];
        for (place, byte) in secret.iter_mut().zip(words.concat()) {
            *place = byte;
        }
        secret
    }
}

/// Makes a UUIDv7 of an instant, the 12 bits after it, and the last 62 bits.
pub(super) const fn version_7(at: Timestamp, kind: u16, count: u64) -> Uuid {
    let millis = (at.micros() / 1_000) as u128 & ((1 << 48) - 1);
    let high = millis << 80 | 7 << 76 | ((kind & 0xfff) as u128) << 64;
    Uuid::from_u128(high | 0b10 << 62 | (count & ((1 << 62) - 1)) as u128)
}

/// A seeded sequence of numbers that look random (`SplitMix64`), for tests only.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn roll(&mut self) -> u64 {
        let number = mix(self.0);
        self.0 = self.0.wrapping_add(1);
        number
    }

    /// Returns a number below `sides`, or 0 where there are none.
    pub const fn below(&mut self, sides: u64) -> u64 {
        match self.roll().checked_rem(sides) {
            Some(number) => number,
            None => 0,
        }
    }

    /// Tells whether one of `sides` equal chances came.
    pub const fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    /// Picks one of a list, which must not be empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Mixes a counter into 64 bits without a visible pattern: the finalizer of `SplitMix64`
/// (<https://doi.org/10.1145/2714064.2660195>).
const fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_sorted_by_time_and_the_same_in_every_run() {
        let (ids, again) = (SeededIds::new(7), SeededIds::new(7));
        let now = Timestamp::from_seconds(1_772_366_400);
        let first: Vec<Uuid> = (0..100).map(|second| ids.mint(now.plus_seconds(second))).collect();
        assert!(first.is_sorted() && first.iter().all(|id| id.get_version_num() == 7));
        assert_eq!(first[0], again.mint(now));
        assert_ne!(ids.secret(), ids.secret());
        assert_eq!(SeededIds::new(3).secret(), SeededIds::new(3).secret());
    }
}
