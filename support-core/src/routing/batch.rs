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
//! always fit the flow; what is left then is filled in greedily. Beside it stands what greedy filling alone comes to,
//! the most urgent first and each to whom it fits best; the better of the two is the plan. Where the work of finding
//! the flow passes [`STEPS`], what was found so far is filled in.

mod fill;
mod worth;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::config::Settings;
use crate::id::AgentId;
use crate::label::Label;
use crate::scoring::Weights;
use crate::time::Timestamp;

use super::crew::Crew;
use super::flow::Network;
use super::queue::Next;
use super::turns::Turns;
use super::{Asks, Fit, Worth};
use worth::{
    MOST_VALUE, PARTS, PREFERRED_POINTS, SPARED_POINTS, STEP_POINTS, STICKY_POINTS, points, unit_value,
};
pub use worth::{Urgencies, value};

/// Arcs that are looked at before a plan is made of what was found: some 0.1 s of a usual processor.
const STEPS: u64 = 40_000_000;
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
    /// Value of filling greedily.
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
#[derive(Debug, Clone, Default)]
pub(super) struct Solution {
    /// The placements of the flow, then those that were filled in, each in the order of what waits.
    pub(super) picks: Vec<Pick>,
    /// What each number of turns asks for, and who is eligible.
    asked: Vec<Asked>,
    /// What a unit of room of each agent is worth, by number.
    prices: Vec<i32>,
    /// In how many parts of a point values are reckoned.
    parts: i32,
    /// Whose younger work gave way: what room they have is for what comes in its place.
    pub(super) yielded: HashSet<usize>,
    pub(super) appraisal: Appraisal,
}

impl Solution {
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
        self.prices.get(agent).copied().unwrap_or(0)
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

/// Plans work among agents. `turns_of` answers the number of the turns that a piece of work takes, and their team's say
/// whether work is sticky; nothing where no agent is eligible.
pub(super) fn solve(
    crew: &Crew<'_>,
    turns: &[Turns],
    waiting: &[Next<'_>],
    turns_of: impl Fn(&Next<'_>) -> Option<(usize, bool)>,
    settings: &Settings,
) -> Solution {
    let urgencies = Urgencies::of(waiting.iter().map(|next| next.ranked.score));
    let mut pieces = Vec::with_capacity(waiting.len());
    pieces.extend(waiting.iter().enumerate().filter_map(|(at, next)| {
        let (asks, follows) = turns_of(next)?;
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| follows);
        let sticky = sticky.and_then(|agent| crew.number(agent));
        let takes = |turns: &Turns, number| turns.takes(number) && !crew.keeps(number);
        let sticky = sticky.filter(|number| turns.get(asks).is_some_and(|turns| takes(turns, *number)));
        Some(Piece { at, asks, step: urgencies.step(next.ranked.score), sticky })
    }));
    let batch = Batch::new(crew, turns, pieces, waiting, settings);
    batch.solve()
}

/// Agents who are the same to all work of a batch.
type AgentKind<'a> = (&'a [crate::id::TeamId], &'a BTreeMap<Label, u8>, &'a [Label], Option<usize>);

struct Batch<'a> {
    crew: &'a Crew<'a>,
    waiting: &'a [Next<'a>],
    weights: &'a Weights,
    /// How long who gave work back is not asked, in seconds.
    declines: i64,
    pieces: Vec<Piece>,
    /// What each number of turns asks for, with who is eligible, best fit first, and the points of each fit.
    asked: Vec<Asked>,
    /// Room of each agent, by number.
    room: Vec<u32>,
    /// Kind of each agent, by number.
    kind_of: Vec<usize>,
    kinds: usize,
    parts: i32,
}

#[derive(Debug, Clone)]
struct Asked {
    asks: Arc<Asks>,
    eligible: Vec<(i32, usize)>,
}

impl<'a> Batch<'a> {
    fn new(
        crew: &'a Crew<'a>,
        turns: &[Turns],
        pieces: Vec<Piece>,
        waiting: &'a [Next<'a>],
        settings: &'a Settings,
    ) -> Self {
        let (weights, declines) = (&settings.weights, settings.declined_seconds);
        let mut used = vec![false; turns.len()];
        let mut own = vec![false; crew.roster().len()];
        for piece in &pieces {
            used.get_mut(piece.asks).into_iter().for_each(|used| *used = true);
            let sticky = piece.sticky.and_then(|number| own.get_mut(number));
            sticky.into_iter().for_each(|own| *own = true);
        }
        let asked: Vec<Asked> = turns
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
            if seat.room() == 0 {
                return usize::MAX;
            }
            *kinds.entry((&agent.team_ids, &agent.skills, &agent.languages, alone)).or_insert(next)
        });
        let kind_of: Vec<usize> = kind_of.collect();
        let room = crew.seats().map(super::Seat::room).collect();
        let parts = if asked.iter().all(|asked| asked.asks.effort == 1) { 1 } else { PARTS };
        Self { crew, waiting, weights, declines, pieces, asked, room, kinds: kinds.len(), kind_of, parts }
    }

    fn solve(self) -> Solution {
        let mut appraisal = Appraisal { work: self.pieces.len(), ..Appraisal::default() };
        let (greedy, _) = self.filled(self.room.clone(), Vec::new(), vec![false; self.waiting.len()]);
        appraisal.greedy = total(&greedy);
        let (mut picks, prices, mut yielded) = self.flow(&mut appraisal);
        appraisal.flow = total(&picks);
        let picks = if appraisal.flow >= appraisal.greedy {
            picks.sort_by_key(|pick| (!pick.by_flow, pick.at));
            picks
        } else {
            yielded.clear();
            greedy
        };
        Solution { picks, asked: self.asked, prices, parts: self.parts, yielded, appraisal }
    }

    fn asked(&self, piece: &Piece) -> Option<&Asked> {
        self.asked.get(piece.asks)
    }

    fn effort(&self, piece: &Piece) -> u32 {
        self.asked(piece).map_or(1, |asked| asked.asks.effort)
    }

    /// Tells whether an agent gave a piece of work back lately.
    fn declined(&self, piece: &Piece, agent: usize) -> bool {
        let Some(rare) = self.waiting.get(piece.at).and_then(|next| next.rare) else { return false };
        let id: Option<AgentId> = self.crew.seat(agent).map(|seat| seat.agent.id);
        let still = |at: &Timestamp| at.plus_seconds(self.declines) > self.crew.now;
        rare.declined.iter().any(|(who, at)| Some(*who) == id && still(at))
    }

    /// Finds the cheapest flow, makes placements of it, and fills in what is left. Answers the prices too, and whose
    /// younger work gave way.
    fn flow(&self, appraisal: &mut Appraisal) -> (Vec<Pick>, Vec<i32>, HashSet<usize>) {
        // Kinds of work: what is asked for; and beside, that with who had it before.
        let mut sticky: BTreeMap<(usize, usize), Vec<&Piece>> = BTreeMap::new();
        let mut count = vec![0; self.asked.len()];
        for piece in self.pieces.iter().filter(|piece| piece.sticky.is_none()) {
            count.get_mut(piece.asks).into_iter().for_each(|count| *count += 1);
        }
        let mut plain: Vec<Vec<&Piece>> = count.into_iter().map(Vec::with_capacity).collect();
        for piece in &self.pieces {
            match piece.sticky {
                Some(agent) => sticky.entry((piece.asks, agent)).or_default().push(piece),
                None => plain.get_mut(piece.asks).into_iter().for_each(|plain| plain.push(piece)),
            }
        }
        let (source, sink) = (0, 1);
        let of_asks = |asks: usize| 2 + asks;
        let of_kind = |kind: usize| 2 + self.asked.len() + kind;
        let of_sticky = |at: usize| 2 + self.asked.len() + self.kinds + at;
        let mut network = Network::new(of_sticky(sticky.len()));
        let most = unit_value(MOST_VALUE, 1, self.parts);
        let supply = |network: &mut Network, node: usize, pieces: &[&Piece]| -> Vec<usize> {
            // Pieces are in the order of the score, and so of their steps.
            let steps = pieces.chunk_by(|a, b| a.step == b.step);
            let arcs = steps.filter_map(|same| {
                let piece = same.first()?;
                let effort = self.effort(piece);
                let count = u32::try_from(same.len()).unwrap_or(u32::MAX).saturating_mul(effort);
                let worth = unit_value(i32::from(piece.step) * STEP_POINTS, effort, self.parts);
                Some(network.add(source, node, count, most - worth))
            });
            arcs.collect()
        };
        let mut supplies = Vec::with_capacity(self.asked.len());
        for (asks, pieces) in plain.iter().enumerate() {
            supplies.push(supply(&mut network, of_asks(asks), pieces));
        }
        let mut edges: Vec<Vec<(usize, usize, i32)>> = vec![Vec::new(); self.asked.len()];
        // What is not gained by a fit is a cost. A unit of a fit is at most as large as of the least effort.
        let best = STICKY_POINTS + 2 * PREFERRED_POINTS + SPARED_POINTS;
        let cost = |points: i32, effort: u32| {
            unit_value(best, 1, self.parts) - unit_value(points, effort, self.parts)
        };
        for ((asks, asked), edges) in self.asked.iter().enumerate().zip(&mut edges) {
            let mut seen = HashMap::new();
            for (points, number) in &asked.eligible {
                let Some(kind) = self.kind_of.get(*number).copied().filter(|kind| *kind != usize::MAX) else {
                    continue;
                };
                seen.entry(kind).or_insert_with(|| {
                    let cost = cost(*points, asked.asks.effort);
                    let arc = network.add(of_asks(asks), of_kind(kind), u32::MAX / 2, cost);
                    edges.push((arc, kind, *points));
                });
            }
        }
        let mut own = Vec::with_capacity(sticky.len());
        for (at, ((asks, agent), pieces)) in sticky.iter().enumerate() {
            let arcs = supply(&mut network, of_sticky(at), pieces);
            let Some(asked) = self.asked.get(*asks) else { continue };
            let through = network.add(of_sticky(at), of_asks(*asks), u32::MAX / 2, 0);
            let fits = asked.eligible.iter().find(|(_, number)| number == agent);
            let kind = self.kind_of.get(*agent).copied().filter(|kind| *kind != usize::MAX);
            let (Some((points, _)), Some(kind)) = (fits, kind) else { continue };
            let cost = cost(points + STICKY_POINTS, asked.asks.effort);
            let direct = network.add(of_sticky(at), of_kind(kind), u32::MAX / 2, cost);
            own.push((*asks, *agent, points + STICKY_POINTS, pieces, arcs, direct, through));
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.kinds];
        let mut rooms: Vec<u32> = vec![0; self.kinds];
        for (number, kind) in self.kind_of.iter().enumerate() {
            if let (Some(members), Some(rooms)) = (members.get_mut(*kind), rooms.get_mut(*kind)) {
                members.push(number);
                *rooms = rooms.saturating_add(self.room.get(number).copied().unwrap_or(0));
            }
        }
        let mut arcs = 0;
        for (kind, room) in rooms.iter().enumerate() {
            arcs = network.add(of_kind(kind), sink, *room, 0);
        }
        let mut steps = STEPS;
        // Beyond this a placement would be worth nothing.
        let dearest = i64::from(most) + i64::from(unit_value(best, 1, self.parts));
        let flow = network.run(source, sink, dearest, &mut steps);
        appraisal.complete = flow.complete;
        appraisal.kinds_of_agents = self.kinds;
        appraisal.kinds_of_work = supplies.iter().map(Vec::len).sum::<usize>() + own.len();
        appraisal.arcs = arcs / 2 + 1;

        let potential = |node: usize| flow.potentials.get(node).copied().unwrap_or(0);
        let price = |kind: usize| potential(sink) - potential(of_kind(kind));
        let prices: Vec<i32> = self
            .kind_of
            .iter()
            .map(|kind| if *kind == usize::MAX { 0 } else { i32::try_from(price(*kind)).unwrap_or(0).max(0) })
            .collect();
        appraisal.bound = self.bound(&prices);

        // Placements. Each kind of work is taken in the order of the score.
        let mut room = self.room.clone();
        let mut picks = Vec::new();
        let mut placed = vec![false; self.waiting.len()];
        let mut pools: Vec<Vec<&Piece>> = plain
            .iter()
            .zip(&supplies)
            .map(|(pieces, arcs)| {
                let units: u32 = arcs.iter().map(|arc| network.flow(*arc)).sum();
                let effort = pieces.first().map_or(1, |piece| self.effort(piece));
                pieces.iter().take((units / effort) as usize).copied().collect()
            })
            .collect();
        for (asks, agent, points, pieces, arcs, direct, through) in &own {
            let effort = pieces.first().map_or(1, |piece| self.effort(piece));
            let units: u32 = arcs.iter().map(|arc| network.flow(*arc)).sum();
            let taken = pieces.get(..(units / effort) as usize).unwrap_or_default();
            let (theirs, others) =
                taken.split_at_checked((network.flow(*direct) / effort) as usize).unwrap_or((taken, &[]));
            for piece in theirs {
                if !self.declined(piece, *agent) && take(&mut room, *agent, effort) {
                    place(&mut picks, &mut placed, piece, *agent, *points);
                }
            }
            if network.flow(*through) > 0 {
                pools.get_mut(*asks).into_iter().for_each(|pool| pool.extend(others));
            }
        }
        for (pool, edges) in pools.iter_mut().zip(&edges) {
            pool.sort_by_key(|piece| piece.at);
            let effort = pool.first().map_or(1, |piece| self.effort(piece));
            let mut pool = pool.iter().copied();
            // Those whom an agent gave back before try the next kind first.
            let mut aside: Vec<&Piece> = Vec::new();
            for (arc, kind, points) in edges {
                let Some(members) = members.get_mut(*kind) else { continue };
                let mut again = std::mem::take(&mut aside).into_iter();
                let mut slots = network.flow(*arc) / effort;
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
                        place(&mut picks, &mut placed, piece, agent, *points);
                    }
                }
                aside.extend(again);
            }
        }
        let (picks, yielded) = self.filled(room, picks, placed);
        (picks, prices, yielded)
    }

    /// Returns what no plan can pass at these prices: all room at its price, and for each piece of work what is gained
    /// beyond the price by whom it serves best.
    fn bound(&self, prices: &[i32]) -> i64 {
        let parts = i64::from(self.parts);
        let price = |number: usize| i64::from(prices.get(number).copied().unwrap_or(0));
        let rooms = self.room.iter().enumerate().map(|(number, room)| i64::from(*room) * price(number));
        // In parts of a point. The best net of a kind of work is the same at every step but for the step.
        let best: Vec<Option<i64>> = self
            .asked
            .iter()
            .map(|asked| {
                let net = |(points, number): &(i32, usize)| {
                    i64::from(*points) * parts - i64::from(asked.asks.effort) * price(*number)
                };
                asked.eligible.iter().map(net).max()
            })
            .collect();
        let gained = self.pieces.iter().filter_map(|piece| {
            let step = i64::from(i32::from(piece.step) * STEP_POINTS) * parts;
            let plain = best.get(piece.asks).copied().flatten();
            let again = piece.sticky.and_then(|agent| {
                let asked = self.asked(piece)?;
                let (points, _) = asked.eligible.iter().find(|(_, number)| *number == agent)?;
                let points = i64::from(points + STICKY_POINTS) * parts;
                Some(points - i64::from(asked.asks.effort) * price(agent))
            });
            Some((step + plain.max(again)?).max(0))
        });
        (rooms.sum::<i64>() + gained.sum::<i64>()) / parts
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
