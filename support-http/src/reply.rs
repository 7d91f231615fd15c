//! How answers look: pages, single resources with their version, and repeated answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use support_core::desk::Done;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Bytes for which there is room at first: most answers of one resource are shorter.
const ROOM: usize = 4 << 10;

/// An answer as JSON. It is printed into a plain vector, which takes the many short pieces of which JSON consists with
/// half the work of the shared buffer that axum prints into.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(ROOM);
        match serde_json::to_writer(&mut body, &self.0) {
            Ok(()) => {
                let kind = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, kind)], body).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer cannot be printed");
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the desk failed")
                    .into_response()
            }
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in order.
    pub(crate) items: Vec<T>,
    /// Where to go on, in this list with the same filters and order; `null` at the end. A page may hold fewer items than
    /// asked for and still have one.
    pub(crate) next_cursor: Option<String>,
}

/// A resource with its version as `ETag`.
pub(crate) struct Versioned<T> {
    pub(crate) version: u64,
    pub(crate) body: T,
    pub(crate) status: StatusCode,
    pub(crate) repeated: bool,
}

impl<T> Versioned<T> {
    /// An answer to a read or a change.
    pub(crate) const fn ok(version: u64, body: T) -> Self {
        Self { version, body, status: StatusCode::OK, repeated: false }
    }

    /// An answer to a command that made something.
    pub(crate) const fn created(version: u64, body: T) -> Self {
        Self { version, body, status: StatusCode::CREATED, repeated: false }
    }

    /// Says whether the command had been carried out before.
    pub(crate) const fn repeated<R>(mut self, done: &Done<R>) -> Self {
        self.repeated = matches!(done, Done::Before(_));
        self
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.version)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        if self.repeated {
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// Something that was made and has no version of its own.
pub(crate) struct Made<T> {
    pub(crate) body: T,
    pub(crate) repeated: bool,
}

/// What a command answers that makes nothing.
pub(crate) struct Said<T> {
    pub(crate) body: T,
    pub(crate) repeated: bool,
}

impl<T: Serialize> IntoResponse for Said<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if self.repeated {
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.body)).into_response();
        if self.repeated {
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}
