//! Why: the score, the deadlines, the owner; and while it waits, why nobody has it and what would change that.

use serde::Serialize;

use crate::automation::Overruled;
use crate::config::{Config, RoutingMode};
use crate::error::Error;
use crate::event::{Envelope, Event};
use crate::id::{AgentId, DocumentId, TeamId, TicketId};
use crate::label::Label;
use crate::people::{Actor, AgentState, Missed, Permission, WorkKind};
use crate::routing::{
    Asks, Blocked, Job, Offer, Queue, Refused, Roster, Unblock, Waiting, failures, kept_from, serving,
};
use crate::scoring::{Score, score};
use crate::sla::ConfigRef;
use crate::sla::deadline::{Unanswered, Waits};
use crate::store::Assignment;
use crate::ticket::Ticket;
use crate::time::Timestamp;

use super::Desk;
use super::read::{TimerView, staff, timers};

/// Most agents that an explanation names.
const AGENTS: usize = 200;
/// Most applications and stops of automations that an explanation names, each.
const RULES: usize = 20;

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
    /// When it goes back to its queue unless its owner answers, if it does.
    pub returns_at: Option<Timestamp>,
    /// What automations did to it.
    pub automations: RulesExplained,
}

/// What automations did to a ticket, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RulesExplained {
    /// When they acted, at most the last 20 times.
    pub applied: Vec<RuleApplied>,
    /// When some were stopped, at most the last 20 times.
    pub stopped: Vec<RulesStopped>,
    /// Those that do nothing more on it until somebody does something to it.
    pub resting: Vec<DocumentId>,
}

/// An automation acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleApplied {
    /// The automation, with the version that acted.
    pub automation: ConfigRef,
    /// When.
    pub at: Timestamp,
    /// Sequence of the event that says so. What it did stands before it, in its name.
    pub stream_seq: u64,
    /// The moment from which it counted, of one about time.
    pub counted_from: Option<Timestamp>,
    /// Its actions that an automation before it had decided otherwise.
    pub overruled: Vec<Overruled>,
    /// Its actions that a rule of the ticket refused, by their place, each with the code of the refusal.
    pub refused: Vec<(u16, Label)>,
}

/// Rules that went on waking each other were stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulesStopped {
    /// All that took part.
    pub automations: Vec<DocumentId>,
    /// When.
    pub at: Timestamp,
    /// Sequence of the event that says so.
    pub stream_seq: u64,
    /// Whether they went round over several commits in which nobody did anything to the ticket.
    pub unattended: bool,
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
    /// What it asks of its handler now.
    pub asks: Asks,
    /// Stage of relaxation in force, counted from 1; 0 where nothing was relaxed yet.
    pub stage: u32,
    /// When waiting alone would help: the first stage of relaxation to come at which somebody who is there now could be
    /// given it.
    pub relaxes: Option<Relaxes>,
    /// Every agent of its team and of those that take its overflow, with every condition that they fail.
    pub agents: Vec<AgentVerdict>,
    /// The smallest change after which the router would give it to somebody; `None` where the tenant has no agents, none
    /// is needed, so much comes first that none helps, or its team takes work by hand: then somebody has to.
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
    /// Since when and for what the desk set them away, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<SetAway>,
}

/// That the desk set an agent away, who has said nothing since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAway {
    /// Since when.
    pub since: Timestamp,
    /// The work that they let go by.
    pub missed: Missed,
}

impl SetAway {
    fn of(state: &AgentState) -> Option<Self> {
        state.away_because().map(|missed| Self { since: state.since, missed })
    }
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
                // Planning what would help takes its time: the router must not wait for it.
                let (mut queue, roster) = {
                    let board = live.board();
                    (board.queue.clone(), board.expected.clone())
                };
                let mut waiting = explain_waiting(&entry, &mut queue, &roster, &config, now);
                waiting.before = queue.position(id, &scope, &config.settings.weights, now);
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
            returns_at: Unanswered::of(&ticket, &config).map(|unanswered| unanswered.returns_at),
            automations: explain_rules(&ticket, &self.history(actor, id).await?),
        })
    }
}

/// Says what automations did to a ticket, from its events.
fn explain_rules(ticket: &Ticket, events: &[Envelope]) -> RulesExplained {
    let mut told =
        RulesExplained { resting: ticket.unattended.resting().collect(), ..RulesExplained::default() };
    for Envelope { at, stream_seq, event, .. } in events.iter().rev() {
        let (at, stream_seq) = (*at, *stream_seq);
        match event {
            Event::AutomationApplied { automation, counted_from, overruled, refused, .. }
                if told.applied.len() < RULES =>
            {
                let (automation, counted_from) = (*automation, *counted_from);
                let (overruled, refused) = (overruled.clone(), refused.clone());
                told.applied.push(RuleApplied {
                    automation,
                    at,
                    stream_seq,
                    counted_from,
                    overruled,
                    refused,
                });
            }
            Event::AutomationStopped { automations, unattended, .. } if told.stopped.len() < RULES => {
                let (automations, unattended) = (automations.clone(), *unattended);
                told.stopped.push(RulesStopped { automations, at, stream_seq, unattended });
            }
            _ => {}
        }
    }
    told
}

/// Says why a ticket waits: what each agent fails, and the smallest change that would give it to one. `queue` is all that
/// waits, the ticket among it.
#[must_use]
pub fn explain_waiting(
    entry: &Waiting,
    queue: &mut Queue,
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
    let by_hand = team.is_some_and(|team| team.mode.of(WorkKind::Ticket) == RoutingMode::Manual);
    let mut agents: Vec<(AgentId, Vec<Refused>)> = roster
        .iter()
        .filter(|seat| seat.agent.active)
        .map(|seat| (seat.agent.id, failures(seat, &job, now).collect()))
        .collect();
    let goes = |agents: &[(AgentId, Vec<Refused>)], queue: &mut Queue| {
        Blocked { entry, job: &job, fails: agents }.would_go(queue, roster, config, now)
    };
    let stays = !by_hand && !queue.is_held(entry.ticket) && !goes(&agents, queue);
    if stays {
        let kept = kept_from(queue, roster, config, now, entry.work.since);
        let free = agents.iter_mut().filter(|(_, fails)| fails.is_empty());
        free.filter(|(agent, _)| kept.contains(agent)).for_each(|(_, fails)| fails.push(Refused::Kept));
    }
    // Fewest failures first; a stable sort keeps equal ones in the order of their ids.
    agents.sort_by_key(|(_, fails)| fails.len());
    let blocked = Blocked { entry, job: &job, fails: &agents };
    let unblock = stays.then(|| blocked.unblock(queue, roster, config, now)).flatten();
    let waits = agents.first().is_some_and(|(_, fails)| !fails.is_empty());
    let stages = team.filter(|_| waits).map(|team| team.relaxation.iter().enumerate().skip(stage));
    let relaxes = stages.into_iter().flatten().find_map(|(number, relaxed)| {
        let job = Job { asks: &asks.relaxed(relaxed), ..job };
        let may = roster.iter().find(|seat| failures(seat, &job, now).next().is_none())?;
        let (at, agent) = (entry.work.since.plus_seconds(relaxed.after_seconds), may.agent.id);
        Some(Relaxes { at, stage: u32::try_from(number + 1).ok()?, agent })
    });
    let candidates = agents.into_iter().filter(|(_, fails)| !fails.contains(&Refused::NotInTeam));
    let verdict = |(agent, fails)| {
        let away = roster.get(agent).and_then(|seat| SetAway::of(&seat.state));
        AgentVerdict { agent, fails, away }
    };
    let agents = candidates.map(verdict).take(AGENTS).collect();
    WaitingExplanation {
        before: None,
        waiting_seconds: now.seconds_since(entry.work.since).max(0),
        by_hand,
        asks: asks_now,
        stage: u32::try_from(stage).unwrap_or(u32::MAX),
        relaxes,
        agents,
        unblock,
    }
}
