//! Lists that a store can answer.

use std::fmt;

use crate::conversation::ChannelKind;
use crate::event::{Envelope, Stream};
use crate::id::{AgentId, ConversationId, CustomerId, InboxId, TeamId, TicketId};
use crate::label::Label;
use crate::ticket::{FieldValue, Priority, SetAsideKind, Status};
use crate::time::Timestamp;

use super::{DocumentKind, LoginSubject, OutboxState, PageCursor, Record};

/// A list of records and how much of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Which records.
    pub select: Select,
    /// Most items to answer, 1–1,000.
    pub limit: u32,
    /// Where to go on.
    pub after: Option<PageCursor>,
    /// What to bring along with each item.
    pub with: Related,
}

impl Query {
    /// The largest limit.
    pub const MOST: u32 = 1_000;

    /// Asks for the first `limit` records.
    #[must_use]
    pub const fn new(select: Select, limit: u32) -> Self {
        Self {
            select,
            limit,
            after: None,
            with: Related { texts: false, people: false, last_message: false },
        }
    }

    /// Goes on after a place.
    #[must_use]
    pub const fn after(mut self, after: Option<PageCursor>) -> Self {
        self.after = after;
        self
    }

    /// Brings other records along.
    #[must_use]
    pub const fn with(mut self, with: Related) -> Self {
        self.with = with;
        self
    }
}

/// Records to bring along in the same round trip. Each is subject to the same scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Related {
    /// The texts that the items name: a ticket's subject, reason of escalation and field values, a message's body
    /// and author, an assignment's, an offer's and an agent state's reason.
    pub texts: bool,
    /// The customers and agents that the items name: a ticket's customer, owner and participants, a message's
    /// author, an assignment's two owners and who did it, the agent of an offer and of a state.
    pub people: bool,
    /// The newest visible message of each ticket, with its texts.
    pub last_message: bool,
}

/// Which records.
#[derive(Debug, Clone, PartialEq)]
pub enum Select {
    /// Tickets.
    Tickets(Box<TicketFilter>),
    /// Conversations of a ticket, oldest first.
    Conversations(TicketId),
    /// Messages of a ticket, newest first; key is [`seq`](crate::conversation::Message::seq).
    Messages {
        /// The ticket.
        ticket: TicketId,
        /// Only of this conversation.
        conversation: Option<ConversationId>,
    },
    /// Assignments, newest first.
    Assignments {
        /// Only of this ticket.
        ticket: Option<TicketId>,
        /// Only from or to this agent.
        agent: Option<AgentId>,
        /// Only from or to this team.
        team: Option<TeamId>,
        /// Not before.
        from: Option<Timestamp>,
        /// Before.
        to: Option<Timestamp>,
    },
    /// Offers, newest first.
    Offers(OffersOf),
    /// Events of one stream, oldest first, visible in the scope; key is the stream sequence. Answers in
    /// [`Page::events`]. A ticket's stream is empty for those who do not see the ticket now.
    Stream(Stream),
    /// Agents, oldest first.
    Agents {
        /// Only members or leads of this team.
        team: Option<TeamId>,
        /// Also those who are deactivated.
        inactive: bool,
    },
    /// Presence and load of every active agent, in the order of agent ids.
    AgentStates,
    /// Customers, oldest first.
    Customers {
        /// Only those whose name or one of whose addresses begins so; folded, as for search.
        prefix: Option<String>,
    },
    /// Newest versions of configuration documents, oldest document first.
    Documents {
        /// Only of this kind.
        kind: Option<DocumentKind>,
        /// Also those that are retired.
        retired: bool,
    },
    /// Sessions of one subject, oldest first. For the system's scope only.
    Sessions(LoginSubject),
    /// The journeys that a customer has begun, in the order of the journeys' ids. For the system's scope only.
    Journeys(CustomerId),
    /// Rows of the outbox in a state, oldest first. For the system's scope only.
    Outbox(OutboxState),
}

/// Which offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffersOf {
    /// All of a ticket's work.
    Ticket(TicketId),
    /// Those that wait for an agent's answer.
    Agent(AgentId),
    /// Those of a team's queue that wait for an answer.
    Team(TeamId),
}

/// Which tickets. Empty lists and `None` do not filter; what is given is combined by "and", values in a list by "or".
#[derive(Clone, PartialEq, Default)]
pub struct TicketFilter {
    /// In one of these states.
    pub status: Vec<Status>,
    /// Of one of these priorities.
    pub priority: Vec<Priority>,
    /// On this channel.
    pub channel: Option<ChannelKind>,
    /// From this inbox.
    pub inbox: Option<InboxId>,
    /// With this owner, or none.
    pub assignee: Option<Assignee>,
    /// In this team.
    pub team: Option<TeamId>,
    /// With this tag.
    pub tag: Option<Label>,
    /// Of this category.
    pub category: Option<Label>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// With this alerting rule's name among its topics; `Some(None)` with any.
    pub topic: Option<Option<Label>>,
    /// With this value in a free field; a text finds nothing.
    pub field: Option<(Label, FieldValue)>,
    /// Found by all of these words in one of its texts that the scope sees.
    pub words: Vec<String>,
    /// Opened at or after.
    pub created_after: Option<Timestamp>,
    /// Opened before.
    pub created_before: Option<Timestamp>,
    /// By the state of its timers.
    pub sla: Option<SlaFilter>,
    /// Whether those that are set aside are wanted.
    pub set_aside: SetAsideFilter,
    /// In which order.
    pub sort: TicketSort,
}

impl fmt::Debug for TicketFilter {
    /// Prints what narrows most, and none of the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketFilter")
            .field("status", &self.status)
            .field("assignee", &self.assignee)
            .field("team", &self.team)
            .field("customer", &self.customer)
            .field("words", &self.words.len())
            .field("set_aside", &self.set_aside)
            .field("sort", &self.sort)
            .finish_non_exhaustive()
    }
}

/// Whose tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody's.
    Nobody,
    /// This agent's.
    Agent(AgentId),
}

/// Tickets whose timers need attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlaFilter {
    /// A timer that has not ended is past its deadline, also while it stands still.
    Breached,
    /// None is, and half of the tightest running timer's target is used at this instant: its
    /// [`urgency`](crate::ticket::Derived::urgency) has begun.
    AtRisk(Timestamp),
}

/// Whether tickets that are set aside are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetAsideFilter {
    /// Only tickets in the desk's work.
    #[default]
    Without,
    /// Only those set aside so.
    Only(SetAsideKind),
    /// All, for `verify` and export.
    Any,
}

/// In which order tickets come. Ties are broken by id, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TicketSort {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first: the order in which `verify` walks.
    Oldest,
    /// Last changed first.
    Updated,
    /// Next deadline first; those without one last.
    Due,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The items, in order.
    pub items: Vec<Record>,
    /// What was to be brought along, each once, in no order.
    pub related: Vec<Record>,
    /// The events, for [`Select::Stream`].
    pub events: Vec<Envelope>,
    /// Where to go on; `None` at the end.
    pub next: Option<PageCursor>,
}
