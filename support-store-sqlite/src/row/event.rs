//! Events of the log.

use rusqlite::Row;
use support_core::event::{Audience, ChainHash, Envelope, Stream};
use support_core::id::{AgentId, CustomerId, EventId, TeamId};
use support_core::store::{Cursor, Logged};
use uuid::Uuid;

use super::Columns;
use crate::error::Failure;

/// Bits of a row's number that hold the position; the tenant's number stands above them.
pub(crate) const POSITION_BITS: u32 = 40;

/// Columns of an event in the order in which they are read; the two last ones are only written.
pub(crate) const COLUMNS: &str = "n, stream, stream_id, stream_seq, id, at, actor, actor_id, class, customer_id, \
     team_before, team_after, assignee_before, assignee_after, event, hash";

/// The statement that adds an event.
pub(crate) const INSERT: &str = "INSERT INTO desk_events (n, stream, stream_id, stream_seq, id, at, actor, \
     actor_id, class, customer_id, team_before, team_after, assignee_before, assignee_after, event, hash, tenant, \
     name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// Returns the number of the row at a position of a tenant's log.
pub(crate) const fn number(tenant: i64, position: i64) -> i64 {
    (tenant << POSITION_BITS) + position
}

/// An event as it will be written, but for its place in the log.
#[derive(Debug)]
pub(crate) struct WrittenEvent {
    /// The event; the writer needs its columns for the hash.
    pub(crate) envelope: Envelope,
    /// Its JSON, printed on the caller's side.
    pub(crate) json: String,
}

impl WrittenEvent {
    /// Prints an event.
    pub(crate) fn of(envelope: &Envelope) -> Result<Self, Failure> {
        let json = serde_json::to_string(&envelope.event).map_err(Failure::Print)?;
        Ok(Self { envelope: envelope.clone(), json })
    }

    /// Adds it to the log.
    pub(crate) fn insert(
        &self,
        db: &rusqlite::Connection,
        tenant: i64,
        position: i64,
        hash: &ChainHash,
    ) -> Result<(), Failure> {
        let Envelope { id, stream, stream_seq, at, actor, audience, event } = &self.envelope;
        let bytes = |id: Option<Uuid>| id.map(Uuid::into_bytes);
        db.prepare_cached(INSERT)?.execute(rusqlite::params![
            number(tenant, position),
            stream.kind(),
            stream.uuid().as_bytes(),
            stream_seq.cast_signed(),
            id.uuid().as_bytes(),
            at.micros(),
            actor.kind.as_str(),
            bytes(actor.id),
            audience.class.as_str(),
            bytes(audience.customer.map(CustomerId::uuid)),
            bytes(audience.team_before.map(TeamId::uuid)),
            bytes(audience.team_after.map(TeamId::uuid)),
            bytes(audience.assignee_before.map(AgentId::uuid)),
            bytes(audience.assignee_after.map(AgentId::uuid)),
            self.json,
            hash.as_bytes(),
            tenant,
            event.name(),
        ])?;
        Ok(())
    }
}

/// Reads an event with its place.
pub(crate) fn decode(row: &Row<'_>) -> Result<Logged, Failure> {
    let mut c = Columns::from(row, 0);
    let position = c.int()? & ((1 << POSITION_BITS) - 1);
    let kind = c.text()?;
    let stream = Stream::from_parts(kind, c.uuid(|id| id)?)
        .ok_or_else(|| Failure::Unreadable("column `stream`".into()))?;
    let stream_seq = c.count()?;
    let id = c.uuid(EventId::from_uuid)?;
    let at = c.time()?;
    let actor = c.actor()?;
    let audience = Audience {
        class: c.word()?,
        customer: c.opt_uuid(CustomerId::from_uuid)?,
        team_before: c.opt_uuid(TeamId::from_uuid)?,
        team_after: c.opt_uuid(TeamId::from_uuid)?,
        assignee_before: c.opt_uuid(AgentId::from_uuid)?,
        assignee_after: c.opt_uuid(AgentId::from_uuid)?,
    };
    let json = c.text()?.to_owned();
    let event = serde_json::from_str(&json).map_err(|_| Failure::Unreadable("column `event`".into()))?;
    Ok(Logged {
        cursor: Cursor::new(position.to_string()),
        hash: ChainHash::from_bytes(c.bytes()?),
        envelope: Envelope { id, stream, stream_seq, at, actor, audience, event },
        json,
    })
}
