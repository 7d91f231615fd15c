//! What all configuration documents have in common: listing, reading, making, changing and retiring them.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use support_core::desk::{EditDocument, PutDocument};
use support_core::id::DocumentId;
use support_core::store::{Document, DocumentKind};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Call, limit};
use crate::fields::object;
use crate::reply::{Page, Versioned};

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// 1–200, 50 unless given.
    pub(super) limit: Option<u32>,
    /// Where to go on.
    pub(super) cursor: Option<String>,
}

/// A kind of document as it looks on the wire.
pub(super) trait Shown: Serialize + Sized + Send {
    /// What it configures.
    const KIND: DocumentKind;

    /// Renders a document; nothing where a newer release wrote it in a form that this one cannot read.
    fn of(document: &Document) -> Option<Self>;
}

pub(super) async fn list<T: Shown>(call: &Call, part: &Part) -> Result<Page<T>, ApiError> {
    let (most, after) = (limit(part.limit)?, call.cursor(part.cursor.as_deref())?);
    let (documents, next) = call.app.desk.documents(&call.actor, T::KIND, most, after).await?;
    Ok(call.page(documents.iter().filter_map(T::of).collect(), next))
}

pub(super) async fn read<T: Shown>(call: &Call, id: DocumentId) -> Result<Versioned<T>, ApiError> {
    let document = call.app.desk.document(&call.actor, T::KIND, id).await?;
    let document = document.ok_or_else(ApiError::not_found)?;
    let body = T::of(&document).ok_or_else(unreadable)?;
    Ok(Versioned::ok(document.version, body))
}

fn unreadable() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "newer_document", "a newer release wrote this document")
}

pub(super) async fn create<T: Shown>(
    call: &Call,
    bytes: &[u8],
    spec: &(impl Serialize + Sync),
) -> Result<Versioned<T>, ApiError> {
    let done = call.run(bytes, &PutDocument::new(T::KIND, object(spec)?.into())).await?;
    let made = read::<T>(call, done.reply().document_id).await?;
    Ok(Versioned::created(made.version, made.body).repeated(&done))
}

pub(super) async fn replace<T: Shown>(
    call: &Call,
    bytes: &[u8],
    id: DocumentId,
    spec: &(impl Serialize + Sync),
) -> Result<Versioned<T>, ApiError> {
    let done = call.run(bytes, &PutDocument::at(id, T::KIND, object(spec)?.into())).await?;
    Ok(read::<T>(call, id).await?.repeated(&done))
}

pub(super) async fn change<T: Shown>(
    call: &Call,
    bytes: &[u8],
    id: DocumentId,
    fields: &(impl Serialize + Sync),
) -> Result<Versioned<T>, ApiError> {
    let done = call.run(bytes, &EditDocument::merge(T::KIND, id, object(fields)?)).await?;
    Ok(read::<T>(call, id).await?.repeated(&done))
}

pub(super) async fn retire<T: Shown>(call: &Call, id: DocumentId) -> Result<StatusCode, ApiError> {
    call.run(&[], &EditDocument::retire(T::KIND, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
