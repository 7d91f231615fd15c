//! How SQLite's failures become the store's.

use rusqlite::ErrorCode;
use support_core::store::{StoreError, StoreErrorKind};

/// Something that went wrong inside the store, before it is told what the store was doing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// SQLite said so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value is not what this release writes.
    #[error("a stored value cannot be read: {0}")]
    Unreadable(String),
    /// The caller's values cannot be stored.
    #[error("a value cannot be stored: {0}")]
    Misuse(&'static str),
    /// A composite value cannot be printed, such as a number that is none.
    #[error("a value cannot be printed")]
    Print(#[source] serde_json::Error),
}

impl Failure {
    /// Says what was being done.
    pub(crate) fn while_doing(self, doing: &'static str) -> StoreError {
        StoreError::new(self.kind(), doing).because(self)
    }

    /// Returns the class of the failure.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Sqlite(error) => kind_of(error),
            Self::Unreadable(_) => StoreErrorKind::Corrupt,
            Self::Misuse(_) | Self::Print(_) => StoreErrorKind::Misuse,
        }
    }
}

/// Returns the class of an error of SQLite.
pub(crate) fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen) => {
            StoreErrorKind::Unavailable
        }
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Other,
    }
}

/// A thread of the store is gone: it is being dropped, or it met a defect.
pub(crate) fn gone(doing: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}
