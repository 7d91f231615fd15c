//! Tickets as a table for spreadsheets.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use support_core::desk::{TextsById, TicketPage};
use support_core::store::TicketFilter;
use support_core::ticket::Ticket;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::filter::{Order, TicketQuery};
use crate::error::{ApiError, Problem};
use crate::extract::Call;
use crate::mount::App;

/// Tickets read at once: what an export holds in memory.
const BATCH: u32 = 500;

const COLUMNS: &str = "id,reference,subject,status,status_category,priority,channel,inbox_id,customer_id,\
assigned_to,team_id,category,tags,order_id,sla_breached,next_due_at,first_responded_at,last_message_at,\
resolved_at,closed_at,resolution_code,reopened_count,created_at,updated_at\r\n";

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(export))
}

/// Exports tickets as CSV (RFC 4180, UTF-8), with the filters of the list.
///
/// Columns: `id`, `reference`, `subject`, `status`, `status_category`, `priority`, `channel`, `inbox_id`,
/// `customer_id`, `assigned_to`, `team_id`, `category`, `tags` (joined by spaces), `order_id`,
/// `sla_breached`, `next_due_at`, `first_responded_at`, `last_message_at`, `resolved_at`, `closed_at`,
/// `resolution_code`, `reopened_count`, `created_at`, `updated_at`. Personal identifiers and contact data in
/// subjects are masked. A cell that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/tickets/export.csv", operation_id = "export_tickets",
    tag = "tickets", params(TicketQuery,
    ("field.<key>" = Option<String>, Query, description = "A number or a boolean in a free field; once")), responses(
    (status = 200, body = String, content_type = "text/csv"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn export(call: Call, query: TicketQuery) -> Result<Response, ApiError> {
    query.check(&call.actor)?;
    query.whole()?;
    let Order::Stored(sort) = query.order()? else { return Err(ApiError::not_found()) };
    let filter = query.filter(&call.actor, call.app.desk.now(), sort)?;
    // The first page is read before anything is sent, so that a refusal is a problem document.
    let first = call.app.desk.export(&call.actor, filter.clone(), BATCH, None).await?;
    let rest = stream::try_unfold(
        (call, filter, first.next),
        |(call, filter, after): (Call, TicketFilter, _)| async move {
            let Some(after) = after else { return Ok::<_, support_core::Error>(None) };
            let page = call.app.desk.export(&call.actor, filter.clone(), BATCH, Some(after)).await?;
            Ok(Some((rows(&page), (call, filter, page.next))))
        },
    );
    let head = Bytes::from([COLUMNS.as_bytes(), &rows(&first)].concat());
    let body = Body::from_stream(stream::iter([Ok(head)]).chain(rest));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"tickets.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn rows(page: &TicketPage) -> Bytes {
    let mut table = String::with_capacity(page.tickets.len() * 400);
    page.tickets.iter().for_each(|ticket| row(&mut table, ticket, &page.texts));
    Bytes::from(table)
}

fn row(table: &mut String, ticket: &Ticket, texts: &TextsById) {
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string).unwrap_or_default();
    let tags: Vec<&str> = ticket.tags.iter().map(support_core::label::Label::as_str).collect();
    let cells = [
        ticket.id.to_string(),
        ticket.reference.to_string(),
        texts.get(&ticket.subject).cloned().unwrap_or_default(),
        ticket.status.to_string(),
        ticket.status.category().to_string(),
        ticket.priority.to_string(),
        ticket.channel.to_string(),
        text(ticket.inbox_id.as_ref().map(|id| id as &dyn ToString)),
        ticket.customer_id.to_string(),
        text(ticket.assigned_to.as_ref().map(|id| id as &dyn ToString)),
        text(ticket.team_id.as_ref().map(|id| id as &dyn ToString)),
        text(ticket.category.as_ref().map(|label| label as &dyn ToString)),
        tags.join(" "),
        text(ticket.order_id.as_ref().map(|id| id as &dyn ToString)),
        ticket.derived.breached.to_string(),
        text(ticket.derived.next_due_at.as_ref().map(|at| at as &dyn ToString)),
        text(ticket.first_responded_at.as_ref().map(|at| at as &dyn ToString)),
        text(ticket.last_message_at.as_ref().map(|at| at as &dyn ToString)),
        text(ticket.resolved_at.as_ref().map(|at| at as &dyn ToString)),
        text(ticket.closed_at.as_ref().map(|at| at as &dyn ToString)),
        text(ticket.resolution_code.as_ref().map(|label| label as &dyn ToString)),
        ticket.reopened_count.to_string(),
        ticket.created_at.to_string(),
        ticket.updated_at.to_string(),
    ];
    for (place, value) in cells.iter().enumerate() {
        if place > 0 {
            table.push(',');
        }
        cell(table, value);
    }
    table.push_str("\r\n");
}

/// Writes a cell so that no spreadsheet takes it for a formula and nothing in it ends it.
fn cell(table: &mut String, value: &str) {
    let formula = value
        .trim_start()
        .starts_with(['=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        || value.starts_with(['\t', '\r', '\n']);
    let quoted = formula || value.contains([',', '"', '\r', '\n', '\t', ';']);
    if !quoted {
        table.push_str(value);
        return;
    }
    let mark = if formula { "'" } else { "" };
    // Writing into a string cannot fail.
    let _ = write!(table, "\"{mark}{}\"", value.replace('"', "\"\""));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let written = |value| {
            let mut table = String::new();
            cell(&mut table, value);
            table
        };
        assert_eq!(written("plain"), "plain");
        assert_eq!(written("a, \"b\""), "\"a, \"\"b\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u{ff1d}1"] {
            assert_eq!(written(formula), format!("\"'{formula}\""));
        }
    }
}
