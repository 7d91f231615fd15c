//! Giving waiting work to eligible agents, in the order of the score.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::config::{Config, RoutingMode, TeamSpec};
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::WorkKind;
use crate::scoring::total;
use crate::time::Timestamp;

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
#[must_use]
pub fn plan(
    queue: &Queue,
    roster: &mut Roster,
    config: &Config,
    now: Timestamp,
    most: usize,
) -> Vec<Placement> {
    let mut placements = Vec::new();
    // Capacity only shrinks while planning: what nobody could take, nobody can take later in the same plan.
    let mut hopeless = HashSet::new();
    if !roster.iter().any(|seat| has_room(seat, now)) {
        return placements;
    }
    for entry in queue.in_order(&config.settings.weights, now) {
        if placements.len() >= most {
            break;
        }
        let signature = (entry.team, entry.work.effort, entry.work.skills.clone());
        if hopeless.contains(&signature) {
            continue;
        }
        match place(&entry, roster, config, now) {
            Some(placement) => {
                roster.occupy(placement.agent, placement.effort, placement.assigned_at);
                placements.push(placement);
                if !roster.iter().any(|seat| has_room(seat, now)) {
                    break;
                }
            }
            // Who declined is particular to the ticket and says nothing of others like it.
            None if entry.work.declined.is_empty() => drop(hopeless.insert(signature)),
            None => {}
        }
    }
    placements
}

/// Decides to whom one piece of work goes; nobody where no agent is eligible or its team takes work by hand. Work of a
/// team that was taken out of force goes to its agents and those of the default team.
#[must_use]
pub fn place(entry: &Waiting, roster: &Roster, config: &Config, now: Timestamp) -> Option<Placement> {
    let team_id = entry.team.unwrap_or(TeamId::DEFAULT);
    let (own, team) = serving(team_id, config);
    let team = team?;
    if team.mode.of(WorkKind::Ticket) != RoutingMode::Assign {
        return None;
    }
    let score = total(&config.settings.weights, &entry.inputs(), now);
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
        if let Some(placement) = choose(entry, &job, team.strategy, score, roster, now) {
            return Some(placement);
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

fn choose(
    entry: &Waiting,
    job: &Job<'_>,
    strategy: Strategy,
    score: f64,
    roster: &Roster,
    now: Timestamp,
) -> Option<Placement> {
    let mut eligible: Vec<&Seat> = Vec::new();
    let mut refused: Vec<(AgentId, Refused)> = Vec::new();
    let mut refused_in_all = 0;
    for seat in roster.iter() {
        match failures(seat, job, now).next() {
            None => eligible.push(seat),
            // Those outside the team are not candidates at all: naming them would drown the others.
            Some(Refused::NotInTeam | Refused::Inactive) => {}
            Some(first) => {
                refused_in_all += 1;
                if refused.len() < Why::MOST {
                    refused.push((seat.agent.id, first));
                }
            }
        }
    }
    eligible.sort_by(|a, b| preference(strategy, a, b));
    let chosen = *eligible.first()?;
    let latest = roster.iter().filter_map(|seat| seat.state.last_assigned_at).max();
    let assigned_at = latest.map_or(now, |latest| now.max(latest.plus_micros(1)));
    let candidates: Vec<Candidate> = eligible.iter().take(Why::MOST).map(|seat| candidate(seat)).collect();
    let left_out = eligible.len() - candidates.len() + refused_in_all - refused.len();
    Some(Placement {
        ticket: entry.ticket,
        agent: chosen.agent.id,
        state_version: chosen.state.version,
        effort: job.effort,
        capacity: chosen.agent.capacity.of(job.kind),
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
    })
}

fn candidate(seat: &Seat) -> Candidate {
    Candidate {
        agent: seat.agent.id,
        load: seat.state.load.units,
        capacity: seat.agent.capacity.units,
        last_assigned_at: seat.state.last_assigned_at,
    }
}

/// Orders eligible agents. Both strategies end in the same fair order, so that equal agents take turns.
fn preference(strategy: Strategy, a: &Seat, b: &Seat) -> Ordering {
    let by_turn = || (a.state.last_assigned_at, a.agent.id).cmp(&(b.state.last_assigned_at, b.agent.id));
    match strategy {
        Strategy::RoundRobin => by_turn(),
        Strategy::LeastLoaded => {
            // load_a / capacity_a < load_b / capacity_b, without division.
            let left = u64::from(a.state.load.units) * u64::from(b.agent.capacity.units);
            let right = u64::from(b.state.load.units) * u64::from(a.agent.capacity.units);
            left.cmp(&right).then_with(by_turn)
        }
    }
}

/// Tells whether an agent could take anything at all.
fn has_room(seat: &Seat, now: Timestamp) -> bool {
    seat.is_there(now) && seat.state.load.units < seat.agent.capacity.units
}

impl Why {
    /// Decides again from the record alone, and returns whom it names. What was recorded is what was compared, so
    /// the answer is the one that was given.
    #[must_use]
    pub fn decide_again(&self) -> Option<AgentId> {
        let by_turn = |c: &Candidate| (c.last_assigned_at, c.agent);
        self.candidates
            .iter()
            .min_by(|a, b| match self.strategy {
                Strategy::RoundRobin => by_turn(a).cmp(&by_turn(b)),
                Strategy::LeastLoaded => {
                    let left = u64::from(a.load) * u64::from(b.capacity);
                    let right = u64::from(b.load) * u64::from(a.capacity);
                    left.cmp(&right).then_with(|| by_turn(a).cmp(&by_turn(b)))
                }
            })
            .map(|candidate| candidate.agent)
    }
}
