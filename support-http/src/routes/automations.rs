//! Automations: what the desk does by itself.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use support_core::automation::analysis::Finding;
use support_core::automation::{Action, AutomationSpec, Condition, Failure, On, Trigger};
use support_core::desk::Rehearsed;
use support_core::id::{DocumentId, TicketId};
use support_core::people::Actor;
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
use crate::view::event::EventBody;

use super::documents::{self, Part, Shown};

/// Tickets that a dry run looks at unless told otherwise.
const NEWEST: u32 = 50;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(preview))
        .routes(routes!(analysis))
        .routes(routes!(list, create))
        .routes(routes!(read, change, retire))
}

/// An automation.
#[derive(Serialize, ToSchema)]
struct AutomationBody {
    id: Uuid,
    name: String,
    /// Rules act by ascending position; where two want different things, the first has its way.
    position: i32,
    /// `{on: [event names]}`, `{since: {moment, seconds, calendar_id}}` or `{timer: {metric, when}}`.
    #[schema(value_type = Object)]
    trigger: Trigger,
    /// `{all | any | none: [conditions]}` or `{field, op, value, calendar_id}`; `null` is every ticket.
    #[schema(value_type = Option<Object>)]
    condition: Option<Condition>,
    /// What it does, in order, such as `"raise_priority"`, `{"add_tags": ["vip"]}` or
    /// `{"set_field": {"key": "floor", "value": "Second"}}`, whose value is a text of 1–1,000 characters, a number, yes or no,
    /// or `null`, which clears the field.
    #[schema(value_type = Vec<serde_json::Value>)]
    actions: Vec<Action>,
    /// Whether rules behind it are passed over where it matches: those that the same news wakes, or, of rules about
    /// time, those that are due at the same instant.
    stop: bool,
    active: bool,
    version: u64,
    created_at: String,
    updated_at: String,
}

impl Shown for AutomationBody {
    const KIND: DocumentKind = DocumentKind::Automation;

    fn of(document: &Document) -> Option<Self> {
        let spec = AutomationSpec::deserialize(&document.body).ok()?;
        Some(Self {
            id: document.id.uuid(),
            name: spec.name,
            position: spec.position,
            trigger: spec.trigger,
            condition: spec.condition,
            actions: spec.actions,
            stop: spec.stop,
            active: spec.active,
            version: document.version,
            created_at: document.created_at.to_string(),
            updated_at: document.updated_at.to_string(),
        })
    }
}

/// A change of an automation. What is left out stays as it is; `trigger`, `condition` and `actions` are replaced
/// whole. A new automation has the same fields, of which `name`, `trigger` and `actions` must be given.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AutomationChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    position: Option<i32>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    trigger: Option<Trigger>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    condition: Option<Option<Condition>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<serde_json::Value>>, nullable = false)]
    actions: Option<Vec<Action>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    stop: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// An automation to try out, and on which tickets.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AutomationPreview {
    /// An automation in force; this or `automation` must be given.
    #[serde(default)]
    automation_id: Option<Uuid>,
    /// A whole automation, with the fields of a new one.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    automation: Option<AutomationSpec>,
    /// On these tickets, at most 200; the newest in sight unless given.
    #[serde(default)]
    ticket_ids: Vec<Uuid>,
    /// How many of the newest, 1–200, 50 unless given.
    #[serde(default)]
    newest: Option<u32>,
}

/// What an automation would do.
#[derive(Serialize, ToSchema)]
struct RehearsalBody {
    /// How many of the tickets match.
    matched: usize,
    items: Vec<RehearsedBody>,
}

/// What it would do on one ticket.
#[derive(Serialize, ToSchema)]
struct RehearsedBody {
    ticket_id: Uuid,
    matched: bool,
    /// Why it does not match: the first test that failed.
    failure: Option<FailureBody>,
    /// When a rule about time would act, or would have acted.
    acts_at: Option<String>,
    /// What would happen, in order.
    events: Vec<EventBody>,
}

/// A test that failed.
#[derive(Serialize, ToSchema)]
struct FailureBody {
    /// Where it stands, such as `condition.all[1]`.
    path: String,
    field: Option<String>,
    /// The value that it saw.
    #[schema(value_type = Option<serde_json::Value>)]
    saw: serde_json::Value,
}

impl From<Failure> for FailureBody {
    fn from(failure: Failure) -> Self {
        let Failure { path, field, saw } = failure;
        Self { path, field: field.map(|field| field.to_string()), saw }
    }
}

impl RehearsedBody {
    fn new(rehearsed: Rehearsed, reader: &Actor) -> Self {
        Self {
            ticket_id: rehearsed.ticket.uuid(),
            matched: rehearsed.trace.matched,
            failure: rehearsed.trace.failure.map(FailureBody::from),
            acts_at: rehearsed.acts_at.map(|at| at.to_string()),
            events: rehearsed.events.iter().map(|envelope| EventBody::new(envelope, reader)).collect(),
        }
    }
}

/// What is wrong with the automations in force.
#[derive(Serialize, ToSchema)]
struct AnalysisBody {
    findings: Vec<RuleFindingBody>,
    /// Whether every question was answered, of rules that wake together: by one event, by the same time since the same
    /// moment by the same calendar, or by the same point of the same SLA timer. Otherwise a search was given up, and
    /// more may be wrong.
    complete: bool,
}

/// Something that is wrong with rules, with a ticket that shows it.
#[derive(Serialize, ToSchema)]
struct RuleFindingBody {
    /// `dead`, `shadowed`, `conflicting` or `cyclic`.
    kind: &'static str,
    /// The rules, the one that has its way first; of a cycle, all of it, in the order of the rules.
    automation_ids: Vec<Uuid>,
    /// Of a dead rule: the tests that exclude each other.
    tests: Vec<String>,
    /// Of a dead rule: the keyword rules that these tests name and that match nothing, switched off or unknown.
    keyword_rule_ids: Vec<Uuid>,
    /// None of a dead rule.
    witness: Option<WitnessBody>,
}

/// A ticket on which a finding shows.
#[derive(Serialize, ToSchema)]
struct WitnessBody {
    /// What happens to it, such as `ticket.created`; `null` where time alone is enough.
    on: Option<&'static str>,
    /// The fields that the rules look at.
    #[schema(value_type = Object)]
    fields: std::collections::BTreeMap<String, serde_json::Value>,
    at: String,
    /// Of a cycle: the rules that acted, once round.
    way: Vec<TurnBody>,
}

/// A rule on the way round.
#[derive(Serialize, ToSchema)]
struct TurnBody {
    automation_id: Uuid,
    /// What woke it: `event`, `rule`, `router` or `time`.
    by: &'static str,
}

impl From<Finding> for RuleFindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            kind: finding.kind.as_str(),
            automation_ids: finding.automations.into_iter().map(DocumentId::uuid).collect(),
            tests: finding.tests,
            keyword_rule_ids: finding.keyword_rules.into_iter().map(DocumentId::uuid).collect(),
            witness: finding.witness.map(|witness| WitnessBody {
                on: witness.on.map(On::as_str),
                fields: witness.fields,
                at: witness.at.to_string(),
                way: witness
                    .way
                    .into_iter()
                    .map(|turn| TurnBody { automation_id: turn.automation.uuid(), by: turn.by.as_str() })
                    .collect(),
            }),
        }
    }
}

/// Lists the automations, oldest first.
#[utoipa::path(get, path = "/automations", tag = "automations", params(Part), responses(
    (status = 200, body = Page<AutomationBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, part: Params<Part>) -> Result<Json<Page<AutomationBody>>, ApiError> {
    documents::list(&call, &part).await.map(Json)
}

/// Makes an automation. It takes effect with the next thing that happens.
#[utoipa::path(post, path = "/automations", tag = "automations", request_body = AutomationChange, responses(
    (status = 201, body = AutomationBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<AutomationSpec>) -> Result<impl IntoResponse, ApiError> {
    documents::create::<AutomationBody>(&call, &body.bytes, &body.value).await
}

/// Reads an automation.
#[utoipa::path(get, path = "/automations/{id}", tag = "automations", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AutomationBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<DocumentId>) -> Result<impl IntoResponse, ApiError> {
    documents::read::<AutomationBody>(&call, id).await
}

/// Changes an automation. What is left out stays as it is.
#[utoipa::path(patch, path = "/automations/{id}", tag = "automations", params(("id" = Uuid, Path)), request_body = AutomationChange, responses(
    (status = 200, body = AutomationBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<DocumentId>,
    body: Body<AutomationChange>,
) -> Result<impl IntoResponse, ApiError> {
    documents::change::<AutomationBody>(&call, &body.bytes, id, &body.value).await
}

/// Takes an automation out of force.
#[utoipa::path(delete, path = "/automations/{id}", tag = "automations", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn retire(call: Call, Id(id): Id<DocumentId>) -> Result<StatusCode, ApiError> {
    documents::retire::<AutomationBody>(&call, id).await
}

/// Tries an automation out on tickets as they are now, and writes nothing. A rule about events is tried as if the
/// first event that wakes it happened now, one about time at its own instant; other automations stay silent.
#[utoipa::path(post, path = "/automations/preview", tag = "automations", request_body = AutomationPreview, responses(
    (status = 200, body = RehearsalBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn preview(call: Call, body: Body<AutomationPreview>) -> Result<Json<RehearsalBody>, ApiError> {
    let asked = body.value;
    let desk = &call.app.desk;
    let id = asked.automation_id.map(DocumentId::from_uuid);
    let spec = match (id, asked.automation) {
        (None, Some(spec)) => spec,
        (Some(id), None) => {
            let found = desk.document(&call.actor, DocumentKind::Automation, id).await?;
            let spec = found.and_then(|document| AutomationSpec::deserialize(&document.body).ok());
            spec.ok_or_else(|| ApiError::invalid("automation_id", "must be an automation"))?
        }
        _ => return Err(ApiError::invalid("automation", "or `automation_id` must be given")),
    };
    let tickets: Vec<TicketId> = asked.ticket_ids.into_iter().map(TicketId::from_uuid).collect();
    let newest = asked.newest.unwrap_or(NEWEST);
    let found = desk.rehearse_automation(&call.actor, id, &spec, &tickets, newest).await?;
    let items: Vec<RehearsedBody> =
        found.into_iter().map(|one| RehearsedBody::new(one, &call.actor)).collect();
    Ok(Json(RehearsalBody { matched: items.iter().filter(|item| item.matched).count(), items }))
}

/// Analyses the automations in force: dead, shadowed, conflicting and cyclic ones.
#[utoipa::path(get, path = "/automations/analysis", tag = "automations", responses(
    (status = 200, body = AnalysisBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn analysis(call: Call) -> Result<Json<AnalysisBody>, ApiError> {
    let found = call.app.desk.analyse_automations(&call.actor).await?;
    let findings = found.findings.into_iter().map(RuleFindingBody::from).collect();
    Ok(Json(AnalysisBody { findings, complete: found.complete }))
}
