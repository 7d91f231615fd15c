//! Places in the queue, and the best few of them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::id::TicketId;
use crate::time::Timestamp;

/// A waiting ticket in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Which ticket.
    pub ticket: TicketId,
    /// Its score at the asked instant, in points.
    pub score: f64,
    /// Since when it waits.
    pub since: Timestamp,
}

impl Ranked {
    /// Compares places: higher score first, then who waits longer, then id.
    fn place(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then_with(|| self.since.cmp(&other.since))
            .then_with(|| self.ticket.cmp(&other.ticket))
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    /// The worse place is the greater, so that a heap of the best keeps the worst of them on top.
    fn cmp(&self, other: &Self) -> Ordering {
        self.place(other)
    }
}

/// Bits of a score, turned so that they grow as it falls. Integers are compared several times faster than places.
pub(super) fn key(score: f64) -> u64 {
    let bits = score.to_bits();
    if bits >> 63 == 0 { !bits & (u64::MAX >> 1) } else { bits }
}

/// Returns the score whose [`key`] this is.
pub(super) const fn score(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 0 { !key & (u64::MAX >> 1) } else { key })
}

/// The best few of the places that are offered, after a place where one is given.
#[derive(Debug)]
pub(crate) struct Best {
    heap: BinaryHeap<Ranked>,
    limit: usize,
    after: Option<Ranked>,
}

impl Best {
    pub(crate) const fn new(limit: usize, after: Option<Ranked>) -> Self {
        Self { heap: BinaryHeap::new(), limit, after }
    }

    /// Returns the score below which nothing is taken any more.
    pub(super) fn floor(&self) -> f64 {
        if self.heap.len() < self.limit {
            return f64::NEG_INFINITY;
        }
        self.heap.peek().map_or(f64::INFINITY, |worst| worst.score)
    }

    pub(crate) fn offer(&mut self, ranked: Ranked) {
        if self.after.is_some_and(|after| ranked <= after) {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(ranked);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && ranked < *worst
        {
            *worst = ranked;
        }
    }

    /// Lists them, best first.
    pub(crate) fn into_vec(self) -> Vec<Ranked> {
        let mut best = self.heap.into_vec();
        best.sort_unstable();
        best
    }
}
