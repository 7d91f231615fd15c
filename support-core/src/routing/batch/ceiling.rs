//! What no plan can pass at the prices of room, and how far below it a plan has fallen while it is made.

use super::tally::{Counts, Tally, steps};
use super::worth::{STEP_POINTS, STICKY_POINTS};
use super::{Asked, Batch};

/// What no plan can pass: all room at its price, and for each piece of work what is gained beyond the price by whom it
/// serves best. In parts of a point. Prices may be any: the bound of linear programming holds at all of them, and is
/// least at those of the cheapest flow.
#[derive(Debug, Clone)]
pub(super) struct Ceiling {
    /// What a unit of room of each agent is worth, by number, in parts of a point.
    pub(super) prices: Vec<i32>,
    /// In how many parts of a point values are reckoned.
    parts: i64,
    /// What is gained by whom work of each number of turns serves best, urgency aside; none where nobody is eligible.
    best: Vec<Option<i64>>,
    all: i64,
}

impl Ceiling {
    pub(super) fn of(batch: &Batch<'_>, tally: &Tally, prices: Vec<i32>) -> Self {
        let parts = i64::from(batch.parts);
        let mut ceiling = Self { prices, parts, best: Vec::new(), all: 0 };
        let rooms = batch.room.iter().enumerate();
        let rooms = rooms.map(|(number, room)| ceiling.room(number, *room)).sum::<i64>();
        let best = batch.asked.iter().map(|asked| {
            let nets = asked.eligible.iter().map(|(points, number)| ceiling.net(asked, *points, *number));
            nets.max()
        });
        ceiling.best = best.collect();
        let gained = |counts: &Counts, best: i64| -> i64 {
            steps(counts).map(|(step, count)| i64::from(count) * ceiling.of_step(step, best)).sum()
        };
        let plain = tally.plain.iter().zip(&ceiling.best);
        let plain = plain.filter_map(|(counts, best)| Some(gained(counts, (*best)?))).sum::<i64>();
        let sticky = tally.sticky.iter().filter_map(|((asks, agent), counts)| {
            let best = ceiling.best(batch.asked(*asks)?, *asks, Some(*agent))?;
            Some(gained(counts, best))
        });
        let sticky = sticky.sum::<i64>();
        ceiling.all = rooms + plain + sticky;
        ceiling
    }

    /// Returns it in whole points.
    pub(super) const fn points(&self) -> i64 {
        self.all / self.parts
    }

    /// Returns it in parts of a point.
    pub(super) const fn all(&self) -> i64 {
        self.all
    }

    /// Returns what a piece of work of these turns, by number, adds to it.
    pub(super) fn gained(&self, asked: &Asked, asks: usize, step: u8, sticky: Option<usize>) -> i64 {
        self.best(asked, asks, sticky).map_or(0, |best| self.of_step(step, best))
    }

    /// Returns what room of an agent is worth.
    pub(super) fn room(&self, agent: usize, units: u32) -> i64 {
        i64::from(units) * i64::from(self.prices.get(agent).copied().unwrap_or(0))
    }

    fn net(&self, asked: &Asked, points: i32, agent: usize) -> i64 {
        i64::from(points) * self.parts - self.room(agent, asked.asks.effort)
    }

    /// Returns what is gained by whom work of these turns serves best, urgency aside. It is the same at every step but
    /// for the step.
    fn best(&self, asked: &Asked, asks: usize, sticky: Option<usize>) -> Option<i64> {
        let again = sticky.and_then(|sticky| {
            let (points, _) = asked.eligible.iter().find(|(_, number)| *number == sticky)?;
            Some(self.net(asked, points + STICKY_POINTS, sticky))
        });
        self.best.get(asks).copied().flatten().max(again)
    }

    fn of_step(&self, step: u8, best: i64) -> i64 {
        (i64::from(i32::from(step) * STEP_POINTS) * self.parts + best).max(0)
    }
}
