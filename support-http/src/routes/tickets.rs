//! Tickets: opening, reading and changing them.

use std::sync::Arc;

use axum::response::IntoResponse;
use serde::Deserialize;
use support_core::desk::{OpenTicket, Requester};
use support_core::id::TicketId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id};
use crate::mount::App;
use crate::reply::Versioned;
use crate::view::message::{ConversationBody, MessageBody};
use crate::view::person::CustomerBody;
use crate::view::ticket::{AssigneeBody, TicketBody};

/// Newest messages that come with a ticket.
const MESSAGES: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(open)).routes(routes!(read))
}

/// What a customer may give when they open a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicket {
    /// What it is about, 1–1,000 characters.
    subject: String,
    /// The first message, 1–100,000 characters.
    initial_message: String,
}

/// Opens a ticket with its first message.
#[utoipa::path(post, path = "/tickets", tag = "tickets", request_body = NewTicket, responses(
    (status = 201, body = TicketBody),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn open(call: Call, body: Body<NewTicket>) -> Result<impl IntoResponse, ApiError> {
    let wanted =
        OpenTicket::by(Requester::Myself, body.value.subject.clone(), body.value.initial_message.clone());
    let done = call.run(&body.bytes, &wanted).await?;
    let reply = done.reply();
    let (version, ticket) = whole(&call, reply.ticket_id).await?;
    Ok(Versioned::created(version, ticket).repeated(&done))
}

/// Reads a ticket with its customer, conversations and newest messages.
#[utoipa::path(get, path = "/tickets/{id}", tag = "tickets", params(("id" = uuid::Uuid, Path)), responses(
    (status = 200, body = TicketBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<TicketId>) -> Result<impl IntoResponse, ApiError> {
    let (version, ticket) = whole(&call, id).await?;
    Ok(Versioned::ok(version, ticket))
}

/// Reads a ticket with everything on its first page.
async fn whole(call: &Call, id: TicketId) -> Result<(u64, TicketBody), ApiError> {
    let view = call.app.desk.ticket_view(&call.actor, id, MESSAGES).await?;
    let name_of = |message: &support_core::conversation::Message| {
        let author = message.author.id;
        let agent =
            view.assignee.as_ref().filter(|agent| Some(agent.id.uuid()) == author).map(|a| a.name.clone());
        agent.or(view.customer.as_ref().filter(|c| Some(c.id.uuid()) == author).map(|c| c.name.clone()))
    };
    let messages = view.messages.iter().map(|message| {
        MessageBody::new(message, view.texts.get(&message.body).map(String::as_str), name_of(message))
    });
    let assignee = view.assignee.as_ref();
    let body = TicketBody::new(&view.ticket, view.score, &view.timers, &view.texts, &call.actor)
        .with_customer(view.customer.as_ref().map(CustomerBody::from))
        .with_assignee(assignee.map(|agent| AssigneeBody { id: agent.id.uuid(), name: agent.name.clone() }))
        .with_thread(
            view.conversations.iter().map(ConversationBody::from).collect(),
            messages.collect(),
            view.messages_next.map(|next| next.to_string()),
        );
    Ok((view.ticket.version, body))
}
