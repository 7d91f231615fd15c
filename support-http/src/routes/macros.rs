//! Macros: replies that are written once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use support_core::automation::Action;
use support_core::desk::{Done, EditDocument, MacroFilter, MacroView, PutDocument};
use support_core::id::{AgentId, DocumentId, TeamId, TicketId};
use support_core::label::Label;
use support_core::macros::{MacroSpec, MacroVisibility};
use support_core::store::DocumentKind;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{self, Body, Call, Id, Params, limit};
use crate::fields::{given, object};
use crate::mount::App;
use crate::reply::{Json, Page, Said, Versioned};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(read, change, retire))
        .routes(routes!(use_it))
}

/// A macro.
#[derive(Serialize, ToSchema)]
struct MacroBody {
    id: Uuid,
    name: String,
    content: String,
    category: Option<String>,
    /// `all`, `team` or `own`.
    visibility: &'static str,
    team_id: Option<Uuid>,
    owner_id: Option<Uuid>,
    /// As for automations, such as `{set_status: "pending"}`.
    #[schema(value_type = Vec<Value>)]
    actions: Vec<Action>,
    /// How often it was used.
    uses: u64,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl From<MacroView> for MacroBody {
    fn from(view: MacroView) -> Self {
        let MacroSpec { name, content, category, visibility, team_id, owner_id, actions } = view.spec;
        Self {
            id: view.id.uuid(),
            name,
            content,
            category: category.map(|category| category.to_string()),
            visibility: visibility.as_str(),
            team_id: team_id.map(TeamId::uuid),
            owner_id: owner_id.map(AgentId::uuid),
            actions,
            uses: view.uses,
            version: view.version,
            created_at: view.created_at.to_string(),
            updated_at: view.updated_at.to_string(),
        }
    }
}

/// A new macro.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMacro {
    /// 1–200 characters.
    name: String,
    /// 1–10,000 characters. `{{name}}` is a place for a value, `{{name|there}}` one with a default; a backslash lets a
    /// brace stand for itself.
    content: String,
    #[schema(value_type = Option<String>)]
    category: Option<Label>,
    /// `all`, `team` (with `team_id`) or `own`.
    #[schema(value_type = String)]
    visibility: MacroVisibility,
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    /// Done to the ticket along with the reply, as for automations. At most 32.
    #[serde(default)]
    #[schema(value_type = Vec<Value>)]
    actions: Vec<Action>,
}

/// A change of a macro.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MacroChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    content: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    category: Option<Option<Label>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    visibility: Option<MacroVisibility>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<Option<TeamId>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Value>>, nullable = false)]
    actions: Option<Vec<Action>>,
}

/// Which macros.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only of this category.
    category: Option<String>,
    /// Only those whose name, category or content holds these words.
    search: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// Lists the macros that the caller sees, oldest first.
#[utoipa::path(get, path = "/macros", tag = "macros", params(Which), responses(
    (status = 200, body = Page<MacroBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, which: Params<Which>) -> Result<Json<Page<MacroBody>>, ApiError> {
    let filter = MacroFilter {
        category: extract::read("category", which.category.as_deref())?,
        search: which.search.clone(),
    };
    let (most, after) = (limit(which.limit)?, call.cursor(which.cursor.as_deref())?);
    let (views, next) = call.app.desk.macros(&call.actor, &filter, most, after).await?;
    Ok(Json(call.page(views.into_iter().map(MacroBody::from).collect(), next)))
}

/// Makes a macro. One of visibility `own` belongs to the caller.
#[utoipa::path(post, path = "/macros", tag = "macros", request_body = NewMacro, responses(
    (status = 201, body = MacroBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<NewMacro>) -> Result<impl IntoResponse, ApiError> {
    let put = PutDocument::new(DocumentKind::Macro, object(&body.value)?.into());
    let done = call.run(&body.bytes, &put).await?;
    let view = call.app.desk.macro_view(&call.actor, done.reply().document_id).await?;
    Ok(Versioned::created(view.version, MacroBody::from(view)).repeated(&done))
}

/// Reads a macro.
#[utoipa::path(get, path = "/macros/{id}", tag = "macros", params(("id" = Uuid, Path)), responses(
    (status = 200, body = MacroBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    let view = call.app.desk.macro_view(&call.actor, id).await?;
    Ok(Versioned::ok(view.version, MacroBody::from(view)))
}

/// Changes a macro. What is left out stays as it is.
#[utoipa::path(patch, path = "/macros/{id}", tag = "macros", params(("id" = Uuid, Path)), request_body = MacroChange, responses(
    (status = 200, body = MacroBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<MacroChange>,
) -> Result<impl IntoResponse, ApiError> {
    let mut fields = object(&body.value)?;
    // Who owns it follows from who sees it.
    if body.value.visibility.is_some_and(|visibility| visibility != MacroVisibility::Own) {
        fields.insert("owner_id".into(), serde_json::Value::Null);
    }
    let done = call.run(&body.bytes, &EditDocument::merge(DocumentKind::Macro, id, fields)).await?;
    let view = call.app.desk.macro_view(&call.actor, id).await?;
    Ok(Versioned::ok(view.version, MacroBody::from(view)).repeated(&done))
}

/// Takes a macro out of use.
#[utoipa::path(delete, path = "/macros/{id}", tag = "macros", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn retire(call: Call, Id(id): Id<DocumentId>) -> Result<StatusCode, ApiError> {
    call.run(&[], &EditDocument::retire(DocumentKind::Macro, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a macro is used with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MacroUse {
    /// Values by name, such as `customerName`; they come before what is known of the ticket.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// The ticket from which `ticket.subject`, `ticket.reference`, `ticket.status`, `ticket.priority`,
    /// `ticket.category`, `customer.name`, `customer.email`, `customer.phone`, `customer.tier` and `order.id` are taken;
    /// `agent.name` and `agent.email` are the caller's.
    #[schema(value_type = Option<Uuid>)]
    ticket_id: Option<TicketId>,
}

/// What a macro says.
#[derive(Serialize, ToSchema)]
struct MacroContent {
    content: String,
}

/// Puts values in the places of a macro. Without a ticket this counts as a use; with one, the message that names the
/// macro does.
#[utoipa::path(post, path = "/macros/{id}/use", tag = "macros", params(("id" = Uuid, Path)), request_body = MacroUse, responses(
    (status = 200, body = MacroContent),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn use_it(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<MacroUse>,
) -> Result<Said<MacroContent>, ApiError> {
    let once = call.once(&body.bytes, "");
    let MacroUse { variables, ticket_id } = body.value;
    let (content, repeated) =
        match call.app.desk.use_macro(&call.actor, id, variables, ticket_id, once).await? {
            Done::Now(content) => (content, false),
            Done::Before(content) => (content, true),
        };
    Ok(Said { body: MacroContent { content }, repeated })
}
