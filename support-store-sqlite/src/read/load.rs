//! Single records by key.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use support_core::id::{TextId, TicketId};
use support_core::people::Scope;
use support_core::store::{Key, Record, SearchEntry};

use super::Reader;
use super::sight::{self, FACTS};
use crate::error::Failure;
use crate::row::{Table, access, people, text, thread, ticket};

/// A record as it is read: its columns, and those of its ticket behind them.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Ticket,
    Conversation,
    Message,
    Text,
    Assignment,
    Offer,
    Outbox,
    Customer,
    Agent,
    State,
    Document,
    Login,
    Session,
    Progress,
}

impl Kind {
    pub(super) const fn table(self) -> &'static Table {
        match self {
            Self::Ticket => &ticket::TICKETS,
            Self::Conversation => &thread::CONVERSATIONS,
            Self::Message => &thread::MESSAGES,
            Self::Text => &text::TEXTS,
            Self::Assignment => &thread::ASSIGNMENTS,
            Self::Offer => &thread::OFFERS,
            Self::Outbox => &thread::OUTBOX,
            Self::Customer => &people::CUSTOMERS,
            Self::Agent => &people::AGENTS,
            Self::State => &people::STATES,
            Self::Document => &text::DOCUMENTS,
            Self::Login => &access::LOGINS,
            Self::Session => &access::SESSIONS,
            Self::Progress => &access::JOURNEYS,
        }
    }

    /// Returns a statement up to its `FROM` clause, in which the record is `c` and its ticket `t`.
    pub(super) fn select(self, index: &str) -> String {
        let table = self.table();
        let columns = table.selected(if matches!(self, Self::Ticket) { "t" } else { "c" });
        match self {
            Self::Ticket => format!("SELECT {columns}, {FACTS} FROM desk_tickets t {index}"),
            Self::Conversation
            | Self::Message
            | Self::Text
            | Self::Assignment
            | Self::Offer
            | Self::Outbox => format!(
                "SELECT {columns}, {FACTS} FROM {} c {index} LEFT JOIN desk_tickets t ON t.n = c.ticket",
                table.name
            ),
            _ => format!("SELECT {columns} FROM {} c {index}", table.name),
        }
    }

    /// Reads a record. Nothing where the scope does not see it.
    pub(super) fn read(self, row: &Row<'_>, scope: &Scope) -> Result<Option<Record>, Failure> {
        let facts = self.table().columns.len();
        let of_ticket = |decode: &dyn Fn(TicketId) -> Result<Record, Failure>| match sight::ticket_seen(
            row, facts, scope,
        )? {
            Some((ticket, true)) => decode(ticket).map(Some),
            _ => Ok(None),
        };
        let record = match self {
            Self::Ticket => {
                return of_ticket(&|_| Ok(Record::Ticket(Box::new(ticket::decode(row, 0)?))));
            }
            Self::Conversation => {
                let found = of_ticket(&|t| Ok(Record::Conversation(thread::decode_conversation(row, t)?)))?;
                return Ok(found.filter(|record| match record {
                    Record::Conversation(conversation) => sight::conversation(scope, conversation),
                    _ => false,
                }));
            }
            Self::Message => {
                let found = of_ticket(&|t| Ok(Record::Message(Box::new(thread::decode_message(row, t)?))))?;
                return Ok(found.filter(|record| match record {
                    Record::Message(message) => sight::message(scope, message),
                    _ => false,
                }));
            }
            Self::Text => {
                let seen = sight::ticket_seen(row, facts, scope)?;
                let text = text::decode_text(row, seen.map(|(ticket, _)| ticket))?;
                let visible = sight::text(scope, &text, seen.is_some_and(|(_, seen)| seen));
                return Ok(visible.then_some(Record::Text(text)));
            }
            Self::Assignment => {
                let found =
                    of_ticket(&|t| Ok(Record::Assignment(Box::new(thread::decode_assignment(row, t)?))))?;
                return Ok(found.filter(|_| scope.is_staff()));
            }
            Self::Offer => {
                let Some((ticket, seen)) = sight::ticket_seen(row, facts, scope)? else { return Ok(None) };
                let offer = thread::decode_offer(row, ticket)?;
                let visible = scope.is_staff() && (seen || scope.agent() == Some(offer.agent));
                return Ok(visible.then(|| Record::Offer(Box::new(offer))));
            }
            Self::Outbox => {
                let found = of_ticket(&|t| Ok(Record::Outbox(thread::decode_outbox(row, t)?)))?;
                return Ok(found.filter(|record| sight::of_tenant(scope, record)));
            }
            Self::Customer => Record::Customer(Box::new(people::decode_customer(row)?)),
            Self::Agent => Record::Agent(Box::new(people::decode_agent(row)?)),
            Self::State => Record::AgentState(people::decode_state(row)?),
            Self::Document => Record::Document(text::decode_document(row)?),
            Self::Login => Record::Login(access::decode_login(row)?),
            Self::Session => Record::Session(access::decode_session(row)?),
            Self::Progress => Record::JourneyProgress(access::decode_progress(row)?),
        };
        Ok(sight::of_tenant(scope, &record).then_some(record))
    }
}

/// Declares a statement that is spelled once.
macro_rules! statement {
    ($kind:ident, $condition:literal) => {{
        static SQL: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| Kind::$kind.select("") + " WHERE " + $condition);
        &*SQL
    }};
}
pub(super) use statement;

/// Reads records by key, in the order of the keys.
pub(crate) fn load(db: &Reader, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, Failure> {
    match db.tenant(scope.tenant())? {
        Some(tenant) => keys.iter().map(|key| one(db, tenant, scope, key)).collect(),
        None => Ok(keys.iter().map(|key| empty(scope, key)).collect()),
    }
}

/// Tells whether one statement reads these records, once the tenant's number is known.
pub(crate) fn is_single(keys: &[Key]) -> bool {
    matches!(keys, [key] if !matches!(key, Key::TextByWords(..)))
}

/// What stands under a key of a tenant in which nothing was written.
fn empty(scope: &Scope, key: &Key) -> Option<Record> {
    let record = match key {
        Key::Epoch => Record::Epoch(0),
        Key::Uses(_) => Record::Uses(0),
        _ => return None,
    };
    sight::of_tenant(scope, &record).then_some(record)
}

/// Reads one record.
pub(super) fn one(db: &Connection, tenant: i64, scope: &Scope, key: &Key) -> Result<Option<Record>, Failure> {
    let by =
        |kind: Kind, sql: &str, id: uuid::Uuid| read(db, scope, kind, sql, params![tenant, id.as_bytes()]);
    match key {
        Key::Ticket(id) => by(Kind::Ticket, statement!(Ticket, "t.tenant = ?1 AND t.id = ?2"), id.uuid()),
        Key::TicketByReference(reference) => read(
            db,
            scope,
            Kind::Ticket,
            statement!(Ticket, "t.tenant = ?1 AND t.reference = ?2"),
            params![tenant, reference.bits().cast_signed()],
        ),
        Key::Conversation(id) => {
            by(Kind::Conversation, statement!(Conversation, "c.tenant = ?1 AND c.id = ?2"), id.uuid())
        }
        Key::Message(id) => by(Kind::Message, statement!(Message, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::MessageByExternalId(inbox, id) => read(
            db,
            scope,
            Kind::Message,
            statement!(
                Message,
                "c.tenant = ?1 AND c.inbox_id = ?2 AND c.external_id = ?3 AND c.inbox_id IS NOT NULL \
                 AND c.external_id IS NOT NULL"
            ),
            params![tenant, inbox.uuid().as_bytes(), id.as_str()],
        ),
        Key::Text(id) => by(Kind::Text, statement!(Text, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::TextByWords(id, words) => {
            let holds = holds_words(db, tenant, *id, words)?;
            if holds { one(db, tenant, scope, &Key::Text(*id)) } else { Ok(None) }
        }
        Key::Assignment(id) => {
            by(Kind::Assignment, statement!(Assignment, "c.tenant = ?1 AND c.id = ?2"), id.uuid())
        }
        Key::Offer(id) => by(Kind::Offer, statement!(Offer, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::Outbox(id) => by(Kind::Outbox, statement!(Outbox, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::Customer(id) => {
            by(Kind::Customer, statement!(Customer, "c.tenant = ?1 AND c.id = ?2"), id.uuid())
        }
        Key::CustomerByExternalId(id) => read(
            db,
            scope,
            Kind::Customer,
            statement!(Customer, "c.tenant = ?1 AND c.external_id = ?2 AND c.external_id IS NOT NULL"),
            params![tenant, id.as_str()],
        ),
        Key::CustomerByAddress(kind, value) => read(
            db,
            scope,
            Kind::Customer,
            statement!(
                Customer,
                "c.tenant = ?1 AND c.id = (SELECT customer FROM desk_customer_addresses \
                 WHERE tenant = ?1 AND kind = ?2 AND value = ?3)"
            ),
            params![tenant, kind.as_str(), value],
        ),
        Key::Agent(id) => by(Kind::Agent, statement!(Agent, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::AgentByExternalId(id) => read(
            db,
            scope,
            Kind::Agent,
            statement!(Agent, "c.tenant = ?1 AND c.external_id = ?2 AND c.external_id IS NOT NULL"),
            params![tenant, id.as_str()],
        ),
        Key::AgentByEmail(email) => read(
            db,
            scope,
            Kind::Agent,
            statement!(Agent, "c.tenant = ?1 AND c.email_folded = ?2"),
            params![tenant, email],
        ),
        Key::AgentState(id) => {
            by(Kind::State, statement!(State, "c.tenant = ?1 AND c.agent = ?2"), id.uuid())
        }
        Key::Document(id) => by(
            Kind::Document,
            statement!(Document, "c.tenant = ?1 AND c.id = ?2 ORDER BY c.version DESC LIMIT 1"),
            id.uuid(),
        ),
        Key::DocumentVersion(id, version) => read(
            db,
            scope,
            Kind::Document,
            statement!(Document, "c.tenant = ?1 AND c.id = ?2 AND c.version = ?3"),
            params![tenant, id.uuid().as_bytes(), version.cast_signed()],
        ),
        Key::Epoch => epoch(db, tenant, scope),
        Key::Uses(id) => uses(db, tenant, scope, *id),
        Key::Login(subject) => {
            let (kind, id) = access::subject_columns(*subject);
            let sql = statement!(Login, "c.tenant = ?1 AND c.subject = ?2 AND c.subject_id = ?3");
            read(db, scope, Kind::Login, sql, params![tenant, kind, id.as_bytes()])
        }
        Key::Session(id) => by(Kind::Session, statement!(Session, "c.tenant = ?1 AND c.id = ?2"), id.uuid()),
        Key::JourneyProgress(customer, journey) => read(
            db,
            scope,
            Kind::Progress,
            statement!(Progress, "c.tenant = ?1 AND c.customer = ?2 AND c.journey = ?3"),
            params![tenant, customer.uuid().as_bytes(), journey.uuid().as_bytes()],
        ),
        Key::Receipt(key) => receipt(db, tenant, scope, key),
    }
}

/// Reads the record that a statement finds, where the scope sees it.
pub(super) fn read(
    db: &Connection,
    scope: &Scope,
    kind: Kind,
    sql: &str,
    params: impl Params,
) -> Result<Option<Record>, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let found = match rows.next()? {
        Some(row) => kind.read(row, scope)?,
        None => None,
    };
    drop(rows);
    sight::watch(&statement);
    Ok(found)
}

/// Tells whether exactly these words are held by a text's entry and the index behind it.
fn holds_words(db: &Connection, tenant: i64, text: TextId, words: &[String]) -> Result<bool, Failure> {
    let held: Option<(Vec<u8>, bool)> = db
        .prepare_cached(
            "SELECT s.digest, EXISTS (SELECT 1 FROM desk_search_docsize d WHERE d.id = s.n) \
             FROM desk_search_texts s WHERE s.tenant = ?1 AND s.text = ?2",
        )?
        .query_row(params![tenant, text.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match held {
        Some((digest, indexed)) => indexed && digest == SearchEntry::digest(words),
        None => words.is_empty(),
    })
}

fn epoch(db: &Connection, tenant: i64, scope: &Scope) -> Result<Option<Record>, Failure> {
    let epoch: i64 = db
        .prepare_cached("SELECT epoch FROM desk_tenants WHERE n = ?1")?
        .query_row([tenant], |row| row.get(0))?;
    let record = Record::Epoch(epoch.cast_unsigned());
    Ok(sight::of_tenant(scope, &record).then_some(record))
}

fn uses(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    id: support_core::id::DocumentId,
) -> Result<Option<Record>, Failure> {
    let uses: Option<i64> = db
        .prepare_cached("SELECT uses FROM desk_uses WHERE tenant = ?1 AND document = ?2")?
        .query_row(params![tenant, id.uuid().as_bytes()], |row| row.get(0))
        .optional()?;
    let record = Record::Uses(uses.unwrap_or_default().cast_unsigned());
    Ok(sight::of_tenant(scope, &record).then_some(record))
}

fn receipt(db: &Connection, tenant: i64, scope: &Scope, key: &str) -> Result<Option<Record>, Failure> {
    let held = db
        .prepare_cached(
            "SELECT key, digest, reply, expires_at FROM desk_receipts WHERE tenant = ?1 AND key = ?2",
        )?
        .query_row(params![tenant, key], |row| Ok(access::decode_receipt(row)))
        .optional()?
        .transpose()?;
    Ok(held.map(Record::Receipt).filter(|record| sight::of_tenant(scope, record)))
}
