//! Owners by hand: taking, handing over, giving back.

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::id::{AgentId, TeamId, TicketId};
use crate::people::{Actor, Permission};
use crate::routing::{AssignHow, ReturnCause};
use crate::ticket::{Command, command};

use super::TicketReply;
use super::assemble::still_there;
use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};
use super::texts::Texts;

/// Takes waiting work. May go over the own capacity, and is then shown as over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// The ticket.
    pub ticket_id: TicketId,
}

#[async_trait]
impl UseCase for Take {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let ticket = ask.ticket(self.ticket_id, Permission::TicketTake).await?;
        let Actor::Agent(actor) = ask.actor else { return Err(Error::NotFound(EntityKind::Ticket)) };
        let (agent, state) = ask.agent_in("agent_id", actor.id).await?;
        let to = Some(agent.id);
        let take =
            command::Assign { to, team: None, how: AssignHow::Take, reason: None, why: None, over: false };
        let mut prepared = carry_out(ask, &ticket, &[Command::Assign(Box::new(take))], Vec::new()).await?;
        if !prepared.changes.events.is_empty() {
            still_there(&mut prepared.changes, state);
        }
        Ok(prepared)
    }
}

/// Gives a ticket to another agent or another team.
#[derive(Clone, PartialEq, Eq)]
pub struct Reassign {
    /// The ticket.
    pub ticket_id: TicketId,
    /// To whom; one of the two must be given.
    pub agent_id: Option<AgentId>,
    /// To which team.
    pub team_id: Option<TeamId>,
    /// Why, for the record.
    pub reason: Option<String>,
}

impl std::fmt::Debug for Reassign {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reassign")
            .field("ticket_id", &self.ticket_id)
            .field("agent_id", &self.agent_id)
            .field("team_id", &self.team_id)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UseCase for Reassign {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let ticket = ask.ticket(self.ticket_id, Permission::TicketReassign).await?;
        ask.staff_only(EntityKind::Ticket)?;
        if self.agent_id.is_none() && self.team_id.is_none() {
            return Err(Error::invalid("agent_id", "or `team_id` must be given"));
        }
        let mut texts = Texts::new(ask, Some(ticket.id));
        let reason = texts.line("reason", self.reason.as_deref())?;
        let (assign, state) = ask.assign(&ticket, self.agent_id.map(Some), self.team_id, reason).await?;
        let mut prepared = carry_out(ask, &ticket, &[Command::Assign(Box::new(assign))], Vec::new()).await?;
        if !prepared.changes.events.is_empty() {
            texts.finish(&mut prepared.changes);
            state.into_iter().for_each(|state| still_there(&mut prepared.changes, state));
        }
        Ok(prepared)
    }
}

/// Gives the own work back to the queue. It keeps its age, and comes back only after a while or when nobody else may
/// have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnWork {
    /// The ticket.
    pub ticket_id: TicketId,
}

#[async_trait]
impl UseCase for ReturnWork {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let ticket = ask.ticket(self.ticket_id, Permission::TicketTake).await?;
        let Actor::Agent(actor) = ask.actor else { return Err(Error::NotFound(EntityKind::Ticket)) };
        if ticket.assigned_to != Some(actor.id) {
            return Err(Error::refused("not_the_owner", "only the owner gives work back"));
        }
        carry_out(ask, &ticket, &[Command::GiveBack(ReturnCause::GivenBack)], Vec::new()).await
    }
}
