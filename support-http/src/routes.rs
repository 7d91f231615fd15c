//! Every route, by subject. A file is a resource: what it takes, what it answers, its handlers.

mod service;
mod tickets;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::mount::App;

/// Collects all routes; those of the sign-in only where it is mounted.
pub(crate) fn all(sign_in: bool) -> OpenApiRouter<Arc<App>> {
    let _ = sign_in;
    OpenApiRouter::default().merge(service::routes()).nest("/api/v1", v1())
}

fn v1() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().merge(tickets::routes())
}
