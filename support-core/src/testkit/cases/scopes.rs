//! Who sees what: every sight against every kind of record.

use crate::conversation::{Conversation, ConversationKind};
use crate::id::TenantId;
use crate::people::{ActorRef, Reach, Scope, Sight};
use crate::store::{
    DocumentKind, Key, LoginSubject, OffersOf, OutboxState, Record, Select, Store, TextClass, TicketFilter,
};
use crate::ticket::SetAsideKind;

use super::super::build::{
    OTHER, TENANT, a_customer, a_document, a_login, a_note, a_progress, a_receipt, a_session, a_state,
    agent_id, agent_scope, an_agent, an_outbox_row, conversation_id, customer_id, customer_scope, instant,
    team_id, ticket_id,
};
use super::super::{Story, a_ticket, system_scope};
use super::records::key_of;
use super::{commit, list, load};

/// Lists tickets that differ in every fact that decides who sees them.
fn stories() -> Vec<Story> {
    let with_parts = |story: Story| {
        let mut story = story.asks("public words").noted(agent_id(9), "internal words");
        story.write("a reason", TextClass::Internal);
        story
    };
    let plain = [
        a_ticket(1),
        a_ticket(2).in_team(team_id(1)),
        a_ticket(3).in_team(team_id(2)),
        a_ticket(4).of(customer_id(2)).assigned(Some(agent_id(1))),
        a_ticket(5).of(customer_id(2)).in_team(team_id(2)).assigned(Some(agent_id(2))),
        a_ticket(6).of(customer_id(2)).with_participant(ActorRef::agent(agent_id(1))),
        a_ticket(7).of(customer_id(2)).with_participant(ActorRef::customer(customer_id(1))),
        a_ticket(8).in_team(team_id(1)).set_aside(SetAsideKind::Spam),
        a_ticket(9).assigned(Some(agent_id(1))).assigned(Some(agent_id(2))),
        a_ticket(10).of(customer_id(3)).in_team(team_id(1)).moved(None, Some(team_id(2))),
        a_ticket(11).of(customer_id(3)).in_team(team_id(2)).offered(agent_id(1), instant(900)),
    ];
    plain.into_iter().map(with_parts).collect()
}

/// Lists scopes of every sight in a tenant.
fn scopes(tenant: TenantId) -> Vec<Scope> {
    let one = [team_id(1)];
    let both = [team_id(2), team_id(1)];
    vec![
        system_scope(tenant),
        agent_scope(tenant, agent_id(1), &[], Reach::All),
        agent_scope(tenant, agent_id(1), &one, Reach::Team),
        agent_scope(tenant, agent_id(1), &both, Reach::Team),
        agent_scope(tenant, agent_id(3), &[], Reach::Team),
        agent_scope(tenant, agent_id(1), &one, Reach::Own),
        agent_scope(tenant, agent_id(2), &one, Reach::Own),
        customer_scope(tenant, customer_id(1)),
        customer_scope(tenant, customer_id(2)),
        customer_scope(tenant, customer_id(4)),
    ]
}

/// A record with the facts that decide who sees it.
struct Seen {
    record: Record,
    /// The story of its ticket, if it has one.
    story: Option<usize>,
    /// Whether customers see it with its ticket.
    public: bool,
}

/// Writes everything into both tenants and lists what lies in the first.
async fn written(store: &dyn Store, stories: &[Story]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (index, story) in stories.iter().enumerate() {
        let number = index as u32 + 1;
        let side = Conversation {
            id: conversation_id(number, 7),
            kind: ConversationKind::Side,
            ..story.conversations().remove(0)
        };
        for tenant in [TENANT, OTHER] {
            let mut set = story.set(tenant);
            set.insert(side.clone());
            commit(store, set).await;
        }
        let mut add = |record: Record, public| seen.push(Seen { record, story: Some(index), public });
        add(story.ticket().into(), true);
        add(story.conversations().remove(0).into(), true);
        add(side.into(), false);
        story.messages().into_iter().for_each(|message| {
            let public = message.visibility == crate::conversation::Visibility::Public;
            add(message.into(), public);
        });
        story.texts().iter().for_each(|text| add(text.clone().into(), text.class == TextClass::Public));
        story.assignments().into_iter().for_each(|assignment| add(assignment.into(), false));
        story.offers().into_iter().for_each(|offer| add(offer.into(), false));
    }
    let public_note = crate::store::Text { class: TextClass::Public, ..a_note(2) };
    let beside: Vec<Record> = vec![
        a_customer(1).into(),
        a_customer(2).into(),
        an_agent(1).into(),
        a_state(1).into(),
        a_document(1).into(),
        a_note(1).into(),
        public_note.into(),
        a_login(1).into(),
        a_session(1).into(),
        an_outbox_row(1).into(),
        a_progress(1).into(),
    ];
    for tenant in [TENANT, OTHER] {
        let mut set = crate::store::ChangeSet::new(tenant);
        set.receipt = Some(a_receipt("key"));
        beside.iter().for_each(|record| set.insert(record.clone()));
        commit(store, set).await;
    }
    seen.extend(beside.into_iter().map(|record| Seen { record, story: None, public: false }));
    seen.push(Seen { record: Record::Receipt(a_receipt("key")), story: None, public: false });
    seen.push(Seen { record: Record::Epoch(1), story: None, public: false });
    seen
}

/// Says who sees a record, in the words of the documentation and with [`Scope::sees`] as the one rule for tickets.
fn expected(scope: &Scope, seen: &Seen, stories: &[Story]) -> bool {
    if *scope.sight() == Sight::System {
        return true;
    }
    if let Some(story) = seen.story {
        let ticket = stories[story].ticket();
        // Who is asked sees the offer, and no more of the ticket than they saw before.
        if let Record::Offer(offer) = &seen.record
            && scope.agent() == Some(offer.agent)
        {
            return true;
        }
        return ticket.with_subject(|subject| scope.sees(subject)) && (scope.is_staff() || seen.public);
    }
    match (&seen.record, scope.sight()) {
        (
            Record::Login(_)
            | Record::Session(_)
            | Record::Outbox(_)
            | Record::JourneyProgress(_)
            | Record::Receipt(_),
            _,
        ) => false,
        (Record::Customer(record), Sight::Customer { customer }) => record.id == *customer,
        (_, Sight::Customer { .. }) => false,
        _ => true,
    }
}

/// Every sight sees of every kind of record what the rules say, and nothing of another tenant.
pub async fn every_sight_sees_its_part_of_every_kind(store: &dyn Store) {
    let stories = stories();
    let all = written(store, &stories).await;
    for scope in scopes(TENANT) {
        for seen in &all {
            let key = key_of(&seen.record);
            let found = load(store, &scope, key.clone()).await;
            let right = expected(&scope, seen, &stories).then(|| seen.record.clone());
            assert_eq!(found, right, "{key:?} in {scope:?}");
        }
    }
    let empty = TenantId::from_uuid(uuid::Uuid::from_u128(3));
    for scope in scopes(empty) {
        for seen in all.iter().filter(|seen| !matches!(seen.record, Record::Epoch(_))) {
            assert_eq!(load(store, &scope, key_of(&seen.record)).await, None, "another tenant's");
        }
    }
}

/// The other ways to name a record are under the same scope.
pub async fn other_names_are_under_the_same_scope(store: &dyn Store) {
    let stories = stories();
    written(store, &stories).await;
    for scope in scopes(TENANT) {
        for story in &stories {
            let ticket = story.ticket();
            let sees = ticket.with_subject(|subject| scope.sees(subject));
            let found = load(store, &scope, Key::TicketByReference(ticket.reference)).await;
            assert_eq!(found.is_some(), sees, "{scope:?}");
        }
        let staff = scope.is_staff();
        let found = load(store, &scope, Key::AgentByEmail("agent1@desk.example".to_owned())).await;
        assert_eq!(found.is_some(), staff);
        let address = "customer2@example.com".to_owned();
        let found =
            load(store, &scope, Key::CustomerByAddress(crate::people::AddressKind::Email, address)).await;
        let own = *scope.sight() == Sight::Customer { customer: customer_id(2) };
        assert_eq!(found.is_some(), staff || own);
        let found = load(store, &scope, Key::DocumentVersion(a_document(1).id, 1)).await;
        assert_eq!(found.is_some(), staff);
    }
}

/// Every list holds what its scope sees and no more, and nothing of another tenant.
pub async fn every_list_is_under_the_scope(store: &dyn Store) {
    let stories = stories();
    let all = written(store, &stories).await;
    let kinds = |wanted: fn(&Record) -> bool| all.iter().filter(move |seen| wanted(&seen.record));
    let any = TicketFilter { set_aside: crate::store::SetAsideFilter::Any, ..TicketFilter::default() };
    for scope in scopes(TENANT).into_iter().chain([system_scope(OTHER)]) {
        let check = async |select: Select, wanted: Vec<&Seen>| {
            let mut right: Vec<String> = wanted
                .into_iter()
                .filter(|seen| expected(&scope, seen, &stories))
                .map(|seen| format!("{:?}", key_of(&seen.record)))
                .collect();
            let found = list(store, &scope, select.clone()).await;
            let mut found: Vec<String> = found.iter().map(|record| format!("{:?}", key_of(record))).collect();
            right.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, right, "{select:?} in {scope:?}");
        };
        check(Select::Tickets(Box::new(any.clone())), kinds(|r| matches!(r, Record::Ticket(_))).collect())
            .await;
        for (index, story) in stories.iter().enumerate() {
            let id = story.id();
            let of_ticket = |wanted: fn(&Record) -> bool| {
                kinds(wanted).filter(|seen| seen.story == Some(index)).collect::<Vec<_>>()
            };
            check(Select::Conversations(id), of_ticket(|r| matches!(r, Record::Conversation(_)))).await;
            let messages = Select::Messages { ticket: id, conversation: None };
            check(messages, of_ticket(|r| matches!(r, Record::Message(_)))).await;
            let offers = Select::Offers(OffersOf::Ticket(id));
            check(offers, of_ticket(|r| matches!(r, Record::Offer(_)))).await;
        }
        let assignments = Select::Assignments { ticket: None, agent: None, team: None, from: None, to: None };
        check(assignments, kinds(|r| matches!(r, Record::Assignment(_))).collect()).await;
        let offers = Select::Offers(OffersOf::Agent(agent_id(1)));
        check(offers, kinds(|r| matches!(r, Record::Offer(_))).collect()).await;
        let agents = Select::Agents { team: None, inactive: true };
        check(agents, kinds(|r| matches!(r, Record::Agent(_))).collect()).await;
        check(Select::AgentStates, kinds(|r| matches!(r, Record::AgentState(_))).collect()).await;
        check(Select::Customers { prefix: None }, kinds(|r| matches!(r, Record::Customer(_))).collect())
            .await;
        let documents = Select::Documents { kind: Some(DocumentKind::Team), retired: true };
        check(documents, kinds(|r| matches!(r, Record::Document(_))).collect()).await;
        let sessions = Select::Sessions(LoginSubject::Agent(agent_id(1)));
        check(sessions, kinds(|r| matches!(r, Record::Session(_))).collect()).await;
        let journeys = Select::Journeys(customer_id(1));
        check(journeys, kinds(|r| matches!(r, Record::JourneyProgress(_))).collect()).await;
        let outbox = Select::Outbox(OutboxState::Ready);
        check(outbox, kinds(|r| matches!(r, Record::Outbox(_))).collect()).await;
    }
}

/// A filter never widens the scope: asking for others' tickets finds none of them.
pub async fn a_filter_never_widens_the_scope(store: &dyn Store) {
    let stories = stories();
    written(store, &stories).await;
    let filters = [
        TicketFilter { customer: Some(customer_id(2)), ..TicketFilter::default() },
        TicketFilter { team: Some(team_id(2)), ..TicketFilter::default() },
        TicketFilter {
            assignee: Some(crate::store::Assignee::Agent(agent_id(2))),
            set_aside: crate::store::SetAsideFilter::Only(SetAsideKind::Spam),
            ..TicketFilter::default()
        },
        TicketFilter { words: vec!["public".to_owned()], ..TicketFilter::default() },
    ];
    for scope in scopes(TENANT) {
        for filter in &filters {
            for record in list(store, &scope, Select::Tickets(Box::new(filter.clone()))).await {
                let Record::Ticket(ticket) = record else { panic!("not a ticket") };
                assert!(ticket.with_subject(|subject| scope.sees(subject)), "{filter:?} in {scope:?}");
            }
        }
    }
}

/// Scope follows the ticket as it is now: who loses it loses its parts, who gains it gains them.
pub async fn sight_follows_the_ticket_as_it_is_now(store: &dyn Store) {
    let mut story = a_ticket(1).in_team(team_id(1)).asks("hello");
    commit(store, story.set(TENANT)).await;
    let message = Key::Message(story.last_message());
    let first = agent_scope(TENANT, agent_id(1), &[team_id(1)], Reach::Team);
    let second = agent_scope(TENANT, agent_id(2), &[team_id(2)], Reach::Team);
    assert!(load(store, &first, message.clone()).await.is_some());
    assert_eq!(load(store, &second, message.clone()).await, None);
    commit(store, story.go_on(TENANT, |story| story.moved(None, Some(team_id(2))))).await;
    assert_eq!(load(store, &first, message.clone()).await, None);
    assert!(load(store, &second, message.clone()).await.is_some());
    let follower = ActorRef::agent(agent_id(1));
    commit(store, story.go_on(TENANT, |story| story.with_participant(follower))).await;
    assert!(load(store, &first, message.clone()).await.is_some());
    let gone = crate::event::Event::ParticipantRemoved { party: follower };
    commit(store, story.go_on(TENANT, |story| story.then(gone))).await;
    assert_eq!(load(store, &first, message.clone()).await, None);
    let customer = customer_scope(TENANT, customer_id(1));
    assert!(load(store, &customer, message.clone()).await.is_some());
    commit(store, story.go_on(TENANT, |story| story.set_aside(SetAsideKind::Deleted))).await;
    assert_eq!(load(store, &customer, message).await, None);
    assert_eq!(load(store, &customer, Key::Ticket(ticket_id(1))).await, None);
}
