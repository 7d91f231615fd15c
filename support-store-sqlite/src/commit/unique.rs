//! Values that at most one record of a tenant holds.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};
use support_core::people::Address;
use support_core::store::Outcome;

use super::check::Found;
use super::encoded::EncodedWrite;
use crate::error::Failure;
use crate::row::{TENANT, Table};

/// A column, or two, whose values are unique.
struct Unique {
    table: &'static str,
    /// The field's name on the wire.
    field: &'static str,
    /// Columns that make the value.
    columns: &'static [&'static str],
    /// Finds the holder: its key behind the tenant.
    holder: &'static str,
}

static UNIQUES: &[Unique] = &[
    Unique {
        table: "desk_tickets",
        field: "reference",
        columns: &["reference"],
        holder: "SELECT id FROM desk_tickets WHERE tenant = ?1 AND reference = ?2",
    },
    Unique {
        table: "desk_messages",
        field: "external_id",
        columns: &["inbox_id", "external_id"],
        holder: "SELECT id FROM desk_messages WHERE tenant = ?1 AND inbox_id = ?2 AND external_id = ?3 \
                 AND inbox_id IS NOT NULL AND external_id IS NOT NULL",
    },
    Unique {
        table: "desk_customers",
        field: "external_id",
        columns: &["external_id"],
        holder: "SELECT id FROM desk_customers WHERE tenant = ?1 AND external_id = ?2 \
                 AND external_id IS NOT NULL",
    },
    Unique {
        table: "desk_agents",
        field: "external_id",
        columns: &["external_id"],
        holder: "SELECT id FROM desk_agents WHERE tenant = ?1 AND external_id = ?2 AND external_id IS NOT NULL",
    },
    Unique {
        table: "desk_agents",
        field: "email",
        columns: &["email_folded"],
        holder: "SELECT id FROM desk_agents WHERE tenant = ?1 AND email_folded = ?2",
    },
    Unique {
        table: "desk_logins",
        field: "email",
        columns: &["email_folded"],
        holder: "SELECT subject_id FROM desk_logins WHERE tenant = ?1 AND email_folded = ?2",
    },
];

const ADDRESS_HOLDER: &str =
    "SELECT customer FROM desk_customer_addresses WHERE tenant = ?1 AND kind = ?2 AND value = ?3";

/// A unique value in one spelling: table, field and values.
type Claimed = (&'static str, &'static str, Vec<u8>);

/// Values that writes of a set claim and give up, by the id that holds them then.
type Moved = BTreeMap<Claimed, Option<Vec<u8>>>;

/// Returns the verified addresses in a customer's column.
pub(super) fn verified(addresses: &Value) -> Result<Vec<(&'static str, String)>, Failure> {
    let Value::Text(json) = addresses else { return Ok(Vec::new()) };
    let addresses: Vec<Address> =
        serde_json::from_str(json).map_err(|_| Failure::Unreadable("column `addresses`".into()))?;
    let mut verified: Vec<_> =
        addresses.into_iter().filter(|a| a.verified).map(|a| (a.kind.as_str(), a.value)).collect();
    let mut seen = std::collections::BTreeSet::new();
    verified.retain(|address| seen.insert(address.clone()));
    Ok(verified)
}

/// Finds the first value that another record holds, as the writes stand in order.
pub(super) fn taken(
    db: &Connection,
    tenant: i64,
    writes: &[EncodedWrite],
    found: &[Found],
) -> Result<Option<Outcome>, Failure> {
    let mut moved = Moved::new();
    for (write, found) in writes.iter().zip(found) {
        let refuse = |field| Ok(Some(Outcome::Taken { entity: write.entity, field }));
        for unique in UNIQUES.iter().filter(|unique| unique.table == write.table.name) {
            let before = claimed(write.table, unique, &write.values, found, true);
            let after = claimed(write.table, unique, &write.values, found, false);
            if before == after {
                continue;
            }
            let Some(values) = after else {
                // Given up, and free for the writes that follow.
                moved.extend(before.map(|values| ((unique.table, unique.field, spelled(&values)), None)));
                continue;
            };
            let holder = |db: &Connection| holder(db, unique.holder, tenant, &values);
            let before = before.map(|values| (unique.table, unique.field, spelled(&values)));
            let value = (unique.table, unique.field, spelled(&values));
            if !claim(db, &mut moved, write, before, value, holder)? {
                return refuse(unique.field);
            }
        }
        if write.table.name == "desk_customers" && found.changes(column(write.table, "addresses")) {
            let at = column(write.table, "addresses");
            let old = found.before(at).map(verified).transpose()?.unwrap_or_default();
            for (kind, value) in &old {
                moved.insert(("address", kind, value.clone().into_bytes()), None);
            }
            for (kind, value) in write.values.get(at).map(verified).transpose()?.unwrap_or_default() {
                let values = [Value::Text(kind.to_owned()), Value::Text(value.clone())];
                let holder = |db: &Connection| holder(db, ADDRESS_HOLDER, tenant, &values);
                if !claim(db, &mut moved, write, None, ("address", kind, value.into_bytes()), holder)? {
                    return refuse("addresses");
                }
            }
        }
    }
    Ok(None)
}

/// Lets a write give up one value and claim another. False where another record holds that one.
fn claim(
    db: &Connection,
    moved: &mut Moved,
    write: &EncodedWrite,
    before: Option<Claimed>,
    value: Claimed,
    holder: impl FnOnce(&Connection) -> Result<Option<Vec<u8>>, Failure>,
) -> Result<bool, Failure> {
    let own = own_id(write);
    if let Some(before) = before {
        moved.insert(before, None);
    }
    let held = match moved.get(&value) {
        Some(holder) => holder.clone(),
        None => holder(db)?,
    };
    if held.is_some_and(|holder| holder != own) {
        return Ok(false);
    }
    moved.insert(value, Some(own));
    Ok(true)
}

/// The last column of the key: an agent and a customer have no common id, so it tells logins apart too.
fn own_id(write: &EncodedWrite) -> Vec<u8> {
    match write.values.get(write.table.key.len() - 1) {
        Some(Value::Blob(id)) => id.clone(),
        _ => Vec::new(),
    }
}

pub(super) fn column(table: &Table, name: &str) -> usize {
    table.columns.iter().position(|column| *column == name).unwrap_or(TENANT)
}

/// Returns the values that make a unique one, after the write or before it; nothing where one is absent.
fn claimed(
    table: &Table,
    unique: &Unique,
    values: &[Value],
    found: &Found,
    before: bool,
) -> Option<Vec<Value>> {
    let mut out = Vec::with_capacity(unique.columns.len());
    for name in unique.columns {
        let at = column(table, name);
        let value =
            if before { found.before(at).or_else(|| found.kept(values, at))? } else { values.get(at)? };
        if *value == Value::Null {
            return None;
        }
        out.push(value.clone());
    }
    Some(out)
}

fn spelled(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Value::Integer(value) => out.extend(value.to_be_bytes()),
            Value::Text(text) => out.extend(text.as_bytes()),
            Value::Blob(bytes) => out.extend(bytes),
            Value::Null | Value::Real(_) => {}
        }
        out.push(0);
    }
    out
}

fn holder(db: &Connection, sql: &str, tenant: i64, values: &[Value]) -> Result<Option<Vec<u8>>, Failure> {
    let tenant = Value::Integer(tenant);
    let params = [&tenant].into_iter().chain(values);
    Ok(db.prepare_cached(sql)?.query_row(params_from_iter(params), |row| row.get(0)).optional()?)
}
