//! Several ordered scans as one list.

use std::collections::VecDeque;

use rusqlite::{CachedStatement, Connection, Rows, params_from_iter};
use support_core::store::PageCursor;
use uuid::Uuid;

use super::partition::Scan;
use super::sight;
use crate::commit::search;
use crate::error::Failure;

/// A ticket's place in the list, and its number.
pub(super) type Candidate = (PageCursor, i64);

/// Where candidates come from, in the order of the list.
enum Source<'s> {
    /// A scan that is stepped as it is needed.
    Scanned(Rows<'s>),
    /// Candidates that were read and sorted.
    Sorted(std::vec::IntoIter<Candidate>),
    /// Matches of the search index: ordered by millisecond, put in order within each.
    Matched { rows: Rows<'s>, ahead: Option<i64>, ready: VecDeque<Candidate> },
}

/// What a list is merged from.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) scans: Vec<Scan>,
    pub(super) sorted: Vec<Candidate>,
    /// Scan of the search index that gives row ids.
    pub(super) matches: Option<Scan>,
}

/// Walks the merged list, each ticket once, until `visit` says stop or the end is reached.
pub(super) fn walk(
    db: &Connection,
    sources: Sources,
    descending: bool,
    mut visit: impl FnMut(Candidate) -> Result<Walk, Failure>,
) -> Result<Walk, Failure> {
    let mut statements = Vec::with_capacity(sources.scans.len());
    let mut params = Vec::with_capacity(sources.scans.len() + 1);
    let is_match = sources.matches.is_some();
    let scans: Vec<Scan> = sources.matches.into_iter().chain(sources.scans).collect();
    for (at, scan) in scans.iter().enumerate() {
        // A statement that is in use is not in the cache: the second of a kind is another, by its comment.
        let alike = scans.iter().take(at).filter(|other| other.sql == scan.sql).count();
        statements.push(match alike {
            0 => db.prepare_cached(&scan.sql)?,
            _ => db.prepare_cached(&format!("/* {alike} */ {}", scan.sql))?,
        });
    }
    params.extend(scans.into_iter().map(|scan| scan.params));
    let mut heads: Vec<(Option<Candidate>, Source<'_>)> = Vec::with_capacity(statements.len() + 1);
    for (at, (statement, params)) in statements.iter_mut().zip(params).enumerate() {
        let rows = open(statement, &params)?;
        let source = if is_match && at == 0 {
            Source::Matched { rows, ahead: None, ready: VecDeque::new() }
        } else {
            Source::Scanned(rows)
        };
        heads.push((None, source));
    }
    if !sources.sorted.is_empty() {
        heads.push((None, Source::Sorted(sources.sorted.into_iter())));
    }
    for (head, source) in &mut heads {
        *head = source.next(db, descending)?;
    }
    let ended = merge(db, &mut heads, descending, &mut visit)?;
    drop(heads);
    statements.iter().for_each(|statement| sight::watch(statement));
    Ok(ended)
}

/// Takes the first of all heads, again and again.
fn merge(
    db: &Connection,
    heads: &mut [(Option<Candidate>, Source<'_>)],
    descending: bool,
    visit: &mut impl FnMut(Candidate) -> Result<Walk, Failure>,
) -> Result<Walk, Failure> {
    let mut last = None;
    loop {
        let first = heads.iter_mut().filter(|(head, _)| head.is_some()).reduce(|a, b| {
            let before = if descending { a.0 >= b.0 } else { a.0 <= b.0 };
            if before { a } else { b }
        });
        let Some((head, source)) = first else { return Ok(Walk::On) };
        let Some(candidate) = *head else { return Ok(Walk::On) };
        *head = source.next(db, descending)?;
        // One ticket may stand in several of the merged parts.
        if last == Some(candidate) {
            continue;
        }
        last = Some(candidate);
        if visit(candidate)? == Walk::Stop {
            return Ok(Walk::Stop);
        }
    }
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    On,
    Stop,
}

fn open<'s>(
    statement: &'s mut CachedStatement<'_>,
    params: &[rusqlite::types::Value],
) -> Result<Rows<'s>, Failure> {
    Ok(statement.query(params_from_iter(params))?)
}

impl Source<'_> {
    fn next(&mut self, db: &Connection, descending: bool) -> Result<Option<Candidate>, Failure> {
        match self {
            Self::Sorted(rows) => Ok(rows.next()),
            Self::Scanned(rows) => match rows.next()? {
                Some(row) => {
                    let id: [u8; 16] = row.get(1)?;
                    Ok(Some((PageCursor { key: row.get(0)?, id: Uuid::from_bytes(id) }, row.get(2)?)))
                }
                None => Ok(None),
            },
            Self::Matched { rows, ahead, ready } => {
                if ready.is_empty() {
                    fill(db, rows, ahead, ready, descending)?;
                }
                Ok(ready.pop_front())
            }
        }
    }
}

/// Reads the matches of one millisecond and puts their tickets in order.
fn fill(
    db: &Connection,
    rows: &mut Rows<'_>,
    ahead: &mut Option<i64>,
    ready: &mut VecDeque<Candidate>,
    descending: bool,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut milli = None;
    loop {
        let id = match ahead.take() {
            Some(id) => id,
            None => match rows.next()? {
                Some(row) => row.get(0)?,
                None => break,
            },
        };
        if milli.is_some_and(|milli| milli != search::milli(id)) {
            *ahead = Some(id);
            break;
        }
        milli = Some(search::milli(id));
        found.push(candidate(db, id)?);
    }
    found.sort_unstable();
    found.dedup();
    if descending {
        found.reverse();
    }
    ready.extend(found);
    Ok(())
}

/// Returns the ticket that a row of the search index finds.
pub(super) fn candidate(db: &Connection, id: i64) -> Result<Candidate, Failure> {
    let found = db
        .prepare_cached(
            "SELECT t.created_at, t.id, t.n FROM desk_search_texts s JOIN desk_tickets t ON t.n = s.ticket \
             WHERE s.n = ?1",
        )?
        .query_row([id], |row| {
            let id: [u8; 16] = row.get(1)?;
            Ok((PageCursor { key: row.get(0)?, id: Uuid::from_bytes(id) }, row.get(2)?))
        })?;
    Ok(found)
}
