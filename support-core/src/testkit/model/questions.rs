//! Random questions to a store.

use crate::conversation::ChannelKind;
use crate::event::Stream;
use crate::people::{Actor, AddressKind, Reach, Scope};
use crate::routing::Waiting;
use crate::store::{
    Assignee, Credential, DocumentKind, Due, Key, LoginSubject, OffersOf, OutboxState, Query, Record,
    Related, Select, SetAsideFilter, SlaFilter, Store, TicketFilter, TicketSort,
};
use crate::ticket::{FieldValue, Priority, SetAsideKind, Status};
use crate::time::Timestamp;

use super::super::build::{
    OTHER, TENANT, agent_id, agent_scope, assignment_id, conversation_id, customer_id, customer_scope,
    document_id, foreign, inbox_id, instant, message_id, note_id, offer_id, outbox_id, session_id, team_id,
    text_id, ticket_id, word,
};
use super::super::{Dice, a_ticket, system_scope};
use super::commands::{ADDRESSES, AGENTS, COMMANDS, CUSTOMERS, DOCUMENTS, EXTERNAL, TICKETS, WORDS};
use super::{Whole, whole};

/// Something to ask of a store.
#[derive(Debug)]
pub(super) enum Question {
    Load(Scope, Vec<Key>),
    Find(Scope, Box<Query>),
    Due(Timestamp),
    Scan(Scope),
    Identify(Who),
}

#[derive(Debug)]
pub(super) enum Who {
    Agent(u32),
    ExternalAgent(&'static str),
    Customer(u32),
    ExternalCustomer(&'static str),
    Password(String, bool),
    Session(u32, Timestamp),
}

/// What a store answered, in a form in which two stores' answers are equal.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Records(Vec<Option<Record>>),
    List(Whole),
    Due(Due),
    Waiting(Vec<Waiting>),
    Actor(Option<Actor>),
}

/// Lists scopes of every sight.
pub(super) fn scopes() -> Vec<Scope> {
    let teams = [team_id(1), team_id(2)];
    vec![
        system_scope(TENANT),
        system_scope(OTHER),
        agent_scope(TENANT, agent_id(1), &[], Reach::All),
        agent_scope(TENANT, agent_id(1), &teams[..1], Reach::Team),
        agent_scope(TENANT, agent_id(2), &teams, Reach::Team),
        agent_scope(TENANT, agent_id(1), &[], Reach::Own),
        customer_scope(TENANT, customer_id(1)),
        customer_scope(TENANT, customer_id(2)),
        customer_scope(OTHER, customer_id(1)),
    ]
}

impl Question {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let scopes = scopes();
        let scope = if dice.one_in(3) { scopes[0].clone() } else { dice.pick(&scopes).clone() };
        match dice.below(10) {
            0..=3 => Self::Load(scope, (0..1 + dice.below(6)).map(|_| key(dice)).collect()),
            4..=7 => {
                let with =
                    Related { texts: dice.one_in(2), people: dice.one_in(2), last_message: dice.one_in(2) };
                let limit = 1 + dice.below(7) as u32;
                Self::Find(scope, Box::new(Query::new(select(dice), limit).with(with)))
            }
            8 if dice.one_in(2) => Self::Due(instant(dice.below(1_200) as i64)),
            8 => Self::Scan(scope),
            _ => Self::Identify(who(dice)),
        }
    }

    pub(super) async fn put(&self, store: &dyn Store) -> Answer {
        match self {
            Self::Load(scope, keys) => Answer::Records(store.load(scope, keys).await.expect("a read")),
            Self::Find(scope, query) => Answer::List(whole(store, scope, (**query).clone()).await),
            Self::Due(by) => {
                let mut due = store.due(*by, 1_000).await.expect("what is due");
                // Those that are due at one instant come in any order.
                due.now.sort_unstable();
                Answer::Due(due)
            }
            Self::Scan(scope) => Answer::Waiting(store.scan(scope, None, 1_000).await.expect("waiting work")),
            Self::Identify(who) => {
                let answer = match who {
                    Who::Password(_, answer) => *answer,
                    _ => false,
                };
                let check = move |hash: Option<&str>| answer && hash.is_some();
                let credential = match who {
                    Who::Agent(number) => Credential::Agent(TENANT, agent_id(*number)),
                    Who::ExternalAgent(id) => Credential::ExternalAgent(TENANT, foreign(id)),
                    Who::Customer(number) => Credential::Customer(TENANT, customer_id(*number)),
                    Who::ExternalCustomer(id) => Credential::ExternalCustomer(TENANT, foreign(id)),
                    Who::Password(email, _) => Credential::Password { tenant: TENANT, email, check: &check },
                    Who::Session(number, now) => {
                        Credential::Session { tenant: TENANT, id: session_id(*number), now: *now }
                    }
                };
                Answer::Actor(store.identify(&credential).await.expect("an identity"))
            }
        }
    }
}

fn who(dice: &mut Dice) -> Who {
    match dice.below(6) {
        0 => Who::Agent(dice.below(AGENTS) as u32),
        1 => Who::ExternalAgent(dice.pick::<&str>(EXTERNAL)),
        2 => Who::Customer(dice.below(CUSTOMERS) as u32),
        3 => Who::ExternalCustomer(dice.pick::<&str>(EXTERNAL)),
        4 => Who::Password(dice.pick::<&str>(ADDRESSES).to_uppercase(), !dice.one_in(3)),
        _ => Who::Session(dice.below(AGENTS) as u32, instant(dice.below(40) as i64)),
    }
}

fn key(dice: &mut Dice) -> Key {
    let ticket = dice.below(TICKETS) as u32;
    let part = dice.below(6) as u32;
    let agent = agent_id(dice.below(AGENTS) as u32);
    let customer = customer_id(dice.below(CUSTOMERS) as u32);
    let document = document_id(dice.below(DOCUMENTS) as u32);
    let external = foreign(dice.pick::<&str>(EXTERNAL));
    match dice.below(22) {
        0 => Key::Ticket(ticket_id(ticket)),
        1 => Key::TicketByReference(a_ticket(ticket).ticket().reference),
        2 => Key::Conversation(conversation_id(ticket, 0)),
        3 => Key::Message(message_id(ticket, part)),
        4 => Key::MessageByExternalId(inbox_id(1 + part % 2), external),
        5 => Key::Text(text_id(ticket, part)),
        6 if dice.one_in(2) => Key::Offer(offer_id(ticket, part)),
        6 => Key::Assignment(assignment_id(ticket, part)),
        7 => Key::Customer(customer),
        8 => Key::CustomerByExternalId(external),
        9 => Key::CustomerByAddress(AddressKind::Email, (*dice.pick::<&str>(ADDRESSES)).to_owned()),
        10 => Key::Agent(agent),
        11 => Key::AgentByExternalId(external),
        12 => Key::AgentByEmail((*dice.pick::<&str>(ADDRESSES)).to_owned()),
        13 => Key::AgentState(agent),
        14 => Key::Document(document),
        15 if dice.one_in(2) => Key::Uses(document),
        15 => Key::DocumentVersion(document, dice.below(6)),
        16 => Key::Epoch,
        17 => Key::Login(LoginSubject::Agent(agent)),
        18 => Key::Session(session_id(part)),
        19 => {
            if dice.one_in(2) {
                Key::Outbox(outbox_id(ticket))
            } else {
                Key::Text(note_id(part))
            }
        }
        20 => Key::JourneyProgress(customer, document_id(dice.below(3) as u32)),
        _ => Key::Receipt(format!("command {}", dice.below(COMMANDS))),
    }
}

fn select(dice: &mut Dice) -> Select {
    let ticket = ticket_id(dice.below(TICKETS) as u32);
    let agent = agent_id(dice.below(AGENTS) as u32);
    match dice.below(16) {
        0..=5 => Select::Tickets(Box::new(filter(dice))),
        6 => Select::Conversations(ticket),
        7 => Select::Messages {
            ticket,
            conversation: dice.one_in(3).then(|| conversation_id(dice.below(TICKETS) as u32, 0)),
        },
        8 => Select::Assignments {
            ticket: dice.one_in(2).then_some(ticket),
            agent: dice.one_in(2).then_some(agent),
            team: dice.one_in(3).then(|| team_id(1)),
            from: dice.one_in(4).then(|| instant(300)),
            to: dice.one_in(4).then(|| instant(400)),
        },
        9 if dice.one_in(3) => Select::Offers(OffersOf::Ticket(ticket)),
        9 if dice.one_in(2) => Select::Offers(OffersOf::Agent(agent)),
        9 if dice.one_in(2) => Select::Offers(OffersOf::Team(team_id(1))),
        9 => Select::Stream(Stream::Ticket(ticket)),
        10 => Select::Stream(Stream::Customer(customer_id(dice.below(CUSTOMERS) as u32))),
        11 => Select::Agents { team: dice.one_in(2).then(|| team_id(1)), inactive: dice.one_in(2) },
        12 => Select::AgentStates,
        13 => Select::Customers {
            prefix: dice
                .one_in(2)
                .then(|| (*dice.pick::<&str>(&["c", "customer 1", "a@", "%", "o'"])).to_owned()),
        },
        14 => Select::Documents {
            kind: dice.one_in(2).then(|| *dice.pick(&[DocumentKind::Team, DocumentKind::Calendar])),
            retired: dice.one_in(2),
        },
        _ if dice.one_in(3) => Select::Journeys(customer_id(dice.below(CUSTOMERS) as u32)),
        _ if dice.one_in(2) => Select::Sessions(LoginSubject::Agent(agent)),
        _ => Select::Outbox(*dice.pick(OutboxState::ALL)),
    }
}

fn filter(dice: &mut Dice) -> TicketFilter {
    let mut filter = TicketFilter {
        sort: *dice.pick(&[TicketSort::Newest, TicketSort::Oldest, TicketSort::Updated, TicketSort::Due]),
        ..TicketFilter::default()
    };
    for _ in 0..dice.below(3) {
        match dice.below(16) {
            0 => filter.status.push(*dice.pick(Status::ALL)),
            1 => filter.priority.push(*dice.pick(Priority::ALL)),
            2 => filter.channel = Some(dice.pick(&[ChannelKind::Email, ChannelKind::Web]).clone()),
            3 => filter.inbox = Some(inbox_id(1)),
            4 => {
                let owner = Assignee::Agent(agent_id(dice.below(AGENTS) as u32));
                filter.assignee = Some(*dice.pick(&[Assignee::Nobody, owner]));
            }
            5 => filter.team = Some(team_id(1 + dice.below(2) as u32)),
            6 => filter.tag = Some(word("vip")),
            7 => filter.category = Some(word("billing")),
            8 => filter.customer = Some(customer_id(dice.below(CUSTOMERS) as u32)),
            9 => filter.topic = Some(dice.one_in(2).then(|| word("recall"))),
            10 => filter.field = Some((word("weight"), FieldValue::Number(1.5))),
            11 => {
                filter.words =
                    (0..1 + dice.below(2)).map(|_| (*dice.pick::<&str>(WORDS)).to_owned()).collect()
            }
            12 => filter.created_after = Some(instant(180)),
            13 => filter.created_before = Some(instant(300)),
            14 => filter.sla = Some(*dice.pick(&[SlaFilter::Breached, SlaFilter::AtRisk(instant(300))])),
            _ => {
                let only = SetAsideFilter::Only(*dice.pick(SetAsideKind::ALL));
                filter.set_aside = *dice.pick(&[SetAsideFilter::Any, only]);
            }
        }
    }
    filter
}
