//! Every check of a change set, before anything of it is written.
//!
//! Because they come first, no statement of a sound set fails half-way, and sets that share a transaction need no
//! savepoint each.

use std::collections::BTreeMap;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};
use support_core::error::EntityKind;
use support_core::event::Stream;
use support_core::id::{AgentId, TicketId};
use support_core::people::WorkKind;
use support_core::store::{Delta, Expect, Outcome};

use super::encoded::{Beside, Encoded, EncodedWrite, entity_of};
use super::{Lookup, unique};
use crate::error::Failure;
use crate::row::{TENANT, TICKET};

/// What stands in the place of a write.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing: it will be inserted.
    Nothing,
    /// A row that differs in these columns, with their values.
    Row(Vec<(usize, Value)>),
}

impl Found {
    /// Returns the stored value of a column that the write changes.
    pub(super) fn before(&self, at: usize) -> Option<&Value> {
        match self {
            Self::Nothing => None,
            Self::Row(changed) => changed.iter().find(|(column, _)| *column == at).map(|(_, value)| value),
        }
    }

    /// Returns the value of a column that the write leaves as it is.
    pub(super) fn kept<'a>(&self, values: &'a [Value], at: usize) -> Option<&'a Value> {
        match self {
            Self::Row(_) if !self.changes(at) => values.get(at),
            _ => None,
        }
    }

    /// Tells whether the write changes a column; an insert changes all.
    pub(super) fn changes(&self, at: usize) -> bool {
        match self {
            Self::Nothing => true,
            Self::Row(changed) => changed.iter().any(|(column, _)| *column == at),
        }
    }
}

/// Checks a set. Answers what stands in the places of its writes, or why it cannot be written.
pub(super) fn check(
    db: &Connection,
    set: &mut Encoded,
    lookup: &mut Lookup,
) -> Result<Result<Vec<Found>, Outcome>, Failure> {
    if let Some(receipt) = &set.receipt {
        let held = db
            .prepare_cached(
                "SELECT key, digest, reply, expires_at FROM desk_receipts WHERE tenant = ?1 AND key = ?2",
            )?
            .query_row(params![lookup.tenant, receipt.key], |row| Ok(crate::row::access::decode_receipt(row)))
            .optional()?
            .transpose()?;
        if let Some(first) = held {
            return Ok(Err(Outcome::Repeated(first)));
        }
    }
    if let Some(fence) = &set.fence {
        let newest: Option<i64> = db
            .prepare_cached("SELECT token FROM desk_leases WHERE name = ?1")?
            .query_row([&fence.name], |row| row.get(0))
            .optional()?;
        if newest.map(i64::cast_unsigned) != Some(fence.token) {
            return Ok(Err(Outcome::Fenced));
        }
    }
    let mut found = Vec::with_capacity(set.writes.len());
    for at in 0..set.writes.len() {
        let Some(write) = set.writes.get_mut(at) else { break };
        match stored(db, write, lookup)? {
            Ok(stored) => found.push(stored),
            Err(entity) => return Ok(Err(Outcome::Conflict(entity))),
        }
        let parent = write.parent;
        if let Some(ticket) = parent
            && !has_ticket(db, set, lookup, ticket)?
        {
            return Ok(Err(Outcome::Conflict(EntityKind::Ticket)));
        }
    }
    if let Some(entity) = unsound(db, set, lookup)? {
        return Ok(Err(Outcome::Conflict(entity)));
    }
    if let Some(taken) = unique::taken(db, lookup.tenant, &set.writes, &found)? {
        return Ok(Err(taken));
    }
    match full(db, set, lookup)? {
        Some(agent) => Ok(Err(Outcome::Full(agent))),
        None => Ok(Ok(found)),
    }
}

/// Reads what stands in the place of a write, and compares it with what the write expects.
fn stored(
    db: &Connection,
    write: &mut EncodedWrite,
    lookup: &mut Lookup,
) -> Result<Result<Found, EntityKind>, Failure> {
    let table = write.table;
    if let Some(tenant) = write.values.get_mut(TENANT) {
        *tenant = Value::Integer(lookup.tenant);
    }
    let key = params_from_iter(write.values.iter().take(table.key.len()));
    match write.expect {
        Expect::Absent => {
            let sql = lookup.statements.exists(table);
            let exists = db.prepare_cached(sql)?.exists(key)?;
            Ok(if exists { Err(write.entity) } else { Ok(Found::Nothing) })
        }
        Expect::Revision(expected) => {
            let sql = lookup.statements.stored(table);
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query(key)?;
            let Some(row) = rows.next()? else { return Ok(Err(write.entity)) };
            let revision: i64 = row.get(0)?;
            // The versions of a document are immutable: each write is a later one.
            let later = match write.beside {
                Beside::Document { version } => version > expected,
                _ => true,
            };
            if revision.cast_unsigned() != expected || !later {
                return Ok(Err(write.entity));
            }
            let number: i64 = row.get(1)?;
            if let Beside::Ticket(id, _) = write.beside {
                lookup.tickets.insert(id, Some(number));
            }
            let mut changed = Vec::new();
            for (at, value) in write.values.iter().enumerate().skip(table.key.len()) {
                if at == TICKET && write.parent.is_some() {
                    continue;
                }
                let old = row.get_ref(at + 2)?;
                if !same(old, value) && !table.columns.get(at).is_some_and(|name| table.kept.contains(name)) {
                    let old = Value::try_from(old)
                        .map_err(|_| Failure::Unreadable("a text that is not UTF-8".into()))?;
                    changed.push((at, old));
                }
            }
            Ok(Ok(Found::Row(changed)))
        }
    }
}

fn same(old: ValueRef<'_>, new: &Value) -> bool {
    match (old, new) {
        (ValueRef::Null, Value::Null) => true,
        (ValueRef::Integer(old), Value::Integer(new)) => old == *new,
        (ValueRef::Real(old), Value::Real(new)) => old.to_bits() == new.to_bits(),
        (ValueRef::Text(old), Value::Text(new)) => old == new.as_bytes(),
        (ValueRef::Blob(old), Value::Blob(new)) => old == new,
        _ => false,
    }
}

/// Tells whether a ticket is stored, or written by the set.
fn has_ticket(
    db: &Connection,
    set: &Encoded,
    lookup: &mut Lookup,
    ticket: TicketId,
) -> Result<bool, Failure> {
    Ok(set.writes_ticket(ticket) || lookup.ticket(db, ticket)?.is_some())
}

/// Finds the first delta, event or search entry that cannot be.
fn unsound(db: &Connection, set: &Encoded, lookup: &mut Lookup) -> Result<Option<EntityKind>, Failure> {
    for delta in &set.deltas {
        let Delta::UsedSoFar { document, version, uses } = *delta else { continue };
        let found: (i64, i64) = db
            .prepare_cached(
                "SELECT coalesce((SELECT max(version) FROM desk_documents WHERE tenant = ?1 AND id = ?2), 0), \
                 coalesce((SELECT uses FROM desk_uses WHERE tenant = ?1 AND document = ?2), 0)",
            )?
            .query_row(params![lookup.tenant, document.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if (found.0.cast_unsigned(), found.1.cast_unsigned()) != (version, uses) {
            return Ok(Some(EntityKind::Document));
        }
    }
    for delta in &set.deltas {
        let (Delta::Load { agent, .. } | Delta::LastAssigned { agent, .. }) = *delta else { continue };
        if !set.writes_state(agent) && load_of(db, lookup.tenant, agent, WorkKind::Ticket)?.is_none() {
            return Ok(Some(EntityKind::Agent));
        }
    }
    let mut last: BTreeMap<Stream, u64> = BTreeMap::new();
    for event in &set.events {
        let stream = event.envelope.stream;
        let newest = match last.get(&stream) {
            Some(newest) => *newest,
            None => newest_of(db, lookup.tenant, stream)?,
        };
        if event.envelope.stream_seq != newest + 1 {
            return Ok(Some(entity_of(stream)));
        }
        last.insert(stream, newest + 1);
    }
    for entry in &set.search {
        // A text that is gone or emptied must not be found: an entry that comes after its erasure is refused.
        let emptied = match set.writes_text(entry.text) {
            Some(emptied) => Some(emptied),
            None => db
                .prepare_cached("SELECT body IS NULL FROM desk_texts WHERE tenant = ?1 AND id = ?2")?
                .query_row(params![lookup.tenant, entry.text.uuid().as_bytes()], |row| row.get(0))
                .optional()?,
        };
        if emptied != Some(false) {
            return Ok(Some(EntityKind::Text));
        }
        if !has_ticket(db, set, lookup, entry.ticket)? {
            return Ok(Some(EntityKind::Ticket));
        }
    }
    Ok(None)
}

fn newest_of(db: &Connection, tenant: i64, stream: Stream) -> Result<u64, Failure> {
    let newest: Option<i64> = db
        .prepare_cached(
            "SELECT max(stream_seq) FROM desk_events WHERE tenant = ?1 AND stream = ?2 AND stream_id = ?3",
        )?
        .query_row(params![tenant, stream.kind(), stream.uuid().as_bytes()], |row| row.get(0))?;
    Ok(newest.unwrap_or(0).cast_unsigned())
}

/// Finds the first agent whose load would pass its limit, as the deltas stand in order.
fn full(db: &Connection, set: &Encoded, lookup: &Lookup) -> Result<Option<AgentId>, Failure> {
    let mut loads: BTreeMap<(AgentId, WorkKind), u32> = BTreeMap::new();
    for delta in &set.deltas {
        let Delta::Load { agent, kind, change, at_most } = *delta else { continue };
        let load = match loads.get(&(agent, kind)) {
            Some(load) => *load,
            None => match load_of(db, lookup.tenant, agent, kind)? {
                Some(load) => load,
                None => written_load(set, agent, kind),
            },
        };
        let load = load.saturating_add_signed(change);
        if at_most.is_some_and(|most| load > most) {
            return Ok(Some(agent));
        }
        loads.insert((agent, kind), load);
    }
    Ok(None)
}

/// Returns the column of a kind of work.
pub(super) const fn load_column(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Ticket => "load_units",
        WorkKind::Chat => "load_chat",
        WorkKind::Call => "load_call",
    }
}

fn load_of(db: &Connection, tenant: i64, agent: AgentId, kind: WorkKind) -> Result<Option<u32>, Failure> {
    let sql = match kind {
        WorkKind::Ticket => "SELECT load_units FROM desk_agent_states WHERE tenant = ?1 AND agent = ?2",
        WorkKind::Chat => "SELECT load_chat FROM desk_agent_states WHERE tenant = ?1 AND agent = ?2",
        WorkKind::Call => "SELECT load_call FROM desk_agent_states WHERE tenant = ?1 AND agent = ?2",
    };
    Ok(db
        .prepare_cached(sql)?
        .query_row(params![tenant, agent.uuid().as_bytes()], |row| row.get(0))
        .optional()?)
}

/// Returns the load with which the set itself makes an agent's state.
fn written_load(set: &Encoded, agent: AgentId, kind: WorkKind) -> u32 {
    let write = set.writes.iter().find(|write| matches!(write.beside, Beside::AgentState(id) if id == agent));
    let load = write.and_then(|write| write.values.get(unique::column(write.table, load_column(kind))));
    match load {
        Some(Value::Integer(load)) => u32::try_from(*load).unwrap_or(0),
        _ => 0,
    }
}
