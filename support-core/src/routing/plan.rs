//! Giving waiting work to eligible agents, in the order of the score.

use std::collections::{HashMap, hash_map};

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId, TicketId};
use crate::label::Label;
use crate::people::WorkKind;
use crate::scoring::total;
use crate::time::Timestamp;

use super::turns::{Crew, Turns};
use super::{Candidate, Job, Queue, Refused, Roster, Seat, Strategy, Waiting, Why, failures};

/// Work that goes to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The ticket.
    pub ticket: TicketId,
    /// Its new owner.
    pub agent: AgentId,
    /// The owner's presence when this was decided: it must not have changed when it is committed.
    pub state_version: u64,
    /// Units that it takes.
    pub effort: u32,
    /// The owner's capacity, which the load may not pass.
    pub capacity: u32,
    /// When the owner is noted as having been given work: distinct and growing within a tenant.
    pub assigned_at: Timestamp,
    /// Why this agent.
    pub why: Why,
}

/// Plans at most `most` placements of the work in `queue` at `now`, best first.
///
/// `roster` is left as it will be once they are all committed. Work that nobody may get stays; what comes after it
/// is still placed, so that one rare skill holds up nobody else.
///
/// Who may have work is asked once for each signature (team, effort, skills), not for each ticket.
#[must_use]
pub fn plan(
    queue: &mut Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    most: usize,
) -> Vec<Placement> {
    let mut placements = Vec::new();
    let mut crew = Crew::of(roster, now);
    if crew.free == 0 || most == 0 {
        return placements;
    }
    let mut lines: HashMap<Signature, Vec<Turns>> = HashMap::new();
    let mut largest = 0;
    for mut entry in queue.in_order(&config.settings.weights, now, most) {
        // Who declined is particular to the ticket: it is placed by itself.
        let alone = (!entry.work.declined.is_empty()).then(|| entry.clone());
        let skills = std::mem::take(&mut entry.work.skills);
        let signature = (entry.team.unwrap_or(TeamId::DEFAULT), entry.work.effort, skills);
        let line = match lines.entry(signature) {
            hash_map::Entry::Occupied(line) => line.into_mut(),
            hash_map::Entry::Vacant(line) => {
                largest = largest.max(entry.work.effort);
                let turns = turns(line.key(), config, &crew);
                line.insert(turns)
            }
        };
        // Capacity only shrinks while planning: where nobody is left, nobody comes.
        let Some(turns) = line.iter_mut().find(|turns| !turns.is_empty()) else { continue };
        let chosen = match alone {
            Some(entry) => place_among(&entry, &crew.seats(), config, now),
            None => turns.choose(&crew).map(|chosen| {
                let score = total(&config.settings.weights, &entry.inputs(), now);
                placement(&entry, turns.strategy(), score, chosen, now)
            }),
        };
        let Some(placement) = chosen else { continue };
        if let Some((number, room)) = crew.occupy(&placement)
            && room < largest
        {
            lines.values_mut().flatten().for_each(|turns| turns.leave(number, room));
        }
        placements.push(placement);
        if placements.len() >= most || crew.free == 0 {
            break;
        }
    }
    placements
}

/// What decides who is eligible, declines aside: team, effort and skills.
type Signature = (TeamId, u32, Vec<(Label, u8)>);

/// Asks who takes turns at work of a signature: the team's own agents, then those that take its overflow.
fn turns((team, effort, skills): &Signature, config: &Config, crew: &Crew<'_>) -> Vec<Turns> {
    let (own, Some(team)) = serving(*team, config) else { return Vec::new() };
    if team.mode.of(WorkKind::Ticket) != RoutingMode::Assign {
        return Vec::new();
    }
    let of = |teams: &[TeamId]| {
        let kind = WorkKind::Ticket;
        let job = Job { kind, teams, effort: *effort, skills, declined: &[], declined_seconds: 0 };
        Turns::of(crew, &job, team.strategy)
    };
    [own.as_slice(), &team.overflow_team_ids].into_iter().map(of).collect()
}

/// Decides to whom one piece of work goes; nobody where no agent is eligible or its team takes work by hand. Work of a
/// team that was taken out of force goes to its agents and those of the default team.
#[must_use]
pub fn place(entry: &Waiting, roster: &Roster, config: &Config, now: Timestamp) -> Option<Placement> {
    place_among(entry, &roster.iter(), config, now)
}

fn place_among<'a>(
    entry: &Waiting,
    seats: &(impl Iterator<Item = &'a Seat> + Clone),
    config: &Config,
    now: Timestamp,
) -> Option<Placement> {
    let team_id = entry.team.unwrap_or(TeamId::DEFAULT);
    let (own, team) = serving(team_id, config);
    let team = team?;
    if team.mode.of(WorkKind::Ticket) != RoutingMode::Assign {
        return None;
    }
    // The own team first; then those that take its overflow; and whoever gave it back only when nobody else may.
    for (teams, forgiving) in [
        (own.as_slice(), false),
        (&team.overflow_team_ids[..], false),
        (own.as_slice(), true),
        (&team.overflow_team_ids[..], true),
    ] {
        let declined_seconds = if forgiving { 0 } else { config.settings.declined_seconds };
        let job = Job {
            kind: WorkKind::Ticket,
            teams,
            effort: entry.work.effort,
            skills: &entry.work.skills,
            declined: &entry.work.declined,
            declined_seconds,
        };
        if let Some(chosen) = choose(&job, team.strategy, seats.clone(), now) {
            let score = total(&config.settings.weights, &entry.inputs(), now);
            return Some(placement(entry, team.strategy, score, chosen, now));
        }
        if entry.work.declined.is_empty() && teams != own {
            break;
        }
    }
    None
}

/// Returns the teams that serve a queue, and the rules that hold for it.
pub(crate) fn serving(team: TeamId, config: &Config) -> (Vec<TeamId>, Option<&TeamSpec>) {
    match config.team(team) {
        Some(spec) => (vec![team], Some(spec)),
        None => (vec![team, TeamId::DEFAULT], config.team(TeamId::DEFAULT)),
    }
}

/// Chooses for one piece of work: one look at each agent, and an order only of those who are named.
fn choose<'a>(
    job: &Job<'_>,
    strategy: Strategy,
    seats: impl Iterator<Item = &'a Seat>,
    now: Timestamp,
) -> Option<Chosen<'a>> {
    let mut eligible: Vec<(Candidate, &Seat)> = Vec::new();
    let mut refused: Vec<(AgentId, Refused)> = Vec::new();
    let (mut refused_in_all, mut latest) = (0, None);
    for seat in seats {
        latest = latest.max(seat.state.last_assigned_at);
        match failures(seat, job, now).next() {
            None => eligible.push((Candidate::of(seat), seat)),
            Some(first) if first.is_candidate() => {
                refused_in_all += 1;
                if refused.len() < Why::MOST {
                    refused.push((seat.agent.id, first));
                }
            }
            Some(_) => {}
        }
    }
    let in_all = eligible.len() + refused_in_all;
    let in_order = |(a, _): &(Candidate, &Seat), (b, _): &(Candidate, &Seat)| strategy.prefers(a, b);
    if eligible.len() > Why::MOST {
        eligible.select_nth_unstable_by(Why::MOST, in_order);
        eligible.truncate(Why::MOST);
    }
    eligible.sort_unstable_by(in_order);
    let left_out = in_all - eligible.len() - refused.len();
    let (_, seat) = *eligible.first()?;
    let candidates = eligible.into_iter().map(|(candidate, _)| candidate).collect();
    Some(Chosen { seat, latest, candidates, refused, left_out })
}

/// Whom a piece of work goes to, and who else there was.
pub(super) struct Chosen<'a> {
    pub(super) seat: &'a Seat,
    /// When work was given last to anybody.
    pub(super) latest: Option<Timestamp>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) refused: Vec<(AgentId, Refused)>,
    pub(super) left_out: usize,
}

fn placement(
    entry: &Waiting,
    strategy: Strategy,
    score: f64,
    chosen: Chosen<'_>,
    now: Timestamp,
) -> Placement {
    let Chosen { seat, latest, candidates, refused, left_out } = chosen;
    let assigned_at = latest.map_or(now, |latest| now.max(latest.plus_micros(1)));
    Placement {
        ticket: entry.ticket,
        agent: seat.agent.id,
        state_version: seat.state.version,
        effort: entry.work.effort,
        capacity: seat.agent.capacity.of(WorkKind::Ticket),
        assigned_at,
        why: Why {
            strategy,
            score,
            waited_seconds: now.seconds_since(entry.work.since).max(0),
            candidates,
            refused,
            left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
            assigned_at: Some(assigned_at),
        },
    }
}

impl Candidate {
    pub(super) fn of(seat: &Seat) -> Self {
        Self {
            agent: seat.agent.id,
            load: seat.state.load.units,
            capacity: seat.agent.capacity.units,
            last_assigned_at: seat.state.last_assigned_at,
        }
    }
}

impl Refused {
    /// Tells whether who fails this first is a candidate all the same. Those outside the team are not: naming them
    /// would drown the others.
    pub(super) const fn is_candidate(self) -> bool {
        !matches!(self, Self::NotInTeam | Self::Inactive)
    }
}

impl Why {
    /// Decides again from the record alone, and returns whom it names. What was recorded is what was compared, so
    /// the answer is the one that was given.
    #[must_use]
    pub fn decide_again(&self) -> Option<AgentId> {
        let first = self.candidates.iter().min_by(|a, b| self.strategy.prefers(a, b));
        first.map(|candidate| candidate.agent)
    }
}

#[cfg(test)]
mod tests;
