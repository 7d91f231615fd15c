//! Customers and agents against their events, and agents' load against the tickets that make it.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::event::Stream;
use crate::id::{AgentId, CustomerId, TenantId, TicketId};
use crate::people::{Agent, AgentState, Customer, Scope};
use crate::store::{Assignee, Key, OffersOf, Query, Record, Select, TicketFilter, TicketSort};
use crate::ticket::StatusCategory;
use crate::time::Timestamp;

use super::super::Desk;
use super::log::Log;
use super::{BATCH, Report, TRIES};

const NOT_TOLD: &str = "it is not what its events tell";
const WRONG_LOAD: &str = "the load is not that of the tickets";
const WRONG_TURN: &str = "the last assignment is not that of its events";

impl Desk {
    /// Compares customers with their events. Those say that a customer was made or changed, when, and how often; what
    /// a customer's fields hold stands in the record alone.
    pub(super) async fn verify_customers(
        &self,
        tenant: TenantId,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<(), Error> {
        let system = Scope::system(tenant);
        let mut wrong: Vec<CustomerId> = Vec::new();
        let mut query = Query::new(Select::Customers { prefix: None }, BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in page.items {
                let Record::Customer(customer) = record else { continue };
                report.customers += 1;
                log.meet(Stream::Customer(customer.id));
                if !is_told_of(log, &customer) {
                    wrong.push(customer.id);
                }
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        for id in wrong {
            if !self.customer_agrees(tenant, id, log, report).await? {
                report.note(format_args!("customer {id}"), NOT_TOLD);
            }
        }
        Ok(())
    }

    /// Compares a customer with their events once more. Who is changed each time between two looks at the log is left
    /// to next time.
    async fn customer_agrees(
        &self,
        tenant: TenantId,
        id: CustomerId,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<bool, Error> {
        log.read_on(self, tenant, report).await?;
        for _ in 0..TRIES {
            let before = told_of(log, id);
            let found =
                self.store().load(&Scope::system(tenant), &[Key::Customer(id)]).await?.pop().flatten();
            let Some(Record::Customer(customer)) = found else { return Ok(true) };
            log.read_on(self, tenant, report).await?;
            if is_told_of(log, &customer) {
                return Ok(true);
            }
            if told_of(log, id) == before {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Compares agents with their events, their load with the tickets, and their last assignment with those that are
    /// on record. Who does not agree at first sight is looked at alone. Everybody is, where the log has gone on since it
    /// held `first` events, when the tickets were about to be counted: then chance may make agree what does not.
    pub(super) async fn verify_agents(
        &self,
        tenant: TenantId,
        counted: BTreeMap<AgentId, u32>,
        first: u64,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<(), Error> {
        let seen = self.seen_agents(tenant, &counted, log).await?;
        report.agents += seen.len() as u64;
        log.read_on(self, tenant, report).await?;
        let has_moved = report.events > first;
        for (agent, _) in seen.into_iter().filter(|(_, agrees)| has_moved || !agrees) {
            for problem in self.problems_of(tenant, agent, log, report).await? {
                report.note(format_args!("agent {agent}"), problem);
            }
        }
        Ok(())
    }

    /// Compares an agent alone. Their state and the tickets that may be theirs are read at one instant between two looks
    /// at the log. The second tells whether others than these were touched meanwhile: then they are read too, at the next
    /// try, so that in the end all that goes round is among them. Where new ones come each time, it is left to next time.
    async fn problems_of(
        &self,
        tenant: TenantId,
        id: AgentId,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<Vec<&'static str>, Error> {
        log.read_on(self, tenant, report).await?;
        log.watched = Some(BTreeSet::new());
        let mut tickets = self.held_by(tenant, id).await?;
        let mut decided = Vec::new();
        for _ in 0..TRIES {
            let before = log.agents.get(&id).cloned();
            let mut keys = vec![Key::Agent(id), Key::AgentState(id)];
            keys.extend(tickets.iter().copied().map(Key::Ticket));
            let mut found = self.store().load(&Scope::system(tenant), &keys).await?.into_iter().flatten();
            let (Some(Record::Agent(agent)), Some(Record::AgentState(state))) = (found.next(), found.next())
            else {
                decided.push(NOT_TOLD);
                break;
            };
            let load = found.filter_map(|record| match record {
                Record::Ticket(ticket) if ticket.holder() == Some(id) => Some(ticket.units()),
                _ => None,
            });
            let load = load.sum();
            log.read_on(self, tenant, report).await?;
            let stood_still = log.agents.get(&id) == before.as_ref();
            let touched = log.watched.iter().flatten().copied();
            let all_read = touched.clone().all(|ticket| tickets.contains(&ticket));
            let found: Vec<&str> = problems(&agent, &state, load, log).collect();
            // A load that agrees without all of the tickets agrees by chance.
            if all_read && (stood_still || found.iter().all(|problem| *problem == WRONG_LOAD)) {
                decided = found;
                break;
            }
            tickets.extend(touched);
        }
        log.watched = None;
        Ok(decided)
    }

    /// Lists the tickets that take of an agent's capacity, or may.
    async fn held_by(&self, tenant: TenantId, agent: AgentId) -> Result<BTreeSet<TicketId>, Error> {
        let filter = TicketFilter {
            status: StatusCategory::Open.states(),
            assignee: Some(Assignee::Agent(agent)),
            sort: TicketSort::Oldest,
            ..TicketFilter::default()
        };
        let (owned, _) = self.list(tenant, &Select::Tickets(Box::new(filter))).await?;
        let (offered, _) = self.list(tenant, &Select::Offers(OffersOf::Agent(agent))).await?;
        let tickets = owned.into_iter().chain(offered).filter_map(|record| match record {
            Record::Ticket(ticket) => Some(ticket.id),
            Record::Offer(offer) => Some(offer.ticket_id),
            _ => None,
        });
        Ok(tickets.collect())
    }

    /// Compares every agent, and answers whether they agree.
    async fn seen_agents(
        &self,
        tenant: TenantId,
        counted: &BTreeMap<AgentId, u32>,
        log: &mut Log,
    ) -> Result<Vec<(AgentId, bool)>, Error> {
        let system = Scope::system(tenant);
        let mut seen = Vec::new();
        let mut query = Query::new(Select::Agents { team: None, inactive: true }, BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            let agents = page.items.into_iter().filter_map(|record| match record {
                Record::Agent(agent) => Some(*agent),
                _ => None,
            });
            let agents: Vec<Agent> = agents.collect();
            let keys: Vec<Key> = agents.iter().map(|agent| Key::AgentState(agent.id)).collect();
            for (agent, state) in agents.iter().zip(self.store().load(&system, &keys).await?) {
                log.meet(Stream::Agent(agent.id));
                let Some(Record::AgentState(state)) = state else {
                    seen.push((agent.id, false));
                    continue;
                };
                let load = counted.get(&agent.id).copied().unwrap_or_default();
                seen.push((agent.id, problems(agent, &state, load, log).next().is_none()));
            }
            if page.next.is_none() {
                return Ok(seen);
            }
            query.after = page.next;
        }
    }
}

/// What the log tells of a customer: how many events, when the first happened, and when the newest.
fn told_of(log: &Log, customer: CustomerId) -> Option<(u64, Timestamp, Timestamp)> {
    log.streams.get(&Stream::Customer(customer)).map(|told| (told.seq, told.first, told.last))
}

fn is_told_of(log: &Log, customer: &Customer) -> bool {
    told_of(log, customer.id) == Some((customer.version, customer.created_at, customer.updated_at))
}

fn problems(agent: &Agent, state: &AgentState, load: u32, log: &Log) -> impl Iterator<Item = &'static str> {
    let told = log.agents.get(&agent.id);
    [
        (!told.is_some_and(|told| told.is_told_of(agent, state))).then_some(NOT_TOLD),
        (state.load.units != load).then_some(WRONG_LOAD),
        told.is_some_and(|told| !told.gave(state)).then_some(WRONG_TURN),
    ]
    .into_iter()
    .flatten()
}
