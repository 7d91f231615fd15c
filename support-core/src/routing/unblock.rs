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
/// Most agents with whom it is tried, and most for whom a change is found before they are compared.
const TRIED: (usize, usize) = (50, 5);
/// Beyond so much waiting work it is tried with few agents only, and the first change that helps is taken: each trial
/// plans anew.
const MUCH: usize = 5_000;
/// Room for anything, and few enough bits for shares to stay exact.
const ENDLESS: u32 = 1 << 25;

/// The fewest conditions whose change would have the router give a piece of work to somebody. It was verified by
/// applying it and planning again, with all that comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unblock {
    /// For whom.
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

    /// Finds the smallest change that helps, with those few first who fail least. `None` where there are no agents, or
    /// so much comes first that no single change would help.
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
        let (tried, compared) = if queue.len() > MUCH { (TRIED.1, 1) } else { TRIED };
        let found = self.fails.iter().take(tried).filter_map(|(agent, fails)| {
            let forgiven = fails.contains(&Refused::JustDeclined);
            if forgiven {
                let mut entry = self.entry.clone();
                entry.work.declined.retain(|(who, _)| who != agent);
                queue.upsert(entry);
            }
            let found = self.with(*agent, fails, queue, roster, config, now);
            if forgiven {
                queue.upsert(self.entry.clone());
            }
            found
        });
        found.take(compared).min_by_key(|found| (found.relax.len(), found.units))
    }

    /// Finds what helps with one agent: with endless room, then with as much of it as that took.
    fn with(
        &self,
        agent: AgentId,
        fails: &[Refused],
        queue: &mut Queue,
        roster: &Roster,
        config: &Config,
        now: Timestamp,
    ) -> Option<Unblock> {
        let seat = self.relaxed(roster.get(agent)?, fails);
        let (load, capacity) = (seat.state.load.units, seat.agent.capacity.units);
        let sized = |units: u32| {
            let mut roster = roster.clone();
            let mut seat = seat.clone();
            Arc::make_mut(&mut seat.agent).capacity.units = units;
            roster.seat(seat);
            roster
        };
        let (planned, at) = self.sent(queue, sized(ENDLESS), config, now)?;
        let first = planned.iter().take(at + 1).filter(|one| one.agent == agent);
        let enough = load.saturating_add(first.map(|one| one.effort).sum());
        // What is planned together is not given in order.
        let all = load.saturating_add(planned.iter().map(|one| one.effort).sum());
        let units = [capacity, enough, all].into_iter().filter(|units| *units >= capacity);
        let mut units = units.filter(|units| self.sent(queue, sized(*units), config, now).is_some());
        let units = units.next()? - capacity;
        let mut relax: Vec<Refused> =
            fails.iter().copied().filter(|one| !matches!(one, Refused::NoRoom | Refused::Kept)).collect();
        relax.extend((units > 0).then_some(Refused::NoRoom));
        Some(Unblock { agent, relax, units })
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
