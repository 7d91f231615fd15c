//! Who acts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::id::{AgentId, CustomerId, DocumentId, TeamId, TenantId};
use crate::label::Label;
use crate::wire::wire_enum;

use super::{Agent, Grants, Permission, Reach, Role, Scope, Sight};

/// Somebody who has signed in. Read from the store at each request, never from a token's claims or a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// One who works on the desk.
    Agent(AgentActor),
    /// One whom the desk serves.
    Customer(CustomerActor),
    /// The host application itself, for set-up, imports and its own code: may do everything in its tenant. Never for
    /// requests of people.
    Host(TenantId),
}

/// An agent who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub id: AgentId,
    /// Name of the role, built-in or defined by the host.
    pub role: Label,
    /// What the role may do.
    pub grants: Grants,
    /// Teams in which the agent works or which they lead.
    pub teams: Vec<TeamId>,
}

impl AgentActor {
    /// Makes the actor of an agent's record: the grants of the role, and the teams of membership and of lead. Those
    /// without a team serve the default team.
    ///
    /// A role that is none of the built-in ones grants nothing.
    #[must_use]
    pub fn of(tenant: TenantId, agent: &Agent) -> Self {
        let grants =
            agent.role.as_str().parse::<Role>().map(|role| role.grants().clone()).unwrap_or_default();
        let mut teams: BTreeSet<TeamId> = agent.team_ids.iter().chain(&agent.lead_ids).copied().collect();
        if agent.team_ids.is_empty() {
            teams.insert(TeamId::DEFAULT);
        }
        let (id, role) = (agent.id, agent.role.clone());
        Self { tenant, id, role, grants, teams: teams.into_iter().collect() }
    }
}

/// A customer who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerActor {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub id: CustomerId,
}

impl Actor {
    /// Returns the tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        match self {
            Self::Agent(agent) => agent.tenant,
            Self::Customer(customer) => customer.tenant,
            Self::Host(tenant) => *tenant,
        }
    }

    /// Returns how events name this actor.
    #[must_use]
    pub const fn as_ref(&self) -> ActorRef {
        match self {
            Self::Agent(agent) => ActorRef::agent(agent.id),
            Self::Customer(customer) => ActorRef::customer(customer.id),
            Self::Host(_) => ActorRef::SYSTEM,
        }
    }

    /// Returns what the actor sees under `permission`. Customers always see their own.
    ///
    /// # Errors
    /// `Forbidden` where an agent's role lacks the permission.
    pub fn scope(&self, permission: Permission) -> Result<Scope, Error> {
        match self {
            Self::Agent(agent) => {
                let reach = agent.grants.reach(permission).ok_or(Error::Forbidden(permission))?;
                let audit = agent.grants.reach(Permission::AuditRead).is_some();
                Ok(Scope::of_agent(agent.tenant, agent.id, &agent.teams, reach).with_audit(audit))
            }
            Self::Customer(customer) => {
                Ok(Scope::new(customer.tenant, Sight::Customer { customer: customer.id }))
            }
            Self::Host(tenant) => Ok(Scope::system(*tenant)),
        }
    }

    /// Tells whether this is one who works on the desk, or the host itself.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        matches!(self, Self::Agent(_) | Self::Host(_))
    }

    /// Returns how far `permission` reaches; nothing for customers.
    #[must_use]
    pub fn reach(&self, permission: Permission) -> Option<Reach> {
        match self {
            Self::Agent(agent) => agent.grants.reach(permission),
            Self::Customer(_) => None,
            Self::Host(_) => Some(Reach::All),
        }
    }
}

wire_enum! {
    /// Kind of a party that acts or writes.
    ActorKind {
        /// A customer.
        Customer = "customer",
        /// A human agent.
        Agent = "agent",
        /// A program that talks to customers.
        Bot = "bot",
        /// The desk itself.
        System = "system",
        /// Somebody outside, such as a supplier in a side conversation.
        ThirdParty = "third_party",
    }
}

/// Who did something, as events and messages name them: a kind and, where there is one, an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActorRef {
    /// What kind of party.
    pub kind: ActorKind,
    /// The customer's or agent's id; of the desk itself, the rule that acted.
    pub id: Option<Uuid>,
}

impl ActorRef {
    /// The desk itself.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };

    /// Names a rule of the desk, by its document: an automation, or the policy whose ladder acts.
    #[must_use]
    pub const fn rule(id: DocumentId) -> Self {
        Self { kind: ActorKind::System, id: Some(id.uuid()) }
    }

    /// Returns the rule that acted, if one did.
    #[must_use]
    pub fn rule_id(self) -> Option<DocumentId> {
        matches!(self.kind, ActorKind::System).then_some(self.id).flatten().map(DocumentId::from_uuid)
    }

    /// Names an agent.
    #[must_use]
    pub const fn agent(id: AgentId) -> Self {
        Self { kind: ActorKind::Agent, id: Some(id.uuid()) }
    }

    /// Names a customer.
    #[must_use]
    pub const fn customer(id: CustomerId) -> Self {
        Self { kind: ActorKind::Customer, id: Some(id.uuid()) }
    }

    /// Returns the agent's id, if it is one.
    #[must_use]
    pub fn agent_id(self) -> Option<AgentId> {
        (self.kind == ActorKind::Agent).then_some(self.id).flatten().map(AgentId::from_uuid)
    }

    /// Returns the customer's id, if it is one.
    #[must_use]
    pub fn customer_id(self) -> Option<CustomerId> {
        (self.kind == ActorKind::Customer).then_some(self.id).flatten().map(CustomerId::from_uuid)
    }
}
