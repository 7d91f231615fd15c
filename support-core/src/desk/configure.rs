//! Configuration: documents in versions, and bringing open tickets under them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::automation::{Action, AutomationSpec, Condition, Trigger};
use crate::config;
use crate::error::{EntityKind, Error};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{DocumentId, EventId, TeamId, TenantId, TicketId};
use crate::people::{ActorRef, Permission, Scope};
use crate::sla::policy::PolicySpec;
use crate::store::{
    ChangeSet, Document, DocumentKind, Key, Outcome, Page, PageCursor, Query, Record, Related, Select,
    SetAsideFilter, StoreExt, TicketFilter, TicketSort,
};
use crate::ticket::{Circumstances, Command, Status, Ticket, decide};

use super::Desk;
use super::assemble::assemble;
use super::run::{Ask, Prepared, UseCase};

/// Tickets brought under a changed configuration at once.
const BATCH: u32 = 200;
/// How often those of a batch are decided again that others keep changing.
const ROUNDS: u32 = 10;

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
/// Open tickets come under a changed policy, calendar or keyword rule by [`Desk::reconfigure`].
#[derive(Clone, PartialEq)]
pub struct PutDocument {
    /// Which document; `None` makes a new one.
    pub id: Option<DocumentId>,
    /// What it configures.
    pub kind: DocumentKind,
    /// What it says.
    pub body: serde_json::Value,
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
    pub const fn new(kind: DocumentKind, body: serde_json::Value) -> Self {
        Self { id: None, kind, body, retired: false }
    }

    /// A version of a document with a known id, which is made where it does not exist.
    #[must_use]
    pub const fn at(id: DocumentId, kind: DocumentKind, body: serde_json::Value) -> Self {
        Self { id: Some(id), kind, body, retired: false }
    }
}

pub(super) const fn permission(kind: DocumentKind) -> Permission {
    match kind {
        DocumentKind::Settings | DocumentKind::Masking | DocumentKind::Inbox | DocumentKind::Brand => {
            Permission::SettingsManage
        }
        DocumentKind::Team => Permission::TeamManage,
        DocumentKind::SlaPolicy | DocumentKind::Calendar => Permission::SlaManage,
        DocumentKind::KeywordRule | DocumentKind::Automation => Permission::RuleManage,
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
        let id = only(self.kind).or(self.id).unwrap_or_else(|| DocumentId::mint(ask.ids(), ask.now));
        let before: Option<Document> = ask.store().one(&ask.system(), Key::Document(id)).await?;
        if before.as_ref().is_some_and(|document| document.kind != self.kind) {
            return Err(Error::invalid("id", "names a document of another kind"));
        }
        if !self.retired {
            ask.check_references(self.kind, &self.body).await?;
        }
        ask.put_document(self.kind, id, self.body.clone(), self.retired, before)
    }
}

impl Ask<'_> {
    /// Checks that what a document names exists. What cannot be read is left to the check of the document itself.
    pub(super) async fn check_references(
        &self,
        kind: DocumentKind,
        body: &serde_json::Value,
    ) -> Result<(), Error> {
        let mut named: Vec<(String, DocumentKind, DocumentId)> = Vec::new();
        let calendar =
            |field: &str, id: Option<DocumentId>| id.map(|id| (field.to_owned(), DocumentKind::Calendar, id));
        let team = |field: String, id: TeamId| {
            let exists = id == TeamId::DEFAULT;
            (!exists).then(|| (field, DocumentKind::Team, DocumentId::from_uuid(id.uuid())))
        };
        match kind {
            DocumentKind::Team => {
                let Ok(spec) = config::TeamSpec::deserialize(body) else { return Ok(()) };
                named.extend(calendar("calendar_id", spec.calendar_id));
                let overflow = spec.overflow_team_ids.into_iter().enumerate();
                named.extend(overflow.filter_map(|(at, id)| team(format!("overflow_team_ids[{at}]"), id)));
                named.extend(spec.escalation_team_id.and_then(|id| team("escalation_team_id".into(), id)));
            }
            DocumentKind::SlaPolicy => {
                let Ok(spec) = PolicySpec::deserialize(body) else { return Ok(()) };
                named.extend(calendar("calendar_id", spec.calendar_id));
                for (at, step) in spec.steps.iter().enumerate() {
                    for (place, action) in step.actions.iter().enumerate() {
                        let field = || format!("steps[{at}].actions[{place}]");
                        if let Action::MoveToTeam(id) = action {
                            named.extend(team(format!("{}.move_to_team", field()), *id));
                        }
                        if let Action::AssignTo(id) = action {
                            self.agent_in(&format!("{}.assign_to", field()), *id).await?;
                        }
                    }
                }
                for (metric, target) in spec.targets {
                    named.extend(calendar(
                        &format!("targets.{metric}.calendar_id"),
                        target.calendar_id.flatten(),
                    ));
                }
            }
            DocumentKind::Automation => {
                let Ok(spec) = AutomationSpec::deserialize(body) else { return Ok(()) };
                if let Trigger::Since(since) = &spec.trigger {
                    named.extend(calendar("trigger.since.calendar_id", since.calendar_id));
                }
                named.extend(
                    spec.condition
                        .iter()
                        .flat_map(Condition::calendars)
                        .filter_map(|id| calendar("condition", Some(id))),
                );
                for (at, action) in spec.actions.iter().enumerate() {
                    if let Action::MoveToTeam(id) = action {
                        named.extend(team(format!("actions[{at}].move_to_team"), *id));
                    }
                    if let Action::AssignTo(id) = action {
                        self.agent_in(&format!("actions[{at}].assign_to"), *id).await?;
                    }
                }
            }
            DocumentKind::KeywordRule => {
                let Some(given) = body.get("condition") else { return Ok(()) };
                let Ok(condition) = Option::<Condition>::deserialize(given) else { return Ok(()) };
                named.extend(
                    condition
                        .iter()
                        .flat_map(Condition::calendars)
                        .filter_map(|id| calendar("condition", Some(id))),
                );
            }
            _ => {}
        }
        for (field, kind, id) in named {
            if self.document(kind, id).await?.is_none_or(|document| document.retired) {
                return Err(Error::invalid(field, format!("must be a {kind}")));
            }
        }
        Ok(())
    }

    /// Writes the next version of a document.
    pub(super) fn put_document(
        &self,
        kind: DocumentKind,
        id: DocumentId,
        mut body: serde_json::Value,
        retired: bool,
        before: Option<Document>,
    ) -> Result<Prepared<DocumentReply>, Error> {
        // A rule is named by its id wherever it matched, so its document carries it.
        if let (DocumentKind::KeywordRule, Some(object)) = (kind, body.as_object_mut()) {
            object.insert("id".into(), id.to_string().into());
        }
        let mut changes = ChangeSet::new(self.actor.tenant());
        let found = before.as_ref().map_or(0, |document| document.version);
        self.check_version(EntityKind::Document, found)?;
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

impl Desk {
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

    /// Brings one batch of a tenant's tickets under the configuration in force, oldest first, after a place; answers
    /// where to go on, or nothing at the end.
    ///
    /// Each ticket is a commit of its own, so that writers are never blocked, and a batch that is repeated after a
    /// crash changes nothing twice.
    ///
    /// # Errors
    /// `Store`. What was done stays done.
    pub async fn reconfigure(
        &self,
        tenant: TenantId,
        after: Option<PageCursor>,
    ) -> Result<Option<PageCursor>, Error> {
        let system = Scope::system(tenant);
        let filter = TicketFilter {
            status: Status::ALL.iter().copied().filter(|status| *status != Status::Closed).collect(),
            set_aside: SetAsideFilter::Any,
            sort: TicketSort::Oldest,
            ..TicketFilter::default()
        };
        let query = Query::new(Select::Tickets(Box::new(filter)), BATCH).after(after);
        let page = self.store().find(&system, &query).await?;
        let tickets = tickets_of(&page);
        let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
        match self.bring_under_config(tenant, tickets).await {
            Ok(()) => return Ok(page.next),
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => {}
        }
        // One of them cannot be read or written: it must not hold up the others.
        for id in ids {
            let alone = match self.store().ticket(&system, id).await {
                Ok(ticket) => self.bring_under_config(tenant, ticket.into_iter().collect()).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = alone
                && error.is_retryable()
            {
                return Err(error);
            }
        }
        Ok(page.next)
    }

    async fn bring_under_config(&self, tenant: TenantId, mut tickets: Vec<Ticket>) -> Result<(), Error> {
        // Those that somebody else changed meanwhile are read and decided again.
        for _ in 0..ROUNDS {
            let mut changes = Vec::new();
            let mut changed = Vec::new();
            for ticket in &tickets {
                if let Some(set) = self.under_config(tenant, ticket).await? {
                    changes.push(set);
                    changed.push(ticket.id);
                }
            }
            let outcomes = self.store().commit(&changes).await?;
            let again: Vec<Key> = changed
                .iter()
                .zip(&outcomes)
                .filter(|(_, outcome)| **outcome != Outcome::Committed)
                .map(|(id, _)| Key::Ticket(*id))
                .collect();
            if again.is_empty() {
                return Ok(());
            }
            let found = self.store().load(&Scope::system(tenant), &again).await?;
            tickets = found
                .into_iter()
                .filter_map(|record| match record {
                    Some(Record::Ticket(ticket)) => Some(*ticket),
                    _ => None,
                })
                .collect();
        }
        // Passing over one would leave it under the old configuration for good: the batch is begun again.
        Err(Error::Busy(EntityKind::Ticket))
    }

    async fn under_config(&self, tenant: TenantId, ticket: &Ticket) -> Result<Option<ChangeSet>, Error> {
        let live = self.live(tenant);
        let now = self.now();
        let config = live.config(self.store(), now).await?;
        let config = live.with_versions_of(&**self.store(), config, ticket).await?;
        let texts = self.words_of(tenant, ticket).await?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let keywords = Some(config.keyword_hits(&texts));
        let circumstances = Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
        let mut decision = decide(Some(ticket), &[Command::Reconfigure { keywords }], &circumstances)?;
        if decision.events.is_empty() && ticket.derived.failures > 0 {
            // A wake-up that backs off goes on waiting: nothing has changed for it.
            decision.ticket.derived.wake_at = ticket.derived.wake_at;
        }
        if decision.events.is_empty() && decision.ticket.derived == ticket.derived {
            return Ok(None);
        }
        Ok(Some(assemble(tenant, Some(ticket), decision, &[])))
    }

    /// Reads the texts of a ticket in which keyword rules look: the subject and what the customer wrote.
    async fn words_of(&self, tenant: TenantId, ticket: &Ticket) -> Result<Vec<String>, Error> {
        let system = Scope::system(tenant);
        let mut words = Vec::new();
        if let Some(Record::Text(subject)) =
            self.store().load(&system, &[Key::Text(ticket.subject)]).await?.pop().flatten()
        {
            words.extend(subject.body);
        }
        let with = Related { texts: true, ..Related::default() };
        let select = Select::Messages { ticket: ticket.id, conversation: None };
        let mut query = Query::new(select, 1_000).with(with);
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in &page.items {
                let Record::Message(message) = record else { continue };
                if message.author.customer_id().is_none() {
                    continue;
                }
                words.extend(page.related.iter().find_map(|related| match related {
                    Record::Text(text) if text.id == message.body => text.body.clone(),
                    _ => None,
                }));
            }
            if page.next.is_none() {
                return Ok(words);
            }
            query.after = page.next;
        }
    }
}

fn tickets_of(page: &Page) -> Vec<Ticket> {
    page.items
        .iter()
        .filter_map(|record| match record {
            Record::Ticket(ticket) => Some(Ticket::clone(ticket)),
            _ => None,
        })
        .collect()
}
