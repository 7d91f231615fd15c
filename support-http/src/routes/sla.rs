//! SLA policies and business calendars.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use support_core::id::DocumentId;
use support_core::sla::Metric;
use support_core::sla::calendar::{CalendarSpec, ExceptionSpec, WeeklySpec, YearlySpec};
use support_core::sla::policy::{PolicyConditions, PolicySpec, Step, TargetSpec};
use support_core::store::{Document, DocumentKind};
use utoipa::ToSchema;
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
    OpenApiRouter::default()
        .routes(routes!(policies, create_policy))
        .routes(routes!(policy, change_policy, retire_policy))
        .routes(routes!(calendars, create_calendar))
        .routes(routes!(calendar, change_calendar, retire_calendar))
}

/// An SLA policy.
#[derive(Serialize, ToSchema)]
struct PolicyBody {
    id: Uuid,
    name: String,
    /// Policies are tried by ascending position; the first that matches is in force.
    position: i32,
    /// Which tickets: `{channels, priorities, tiers, team_ids, brand_ids, tags}`; an empty list admits all. Brands are
    /// known by the host's own ids, of which the desk keeps no list.
    #[schema(value_type = Object)]
    conditions: PolicyConditions,
    /// By metric: `{seconds, by_priority: {urgent: …}, calendar_id}`.
    #[schema(value_type = Object)]
    targets: BTreeMap<Metric, TargetSpec>,
    /// The calendar that counts; `null` counts all hours.
    #[schema(value_type = Option<Uuid>)]
    calendar_id: Option<DocumentId>,
    /// Whether `on_hold` pauses the resolution timer.
    pause_on_hold: bool,
    /// The ladder: `{metric, when: {at_fraction | seconds_before | seconds_after} or "at_breach", actions}`.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<Step>,
    active: bool,
    /// Whether what this version put in the past fires its ladder, and automations about timers, on timers that have not ended, instead of being passed
    /// over. It counts for this version alone.
    fire_ladders: bool,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl Shown for PolicyBody {
    const KIND: DocumentKind = DocumentKind::SlaPolicy;

    fn of(document: &Document) -> Option<Self> {
        let policy = PolicySpec::deserialize(&document.body).ok()?;
        Some(Self {
            id: document.id.uuid(),
            name: policy.name,
            position: policy.position,
            conditions: policy.conditions,
            targets: policy.targets,
            calendar_id: policy.calendar_id,
            pause_on_hold: policy.pause_on_hold,
            steps: policy.steps,
            active: policy.active,
            fire_ladders: policy.fire_ladders,
            version: document.version,
            created_at: document.created_at.to_string(),
            updated_at: document.updated_at.to_string(),
        })
    }
}

/// A change of a policy. What is left out stays as it is, but for `fire_ladders`; `targets`, `conditions` and `steps` are replaced whole. A
/// new policy has the same fields, of which `name` and `targets` must be given.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    position: Option<i32>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    conditions: Option<PolicyConditions>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    targets: Option<BTreeMap<Metric, TargetSpec>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    calendar_id: Option<Option<DocumentId>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pause_on_hold: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, nullable = false)]
    steps: Option<Vec<Step>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active: Option<bool>,
    /// Whether what this version puts in the past fires ladders and automations about timers. It counts for this version alone: left out it is
    /// `false`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fire_ladders: Option<bool>,
}

/// A business calendar.
#[derive(Serialize, ToSchema)]
struct CalendarBody {
    id: Uuid,
    name: String,
    /// IANA zone.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// Windows by weekday: `{mon: [["09:00", "17:00"]], …}`.
    #[schema(value_type = Object)]
    weekly: WeeklySpec,
    /// Dates with windows of their own: `{date, windows}`.
    #[schema(value_type = Vec<Object>)]
    exceptions: Vec<ExceptionSpec>,
    /// Dates of every year with windows of their own: `{month, day, windows}`.
    #[schema(value_type = Vec<Object>)]
    yearly: Vec<YearlySpec>,
    /// Whether what this version put in the past fires the ladders, and automations about timers, of timers that have not ended, instead of being
    /// passed over. It counts for this version alone.
    fire_ladders: bool,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl Shown for CalendarBody {
    const KIND: DocumentKind = DocumentKind::Calendar;

    fn of(document: &Document) -> Option<Self> {
        let calendar = CalendarSpec::deserialize(&document.body).ok()?;
        Some(Self {
            id: document.id.uuid(),
            name: calendar.name,
            timezone: calendar.timezone,
            weekly: calendar.weekly,
            exceptions: calendar.exceptions,
            yearly: calendar.yearly,
            fire_ladders: calendar.fire_ladders,
            version: document.version,
            created_at: document.created_at.to_string(),
            updated_at: document.updated_at.to_string(),
        })
    }
}

/// A change of a calendar. What is left out stays as it is, but for `fire_ladders`; lists and `weekly` are replaced whole. A new calendar has
/// the same fields, of which `name`, `timezone` and `weekly` must be given.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    timezone: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    weekly: Option<WeeklySpec>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, nullable = false)]
    exceptions: Option<Vec<ExceptionSpec>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, nullable = false)]
    yearly: Option<Vec<YearlySpec>>,
    /// Whether what this version puts in the past fires ladders and automations about timers. It counts for this version alone: left out it is
    /// `false`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fire_ladders: Option<bool>,
}

/// Lists policies, oldest first.
#[utoipa::path(get, path = "/sla/policies", tag = "sla", params(Part), responses(
    (status = 200, body = Page<PolicyBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn policies(call: Call, part: Params<Part>) -> Result<Json<Page<PolicyBody>>, ApiError> {
    documents::list(&call, &part).await.map(Json)
}

/// Makes a policy. Open tickets come under it in the background.
#[utoipa::path(post, path = "/sla/policies", tag = "sla", request_body = PolicyChange, responses(
    (status = 201, body = PolicyBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create_policy(call: Call, body: Body<PolicySpec>) -> Result<impl IntoResponse, ApiError> {
    documents::create::<PolicyBody>(&call, &body.bytes, &body.value).await
}

/// Reads a policy.
#[utoipa::path(get, path = "/sla/policies/{id}", tag = "sla", params(("id" = Uuid, Path)), responses(
    (status = 200, body = PolicyBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn policy(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    documents::read::<PolicyBody>(&call, id).await
}

/// Changes a policy.
#[utoipa::path(patch, path = "/sla/policies/{id}", tag = "sla", params(("id" = Uuid, Path)), request_body = PolicyChange, responses(
    (status = 200, body = PolicyBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change_policy(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<PolicyChange>,
) -> Result<impl IntoResponse, ApiError> {
    documents::change::<PolicyBody>(&call, &body.bytes, id, &body.value).await
}

/// Takes a policy out of force. Running timers keep the version under which they began.
#[utoipa::path(delete, path = "/sla/policies/{id}", tag = "sla", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn retire_policy(call: Call, Id(id): Id<DocumentId>) -> Result<StatusCode, ApiError> {
    documents::retire::<PolicyBody>(&call, id).await
}

/// Lists calendars, oldest first.
#[utoipa::path(get, path = "/sla/calendars", tag = "sla", params(Part), responses(
    (status = 200, body = Page<CalendarBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn calendars(call: Call, part: Params<Part>) -> Result<Json<Page<CalendarBody>>, ApiError> {
    documents::list(&call, &part).await.map(Json)
}

/// Makes a calendar.
#[utoipa::path(post, path = "/sla/calendars", tag = "sla", request_body = CalendarChange, responses(
    (status = 201, body = CalendarBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create_calendar(call: Call, body: Body<CalendarSpec>) -> Result<impl IntoResponse, ApiError> {
    documents::create::<CalendarBody>(&call, &body.bytes, &body.value).await
}

/// Reads a calendar.
#[utoipa::path(get, path = "/sla/calendars/{id}", tag = "sla", params(("id" = Uuid, Path)), responses(
    (status = 200, body = CalendarBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn calendar(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    documents::read::<CalendarBody>(&call, id).await
}

/// Changes a calendar.
#[utoipa::path(patch, path = "/sla/calendars/{id}", tag = "sla", params(("id" = Uuid, Path)), request_body = CalendarChange, responses(
    (status = 200, body = CalendarBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change_calendar(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<CalendarChange>,
) -> Result<impl IntoResponse, ApiError> {
    documents::change::<CalendarBody>(&call, &body.bytes, id, &body.value).await
}

/// Takes a calendar out of force, where no policy, team or rule in force uses it (`calendar_in_use`).
#[utoipa::path(delete, path = "/sla/calendars/{id}", tag = "sla", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn retire_calendar(call: Call, Id(id): Id<DocumentId>) -> Result<StatusCode, ApiError> {
    documents::retire::<CalendarBody>(&call, id).await
}
