//! Why: the score, the deadlines, the owner; and while it waits, why nobody has it and what would change that.

use std::sync::Arc;

use serde::Serialize;

use crate::config::{Config, RoutingMode};
use crate::error::Error;
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::{Actor, Permission, Presence, Role, WorkKind};
use crate::routing::{Asks, Job, Offer, Refused, Roster, Seat, Waiting, failures, serving};
use crate::scoring::{Score, score};
use crate::sla::deadline::Waits;
use crate::store::Assignment;
use crate::time::Timestamp;

use super::Desk;
use super::read::{TimerView, staff, timers};

/// Most agents that an explanation names.
const AGENTS: usize = 200;

/// Why a ticket is where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Its score in terms.
    pub score: Score,
    /// Its timers with their readings.
    pub timers: Vec<TimerView>,
    /// The last change of owner, with the router's record where it made it.
    pub assignment: Option<Assignment>,
    /// Why it waits, if it does.
    pub waiting: Option<WaitingExplanation>,
    /// The offer that it is on, if it is: its agent is asked, and nobody else meanwhile.
    pub offer: Option<Offer>,
    /// How long it waits for its customer, if it does.
    pub pending: Option<Waits>,
}

/// Why nobody has a waiting ticket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitingExplanation {
    /// How many tickets in the actor's sight come first.
    pub before: Option<u32>,
    /// Seconds that it has waited.
    pub waiting_seconds: i64,
    /// Whether its team takes work by hand, so that the router leaves it alone.
    pub by_hand: bool,
    /// Stage of relaxation in force, counted from 1; 0 where nothing was relaxed yet.
    pub stage: u32,
    /// When waiting alone would help: the first stage of relaxation to come at which somebody who is there now could be
    /// given it.
    pub relaxes: Option<Relaxes>,
    /// Every agent of its team and of those that take its overflow, with every condition that they fail.
    pub agents: Vec<AgentVerdict>,
    /// The smallest change after which somebody could be given it; `None` where the tenant has no agents, or none is
    /// needed.
    pub unblock: Option<Unblock>,
}

/// What stands between an agent and a piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentVerdict {
    /// Who.
    #[serde(rename = "agent_id")]
    pub agent: AgentId,
    /// What they fail; nothing where they are eligible.
    pub fails: Vec<Refused>,
}

/// The fewest conditions whose change would make an agent eligible. It was verified by applying it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unblock {
    /// For whom.
    #[serde(rename = "agent_id")]
    pub agent: AgentId,
    /// What would have to change.
    pub relax: Vec<Refused>,
}

/// A stage of relaxation at which an agent, as they are now, could be given a piece of work. It was verified by asking
/// for what the stage asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Relaxes {
    /// When it begins.
    pub at: Timestamp,
    /// The stage, counted from 1.
    pub stage: u32,
    /// Who.
    #[serde(rename = "agent_id")]
    pub agent: AgentId,
}

impl Desk {
    /// Explains a ticket.
    ///
    /// # Errors
    /// `NotFound` to customers and out of sight; `Forbidden`; `Store`.
    pub async fn explain(&self, actor: &Actor, id: TicketId) -> Result<Explanation, Error> {
        staff(actor)?;
        let ticket = self.ticket(actor, id).await?;
        let right = actor.scope(Permission::ExplainRead)?;
        if !ticket.with_subject(|subject| right.sees(subject)) {
            return Err(Error::Forbidden(Permission::ExplainRead));
        }
        let now = self.now();
        let config = self.config_for(actor, &ticket).await?;
        let (mut assignments, _) = self.assignments(actor, id, 1, None).await?;
        let waiting = match Waiting::of(&ticket) {
            Some(entry) => {
                let live = self.live(actor.tenant());
                live.sync(&**self.store()).await?;
                let scope = actor.scope(Permission::QueueRead)?;
                let mut board = live.board();
                let mut waiting = explain_waiting(&entry, &board.roster, &config, now);
                waiting.before = board.queue.position(id, &scope, &config.settings.weights, now);
                Some(waiting)
            }
            None => None,
        };
        Ok(Explanation {
            score: score(&config.settings.weights, &ticket.score_inputs(), now),
            timers: timers(&ticket, now, &config),
            assignment: assignments.pop(),
            waiting,
            offer: ticket.offer.as_deref().cloned(),
            pending: Waits::of(&ticket, &config.settings),
        })
    }
}

/// Says why a ticket waits: what each agent fails, and the smallest change that would give it to one.
#[must_use]
pub fn explain_waiting(
    entry: &Waiting,
    roster: &Roster,
    config: &Config,
    now: Timestamp,
) -> WaitingExplanation {
    let team_id = entry.team.unwrap_or(TeamId::DEFAULT);
    let (mut teams, team) = serving(team_id, config);
    teams.extend(team.iter().flat_map(|team| team.overflow_team_ids.iter().copied()));
    let stage = team.map_or(0, |team| team.stage(now.micros_since(entry.work.since)));
    let asks = Asks::of(entry);
    let asks_now = team.map_or_else(|| asks.clone(), |team| asks.at(team, stage));
    let job = Job {
        kind: WorkKind::Ticket,
        teams: &teams,
        leads: false,
        asks: &asks_now,
        declined: &entry.work.declined,
        declined_seconds: config.settings.declined_seconds,
    };
    let mut agents: Vec<AgentVerdict> = roster
        .iter()
        .filter(|seat| seat.agent.active)
        .map(|seat| AgentVerdict { agent: seat.agent.id, fails: failures(seat, &job, now).collect() })
        .collect();
    // Fewest failures first; a stable sort keeps equal ones in the order of their ids.
    agents.sort_by_key(|verdict| verdict.fails.len());
    let unblock = agents.first().filter(|best| !best.fails.is_empty()).and_then(|best| {
        let seat = roster.get(best.agent)?;
        let relaxed = relax(seat, &job, &best.fails, now);
        relaxed.then(|| Unblock { agent: best.agent, relax: best.fails.clone() })
    });
    let waits = agents.first().is_some_and(|best| !best.fails.is_empty());
    let stages = team.filter(|_| waits).map(|team| team.relaxation.iter().enumerate().skip(stage));
    let relaxes = stages.into_iter().flatten().find_map(|(number, relaxed)| {
        let job = Job { asks: &asks.relaxed(relaxed), ..job };
        let may = roster.iter().find(|seat| failures(seat, &job, now).next().is_none())?;
        let (at, agent) = (entry.work.since.plus_seconds(relaxed.after_seconds), may.agent.id);
        Some(Relaxes { at, stage: u32::try_from(number + 1).ok()?, agent })
    });
    agents.retain(|verdict| !verdict.fails.contains(&Refused::NotInTeam));
    agents.truncate(AGENTS);
    WaitingExplanation {
        before: None,
        waiting_seconds: now.seconds_since(entry.work.since).max(0),
        by_hand: team.is_some_and(|team| team.mode.of(WorkKind::Ticket) == RoutingMode::Manual),
        stage: u32::try_from(stage).unwrap_or(u32::MAX),
        relaxes,
        agents,
        unblock,
    }
}

/// Applies the change of conditions to copies of agent and work, and tells whether the agent is eligible then.
fn relax(seat: &Seat, job: &Job<'_>, conditions: &[Refused], now: Timestamp) -> bool {
    let mut agent = (*seat.agent).clone();
    let mut state = seat.state.clone();
    let mut declined = job.declined.to_vec();
    for condition in conditions {
        match condition {
            Refused::Inactive => agent.active = true,
            Refused::NotInTeam => agent.team_ids.extend(job.teams.first().copied()),
            Refused::MayNotReply => {
                if let Ok(role) = Role::Agent.as_str().parse() {
                    agent.role = role;
                }
            }
            Refused::NotAvailable => state.presence = Presence::Available,
            Refused::OtherChannels => state.channels.clear(),
            Refused::OffShift => agent.shift = None,
            Refused::Absent => agent.absences.clear(),
            Refused::OtherLanguage => agent.languages.extend(job.asks.language.clone()),
            Refused::MissingSkill => {
                for (skill, level) in &job.asks.skills {
                    let has = agent.skills.entry(skill.clone()).or_default();
                    *has = (*has).max(*level);
                }
            }
            Refused::JustDeclined => declined.clear(),
            Refused::NoRoom => {
                agent.capacity.units = state.load.of(job.kind).saturating_add(job.asks.effort);
            }
        }
    }
    let seat = Seat { agent: Arc::new(agent), state };
    let job = Job { declined: &declined, ..*job };
    failures(&seat, &job, now).next().is_none()
}
