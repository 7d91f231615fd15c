//! One serving store a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use support_core::store::{StoreError, StoreErrorKind};

/// The lock of a serving store. The operating system gives it up when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct ServingLock(File);

/// Another store serves the file.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is locked: another desk serves this database", .0.display())]
struct Served(PathBuf);

impl ServingLock {
    /// Takes the lock beside a database.
    pub(crate) fn take(database: &Path) -> Result<Self, StoreError> {
        let doing = "taking the serving lock";
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let mut file =
            file.map_err(|error| StoreError::new(StoreErrorKind::Unavailable, doing).because(error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::new(StoreErrorKind::Unavailable, doing).because(Served(path)));
            }
            Err(TryLockError::Error(error)) => {
                return Err(StoreError::new(StoreErrorKind::Other, doing).because(error));
            }
        }
        // For people who look who it is; the lock alone counts.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self(file))
    }
}

impl Drop for ServingLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
