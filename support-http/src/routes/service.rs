//! Whether the service lives and is ready, and its numbers. Without sign-in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use support_core::id::TenantId;
use support_core::time::ZONE_DATABASE_VERSION;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::mount::App;
use crate::reply::Json;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(health)).routes(routes!(ready)).routes(routes!(metrics))
}

/// The service lives.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// The service can do its work.
#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// Always `ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Version of the bundled IANA time zone database.
    #[schema(example = "2025b")]
    zone_database: &'static str,
    /// Version of this crate.
    version: &'static str,
}

/// Tells that the process lives.
#[utoipa::path(get, path = "/health", tag = "service", security(()), responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Tells that the store answers.
#[utoipa::path(get, path = "/ready", tag = "service", security(()), responses(
    (status = 200, body = Ready),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
async fn ready(State(app): State<Arc<App>>) -> Result<Json<Ready>, ApiError> {
    let tenant = app.sign_in.as_ref().map_or(TenantId::SINGLE, |sign_in| sign_in.tenant);
    app.desk.ping(tenant).await?;
    Ok(Json(Ready {
        status: "ready",
        zone_database: ZONE_DATABASE_VERSION,
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "service", security(()), responses(
    (status = 200, content_type = "application/openmetrics-text", body = String),
))]
async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.render())
}
