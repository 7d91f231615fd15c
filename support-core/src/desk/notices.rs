//! Who is told of a ticket, and when: nobody is told of anything while they do not work.

use std::collections::BTreeMap;

use crate::automation::Recipient;
use crate::error::Error;
use crate::event::{Envelope, Event, Stream};
use crate::id::{AgentId, OutboxId, TeamId, TenantId};
use crate::people::{Agent, Scope};
use crate::store::{ChangeSet, Effect, Key, OutboxRow, Query, Record, Select};
use crate::ticket::Ticket;
use crate::time::Timestamp;

use super::Desk;

impl Desk {
    /// Adds to changes an outbox row for everybody whom their events want told, to be tried once they work.
    ///
    /// Told is whoever it concerns at that moment: who leads the team later learns nothing of what is past.
    ///
    /// # Errors
    /// `Store`.
    pub(super) async fn tell(&self, changes: &mut [ChangeSet]) -> Result<(), Error> {
        for set in changes {
            let mut rows = Vec::new();
            for (place, envelope) in set.events.iter().enumerate() {
                let (Event::TicketNotified { to, .. }, Stream::Ticket(id)) =
                    (&envelope.event, envelope.stream)
                else {
                    continue;
                };
                let ticket = set.writes.iter().find_map(|write| match &write.record {
                    Record::Ticket(ticket) if ticket.id == id => Some(&**ticket),
                    _ => None,
                });
                let Some(ticket) = ticket else { continue };
                let later = set.events.get(place..).unwrap_or_default();
                for (agent_id, next_at) in self.told(set.tenant, ticket, later, to, envelope.at).await? {
                    let effect = Effect::Notice { agent_id, stream_seq: envelope.stream_seq };
                    let row = OutboxRow::ready(
                        OutboxId::mint(self.ids(), envelope.at),
                        ticket.id,
                        effect,
                        envelope.at,
                    );
                    rows.push(OutboxRow { next_at, ..row });
                }
            }
            rows.into_iter().for_each(|row| set.insert(row));
        }
        Ok(())
    }

    /// Lists who is told, each once, with the instant from which on they may be. `later` is what happened to the ticket
    /// since, in the same commit.
    async fn told(
        &self,
        tenant: TenantId,
        ticket: &Ticket,
        later: &[Envelope],
        to: &[Recipient],
        at: Timestamp,
    ) -> Result<BTreeMap<AgentId, Timestamp>, Error> {
        let (owner, team) = placed(ticket, later);
        let mut told = BTreeMap::new();
        for recipient in to {
            let found = match recipient {
                Recipient::Owner => self.agent_of(tenant, owner).await?,
                Recipient::Team | Recipient::Leads => {
                    // Who is in no team works in the default team, which no list by team shows.
                    self.agents_of(tenant, Some(team).filter(|team| *team != TeamId::DEFAULT)).await?
                }
                Recipient::Role(_) => self.agents_of(tenant, None).await?,
            };
            let concerned = found.into_iter().filter(|agent| match recipient {
                Recipient::Owner => agent.active,
                Recipient::Team => agent.works_in(team) || agent.lead_ids.contains(&team),
                Recipient::Leads => agent.lead_ids.contains(&team),
                Recipient::Role(role) => agent.role == *role,
            });
            told.extend(concerned.map(|agent| (agent.id, agent.next_at_work(at))));
        }
        Ok(told)
    }

    async fn agent_of(&self, tenant: TenantId, id: Option<AgentId>) -> Result<Vec<Agent>, Error> {
        let keys: Vec<Key> = id.map(Key::Agent).into_iter().collect();
        let found = self.store().load(&Scope::system(tenant), &keys).await?;
        Ok(found.into_iter().flatten().filter_map(agent).collect())
    }

    /// Reads the active agents, all of them or those who work in a team or lead it.
    async fn agents_of(&self, tenant: TenantId, team: Option<TeamId>) -> Result<Vec<Agent>, Error> {
        let mut query = Query::new(Select::Agents { team, inactive: false }, Query::MOST);
        let mut all = Vec::new();
        loop {
            let page = self.store().find(&Scope::system(tenant), &query).await?;
            all.extend(page.items.into_iter().filter_map(agent));
            if page.next.is_none() {
                return Ok(all);
            }
            query.after = page.next;
        }
    }
}

/// Returns owner and team of a ticket before what happened to it later in the same commit.
fn placed(ticket: &Ticket, later: &[Envelope]) -> (Option<AgentId>, TeamId) {
    let moved = later.iter().find_map(|envelope| match &envelope.event {
        Event::TicketAssigned { from, team_from, .. } if envelope.stream == Stream::Ticket(ticket.id) => {
            Some((*from, *team_from))
        }
        _ => None,
    });
    let (owner, team) = moved.unwrap_or((ticket.assigned_to, ticket.team_id));
    (owner, team.unwrap_or(TeamId::DEFAULT))
}

fn agent(record: Record) -> Option<Agent> {
    if let Record::Agent(agent) = record { Some(*agent) } else { None }
}
