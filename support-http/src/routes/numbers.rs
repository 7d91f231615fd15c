//! Live numbers, and who had what.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use support_core::desk::{AssignmentFilter, Counts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Call, Params, limit, read};
use crate::mount::App;
use crate::reply::{Json, Page};
use crate::view::work::AssignmentBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(counts)).routes(routes!(assignments))
}

/// Numbers of open and pending tickets in the caller's sight, for badges.
#[derive(Serialize, ToSchema)]
struct CountsBody {
    by_channel: BTreeMap<String, u32>,
    /// By inbox id; tickets of no inbox are left out.
    by_inbox: BTreeMap<String, u32>,
    /// By team id.
    by_department: BTreeMap<String, u32>,
    by_status: BTreeMap<String, u32>,
    /// Those with a timer past its deadline that has not ended, also while it stands still.
    sla_breached: u32,
    /// Those that nobody has and that wait.
    waiting: u32,
    /// The caller's own.
    mine: u32,
    /// Whether there are more tickets than were counted: every number is then a lower bound.
    capped: bool,
}

impl From<Counts> for CountsBody {
    fn from(counts: Counts) -> Self {
        Self {
            by_channel: named(&counts.by_channel),
            by_inbox: named(&counts.by_inbox),
            by_department: named(&counts.by_department),
            by_status: named(&counts.by_status),
            sla_breached: counts.sla_breached,
            waiting: counts.waiting,
            mine: counts.mine,
            capped: counts.capped,
        }
    }
}

fn named<T: ToString>(counts: &BTreeMap<T, u32>) -> BTreeMap<String, u32> {
    counts.iter().map(|(name, count)| (name.to_string(), *count)).collect()
}

/// Counts open and pending tickets in the caller's sight.
#[utoipa::path(get, path = "/counts", operation_id = "read_counts", tag = "numbers", responses(
    (status = 200, body = CountsBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn counts(call: Call) -> Result<Json<CountsBody>, ApiError> {
    Ok(Json(call.app.desk.counts(&call.actor).await?.into()))
}

/// Which changes of owner.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// From or to this agent.
    agent_id: Option<String>,
    /// From or to this team.
    team_id: Option<String>,
    /// RFC 3339 instant, itself included.
    from: Option<String>,
    /// RFC 3339 instant, itself excluded.
    to: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Lists changes of owner of tickets in the caller's sight, newest first.
#[utoipa::path(get, path = "/assignments", operation_id = "list_assignments",
    tag = "numbers", params(Which), responses(
    (status = 200, body = Page<AssignmentBody>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn assignments(call: Call, which: Params<Which>) -> Result<Json<Page<AssignmentBody>>, ApiError> {
    let filter = AssignmentFilter {
        ticket: None,
        agent: read("agent_id", which.agent_id.as_deref())?,
        team: read("team_id", which.team_id.as_deref())?,
        from: read("from", which.from.as_deref())?,
        to: read("to", which.to.as_deref())?,
    };
    let after = call.cursor(which.cursor.as_deref())?;
    let page = call.app.desk.assignment_page(&call.actor, filter, limit(which.limit)?, after).await?;
    let texts = page.texts;
    let items = page.assignments.into_iter().map(|made| AssignmentBody::new(made, &texts)).collect();
    Ok(Json(call.page(items, page.next)))
}
