//! The ranked queue: waiting work in lines, scored when it is asked for.
//!
//! Scores change with every instant, so no index can hold the order. Each team has a line for each channel. A page
//! passes over the lines in sight and scores only what could be among the best: beside each row stands what its score
//! cannot pass.

mod backlog;
mod line;
mod order;
mod ranked;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::conversation::ChannelKind;
use crate::id::{AgentId, TeamId, TicketId};
use crate::label::Label;
use crate::people::{Scope, Sight};
use crate::scoring::Weights;
use crate::ticket::Work;
use crate::time::Timestamp;

use super::asks::Skills;
use super::{Asks, Waiting};
pub(super) use backlog::{Backlog, Scored};
use line::{Gauge, Line, Row};
use order::Order;
pub(crate) use ranked::Best;
pub use ranked::Ranked;

/// Fewest places that a plan looks for first, and most that it looks for one by one: for more, all are scored.
const PLANNED_FIRST: (usize, usize) = (16, 4_096);
/// How many times as many it looks for each time that it needs more.
const PLANNED_GROWTH: usize = 4;

/// Waiting work of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    places: HashMap<TicketId, Place>,
    lines: Vec<Line>,
    /// Which line is that of a team and a channel. A line that is empty stays.
    line_of: BTreeMap<(Option<TeamId>, ChannelKind, u32), u32>,
    /// What work asks for, numbered. What nobody asks for any more stays.
    asks: HashMap<Arc<Asks>, (u32, Skills)>,
    /// Skills that work must have, or had to, numbered.
    skills: HashMap<Label, u32>,
    /// What the bounds in the lines were measured with; none before the order was first asked for.
    gauge: Option<Gauge>,
    /// The latest instant since when anything waits, or waited.
    newest: Option<Timestamp>,
    /// What only few have: agents who gave it back, who had it before, followers.
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
pub(super) struct Rare {
    pub(super) declined: Vec<(AgentId, Timestamp)>,
    pub(super) sticky: Option<AgentId>,
    followers: Vec<AgentId>,
}

/// A piece of waiting work as a planner goes through them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next<'a> {
    pub(super) ranked: Ranked,
    /// In which line it stands.
    pub(super) line: usize,
    /// What is particular to it.
    pub(super) rare: Option<&'a Rare>,
}

impl Next<'_> {
    /// Tells whether somebody gave it back.
    pub(super) fn is_declined(&self) -> bool {
        self.rare.is_some_and(|rare| !rare.declined.is_empty())
    }
}

/// What a planner asks of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineOf<'a> {
    pub(super) team: TeamId,
    pub(super) asks: &'a Arc<Asks>,
    /// Lines of the same number ask for the same.
    pub(super) asks_number: u32,
    /// The skills that it must have, by their numbers.
    pub(super) skills: &'a Skills,
    pub(super) len: usize,
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
        let Waiting { ticket, customer, team, channel, priority, language, work, followers, .. } = entry;
        let Work { since, effort, skills, preferred, sticky, declined } = work;
        let asks = Asks { effort, skills, preferred, language };
        let row = Row {
            customer,
            priority,
            since,
            keyword_points: entry.keyword_points,
            insight_points: entry.insight_points,
            urgency: entry.urgency,
            particular: sticky.is_some() || !declined.is_empty(),
        };
        self.newest = self.newest.max(Some(row.since));
        let bound = self.gauge.as_ref().map_or(f64::INFINITY, |gauge| gauge.bound(&row));
        self.set_rare(ticket, Rare { declined, sticky, followers });
        if let Some(place) = self.places.get(&ticket).copied() {
            if let Some(line) = self.lines.get_mut(place.line as usize)
                && line.team == team
                && line.channel == channel
                && *line.asks == asks
            {
                line.set(place.row as usize, row, bound);
                return;
            }
            self.leave(place);
        }
        let number = self.line(team, channel, asks);
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
    fn line(&mut self, team: Option<TeamId>, channel: ChannelKind, asks: Asks) -> u32 {
        let next_asks = u32::try_from(self.asks.len()).unwrap_or(u32::MAX);
        let (asks, asks_number, skills) = match self.asks.get_key_value(&asks) {
            Some((asks, (number, skills))) => (asks.clone(), *number, skills.clone()),
            None => {
                let asks = Arc::new(asks);
                let numbered = asks.skills.iter().map(|(skill, level)| {
                    let next = u32::try_from(self.skills.len()).unwrap_or(u32::MAX);
                    (*self.skills.entry(skill.clone()).or_insert(next), *level)
                });
                let skills: Skills = numbered.collect();
                self.asks.insert(asks.clone(), (next_asks, skills.clone()));
                (asks, next_asks, skills)
            }
        };
        let next = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let number = *self.line_of.entry((team, channel.clone(), asks_number)).or_insert(next);
        if number == next {
            self.lines.push(Line::new(team, channel, asks, asks_number, skills));
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

    /// Tells whether work is on its way to an agent.
    #[must_use]
    pub fn is_held(&self, ticket: TicketId) -> bool {
        self.held.contains(&ticket)
    }

    /// Returns how much waits in a team's queue that is not on its way to an agent.
    #[must_use]
    pub fn waiting_for(&self, team: TeamId) -> usize {
        let of_team = |line: &&Line| line.team.unwrap_or(TeamId::DEFAULT) == team;
        let all: usize = self.lines.iter().filter(of_team).map(Line::len).sum();
        let held = self.held.iter().filter_map(|ticket| self.find(*ticket)).map(|(line, _)| line);
        all - held.filter(of_team).count()
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
        offer(&seen.lines, &mut best, weights, now, earned);
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

    /// Lists the lines, for a planner.
    pub(super) fn lines(&self) -> impl Iterator<Item = LineOf<'_>> {
        self.lines.iter().map(|line| LineOf {
            team: line.team.unwrap_or(TeamId::DEFAULT),
            asks: &line.asks,
            asks_number: line.asks_number,
            skills: &line.skills,
            len: line.len(),
        })
    }

    /// Returns the numbers of skills that work must have.
    pub(super) const fn skills(&self) -> &HashMap<Label, u32> {
        &self.skills
    }

    /// Sees to it that [`in_order`](Self::in_order) can bound scores under these weights.
    pub(super) fn gauge(&mut self, weights: &Weights, now: Timestamp) {
        self.measure(weights, now);
    }

    /// Lists what may be planned in the `open` lines, by number, best first, as long as it is asked for. `about` so
    /// much is likely to be. Needs [`gauge`](Self::gauge) first.
    pub(super) fn in_order<'a>(
        &'a self,
        open: &'a [bool],
        weights: &'a Weights,
        now: Timestamp,
        about: usize,
    ) -> impl Iterator<Item = Next<'a>> + 'a {
        let since = now.max(self.newest.unwrap_or(now));
        let earned = self.gauge.as_ref().map_or(f64::INFINITY, |gauge| gauge.earned(since));
        let open = self.lines.iter().enumerate().zip(open).filter(|(_, open)| **open);
        let (numbers, lines): (Vec<usize>, Vec<&Line>) = open.map(|(line, _)| line).unzip();
        let waiting: usize = lines.iter().map(|line| line.len()).sum();
        let (fewest, most) = PLANNED_FIRST;
        let (mut last, mut some, mut done) = (None, about.max(fewest), 0);
        let mut rest: Option<Order<'a>> = None;
        // Most plans end within the first few. For more all are scored, and put in order as far as is asked for.
        let batches = std::iter::from_fn(move || {
            let few = some <= most && some.saturating_mul(PLANNED_GROWTH) < waiting - done;
            let best: Vec<_> = if rest.is_none() && few {
                let mut best = Best::new(some, last);
                offer(&lines, &mut best, weights, now, earned);
                best.into_vec().into_iter().filter_map(|ranked| self.standing(ranked)).collect()
            } else {
                let rest = rest.get_or_insert_with(|| Order::after(last, &lines, weights, now));
                let next = rest.next(some.min(about.max(fewest))).into_iter();
                let numbered =
                    next.map(|(ranked, key)| Some((ranked, *numbers.get(key.line())?, key.is_particular())));
                numbered.flatten().collect()
            };
            last = best.last().map(|(ranked, ..)| *ranked).or(last);
            done = waiting.min(done + best.len());
            if rest.is_none() {
                some = some.saturating_mul(PLANNED_GROWTH);
            }
            (!best.is_empty()).then_some(best)
        });
        batches.flatten().filter_map(|(ranked, line, particular)| {
            if !self.held.is_empty() && self.held.contains(&ranked.ticket) {
                return None;
            }
            Some(self.next(ranked, line, particular))
        })
    }

    /// Scores what may be planned in the `open` lines, by number.
    pub(super) fn backlog(&self, open: &[bool], weights: &Weights, now: Timestamp) -> Backlog<'_> {
        Backlog::of(self, open, weights, now)
    }

    fn next(&self, ranked: Ranked, line: usize, particular: bool) -> Next<'_> {
        Next { ranked, line, rare: if particular { self.rare.get(&ranked.ticket) } else { None } }
    }

    /// Returns what comes first of a line and may be planned. Needs [`gauge`](Self::gauge) first.
    pub(super) fn first_of(&self, line: usize, weights: &Weights, now: Timestamp) -> Option<Ranked> {
        let line = self.lines.get(line)?;
        let since = now.max(self.newest.unwrap_or(now));
        let earned = self.gauge.as_ref().map_or(f64::INFINITY, |gauge| gauge.earned(since));
        let mut best = Best::new(1, None);
        offer(&[line], &mut best, weights, now, earned);
        best.into_vec().into_iter().find(|ranked| !self.held.contains(&ranked.ticket))
    }

    /// Lists what agents gave back of the lines that are not open, best first.
    pub(super) fn given_back<'a>(
        &'a self,
        open: &[bool],
        weights: &Weights,
        now: Timestamp,
    ) -> Vec<Next<'a>> {
        let mut given_back: Vec<Next<'a>> = Vec::new();
        for (ticket, rare) in &self.rare {
            let Some(place) = self.places.get(ticket).filter(|_| !rare.declined.is_empty()) else { continue };
            let line = place.line as usize;
            if open.get(line) == Some(&true) || self.held.contains(ticket) {
                continue;
            }
            let ranked = self.lines.get(line).and_then(|line| line.ranked(place.row as usize, weights, now));
            given_back.extend(ranked.map(|ranked| Next { ranked, line, rare: Some(rare) }));
        }
        given_back.sort_unstable_by_key(|next| next.ranked);
        given_back
    }

    /// Says in which line a place is, and whether it is particular.
    fn standing(&self, ranked: Ranked) -> Option<(Ranked, usize, bool)> {
        let place = self.places.get(&ranked.ticket)?;
        let row = self.lines.get(place.line as usize)?.row(place.row as usize)?;
        Some((ranked, place.line as usize, row.particular))
    }

    /// Returns the first instant after `now` at which waiting work of a line has waited one of so many seconds. The
    /// lines' `waits` are in the order of the lines.
    pub(super) fn next_wait<'a>(
        &self,
        waits: impl Iterator<Item = &'a [i64]>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let staged = self.lines.iter().zip(waits).filter(|(_, waits)| !waits.is_empty());
        let all = staged.flat_map(|(line, waits)| {
            let next = move |since: Timestamp| {
                waits.iter().map(|seconds| since.plus_seconds(*seconds)).find(|at| *at > now)
            };
            line.waiting_since().filter_map(next)
        });
        all.min()
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
            urgency: row.urgency.clone(),
            language: line.asks.language.clone(),
            work: Work {
                since: row.since,
                effort: line.asks.effort,
                skills: line.asks.skills.clone(),
                preferred: line.asks.preferred.clone(),
                sticky: rare.sticky,
                declined: rare.declined,
            },
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

impl FromIterator<Waiting> for Queue {
    fn from_iter<I: IntoIterator<Item = Waiting>>(entries: I) -> Self {
        let mut queue = Self::default();
        entries.into_iter().for_each(|entry| queue.upsert(entry));
        queue
    }
}

/// Offers what could be among the best of these lines: blocks of rows, the one with the highest bound first, until no
/// other can hold any. `earned` is what the bounds have earned until `now`.
fn offer(lines: &[&Line], best: &mut Best, weights: &Weights, now: Timestamp, earned: f64) {
    let blocks = lines.iter().zip(0_u32..).flat_map(|(line, number)| {
        line.tops().iter().zip(0_u32..).map(move |(top, block)| Reverse((ranked::key(*top), number, block)))
    });
    let mut blocks: BinaryHeap<_> = blocks.collect();
    while let Some(Reverse((top, number, block))) = blocks.pop() {
        if ranked::score(top) < best.floor() - earned {
            return;
        }
        if let Some(line) = lines.get(number as usize) {
            line.offer_to(best, block as usize, weights, now, earned);
        }
    }
}

#[cfg(test)]
mod tests;
