//! How urgent a running timer makes its ticket.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Most stretches that an [`Urgency`] keeps.
pub const MAX_RESTS: usize = 32;

/// The last half of the tightest running timer, over which urgency rises.
///
/// It rises with the time that the timer counts, not with the clock: over closed hours and pauses it stands still.
///
/// ```
/// use support_core::scoring::{Rest, Urgency};
///
/// // Two hours are left at six in the evening; the desk closes at seven and opens at eight.
/// let closed = Rest { from: "2026-03-02T19:00:00Z".parse()?, to: "2026-03-03T08:00:00Z".parse()? };
/// let urgency = Urgency {
///     from: "2026-03-02T18:00:00Z".parse()?,
///     due: "2026-03-03T09:00:00Z".parse()?,
///     rests: vec![closed],
/// };
/// assert_eq!(urgency.share_at("2026-03-02T18:30:00Z".parse()?), 0.25);
/// assert_eq!(urgency.share_at("2026-03-02T23:00:00Z".parse()?), 0.5);
/// assert_eq!(urgency.share_at("2026-03-03T08:30:00Z".parse()?), 0.75);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Urgency {
    /// When half of the target has elapsed: urgency counts from here.
    pub from: Timestamp,
    /// The deadline: urgency counts fully from here, breached or not yet judged.
    pub due: Timestamp,
    /// Where the timer stands still between the two, for closed hours or pauses: in order and apart. Of more than
    /// [`MAX_RESTS`] the longest; the others count as if the timer ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<Rest>,
}

/// A stretch `[from, to)` in which a timer stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// The first instant that does not count.
    pub from: Timestamp,
    /// The first that counts again.
    pub to: Timestamp,
}

impl Urgency {
    /// Returns the urgency of a timer that counts without a rest.
    #[must_use]
    pub const fn between(from: Timestamp, due: Timestamp) -> Self {
        Self { from, due, rests: Vec::new() }
    }

    /// Returns the share of the time between [`from`](Self::from) and [`due`](Self::due) that has counted at `now`, 0…1.
    #[must_use]
    #[inline]
    pub fn share_at(&self, now: Timestamp) -> f64 {
        if now >= self.due {
            1.0
        } else if now <= self.from {
            0.0
        } else {
            self.counted_until(now) as f64 / self.counted_until(self.due).max(1) as f64
        }
    }

    /// Counts the microseconds after `from` that are before `until` and in no rest.
    fn counted_until(&self, until: Timestamp) -> i64 {
        let began = self.rests.iter().take_while(|rest| rest.from < until);
        let rested = |rest: &Rest| rest.to.min(until).micros_since(rest.from.max(self.from)).max(0);
        let rested = began.fold(0_i64, |sum, rest| sum.saturating_add(rested(rest)));
        until.micros_since(self.from).saturating_sub(rested).max(0)
    }
}
