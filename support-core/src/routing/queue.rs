//! The ranked queue: waiting work in lines, scored when it is asked for.
//!
//! Scores change with every instant, so no index can hold the order. Each team has a line for each channel. A page
//! passes over the lines in sight and scores only what could be among the best: beside each row stands what its score
//! cannot pass.

mod line;
mod ranked;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::conversation::ChannelKind;
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::{Scope, Sight};
use crate::scoring::{Urgency, Weights};
use crate::ticket::Work;
use crate::time::Timestamp;

use super::Waiting;
use line::{Gauge, Line, Row};
pub(crate) use ranked::Best;
pub use ranked::Ranked;

/// Fewest and most places that a plan looks for first; each time that it needs more, twice as many.
const PLANNED_FIRST: (usize, usize) = (256, 4_096);

/// Waiting work of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    places: HashMap<TicketId, Place>,
    lines: Vec<Line>,
    /// Which line is that of a team and a channel. A line that is empty stays.
    line_of: BTreeMap<(Option<TeamId>, ChannelKind), u32>,
    /// What the bounds in the lines were measured with; none before the order was first asked for.
    gauge: Option<Gauge>,
    /// The latest instant since when anything waits, or waited.
    newest: Option<Timestamp>,
    /// What only few have: skills asked for, agents who gave it back, followers.
    rare: HashMap<TicketId, Rare>,
    followed: BTreeSet<(AgentId, TicketId)>,
    /// What is on its way to an agent: it still waits, but is not planned again.
    held: HashSet<TicketId>,
}

/// Where a ticket stands: in which line, in which row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    line: u32,
    row: u32,
}

/// What only few waiting tickets have.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rare {
    skills: Vec<(crate::label::Label, u8)>,
    declined: Vec<(AgentId, Timestamp)>,
    followers: Vec<AgentId>,
}

/// What somebody sees of the queue: whole lines, and single rows beyond them.
struct InSight<'a> {
    lines: Vec<&'a Line>,
    beyond: Vec<(&'a Line, usize)>,
}

/// How much waits, in sight of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// In all.
    pub depth: u32,
    /// By team.
    pub by_team: BTreeMap<TeamId, u32>,
    /// By channel.
    pub by_channel: BTreeMap<ChannelKind, u32>,
}

impl QueueDepth {
    fn add(&mut self, line: &Line, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count == 0 {
            return;
        }
        self.depth += count;
        *self.by_team.entry(line.team.unwrap_or(TeamId::DEFAULT)).or_default() += count;
        match self.by_channel.get_mut(&line.channel) {
            Some(known) => *known += count,
            None => drop(self.by_channel.insert(line.channel.clone(), count)),
        }
    }
}

impl Queue {
    /// Returns how many tickets wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Tells whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes an entry in, in place of what was known of the ticket.
    pub fn upsert(&mut self, entry: Waiting) {
        let Waiting { ticket, customer, team, channel, priority, work, followers, .. } = entry;
        let row = Row {
            customer,
            effort: work.effort,
            priority,
            since: work.since,
            keyword_points: entry.keyword_points,
            insight_points: entry.insight_points,
            urgency: entry.urgency.map(|(from, due)| Urgency { from, due }),
        };
        self.newest = self.newest.max(Some(row.since));
        let bound = self.gauge.as_ref().map_or(f64::INFINITY, |gauge| gauge.bound(&row));
        self.set_rare(ticket, Rare { skills: work.skills, declined: work.declined, followers });
        if let Some(place) = self.places.get(&ticket).copied() {
            if let Some(line) = self.lines.get_mut(place.line as usize)
                && line.team == team
                && line.channel == channel
            {
                line.set(place.row as usize, row, bound);
                return;
            }
            self.leave(place);
        }
        let number = self.line(team, channel);
        if let Some(line) = self.lines.get_mut(number as usize) {
            let row_number = u32::try_from(line.len()).unwrap_or(u32::MAX);
            self.places.insert(ticket, Place { line: number, row: row_number });
            line.push(ticket, row, bound);
        }
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, ticket: TicketId) {
        let Some(place) = self.places.remove(&ticket) else { return };
        self.set_rare(ticket, Rare::default());
        self.held.remove(&ticket);
        self.leave(place);
    }

    /// Returns the number of a line, which is made where it is missing.
    fn line(&mut self, team: Option<TeamId>, channel: ChannelKind) -> u32 {
        let next = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let number = *self.line_of.entry((team, channel.clone())).or_insert(next);
        if number == next {
            self.lines.push(Line::new(team, channel));
        }
        number
    }

    /// Clears a row; the last one of its line takes its place.
    fn leave(&mut self, place: Place) {
        let line = self.lines.get_mut(place.line as usize);
        if let Some(moved) = line.and_then(|line| line.remove(place.row as usize)) {
            self.places.insert(moved, place);
        }
    }

    fn set_rare(&mut self, ticket: TicketId, rare: Rare) {
        for follower in self.rare.remove(&ticket).into_iter().flat_map(|old| old.followers) {
            self.followed.remove(&(follower, ticket));
        }
        self.followed.extend(rare.followers.iter().map(|follower| (*follower, ticket)));
        if rare != Rare::default() {
            self.rare.insert(ticket, rare);
        }
    }

    /// Marks waiting work as on its way to an agent: a plan passes it over, a page still shows it.
    pub fn hold(&mut self, ticket: TicketId) {
        if self.places.contains_key(&ticket) {
            self.held.insert(ticket);
        }
    }

    /// Lets a plan see work again.
    pub fn release(&mut self, ticket: TicketId) {
        self.held.remove(&ticket);
    }

    /// Tells whether anything waits that is not on its way to an agent.
    #[must_use]
    pub fn has_unheld(&self) -> bool {
        self.places.len() > self.held.len()
    }

    /// Returns the best `limit` places at `now` in sight of `scope`, after a place where one is given.
    ///
    /// Under other weights than the last time everything is measured anew first.
    #[must_use]
    pub fn page(
        &mut self,
        scope: &Scope,
        weights: &Weights,
        now: Timestamp,
        limit: usize,
        after: Option<Ranked>,
    ) -> Vec<Ranked> {
        let earned = self.measure(weights, now);
        let mut best = Best::new(limit, after);
        let seen = self.in_sight(scope);
        for line in seen.lines {
            line.offer_to(&mut best, weights, now, earned);
        }
        let beyond = seen.beyond.iter().filter_map(|(line, row)| line.ranked(*row, weights, now));
        beyond.for_each(|ranked| best.offer(ranked));
        best.into_vec()
    }

    /// Counts what waits in sight of `scope`.
    #[must_use]
    pub fn depth(&self, scope: &Scope) -> QueueDepth {
        let mut depth = QueueDepth::default();
        let seen = self.in_sight(scope);
        seen.lines.iter().for_each(|line| depth.add(line, line.len()));
        seen.beyond.iter().for_each(|(line, _)| depth.add(line, 1));
        depth
    }

    /// Returns how many visible tickets come before one, or nothing where it does not wait.
    #[must_use]
    pub fn position(
        &mut self,
        ticket: TicketId,
        scope: &Scope,
        weights: &Weights,
        now: Timestamp,
    ) -> Option<u32> {
        let earned = self.measure(weights, now);
        let (line, row) = self.find(ticket)?;
        let mine = line.ranked(row, weights, now)?;
        let seen = self.in_sight(scope);
        let in_lines = seen.lines.iter().map(|line| line.before(mine, weights, now, earned));
        let beyond = seen.beyond.iter().filter_map(|(line, row)| line.ranked(*row, weights, now));
        u32::try_from(in_lines.sum::<usize>() + beyond.filter(|other| *other < mine).count()).ok()
    }

    /// Lists what may be planned, best first, as long as it is asked for. `about` so much is likely to be.
    pub(super) fn in_order<'a>(
        &'a mut self,
        weights: &'a Weights,
        now: Timestamp,
        about: usize,
    ) -> impl Iterator<Item = Waiting> + 'a {
        let earned = self.measure(weights, now);
        let queue = &*self;
        let (fewest, most) = PLANNED_FIRST;
        let (mut last, mut some) = (None, about.clamp(fewest, most));
        // Most plans end within the first few. For more the lines are passed over again, for twice as many each time.
        let batches = std::iter::from_fn(move || {
            let mut best = Best::new(some, last);
            queue.lines.iter().for_each(|line| line.offer_to(&mut best, weights, now, earned));
            let best = best.into_vec();
            last = best.last().copied().or(last);
            some = some.saturating_mul(2);
            (!best.is_empty()).then_some(best)
        });
        batches
            .flatten()
            .filter(|ranked| !queue.held.contains(&ranked.ticket))
            .filter_map(|ranked| queue.entry(ranked.ticket))
    }

    /// Returns what is known of a waiting ticket.
    #[must_use]
    pub fn entry(&self, ticket: TicketId) -> Option<Waiting> {
        let (line, row) = self.find(ticket)?;
        let row = line.row(row)?;
        let rare = self.rare.get(&ticket).cloned().unwrap_or_default();
        Some(Waiting {
            ticket,
            customer: row.customer,
            team: line.team,
            channel: line.channel.clone(),
            priority: row.priority,
            keyword_points: row.keyword_points,
            insight_points: row.insight_points,
            urgency: row.urgency.map(|urgency| (urgency.from, urgency.due)),
            work: Work { since: row.since, effort: row.effort, skills: rare.skills, declined: rare.declined },
            followers: rare.followers,
        })
    }

    fn find(&self, ticket: TicketId) -> Option<(&Line, usize)> {
        let place = self.places.get(&ticket)?;
        Some((self.lines.get(place.line as usize)?, place.row as usize))
    }

    /// Sees to it that the bounds hold for these weights; answers what they have earned until `now`.
    fn measure(&mut self, weights: &Weights, now: Timestamp) -> f64 {
        // What waits since an instant after `now` has earned nothing yet, and less than nothing is not taken from it.
        let now = now.max(self.newest.unwrap_or(now));
        if let Some(gauge) = self.gauge.as_ref().filter(|gauge| gauge.holds_for(weights)) {
            return gauge.earned(now);
        }
        let gauge = self.gauge.insert(Gauge::new(weights, now));
        self.lines.iter_mut().for_each(|line| line.measure(gauge));
        gauge.earned(now)
    }

    /// The rule of [`Scope::sees`] on lines: waiting work has no owner and is never set aside.
    fn in_sight(&self, scope: &Scope) -> InSight<'_> {
        match scope.sight() {
            Sight::System | Sight::All { .. } => {
                InSight { lines: self.lines.iter().collect(), beyond: Vec::new() }
            }
            Sight::Team { agent, teams } => {
                let sees = |line: &Line| line.team.is_some_and(|team| teams.binary_search(&team).is_ok());
                let beyond = self.followed_by(*agent).filter(|(line, _)| !sees(line)).collect();
                InSight { lines: self.lines.iter().filter(|line| sees(line)).collect(), beyond }
            }
            Sight::Own { agent } => InSight { lines: Vec::new(), beyond: self.followed_by(*agent).collect() },
            Sight::Customer { customer } => {
                let rows = |line| Line::of_customer(line, *customer).map(move |row| (line, row));
                InSight { lines: Vec::new(), beyond: self.lines.iter().flat_map(rows).collect() }
            }
        }
    }

    fn followed_by(&self, agent: AgentId) -> impl Iterator<Item = (&Line, usize)> {
        let ids = [Uuid::nil(), Uuid::max()].map(|id| (agent, TicketId::from_uuid(id)));
        let [first, last] = ids;
        self.followed.range(first..=last).filter_map(|(_, ticket)| self.find(*ticket))
    }
}

#[cfg(test)]
mod tests;
