//! Agents: who works on the desk, their presence, and what they have done.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::IntoResponse;
use serde::Deserialize;
use support_core::Error;
use support_core::desk::{CreateAgent, DeactivateAgent, SetPassword, SetPresence, TextsById, UpdateAgent};
use support_core::error::EntityKind;
use support_core::id::{AgentId, TeamId};
use support_core::label::{ForeignId, Label};
use support_core::people::{Absence, Agent, AgentState, Capacity, Permission, Presence, Shift, WorkKind};
use support_core::store::{Key, LoginSubject, Record};
use support_core::time::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, MERGES, Params, limit};
use crate::fields::given;
use crate::mount::App;
use crate::reply::{Json, Page, Versioned};
use crate::view::agent::{AbsenceBody, AgentBody, CapacityBody, PerformanceBody, ShiftBody};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(read, change, deactivate))
        .routes(routes!(set_status))
        .routes(routes!(performance))
}

/// A new agent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAgent {
    /// 1–200 characters.
    name: String,
    email: String,
    /// `agent` unless given; nobody gives a role that may do more than their own.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<Label>,
    /// Teams in which they work; none is the default team.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    team_ids: Vec<TeamId>,
    /// Teams that they lead.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    lead_ids: Vec<TeamId>,
    /// Levels 1–5 by skill.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u8>)]
    skills: BTreeMap<Label, u8>,
    #[serde(default)]
    #[schema(value_type = Option<CapacityBody>)]
    capacity: Capacity,
    #[serde(default)]
    #[schema(value_type = Option<ShiftBody>)]
    shift: Option<Shift>,
    /// Languages in which they answer, such as `de`; none is any.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    languages: Vec<Label>,
    /// Their share under `performance_weighted` routing, in percent of a usual agent: 1–1,000, 100 unless given.
    #[serde(default)]
    performance: Option<u32>,
    /// Planned absences: `{from, until, substitute_id?}`.
    #[serde(default)]
    #[schema(value_type = Vec<AbsenceBody>)]
    absences: Vec<Absence>,
    /// 8 characters to 1,024 bytes; without one they cannot sign in.
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    external_id: Option<ForeignId>,
}

/// A change of an agent. What is left out stays as it is; lists and `skills` are replaced whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgentChange {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    email: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    role: Option<Label>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false)]
    team_ids: Option<Vec<TeamId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false)]
    lead_ids: Option<Vec<TeamId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeMap<String, u8>>, nullable = false)]
    skills: Option<BTreeMap<Label, u8>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    capacity: Option<CapacityChange>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ShiftBody>)]
    shift: Option<Option<Shift>>,
    /// All languages; none is any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    languages: Option<Vec<Label>>,
    /// In percent of a usual agent: 1–1,000.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    performance: Option<u32>,
    /// All planned absences.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<AbsenceBody>>, nullable = false)]
    absences: Option<Vec<Absence>>,
    /// A new password ends every session of the agent.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    password: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<ForeignId>>,
}

/// A change of how much work an agent can have. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CapacityChange {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    units: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    chat: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    call: Option<u32>,
}

/// Whether an agent is there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    /// `available` (also `online`), `busy`, `away` or `offline`.
    #[schema(value_type = String)]
    status: Presence,
    /// Kinds of work taken now: `ticket`, `chat`, `call`; none is all. Open offers of other kinds are withdrawn.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    channels: Vec<WorkKind>,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
    /// When it falls back to `available`; for `busy` and `away`.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Which agents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AgentFilter {
    /// Only members and leads of this team.
    #[param(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    /// Also those who are deactivated.
    inactive: Option<bool>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// Lists agents, oldest first.
#[utoipa::path(get, path = "/agents", tag = "people", params(AgentFilter), responses(
    (status = 200, body = Page<AgentBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, filter: Params<AgentFilter>) -> Result<Json<Page<AgentBody>>, ApiError> {
    let (most, after) = (limit(filter.limit)?, call.cursor(filter.cursor.as_deref())?);
    let inactive = filter.inactive.unwrap_or(false);
    let (agents, next) = call.app.desk.agents(&call.actor, filter.team_id, inactive, most, after).await?;
    let texts = reasons(&call, &agents).await?;
    let items = agents.iter().map(|(agent, state)| AgentBody::new(agent, state, &texts));
    Ok(Json(call.page(items.collect(), next)))
}

/// Makes an agent: offline, without work.
#[utoipa::path(post, path = "/agents", tag = "people", request_body = NewAgent, responses(
    (status = 201, body = AgentBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<NewAgent>) -> Result<impl IntoResponse, ApiError> {
    // Hashing is dear: not for those who may not make agents at all.
    super::staff(&call, Permission::AgentManage)?;
    let new = body.value;
    let password = match new.password {
        Some(password) => Some(call.app.attempts.hash("password", password).await?),
        None => None,
    };
    let wanted = CreateAgent {
        name: new.name,
        email: new.email,
        external_id: new.external_id,
        role: new.role,
        team_ids: new.team_ids,
        lead_ids: new.lead_ids,
        skills: new.skills,
        capacity: new.capacity,
        shift: new.shift,
        languages: new.languages,
        performance: new.performance,
        absences: new.absences,
        password,
    };
    let done = call.run(&body.bytes, &wanted).await?;
    let made = rendered(&call, done.reply().agent_id).await?;
    Ok(Versioned::created(made.version, made.body).repeated(&done))
}

/// Reads an agent.
#[utoipa::path(get, path = "/agents/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AgentBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<AgentId>) -> Result<impl IntoResponse, ApiError> {
    rendered(&call, id).await
}

/// Changes an agent. `PUT` is the same. A password is set in a commit of its own, after the rest.
#[utoipa::path(method(patch, put), path = "/agents/{id}", tag = "people", params(("id" = Uuid, Path)), request_body = AgentChange, responses(
    (status = 200, body = AgentBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<AgentId>,
    body: Body<AgentChange>,
) -> Result<impl IntoResponse, ApiError> {
    let (mut before, _) = call.app.desk.agent(&call.actor, id).await?;
    super::staff(&call, Permission::AgentManage)?;
    let change = body.value;
    let password = match change.password {
        Some(password) => Some(call.app.attempts.hash("password", password).await?),
        None => None,
    };
    let mut wanted = UpdateAgent {
        id: Some(id),
        name: change.name,
        email: change.email,
        external_id: change.external_id,
        role: change.role,
        team_ids: change.team_ids,
        lead_ids: change.lead_ids,
        skills: change.skills,
        capacity: None,
        shift: change.shift,
        languages: change.languages,
        performance: change.performance,
        absences: change.absences,
    };
    let done = match change.capacity {
        None => call.run(&body.bytes, &wanted).await?,
        // Capacity that is left out stays as it is: as it is when this is written.
        Some(capacity) => {
            let mut merges = 1;
            loop {
                wanted.capacity = Some(Capacity {
                    units: capacity.units.unwrap_or(before.capacity.units),
                    chat: capacity.chat.unwrap_or(before.capacity.chat),
                    call: capacity.call.unwrap_or(before.capacity.call),
                });
                match call.run_merged(&body.bytes, before.version, &wanted).await? {
                    Some(done) => break done,
                    None if merges < MERGES => (before, _) = call.app.desk.agent(&call.actor, id).await?,
                    None => return Err(Error::Busy(EntityKind::Agent).into()),
                }
                merges += 1;
            }
        }
    };
    if let Some(hash) = password {
        let subject = LoginSubject::Agent(id);
        call.app.desk.run(&call.actor, &SetPassword { subject, hash }).await?;
    }
    Ok(rendered(&call, id).await?.repeated(&done))
}

/// Deactivates an agent: the name is kept, sign-in ends, and open work goes back to the queue.
#[utoipa::path(delete, path = "/agents/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AgentBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
))]
async fn deactivate(call: Call, Id(id): Id<AgentId>) -> Result<impl IntoResponse, ApiError> {
    let done = call.run(&[], &DeactivateAgent { id }).await?;
    Ok(rendered(&call, id).await?.repeated(&done))
}

/// Says whether an agent is there: oneself, or another where the role reaches that far.
#[utoipa::path(put, path = "/agents/{id}/status", tag = "people", params(("id" = Uuid, Path)), request_body = NewStatus, responses(
    (status = 200, body = AgentBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn set_status(
    call: Call,
    Id(id): Id<AgentId>,
    body: Body<NewStatus>,
) -> Result<impl IntoResponse, ApiError> {
    let NewStatus { status, channels, reason, until } = body.value;
    let wanted = SetPresence { agent_id: id, presence: status, channels, reason, until };
    let done = call.run(&body.bytes, &wanted).await?;
    Ok(rendered(&call, id).await?.repeated(&done))
}

/// Measures what an agent has done.
#[utoipa::path(get, path = "/agents/{id}/performance", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = PerformanceBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn performance(call: Call, Id(id): Id<AgentId>) -> Result<Json<PerformanceBody>, ApiError> {
    let done = call.app.desk.performance(&call.actor, id).await?;
    Ok(Json(PerformanceBody::new(id.uuid(), &done)))
}

async fn rendered(call: &Call, id: AgentId) -> Result<Versioned<AgentBody>, ApiError> {
    let seated = [call.app.desk.agent(&call.actor, id).await?];
    let texts = reasons(call, &seated).await?;
    let [(agent, state)] = &seated;
    Ok(Versioned::ok(agent.version, AgentBody::new(agent, state, &texts)))
}

/// Reads why agents are in their state.
async fn reasons(call: &Call, agents: &[(Agent, AgentState)]) -> Result<TextsById, ApiError> {
    let keys: Vec<Key> = agents.iter().filter_map(|(_, state)| state.reason).map(Key::Text).collect();
    if keys.is_empty() {
        return Ok(TextsById::new());
    }
    let scope = call.actor.scope(Permission::AgentRead)?;
    let found = call.app.desk.store().load(&scope, &keys).await.map_err(support_core::Error::from)?;
    let texts = found.into_iter().flatten().filter_map(|record| match record {
        Record::Text(text) => text.body.map(|body| (text.id, body)),
        _ => None,
    });
    Ok(texts.collect())
}
