//! The same change on many tickets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use support_core::desk::Reassign;
use support_core::id::{AgentId, TeamId, TicketId};
use support_core::people::Permission;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem, ProblemField};
use crate::extract::{Body, Call};
use crate::mount::App;
use crate::reply::Json;

/// Most tickets of one request.
const MOST: usize = 100;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(bulk_assign))
}

/// To whom many tickets go; one of the two ids must be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkAssign {
    /// 1–100 tickets.
    #[schema(value_type = Vec<Uuid>)]
    ticket_ids: Vec<TicketId>,
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<AgentId>,
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
}

/// How it went with one ticket.
#[derive(Serialize, ToSchema)]
struct ItemResult {
    id: Uuid,
    /// Whether it was done.
    ok: bool,
    /// The ticket's version after it.
    version: Option<u64>,
    /// Why it was not done.
    problem: Option<ItemProblem>,
}

/// Why something was not done, with the code and status that the single route would have answered.
#[derive(Serialize, ToSchema)]
struct ItemProblem {
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
}

/// How it went with each ticket, in the order asked.
#[derive(Serialize, ToSchema)]
struct BulkResult {
    items: Vec<ItemResult>,
}

/// Gives many tickets to one agent or team. Each succeeds or fails alone; sent again under the same
/// idempotency key, what was done answers the same and what failed is tried again.
#[utoipa::path(post, path = "/tickets/bulk-assign", operation_id = "bulk_assign_tickets",
    tag = "tickets", request_body = BulkAssign, responses(
    (status = 200, body = BulkResult),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn bulk_assign(call: Call, body: Body<BulkAssign>) -> Result<Json<BulkResult>, ApiError> {
    let Body { value: BulkAssign { ticket_ids, agent_id, team_id }, bytes } = body;
    if !call.actor.is_staff() {
        return Err(ApiError::not_found());
    }
    call.actor.scope(Permission::TicketReassign)?;
    if !(1..=MOST).contains(&ticket_ids.len()) {
        return Err(ApiError::invalid("ticket_ids", format!("must be 1 to {MOST} tickets")));
    }
    if agent_id.is_some() == team_id.is_some() {
        return Err(ApiError::invalid("agent_id", "or `team_id` must be given, and not both"));
    }
    let mut items = Vec::with_capacity(ticket_ids.len());
    for ticket_id in ticket_ids {
        let wanted = Reassign { ticket_id, agent_id, team_id, reason: None };
        let done = call.run_part(&bytes, &ticket_id.to_string(), &wanted).await;
        let (version, problem) = match done {
            Ok(done) => (Some(done.reply().version), None),
            Err(ApiError { status, code, detail, errors, .. }) => {
                (None, Some(ItemProblem { status: status.as_u16(), code, detail, errors }))
            }
        };
        items.push(ItemResult { id: ticket_id.uuid(), ok: version.is_some(), version, problem });
    }
    Ok(Json(BulkResult { items }))
}
