//! Mounting: a desk, who asks, and limits become a router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, pending};
use prometheus_client::registry::Registry;
use support_core::desk::Desk;
use support_core::id::TenantId;

use crate::attempts::Attempts;
use crate::dialect::{self, Dialect, Translator};
use crate::document;
use crate::identity::{Identity, Tokens};
use crate::metrics::Metrics;
use crate::middleware::frame;
use crate::routes::{self, Streams};
use crate::token::Secret;

/// The routes that answer without sign-in; every other one asks who calls. A test walks all routes of the document
/// and compares.
pub const PUBLIC_ROUTES: &[&str] = &[
    "GET /health",
    "GET /ready",
    "GET /metrics",
    "GET /api/openapi.json",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
];

/// Bounds on requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of a body. Default 1 MiB.
    pub body_bytes: usize,
    /// Longest time to an answer. Default 30 s.
    pub timeout: Duration,
    /// Seconds for which an access token is good. Default 15 min.
    pub access_seconds: i64,
    /// Seconds for which a session can be continued. Default 30 days.
    pub session_seconds: i64,
    /// Failed sign-ins from one address in a minute after which it has to wait. Default 10.
    pub sign_ins_a_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            timeout: Duration::from_secs(30),
            access_seconds: 900,
            session_seconds: 30 * 86_400,
            sign_ins_a_minute: 10,
        }
    }
}

/// The sign-in that comes with this crate.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) tenant: TenantId,
    pub(crate) secret: Secret,
}

/// Ends when the host wants to stop.
pub(crate) type Closing = Shared<BoxFuture<'static, ()>>;

/// What every handler reaches.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) identity: Box<dyn Identity>,
    pub(crate) digests: Secret,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) attempts: Attempts,
    pub(crate) streams: Streams,
    pub(crate) closing: Closing,
    pub(crate) translator: Translator,
}

/// A desk on its way to becoming a router.
#[derive(Debug)]
pub struct Mount {
    desk: Desk,
    identity: Box<dyn Identity>,
    digests: Secret,
    sign_in: Option<SignIn>,
    limits: Limits,
    registry: Registry,
    closing: Closing,
    dialect: Dialect,
    envelope: bool,
}

impl Mount {
    /// Mounts with this crate's own sign-in: one tenant, e-mail address and password.
    #[must_use]
    pub fn with_sign_in(desk: Desk, tenant: TenantId, secret: Secret) -> Self {
        let identity = Box::new(Tokens { tenant, secret: secret.clone() });
        let sign_in = Some(SignIn { tenant, secret: secret.clone() });
        Self {
            desk,
            identity,
            digests: secret,
            sign_in,
            limits: Limits::default(),
            registry: Registry::default(),
            closing: pending().boxed().shared(),
            dialect: Dialect::Desk,
            envelope: false,
        }
    }

    /// Mounts with the host's own identity; the routes under `/api/v1/auth` are left out. `secret` keys the digests of
    /// idempotency keys.
    pub fn with_identity(desk: Desk, identity: impl Identity, secret: Secret) -> Self {
        Self {
            desk,
            identity: Box::new(identity),
            digests: secret,
            sign_in: None,
            limits: Limits::default(),
            registry: Registry::default(),
            closing: pending().boxed().shared(),
            dialect: Dialect::Desk,
            envelope: false,
        }
    }

    /// Sets bounds on requests.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Writes and reads bodies as another system did, for clients that were made for it.
    #[must_use]
    pub const fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Puts every answer into the envelope `{success, data, timestamp, requestId}`, and every problem document into
    /// `{success, error, timestamp, requestId}`. Status codes and headers stay, and so do answers without a body.
    #[must_use]
    pub const fn envelope(mut self) -> Self {
        self.envelope = true;
        self
    }

    /// Adds the host's own numbers to `/metrics`.
    #[must_use]
    pub fn metrics(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Ends every live stream once `closing` ends. Without it an open stream keeps a host that stops in order waiting:
    /// it has no end of its own.
    #[must_use]
    pub fn streams_until(mut self, closing: impl Future<Output = ()> + Send + 'static) -> Self {
        self.closing = closing.boxed().shared();
        self
    }

    /// Makes the router.
    pub fn router(self) -> Router {
        let (router, api) = routes::all(self.sign_in.is_some()).split_for_parts();
        let document = document::finished(api);
        let translator = Translator::new(self.dialect, self.envelope, &document);
        let document = translator.write_document(document);
        let plain = translator.is_plain();
        let app = Arc::new(App {
            desk: self.desk,
            identity: self.identity,
            digests: self.digests,
            sign_in: self.sign_in,
            limits: self.limits,
            metrics: Metrics::new(self.registry),
            attempts: Attempts::new(self.limits.sign_ins_a_minute),
            streams: Streams::default(),
            closing: self.closing,
            translator,
        });
        let router = router
            .merge(document::router(document))
            .fallback(|| async {
                crate::error::ApiError::new(
                    axum::http::StatusCode::NOT_FOUND,
                    "not_found",
                    "there is no such route",
                )
            })
            .layer(DefaultBodyLimit::max(app.limits.body_bytes));
        let frame = axum::middleware::from_fn_with_state(app.clone(), frame);
        if plain {
            return router.layer(frame).with_state(app);
        }
        router
            .layer(axum::middleware::from_fn_with_state(app.clone(), dialect::read))
            .layer(frame)
            .layer(axum::middleware::from_fn_with_state(app.clone(), dialect::write))
            .with_state(app)
    }
}
