//! The HTTP interface of a support desk: an axum router that a host mounts under any path.
//!
//! It holds no rule of the domain: it parses, calls the [`Desk`](support_core::desk::Desk), and renders. Who asks is
//! told by an [`Identity`]: the sign-in that comes with this crate, or the host's own. The document at
//! `/api/openapi.json` is made of the handlers themselves.
//!
//! ```
//! use std::sync::Arc;
//! use support_core::desk::Desk;
//! use support_core::id::TenantId;
//! use support_core::store::MemoryStore;
//! use support_http::{Mount, Secret};
//! use support_runtime::{RandomIds, SystemClock};
//!
//! let desk = Desk::new(Arc::new(MemoryStore::new()), Arc::new(SystemClock), Arc::new(RandomIds::new()?));
//! let secret = Secret::new(*b"an example of a secret, 32 bytes")?;
//! let router: axum::Router = Mount::with_sign_in(desk, TenantId::SINGLE, secret).router();
//! let host = axum::Router::new().nest("/support", router);
//! # drop(host);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempts;
mod dialect;
mod document;
mod error;
mod extract;
mod fields;
mod identity;
mod metrics;
mod middleware;
mod mount;
mod password;
mod reply;
mod routes;
mod token;
mod view;

pub use dialect::Dialect;
pub use error::{Problem, ProblemField};
pub use identity::{Identity, IdentityError};
pub use mount::{Limits, Mount, PUBLIC_ROUTES};
pub use password::{PasswordError, hash_password, is_password};
pub use token::{Secret, SecretTooShort};
