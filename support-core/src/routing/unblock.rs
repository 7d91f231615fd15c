//! The smallest change after which waiting work would be given to somebody.

use std::sync::Arc;

use serde::Serialize;

use crate::config::Config;
use crate::id::{AgentId, TeamId};
use crate::people::{Presence, Role, Scope};
use crate::time::Timestamp;

use super::{Job, Placement, Queue, Refused, Roster, Seat, Strategy, Waiting, plan, serving};

/// Most pieces of work that may come first: beyond them no single change helps.
const AHEAD: u32 = 1_000;
/// Most changes that are tried from the smallest on, and most waiting work and agents that this looks through in all,
/// each trial anew. What is found within them is the smallest: so it is with a few dozen agents and some hundred pieces
/// of work.
const TRIALS: (usize, usize) = (400, 100_000);
/// Beyond: most agents for whom all that they fail is changed, and for how many a change is found before they are
/// compared.
const TRIED: (usize, usize) = (50, 5);
/// Beyond so much waiting work it is tried with few agents only, and the first change that helps is taken: each trial
/// plans anew.
const MUCH: usize = 5_000;
/// Room for anything, and few enough bits for shares to stay exact.
const ENDLESS: u32 = 1 << 25;

/// The fewest conditions of one agent whose change would have the router give a piece of work to somebody: to them, or,
/// where they take what comes first, to another. It was verified by applying it and planning again, with all that comes
/// first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unblock {
    /// Whose conditions they are.
    #[serde(rename = "agent_id")]
    pub agent: AgentId,
    /// What would have to change.
    pub relax: Vec<Refused>,
    /// Units that they would have to have more of, or to get free: also what comes first takes its share of them.
    pub units: u32,
}

/// A piece of waiting work, and why nobody has it.
#[derive(Debug, Clone, Copy)]
pub struct Blocked<'a> {
    /// The work.
    pub entry: &'a Waiting,
    /// What it asks for now.
    pub job: &'a Job<'a>,
    /// Every agent with what they fail, fewest first.
    pub fails: &'a [(AgentId, Vec<Refused>)],
}

impl Blocked<'_> {
    /// Tells whether the router would give it to somebody as things are.
    pub fn would_go(&self, queue: &mut Queue, roster: &Roster, config: &Config, now: Timestamp) -> bool {
        self.sent(queue, roster.clone(), config, now).is_some()
    }

    /// Finds the smallest change that helps: the fewest conditions of one agent, and of those the fewest units. Where there
    /// are too many to try them all, with those few first who fail least. `None` where there are no agents, or so much comes
    /// first that no single change would help.
    pub fn unblock(
        &self,
        queue: &mut Queue,
        roster: &Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<Unblock> {
        let all = Scope::system(crate::id::TenantId::SINGLE);
        let ahead = queue.position(self.entry.ticket, &all, &config.settings.weights, now)?;
        if ahead > AHEAD || queue.is_held(self.entry.ticket) {
            return None;
        }
        if let Some(smallest) = self.smallest(queue, roster, config, now) {
            return Some(smallest);
        }
        let (tried, compared) = if queue.len() > MUCH { (TRIED.1, 1) } else { TRIED };
        let (mut best, mut found): (Option<Unblock>, usize) = (None, 0);
        for (agent, fails) in self.fails.iter().take(tried) {
            // Who fails as much cannot do with less.
            let no_less = best.as_ref().is_some_and(|best| fails.len() >= best.relax.len());
            if no_less && found >= compared {
                break;
            }
            let all: Vec<Refused> = of_agent(fails).chain([Refused::NoRoom]).collect();
            let helps = self.with(*agent, &all, queue, roster, config, now);
            found += usize::from(helps.is_some());
            best = best.into_iter().chain(helps).min_by_key(|one| (one.relax.len(), one.units));
        }
        best
    }

    /// Tries every change of one agent's conditions, the smallest first; nothing where there are too many.
    fn smallest(
        &self,
        queue: &mut Queue,
        roster: &Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<Unblock> {
        let (most, looked_through) = TRIALS;
        let mut trials = most.min(looked_through / (queue.len() + self.fails.len()).max(1));
        // More room may be what somebody needs who takes what comes first, too.
        let all = self.fails.iter().map(|(agent, fails)| (*agent, of_agent(fails).chain([Refused::NoRoom])));
        let all: Vec<(AgentId, Vec<Refused>)> = all.map(|(agent, all)| (agent, all.collect())).collect();
        let largest = all.iter().map(|(_, all)| all.len()).max()?;
        for size in 1..=largest {
            let mut best: Option<Unblock> = None;
            for (agent, some) in
                all.iter().flat_map(|(agent, all)| subsets(all, size).map(move |some| (*agent, some)))
            {
                if trials == 0 {
                    return best;
                }
                trials -= 1;
                let helps = self.with(agent, &some, queue, roster, config, now);
                best = best.into_iter().chain(helps).min_by_key(|one| one.units);
            }
            if best.is_some() {
                return best;
            }
        }
        None
    }

    /// Finds whether a change of conditions of one agent helps: with as much room as they have, or, where that is among
    /// them, with endless room and then with as much of it as that took.
    fn with(
        &self,
        agent: AgentId,
        change: &[Refused],
        queue: &mut Queue,
        roster: &Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<Unblock> {
        let seat = self.relaxed(roster.get(agent)?, change);
        let forgiven = change.contains(&Refused::JustDeclined);
        if forgiven {
            let mut entry = self.entry.clone();
            entry.work.declined.retain(|(who, _)| *who != agent);
            queue.upsert(entry);
        }
        let units = self.units(&seat, change.contains(&Refused::NoRoom), queue, roster, config, now);
        if forgiven {
            queue.upsert(self.entry.clone());
        }
        let units = units?;
        let relax = change.iter().copied().filter(|one| *one != Refused::NoRoom || units > 0).collect();
        Some(Unblock { agent, relax, units })
    }

    /// Says how many units more an agent needs for the work to be given to somebody; nothing where it stays.
    fn units(
        &self,
        seat: &Seat,
        more: bool,
        queue: &mut Queue,
        roster: &Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<u32> {
        let (agent, load, capacity) = (seat.agent.id, seat.state.load.units, seat.agent.capacity.units);
        let sized = |units: u32| {
            let mut roster = roster.clone();
            let mut seat = seat.clone();
            Arc::make_mut(&mut seat.agent).capacity.units = units;
            roster.seat(seat);
            roster
        };
        if !more {
            return self.sent(queue, sized(capacity), config, now).map(|_| 0);
        }
        let (planned, at) = self.sent(queue, sized(ENDLESS), config, now)?;
        let first = planned.iter().take(at + 1).filter(|one| one.agent == agent);
        let enough = load.saturating_add(first.map(|one| one.effort).sum());
        // What is planned together is not given in order.
        let theirs = planned.iter().filter(|one| one.agent == agent);
        let all = load.saturating_add(theirs.map(|one| one.effort).sum());
        let most = load.saturating_add(planned.iter().map(|one| one.effort).sum()).clamp(capacity, ENDLESS);
        let units = [capacity, enough, all, most, ENDLESS].into_iter().filter(|units| *units >= capacity);
        let mut units = units.filter(|units| self.sent(queue, sized(*units), config, now).is_some());
        Some(units.next()? - capacity)
    }

    /// Plans, and answers all placements with the number of its own; nothing where it stays.
    fn sent(
        &self,
        queue: &mut Queue,
        mut roster: Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<(Vec<Placement>, usize)> {
        // What is planned together is not placed in the order of what waits.
        let (_, team) = serving(self.entry.team.unwrap_or(TeamId::DEFAULT), config);
        let together = team.is_some_and(|team| team.strategy == Strategy::Optimal);
        let most = if together { usize::MAX } else { AHEAD as usize + 1 };
        let planned = plan(queue, &mut roster, config, now, most);
        let at = planned.iter().position(|one| one.ticket == self.entry.ticket)?;
        Some((planned, at))
    }

    /// Applies the change of conditions to a copy of an agent; room is left as it is.
    fn relaxed(&self, seat: &Seat, conditions: &[Refused]) -> Seat {
        let mut agent = (*seat.agent).clone();
        let mut state = seat.state.clone();
        for condition in conditions {
            match condition {
                Refused::Inactive => agent.active = true,
                Refused::NotInTeam => agent.team_ids.extend(self.job.teams.first().copied()),
                Refused::MayNotReply => {
                    if let Ok(role) = Role::Agent.as_str().parse() {
                        agent.role = role;
                    }
                }
                Refused::NotAvailable => state.presence = Presence::Available,
                Refused::OtherChannels => state.channels.clear(),
                Refused::OffShift => agent.shift = None,
                Refused::Absent => agent.absences.clear(),
                Refused::OtherLanguage => agent.languages.extend(self.job.asks.language.clone()),
                Refused::MissingSkill => {
                    for (skill, level) in &self.job.asks.skills {
                        let has = agent.skills.entry(skill.clone()).or_default();
                        *has = (*has).max(*level);
                    }
                }
                // Of the work, and of room.
                Refused::JustDeclined | Refused::NoRoom | Refused::Kept => {}
            }
        }
        Seat { agent: Arc::new(agent), state }
    }
}

/// Lists what an agent fails but for room.
fn of_agent(fails: &[Refused]) -> impl Iterator<Item = Refused> + '_ {
    fails.iter().copied().filter(|one| !matches!(one, Refused::NoRoom | Refused::Kept))
}

/// Lists all ways to take so many of some conditions, of which there are less than 32.
fn subsets(all: &[Refused], size: usize) -> impl Iterator<Item = Vec<Refused>> + '_ {
    let masks = (0_u32..1 << all.len()).filter(move |mask| mask.count_ones() as usize == size);
    masks.map(|mask| {
        let taken = all.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
        taken.map(|(_, one)| *one).collect()
    })
}

#[cfg(test)]
mod tests;
