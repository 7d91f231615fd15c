//! Tickets: what every route of theirs shares, and reading one.

mod bulk;
mod change;
mod export;
mod field;
mod filter;
mod list;
mod messages;
mod open;
mod queue;
mod reveal;
mod story;

pub(super) use open::{NewTicketCustomer, in_customer, requester};

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use support_core::desk::{Done, TicketPage, TicketReply, TicketView};
use support_core::id::{CustomerId, TicketId};
use support_core::people::{ActorRef, Customer};
use support_core::store::Related;
use support_core::time::Timestamp;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{self, Call, Id, Params};
use crate::mount::App;
use crate::reply::Versioned;
use crate::view::message::{ConversationBody, MessageBody};
use crate::view::person::CustomerBody;
use crate::view::ticket::{AssigneeBody, TicketBody};

/// Newest messages that come with a ticket.
const MESSAGES: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(read))
        .merge(open::routes())
        .merge(list::routes())
        .merge(change::routes())
        .merge(messages::routes())
        .merge(story::routes())
        .merge(queue::routes())
        .merge(bulk::routes())
        .merge(export::routes())
        .merge(reveal::routes())
}

/// When a ticket is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct When {
    /// RFC 3339 instant: answers the ticket as it was then, without conversations and messages. People are
    /// named as they are now, and what was erased since stays erased.
    at: Option<String>,
}

/// Reads a ticket with its customer, conversations and newest messages.
#[utoipa::path(get, path = "/tickets/{id}", operation_id = "read_ticket",
    tag = "tickets", params(("id" = uuid::Uuid, Path), When), responses(
    (status = 200, body = TicketBody),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<TicketId>, when: Params<When>) -> Result<impl IntoResponse, ApiError> {
    let (version, ticket) = match extract::read::<Timestamp>("at", when.at.as_deref())? {
        Some(at) => {
            let view = call.app.desk.ticket_view_at(&call.actor, id, at).await?;
            (view.ticket.version, rendered_view(&call, &view))
        }
        None => whole(&call, id).await?,
    };
    Ok(Versioned::ok(version, ticket))
}

/// Reads a ticket with everything on its first page.
async fn whole(call: &Call, id: TicketId) -> Result<(u64, TicketBody), ApiError> {
    let view = call.app.desk.ticket_view(&call.actor, id, MESSAGES).await?;
    let messages = view.messages.iter().map(|message| {
        let name = message.author.id.and_then(|id| view.names.get(&id).cloned());
        let author = message.author_text.and_then(|author| view.texts.get(&author));
        MessageBody::new(message, view.texts.get(&message.body).map(String::as_str), name)
            .with_author(author.map(String::as_str))
    });
    let body = rendered_view(call, &view).with_thread(
        view.conversations
            .iter()
            .map(|conversation| ConversationBody::new(conversation, &view.ticket, &call.actor))
            .collect(),
        messages.collect(),
        extract::next_at(&format!("/tickets/{id}/messages"), view.messages_next),
    );
    Ok((view.ticket.version, body))
}

fn rendered_view(call: &Call, view: &TicketView) -> TicketBody {
    let assignee = view.assignee.as_ref();
    TicketBody::new(&view.ticket, view.score, &view.timers, &view.texts, &call.actor)
        .with_journey(&view.ticket, &view.texts)
        .with_customer(view.customer.as_ref().map(CustomerBody::from))
        .with_assignee(assignee.map(|agent| AssigneeBody { id: agent.id.uuid(), name: agent.name.clone() }))
}

/// Answers a change with the ticket as it is now; without a body where the change took it out of the caller's
/// sight.
pub(super) async fn changed(call: &Call, done: &Done<TicketReply>) -> Result<Response, ApiError> {
    match whole(call, done.reply().ticket_id).await {
        Ok((version, ticket)) => Ok(Versioned::ok(version, ticket).repeated(done).into_response()),
        Err(gone) if gone.status == StatusCode::NOT_FOUND => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error) => Err(error),
    }
}

/// Answers a command that made a ticket. Where the caller does not see it, being in another team's queue, it
/// is named and not shown.
pub(super) async fn made(call: &Call, done: &Done<TicketReply>) -> Result<Response, ApiError> {
    let TicketReply { ticket_id, version, .. } = done.reply();
    match whole(call, ticket_id).await {
        Ok((version, ticket)) => Ok(Versioned::created(version, ticket).repeated(done).into_response()),
        Err(gone) if gone.status == StatusCode::NOT_FOUND => {
            let named = serde_json::json!({ "id": ticket_id, "version": version });
            Ok(Versioned::created(version, named).repeated(done).into_response())
        }
        Err(error) => Err(error),
    }
}

/// Renders a page of tickets with what was brought along: one call for the names of authors, none a ticket.
async fn rendered(
    call: &Call,
    page: TicketPage,
    with: Include,
    at: Timestamp,
) -> Result<Vec<TicketBody>, ApiError> {
    let readings = call.app.desk.readings(&call.actor, &page.tickets, at).await?;
    let mut names = HashMap::new();
    if with.assignee || with.last_message {
        let authors = page.last_messages.iter().map(|message| message.author);
        let owners = page.tickets.iter().filter_map(|ticket| ticket.assigned_to).map(ActorRef::agent);
        let known = page.agents.iter().map(|agent| (agent.id.uuid(), agent.name.clone()));
        let known = known.chain(page.customers.iter().map(|c| (c.id.uuid(), c.name.clone())));
        names.extend(known);
        let owners = owners.filter(|_| with.assignee);
        let missing: Vec<ActorRef> = authors
            .chain(owners)
            .filter(|party| party.id.is_some_and(|id| !names.contains_key(&id)))
            .collect();
        names.extend(call.app.desk.names(&call.actor, missing.into_iter()).await?);
    }
    let mut customers: HashMap<CustomerId, &Customer> = HashMap::new();
    if with.customer {
        customers.extend(page.customers.iter().map(|customer| (customer.id, customer)));
    }
    let last: HashMap<TicketId, _> = page.last_messages.iter().map(|m| (m.ticket_id, m)).collect();
    let bodies = page.tickets.iter().zip(&readings).map(|(ticket, reading)| {
        let mut body = TicketBody::new(ticket, reading.score, &reading.timers, &page.texts, &call.actor);
        if with.customer {
            body = body.with_customer(customers.get(&ticket.customer_id).copied().map(CustomerBody::from));
        }
        if let Some(agent) = ticket.assigned_to.filter(|_| with.assignee) {
            let name = names.get(&agent.uuid()).cloned();
            body = body.with_assignee(name.map(|name| AssigneeBody { id: agent.uuid(), name }));
        }
        let message = last.get(&ticket.id).map(|message| {
            let name = message.author.id.and_then(|id| names.get(&id).cloned());
            let author = message.author_text.and_then(|author| page.texts.get(&author));
            MessageBody::new(message, page.texts.get(&message.body).map(String::as_str), name)
                .with_author(author.map(String::as_str))
        });
        body.with_last_message(message)
    });
    Ok(bodies.collect())
}

/// What comes with each ticket of a list.
#[derive(Debug, Clone, Copy, Default)]
struct Include {
    customer: bool,
    assignee: bool,
    last_message: bool,
}

impl Include {
    const fn related(self) -> Related {
        Related { texts: true, people: self.customer || self.assignee, last_message: self.last_message }
    }
}
