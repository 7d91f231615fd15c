//! How much waits of each kind.

use std::collections::BTreeMap;

use super::worth::URGENCY_STEPS;

/// How many pieces of work there are at each step of urgency, the most urgent first.
pub(super) type Counts = [u32; URGENCY_STEPS as usize];

/// How much waits of each kind.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// What nobody who is eligible had before, by the number of its turns.
    pub(super) plain: Vec<Counts>,
    /// How many of those something is particular to.
    particular: Vec<u32>,
    /// The others, with who had them.
    pub(super) sticky: BTreeMap<(usize, usize), Counts>,
}

impl Tally {
    /// Makes an empty one for so many turns.
    pub(super) fn new(turns: usize) -> Self {
        let plain = vec![Counts::default(); turns];
        Self { plain, particular: vec![0; turns], sticky: BTreeMap::new() }
    }

    /// Counts a piece of work that nothing is particular to.
    pub(super) fn add_plain(&mut self, asks: usize, step: u8) {
        self.plain.get_mut(asks).into_iter().for_each(|counts| count(counts, step));
    }

    /// Counts a piece of work.
    pub(super) fn add(&mut self, asks: usize, step: u8, sticky: Option<usize>) {
        if let Some(agent) = sticky {
            count(self.sticky.entry((asks, agent)).or_default(), step);
            return;
        }
        self.add_plain(asks, step);
        self.particular.get_mut(asks).into_iter().for_each(|particular| *particular += 1);
    }

    /// Counts all of it.
    pub(super) fn work(&self) -> usize {
        let all = self.plain.iter().chain(self.sticky.values()).flatten();
        all.map(|count| *count as usize).sum()
    }

    /// Tells of each number of turns whether there is work for it.
    pub(super) fn used(&self) -> Vec<bool> {
        let mut used: Vec<bool> =
            self.plain.iter().map(|counts| counts.iter().any(|count| *count > 0)).collect();
        for (asks, _) in self.sticky.keys() {
            used.get_mut(*asks).into_iter().for_each(|used| *used = true);
        }
        used
    }

    /// Returns the highest step such that so many pieces, that nothing is particular to, are of it or of a higher one.
    pub(super) fn lowest(&self, asks: usize, units: u32) -> u8 {
        let Some(counts) = self.plain.get(asks) else { return 1 };
        let particular = self.particular.get(asks).copied().unwrap_or(0);
        let mut left = units.saturating_add(particular);
        for (step, count) in steps(counts) {
            left = left.saturating_sub(count);
            if left == 0 {
                return step;
            }
        }
        1
    }
}

fn count(counts: &mut Counts, step: u8) {
    let at = counts.len().checked_sub(usize::from(step));
    at.and_then(|at| counts.get_mut(at)).into_iter().for_each(|count| *count += 1);
}

/// Lists the steps of which there are any, the most urgent first, with how many there are.
pub(super) fn steps(counts: &Counts) -> impl Iterator<Item = (u8, u32)> + '_ {
    (1..=URGENCY_STEPS as u8).rev().zip(counts.iter().copied()).filter(|(_, count)| *count > 0)
}
