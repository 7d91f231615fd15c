//! The cheapest flow from kinds of work to kinds of agents.

use super::ceiling::Ceiling;
use super::tally::{Counts, Tally, steps};
use super::worth::{MOST_VALUE, PREFERRED_POINTS, SPARED_POINTS, STEP_POINTS, STICKY_POINTS, unit_value};
use super::{Appraisal, Batch};
use crate::routing::flow::Network;

/// Arcs that are looked at before a plan is made of what was found: some 0.1 s of a usual processor.
pub(super) const STEPS: u64 = 40_000_000;

/// What the cheapest flow comes to.
pub(super) struct Cheapest {
    network: Network,
    /// The arcs over which work comes in, by the number of its turns.
    supplies: Vec<Vec<usize>>,
    /// To which kinds of agents it goes from there, and the points of that.
    pub(super) edges: Vec<Vec<Edge>>,
    /// Work that somebody had before who is eligible, in the order of the tally.
    pub(super) again: Vec<Again>,
    /// What no plan can pass at the prices of the flow.
    pub(super) ceiling: Ceiling,
    pub(super) appraisal: Appraisal,
}

/// An arc from what is asked for to a kind of agents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) arc: usize,
    pub(super) kind: usize,
    pub(super) points: i32,
}

/// Work of one kind that an agent had before.
#[derive(Debug, Clone)]
pub(super) struct Again {
    /// The number of its turns, and the agent.
    pub(super) of: (usize, usize),
    /// The points of giving it to the agent again.
    pub(super) points: i32,
    supplies: Vec<usize>,
    /// The arc to the agent, and to what others may have.
    direct: usize,
    through: usize,
}

impl Cheapest {
    pub(super) fn of(batch: &Batch<'_>, tally: &Tally) -> Self {
        let parts = batch.parts;
        let (source, sink) = (0, 1);
        let of_asks = |asks: usize| 2 + asks;
        let of_kind = |kind: usize| 2 + batch.asked.len() + kind;
        let of_sticky = |at: usize| 2 + batch.asked.len() + batch.kinds + at;
        let mut network = Network::new(of_sticky(tally.sticky.len()));
        let most = unit_value(MOST_VALUE, 1, parts);
        let supply = |network: &mut Network, node: usize, counts: &Counts, effort: u32| -> Vec<usize> {
            let arcs = steps(counts).map(|(step, count)| {
                let worth = unit_value(i32::from(step) * STEP_POINTS, effort, parts);
                network.add(source, node, count.saturating_mul(effort), most - worth)
            });
            arcs.collect()
        };
        let supplies = tally.plain.iter().enumerate();
        let supplies =
            supplies.map(|(asks, counts)| supply(&mut network, of_asks(asks), counts, batch.effort(asks)));
        let supplies: Vec<Vec<usize>> = supplies.collect();
        let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); batch.asked.len()];
        // What is not gained by a fit is a cost. A unit of a fit is at most as large as of the least effort.
        let best = unit_value(STICKY_POINTS + 2 * PREFERRED_POINTS + SPARED_POINTS, 1, parts);
        let cost = |points: i32, effort: u32| best - unit_value(points, effort, parts);
        let mut seen = vec![usize::MAX; batch.kinds];
        for ((asks, asked), edges) in batch.asked.iter().enumerate().zip(&mut edges) {
            for (points, number) in &asked.eligible {
                let Some((kind, seen)) =
                    batch.kind_of.get(*number).and_then(|kind| Some((*kind, seen.get_mut(*kind)?)))
                else {
                    continue;
                };
                if *seen != asks {
                    *seen = asks;
                    let cost = cost(*points, asked.asks.effort);
                    let arc = network.add(of_asks(asks), of_kind(kind), u32::MAX / 2, cost);
                    edges.push(Edge { arc, kind, points: *points });
                }
            }
        }
        let mut again = Vec::with_capacity(tally.sticky.len());
        for (at, (of, counts)) in tally.sticky.iter().enumerate() {
            let (asks, agent) = *of;
            let supplies = supply(&mut network, of_sticky(at), counts, batch.effort(asks));
            let Some(asked) = batch.asked(asks) else { continue };
            let through = network.add(of_sticky(at), of_asks(asks), u32::MAX / 2, 0);
            let fits = asked.eligible.iter().find(|(_, number)| *number == agent);
            let kind = batch.kind_of.get(agent).copied().filter(|kind| *kind != usize::MAX);
            let (Some((points, _)), Some(kind)) = (fits, kind) else { continue };
            let points = points + STICKY_POINTS;
            let cost = cost(points, asked.asks.effort);
            let direct = network.add(of_sticky(at), of_kind(kind), u32::MAX / 2, cost);
            again.push(Again { of: *of, points, supplies, direct, through });
        }
        let mut rooms: Vec<u32> = vec![0; batch.kinds];
        for (kind, room) in batch.kind_of.iter().zip(&batch.room) {
            rooms.get_mut(*kind).into_iter().for_each(|rooms| *rooms = rooms.saturating_add(*room));
        }
        let mut arcs = 0;
        for (kind, room) in rooms.iter().enumerate() {
            arcs = network.add(of_kind(kind), sink, *room, 0);
        }
        let mut steps = STEPS;
        // Beyond this a placement would be worth nothing.
        let dearest = i64::from(most) + i64::from(best);
        let flow = network.run(source, sink, dearest, &mut steps);
        let potential = |node: usize| flow.potentials.get(node).copied().unwrap_or(0);
        let price = |kind: usize| potential(sink) - potential(of_kind(kind));
        let price = |kind: &usize| match *kind {
            usize::MAX => 0,
            kind => i32::try_from(price(kind)).unwrap_or(0).max(0),
        };
        let prices: Vec<i32> = batch.kind_of.iter().map(price).collect();
        let ceiling = Ceiling::of(batch, tally, prices);
        let appraisal = Appraisal {
            work: tally.work(),
            kinds_of_work: supplies.iter().map(Vec::len).sum::<usize>() + again.len(),
            kinds_of_agents: batch.kinds,
            arcs: arcs / 2 + 1,
            bound: ceiling.points(),
            complete: flow.complete,
            ..Appraisal::default()
        };
        Self { network, supplies, edges, again, ceiling, appraisal }
    }

    /// Counts the units of work of some turns that flow, without what somebody had before.
    pub(super) fn units(&self, asks: usize) -> u32 {
        self.supplies.get(asks).map_or(0, |arcs| self.sum(arcs))
    }

    /// Counts the units that flow from what is asked for to a kind of agents.
    pub(super) fn over(&self, edge: Edge) -> u32 {
        self.network.flow(edge.arc)
    }

    /// Counts the units of what somebody had before that flow, and how many of them go to them again. Tells whether
    /// others get any, too.
    pub(super) fn units_again(&self, again: &Again) -> (u32, u32, bool) {
        let through = self.network.flow(again.through) > 0;
        (self.sum(&again.supplies), self.network.flow(again.direct), through)
    }

    fn sum(&self, arcs: &[usize]) -> u32 {
        arcs.iter().map(|arc| self.network.flow(*arc)).sum()
    }
}
