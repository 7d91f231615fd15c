//! Offers: the work that an agent is asked to take.

use std::sync::Arc;

use axum::response::Response;
use serde::{Deserialize, Serialize};
use support_core::desk::{AcceptOffer, DeclineOffer, OfferView};
use support_core::id::OfferId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::tickets::changed;
use crate::error::{ApiError, Problem};
use crate::extract::{Call, Id, MaybeBody, NoBody};
use crate::mount::App;
use crate::reply::{Json, Page};
use crate::view::ticket::TicketBody;
use crate::view::work::WhyBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(offers)).routes(routes!(accept)).routes(routes!(decline))
}

/// Work that the caller is asked to take.
#[derive(Serialize, ToSchema)]
struct OfferBody {
    id: Uuid,
    /// `ticket`, `chat` or `call`.
    work: &'static str,
    /// `open`.
    state: &'static str,
    /// From which team's queue.
    team_id: Option<Uuid>,
    /// What it is about. It shows as much as is needed to decide, also where the team's queue is out of the caller's
    /// sight; the conversation can be read once the offer is accepted.
    ticket: OfferedTicket,
    /// Why the caller, as the router decided.
    why: Option<WhyBody>,
    created_at: String,
    /// Until when an answer counts.
    expires_at: String,
}

/// A ticket that is offered.
#[derive(Serialize, ToSchema)]
struct OfferedTicket {
    id: Uuid,
    reference: String,
    /// Empty where it was erased.
    subject: String,
    priority: &'static str,
    channel: String,
    category: Option<String>,
    tags: Vec<String>,
    language: Option<String>,
    /// Points at the time of the answer.
    score: f64,
    waiting_since: String,
    next_due_at: Option<String>,
}

impl From<OfferView> for OfferBody {
    fn from(view: OfferView) -> Self {
        let OfferView { offer, ticket, subject, score } = view;
        Self {
            id: offer.id.uuid(),
            work: offer.work.as_str(),
            state: offer.state.as_str(),
            team_id: offer.team.map(|id| id.uuid()),
            ticket: OfferedTicket {
                id: ticket.id.uuid(),
                reference: ticket.reference.to_string(),
                subject: subject.unwrap_or_default(),
                priority: ticket.priority.as_str(),
                channel: ticket.channel.to_string(),
                category: ticket.category.as_ref().map(ToString::to_string),
                tags: ticket.tags.iter().map(ToString::to_string).collect(),
                language: ticket.language.as_ref().map(ToString::to_string),
                score,
                waiting_since: ticket.work.since.to_string(),
                next_due_at: ticket.derived.next_due_at.map(|at| at.to_string()),
            },
            why: offer.why.map(WhyBody::from),
            created_at: offer.at.to_string(),
            expires_at: offer.until.to_string(),
        }
    }
}

/// Lists the offers that wait for the caller's answer, newest first.
#[utoipa::path(get, path = "/offers", tag = "people", responses(
    (status = 200, body = Page<OfferBody>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn offers(call: Call) -> Result<Json<Page<OfferBody>>, ApiError> {
    let offers = call.app.desk.offers(&call.actor).await?;
    Ok(Json(call.page(offers.into_iter().map(OfferBody::from).collect(), None)))
}

/// Accepts an offer: the ticket is the caller's. Late, or where the caller can no longer have it, it is 409 `offer_gone`.
#[utoipa::path(post, path = "/offers/{id}/accept", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = TicketBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn accept(call: Call, Id(offer_id): Id<OfferId>, _: NoBody) -> Result<Response, ApiError> {
    let done = call.run(b"", &AcceptOffer { offer_id }).await?;
    changed(&call, &done).await
}

/// Why an offer is declined.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decline {
    /// In words, for the record; at most 1,000 characters.
    reason: Option<String>,
}

/// Declines an offer: the work keeps its age and goes to the next candidate. Late, it is 409 `offer_gone`.
///
/// Answers 204 where the ticket is out of the caller's sight. A body need not be sent.
#[utoipa::path(post, path = "/offers/{id}/decline", tag = "people", params(("id" = Uuid, Path)),
    request_body = Decline, responses(
    (status = 200, body = TicketBody),
    (status = 204, description = "Done, and the ticket is out of the caller's sight"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn decline(
    call: Call,
    Id(offer_id): Id<OfferId>,
    body: MaybeBody<Decline>,
) -> Result<Response, ApiError> {
    let done = call.run(&body.bytes, &DeclineOffer { offer_id, reason: body.value.reason }).await?;
    changed(&call, &done).await
}
