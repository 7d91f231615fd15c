//! Migrations: numbered files, each run once in a transaction of its own.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};
use support_core::store::{StoreError, StoreErrorKind};

use crate::error::Failure;

/// A step of the schema.
struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "desk", sql: include_str!("../migrations/001_desk.sql") }];

const OWN_TABLE: &str = "CREATE TABLE IF NOT EXISTS desk_migrations (
    -- Which steps of the schema this file has taken.
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- Hash of the step's text, to find out that it was changed after it ran.
    checksum BLOB NOT NULL
) STRICT";

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// A later release wrote it.
    #[error("the database has schema {found}, this release knows up to {known}: use a newer release")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// A step that ran differs from the one of this release.
    #[error("schema step {0} is not the one that ran on this database")]
    Changed(i64),
    /// A step is missing, and this connection may not take it.
    #[error("the database has schema {found} and must be opened by a serving desk first")]
    Older {
        /// Its version.
        found: i64,
    },
}

/// Brings the schema to this release's.
pub(crate) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let doing = "bringing the schema up to date";
    let fail = |error: rusqlite::Error| Failure::from(error).while_doing(doing);
    db.execute_batch(OWN_TABLE).map_err(fail)?;
    for migration in MIGRATIONS {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        if !ran(&tx, migration)? {
            tx.execute_batch(migration.sql).map_err(fail)?;
            tx.execute(
                "INSERT INTO desk_migrations (version, name, checksum) VALUES (?1, ?2, ?3)",
                params![migration.version, migration.name, checksum(migration.sql)],
            )
            .map_err(fail)?;
        }
        tx.commit().map_err(fail)?;
    }
    check(db)
}

/// Refuses a schema that is not this release's.
pub(crate) fn check(db: &Connection) -> Result<(), StoreError> {
    let doing = "reading the schema";
    let fail = |error: rusqlite::Error| Failure::from(error).while_doing(doing);
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    let found: Option<i64> =
        db.query_row("SELECT max(version) FROM desk_migrations", [], |row| row.get(0)).map_err(fail)?;
    let found = found.unwrap_or(0);
    let refuse = |error: SchemaError| Err(StoreError::new(StoreErrorKind::Corrupt, doing).because(error));
    if found > known {
        return refuse(SchemaError::Newer { found, known });
    }
    if found < known {
        return refuse(SchemaError::Older { found });
    }
    for migration in MIGRATIONS {
        ran(db, migration)?;
    }
    Ok(())
}

/// Tells whether a step was taken, and refuses one that was taken in another form.
fn ran(db: &Connection, migration: &Migration) -> Result<bool, StoreError> {
    let doing = "reading the schema";
    let held: Option<Vec<u8>> = db
        .query_row("SELECT checksum FROM desk_migrations WHERE version = ?1", [migration.version], |row| {
            row.get(0)
        })
        .optional()
        .map_err(|error| Failure::from(error).while_doing(doing))?;
    match held {
        None => Ok(false),
        Some(held) if held == checksum(migration.sql) => Ok(true),
        Some(_) => {
            Err(StoreError::new(StoreErrorKind::Corrupt, doing)
                .because(SchemaError::Changed(migration.version)))
        }
    }
}

/// Returns the hash of a step's text.
fn checksum(sql: &str) -> Vec<u8> {
    Sha256::digest(sql.as_bytes()).to_vec()
}
