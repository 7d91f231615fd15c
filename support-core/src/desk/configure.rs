//! Configuration: documents in versions.

use std::borrow::Cow;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::automation::{AutomationSpec, MAX_ACTIVE};
use crate::config;
use crate::error::{EntityKind, Error};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{DocumentId, EventId};
use crate::journey::JourneySpec;
use crate::masking::{Masker, Purpose};
use crate::people::Permission;
use crate::scoring::keywords::{KeywordRule, MAX_INDEX_BYTES, RuleProblem, index_bytes, too_large};
use crate::store::{
    ChangeSet, Delta, Document, DocumentKind, Key, PageCursor, Query, Record, Select, StoreExt,
};

use super::run::{Ask, Prepared, UseCase};
use super::{Desk, names};

/// What a use-case on a configuration document answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentReply {
    /// The document.
    pub document_id: DocumentId,
    /// Its newest version.
    pub version: u64,
}

/// Writes a new version of a configuration document, or its first.
///
/// Open tickets come under a changed policy, calendar or keyword rule by [`Desk::tick`].
#[derive(Clone, PartialEq)]
pub struct PutDocument {
    /// Which document; `None` makes a new one.
    pub id: Option<DocumentId>,
    /// What it configures.
    pub kind: DocumentKind,
    /// What it says.
    pub body: Value,
    /// Whether it is taken out of force.
    pub retired: bool,
}

impl std::fmt::Debug for PutDocument {
    /// Prints no body: names and signatures may stand in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PutDocument")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("retired", &self.retired)
            .finish_non_exhaustive()
    }
}

impl PutDocument {
    /// The first version of a new document.
    #[must_use]
    pub const fn new(kind: DocumentKind, body: Value) -> Self {
        Self { id: None, kind, body, retired: false }
    }

    /// A version of a document with a known id, which is made where it does not exist.
    #[must_use]
    pub const fn at(id: DocumentId, kind: DocumentKind, body: Value) -> Self {
        Self { id: Some(id), kind, body, retired: false }
    }
}

pub(super) const fn permission(kind: DocumentKind) -> Permission {
    match kind {
        DocumentKind::Settings
        | DocumentKind::Masking
        | DocumentKind::Inbox
        | DocumentKind::Brand
        | DocumentKind::WebhookEndpoint => Permission::SettingsManage,
        DocumentKind::Team => Permission::TeamManage,
        DocumentKind::SlaPolicy | DocumentKind::Calendar => Permission::SlaManage,
        DocumentKind::KeywordRule | DocumentKind::Automation => Permission::RuleManage,
        DocumentKind::Macro => Permission::MacroManage,
        DocumentKind::Journey | DocumentKind::JourneyEntry => Permission::JourneyManage,
    }
}

/// The fields of a document, at any depth, whose texts go to people or into tickets. Names are not among them: they
/// tell documents apart.
const fn free_texts(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::Macro => &["content", "add_note"],
        DocumentKind::Automation | DocumentKind::SlaPolicy => &["add_note"],
        DocumentKind::Journey => &["text", "help", "subject", "message"],
        DocumentKind::Settings
        | DocumentKind::Masking
        | DocumentKind::Inbox
        | DocumentKind::Brand
        | DocumentKind::Team
        | DocumentKind::Calendar
        | DocumentKind::KeywordRule
        | DocumentKind::WebhookEndpoint
        | DocumentKind::JourneyEntry => &[],
    }
}

/// Masks the texts of a document as those of a message are: what an administrator pastes into a macro must not be
/// stored either, and would be masked in whatever is made of it. They are never worth a token: it would stand in every
/// message.
fn mask_texts(masker: &Masker, fields: &[&str], body: &mut Value) {
    match body {
        Value::Object(object) => {
            for (field, value) in object {
                match value {
                    Value::String(text) if fields.contains(&field.as_str()) => {
                        if let Cow::Owned(masked) = masker.mask(text, Purpose::Storage, &[]).text {
                            *text = masked;
                        }
                    }
                    // Elsewhere a value is what a condition compares with.
                    value if field == "set_field" && !fields.is_empty() => {
                        mask_texts(masker, &["value"], value);
                    }
                    value => mask_texts(masker, fields, value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| mask_texts(masker, fields, one)),
        _ => {}
    }
}

/// The one document of kinds that exist once a tenant.
const fn only(kind: DocumentKind) -> Option<DocumentId> {
    match kind {
        DocumentKind::Settings => Some(DocumentId::SETTINGS),
        DocumentKind::Masking => Some(DocumentId::MASKING),
        _ => None,
    }
}

#[async_trait]
impl UseCase for PutDocument {
    type Reply = DocumentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<DocumentReply>, Error> {
        ask.staff_only(EntityKind::Document)?;
        ask.actor.scope(permission(self.kind))?;
        if self.kind == DocumentKind::JourneyEntry {
            return Err(Error::invalid("kind", "is written by publishing a journey"));
        }
        let id = only(self.kind).or(self.id).unwrap_or_else(|| DocumentId::mint(ask.ids(), ask.now));
        if id == DocumentId::CONFIGURATION {
            return Err(Error::invalid("id", "names no document"));
        }
        let before: Option<Document> = ask.store().one(&ask.system(), Key::Document(id)).await?;
        if before.as_ref().is_some_and(|document| document.kind != self.kind) {
            return Err(Error::invalid("id", "names a document of another kind"));
        }
        ask.put_document(self.kind, id, self.body.clone(), self.retired, before).await
    }
}

impl Ask<'_> {
    /// Writes the next version of a document that somebody changes, who may have named the version that they know. What it
    /// names has to be there, and what others name stays.
    pub(super) async fn put_document(
        &self,
        kind: DocumentKind,
        id: DocumentId,
        mut body: Value,
        retired: bool,
        before: Option<Document>,
    ) -> Result<Prepared<DocumentReply>, Error> {
        if kind == DocumentKind::Macro {
            self.may_write_macro(&mut body, before.as_ref())?;
        }
        mask_texts(&self.config.masker, free_texts(kind), &mut body);
        let held = before.as_ref().filter(|document| !document.retired).map(|document| &document.body);
        if !retired {
            names::check_document(&self.config.masker, kind, &body, held)?;
        }
        let found = before.as_ref().map_or(0, |document| document.version);
        self.check_version(EntityKind::Document, found)?;
        if kind == DocumentKind::Team && !retired {
            sends_elsewhere(id, &body)?;
        }
        if kind == DocumentKind::Journey {
            stays_in_place(&body, retired, before.as_ref())?;
        }
        let mut held_to = match held {
            _ if !retired => self.check_references(kind, &body, held).await?,
            Some(_) => self.check_unused(kind, id).await?,
            None => Vec::new(),
        };
        if kind == DocumentKind::Automation && !retired {
            held_to.extend(self.check_room(&body, held).await?);
        }
        if kind == DocumentKind::KeywordRule && !retired {
            held_to.extend(self.check_keywords(id, &body, held).await?);
        }
        let mut prepared = self.write_document(kind, id, body, retired, before)?;
        prepared.changes.deltas.extend(held_to);
        Ok(prepared)
    }

    /// Refuses one more active automation where there are as many as there may be.
    ///
    /// Answers what the change set has to hold: nobody else switches the last one on at the same moment.
    async fn check_room(&self, body: &Value, held: Option<&Value>) -> Result<Vec<Delta>, Error> {
        let active = |body| AutomationSpec::deserialize(body).is_ok_and(|automation| automation.active);
        if !active(body) || held.is_some_and(active) {
            return Ok(Vec::new());
        }
        // Counted before the rules are: who comes in between is found out by the commit.
        let alone = self.alone().await?;
        let config = self.desk.live(self.actor.tenant()).newest_config(self.desk.store(), self.now).await?;
        if config.automations().rules().len() >= MAX_ACTIVE {
            let problem = format!("must be false: {MAX_ACTIVE} automations are active, and more may not be");
            return Err(Error::invalid("active", problem));
        }
        Ok(alone.into())
    }

    /// Refuses keywords that, with those of all other rules, are more than a desk reads texts by. A rule that asks for no
    /// more than before is not refused, also where there are too many.
    ///
    /// Answers what the change set has to hold: nobody else takes the room at the same moment.
    async fn check_keywords(
        &self,
        id: DocumentId,
        body: &Value,
        held: Option<&Value>,
    ) -> Result<Vec<Delta>, Error> {
        let read = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut()?.insert("id".into(), id.to_string().into());
            KeywordRule::deserialize(&body).ok()
        };
        // What is wrong with the rule itself is left to the check of the document.
        let Some(rule) = read(body).filter(|rule| rule.active && rule.problems().is_empty()) else {
            return Ok(Vec::new());
        };
        let held = held.and_then(read);
        if held.as_ref().is_some_and(|held| held.active && held.keywords == rule.keywords) {
            return Ok(Vec::new());
        }
        // Asked for before the rules are read: who comes in between is found out by the commit.
        let alone = self.alone().await?;
        let config = self.desk.live(self.actor.tenant()).newest_config(self.desk.store(), self.now).await?;
        let bytes_with = |rule: Option<&KeywordRule>| {
            index_bytes(config.keyword_rules().filter(|other| other.id != id).chain(rule))
        };
        let bytes = bytes_with(Some(&rule));
        if bytes > MAX_INDEX_BYTES && bytes > bytes_with(held.as_ref()) {
            let RuleProblem { field, problem, .. } = too_large(&rule);
            return Err(Error::invalid(field, problem));
        }
        Ok(alone.into())
    }

    /// Returns what lets a commit succeed only while nothing else of the configuration is decided on other documents.
    /// To be asked for before those are looked at.
    pub(super) async fn alone(&self) -> Result<[Delta; 2], Error> {
        let document = DocumentId::CONFIGURATION;
        let uses = self.uses(document).await?;
        Ok([Delta::UsedSoFar { document, version: 0, uses }, Delta::Used { document }])
    }

    /// Writes the next version of a document.
    pub(super) fn write_document(
        &self,
        kind: DocumentKind,
        id: DocumentId,
        mut body: Value,
        retired: bool,
        before: Option<Document>,
    ) -> Result<Prepared<DocumentReply>, Error> {
        // A rule is named by its id wherever it matched, so its document carries it.
        if let (DocumentKind::KeywordRule, Some(object)) = (kind, body.as_object_mut()) {
            object.insert("id".into(), id.to_string().into());
        }
        let mut changes = ChangeSet::new(self.actor.tenant());
        let found = before.as_ref().map_or(0, |document| document.version);
        if !retired {
            config::check(kind, &body).map_err(Error::Invalid)?;
        }
        if before.as_ref().is_some_and(|document| document.body == body && document.retired == retired) {
            return Ok(Prepared::new(changes, DocumentReply { document_id: id, version: found }));
        }
        let created_at = before.as_ref().map_or(self.now, |document| document.created_at);
        let document = Document {
            id,
            kind,
            version: found + 1,
            retired,
            body,
            created_at,
            updated_at: self.now.max(created_at),
        };
        changes.events.push(Envelope {
            id: EventId::mint(self.ids(), self.now),
            stream: Stream::Document(id),
            stream_seq: document.version,
            at: document.updated_at,
            actor: self.actor.as_ref(),
            audience: Audience::of_tenant(AudienceClass::Internal),
            event: Event::ConfigChanged { kind, version: document.version, retired },
        });
        let reply = DocumentReply { document_id: id, version: document.version };
        match before {
            None => changes.insert(document),
            Some(before) => changes.replace(before.version, document),
        }
        Ok(Prepared { changes, reply, routes: kind == DocumentKind::Team, configures: true })
    }
}

/// Most documents that one page of a filtered list looks at.
const SCANNED: usize = 10_000;

/// What goes from a team to others goes to other teams: its overflow, and its escalated tickets.
pub(super) fn sends_elsewhere(id: DocumentId, body: &Value) -> Result<(), Error> {
    // What cannot be read is left to the check of the document itself.
    let Ok(spec) = config::TeamSpec::deserialize(body) else { return Ok(()) };
    let overflow = spec.overflow_team_ids.iter().position(|team| team.uuid() == id.uuid());
    let escalates = spec.escalation_team_id.is_some_and(|team| team.uuid() == id.uuid());
    let field = overflow.map(|at| format!("overflow_team_ids[{at}]"));
    match field.or_else(|| escalates.then(|| "escalation_team_id".into())) {
        Some(field) => Err(Error::invalid(field, "must be another team")),
        None => Ok(()),
    }
}

/// A journey stays at the place for which it was made, and is kept: who has begun it goes on in it.
fn stays_in_place(body: &Value, retired: bool, before: Option<&Document>) -> Result<(), Error> {
    if retired {
        return Err(Error::refused(
            "journey_kept",
            "journeys are archived by publishing another, never retired",
        ));
    }
    let (Some(before), Ok(now)) = (before, JourneySpec::deserialize(body)) else { return Ok(()) };
    let Ok(before) = JourneySpec::deserialize(&before.body) else { return Ok(()) };
    for (field, same) in [
        ("entry_point", before.entry_point == now.entry_point),
        ("brand_id", before.brand_id == now.brand_id),
    ] {
        if !same {
            return Err(Error::invalid(field, "cannot change: make another journey for another place"));
        }
    }
    Ok(())
}

impl Desk {
    /// Reads of the documents of a kind that are in force what `fits` makes something of, oldest first. A page is full
    /// where there is more; after [`SCANNED`] documents it ends early, and the next goes on.
    pub(super) async fn documents_that<T>(
        &self,
        actor: &crate::people::Actor,
        kind: DocumentKind,
        limit: u32,
        mut after: Option<PageCursor>,
        fits: impl Fn(&Document) -> Option<T> + Send,
    ) -> Result<(Vec<T>, Option<PageCursor>), Error> {
        let (mut found, mut full_at, mut scanned) = (Vec::new(), None, 0);
        // One more than a page, so that the first look mostly tells whether there is another page.
        let batch = limit.saturating_add(1).clamp(100, Query::MOST);
        loop {
            let (documents, next) = self.documents(actor, kind, batch, after).await?;
            scanned += documents.len();
            for document in &documents {
                let Some(one) = fits(document) else { continue };
                if found.len() >= limit as usize {
                    return Ok((found, full_at));
                }
                found.push(one);
                let (key, id) = (document.created_at.micros(), document.id.uuid());
                full_at = Some(PageCursor { key, id });
            }
            if next.is_none() || scanned >= SCANNED {
                return Ok((found, next));
            }
            after = next;
        }
    }

    /// Reads configuration documents of a kind that are in force, oldest first.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn documents(
        &self,
        actor: &crate::people::Actor,
        kind: DocumentKind,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<Document>, Option<PageCursor>), Error> {
        if !actor.is_staff() {
            return Err(Error::NotFound(EntityKind::Document));
        }
        let scope = actor.scope(Permission::ConfigRead)?;
        let select = Select::Documents { kind: Some(kind), retired: false };
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        let documents = page.items.into_iter().filter_map(|record| match record {
            Record::Document(document) => Some(document),
            _ => None,
        });
        Ok((documents.collect(), page.next))
    }
}
