//! What is known of a customer: asked of the host, and written down with the ticket.

use async_trait::async_trait;

use crate::config::Config;
use crate::error::{EntityKind, Error};
use crate::id::{TenantId, TicketId};
use crate::insight::within;
use crate::people::{Actor, Customer, Permission, Scope};
use crate::scoring::{Insight, folded_tier};
use crate::store::StoreExt;
use crate::ticket::{Circumstances, Command, Decision, StatusCategory, Ticket, command, decide};

use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};
use super::{Desk, TicketReply};

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
        let (tenant, held) = (ask.actor.tenant(), ticket.insight.as_ref());
        let insight = ask.desk.known(tenant, &customer, held, &ask.config).await;
        let edit = Command::Edit(Box::new(command::Edit { insight, ..command::Edit::default() }));
        carry_out(ask, &ticket, &[edit], Vec::new()).await
    }
}

impl Desk {
    /// Decides commands on a ticket. Where they bring it back into work, what is known of its customer by then is noted
    /// first, with the command that is answered: while it rested nobody did, and rules, policy and score go by it.
    ///
    /// # Errors
    /// `Store`, and those of [`decide`].
    pub(super) async fn decide_knowing(
        &self,
        tenant: TenantId,
        ticket: &Ticket,
        commands: &[Command],
        circumstances: &Circumstances<'_>,
    ) -> Result<(Decision, Option<Command>), Error> {
        let decision = decide(Some(ticket), commands, circumstances)?;
        if !rests(ticket) || rests(&decision.ticket) {
            return Ok((decision, None));
        }
        let customer = self.store().customer(&Scope::system(tenant), ticket.customer_id).await?;
        let Some(customer) = customer else { return Ok((decision, None)) };
        let insight = self.known(tenant, &customer, ticket.insight.as_ref(), circumstances.config).await;
        if insight == ticket.insight {
            return Ok((decision, None));
        }
        let note = command::Edit { insight, ..command::Edit::default() };
        let mut all = vec![Command::Edit(Box::new(note))];
        all.extend_from_slice(commands);
        let decision = decide(Some(ticket), &all, circumstances)?;
        all.truncate(1);
        Ok((decision, all.pop()))
    }

    /// Finds what is known of a customer, of whom `held` was known before. Never fails: where the host does not answer,
    /// that stays, with what the customer's own record says.
    pub(super) async fn known(
        &self,
        tenant: TenantId,
        customer: &Customer,
        held: Option<&Insight>,
        config: &Config,
    ) -> Option<Insight> {
        let said = match self.inner.insight.get() {
            None => None,
            Some((port, limit)) => match within(&**limit, port.insight(tenant, customer)).await {
                Some(Ok(said)) => said,
                Some(Err(_)) | None => held.cloned(),
            },
        };
        let known = with_record(&said.unwrap_or_default(), customer, config);
        (held.is_some() || known != Insight::default()).then_some(known)
    }
}

/// Tells whether a ticket is in nobody's work, so that nobody notes on it what becomes known of its customer.
fn rests(ticket: &Ticket) -> bool {
    ticket.set_aside.is_some() || ticket.status.category() == StatusCategory::Closed
}

/// Adds what the record tells, its tier where the host names none, and leaves out what is no number: events hold what
/// JSON can. A tier that holds a number which masking hides is none: the ticket is not to fail for it.
fn with_record(said: &Insight, customer: &Customer, config: &Config) -> Insight {
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
    let (churn_risk, lifetime_value) = (finite(said.churn_risk), finite(said.lifetime_value));
    let named = said.tier.as_ref().filter(|tier| !config.masker.finds_in_name(tier.as_str()));
    let tier = named.or(customer.tier.as_ref()).map(folded_tier);
    let noted = Insight::noting(Some(said), customer).unwrap_or_default();
    Insight { tier, churn_risk, lifetime_value, ..noted }
}
