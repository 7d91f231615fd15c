//! Routing, tried out.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use support_core::routing::{Fit, Placement, Why, Worth};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Call, NoBody};
use crate::mount::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(preview))
}

/// What the router would do now.
#[derive(Serialize, ToSchema)]
struct PlanBody {
    planned_at: String,
    /// Best first, at most 1,000.
    placements: Vec<PlacementBody>,
    /// Tickets in sight that would go on waiting.
    left_waiting: u32,
}

/// Work that would go to an agent.
#[derive(Serialize, ToSchema)]
struct PlacementBody {
    ticket_id: Uuid,
    agent_id: Uuid,
    /// Units that it takes.
    effort: u32,
    /// The agent's units in all.
    capacity: u32,
    why: WhyBody,
}

/// Why this agent.
#[derive(Serialize, ToSchema)]
struct WhyBody {
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
}

/// An eligible agent.
#[derive(Serialize, ToSchema)]
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
#[derive(Serialize, ToSchema)]
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
        }
    }
}

impl From<Placement> for PlacementBody {
    fn from(placement: Placement) -> Self {
        Self {
            ticket_id: placement.ticket.uuid(),
            agent_id: placement.agent.uuid(),
            effort: placement.effort,
            capacity: placement.capacity,
            why: placement.why().into(),
        }
    }
}

/// Plans what the router would do now, and writes nothing. Takes no body.
#[utoipa::path(post, path = "/routing/preview", tag = "routing", responses(
    (status = 200, body = PlanBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn preview(call: Call, _body: NoBody) -> Result<Json<PlanBody>, ApiError> {
    let planned = call.app.desk.plan_routes(&call.actor).await?;
    Ok(Json(PlanBody {
        planned_at: planned.at.to_string(),
        placements: planned.placements.into_iter().map(PlacementBody::from).collect(),
        left_waiting: planned.left_waiting,
    }))
}
