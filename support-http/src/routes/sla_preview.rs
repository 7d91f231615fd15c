//! What a calendar makes of a promise, before anybody makes it.

use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use support_core::id::DocumentId;
use support_core::people::Permission;
use support_core::sla::calendar::{
    Calendar, CalendarSpec, ExceptionSpec, Pause, Pauses, WeeklySpec, YearlySpec,
};
use support_core::time::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem, ProblemField};
use crate::extract::{Body, Call};
use crate::mount::App;
use crate::reply::Json;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(preview))
}

/// Either `start` and `target_seconds`, for a deadline, or `from` and `to`, for elapsed time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SlaPreview {
    /// The id of a calendar in force, or a whole calendar, whose name may be left out.
    #[schema(value_type = serde_json::Value)]
    calendar: Which,
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// Open seconds, at least 0.
    #[schema(value_type = Option<u64>)]
    target_seconds: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Stretches `{from, to}` that do not count; `to: null` never ends.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pauses: Vec<Pause>,
}

/// The deadline, or the elapsed time, as was asked.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum SlaPreviewed {
    /// When the target is reached.
    Due {
        /// `null` where it never is, or not before the year 10000.
        due_at: Option<String>,
    },
    /// How long the calendar was open.
    Elapsed {
        /// Whole open seconds.
        elapsed_seconds: i64,
    },
}

/// A calendar by its id, or whole.
enum Which {
    Id(DocumentId),
    Whole(Box<Whole>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default)]
    name: String,
    timezone: String,
    #[serde(default)]
    weekly: WeeklySpec,
    #[serde(default)]
    exceptions: Vec<ExceptionSpec>,
    #[serde(default)]
    yearly: Vec<YearlySpec>,
}

impl<'de> Deserialize<'de> for Which {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Which;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a calendar or a calendar")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Which, E> {
                text.parse().map(Which::Id).map_err(|_| E::custom("must be the id of a calendar"))
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Which, M::Error> {
                Whole::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(Which::Whole)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// Measures with a calendar, and writes nothing.
#[utoipa::path(post, path = "/sla/preview", tag = "sla", request_body = SlaPreview, responses(
    (status = 200, body = SlaPreviewed),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn preview(call: Call, body: Body<SlaPreview>) -> Result<Json<SlaPreviewed>, ApiError> {
    super::staff(&call, Permission::ConfigRead)?;
    let asked = body.value;
    let calendar = match asked.calendar {
        Which::Id(id) => {
            let config = call.app.desk.config(call.actor.tenant()).await?;
            let version = config.calendar_in_force(id);
            let version = version.ok_or_else(|| ApiError::invalid("calendar", "must be a calendar"))?;
            config.calendar(Some(version)).clone()
        }
        Which::Whole(whole) => compiled(*whole)?,
    };
    let pauses: Pauses = asked.pauses.into_iter().collect();
    let answer = match (asked.start, asked.target_seconds, asked.from, asked.to) {
        (Some(start), Some(target), None, None) => {
            let target = u64::try_from(target)
                .map_err(|_| ApiError::invalid("target_seconds", "must be 0 or more"))?;
            let due_at = calendar.due(start, target, &pauses);
            SlaPreviewed::Due { due_at: due_at.map(|due| due.to_string()) }
        }
        (None, None, Some(from), Some(to)) => {
            let micros = calendar.elapsed_micros(from, to, &pauses);
            SlaPreviewed::Elapsed { elapsed_seconds: micros.div_euclid(1_000_000) }
        }
        (start, target, from, to) => {
            return Err(incomplete(start.is_some(), target.is_some(), from.is_some(), to.is_some()));
        }
    };
    Ok(Json(answer))
}

fn compiled(whole: Whole) -> Result<Calendar, ApiError> {
    let Whole { name, timezone, weekly, exceptions, yearly } = whole;
    Calendar::new(&CalendarSpec { name, timezone, weekly, exceptions, yearly, fire_ladders: false }).map_err(
        |problems| {
            let named = |field: String| format!("calendar.{field}");
            let fields = problems.into_iter();
            ApiError::fields(
                fields.map(|p| ProblemField { field: named(p.field), problem: p.problem }).collect(),
            )
        },
    )
}

/// Names what is missing for what was asked, or what has no place beside it.
fn incomplete(start: bool, target: bool, from: bool, to: bool) -> ApiError {
    let field = |field: &str, problem: &str| ProblemField { field: field.into(), problem: problem.into() };
    let deadline = start || target || !(from || to);
    let wanted =
        if deadline { [("start", start), ("target_seconds", target)] } else { [("from", from), ("to", to)] };
    let other = if deadline { [("from", from), ("to", to)] } else { [("start", false), ("", false)] };
    let missing = wanted.iter().filter(|(_, given)| !given).map(|(name, _)| field(name, "must be given"));
    let misplaced = other
        .iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| field(name, "has no place beside `start` and `target_seconds`"));
    ApiError::fields(missing.chain(misplaced).collect())
}
