//! Text revisions and configuration documents: what has versions instead of changes.

use rusqlite::Row;
use rusqlite::types::Value;
use support_core::id::{DocumentId, TextId, TicketId};
use support_core::store::{Document, Text};

use super::{Columns, Table, Values};
use crate::error::Failure;

/// Where texts stand.
pub(crate) static TEXTS: Table = Table {
    name: "desk_texts",
    key: &["tenant", "id"],
    columns: &["tenant", "id", "ticket", "subject", "subject_id", "class", "body", "masked", "created_at"],
    revision: "body IS NULL",
    present: "",
    kept: &[],
};

/// Where documents stand. Only the newest version is compared.
pub(crate) static DOCUMENTS: Table = Table {
    name: "desk_documents",
    key: &["tenant", "id"],
    columns: &["tenant", "id", "version", "kind", "retired", "body", "created_at", "updated_at", "newest"],
    revision: "version",
    present: " AND newest = 1",
    kept: &[],
};

/// Writes a text.
pub(crate) fn encode_text(text: &Text) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(TEXTS.columns.len())
        .uuid(text.id.uuid())
        .null()
        .actor(text.subject)
        .text(text.class.as_str())
        .opt_word(text.body.as_ref())
        .json_unless(text.masked.is_empty(), &text.masked)?
        .time(text.created_at)
        .done())
}

/// Reads a text.
pub(crate) fn decode_text(row: &Row<'_>, ticket: Option<TicketId>) -> Result<Text, Failure> {
    let mut c = Columns::from(row, 1);
    let id = c.uuid(TextId::from_uuid)?;
    c.skip(1);
    Ok(Text {
        id,
        ticket,
        subject: c.actor()?,
        class: c.word()?,
        body: c.opt_text()?.map(str::to_owned),
        masked: c.json()?,
        created_at: c.time()?,
    })
}

/// Writes a document's newest version.
pub(crate) fn encode_document(document: &Document) -> Result<Vec<Value>, Failure> {
    Ok(Values::of_tenant(DOCUMENTS.columns.len())
        .uuid(document.id.uuid())
        .count(document.version)
        .text(document.kind.as_str())
        .int(document.retired)
        .json(&document.body)?
        .time(document.created_at)
        .time(document.updated_at)
        .int(true)
        .done())
}

/// Reads a version of a document.
pub(crate) fn decode_document(row: &Row<'_>) -> Result<Document, Failure> {
    let mut c = Columns::from(row, 1);
    Ok(Document {
        id: c.uuid(DocumentId::from_uuid)?,
        version: c.count()?,
        kind: c.word()?,
        retired: c.flag()?,
        body: c.json()?,
        created_at: c.time()?,
        updated_at: c.time()?,
    })
}
