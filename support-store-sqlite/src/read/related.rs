//! Records that a list brings along.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use support_core::id::{AgentId, CustomerId, TextId, TicketId};
use support_core::people::{ActorRef, Scope};
use support_core::store::{Record, Related};
use uuid::Uuid;

use super::load::{self, Kind, statement};
use super::sight;
use crate::error::Failure;

/// What is to be read beside a page, each once.
#[derive(Default)]
struct Wanted {
    texts: BTreeSet<TextId>,
    customers: BTreeSet<CustomerId>,
    agents: BTreeSet<AgentId>,
}

/// Reads what `with` asks for beside `items`, each once and where the scope sees it.
pub(super) fn related(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    items: &[Record],
    with: Related,
) -> Result<Vec<Record>, Failure> {
    let mut wanted = Wanted::default();
    let mut found = Vec::new();
    for item in items {
        if with.texts {
            wanted.texts.extend(item.texts());
        }
        if with.people {
            wanted.people_of(item);
        }
        if let (true, Record::Ticket(ticket)) = (with.last_message, item)
            && let Some(message) = last_message(db, tenant, scope, ticket.id)?
        {
            wanted.texts.extend(message.texts());
            found.push(message);
        }
    }
    let texts = wanted.texts.into_iter().map(TextId::uuid);
    each(db, tenant, scope, Kind::Text, statement!(Text, "c.tenant = ?1 AND c.id = ?2"), texts, &mut found)?;
    let customers = wanted.customers.into_iter().map(CustomerId::uuid);
    let sql = statement!(Customer, "c.tenant = ?1 AND c.id = ?2");
    each(db, tenant, scope, Kind::Customer, sql, customers, &mut found)?;
    let agents = wanted.agents.into_iter().map(AgentId::uuid);
    each(
        db,
        tenant,
        scope,
        Kind::Agent,
        statement!(Agent, "c.tenant = ?1 AND c.id = ?2"),
        agents,
        &mut found,
    )?;
    Ok(found)
}

/// Reads records of one kind by id, with one look for the statement.
fn each(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    kind: Kind,
    sql: &str,
    ids: impl ExactSizeIterator<Item = Uuid>,
    found: &mut Vec<Record>,
) -> Result<(), Failure> {
    if ids.len() == 0 {
        return Ok(());
    }
    let mut statement = db.prepare_cached(sql)?;
    for id in ids {
        let mut rows = statement.query(params![tenant, id.as_bytes()])?;
        if let Some(row) = rows.next()? {
            found.extend(kind.read(row, scope)?);
        }
    }
    sight::watch(&statement);
    Ok(())
}

/// Reads the newest message of a ticket that the scope sees.
fn last_message(
    db: &Connection,
    tenant: i64,
    scope: &Scope,
    ticket: TicketId,
) -> Result<Option<Record>, Failure> {
    let sql = if scope.is_staff() {
        statement!(
            Message,
            "c.tenant = ?1 AND c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?2) \
             ORDER BY c.seq DESC, c.id DESC LIMIT 1"
        )
    } else {
        statement!(
            Message,
            "c.tenant = ?1 AND c.ticket = (SELECT n FROM desk_tickets WHERE tenant = ?1 AND id = ?2) \
             AND c.visibility = 'public' ORDER BY c.seq DESC, c.id DESC LIMIT 1"
        )
    };
    load::read(db, scope, Kind::Message, sql, params![tenant, ticket.uuid().as_bytes()])
}

impl Wanted {
    fn people_of(&mut self, record: &Record) {
        match record {
            Record::Ticket(ticket) => {
                self.customers.insert(ticket.customer_id);
                self.agents.extend(ticket.assigned_to);
                ticket.participants.iter().for_each(|p| self.person(p.party));
            }
            Record::Message(message) => self.person(message.author),
            Record::Assignment(assignment) => {
                self.person(assignment.by);
                self.agents.extend(assignment.from.into_iter().chain(assignment.to));
            }
            Record::Offer(offer) => {
                self.agents.insert(offer.agent);
            }
            Record::AgentState(state) => {
                self.agents.insert(state.agent);
            }
            _ => {}
        }
    }

    fn person(&mut self, party: ActorRef) {
        self.agents.extend(party.agent_id());
        self.customers.extend(party.customer_id());
    }
}
