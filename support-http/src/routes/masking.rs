//! Masking, tried out on a text.

use std::sync::Arc;

use axum::Json;
use serde::{Deserialize, Serialize};
use support_core::masking::{Finding, Kind, Masker, MaskingSpec, Mode, Preset, Purpose};
use support_core::people::Permission;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call};
use crate::mount::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(preview))
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
    /// `stars`, `last_four` or `type_tag`.
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
    let masker = Masker::new(&spec).map_err(|error| ApiError::invalid(error.field, error.problem))?;
    let before: Vec<&str> = asked.before.iter().map(String::as_str).collect();
    let masked = masker.mask(&asked.text, Purpose::Preview, &before);
    Ok(Json(MaskedBody {
        masked: masked.text.into_owned(),
        findings: masked.findings.into_iter().map(FindingBody::from).collect(),
    }))
}
