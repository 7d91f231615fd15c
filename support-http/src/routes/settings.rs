//! Settings of the desk, and of masking: one document each, with a version of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_core::config::Settings;
use support_core::conversation::ChannelKind;
use support_core::id::DocumentId;
use support_core::masking::{CustomPattern, Kind, MaskingSpec, Mode, Preset};
use support_core::store::{Document, DocumentKind};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Call, RawBody, parse};
use crate::mount::App;
use crate::reply::Versioned;

use super::documents::{self, Shown};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(settings, put_settings)).routes(routes!(masking, put_masking))
}

/// Settings of the desk. In a `PUT`, what is left out has its default.
#[derive(Serialize, ToSchema)]
struct SettingsBody {
    /// Version in force, 0 until somebody writes them. In a `PUT` it is a condition, as `If-Match` is: 412 unless it is
    /// still in force; left out, there is none.
    version: u64,
    /// Seconds after resolution in which a customer's message reopens.
    reopen_window_seconds: i64,
    /// Seconds without an answer after which the customer of a pending ticket is to be reminded, once; `null` is never.
    pending_reminder_seconds: Option<i64>,
    /// Seconds without an answer after which a pending ticket is resolved; `null` is never.
    pending_resolve_seconds: Option<i64>,
    /// Seconds that a deleted ticket stays in the bin; then its texts are erased for good.
    bin_seconds: i64,
    /// Seconds in which work is not given again to one who gave it back, while others are eligible.
    declined_seconds: i64,
    /// Seconds for which an offered ticket of a channel that `offer_seconds_by_channel` does not name waits for the agent's
    /// answer, and after which who declined work is asked about it again where nobody else may have it.
    offer_seconds: i64,
    /// Seconds, by the ticket's channel, for which an offered ticket waits for the agent's answer. 5 and more;
    /// `{phone: 20, chat: 30}` is the default.
    offer_seconds_by_channel: BTreeMap<String, i64>,
    /// Whether tickets on which an agent has not begun go back to their queues when the agent goes offline.
    offline_returns_unstarted: bool,
    /// Seconds, by channel, in which the owner of a ticket answers its customer for the first time; then it goes back to
    /// its queue with its age, and to others first. Who would be late by a change of the settings has the whole time from
    /// the change on. 10 and more; `{chat: 120}` is the default.
    unanswered_return_seconds: BTreeMap<String, i64>,
    /// Pieces of work in a row, by the ticket's channel, that an agent who is there misses before the desk sets them away:
    /// offers that time out, and tickets that go back unanswered. There is who is available or busy, on shift and on no
    /// planned absence, when it began and when it ended. What began before the desk was last started or its settings last
    /// changed counts as missed by nobody. Taking work of that channel up, answering its customer,
    /// declining it or another status begins the count anew. 1–100; on channels that are not named nothing counts.
    /// `{phone: 1, chat: 2}` is the default.
    away_after_missed: BTreeMap<String, u32>,
    /// Seconds for which an agent who is viewing or writing is taken to be at it.
    handling_lease_seconds: i64,
    /// Seconds for which the answers to a journey that a customer has begun are kept for them.
    journey_retention_seconds: i64,
    /// The team, by category, that gets new tickets which nothing else gives to a team.
    category_teams: BTreeMap<String, Uuid>,
    /// In a `PUT` also the name of a preset: `default`, or `strict_priority`, under which priority decides first and
    /// everything else only among equals.
    weights: WeightsBody,
}

/// What the score is made of, in points.
#[derive(Serialize, ToSchema)]
struct WeightsBody {
    /// For each level of priority above low.
    priority_points: f64,
    /// Earned by waiting each `age_seconds`.
    age_points: f64,
    age_seconds: u32,
    /// The same for live work.
    live_age_seconds: u32,
    /// Of a timer at its deadline.
    urgency_points: f64,
    /// Most that all keyword rules together add or take away.
    keyword_limit: f64,
    /// Most that all insight together adds.
    insight_limit: f64,
    /// By customer tier.
    tier_points: BTreeMap<String, f64>,
    /// Of a customer who is certain to leave.
    churn_points: f64,
    /// That a customer's lifetime value approaches.
    lifetime_points: f64,
    /// Lifetime value that counts half of these, in hundredths of the currency.
    lifetime_half: f64,
}

impl SettingsBody {
    fn new(version: u64, settings: Settings) -> Self {
        let weights = settings.weights;
        Self {
            version,
            reopen_window_seconds: settings.reopen_window_seconds,
            pending_reminder_seconds: settings.pending_reminder_seconds,
            pending_resolve_seconds: settings.pending_resolve_seconds,
            bin_seconds: settings.bin_seconds,
            declined_seconds: settings.declined_seconds,
            offer_seconds: settings.offer_seconds,
            offer_seconds_by_channel: by_channel(settings.offer_seconds_by_channel),
            offline_returns_unstarted: settings.offline_returns_unstarted,
            unanswered_return_seconds: by_channel(settings.unanswered_return_seconds),
            away_after_missed: by_channel(settings.away_after_missed),
            handling_lease_seconds: settings.handling_lease_seconds,
            journey_retention_seconds: settings.journey_retention_seconds,
            category_teams: settings
                .category_teams
                .into_iter()
                .map(|(category, team)| (category.to_string(), team.uuid()))
                .collect(),
            weights: WeightsBody {
                priority_points: weights.priority_points,
                age_points: weights.age_points,
                age_seconds: weights.age_seconds,
                live_age_seconds: weights.live_age_seconds,
                urgency_points: weights.urgency_points,
                keyword_limit: weights.keyword_limit,
                insight_limit: weights.insight_limit,
                tier_points: weights.tier_points,
                churn_points: weights.churn_points,
                lifetime_points: weights.lifetime_points,
                lifetime_half: weights.lifetime_half,
            },
        }
    }
}

fn by_channel<T>(values: BTreeMap<ChannelKind, T>) -> BTreeMap<String, T> {
    values.into_iter().map(|(channel, value)| (channel.as_str().to_owned(), value)).collect()
}

impl Shown for SettingsBody {
    const KIND: DocumentKind = DocumentKind::Settings;

    fn of(document: &Document) -> Option<Self> {
        Settings::deserialize(&document.body).ok().map(|settings| Self::new(document.version, settings))
    }
}

/// Settings of masking. In a `PUT`, what is left out has its default.
#[derive(Serialize, ToSchema)]
struct MaskingBody {
    /// Version in force, 0 until somebody writes them. In a `PUT` it is a condition, as `If-Match` is.
    version: u64,
    /// `default` or `strict`.
    #[schema(value_type = String)]
    preset: Preset,
    /// Kinds to look for; `null` is all but `address`.
    #[schema(value_type = Option<Vec<String>>)]
    detectors: Option<Vec<Kind>>,
    /// `stars`, `last_four` or `type_tag`.
    #[schema(value_type = String)]
    mode: Mode,
    /// Whether contact data is masked before storage too.
    store_contact: bool,
    /// The desk's own patterns: `{name, pattern, validator: none|luhn|mod97}`.
    #[schema(value_type = Vec<Object>)]
    custom: Vec<CustomPattern>,
}

impl MaskingBody {
    fn new(version: u64, spec: MaskingSpec) -> Self {
        let MaskingSpec { preset, detectors, mode, store_contact, custom } = spec;
        Self { version, preset, detectors, mode, store_contact, custom }
    }
}

impl Shown for MaskingBody {
    const KIND: DocumentKind = DocumentKind::Masking;

    fn of(document: &Document) -> Option<Self> {
        MaskingSpec::deserialize(&document.body).ok().map(|spec| Self::new(document.version, spec))
    }
}

/// Reads a document that stands for its defaults, at version 0, until somebody writes it.
async fn read<T: Shown>(
    call: &Call,
    id: DocumentId,
    standard: impl Fn() -> T + Send,
) -> Result<Versioned<T>, ApiError> {
    match call.app.desk.document(&call.actor, T::KIND, id).await? {
        Some(_) => documents::read(call, id).await,
        None => Ok(Versioned::ok(0, standard())),
    }
}

/// Writes a document, on the condition that its `version` is in force where the body names one.
async fn write<T: Shown, S: DeserializeOwned + Serialize + Sync>(
    call: Call,
    bytes: &[u8],
    id: DocumentId,
) -> Result<Versioned<T>, ApiError> {
    let mut fields: Map<String, Value> = parse(bytes)?;
    let (call, spec): (Call, S) = match fields.remove("version") {
        Some(version) => {
            let number = version.as_u64();
            let number = number.ok_or_else(|| ApiError::invalid("version", "must be a whole number"))?;
            (call.only_at(number)?, parse(&serde_json::to_vec(&fields).unwrap_or_default())?)
        }
        None => (call, parse(bytes)?),
    };
    documents::replace::<T>(&call, bytes, id, &spec).await
}

/// Reads the settings of the desk.
#[utoipa::path(get, path = "/settings", tag = "settings", responses(
    (status = 200, body = SettingsBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn settings(call: Call) -> Result<impl IntoResponse, ApiError> {
    read(&call, DocumentId::SETTINGS, || SettingsBody::new(0, Settings::default())).await
}

/// Replaces the settings of the desk.
#[utoipa::path(put, path = "/settings", tag = "settings", request_body = SettingsBody, responses(
    (status = 200, body = SettingsBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn put_settings(call: Call, RawBody(bytes): RawBody) -> Result<impl IntoResponse, ApiError> {
    write::<SettingsBody, Settings>(call, &bytes, DocumentId::SETTINGS).await
}

/// Reads the settings of masking.
#[utoipa::path(get, path = "/settings/masking", tag = "settings", responses(
    (status = 200, body = MaskingBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn masking(call: Call) -> Result<impl IntoResponse, ApiError> {
    read(&call, DocumentId::MASKING, || MaskingBody::new(0, MaskingSpec::default())).await
}

/// Replaces the settings of masking.
#[utoipa::path(put, path = "/settings/masking", tag = "settings", request_body = MaskingBody, responses(
    (status = 200, body = MaskingBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn put_masking(call: Call, RawBody(bytes): RawBody) -> Result<impl IntoResponse, ApiError> {
    write::<MaskingBody, MaskingSpec>(call, &bytes, DocumentId::MASKING).await
}
