//! All that waits and all free capacity planned together: what the strategy `optimal` does.
//!
//! Giving work to an agent has a [value](value): 32 points for each of 16 steps of urgency (the score, from the lowest
//! to the highest that waits, in equal steps), and less than 32 for how well the agent fits. So one step of urgency
//! counts for more than the best fit, and placing any work for more than placing none. The plan of the most value is a
//! cheapest flow: from each kind of work (what it asks for, by steps of urgency) over the kinds of agents who may have
//! it (same teams, skills and languages) to their room. Its prices say what room is worth, and so why work went where it
//! went.
//!
//! With efforts of one unit this is exact. With larger ones, and where agents gave work back, whole pieces of work do not
//! always fit the flow; what is left then is filled in greedily. Where the work of finding the flow passes
//! [`STEPS`](cheapest::STEPS), what was found so far is filled in. The planner compares what comes of it with a plan
//! that places one piece after the other, wherever it is not certain that nothing is worth more.
//!
//! The flow asks only how much waits of each kind. Where all efforts are one unit, what waits is therefore counted
//! first, and put in order only as far down as the flow reaches in each kind, with the first that it leaves: where the
//! plan of that comes to the bound, and nothing was filled in, none of the rest could be in it.

mod ceiling;
mod cheapest;
mod fill;
mod tally;
mod worth;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::config::Settings;
use crate::id::AgentId;
use crate::label::Label;
use crate::scoring::Weights;
use crate::time::Timestamp;

use super::crew::Crew;
use super::queue::{Backlog, Next, Scored};
use super::turns::Turns;
use super::{Asks, Fit, Worth};
use ceiling::Ceiling;
use cheapest::Cheapest;
use tally::Tally;
pub(super) use worth::MOST_VALUE;
use worth::{PARTS, STEP_POINTS, STICKY_POINTS, points, unit_value};
pub use worth::{Urgencies, value};

/// What a plan of all that waits comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appraisal {
    /// Pieces of work that were looked at.
    pub work: usize,
    /// Kinds of work: what it asks for, and whose it was.
    pub kinds_of_work: usize,
    /// Kinds of agents.
    pub kinds_of_agents: usize,
    /// Arcs of the network.
    pub arcs: usize,
    /// Value of placing one piece after the other, best first, each to whom it fits best.
    pub greedy: i64,
    /// Value of the flow, with what was filled in.
    pub flow: i64,
    /// What no plan can pass, even if work could be cut in pieces.
    pub bound: i64,
    /// Whether the flow is whole.
    pub complete: bool,
}

/// A piece of work in a batch.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Its place in what waits, best first.
    at: usize,
    /// What it asks for: the number of its turns.
    asks: usize,
    step: u8,
    /// Who had it before, where they are eligible.
    sticky: Option<usize>,
}

/// Where a piece of work goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    /// Its place in what waits, best first.
    pub(super) at: usize,
    /// The agent's number.
    pub(super) agent: usize,
    /// Its step of urgency.
    pub(super) step: u8,
    /// What that is worth, in points.
    pub(super) value: i32,
    /// Whether the flow says so; else it was filled in.
    pub(super) by_flow: bool,
}

/// An agent as one kind of work sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Serves {
    /// The agent's number.
    pub(super) agent: usize,
    pub(super) fit: Fit,
    /// What is gained by that, a unit.
    gain: i32,
    /// What their room is worth, a unit.
    price: i32,
}

/// A plan of all that waits.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// The placements of the flow, then those that were filled in, each in the order of what waits.
    pub(super) picks: Vec<Pick>,
    /// What each number of turns asks for, and who is eligible.
    asked: Arc<[Asked]>,
    /// What no plan can pass, at the prices of room.
    ceiling: Ceiling,
    /// In how many parts of a point values are reckoned.
    parts: i32,
    /// Whose younger work gave way: what room they have is for what comes in its place.
    pub(super) yielded: HashSet<usize>,
    /// The steps of urgency of all that waits.
    pub(super) urgencies: Urgencies,
    /// How much of what waits was put in order.
    pub(super) read: Reads,
    pub(super) appraisal: Appraisal,
}

impl Solution {
    /// Tells whether no plan of the work that was planned together is worth more.
    pub(super) fn is_best(&self) -> bool {
        let whole = self.yielded.is_empty() && self.picks.iter().all(|pick| pick.by_flow);
        whole && self.appraisal.flow == self.appraisal.bound
    }

    /// Says how work of an effort would be served by an agent who fits it so.
    pub(super) fn serves(&self, agent: usize, fit: Fit, effort: u32) -> Serves {
        Serves { agent, fit, gain: unit_value(points(fit), effort, self.parts), price: self.price(agent) }
    }

    /// Returns what it is worth to give a picked piece of work of an effort to agents. The second argument says whether
    /// they had it before.
    pub(super) fn worth(&self, pick: &Pick, effort: u32) -> impl Fn(&Serves, bool) -> Worth {
        let (parts, by_flow) = (self.parts, pick.by_flow);
        let step = unit_value(i32::from(pick.step) * STEP_POINTS, effort, parts);
        move |by, sticky| {
            let again = || unit_value(points(by.fit) + STICKY_POINTS, effort, parts);
            let gain = if sticky { again() } else { by.gain };
            Worth { value: step + gain, price: if by_flow { by.price } else { 0 } }
        }
    }

    fn price(&self, agent: usize) -> i32 {
        self.ceiling.prices.get(agent).copied().unwrap_or(0)
    }

    /// Returns what no plan of the work that was planned together can pass, in [parts](Self::in_parts) of a point.
    pub(super) const fn ceiling(&self) -> i64 {
        self.ceiling.all()
    }

    /// Returns what a piece of work of these turns, by number, adds to the ceiling. `sticky` is who had it before.
    pub(super) fn adds(&self, turns: usize, step: u8, sticky: Option<usize>) -> i64 {
        self.asked.get(turns).map_or(0, |asked| self.ceiling.gained(asked, turns, step, sticky))
    }

    /// Returns the part of the ceiling that room of an agent is.
    pub(super) fn room(&self, agent: usize, units: u32) -> i64 {
        self.ceiling.room(agent, units)
    }

    /// Returns a value in parts of a point.
    pub(super) fn in_parts(&self, value: i64) -> i64 {
        value.saturating_mul(i64::from(self.parts))
    }

    /// Lists the first few whom work of these turns serves best after the price.
    pub(super) fn best_served(&self, turns: usize, most: usize) -> Vec<usize> {
        let Some(asked) = self.asked.get(turns) else { return Vec::new() };
        let gain = |(points, number): &(i32, usize)| {
            (unit_value(*points, asked.asks.effort, self.parts) - self.price(*number), *number)
        };
        let mut served: Vec<(i32, usize)> = asked.eligible.iter().map(gain).collect();
        served.sort_by_key(|(gain, _)| std::cmp::Reverse(*gain));
        served.into_iter().take(most).map(|(_, number)| number).collect()
    }

    /// Lists the first few whom work of these turns fits best, of those who may have it now.
    pub(super) fn fitting(&self, turns: usize, most: usize, may: impl Fn(usize) -> bool) -> Vec<usize> {
        let eligible = self.asked.get(turns).map(|asked| asked.eligible.iter()).unwrap_or_default();
        eligible.map(|(_, number)| *number).filter(|number| may(*number)).take(most).collect()
    }
}

/// How a planner deals with what waits.
pub(super) struct Rules<'a, F> {
    /// The number of the turns that all work of a line takes that has nothing particular: where it does not depend on
    /// how long it waits, and such work goes to nobody if the plan leaves it.
    pub(super) plain: &'a [Option<usize>],
    /// Answers the number of the turns that a piece of work takes, and their team's say whether work is sticky; nothing
    /// where no agent is eligible.
    pub(super) turns_of: F,
}

impl<F: Fn(&Next<'_>) -> Option<(usize, bool)>> Rules<'_, F> {
    /// Says what a piece of work takes, and who had it before, where they are eligible.
    fn of(&self, crew: &Crew<'_>, turns: &[Turns], next: &Next<'_>) -> Option<(usize, Option<usize>)> {
        let (asks, follows) = (self.turns_of)(next)?;
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| follows);
        let sticky = sticky.and_then(|agent| crew.number(agent));
        let takes = |turns: &Turns, number| turns.takes(number) && !crew.keeps(number);
        Some((asks, sticky.filter(|number| turns.get(asks).is_some_and(|turns| takes(turns, *number)))))
    }

    /// Returns the turns that a piece of work takes which need not be looked at more closely.
    fn plainly(&self, one: &Scored) -> Option<usize> {
        self.plain.get(one.line).copied().flatten().filter(|_| !one.particular)
    }
}

/// How much of what waits a plan puts in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// All of it.
    All,
    /// What could have a part in the plan.
    Part,
}

/// Plans work among agents. Answers what was put in order for it, too: nothing of the rest is for anybody.
pub(super) fn solve<'a>(
    crew: &Crew<'_>,
    turns: &[Turns],
    mut backlog: Backlog<'a>,
    rules: &Rules<'_, impl Fn(&Next<'_>) -> Option<(usize, bool)>>,
    settings: &Settings,
    reads: Reads,
) -> (Vec<Next<'a>>, Solution) {
    let urgencies = Urgencies::of(backlog.scored().map(|one| one.score));
    let mut tally = Tally::new(turns.len());
    for one in backlog.scored() {
        let step = urgencies.step(one.score);
        if let Some(asks) = rules.plainly(&one) {
            tally.add_plain(asks, step);
        } else if let Some((asks, sticky)) = backlog.next(&one).and_then(|next| rules.of(crew, turns, &next))
        {
            tally.add(asks, step, sticky);
        }
    }
    let batch = Batch::new(crew, turns, &tally, settings);
    let cheapest = Cheapest::of(&batch, &tally);
    let lowest = if reads == Reads::Part { batch.lowest(&tally, &cheapest) } else { None };
    let pieces = |all: &[Next<'_>]| {
        let mut pieces = Vec::with_capacity(all.len());
        pieces.extend(all.iter().enumerate().filter_map(|(at, next)| {
            let (asks, sticky) = rules.of(crew, turns, next)?;
            Some(Piece { at, asks, step: urgencies.step(next.ranked.score), sticky })
        }));
        pieces
    };
    if let Some(lowest) = lowest {
        let all = backlog.in_order(|one| {
            let lowest = rules.plainly(one).and_then(|asks| lowest.get(asks));
            lowest.is_none_or(|lowest| urgencies.step(one.score) >= *lowest)
        });
        let placed = InOrder { batch: &batch, waiting: &all, pieces: pieces(&all) }.placed(&cheapest);
        let solution = batch.solution(&cheapest, placed, urgencies, Reads::Part);
        if solution.is_best() {
            return (all, solution);
        }
    }
    let all = backlog.in_order(|_| true);
    let placed = InOrder { batch: &batch, waiting: &all, pieces: pieces(&all) }.placed(&cheapest);
    let solution = batch.solution(&cheapest, placed, urgencies, Reads::All);
    (all, solution)
}

/// Agents who are the same to all work of a batch.
type AgentKind<'a> = (&'a [crate::id::TeamId], &'a BTreeMap<Label, u8>, &'a [Label], Option<usize>);

/// Work and agents of a plan, by their kinds.
struct Batch<'a> {
    crew: &'a Crew<'a>,
    weights: &'a Weights,
    /// How long who gave work back is not asked, in seconds.
    declines: i64,
    /// What each number of turns asks for, with who is eligible, best fit first, and the points of each fit.
    asked: Arc<[Asked]>,
    /// Room of each agent, by number.
    room: Vec<u32>,
    /// Kind of each agent, by number.
    kind_of: Vec<usize>,
    kinds: usize,
    parts: i32,
}

/// What was put in order of what waits.
struct InOrder<'a> {
    batch: &'a Batch<'a>,
    waiting: &'a [Next<'a>],
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Asked {
    asks: Arc<Asks>,
    eligible: Vec<(i32, usize)>,
}

impl<'a> Batch<'a> {
    fn new(crew: &'a Crew<'a>, turns: &[Turns], tally: &Tally, settings: &'a Settings) -> Self {
        let (weights, declines) = (&settings.weights, settings.declined_seconds);
        let used = tally.used();
        let mut own = vec![false; crew.roster().len()];
        for (_, sticky) in tally.sticky.keys() {
            own.get_mut(*sticky).into_iter().for_each(|own| *own = true);
        }
        let asked: Arc<[Asked]> = turns
            .iter()
            .zip(used)
            .map(|(turns, used)| {
                // Whose room is kept is no part of it.
                let fits = turns.fits().filter(|(number, _)| used && !crew.keeps(*number));
                let mut eligible: Vec<(i32, usize)> =
                    fits.map(|(number, fit)| (points(fit), number)).collect();
                // The turns are in order; a stable sort keeps it among equals.
                eligible.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
                Asked { asks: turns.asks.clone(), eligible }
            })
            .collect();
        let mut kinds: HashMap<AgentKind<'_>, usize> = HashMap::new();
        let kind_of = crew.seats().enumerate().map(|(number, seat)| {
            let next = kinds.len();
            let alone = own.get(number).is_some_and(|own| *own).then_some(number);
            let agent = &*seat.agent;
            // Who is not there is of no kind, however much they are like somebody who is; nor is whose room is kept.
            if crew.row(number).is_none() || seat.room() == 0 || crew.keeps(number) {
                return usize::MAX;
            }
            *kinds.entry((&agent.team_ids, &agent.skills, &agent.languages, alone)).or_insert(next)
        });
        let kind_of: Vec<usize> = kind_of.collect();
        let rooms = kind_of.iter().zip(crew.seats());
        let room = rooms.map(|(kind, seat)| if *kind == usize::MAX { 0 } else { seat.room() }).collect();
        let parts = if asked.iter().all(|asked| asked.asks.effort == 1) { 1 } else { PARTS };
        Self { crew, weights, declines, asked, room, kinds: kinds.len(), kind_of, parts }
    }

    fn solution(
        &self,
        cheapest: &Cheapest,
        (mut picks, yielded): (Vec<Pick>, HashSet<usize>),
        urgencies: Urgencies,
        read: Reads,
    ) -> Solution {
        picks.sort_by_key(|pick| (!pick.by_flow, pick.at));
        let appraisal = Appraisal { flow: total(&picks), ..cheapest.appraisal };
        let (asked, ceiling) = (self.asked.clone(), cheapest.ceiling.clone());
        Solution { picks, asked, ceiling, parts: self.parts, yielded, urgencies, read, appraisal }
    }

    /// Returns, by the number of the turns, the lowest step that has to be put in order: down to it there is at least one
    /// piece of work that nothing is particular to and that the flow leaves. If that one finds no room, and nothing that
    /// came later has to give way to it, the same holds for all of the lower steps. Nothing where that cannot be told,
    /// because efforts differ.
    fn lowest(&self, tally: &Tally, cheapest: &Cheapest) -> Option<Vec<u8>> {
        (self.parts == 1)
            .then(|| (0..self.asked.len()).map(|asks| tally.lowest(asks, cheapest.units(asks) + 1)).collect())
    }

    fn asked(&self, asks: usize) -> Option<&Asked> {
        self.asked.get(asks)
    }

    fn effort(&self, asks: usize) -> u32 {
        self.asked(asks).map_or(1, |asked| asked.asks.effort.max(1))
    }
}

impl InOrder<'_> {
    /// Tells whether an agent gave a piece of work back lately.
    fn declined(&self, piece: &Piece, agent: usize) -> bool {
        let Some(rare) = self.waiting.get(piece.at).and_then(|next| next.rare) else { return false };
        let id: Option<AgentId> = self.batch.crew.seat(agent).map(|seat| seat.agent.id);
        let still = |at: &Timestamp| at.plus_seconds(self.batch.declines) > self.batch.crew.now;
        rare.declined.iter().any(|(who, at)| Some(*who) == id && still(at))
    }

    /// Makes placements of a flow, and fills in what is left. Answers whose younger work gave way, too.
    fn placed(&self, cheapest: &Cheapest) -> (Vec<Pick>, HashSet<usize>) {
        let batch = self.batch;
        // Kinds of work: what is asked for; and beside, that with who had it before. Each in the order of the score.
        let units = |asks: usize| (cheapest.units(asks) / batch.effort(asks)) as usize;
        let mut left: Vec<usize> = (0..batch.asked.len()).map(units).collect();
        let mut pools: Vec<Vec<&Piece>> = left.iter().map(|left| Vec::with_capacity(*left)).collect();
        let mut sticky: BTreeMap<(usize, usize), Vec<&Piece>> = BTreeMap::new();
        for piece in &self.pieces {
            if let Some(agent) = piece.sticky {
                sticky.entry((piece.asks, agent)).or_default().push(piece);
            } else if let Some(left) = left.get_mut(piece.asks).filter(|left| **left > 0) {
                *left -= 1;
                pools.get_mut(piece.asks).into_iter().for_each(|pool| pool.push(piece));
            }
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); batch.kinds];
        for (number, kind) in batch.kind_of.iter().enumerate() {
            members.get_mut(*kind).into_iter().for_each(|members| members.push(number));
        }
        let mut room = batch.room.clone();
        let mut picks =
            Vec::with_capacity(self.waiting.len().min(room.iter().map(|room| *room as usize).sum()));
        let mut placed = vec![false; self.waiting.len()];
        for again in &cheapest.again {
            let (asks, agent) = again.of;
            let (effort, (units, direct, through)) = (batch.effort(asks), cheapest.units_again(again));
            let pieces = sticky.get(&again.of).map(Vec::as_slice).unwrap_or_default();
            let taken = pieces.get(..(units / effort) as usize).unwrap_or_default();
            let (theirs, others) = taken.split_at_checked((direct / effort) as usize).unwrap_or((taken, &[]));
            for piece in theirs {
                if !self.declined(piece, agent) && take(&mut room, agent, effort) {
                    place(&mut picks, &mut placed, piece, agent, again.points);
                }
            }
            if through {
                pools.get_mut(asks).into_iter().for_each(|pool| pool.extend(others));
            }
        }
        for ((asks, pool), edges) in pools.iter_mut().enumerate().zip(&cheapest.edges) {
            pool.sort_by_key(|piece| piece.at);
            let effort = batch.effort(asks);
            let mut pool = pool.iter().copied();
            // Those whom an agent gave back before try the next kind first.
            let mut aside: Vec<&Piece> = Vec::new();
            for edge in edges {
                let Some(members) = members.get_mut(edge.kind) else { continue };
                let mut again = std::mem::take(&mut aside).into_iter();
                let mut slots = cheapest.over(*edge) / effort;
                while slots > 0 {
                    let fits = |number: &usize| room.get(*number).is_some_and(|room| *room >= effort);
                    if !members.iter().any(fits) {
                        break;
                    }
                    let Some(piece) = again.next().or_else(|| pool.next()) else { break };
                    let may = |number: &usize| fits(number) && !self.declined(piece, *number);
                    // Members take turns.
                    let Some(at) = members.iter().position(may) else {
                        aside.push(piece);
                        continue;
                    };
                    let agent = members.remove(at);
                    members.push(agent);
                    slots -= 1;
                    if take(&mut room, agent, effort) {
                        place(&mut picks, &mut placed, piece, agent, edge.points);
                    }
                }
                aside.extend(again);
            }
        }
        self.filled(room, picks, placed)
    }
}

fn take(room: &mut [u32], agent: usize, effort: u32) -> bool {
    let Some(room) = room.get_mut(agent).filter(|room| **room >= effort) else { return false };
    *room -= effort;
    true
}

fn place(picks: &mut Vec<Pick>, placed: &mut [bool], piece: &Piece, agent: usize, points: i32) {
    placed.get_mut(piece.at).into_iter().for_each(|placed| *placed = true);
    picks.push(piece.to(agent, points, true));
}

fn total(picks: &[Pick]) -> i64 {
    picks.iter().map(|pick| i64::from(pick.value)).sum()
}

impl Piece {
    fn to(&self, agent: usize, points: i32, by_flow: bool) -> Pick {
        Pick {
            at: self.at,
            agent,
            step: self.step,
            value: i32::from(self.step) * STEP_POINTS + points,
            by_flow,
        }
    }
}

#[cfg(test)]
mod tests;
