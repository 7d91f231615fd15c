//! How the program fails, in one line that says what to do.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use support_core::store::{StoreError, StoreErrorKind};

use crate::replay::ReplayError;
use crate::secret::SecretError;

/// Exit code where the program was called wrongly.
pub(crate) const USAGE: u8 = 2;
/// Exit code where it failed, or where `verify` found something.
pub(crate) const FAILED: u8 = 1;

/// Exit code where a signal stopped a replay, as shells give it for SIGINT.
const INTERRUPTED: u8 = 130;

/// Why the program cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database's folder is not there.
    #[error("the folder `{}` does not exist: make it, or name another file with `--database`", .0.display())]
    NoFolder(PathBuf),
    /// The database is a folder.
    #[error("`{}` is a folder: name a file in it with `--database`", .0.display())]
    Folder(PathBuf),
    /// There is no database to verify.
    #[error("`{}` does not exist: name the database with `--database`", .0.display())]
    NoDatabase(PathBuf),
    /// The database cannot be used.
    #[error("the database `{}` cannot be used", path.display())]
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
    /// A desk that began as a demo would be anybody's.
    #[error(
        "{0} still has the password of the demo, which everybody knows: change it before listening on {1}, or listen \
         on 127.0.0.1"
    )]
    OpenDemo(&'static str, SocketAddr),
    /// The admin cannot be made.
    #[error("the admin was not made")]
    Admin(#[source] support_core::Error),
    /// The password cannot be used.
    #[error("the password {0}")]
    Password(support_http::PasswordError),
    /// No password was given.
    #[error("no password was given: set `SUPPORT_ADMIN_PASSWORD`, or write it as one line of standard input")]
    NoPassword,
    /// Recordings are not played, or not to their end.
    #[error(transparent)]
    Replay(#[from] ReplayError),
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
    /// The exit code that says it.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Replay(ReplayError::Interrupted) => INTERRUPTED,
            Self::Replay(ReplayError::HalfPlayed { source, .. }) => source.code(),
            _ => FAILED,
        }
    }

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
    let refused = error.source().is_some_and(|source| source.is::<std::io::Error>());
    match error.kind() {
        StoreErrorKind::Corrupt => "; restore a copy, or name another file with `--database`",
        StoreErrorKind::Full => "; make room on the disk",
        StoreErrorKind::Unavailable if refused => {
            "; see that the file and its folder may be written, or name another file with `--database`"
        }
        StoreErrorKind::Unavailable => "; stop it, or name another file with `--database`",
        _ => "",
    }
}

/// Prints an error, everything that caused it, and what to do about it, in one line.
pub(crate) fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Drivers repeat what they wrap.
        if !text.ends_with(&cause_text)
            && !text.rsplit(": ").next().is_some_and(|last| cause_text.ends_with(last))
        {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if let Some(Failure::Database { source, .. }) = error.downcast_ref() {
        text.push_str(advice(source));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
