//! What every request passes through: an id, a time limit, a log line, numbers, and problem documents.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::error::ApiError;
use crate::metrics;
use crate::mount::App;

/// Name of the header that carries the request's id.
const REQUEST_ID: &str = "x-request-id";

/// Frames a request. The log line names method, route, status and time, never a path with ids, a query or a body.
pub(crate) async fn frame(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let request_id = given(request.headers())
        .unwrap_or_else(|| Uuid::hyphenated(app.desk.ids().mint(app.desk.now())).to_string());
    let method = metrics::known(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    // A stream has no end that could be too late.
    let streams = route.ends_with("/events") && method == "GET" && !route.contains('{');
    let started = tokio::time::Instant::now();
    let _in_flight = app.metrics.begin();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answered =
        if streams { Ok(answer.await) } else { tokio::time::timeout(app.limits.timeout, answer).await };
    let response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            tracing::error!(%request_id, %route, "a handler panicked");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the desk failed").into_response()
        }
        Err(_late) => ApiError::busy("timeout", "the request took too long").into_response(),
    };
    let mut response = document(response, &request_id);
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics.end(method, &route, status, took);
    let duration_micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(%request_id, %method, %route, status, duration_micros, "request");
    } else {
        tracing::info!(%request_id, %method, %route, status, duration_micros, "request");
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Takes over a client's own id where it is harmless in a log.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.';
    (!id.is_empty() && id.len() <= 64 && id.bytes().all(harmless)).then(|| id.to_owned())
}

/// Makes problem documents of errors: ours, and those of the router itself.
fn document(mut response: Response, request_id: &str) -> Response {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        return error.into_document(request_id);
    }
    let plain =
        !response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().contains(&b'j'));
    let error = match response.status() {
        StatusCode::NOT_FOUND if plain => {
            ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is no such route")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            let allow = response.headers().get(header::ALLOW).cloned();
            let error = ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "the route does not know this method",
            );
            let mut response = error.into_document(request_id);
            if let Some(allow) = allow {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            return response;
        }
        _ => return response,
    };
    error.into_document(request_id)
}
