//! Connections, and what each of them is told.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::config::{Durability, SqliteConfig};
use crate::error::Failure;

/// Prepared statements that the writer keeps: about a hundred fixed ones, and the updates of changed columns.
const WRITER_STATEMENTS: usize = 256;
/// Prepared statements that a reader keeps.
const READER_STATEMENTS: usize = 128;

/// Opens the connection of the writer, and makes the file where there is none.
pub(crate) fn writer(config: &SqliteConfig) -> Result<Connection, Failure> {
    make_private(&config.path);
    let db = open(&config.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    db.busy_timeout(config.busy_timeout)?;
    db.set_prepared_statement_cache_capacity(WRITER_STATEMENTS);
    // Only a file that is still empty takes it; others keep theirs.
    db.pragma_update(None, "page_size", 4_096)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match config.durability {
        Durability::Full => "FULL",
        Durability::Process => "NORMAL",
    };
    db.pragma_update(None, "synchronous", synchronous)?;
    // The housekeeper does it, beside the commits.
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A log that grew while a reader was in the way does not stay so large once it begins anew.
    db.pragma_update(None, "journal_size_limit", i64::from(config.checkpoint_pages) * 4_096 * 2)?;
    db.pragma_update(None, "foreign_keys", true)?;
    // What erasure empties is overwritten, where that costs no page more.
    db.pragma_update(None, "secure_delete", "FAST")?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    cache(&db, config.cache_bytes)?;
    if let Some(pages) = config.most_pages {
        db.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(db)
}

/// Opens the connection of a reader.
pub(crate) fn reader(config: &SqliteConfig) -> Result<Connection, Failure> {
    let db = open(&config.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.busy_timeout(config.busy_timeout)?;
    db.set_prepared_statement_cache_capacity(READER_STATEMENTS);
    db.pragma_update(None, "query_only", true)?;
    cache(&db, config.reader_cache_bytes)?;
    Ok(db)
}

/// Opens the connection of the housekeeper, which keeps next to nothing.
pub(crate) fn housekeeper(config: &SqliteConfig) -> Result<Connection, Failure> {
    let db = open(&config.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // It must not hold up the end of the store for a reader of another program.
    db.busy_timeout(std::time::Duration::from_millis(200))?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    cache(&db, 256 << 10)?;
    Ok(db)
}

/// Makes the file for its owner only, where there is none: it holds what customers wrote. SQLite gives its `-wal` and
/// `-shm` the same permissions. A file that is there keeps its own.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;
    // What stops this stops SQLite too, which says so.
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

#[cfg(not(unix))]
const fn make_private(_: &Path) {}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Failure> {
    // Each connection stays on its thread, so SQLite's own mutexes are not needed.
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Plans depend on no bound value: each statement names its index, and is planned once.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

fn cache(db: &Connection, bytes: usize) -> Result<(), Failure> {
    // Negative is kibibytes, positive would be pages.
    let kibibytes = i64::try_from(bytes / 1_024).unwrap_or(i64::MAX);
    Ok(db.pragma_update(None, "cache_size", -kibibytes)?)
}
