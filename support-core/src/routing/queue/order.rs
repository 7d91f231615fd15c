//! All waiting work in the order of its score, sorted as far as it is asked for.

use crate::scoring::Weights;
use crate::time::Timestamp;

use super::line::Line;
use super::ranked::{Ranked, key, score};

/// Waiting work of some lines. What comes next is sorted when it is asked for.
#[derive(Debug)]
pub(super) struct Order<'a> {
    lines: Vec<&'a Line>,
    /// Key of the score, number of the line and row in one integer each: in order up to what was asked for.
    keys: Vec<u128>,
    given: usize,
}

impl<'a> Order<'a> {
    /// Scores everything that comes after a place.
    pub(super) fn after(
        place: Option<Ranked>,
        lines: &[&'a Line],
        weights: &Weights,
        now: Timestamp,
    ) -> Self {
        let lines = lines.to_vec();
        let mut keys = Vec::with_capacity(lines.iter().map(|line| line.len()).sum());
        for (line, number) in lines.iter().zip(0_u32..) {
            let rows = line.after(place, weights, now);
            let line = u128::from(number) << 32;
            // A row has 32 bits, see `Place`.
            keys.extend(rows.map(|(score, at)| u128::from(key(score)) << 64 | line | at as u128));
        }
        Self { lines, keys, given: 0 }
    }

    /// Returns the next places, `some` or half as many as were returned before, and those of the same score, with the number of the line, and whether they are particular.
    pub(super) fn next(&mut self, some: usize) -> Vec<(Ranked, usize, bool)> {
        let Some(left) = self.keys.get_mut(self.given..) else { return Vec::new() };
        let mut some = some.max(self.given / 2).min(left.len());
        if some > 0 && some < left.len() {
            let (_, edge, others) = left.select_nth_unstable(some - 1);
            // Those of the same score are put in order together.
            let mut same = 0;
            for at in 0..others.len() {
                if others.get(at).is_some_and(|other| *other >> 64 == *edge >> 64) {
                    others.swap(at, same);
                    same += 1;
                }
            }
            some += same;
        }
        let next = left.get_mut(..some).unwrap_or_default();
        next.sort_unstable();
        self.given += next.len();
        let places = next.iter().filter_map(|packed| {
            let (key, number, row) = ((packed >> 64) as u64, (packed >> 32) as u32, *packed as u32);
            let line = self.lines.get(number as usize)?;
            let (ranked, particular) = line.standing(row as usize, score(key))?;
            Some((ranked, number as usize, particular))
        });
        let mut places: Vec<_> = places.collect();
        for same in places.chunk_by_mut(|(a, ..), (b, ..)| a.score.total_cmp(&b.score).is_eq()) {
            if same.len() > 1 {
                same.sort_unstable_by_key(|(ranked, ..)| *ranked);
            }
        }
        places
    }
}
