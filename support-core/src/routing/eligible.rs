//! Who may get a piece of work, and why the others may not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{AgentId, TeamId};
use crate::people::{Agent, AgentState, Presence, Shift, Standing, WorkKind};
use crate::time::Timestamp;

use super::{Asks, Refused};

/// An agent as routing sees them: profile, and presence with load.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    /// Profile. Shared, so that a plan can be made on a copy of the roster.
    pub agent: Arc<Agent>,
    /// Presence and load.
    pub state: AgentState,
}

impl Seat {
    /// Tells whether the agent works in a team. Those without any serve the default team.
    #[must_use]
    pub fn is_in(&self, team: TeamId) -> bool {
        self.agent.works_in(team)
    }

    /// Lists the teams in which the agent works, each once; none where they are not active.
    fn teams(&self) -> BTreeSet<TeamId> {
        let agent = &*self.agent;
        let of_none = agent.team_ids.is_empty().then_some(TeamId::DEFAULT);
        agent.team_ids.iter().copied().chain(of_none).filter(|_| agent.active).collect()
    }
}

/// All agents of a tenant, in the order of their ids. A plan knows them by their numbers in it.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    seats: Vec<Seat>,
    ids: Vec<AgentId>,
    /// Who takes async work, see [`Seat::is_open`].
    open: Vec<bool>,
    /// When work was given last to anybody.
    latest: Option<Timestamp>,
    /// How many active agents each team has.
    members: BTreeMap<TeamId, usize>,
}

impl PartialEq for Roster {
    fn eq(&self, other: &Self) -> bool {
        // All else follows from the seats.
        self.seats == other.seats
    }
}

impl Roster {
    /// Takes an agent in, in place of what was known.
    pub fn seat(&mut self, seat: Seat) {
        let (id, open, last) = (seat.agent.id, seat.is_open(), seat.state.last_assigned_at);
        let number = self.ids.binary_search(&id);
        // Mostly only the state is new.
        let known = number.ok().and_then(|number| self.seats.get(number));
        if known.is_none_or(|known| !Arc::ptr_eq(&known.agent, &seat.agent)) {
            let known: Vec<TeamId> = known.into_iter().flat_map(Seat::teams).collect();
            for team in known {
                self.members.entry(team).and_modify(|members| *members -= 1);
            }
            for team in seat.teams() {
                *self.members.entry(team).or_default() += 1;
            }
        }
        match number {
            Ok(number) => {
                let known = self.seats.get_mut(number).map(|known| std::mem::replace(known, seat));
                self.open.get_mut(number).into_iter().for_each(|known| *known = open);
                let before = known.and_then(|known| known.state.last_assigned_at);
                if before == self.latest && last < before {
                    self.latest = self.seats.iter().filter_map(|seat| seat.state.last_assigned_at).max();
                }
            }
            Err(number) => {
                self.seats.insert(number, seat);
                self.ids.insert(number, id);
                self.open.insert(number, open);
            }
        }
        self.latest = self.latest.max(last);
    }

    /// Returns an agent.
    #[must_use]
    pub fn get(&self, agent: AgentId) -> Option<&Seat> {
        self.at(self.number(agent)?)
    }

    /// Lists all agents.
    pub fn iter(&self) -> impl Iterator<Item = &Seat> + Clone {
        self.seats.iter()
    }

    /// Counts work that an agent is being given, and when it is noted as given.
    pub fn occupy(&mut self, agent: AgentId, effort: u32, at: Timestamp) {
        if let Some(number) = self.number(agent) {
            self.occupy_at(number, effort, at);
        }
    }

    /// Does the same by the agent's number.
    pub(super) fn occupy_at(&mut self, number: usize, effort: u32, at: Timestamp) {
        let Some(seat) = self.seats.get_mut(number) else { return };
        seat.state.load.units = seat.state.load.units.saturating_add(effort);
        seat.state.last_assigned_at = seat.state.last_assigned_at.max(Some(at));
        self.latest = self.latest.max(Some(at));
        if seat.room() == 0 {
            self.open.get_mut(number).into_iter().for_each(|open| *open = false);
        }
    }

    /// Returns an agent's number.
    pub(super) fn number(&self, agent: AgentId) -> Option<usize> {
        self.ids.binary_search(&agent).ok()
    }

    pub(super) fn at(&self, number: usize) -> Option<&Seat> {
        self.seats.get(number)
    }

    pub(super) const fn len(&self) -> usize {
        self.seats.len()
    }

    /// Counts the active agents of some teams.
    pub(super) fn members(&self, teams: &[TeamId]) -> usize {
        if let [team] = teams {
            return self.members.get(team).copied().unwrap_or(0);
        }
        let is_one = |seat: &&Seat| seat.agent.active && teams.iter().any(|team| seat.is_in(*team));
        self.seats.iter().filter(is_one).count()
    }

    /// When work was given last to anybody.
    pub(super) const fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    /// Lists who takes async work at `now`, by number.
    pub(super) fn ready(&self, now: Timestamp) -> impl Iterator<Item = usize> + '_ {
        let open = self.open.iter().zip(&self.seats).enumerate().filter(|(_, (open, _))| **open);
        open.filter(move |(_, (_, seat))| seat.is_on(now)).map(|(number, _)| number)
    }
}

impl FromIterator<Seat> for Roster {
    fn from_iter<I: IntoIterator<Item = Seat>>(seats: I) -> Self {
        let mut roster = Self::default();
        seats.into_iter().for_each(|seat| roster.seat(seat));
        roster
    }
}

/// A piece of work as eligibility sees it.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// What kind.
    pub kind: WorkKind,
    /// Teams whose members are asked: one's own, or those that take its overflow.
    pub teams: &'a [TeamId],
    /// Whether those who lead these teams are asked, in place of who works in them.
    pub leads: bool,
    /// What it asks for, as relaxed as it is now.
    pub asks: &'a Asks,
    /// Agents who gave it back, and when.
    pub declined: &'a [(AgentId, Timestamp)],
    /// Seconds for which they are not asked again.
    pub declined_seconds: i64,
}

/// Lists every condition that an agent fails for a piece of work at `now`, the most lasting first. Nobody else may be
/// given it: an agent without failures is eligible.
pub fn failures<'a>(seat: &'a Seat, job: &'a Job<'a>, now: Timestamp) -> impl Iterator<Item = Refused> + 'a {
    let Seat { agent, state } = seat;
    let fails = move |condition: &Refused| match condition {
        Refused::Inactive => !agent.active,
        Refused::NotInTeam => !job
            .teams
            .iter()
            .any(|team| if job.leads { agent.lead_ids.contains(team) } else { seat.is_in(*team) }),
        Refused::MayNotReply => !agent.may_reply(),
        Refused::MissingSkill => !job.asks.is_skilled(agent),
        Refused::OtherLanguage => !job.asks.is_spoken(agent),
        Refused::Absent => agent.absence(now).is_some(),
        Refused::NotAvailable => state.presence != Presence::Available,
        Refused::OtherChannels => !state.channels.is_empty() && !state.channels.contains(&job.kind),
        Refused::OffShift => agent.shift.as_ref().is_some_and(|shift| !shift.standing(now).takes(job.kind)),
        Refused::JustDeclined => {
            let still = |at: Timestamp| at.plus_seconds(job.declined_seconds) > now;
            job.declined.iter().any(|(who, at)| *who == agent.id && still(*at))
        }
        Refused::NoRoom => {
            state.load.of(job.kind).saturating_add(job.asks.effort) > agent.capacity.of(job.kind)
                || job.kind != WorkKind::Ticket && state.load.call > 0
        }
        // Told by all that waits, not by the agent.
        Refused::Kept => false,
    };
    // One after the other: who only asks for the first does not pay for the rest.
    LASTING_FIRST.into_iter().filter(fails)
}

/// All conditions, the most lasting first.
const LASTING_FIRST: [Refused; 11] = [
    Refused::Inactive,
    Refused::NotInTeam,
    Refused::MayNotReply,
    Refused::MissingSkill,
    Refused::OtherLanguage,
    Refused::Absent,
    Refused::NotAvailable,
    Refused::OtherChannels,
    Refused::OffShift,
    Refused::JustDeclined,
    Refused::NoRoom,
];

impl Seat {
    /// Units of async work that the agent can still take.
    pub(super) fn room(&self) -> u32 {
        self.agent.capacity.units.saturating_sub(self.state.load.units)
    }

    /// Tells whether the agent takes async work, whatever team it is of and whatever it asks for, at an instant at which
    /// they [are on](Self::is_on).
    fn is_open(&self) -> bool {
        let Self { agent, state } = self;
        self.room() > 0
            && state.presence == Presence::Available
            && agent.active
            && (state.channels.is_empty() || state.channels.contains(&WorkKind::Ticket))
            && agent.may_reply()
    }

    /// Tells whether the agent's shift has them take async work at `now`, and they are not on leave.
    fn is_on(&self, now: Timestamp) -> bool {
        let Self { agent, .. } = self;
        agent.absence(now).is_none()
            && agent.shift.as_ref().is_none_or(|shift| shift.standing(now).takes(WorkKind::Ticket))
    }

    /// Tells whether the agent is there now: available and [on duty](Self::is_on_duty).
    #[must_use]
    pub fn is_there(&self, now: Timestamp) -> bool {
        self.state.presence == Presence::Available && self.is_on_duty(now)
    }

    /// Tells whether the agent is to be there at an instant: active, on shift and not on leave.
    #[must_use]
    pub fn is_on_duty(&self, at: Timestamp) -> bool {
        let Self { agent, .. } = self;
        let on_shift = |shift: &Shift| shift.standing(at) != Standing::Off;
        agent.active && agent.absence(at).is_none() && agent.shift.as_ref().is_none_or(on_shift)
    }

    /// Returns until when at most the agent, who is on duty now, stays so: to the end of their shift, where that is less
    /// than a day off, or to their next planned absence.
    #[must_use]
    pub fn off_duty_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = |shift: &Shift| match shift.standing(now) {
            Standing::On { seconds_left } if seconds_left < 86_400 => Some(now.seconds() + seconds_left),
            _ => None,
        };
        let ends = self.agent.shift.as_ref().and_then(ends).map(Timestamp::from_seconds);
        let absences = self.agent.absences.iter().map(|absence| absence.from);
        absences.filter(|from| *from > now).chain(ends).min()
    }

    /// Tells whether the agent is absent past the start of a shift: away or offline since before it, and it has begun,
    /// or they said that they come back only after it. Who is always on shift misses no start. A planned absence is one
    /// from its beginning, where it outlasts the next start of a shift or none begins any more.
    #[must_use]
    pub fn is_missing(&self, now: Timestamp) -> bool {
        if let Some(absence) = self.agent.absence(now) {
            // A shift that begins with the absence is missed too.
            let before = absence.from.plus_micros(-1);
            let start = self.agent.shift.as_ref().and_then(|shift| shift.next_start(before));
            if start.is_none_or(|start| start < absence.until) {
                return true;
            }
        }
        let AgentState { presence, since, until, .. } = self.state;
        let gone = matches!(presence, Presence::Away | Presence::Offline);
        let back = until.map_or(now, |until| until.max(now));
        let start = || self.agent.shift.as_ref().and_then(|shift| shift.next_start(since));
        gone && start().is_some_and(|start| start < back)
    }
}
