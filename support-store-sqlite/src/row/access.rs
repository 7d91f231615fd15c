//! Logins, sessions, receipts and journeys that were begun: what only the desk itself reads.

use rusqlite::Row;
use rusqlite::types::Value;
use support_core::id::{AgentId, CustomerId, DocumentId, SessionId, TextId};
use support_core::sla::ConfigRef;
use support_core::store::{JourneyProgress, Login, LoginSubject, PasswordHash, Receipt, Session};
use uuid::Uuid;

use super::{Columns, Table, Values};
use crate::error::Failure;

/// Where logins stand.
pub(crate) static LOGINS: Table = Table {
    name: "desk_logins",
    key: &["tenant", "subject", "subject_id"],
    columns: &["tenant", "subject", "subject_id", "email", "password", "version", "email_folded"],
    revision: "version",
    present: "",
    kept: &[],
};

/// Where sessions stand.
pub(crate) static SESSIONS: Table = Table {
    name: "desk_sessions",
    key: &["tenant", "id"],
    columns: &[
        "tenant",
        "id",
        "subject",
        "subject_id",
        "refresh_hash",
        "expires_at",
        "ended_at",
        "version",
        "created_at",
    ],
    revision: "version",
    present: "",
    kept: &[],
};

/// Where journeys stand that were begun.
pub(crate) static JOURNEYS: Table = Table {
    name: "desk_journeys",
    key: &["tenant", "customer", "journey"],
    columns: &[
        "tenant",
        "customer",
        "journey",
        "journey_version",
        "answers",
        "saved_at",
        "expires_at",
        "version",
    ],
    revision: "version",
    present: "",
    kept: &[],
};

/// Returns the columns of a login's subject.
pub(crate) const fn subject_columns(subject: LoginSubject) -> (&'static str, Uuid) {
    match subject {
        LoginSubject::Agent(id) => ("agent", id.uuid()),
        LoginSubject::Customer(id) => ("customer", id.uuid()),
    }
}

fn subject(c: &mut Columns<'_>) -> Result<LoginSubject, Failure> {
    match c.text()? {
        "agent" => Ok(LoginSubject::Agent(c.uuid(AgentId::from_uuid)?)),
        "customer" => Ok(LoginSubject::Customer(c.uuid(CustomerId::from_uuid)?)),
        _ => Err(Failure::Unreadable("column `subject`".into())),
    }
}

/// Writes a login.
pub(crate) fn encode_login(login: &Login) -> Vec<Value> {
    let (kind, id) = subject_columns(login.subject);
    Values::of_tenant(LOGINS.columns.len())
        .text(kind)
        .uuid(id)
        .text(login.email.as_str())
        .text(login.password.expose())
        .count(login.version)
        .text(login.email.to_lowercase())
        .done()
}

/// Reads a login.
pub(crate) fn decode_login(row: &Row<'_>) -> Result<Login, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(Login {
        subject: subject(&mut c)?,
        email: c.text()?.to_owned(),
        password: PasswordHash::new(c.text()?),
        version: c.count()?,
    })
}

/// Writes a session.
pub(crate) fn encode_session(session: &Session) -> Vec<Value> {
    let (kind, id) = subject_columns(session.subject);
    Values::of_tenant(SESSIONS.columns.len())
        .uuid(session.id.uuid())
        .text(kind)
        .uuid(id)
        .bytes(&session.refresh_hash)
        .time(session.expires_at)
        .opt_time(session.ended_at)
        .count(session.version)
        .time(session.created_at)
        .done()
}

/// Reads a session.
pub(crate) fn decode_session(row: &Row<'_>) -> Result<Session, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(Session {
        id: c.uuid(SessionId::from_uuid)?,
        subject: subject(&mut c)?,
        refresh_hash: c.bytes()?,
        expires_at: c.time()?,
        ended_at: c.opt_time()?,
        version: c.count()?,
        created_at: c.time()?,
    })
}

/// Writes a journey that was begun.
pub(crate) fn encode_progress(progress: &JourneyProgress) -> Vec<Value> {
    Values::of_tenant(JOURNEYS.columns.len())
        .uuid(progress.customer_id.uuid())
        .uuid(progress.journey.id.uuid())
        .count(progress.journey.version)
        .opt_uuid(progress.answers.map(TextId::uuid))
        .time(progress.saved_at)
        .opt_time(progress.expires_at)
        .count(progress.version)
        .done()
}

/// Reads a journey that was begun.
pub(crate) fn decode_progress(row: &Row<'_>) -> Result<JourneyProgress, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(JourneyProgress {
        customer_id: c.uuid(CustomerId::from_uuid)?,
        journey: ConfigRef { id: c.uuid(DocumentId::from_uuid)?, version: c.count()? },
        answers: c.opt_uuid(TextId::from_uuid)?,
        saved_at: c.time()?,
        expires_at: c.opt_time()?,
        version: c.count()?,
    })
}

/// Reads a receipt: key, digest, reply, expiry.
pub(crate) fn decode_receipt(row: &Row<'_>) -> Result<Receipt, Failure> {
    let mut c = Columns::from(row, 0);
    Ok(Receipt {
        key: c.text()?.to_owned(),
        digest: c.bytes()?,
        reply: c.text()?.to_owned(),
        expires_at: c.time()?,
    })
}
