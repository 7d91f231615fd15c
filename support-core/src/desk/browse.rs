//! Reading many things for one screen: names, scores and timers of a whole page, the queue through a filter, changes
//! of owner, the log, and exports. Each takes a fixed number of round trips, however long the page is.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::conversation::{ChannelKind, Message};
use crate::error::{EntityKind, Error};
use crate::id::{AgentId, CustomerId, MessageId, TeamId, TicketId};
use crate::masking::Purpose;
use crate::people::{Actor, ActorRef, Permission, Scope};
use crate::routing::{Ranked, Waiting};
use crate::scoring::{ScoreInputs, score, total};
use crate::store::{
    Assignment, Cursor, EventPage, Key, PageCursor, Query, Record, Related, Select, StoreExt, TicketFilter,
};
use crate::ticket::{Priority, Ticket};
use crate::time::Timestamp;

use super::Desk;
use super::read::{
    MessageView, QueuePage, TextsById, TicketPage, TicketView, TimerView, by_name, staff, texts, ticket,
    timers,
};

/// Places looked at in one pass over the queue when a filter is given.
const LOOKED_AT: usize = 1_000;
/// Most such passes for one page.
const PASSES: usize = 20;

/// Names of agents and customers by their ids.
pub type Names = HashMap<Uuid, String>;

/// Which waiting work. What is given is combined by "and"; values in a list by "or".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueFilter {
    /// In this team's queue.
    pub team: Option<TeamId>,
    /// On this channel.
    pub channel: Option<ChannelKind>,
    /// Of one of these priorities.
    pub priority: Vec<Priority>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
}

impl QueueFilter {
    fn takes(&self, entry: &Waiting) -> bool {
        self.team.is_none_or(|team| entry.team.unwrap_or(TeamId::DEFAULT) == team)
            && self.channel.as_ref().is_none_or(|channel| entry.channel == *channel)
            && (self.priority.is_empty() || self.priority.contains(&entry.priority))
            && self.customer.is_none_or(|customer| entry.customer == customer)
    }
}

/// Which changes of owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AssignmentFilter {
    /// Of this ticket.
    pub ticket: Option<TicketId>,
    /// From or to this agent.
    pub agent: Option<AgentId>,
    /// From or to this team.
    pub team: Option<TeamId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A page of changes of owner, newest first.
#[derive(Clone, PartialEq, Default)]
pub struct AssignmentPage {
    /// The changes.
    pub assignments: Vec<Assignment>,
    /// Their reasons.
    pub texts: TextsById,
    /// Where to go on.
    pub next: Option<PageCursor>,
}

impl std::fmt::Debug for AssignmentPage {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AssignmentPage")
            .field("assignments", &self.assignments)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// What a ticket's score and timers say at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketReading {
    /// Points.
    pub score: f64,
    /// Current timers.
    pub timers: Vec<TimerView>,
}

impl Desk {
    /// Reads the names of parties. Customers learn those of agents, and their own.
    ///
    /// # Errors
    /// `Store`.
    pub async fn names(
        &self,
        actor: &Actor,
        parties: impl Iterator<Item = ActorRef> + Send,
    ) -> Result<Names, Error> {
        let keys = name_keys(actor, parties);
        if keys.is_empty() {
            return Ok(Names::new());
        }
        // Who writes on a ticket that one sees is known by name to whoever sees it.
        let found = self.store().load(&Scope::system(actor.tenant()), &keys).await?;
        Ok(found.into_iter().flatten().filter_map(name).collect())
    }

    /// Reads tickets by their ids, in that order; those out of sight are left out.
    ///
    /// # Errors
    /// `Store`.
    pub async fn tickets_of(
        &self,
        actor: &Actor,
        ids: &[TicketId],
        with: Related,
    ) -> Result<TicketPage, Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        let keys: Vec<Key> = ids.iter().map(|id| Key::Ticket(*id)).collect();
        let found = self.store().load(&scope, &keys).await?;
        let tickets: Vec<Ticket> = found.into_iter().flatten().filter_map(ticket).collect();
        self.with_related(actor, &scope, tickets, with).await
    }

    /// Brings along what tickets name.
    ///
    /// # Errors
    /// `Store`.
    async fn with_related(
        &self,
        actor: &Actor,
        scope: &Scope,
        tickets: Vec<Ticket>,
        with: Related,
    ) -> Result<TicketPage, Error> {
        let mut keys: Vec<Key> = Vec::new();
        let mut people: BTreeSet<Uuid> = BTreeSet::new();
        for ticket in &tickets {
            if with.texts {
                keys.extend(text_keys(actor, ticket));
            }
            if with.people {
                let customer = Key::Customer(ticket.customer_id);
                keys.extend(people.insert(ticket.customer_id.uuid()).then_some(customer));
                let agent = ticket.assigned_to.filter(|agent| people.insert(agent.uuid()));
                keys.extend(agent.map(Key::Agent));
            }
            if with.last_message {
                keys.extend(ticket.last_message_id.map(Key::Message));
            }
        }
        let mut page = TicketPage { tickets, ..TicketPage::default() };
        self.fill(scope, &keys, &mut page).await?;
        let texts = |message: &Message| std::iter::once(message.body).chain(message.author_text);
        let bodies: Vec<Key> = page.last_messages.iter().flat_map(texts).map(Key::Text).collect();
        self.fill(scope, &bodies, &mut page).await?;
        Ok(page)
    }

    async fn fill(&self, scope: &Scope, keys: &[Key], page: &mut TicketPage) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        for record in self.store().load(scope, keys).await?.into_iter().flatten() {
            match record {
                Record::Text(text) => page.texts.extend(text.body.map(|body| (text.id, body))),
                Record::Customer(customer) => page.customers.push(*customer),
                Record::Agent(agent) => page.agents.push(*agent),
                Record::Message(message) => page.last_messages.push(*message),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads scores and timers of tickets that the actor has read, in their order.
    ///
    /// # Errors
    /// `Store`.
    pub async fn readings(
        &self,
        actor: &Actor,
        tickets: &[Ticket],
        at: Timestamp,
    ) -> Result<Vec<TicketReading>, Error> {
        let live = self.live(actor.tenant());
        let mut config = self.config(actor.tenant()).await?;
        let mut readings = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            config = live.with_versions_of(&**self.store(), config, ticket).await?;
            readings.push(TicketReading {
                score: total(&config.settings.weights, &ticket.score_inputs(), at),
                timers: timers(ticket, at, &config),
            });
        }
        Ok(readings)
    }

    /// Reads a ticket as it was at an instant, with its texts and people, without its messages. Texts are those
    /// that its events name up to then, as far as they were not emptied since.
    ///
    /// # Errors
    /// As [`ticket_at`](Self::ticket_at).
    pub async fn ticket_view_at(
        &self,
        actor: &Actor,
        id: TicketId,
        at: Timestamp,
    ) -> Result<TicketView, Error> {
        let ticket = self.ticket_at(actor, id, at).await?;
        let mut keys = text_keys(actor, &ticket);
        keys.extend(ticket.journey.map(|journey| Key::Text(journey.answers)));
        keys.extend(name_keys(actor, parties(actor, &ticket)));
        let found = self.store().load(&Scope::system(actor.tenant()), &keys).await?;
        let reading = self.readings(actor, std::slice::from_ref(&ticket), at).await?.pop();
        let (score, timers) = reading.map(|reading| (reading.score, reading.timers)).unwrap_or_default();
        let mut view = TicketView {
            ticket,
            score,
            timers,
            texts: TextsById::new(),
            customer: None,
            assignee: None,
            conversations: Vec::new(),
            messages: Vec::new(),
            messages_next: None,
            names: Names::new(),
        };
        for record in found.into_iter().flatten() {
            match record {
                Record::Text(text) => view.texts.extend(text.body.map(|body| (text.id, body))),
                Record::Customer(customer) => view.customer = Some(*customer),
                Record::Agent(agent) => {
                    view.assignee = Some(if actor.is_staff() { *agent } else { by_name(*agent) });
                }
                _ => {}
            }
        }
        Ok(view)
    }

    /// Reads one message with its text and its author's name.
    ///
    /// # Errors
    /// `NotFound` out of the actor's sight; `Store`.
    pub async fn message(&self, actor: &Actor, id: MessageId) -> Result<(MessageView, Names), Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        let found: Option<Message> = self.store().one(&scope, Key::Message(id)).await?;
        let message = found.ok_or(Error::NotFound(EntityKind::Message))?;
        let mut keys = vec![Key::Text(message.body)];
        keys.extend(message.author_text.map(Key::Text));
        keys.extend(name_keys(actor, std::iter::once(message.author)));
        let (mut content, mut author, mut names) = (None, None, Names::new());
        for record in self.store().load(&Scope::system(actor.tenant()), &keys).await?.into_iter().flatten() {
            match record {
                Record::Text(text) if text.id == message.body => content = text.body,
                Record::Text(text) => author = text.body,
                other => names.extend(name(other)),
            }
        }
        Ok((MessageView { message, content, author }, names))
    }

    /// Lists changes of owner of the tickets in the actor's sight, newest first, with their reasons.
    ///
    /// # Errors
    /// `NotFound` to customers, and for a ticket that is named and out of sight; `Store`.
    pub async fn assignment_page(
        &self,
        actor: &Actor,
        filter: AssignmentFilter,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<AssignmentPage, Error> {
        staff(actor)?;
        let AssignmentFilter { ticket, agent, team, from, to } = filter;
        if let Some(ticket) = ticket {
            self.ticket(actor, ticket).await?;
        }
        let scope = actor.scope(Permission::TicketRead)?;
        let with = Related { texts: true, ..Related::default() };
        let query = Query::new(Select::Assignments { ticket, agent, team, from, to }, limit).after(after);
        let mut page = self.store().find(&scope, &query.with(with)).await?;
        let texts = texts(&mut page);
        let assignments = page.items.into_iter().filter_map(|record| match record {
            Record::Assignment(assignment) => Some(*assignment),
            _ => None,
        });
        Ok(AssignmentPage { assignments: assignments.collect(), texts, next: page.next })
    }

    /// Reads the log after a cursor, as far as the actor sees it.
    ///
    /// # Errors
    /// `Store`, of kind `Misuse` for a cursor that no log gave.
    pub async fn feed(&self, actor: &Actor, after: &Cursor, limit: u32) -> Result<EventPage, Error> {
        let scope = actor.scope(Permission::TicketRead)?;
        Ok(self.store().events(&scope, after, limit).await?)
    }

    /// Reads the ranked queue through a filter; also answers after which place to go on. A page may hold fewer items
    /// than asked for and still go on: only so many places are looked at.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn queue_where(
        &self,
        actor: &Actor,
        filter: &QueueFilter,
        limit: u32,
        as_of: Option<Timestamp>,
        after: Option<Ranked>,
    ) -> Result<(QueuePage, Option<Ranked>), Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::QueueRead)?;
        let live = self.live(actor.tenant());
        let as_of = as_of.unwrap_or_else(|| self.now());
        let config = live.config(self.store(), self.now()).await?;
        live.sync(&**self.store()).await?;
        let weights = &config.settings.weights;
        let mut board = live.board();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, LOOKED_AT);
        let all = *filter == QueueFilter::default();
        let looked_at = if all { limit + 1 } else { LOOKED_AT };
        let mut places: Vec<Ranked> = Vec::with_capacity(limit);
        let (mut at, mut next) = (after, None);
        'walk: for pass in 1..=PASSES {
            let found = board.queue.page(&scope, weights, as_of, looked_at, at);
            let end = found.len() < looked_at;
            for place in found {
                if all || board.queue.entry(place.ticket).is_some_and(|entry| filter.takes(&entry)) {
                    if places.len() == limit {
                        next = at;
                        break 'walk;
                    }
                    places.push(place);
                }
                at = Some(place);
            }
            if end {
                break;
            }
            next = at.filter(|_| pass == PASSES);
        }
        let explained = |place: Ranked| {
            let entry = board.queue.entry(place.ticket);
            let inputs = entry.as_ref().map_or_else(ScoreInputs::default, Waiting::inputs);
            (place, score(weights, &inputs, as_of))
        };
        let items = places.into_iter().map(explained).collect();
        let page = QueuePage { items, as_of, depth: board.queue.depth(&scope), more: next.is_some() };
        Ok((page, next))
    }

    /// Lists tickets for an export. Personal identifiers and contact data in texts are masked.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden` without the permission to export; `Store`.
    pub async fn export(
        &self,
        actor: &Actor,
        filter: TicketFilter,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<TicketPage, Error> {
        staff(actor)?;
        let export = actor.scope(Permission::TicketExport)?;
        let read = actor.scope(Permission::TicketRead)?;
        let narrower = actor.reach(Permission::TicketRead) < actor.reach(Permission::TicketExport);
        let scope = if narrower { read } else { export };
        let with = Related { texts: true, ..Related::default() };
        let query = Query::new(Select::Tickets(Box::new(filter)), limit).after(after).with(with);
        let mut page = self.store().find(&scope, &query).await?;
        let config = self.config(actor.tenant()).await?;
        let mut texts = texts(&mut page);
        for text in texts.values_mut() {
            let masked = config.masker.mask(text, Purpose::Outside, &[]).text.into_owned();
            *text = masked;
        }
        let tickets = page.items.into_iter().filter_map(ticket).collect();
        Ok(TicketPage { tickets, texts, next: page.next, ..TicketPage::default() })
    }
}

/// Returns who wrote a message.
pub(super) fn author(record: &Record) -> Option<ActorRef> {
    if let Record::Message(message) = record { Some(message.author) } else { None }
}

/// Lists the two parties of a ticket whom a reader of it may know: a customer in copy is shown no other's record.
pub(super) fn parties(actor: &Actor, ticket: &Ticket) -> impl Iterator<Item = ActorRef> + use<> {
    let customer = ActorRef::customer(ticket.customer_id);
    let known = actor.is_staff() || actor.as_ref() == customer;
    known.then_some(customer).into_iter().chain(ticket.assigned_to.map(ActorRef::agent))
}

/// Names the texts of a ticket that its reader may see.
pub(super) fn text_keys(actor: &Actor, ticket: &Ticket) -> Vec<Key> {
    let reason = ticket.escalation.and_then(|escalation| escalation.reason).filter(|_| !actor.is_staff());
    ticket.texts().filter(|text| Some(*text) != reason).map(Key::Text).collect()
}

/// Names the records of parties whose names the actor may learn, each once.
pub(super) fn name_keys(actor: &Actor, parties: impl Iterator<Item = ActorRef>) -> Vec<Key> {
    let own = actor.as_ref();
    let mut seen = BTreeSet::new();
    let known = parties.filter(|party| {
        (actor.is_staff() || party.agent_id().is_some() || *party == own)
            && party.id.is_some_and(|id| seen.insert(id))
    });
    known
        .filter_map(|party| {
            party.agent_id().map(Key::Agent).or_else(|| party.customer_id().map(Key::Customer))
        })
        .collect()
}

fn name(record: Record) -> Option<(Uuid, String)> {
    match record {
        Record::Agent(agent) => Some((agent.id.uuid(), agent.name)),
        Record::Customer(customer) => Some((customer.id.uuid(), customer.name)),
        _ => None,
    }
}
