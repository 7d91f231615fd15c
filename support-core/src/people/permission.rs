//! Fine permissions, how far each reaches, and the built-in roles.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::wire::wire_enum;

wire_enum! {
    /// Something that an agent may do. Customers have no permissions: what they may do is fixed.
    Permission {
        /// Read tickets, their public and internal messages, events and SLA state.
        TicketRead = "ticket.read",
        /// Open a ticket, also for a customer.
        TicketCreate = "ticket.create",
        /// Change subject, priority, category, tags and fields.
        TicketUpdate = "ticket.update",
        /// Change the status: pend, hold, resolve, close, reopen.
        TicketStatus = "ticket.status",
        /// Answer the customer. Routing gives work only to those who have it.
        TicketReply = "ticket.reply",
        /// Write internal notes.
        TicketNote = "ticket.note",
        /// Take waiting work.
        TicketTake = "ticket.take",
        /// Give work to another agent or team.
        TicketReassign = "ticket.reassign",
        /// Raise the escalation level.
        TicketEscalate = "ticket.escalate",
        /// Set aside as spam or deleted, and bring back.
        TicketSetAside = "ticket.set_aside",
        /// Copy a ticket with only its first message, for demonstrations.
        TicketReset = "ticket.reset",
        /// Write messages in the name of others, when history is brought in.
        MessageImport = "message.import",
        /// See what was masked in a ticket's texts, where a vault keeps it. Each look is in the audit trail.
        ValueReveal = "value.reveal",
        /// Export tickets.
        TicketExport = "ticket.export",
        /// Read the ranked queue and the counts.
        QueueRead = "queue.read",
        /// Ask why: score, deadline, assignee.
        ExplainRead = "explain.read",
        /// Read events of class `audit`.
        AuditRead = "audit.read",
        /// Read customers.
        CustomerRead = "customer.read",
        /// Create and change customers.
        CustomerManage = "customer.manage",
        /// Read agents and teams.
        AgentRead = "agent.read",
        /// Create, change and deactivate agents.
        AgentManage = "agent.manage",
        /// Change presence: with reach `own` one's own, beyond it others'.
        AgentStatus = "agent.status",
        /// Create and change teams.
        TeamManage = "team.manage",
        /// Read rules, policies, calendars and settings.
        ConfigRead = "config.read",
        /// Change keyword rules.
        RuleManage = "rule.manage",
        /// Change SLA policies and calendars.
        SlaManage = "sla.manage",
        /// Make and change macros: one's own, those of one's teams, or all.
        MacroManage = "macro.manage",
        /// Make, change and publish journeys.
        JourneyManage = "journey.manage",
        /// Change settings and masking.
        SettingsManage = "settings.manage",
        /// Define roles and give them to agents.
        RoleManage = "role.manage",
    }
}

wire_enum! {
    /// How far a permission reaches.
    Reach {
        /// Tickets assigned to the agent or followed by them.
        Own = "own",
        /// Those, and the tickets of the agent's teams.
        Team = "team",
        /// All tickets of the tenant.
        All = "all",
    }
}

/// What somebody may do, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(BTreeMap<Permission, Reach>);

impl Grants {
    /// Gives `permission` with `reach`, in place of what was given before.
    #[must_use]
    pub fn with(mut self, permission: Permission, reach: Reach) -> Self {
        self.0.insert(permission, reach);
        self
    }

    /// Takes `permission` away.
    #[must_use]
    pub fn without(mut self, permission: Permission) -> Self {
        self.0.remove(&permission);
        self
    }

    /// Returns how far `permission` reaches, or nothing where it is missing.
    #[must_use]
    pub fn reach(&self, permission: Permission) -> Option<Reach> {
        self.0.get(&permission).copied()
    }

    /// Tells whether everything that `other` may do is also given here, at least as far.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(permission, reach)| self.reach(*permission) >= Some(*reach))
    }

    /// Lists what is given.
    pub fn iter(&self) -> impl Iterator<Item = (Permission, Reach)> + '_ {
        self.0.iter().map(|(permission, reach)| (*permission, *reach))
    }
}

wire_enum! {
    /// A built-in role. A host can define others as documents; these five always exist.
    Role {
        /// Handles tickets of the own teams.
        Agent = "agent",
        /// Also reassigns within the own teams and watches them.
        TeamLead = "team_lead",
        /// Sees and moves everything, changes rules.
        Supervisor = "supervisor",
        /// Also changes people and settings.
        Admin = "admin",
        /// Also defines roles.
        SuperAdmin = "super_admin",
    }
}

impl Role {
    /// Returns what the role may do.
    #[must_use]
    pub fn grants(self) -> &'static Grants {
        static BUILT_IN: LazyLock<[Grants; 5]> = LazyLock::new(|| {
            [Role::Agent, Role::TeamLead, Role::Supervisor, Role::Admin, Role::SuperAdmin].map(Role::list)
        });
        let [agent, team_lead, supervisor, admin, super_admin] = &*BUILT_IN;
        match self {
            Self::Agent => agent,
            Self::TeamLead => team_lead,
            Self::Supervisor => supervisor,
            Self::Admin => admin,
            Self::SuperAdmin => super_admin,
        }
    }

    fn list(self) -> Grants {
        use Permission as P;
        let mut grants = Grants::default();
        let mut give = |reach: Reach, permissions: &[Permission]| {
            for permission in permissions {
                grants.0.insert(*permission, reach);
            }
        };
        let tickets = [
            P::TicketRead,
            P::TicketCreate,
            P::TicketUpdate,
            P::TicketStatus,
            P::TicketReply,
            P::TicketNote,
            P::TicketTake,
            P::TicketEscalate,
            P::QueueRead,
            P::ExplainRead,
        ];
        give(Reach::Team, &tickets);
        give(Reach::All, &[P::CustomerRead, P::CustomerManage, P::AgentRead, P::ConfigRead]);
        give(Reach::Own, &[P::AgentStatus, P::MacroManage]);
        if self >= Self::TeamLead {
            give(Reach::Team, &[P::TicketReassign, P::TicketSetAside, P::AgentStatus, P::TicketExport]);
            give(Reach::Team, &[P::MacroManage]);
        }
        if self >= Self::Supervisor {
            give(Reach::All, &tickets);
            give(Reach::All, &[P::TicketReassign, P::TicketSetAside, P::AgentStatus, P::TicketExport]);
            give(Reach::All, &[P::RuleManage, P::SlaManage, P::MacroManage, P::TicketReset]);
        }
        if self >= Self::Admin {
            give(
                Reach::All,
                &[
                    P::AgentManage,
                    P::TeamManage,
                    P::JourneyManage,
                    P::SettingsManage,
                    P::AuditRead,
                    P::ValueReveal,
                    P::MessageImport,
                ],
            );
        }
        if self >= Self::SuperAdmin {
            give(Reach::All, &[P::RoleManage]);
        }
        grants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_covers_the_one_below() {
        for pair in Role::ALL.windows(2) {
            assert!(pair[1].grants().covers(pair[0].grants()), "{} covers {}", pair[1], pair[0]);
            assert!(!pair[0].grants().covers(pair[1].grants()));
        }
    }

    #[test]
    fn what_is_masked_is_seen_by_administrators_only() {
        for role in Role::ALL {
            let sees = role.grants().reach(Permission::ValueReveal).is_some();
            assert_eq!(sees, *role >= Role::Admin, "{role}");
        }
    }

    #[test]
    fn a_team_lead_reassigns_within_the_team_only() {
        assert_eq!(Role::TeamLead.grants().reach(Permission::TicketReassign), Some(Reach::Team));
        assert_eq!(Role::Agent.grants().reach(Permission::TicketReassign), None);
        assert_eq!(Role::Supervisor.grants().reach(Permission::TicketReassign), Some(Reach::All));
    }

    #[test]
    fn the_highest_role_may_do_everything_everywhere() {
        let grants = Role::SuperAdmin.grants();
        for permission in Permission::ALL {
            assert_eq!(grants.reach(*permission), Some(Reach::All), "{permission}");
        }
    }
}
