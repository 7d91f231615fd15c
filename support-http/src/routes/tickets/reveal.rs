//! Seeing what was masked, where a vault keeps it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use support_core::id::TicketId;
use support_core::masking::Token;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id};
use crate::mount::App;
use crate::reply::Json;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(reveal))
}

/// What is to be seen, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reveal {
    /// The token that stands in a text of the ticket: of `[card:0190d3c0f1a27b3c8d4e5f6071829304]`, what follows the
    /// colon.
    #[schema(value_type = String)]
    token: Token,
    /// 1–500 characters.
    reason: String,
}

/// What a token stands for.
#[derive(Serialize, ToSchema)]
struct RevealedBody {
    /// What it was taken for.
    #[schema(example = "card")]
    kind: String,
    /// What was written.
    value: String,
}

/// Shows what a token in one of the ticket's texts stands for. Who asked and why goes into the audit trail first; the
/// answer is never repeated from a receipt: each call asks anew.
#[utoipa::path(post, path = "/tickets/{id}/reveal", operation_id = "reveal_value",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = Reveal, responses(
    (status = 200, body = RevealedBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn reveal(
    call: Call,
    Id(ticket): Id<TicketId>,
    body: Body<Reveal>,
) -> Result<Json<RevealedBody>, ApiError> {
    let Reveal { token, reason } = body.value;
    let (kind, value) = call.app.desk.reveal(&call.actor, ticket, token, &reason).await?;
    Ok(Json(RevealedBody { kind: kind.to_string(), value: value.reveal().to_owned() }))
}
