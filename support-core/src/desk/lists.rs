//! Lists of people, live counts, and what an agent has done.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::ChannelKind;
use crate::error::{EntityKind, Error};
use crate::id::{AgentId, CustomerId, InboxId, TeamId};
use crate::people::{Actor, Agent, AgentState, Customer, Permission, Reach, Scope};
use crate::routing::{Best, Ranked};
use crate::scoring::total;
use crate::sla::TimerState;
use crate::store::{Assignee, Key, PageCursor, Query, Record, Related, Select, StoreExt, TicketFilter};
use crate::text::fold;
use crate::ticket::{Status, StatusCategory, Ticket};
use crate::time::Timestamp;

use super::Desk;
use super::read::staff;

/// Most tickets that a count looks at; beyond it counts say that they are a lower bound.
const COUNTED: u32 = 10_000;
/// Rows read at once.
const BATCH: u32 = 1_000;

/// Numbers for badges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Open and pending tickets in the actor's sight, by channel.
    pub by_channel: BTreeMap<ChannelKind, u32>,
    /// The same by inbox; those of none are left out.
    pub by_inbox: BTreeMap<InboxId, u32>,
    /// The same by team.
    pub by_department: BTreeMap<TeamId, u32>,
    /// The same by status.
    pub by_status: BTreeMap<Status, u32>,
    /// Those with a timer past its deadline that has not ended, also while it stands still.
    pub sla_breached: u32,
    /// Those that nobody has and that wait.
    pub waiting: u32,
    /// The actor's own.
    pub mine: u32,
    /// Whether there are more tickets than were counted: every number is then a lower bound.
    pub capped: bool,
}

/// What an agent has done, as far as tickets and events tell.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Performance {
    /// Tickets that the agent has now and that are not closed.
    pub open: u32,
    /// Tickets that the agent had when they were resolved.
    pub resolved: u32,
    /// Mean seconds from opening to resolution of these.
    pub mean_resolution_seconds: Option<i64>,
    /// First responses in time, of all judged on these tickets.
    pub first_response_met: u32,
    /// First responses judged.
    pub first_response_judged: u32,
    /// Resolutions in time, of all judged.
    pub resolution_met: u32,
    /// Resolutions judged.
    pub resolution_judged: u32,
    /// Whether there are more tickets than were looked at.
    pub capped: bool,
}

impl Desk {
    /// Lists agents with presence and load, oldest first.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn agents(
        &self,
        actor: &Actor,
        team: Option<TeamId>,
        inactive: bool,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<(Agent, AgentState)>, Option<PageCursor>), Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::AgentRead)?;
        let select = Select::Agents { team, inactive };
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        let agents: Vec<Agent> = page
            .items
            .into_iter()
            .filter_map(|record| if let Record::Agent(agent) = record { Some(*agent) } else { None })
            .collect();
        let keys: Vec<Key> = agents.iter().map(|agent| Key::AgentState(agent.id)).collect();
        let states = self.store().load(&scope, &keys).await?;
        let seated = agents.into_iter().zip(states).filter_map(|(agent, state)| match state {
            Some(Record::AgentState(state)) => Some((agent, state)),
            _ => None,
        });
        Ok((seated.collect(), page.next))
    }

    /// Reads a customer. Customers read themselves only.
    ///
    /// # Errors
    /// `NotFound` out of sight; `Forbidden`; `Store`.
    pub async fn customer(&self, actor: &Actor, id: CustomerId) -> Result<Customer, Error> {
        let scope = actor.scope(Permission::CustomerRead)?;
        self.store().customer(&scope, id).await?.ok_or(Error::NotFound(EntityKind::Customer))
    }

    /// Finds the customer whom the host's id or a verified address names.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn customer_by(&self, actor: &Actor, key: Key) -> Result<Option<Customer>, Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::CustomerRead)?;
        Ok(self.store().one(&scope, key).await?)
    }

    /// Lists customers, oldest first; with `prefix` those whose name or an address begins so.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn customers(
        &self,
        actor: &Actor,
        prefix: Option<&str>,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<(Vec<Customer>, Option<PageCursor>), Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::CustomerRead)?;
        let select = Select::Customers { prefix: prefix.map(|prefix| fold(prefix).into_owned()) };
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        let customers = page.items.into_iter().filter_map(|record| match record {
            Record::Customer(customer) => Some(*customer),
            _ => None,
        });
        Ok((customers.collect(), page.next))
    }

    /// Counts open and pending tickets in the actor's sight.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden`; `Store`.
    pub async fn counts(&self, actor: &Actor) -> Result<Counts, Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::QueueRead)?;
        let status = Status::ALL.iter().copied().filter(|s| s.category() != StatusCategory::Closed).collect();
        let filter = TicketFilter { status, ..TicketFilter::default() };
        let me = actor.as_ref().agent_id();
        let mut counts = Counts::default();
        counts.capped = self
            .each(&scope, filter, |ticket| {
                *counts.by_channel.entry(ticket.channel.clone()).or_default() += 1;
                if let Some(inbox) = ticket.inbox_id {
                    *counts.by_inbox.entry(inbox).or_default() += 1;
                }
                *counts.by_department.entry(ticket.team_id.unwrap_or(TeamId::DEFAULT)).or_default() += 1;
                *counts.by_status.entry(ticket.status).or_default() += 1;
                counts.sla_breached += u32::from(ticket.derived.breached);
                counts.waiting += u32::from(ticket.is_waiting());
                counts.mine += u32::from(me.is_some() && ticket.assigned_to == me);
            })
            .await?;
        Ok(counts)
    }

    /// Measures what an agent has done. Agents measure themselves; those who may give work away, everybody whom that
    /// right reaches.
    ///
    /// # Errors
    /// `NotFound` to customers and for an unknown agent; `Forbidden`; `Store`.
    pub async fn performance(&self, actor: &Actor, id: AgentId) -> Result<Performance, Error> {
        let (agent, _) = self.agent(actor, id).await?;
        let of_team = |teams: &[TeamId]| {
            agent.team_ids.iter().any(|team| teams.contains(team))
                || agent.team_ids.is_empty() && teams.contains(&TeamId::DEFAULT)
        };
        let may = match (actor, actor.reach(Permission::TicketReassign)) {
            (Actor::Agent(actor), _) if actor.id == id => true,
            (Actor::Agent(actor), Some(Reach::Team)) => of_team(&actor.teams),
            (_, reach) => reach == Some(Reach::All),
        };
        if !may {
            return Err(Error::Forbidden(Permission::TicketReassign));
        }
        let system = Scope::system(actor.tenant());
        let filter = TicketFilter { assignee: Some(Assignee::Agent(id)), ..TicketFilter::default() };
        let mut done = Performance::default();
        let mut seconds = 0_i64;
        done.capped = self
            .each(&system, filter, |ticket| {
                if ticket.status.category() != StatusCategory::Closed {
                    done.open += 1;
                }
                if let Some(resolved) = ticket.resolved_at {
                    done.resolved += 1;
                    seconds += resolved.seconds_since(ticket.created_at);
                }
                for timer in &ticket.sla.timers {
                    let met = u32::from(timer.state == TimerState::Met);
                    let judged = u32::from(matches!(timer.state, TimerState::Met | TimerState::Missed));
                    match timer.metric {
                        crate::sla::Metric::FirstResponse => {
                            done.first_response_met += met;
                            done.first_response_judged += judged;
                        }
                        crate::sla::Metric::Resolution => {
                            done.resolution_met += met;
                            done.resolution_judged += judged;
                        }
                        _ => {}
                    }
                }
            })
            .await?;
        done.mean_resolution_seconds = (done.resolved > 0).then(|| seconds / i64::from(done.resolved));
        Ok(done)
    }

    /// Ranks the tickets of a list by their score, waiting time and id; answers one page of it, and whether it goes on.
    /// A walk over the pages gives the instant of its first one, and the place where it has come to.
    ///
    /// What waits for an agent is ranked at any number by [`queue_where`](Self::queue_where); this reads every ticket of
    /// the list for each page.
    ///
    /// # Errors
    /// `NotFound` to customers; `Invalid` for more than 10,000 tickets; `Store`.
    pub async fn ranked_tickets(
        &self,
        actor: &Actor,
        filter: TicketFilter,
        limit: u32,
        as_of: Timestamp,
        after: Option<Ranked>,
    ) -> Result<(Vec<Ranked>, bool), Error> {
        staff(actor)?;
        let scope = actor.scope(Permission::TicketRead)?;
        let config = self.config(actor.tenant()).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut best = Best::new(limit.saturating_add(1), after);
        let rank = |ticket: &Ticket| {
            let score = total(&config.settings.weights, &ticket.score_inputs(), as_of);
            best.offer(Ranked { ticket: ticket.id, score, since: ticket.work.since });
        };
        if self.each(&scope, filter, rank).await? {
            return Err(Error::invalid("sort", "`score` ranks at most 10,000 tickets that do not all wait"));
        }
        let mut places = best.into_vec();
        let more = places.len() > limit;
        places.truncate(limit);
        Ok((places, more))
    }

    /// Shows each ticket of a list to `look`, newest first; tells whether there were more than are looked at.
    async fn each(
        &self,
        scope: &Scope,
        filter: TicketFilter,
        mut look: impl FnMut(&Ticket) + Send,
    ) -> Result<bool, Error> {
        let mut query = Query::new(Select::Tickets(Box::new(filter)), BATCH).with(Related::default());
        let mut seen = 0;
        loop {
            let page = self.store().find(scope, &query).await?;
            for record in &page.items {
                if let Record::Ticket(ticket) = record {
                    look(ticket);
                    seen += 1;
                }
            }
            if page.next.is_none() {
                return Ok(false);
            }
            if seen >= COUNTED {
                return Ok(true);
            }
            query.after = page.next;
        }
    }
}
