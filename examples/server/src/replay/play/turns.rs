//! What each turn does on the desk, and how a recorded one happens.

use std::sync::Arc;

use support_core::conversation::Direction;
use support_core::desk::{
    CustomerSpec, EditTicket, Handle, OpenTicket, Reassign, Requester, TicketReply, WriteMessage,
};
use support_core::error::Error;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, CustomerActor};
use support_core::ticket::Status;
use support_core::time::Clock as _;

use super::{Happening, Player};
use crate::failure::Failure;
use crate::replay::recorded::What;

/// What is written for an agent whose words were not recorded. It asks for nothing, so that it gives masking no cue.
const UNRECORDED: &str = "(modelled reply: the recording does not hold the agent's words)";
/// Subject where the recording has none that can be used.
const NO_SUBJECT: &str = "Recorded conversation";
/// Characters of the first line that make a subject.
const SUBJECT: usize = 100;
/// Seconds after which an agent at work says so again: well within the lease of 60 s.
const RENEWAL_SECONDS: i64 = 45;

impl Player<'_> {
    /// Opens a ticket with the customer's words, or adds them to it.
    pub(super) async fn by_customer(&mut self, at: usize, text: &str) -> Result<(), Failure> {
        let Some(case) = self.cases.get(at) else { return Ok(()) };
        if let (Some(ticket), Some(customer)) = (case.ticket, case.customer.clone()) {
            let reply = self.ask(&customer, &WriteMessage::reply(ticket, text)).await?;
            // Words that come too late for their ticket open another one.
            self.goes_on_in(at, reply);
            return Ok(());
        }
        let open = self.opening(at, text);
        let host = self.host.clone();
        let opened = self.ask(&host, &open).await?;
        self.opened(at, opened).await
    }

    fn opening(&mut self, at: usize, text: &str) -> OpenTicket {
        let part = self.cases.get(at).map(|case| &case.part);
        let conversation = part.map(|part| part.conversation);
        let file = part.map_or(0, |part| part.file);
        let customer = conversation.and_then(|conversation| conversation.customer.as_deref());
        let name = customer.map_or_else(|| format!("Customer {}", at + 1), ToOwned::to_owned);
        // Who comes again is known by the number of the first conversation: a name may hold what an id cannot.
        let first = customer.map_or(at, |customer| *self.customers.entry((file, customer)).or_insert(at));
        let spec = CustomerSpec {
            external_id: format!("replay/{}", first + 1).parse().ok(),
            name,
            ..CustomerSpec::default()
        };
        let subject = conversation.and_then(|conversation| conversation.subject.clone());
        let mut open =
            OpenTicket::by(Requester::Spec(spec), subject.unwrap_or_else(|| subject_of(text)), text);
        if let Some(conversation) = conversation {
            open.channel = conversation.channel.clone();
            open.priority = conversation.priority;
        }
        open
    }

    /// Takes note of a new ticket and of whose it is.
    async fn opened(&mut self, at: usize, opened: Option<TicketReply>) -> Result<(), Failure> {
        let Some(TicketReply { ticket_id, .. }) = opened else { return Ok(()) };
        let ticket = self.desk.ticket(&self.host, ticket_id).await?;
        let customer = CustomerActor { tenant: TenantId::SINGLE, id: ticket.customer_id };
        if let Some(case) = self.cases.get_mut(at) {
            case.ticket = Some(ticket_id);
            case.customer = Some(Arc::new(Actor::Customer(customer)));
        }
        self.by_ticket.insert(ticket_id, at);
        Ok(())
    }

    fn goes_on_in(&mut self, at: usize, reply: Option<TicketReply>) {
        let (Some(reply), Some(case)) = (reply, self.cases.get_mut(at)) else { return };
        if case.ticket != Some(reply.ticket_id) {
            case.ticket = Some(reply.ticket_id);
            case.owner = None;
            self.by_ticket.insert(reply.ticket_id, at);
        }
    }

    pub(super) async fn write(
        &mut self,
        actor: &Actor,
        ticket: TicketId,
        what: &What,
    ) -> Result<(), Failure> {
        let message = match what {
            What::Reply(text) => WriteMessage::reply(ticket, text.as_deref().unwrap_or(UNRECORDED)),
            What::Note(text) => WriteMessage::note(ticket, text.as_str()),
            What::Customer(_) | What::Assigned | What::Resolved => return Ok(()),
        };
        self.ask(actor, &message).await.map(drop)
    }

    /// A turn happens as it was recorded.
    pub(super) async fn recorded(&mut self, at: usize, number: usize) -> Result<(), Failure> {
        self.progress.step();
        let Some(case) = self.cases.get(at) else { return Ok(()) };
        let conversation = case.part.conversation;
        let Some(turn) = conversation.turns.get(number) else { return Ok(()) };
        let seat = turn.agent.as_deref().and_then(|name| self.by_name.get(name).copied());
        let actor = self.actor_of(seat);
        match (&turn.what, case.ticket) {
            (What::Customer(text), _) => self.by_customer(at, text).await?,
            // The desk wrote first.
            (What::Reply(Some(text)), None) => {
                let open = OpenTicket {
                    direction: Direction::Outbound,
                    assigned_to: seat.and_then(|seat| self.seats.get(seat)).map(|seat| seat.id),
                    ..self.opening(at, text)
                };
                let opened = self.ask(&actor, &open).await?;
                self.opened(at, opened).await?;
            }
            (what, Some(ticket)) => {
                let handed = match (what, seat) {
                    (What::Reply(_) | What::Assigned, Some(seat)) => self.hand_to(at, ticket, seat).await?,
                    _ => true,
                };
                if *what == What::Resolved {
                    self.ask(&actor, &EditTicket::of(ticket).status(Status::Resolved)).await?;
                } else if handed {
                    self.write(&actor, ticket, what).await?;
                }
            }
            (_, None) => {}
        }
        if let Some(seat) = seat.filter(|seat| self.stints.contains_key(&(at, *seat))) {
            self.put_down(at, seat).await?;
        }
        Ok(())
    }

    /// Gives a ticket to the agent who had it in the recording; `false` where the desk refuses.
    async fn hand_to(&mut self, at: usize, ticket: TicketId, seat: usize) -> Result<bool, Failure> {
        if self.cases.get(at).is_some_and(|case| case.owner == Some(seat)) {
            return Ok(true);
        }
        let agent_id = self.seats.get(seat).map(|seat| seat.id);
        let host = self.host.clone();
        let hand = Reassign { ticket_id: ticket, agent_id, team_id: None, reason: None };
        let handed = self.ask(&host, &hand).await?.is_some();
        // Before the answer takes the ticket off the agent's load again.
        self.follow().await?;
        Ok(handed)
    }

    /// An agent is at a case, or still is.
    pub(super) async fn take_up(&mut self, at: usize, seat: usize) -> Result<(), Failure> {
        self.at_it(at, seat, true).await?;
        let stint = self.planned;
        self.stints.insert((at, seat), stint);
        let again = self.clock.now().plus_seconds(RENEWAL_SECONDS);
        self.expect(again, Happening::Renews { case: at, seat, stint });
        Ok(())
    }

    /// An agent is no more at a case.
    pub(super) async fn put_down(&mut self, at: usize, seat: usize) -> Result<(), Failure> {
        self.stints.remove(&(at, seat));
        self.at_it(at, seat, false).await
    }

    /// Says what the desk measures handling time by. Where it refuses, it measures none.
    async fn at_it(&self, at: usize, seat: usize, at_it: bool) -> Result<(), Failure> {
        let Some(ticket_id) = self.cases.get(at).and_then(|case| case.ticket) else { return Ok(()) };
        match self.desk.run(&self.actor_of(Some(seat)), &Handle { ticket_id, at_it }).await {
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes a subject of the first line that says something.
fn subject_of(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(NO_SUBJECT);
    let plain = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    let subject: String = plain.take(SUBJECT).collect();
    if subject.trim().is_empty() { NO_SUBJECT.to_owned() } else { subject }
}
