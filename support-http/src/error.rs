//! Errors on the wire: problem documents (RFC 9457) with a stable code.
//!
//! One exhaustive translation from the domain's [`Error`] to HTTP stands here and nowhere else. What a client sees
//! never holds an internal message; that goes to the log, under the same request id.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use support_core::Error;
use support_core::error::{FieldProblem, Refusal};
use support_core::store::StoreErrorKind;
use utoipa::ToSchema;

/// Seconds after which a client may try again what failed for a passing reason.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A problem document, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says which problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// Stable name of the problem.
    #[schema(example = "invalid")]
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
    /// Identity of the request, as in the logs.
    pub request_id: String,
    /// The fields that cannot be accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// A field that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemField {
    /// Path of the field.
    #[schema(example = "custom_fields.colour")]
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl From<FieldProblem> for ProblemField {
    fn from(problem: FieldProblem) -> Self {
        Self { field: problem.field, problem: problem.problem }
    }
}

/// An error on its way to a client. The middleware adds the request id and makes the document of it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) errors: Vec<ProblemField>,
    pub(crate) retry_after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "sign in, and send the access token")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing, or it is out of your sight")
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", detail)
    }

    #[allow(clippy::needless_pass_by_value, reason = "callers have no further use for the problem")]
    pub(crate) fn invalid(field: impl Into<String>, problem: impl ToString) -> Self {
        Self::fields(vec![ProblemField { field: field.into(), problem: problem.to_string() }])
    }

    pub(crate) fn fields(errors: Vec<ProblemField>) -> Self {
        let detail = "some fields cannot be accepted";
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }

    pub(crate) fn busy(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER_SECONDS),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
        }
    }

    /// Makes the document.
    pub(crate) fn into_document(self, request_id: &str) -> Response {
        let problem = Problem {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            request_id: request_id.to_owned(),
            errors: self.errors,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    /// Hands the error to the middleware, which knows the request id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::not_found(),
            Error::Gone(entity) => {
                Self::new(StatusCode::GONE, "gone", format!("the {entity} is there no more"))
            }
            Error::Forbidden(permission) => Self::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                format!("the permission `{permission}` is missing"),
            ),
            Error::Invalid(fields) => Self::fields(fields.into_iter().map(ProblemField::from).collect()),
            Error::Refused(Refusal { code, reason }) => Self::new(StatusCode::CONFLICT, code, reason),
            Error::Stale { entity, expected, found } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale_version",
                format!("the {entity} is at version {found}, not {expected}"),
            ),
            Error::Busy(entity) => Self::busy("busy", format!("the {entity} is being changed by others")),
            Error::IdempotencyMismatch => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "the idempotency key was used for another request",
            ),
            Error::Store(error) => {
                tracing::error!(error = %error, source = error_source(&error), "the store failed");
                match error.kind() {
                    StoreErrorKind::Unavailable => {
                        Self::busy("store_unavailable", "the store is not available")
                    }
                    StoreErrorKind::Full => {
                        Self::busy("store_full", "the store is full; nothing was written")
                    }
                    StoreErrorKind::Misuse => Self::invalid("cursor", "is not a cursor that this list gave"),
                    _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the desk failed"),
                }
            }
        }
    }
}

/// The driver's own words, for the log alone.
fn error_source(error: &support_core::store::StoreError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use support_core::error::EntityKind;
    use support_core::people::Permission;
    use support_core::store::StoreError;

    use super::*;

    #[tokio::test]
    async fn every_error_of_the_domain_is_a_problem_of_its_own_and_tells_nothing_of_the_store() {
        let store = |kind| Error::Store(StoreError::new(kind, "a secret of the store"));
        let errors = [
            Error::NotFound(EntityKind::Ticket),
            Error::Gone(EntityKind::Journey),
            Error::Forbidden(Permission::TicketReassign),
            Error::Invalid(vec![FieldProblem::new("tags[2]", "must be a label")]),
            Error::Refused(Refusal { code: "already_assigned", reason: "somebody has it".into() }),
            Error::Stale { entity: EntityKind::Ticket, expected: 3, found: 4 },
            Error::Busy(EntityKind::Ticket),
            Error::IdempotencyMismatch,
            store(StoreErrorKind::Unavailable),
            store(StoreErrorKind::Full),
            store(StoreErrorKind::Misuse),
            store(StoreErrorKind::Corrupt),
            store(StoreErrorKind::Other),
        ];
        let mut text = String::new();
        for error in errors {
            let response = ApiError::from(error).into_document("r-1");
            let wait = response.headers().get(header::RETRY_AFTER).cloned();
            let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            text += &format!("{problem:#}\nretry after {wait:?}\n\n");
        }
        assert!(!text.contains("secret"), "{text}");
        insta::assert_snapshot!("problems", text);
    }
}
