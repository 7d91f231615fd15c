//! Proof that what is stored is the fold of its events.
//!
//! `verify` reads a live database and changes nothing: the hash chain of the log; every ticket against the fold of its
//! stream with its conversations, messages, assignments, offers and promised effects; what is derived against the configuration that the events
//! name and under which it stands; the texts that events name and the words by which they are found; customers and agents as far as their events
//! tell of them; every agent's load and last assignment; and whether all that the log tells of is stored.
//!
//! It walks log, tickets and people once. Beside a page of each it holds a few numbers for every stream of the log.

mod epochs;
mod log;
mod people;
mod texts;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::{Conversation, Message};
use crate::error::Error;
use crate::event::{Envelope, Stream};
use crate::id::{AgentId, TenantId, TicketId};
use crate::people::{Actor, Scope};
use crate::routing::Offer;
use crate::store::{
    Assignment, Key, OffersOf, OutboxRow, Query, Record, Select, SetAsideFilter, StoreExt, TicketFilter,
    TicketSort,
};
use crate::ticket::{Derived, Ticket};
use crate::time::Timestamp;

use super::Desk;
use epochs::follows;
use log::Log;
use texts::Texts;

/// Rows read at once.
const BATCH: u32 = 500;
/// Most findings that are listed; all are counted.
const LISTED: usize = 100;
/// How often what does not agree is read again while others write it.
const TRIES: u32 = 16;

const NOT_THE_FOLD: &str = "it is not the fold of its events";
const NOT_THEIR_FOLD: &str = "they are not the fold of its events";

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Tickets compared.
    pub tickets: u64,
    /// Events whose hash was recomputed.
    pub events: u64,
    /// Texts that were looked for, each time that an event names them.
    pub texts: u64,
    /// Customers compared.
    pub customers: u64,
    /// Agents compared.
    pub agents: u64,
    /// How many things do not agree.
    pub wrong: u64,
    /// The first hundred of them.
    pub findings: Vec<Finding>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: the log, or an aggregate.
    pub place: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Report {
    /// Tells whether everything agrees.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.wrong == 0
    }

    fn note(&mut self, place: impl std::fmt::Display, problem: &'static str) {
        self.wrong += 1;
        if self.findings.len() < LISTED {
            self.findings.push(Finding { place: place.to_string(), problem });
        }
    }
}

impl Desk {
    /// Verifies a tenant. On a live database, what changes while it is being compared is compared again; what never
    /// stands still long enough is left to next time, and is no finding.
    ///
    /// # Errors
    /// `Store`.
    pub async fn verify(&self, tenant: TenantId) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut log = Log::new(tenant);
        log.read_on(self, tenant, &mut report).await?;
        let first = report.events;
        let loads = self.verify_tickets(tenant, &mut log, &mut report).await?;
        self.verify_customers(tenant, &mut log, &mut report).await?;
        self.verify_agents(tenant, loads, first, &mut log, &mut report).await?;
        self.verify_presence(tenant, &log, &mut report).await?;
        Ok(report)
    }

    /// Verifies every ticket, and answers what they take of their owners' capacity.
    async fn verify_tickets(
        &self,
        tenant: TenantId,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<BTreeMap<AgentId, u32>, Error> {
        let system = Scope::system(tenant);
        let mut loads: BTreeMap<AgentId, u32> = BTreeMap::new();
        let mut texts = Texts::default();
        let mut query = every_ticket();
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in page.items {
                let Record::Ticket(ticket) = record else { continue };
                log.meet(Stream::Ticket(ticket.id));
                if let Some(agent) = ticket.holder() {
                    *loads.entry(agent).or_default() += ticket.units();
                }
                self.verify_ticket(tenant, *ticket, log, &mut texts, report).await?;
                if texts.is_full() {
                    texts.verify(self, tenant, report).await?;
                }
            }
            if page.next.is_none() {
                texts.verify(self, tenant, report).await?;
                return Ok(loads);
            }
            query.after = page.next;
        }
    }

    /// Looks for what the log tells of and no list showed.
    async fn verify_presence(&self, tenant: TenantId, log: &Log, report: &mut Report) -> Result<(), Error> {
        let key = |stream: &Stream| match stream {
            Stream::Ticket(id) => Some(Key::Ticket(*id)),
            Stream::Customer(id) => Some(Key::Customer(*id)),
            Stream::Agent(id) => Some(Key::Agent(*id)),
            Stream::Document(_) | Stream::Login(_) => None,
        };
        let unmet = log.streams.iter().filter(|(_, told)| !told.stored);
        let keys: Vec<Key> = unmet.filter_map(|(stream, _)| key(stream)).collect();
        for batch in keys.chunks(BATCH as usize) {
            let found = self.store().load(&Scope::system(tenant), batch).await?;
            for (key, _) in batch.iter().zip(found).filter(|(_, record)| record.is_none()) {
                report.note(format_args!("{key:?}"), "the log tells of it, and it is not stored");
            }
        }
        Ok(())
    }

    async fn verify_ticket(
        &self,
        tenant: TenantId,
        stored: Ticket,
        log: &mut Log,
        texts: &mut Texts,
        report: &mut Report,
    ) -> Result<(), Error> {
        let id = stored.id;
        let mut events = self.history(&Actor::Host(tenant), id).await?;
        report.tickets += 1;
        texts.of(id, &events);
        let place = format!("ticket {id}");
        let newest = events.last().map_or(0, |last| last.stream_seq);
        if newest > stored.stream_seq {
            // Somebody wrote between the two reads, if the ticket has gone on with its events.
            let again = self.store().ticket(&Scope::system(tenant), id).await?;
            if again.is_none_or(|again| again.stream_seq < newest) {
                report.note(&place, NOT_THE_FOLD);
            }
        }
        let told = events.partition_point(|envelope| envelope.stream_seq <= stored.stream_seq);
        let Some(folded) = events.get(..told).and_then(|told| Ticket::fold(told, Timestamp::MAX)) else {
            report.note(&place, "its first event does not open it");
            return Ok(());
        };
        let own = |ticket: &Ticket| Ticket { derived: Derived::default(), ..ticket.clone() };
        if own(&folded) != own(&stored) {
            report.note(&place, NOT_THE_FOLD);
        }
        if !self.is_derived(tenant, stored, log, report).await? {
            report.note(&place, "what is derived does not follow from it");
        }
        let conversations = Select::Conversations(id);
        let folded = |events: &[Envelope]| records(fold(events, Conversation::begin, Conversation::evolve));
        if !self.agrees(tenant, id, conversations, &mut events, folded).await? {
            report.note(format_args!("{place}, conversations"), NOT_THEIR_FOLD);
        }
        let messages = Select::Messages { ticket: id, conversation: None };
        let folded = |events: &[Envelope]| records(fold(events, Message::begin, Message::evolve));
        if !self.agrees(tenant, id, messages, &mut events, folded).await? {
            report.note(format_args!("{place}, messages"), NOT_THEIR_FOLD);
        }
        let assignments =
            Select::Assignments { ticket: Some(id), agent: None, team: None, from: None, to: None };
        let folded = |events: &[Envelope]| records(events.iter().filter_map(Assignment::begin));
        if !self.agrees(tenant, id, assignments, &mut events, folded).await? {
            report.note(format_args!("{place}, assignments"), NOT_THEIR_FOLD);
        }
        let offers = Select::Offers(OffersOf::Ticket(id));
        let folded = |events: &[Envelope]| records(fold(events, Offer::begin, Offer::evolve));
        if !self.agrees(tenant, id, offers, &mut events, folded).await? {
            report.note(format_args!("{place}, offers"), NOT_THEIR_FOLD);
        }
        self.verify_effects(tenant, &events, &place, report).await
    }

    /// Tells whether what is derived of a ticket follows from it. A ticket that is never still is left to next time.
    async fn is_derived(
        &self,
        tenant: TenantId,
        mut ticket: Ticket,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let config = self.config_for(&Actor::Host(tenant), &ticket).await?;
            if follows(&ticket, &config) || self.stands_under_another(tenant, &ticket, log, report).await? {
                return Ok(true);
            }
            match self.store().ticket(&Scope::system(tenant), ticket.id).await? {
                Some(again) if again == ticket => return Ok(false),
                Some(again) => ticket = again,
                None => return Ok(true),
            }
        }
        Ok(true)
    }

    /// Looks for the outbox rows that events promise. How far their sending got no event tells.
    async fn verify_effects(
        &self,
        tenant: TenantId,
        events: &[Envelope],
        place: &str,
        report: &mut Report,
    ) -> Result<(), Error> {
        let promised: Vec<OutboxRow> = events.iter().filter_map(OutboxRow::begin).collect();
        for batch in promised.chunks(BATCH as usize) {
            let keys: Vec<Key> = batch.iter().map(|row| Key::Outbox(row.id)).collect();
            let found = self.store().load(&Scope::system(tenant), &keys).await?;
            let kept = |row: &OutboxRow, record: &Option<Record>| {
                matches!(record, Some(Record::Outbox(stored))
                    if stored.ticket_id == row.ticket_id && stored.effect == row.effect)
            };
            if batch.iter().zip(&found).any(|(row, record)| !kept(row, record)) {
                report.note(format_args!("{place}, outbox"), "what its events promise is not there");
            }
        }
        Ok(())
    }

    /// Tells whether what is listed of a ticket is what its events make, in any order. `events` are those that were
    /// read before; where there are more since, what is listed is what they make up to one of these. A list of several
    /// pages is of no one instant: where its ticket is never still, it is left to next time.
    async fn agrees(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        select: Select,
        events: &mut Vec<Envelope>,
        folded: impl Fn(&[Envelope]) -> Vec<Record>,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let (listed, is_of_an_instant) = self.list(tenant, &select).await?;
            if are_the_same(folded(events), &listed) {
                return Ok(true);
            }
            let known = events.len();
            *events = self.history(&Actor::Host(tenant), ticket).await?;
            let mut later = (known + 1..=events.len()).filter_map(|end| events.get(..end));
            if later.any(|told| are_the_same(folded(told), &listed)) {
                return Ok(true);
            }
            if is_of_an_instant || events.len() == known {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads a list, and tells whether all of it is of one instant.
    async fn list(&self, tenant: TenantId, select: &Select) -> Result<(Vec<Record>, bool), Error> {
        let mut query = Query::new(select.clone(), BATCH);
        let mut listed = Vec::new();
        loop {
            let page = self.store().find(&Scope::system(tenant), &query).await?;
            listed.extend(page.items);
            if page.next.is_none() {
                return Ok((listed, query.after.is_none()));
            }
            query.after = page.next;
        }
    }
}

/// Tells whether two lists hold the same, in any order.
fn are_the_same(mut one: Vec<Record>, other: &[Record]) -> bool {
    let taken = other.iter().all(|record| match one.iter().position(|known| known == record) {
        Some(at) => {
            one.swap_remove(at);
            true
        }
        None => false,
    });
    taken && one.is_empty()
}

fn records<T: Into<Record>>(of: impl IntoIterator<Item = T>) -> Vec<Record> {
    of.into_iter().map(Into::into).collect()
}

/// Asks for every ticket of a tenant, in the order in which they are walked.
fn every_ticket() -> Query {
    let filter =
        TicketFilter { set_aside: SetAsideFilter::Any, sort: TicketSort::Oldest, ..TicketFilter::default() };
    Query::new(Select::Tickets(Box::new(filter)), BATCH)
}

/// Folds a stream into the records that some of its events begin.
fn fold<T>(
    events: &[Envelope],
    begin: impl Fn(&Envelope) -> Option<T>,
    evolve: impl Fn(&mut T, &Envelope),
) -> Vec<T> {
    let mut made: Vec<T> = Vec::new();
    for envelope in events {
        made.iter_mut().for_each(|record| evolve(record, envelope));
        made.extend(begin(envelope));
    }
    made
}
