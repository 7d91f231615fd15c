//! Customers and agents against their events, and agents' load against the tickets that make it.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::event::Stream;
use crate::id::{AgentId, CustomerId, TenantId};
use crate::people::{Agent, AgentState, Customer, Scope};
use crate::store::{Key, Query, Record, Select};

use super::super::Desk;
use super::log::Log;
use super::{BATCH, Report, every_ticket};

/// How often what does not agree is read again, because somebody may have changed it between two reads.
const ROUNDS: u32 = 3;

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
        let told = |log: &Log, customer: &Customer| {
            log.streams.get(&Stream::Customer(customer.id)).is_some_and(|told| {
                (told.seq, told.first, told.last)
                    == (customer.version, customer.created_at, customer.updated_at)
            })
        };
        let mut wrong: Vec<CustomerId> = Vec::new();
        let mut query = Query::new(Select::Customers { prefix: None }, BATCH);
        loop {
            let page = self.store().find(&system, &query).await?;
            for record in page.items {
                let Record::Customer(customer) = record else { continue };
                report.customers += 1;
                log.meet(Stream::Customer(customer.id));
                if !told(log, &customer) {
                    wrong.push(customer.id);
                }
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        for _ in 0..ROUNDS {
            if wrong.is_empty() {
                return Ok(());
            }
            log.read_on(self, tenant, report).await?;
            let mut still = Vec::new();
            for batch in wrong.chunks(BATCH as usize) {
                let keys: Vec<Key> = batch.iter().copied().map(Key::Customer).collect();
                for record in self.store().load(&system, &keys).await?.into_iter().flatten() {
                    if let Record::Customer(customer) = record
                        && !told(log, &customer)
                    {
                        still.push(customer.id);
                    }
                }
            }
            wrong = still;
        }
        for customer in wrong {
            report.note(format_args!("customer {customer}"), NOT_TOLD);
        }
        Ok(())
    }

    /// Compares agents with their events, their load with the tickets, and their last assignment with those that are
    /// on record. Meant for a desk at rest or a moment's snapshot: what changes while this counts is counted again, and
    /// noted only when the difference stays.
    pub(super) async fn verify_agents(
        &self,
        tenant: TenantId,
        counted: BTreeMap<AgentId, u32>,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (mut wrong, all) = self.wrong_agents(tenant, &counted, log).await?;
        report.agents += all;
        for _ in 0..ROUNDS {
            if wrong.is_empty() {
                return Ok(());
            }
            let counted = self.count_loads(tenant).await?;
            log.read_on(self, tenant, report).await?;
            let (again, _) = self.wrong_agents(tenant, &counted, log).await?;
            wrong.retain(|problem| again.contains(problem));
        }
        for (agent, problem) in wrong {
            report.note(format_args!("agent {agent}"), problem);
        }
        Ok(())
    }

    /// Adds up what the tickets take of their owners' capacity.
    async fn count_loads(&self, tenant: TenantId) -> Result<BTreeMap<AgentId, u32>, Error> {
        let mut counted: BTreeMap<AgentId, u32> = BTreeMap::new();
        let mut query = every_ticket();
        loop {
            let page = self.store().find(&Scope::system(tenant), &query).await?;
            for record in &page.items {
                if let Record::Ticket(ticket) = record
                    && let Some(agent) = ticket.holder()
                {
                    *counted.entry(agent).or_default() += ticket.units();
                }
            }
            if page.next.is_none() {
                return Ok(counted);
            }
            query.after = page.next;
        }
    }

    /// Compares every agent, and answers what is wrong with whom, and how many there are.
    async fn wrong_agents(
        &self,
        tenant: TenantId,
        counted: &BTreeMap<AgentId, u32>,
        log: &mut Log,
    ) -> Result<(BTreeSet<(AgentId, &'static str)>, u64), Error> {
        let system = Scope::system(tenant);
        let mut wrong = BTreeSet::new();
        let mut all = 0;
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
                all += 1;
                log.meet(Stream::Agent(agent.id));
                let Some(Record::AgentState(state)) = state else {
                    wrong.insert((agent.id, NOT_TOLD));
                    continue;
                };
                let load = counted.get(&agent.id).copied().unwrap_or_default();
                wrong.extend(problems(agent, &state, load, log).map(|problem| (agent.id, problem)));
            }
            if page.next.is_none() {
                return Ok((wrong, all));
            }
            query.after = page.next;
        }
    }
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
