//! Finding tickets by words.

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use support_core::people::Scope;
use support_core::store::PageCursor;
use support_core::time::Timestamp;

use super::partition::Scan;
use crate::commit::search;
use crate::error::Failure;

/// Words that must all stand in one text that the scope may see.
pub(super) struct Words {
    /// What the search index is asked.
    question: String,
}

impl Words {
    /// Spells the question; nothing where no words are asked for.
    pub(super) fn of(scope: &Scope, tenant: i64, words: &[String]) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        let of_class = |public: bool| {
            let mark = search::mark(tenant, public);
            // Escaped words hold no quotation mark.
            let quoted: Vec<_> =
                words.iter().map(|word| format!("\"{mark}{}\"", search::escaped(word))).collect();
            format!("({})", quoted.join(" AND "))
        };
        let question = if scope.is_staff() {
            format!("{} OR {}", of_class(true), of_class(false))
        } else {
            of_class(true)
        };
        Some(Self { question })
    }

    /// Lists the matches, where they are no more than `most`.
    pub(super) fn ids(&self, db: &Connection, most: usize) -> Result<Option<Vec<i64>>, Failure> {
        let mut statement =
            db.prepare_cached("SELECT rowid FROM desk_search WHERE desk_search MATCH ?1 LIMIT ?2")?;
        let ids = statement
            .query_map(params![self.question, i64::try_from(most).unwrap_or(i64::MAX - 1) + 1], |row| {
                row.get(0)
            })?
            .collect::<Result<Vec<_>, _>>()?;
        Ok((ids.len() <= most).then_some(ids))
    }

    /// Scans the matches by the creation of their tickets.
    pub(super) fn scan(&self, after: PageCursor, descending: bool) -> Scan {
        let (first, last) = search::ids_at(after.key);
        let (sql, edge) = if descending {
            (
                "SELECT rowid FROM desk_search WHERE desk_search MATCH ?1 AND rowid <= ?2 ORDER BY rowid DESC",
                last,
            )
        } else {
            ("SELECT rowid FROM desk_search WHERE desk_search MATCH ?1 AND rowid >= ?2 ORDER BY rowid", first)
        };
        Scan { sql: sql.to_owned(), params: vec![Value::Text(self.question.clone()), Value::Integer(edge)] }
    }

    /// Tells whether a ticket is found.
    pub(super) fn find(&self, db: &Connection, created_at: Timestamp, ticket: i64) -> Result<bool, Failure> {
        let (first, last) = search::ids_at(created_at.micros());
        let mut statement = db.prepare_cached(
            "SELECT 1 FROM desk_search f JOIN desk_search_texts s ON s.n = f.rowid \
             WHERE f.desk_search MATCH ?1 AND f.rowid BETWEEN ?2 AND ?3 AND s.ticket = ?4",
        )?;
        Ok(statement.exists(params![self.question, first, last, ticket])?)
    }
}
