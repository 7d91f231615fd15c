//! Every route, by subject. A file is a resource: what it takes, what it answers, its handlers.

mod agents;
mod auth;
mod automations;
mod customers;
mod documents;
mod events;
mod journeys;
mod macros;
mod masking;
mod numbers;
mod offers;
mod routing;
mod rules;
mod service;
mod settings;
mod sla;
mod sla_preview;
mod teams;
mod tickets;

use std::sync::Arc;

use support_core::people::Permission;
use utoipa_axum::router::OpenApiRouter;

use crate::error::ApiError;
use crate::extract::Call;
use crate::mount::App;

pub(crate) use events::Streams;

/// Collects all routes; those of the sign-in only where it is mounted.
pub(crate) fn all(sign_in: bool) -> OpenApiRouter<Arc<App>> {
    let people = if sign_in { auth::routes() } else { OpenApiRouter::default() };
    OpenApiRouter::default().merge(service::routes()).nest("/api/v1", v1().merge(people))
}

fn v1() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .merge(tickets::routes())
        .merge(agents::routes())
        .merge(offers::routes())
        .merge(teams::routes())
        .merge(customers::routes())
        .merge(rules::routes())
        .merge(automations::routes())
        .merge(sla::routes())
        .merge(sla_preview::routes())
        .merge(masking::routes())
        .merge(journeys::routes())
        .merge(macros::routes())
        .merge(settings::routes())
        .merge(routing::routes())
        .merge(numbers::routes())
        .merge(events::routes())
}

/// Lets the desk's people through who have a permission; to customers there is no such route.
fn staff(call: &Call, permission: Permission) -> Result<(), ApiError> {
    if !call.actor.is_staff() {
        return Err(ApiError::not_found());
    }
    call.actor.scope(permission)?;
    Ok(())
}
