//! Masking, tried out on a text and on recorded conversations.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use support_core::desk::{MaskingTrial, TrialExample};
use support_core::masking::{
    CustomPattern, Finding, Kind, Masker, MaskingSpec, Mode, Preset, Purpose, Token,
};
use support_core::people::Permission;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, limit};
use crate::fields::given;
use crate::mount::App;
use crate::reply::Json;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(preview)).routes(routes!(try_out))
}

/// A text, and how to mask it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MaskingPreview {
    text: String,
    /// `default` or `strict`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    preset: Option<Preset>,
    /// Kinds to look for; all but `address` unless given: `card`, `iban`, `ssn`, `account`, `pin`, `one_time_code`,
    /// `email`, `phone`, `address`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    detectors: Option<Vec<Kind>>,
    /// `stars`, `last_four`, `type_tag` or, where the desk has a vault, `token`; the tokens shown stand for nothing.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mode: Option<Mode>,
    /// Earlier turns of the conversation, oldest first.
    #[serde(default)]
    before: Vec<String>,
}

/// The masked text and what was found.
#[derive(Serialize, ToSchema)]
struct MaskedBody {
    masked: String,
    findings: Vec<FindingBody>,
}

/// A piece of personal data: what, where and why it was taken for that.
#[derive(Serialize, ToSchema)]
struct FindingBody {
    #[schema(example = "card")]
    kind: String,
    /// First character of `text`.
    start: u32,
    /// The character after the last.
    end: u32,
    /// Short and stable.
    #[schema(example = "luhn_valid_visa")]
    why: String,
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        let Finding { kind, start, end, why } = finding;
        Self { kind: kind.to_string(), start, end, why: why.into_owned() }
    }
}

/// Masks a text with the given detectors, whatever the desk's own settings are, and writes nothing.
#[utoipa::path(post, path = "/masking/preview", tag = "masking", request_body = MaskingPreview, responses(
    (status = 200, body = MaskedBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn preview(call: Call, body: Body<MaskingPreview>) -> Result<Json<MaskedBody>, ApiError> {
    super::staff(&call, Permission::ConfigRead)?;
    let asked = body.value;
    let spec = MaskingSpec {
        preset: asked.preset.unwrap_or_default(),
        detectors: asked.detectors,
        mode: asked.mode.unwrap_or_default(),
        ..MaskingSpec::default()
    };
    let masker = compiled(&call, &spec)?;
    let before: Vec<&str> = asked.before.iter().map(String::as_str).collect();
    let mut drawn = 0;
    let mut mint = |_: &_, _: &str| {
        drawn += 1;
        Token::from_uuid(Uuid::from_u128(drawn))
    };
    let (masked, _) = masker.mask_sealing(&asked.text, Purpose::Preview, &before, &mut mint);
    Ok(Json(MaskedBody {
        masked: masked.text.into_owned(),
        findings: masked.findings.into_iter().map(FindingBody::from).collect(),
    }))
}

/// Compiles a specification that the settings could hold.
fn compiled(call: &Call, spec: &MaskingSpec) -> Result<Masker, ApiError> {
    if spec.mode == Mode::Token && !call.app.desk.has_vault() {
        return Err(ApiError::invalid("mode", "`token` needs a vault, and this desk has none"));
    }
    Masker::new(spec).map_err(|error| ApiError::invalid(error.field, error.problem))
}

/// A specification to try, as `PUT /settings/masking` takes it, and on how much.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MaskingTrialRequest {
    /// As in the settings, and no condition: nothing is written.
    #[serde(default, rename = "version", deserialize_with = "given")]
    #[schema(nullable = false)]
    _version: Option<u64>,
    /// `default` or `strict`.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false)]
    preset: Preset,
    /// Kinds to look for; all but `address` unless given.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    detectors: Option<Vec<Kind>>,
    /// As in the settings. The answer shows no text, so it is the same in every mode.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false)]
    mode: Mode,
    /// Count contact data too.
    #[serde(default)]
    store_contact: bool,
    /// Own patterns: `name`, `pattern`, `validator`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    custom: Vec<CustomPattern>,
    /// Tickets to look at, the newest first: 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// What a specification would mask in recorded conversations, beyond what is masked already.
#[derive(Serialize, ToSchema)]
struct MaskingTrialBody {
    /// Tickets that were looked at.
    tickets: u32,
    /// Messages that were looked at, at most the newest 50 of a ticket.
    messages: u32,
    /// Messages that would be altered.
    altered: u32,
    /// Findings by kind.
    by_kind: BTreeMap<String, u32>,
    /// The first findings, at most 20, without their text.
    examples: Vec<TrialExampleBody>,
    /// Where to go on.
    next_cursor: Option<String>,
}

/// Where something was found.
#[derive(Serialize, ToSchema)]
struct TrialExampleBody {
    ticket_id: Uuid,
    message_id: Uuid,
    #[serde(flatten)]
    finding: FindingBody,
}

impl From<TrialExample> for TrialExampleBody {
    fn from(example: TrialExample) -> Self {
        let TrialExample { ticket, message, finding } = example;
        Self { ticket_id: ticket.uuid(), message_id: message.uuid(), finding: finding.into() }
    }
}

impl MaskingTrialBody {
    fn new(call: &Call, trial: MaskingTrial) -> Self {
        let MaskingTrial { tickets, messages, altered, by_kind, examples, next } = trial;
        Self {
            tickets,
            messages,
            altered,
            by_kind: by_kind.into_iter().map(|(kind, count)| (kind.to_string(), count)).collect(),
            examples: examples.into_iter().map(TrialExampleBody::from).collect(),
            next_cursor: call.next(next),
        }
    }
}

/// Tries a specification on the stored messages of tickets in sight, and writes nothing.
#[utoipa::path(post, path = "/masking/trial", tag = "masking", request_body = MaskingTrialRequest, responses(
    (status = 200, body = MaskingTrialBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn try_out(call: Call, body: Body<MaskingTrialRequest>) -> Result<Json<MaskingTrialBody>, ApiError> {
    super::staff(&call, Permission::SettingsManage)?;
    let asked = body.value;
    let (most, after) = (limit(asked.limit)?, call.cursor(asked.cursor.as_deref())?);
    let MaskingTrialRequest { preset, detectors, mode, store_contact, custom, .. } = asked;
    let masker = compiled(&call, &MaskingSpec { preset, detectors, mode, store_contact, custom })?;
    let trial = call.app.desk.try_masking(&call.actor, &masker, most, after).await?;
    Ok(Json(MaskingTrialBody::new(&call, trial)))
}
