//! Lists of everything but tickets.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, ToSql, params};
use support_core::people::Scope;
use support_core::store::{OffersOf, Page, PageCursor, Query, Record, Select};
use uuid::Uuid;

use super::load::Kind;
use super::{Reader, log, related, sight, tickets};
use crate::config::Limits;
use crate::error::Failure;
use crate::row::access;

/// Before and after every id.
const FIRST: [u8; 16] = [0; 16];
const LAST: [u8; 16] = [0xff; 16];

/// Reads a page.
pub(crate) fn find(db: &Reader, scope: &Scope, query: &Query, limits: Limits) -> Result<Page, Failure> {
    if !(1..=Query::MOST).contains(&query.limit) {
        return Err(Failure::Misuse("a limit outside 1 to 1,000"));
    }
    let Some(tenant) = db.tenant(scope.tenant())? else { return Ok(Page::default()) };
    let (items, next) = match &query.select {
        Select::Stream(stream) => return log::stream(db, tenant, scope, *stream, query),
        Select::Tickets(filter) => tickets::find(db, tenant, scope, filter, query, limits)?,
        other => list(db, tenant, scope, other, query, limits.scan)?,
    };
    let related = related::related(db, tenant, scope, &items, query.with)?;
    Ok(Page { items, related, events: Vec::new(), next })
}

/// Declares a list: its kind of record, its index, its condition, and the columns of its order.
macro_rules! sql {
    ($kind:ident, $index:literal, $condition:literal, $key:literal, $id:literal, ascending) => {
        sql!(@ $kind, $index, $condition, concat!("(", $key, ", ", $id, ") > (?2, ?3) ORDER BY ", $key, ", ", $id))
    };
    ($kind:ident, $index:literal, $condition:literal, $key:literal, $id:literal, descending) => {
        sql!(@ $kind, $index, $condition,
            concat!("(", $key, ", ", $id, ") < (?2, ?3) ORDER BY ", $key, " DESC, ", $id, " DESC"))
    };
    (@ $kind:ident, $index:literal, $condition:literal, $order:expr) => {{
        static SQL: LazyLock<String> =
            LazyLock::new(|| format!("{} WHERE {} AND {}", Kind::$kind.select($index), $condition, $order));
        &*SQL
    }};
}

fn list(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    select: &Select,
    query: &Query,
    scan: usize,
) -> Result<(Vec<Record>, Option<PageCursor>), Failure> {
    let up = query.after.map_or((i64::MIN, FIRST), |after| (after.key, after.id.into_bytes()));
    let down = query.after.map_or((i64::MAX, LAST), |after| (after.key, after.id.into_bytes()));
    let page = |kind: Kind, sql: &str, params: &[&dyn ToSql], fits: &dyn Fn(&Record) -> bool| {
        walk(db, scope, kind, sql, params, (query.limit, scan), fits)
    };
    match select {
        Select::Conversations(ticket) => {
            let sql = sql!(
                Conversation,
                "INDEXED BY desk_conversations_ticket",
                "c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?4)",
                "c.created_at",
                "c.id",
                ascending
            );
            page(Kind::Conversation, sql, params![tenant, up.0, up.1, ticket.uuid().as_bytes()], &|_| true)
        }
        Select::Messages { ticket, conversation } => {
            let sql = sql!(
                Message,
                "",
                "c.tenant = ?1 AND c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?4)",
                "c.seq",
                "c.id",
                descending
            );
            let fits = |record: &Record| match record {
                Record::Message(message) => conversation.is_none_or(|id| message.conversation_id == id),
                _ => false,
            };
            page(Kind::Message, sql, params![tenant, down.0, down.1, ticket.uuid().as_bytes()], &fits)
        }
        Select::Assignments { .. } => assignments(tenant, select, query, page),
        Select::Offers(OffersOf::Ticket(ticket)) => {
            let sql = sql!(
                Offer,
                "INDEXED BY desk_offers_ticket",
                "?1 = ?1 AND c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?4)",
                "c.at",
                "c.id",
                descending
            );
            page(Kind::Offer, sql, params![tenant, down.0, down.1, ticket.uuid().as_bytes()], &|_| true)
        }
        Select::Offers(OffersOf::Agent(agent)) => {
            let sql = sql!(
                Offer,
                "INDEXED BY desk_offers_open",
                "c.tenant = ?1 AND c.agent = ?4 AND c.state = 'open'",
                "c.at",
                "c.id",
                descending
            );
            page(Kind::Offer, sql, params![tenant, down.0, down.1, agent.uuid().as_bytes()], &|_| true)
        }
        Select::Offers(OffersOf::Team(team)) => {
            let sql = sql!(
                Offer,
                "INDEXED BY desk_offers_open_team",
                "c.tenant = ?1 AND c.team = ?4 AND c.state = 'open'",
                "c.at",
                "c.id",
                descending
            );
            page(Kind::Offer, sql, params![tenant, down.0, down.1, team.uuid().as_bytes()], &|_| true)
        }
        Select::Agents { team, inactive } => {
            let sql = sql!(
                Agent,
                "INDEXED BY desk_agents_created",
                "c.tenant = ?1",
                "c.created_at",
                "c.id",
                ascending
            );
            let fits = |record: &Record| match record {
                Record::Agent(agent) => {
                    (agent.active || *inactive)
                        && team.is_none_or(|t| agent.team_ids.contains(&t) || agent.lead_ids.contains(&t))
                }
                _ => false,
            };
            page(Kind::Agent, sql, params![tenant, up.0, up.1], &fits)
        }
        Select::AgentStates => {
            // All have the same key, so the id alone decides, and leads the primary key.
            static SQL: LazyLock<String> = LazyLock::new(|| {
                let active = "EXISTS (SELECT 1 FROM desk_agents a WHERE a.tenant = c.tenant AND a.id = c.agent \
                              AND a.active = 1)";
                format!(
                    "{} WHERE c.tenant = ?1 AND c.agent > ?2 AND {active} ORDER BY c.agent",
                    Kind::State.select("")
                )
            });
            let from = query.after.map_or(Vec::new(), |after| after.id.as_bytes().to_vec());
            page(Kind::State, &SQL, params![tenant, from], &|_| true)
        }
        Select::Customers { prefix: None } => {
            let sql = sql!(
                Customer,
                "INDEXED BY desk_customers_created",
                "c.tenant = ?1",
                "c.created_at",
                "c.id",
                ascending
            );
            page(Kind::Customer, sql, params![tenant, up.0, up.1], &|_| true)
        }
        Select::Customers { prefix: Some(prefix) } => by_prefix(db, tenant, scope, prefix, query, scan),
        Select::Documents { kind, retired } => {
            let sql = sql!(
                Document,
                "INDEXED BY desk_documents_newest",
                "c.tenant = ?1 AND c.newest = 1",
                "c.created_at",
                "c.id",
                ascending
            );
            let fits = |record: &Record| match record {
                Record::Document(d) => kind.is_none_or(|kind| d.kind == kind) && (*retired || !d.retired),
                _ => false,
            };
            page(Kind::Document, sql, params![tenant, up.0, up.1], &fits)
        }
        Select::Sessions(subject) => {
            let sql = sql!(
                Session,
                "INDEXED BY desk_sessions_subject",
                "c.tenant = ?1 AND c.subject = ?4 AND c.subject_id = ?5",
                "c.created_at",
                "c.id",
                ascending
            );
            let (kind, id) = access::subject_columns(*subject);
            page(Kind::Session, sql, params![tenant, up.0, up.1, kind, id.as_bytes()], &|_| true)
        }
        Select::Journeys(customer) => {
            // All have the same key, so the id alone decides, and ends the primary key.
            static SQL: LazyLock<String> = LazyLock::new(|| {
                format!(
                    "{} WHERE c.tenant = ?1 AND c.customer = ?2 AND c.journey > ?3 ORDER BY c.journey",
                    Kind::Progress.select("")
                )
            });
            let from = query.after.map_or(Vec::new(), |after| after.id.as_bytes().to_vec());
            page(Kind::Progress, &SQL, params![tenant, customer.uuid().as_bytes(), from], &|_| true)
        }
        Select::Outbox(state) => {
            let sql = sql!(
                Outbox,
                "INDEXED BY desk_outbox_state",
                "c.tenant = ?1 AND c.state = ?4",
                "c.created_at",
                "c.id",
                ascending
            );
            page(Kind::Outbox, sql, params![tenant, up.0, up.1, state.as_str()], &|_| true)
        }
        // Read elsewhere.
        Select::Tickets(_) | Select::Stream(_) => Ok((Vec::new(), None)),
    }
}

/// Assignments, newest first: by ticket, else by agent from two indexes, else all.
fn assignments(
    tenant: i64,
    select: &Select,
    query: &Query,
    page: impl Fn(
        Kind,
        &str,
        &[&dyn ToSql],
        &dyn Fn(&Record) -> bool,
    ) -> Result<(Vec<Record>, Option<PageCursor>), Failure>,
) -> Result<(Vec<Record>, Option<PageCursor>), Failure> {
    let Select::Assignments { ticket, agent, team, from, to } = select else {
        return Ok((Vec::new(), None));
    };
    let mut down = query.after.map_or((i64::MAX, LAST), |after| (after.key, after.id.into_bytes()));
    if let Some(to) = to {
        // Strictly before: nothing at that instant comes after the smallest id.
        down = down.min((to.micros(), FIRST));
    }
    let floor = from.map_or(i64::MIN, |from| from.micros());
    let fits = |record: &Record| match record {
        Record::Assignment(a) => {
            ticket.is_none_or(|id| a.ticket_id == id)
                && agent.is_none_or(|id| a.from == Some(id) || a.to == Some(id))
                && team.is_none_or(|id| a.team_from == Some(id) || a.team_to == Some(id))
                && to.is_none_or(|to| a.at < to)
        }
        _ => false,
    };
    if let Some(ticket) = ticket {
        let sql = sql!(
            Assignment,
            "INDEXED BY desk_assignments_ticket",
            "?1 = ?1 AND c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?5) AND c.at >= ?4",
            "c.at",
            "c.id",
            descending
        );
        return page(
            Kind::Assignment,
            sql,
            params![tenant, down.0, down.1, floor, ticket.uuid().as_bytes()],
            &fits,
        );
    }
    let Some(agent) = agent else {
        let sql = sql!(
            Assignment,
            "INDEXED BY desk_assignments_at",
            "c.tenant = ?1 AND c.at >= ?4",
            "c.at",
            "c.id",
            descending
        );
        return page(Kind::Assignment, sql, params![tenant, down.0, down.1, floor], &fits);
    };
    let to_agent = sql!(
        Assignment,
        "INDEXED BY desk_assignments_to",
        "c.tenant = ?1 AND c.to_agent = ?5 AND c.at >= ?4",
        "c.at",
        "c.id",
        descending
    );
    let from_agent = sql!(
        Assignment,
        "INDEXED BY desk_assignments_from",
        "c.tenant = ?1 AND c.from_agent = ?5 AND c.at >= ?4",
        "c.at",
        "c.id",
        descending
    );
    let id = agent.uuid();
    let params = params![tenant, down.0, down.1, floor, id.as_bytes()];
    let (mut items, next_to) = page(Kind::Assignment, to_agent, params, &fits)?;
    let (others, next_from) = page(Kind::Assignment, from_agent, params, &fits)?;
    items.extend(others);
    items.sort_by_key(|record| std::cmp::Reverse(place(record)));
    items.dedup_by_key(|record| place(record));
    // Beyond the higher of the two cursors one of the lists is not read yet.
    let read = next_to.max(next_from);
    items.retain(|record| read.is_none_or(|read| place(record) >= read));
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = if more { items.last().map(place) } else { read };
    Ok((items, next))
}

/// Walks a list in its order until the page is full, its end is reached, or enough rows were looked at.
fn walk(
    db: &Connection,
    scope: &Scope,
    kind: Kind,
    sql: &str,
    params: &[&dyn ToSql],
    (limit, scan): (u32, usize),
    fits: &dyn Fn(&Record) -> bool,
) -> Result<(Vec<Record>, Option<PageCursor>), Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut items: Vec<Record> = Vec::new();
    let (mut looked, mut next) = (0, None);
    while let Some(row) = rows.next()? {
        looked += 1;
        if let Some(record) = kind.read(row, scope)?
            && fits(&record)
        {
            if items.len() == limit as usize {
                next = items.last().map(place);
                break;
            }
            items.push(record);
        }
        if looked >= scan {
            next = Some(row_place(row, kind)?);
            break;
        }
    }
    drop(rows);
    sight::watch(&statement);
    Ok((items, next))
}

/// Returns a record's place in its list.
pub(super) fn place(record: &Record) -> PageCursor {
    let (key, id): (i64, Uuid) = match record {
        Record::Ticket(ticket) => (ticket.created_at.micros(), ticket.id.uuid()),
        Record::Conversation(c) => (c.created_at.micros(), c.id.uuid()),
        Record::Message(message) => (message.seq.cast_signed(), message.id.uuid()),
        Record::Assignment(a) => (a.at.micros(), a.id.uuid()),
        Record::Offer(offer) => (offer.at.micros(), offer.id.uuid()),
        Record::Agent(agent) => (agent.created_at.micros(), agent.id.uuid()),
        Record::AgentState(state) => (0, state.agent.uuid()),
        Record::Customer(customer) => (customer.created_at.micros(), customer.id.uuid()),
        Record::Document(document) => (document.created_at.micros(), document.id.uuid()),
        Record::Session(session) => (session.created_at.micros(), session.id.uuid()),
        Record::Outbox(row) => (row.created_at.micros(), row.id.uuid()),
        Record::JourneyProgress(progress) => (0, progress.journey.id.uuid()),
        Record::Text(_) | Record::Login(_) | Record::Receipt(_) | Record::Uses(_) | Record::Epoch(_) => {
            (0, Uuid::nil())
        }
    };
    PageCursor { key, id }
}

/// Returns the place of a row that may not be seen.
fn row_place(row: &Row<'_>, kind: Kind) -> Result<PageCursor, Failure> {
    let key = match kind {
        Kind::Message => row.get("seq")?,
        Kind::Assignment | Kind::Offer => row.get("at")?,
        Kind::State | Kind::Progress => 0,
        _ => row.get("created_at")?,
    };
    let id: [u8; 16] = if let Kind::Progress = kind { row.get("journey")? } else { row.get(1)? };
    Ok(PageCursor { key, id: Uuid::from_bytes(id) })
}

/// Customers whose name or address begins so, oldest first: few are sorted, many are walked and compared.
fn by_prefix(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    prefix: &str,
    query: &Query,
    scan: usize,
) -> Result<(Vec<Record>, Option<PageCursor>), Failure> {
    let begins = |record: &Record| match record {
        Record::Customer(c) => [&c.name]
            .into_iter()
            .chain(c.addresses.iter().map(|a| &a.value))
            .any(|text| text.to_lowercase().starts_with(prefix)),
        _ => false,
    };
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT customer FROM desk_customer_words WHERE tenant = ?1 AND word >= ?2 AND word < ?3 LIMIT ?4",
    )?;
    // U+10FFFF is no character of any word, so all that begins with the prefix sorts before it.
    let end = format!("{prefix}\u{10ffff}");
    let found = statement
        .query_map(params![tenant, prefix, end, i64::try_from(scan).unwrap_or(i64::MAX) + 1], |row| {
            row.get::<_, [u8; 16]>(0)
        })?
        .collect::<Result<Vec<_>, _>>()?;
    if found.len() > scan {
        let (key, id) = query.after.map_or((i64::MIN, FIRST), |after| (after.key, after.id.into_bytes()));
        let sql = sql!(
            Customer,
            "INDEXED BY desk_customers_created",
            "c.tenant = ?1",
            "c.created_at",
            "c.id",
            ascending
        );
        return walk(db, scope, Kind::Customer, sql, params![tenant, key, id], (query.limit, scan), &begins);
    }
    let mut items = Vec::with_capacity(found.len());
    for id in found {
        let key =
            support_core::store::Key::Customer(support_core::id::CustomerId::from_uuid(Uuid::from_bytes(id)));
        items.extend(super::load::one(db, tenant, scope, &key)?);
    }
    items.retain(|record| query.after.is_none_or(|after| place(record) > after));
    items.sort_by_key(place);
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().map(place).filter(|_| more);
    Ok((items, next))
}
