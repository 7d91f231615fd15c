//! The secret under which tokens are signed: given, or generated once beside the database.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use support_core::id::Ids;
use support_http::Secret;

/// Longest secret that is read from a file.
const LONGEST: u64 = 4_096;

/// No secret can be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The one that was given is too short.
    #[error("`SUPPORT_SECRET` must have 32 bytes or more")]
    Given,
    /// The file's content is too short.
    #[error("`{}` holds no secret of 32 bytes or more: put one there, or remove the file to have one made", .0.display())]
    Short(PathBuf),
    /// Others may read the file.
    #[error("`{path}` may be read or written by others (mode {mode:04o}): run `chmod 600 {path}`", path = .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file cannot be read or made.
    #[error("the secret in `{}` cannot be read or made", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Returns the file in which a database's secret stands.
pub(crate) fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".secret");
    name.into()
}

/// Takes the given secret, else the one beside the database, else makes one there. Only the one who holds the
/// database's serving lock may call this: two could make two.
pub(crate) fn of(database: &Path, given: Option<OsString>, ids: &dyn Ids) -> Result<Secret, SecretError> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Secret::new(given.as_encoded_bytes()).map_err(|_| SecretError::Given);
    }
    let path = beside(database);
    let fail = |source| SecretError::File { path: path.clone(), source };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(&path, ids).map_err(fail)?;
            File::open(&path).map_err(fail)?
        }
        Err(error) => return Err(fail(error)),
    };
    let mode = file.metadata().map_err(fail)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open { path, mode });
    }
    let mut text = Vec::new();
    (&file).take(LONGEST).read_to_end(&mut text).map_err(fail)?;
    Secret::new(text.trim_ascii()).map_err(|_| SecretError::Short(path))
}

/// Makes the file whole or not at all: a crash leaves none that is half written.
fn make(path: &Path, ids: &dyn Ids) -> io::Result<()> {
    let text: String = ids.secret().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use support_runtime::RandomIds;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("desk.db");
        let ids = RandomIds::new().unwrap();
        of(&database, None, &ids).unwrap();
        let path = beside(&database);
        assert_eq!(mode(&path), 0o600);
        let first = std::fs::read(&path).unwrap();
        assert_eq!(first.len(), 65);
        of(&database, None, &ids).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
    }

    #[test]
    fn a_secret_that_others_can_read_or_that_is_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("desk.db");
        let ids = RandomIds::new().unwrap();
        let path = beside(&database);
        std::fs::write(&path, "0123456789abcdef0123456789abcdef").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let refused = of(&database, None, &ids).unwrap_err().to_string();
        assert!(refused.contains("mode 0640") && refused.contains("chmod 600"), "{refused}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        of(&database, None, &ids).unwrap();
        std::fs::write(&path, "short\n").unwrap();
        assert!(matches!(of(&database, None, &ids), Err(SecretError::Short(_))));
        assert!(matches!(of(&database, Some("short".into()), &ids), Err(SecretError::Given)));
        of(&database, Some("0123456789abcdef0123456789abcdef".into()), &ids).unwrap();
    }
}
