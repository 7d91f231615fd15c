//! A caller's change sets, one after the other, inside a transaction that somebody else opened.

mod apply;
mod check;
mod encoded;
pub(crate) mod search;
mod statements;
mod unique;

pub(crate) use encoded::Encoded;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension as _, params};
use support_core::event::ChainHash;
use support_core::id::{TenantId, TicketId};
use support_core::store::Outcome;

use self::statements::Statements;
use crate::error::Failure;
use crate::row::event::POSITION_BITS;

/// Writes change sets in order; tells of each whether it was written, or why nothing of it was.
///
/// Needs an open transaction. After an error the transaction must be rolled back, or a savepoint before the call:
/// part of the sets may have been written.
pub(crate) fn commit(db: &Connection, sets: &mut [Encoded]) -> Result<Vec<Outcome>, Failure> {
    let mut ends: BTreeMap<TenantId, End> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(sets.len());
    for set in sets {
        let end = match ends.entry(set.tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(End::read(db, set.tenant)?),
        };
        let statements = Statements::all();
        let mut lookup = Lookup { tenant: end.tenant, tickets: BTreeMap::new(), statements };
        outcomes.push(match check::check(db, set, &mut lookup)? {
            Err(refused) => refused,
            Ok(found) => {
                apply::apply(db, set, &found, &mut lookup, end)?;
                Outcome::Committed
            }
        });
    }
    ends.values().try_for_each(|end| end.write(db))?;
    Ok(outcomes)
}

/// Where a tenant's log ends. Read inside the transaction for each caller, and written after the last of their sets:
/// kept any longer it would be wrong after a rollback, and when another process commits.
struct End {
    /// The tenant's number.
    tenant: i64,
    position: i64,
    head: ChainHash,
    /// Whether it is another than was read.
    moved: bool,
}

impl End {
    /// Reads it; the tenant's first commit gives the tenant its number.
    fn read(db: &Connection, id: TenantId) -> Result<Self, Failure> {
        let found = db
            .prepare_cached("SELECT n, position, head FROM desk_tenants WHERE id = ?1")?
            .query_row([id.uuid().as_bytes()], |row| {
                let head = ChainHash::from_bytes(row.get(2)?);
                Ok(Self { tenant: row.get(0)?, position: row.get(1)?, head, moved: false })
            })
            .optional()?;
        if let Some(end) = found {
            return Ok(end);
        }
        let head = ChainHash::genesis(id);
        db.prepare_cached("INSERT INTO desk_tenants (id, head) VALUES (?1, ?2)")?
            .execute(params![id.uuid().as_bytes(), head.as_bytes()])?;
        let tenant = db.last_insert_rowid();
        if tenant >= 1 << (63 - POSITION_BITS) {
            return Err(Failure::Misuse("more tenants than a file holds"));
        }
        Ok(Self { tenant, position: 0, head, moved: false })
    }

    fn write(&self, db: &Connection) -> Result<(), Failure> {
        if self.moved {
            db.prepare_cached("UPDATE desk_tenants SET position = ?2, head = ?3 WHERE n = ?1")?
                .execute(params![self.tenant, self.position, self.head.as_bytes()])?;
        }
        Ok(())
    }
}

/// What one set asks for again and again.
struct Lookup {
    /// The tenant's number.
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
