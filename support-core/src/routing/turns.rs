//! Agents in the order in which they are given work, while a plan is made.

use std::sync::Arc;

use crate::id::AgentId;
use crate::people::WorkKind;

use super::asks::Skills;
use super::crew::{Crew, Squad};
use super::record::{Candidates, Named};
use super::strategy::Turn;
use super::{Asks, Fit, Job, Refused, Seat, Strategy, Why, failures};

/// Who takes turns at work that asks for the same, and who else is there but may not.
#[derive(Debug)]
pub(super) struct Turns {
    strategy: Strategy,
    /// The number of the squad whose turns they are.
    pub(super) squad: usize,
    pub(super) asks: Arc<Asks>,
    /// Required skills by their numbers.
    skills: Skills,
    /// Whether it was asked yet who may have such work: most plans place none of most kinds.
    begun: bool,
    /// The eligible, in order.
    eligible: Vec<Entry>,
    /// Who is eligible, by number.
    takes: Vec<bool>,
    /// The first of the others, with the first condition that each fails; found when they are first asked for.
    refused: Option<Vec<(usize, AgentId, Refused)>>,
    /// The number of the note of who was refused, as long as it holds.
    refusals: Option<u32>,
}

/// An agent in turn. Other work may have gone to them since this was noted: then their turn comes later than noted here,
/// never earlier.
#[derive(Debug, Clone, Copy)]
struct Entry {
    turn: Turn,
    number: u32,
    /// The number of the note of their state then.
    state: u32,
}

impl Entry {
    const fn agent(&self) -> usize {
        self.number as usize
    }

    const fn place(&self) -> (Turn, u32) {
        (self.turn, self.number)
    }
}

/// Whom a piece of work goes to, and who else there was, as noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    pub(super) agent: usize,
    pub(super) candidates: Candidates,
    pub(super) refused: u32,
    pub(super) left_out: u32,
}

impl Turns {
    pub(super) const fn of(squad: usize, asks: Arc<Asks>, skills: Skills, strategy: Strategy) -> Self {
        Self {
            strategy,
            squad,
            asks,
            skills,
            begun: false,
            eligible: Vec::new(),
            takes: Vec::new(),
            refused: None,
            refusals: None,
        }
    }

    /// Tells whether it was asked yet who may have such work.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Tells whether anybody may have such work now.
    pub(super) const fn takes_any(&self) -> bool {
        !self.eligible.is_empty()
    }

    /// Asks who may have such work.
    pub(super) fn begin(&mut self, crew: &Crew<'_>, squad: &Squad) {
        self.begun = true;
        for (number, seat) in crew.eligible(squad, &self.asks, &self.skills) {
            let turn = self.strategy.turn(seat, &self.asks);
            let state = u32::MAX;
            self.eligible.push(Entry { turn, number: u32::try_from(number).unwrap_or(u32::MAX), state });
            self.takes.resize(number, false);
            self.takes.push(true);
        }
        self.eligible.sort_unstable_by_key(Entry::place);
    }

    /// Tells whether an agent is among the eligible.
    pub(super) fn takes(&self, number: usize) -> bool {
        self.takes.get(number).is_some_and(|takes| *takes)
    }

    /// Lists the eligible, with how well they fit where that counts.
    pub(super) fn fits(&self) -> impl Iterator<Item = (usize, Fit)> + '_ {
        self.eligible.iter().map(|entry| (entry.agent(), entry.turn.fit(self.strategy)))
    }

    /// Chooses whose turn it is; who had the matter before comes first, and whose room is `kept` is passed over.
    pub(super) fn choose(
        &mut self,
        crew: &mut Crew<'_>,
        squad: &Squad,
        sticky: Option<usize>,
        kept: &[usize],
    ) -> Option<Chosen> {
        let mut settled = 0;
        while settled < Why::MOST + kept.len() {
            let Some(rest) = self.eligible.get_mut(settled..) else { break };
            let Some((entry, others)) = rest.split_first_mut() else { break };
            let state = crew.state(entry.agent())?;
            if entry.state == state {
                settled += 1;
                continue;
            }
            entry.state = state;
            let seat = crew.seat(entry.agent())?;
            if entry.turn.is_of(seat) {
                settled += 1;
                continue;
            }
            entry.turn = self.strategy.turn_again(entry.turn, seat, &self.asks);
            // Those between the turn as noted and as it is move up.
            let mine = entry.place();
            let between = others.partition_point(|other| other.place() < mine);
            rest.get_mut(..=between)?.rotate_left(1);
        }
        let sticky = sticky.filter(|number| self.takes(*number) && !kept.contains(number));
        let had =
            sticky.and_then(|sticky| self.eligible.iter().find(|entry| entry.agent() == sticky).copied());
        let had = match had {
            Some(had) => Some(Entry { state: crew.state(had.agent())?, ..had }),
            None => None,
        };
        let in_turn = self.eligible.iter().filter(|entry| Some(entry.agent()) != sticky);
        let in_turn = in_turn.filter(|entry| !kept.contains(&entry.agent()));
        let mut named = had.iter().chain(in_turn).take(Why::MOST).peekable();
        let agent = named.peek()?.agent();
        let fit = |entry: &Entry| Named { state: entry.state, fit: entry.turn.fit(self.strategy) };
        let candidates = crew.log.name(named.map(fit), had.map(|_| 0));
        let (refused, left_out) = self.others(crew, squad, candidates.len(), kept);
        Some(Chosen { agent, candidates, refused, left_out })
    }

    /// Notes the first of those who may not, and counts who is named nowhere.
    pub(super) fn others(
        &mut self,
        crew: &mut Crew<'_>,
        squad: &Squad,
        named: usize,
        kept: &[usize],
    ) -> (u32, u32) {
        if self.refused.is_none() {
            self.refused = Some(self.refused(crew, squad));
        }
        let refused = self.refused.as_deref().unwrap_or_default();
        let count = |left: usize| u32::try_from(left).unwrap_or(u32::MAX);
        if !kept.is_empty() {
            let id = |number: &usize| Some((crew.seat(*number)?.agent.id, Refused::Kept));
            let kept = kept.iter().filter(|number| self.takes(**number)).filter_map(id);
            let others = refused.iter().map(|(_, agent, first)| (*agent, *first));
            let refused: Vec<_> = kept.chain(others).take(Why::MOST).collect();
            let left_out = squad.members(crew).saturating_sub(named + refused.len());
            return (crew.log.refusals(refused), count(left_out));
        }
        let left_out = squad.members(crew).saturating_sub(named + refused.len());
        let refusals = *self.refusals.get_or_insert_with(|| {
            crew.log.refusals(refused.iter().map(|(_, agent, first)| (*agent, *first)).collect())
        });
        (refusals, count(left_out))
    }

    fn refused(&self, crew: &Crew<'_>, squad: &Squad) -> Vec<(usize, AgentId, Refused)> {
        let teams: Vec<_> = squad.before.iter().chain(&squad.teams).copied().collect();
        let job = Job {
            kind: WorkKind::Ticket,
            teams: &teams,
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

    /// Takes an agent out whose room is too small now; tells whether it is not.
    pub(super) fn keeps(&mut self, number: usize, agent: AgentId, room: u32) -> bool {
        if room >= self.asks.effort {
            return true;
        }
        if let Some(takes) = self.takes.get_mut(number) {
            *takes = false;
        }
        if let Some(at) = self.eligible.iter().position(|entry| entry.agent() == number) {
            self.eligible.remove(at);
        }
        if let Some(refused) = &mut self.refused {
            let at = refused.partition_point(|(other, ..)| *other < number);
            if at < Why::MOST {
                refused.insert(at, (number, agent, Refused::NoRoom));
                refused.truncate(Why::MOST);
                self.refusals = None;
            }
        }
        false
    }
}
