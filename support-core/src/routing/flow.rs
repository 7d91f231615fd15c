//! The cheapest flow through a network: units from a source to a sink over arcs with a capacity and a cost each.
//!
//! Successive shortest paths, primal and dual: potentials keep every residual arc's reduced cost at 0 or above, and all
//! paths of the same length are filled at once, by Dinic's algorithm on the arcs whose reduced cost is 0. Costs are
//! small integers here, so that distances are found with buckets in place of a heap, and there are few lengths.

use std::collections::VecDeque;

/// A network. Nodes are numbers below the count that it was made for.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// Arcs in pairs: one and, beside it, the way back.
    arcs: Vec<Arc>,
    from: Vec<u32>,
    nodes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Arc {
    to: u32,
    /// What more can flow.
    room: u32,
    cost: i32,
}

/// What a flow came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    /// What a unit costs from the source to each node, at the margin.
    pub(super) potentials: Vec<i64>,
    /// Whether nothing that pays is left to flow; false where the steps were used up before.
    pub(super) complete: bool,
}

/// A node that was not reached.
const FAR: i64 = i64::MAX;

impl Network {
    pub(super) const fn new(nodes: usize) -> Self {
        Self { arcs: Vec::new(), from: Vec::new(), nodes }
    }

    /// Adds an arc; answers its number. Costs are 0 or above.
    pub(super) fn add(&mut self, from: usize, to: usize, room: u32, cost: i32) -> usize {
        let number = self.arcs.len();
        let node = |node: usize| u32::try_from(node).unwrap_or(u32::MAX);
        self.arcs.push(Arc { to: node(to), room, cost });
        self.arcs.push(Arc { to: node(from), room: 0, cost: -cost });
        self.from.extend([node(from), node(to)]);
        number
    }

    /// Returns what flows over an arc.
    pub(super) fn flow(&self, arc: usize) -> u32 {
        self.arcs.get(arc ^ 1).map_or(0, |back| back.room)
    }

    /// Lets units flow from `source` to `sink`, the cheapest first, as long as one costs less than `dearest` and
    /// `steps` arcs have not been looked at.
    pub(super) fn run(&mut self, source: usize, sink: usize, dearest: i64, steps: &mut u64) -> Flow {
        let mut search = Search::new(self, source, sink);
        let mut complete = true;
        loop {
            if *steps == 0 {
                complete = false;
                break;
            }
            if !search.nearer(&self.arcs, dearest, steps) {
                break;
            }
            while search.levels(&self.arcs, steps) {
                search.fill(&mut self.arcs, steps);
            }
        }
        Flow { potentials: search.potentials, complete }
    }
}

/// What is kept between the paths of one flow.
struct Search {
    source: usize,
    sink: usize,
    /// Arcs by the node that they leave.
    leaving: Vec<u32>,
    /// Where each node's arcs begin in `leaving`; one more at the end.
    begins: Vec<u32>,
    potentials: Vec<i64>,
    distances: Vec<i64>,
    buckets: Vec<Vec<u32>>,
    levels: Vec<u32>,
    /// The next arc to try at each node.
    current: Vec<u32>,
    path: Vec<u32>,
    line: VecDeque<u32>,
}

impl Search {
    fn new(network: &Network, source: usize, sink: usize) -> Self {
        let nodes = network.nodes;
        let mut begins = vec![0_u32; nodes + 1];
        for node in &network.from {
            if let Some(count) = begins.get_mut(*node as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut begins {
            sum += *count;
            *count = sum;
        }
        let mut next = begins.clone();
        let mut leaving = vec![0_u32; network.from.len()];
        for (arc, node) in (0_u32..).zip(&network.from) {
            if let Some(at) = next.get_mut(*node as usize)
                && let Some(slot) = leaving.get_mut(*at as usize)
            {
                *slot = arc;
                *at += 1;
            }
        }
        Self {
            source,
            sink,
            leaving,
            begins,
            potentials: vec![0; nodes],
            distances: vec![FAR; nodes],
            buckets: Vec::new(),
            levels: vec![0; nodes],
            current: vec![0; nodes],
            path: Vec::new(),
            line: VecDeque::new(),
        }
    }

    fn length(&self) -> i64 {
        let of = |node: usize| self.potentials.get(node).copied().unwrap_or(0);
        of(self.sink) - of(self.source)
    }

    /// Brings the potentials up to the lengths of the shortest paths that are left; false where none is shorter than
    /// `dearest`: then they are brought up to that, as if what is left could go there.
    fn nearer(&mut self, arcs: &[Arc], dearest: i64, steps: &mut u64) -> bool {
        let most = dearest - self.length();
        self.distances.fill(FAR);
        self.buckets.iter_mut().for_each(Vec::clear);
        put(&mut self.buckets, 0, self.source);
        if let Some(distance) = self.distances.get_mut(self.source) {
            *distance = 0;
        }
        let (mut at, mut end) = (0, most);
        while at < self.buckets.len() && (at as i64) < most {
            let Some(node) = self.buckets.get_mut(at).and_then(Vec::pop) else {
                at += 1;
                continue;
            };
            let node = node as usize;
            let distance = at as i64;
            if self.distances.get(node) != Some(&distance) {
                continue;
            }
            if node == self.sink {
                end = distance;
                break;
            }
            let here = self.potentials.get(node).copied().unwrap_or(0);
            let begin = self.begins.get(node).copied().unwrap_or(0) as usize;
            let over = self.begins.get(node + 1).copied().unwrap_or(0) as usize;
            let leaving = self.leaving.get(begin..over).unwrap_or_default();
            *steps = steps.saturating_sub(leaving.len() as u64);
            for number in leaving {
                let Some(arc) = arcs.get(*number as usize).filter(|arc| arc.room > 0) else { continue };
                let to = arc.to as usize;
                let there = self.potentials.get(to).copied().unwrap_or(0);
                let through = distance + i64::from(arc.cost) + here - there;
                if let Some(known) = self.distances.get_mut(to).filter(|known| through < **known) {
                    *known = through;
                    put(&mut self.buckets, through, to);
                }
            }
        }
        for (potential, distance) in self.potentials.iter_mut().zip(&self.distances) {
            *potential += (*distance).min(end);
        }
        end < most
    }

    /// Counts how far each node is from the source over arcs that cost nothing more; tells whether the sink is reached.
    fn levels(&mut self, arcs: &[Arc], steps: &mut u64) -> bool {
        self.levels.fill(u32::MAX);
        self.line.clear();
        if let Some(level) = self.levels.get_mut(self.source) {
            *level = 0;
        }
        self.line.push_back(u32::try_from(self.source).unwrap_or(u32::MAX));
        while let Some(node) = self.line.pop_front() {
            let node = node as usize;
            let level = self.levels.get(node).copied().unwrap_or(0) + 1;
            let begin = self.begins.get(node).copied().unwrap_or(0) as usize;
            let over = self.begins.get(node + 1).copied().unwrap_or(0) as usize;
            let leaving = self.leaving.get(begin..over).unwrap_or_default();
            *steps = steps.saturating_sub(leaving.len() as u64);
            let here = self.potentials.get(node).copied().unwrap_or(0);
            for number in leaving {
                let Some(arc) = arcs.get(*number as usize).filter(|arc| arc.room > 0) else { continue };
                let to = arc.to as usize;
                let there = self.potentials.get(to).copied().unwrap_or(0);
                if i64::from(arc.cost) + here != there {
                    continue;
                }
                if let Some(known) = self.levels.get_mut(to).filter(|known| **known == u32::MAX) {
                    *known = level;
                    self.line.push_back(arc.to);
                }
            }
            if self.levels.get(self.sink).is_some_and(|level| *level != u32::MAX) {
                break;
            }
        }
        self.current.clear();
        self.current.extend(self.begins.iter().take(self.levels.len()));
        self.levels.get(self.sink).is_some_and(|level| *level != u32::MAX)
    }

    /// Fills paths that lead one level further with each arc, until none is left.
    fn fill(&mut self, arcs: &mut [Arc], steps: &mut u64) {
        self.path.clear();
        let mut node = self.source;
        loop {
            if node == self.sink {
                let least =
                    self.path.iter().filter_map(|arc| arcs.get(*arc as usize)).map(|arc| arc.room).min();
                let flow = least.unwrap_or(0);
                let mut kept = None;
                for (depth, number) in self.path.iter().enumerate() {
                    let number = *number as usize;
                    if let Some(arc) = arcs.get_mut(number) {
                        arc.room -= flow;
                        if arc.room == 0 && kept.is_none() {
                            kept = Some(depth);
                        }
                    }
                    if let Some(back) = arcs.get_mut(number ^ 1) {
                        back.room = back.room.saturating_add(flow);
                    }
                }
                // Goes on from before the first arc that is full now.
                let kept = kept.unwrap_or(0);
                let full = self.path.get(kept).copied();
                self.path.truncate(kept);
                node = full
                    .and_then(|arc| arcs.get(arc as usize ^ 1))
                    .map_or(self.source, |back| back.to as usize);
                continue;
            }
            let next_level = self.levels.get(node).copied().unwrap_or(u32::MAX).wrapping_add(1);
            let here = self.potentials.get(node).copied().unwrap_or(0);
            let over = self.begins.get(node + 1).copied().unwrap_or(0);
            let mut taken = None;
            if let Some(current) = self.current.get_mut(node) {
                while *current < over {
                    *steps = steps.saturating_sub(1);
                    let number = self.leaving.get(*current as usize).copied().unwrap_or(0);
                    if let Some(arc) = arcs.get(number as usize).filter(|arc| arc.room > 0) {
                        let to = arc.to as usize;
                        let there = self.potentials.get(to).copied().unwrap_or(0);
                        let level = self.levels.get(to).copied().unwrap_or(u32::MAX);
                        if level == next_level && i64::from(arc.cost) + here == there {
                            taken = Some((number, to));
                            break;
                        }
                    }
                    *current += 1;
                }
            }
            if let Some((number, to)) = taken {
                self.path.push(number);
                node = to;
                continue;
            }
            // A dead end: back, and past the arc that led here.
            let Some(last) = self.path.pop() else { return };
            node = arcs.get(last as usize ^ 1).map_or(self.source, |back| back.to as usize);
            if let Some(current) = self.current.get_mut(node) {
                *current += 1;
            }
        }
    }
}

fn put(buckets: &mut Vec<Vec<u32>>, distance: i64, node: usize) {
    let at = usize::try_from(distance).unwrap_or(0);
    if buckets.len() <= at {
        buckets.resize(at + 1, Vec::new());
    }
    if let (Some(bucket), Ok(node)) = (buckets.get_mut(at), u32::try_from(node)) {
        bucket.push(node);
    }
}
