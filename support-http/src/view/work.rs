//! Work on the wire: scores, the queue, changes of owner, and why things are as they are.

use std::collections::BTreeMap;

use serde::Serialize;
use support_core::desk::{Explanation, QueuePage, RulesExplained, TextsById, WaitingExplanation};
use support_core::routing::{Fit, Offer, Why, Worth};
use support_core::scoring::{Score, Term};
use support_core::sla::deadline::Waits;
use support_core::store::Assignment;
use utoipa::ToSchema;
use uuid::Uuid;

use super::event::ActorBody;
use super::sla::SlaTimer;
use super::ticket::TicketBody;

/// A score with its terms.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ScoreBody {
    /// Points: the sum of the terms.
    total: f64,
    /// One object of each: `{points, term: priority|age|urgency|keywords|insight, …}` with what it was made
    /// of.
    #[schema(value_type = Vec<Value>)]
    terms: [Term; 5],
}

impl From<Score> for ScoreBody {
    fn from(score: Score) -> Self {
        Self { total: score.total, terms: score.terms }
    }
}

/// A place in the ranked queue.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PlaceBody {
    pub(crate) ticket: TicketBody,
    /// `ticket`, `chat` or `call`.
    #[schema(example = "ticket")]
    pub(crate) work: &'static str,
    /// From 1, in the sight of who asks.
    pub(crate) position: u32,
    /// Points at the instant at which the walk began.
    pub(crate) score: f64,
    pub(crate) waiting_seconds: i64,
    /// The terms of the score: `{points, term, …}`.
    #[schema(value_type = Vec<Value>)]
    pub(crate) why: [Term; 5],
}

/// A page of the ranked queue.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct QueueBody {
    pub(crate) items: Vec<PlaceBody>,
    /// How much waits, in sight of who asks.
    pub(crate) depth: u32,
    /// The same by team id.
    pub(crate) by_team: BTreeMap<String, u32>,
    /// The same by channel.
    pub(crate) by_channel: BTreeMap<String, u32>,
    pub(crate) next_cursor: Option<String>,
}

impl QueueBody {
    pub(crate) fn new(page: &QueuePage, items: Vec<PlaceBody>, next_cursor: Option<String>) -> Self {
        let depth = &page.depth;
        Self {
            items,
            depth: depth.depth,
            by_team: depth.by_team.iter().map(|(team, count)| (team.to_string(), *count)).collect(),
            by_channel: depth.by_channel.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            next_cursor,
        }
    }
}

/// A ticket's score, as asked for by hand.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PrioritizedBody {
    pub(crate) ticket_id: Uuid,
    pub(crate) reference: String,
    pub(crate) score: f64,
    /// The terms of the score: `{points, term, …}`.
    #[schema(value_type = Vec<Value>)]
    pub(crate) why: [Term; 5],
}

/// A change of owner.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AssignmentBody {
    id: Uuid,
    ticket_id: Uuid,
    /// `ticket`, `chat` or `call`.
    work: &'static str,
    /// Owner before.
    from: Option<Uuid>,
    /// Owner after.
    to: Option<Uuid>,
    team_from: Option<Uuid>,
    team_to: Option<Uuid>,
    /// `auto`, `offer`, `take`, `reassign`, `transfer`, `return`, `absent`, `escalation` or
    /// `open`.
    how: &'static str,
    by: ActorBody,
    /// Why, in words.
    reason: Option<String>,
    /// Why, as the router decided: strategy, score, candidates and who was refused for what.
    why: Option<WhyBody>,
    /// Whether the new owner went over capacity with it.
    over: bool,
    at: String,
}

impl AssignmentBody {
    pub(crate) fn new(assignment: Assignment, texts: &TextsById) -> Self {
        Self {
            id: assignment.id.uuid(),
            ticket_id: assignment.ticket_id.uuid(),
            work: assignment.work.as_str(),
            from: assignment.from.map(|id| id.uuid()),
            to: assignment.to.map(|id| id.uuid()),
            team_from: assignment.team_from.map(|id| id.uuid()),
            team_to: assignment.team_to.map(|id| id.uuid()),
            how: assignment.how.as_str(),
            by: ActorBody::from(assignment.by),
            reason: assignment.reason.and_then(|reason| texts.get(&reason).cloned()),
            why: assignment.why.map(WhyBody::from),
            over: assignment.over,
            at: assignment.at.to_string(),
        }
    }
}

/// Why this agent, as the router decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WhyBody {
    /// `round_robin`, `least_loaded`, `skills`, `performance_weighted` or `optimal`.
    strategy: &'static str,
    /// Points at which the ticket stands in the queue.
    score: f64,
    waited_seconds: i64,
    /// Stage of relaxation in force, counted from 1; `null` where nothing was relaxed.
    stage: Option<u32>,
    /// Eligible agents, the chosen one first; at most 20.
    candidates: Vec<CandidateBody>,
    /// Other agents with the first condition that each failed; at most 20.
    refused: Vec<RefusedBody>,
    /// Agents left out of both lists.
    left_out: u32,
    /// When the chosen agent is noted as having been given work.
    assigned_at: Option<String>,
}

/// An eligible agent.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct CandidateBody {
    agent_id: Uuid,
    load: u32,
    capacity: u32,
    last_assigned_at: Option<String>,
    /// Whether they had the matter before, and so come first.
    sticky: bool,
    /// `{preferred, spare}`: preferred skills that they have, and levels of skill that the work has no use for.
    #[schema(value_type = Option<Value>)]
    fit: Option<Fit>,
    /// In percent, where it counts.
    performance: Option<u32>,
    /// `{value, price}`, where all that waits was planned together: what it is worth to give it to them, and what their
    /// room is worth to other work.
    #[schema(value_type = Option<Value>)]
    worth: Option<Worth>,
}

/// An agent who may not get it.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RefusedBody {
    agent_id: Uuid,
    /// The condition, such as `no_room` or `missing_skill`.
    reason: &'static str,
}

impl From<Why> for WhyBody {
    fn from(why: Why) -> Self {
        let candidates = why.candidates.into_iter().map(|candidate| CandidateBody {
            agent_id: candidate.agent.uuid(),
            load: candidate.load,
            capacity: candidate.capacity,
            last_assigned_at: candidate.last_assigned_at.map(|at| at.to_string()),
            sticky: candidate.sticky,
            fit: candidate.fit,
            performance: candidate.performance,
            worth: candidate.worth,
        });
        let refused = why.refused.into_iter();
        Self {
            strategy: why.strategy.as_str(),
            score: why.score,
            waited_seconds: why.waited_seconds,
            stage: why.stage,
            candidates: candidates.collect(),
            refused: refused
                .map(|(agent, reason)| RefusedBody { agent_id: agent.uuid(), reason: reason.as_str() })
                .collect(),
            left_out: why.left_out,
            assigned_at: why.assigned_at.map(|at| at.to_string()),
        }
    }
}

/// The offer that a ticket's work is on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ExplainedOffer {
    id: Uuid,
    agent_id: Uuid,
    /// Why this agent, as the router decided.
    why: Option<WhyBody>,
    created_at: String,
    expires_at: String,
}

impl From<Offer> for ExplainedOffer {
    fn from(offer: Offer) -> Self {
        Self {
            id: offer.id.uuid(),
            agent_id: offer.agent.uuid(),
            why: offer.why.map(WhyBody::from),
            created_at: offer.at.to_string(),
            expires_at: offer.until.to_string(),
        }
    }
}

/// Why a ticket is where it is.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ExplanationBody {
    score: ScoreBody,
    /// Current timers.
    sla: Vec<SlaTimer>,
    /// The last change of owner.
    assignment: Option<AssignmentBody>,
    /// `null` where it does not wait; else `{before, waiting_seconds, by_hand, asks: {effort, skills, preferred, language}, stage, relaxes: {at, stage, agent_id} | null, agents: [{agent_id,
    /// fails[], away: {since, missed: {channel, in_a_row}}?}], unblock: {agent_id, relax[], units} | null}`: every candidate with all that they fail, and the smallest
    /// change after which the router would give it to somebody; `units` is what they would need more of.
    #[schema(value_type = Option<Value>)]
    waiting: Option<WaitingExplanation>,
    /// `null` where it is on no offer; else who is asked, why, and until when.
    offer: Option<ExplainedOffer>,
    /// `null` where it does not wait for its customer; else `{since, reminds_at, reminded_at, resolves_at}`.
    #[schema(value_type = Option<Value>)]
    pending: Option<Waits>,
    /// When it goes back to its queue unless its owner answers the customer (`unanswered_return_seconds`).
    returns_at: Option<String>,
    /// What automations did, newest first: `{applied: [{automation: {id, version}, at, stream_seq, counted_from, overruled,
    /// refused}], stopped: [{automations[], at, stream_seq, unattended}], resting[]}`. Those in `resting` do nothing more on
    /// it until somebody does something.
    #[schema(value_type = Value)]
    automations: RulesExplained,
}

impl ExplanationBody {
    pub(crate) fn new(explanation: Explanation, texts: &TextsById) -> Self {
        Self {
            score: explanation.score.into(),
            sla: explanation.timers.iter().map(SlaTimer::from).collect(),
            assignment: explanation.assignment.map(|made| AssignmentBody::new(made, texts)),
            waiting: explanation.waiting,
            offer: explanation.offer.map(ExplainedOffer::from),
            pending: explanation.pending,
            returns_at: explanation.returns_at.map(|at| at.to_string()),
            automations: explanation.automations,
        }
    }
}
