//! Work of teams whose strategy is `optimal`: planned all together, then placed where it stands in the order.

use std::collections::{HashSet, VecDeque};

use super::super::batch::{self, Pick, Reads, Rules, Serves, Solution};
use super::super::queue::{Backlog, Next};
use super::super::turns::Chosen;
use super::super::{Seat, Why};
use super::planner::{Line, NOBODY, Planner};
use crate::time::Timestamp;

/// Whom work of each number of turns would serve best at the prices of a flow; none where that was not asked yet.
type BestServed = Vec<Vec<Serves>>;

/// A piece of work that has waited beyond the bound on starvation and that the plan leaves.
#[derive(Debug, Clone, Copy)]
struct Late {
    /// Its place in what waits.
    at: usize,
    /// What became waiting since comes after it.
    since: Timestamp,
}

impl Planner<'_> {
    /// Plans all work of teams that have it planned together. Answers what was put in order for it, too; what was not
    /// is for nobody.
    pub(super) fn solve<'n>(&mut self, backlog: Backlog<'n>, reads: Reads) -> (Vec<Next<'n>>, Solution) {
        let together = self.lines.iter().filter(|line| line.together && line.open);
        let own: Vec<usize> = together.flat_map(|line| line.stages.iter().map(|[own, _]| *own)).collect();
        let mut anybody = vec![false; self.turns.len()];
        for turns in own {
            let some = self.begin(turns);
            anybody.get_mut(turns).into_iter().for_each(|anybody| *anybody = some);
        }
        let anybody = |own: usize| anybody.get(own).is_some_and(|anybody| *anybody);
        let plain = self.lines.iter().map(|line| match *line.stages {
            [[own, NOBODY]] if line.together && anybody(own) => Some(own),
            _ => None,
        });
        let turns_of = |next: &Next<'_>| {
            let (team, [own, _], _) = self.stage(next)?;
            anybody(own).then_some((own, team.sticky))
        };
        let rules = Rules { plain: &plain.collect::<Vec<_>>(), turns_of };
        batch::solve(&self.crew, &self.turns, backlog, &rules, &self.config.settings, reads)
    }

    /// Tells whether work that is not planned together may have room of the same agents: work of other teams, what is
    /// for those who take the overflow, and what waits for room that is kept.
    pub(super) fn shares(&self) -> bool {
        let overflows = |line: &Line<'_>| line.stages.iter().any(|[_, overflow]| *overflow != NOBODY);
        self.lines.iter().any(|line| line.keeps || line.open && (!line.together || overflows(line)))
    }

    /// Places work in its order: what was planned together as it was planned, the rest each by itself, and so what was
    /// planned where room was lost since. What has no place then may have any that is left.
    pub(super) fn give_together(&mut self, all: &[Next<'_>], solution: &Solution, shares: bool, most: usize) {
        let mut best = vec![Vec::new(); self.turns.len()];
        let (first, filled): (Vec<&Pick>, Vec<&Pick>) = solution.picks.iter().partition(|pick| pick.by_flow);
        let later: HashSet<usize> = filled.iter().map(|pick| pick.at).collect();
        let mut waits = vec![true; all.len()];
        let mut late: VecDeque<Late> = VecDeque::new();
        let picks = solution.picks.len().min(most);
        self.given.reserve(picks);
        self.crew.log.reserve(picks);
        let mut first = first.into_iter().peekable();
        for (at, next) in all.iter().enumerate() {
            if self.is_over(most) {
                return;
            }
            let pick = first.next_if(|pick| pick.at == at);
            if let Some(pick) = pick {
                let before = self.given.len();
                self.as_planned(next, pick, solution, &mut best);
                if self.given.len() > before {
                    waits.get_mut(at).into_iter().for_each(|waits| *waits = false);
                    continue;
                }
            }
            let together = self.lines.get(next.line).is_some_and(|line| line.together);
            let late_since = if shares && together { self.late_since(next) } else { None };
            let from = if pick.is_some() || !together {
                Some(0)
            } else if later.contains(&at) {
                // What waited beyond its bound precedes also what others have that came since.
                late_since.map(|_| 0)
            } else if self.overflows(next) {
                // What the plan left waits, unless it is for those who take the overflow: of that, what waited beyond its
                // bound does not wait until its own team is full. Who declined it is no part of the plan: it may be
                // theirs again, or the lead's, when nobody else is left.
                late_since.map(|_| 0).or((!next.is_declined()).then_some(1))
            } else {
                None
            };
            if let Some(from) = from {
                self.late_first(next, all, &mut late, &mut waits);
                let before = self.given.len();
                self.one(next, from);
                waits.get_mut(at).into_iter().for_each(|waits| *waits = self.given.len() == before);
            }
            if waits.get(at) == Some(&true) {
                late.extend(late_since.map(|since| Late { at, since }));
            }
        }
        for pick in filled {
            if self.is_over(most) {
                return;
            }
            if let (Some(next), Some(waits @ true)) = (all.get(pick.at), waits.get_mut(pick.at)) {
                let before = self.given.len();
                self.as_planned(next, pick, solution, &mut best);
                *waits = self.given.len() == before;
            }
        }
        // Room only shrinks: where nobody may have one piece of a line, nobody may have another.
        let mut closed = vec![false; self.lines.len()];
        for (next, _) in all.iter().zip(waits).filter(|(_, waits)| *waits) {
            if self.is_over(most) {
                return;
            }
            if !next.is_declined() && closed.get(next.line) == Some(&true) {
                continue;
            }
            let before = self.given.len();
            self.one(next, 0);
            if self.given.len() == before {
                let stages = self.lines.get(next.line).map(|line| line.stages.clone()).unwrap_or_default();
                let nobody = stages.iter().flatten().all(|turns| !self.begin(*turns));
                closed.get_mut(next.line).into_iter().for_each(|closed| *closed = nobody);
            }
        }
    }

    /// Tells whether those who take the overflow may have a piece of work.
    fn overflows(&self, next: &Next<'_>) -> bool {
        self.stage(next).is_some_and(|(_, [_, overflow], _)| overflow != NOBODY)
    }

    /// Returns since when a piece of work precedes all that became waiting; nothing where it has not waited beyond the
    /// bound on starvation.
    fn late_since(&self, next: &Next<'_>) -> Option<Timestamp> {
        self.config.settings.weights.precedes_since(next.ranked.score, self.now)
    }

    /// Places what the plan left and what has waited so long that it precedes a piece of work, before that goes to whoever
    /// is free.
    fn late_first(
        &mut self,
        next: &Next<'_>,
        all: &[Next<'_>],
        late: &mut VecDeque<Late>,
        waits: &mut [bool],
    ) {
        let precedes = |late: &mut Late| late.since <= next.ranked.since;
        // Where nobody is free for it, nothing is taken from the plan.
        let anybody = |planner: &mut Self| {
            planner
                .stage(next)
                .is_some_and(|(_, both, _)| both.map(|turns| planner.begin(turns)) != [false; 2])
        };
        if late.front_mut().is_none_or(|late| !precedes(late)) || !anybody(self) {
            return;
        }
        while let Some(Late { at, .. }) = late.pop_front_if(precedes) {
            if let Some(next) = all.get(at) {
                let before = self.given.len();
                self.one(next, 0);
                waits.get_mut(at).into_iter().for_each(|waits| *waits = self.given.len() == before);
            }
        }
    }

    /// Places a piece of work as all that waits was planned together, where its agent still has room for it.
    fn as_planned(&mut self, next: &Next<'_>, pick: &Pick, solution: &Solution, best: &mut BestServed) {
        let Some((team, [number, _], stage)) = self.stage(next) else { return };
        let Some(turns) = self.turns.get_mut(number) else { return };
        let Some(squad) = self.squads.get(turns.squad) else { return };
        let (crew, effort) = (&mut self.crew, turns.asks.effort);
        let room = |number: usize| crew.seat(number).map_or(0, Seat::room);
        let kept = crew.kept_from(next.ranked.since);
        if room(pick.agent) < effort || !turns.takes(pick.agent) || kept.contains(&pick.agent) {
            return;
        }
        let sticky = next.rare.and_then(|rare| rare.sticky).filter(|_| team.sticky);
        let sticky = sticky.and_then(|agent| crew.number(agent));
        let declined = next.rare.map(|rare| rare.declined.as_slice()).unwrap_or_default();
        let declined_at = |number: usize| {
            declined.iter().any(|(who, at)| {
                let still = at.plus_seconds(self.config.settings.declined_seconds) > self.now;
                still && crew.number(*who) == Some(number)
            })
        };
        let serves = |number: usize| {
            let fit = crew.seat(number).map(|seat| turns.asks.fit(&seat.agent)).unwrap_or_default();
            solution.serves(number, fit, effort)
        };
        let filled;
        let served: &[Serves] = if pick.by_flow {
            let Some(best) = best.get_mut(number) else { return };
            if best.is_empty() {
                best.extend(solution.best_served(number, Why::MOST + 1).into_iter().map(serves));
            }
            best
        } else {
            let may = |number: usize| {
                room(number) >= effort && !declined_at(number) && !solution.yielded.contains(&number)
            };
            let fitting = solution.fitting(number, Why::MOST, may);
            filled = fitting.into_iter().map(serves).collect::<Vec<_>>();
            &filled
        };
        let again = sticky.filter(|number| *number != pick.agent);
        let again = again.filter(|number| turns.takes(*number) && !declined_at(*number));
        let again = again.filter(|number| !crew.keeps(*number));
        let mine = served.iter().find(|one| one.agent == pick.agent);
        let mine = mine.copied().unwrap_or_else(|| serves(pick.agent));
        let again = again.map(serves);
        let mut named = Vec::with_capacity(Why::MOST);
        named.push(mine);
        named.extend(again);
        // One look at each: there are twenty for each placement.
        let had = again.map_or(pick.agent, |again| again.agent);
        for one in served {
            if named.len() == Why::MOST {
                break;
            }
            let other = one.agent != pick.agent && one.agent != had;
            if other && (declined.is_empty() || !declined_at(one.agent)) {
                named.push(*one);
            }
        }
        let worth = solution.worth(pick, effort);
        let net = |one: &Serves| worth(one, sticky == Some(one.agent)).net();
        if named.iter().any(|one| net(one) > net(&mine)) {
            // Somebody kept room after all whom it serves better: it is placed by itself, with what is left.
            return;
        }
        let rated = named.iter().map(|one| (one.agent, one.fit, worth(one, sticky == Some(one.agent))));
        let Some(candidates) = crew.rate(rated, sticky) else { return };
        let (refused, left_out) = turns.others(crew, squad, candidates.len(), &kept);
        let chosen = Chosen { agent: pick.agent, candidates, refused, left_out };
        self.note(next, effort, team.strategy, stage, chosen);
    }
}

#[cfg(test)]
mod tests;
