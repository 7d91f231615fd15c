//! Who asks: the host's own authentication, or the sign-in that comes with this crate.

use std::fmt;

use async_trait::async_trait;
use axum::http::request::Parts;
use support_core::desk::Desk;
use support_core::id::TenantId;
use support_core::people::Actor;
use support_core::store::Credential;

use crate::token::Secret;

/// Tells who sends a request. A host plugs its own in; it is asked for every request that is not public.
///
/// The actor must be read anew each time ([`Desk::identify`]): roles and revocation count at once.
#[async_trait]
pub trait Identity: fmt::Debug + Send + Sync + 'static {
    /// Returns who asks; `None` where nobody is signed in.
    ///
    /// # Errors
    /// `IdentityError` where that cannot be told now.
    async fn identify(&self, desk: &Desk, parts: &Parts) -> Result<Option<Actor>, IdentityError>;
}

/// Who asks cannot be told now: the client may try again.
#[derive(Debug, thiserror::Error)]
#[error("who asks cannot be told now")]
pub struct IdentityError;

/// Access tokens of this crate's own sign-in: `Authorization: Bearer …`.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) tenant: TenantId,
    pub(crate) secret: Secret,
}

#[async_trait]
impl Identity for Tokens {
    async fn identify(&self, desk: &Desk, parts: &Parts) -> Result<Option<Actor>, IdentityError> {
        let now = desk.now();
        let Some(id) = self.secret.session_of(parts, now) else { return Ok(None) };
        let credential = Credential::Session { tenant: self.tenant, id, now };
        desk.identify(&credential).await.map_err(|error| {
            tracing::error!(%error, "who asks could not be read");
            IdentityError
        })
    }
}
