//! What arrives on a channel.

use async_trait::async_trait;

use crate::conversation::{ChannelKind, Direction, Visibility};
use crate::error::{EntityKind, Error};
use crate::id::{ConversationId, InboxId};
use crate::label::ForeignId;
use crate::people::{Actor, ActorRef, Address, AddressKind, Customer, Permission, normalize_address};
use crate::store::{ChangeSet, Key, Query, Record, Select, StoreExt, TicketFilter, TicketSort};
use crate::text::{is_blank, is_thanks};
use crate::ticket::{Status, Ticket};
use crate::time::Timestamp;

use super::TicketReply;
use super::land::{Landed, Landing};
use super::message::{Arrival, says_thanks};
use super::open::{OpenTicket, Opening, Requester};
use super::run::{Ask, Prepared, UseCase};
use super::texts::{CONTENT_LIMIT, LINE_LIMIT, check};

/// Tickets of a sender among which the one with the newest answer is looked for.
const CANDIDATES: u32 = 20;
/// Newest messages of each in which an answer is looked for.
const LOOKED_AT: u32 = 100;

/// Who sent a message, as the channel knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Sender {
    /// Identity in the host application.
    pub external_id: Option<ForeignId>,
    /// Name, as the channel gives it.
    pub name: String,
    /// Kind of the address.
    pub kind: AddressKind,
    /// The address.
    pub address: String,
    /// Whether the channel vouches for the address: a messaging provider does, plain e-mail does not.
    pub verified: bool,
}

impl std::fmt::Debug for Sender {
    /// Prints no name and no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender")
            .field("kind", &self.kind)
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

/// Takes in a message from a channel. For channel adapters, in the host's name.
///
/// It lands, first match wins: in the conversation that the channel proves by a token; on messaging channels in the
/// newest ticket of the sender in the same inbox that is not closed; else in a new ticket. A closed ticket, or one
/// whose window for reopening is over, is followed by a new one; but automatic replies, bounces and thanks are kept on
/// it and change nothing.
#[derive(Clone)]
pub struct ReceiveMessage {
    /// Who sent it.
    pub sender: Sender,
    /// On which channel.
    pub channel: ChannelKind,
    /// In which inbox.
    pub inbox_id: Option<InboxId>,
    /// Subject, where the channel has one.
    pub subject: Option<String>,
    /// What it says.
    pub content: String,
    /// Identity that the channel gave it: the same message twice is one.
    pub external_id: Option<ForeignId>,
    /// The message that it answers, as the channel names it.
    pub in_reply_to: Option<ForeignId>,
    /// The conversation that a token in it proves.
    pub conversation_id: Option<ConversationId>,
    /// Whether a program wrote it: an automatic reply, a bounce.
    pub automatic: bool,
    /// When it was written.
    pub sent_at: Timestamp,
}

impl std::fmt::Debug for ReceiveMessage {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiveMessage")
            .field("channel", &self.channel)
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UseCase for ReceiveMessage {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let Actor::Host(_) = ask.actor else { return Err(Error::NotFound(EntityKind::Conversation)) };
        check("content", &self.content, CONTENT_LIMIT)?;
        ask.check_names("channel", [self.channel.as_str()])?;
        if self.external_id.is_some() && self.inbox_id.is_none() {
            // Ids of a channel are told apart by inbox: without one, the same message twice would be two.
            return Err(Error::invalid("inbox_id", "must be given with `external_id`"));
        }
        if let Some(reply) = self.received_before(ask).await? {
            return Ok(Prepared::new(ChangeSet::new(ask.actor.tenant()), reply));
        }
        let mut people = ChangeSet::new(ask.actor.tenant());
        let address = normalize_address(self.sender.kind, &self.sender.address)
            .ok_or_else(|| Error::invalid("sender.address", "is not an address of that kind"))?;
        let name: String = self.sender.name.chars().filter(|c| !c.is_control()).take(200).collect();
        // Whoever writes is heard, whatever they call themselves.
        let name = if is_blank(&name) { String::new() } else { name };
        let (kind, verified) = (self.sender.kind, self.sender.verified);
        let address = Address { kind, value: address, verified, primary: true };
        let made = ask.new_customer_at(self.sender.external_id.clone(), &name, vec![address])?;
        let customer = ask.find_or_make_customer(made, &mut people).await?;
        if customer.blocked {
            return Err(Error::refused("customer_blocked", "the sender is blocked"));
        }
        let by_token = match self.conversation_id {
            Some(id) => self.by_token(ask, id, &customer).await?,
            None => None,
        };
        let arrival = Arrival {
            content: &self.content,
            automatic: self.automatic,
            external_id: self.external_id.clone(),
            in_reply_to: self.in_reply_to.clone(),
            channel: self.channel.clone(),
            inbox_id: self.inbox_id,
            sent_at: self.sent_at,
            author_text: None,
        };
        let known = match by_token {
            Some(ticket) => Some(ticket),
            None => self.by_sender(ask, &customer, &arrival).await?,
        };
        match known {
            Some(ticket) if !ask.follows_up(&ticket, &arrival) => {
                let author = ActorRef::customer(customer.id);
                let mut prepared = ask.take_in(&ticket, author, &arrival).await?;
                people.absorb(prepared.changes);
                prepared.changes = people;
                Ok(prepared)
            }
            closed => {
                ask.open_with(&customer, closed.as_ref(), self.subject.as_deref(), &arrival, people).await
            }
        }
    }
}

impl ReceiveMessage {
    /// Finds what became of the same message when it arrived before.
    async fn received_before(&self, ask: &Ask<'_>) -> Result<Option<TicketReply>, Error> {
        let (Some(inbox), Some(id)) = (self.inbox_id, &self.external_id) else { return Ok(None) };
        let found: Option<crate::conversation::Message> =
            ask.store().one(&ask.system(), Key::MessageByExternalId(inbox, id.clone())).await?;
        let Some(message) = found else { return Ok(None) };
        let ticket = ask.ticket(message.ticket_id, Permission::TicketRead).await?;
        Ok(Some(TicketReply { ticket_id: ticket.id, version: ticket.version, message_id: Some(message.id) }))
    }

    /// The conversation that a token proves, if the sender takes part in it.
    async fn by_token(
        &self,
        ask: &Ask<'_>,
        id: ConversationId,
        customer: &Customer,
    ) -> Result<Option<Ticket>, Error> {
        let found: Option<crate::conversation::Conversation> =
            ask.store().one(&ask.system(), Key::Conversation(id)).await?;
        let Some(conversation) = found else { return Ok(None) };
        let ticket = ask.store().ticket(&ask.system(), conversation.ticket_id).await?;
        let takes_part = |ticket: &Ticket| {
            ticket.customer_id == customer.id || ticket.copied_customers().contains(&customer.id)
        };
        Ok(ticket.filter(takes_part))
    }

    /// On messaging channels, the sender's newest ticket in the inbox that is not closed; of several the one where an
    /// agent wrote last. Never by subject. Without any, the newest closed one keeps what opens no follow-up.
    async fn by_sender(
        &self,
        ask: &Ask<'_>,
        customer: &Customer,
        arrival: &Arrival<'_>,
    ) -> Result<Option<Ticket>, Error> {
        if !matches!(self.channel, ChannelKind::Whatsapp | ChannelKind::Sms | ChannelKind::Chat) {
            return Ok(None);
        }
        let filter = TicketFilter {
            customer: Some(customer.id),
            channel: Some(self.channel.clone()),
            inbox: self.inbox_id,
            status: Status::ALL.iter().copied().filter(|status| *status != Status::Closed).collect(),
            sort: TicketSort::Updated,
            ..TicketFilter::default()
        };
        let mut candidates = tickets(ask, filter.clone(), CANDIDATES).await?;
        if candidates.is_empty() && (arrival.automatic || is_thanks(arrival.content, None)) {
            let closed = TicketFilter { status: vec![Status::Closed], ..filter };
            let newest = tickets(ask, closed, 1).await?.pop();
            return Ok(newest.filter(|ticket| !ask.follows_up(ticket, arrival)));
        }
        if candidates.len() < 2 {
            return Ok(candidates.pop());
        }
        // Newest first: the first of the best is kept.
        let mut best: Option<(Option<Timestamp>, Ticket)> = None;
        for ticket in candidates {
            let answered = answered_at(ask, &ticket).await?;
            if best.as_ref().is_none_or(|(at, _)| answered > *at) {
                best = Some((answered, ticket));
            }
        }
        Ok(best.map(|(_, ticket)| ticket))
    }
}

impl Ask<'_> {
    /// Opens a ticket with a message that belongs to none that is going on; `closed` is the one that it follows.
    pub(super) async fn open_with(
        &self,
        customer: &Customer,
        closed: Option<&Ticket>,
        subject: Option<&str>,
        arrival: &Arrival<'_>,
        mut changes: ChangeSet,
    ) -> Result<Prepared<TicketReply>, Error> {
        let first_line: String =
            arrival.content.lines().next().unwrap_or_default().chars().take(100).collect();
        let one_line = |subject: &str| -> String {
            let line = subject.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
            line.take(LINE_LIMIT).collect()
        };
        let named = subject.map(one_line).into_iter().chain([first_line]).find(|line| !is_blank(line));
        let subject = named.unwrap_or_else(|| arrival.channel.to_string());
        let wanted = OpenTicket {
            channel: arrival.channel.clone(),
            direction: Direction::Inbound,
            inbox_id: arrival.inbox_id,
            team_id: closed.and_then(|ticket| ticket.team_id),
            brand_id: closed.and_then(|ticket| ticket.brand_id),
            ..OpenTicket::by(Requester::Customer(customer.id), subject, arrival.content)
        };
        // Who writes to a ticket that is over goes on where it ended.
        let turns = match closed {
            Some(ticket) => {
                let conversation = self.conversation(ticket, None).await?;
                self.turns_before(&conversation, Visibility::Public, &[&wanted.subject, arrival.content])
                    .await?
            }
            None => Vec::new(),
        };
        let opening = Opening {
            customer,
            follow_up_of: closed.map(|ticket| ticket.id),
            sticky: closed.and_then(|ticket| ticket.assigned_to),
            led: None,
            external_id: arrival.external_id.clone(),
            in_reply_to: arrival.in_reply_to.clone(),
            automatic: arrival.automatic,
            sent_at: arrival.sent_at,
            turns,
        };
        let (open, texts) = wanted.command(self, &opening, wanted.start(self, &opening).await)?;
        let (ticket_id, message_id) = (open.id, open.message.id);
        let decision = self.decide_opening(open, None).await?;
        let landing = Landing::of(self.actor.tenant(), None, decision);
        let Landed { changes: made, version, routes } =
            self.desk.land(landing, &self.circumstances()).await?;
        changes.absorb(made);
        texts.finish(&mut changes);
        let reply = TicketReply { ticket_id, version, message_id: Some(message_id) };
        Ok(Prepared { changes, reply, routes, configures: false })
    }

    /// Tells whether a message to a ticket opens a follow-up: the ticket is closed, or would be had the worker come by,
    /// and the message would have reopened it. An erased ticket keeps nothing.
    pub(super) fn follows_up(&self, ticket: &Ticket, arrival: &Arrival<'_>) -> bool {
        let window = self.config.settings.reopen_window_seconds;
        let closed = ticket.status == Status::Closed
            || ticket.status == Status::Resolved
                && ticket.resolved_at.is_some_and(|at| at.plus_seconds(window) <= self.now);
        ticket.set_aside.is_some_and(|aside| aside.is_over(self.now))
            || closed && !(arrival.automatic || says_thanks(ticket, arrival.content))
    }
}

async fn tickets(ask: &Ask<'_>, filter: TicketFilter, limit: u32) -> Result<Vec<Ticket>, Error> {
    let select = Select::Tickets(Box::new(filter));
    let page = ask.store().find(&ask.system(), &Query::new(select, limit)).await?;
    let tickets = page.items.into_iter();
    Ok(tickets
        .filter_map(|record| if let Record::Ticket(ticket) = record { Some(*ticket) } else { None })
        .collect())
}

/// Returns when an agent last wrote to the customer on a ticket, as far as its newest messages tell.
async fn answered_at(ask: &Ask<'_>, ticket: &Ticket) -> Result<Option<Timestamp>, Error> {
    let select = Select::Messages { ticket: ticket.id, conversation: Some(ticket.conversation_id) };
    let page = ask.store().find(&ask.system(), &Query::new(select, LOOKED_AT)).await?;
    Ok(page.items.iter().find_map(|record| match record {
        Record::Message(message) if message.answers => Some(message.created_at),
        _ => None,
    }))
}
