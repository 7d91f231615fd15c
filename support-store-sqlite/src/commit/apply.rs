//! Writing a change set that was found sound.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use support_core::event::chain;
use support_core::people::Address;
use support_core::store::Delta;

use super::check::Found;
use super::encoded::{Beside, Encoded, EncodedWrite, Places};
use super::{End, Lookup, search, unique};
use crate::error::Failure;
use crate::row::{TENANT, TICKET, Table};

/// Writes a set.
pub(super) fn apply(
    db: &Connection,
    set: &mut Encoded,
    found: &[Found],
    lookup: &mut Lookup,
    end: &mut End,
) -> Result<(), Failure> {
    // Tickets first: what belongs to them names their numbers.
    for tickets in [true, false] {
        for (write, found) in set.writes.iter_mut().zip(found) {
            if matches!(write.beside, Beside::Ticket(..)) == tickets {
                put(db, write, found, lookup)?;
            }
        }
    }
    for delta in &set.deltas {
        count(db, lookup.tenant, delta)?;
    }
    log(db, set, end)?;
    for entry in &set.search {
        if let Some(ticket) = lookup.ticket(db, entry.ticket)? {
            search::add(db, lookup.tenant, ticket, entry)?;
        }
    }
    if let Some(receipt) = &set.receipt {
        db.prepare_cached(
            "INSERT INTO desk_receipts (tenant, key, digest, reply, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            lookup.tenant,
            receipt.key,
            receipt.digest,
            receipt.reply,
            receipt.expires_at.micros()
        ])?;
    }
    Ok(())
}

/// Writes a record, and what it keeps beside its row.
fn put(db: &Connection, write: &mut EncodedWrite, found: &Found, lookup: &mut Lookup) -> Result<(), Failure> {
    if let Some(ticket) = write.parent {
        let number = lookup.ticket(db, ticket)?;
        if let Some(value) = write.values.get_mut(TICKET) {
            *value = number.map_or(Value::Null, Value::Integer);
        }
    }
    let table = write.table;
    if matches!(write.beside, Beside::Document { .. }) {
        // Each write is a version of its own.
        db.prepare_cached(
            "UPDATE desk_documents SET newest = 0 WHERE tenant = ?1 AND id = ?2 AND newest = 1",
        )?
        .execute(params_from_iter(write.values.iter().take(table.key.len())))?;
        insert(db, write, lookup)?;
        db.prepare_cached("UPDATE desk_tenants SET epoch = epoch + 1 WHERE n = ?1")?
            .execute([lookup.tenant])?;
        return Ok(());
    }
    match found {
        Found::Nothing => {
            insert(db, write, lookup)?;
            if let Beside::Ticket(id, _) = write.beside {
                lookup.tickets.insert(id, Some(db.last_insert_rowid()));
            }
        }
        Found::Row(changed) => update(db, write, changed)?,
    }
    match &write.beside {
        Beside::Ticket(id, places) => {
            let number = lookup.ticket(db, *id)?;
            place(db, write.table, &write.values, found, places, number)
        }
        Beside::Customer => name(db, lookup.tenant, write, found),
        Beside::Text { id, emptied: true } => search::remove(db, lookup.tenant, *id),
        Beside::Text { .. } | Beside::Nothing | Beside::AgentState(_) | Beside::Document { .. } => Ok(()),
    }
}

fn insert(db: &Connection, write: &EncodedWrite, lookup: &Lookup) -> Result<(), Failure> {
    let sql = lookup.statements.insert(write.table);
    db.prepare_cached(sql)?.execute(params_from_iter(&write.values))?;
    Ok(())
}

/// Writes only the columns that changed: SQLite touches an index when one of its columns is named, whether or not
/// the value differs, and a ticket stands in fourteen.
fn update(db: &Connection, write: &EncodedWrite, changed: &[(usize, Value)]) -> Result<(), Failure> {
    if changed.is_empty() {
        return Ok(());
    }
    let places: Vec<usize> = changed.iter().map(|(at, _)| *at).collect();
    let key = write.values.iter().take(write.table.key.len());
    let values = key.chain(places.iter().filter_map(|at| write.values.get(*at)));
    db.prepare_cached(&write.table.update(&places))?.execute(params_from_iter(values))?;
    Ok(())
}

/// Keeps a ticket's rows in the lists of its labels and parties.
fn place(
    db: &Connection,
    table: &Table,
    values: &[Value],
    found: &Found,
    places: &Places,
    number: Option<i64>,
) -> Result<(), Failure> {
    let column = |name| unique::column(table, name);
    let now = |name| values.get(column(name)).unwrap_or(&Value::Null);
    let before = |name| found.before(column(name)).unwrap_or_else(|| now(name));
    let moves = ["active", "set_aside"].into_iter().any(|name| found.changes(column(name)));
    let fresh = matches!(found, Found::Nothing);
    let relabelled = moves || ["tags", "topics", "next_due_at"].into_iter().any(|n| found.changes(column(n)));
    let joined = moves || found.changes(column("participants"));
    let (tenant, id, created_at) = (now("tenant"), now("id"), now("created_at"));
    let listed = *now("set_aside") == Value::Null;
    if !fresh && *before("set_aside") == Value::Null {
        if relabelled {
            for (kind, labels) in [("tag", before("tags")), ("topic", before("topics"))] {
                for label in texts(labels)? {
                    db.prepare_cached(
                        "DELETE FROM desk_ticket_labels WHERE tenant = ?1 AND kind = ?2 AND label = ?3 \
                         AND active = ?4 AND created_at = ?5 AND id = ?6",
                    )?
                    .execute(params![
                        tenant,
                        kind,
                        label,
                        before("active"),
                        before("created_at"),
                        id
                    ])?;
                }
            }
        }
        if joined {
            for party in parties(before("participants"))? {
                db.prepare_cached(
                    "DELETE FROM desk_ticket_parties WHERE tenant = ?1 AND party = ?2 AND active = ?3 \
                     AND created_at = ?4 AND id = ?5",
                )?
                .execute(params![
                    tenant,
                    party,
                    before("active"),
                    before("created_at"),
                    id
                ])?;
            }
        }
    }
    if !listed {
        return Ok(());
    }
    if relabelled {
        for (kind, label) in &places.labels {
            db.prepare_cached(
                "INSERT INTO desk_ticket_labels (tenant, kind, label, active, created_at, id, next_due_at, \
                 ticket) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                tenant,
                kind,
                label,
                now("active"),
                created_at,
                id,
                now("next_due_at"),
                number
            ])?;
        }
    }
    if joined {
        for party in &places.parties {
            db.prepare_cached(
                "INSERT INTO desk_ticket_parties (tenant, party, active, created_at, id, ticket) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                tenant,
                party.as_bytes(),
                now("active"),
                created_at,
                id,
                number
            ])?;
        }
    }
    Ok(())
}

fn texts(value: &Value) -> Result<Vec<String>, Failure> {
    match value {
        Value::Text(json) => {
            serde_json::from_str(json).map_err(|_| Failure::Unreadable("a ticket's labels".into()))
        }
        _ => Ok(Vec::new()),
    }
}

fn parties(value: &Value) -> Result<Vec<[u8; 16]>, Failure> {
    let Value::Text(json) = value else { return Ok(Vec::new()) };
    let participants: Vec<support_core::ticket::Participant> =
        serde_json::from_str(json).map_err(|_| Failure::Unreadable("column `participants`".into()))?;
    let mut parties: Vec<_> = participants.into_iter().filter_map(|p| p.party.id).collect();
    parties.sort_unstable();
    parties.dedup();
    Ok(parties.into_iter().map(uuid::Uuid::into_bytes).collect())
}

/// Keeps a customer's verified addresses, which identify, and the words by which lists find them.
fn name(db: &Connection, tenant: i64, write: &EncodedWrite, found: &Found) -> Result<(), Failure> {
    let (name, addresses) = (unique::column(write.table, "name"), unique::column(write.table, "addresses"));
    let now = |at: usize| write.values.get(at).unwrap_or(&Value::Null);
    let before = |at: usize| found.before(at).unwrap_or_else(|| now(at));
    let id = now(TENANT + 1);
    if found.changes(addresses) {
        if matches!(found, Found::Row(_)) {
            for (kind, value) in unique::verified(before(addresses))? {
                db.prepare_cached(
                    "DELETE FROM desk_customer_addresses WHERE tenant = ?1 AND kind = ?2 AND value = ?3 \
                     AND customer = ?4",
                )?
                .execute(params![tenant, kind, value, id])?;
            }
        }
        for (kind, value) in unique::verified(now(addresses))? {
            db.prepare_cached(
                "INSERT INTO desk_customer_addresses (tenant, kind, value, customer) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![tenant, kind, value, id])?;
        }
    }
    if found.changes(addresses) || found.changes(name) {
        if matches!(found, Found::Row(_)) {
            for word in words(before(name), before(addresses))? {
                db.prepare_cached(
                    "DELETE FROM desk_customer_words WHERE tenant = ?1 AND word = ?2 AND customer = ?3",
                )?
                .execute(params![tenant, word, id])?;
            }
        }
        for word in words(now(name), now(addresses))? {
            db.prepare_cached(
                "INSERT INTO desk_customer_words (tenant, word, customer) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![tenant, word, id])?;
        }
    }
    Ok(())
}

/// Returns the words by which a customer is found: the name and every address, in lower case.
fn words(name: &Value, addresses: &Value) -> Result<BTreeSet<String>, Failure> {
    let addresses: Vec<Address> = match addresses {
        Value::Text(json) => {
            serde_json::from_str(json).map_err(|_| Failure::Unreadable("column `addresses`".into()))?
        }
        _ => Vec::new(),
    };
    let name = match name {
        Value::Text(name) => Some(name.to_lowercase()),
        _ => None,
    };
    Ok(name.into_iter().chain(addresses.iter().map(|address| address.value.to_lowercase())).collect())
}

fn count(db: &Connection, tenant: i64, delta: &Delta) -> Result<(), Failure> {
    match *delta {
        Delta::Load { agent, kind, change, .. } => {
            let column = super::check::load_column(kind);
            let sql = format!(
                "UPDATE desk_agent_states SET {column} = min(max({column} + ?3, 0), 4294967295) \
                 WHERE tenant = ?1 AND agent = ?2"
            );
            db.prepare_cached(&sql)?.execute(params![tenant, agent.uuid().as_bytes(), change])?;
        }
        Delta::Used { document } => {
            db.prepare_cached(
                "INSERT INTO desk_uses (tenant, document, uses) VALUES (?1, ?2, 1) \
                 ON CONFLICT (tenant, document) DO UPDATE SET uses = uses + 1",
            )?
            .execute(params![tenant, document.uuid().as_bytes()])?;
        }
        Delta::UsedSoFar { .. } => {}
        Delta::LastAssigned { agent, at } => {
            db.prepare_cached(
                "UPDATE desk_agent_states SET last_assigned_at = max(coalesce(last_assigned_at, ?3), ?3) \
                 WHERE tenant = ?1 AND agent = ?2",
            )?
            .execute(params![tenant, agent.uuid().as_bytes(), at.micros()])?;
        }
    }
    Ok(())
}

/// Adds events at the end of the tenant's log and links them into its chain.
fn log(db: &Connection, set: &Encoded, end: &mut End) -> Result<(), Failure> {
    for event in &set.events {
        end.position += 1;
        end.head = chain(&end.head, &event.envelope, &event.json);
        end.moved = true;
        event.insert(db, end.tenant, end.position, &end.head)?;
    }
    Ok(())
}
