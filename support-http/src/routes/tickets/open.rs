//! Opening a ticket.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use support_core::conversation::{ChannelKind, Direction};
use support_core::desk::{ContextInput, CustomerSpec, OpenTicket, Requester};
use support_core::id::{AgentId, BrandId, CustomerId, InboxId, TeamId};
use support_core::label::{ForeignId, Label};
use support_core::people::Actor;
use support_core::ticket::Priority;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field::Field;
use super::made;
use crate::error::{ApiError, Problem};
use crate::extract::{self, Call, RawBody};
use crate::mount::App;
use crate::view::ticket::TicketBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(open))
}

/// A ticket as staff open it. Of these a customer may give `subject`, `channel`, `category`, `order_id`,
/// `custom_fields`, `initial_message` and `attachments`. A word that is stored as it is (a category, tag, skill, language,
/// channel, kind of object or key) and that holds a number which masking hides is refused; ids may be any number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicket {
    /// Whose it is; this or `customer` must be given.
    #[schema(value_type = Option<Uuid>)]
    customer_id: Option<CustomerId>,
    /// Whose it is: found by `external_id` or a verified address, else made.
    customer: Option<NewTicketCustomer>,
    /// What it is about, 1–1,000 characters.
    subject: String,
    /// `email`, `chat`, `whatsapp`, `sms`, `phone`, `web`, `api` or a host's own name; `api` unless given.
    #[serde(default = "api")]
    #[schema(value_type = Option<String>, example = "email")]
    channel: ChannelKind,
    /// `low`, `normal` (also `medium`), `high` or `urgent`.
    #[schema(value_type = Option<String>)]
    priority: Option<Priority>,
    #[schema(value_type = Option<String>)]
    category: Option<Label>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    tags: Vec<Label>,
    #[schema(value_type = Option<String>)]
    order_id: Option<ForeignId>,
    #[serde(default)]
    context: Vec<NewContext>,
    /// Texts, numbers and booleans by key.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<Label, Field>,
    /// The first message, 1–100,000 characters.
    initial_message: String,
    /// The host's own id: the desk keeps no list of inboxes and takes any.
    #[schema(value_type = Option<Uuid>)]
    inbox_id: Option<InboxId>,
    /// The host's own id: the desk keeps no list of brands and takes any.
    #[schema(value_type = Option<Uuid>)]
    brand_id: Option<BrandId>,
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    #[schema(value_type = Option<Uuid>)]
    assigned_to: Option<AgentId>,
    /// Language tag in which it is to be answered; the customer's own unless given.
    #[schema(value_type = Option<String>)]
    language: Option<Label>,
    /// Units of capacity that it takes of its owner, 1–1,000; 1 unless given.
    effort: Option<u32>,
    /// Skills that a handler must have, with the least level, 1–5.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u8>)]
    skills: BTreeMap<Label, u8>,
    /// Skills that a handler should have, with the level from which one counts, 1–5. They keep nobody from it.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u8>)]
    preferred: BTreeMap<Label, u8>,
    /// Must be empty: there are no uploads yet.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    attachments: Vec<Value>,
    /// `inbound` (the default: staff write down what the customer said) or `outbound` (the desk writes
    /// first).
    #[schema(value_type = Option<String>)]
    direction: Option<Direction>,
}

/// Whose ticket it is, as far as it is known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct NewTicketCustomer {
    /// Identity in the host application.
    #[schema(value_type = Option<String>)]
    external_id: Option<ForeignId>,
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

/// An object of the host that the ticket is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContext {
    #[schema(value_type = String)]
    kind: Label,
    #[schema(value_type = String)]
    id: ForeignId,
    /// What people call it, 1–1,000 characters.
    label: Option<String>,
    #[schema(value_type = Option<String>)]
    url: Option<ForeignId>,
}

/// A ticket as a customer opens it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnTicket {
    subject: String,
    #[serde(default = "web")]
    channel: ChannelKind,
    category: Option<Label>,
    order_id: Option<ForeignId>,
    #[serde(default)]
    custom_fields: BTreeMap<Label, Field>,
    initial_message: String,
    #[serde(default)]
    attachments: Vec<Value>,
}

const fn api() -> ChannelKind {
    ChannelKind::Api
}

const fn web() -> ChannelKind {
    ChannelKind::Web
}

/// Opens a ticket with its first message.
///
/// A customer who leaves `channel` out writes on `web`. Of a ticket in a queue that the caller does not see,
/// the answer holds `id` and `version` alone.
#[utoipa::path(post, path = "/tickets", operation_id = "open_ticket",
    tag = "tickets", request_body = NewTicket, responses(
    (status = 201, body = TicketBody),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 401, body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn open(call: Call, RawBody(bytes): RawBody) -> Result<Response, ApiError> {
    let wanted = match call.actor {
        Actor::Customer(_) => own(&bytes)?,
        Actor::Agent(_) | Actor::Host(_) => by_staff(&bytes)?,
    };
    let done = call.run(&bytes, &wanted).await.map_err(in_customer)?;
    made(&call, &done).await
}

fn own(bytes: &Bytes) -> Result<OpenTicket, ApiError> {
    let body: OwnTicket = extract::parse(bytes)?;
    no_attachments(&body.attachments)?;
    Ok(OpenTicket {
        channel: body.channel,
        category: body.category,
        order_id: body.order_id,
        custom_fields: body.custom_fields.into_iter().map(|(key, value)| (key, value.0)).collect(),
        ..OpenTicket::mine(body.subject, body.initial_message)
    })
}

fn by_staff(bytes: &Bytes) -> Result<OpenTicket, ApiError> {
    let body: NewTicket = extract::parse(bytes)?;
    no_attachments(&body.attachments)?;
    let requester = requester(body.customer_id, body.customer)?;
    let context = |NewContext { kind, id, label, url }| ContextInput { kind, id, label, url };
    Ok(OpenTicket {
        channel: body.channel,
        direction: body.direction.unwrap_or(Direction::Inbound),
        priority: body.priority,
        category: body.category,
        tags: body.tags,
        order_id: body.order_id,
        context: body.context.into_iter().map(context).collect(),
        custom_fields: body.custom_fields.into_iter().map(|(key, value)| (key, value.0)).collect(),
        inbox_id: body.inbox_id,
        brand_id: body.brand_id,
        team_id: body.team_id,
        assigned_to: body.assigned_to,
        language: body.language,
        effort: body.effort,
        skills: body.skills.into_iter().collect(),
        preferred: body.preferred.into_iter().collect(),
        ..OpenTicket::by(requester, body.subject, body.initial_message)
    })
}

/// Reads for whom a ticket is: by id, or by what is known of them.
pub(in crate::routes) fn requester(
    id: Option<CustomerId>,
    customer: Option<NewTicketCustomer>,
) -> Result<Requester, ApiError> {
    match (id, customer) {
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("customer", "cannot be given together with `customer_id`"))
        }
        (Some(id), None) => Ok(Requester::Customer(id)),
        (None, Some(NewTicketCustomer { external_id, name, email, phone })) => {
            Ok(Requester::Spec(CustomerSpec { external_id, name, email, phone }))
        }
        (None, None) => Err(ApiError::invalid("customer_id", "or `customer` must be given")),
    }
}

/// Refuses attachments, which need uploads.
pub(super) fn no_attachments(attachments: &[Value]) -> Result<(), ApiError> {
    if attachments.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("attachments", "must be empty: there are no uploads yet"))
}

/// Names the fields of the customer by their paths in this body.
pub(in crate::routes) fn in_customer(mut error: ApiError) -> ApiError {
    for error in &mut error.errors {
        if ["external_id", "name", "email", "phone"].contains(&error.field.as_str()) {
            error.field.insert_str(0, "customer.");
        }
    }
    error
}
