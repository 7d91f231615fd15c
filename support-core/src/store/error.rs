//! How a store fails.

use std::fmt;

/// A driver's own error, boxed so that the core names no driver.
pub type BackendError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What class of failure a store met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The database is locked, restarting or out of connections; the same call may succeed later.
    Unavailable,
    /// The disk or the quota is full; nothing was written.
    Full,
    /// What is stored cannot be read: corruption, or a database of a newer version.
    Corrupt,
    /// The call itself is wrong, such as a cursor of another store. A defect of the caller.
    Misuse,
    /// Anything else.
    Other,
}

/// A store could not answer. A commit that fails this way has written nothing.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    doing: &'static str,
    backend: Option<BackendError>,
}

impl StoreError {
    /// Says what the store was doing, such as `committing`, and how that failed.
    #[must_use]
    pub const fn new(kind: StoreErrorKind, doing: &'static str) -> Self {
        Self { kind, doing, backend: None }
    }

    /// Adds the driver's error as the source.
    #[must_use]
    pub fn because(mut self, backend: impl Into<BackendError>) -> Self {
        self.backend = Some(backend.into());
        self
    }

    /// Returns the class of failure.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Tells whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unavailable | StoreErrorKind::Full)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StoreErrorKind::Unavailable => "unavailable",
            StoreErrorKind::Full => "full",
            StoreErrorKind::Corrupt => "unreadable",
            StoreErrorKind::Misuse => "misused",
            StoreErrorKind::Other => "failing",
        };
        write!(f, "the store was {kind} while {}", self.doing)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.backend {
            Some(backend) => Some(&**backend),
            None => None,
        }
    }
}
