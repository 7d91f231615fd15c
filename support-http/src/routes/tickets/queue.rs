//! The ranked queue, and scores asked for by hand.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use support_core::desk::QueueFilter;
use support_core::id::{DocumentId, TicketId};
use support_core::people::WorkKind;
use support_core::routing::Ranked;
use support_core::time::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Include, rendered};
use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Params, limit};
use crate::mount::App;
use crate::reply::Json;
use crate::view::ticket::TicketBody;
use crate::view::work::{PlaceBody, PrioritizedBody, QueueBody};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(queue)).routes(routes!(prioritize))
}

/// A place in a walk over the ranked queue: when all of it is scored, and after whom it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Walk {
    pub(super) as_of: Timestamp,
    /// Places passed so far.
    pub(super) position: u32,
    pub(super) after: Ranked,
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { as_of, position, after } = self;
        write!(
            f,
            "{:016x}{position:08x}{:016x}{:016x}{:032x}",
            as_of.micros(),
            after.score.to_bits(),
            after.since.micros(),
            after.ticket.uuid().as_u128()
        )
    }
}

impl Walk {
    /// Reads `cursor`.
    pub(super) fn read(cursor: Option<&str>) -> Result<Option<Self>, ApiError> {
        let Some(text) = cursor else { return Ok(None) };
        let walk = (text.len() == 88 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| {
            let number = |from: usize, to: usize| u64::from_str_radix(text.get(from..to)?, 16).ok();
            let instant = |from, to| Some(Timestamp::from_micros(number(from, to)?.cast_signed()));
            Some(Self {
                as_of: instant(0, 16)?,
                position: u32::try_from(number(16, 24)?).ok()?,
                after: Ranked {
                    score: f64::from_bits(number(24, 40)?),
                    since: instant(40, 56)?,
                    ticket: TicketId::from_uuid(Uuid::try_parse(text.get(56..)?).ok()?),
                },
            })
        });
        let problem = || ApiError::invalid("cursor", "not a cursor that this list gave");
        walk.flatten().map(Some).ok_or_else(problem)
    }
}

/// How much of the queue.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Reads the ranked queue: waiting work in the order in which it will be given out.
///
/// A walk is scored at the instant of its first page; a ticket that changes meanwhile may come twice or not
/// at all.
#[utoipa::path(get, path = "/tickets/queue", operation_id = "read_queue",
    tag = "tickets", params(Paging), responses(
    (status = 200, body = QueueBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn queue(call: Call, paging: Params<Paging>) -> Result<Json<QueueBody>, ApiError> {
    let walk = Walk::read(call.place(paging.cursor.as_deref())?)?;
    let (as_of, after) = (walk.map(|walk| walk.as_of), walk.map(|walk| walk.after));
    let (limit, filter) = (limit(paging.limit)?, QueueFilter::default());
    let desk = &call.app.desk;
    let (mut page, next) = desk.queue_where(&call.actor, &filter, limit, as_of, after).await?;
    let ids: Vec<TicketId> = page.items.iter().map(|(place, _)| place.ticket).collect();
    let tickets = desk.tickets_of(&call.actor, &ids, Include::default().related()).await?;
    let found: Vec<TicketId> = tickets.tickets.iter().map(|ticket| ticket.id).collect();
    let bodies = rendered(&call, tickets, Include::default(), page.as_of).await?;
    let mut bodies: HashMap<TicketId, TicketBody> = found.into_iter().zip(bodies).collect();
    let mut position = walk.map_or(0, |walk| walk.position);
    let mut items = Vec::with_capacity(ids.len());
    for (place, score) in std::mem::take(&mut page.items) {
        position = position.saturating_add(1);
        items.extend(bodies.remove(&place.ticket).map(|ticket| PlaceBody {
            ticket,
            work: WorkKind::Ticket.as_str(),
            position,
            score: place.score,
            waiting_seconds: page.as_of.seconds_since(place.since).max(0),
            why: score.terms,
        }));
    }
    let next = next.map(|after| Walk { as_of: page.as_of, position, after });
    Ok(Json(QueueBody::new(&page, items, call.next(next))))
}

/// Which tickets to score, and under which rules.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Prioritize {
    /// At most 1,000.
    #[schema(value_type = Vec<Uuid>)]
    ticket_ids: Vec<TicketId>,
    /// Only these keyword rules count; all of them unless given.
    #[schema(value_type = Option<Vec<Uuid>>)]
    rule_ids: Option<Vec<DocumentId>>,
}

/// The scores, highest first.
#[derive(Serialize, ToSchema)]
struct Prioritized {
    items: Vec<PrioritizedBody>,
    /// Always `null`.
    next_cursor: Option<String>,
}

/// Scores tickets as of now and says why; writes nothing.
#[utoipa::path(post, path = "/tickets/prioritize", operation_id = "prioritize_tickets",
    tag = "tickets", request_body = Prioritize, responses(
    (status = 200, body = Prioritized),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn prioritize(call: Call, body: Body<Prioritize>) -> Result<Json<Prioritized>, ApiError> {
    let Prioritize { ticket_ids, rule_ids } = body.value;
    let scored = call.app.desk.prioritize(&call.actor, &ticket_ids, rule_ids.as_deref()).await?;
    let items = scored.into_iter().map(|(ticket, score)| PrioritizedBody {
        ticket_id: ticket.id.uuid(),
        reference: ticket.reference.to_string(),
        score: score.total,
        why: score.terms,
    });
    Ok(Json(Prioritized { items: items.collect(), next_cursor: None }))
}
