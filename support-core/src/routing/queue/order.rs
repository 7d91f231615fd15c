//! All waiting work in the order of its score, sorted as far as it is asked for.

use crate::id::TicketId;
use crate::scoring::Weights;
use crate::time::Timestamp;

use super::line::Line;
use super::ranked::{Ranked, key, score};

/// Waiting work of some lines. What comes next is sorted when it is asked for.
#[derive(Debug)]
pub(super) struct Order<'a> {
    lines: Vec<&'a Line>,
    /// In order up to what was asked for.
    keys: Vec<Key>,
    given: usize,
}

/// Key of a score, number of a line, whether the piece of work is particular, and its row: 64, 31, 1 and 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    /// A row has 32 bits, see `Place`; that many lines do not fit into memory.
    fn of(points: f64, line: u32, particular: bool, row: usize) -> Self {
        let place = u64::from(line) << 33 | u64::from(particular) << 32 | row as u64;
        Self(u128::from(key(points)) << 64 | u128::from(place))
    }

    /// Returns the score.
    pub(super) const fn score(self) -> f64 {
        score((self.0 >> 64) as u64)
    }

    /// Returns the number of the line.
    pub(super) const fn line(self) -> usize {
        (self.0 as u64 >> 33) as usize
    }

    /// Tells whether a planner has more to look at.
    pub(super) const fn is_particular(self) -> bool {
        self.0 >> 32 & 1 == 1
    }

    const fn row(self) -> usize {
        self.0 as u32 as usize
    }
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
            keys.extend(rows.map(|(score, at, particular)| Key::of(score, number, particular, at)));
        }
        Self { lines, keys, given: 0 }
    }

    /// Takes tickets out.
    pub(super) fn leave_out(&mut self, ticket: impl Fn(TicketId) -> bool) {
        let lines = &self.lines;
        self.keys.retain(|key| !standing(lines, *key).is_some_and(|ranked| ticket(ranked.ticket)));
    }

    /// Lists all of it, in no order that could be relied on.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Returns where a piece of work stands.
    pub(super) fn standing(&self, key: Key) -> Option<Ranked> {
        standing(&self.lines, key)
    }

    /// Returns all that is asked for, in order.
    pub(super) fn all(&mut self, asked: impl Fn(Key) -> bool) -> Vec<(Ranked, Key)> {
        let mut first = 0;
        for at in 0..self.keys.len() {
            if self.keys.get(at).is_some_and(|key| asked(*key)) {
                self.keys.swap(at, first);
                first += 1;
            }
        }
        self.sorted(0, first)
    }

    /// Returns the next places, `some` or half as many as were returned before, and those of the same score.
    pub(super) fn next(&mut self, some: usize) -> Vec<(Ranked, Key)> {
        let Some(left) = self.keys.get_mut(self.given..) else { return Vec::new() };
        let mut some = some.max(self.given / 2).min(left.len());
        if some > 0 && some < left.len() {
            let (_, edge, others) = left.select_nth_unstable(some - 1);
            // Those of the same score are put in order together.
            let mut same = 0;
            for at in 0..others.len() {
                if others.get(at).is_some_and(|other| other.0 >> 64 == edge.0 >> 64) {
                    others.swap(at, same);
                    same += 1;
                }
            }
            some += same;
        }
        let begin = self.given;
        self.given += some;
        self.sorted(begin, some)
    }

    /// Puts so many in order, from one on.
    fn sorted(&mut self, begin: usize, some: usize) -> Vec<(Ranked, Key)> {
        let keys = self.keys.get_mut(begin..begin + some).unwrap_or_default();
        keys.sort_unstable();
        let mut places = Vec::with_capacity(keys.len());
        places.extend(keys.iter().filter_map(|key| Some((standing(&self.lines, *key)?, *key))));
        for same in places.chunk_by_mut(|(a, _), (b, _)| a.score.total_cmp(&b.score).is_eq()) {
            if same.len() > 1 {
                same.sort_unstable_by_key(|(ranked, _)| *ranked);
            }
        }
        places
    }
}

fn standing(lines: &[&Line], key: Key) -> Option<Ranked> {
    lines.get(key.line())?.standing(key.row(), key.score())
}
