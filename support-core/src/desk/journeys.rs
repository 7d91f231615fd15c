//! Journeys: publishing them, going through them step by step, and what they make of the answers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;

use crate::conversation::ChannelKind;
use crate::error::{EntityKind, Error, FieldProblem};
use crate::id::{BrandId, CustomerId, DocumentId, TextId, TicketId};
use crate::journey::{
    Answers, Given, Journey, JourneyEntry, JourneySpec, JourneyState, Question, Said, Step, check,
    entry_document,
};
use crate::label::Label;
use crate::masking::{MaskSpan, Purpose};
use crate::people::{Actor, ActorRef, Permission, Scope};
use crate::sla::ConfigRef;
use crate::store::{
    ChangeSet, Document, DocumentKind, JourneyProgress, Key, Outcome, PageCursor, Query, Record, Select,
    StoreExt, Text, TextClass,
};
use crate::time::Timestamp;

use super::configure::DocumentReply;
use super::open::{Led, OpenTicket, Requester};
use super::run::{Ask, Prepared, UseCase};
use super::said::{begun, said, written};
use super::texts::{Kept, Texts};
use super::{Desk, TicketReply};

/// For how long, in seconds, what was begun and then submitted is not submitted once more. Who submits within it without
/// having begun anew sends the same run twice: a second click, or another tab.
const SENT_TWICE_SECONDS: i64 = 60;

/// A version of a journey, and where the journey stands.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyView {
    /// Identity.
    pub id: DocumentId,
    /// Which version this is: the newest to staff, the published one to customers.
    pub version: u64,
    /// Where the journey stands.
    pub state: JourneyState,
    /// The version that customers meet, while it is active.
    pub published_version: Option<u64>,
    /// What it says.
    pub spec: JourneySpec,
    /// When the journey was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
}

/// Where somebody's answers have led.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyStanding {
    /// The version of the journey that was gone through.
    pub journey: ConfigRef,
    /// What is told before the question, or at the end.
    pub information: Vec<Question>,
    /// The next question; `None` at the end.
    pub question: Option<Question>,
    /// The answers that led here.
    pub answers: Answers,
    /// When a customer's answers were kept, and when they are forgotten.
    pub kept: Option<(Timestamp, Timestamp)>,
}

impl JourneyStanding {
    fn of(journey: ConfigRef, step: Step<'_>, kept: Option<(Timestamp, Timestamp)>) -> Self {
        let (information, question, answers) = match step {
            Step::Ask { information, question, answers } => (information, Some(question.clone()), answers),
            Step::Complete { information, answers } => (information, None, answers),
        };
        let information = information.into_iter().cloned().collect();
        Self { journey, information, question, answers, kept }
    }
}

/// Lets customers meet the newest version of a journey at its place. What they met there before is archived in the
/// same commit; who has begun it before goes on in the version that they know, until it is submitted or forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishJourney {
    /// Which journey.
    pub id: DocumentId,
}

#[async_trait]
impl UseCase for PublishJourney {
    type Reply = DocumentReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<DocumentReply>, Error> {
        ask.staff_only(EntityKind::Journey)?;
        ask.actor.scope(Permission::ConfigRead)?;
        let found = ask.document(DocumentKind::Journey, self.id).await?;
        let document = found.ok_or(Error::NotFound(EntityKind::Journey))?;
        ask.actor.scope(Permission::JourneyManage)?;
        ask.check_version(EntityKind::Journey, document.version)?;
        let spec = spec_of(&document)?;
        let flaws = check(&spec);
        if !flaws.is_empty() {
            return Err(Error::Invalid(flaws.into_iter().map(FieldProblem::from).collect()));
        }
        ask.check_references(DocumentKind::Journey, &document.body, None).await?;
        let journey = ConfigRef { id: document.id, version: document.version };
        let place = entry_document(spec.brand_id, &spec.entry_point);
        let before = ask.document(DocumentKind::JourneyEntry, place).await?;
        let entry = match before.as_ref().and_then(|before| JourneyEntry::deserialize(&before.body).ok()) {
            Some(entry) => entry.publish(journey),
            None => JourneyEntry {
                brand_id: spec.brand_id,
                entry_point: spec.entry_point,
                active: journey,
                archived: std::collections::BTreeSet::new(),
            },
        };
        let body = serde_json::to_value(entry).map_err(|_| Error::invalid("id", "cannot be published"))?;
        let mut prepared = ask.write_document(DocumentKind::JourneyEntry, place, body, false, before)?;
        prepared.reply = DocumentReply { document_id: document.id, version: document.version };
        Ok(prepared)
    }
}

/// Opens a ticket with whole answers to a journey.
///
/// A customer submits for themselves, in the version that they have begun; staff for a customer, in the one that is
/// published. The answers are checked from the start, masked, and kept with the ticket, in the one commit that makes it.
///
/// What a customer has begun leads to one ticket: who submits it once more at the same moment, or less than a minute
/// later, is `Refused` as `journey_crossed`. Nobody needs to have begun, and whoever begins anew is free to submit.
#[derive(Clone)]
pub struct SubmitJourney {
    /// Which journey.
    pub id: DocumentId,
    /// For whom; a customer is `Myself`.
    pub requester: Requester,
    /// All answers.
    pub answers: Given,
}

impl std::fmt::Debug for SubmitJourney {
    /// Prints no answer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitJourney")
            .field("id", &self.id)
            .field("requester", &self.requester)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UseCase for SubmitJourney {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let met = ask.desk.met(ask.actor, &ask.config, self.id).await?;
        if met.state == JourneyState::Draft {
            return Err(Error::refused("journey_draft", "the journey is not published"));
        }
        let answers = met.journey.submit(&self.answers).map_err(Error::Invalid)?;
        if met.submitted_at.is_some_and(|at| ask.now < at.plus_seconds(SENT_TWICE_SECONDS)) {
            let problem =
                "what was begun of this journey was submitted a moment ago, and has led to a ticket";
            return Err(Error::refused("journey_crossed", problem));
        }
        let id = TicketId::mint(ask.ids(), ask.now);
        let said = said(&met.journey, &answers, |text, before| Kept::of(ask.mask(Some(id), text, before)));
        let wording: BTreeMap<Label, String> =
            said.iter().map(|(said, _)| (said.question.clone(), said.wording.clone())).collect();
        let filled = met.journey.fill(&answers, &wording);
        let kept = written(&said).map_err(|_| Error::invalid("answers", "cannot be kept"))?;
        let open = OpenTicket {
            channel: ChannelKind::Web,
            priority: filled.priority,
            category: filled.category,
            tags: filled.tags.into_iter().collect(),
            custom_fields: filled.custom_fields,
            brand_id: met.journey.spec().brand_id,
            skills: filled.skills.into_iter().collect(),
            ..OpenTicket::by(self.requester.clone(), filled.subject, filled.message)
        };
        // A team that is no more leaves it to the category and the default team.
        let team = filled.team_id.filter(|team| ask.config.team(*team).is_some());
        let led = Led { ticket: id, journey: met.version, answers: kept, team };
        let mut prepared = open.led_by(ask, Some(led)).await?;
        if let Some(progress) = met.progress {
            let submitted = JourneyProgress { saved_at: ask.now, ..progress };
            ask.end_progress(submitted, &mut prepared.changes).await?;
        }
        Ok(prepared)
    }
}

/// Keeps how far a customer has come, so that they can go on another day.
struct KeepProgress<'a> {
    journey: ConfigRef,
    /// What was asked and answered, with masks and where they stand.
    said: &'a [(Said, Vec<MaskSpan>)],
    /// Questions that were passed over.
    passed: Vec<Label>,
}

#[async_trait]
impl UseCase for KeepProgress<'_> {
    type Reply = ();

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<()>, Error> {
        let Actor::Customer(customer) = ask.actor else { return Err(Error::NotFound(EntityKind::Journey)) };
        let mut changes = ChangeSet::new(ask.actor.tenant());
        let body = begun(self.said, &self.passed).map_err(|_| Error::invalid("answers", "cannot be kept"))?;
        let mut texts = Texts::new(ask, None);
        let answers = texts.keep(ActorRef::customer(customer.id), TextClass::Internal, body);
        let before: Option<JourneyProgress> =
            ask.store().one(&ask.system(), Key::JourneyProgress(customer.id, self.journey.id)).await?;
        let version = before.as_ref().map_or(0, |before| before.version);
        let progress = JourneyProgress {
            customer_id: customer.id,
            journey: self.journey,
            answers: Some(answers),
            saved_at: ask.now,
            expires_at: Some(ask.now.plus_seconds(ask.config.settings.journey_retention_seconds)),
            version: version + 1,
        };
        match before {
            Some(before) => {
                ask.desk.empty_text(ask.actor, before.answers, &mut changes).await?;
                changes.replace(version, progress);
            }
            None => changes.insert(progress),
        }
        texts.finish(&mut changes);
        Ok(Prepared::new(changes, ()))
    }
}

/// The version of a journey that somebody goes through.
struct Met {
    state: JourneyState,
    version: ConfigRef,
    journey: Journey,
    /// What a customer has begun of it and not yet let expire.
    progress: Option<JourneyProgress>,
    /// When what a customer had begun of it led to a ticket, or the last answers were kept that were then forgotten.
    submitted_at: Option<Timestamp>,
}

impl Ask<'_> {
    /// Ends what a customer has begun; the answers are emptied.
    async fn end_progress(&self, before: JourneyProgress, changes: &mut ChangeSet) -> Result<(), Error> {
        self.desk.end_progress(self.actor, before, changes).await
    }
}

impl Desk {
    /// Lists journeys: all of them, oldest first, to staff; to customers those that are active. Of a place and a brand
    /// where they are named.
    ///
    /// # Errors
    /// `Forbidden`; `Store`.
    pub async fn journeys(
        &self,
        actor: &Actor,
        entry_point: Option<&Label>,
        brand: Option<BrandId>,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<JourneyView>, Option<PageCursor>), Error> {
        let config = self.config(actor.tenant()).await?;
        let fits = |document: &Document| {
            view(&config, document).filter(|view| {
                entry_point.is_none_or(|place| view.spec.entry_point == *place)
                    && (brand.is_none() || view.spec.brand_id == brand)
            })
        };
        if actor.is_staff() {
            return self.documents_that(actor, DocumentKind::Journey, limit, after, fits).await;
        }
        let keys: Vec<Key> = config
            .journey_entries()
            .map(|entry| Key::DocumentVersion(entry.active.id, entry.active.version))
            .collect();
        let found = self.store().load(&Scope::system(actor.tenant()), &keys).await?;
        let views = found.into_iter().flatten().filter_map(|record| match record {
            Record::Document(document) => fits(&document),
            _ => None,
        });
        Ok((views.collect(), None))
    }

    /// Reads a journey: its newest version to staff, the published one to customers.
    ///
    /// # Errors
    /// `NotFound` where there is none, and for drafts to customers; `Gone` to customers where another was published in
    /// its place; `Forbidden`; `Store`.
    pub async fn journey(&self, actor: &Actor, id: DocumentId) -> Result<JourneyView, Error> {
        let config = self.config(actor.tenant()).await?;
        let document = if actor.is_staff() {
            self.document(actor, DocumentKind::Journey, id).await?
        } else {
            let active = config.active_version(id).ok_or_else(|| unmet(config.journey_state(id)))?;
            self.store()
                .one(&Scope::system(actor.tenant()), Key::DocumentVersion(active.id, active.version))
                .await?
        };
        document
            .as_ref()
            .and_then(|document| view(&config, document))
            .ok_or(Error::NotFound(EntityKind::Journey))
    }

    /// Finds the next question for the answers given so far. A customer's answers are kept, with masks, so that they can
    /// go on another day; nothing else is written. Staff may try a draft.
    ///
    /// # Errors
    /// `Invalid` for every answer that is wrong or off the path; `Refused` as `journey_crossed` where the same customer
    /// kept taking other steps; as [`journey`](Self::journey), but `Gone` for staff too, and not for a customer who has
    /// begun it.
    pub async fn step_journey(
        &self,
        actor: &Actor,
        id: DocumentId,
        given: &Given,
    ) -> Result<JourneyStanding, Error> {
        let config = self.config(actor.tenant()).await?;
        let met = self.met(actor, &config, id).await?;
        let step = met.journey.step(given).map_err(Error::Invalid)?;
        let mut standing = JourneyStanding::of(met.version, step, None);
        if matches!(actor, Actor::Customer(_)) && !given.is_empty() {
            let now = self.now();
            // Nothing that was begun is worth a place in the vault: the question is asked again.
            let masker = &config.masker;
            let said = said(&met.journey, &standing.answers, |text, before| {
                Kept::of(masker.mask(text, Purpose::Storage, before))
            });
            let passed = standing.answers.iter().filter(|(_, answer)| answer.is_none());
            let passed = passed.map(|(id, _)| id.clone()).collect();
            let keep = KeepProgress { journey: met.version, said: &said, passed };
            self.run(actor, &keep).await.map_err(|error| match error {
                // Only the customer's own steps are in the way of each other, taken in several places at once.
                Error::Busy(_) => Error::refused(
                    "journey_crossed",
                    "other steps of this journey were taken at the same moment; these answers were not kept",
                ),
                error => error,
            })?;
            standing.kept = Some((now, now.plus_seconds(config.settings.journey_retention_seconds)));
        }
        Ok(standing)
    }

    /// Finds how far the customer who asks has come in a journey, in the version that they have begun. Of answers that
    /// are right no more, such as masked ones, the question is asked again.
    ///
    /// # Errors
    /// `NotFound` where nothing is kept, and `Gone` where another journey was published in its place too; as
    /// [`journey`](Self::journey).
    pub async fn journey_progress(&self, actor: &Actor, id: DocumentId) -> Result<JourneyStanding, Error> {
        let config = self.config(actor.tenant()).await?;
        let met = self.met(actor, &config, id).await?;
        let nothing = || Error::NotFound(EntityKind::Journey);
        let progress = met.progress.ok_or_else(nothing)?;
        let text = progress.answers.ok_or_else(nothing)?;
        let text: Option<Text> = self.store().one(&Scope::system(actor.tenant()), Key::Text(text)).await?;
        let body = text.and_then(|text| text.body).ok_or_else(nothing)?;
        let kept: Given = serde_json::from_str(&body).map_err(|_| nothing())?;
        let step = met.journey.resume(&kept).ok_or_else(nothing)?;
        let until = progress.expires_at.unwrap_or(progress.saved_at);
        Ok(JourneyStanding::of(met.version, step, Some((progress.saved_at, until))))
    }

    /// Finds the version of a journey that the actor goes through: what they have begun, else what is published, else,
    /// for staff, the draft.
    async fn met(&self, actor: &Actor, config: &crate::config::Config, id: DocumentId) -> Result<Met, Error> {
        let system = Scope::system(actor.tenant());
        let state = config.journey_state(id);
        let (mut progress, mut submitted_at) = (None, None);
        let active = config.active_version(id);
        let version = if let Actor::Customer(customer) = actor {
            let found: Option<JourneyProgress> =
                self.store().one(&system, Key::JourneyProgress(customer.id, id)).await?;
            let over = found.as_ref().filter(|begun| begun.expires_at.is_none());
            submitted_at = over.map(|over| over.saved_at);
            let now = self.now();
            progress = found.filter(|begun| begun.expires_at.is_some_and(|expires_at| expires_at > now));
            // Who has begun goes on, also where another journey was published in its place.
            progress.as_ref().map(|begun| begun.journey).or(active).ok_or_else(|| unmet(state))?
        } else {
            actor.scope(Permission::TicketCreate)?;
            match active {
                Some(active) => active,
                None if state == JourneyState::Archived => return Err(unmet(state)),
                None => {
                    actor.scope(Permission::ConfigRead)?;
                    let newest: Option<Document> = self.store().one(&system, Key::Document(id)).await?;
                    let newest = newest.ok_or(Error::NotFound(EntityKind::Journey))?;
                    ConfigRef { id, version: newest.version }
                }
            }
        };
        let document: Option<Document> =
            self.store().one(&system, Key::DocumentVersion(version.id, version.version)).await?;
        let document = document.filter(|document| document.kind == DocumentKind::Journey);
        let spec = spec_of(&document.ok_or(Error::NotFound(EntityKind::Journey))?)?;
        let journey =
            Journey::of(spec).map_err(|problem| Error::refused("journey_unreadable", problem.to_string()))?;
        Ok(Met { state, version, journey, progress, submitted_at })
    }

    /// Forgets what a customer has begun, once its time is over. Tells whether it was.
    pub(super) async fn wake_customer(&self, actor: &Actor, id: CustomerId) -> Result<bool, Error> {
        let (system, now) = (Scope::system(actor.tenant()), self.now());
        let mut query = Query::new(Select::Journeys(id), Query::MOST);
        let mut all = Vec::new();
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in page.items {
                if let Record::JourneyProgress(begun) = record
                    && begun.expires_at.is_some_and(|at| at <= now)
                {
                    let mut changes = ChangeSet::new(actor.tenant());
                    self.end_progress(actor, begun, &mut changes).await?;
                    all.push(changes);
                }
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        Ok(!all.is_empty() && self.store().commit(&all).await?.contains(&Outcome::Committed))
    }

    async fn end_progress(
        &self,
        actor: &Actor,
        before: JourneyProgress,
        changes: &mut ChangeSet,
    ) -> Result<(), Error> {
        self.empty_text(actor, before.answers, changes).await?;
        let revision = before.version;
        let over = JourneyProgress { answers: None, expires_at: None, version: revision + 1, ..before };
        changes.replace(revision, over);
        Ok(())
    }

    async fn empty_text(
        &self,
        actor: &Actor,
        text: Option<TextId>,
        changes: &mut ChangeSet,
    ) -> Result<(), Error> {
        let Some(id) = text else { return Ok(()) };
        let text: Option<Text> = self.store().one(&Scope::system(actor.tenant()), Key::Text(id)).await?;
        if let Some(text) = text.filter(|text| text.body.is_some()) {
            changes.replace(0, text.emptied());
        }
        Ok(())
    }
}

fn view(config: &crate::config::Config, document: &Document) -> Option<JourneyView> {
    Some(JourneyView {
        id: document.id,
        version: document.version,
        state: config.journey_state(document.id),
        published_version: config.active_version(document.id).map(|active| active.version),
        spec: JourneySpec::deserialize(&document.body).ok()?,
        created_at: document.created_at,
        updated_at: document.updated_at,
    })
}

fn spec_of(document: &Document) -> Result<JourneySpec, Error> {
    JourneySpec::deserialize(&document.body)
        .map_err(|_| Error::refused("newer_document", "a newer release wrote this journey"))
}

/// A draft is nothing to customers; what is archived is there no more.
const fn unmet(state: JourneyState) -> Error {
    match state {
        JourneyState::Archived => Error::Gone(EntityKind::Journey),
        JourneyState::Draft | JourneyState::Active => Error::NotFound(EntityKind::Journey),
    }
}
