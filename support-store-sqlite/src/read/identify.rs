//! Who a credential names.

use rusqlite::{Connection, params};
use support_core::id::{AgentId, CustomerId, SessionId, TenantId};
use support_core::label::ForeignId;
use support_core::people::{Actor, AgentActor, CustomerActor};
use support_core::store::{LoginSubject, Record};
use support_core::time::Timestamp;

use super::Reader;
use super::load::{Kind, statement};
use crate::error::Failure;
use crate::row::{access, people};

/// What is looked up: a credential without what was shown.
pub(crate) enum Claimed {
    Agent(AgentId),
    ExternalAgent(ForeignId),
    Customer(CustomerId),
    ExternalCustomer(ForeignId),
    Session(SessionId, Timestamp),
}

impl From<LoginSubject> for Claimed {
    fn from(subject: LoginSubject) -> Self {
        match subject {
            LoginSubject::Agent(id) => Self::Agent(id),
            LoginSubject::Customer(id) => Self::Customer(id),
        }
    }
}

/// Finds who somebody claims to be; nobody where they are deactivated, blocked or signed out.
pub(crate) fn actor(db: &Reader, tenant: TenantId, claimed: &Claimed) -> Result<Option<Actor>, Failure> {
    let Some(number) = db.tenant(tenant)? else { return Ok(None) };
    let found = match claimed {
        Claimed::Session(id, now) => {
            let sql = statement!(Session, "c.tenant = ?1 AND c.id = ?2");
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query(params![number, id.uuid().as_bytes()])?;
            let session = rows.next()?.map(access::decode_session).transpose()?;
            return match session {
                Some(s) if s.ended_at.is_none() && *now < s.expires_at => {
                    actor(db, tenant, &s.subject.into())
                }
                _ => Ok(None),
            };
        }
        Claimed::Agent(id) => {
            let sql = statement!(Agent, "c.tenant = ?1 AND c.id = ?2");
            person(db, Kind::Agent, sql, params![number, id.uuid().as_bytes()])?
        }
        Claimed::ExternalAgent(id) => {
            let sql = statement!(Agent, "c.tenant = ?1 AND c.external_id = ?2 AND c.external_id IS NOT NULL");
            person(db, Kind::Agent, sql, params![number, id.as_str()])?
        }
        Claimed::Customer(id) => {
            let sql = statement!(Customer, "c.tenant = ?1 AND c.id = ?2");
            person(db, Kind::Customer, sql, params![number, id.uuid().as_bytes()])?
        }
        Claimed::ExternalCustomer(id) => {
            let sql =
                statement!(Customer, "c.tenant = ?1 AND c.external_id = ?2 AND c.external_id IS NOT NULL");
            person(db, Kind::Customer, sql, params![number, id.as_str()])?
        }
    };
    Ok(match found {
        Some(Record::Agent(agent)) if agent.active => Some(Actor::Agent(AgentActor::of(tenant, &agent))),
        Some(Record::Customer(customer)) if !customer.blocked => {
            Some(Actor::Customer(CustomerActor { tenant, id: customer.id }))
        }
        _ => None,
    })
}

/// Reads a person without a scope: nobody has signed in yet.
fn person(
    db: &Connection,
    kind: Kind,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Record>, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(match kind {
        Kind::Agent => Some(Record::Agent(Box::new(people::decode_agent(row)?))),
        Kind::Customer => Some(Record::Customer(Box::new(people::decode_customer(row)?))),
        _ => None,
    })
}

/// Finds a login by address, with the hash that only the comparison sees.
pub(crate) fn login(
    db: &Reader,
    tenant: TenantId,
    email: &str,
) -> Result<Option<(LoginSubject, String)>, Failure> {
    let Some(number) = db.tenant(tenant)? else { return Ok(None) };
    let sql = statement!(Login, "c.tenant = ?1 AND c.email_folded = ?2");
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![number, email.to_lowercase()])?;
    let login = rows.next()?.map(access::decode_login).transpose()?;
    Ok(login.map(|login| (login.subject, login.password.expose().to_owned())))
}
