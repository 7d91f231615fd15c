//! What waits in some lines, scored for a plan that reads only some of it in order.

use super::order::{Key, Order};
use super::{Line, Next, Queue};
use crate::scoring::Weights;
use crate::time::Timestamp;

/// What may be planned of some lines: scored, and put in order as far as it is asked for.
#[derive(Debug)]
pub(in crate::routing) struct Backlog<'a> {
    queue: &'a Queue,
    order: Order<'a>,
    /// The numbers of the lines in the queue.
    numbers: Vec<usize>,
}

/// A piece of waiting work that has a score, but no place yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::routing) struct Scored {
    pub(in crate::routing) score: f64,
    /// In which line it stands.
    pub(in crate::routing) line: usize,
    /// Whether there is more to it than what its line asks for: who had it before, who gave it back.
    pub(in crate::routing) particular: bool,
    key: Key,
}

impl<'a> Backlog<'a> {
    pub(super) fn of(queue: &'a Queue, open: &[bool], weights: &Weights, now: Timestamp) -> Self {
        let open = queue.lines.iter().enumerate().zip(open).filter(|(_, open)| **open);
        let (numbers, lines): (Vec<usize>, Vec<&Line>) = open.map(|(line, _)| line).unzip();
        let mut order = Order::after(None, &lines, weights, now);
        if !queue.held.is_empty() {
            order.leave_out(|ticket| queue.held.contains(&ticket));
        }
        Self { queue, order, numbers }
    }

    /// Lists all of it, in no order.
    pub(in crate::routing) fn scored(&self) -> impl Iterator<Item = Scored> + '_ {
        self.order.keys().iter().filter_map(|key| scored(&self.numbers, *key))
    }

    /// Returns a piece of it as planners go through them.
    pub(in crate::routing) fn next(&self, one: &Scored) -> Option<Next<'a>> {
        Some(self.queue.next(self.order.standing(one.key)?, one.line, one.particular))
    }

    /// Lists what is asked for, best first.
    pub(in crate::routing) fn in_order(&mut self, asked: impl Fn(&Scored) -> bool) -> Vec<Next<'a>> {
        let numbers = &self.numbers;
        let places = self.order.all(|key| scored(numbers, key).is_some_and(|one| asked(&one)));
        let next = places.into_iter().filter_map(|(ranked, key)| {
            let line = numbers.get(key.line())?;
            Some(self.queue.next(ranked, *line, key.is_particular()))
        });
        next.collect()
    }
}

fn scored(numbers: &[usize], key: Key) -> Option<Scored> {
    let line = *numbers.get(key.line())?;
    Some(Scored { score: key.score(), line, particular: key.is_particular(), key })
}
