//! Proof that what is stored is the fold of its events.
//!
//! `verify` reads a live database and changes nothing: the hash chain of the log, every ticket against the fold of
//! its stream with its conversations, messages and assignments, what is derived against the configuration that the
//! events name, and every agent's load against the tickets that make it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::conversation::{Conversation, Message};
use crate::error::Error;
use crate::event::{ChainHash, Envelope, Stream, chain};
use crate::id::{AgentId, TenantId};
use crate::people::{Actor, Scope};
use crate::sla::deadline::derive;
use crate::store::{
    Assignment, Cursor, Key, Page, Query, Record, Select, SetAsideFilter, StoreExt, TicketFilter, TicketSort,
};
use crate::ticket::{Derived, Ticket};
use crate::time::Timestamp;

use super::Desk;

/// Rows read at once.
const BATCH: u32 = 500;
/// Most findings that are listed; all are counted.
const LISTED: usize = 100;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Tickets compared.
    pub tickets: u64,
    /// Events whose hash was recomputed.
    pub events: u64,
    /// Agents whose load was recounted.
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
    /// Verifies a tenant. On a live database, what changes while it is being compared is compared again.
    ///
    /// # Errors
    /// `Store`.
    pub async fn verify(&self, tenant: TenantId) -> Result<Report, Error> {
        let mut report = Report::default();
        self.verify_chain(tenant, &mut report).await?;
        self.verify_tickets(tenant, &mut report).await?;
        self.verify_loads(tenant, &mut report).await?;
        Ok(report)
    }

    async fn verify_chain(&self, tenant: TenantId, report: &mut Report) -> Result<(), Error> {
        let system = Scope::system(tenant);
        let mut cursor = Cursor::start();
        let mut head = ChainHash::genesis(tenant);
        let mut sequences: HashMap<Stream, u64> = HashMap::new();
        loop {
            let page = self.store().events(&system, &cursor, BATCH).await?;
            for logged in &page.events {
                let envelope = &logged.envelope;
                head = chain(&head, envelope, &logged.json);
                if head != logged.hash {
                    report.note(&logged.cursor, "the hash does not follow from the event and the one before");
                    head = logged.hash;
                }
                let before = sequences.insert(envelope.stream, envelope.stream_seq).unwrap_or_default();
                if envelope.stream_seq != before + 1 {
                    report.note(&logged.cursor, "the stream has a gap");
                }
                report.events += 1;
            }
            if page.events.is_empty() && page.next == cursor {
                return Ok(());
            }
            cursor = page.next;
        }
    }

    async fn verify_tickets(&self, tenant: TenantId, report: &mut Report) -> Result<(), Error> {
        let system = Scope::system(tenant);
        let filter = TicketFilter {
            set_aside: SetAsideFilter::Any,
            sort: TicketSort::Oldest,
            ..TicketFilter::default()
        };
        let mut query = Query::new(Select::Tickets(Box::new(filter)), BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in page.items {
                if let Record::Ticket(ticket) = record {
                    self.verify_ticket(tenant, *ticket, report).await?;
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            query.after = page.next;
        }
    }

    async fn verify_ticket(
        &self,
        tenant: TenantId,
        stored: Ticket,
        report: &mut Report,
    ) -> Result<(), Error> {
        let host = Actor::Host(tenant);
        let id = stored.id;
        let mut stored = stored;
        let mut events = self.history(&host, id).await?;
        // Somebody wrote between the two reads: read both again. A ticket that is never still is left to next time.
        for _ in 0..5 {
            if events.last().is_some_and(|last| last.stream_seq == stored.stream_seq) {
                break;
            }
            let Some(again) = self.store().ticket(&Scope::system(tenant), id).await? else { return Ok(()) };
            stored = again;
            events = self.history(&host, id).await?;
        }
        report.tickets += 1;
        let place = format!("ticket {id}");
        let Some(folded) = Ticket::fold(&events, Timestamp::MAX) else {
            report.note(&place, "its first event does not open it");
            return Ok(());
        };
        let own = |ticket: &Ticket| Ticket { derived: Derived::default(), ..ticket.clone() };
        if own(&folded) != own(&stored) {
            report.note(&place, "it is not the fold of its events");
        }
        let config = self.config_for(&host, &stored).await?;
        let derived = derive(&stored, &config);
        // A wake-up that backs off after failures is later than what follows from the ticket.
        let wake_at = if stored.derived.failures > 0 { stored.derived.wake_at } else { derived.wake_at };
        if (Derived { wake_at, ..derived }) != stored.derived {
            report.note(&place, "what is derived does not follow from it");
        }
        let conversations = Select::Conversations(id);
        let expected =
            fold(&events, Conversation::begin, Conversation::evolve).into_iter().map(Record::from).collect();
        self.compare(tenant, conversations, expected, &place, "conversations", report).await?;
        let messages = Select::Messages { ticket: id, conversation: None };
        let expected = fold(&events, Message::begin, Message::evolve).into_iter().map(Record::from).collect();
        self.compare(tenant, messages, expected, &place, "messages", report).await?;
        let assignments =
            Select::Assignments { ticket: Some(id), agent: None, team: None, from: None, to: None };
        let expected = events.iter().filter_map(Assignment::begin).map(Record::from).collect();
        self.compare(tenant, assignments, expected, &place, "assignments", report).await?;
        Ok(())
    }

    /// Compares what is listed with what the events make, in any order.
    async fn compare(
        &self,
        tenant: TenantId,
        select: Select,
        mut expected: Vec<Record>,
        place: &str,
        what: &'static str,
        report: &mut Report,
    ) -> Result<(), Error> {
        let system = Scope::system(tenant);
        let mut query = Query::new(select, BATCH);
        let mut extra = false;
        loop {
            let page: Page = self.store().find(&system, &query).await?;
            for record in page.items {
                match expected.iter().position(|other| *other == record) {
                    Some(at) => drop(expected.swap_remove(at)),
                    None => extra = true,
                }
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        if extra || !expected.is_empty() {
            report.note(format_args!("{place}, {what}"), "they are not the fold of its events");
        }
        Ok(())
    }

    /// Recounts loads. Meant for a desk at rest or a moment's snapshot: an agent who is being given work while this
    /// counts is counted again, and noted only when the difference stays.
    async fn verify_loads(&self, tenant: TenantId, report: &mut Report) -> Result<(), Error> {
        let mut wrong = self.wrong_loads(tenant, report).await?;
        for _ in 0..3 {
            if wrong.is_empty() {
                return Ok(());
            }
            let again = self.wrong_loads(tenant, &mut Report::default()).await?;
            wrong.retain(|agent| again.contains(agent));
        }
        for agent in wrong {
            report.note(format_args!("agent {agent}"), "the load is not that of the tickets");
        }
        Ok(())
    }

    async fn wrong_loads(&self, tenant: TenantId, report: &mut Report) -> Result<Vec<AgentId>, Error> {
        let system = Scope::system(tenant);
        let mut counted: BTreeMap<AgentId, u32> = BTreeMap::new();
        let filter = TicketFilter {
            set_aside: SetAsideFilter::Any,
            sort: TicketSort::Oldest,
            ..TicketFilter::default()
        };
        let mut query = Query::new(Select::Tickets(Box::new(filter)), BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in &page.items {
                if let Record::Ticket(ticket) = record
                    && let Some(agent) = ticket.assigned_to
                {
                    *counted.entry(agent).or_default() += ticket.units();
                }
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        let mut wrong = Vec::new();
        let mut query = Query::new(Select::Agents { team: None, inactive: true }, BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            let keys: Vec<Key> = page
                .items
                .iter()
                .filter_map(|record| if let Record::Agent(agent) = record { Some(agent.id) } else { None })
                .map(Key::AgentState)
                .collect();
            for record in self.store().load(&system, &keys).await?.into_iter().flatten() {
                if let Record::AgentState(state) = record {
                    report.agents += 1;
                    if state.load.units != counted.get(&state.agent).copied().unwrap_or_default() {
                        wrong.push(state.agent);
                    }
                }
            }
            if page.next.is_none() {
                return Ok(wrong);
            }
            query.after = page.next;
        }
    }
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
