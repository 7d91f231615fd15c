//! Reading: tickets, their messages and histories, and the ranked queue.

use std::collections::HashMap;

use crate::config::Config;
use crate::conversation::{Conversation, Message};
use crate::error::{EntityKind, Error};
use crate::event::{Envelope, Event, Stream};
use crate::id::{ConversationId, DocumentId, TextId, TicketId};
use crate::people::{Actor, Agent, Capacity, Customer, Permission, Scope, USUAL_PERFORMANCE};
use crate::routing::{QueueDepth, Ranked};
use crate::scoring::{Score, score, total};
use crate::sla::attribution::{Ownership, Share};
use crate::sla::deadline::Reading;
use crate::sla::{Ledger, SlaTimer, TimerMove};
use crate::store::{
    Assignment, Key, Page, PageCursor, Query, Record, Related, Select, StoreExt, TicketFilter,
};
use crate::ticket::Ticket;
use crate::time::Timestamp;

use super::Desk;
use super::browse::{Names, QueueFilter, author, name_keys, parties, text_keys};

/// Most tickets that one call scores.
const PRIORITIZE_LIMIT: usize = 1_000;
/// Rows read at once when a whole history is read.
const BATCH: u32 = 1_000;

/// Texts by their ids, as far as they were not emptied.
pub type TextsById = HashMap<TextId, String>;

/// A page of tickets with what was to be brought along.
#[derive(Clone, PartialEq, Default)]
pub struct TicketPage {
    /// The tickets, in order.
    pub tickets: Vec<Ticket>,
    /// Their subjects and free texts.
    pub texts: TextsById,
    /// The customers that they name.
    pub customers: Vec<Customer>,
    /// The agents that they name.
    pub agents: Vec<Agent>,
    /// Their newest visible messages.
    pub last_messages: Vec<Message>,
    /// Where to go on.
    pub next: Option<PageCursor>,
}

impl std::fmt::Debug for TicketPage {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketPage")
            .field("tickets", &self.tickets)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// A timer with its reading.
#[derive(Debug, Clone, PartialEq)]
pub struct TimerView {
    /// The timer.
    pub timer: SlaTimer,
    /// What it says at the asked instant.
    pub reading: Reading,
}

/// One cycle of a timer, with whose time it was.
#[derive(Debug, Clone, PartialEq)]
pub struct SlaCycle {
    /// The timer with its reading.
    pub view: TimerView,
    /// Whose time it was, all of it; `None` to customers.
    pub shares: Option<Vec<Share>>,
}

/// Everything that was timed of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct SlaHistory {
    /// Every cycle of every timer, oldest first.
    pub cycles: Vec<SlaCycle>,
    /// Who had the ticket for how long.
    pub ownership: Vec<Ownership>,
}

/// A ticket with all that belongs on its first page.
#[derive(Clone, PartialEq)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// Its score at the asked instant.
    pub score: f64,
    /// Current timers.
    pub timers: Vec<TimerView>,
    /// Subject, free texts and bodies.
    pub texts: TextsById,
    /// Whose it is.
    pub customer: Option<Customer>,
    /// Who has it.
    pub assignee: Option<Agent>,
    /// Its conversations, oldest first.
    pub conversations: Vec<Conversation>,
    /// Its newest messages, newest first.
    pub messages: Vec<Message>,
    /// Where older messages go on.
    pub messages_next: Option<PageCursor>,
    /// Names of the authors, as far as the actor may learn them.
    pub names: Names,
}

impl std::fmt::Debug for TicketView {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketView")
            .field("ticket", &self.ticket)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

/// A message with its text.
#[derive(Clone, PartialEq)]
pub struct MessageView {
    /// The message.
    pub message: Message,
    /// What it says; `None` where it was erased.
    pub content: Option<String>,
    /// Name and address of an author who is no known party, as JSON.
    pub author: Option<String>,
}

impl std::fmt::Debug for MessageView {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageView").field("message", &self.message).finish_non_exhaustive()
    }
}

/// A page of messages, newest first.
#[derive(Clone, PartialEq, Default)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<MessageView>,
    /// Names of their authors, as far as the actor may learn them.
    pub names: Names,
    /// Where older ones go on.
    pub next: Option<PageCursor>,
}

impl std::fmt::Debug for MessagePage {
    /// Prints no text and no name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessagePage")
            .field("messages", &self.messages)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// A page of the ranked queue.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueuePage {
    /// The places, best first, with the score of each in terms.
    pub items: Vec<(Ranked, Score)>,
    /// The instant at which all of the walk is scored.
    pub as_of: Timestamp,
    /// How much waits, in sight of the actor.
    pub depth: QueueDepth,
    /// Whether there is more after the last item.
    pub more: bool,
}

impl Desk {
    /// Reads a ticket.
    ///
    /// # Errors
    /// `NotFound` where it is out of the actor's sight; `Store`.
    pub async fn ticket(&self, actor: &Actor, id: TicketId) -> Result<Ticket, Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        self.store().ticket(&scope, id).await?.ok_or(Error::NotFound(EntityKind::Ticket))
    }

    /// Reads a ticket with customer, conversations, timers and its newest `messages` messages.
    ///
    /// # Errors
    /// As [`ticket`](Self::ticket).
    pub async fn ticket_view(&self, actor: &Actor, id: TicketId, messages: u32) -> Result<TicketView, Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        let ticket = self.store().ticket(&scope, id).await?.ok_or(Error::NotFound(EntityKind::Ticket))?;
        let with = Related { texts: true, ..Related::default() };
        let select = Select::Messages { ticket: id, conversation: None };
        let mut page = self.store().find(&scope, &Query::new(select, messages).with(with)).await?;
        let conversations = self.store().find(&scope, &Query::new(Select::Conversations(id), 100)).await?;
        let mut keys = text_keys(actor, &ticket);
        keys.extend(ticket.journey.map(|journey| Key::Text(journey.answers)));
        let parties = page.items.iter().filter_map(author).chain(parties(actor, &ticket));
        keys.extend(name_keys(actor, parties));
        // The parties of a ticket that one sees are seen with it: a customer learns the agent's name, not more.
        let system = Scope::system(actor.tenant());
        page.related.extend(self.store().load(&system, &keys).await?.into_iter().flatten());
        let now = self.now();
        let config = self.config_for(actor, &ticket).await?;
        let mut view = TicketView {
            score: total(&config.settings.weights, &ticket.score_inputs(), now),
            timers: timers(&ticket, now, &config),
            ticket,
            texts: texts(&mut page),
            customer: None,
            assignee: None,
            conversations: conversations.items.into_iter().filter_map(conversation).collect(),
            messages: Vec::new(),
            messages_next: page.next,
            names: Names::new(),
        };
        for record in page.related {
            match record {
                // One in copy learns nothing of whose ticket it is but the name.
                Record::Customer(customer) => {
                    view.names.insert(customer.id.uuid(), customer.name.clone());
                    let own = actor.as_ref().customer_id().is_none_or(|own| own == customer.id);
                    if own && customer.id == view.ticket.customer_id {
                        view.customer = Some(*customer);
                    }
                }
                Record::Agent(agent) => {
                    view.names.insert(agent.id.uuid(), agent.name.clone());
                    if view.ticket.assigned_to == Some(agent.id) {
                        view.assignee = Some(if actor.is_staff() { *agent } else { by_name(*agent) });
                    }
                }
                _ => {}
            }
        }
        view.messages = page.items.into_iter().filter_map(message).collect();
        Ok(view)
    }

    /// Reads a ticket as it was at an instant: the fold of its events up to then. What is derived is of then too.
    ///
    /// # Errors
    /// `NotFound` where it is out of the actor's sight now, or was not yet opened then; `Store`.
    pub async fn ticket_at(&self, actor: &Actor, id: TicketId, at: Timestamp) -> Result<Ticket, Error> {
        self.ticket(actor, id).await?;
        let events = self.history(actor, id).await?;
        let mut ticket = Ticket::fold(&events, at).ok_or(Error::NotFound(EntityKind::Ticket))?;
        let config = self.config_for(actor, &ticket).await?;
        ticket.derived = crate::sla::deadline::derive(&ticket, &config);
        Ok(ticket)
    }

    /// Lists tickets.
    ///
    /// # Errors
    /// `Store`.
    pub async fn tickets(
        &self,
        actor: &Actor,
        filter: TicketFilter,
        limit: u32,
        after: Option<PageCursor>,
        with: Related,
    ) -> Result<TicketPage, Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        let query = Query::new(Select::Tickets(Box::new(filter)), limit).after(after).with(with);
        let mut page = self.store().find(&scope, &query).await?;
        let mut tickets = TicketPage { texts: texts(&mut page), next: page.next, ..TicketPage::default() };
        for record in page.related {
            match record {
                Record::Customer(customer) => tickets.customers.push(*customer),
                Record::Agent(agent) => tickets.agents.push(*agent),
                Record::Message(message) => tickets.last_messages.push(*message),
                _ => {}
            }
        }
        tickets.tickets = page.items.into_iter().filter_map(ticket).collect();
        Ok(tickets)
    }

    /// Lists messages of a ticket, newest first.
    ///
    /// # Errors
    /// `NotFound` where the ticket is out of the actor's sight; `Store`.
    pub async fn messages(
        &self,
        actor: &Actor,
        id: TicketId,
        conversation: Option<ConversationId>,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<MessagePage, Error> {
        self.ticket(actor, id).await?;
        let scope = actor.scope(Permission::TicketRead)?;
        let with = Related { texts: true, ..Related::default() };
        let select = Select::Messages { ticket: id, conversation };
        let mut page = self.store().find(&scope, &Query::new(select, limit).after(after).with(with)).await?;
        let names = self.names(actor, page.items.iter().filter_map(author)).await?;
        let mut texts = texts(&mut page);
        let messages = page.items.into_iter().filter_map(message);
        let with_text = messages.map(|message| MessageView {
            content: texts.remove(&message.body),
            author: message.author_text.and_then(|author| texts.remove(&author)),
            message,
        });
        Ok(MessagePage { messages: with_text.collect(), names, next: page.next })
    }

    /// Lists events of a ticket, oldest first: the audit trail.
    ///
    /// # Errors
    /// `NotFound` where the ticket is out of the actor's sight; `Store`.
    pub async fn ticket_events(
        &self,
        actor: &Actor,
        id: TicketId,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<Envelope>, Option<PageCursor>), Error> {
        self.ticket(actor, id).await?;
        let scope = actor.scope(Permission::TicketRead)?;
        let select = Select::Stream(Stream::Ticket(id));
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        Ok((page.events, page.next))
    }

    /// Lists changes of owner of a ticket, newest first, with their reasons.
    ///
    /// # Errors
    /// `NotFound` to customers and where the ticket is out of sight; `Store`.
    pub async fn assignments(
        &self,
        actor: &Actor,
        id: TicketId,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<Assignment>, Option<PageCursor>), Error> {
        staff(actor)?;
        self.ticket(actor, id).await?;
        let scope = actor.scope(Permission::TicketRead)?;
        let select = Select::Assignments { ticket: Some(id), agent: None, team: None, from: None, to: None };
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        let assignments = page.items.into_iter().filter_map(|record| match record {
            Record::Assignment(assignment) => Some(*assignment),
            _ => None,
        });
        Ok((assignments.collect(), page.next))
    }

    /// Reads every cycle of every timer of a ticket, oldest first, as its events tell them, and who had the ticket for
    /// how long. Customers learn nothing of whose hands it was in.
    ///
    /// # Errors
    /// `NotFound` where the ticket is out of the actor's sight; `Store`.
    pub async fn sla_history(&self, actor: &Actor, id: TicketId) -> Result<SlaHistory, Error> {
        self.ticket(actor, id).await?;
        let events = self.history(actor, id).await?;
        let mut ended: Vec<SlaTimer> = Vec::new();
        let mut events = events.iter();
        let mut folded = events.next().and_then(Ticket::begin).ok_or(Error::NotFound(EntityKind::Ticket))?;
        for envelope in events {
            if let Event::SlaTimersMoved { moves } = &envelope.event {
                ended.extend(replaced(&folded, moves, envelope.at));
            }
            folded.evolve(envelope);
        }
        let Ledger { stages, timers, .. } = std::mem::take(&mut folded.sla);
        // With all of them, so that the calendars of those that ended long ago are read too.
        folded.sla =
            Ledger { timers: ended.into_iter().chain(timers).collect(), stages, ..Ledger::default() };
        let config = self.config_for(actor, &folded).await?;
        let now = self.now();
        let staff = actor.is_staff();
        let cycle = |timer: &SlaTimer| SlaCycle {
            shares: staff.then(|| timer.shares(now, &config)),
            view: TimerView { timer: timer.clone(), reading: timer.read(now, &config) },
        };
        let ownership = if staff { folded.sla.ownership(now, &config) } else { Vec::new() };
        Ok(SlaHistory { cycles: folded.sla.timers.iter().map(cycle).collect(), ownership })
    }

    /// Reads the ranked queue at an instant, after a place where one is given.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn queue(
        &self,
        actor: &Actor,
        limit: u32,
        as_of: Option<Timestamp>,
        after: Option<Ranked>,
    ) -> Result<QueuePage, Error> {
        let all = QueueFilter::default();
        self.queue_where(actor, &all, limit, as_of, after).await.map(|(page, _)| page)
    }

    /// Scores tickets now, with all keyword rules or as if only some were in force; writes nothing. Highest first.
    ///
    /// # Errors
    /// `NotFound` to customers and for a ticket out of sight; `Invalid` for too many, and for what is no keyword rule in
    /// force; `Store`.
    pub async fn prioritize(
        &self,
        actor: &Actor,
        ids: &[TicketId],
        rules: Option<&[DocumentId]>,
    ) -> Result<Vec<(Ticket, Score)>, Error> {
        staff(actor)?;
        if ids.len() > PRIORITIZE_LIMIT {
            return Err(Error::invalid("ticket_ids", "must be at most 1000"));
        }
        let scope = actor.scope(Permission::TicketRead)?;
        let now = self.now();
        // A rule that somebody made a moment ago is one.
        let config = self.live(actor.tenant()).newest_config(self.store(), now).await?;
        let versions = config.keyword_rule_versions();
        let unknown = |rule: &DocumentId| versions.iter().all(|version| version.id != *rule);
        if let Some(at) = rules.and_then(|rules| rules.iter().position(unknown)) {
            return Err(Error::invalid(format!("rule_ids[{at}]"), "must be a keyword_rule"));
        }
        let keys: Vec<Key> = ids.iter().map(|id| Key::Ticket(*id)).collect();
        let mut scored = Vec::with_capacity(ids.len());
        for record in self.store().load(&scope, &keys).await? {
            let ticket = record.and_then(ticket).ok_or(Error::NotFound(EntityKind::Ticket))?;
            let mut inputs = ticket.score_inputs();
            if let Some(rules) = rules {
                let hits = ticket.keywords.iter().filter(|(rule, _)| rules.contains(rule));
                inputs.keyword_points = hits.map(|(_, hit)| hit.points).sum();
            }
            let score = score(&config.settings.weights, &inputs, now);
            scored.push((ticket, score));
        }
        scored.sort_by(|(a, x), (b, y)| y.total.total_cmp(&x.total).then_with(|| a.id.cmp(&b.id)));
        Ok(scored)
    }

    /// Reads all events of a ticket, in the scope of the desk: for folding, never for showing.
    pub(super) async fn history(&self, actor: &Actor, id: TicketId) -> Result<Vec<Envelope>, Error> {
        let system = Scope::system(actor.tenant());
        let mut events = Vec::new();
        let mut query = Query::new(Select::Stream(Stream::Ticket(id)), BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            events.extend(page.events);
            if page.next.is_none() {
                return Ok(events);
            }
            query.after = page.next;
        }
    }

    /// Returns the configuration with the versions that a ticket still stands under.
    pub(super) async fn config_for(
        &self,
        actor: &Actor,
        ticket: &Ticket,
    ) -> Result<std::sync::Arc<Config>, Error> {
        let config = self.config(actor.tenant()).await?;
        self.live(actor.tenant()).with_versions_of(&**self.store(), config, ticket).await
    }
}

/// Returns the cycles, as they ended, that later ones replace in these moves.
fn replaced(ticket: &Ticket, moves: &[TimerMove], at: Timestamp) -> Vec<SlaTimer> {
    let mut ledger = ticket.sla.clone();
    let mut replaced = Vec::new();
    for step in moves {
        if let TimerMove::Started { metric, .. } = step {
            replaced.extend(ledger.timer(*metric).cloned());
        }
        ledger.follow(step, at, ticket.team_id, ticket.assigned_to);
    }
    replaced
}

pub(super) fn timers(ticket: &Ticket, now: Timestamp, config: &Config) -> Vec<TimerView> {
    let read = |timer: &SlaTimer| TimerView { timer: timer.clone(), reading: timer.read(now, config) };
    ticket.sla.timers.iter().map(read).collect()
}

/// What a customer learns of an agent: the name, and nothing else.
pub(super) fn by_name(agent: Agent) -> Agent {
    Agent {
        external_id: None,
        email: String::new(),
        team_ids: Vec::new(),
        lead_ids: Vec::new(),
        skills: std::collections::BTreeMap::new(),
        capacity: Capacity::default(),
        shift: None,
        languages: Vec::new(),
        performance: USUAL_PERFORMANCE,
        absences: Vec::new(),
        ..agent
    }
}

/// Only staff learn that this exists.
pub(super) const fn staff(actor: &Actor) -> Result<(), Error> {
    if actor.is_staff() { Ok(()) } else { Err(Error::NotFound(EntityKind::Ticket)) }
}

/// Takes the texts out of what was brought along.
pub(super) fn texts(page: &mut Page) -> TextsById {
    let mut texts = TextsById::new();
    page.related.retain_mut(|record| match record {
        Record::Text(text) => {
            texts.extend(text.body.take().map(|body| (text.id, body)));
            false
        }
        _ => true,
    });
    texts
}

pub(super) fn ticket(record: Record) -> Option<Ticket> {
    if let Record::Ticket(ticket) = record { Some(*ticket) } else { None }
}

pub(super) fn message(record: Record) -> Option<Message> {
    if let Record::Message(message) = record { Some(*message) } else { None }
}

fn conversation(record: Record) -> Option<Conversation> {
    if let Record::Conversation(conversation) = record { Some(conversation) } else { None }
}
