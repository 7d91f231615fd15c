//! Lists of tickets.

use std::sync::Arc;

use support_core::id::TicketId;
use support_core::store::TicketSort;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filter::{Order, TicketQuery};
use super::queue::Walk;
use super::rendered;
use crate::error::{ApiError, Problem};
use crate::extract::Call;
use crate::mount::App;
use crate::reply::{Json, Page};
use crate::view::ticket::TicketBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Lists tickets in the caller's sight; customers see their own.
///
/// With `sort=score` a walk is scored at the instant of its first page: a ticket that changes meanwhile may
/// come twice or not at all.
#[utoipa::path(get, path = "/tickets", operation_id = "list_tickets",
    tag = "tickets", params(TicketQuery,
    ("field.<key>" = Option<String>, Query, description = "A number or a boolean in a free field; once")), responses(
    (status = 200, body = Page<TicketBody>),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, query: TicketQuery) -> Result<Json<Page<TicketBody>>, ApiError> {
    query.check(&call.actor)?;
    let (include, limit) = (query.include()?, query.limit()?);
    let desk = &call.app.desk;
    let now = desk.now();
    match query.order()? {
        Order::Stored(sort) => {
            let filter = query.filter(&call.actor, now, sort)?;
            let after = call.cursor(query.cursor())?;
            let mut page = desk.tickets(&call.actor, filter, limit, after, include.related()).await?;
            let next = page.next.take();
            Ok(Json(call.page(rendered(&call, page, include, now).await?, next)))
        }
        Order::Score => {
            let walk = Walk::read(call.place(query.cursor())?)?;
            let (as_of, after) = (walk.map(|walk| walk.as_of), walk.map(|walk| walk.after));
            let (ids, next, as_of) = match query.queue_filter()? {
                Some(filter) => {
                    let (places, next) = desk.queue_where(&call.actor, &filter, limit, as_of, after).await?;
                    (places.items.iter().map(|(place, _)| place.ticket).collect(), next, places.as_of)
                }
                None => {
                    // The order in which the store reads them does not matter.
                    let filter = query.filter(&call.actor, now, TicketSort::Newest)?;
                    let as_of = as_of.unwrap_or(now);
                    let (places, more) =
                        desk.ranked_tickets(&call.actor, filter, limit, as_of, after).await?;
                    let next = places.last().copied().filter(|_| more);
                    (places.iter().map(|place| place.ticket).collect::<Vec<TicketId>>(), next, as_of)
                }
            };
            let page = desk.tickets_of(&call.actor, &ids, include.related()).await?;
            let items = rendered(&call, page, include, as_of).await?;
            let next = next.map(|after| {
                let before = walk.map_or(0, |walk| walk.position);
                let position = before.saturating_add(u32::try_from(ids.len()).unwrap_or(u32::MAX));
                Walk { as_of, position, after }
            });
            Ok(Json(Page { items, next_cursor: call.next(next) }))
        }
    }
}
