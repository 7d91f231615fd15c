//! The agents of a roster while a plan gives them work.

use crate::id::{AgentId, TeamId};
use crate::time::Timestamp;

use super::{Placement, Roster, Seat};

/// The agents of a roster while a plan gives them work, numbered in the order of their ids.
#[derive(Debug)]
pub(super) struct Crew<'a> {
    pub(super) seats: Vec<&'a mut Seat>,
    pub(super) now: Timestamp,
    /// When work was given last to anybody.
    pub(super) latest: Option<Timestamp>,
    /// Who could take anything at all when the plan began.
    ready: Vec<usize>,
    /// How many still can.
    pub(super) free: usize,
}

/// Those of a crew who are asked together: a team's own agents, or those of the teams that take its overflow.
#[derive(Debug)]
pub(super) struct Squad {
    pub(super) teams: Vec<TeamId>,
    /// Who of them could take anything when the plan began.
    pub(super) ready: Vec<usize>,
    /// How many they are, active ones only.
    pub(super) members: usize,
}

impl<'a> Crew<'a> {
    pub(super) fn of(roster: &'a mut Roster, now: Timestamp) -> Self {
        let seats: Vec<&mut Seat> = roster.iter_mut().collect();
        let latest = seats.iter().filter_map(|seat| seat.state.last_assigned_at).max();
        let all = seats.iter().enumerate();
        let ready: Vec<usize> =
            all.filter(|(_, seat)| seat.is_ready(now)).map(|(number, _)| number).collect();
        let free = ready.len();
        Self { seats, now, latest, ready, free }
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = &Seat> + Clone {
        self.seats.iter().map(|seat| &**seat)
    }

    pub(super) fn seat(&self, number: usize) -> Option<&Seat> {
        self.seats.get(number).map(|seat| &**seat)
    }

    /// Returns an agent's number.
    pub(super) fn number(&self, agent: AgentId) -> Option<usize> {
        self.seats.binary_search_by_key(&agent, |seat| seat.agent.id).ok()
    }

    /// Returns those who are asked together.
    pub(super) fn squad(&self, teams: Vec<TeamId>) -> Squad {
        let works = |seat: &Seat| teams.iter().any(|team| seat.is_in(*team));
        let ready = self.ready.iter().copied().filter(|number| self.seat(*number).is_some_and(works));
        let ready: Vec<usize> = ready.collect();
        let members = self.seats().filter(|seat| seat.agent.active && works(seat)).count();
        Squad { teams, ready, members }
    }

    /// Gives an agent work; answers the agent's number and what room is left.
    pub(super) fn occupy(&mut self, placement: &Placement) -> Option<(usize, u32)> {
        let number = self.number(placement.agent)?;
        let seat = self.seats.get_mut(number)?;
        let before = seat.room();
        seat.occupy(placement.effort, placement.assigned_at);
        let after = seat.room();
        if before > 0 && after == 0 {
            self.free = self.free.saturating_sub(1);
        }
        self.latest = self.latest.max(Some(placement.assigned_at));
        Some((number, after))
    }
}
