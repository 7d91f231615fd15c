//! Who a credential names.

use crate::id::TenantId;
use crate::people::{Actor, AgentActor, CustomerActor};
use crate::store::{Credential, Key, LoginSubject, Record};

use super::shelf::{Shelf, Unique};

/// Returns the tenant in which a credential is good.
pub(super) const fn tenant(credential: &Credential<'_>) -> TenantId {
    match credential {
        Credential::Agent(tenant, _)
        | Credential::ExternalAgent(tenant, _)
        | Credential::Customer(tenant, _)
        | Credential::ExternalCustomer(tenant, _)
        | Credential::Password { tenant, .. }
        | Credential::Session { tenant, .. } => *tenant,
    }
}

impl Shelf {
    pub(super) fn identify(&self, credential: &Credential<'_>) -> Option<Actor> {
        let key = match credential {
            Credential::Agent(_, id) => Key::Agent(*id),
            Credential::ExternalAgent(_, id) => Key::AgentByExternalId(id.clone()),
            Credential::Customer(_, id) => Key::Customer(*id),
            Credential::ExternalCustomer(_, id) => Key::CustomerByExternalId(id.clone()),
            Credential::Password { email, check, .. } => {
                let place = self.holder(&Unique::LoginEmail(email.to_lowercase()));
                let login = match place.and_then(|place| self.records.get(&place)) {
                    Some(Record::Login(login)) => Some(login),
                    _ => None,
                };
                let good = check(login.map(|login| login.password.expose()));
                subject(login.filter(|_| good)?.subject)
            }
            Credential::Session { id, now, .. } => match self.at(&Key::Session(*id))? {
                Record::Session(s) if s.ended_at.is_none() && *now < s.expires_at => subject(s.subject),
                _ => return None,
            },
        };
        let tenant = tenant(credential);
        match self.at(&key)? {
            Record::Agent(agent) if agent.active => Some(Actor::Agent(AgentActor::of(tenant, agent))),
            Record::Customer(customer) if !customer.blocked => {
                Some(Actor::Customer(CustomerActor { tenant, id: customer.id }))
            }
            _ => None,
        }
    }
}

const fn subject(subject: LoginSubject) -> Key {
    match subject {
        LoginSubject::Agent(id) => Key::Agent(id),
        LoginSubject::Customer(id) => Key::Customer(id),
    }
}
