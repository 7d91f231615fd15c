//! Routing, tried out.

use std::sync::Arc;

use serde::Serialize;
use support_core::routing::Placement;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Call, NoBody};
use crate::mount::App;
use crate::reply::Json;
use crate::view::work::WhyBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(preview))
}

/// What the router would do now.
#[derive(Serialize, ToSchema)]
struct PlanBody {
    planned_at: String,
    /// Best first, the first 1,000 in sight.
    placements: Vec<PlacementBody>,
    /// Tickets in sight that would go on waiting, beside all that would be placed, shown or not.
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
