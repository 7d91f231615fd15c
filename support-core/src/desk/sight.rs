//! Finding what a command names: first whether the actor sees it at all, then whether they may do this to it.

use crate::error::{EntityKind, Error};
use crate::id::{AgentId, DocumentId, TeamId, TenantId, TicketId};
use crate::people::{Agent, AgentState, Permission, Scope};
use crate::routing::ReturnCause;
use crate::store::{Document, DocumentKind, Key, Record, StoreExt};
use crate::ticket::Ticket;

use super::{Ask, Desk};

impl Desk {
    /// Reads who has work, or is to have it: who works here and may answer customers. Else why it goes back.
    pub(super) async fn fit_for_work(
        &self,
        tenant: TenantId,
        id: AgentId,
    ) -> Result<Result<(Agent, AgentState), ReturnCause>, Error> {
        let keys = [Key::Agent(id), Key::AgentState(id)];
        let mut found = self.store().load(&Scope::system(tenant), &keys).await?.into_iter();
        Ok(match (found.next().flatten(), found.next().flatten()) {
            (Some(Record::Agent(agent)), Some(Record::AgentState(state))) if agent.active => {
                if agent.may_reply() { Ok((*agent, state)) } else { Err(ReturnCause::MayNotReply) }
            }
            _ => Err(ReturnCause::Left),
        })
    }
}

impl Ask<'_> {
    /// Loads a ticket on which the actor wants to use `permission`.
    ///
    /// Out of sight is `NotFound`; in sight without the right is `Forbidden`. The version that the caller named is
    /// checked too.
    pub(super) async fn ticket(&self, id: TicketId, permission: Permission) -> Result<Ticket, Error> {
        let sight = self.actor.scope(Permission::TicketRead)?;
        let ticket = self.store().ticket(&sight, id).await?.ok_or(Error::NotFound(EntityKind::Ticket))?;
        let right = self.actor.scope(permission)?;
        if !ticket.with_subject(|subject| right.sees(subject)) {
            return Err(Error::Forbidden(permission));
        }
        self.check_version(EntityKind::Ticket, ticket.version)?;
        Ok(ticket)
    }

    /// Refuses what customers may not do, as if it did not exist.
    pub(super) const fn staff_only(&self, entity: EntityKind) -> Result<(), Error> {
        if self.actor.is_staff() { Ok(()) } else { Err(Error::NotFound(entity)) }
    }

    /// Reads who has work, or is to have it: who works here and may answer customers. Else why it goes back.
    pub(super) async fn fit_for_work(
        &self,
        id: AgentId,
    ) -> Result<Result<(Agent, AgentState), ReturnCause>, Error> {
        self.desk.fit_for_work(self.actor.tenant(), id).await
    }

    /// Loads an active agent named in a field of the command.
    pub(super) async fn agent_in(&self, field: &str, id: AgentId) -> Result<(Agent, AgentState), Error> {
        self.fit_for_work(id).await?.map_err(|because| {
            let problem = match because {
                ReturnCause::MayNotReply => "must be an agent whose role may answer customers",
                _ => "must be an active agent",
            };
            Error::invalid(field, problem)
        })
    }

    /// Checks a team named in a field of the command.
    pub(super) fn team_in(&self, field: &str, id: TeamId) -> Result<TeamId, Error> {
        self.config.team(id).map(|_| id).ok_or_else(|| Error::invalid(field, "must be a team"))
    }

    /// Loads the newest version of a document of a kind.
    pub(super) async fn document(
        &self,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Document>, Error> {
        let found: Option<Document> = self.store().one(&self.system(), Key::Document(id)).await?;
        Ok(found.filter(|document| document.kind == kind))
    }

    /// Returns the configuration with the versions that a ticket still stands under.
    pub(super) async fn config_for(
        &self,
        ticket: &Ticket,
    ) -> Result<std::sync::Arc<crate::config::Config>, Error> {
        let live = self.desk.live(self.actor.tenant());
        live.with_versions_of(self.store(), self.config.clone(), ticket).await
    }
}
