//! The agents of a roster while a plan gives them work.

use std::collections::HashMap;

use crate::id::{AgentId, TeamId};
use crate::label::Label;
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
    /// Skills that any work asks for, numbered.
    skills: HashMap<Label, usize>,
    /// The levels of who is ready, one row each, by the number of the skill; and which row is whose.
    levels: Vec<u8>,
    row_of: Vec<usize>,
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
    /// Takes all agents of a roster. `asked` are the skills for which any work may ask.
    pub(super) fn of<'s>(
        roster: &'a mut Roster,
        asked: impl Iterator<Item = &'s Label>,
        now: Timestamp,
    ) -> Self {
        let seats: Vec<&mut Seat> = roster.iter_mut().collect();
        let latest = seats.iter().filter_map(|seat| seat.state.last_assigned_at).max();
        let all = seats.iter().enumerate();
        let ready: Vec<usize> =
            all.filter(|(_, seat)| seat.is_ready(now)).map(|(number, _)| number).collect();
        let free = ready.len();
        let mut skills: HashMap<Label, usize> = HashMap::new();
        for skill in asked {
            if !skills.contains_key(skill) {
                skills.insert(skill.clone(), skills.len());
            }
        }
        let mut levels = vec![0; skills.len() * free];
        let mut row_of = vec![usize::MAX; if free > 0 { seats.len() } else { 0 }];
        for (row, number) in ready.iter().enumerate() {
            row_of.get_mut(*number).into_iter().for_each(|of| *of = row);
            for (skill, level) in seats.get(*number).iter().flat_map(|seat| &seat.agent.skills) {
                let at = skills.get(skill).and_then(|skill| levels.get_mut(row * skills.len() + skill));
                at.into_iter().for_each(|at| *at = *level);
            }
        }
        Self { seats, now, latest, ready, skills, levels, row_of, free }
    }

    /// Returns required skills by their numbers.
    pub(super) fn levels_of(&self, skills: &[(Label, u8)]) -> Vec<(usize, u8)> {
        let number = |skill: &Label| self.skills.get(skill).copied().unwrap_or(usize::MAX);
        skills.iter().map(|(skill, level)| (number(skill), *level)).collect()
    }

    /// Tells whether an agent who is ready has required skills.
    pub(super) fn is_skilled(&self, number: usize, skills: &[(usize, u8)]) -> bool {
        let Some(row) = self.row_of.get(number) else { return false };
        let begin = row.saturating_mul(self.skills.len());
        let has =
            |skill: usize| begin.checked_add(skill).and_then(|at| self.levels.get(at)).copied().unwrap_or(0);
        skills.iter().all(|(skill, level)| *skill < self.skills.len() && has(*skill) >= *level)
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
