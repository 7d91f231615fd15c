//! What is known of a customer: asked of the host, and written down with the ticket.

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::id::TicketId;
use crate::insight::within;
use crate::people::{Actor, Customer, Permission};
use crate::scoring::{Insight, folded_tier};
use crate::store::StoreExt;
use crate::ticket::{Command, command};

use super::TicketReply;
use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};

/// Asks anew what is known of a ticket's customer. Where the host does not answer, the ticket keeps what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshInsight {
    /// The ticket.
    pub ticket_id: TicketId,
}

#[async_trait]
impl UseCase for RefreshInsight {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let ticket = ask.ticket(self.ticket_id, Permission::TicketUpdate).await?;
        if let Actor::Customer(_) = ask.actor {
            return Err(Error::Forbidden(Permission::TicketUpdate));
        }
        let customer = ask.store().customer(&ask.system(), ticket.customer_id).await?;
        let customer = customer.ok_or(Error::NotFound(EntityKind::Customer))?;
        let insight = match ask.asked(&customer).await {
            Asked::Silent => None,
            Asked::Said(insight) => Some(ask.with_record(&insight, &customer)),
            Asked::Nobody => of_record(&customer),
        };
        let edit = Command::Edit(Box::new(command::Edit { insight, ..command::Edit::default() }));
        carry_out(ask, &ticket, &[edit], Vec::new()).await
    }
}

/// What became of a question to the host.
enum Asked {
    /// There is nobody to ask.
    Nobody,
    /// It failed, or took too long.
    Silent,
    /// What it said.
    Said(Insight),
}

impl Ask<'_> {
    /// Finds what is known of the customer of a new ticket. Never fails: a host that does not answer leaves it to the
    /// customer's own record.
    pub(super) async fn insight(&self, customer: &Customer) -> Option<Insight> {
        match self.asked(customer).await {
            Asked::Said(insight) => Some(self.with_record(&insight, customer)),
            Asked::Nobody | Asked::Silent => of_record(customer),
        }
    }

    async fn asked(&self, customer: &Customer) -> Asked {
        let Some((port, limit)) = self.desk.inner.insight.get() else { return Asked::Nobody };
        match within(&**limit, port.insight(self.actor.tenant(), customer)).await {
            Some(Ok(Some(insight))) => Asked::Said(insight),
            Some(Ok(None)) => Asked::Said(Insight::default()),
            Some(Err(_)) | None => Asked::Silent,
        }
    }

    /// Adds what the record tells, its tier where the host names none, and leaves out what is no number: events hold what
    /// JSON can. A tier that holds a number which masking hides is none: the ticket is not to fail for it.
    fn with_record(&self, said: &Insight, customer: &Customer) -> Insight {
        let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
        let (churn_risk, lifetime_value) = (finite(said.churn_risk), finite(said.lifetime_value));
        let named = said.tier.as_ref().filter(|tier| !self.config.masker.finds_in_name(tier.as_str()));
        let tier = named.or(customer.tier.as_ref()).map(folded_tier);
        let noted = Insight::noting(Some(said), customer).unwrap_or_default();
        Insight { tier, churn_risk, lifetime_value, ..noted }
    }
}

/// What the customer's own record tells.
fn of_record(customer: &Customer) -> Option<Insight> {
    Insight::noting(None, customer)
}
