//! One change set at a time, inside a transaction that somebody else opened.

mod apply;
mod check;
mod encoded;
pub(crate) mod search;
mod statements;
mod unique;

pub(crate) use encoded::Encoded;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use support_core::event::ChainHash;
use support_core::id::{TenantId, TicketId};
use support_core::store::Outcome;

use self::statements::Statements;
use crate::error::Failure;
use crate::row::event::POSITION_BITS;

/// Writes a change set, or tells why nothing of it was written.
///
/// Needs an open transaction. After an error the transaction must be rolled back, or a savepoint before the call:
/// part of the set may have been written.
pub(crate) fn commit(db: &Connection, set: &mut Encoded) -> Result<Outcome, Failure> {
    let mut lookup =
        Lookup { tenant: tenant(db, set.tenant)?, tickets: BTreeMap::new(), statements: Statements::all() };
    match check::check(db, set, &mut lookup)? {
        Err(refused) => Ok(refused),
        Ok(found) => {
            apply::apply(db, set, &found, &mut lookup)?;
            Ok(Outcome::Committed)
        }
    }
}

/// What one set asks for again and again.
struct Lookup {
    /// The tenant's number. Read inside the transaction each time: a cache would be wrong after a rollback, and
    /// when another process commits.
    tenant: i64,
    /// Numbers of the tickets that the set touches.
    tickets: BTreeMap<TicketId, Option<i64>>,
    statements: &'static Statements,
}

impl Lookup {
    /// Returns a ticket's number.
    fn ticket(&mut self, db: &Connection, ticket: TicketId) -> Result<Option<i64>, Failure> {
        if let Some(number) = self.tickets.get(&ticket) {
            return Ok(*number);
        }
        let number = db
            .prepare_cached("SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?2")?
            .query_row(params![self.tenant, ticket.uuid().as_bytes()], |row| row.get(0))
            .optional()?;
        self.tickets.insert(ticket, number);
        Ok(number)
    }
}

/// Returns a tenant's number.
pub(crate) fn tenant_number(db: &Connection, tenant: TenantId) -> Result<Option<i64>, Failure> {
    Ok(db
        .prepare_cached("SELECT n FROM desk_tenants WHERE id = ?1")?
        .query_row([tenant.uuid().as_bytes()], |row| row.get(0))
        .optional()?)
}

/// Returns a tenant's number, which its first commit gives it.
fn tenant(db: &Connection, tenant: TenantId) -> Result<i64, Failure> {
    if let Some(number) = tenant_number(db, tenant)? {
        return Ok(number);
    }
    db.prepare_cached("INSERT INTO desk_tenants (id, head) VALUES (?1, ?2)")?
        .execute(params![tenant.uuid().as_bytes(), ChainHash::genesis(tenant).as_bytes()])?;
    let number = db.last_insert_rowid();
    if number >= 1 << (63 - POSITION_BITS) {
        return Err(Failure::Misuse("more tenants than a file holds"));
    }
    Ok(number)
}
