//! Changing a ticket: its fields, owner, level and sight.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;
use support_core::desk::{EditTicket, Escalate, Reassign, ResetTicket, Snooze, Take};
use support_core::id::{AgentId, TeamId, TicketId};
use support_core::label::Label;
use support_core::ticket::{Priority, Status};
use support_core::time::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field::{Field, clearable, given};
use super::{changed, made};
use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, NoBody};
use crate::mount::App;
use crate::view::ticket::TicketBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(patch))
        .routes(routes!(put))
        .routes(routes!(take))
        .routes(routes!(reassign))
        .routes(routes!(escalate))
        .routes(routes!(snooze))
        .routes(routes!(reset))
}

/// What is to change. What is absent stays as it is; `null` clears where that is said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketChange {
    /// `open`, `pending`, `on_hold`, `resolved`, `closed`, or with an owner `assigned` and `in_progress`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    status: Option<Status>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    priority: Option<Priority>,
    /// The new owner; `null` returns it to the queue.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    assigned_to: Option<Option<AgentId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    team_id: Option<TeamId>,
    /// 1–1,000 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    subject: Option<String>,
    /// `null` clears.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    category: Option<Option<Label>>,
    /// All tags; `null` clears.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Vec<String>>)]
    tags: Option<Option<Vec<Label>>>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    add_tags: Vec<Label>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    remove_tags: Vec<Label>,
    /// Fields to set; `null` clears one.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<Label, Option<Field>>,
    /// Units of capacity that it takes, 1–1,000; `null` is 1. It counts with them in its owner's load at once, who may go
    /// over capacity by that; work that waits or is on offer goes by them too.
    #[serde(default, deserialize_with = "clearable")]
    effort: Option<Option<u32>>,
    /// All skills that a handler must have, with the least level, 1–5; `null` clears. Its owner keeps it; it is placed by
    /// them while it waits, and an offer to one who lacks them is withdrawn.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<BTreeMap<String, u8>>)]
    skills: Option<Option<BTreeMap<Label, u8>>>,
    /// All skills that a handler should have, with the level from which one counts, 1–5; `null` clears.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<BTreeMap<String, u8>>)]
    preferred: Option<Option<BTreeMap<Label, u8>>>,
    /// Language tag in which it is to be answered; `null` clears: anybody may.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<Label>>,
    /// Why, for the record.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// How it was resolved; with `status`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    resolution_code: Option<Label>,
}

/// Changes a ticket. All of it happens together or not at all.
///
/// Answers 204 where the change took the ticket out of the caller's sight.
#[utoipa::path(patch, path = "/tickets/{id}", operation_id = "change_ticket",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = TicketChange, responses(
    (status = 200, body = TicketBody),
    (status = 204, description = "Done, and out of the caller's sight now"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn patch(call: Call, Id(id): Id<TicketId>, body: Body<TicketChange>) -> Result<Response, ApiError> {
    edit(&call, id, body).await
}

/// Changes a ticket, as PATCH does: what is absent stays as it is.
#[utoipa::path(put, path = "/tickets/{id}", operation_id = "put_ticket",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = TicketChange, responses(
    (status = 200, body = TicketBody),
    (status = 204, description = "Done, and out of the caller's sight now"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn put(call: Call, Id(id): Id<TicketId>, body: Body<TicketChange>) -> Result<Response, ApiError> {
    edit(&call, id, body).await
}

fn levels(skills: Option<BTreeMap<Label, u8>>) -> Vec<(Label, u8)> {
    skills.unwrap_or_default().into_iter().collect()
}

async fn edit(call: &Call, id: TicketId, body: Body<TicketChange>) -> Result<Response, ApiError> {
    let Body { value: change, bytes } = body;
    let fields = change.custom_fields.into_iter().map(|(key, value)| (key, value.map(|value| value.0)));
    let wanted = EditTicket {
        ticket_id: Some(id),
        status: change.status,
        priority: change.priority,
        assigned_to: change.assigned_to,
        team_id: change.team_id,
        subject: change.subject,
        category: change.category,
        tags: change.tags.map(Option::unwrap_or_default),
        add_tags: change.add_tags,
        remove_tags: change.remove_tags,
        custom_fields: fields.collect(),
        effort: change.effort,
        skills: change.skills.map(levels),
        preferred: change.preferred.map(levels),
        language: change.language,
        reason: change.reason,
        resolution_code: change.resolution_code,
    };
    let done = call.run(&bytes, &wanted).await.map_err(|mut error| {
        // The owner has another name in this body than in the commands for handing over.
        for error in error.errors.iter_mut().filter(|error| error.field == "agent_id") {
            "assigned_to".clone_into(&mut error.field);
        }
        error
    })?;
    changed(call, &done).await
}

/// Takes a waiting ticket. May go over the own capacity.
#[utoipa::path(post, path = "/tickets/{id}/take", operation_id = "take_ticket",
    tag = "tickets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = TicketBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn take(call: Call, Id(ticket_id): Id<TicketId>, _: NoBody) -> Result<Response, ApiError> {
    let done = call.run(b"", &Take { ticket_id }).await?;
    changed(&call, &done).await
}

/// To whom a ticket goes; one of the two ids must be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Handover {
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<AgentId>,
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    /// Why, for the record.
    reason: Option<String>,
}

/// Gives a ticket to another agent or another team.
///
/// Answers 204 where that took the ticket out of the caller's sight.
#[utoipa::path(post, path = "/tickets/{id}/reassign", operation_id = "reassign_ticket",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = Handover, responses(
    (status = 200, body = TicketBody),
    (status = 204, description = "Done, and out of the caller's sight now"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn reassign(
    call: Call,
    Id(ticket_id): Id<TicketId>,
    body: Body<Handover>,
) -> Result<Response, ApiError> {
    let Handover { agent_id, team_id, reason } = body.value;
    let done = call.run(&body.bytes, &Reassign { ticket_id, agent_id, team_id, reason }).await?;
    changed(&call, &done).await
}

/// Why a ticket needs more attention.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Escalation {
    /// 1–1,000 characters.
    reason: String,
    /// To which level, 1–9; one more unless given.
    level: Option<u8>,
}

/// Raises the escalation level.
#[utoipa::path(post, path = "/tickets/{id}/escalate", operation_id = "escalate_ticket",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = Escalation, responses(
    (status = 200, body = TicketBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn escalate(
    call: Call,
    Id(ticket_id): Id<TicketId>,
    body: Body<Escalation>,
) -> Result<Response, ApiError> {
    let Escalation { reason, level } = body.value;
    let done = call.run(&body.bytes, &Escalate { ticket_id, reason, level }).await?;
    changed(&call, &done).await
}

/// Until when a ticket is out of sight.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Sleep {
    /// RFC 3339 instant; `null` brings it back. Must be given.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>, required)]
    until: Option<Timestamp>,
}

/// Puts a ticket out of sight until an instant, or brings it back.
#[utoipa::path(post, path = "/tickets/{id}/snooze", operation_id = "snooze_ticket",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = Sleep, responses(
    (status = 200, body = TicketBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn snooze(call: Call, Id(ticket_id): Id<TicketId>, body: Body<Sleep>) -> Result<Response, ApiError> {
    let done = call.run(&body.bytes, &Snooze { ticket_id, until: body.value.until }).await?;
    changed(&call, &done).await
}

/// Opens a copy of a ticket as if its first message had arrived now, for demonstrations. The ticket stays as
/// it is.
#[utoipa::path(post, path = "/tickets/{id}/reset", operation_id = "reset_ticket",
    tag = "tickets", params(("id" = Uuid, Path)), responses(
    (status = 201, body = TicketBody, description = "The copy"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn reset(call: Call, Id(ticket_id): Id<TicketId>, _: NoBody) -> Result<Response, ApiError> {
    let done = call.run(b"", &ResetTicket { ticket_id }).await?;
    made(&call, &done).await
}
