//! Messages on a ticket: answers, notes, customers' own words, and reports of delivery.

use async_trait::async_trait;

use crate::conversation::{ChannelKind, Conversation, Delivery, Direction, Message, Visibility};
use crate::error::{EntityKind, Error};
use crate::id::{AgentId, ConversationId, DocumentId, MessageId, TicketId};
use crate::label::ForeignId;
use crate::people::{Actor, Permission};
use crate::routing::Seat;
use crate::store::{ChangeSet, Delta, Key, Query, Record, Select, StoreExt};
use crate::text::is_thanks;
use crate::ticket::{Command, Status, StatusCategory, Ticket, command, decide};
use crate::time::Timestamp;

use super::TicketReply;
use super::assemble::still_there;
use super::land::{Landed, Landing};
use super::open::{first_delivery, queue_outgoing};
use super::run::{Ask, Prepared, UseCase};
use super::texts::{CONTENT_LIMIT, LINE_LIMIT, Texts, check, class_of};

/// Earlier turns that masking looks at.
pub(super) const TURNS_BEFORE: usize = 3;
/// Messages read at once in search of them, and how often: behind more notes than that a turn is forgotten.
const MESSAGES_READ: u32 = 16;
const PAGES_READ: usize = 16;

/// Writes on a ticket: an agent's answer or note, or a customer's own words in the portal. A customer's words on a
/// ticket that is over open a follow-up, which the reply names; thanks are kept on the ticket.
#[derive(Clone)]
pub struct WriteMessage {
    /// The ticket.
    pub ticket_id: TicketId,
    /// What is said, 1–100,000 characters.
    pub content: String,
    /// Who may read it.
    pub visibility: Visibility,
    /// Status that it carries; `None` leaves it to the rule of the channel.
    pub status: Option<Status>,
    /// In which conversation; `None` is the one with the customer.
    pub conversation_id: Option<ConversationId>,
    /// The newest message that the writer has seen; another one stops the reply.
    pub if_last_message_id: Option<MessageId>,
    /// The macro that it was made with: what the macro does is done along with it, and its use is counted. A status that
    /// the message names comes before the macro's.
    pub macro_id: Option<DocumentId>,
    /// Takes it in as the customer's own words, where staff may bring in what others wrote.
    pub as_customer: bool,
    /// Name under which it was written, where that is not the customer's own; goes with `as_customer`.
    pub author_name: Option<String>,
    /// Address from which it was written, likewise.
    pub author_email: Option<String>,
}

impl std::fmt::Debug for WriteMessage {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteMessage")
            .field("ticket_id", &self.ticket_id)
            .field("visibility", &self.visibility)
            .finish_non_exhaustive()
    }
}

impl WriteMessage {
    /// A public message.
    pub fn reply(ticket_id: TicketId, content: impl Into<String>) -> Self {
        Self {
            ticket_id,
            content: content.into(),
            visibility: Visibility::Public,
            status: None,
            conversation_id: None,
            if_last_message_id: None,
            macro_id: None,
            as_customer: false,
            author_name: None,
            author_email: None,
        }
    }

    /// An internal note.
    pub fn note(ticket_id: TicketId, content: impl Into<String>) -> Self {
        Self { visibility: Visibility::Internal, ..Self::reply(ticket_id, content) }
    }

    const fn permission(&self) -> Permission {
        match self.visibility {
            Visibility::Public => Permission::TicketReply,
            Visibility::Internal => Permission::TicketNote,
        }
    }
}

/// What a channel tells of an incoming message.
pub(super) struct Arrival<'a> {
    pub(super) content: &'a str,
    pub(super) automatic: bool,
    pub(super) external_id: Option<ForeignId>,
    pub(super) in_reply_to: Option<ForeignId>,
    pub(super) channel: ChannelKind,
    pub(super) inbox_id: Option<crate::id::InboxId>,
    pub(super) sent_at: Timestamp,
    /// Name and address of the author where they are not those of a known party, as JSON.
    pub(super) author_text: Option<String>,
}

#[async_trait]
impl UseCase for WriteMessage {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        check("content", &self.content, CONTENT_LIMIT)?;
        if let Actor::Customer(_) = ask.actor {
            return self.by_customer(ask).await;
        }
        if self.as_customer {
            return self.for_customer(ask).await;
        }
        self.no_author("goes with a customer's message")?;
        let ticket = ask.ticket(self.ticket_id, self.permission()).await?;
        let (used, named) = match self.macro_id {
            Some(id) => {
                ask.macro_in("macro_id", id, &ticket).await.map(|(used, named)| (Some(used), named))?
            }
            None => (None, Vec::new()),
        };
        if self.status.is_some() {
            let right = ask.actor.scope(Permission::TicketStatus)?;
            if !ticket.with_subject(|subject| right.sees(subject)) {
                return Err(Error::Forbidden(Permission::TicketStatus));
            }
        }
        let conversation = ask.conversation(&ticket, self.conversation_id).await?;
        let before = ask.turns_before(&conversation, self.visibility, &[&self.content]).await?;
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let mut texts = Texts::new(ask, Some(ticket.id));
        let body = texts.add(
            crate::people::ActorRef::customer(ticket.customer_id),
            class_of(self.visibility),
            &self.content,
            &before,
        );
        texts.find_by(body.id, self.visibility, &[&body.body]);
        let public = self.visibility == Visibility::Public;
        let message = command::NewMessage {
            id: MessageId::mint(ask.ids(), ask.now),
            conversation_id: Some(conversation.id),
            direction: Direction::Outbound,
            author: ask.actor.as_ref(),
            author_text: None,
            visibility: self.visibility,
            channel: conversation.channel.clone(),
            inbox_id: conversation.inbox_id,
            body: body.id,
            automatic: false,
            thanks: false,
            external_id: None,
            in_reply_to: None,
            delivery: public.then(|| first_delivery(conversation.inbox_id)),
            sent_at: ask.now,
            masked: body.masked,
        };
        let message_id = message.id;
        let write = Command::Write(Box::new(command::Write {
            message,
            status: self.status,
            if_last_message: self.if_last_message_id,
            live: false,
            used,
        }));
        let mut prepared = carry_out(ask, &ticket, &[write], vec![conversation.clone().into()]).await?;
        named.into_iter().for_each(|state| still_there(&mut prepared.changes, state));
        prepared.changes.deltas.extend(self.macro_id.map(|document| Delta::Used { document }));
        prepared.reply.message_id = Some(message_id);
        texts.finish(&mut prepared.changes);
        if public {
            let (channel, inbox) = (&conversation.channel, conversation.inbox_id);
            queue_outgoing(ask, &mut prepared.changes, ticket.id, message_id, channel, inbox);
        }
        Ok(prepared)
    }
}

impl WriteMessage {
    async fn by_customer(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        self.plain("may not be given by a customer")?;
        self.no_author("may not be given by a customer")?;
        let ticket = ask.ticket(self.ticket_id, Permission::TicketRead).await?;
        let author = ask.actor.as_ref();
        let arrival = self.arrival(ask, &ticket)?;
        let Some(id) = author.customer_id().filter(|_| ask.follows_up(&ticket, &arrival)) else {
            return ask.take_in(&ticket, author, &arrival).await;
        };
        let found = ask.store().customer(&ask.system(), id).await?;
        let customer = found.ok_or(Error::NotFound(EntityKind::Customer))?;
        // The answers go the way that they went before.
        let arrival = Arrival { inbox_id: ticket.inbox_id, ..arrival };
        ask.open_with(&customer, Some(&ticket), None, &arrival, ChangeSet::new(ask.actor.tenant())).await
    }

    /// Takes in what the customer said elsewhere.
    async fn for_customer(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        self.plain("may not be given with a customer's message")?;
        let ticket = ask.ticket(self.ticket_id, Permission::MessageImport).await?;
        let author = crate::people::ActorRef::customer(ticket.customer_id);
        ask.take_in(&ticket, author, &self.arrival(ask, &ticket)?).await
    }

    /// Refuses what a customer's message cannot carry.
    fn plain(&self, problem: &str) -> Result<(), Error> {
        let given = [
            ("visibility", self.visibility != Visibility::Public),
            ("status", self.status.is_some()),
            ("conversation_id", self.conversation_id.is_some()),
            ("if_last_message_id", self.if_last_message_id.is_some()),
            ("macro_id", self.macro_id.is_some()),
        ];
        let first = given.into_iter().find_map(|(field, given)| given.then_some(field));
        first.map_or(Ok(()), |field| Err(Error::invalid(field, problem)))
    }

    fn no_author(&self, problem: &str) -> Result<(), Error> {
        let given = [("author_name", &self.author_name), ("author_email", &self.author_email)];
        let first = given.into_iter().find_map(|(field, given)| given.as_ref().map(|_| field));
        first.map_or(Ok(()), |field| Err(Error::invalid(field, problem)))
    }

    /// Writes down under which name and address it was written.
    fn author_text(&self) -> Result<Option<String>, Error> {
        let (name, email) = (self.author_name.as_deref(), self.author_email.as_deref());
        for (field, text) in [("author_name", name), ("author_email", email)] {
            text.map_or(Ok(()), |text| check(field, text, LINE_LIMIT))?;
        }
        let given = name.is_some() || email.is_some();
        Ok(given.then(|| serde_json::json!({ "name": name, "email": email }).to_string()))
    }

    fn arrival(&self, ask: &Ask<'_>, ticket: &Ticket) -> Result<Arrival<'_>, Error> {
        Ok(Arrival {
            content: &self.content,
            automatic: false,
            external_id: None,
            in_reply_to: None,
            channel: ticket.channel.clone(),
            inbox_id: None,
            sent_at: ask.now,
            author_text: self.author_text()?,
        })
    }
}

impl Ask<'_> {
    /// Takes in what a customer, or another party, wrote on a ticket that exists.
    pub(super) async fn take_in(
        &self,
        ticket: &Ticket,
        author: crate::people::ActorRef,
        arrival: &Arrival<'_>,
    ) -> Result<Prepared<TicketReply>, Error> {
        let conversation = self.conversation(ticket, None).await?;
        let before = self.turns_before(&conversation, Visibility::Public, &[arrival.content]).await?;
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let mut texts = Texts::new(self, Some(ticket.id));
        let body = texts.add(author, class_of(Visibility::Public), arrival.content, &before);
        texts.find_by(body.id, Visibility::Public, &[&body.body]);
        let class = class_of(Visibility::Public);
        let author_text = arrival.author_text.as_deref().map(|text| texts.add(author, class, text, &[]).id);
        let message = command::NewMessage {
            id: MessageId::mint(self.ids(), self.now),
            conversation_id: Some(conversation.id),
            direction: Direction::Inbound,
            author,
            author_text,
            visibility: Visibility::Public,
            channel: arrival.channel.clone(),
            inbox_id: arrival.inbox_id,
            body: body.id,
            automatic: arrival.automatic,
            thanks: says_thanks(ticket, &body.body),
            external_id: arrival.external_id.clone(),
            in_reply_to: arrival.in_reply_to.clone(),
            delivery: None,
            sent_at: arrival.sent_at,
            masked: body.masked,
        };
        let message_id = message.id;
        let owner = self.owner_standing(ticket).await?;
        let keywords = self.config.keyword_hits(&[&body.body]);
        let receive = Command::Receive(Box::new(command::Receive { message, owner, keywords }));
        let mut prepared = carry_out(self, ticket, &[receive], vec![conversation.into()]).await?;
        prepared.reply.message_id = Some(message_id);
        texts.finish(&mut prepared.changes);
        Ok(prepared)
    }

    /// Returns the last few turns of a conversation, oldest first, where one of `texts` holds a digit: only a number can
    /// need them. What is public answers what was public; a note answers notes as well.
    pub(super) async fn turns_before(
        &self,
        conversation: &Conversation,
        visibility: Visibility,
        texts: &[&str],
    ) -> Result<Vec<String>, Error> {
        let mut turns: Vec<Key> = Vec::new();
        if !texts.iter().any(|text| text.chars().any(char::is_numeric)) {
            return Ok(Vec::new());
        }
        let select = Select::Messages { ticket: conversation.ticket_id, conversation: Some(conversation.id) };
        let mut query = Query::new(select, MESSAGES_READ);
        for _ in 0..PAGES_READ {
            let page = self.store().find(&self.system(), &query).await?;
            turns.extend(page.items.iter().filter_map(|record| match record {
                Record::Message(message) if message.is_turn_for(visibility) => Some(Key::Text(message.body)),
                _ => None,
            }));
            query.after = page.next;
            if turns.len() >= TURNS_BEFORE || query.after.is_none() {
                break;
            }
        }
        turns.truncate(TURNS_BEFORE);
        let found = self.store().load(&self.system(), &turns).await?.into_iter().rev().flatten();
        Ok(found
            .filter_map(|record| if let Record::Text(text) = record { text.body } else { None })
            .collect())
    }

    /// Reads the conversation of a ticket with its customer, or another of its conversations.
    pub(super) async fn conversation(
        &self,
        ticket: &Ticket,
        id: Option<ConversationId>,
    ) -> Result<Conversation, Error> {
        let id = id.unwrap_or(ticket.conversation_id);
        let found: Option<Conversation> = self.store().one(&self.system(), Key::Conversation(id)).await?;
        found
            .filter(|conversation| conversation.ticket_id == ticket.id)
            .ok_or_else(|| Error::invalid("conversation_id", "must be a conversation of the ticket"))
    }

    async fn owner_standing(&self, ticket: &Ticket) -> Result<command::OwnerStanding, Error> {
        let Some(owner) = ticket.assigned_to else { return Ok(command::OwnerStanding::Available) };
        Ok(match self.seat(owner).await? {
            // Who may not answer customers can take up nothing of what they write.
            Some(seat) if !seat.agent.may_reply() => command::OwnerStanding::Gone,
            Some(seat) if seat.is_there(self.now) => command::OwnerStanding::Available,
            Some(seat) if seat.is_missing(self.now) => {
                command::OwnerStanding::Missing { substitute: self.substitute(&seat).await? }
            }
            Some(_) => command::OwnerStanding::Absent,
            None => command::OwnerStanding::Gone,
        })
    }

    /// Reads an agent who works here.
    pub(super) async fn seat(&self, agent: AgentId) -> Result<Option<Seat>, Error> {
        let keys = [Key::Agent(agent), Key::AgentState(agent)];
        let mut found = self.store().load(&self.system(), &keys).await?.into_iter();
        Ok(match (found.next().flatten(), found.next().flatten()) {
            (Some(Record::Agent(agent)), Some(Record::AgentState(state))) if agent.active => {
                Some(Seat { agent: std::sync::Arc::new(*agent), state })
            }
            _ => None,
        })
    }

    /// Finds who stands in for an absent agent and is there: their substitute, or, where that one is on a planned absence
    /// too, that one's substitute, and so on. Nobody is asked twice.
    async fn substitute(&self, absent: &Seat) -> Result<Option<AgentId>, Error> {
        let named = |seat: &Seat| seat.agent.absence(self.now).and_then(|absence| absence.substitute_id);
        let mut asked = std::collections::BTreeSet::from([absent.agent.id]);
        let mut next = named(absent);
        while let Some(agent) = next.filter(|agent| asked.insert(*agent)) {
            let Some(seat) = self.seat(agent).await? else { return Ok(None) };
            if seat.is_there(self.now) && seat.agent.may_reply() {
                return Ok(Some(agent));
            }
            next = named(&seat);
        }
        Ok(None)
    }
}

/// Decides commands on a ticket and assembles what they write.
pub(super) async fn carry_out(
    ask: &Ask<'_>,
    ticket: &Ticket,
    commands: &[Command],
    touched: Vec<Record>,
) -> Result<Prepared<TicketReply>, Error> {
    let config = ask.config_for(ticket).await?;
    let mut circumstances = ask.circumstances();
    circumstances.config = &config;
    let tenant = ask.actor.tenant();
    let (mut decision, note) = ask.desk.decide_knowing(tenant, ticket, commands, &circumstances).await?;
    let mut owner = None;
    if let Some(kept) = becomes_work_of(ticket, &decision.ticket) {
        match ask.fit_for_work(kept).await? {
            Ok((_, state)) => owner = Some(state),
            Err(because) => {
                // Their work was given back when they left; what becomes work now goes the same way, and no router would
                // give it to who may not answer.
                let mut commands: Vec<Command> = note.into_iter().chain(commands.iter().cloned()).collect();
                commands.push(Command::GiveBack(because));
                decision = decide(Some(ticket), &commands, &circumstances)?;
            }
        }
    }
    let mut reply = TicketReply { ticket_id: ticket.id, version: decision.ticket.version, message_id: None };
    if decision.events.is_empty() && decision.ticket.derived == ticket.derived {
        return Ok(Prepared::new(ChangeSet::new(tenant), reply));
    }
    let landing = Landing::of(tenant, Some(ticket), decision).touching(touched);
    let Landed { mut changes, version, routes } = ask.desk.land(landing, &circumstances).await?;
    reply.version = version;
    owner.into_iter().for_each(|state| still_there(&mut changes, state));
    Ok(Prepared { changes, reply, routes, configures: false })
}

/// Names the owner who had a ticket all along and for whom it becomes work.
fn becomes_work_of(before: &Ticket, after: &Ticket) -> Option<AgentId> {
    let is_work =
        |ticket: &Ticket| ticket.set_aside.is_none() && ticket.status.category() == StatusCategory::Open;
    let kept = after.assigned_to.filter(|_| after.assigned_to == before.assigned_to);
    kept.filter(|_| is_work(after) && !is_work(before))
}

/// Tells whether what is written on a ticket is thanks and nothing else.
pub(super) fn says_thanks(ticket: &Ticket, text: &str) -> bool {
    is_thanks(text, ticket.language.as_ref().map(crate::label::Label::as_str))
}

/// Reports how far an outgoing message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The message.
    pub message_id: MessageId,
    /// The report.
    pub report: Delivery,
}

#[async_trait]
impl UseCase for DeliveryReport {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let Actor::Host(_) = ask.actor else { return Err(Error::NotFound(EntityKind::Message)) };
        let found: Option<Message> = ask.store().one(&ask.system(), Key::Message(self.message_id)).await?;
        let message = found.ok_or(Error::NotFound(EntityKind::Message))?;
        let ticket = ask.ticket(message.ticket_id, Permission::TicketRead).await?;
        let newer = Select::Messages { ticket: ticket.id, conversation: Some(message.conversation_id) };
        let page = ask.store().find(&ask.system(), &Query::new(newer, 100)).await?;
        let messages = page.items.iter().filter_map(|record| match record {
            Record::Message(message) => Some(&**message),
            _ => None,
        });
        let unanswered = command::Unanswered::by(&message, messages);
        let message_id = message.id;
        let report = Command::Deliver { message: Box::new(message.clone()), report: self.report, unanswered };
        let mut prepared = carry_out(ask, &ticket, &[report], vec![message.into()]).await?;
        prepared.reply.message_id = Some(message_id);
        Ok(prepared)
    }
}
