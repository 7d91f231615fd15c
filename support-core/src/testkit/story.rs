//! A ticket told by its events, so that record and log always agree.

use crate::conversation::{ChannelKind, Conversation, Delivery, Direction, Message, Visibility};
use crate::event::{Audience, Envelope, Event, Stream};
use crate::id::{
    AgentId, CustomerId, EventId, InboxId, MessageId, Reference, TeamId, TenantId, TextId, TicketId,
};
use crate::people::{ActorKind, ActorRef};
use crate::routing::{AssignHow, Offer, OfferState};
use crate::store::{Assignment, ChangeSet, SearchEntry, Text, TextClass};
use crate::ticket::{
    Derived, Participant, ParticipantRole, Priority, SetAsideKind, Status, StatusCause, Ticket,
};
use crate::time::Timestamp;

use super::build::{self, instant, word};

/// A ticket in the making: what happened to it, and the texts that were written.
///
/// Setters such as [`urgent`](Self::urgent) change how it was opened; steps such as [`asks`](Self::asks) add an
/// event, one second after the one before.
#[derive(Debug, Clone)]
pub struct Story {
    number: u32,
    opened_at: Timestamp,
    steps: Vec<(Timestamp, ActorRef, Event)>,
    texts: Vec<Text>,
    search: Vec<SearchEntry>,
    derived: Derived,
}

/// Starts the story of the ticket with a number: opened by [`customer_id(1)`](build::customer_id), in no team.
///
/// Tickets of higher numbers have greater ids and are opened a minute later each.
#[must_use]
pub fn a_ticket(number: u32) -> Story {
    let at = instant(i64::from(number) * 60);
    let opened = Event::TicketCreated {
        reference: Reference::from_random(0x0123_4567_89ab_0000 + u64::from(number)),
        subject: build::text_id(number, 0),
        status: Status::New,
        priority: Priority::Normal,
        channel: ChannelKind::Email,
        direction: Direction::Inbound,
        inbox_id: None,
        brand_id: None,
        language: None,
        customer_id: build::customer_id(1),
        team_id: None,
        team_by: None,
        category: None,
        tags: Vec::new(),
        order_id: None,
        context: Vec::new(),
        external_refs: Vec::new(),
        custom_fields: std::collections::BTreeMap::new(),
        journey: None,
        effort: 1,
        skills: Vec::new(),
        preferred: Vec::new(),
        sticky: None,
        follow_up_of: None,
        insight: None,
        conversation_id: build::conversation_id(number, 0),
    };
    let mut story = Story {
        number,
        opened_at: at,
        steps: vec![(at, ActorRef::customer(build::customer_id(1)), opened)],
        texts: Vec::new(),
        search: Vec::new(),
        derived: Derived::default(),
    };
    story.write("Where is my parcel", TextClass::Public);
    story
}

impl Story {
    /// Changes the event that opened the ticket.
    #[must_use]
    pub fn opened(mut self, change: impl FnOnce(&mut Event)) -> Self {
        change(&mut self.steps[0].2);
        self
    }

    /// Opened by this customer.
    #[must_use]
    pub fn of(mut self, customer: CustomerId) -> Self {
        self.steps[0].1 = ActorRef::customer(customer);
        for text in &mut self.texts {
            text.subject = ActorRef::customer(customer);
        }
        self.opened(|event| {
            if let Event::TicketCreated { customer_id, .. } = event {
                *customer_id = customer;
            }
        })
    }

    /// Opened in a team's queue.
    #[must_use]
    pub fn in_team(self, team: TeamId) -> Self {
        self.opened(|event| {
            if let Event::TicketCreated { team_id, .. } = event {
                *team_id = Some(team);
            }
        })
    }

    /// Opened with a priority.
    #[must_use]
    pub fn prioritized(self, as_: Priority) -> Self {
        self.opened(|event| {
            if let Event::TicketCreated { priority, .. } = event {
                *priority = as_;
            }
        })
    }

    /// Opened as urgent.
    #[must_use]
    pub fn urgent(self) -> Self {
        self.prioritized(Priority::Urgent)
    }

    /// Opened on a channel, through an inbox.
    #[must_use]
    pub fn through(self, kind: ChannelKind, inbox: InboxId) -> Self {
        self.opened(|event| {
            if let Event::TicketCreated { channel, inbox_id, .. } = event {
                *channel = kind;
                *inbox_id = Some(inbox);
            }
        })
    }

    /// Opened with a tag.
    #[must_use]
    pub fn tagged(self, tag: &str) -> Self {
        self.opened(|event| {
            if let Event::TicketCreated { tags, .. } = event {
                tags.push(word(tag));
            }
        })
    }

    /// Opened in a category.
    #[must_use]
    pub fn about(self, matter: &str) -> Self {
        self.opened(|event| {
            if let Event::TicketCreated { category, .. } = event {
                *category = Some(word(matter));
            }
        })
    }

    /// Sets what is derived.
    #[must_use]
    pub fn derived(mut self, change: impl FnOnce(&mut Derived)) -> Self {
        change(&mut self.derived);
        self
    }

    /// Adds an event by the desk itself.
    #[must_use]
    pub fn then(self, event: Event) -> Self {
        self.then_by(ActorRef::SYSTEM, event)
    }

    /// Adds an event.
    #[must_use]
    pub fn then_by(mut self, actor: ActorRef, event: Event) -> Self {
        let at = self.opened_at.plus_seconds(self.steps.len() as i64);
        self.steps.push((at, actor, event));
        self
    }

    /// The ticket's customer writes.
    #[must_use]
    pub fn asks(self, body: &str) -> Self {
        let customer = ActorRef::customer(self.ticket().customer_id);
        self.message(customer, Visibility::Public, body, |_| {})
    }

    /// An agent writes to the customer.
    #[must_use]
    pub fn answered(self, agent: AgentId, body: &str) -> Self {
        self.message(ActorRef::agent(agent), Visibility::Public, body, |_| {})
    }

    /// An agent writes a note.
    #[must_use]
    pub fn noted(self, agent: AgentId, body: &str) -> Self {
        self.message(ActorRef::agent(agent), Visibility::Internal, body, |_| {})
    }

    /// Somebody writes; `change` has the last word on the event.
    #[must_use]
    pub fn message(
        mut self,
        author: ActorRef,
        visibility: Visibility,
        body: &str,
        change: impl FnOnce(&mut Event),
    ) -> Self {
        let class = match visibility {
            Visibility::Public => TextClass::Public,
            Visibility::Internal => TextClass::Internal,
        };
        let by_customer = author.kind == ActorKind::Customer;
        let text = self.write(body, class);
        let ticket = self.ticket();
        let mut event = Event::MessageAdded {
            message_id: build::message_id(self.number, self.steps.len() as u32),
            conversation_id: ticket.conversation_id,
            direction: if by_customer { Direction::Inbound } else { Direction::Outbound },
            author,
            author_text: None,
            visibility,
            channel: ticket.channel,
            inbox_id: ticket.inbox_id,
            body: text,
            automatic: false,
            external_id: None,
            in_reply_to: None,
            delivery: (!by_customer && visibility == Visibility::Public).then_some(Delivery::Queued),
            sent_at: self.opened_at.plus_seconds(self.steps.len() as i64),
            asks: by_customer,
            answers: !by_customer && visibility == Visibility::Public,
            answered_since: None,
            masked: std::collections::BTreeMap::new(),
        };
        change(&mut event);
        self.then_by(author, event)
    }

    /// The ticket is given to an agent, or goes back to the queue.
    #[must_use]
    pub fn assigned(self, to: Option<AgentId>) -> Self {
        let team = self.ticket().team_id;
        self.moved(to, team)
    }

    /// The ticket is given to an agent, or none, of a team.
    #[must_use]
    pub fn moved(self, to: Option<AgentId>, team_to: Option<TeamId>) -> Self {
        let ticket = self.ticket();
        let event = Event::TicketAssigned {
            assignment_id: build::assignment_id(self.number, self.steps.len() as u32),
            from: ticket.assigned_to,
            to,
            team_from: ticket.team_id,
            team_to,
            how: AssignHow::Auto,
            reason: None,
            why: None,
            over: false,
        };
        self.then(event)
    }

    /// The ticket's work is offered to an agent until an instant.
    #[must_use]
    pub fn offered(self, agent: AgentId, until: Timestamp) -> Self {
        let offer_id = build::offer_id(self.number, self.steps.len() as u32);
        let team = self.ticket().team_id;
        self.then(Event::OfferMade { offer_id, agent, team, until, why: None })
    }

    /// The open offer, if there is one, ends so.
    #[must_use]
    pub fn answered_offer(self, state: OfferState) -> Self {
        let Some(open) = self.ticket().offer else { return self };
        self.then(Event::OfferEnded { offer_id: open.id, agent: open.agent, state, reason: None })
    }

    /// Somebody takes part from now on.
    #[must_use]
    pub fn with_participant(self, party: ActorRef) -> Self {
        let role = match party.kind {
            ActorKind::Agent => ParticipantRole::Follower,
            _ => ParticipantRole::Cc,
        };
        self.then(Event::ParticipantAdded { participant: Participant { party, role } })
    }

    /// The status changes.
    #[must_use]
    pub fn becomes(self, to: Status) -> Self {
        let from = self.ticket().status;
        let cause = StatusCause::ByHand;
        self.then(Event::TicketStatusChanged { from, to, cause, reason: None, resolution_code: None })
    }

    /// The ticket is set aside.
    #[must_use]
    pub fn set_aside(self, kind: SetAsideKind) -> Self {
        self.then(Event::TicketSetAside { kind, merged_into: None, erases_at: None })
    }

    /// Writes a text of this ticket, with its words, and returns its id.
    pub fn write(&mut self, body: &str, class: TextClass) -> TextId {
        let id = build::text_id(self.number, self.texts.len() as u32);
        let (_, author, _) = self.steps[0];
        let ticket = self.id();
        let visibility = match class {
            TextClass::Public => Visibility::Public,
            TextClass::Internal => Visibility::Internal,
        };
        let tokens = build::words_of(body);
        self.search.push(SearchEntry { text: id, ticket, visibility, tokens });
        self.texts.push(Text {
            id,
            ticket: Some(ticket),
            subject: author,
            class,
            body: Some(body.to_owned()),
            masked: Vec::new(),
            created_at: self.opened_at.plus_seconds(self.texts.len() as i64),
        });
        id
    }

    /// Returns the ticket's id.
    #[must_use]
    pub fn id(&self) -> TicketId {
        build::ticket_id(self.number)
    }

    /// Returns the ticket: the fold of its events, with what is derived beside it.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        self.told().1
    }

    /// Returns the events.
    #[must_use]
    pub fn events(&self) -> Vec<Envelope> {
        self.told().0
    }

    /// Returns the conversations as the events left them.
    #[must_use]
    pub fn conversations(&self) -> Vec<Conversation> {
        let events = self.events();
        let begun = events.iter().filter_map(Conversation::begin);
        let evolved = |mut conversation: Conversation| {
            events.iter().for_each(|envelope| conversation.evolve(envelope));
            conversation
        };
        begun.map(evolved).collect()
    }

    /// Returns the messages as the events left them.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let events = self.events();
        let begun = events.iter().filter_map(Message::begin);
        let evolved = |mut message: Message| {
            events.iter().for_each(|envelope| message.evolve(envelope));
            message
        };
        begun.map(evolved).collect()
    }

    /// Returns the id of the newest message.
    #[must_use]
    pub fn last_message(&self) -> MessageId {
        self.ticket().last_message_id.expect("a message")
    }

    /// Returns the assignment records.
    #[must_use]
    pub fn assignments(&self) -> Vec<Assignment> {
        self.events().iter().filter_map(Assignment::begin).collect()
    }

    /// Returns the offers.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let events = self.events();
        let begun = events.iter().filter_map(Offer::begin);
        let evolved = |mut offer: Offer| {
            events.iter().for_each(|envelope| offer.evolve(envelope));
            offer
        };
        begun.map(evolved).collect()
    }

    /// Returns the texts, the subject first.
    #[must_use]
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// Returns the search entries, one a text.
    #[must_use]
    pub fn search(&self) -> &[SearchEntry] {
        &self.search
    }

    /// Returns a change set that writes all of it into a store that has nothing of it.
    #[must_use]
    pub fn set(&self, tenant: TenantId) -> ChangeSet {
        let mut set = ChangeSet::new(tenant);
        set.insert(self.ticket());
        self.texts.iter().for_each(|text| set.insert(text.clone()));
        self.conversations().into_iter().for_each(|conversation| set.insert(conversation));
        self.messages().into_iter().for_each(|message| set.insert(message));
        self.assignments().into_iter().for_each(|assignment| set.insert(assignment));
        self.offers().into_iter().for_each(|offer| set.insert(offer));
        set.events = self.events();
        set.search.clone_from(&self.search);
        set
    }

    /// Tells more, and returns a change set that writes what changed over what was told before.
    pub fn go_on(&mut self, tenant: TenantId, more: impl FnOnce(Self) -> Self) -> ChangeSet {
        let before = std::mem::replace(self, more(self.clone()));
        let mut set = ChangeSet::new(tenant);
        set.replace(before.ticket().stream_seq, self.ticket());
        self.texts[before.texts.len()..].iter().for_each(|text| set.insert(text.clone()));
        let (old, new) = (before.conversations(), self.conversations());
        for (index, conversation) in new.into_iter().enumerate() {
            match old.get(index) {
                None => set.insert(conversation),
                Some(old) if *old != conversation => set.replace(old.stream_seq, conversation),
                Some(_) => {}
            }
        }
        let (old, new) = (before.messages(), self.messages());
        for (index, message) in new.into_iter().enumerate() {
            match old.get(index) {
                None => set.insert(message),
                Some(old) if *old != message => set.replace(old.stream_seq, message),
                Some(_) => {}
            }
        }
        let (old, new) = (before.offers(), self.offers());
        for (index, offer) in new.into_iter().enumerate() {
            match old.get(index) {
                None => set.insert(offer),
                Some(old) if *old != offer => set.replace(old.stream_seq, offer),
                Some(_) => {}
            }
        }
        let assigned = before.assignments().len();
        self.assignments().into_iter().skip(assigned).for_each(|assignment| set.insert(assignment));
        set.events = self.events().split_off(before.steps.len());
        set.search = self.search[before.search.len()..].to_vec();
        set
    }

    fn told(&self) -> (Vec<Envelope>, Ticket) {
        let mut ticket: Option<Ticket> = None;
        let mut events = Vec::new();
        for (index, (at, actor, event)) in self.steps.iter().enumerate() {
            let mut envelope = Envelope {
                id: EventId::from_uuid(build::event_uuid(self.number, index as u32)),
                stream: Stream::Ticket(self.id()),
                stream_seq: index as u64 + 1,
                at: *at,
                actor: *actor,
                audience: Audience::of_tenant(event.class()),
                event: event.clone(),
            };
            let before = ticket.clone();
            match &mut ticket {
                Some(ticket) => ticket.evolve(&envelope),
                None => ticket = Ticket::begin(&envelope),
            }
            let after = ticket.as_ref().expect("the first event opens the ticket");
            envelope.audience = Audience::of_ticket(event.class(), before.as_ref(), after);
            events.push(envelope);
        }
        let mut ticket = ticket.expect("a story has a first event");
        ticket.derived = self.derived.clone();
        (events, ticket)
    }
}
