//! Filling in: what has no place yet gets the room that is left, in the order of the score.

use std::collections::{HashMap, HashSet};

use crate::time::Timestamp;

use super::{Asked, InOrder, Pick, Piece, STICKY_POINTS, take};

/// Most agents of whom younger work could give way that are compared.
const ASKED: usize = 20;

impl InOrder<'_> {
    /// Gives pieces of work that are not `placed` yet, in their order, to whom each fits best of those who have room.
    ///
    /// Work that has waited beyond the bound on starvation precedes what became waiting since: where it finds no room,
    /// such younger work that was picked before gives way to it, what is worth least first. Answers whose did, too.
    pub(super) fn filled(
        &self,
        mut room: Vec<u32>,
        mut picks: Vec<Pick>,
        mut placed: Vec<bool>,
    ) -> (Vec<Pick>, HashSet<usize>) {
        let mut yielded = HashSet::new();
        // Room only shrinks: who has none for work of one kind never has any for it again.
        let mut first: Vec<usize> = vec![0; self.batch.asked.len()];
        let mut before = Before::of(self, &picks);
        for piece in &self.pieces {
            if placed.get(piece.at) != Some(&false) {
                continue;
            }
            let (Some(asked), Some(first)) = (self.batch.asked(piece.asks), first.get_mut(piece.asks)) else {
                continue;
            };
            let found = self.with_room(piece, asked, &room, first);
            let found = found.or_else(|| {
                let (agent, points, gone) = before.give_way(self, piece, asked, &picks, &room)?;
                yielded.insert(agent);
                for one in &gone {
                    let waits = picks.get(one.at).and_then(|pick| placed.get_mut(pick.at));
                    waits.into_iter().for_each(|placed| *placed = false);
                    room.get_mut(agent).into_iter().for_each(|room| *room += one.effort);
                }
                before.gave_way(agent, &gone);
                Some((points, agent))
            });
            let Some((points, agent)) = found else { continue };
            if take(&mut room, agent, asked.asks.effort) {
                placed.get_mut(piece.at).into_iter().for_each(|placed| *placed = true);
                picks.push(piece.to(agent, points, false));
            }
        }
        let mut gone = before.gone.into_iter();
        picks.retain(|_| !gone.next().unwrap_or(false));
        (picks, yielded)
    }

    /// Finds whom a piece of work fits best of those who have room, and the points of that.
    fn with_room(
        &self,
        piece: &Piece,
        asked: &Asked,
        room: &[u32],
        first: &mut usize,
    ) -> Option<(i32, usize)> {
        let fits = |number: usize| room.get(number).is_some_and(|room| *room >= asked.asks.effort);
        let again = piece.sticky.filter(|number| fits(*number) && !self.declined(piece, *number));
        if let Some(number) = again {
            let had = asked.eligible.iter().find(|(_, eligible)| *eligible == number);
            return Some((had.map_or(0, |(points, _)| *points) + STICKY_POINTS, number));
        }
        while asked.eligible.get(*first).is_some_and(|(_, number)| !fits(*number)) {
            *first += 1;
        }
        let others = asked.eligible.get(*first..).unwrap_or_default().iter().copied();
        let mut others = others.filter(|(_, number)| fits(*number) && !self.declined(piece, *number));
        others.next()
    }

    fn since(&self, at: usize) -> Option<Timestamp> {
        self.waiting.get(at).map(|next| next.ranked.since)
    }

    /// Returns the effort of a piece of work by its place in what waits.
    fn waiting_effort(&self, at: usize) -> u32 {
        let piece = self.pieces.binary_search_by_key(&at, |piece| piece.at).ok();
        piece.and_then(|piece| self.pieces.get(piece)).map_or(1, |piece| self.batch.effort(piece.asks))
    }
}

/// A piece of work that was picked before, as it is looked at where it may have to give way.
#[derive(Debug, Clone, Copy)]
struct Earlier {
    /// Its number among the picks.
    at: usize,
    value: i32,
    effort: u32,
    since: Timestamp,
}

/// What was picked before, by agent.
struct Before {
    /// The numbers of each agent's picks; and the same with more of each, what is worth least first, once it was asked
    /// for.
    of: Vec<Vec<usize>>,
    least_first: Vec<Option<Vec<Earlier>>>,
    /// Since when the youngest of them waits.
    youngest: Vec<Option<Timestamp>>,
    /// The same of all agents who are eligible for work of one kind, by the number of its turns.
    youngest_for: Vec<Option<Timestamp>>,
    /// Which of them gave way.
    gone: Vec<bool>,
    /// Since when work of each number of turns would have to wait that found nobody, as long as nothing gave way since.
    found_nobody: HashMap<usize, Timestamp>,
}

impl Before {
    fn of(in_order: &InOrder<'_>, picks: &[Pick]) -> Self {
        let agents = if picks.is_empty() { 0 } else { in_order.batch.room.len() };
        let mut of = vec![Vec::new(); agents];
        let mut youngest = vec![None; agents];
        for (at, pick) in picks.iter().enumerate() {
            of.get_mut(pick.agent).into_iter().for_each(|of| of.push(at));
            let since = in_order.since(pick.at);
            youngest.get_mut(pick.agent).into_iter().for_each(|known| *known = since.max(*known));
        }
        let of_agent = |(_, number): &(i32, usize)| youngest.get(*number).copied().flatten();
        let of_asked = |asked: &Asked| asked.eligible.iter().filter_map(of_agent).max();
        let youngest_for = match picks {
            [] => Vec::new(),
            _ => in_order.batch.asked.iter().map(of_asked).collect(),
        };
        let least_first = vec![None; agents];
        let (gone, found_nobody) = (vec![false; picks.len()], HashMap::new());
        Self { of, least_first, youngest, youngest_for, gone, found_nobody }
    }

    /// Notes that picks of an agent gave way.
    fn gave_way(&mut self, agent: usize, gone: &[Earlier]) {
        for one in gone {
            self.gone.get_mut(one.at).into_iter().for_each(|gone| *gone = true);
        }
        let stays = |one: &&Earlier| self.gone.get(one.at) == Some(&false);
        let of = self.least_first.get(agent).and_then(Option::as_deref).unwrap_or_default();
        let youngest = of.iter().filter(stays).map(|one| one.since).max();
        self.youngest.get_mut(agent).into_iter().for_each(|known| *known = youngest);
        self.found_nobody.clear();
    }

    /// Finds whose younger work would have to give way, the points of the agent's fit, and which picks. Nothing where
    /// the piece has not waited beyond its bound, or that would not make enough room.
    fn give_way(
        &mut self,
        in_order: &InOrder<'_>,
        piece: &Piece,
        asked: &Asked,
        picks: &[Pick],
        room: &[u32],
    ) -> Option<(usize, i32, Vec<Earlier>)> {
        let score = in_order.waiting.get(piece.at)?.ranked.score;
        let since = in_order.batch.weights.precedes_since(score, in_order.batch.crew.now)?;
        if self.youngest_for.get(piece.asks).copied().flatten() < Some(since) {
            return None;
        }
        if self.found_nobody.get(&piece.asks).is_some_and(|nobody| since >= *nobody) {
            return None;
        }
        let mut found: Option<(i32, usize, i32, usize)> = None;
        let mut could = 0;
        for (points, number) in &asked.eligible {
            let has_younger = self.youngest.get(*number).copied().flatten() >= Some(since);
            if !has_younger || in_order.declined(piece, *number) {
                continue;
            }
            let need = asked.asks.effort.saturating_sub(room.get(*number).copied().unwrap_or(0));
            let (mut freed, mut lost, mut count) = (0, 0, 0);
            for one in self.younger(in_order, *number, picks, since) {
                if freed >= need {
                    break;
                }
                freed += one.effort;
                lost += one.value;
                count += 1;
            }
            if freed >= need {
                could += 1;
                if found.is_none_or(|(least, ..)| lost < least) {
                    found = Some((lost, *number, *points, count));
                }
                if could == ASKED {
                    break;
                }
            }
        }
        let Some((_, number, points, count)) = found else {
            // Who gave this very piece back might give other work of its kind a place.
            if in_order.waiting.get(piece.at).is_some_and(|next| !next.is_declined()) {
                self.found_nobody.insert(piece.asks, since);
            }
            return None;
        };
        Some((number, points, self.younger(in_order, number, picks, since).take(count).collect()))
    }

    /// Lists an agent's picks that became waiting since an instant, what is worth least first.
    fn younger(
        &mut self,
        in_order: &InOrder<'_>,
        agent: usize,
        picks: &[Pick],
        since: Timestamp,
    ) -> impl Iterator<Item = Earlier> {
        let of = self.of.get(agent).map(Vec::as_slice).unwrap_or_default();
        let known = self.least_first.get_mut(agent).map(|known| {
            known.get_or_insert_with(|| {
                let earlier = of.iter().filter_map(|at| {
                    let pick = picks.get(*at)?;
                    let (effort, since) = (in_order.waiting_effort(pick.at), in_order.since(pick.at)?);
                    Some(Earlier { at: *at, value: pick.value, effort, since })
                });
                let mut earlier: Vec<Earlier> = earlier.collect();
                earlier.sort_unstable_by_key(|one| (one.value, one.at));
                earlier
            })
        });
        let gone = &self.gone;
        let known = known.map(|known| known.iter()).unwrap_or_default().copied();
        known.filter(move |one| one.since >= since && gone.get(one.at) == Some(&false))
    }
}
