//! The log, by place and by stream.

use rusqlite::{Connection, params};
use support_core::event::{Envelope, Stream};
use support_core::people::{Scope, Sight};
use support_core::store::{Cursor, EventPage, Page, PageCursor, Query};

use super::Reader;
use super::sight::{self, FACTS};
use crate::error::Failure;
use crate::row::event::{COLUMNS, decode, number};

/// Reads the log after a cursor, looking at no more than `scan` events that the scope does not see.
pub(crate) fn after(
    db: &Reader,
    scope: &Scope,
    after: &Cursor,
    limit: u32,
    scan: usize,
) -> Result<EventPage, Failure> {
    let (tenant, newest) = match db.tenant(scope.tenant())? {
        Some(tenant) => (tenant, position(db, tenant)?),
        None => (0, 0),
    };
    if *after == Cursor::end() {
        return Ok(EventPage { events: Vec::new(), next: Cursor::new(newest.to_string()) });
    }
    let from = match after.as_str() {
        "" => 0,
        text => text.parse::<i64>().map_err(|_| FOREIGN)?,
    };
    let mut page = EventPage { events: Vec::new(), next: after.clone() };
    if from < 0 || from > newest {
        return Err(FOREIGN);
    }
    let sql = format!("SELECT {COLUMNS} FROM desk_events WHERE n > ?1 AND n <= ?2 ORDER BY n");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([number(tenant, from), number(tenant, newest)])?;
    let mut looked = 0;
    while page.events.len() < limit as usize && looked < scan.max(limit as usize) {
        let Some(row) = rows.next()? else { break };
        let logged = decode(row)?;
        looked += 1;
        page.next = logged.cursor.clone();
        if logged.envelope.audience.is_visible(logged.envelope.stream, scope) {
            page.events.push(logged);
        }
    }
    Ok(page)
}

const FOREIGN: Failure = Failure::Misuse("a cursor of another log");

fn position(db: &Connection, tenant: i64) -> Result<i64, Failure> {
    Ok(db
        .prepare_cached("SELECT position FROM desk_tenants WHERE n = ?1")?
        .query_row([tenant], |row| row.get(0))?)
}

/// Reads the events of one stream that a scope sees.
pub(crate) fn stream(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    stream: Stream,
    query: &Query,
) -> Result<Page, Failure> {
    let mut page = Page::default();
    if !sees(db, tenant, scope, stream)? {
        return Ok(page);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM desk_events WHERE tenant = ?1 AND stream = ?2 AND stream_id = ?3 \
         AND stream_seq >= ?4 ORDER BY stream_seq"
    );
    let from = query.after.map_or(i64::MIN, |after| after.key);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![tenant, stream.kind(), stream.uuid().as_bytes(), from])?;
    while let Some(row) = rows.next()? {
        let envelope = decode(row)?.envelope;
        if query.after.is_some_and(|after| place(&envelope) <= after)
            || !envelope.audience.is_visible(stream, scope)
        {
            continue;
        }
        if page.events.len() == query.limit as usize {
            page.next = page.events.last().map(place);
            break;
        }
        page.events.push(envelope);
    }
    Ok(page)
}

fn place(envelope: &Envelope) -> PageCursor {
    PageCursor { key: envelope.stream_seq.cast_signed(), id: envelope.id.uuid() }
}

/// Tells whether a scope may read a stream at all: a ticket's only while it sees the ticket.
fn sees(db: &Connection, tenant: i64, scope: &Scope, stream: Stream) -> Result<bool, Failure> {
    let ticket = match stream {
        Stream::Ticket(ticket) => ticket,
        Stream::Login(_) => return Ok(scope.sees_audit()),
        Stream::Customer(_) | Stream::Agent(_) | Stream::Document(_) => return Ok(scope.is_staff()),
    };
    if matches!(scope.sight(), Sight::System) {
        return Ok(true);
    }
    ticket_seen(db, tenant, scope, ticket)
}

/// Tells whether a scope sees a ticket.
pub(super) fn ticket_seen(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    ticket: support_core::id::TicketId,
) -> Result<bool, Failure> {
    let sql = format!("SELECT {FACTS} FROM desk_tickets t WHERE t.tenant = ?1 AND t.id = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![tenant, ticket.uuid().as_bytes()])?;
    match rows.next()? {
        Some(row) => Ok(sight::ticket_seen(row, 0, scope)?.is_some_and(|(_, seen)| seen)),
        None => Ok(false),
    }
}
