//! Teams: people, their reach, and how work finds its handler.
//!
//! Members and leads stand in the agents' own records. Setting `member_ids` or `lead_ids` changes these records, each
//! in a commit of its own, after the team's: should one of them fail, the others stay, and the answer tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_core::Error;
use support_core::config::{QueueLimitAction, RelaxStage, RoutingMode, RoutingModes, TeamSpec};
use support_core::desk::{Done, Options, UpdateAgent};
use support_core::error::EntityKind;
use support_core::id::{AgentId, DocumentId, TeamId};
use support_core::people::{Agent, Permission};
use support_core::routing::Strategy;
use support_core::store::{Document, DocumentKind};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, MERGES, Params, cursor, limit};
use crate::fields::{given, object};
use crate::mount::App;
use crate::reply::{Page, Versioned};

use super::documents::Part;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(read, change))
}

/// Agents read at once.
const BATCH: u32 = 1_000;
/// How often a membership is tried again where somebody else changed the agent meanwhile.
const ATTEMPTS: u32 = 5;

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
    /// Most work that waits in its queue; `null` is any.
    queue_limit: Option<u32>,
    /// What happens with new work while that much waits: `overflow` moves it to the first overflow team with room, `tag`
    /// tags it `queue_full`.
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
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    ticket: Option<RoutingMode>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    chat: Option<RoutingMode>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false)]
    call: Option<RoutingMode>,
}

impl ModesChange {
    fn on(self, before: RoutingModes) -> RoutingModes {
        RoutingModes {
            ticket: self.ticket.unwrap_or(before.ticket),
            chat: self.chat.unwrap_or(before.chat),
            call: self.call.unwrap_or(before.call),
        }
    }
}

/// A team to be made or changed. What is left out stays as it is, or has its default; a new team must have a name.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamChange {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// All members. Changes the agents' records.
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

/// A team with its version, which is 0 for the default team until somebody changes it.
struct Team {
    id: TeamId,
    version: u64,
    spec: TeamSpec,
}

impl Team {
    fn of(document: &Document) -> Option<Self> {
        let spec = TeamSpec::deserialize(&document.body).ok()?;
        Some(Self { id: TeamId::from_uuid(document.id.uuid()), version: document.version, spec })
    }

    fn standard() -> Self {
        Self { id: TeamId::DEFAULT, version: 0, spec: TeamSpec::standard().clone() }
    }

    fn body(self, agents: &[Agent]) -> TeamBody {
        let Self { id, version, spec } = self;
        let works = |agent: &&Agent| works_in(agent, id);
        TeamBody {
            id: id.uuid(),
            name: spec.name,
            member_ids: agents.iter().filter(works).map(|agent| agent.id.uuid()).collect(),
            lead_ids: agents.iter().filter(|a| a.lead_ids.contains(&id)).map(|a| a.id.uuid()).collect(),
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

fn works_in(agent: &Agent, team: TeamId) -> bool {
    agent.team_ids.contains(&team) || team == TeamId::DEFAULT && agent.team_ids.is_empty()
}

/// Lists teams, oldest first; the default team, which always exists, comes first until it is changed.
#[utoipa::path(get, path = "/teams", tag = "people", params(Part), responses(
    (status = 200, body = Page<TeamBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, part: Params<Part>) -> Result<Json<Page<TeamBody>>, ApiError> {
    let (most, after) = (limit(part.limit)?, cursor(part.cursor.as_deref())?);
    let desk = &call.app.desk;
    let first = after.is_none();
    let (documents, next) = desk.documents(&call.actor, DocumentKind::Team, most, after).await?;
    let agents = everybody(&call).await?;
    let mut teams: Vec<Team> = documents.iter().filter_map(Team::of).collect();
    if first && document(&call, TeamId::DEFAULT).await?.is_none() {
        teams.insert(0, Team::standard());
    }
    Ok(Json(Page::new(teams.into_iter().map(|team| team.body(&agents)).collect(), next)))
}

/// Makes a team, then its memberships.
#[utoipa::path(post, path = "/teams", tag = "people", request_body = TeamChange, responses(
    (status = 201, body = TeamBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<TeamChange>) -> Result<impl IntoResponse, ApiError> {
    super::staff(&call, Permission::TeamManage)?;
    let change = &body.value;
    if change.name.is_none() {
        return Err(ApiError::invalid("name", "must be given"));
    }
    let agents = memberships_checked(&call, change).await?;
    let mut fields = of_document(change)?;
    let modes = change.mode.map(|mode| mode.on(RoutingModes::default())).unwrap_or_default();
    fields.insert("mode".to_owned(), object(&modes)?.into());
    let put = support_core::desk::PutDocument::new(DocumentKind::Team, fields.into());
    let done = call.run(&body.bytes, &put).await?;
    let id = TeamId::from_uuid(done.reply().document_id.uuid());
    // A repeated request finishes what the first one began, and touches nothing that was changed since.
    let untouched = !agents.iter().any(|agent| works_in(agent, id) || agent.lead_ids.contains(&id));
    if matches!(done, Done::Now(_)) || untouched {
        set_memberships(&call, id, change, &agents).await?;
    }
    let made = rendered(&call, id).await?;
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

/// Changes a team, then its memberships.
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
    let mut before = team(&call, id).await?;
    super::staff(&call, Permission::TeamManage)?;
    let change = &body.value;
    let agents = memberships_checked(&call, change).await?;
    let mut fields = of_document(change)?;
    let document = DocumentId::from_uuid(id.uuid());
    let edit = |fields| support_core::desk::EditDocument::merge(DocumentKind::Team, document, fields);
    let done = match change.mode {
        None => call.run(&body.bytes, &edit(fields)).await?,
        // Modes that are left out stay as they are: as they are when this is written.
        Some(mode) => {
            let mut merges = 1;
            loop {
                fields.insert("mode".to_owned(), object(&mode.on(before.spec.mode))?.into());
                let edit = edit(fields.clone());
                match call.run_merged(&body.bytes, before.version, &edit).await? {
                    Some(done) => break done,
                    None if merges < MERGES => before = team(&call, id).await?,
                    None => return Err(Error::Busy(EntityKind::Document).into()),
                }
                merges += 1;
            }
        }
    };
    if matches!(done, Done::Now(_)) {
        set_memberships(&call, id, change, &agents).await?;
    }
    Ok(rendered(&call, id).await?.repeated(&done))
}

/// The fields that stand in the team's document; modes are added by the caller.
fn of_document(change: &TeamChange) -> Result<Map<String, Value>, ApiError> {
    let mut fields = object(change)?;
    fields.retain(|field, _| !matches!(field.as_str(), "member_ids" | "lead_ids" | "mode"));
    Ok(fields)
}

async fn document(call: &Call, id: TeamId) -> Result<Option<Document>, ApiError> {
    let id = DocumentId::from_uuid(id.uuid());
    Ok(call.app.desk.document(&call.actor, DocumentKind::Team, id).await?)
}

async fn team(call: &Call, id: TeamId) -> Result<Team, ApiError> {
    match document(call, id).await? {
        Some(document) => Team::of(&document).ok_or_else(ApiError::not_found),
        None if id == TeamId::DEFAULT => Ok(Team::standard()),
        None => Err(ApiError::not_found()),
    }
}

async fn rendered(call: &Call, id: TeamId) -> Result<Versioned<TeamBody>, ApiError> {
    let team = team(call, id).await?;
    let agents = everybody(call).await?;
    Ok(Versioned::ok(team.version, team.body(&agents)))
}

/// Reads all active agents.
async fn everybody(call: &Call) -> Result<Vec<Agent>, ApiError> {
    let mut agents = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = call.app.desk.agents(&call.actor, None, false, BATCH, after).await?;
        agents.extend(page.into_iter().map(|(agent, _)| agent));
        if next.is_none() {
            return Ok(agents);
        }
        after = next;
    }
}

/// Checks that memberships can be set before anything is: who may do it, and that all of them are agents.
async fn memberships_checked(call: &Call, change: &TeamChange) -> Result<Vec<Agent>, ApiError> {
    let lists = [("member_ids", &change.member_ids), ("lead_ids", &change.lead_ids)];
    if lists.iter().all(|(_, ids)| ids.is_none()) {
        return Ok(Vec::new());
    }
    super::staff(call, Permission::AgentManage)?;
    let agents = everybody(call).await?;
    for (field, ids) in lists {
        for (at, id) in ids.iter().flatten().enumerate() {
            if !agents.iter().any(|agent| agent.id == *id) {
                return Err(ApiError::invalid(format!("{field}[{at}]"), "must be an active agent"));
            }
        }
    }
    Ok(agents)
}

/// Brings the agents' records in line, each in a commit of its own.
async fn set_memberships(
    call: &Call,
    team: TeamId,
    change: &TeamChange,
    agents: &[Agent],
) -> Result<(), ApiError> {
    let wanted =
        |ids: &Option<Vec<AgentId>>| ids.as_ref().map(|ids| ids.iter().copied().collect::<BTreeSet<_>>());
    let (members, leads) = (wanted(&change.member_ids), wanted(&change.lead_ids));
    let by_id: BTreeMap<AgentId, &Agent> = agents.iter().map(|agent| (agent.id, agent)).collect();
    for (id, agent) in by_id {
        let mut agent = agent.clone();
        for attempt in 1.. {
            let member = members.as_ref().map_or_else(|| works_in(&agent, team), |ids| ids.contains(&id));
            let lead = leads.as_ref().map_or_else(|| agent.lead_ids.contains(&team), |ids| ids.contains(&id));
            let update = UpdateAgent {
                id: Some(id),
                team_ids: (member != works_in(&agent, team)).then(|| with(&agent.team_ids, team, member)),
                lead_ids: (lead != agent.lead_ids.contains(&team)).then(|| with(&agent.lead_ids, team, lead)),
                ..UpdateAgent::default()
            };
            if update.team_ids.is_none() && update.lead_ids.is_none() {
                break;
            }
            let options = Options { if_match: Some(agent.version), once: None };
            match call.app.desk.run_with(&call.actor, &update, &options).await {
                Err(Error::Stale { .. }) if attempt < ATTEMPTS => {
                    agent = call.app.desk.agent(&call.actor, id).await?.0;
                }
                Err(error) => return Err(error.into()),
                Ok(_) => break,
            }
        }
    }
    Ok(())
}

fn with(teams: &[TeamId], team: TeamId, member: bool) -> Vec<TeamId> {
    let others = teams.iter().copied().filter(|other| *other != team);
    others.chain(member.then_some(team)).collect()
}
