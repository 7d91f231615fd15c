//! A line of the queue: the waiting work of one team on one channel, side by side.

use std::sync::Arc;

use crate::conversation::ChannelKind;
use crate::id::{CustomerId, TeamId, TicketId};
use crate::scoring::{ScoreInputs, Urgency, Weights, total};
use crate::ticket::Priority;
use crate::time::Timestamp;

use super::ranked::{Best, Ranked};
use crate::routing::Asks;
use crate::routing::asks::Skills;

/// Rows whose bounds have one bound in common, so that most of them need no look. Few in tests, which have few rows.
const BLOCK: usize = if cfg!(test) { 4 } else { 64 };

/// The waiting work of one team on one channel.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) team: Option<TeamId>,
    pub(super) channel: ChannelKind,
    /// What its work asks for, and the number of that in the queue.
    pub(super) asks: Arc<Asks>,
    pub(super) asks_number: u32,
    /// The skills that it must have, by their numbers in the queue.
    pub(super) skills: Skills,
    /// What no score can pass, see [`Gauge`]. A pass over the line reads this and little else.
    bounds: Vec<f64>,
    /// The highest bound of each block of rows.
    tops: Vec<f64>,
    tickets: Vec<TicketId>,
    rows: Vec<Row>,
}

/// What is kept of a waiting ticket, beside what only few have.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) customer: CustomerId,
    pub(super) priority: Priority,
    pub(super) since: Timestamp,
    pub(super) keyword_points: f64,
    pub(super) insight_points: f64,
    pub(super) urgency: Option<Urgency>,
    /// Whether a planner has more to look at: who gave it back, who had it before.
    pub(super) particular: bool,
}

impl Row {
    pub(super) const fn inputs(&self) -> ScoreInputs<'_> {
        ScoreInputs {
            priority: self.priority,
            live: false,
            waiting_since: Some(self.since),
            keyword_points: self.keyword_points,
            insight_points: self.insight_points,
            urgency: self.urgency.as_ref(),
        }
    }

    fn ranked(&self, ticket: TicketId, weights: &Weights, now: Timestamp) -> Ranked {
        Ranked { ticket, score: total(weights, &self.inputs(), now), since: self.since }
    }
}

impl Line {
    pub(super) const fn new(
        team: Option<TeamId>,
        channel: ChannelKind,
        asks: Arc<Asks>,
        asks_number: u32,
        skills: Skills,
    ) -> Self {
        Self {
            team,
            channel,
            asks,
            asks_number,
            skills,
            bounds: Vec::new(),
            tops: Vec::new(),
            tickets: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.tickets.len()
    }

    pub(super) fn row(&self, at: usize) -> Option<&Row> {
        self.rows.get(at)
    }

    pub(super) fn push(&mut self, ticket: TicketId, row: Row, bound: f64) {
        self.bounds.push(bound);
        self.tickets.push(ticket);
        self.rows.push(row);
        match self.tops.get_mut((self.bounds.len() - 1) / BLOCK) {
            Some(top) => *top = top.max(bound),
            None => self.tops.push(bound),
        }
    }

    pub(super) fn set(&mut self, at: usize, row: Row, bound: f64) {
        if let (Some(old), Some(old_bound)) = (self.rows.get_mut(at), self.bounds.get_mut(at)) {
            (*old, *old_bound) = (row, bound);
            self.top(at);
        }
    }

    /// Notes the highest bound of the block of a row anew.
    fn top(&mut self, at: usize) {
        let block = at / BLOCK;
        let top = self.block(block).map(|(_, bound)| bound).max_by(f64::total_cmp);
        match (self.tops.get_mut(block), top) {
            (Some(known), Some(top)) => *known = top,
            (None, Some(top)) => self.tops.push(top),
            (_, None) => self.tops.truncate(block),
        }
    }

    /// Lists the bounds of a block, with their rows.
    fn block(&self, block: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let begin = (block * BLOCK).min(self.bounds.len());
        let end = (begin + BLOCK).min(self.bounds.len());
        (begin..end).zip(self.bounds.get(begin..end).unwrap_or_default().iter().copied())
    }

    /// Lists the highest bound of each block.
    pub(super) fn tops(&self) -> &[f64] {
        &self.tops
    }

    /// Takes a row out; answers the ticket that stands in its place now.
    pub(super) fn remove(&mut self, at: usize) -> Option<TicketId> {
        if at < self.len() {
            self.bounds.swap_remove(at);
            self.tickets.swap_remove(at);
            self.rows.swap_remove(at);
            self.top(self.len());
            self.top(at);
        }
        self.tickets.get(at).copied()
    }

    /// Lists the places of a customer's tickets.
    pub(super) fn of_customer(&self, customer: CustomerId) -> impl Iterator<Item = usize> + '_ {
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, row)| row.customer == customer).map(|(at, _)| at)
    }

    pub(super) fn ranked(&self, at: usize, weights: &Weights, now: Timestamp) -> Option<Ranked> {
        Some(self.rows.get(at)?.ranked(*self.tickets.get(at)?, weights, now))
    }

    /// Offers what could be among the best of a block. `earned` is what the bounds have earned until `now`.
    pub(super) fn offer_to(
        &self,
        best: &mut Best,
        block: usize,
        weights: &Weights,
        now: Timestamp,
        earned: f64,
    ) {
        let mut floor = best.floor() - earned;
        for (at, bound) in self.block(block) {
            if bound < floor {
                continue;
            }
            if let Some(ranked) = self.ranked(at, weights, now) {
                best.offer(ranked);
                floor = best.floor() - earned;
            }
        }
    }

    /// Lists the score of everything that comes after a place, with its row and whether it is particular, in no order.
    pub(super) fn after<'a>(
        &'a self,
        place: Option<Ranked>,
        weights: &'a Weights,
        now: Timestamp,
    ) -> impl Iterator<Item = (f64, usize, bool)> + 'a {
        let all = self.rows.iter().zip(&self.tickets).enumerate();
        all.filter_map(move |(at, (row, ticket))| {
            let ranked = row.ranked(*ticket, weights, now);
            place.is_none_or(|place| ranked > place).then_some((ranked.score, at, row.particular))
        })
    }

    /// Returns a row with a score that is known.
    pub(super) fn standing(&self, at: usize, score: f64) -> Option<Ranked> {
        Some(Ranked { ticket: *self.tickets.get(at)?, score, since: self.rows.get(at)?.since })
    }

    /// Lists since when its work waits.
    pub(super) fn waiting_since(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.rows.iter().map(|row| row.since)
    }

    /// Counts what comes before a place.
    pub(super) fn before(&self, place: Ranked, weights: &Weights, now: Timestamp, earned: f64) -> usize {
        let floor = place.score - earned;
        let could_not = |bound: f64| bound < floor;
        let could = self.bounds.iter().enumerate().filter(|(_, bound)| !could_not(**bound));
        could.filter_map(|(at, _)| self.ranked(at, weights, now)).filter(|other| *other < place).count()
    }

    pub(super) fn measure(&mut self, gauge: &Gauge) {
        for (bound, row) in self.bounds.iter_mut().zip(&self.rows) {
            *bound = gauge.bound(row);
        }
        let tops = self.bounds.chunks(BLOCK);
        self.tops = tops.filter_map(|block| block.iter().copied().max_by(f64::total_cmp)).collect();
    }
}

/// Says what the score of waiting work can be at most.
///
/// All that waits earns points for its age at the same pace. So a bound that holds at one instant, with what age earns
/// from then on added, holds at every other, and can be kept. Urgency is counted in full: it is what a score can be
/// below its bound.
#[derive(Debug, Clone)]
pub(super) struct Gauge {
    weights: Weights,
    sound: bool,
    at: Timestamp,
}

/// How far sums of points may be off for rounding, as a share of the summands. A hundred additions are off by less.
const ROUNDING: f64 = 1e-13;

impl Gauge {
    pub(super) fn new(weights: &Weights, at: Timestamp) -> Self {
        Self { weights: weights.clone(), sound: weights.problems().is_empty(), at }
    }

    pub(super) fn holds_for(&self, weights: &Weights) -> bool {
        self.weights == *weights
    }

    /// Returns what no score of a row can pass at the gauge's own instant; infinite under weights that promise nothing.
    pub(super) fn bound(&self, row: &Row) -> f64 {
        if !self.sound {
            return f64::INFINITY;
        }
        let weights = &self.weights;
        let timeless = ScoreInputs { waiting_since: None, urgency: None, ..row.inputs() };
        let timeless = total(weights, &timeless, self.at);
        let age = self.earned_between(row.since, self.at);
        let urgency = if row.urgency.is_some() { weights.urgency_points } else { 0.0 };
        // Keyword points may be negative, and hide how large the others are.
        let hidden = 2.0 * weights.keyword_limit.min(row.keyword_points.abs());
        let size = timeless.abs() + hidden + age.abs() + urgency;
        let bound = timeless + age + urgency + size * ROUNDING;
        if bound.is_nan() { f64::INFINITY } else { bound }
    }

    /// Returns what is to be added to bounds at `now`.
    pub(super) fn earned(&self, now: Timestamp) -> f64 {
        let earned = self.earned_between(self.at, now);
        earned + earned.abs() * ROUNDING
    }

    fn earned_between(&self, from: Timestamp, to: Timestamp) -> f64 {
        let seconds = to.micros_since(from) as f64 / 1e6;
        seconds / f64::from(self.weights.age_seconds.max(1)) * self.weights.age_points
    }
}
