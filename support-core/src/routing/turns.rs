//! Agents in the order in which they are given work, while a plan is made.

use std::sync::Arc;

use crate::id::AgentId;
use crate::people::WorkKind;

use super::crew::{Crew, Squad};
use super::plan::Chosen;
use super::strategy::Turn;
use super::{Asks, Candidate, Job, Refused, Seat, Strategy, Why, failures};

/// Who takes turns at work that asks for the same, and who else is there but may not.
#[derive(Debug)]
pub(super) struct Turns {
    strategy: Strategy,
    /// The number of the squad whose turns they are.
    pub(super) squad: usize,
    pub(super) asks: Arc<Asks>,
    /// The eligible by their numbers, in order. Other work may have gone to them since they were noted: then their turn
    /// comes later than noted here, never earlier.
    eligible: Vec<(Turn, usize)>,
    /// Who is eligible, by number.
    takes: Vec<bool>,
    /// The first of the others, with the first condition that each fails; found when they are first asked for.
    refused: Option<Vec<(usize, AgentId, Refused)>>,
}

impl Default for Turns {
    /// Those that nobody takes.
    fn default() -> Self {
        let (asks, strategy) = (Arc::default(), Strategy::RoundRobin);
        Self { strategy, squad: 0, asks, eligible: Vec::new(), takes: Vec::new(), refused: None }
    }
}

impl Turns {
    pub(super) fn of(
        crew: &Crew<'_>,
        squad: &Squad,
        number: usize,
        asks: Arc<Asks>,
        strategy: Strategy,
    ) -> Self {
        let mut takes = Vec::new();
        let mut eligible = Vec::new();
        let skills = crew.levels_of(&asks.skills);
        for number in &squad.ready {
            let Some(seat) = crew.seat(*number) else { continue };
            // The conditions that depend on the work; those that do not were asked before.
            if seat.room() >= asks.effort && crew.is_skilled(*number, &skills) && asks.is_spoken(&seat.agent)
            {
                eligible.push((strategy.turn(seat, &asks), *number));
                takes.resize(*number, false);
                takes.push(true);
            }
        }
        eligible.sort_unstable();
        Self { strategy, squad: number, asks, eligible, takes, refused: None }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.eligible.is_empty()
    }

    /// Tells whether an agent is among the eligible.
    pub(super) fn takes(&self, number: usize) -> bool {
        self.takes.get(number).is_some_and(|takes| *takes)
    }

    /// Lists the eligible, in no order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.eligible.iter().map(|(_, number)| *number)
    }

    /// Chooses whose turn it is; who had the matter before comes first.
    pub(super) fn choose<'c>(
        &mut self,
        crew: &'c Crew<'_>,
        squad: &Squad,
        sticky: Option<usize>,
    ) -> Option<Chosen<'c>> {
        let mut settled = 0;
        while settled < Why::MOST {
            let Some(rest) = self.eligible.get_mut(settled..) else { break };
            let Some(((noted, number), others)) = rest.split_first_mut() else { break };
            let seat = crew.seat(*number)?;
            if noted.is_of(seat) {
                settled += 1;
                continue;
            }
            let turn = self.strategy.turn_again(*noted, seat, &self.asks);
            // Those between the turn as noted and as it is move up.
            *noted = turn;
            let mine = (turn, *number);
            let between = others.partition_point(|other| *other < mine);
            rest.get_mut(..=between)?.rotate_left(1);
        }
        let sticky = sticky.filter(|number| self.takes(*number));
        let had = sticky.and_then(|sticky| self.eligible.iter().find(|(_, number)| *number == sticky));
        let in_turn = self.eligible.iter().filter(|(_, number)| Some(*number) != sticky);
        let named = had.into_iter().chain(in_turn).take(Why::MOST);
        let mut candidates = Vec::with_capacity(self.eligible.len().min(Why::MOST));
        let mut first = None;
        for (turn, number) in named {
            let seat = crew.seat(*number)?;
            first = first.or(Some(seat));
            let candidate = Candidate::of(seat, self.strategy, turn.fit(self.strategy));
            candidates.push(Candidate { sticky: Some(*number) == sticky, ..candidate });
        }
        let seat = first?;
        let (refused, left_out) = self.others(crew, squad, candidates.len());
        Some(Chosen { seat, latest: crew.latest, candidates, refused, left_out })
    }

    /// Names the first of those who may not, and counts who is named nowhere.
    pub(super) fn others(
        &mut self,
        crew: &Crew<'_>,
        squad: &Squad,
        named: usize,
    ) -> (Vec<(AgentId, Refused)>, usize) {
        if self.refused.is_none() {
            self.refused = Some(self.refused(crew, squad));
        }
        let refused = self.refused.iter().flatten().map(|(_, agent, first)| (*agent, *first));
        let refused: Vec<(AgentId, Refused)> = refused.collect();
        let left_out = squad.members.saturating_sub(named + refused.len());
        (refused, left_out)
    }

    fn refused(&self, crew: &Crew<'_>, squad: &Squad) -> Vec<(usize, AgentId, Refused)> {
        let job = Job {
            kind: WorkKind::Ticket,
            teams: &squad.teams,
            leads: false,
            asks: &self.asks,
            declined: &[],
            declined_seconds: 0,
        };
        let others = crew.seats().enumerate().filter(|(number, _)| !self.takes(*number));
        let first = |(number, seat): (usize, &Seat)| {
            let first = failures(seat, &job, crew.now).next()?;
            first.is_candidate().then_some((number, seat.agent.id, first))
        };
        others.filter_map(first).take(Why::MOST).collect()
    }

    /// Takes an agent out whose room is too small now.
    pub(super) fn leave(&mut self, number: usize, agent: AgentId, room: u32) {
        if room >= self.asks.effort || !self.takes(number) {
            return;
        }
        if let Some(takes) = self.takes.get_mut(number) {
            *takes = false;
        }
        self.eligible.retain(|(_, other)| *other != number);
        if let Some(refused) = &mut self.refused {
            let at = refused.partition_point(|(other, ..)| *other < number);
            refused.insert(at, (number, agent, Refused::NoRoom));
            refused.truncate(Why::MOST);
        }
    }
}
