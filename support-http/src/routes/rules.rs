//! Keyword rules: words that move a ticket in the queue.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use support_core::automation::Condition;
use support_core::id::DocumentId;
use support_core::scoring::keywords::{KeywordRule, RuleKind};
use support_core::store::{Document, DocumentKind};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, Params};
use crate::fields::given;
use crate::mount::App;
use crate::reply::{Json, Page};

use super::documents::{self, Part, Shown};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(read, change, retire))
}

/// A keyword rule.
#[derive(Serialize, ToSchema)]
struct RuleBody {
    id: Uuid,
    name: String,
    /// `vip`, `churn`, `time_sensitive` or `custom`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: RuleKind,
    keywords: Vec<String>,
    /// Which tickets it is for, as in an automation; `null` is all.
    #[schema(value_type = Option<Object>)]
    condition: Option<Condition>,
    /// Points that a match adds, −100…100.
    boost_amount: f64,
    /// Whether a match puts the rule's name in the ticket's `topics`.
    alert: bool,
    active: bool,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl Shown for RuleBody {
    const KIND: DocumentKind = DocumentKind::KeywordRule;

    fn of(document: &Document) -> Option<Self> {
        let rule = KeywordRule::deserialize(&document.body).ok()?;
        Some(Self {
            id: document.id.uuid(),
            name: rule.name,
            kind: rule.kind,
            keywords: rule.keywords,
            condition: rule.condition,
            boost_amount: rule.boost_amount,
            alert: rule.alert,
            active: rule.active,
            version: document.version,
            created_at: document.created_at.to_string(),
            updated_at: document.updated_at.to_string(),
        })
    }
}

/// A new keyword rule.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRule {
    /// 1–64 characters.
    name: String,
    /// `vip`, `churn`, `time_sensitive` or `custom`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: RuleKind,
    /// Words and phrases; any of them matches. At most 1,000 of 100 characters, and of all
    /// active rules together 1 MiB.
    keywords: Vec<String>,
    /// Which tickets it is for, as in an automation; all unless given. Told when a text arrives: a message, or another
    /// subject. A rule that is new or changed is told once more, of what open tickets hold already: of the ticket as it
    /// stands then, without a message, the system acting. Changes of other rules change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    condition: Option<Condition>,
    /// Points that a match adds, −100…100.
    boost_amount: f64,
    /// Whether a match puts the rule's name in the ticket's `topics`.
    #[serde(default)]
    alert: bool,
    #[serde(default = "yes")]
    #[schema(default = true)]
    active: bool,
}

const fn yes() -> bool {
    true
}

/// A change of a keyword rule.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    kind: Option<RuleKind>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    keywords: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    condition: Option<Option<Condition>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    boost_amount: Option<f64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    alert: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// Which rules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RuleFilter {
    /// `false` for the rules that are switched off; otherwise the active ones.
    active: Option<bool>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// Lists the active rules, oldest first.
#[utoipa::path(get, path = "/rules", tag = "rules", params(RuleFilter), responses(
    (status = 200, body = Page<RuleBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, filter: Params<RuleFilter>) -> Result<Json<Page<RuleBody>>, ApiError> {
    let part = Part { limit: filter.limit, cursor: filter.cursor.clone() };
    let mut page = documents::list::<RuleBody>(&call, &part).await?;
    page.items.retain(|rule| rule.active == filter.active.unwrap_or(true));
    Ok(Json(page))
}

/// Makes a rule. Open tickets come under it in the background.
#[utoipa::path(post, path = "/rules", tag = "rules", request_body = NewRule, responses(
    (status = 201, body = RuleBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<NewRule>) -> Result<impl IntoResponse, ApiError> {
    documents::create::<RuleBody>(&call, &body.bytes, &body.value).await
}

/// Reads a rule.
#[utoipa::path(get, path = "/rules/{id}", tag = "rules", params(("id" = Uuid, Path)), responses(
    (status = 200, body = RuleBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    documents::read::<RuleBody>(&call, id).await
}

/// Changes a rule. What is left out stays as it is.
#[utoipa::path(patch, path = "/rules/{id}", tag = "rules", params(("id" = Uuid, Path)), request_body = RuleChange, responses(
    (status = 200, body = RuleBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<RuleChange>,
) -> Result<impl IntoResponse, ApiError> {
    documents::change::<RuleBody>(&call, &body.bytes, id, &body.value).await
}

/// Takes a rule out of force, where no automation or other rule in force names it (`keyword_rule_in_use`).
#[utoipa::path(delete, path = "/rules/{id}", tag = "rules", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn retire(call: Call, Id(id): Id<DocumentId>) -> Result<StatusCode, ApiError> {
    documents::retire::<RuleBody>(&call, id).await
}
