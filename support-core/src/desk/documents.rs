//! Single configuration documents: reading one, changing parts of it, and taking it out of force.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::config::TeamSpec;
use crate::error::{EntityKind, Error};
use crate::id::{DocumentId, TeamId};
use crate::people::{Actor, Permission};
use crate::store::{Document, DocumentKind, Key, StoreExt};

use super::Desk;
use super::configure::{DocumentReply, permission};
use super::run::{Ask, Prepared, UseCase};

/// Changes a configuration document that is in force.
#[derive(Clone, PartialEq)]
pub struct EditDocument {
    /// Which.
    pub id: DocumentId,
    /// What it configures.
    pub kind: DocumentKind,
    /// How it changes.
    pub change: DocumentChange,
}

impl std::fmt::Debug for EditDocument {
    /// Prints no body: names and signatures may stand in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditDocument").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// How a configuration document changes.
#[derive(Clone, PartialEq)]
pub enum DocumentChange {
    /// Sets these fields; `null` clears one. Fields that are not named stay as they are.
    Merge(Map<String, Value>),
    /// Takes it out of force. Its versions stay readable. A calendar, team, keyword rule or webhook endpoint that
    /// documents in force name is `Refused`, as `calendar_in_use` and so on.
    Retire,
}

impl std::fmt::Debug for DocumentChange {
    /// Names the fields and prints no value: a signature or a name may be among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Merge(fields) => f.debug_tuple("Merge").field(&fields.keys().collect::<Vec<_>>()).finish(),
            Self::Retire => f.write_str("Retire"),
        }
    }
}

impl EditDocument {
    /// Sets fields of a document.
    #[must_use]
    pub const fn merge(kind: DocumentKind, id: DocumentId, fields: Map<String, Value>) -> Self {
        Self { id, kind, change: DocumentChange::Merge(fields) }
    }

    /// Takes a document out of force.
    #[must_use]
    pub const fn retire(kind: DocumentKind, id: DocumentId) -> Self {
        Self { id, kind, change: DocumentChange::Retire }
    }
}

#[async_trait]
impl UseCase for EditDocument {
    type Reply = DocumentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<DocumentReply>, Error> {
        ask.staff_only(EntityKind::Document)?;
        ask.actor.scope(Permission::ConfigRead)?;
        let before = ask.document(self.kind, self.id).await?.filter(|document| !document.retired);
        let body = match &before {
            Some(document) => document.body.clone(),
            None => built_in(self.kind, self.id).ok_or(Error::NotFound(EntityKind::Document))?,
        };
        ask.actor.scope(permission(self.kind))?;
        if self.kind == DocumentKind::JourneyEntry {
            return Err(Error::invalid("kind", "is written by publishing a journey"));
        }
        match &self.change {
            DocumentChange::Merge(fields) => {
                let body = merged(said_anew(self.kind, body), fields);
                ask.put_document(self.kind, self.id, body, false, before).await
            }
            DocumentChange::Retire => ask.put_document(self.kind, self.id, body, true, before).await,
        }
    }
}

/// Leaves out what a version says of itself alone.
fn said_anew(kind: DocumentKind, mut body: Value) -> Value {
    if matches!(kind, DocumentKind::SlaPolicy | DocumentKind::Calendar)
        && let Some(object) = body.as_object_mut()
    {
        object.remove("fire_ladders");
    }
    body
}

pub(super) fn merged(mut body: Value, fields: &Map<String, Value>) -> Value {
    if let Some(object) = body.as_object_mut() {
        for (field, value) in fields {
            match value {
                Value::Null => drop(object.remove(field)),
                value => drop(object.insert(field.clone(), value.clone())),
            }
        }
    }
    body
}

/// What stands before the first version of a document that always exists.
pub(super) fn built_in(kind: DocumentKind, id: DocumentId) -> Option<Value> {
    let default_team = kind == DocumentKind::Team && id.uuid() == TeamId::DEFAULT.uuid();
    default_team.then(|| serde_json::to_value(TeamSpec::standard()).ok()).flatten()
}

impl Desk {
    /// Reads a configuration document that is in force; nothing where there is none.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn document(
        &self,
        actor: &Actor,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Document>, Error> {
        if !actor.is_staff() {
            return Err(Error::NotFound(EntityKind::Document));
        }
        let scope = actor.scope(Permission::ConfigRead)?;
        let found: Option<Document> = self.store().one(&scope, Key::Document(id)).await?;
        Ok(found.filter(|document| document.kind == kind && !document.retired))
    }
}
