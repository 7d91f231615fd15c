//! Teams: people, their reach, and how work finds its handler.
//!
//! Members and leads stand in the agents' own records. Setting `member_ids` or `lead_ids` changes these records in the
//! commit of the team, and the team's version counts who joins and leaves, whichever resource they are changed by.

use std::sync::Arc;

use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use support_core::config::{QueueLimitAction, RelaxStage, RoutingMode};
use support_core::desk::{PutTeam, TeamView};
use support_core::id::{AgentId, DocumentId, TeamId};
use support_core::people::Permission;
use support_core::routing::Strategy;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, Params, limit};
use crate::fields::{given, object};
use crate::mount::App;
use crate::reply::{Json, Page, Versioned};

use super::documents::Part;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(read, change))
}

/// A team.
#[derive(Serialize, ToSchema)]
struct TeamBody {
    id: Uuid,
    name: String,
    /// Active agents who work in it. Those without any team work in the default team.
    member_ids: Vec<Uuid>,
    /// Active agents who lead it.
    lead_ids: Vec<Uuid>,
    mode: ModesBody,
    /// `round_robin`, `least_loaded`, `skills`, `performance_weighted` or `optimal`.
    strategy: &'static str,
    calendar_id: Option<Uuid>,
    /// Teams whose members are asked when none of its own is eligible.
    overflow_team_ids: Vec<Uuid>,
    /// Whether work goes first to who had the matter before, if they may have it now.
    sticky: bool,
    /// How what is asked for relaxes while work waits.
    relaxation: Vec<StageBody>,
    /// Most work that waits in its queue; `null` is any. It is asked of new work alone, once the automations that its
    /// opening wakes have chosen its team: what is moved by hand, goes back, is escalated or reopened may exceed it, and
    /// so may as many tickets as are opened at the same moment, less one.
    queue_limit: Option<u32>,
    /// What happens with new work while that much waits: `overflow` moves it to the first overflow team with room, `tag`
    /// leaves it here. Either way it is tagged `queue_full`.
    queue_limit_action: &'static str,
    /// Where escalated tickets go.
    escalation_team_id: Option<Uuid>,
    version: u64,
}

/// How work of each kind finds its handler: `assign`, `offer` or `manual`.
#[derive(Serialize, ToSchema)]
struct ModesBody {
    ticket: &'static str,
    chat: &'static str,
    call: &'static str,
}

/// From when on less is asked of a handler. The last stage whose time has come is in force, alone.
#[derive(Serialize, ToSchema)]
struct StageBody {
    /// Seconds of waiting from which it is in force, above that of the stage before.
    after_seconds: i64,
    /// By how much the level of each required skill is lowered, 0–5.
    #[schema(required = false)]
    lower_levels: u8,
    /// Whether preferred skills no longer count.
    #[schema(required = false)]
    drop_preferred: bool,
    /// Whether no skill is required any more.
    #[schema(required = false)]
    drop_skills: bool,
    /// Whether the language no longer counts.
    #[schema(required = false)]
    drop_language: bool,
}

impl From<&RelaxStage> for StageBody {
    fn from(stage: &RelaxStage) -> Self {
        let RelaxStage { after_seconds, lower_levels, drop_preferred, drop_skills, drop_language } = *stage;
        Self { after_seconds, lower_levels, drop_preferred, drop_skills, drop_language }
    }
}

/// A change of the modes. What is left out stays as it is, or has its default in a new team.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModesChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    ticket: Option<RoutingMode>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    chat: Option<RoutingMode>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    call: Option<RoutingMode>,
}

/// A team to be made or changed. What is left out stays as it is, or has its default; a new team must have a name.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// All members. Changes the agents' records. Who is in no other team stays in the default team.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false)]
    member_ids: Option<Vec<AgentId>>,
    /// All leads. Changes the agents' records.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false)]
    lead_ids: Option<Vec<AgentId>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mode: Option<ModesChange>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    strategy: Option<Strategy>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    calendar_id: Option<Option<DocumentId>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false)]
    overflow_team_ids: Option<Vec<TeamId>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sticky: Option<bool>,
    /// All stages, in the order of time; at most 10.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<StageBody>>, nullable = false)]
    relaxation: Option<Vec<RelaxStage>>,
    /// Most work that waits in its queue, at least 1; `null` is any.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    queue_limit: Option<Option<u32>>,
    /// `overflow` or `tag`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    queue_limit_action: Option<QueueLimitAction>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    escalation_team_id: Option<Option<TeamId>>,
}

impl From<TeamView> for TeamBody {
    fn from(team: TeamView) -> Self {
        let TeamView { id, version, spec, members, leads } = team;
        let uuids = |ids: Vec<AgentId>| ids.into_iter().map(AgentId::uuid).collect();
        Self {
            id: id.uuid(),
            name: spec.name,
            member_ids: uuids(members),
            lead_ids: uuids(leads),
            mode: ModesBody {
                ticket: spec.mode.ticket.as_str(),
                chat: spec.mode.chat.as_str(),
                call: spec.mode.call.as_str(),
            },
            strategy: spec.strategy.as_str(),
            calendar_id: spec.calendar_id.map(DocumentId::uuid),
            overflow_team_ids: spec.overflow_team_ids.iter().map(|team| team.uuid()).collect(),
            sticky: spec.sticky,
            relaxation: spec.relaxation.iter().map(StageBody::from).collect(),
            queue_limit: spec.queue_limit,
            queue_limit_action: spec.queue_limit_action.as_str(),
            escalation_team_id: spec.escalation_team_id.map(TeamId::uuid),
            version,
        }
    }
}

/// Lists teams, oldest first; the default team, which always exists, comes first until it is changed.
#[utoipa::path(get, path = "/teams", tag = "people", params(Part), responses(
    (status = 200, body = Page<TeamBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, part: Params<Part>) -> Result<Json<Page<TeamBody>>, ApiError> {
    let (most, after) = (limit(part.limit)?, call.cursor(part.cursor.as_deref())?);
    let (teams, next) = call.app.desk.teams(&call.actor, most, after).await?;
    Ok(Json(call.page(teams.into_iter().map(TeamBody::from).collect(), next)))
}

/// Makes a team with its people.
#[utoipa::path(post, path = "/teams", tag = "people", request_body = TeamChange, responses(
    (status = 201, body = TeamBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<TeamChange>) -> Result<impl IntoResponse, ApiError> {
    super::staff(&call, Permission::TeamManage)?;
    let done = call.run(&body.bytes, &put(None, &body.value)?).await?;
    let made = rendered(&call, TeamId::from_uuid(done.reply().document_id.uuid())).await?;
    Ok(Versioned::created(made.version, made.body).repeated(&done))
}

/// Reads a team.
#[utoipa::path(get, path = "/teams/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = TeamBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<TeamId>) -> Result<impl IntoResponse, ApiError> {
    rendered(&call, id).await
}

/// Changes a team and its people, all of it or nothing. `If-Match` covers both.
#[utoipa::path(patch, path = "/teams/{id}", tag = "people", params(("id" = Uuid, Path)), request_body = TeamChange, responses(
    (status = 200, body = TeamBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<TeamId>,
    body: Body<TeamChange>,
) -> Result<impl IntoResponse, ApiError> {
    let done = call.run(&body.bytes, &put(Some(id), &body.value)?).await?;
    Ok(rendered(&call, id).await?.repeated(&done))
}

/// Makes the use-case of a change.
fn put(id: Option<TeamId>, change: &TeamChange) -> Result<PutTeam, ApiError> {
    let mut fields = object(change)?;
    fields.retain(|field, _| !matches!(field.as_str(), "member_ids" | "lead_ids"));
    Ok(PutTeam { id, fields, member_ids: change.member_ids.clone(), lead_ids: change.lead_ids.clone() })
}

async fn rendered(call: &Call, id: TeamId) -> Result<Versioned<TeamBody>, ApiError> {
    let team = call.app.desk.team(&call.actor, id).await?;
    Ok(Versioned::ok(team.version, team.into()))
}
