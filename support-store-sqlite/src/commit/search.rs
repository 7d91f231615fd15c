//! The index of words.
//!
//! An entry's row id leads with the millisecond in which its ticket was opened, so that the index itself gives the
//! newest tickets first, however many match. A word is stored behind the tenant's number and a letter for who may
//! see it: a search reads no entry of another tenant or of a class that it must not show.

use rusqlite::{Connection, OptionalExtension as _, params};
use support_core::id::TextId;

use super::encoded::EncodedEntry;
use crate::error::Failure;

/// Bits of a row id that tell apart the texts of tickets opened in one millisecond: two million of them.
const SLOT_BITS: u32 = 21;
/// The last millisecond that fits above them, in the year 2109. What lies outside is found, at the end of its side.
const LAST_MILLI: i64 = (1 << 42) - 1;

/// Returns the first and the last row id for tickets opened at an instant, in microseconds.
pub(crate) const fn ids_at(created_at: i64) -> (i64, i64) {
    let milli = created_at.div_euclid(1_000);
    let milli = if milli < 0 {
        0
    } else if milli > LAST_MILLI {
        LAST_MILLI
    } else {
        milli
    };
    let first = milli << SLOT_BITS;
    (first, first | ((1 << SLOT_BITS) - 1))
}

/// Returns the millisecond that a row id leads with.
pub(crate) const fn milli(id: i64) -> i64 {
    id >> SLOT_BITS
}

/// Writes a token so that the index keeps it whole and as it is: its tokenizer splits at ASCII punctuation and folds
/// ASCII capitals, and takes every other letter as it comes.
pub(crate) fn escaped(token: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (!c.is_ascii() && c != ESCAPE);
    if token.chars().all(plain) {
        return token.to_owned();
    }
    let mut out = String::with_capacity(token.len() + 8);
    for c in token.chars() {
        if plain(c) {
            out.push(c);
        } else {
            out.push(ESCAPE);
            out.push_str(&format!("{:x}", u32::from(c)));
            out.push(ESCAPE);
        }
    }
    out
}

/// A letter that no word holds.
const ESCAPE: char = '‡';

/// Returns what stands before each word of a tenant's public or internal texts.
pub(crate) fn mark(tenant: i64, public: bool) -> String {
    format!("{tenant:x}{}", if public { 'p' } else { 'i' })
}

/// Adds an entry, in place of the text's earlier one.
pub(super) fn add(db: &Connection, tenant: i64, ticket: i64, entry: &EncodedEntry) -> Result<(), Failure> {
    remove(db, tenant, entry.text)?;
    let created_at: i64 = db
        .prepare_cached("SELECT created_at FROM desk_tickets WHERE n = ?1")?
        .query_row([ticket], |row| row.get(0))?;
    let (first, last) = ids_at(created_at);
    let newest: Option<i64> = db
        .prepare_cached("SELECT max(n) FROM desk_search_texts WHERE n BETWEEN ?1 AND ?2")?
        .query_row([first, last], |row| row.get(0))?;
    let id = newest.map_or(first, |newest| newest.saturating_add(1));
    let mark = mark(tenant, entry.public);
    let mut words = String::new();
    for token in &entry.tokens {
        words.push_str(&mark);
        words.push_str(token);
        words.push(' ');
    }
    db.prepare_cached(
        "INSERT INTO desk_search_texts (n, tenant, text, ticket, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id, tenant, entry.text.uuid().as_bytes(), ticket, entry.digest])?;
    db.prepare_cached("INSERT INTO desk_search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![id, words])?;
    Ok(())
}

/// Removes the entry of a text, if it has one.
pub(super) fn remove(db: &Connection, tenant: i64, text: TextId) -> Result<(), Failure> {
    let id: Option<i64> = db
        .prepare_cached("SELECT n FROM desk_search_texts WHERE tenant = ?1 AND text = ?2")?
        .query_row(params![tenant, text.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(id) = id {
        db.prepare_cached("DELETE FROM desk_search WHERE rowid = ?1")?.execute([id])?;
        db.prepare_cached("DELETE FROM desk_search_texts WHERE n = ?1")?.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_apart_and_whole() {
        assert_eq!(escaped("größe"), "größe");
        assert_eq!(escaped("a'b\" OR 1"), "a‡27‡b‡22‡‡20‡‡4f‡‡52‡‡20‡1");
        assert_ne!(escaped("‡27‡"), escaped("'"));
    }

    #[test]
    fn row_ids_follow_creation() {
        let (first, last) = ids_at(1_760_000_000_000_000);
        assert!(last > first && ids_at(1_760_000_000_001_000).0 > last);
        assert!(ids_at(i64::MAX).1 > 0 && ids_at(i64::MIN).0 == 0);
    }
}
