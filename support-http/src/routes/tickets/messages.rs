//! Messages of a ticket.

use std::sync::Arc;

use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use support_core::conversation::Visibility;
use support_core::desk::{Names, WriteMessage};
use support_core::id::{ConversationId, DocumentId, MessageId, TicketId};
use support_core::people::Permission;
use support_core::ticket::Status;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::open::no_attachments;
use crate::error::{ApiError, Problem};
use crate::extract::{self, Body, Call, Id, Params, limit};
use crate::mount::App;
use crate::reply::{Json, Made, Page};
use crate::view::message::MessageBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(write))
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only of this conversation.
    conversation_id: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Lists messages of a ticket, newest first. Customers see public ones.
#[utoipa::path(get, path = "/tickets/{id}/messages", operation_id = "list_messages",
    tag = "tickets", params(("id" = Uuid, Path), Which), responses(
    (status = 200, body = Page<MessageBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, Id(id): Id<TicketId>, which: Params<Which>) -> Result<impl IntoResponse, ApiError> {
    let conversation = extract::read::<ConversationId>("conversation_id", which.conversation_id.as_deref())?;
    let after = call.cursor(which.cursor.as_deref())?;
    let page = call.app.desk.messages(&call.actor, id, conversation, limit(which.limit)?, after).await?;
    let names = page.names;
    let messages = page.messages.iter().map(|view| {
        let name = name(&names, view.message.author.id);
        MessageBody::new(&view.message, view.content.as_deref(), name).with_author(view.author.as_deref())
    });
    Ok(Json(call.page(messages.collect(), page.next)))
}

fn name(names: &Names, id: Option<Uuid>) -> Option<String> {
    id.and_then(|id| names.get(&id).cloned())
}

/// A message to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    /// 1–100,000 characters.
    content: String,
    /// `public` (the default) or `internal`.
    #[schema(value_type = Option<String>)]
    visibility: Option<Visibility>,
    /// Status that it carries, applied in the same commit.
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    /// The conversation with the customer unless given.
    #[schema(value_type = Option<Uuid>)]
    conversation_id: Option<ConversationId>,
    /// Must be empty: there are no uploads yet.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    attachments: Vec<Value>,
    /// The newest message that the writer has seen; a newer one stops this one with 409 `crossed_message`.
    /// Staff only.
    #[schema(value_type = Option<Uuid>)]
    if_last_message_id: Option<MessageId>,
    /// The macro that it was made with: what the macro does is done in the same commit, and its use is counted. `status`
    /// comes before the macro's. Staff only.
    #[schema(value_type = Option<Uuid>)]
    macro_id: Option<DocumentId>,
    /// With the permission `message.import`: `false` takes the message in as the customer's own words.
    from_agent: Option<bool>,
    /// With the permission `message.import` and `from_agent: false`: the name under which it was written.
    author_name: Option<String>,
    /// Likewise the address from which it was written.
    author_email: Option<String>,
}

/// Writes on a ticket: an answer, a note, or a customer's own words.
#[utoipa::path(post, path = "/tickets/{id}/messages", operation_id = "write_message",
    tag = "tickets", params(("id" = Uuid, Path)),
    request_body = NewMessage, responses(
    (status = 201, body = MessageBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn write(
    call: Call,
    Id(ticket_id): Id<TicketId>,
    body: Body<NewMessage>,
) -> Result<impl IntoResponse, ApiError> {
    let Body { value: new, bytes } = body;
    no_attachments(&new.attachments)?;
    let may_import = call.actor.reach(Permission::MessageImport).is_some();
    let import = [
        ("from_agent", new.from_agent.is_some()),
        ("author_name", new.author_name.is_some()),
        ("author_email", new.author_email.is_some()),
    ];
    for (field, _) in import.into_iter().filter(|(_, given)| *given) {
        if !may_import {
            return Err(ApiError::invalid(field, "needs the permission `message.import`"));
        }
    }
    let wanted = WriteMessage {
        visibility: new.visibility.unwrap_or(Visibility::Public),
        status: new.status,
        conversation_id: new.conversation_id,
        if_last_message_id: new.if_last_message_id,
        macro_id: new.macro_id,
        as_customer: new.from_agent == Some(false),
        author_name: new.author_name,
        author_email: new.author_email,
        ..WriteMessage::reply(ticket_id, new.content)
    };
    let done = call.run(&bytes, &wanted).await?;
    let id = done.reply().message_id.ok_or_else(ApiError::not_found)?;
    let (view, names) = call.app.desk.message(&call.actor, id).await?;
    let name = name(&names, view.message.author.id);
    let body = MessageBody::new(&view.message, view.content.as_deref(), name);
    let body = body.with_author(view.author.as_deref());
    Ok(Made { body, repeated: matches!(done, support_core::desk::Done::Before(_)) })
}
