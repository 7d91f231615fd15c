//! The OpenAPI document, made of the handlers, and a page to read it in a browser.

use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, SecurityRequirement};
use utoipa_swagger_ui::SwaggerUi;

use crate::mount::App;

/// Serves a finished document at `/api/openapi.json` and the page at `/api/docs`.
pub(crate) fn router(document: Value) -> Router<Arc<App>> {
    SwaggerUi::new("/api/docs").external_url_unchecked("/api/openapi.json", document).into()
}

/// Adds what no handler says of itself: title, and the sign-in that all but the public routes ask for.
pub(crate) fn finished(mut api: OpenApi) -> Value {
    api.info = InfoBuilder::new()
        .title("Support desk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("document.md")))
        .build();
    let bearer =
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    api.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    name_operations(&mut api);
    api.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    serde_json::to_value(api).unwrap_or_default()
}

/// Names each operation by method and path: handlers in different files may have the same name.
fn name_operations(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        let path = path.trim_start_matches("/api/v1");
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("_");
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{name}"));
            }
        }
    }
}
