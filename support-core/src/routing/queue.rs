//! The ranked queue: waiting work in columns, scored when it is asked for.
//!
//! Scores change with every instant, so no index can hold the order. The queue keeps what the score is made of side
//! by side in memory, and a page is one pass over it: score, filter, and keep the best few.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use crate::conversation::ChannelKind;
use crate::id::{AgentId, CustomerId, TeamId, TicketId};
use crate::people::{Scope, Sight};
use crate::scoring::{ScoreInputs, Weights, total};
use crate::ticket::Work;
use crate::time::Timestamp;

use super::Waiting;

/// Waiting work of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Row of each ticket.
    rows: HashMap<TicketId, usize>,
    tickets: Vec<TicketId>,
    customers: Vec<CustomerId>,
    teams: Vec<Option<TeamId>>,
    channels: Vec<ChannelKind>,
    inputs: Vec<ScoreInputs>,
    efforts: Vec<u32>,
    /// What only few have: skills asked for, agents who gave it back, followers.
    rare: HashMap<TicketId, Rare>,
    /// What is on its way to an agent: it still waits, but is not planned again.
    held: HashSet<TicketId>,
}

/// What only few waiting tickets have.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rare {
    skills: Vec<(crate::label::Label, u8)>,
    declined: Vec<(AgentId, Timestamp)>,
    followers: Vec<AgentId>,
}

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

impl Queue {
    /// Returns how many tickets wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Tells whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// Takes an entry in, in place of what was known of the ticket.
    pub fn upsert(&mut self, entry: Waiting) {
        let inputs = entry.inputs();
        let Waiting { ticket, customer, team, channel, work, followers, .. } = entry;
        let rare = Rare { skills: work.skills, declined: work.declined, followers };
        if rare == Rare::default() {
            self.rare.remove(&ticket);
        } else {
            self.rare.insert(ticket, rare);
        }
        let row = self.rows.get(&ticket).copied();
        if let Some(row) = row {
            set(&mut self.customers, row, customer);
            set(&mut self.teams, row, team);
            set(&mut self.channels, row, channel);
            set(&mut self.inputs, row, inputs);
            set(&mut self.efforts, row, work.effort);
        } else {
            self.rows.insert(ticket, self.tickets.len());
            self.tickets.push(ticket);
            self.customers.push(customer);
            self.teams.push(team);
            self.channels.push(channel);
            self.inputs.push(inputs);
            self.efforts.push(work.effort);
        }
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, ticket: TicketId) {
        let Some(row) = self.rows.remove(&ticket) else { return };
        self.rare.remove(&ticket);
        self.held.remove(&ticket);
        self.tickets.swap_remove(row);
        self.customers.swap_remove(row);
        self.teams.swap_remove(row);
        self.channels.swap_remove(row);
        self.inputs.swap_remove(row);
        self.efforts.swap_remove(row);
        if let Some(moved) = self.tickets.get(row) {
            self.rows.insert(*moved, row);
        }
    }

    /// Marks waiting work as on its way to an agent: a plan passes it over, a page still shows it.
    pub fn hold(&mut self, ticket: TicketId) {
        if self.rows.contains_key(&ticket) {
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
        self.tickets.len() > self.held.len()
    }

    /// Returns the best `limit` places at `now` in sight of `scope`, after a place where one is given.
    #[must_use]
    pub fn page(
        &self,
        scope: &Scope,
        weights: &Weights,
        now: Timestamp,
        limit: usize,
        after: Option<Ranked>,
    ) -> Vec<Ranked> {
        let mut best: BinaryHeap<Ranked> = BinaryHeap::with_capacity(limit.saturating_add(1));
        for (row, (ticket, inputs)) in self.tickets.iter().zip(&self.inputs).enumerate() {
            let score = total(weights, inputs, now);
            // The score is cheap and decides most rows; sight is looked up only for those that would make the page.
            if best.len() >= limit && best.peek().is_some_and(|worst| score < worst.score) {
                continue;
            }
            let ranked = Ranked { ticket: *ticket, score, since: inputs.waiting_since.unwrap_or(now) };
            if after.is_some_and(|after| ranked <= after) || !self.is_visible(row, *ticket, scope) {
                continue;
            }
            best.push(ranked);
            if best.len() > limit {
                best.pop();
            }
        }
        best.into_sorted_vec()
    }

    /// Counts what waits in sight of `scope`.
    #[must_use]
    pub fn depth(&self, scope: &Scope) -> QueueDepth {
        let mut depth = QueueDepth::default();
        let columns = self.tickets.iter().zip(&self.teams).zip(&self.channels).enumerate();
        for (row, ((ticket, team), channel)) in columns {
            if !self.is_visible(row, *ticket, scope) {
                continue;
            }
            depth.depth += 1;
            *depth.by_team.entry(team.unwrap_or(TeamId::DEFAULT)).or_default() += 1;
            match depth.by_channel.get_mut(channel) {
                Some(count) => *count += 1,
                None => drop(depth.by_channel.insert(channel.clone(), 1)),
            }
        }
        depth
    }

    /// Returns how many visible tickets come before one, or nothing where it does not wait.
    #[must_use]
    pub fn position(
        &self,
        ticket: TicketId,
        scope: &Scope,
        weights: &Weights,
        now: Timestamp,
    ) -> Option<u32> {
        let row = *self.rows.get(&ticket)?;
        let mine = ranked(ticket, self.inputs.get(row)?, weights, now);
        let rows = self.tickets.iter().zip(&self.inputs).enumerate();
        let before = rows.filter(|(row, (other, inputs))| {
            ranked(**other, inputs, weights, now) < mine && self.is_visible(*row, **other, scope)
        });
        u32::try_from(before.count()).ok()
    }

    /// Lists what may be planned, best first, as long as it is asked for.
    pub(super) fn in_order(&self, weights: &Weights, now: Timestamp) -> impl Iterator<Item = Waiting> + '_ {
        let rows = self.tickets.iter().zip(&self.inputs);
        let mut heap: BinaryHeap<Reverse<Ranked>> =
            rows.map(|(ticket, inputs)| Reverse(ranked(*ticket, inputs, weights, now))).collect();
        std::iter::from_fn(move || heap.pop())
            .filter(|Reverse(ranked)| !self.held.contains(&ranked.ticket))
            .filter_map(|Reverse(ranked)| self.entry(ranked.ticket))
    }

    /// Returns what is known of a waiting ticket.
    #[must_use]
    pub fn entry(&self, ticket: TicketId) -> Option<Waiting> {
        let row = *self.rows.get(&ticket)?;
        let inputs = self.inputs.get(row)?;
        let rare = self.rare.get(&ticket).cloned().unwrap_or_default();
        Some(Waiting {
            ticket,
            customer: *self.customers.get(row)?,
            team: *self.teams.get(row)?,
            channel: self.channels.get(row)?.clone(),
            priority: inputs.priority,
            keyword_points: inputs.keyword_points,
            insight_points: inputs.insight_points,
            urgency: inputs.urgency.map(|urgency| (urgency.from, urgency.due)),
            work: Work {
                since: inputs.waiting_since?,
                effort: *self.efforts.get(row)?,
                skills: rare.skills,
                declined: rare.declined,
            },
            followers: rare.followers,
        })
    }

    /// The rule of [`Scope::sees`] on columns: waiting work has no owner and is never set aside.
    fn is_visible(&self, row: usize, ticket: TicketId, scope: &Scope) -> bool {
        let follows =
            |agent: &AgentId| self.rare.get(&ticket).is_some_and(|rare| rare.followers.contains(agent));
        match scope.sight() {
            Sight::System | Sight::All { .. } => true,
            Sight::Team { agent, teams } => {
                let team = self.teams.get(row).copied().flatten();
                team.is_some_and(|team| teams.binary_search(&team).is_ok()) || follows(agent)
            }
            Sight::Own { agent } => follows(agent),
            Sight::Customer { customer } => self.customers.get(row) == Some(customer),
        }
    }
}

fn ranked(ticket: TicketId, inputs: &ScoreInputs, weights: &Weights, now: Timestamp) -> Ranked {
    Ranked { ticket, score: total(weights, inputs, now), since: inputs.waiting_since.unwrap_or(now) }
}

/// Sets a cell that exists.
fn set<T>(column: &mut [T], row: usize, value: T) {
    if let Some(cell) = column.get_mut(row) {
        *cell = value;
    }
}
