//! What the benchmarks share: how long they measure, chance that comes from a seed, and texts made of it.
//!
//! Every benchmark stands beside a plain way to do the same, in the same run: on a machine that does other things too,
//! only their ratio says much. Before anything is timed, both are shown to answer the same.
#![allow(clippy::indexing_slicing, reason = "every index is drawn below the length")]

mod texts;

use std::time::Duration;

use criterion::Criterion;

pub use texts::{VOCABULARY, chat, clean, digits, finance};

/// Criterion, measuring as long as shows a ratio and no longer. Flags of the command line come first.
#[must_use]
pub fn quick() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .without_plots()
        .configure_from_args()
}

/// Returns a folder on the disk that is to be measured: in `MEASURE_IN`, else in the working directory. `/tmp` may be
/// memory.
///
/// # Errors
/// Where it cannot be made.
pub fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(std::env::var("MEASURE_IN").unwrap_or_else(|_| ".".into()))
}

/// Numbers that look drawn by lot and are the same in each run.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins with a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `end`, which is above 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        // A linear congruential generator with the factor and summand of Knuth's MMIX. Its high bits are the good
        // ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Tells, once in `times`, that it happened.
    pub const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Picks one of some, of which there must be one.
    pub fn pick<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[usize::try_from(self.below(some.len() as u64)).unwrap_or(0)]
    }

    /// Writes a number of so many digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }
}
