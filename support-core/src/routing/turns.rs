//! Agents in the order in which they are given work, while a plan is made.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::id::AgentId;
use crate::time::Timestamp;

use super::plan::Chosen;
use super::{Candidate, Job, Placement, Refused, Roster, Seat, Strategy, Why, failures};

impl Strategy {
    /// Orders eligible agents: who comes first is given work. Both strategies end in the same fair order, so that equal
    /// agents take turns.
    pub(super) fn prefers(self, a: &Candidate, b: &Candidate) -> Ordering {
        // load_a / capacity_a < load_b / capacity_b, without division.
        let share = |one: &Candidate, other: &Candidate| u64::from(one.load) * u64::from(other.capacity);
        let by_share = match self {
            Self::RoundRobin => Ordering::Equal,
            Self::LeastLoaded => share(a, b).cmp(&share(b, a)),
        };
        by_share.then_with(|| (a.last_assigned_at, a.agent).cmp(&(b.last_assigned_at, b.agent)))
    }
}

/// The agents of a roster while a plan gives them work, numbered in the order of their ids.
#[derive(Debug)]
pub(super) struct Crew<'a> {
    seats: Vec<&'a mut Seat>,
    now: Timestamp,
    /// When work was given last to anybody.
    latest: Option<Timestamp>,
    /// How many could take anything at all.
    pub(super) free: usize,
}

impl<'a> Crew<'a> {
    pub(super) fn of(roster: &'a mut Roster, now: Timestamp) -> Self {
        let seats: Vec<&mut Seat> = roster.iter_mut().collect();
        let latest = seats.iter().filter_map(|seat| seat.state.last_assigned_at).max();
        let free = seats.iter().filter(|seat| room(seat) > 0 && seat.is_there(now)).count();
        Self { seats, now, latest, free }
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = &Seat> + Clone {
        self.seats.iter().map(|seat| &**seat)
    }

    /// Gives an agent work; answers the agent's number and what room is left.
    pub(super) fn occupy(&mut self, placement: &Placement) -> Option<(usize, u32)> {
        let number = self.seats.binary_search_by_key(&placement.agent, |seat| seat.agent.id).ok()?;
        let seat = self.seats.get_mut(number)?;
        let before = room(seat);
        seat.occupy(placement.effort, placement.assigned_at);
        let after = room(seat);
        if before > 0 && after == 0 {
            self.free = self.free.saturating_sub(1);
        }
        self.latest = self.latest.max(Some(placement.assigned_at));
        Some((number, after))
    }
}

/// Units that an agent can still take.
fn room(seat: &Seat) -> u32 {
    seat.agent.capacity.units.saturating_sub(seat.state.load.units)
}

/// Who takes turns at one kind of work, and who else is there but may not.
#[derive(Debug)]
pub(super) struct Turns {
    strategy: Strategy,
    effort: u32,
    /// The eligible with their numbers, in order. Other work may have gone to them since they were noted: then their turn
    /// comes later than noted here, never earlier.
    eligible: Vec<(Candidate, usize)>,
    /// By number, with the first condition that each failed.
    refused: BTreeMap<usize, (AgentId, Refused)>,
}

impl Turns {
    pub(super) fn of(crew: &Crew<'_>, job: &Job<'_>, strategy: Strategy) -> Self {
        let (mut eligible, mut refused) = (Vec::new(), BTreeMap::new());
        for (number, seat) in crew.seats().enumerate() {
            match failures(seat, job, crew.now).next() {
                None => eligible.push((Candidate::of(seat), number)),
                Some(first) if first.is_candidate() => drop(refused.insert(number, (seat.agent.id, first))),
                Some(_) => {}
            }
        }
        eligible.sort_unstable_by(|(a, _), (b, _)| strategy.prefers(a, b));
        Self { strategy, effort: job.effort, eligible, refused }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.eligible.is_empty()
    }

    pub(super) const fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// Chooses whose turn it is.
    pub(super) fn choose<'c>(&mut self, crew: &'c Crew<'_>) -> Option<Chosen<'c>> {
        let strategy = self.strategy;
        let mut candidates = Vec::with_capacity(self.eligible.len().min(Why::MOST));
        while candidates.len() < Why::MOST {
            let Some(rest) = self.eligible.get_mut(candidates.len()..) else { break };
            let Some(((noted, number), others)) = rest.split_first_mut() else { break };
            let seat: &Seat = crew.seats.get(*number)?;
            // No two pieces of work are noted as given at the same instant.
            if noted.last_assigned_at == seat.state.last_assigned_at {
                candidates.push(noted.clone());
                continue;
            }
            // Those between the turn as noted and as it is move up.
            *noted = Candidate::of(seat);
            let between = others.partition_point(|(other, _)| strategy.prefers(other, noted).is_lt());
            rest.get_mut(..=between)?.rotate_left(1);
        }
        let (_, number) = self.eligible.first()?;
        let seat: &Seat = crew.seats.get(*number)?;
        let refused: Vec<_> = self.refused.values().take(Why::MOST).copied().collect();
        let in_all = self.eligible.len() + self.refused.len();
        let left_out = in_all - candidates.len() - refused.len();
        Some(Chosen { seat, latest: crew.latest, candidates, refused, left_out })
    }

    /// Takes an agent out whose room is too small now.
    pub(super) fn leave(&mut self, number: usize, room: u32) {
        if room < self.effort
            && let Some(at) = self.eligible.iter().position(|(_, other)| *other == number)
        {
            let (candidate, _) = self.eligible.remove(at);
            self.refused.insert(number, (candidate.agent, Refused::NoRoom));
        }
    }
}
