//! The agents of a roster while a plan gives them work.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::id::{AgentId, TeamId};
use crate::label::Label;
use crate::time::Timestamp;

use super::record::{Candidates, Log, Named, State};
use super::{Asks, Fit, Roster, Seat, Worth};

/// The agents of a roster while a plan gives them work, numbered in the order of their ids.
#[derive(Debug)]
pub(super) struct Crew<'a> {
    roster: &'a mut Roster,
    pub(super) now: Timestamp,
    /// Who could take anything at all when the plan began.
    ready: Vec<usize>,
    /// Numbers of the skills that any work asks for.
    skills: &'a HashMap<Label, u32>,
    /// The levels of who is ready, one row each, by the number of the skill; and which row is whose.
    levels: Vec<u8>,
    row_of: Vec<u32>,
    /// How many still can.
    pub(super) free: usize,
    /// Whose room is kept, and from when on: work that became waiting since gets none of it.
    kept: Vec<(usize, Timestamp)>,
    /// The state of each as it was noted last.
    state_of: Vec<u32>,
    pub(super) log: Log,
}

/// Nobody's row, and a state that was not noted.
const NONE: u32 = u32::MAX;

/// Those of a crew who are asked together: a team's own agents, or those of the teams that take its overflow.
#[derive(Debug)]
pub(super) struct Squad {
    pub(super) teams: Vec<TeamId>,
    /// Teams that are asked before these.
    pub(super) before: Vec<TeamId>,
    /// Who of them could take anything when the plan began.
    pub(super) ready: Vec<usize>,
    /// How many are asked in all; counted when it is first asked for.
    members: OnceCell<usize>,
}

impl Squad {
    /// Counts them and who is asked before them, active ones only.
    pub(super) fn members(&self, crew: &Crew<'_>) -> usize {
        *self.members.get_or_init(|| match self.before.as_slice() {
            [] => crew.roster().members(&self.teams),
            before => crew.roster().members(&[before, &self.teams].concat()),
        })
    }
}

impl<'a> Crew<'a> {
    /// Takes all agents of a roster. `skills` numbers those for which any work may ask.
    pub(super) fn of(roster: &'a mut Roster, skills: &'a HashMap<Label, u32>, now: Timestamp) -> Self {
        let ready: Vec<usize> = roster.ready(now).collect();
        let free = ready.len();
        let all = if free > 0 { roster.len() } else { 0 };
        let mut levels = vec![0; skills.len() * free];
        let mut row_of = vec![NONE; all];
        for (row, number) in (0_u32..).zip(&ready) {
            row_of.get_mut(*number).into_iter().for_each(|of| *of = row);
            let begin = row as usize * skills.len();
            for (skill, level) in roster.at(*number).iter().flat_map(|seat| &seat.agent.skills) {
                let at = skills.get(skill).and_then(|skill| levels.get_mut(begin + *skill as usize));
                at.into_iter().for_each(|at| *at = *level);
            }
        }
        let state_of = vec![NONE; all];
        let kept = Vec::new();
        Self { roster, now, ready, skills, levels, row_of, free, kept, state_of, log: Log::default() }
    }

    /// Returns required skills by their numbers.
    pub(super) fn numbered(&self, skills: &[(Label, u8)]) -> Vec<(u32, u8)> {
        let number = |skill: &Label| self.skills.get(skill).copied().unwrap_or(NONE);
        skills.iter().map(|(skill, level)| (number(skill), *level)).collect()
    }

    /// Returns the row of an agent who was ready when the plan began.
    pub(super) fn row(&self, number: usize) -> Option<usize> {
        self.row_of.get(number).filter(|row| **row != NONE).map(|row| *row as usize)
    }

    /// Tells whether an agent who is ready has required skills.
    fn is_skilled(&self, number: usize, skills: &[(u32, u8)]) -> bool {
        let begin = self.row_of.get(number).map_or(0, |row| *row as usize) * self.skills.len();
        let row = self.levels.get(begin..begin + self.skills.len()).unwrap_or_default();
        skills.iter().all(|(skill, level)| row.get(*skill as usize).is_some_and(|has| has >= level))
    }

    /// Lists those of a squad who may have work that asks so; `skills` are its required skills by their numbers. The
    /// conditions that do not depend on the work were asked when the plan began.
    pub(super) fn eligible<'s>(
        &'s self,
        squad: &'s Squad,
        asks: &'s Asks,
        skills: &'s [(u32, u8)],
    ) -> impl Iterator<Item = (usize, &'s Seat)> {
        self.fitting(squad, asks, skills).filter(|(_, seat)| seat.room() >= asks.effort)
    }

    /// Lists those of a squad who may have such work, had they room.
    fn fitting<'s>(
        &'s self,
        squad: &'s Squad,
        asks: &'s Asks,
        skills: &'s [(u32, u8)],
    ) -> impl Iterator<Item = (usize, &'s Seat)> {
        let skilled = squad.ready.iter().filter(|number| self.is_skilled(**number, skills));
        let seats = skilled.filter_map(|number| Some((*number, self.seat(*number)?)));
        seats.filter(|(_, seat)| asks.is_spoken(&seat.agent))
    }

    /// Keeps the room of whoever of a squad has most of it and could have such work with more, from all that became
    /// waiting since an instant; tells whether there is one.
    pub(super) fn keep(
        &mut self,
        squad: &Squad,
        asks: &Asks,
        skills: &[(u32, u8)],
        since: Timestamp,
    ) -> bool {
        let could = self.fitting(squad, asks, skills).filter(|(number, seat)| {
            seat.room() < asks.effort && seat.agent.capacity.units >= asks.effort && !self.keeps(*number)
        });
        let most = could.max_by_key(|(number, seat)| (seat.room(), std::cmp::Reverse(*number)));
        let most = most.map(|(number, _)| number);
        self.kept.extend(most.map(|number| (number, since)));
        most.is_some()
    }

    /// Tells whether an agent's room is kept from anything.
    pub(super) fn keeps(&self, number: usize) -> bool {
        self.kept.iter().any(|(kept, _)| *kept == number)
    }

    /// Lists whose room is kept from work that waits since an instant.
    pub(super) fn kept_from(&self, since: Timestamp) -> Vec<usize> {
        let from = self.kept.iter().filter(|(_, from)| since >= *from);
        from.map(|(number, _)| *number).collect()
    }

    /// Returns all agents.
    pub(super) const fn roster(&self) -> &Roster {
        self.roster
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = &Seat> + Clone {
        self.roster.iter()
    }

    pub(super) fn seat(&self, number: usize) -> Option<&Seat> {
        self.roster.at(number)
    }

    /// Returns an agent's number.
    pub(super) fn number(&self, agent: AgentId) -> Option<usize> {
        self.roster.number(agent)
    }

    /// Counts what those who are ready can take in all.
    pub(super) fn room(&self) -> usize {
        self.ready.iter().filter_map(|number| self.seat(*number)).map(|seat| seat.room() as usize).sum()
    }

    /// Returns those who are asked together, once nobody of the teams `before` may have it.
    pub(super) fn squad(&self, teams: Vec<TeamId>, before: Vec<TeamId>) -> Squad {
        let works = |seat: &Seat| teams.iter().any(|team| seat.is_in(*team));
        let ready = self.ready.iter().copied().filter(|number| self.seat(*number).is_some_and(works));
        Squad { ready: ready.collect(), teams, before, members: OnceCell::new() }
    }

    /// Notes the state of an agent for the record; answers the number of the note, which stays the same until they are
    /// given work.
    pub(super) fn state(&mut self, number: usize) -> Option<u32> {
        let state = self.state_of.get_mut(number)?;
        if *state == NONE {
            *state = self.log.state(State::of(self.roster.at(number)?));
        }
        Some(*state)
    }

    /// Notes candidates, by their numbers, with what they are worth, the chosen one first. `sticky` is who had the matter
    /// before.
    pub(super) fn rate(
        &mut self,
        rated: impl Iterator<Item = (usize, Fit, Worth)>,
        sticky: Option<usize>,
    ) -> Option<Candidates> {
        let (begin, mut had) = (self.log.begin(), None);
        for (at, (agent, fit, worth)) in rated.enumerate() {
            let state = self.state(agent)?;
            self.log.rate(Named { state, fit }, worth);
            if sticky == Some(agent) {
                had = u8::try_from(at).ok();
            }
        }
        Some(self.log.end(begin, had))
    }

    /// Gives an agent work; answers what room is left.
    pub(super) fn occupy(&mut self, number: usize, effort: u32, at: Timestamp) -> u32 {
        let room = |roster: &Roster| roster.at(number).map_or(0, Seat::room);
        let before = room(self.roster);
        self.roster.occupy_at(number, effort, at);
        let after = room(self.roster);
        if before > 0 && after == 0 {
            self.free = self.free.saturating_sub(1);
        }
        self.state_of.get_mut(number).into_iter().for_each(|state| *state = NONE);
        after
    }
}
