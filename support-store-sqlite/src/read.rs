//! Reads: what a scope sees, on a reader's connection, all of one instant.

pub(crate) mod identify;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod log;
mod merge;
mod partition;
mod prefilter;
mod related;
mod sight;
#[cfg(test)]
mod tests;
pub(crate) mod tickets;
mod words;
pub(crate) mod work;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;

use rusqlite::{Connection, OptionalExtension as _};
use support_core::id::TenantId;

use crate::error::Failure;

/// Tenants whose numbers a reader keeps.
const TENANTS: usize = 1_024;

/// A connection that reads, with the numbers of the tenants that were read: every read begins with one, and a tenant
/// keeps its number for ever.
#[derive(Debug)]
pub(crate) struct Reader {
    db: Connection,
    tenants: RefCell<HashMap<TenantId, i64>>,
}

impl Reader {
    pub(crate) fn new(db: Connection) -> Self {
        Self { db, tenants: RefCell::default() }
    }

    /// Returns a tenant's number; nothing where nothing was written for it yet.
    fn tenant(&self, id: TenantId) -> Result<Option<i64>, Failure> {
        let mut tenants = self.tenants.borrow_mut();
        if let Some(number) = tenants.get(&id) {
            return Ok(Some(*number));
        }
        let found: Option<i64> = self
            .prepare_cached("SELECT n FROM desk_tenants WHERE id = ?1")?
            .query_row([id.uuid().as_bytes()], |row| row.get(0))
            .optional()?;
        if let Some(number) = found {
            if tenants.len() >= TENANTS {
                tenants.clear();
            }
            tenants.insert(id, number);
        }
        Ok(found)
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.db
    }
}
