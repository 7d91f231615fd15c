//! What happened to a ticket, and why it is where it is.

use std::sync::Arc;

use serde::Deserialize;
use support_core::desk::{AssignmentFilter, TextsById};
use support_core::id::TicketId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Call, Id, Params, limit};
use crate::mount::App;
use crate::reply::{Json, Page};
use crate::view::event::EventBody;
use crate::view::sla::SlaHistoryBody;
use crate::view::work::{AssignmentBody, ExplanationBody};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(events))
        .routes(routes!(explain))
        .routes(routes!(assignments))
        .routes(routes!(sla))
}

/// How much of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Lists what happened to a ticket, oldest first: the audit trail. Customers see what is public.
#[utoipa::path(get, path = "/tickets/{id}/events", operation_id = "list_ticket_events",
    tag = "tickets", params(("id" = Uuid, Path), Paging), responses(
    (status = 200, body = Page<EventBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn events(
    call: Call,
    Id(id): Id<TicketId>,
    paging: Params<Paging>,
) -> Result<Json<Page<EventBody>>, ApiError> {
    let after = call.cursor(paging.cursor.as_deref())?;
    let (events, next) = call.app.desk.ticket_events(&call.actor, id, limit(paging.limit)?, after).await?;
    let events = events.iter().map(|envelope| EventBody::new(envelope, &call.actor));
    Ok(Json(call.page(events.collect(), next)))
}

/// Explains a ticket: its score, its deadlines, its owner; and while it waits, why nobody has it.
#[utoipa::path(get, path = "/tickets/{id}/explain", operation_id = "explain_ticket",
    tag = "tickets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = ExplanationBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn explain(call: Call, Id(id): Id<TicketId>) -> Result<Json<ExplanationBody>, ApiError> {
    let explanation = call.app.desk.explain(&call.actor, id).await?;
    let mut texts = TextsById::new();
    if explanation.assignment.as_ref().is_some_and(|assignment| assignment.reason.is_some()) {
        let filter = AssignmentFilter { ticket: Some(id), ..AssignmentFilter::default() };
        texts = call.app.desk.assignment_page(&call.actor, filter, 1, None).await?.texts;
    }
    Ok(Json(ExplanationBody::new(explanation, &texts)))
}

/// Lists changes of owner of a ticket, newest first, with their reasons.
#[utoipa::path(get, path = "/tickets/{id}/assignments", operation_id = "list_ticket_assignments",
    tag = "tickets", params(("id" = Uuid, Path), Paging), responses(
    (status = 200, body = Page<AssignmentBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn assignments(
    call: Call,
    Id(id): Id<TicketId>,
    paging: Params<Paging>,
) -> Result<Json<Page<AssignmentBody>>, ApiError> {
    let filter = AssignmentFilter { ticket: Some(id), ..AssignmentFilter::default() };
    let after = call.cursor(paging.cursor.as_deref())?;
    let page = call.app.desk.assignment_page(&call.actor, filter, limit(paging.limit)?, after).await?;
    let texts = page.texts;
    let items = page.assignments.into_iter().map(|made| AssignmentBody::new(made, &texts)).collect();
    Ok(Json(call.page(items, page.next)))
}

/// Lists every cycle of every timer of a ticket, oldest first, all on one page, and who had the ticket for how long.
#[utoipa::path(get, path = "/tickets/{id}/sla", operation_id = "list_ticket_timers",
    tag = "tickets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = SlaHistoryBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn sla(call: Call, Id(id): Id<TicketId>) -> Result<Json<SlaHistoryBody>, ApiError> {
    let history = call.app.desk.sla_history(&call.actor, id).await?;
    Ok(Json(SlaHistoryBody::from(&history)))
}
