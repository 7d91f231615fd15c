//! How the program fails, in one line that says what to do.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use support_core::store::{StoreError, StoreErrorKind};

use crate::secret::SecretError;

/// Exit code where the program was called wrongly.
pub(crate) const USAGE: u8 = 2;
/// Exit code where it failed, or where `verify` found something.
pub(crate) const FAILED: u8 = 1;

/// Why the program cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database's folder is not there.
    #[error("the folder `{}` does not exist: make it, or name another file with `--database`", .0.display())]
    NoFolder(PathBuf),
    /// There is no database to verify.
    #[error("`{}` does not exist: name the database with `--database`", .0.display())]
    NoDatabase(PathBuf),
    /// The database cannot be used.
    #[error("the database `{}` cannot be used{}", path.display(), advice(.source))]
    Database {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: choose another with `--listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// There is no secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The desk failed.
    #[error("the desk failed")]
    Desk(#[from] support_core::Error),
    /// The operating system gives no randomness.
    #[error(transparent)]
    Randomness(#[from] support_runtime::NoRandomness),
    /// The operating system refused something else.
    #[error("{doing} failed")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

impl Failure {
    /// The operating system refused something.
    pub(crate) fn system(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { doing, source }
    }

    /// The database cannot be used.
    pub(crate) fn database(path: &Path) -> impl FnOnce(StoreError) -> Self {
        move |source| Self::Database { path: path.to_path_buf(), source }
    }
}

/// What to do about a database that cannot be used.
fn advice(error: &StoreError) -> &'static str {
    match error.kind() {
        StoreErrorKind::Corrupt => " (restore a copy, or name another file with `--database`)",
        StoreErrorKind::Full => " (make room on the disk)",
        StoreErrorKind::Unavailable => {
            " (stop the other server, see that the file and its folder may be written, or name another file \
             with `--database`)"
        }
        _ => "",
    }
}

/// Prints an error and everything that caused it in one line.
pub(crate) fn one_line(error: &dyn Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    parts.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}
