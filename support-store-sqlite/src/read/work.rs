//! What the worker and the queue ask for: wake-ups and waiting work.

use rusqlite::{Connection, params};
use support_core::event::Stream;
use support_core::id::{AgentId, CustomerId, TeamId, TenantId, TicketId};
use support_core::people::Scope;
use support_core::routing::Waiting;
use support_core::store::Due;
use support_core::ticket::{Participant, Work};
use support_core::time::Timestamp;

use super::Reader;
use super::sight::{self, FACTS};
use crate::error::Failure;
use crate::row::Columns;

/// Names what is due by an instant, in all tenants.
pub(crate) fn due(db: &Connection, by: Timestamp, limit: u32) -> Result<Due, Failure> {
    let mut due = Vec::new();
    // One more than asked for tells whether there is more. Ties at the cut are put in order below.
    let take = i64::from(limit) + 1;
    for (sql, stream) in [
        (
            "SELECT t.wake_at, n.id, t.id FROM desk_tickets t INDEXED BY desk_tickets_wake \
             JOIN desk_tenants n ON n.n = t.tenant WHERE t.wake_at <= ?1 \
             ORDER BY t.wake_at, n.id, t.id LIMIT ?2",
            (|id| Stream::Ticket(TicketId::from_uuid(id))) as fn(uuid::Uuid) -> Stream,
        ),
        (
            "SELECT s.until, n.id, s.agent FROM desk_agent_states s INDEXED BY desk_agent_states_until \
             JOIN desk_tenants n ON n.n = s.tenant WHERE s.until <= ?1 \
             ORDER BY s.until, n.id, s.agent LIMIT ?2",
            |id| Stream::Agent(AgentId::from_uuid(id)),
        ),
        (
            "SELECT j.expires_at, n.id, j.customer FROM desk_journeys j INDEXED BY desk_journeys_expiry \
             JOIN desk_tenants n ON n.n = j.tenant WHERE j.expires_at <= ?1 \
             ORDER BY j.expires_at, n.id, j.customer LIMIT ?2",
            |id| Stream::Customer(CustomerId::from_uuid(id)),
        ),
    ] {
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(params![by.micros(), take])?;
        while let Some(row) = rows.next()? {
            let mut c = Columns::from(row, 0);
            due.push((c.time()?, c.uuid(TenantId::from_uuid)?, c.uuid(stream)?));
        }
    }
    due.sort_unstable();
    let next = if due.len() > limit as usize {
        Some(by)
    } else {
        let later = |sql: &str| -> Result<Option<Timestamp>, Failure> {
            let at: Option<i64> = db.prepare_cached(sql)?.query_row([by.micros()], |row| row.get(0))?;
            Ok(at.map(Timestamp::from_micros))
        };
        let tickets = later("SELECT min(wake_at) FROM desk_tickets WHERE wake_at > ?1")?;
        let agents = later("SELECT min(until) FROM desk_agent_states WHERE until > ?1")?;
        let journeys = later("SELECT min(expires_at) FROM desk_journeys WHERE expires_at > ?1")?;
        tickets.into_iter().chain(agents).chain(journeys).min()
    };
    due.truncate(limit as usize);
    Ok(Due { now: due.into_iter().map(|(_, tenant, stream)| (tenant, stream)).collect(), next })
}

/// Names all tenants.
pub(crate) fn tenants(db: &Connection) -> Result<Vec<TenantId>, Failure> {
    let mut statement = db.prepare_cached("SELECT id FROM desk_tenants ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut tenants = Vec::new();
    while let Some(row) = rows.next()? {
        tenants.push(Columns::from(row, 0).uuid(TenantId::from_uuid)?);
    }
    Ok(tenants)
}

/// Reads waiting work that a scope sees, in the order of ticket ids.
pub(crate) fn scan(
    db: &Reader,
    scope: &Scope,
    after: Option<TicketId>,
    limit: u32,
) -> Result<Vec<Waiting>, Failure> {
    let Some(tenant) = db.tenant(scope.tenant())? else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {FACTS}, t.channel, t.priority, t.keyword_points, t.insight_points, t.urgency_from, \
         t.urgency_to, t.urgency_rests, t.work_since, t.effort, t.skills, t.preferred, t.sticky, \
         t.declined, t.language \
         FROM desk_tickets t INDEXED BY desk_tickets_waiting \
         WHERE t.tenant = ?1 AND t.id > ?2 AND t.waiting = 1 ORDER BY t.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    // The empty blob stands before every id.
    let from = after.map(|ticket| ticket.uuid().as_bytes().to_vec()).unwrap_or_default();
    let mut rows = statement.query(params![tenant, from])?;
    let mut waiting = Vec::new();
    while waiting.len() < limit as usize {
        let Some(row) = rows.next()? else { break };
        if !sight::ticket_seen(row, 0, scope)?.is_some_and(|(_, seen)| seen) {
            continue;
        }
        let mut c = Columns::from(row, 0);
        let ticket = c.uuid(TicketId::from_uuid)?;
        let customer = c.uuid(CustomerId::from_uuid)?;
        c.skip(1);
        let team = c.opt_uuid(TeamId::from_uuid)?;
        let participants: Vec<Participant> = c.json()?;
        c.skip(1);
        waiting.push(Waiting {
            ticket,
            customer,
            team,
            channel: c.word()?,
            priority: c.word()?,
            keyword_points: c.real()?,
            insight_points: c.real()?,
            urgency: c.urgency()?,
            work: Work {
                since: c.time()?,
                effort: c.small()?,
                skills: c.json()?,
                preferred: c.json()?,
                sticky: c.opt_uuid(AgentId::from_uuid)?,
                declined: c.json()?,
            },
            language: c.opt_word()?,
            followers: participants.iter().filter_map(|p| p.party.agent_id()).collect(),
        });
    }
    Ok(waiting)
}
