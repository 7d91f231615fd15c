//! The OpenAPI document, made of the handlers, and a page to read it in a browser.

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, SecurityRequirement};
use utoipa_swagger_ui::SwaggerUi;

use crate::mount::App;

/// Serves the document at `/api/openapi.json` and the page at `/api/docs`.
pub(crate) fn router(api: OpenApi) -> Router<Arc<App>> {
    SwaggerUi::new("/api/docs").url("/api/openapi.json", finished(api)).into()
}

/// Adds what no handler says of itself: title, and the sign-in that all but the public routes ask for.
pub(crate) fn finished(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Support desk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("document.md")))
        .build();
    let bearer =
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    api.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    api.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    api
}
