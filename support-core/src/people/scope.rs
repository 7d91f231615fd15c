//! What a read may see.

use crate::id::{AgentId, CustomerId, TeamId, TenantId};

use super::Reach;

/// The part of a desk that one call may see. Every read of the store takes one.
///
/// There is no way to make one but to ask an [`Actor`](super::Actor); the scope of the system itself is made by the
/// core alone, for the worker and for projections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    tenant: TenantId,
    sight: Sight,
    audit: bool,
}

/// How far a [`Scope`] sees inside its tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everything, for the desk's own work.
    System,
    /// Every ticket, as an agent.
    All {
        /// Who looks.
        agent: AgentId,
    },
    /// Tickets of these teams, and those that the agent has or follows.
    Team {
        /// Who looks.
        agent: AgentId,
        /// The agent's teams, sorted and distinct.
        teams: Vec<TeamId>,
    },
    /// Tickets that the agent has or follows.
    Own {
        /// Who looks.
        agent: AgentId,
    },
    /// The customer's own tickets, and those in which they take part; public messages only; nothing set aside.
    Customer {
        /// Who looks.
        customer: CustomerId,
    },
}

/// The facts of a ticket that decide who sees it. Stores keep them in columns and filter by them.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Whose ticket it is.
    pub customer: CustomerId,
    /// Who takes part or follows: customers.
    pub customers: &'a [CustomerId],
    /// Who has it.
    pub assignee: Option<AgentId>,
    /// Who follows it: agents.
    pub followers: &'a [AgentId],
    /// Whose queue it is in.
    pub team: Option<TeamId>,
    /// Whether it is set aside (spam, deleted, merged).
    pub set_aside: bool,
}

impl Scope {
    pub(crate) const fn new(tenant: TenantId, sight: Sight) -> Self {
        Self { tenant, sight, audit: false }
    }

    /// Makes the scope of the desk itself.
    pub(crate) const fn system(tenant: TenantId) -> Self {
        Self { tenant, sight: Sight::System, audit: true }
    }

    /// Makes the scope of an agent whose permission has this reach. `teams` need not be sorted.
    pub(crate) fn of_agent(tenant: TenantId, agent: AgentId, teams: &[TeamId], reach: Reach) -> Self {
        let sight = match reach {
            Reach::All => Sight::All { agent },
            Reach::Team => {
                let mut teams = teams.to_vec();
                teams.sort_unstable();
                teams.dedup();
                Sight::Team { agent, teams }
            }
            Reach::Own => Sight::Own { agent },
        };
        Self::new(tenant, sight)
    }

    /// Lets this scope see events of class `audit` too.
    pub(crate) const fn with_audit(mut self, audit: bool) -> Self {
        self.audit = audit;
        self
    }

    /// Returns the tenant, the wall that nothing crosses.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns the agent who looks, where it is one.
    #[must_use]
    pub const fn agent(&self) -> Option<AgentId> {
        match self.sight {
            Sight::All { agent } | Sight::Team { agent, .. } | Sight::Own { agent } => Some(agent),
            Sight::System | Sight::Customer { .. } => None,
        }
    }

    /// Returns how far it sees inside the tenant.
    #[must_use]
    pub const fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Tells whether events of class `audit` are visible.
    #[must_use]
    pub const fn sees_audit(&self) -> bool {
        self.audit
    }

    /// Tells whether internal messages, assignments, agents and configuration are visible at all.
    ///
    /// What belongs to a ticket is seen with the ticket. Customers see of it public messages, public texts and
    /// conversations of kind `customer`, and beside it their own customer record and nothing else.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        !matches!(self.sight, Sight::Customer { .. })
    }

    /// Tells whether a ticket with these facts, of the same tenant, is visible. The one rule; stores that filter in
    /// a query language translate it, and the conformance suite compares them.
    #[must_use]
    pub fn sees(&self, ticket: &Subject<'_>) -> bool {
        match &self.sight {
            Sight::System | Sight::All { .. } => true,
            Sight::Team { agent, teams } => {
                ticket.team.is_some_and(|team| teams.binary_search(&team).is_ok())
                    || ticket.assignee == Some(*agent)
                    || ticket.followers.contains(agent)
            }
            Sight::Own { agent } => ticket.assignee == Some(*agent) || ticket.followers.contains(agent),
            Sight::Customer { customer } => {
                !ticket.set_aside && (ticket.customer == *customer || ticket.customers.contains(customer))
            }
        }
    }
}
