//! Lists: order, pages, and what they bring along.

use std::collections::BTreeMap;

use crate::conversation::{Conversation, Visibility};
use crate::event::{Event, Stream};
use crate::id::{AssignmentId, TicketId};
use crate::people::{ActorRef, Address, Agent, AgentState, Customer, Reach, Scope};
use crate::sla::ConfigRef;
use crate::store::{
    Assignment, Document, DocumentKind, JourneyProgress, Key, LoginSubject, OutboxRow, OutboxState, Query,
    Record, Related, Select, Session, Store, StoreErrorKind, TextClass, TicketFilter, TicketSort,
};
use crate::ticket::{Escalation, FieldValue};

use super::super::a_ticket;
use super::super::build::{
    TENANT, a_customer, a_document, a_note, a_progress, a_session, a_state, agent_id, agent_scope,
    an_address, an_agent, an_outbox_row, assignment_id, conversation_id, customer_id, customer_scope,
    document_id, instant, note_id, team_id, ticket_id, word,
};
use super::super::full::full_assignment;
use super::records::key_of;
use super::{commit, everything, insert, list, set, walk};

fn tickets(sort: TicketSort) -> Select {
    Select::Tickets(Box::new(TicketFilter { sort, ..TicketFilter::default() }))
}

fn keys(records: &[Record]) -> Vec<Key> {
    records.iter().map(key_of).collect()
}

/// Each sort gives its order, ties by id in the same direction, and pages of any size give it whole.
pub async fn pages_are_complete_and_in_order(store: &dyn Store) {
    let mut written = Vec::new();
    for number in 1..=12_u32 {
        let mut ticket = a_ticket(number).ticket();
        // Pairs share every sort key, so that the id has to break the tie.
        let pair = i64::from(number / 2);
        ticket.created_at = instant(pair * 10 % 40);
        ticket.updated_at = instant(pair * 70 % 60);
        ticket.derived.next_due_at = (pair % 3 != 0).then(|| instant(pair * 30 % 50));
        written.push(ticket);
    }
    insert(store, written.iter().cloned().map(Record::from)).await;
    for sort in [TicketSort::Newest, TicketSort::Oldest, TicketSort::Updated, TicketSort::Due] {
        let mut expected = written.clone();
        expected.sort_by_key(|ticket| {
            let key = match sort {
                TicketSort::Newest | TicketSort::Oldest => ticket.created_at.micros(),
                TicketSort::Updated => ticket.updated_at.micros(),
                TicketSort::Due => ticket.derived.next_due_at.map_or(i64::MAX, |at| at.micros()),
            };
            (key, ticket.id)
        });
        if matches!(sort, TicketSort::Newest | TicketSort::Updated) {
            expected.reverse();
        }
        let expected: Vec<Record> = expected.into_iter().map(Record::from).collect();
        for limit in [1, 2, 3, 5, 12, 1_000] {
            let pages = walk(store, &everything(), Query::new(tickets(sort), limit)).await;
            let found: Vec<Record> = pages.into_iter().flat_map(|page| page.items).collect();
            assert_eq!(keys(&found), keys(&expected), "{sort:?}, {limit} at a time");
            assert_eq!(found, expected);
        }
    }
}

/// A page begins after its cursor also when the item that gave it is gone from the list, and nothing comes twice.
pub async fn a_page_goes_on_where_its_item_was(store: &dyn Store) {
    for number in 1..=4 {
        commit(store, a_ticket(number).set(TENANT)).await;
    }
    let first = store.find(&everything(), &Query::new(tickets(TicketSort::Newest), 2)).await.unwrap();
    assert_eq!(keys(&first.items), [4, 3].map(|number| Key::Ticket(ticket_id(number))));
    let mut third = a_ticket(3);
    commit(store, {
        let mut set = set();
        let aside = third.go_on(TENANT, |story| story.set_aside(crate::ticket::SetAsideKind::Spam));
        set.writes = aside.writes;
        set.events = aside.events;
        set
    })
    .await;
    commit(store, a_ticket(5).set(TENANT)).await;
    let rest = Query::new(tickets(TicketSort::Newest), 10).after(first.next);
    let rest = store.find(&everything(), &rest).await.unwrap();
    assert_eq!(keys(&rest.items), [2, 1].map(|number| Key::Ticket(ticket_id(number))));
    assert_eq!(rest.next, None);
}

/// A limit of nothing, or above 1,000, is misuse.
pub async fn a_limit_out_of_range_is_misuse(store: &dyn Store) {
    for limit in [0, 1_001, u32::MAX] {
        let error = store.find(&everything(), &Query::new(Select::AgentStates, limit)).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misuse);
    }
    for limit in [1, 1_000] {
        assert!(store.find(&everything(), &Query::new(Select::AgentStates, limit)).await.is_ok());
    }
}

/// Messages come newest first, of the ticket or of one conversation; conversations come oldest first.
pub async fn messages_and_conversations_of_a_ticket(store: &dyn Store) {
    let side = Event::ConversationOpened {
        conversation_id: conversation_id(1, 5),
        kind: crate::conversation::ConversationKind::Side,
        channel: crate::conversation::ChannelKind::Email,
        inbox_id: None,
    };
    let in_side = |event: &mut Event| {
        if let Event::MessageAdded { conversation_id: id, .. } = event {
            *id = conversation_id(1, 5);
        }
    };
    let story = a_ticket(1).asks("one").then(side).noted(agent_id(1), "two");
    let story = story.message(ActorRef::agent(agent_id(1)), Visibility::Internal, "three", in_side);
    commit(store, story.set(TENANT)).await;
    commit(store, a_ticket(2).asks("other").set(TENANT)).await;
    let mut newest_first = story.messages();
    newest_first.reverse();
    let of = |conversation| Select::Messages { ticket: ticket_id(1), conversation };
    for limit in [1, 2, 100] {
        let pages = walk(store, &everything(), Query::new(of(None), limit)).await;
        let found: Vec<Record> = pages.into_iter().flat_map(|page| page.items).collect();
        assert_eq!(found, newest_first.iter().cloned().map(Record::from).collect::<Vec<_>>());
    }
    for conversation in story.conversations() {
        let wanted = newest_first.iter().filter(|message| message.conversation_id == conversation.id);
        let expected: Vec<Record> = wanted.cloned().map(Record::from).collect();
        assert_eq!(list(store, &everything(), of(Some(conversation.id))).await, expected);
    }
    let conversations: Vec<Conversation> = story.conversations();
    let found = list(store, &everything(), Select::Conversations(ticket_id(1))).await;
    assert_eq!(found, conversations.into_iter().map(Record::from).collect::<Vec<_>>());
}

/// A stream comes in the order of its sequences, in pages of any size.
pub async fn a_stream_comes_in_order(store: &dyn Store) {
    let story = a_ticket(1).asks("one").noted(agent_id(1), "two").urgent().asks("three");
    commit(store, story.set(TENANT)).await;
    commit(store, a_ticket(2).asks("other").set(TENANT)).await;
    for limit in [1, 3, 100] {
        let select = Select::Stream(Stream::Ticket(ticket_id(1)));
        let pages = walk(store, &everything(), Query::new(select, limit)).await;
        let found: Vec<_> = pages.into_iter().flat_map(|page| page.events).collect();
        assert_eq!(found, story.events());
    }
}

/// Assignments come newest first, by ticket, agent, team and time, and by all together.
pub async fn assignments_are_found_by_what_they_name(store: &dyn Store) {
    let mut written: Vec<Assignment> = Vec::new();
    for ticket in 1..=2 {
        commit(store, a_ticket(ticket).set(TENANT)).await;
        for part in 0..12_u32 {
            written.push(Assignment {
                id: assignment_id(ticket, part),
                ticket_id: ticket_id(ticket),
                from: (part % 3 != 0).then(|| agent_id(part % 3)),
                to: (part % 2 != 0).then(|| agent_id(1 + part % 4)),
                team_from: (part % 4 == 1).then(|| team_id(1)),
                team_to: (part % 5 == 1).then(|| team_id(1 + part % 2)),
                at: instant(i64::from(part / 2)),
                ..full_assignment()
            });
        }
    }
    insert(store, written.iter().cloned().map(Record::from)).await;
    written.sort_by_key(|assignment| std::cmp::Reverse((assignment.at, assignment.id)));
    for bits in 0..32 {
        let given = |bit: u32| bits >> bit & 1 == 1;
        let ticket: Option<TicketId> = given(0).then(|| ticket_id(1));
        let agent = given(1).then(|| agent_id(2));
        let team = given(2).then(|| team_id(1));
        let from = given(3).then(|| instant(2));
        let to = given(4).then(|| instant(4));
        let wanted = written.iter().filter(|a| {
            ticket.is_none_or(|ticket| a.ticket_id == ticket)
                && agent.is_none_or(|agent| [a.from, a.to].contains(&Some(agent)))
                && team.is_none_or(|team| [a.team_from, a.team_to].contains(&Some(team)))
                && from.is_none_or(|from| from <= a.at)
                && to.is_none_or(|to| a.at < to)
        });
        let expected: Vec<AssignmentId> = wanted.map(|assignment| assignment.id).collect();
        let select = Select::Assignments { ticket, agent, team, from, to };
        let pages = walk(store, &everything(), Query::new(select, 5)).await;
        let found = pages.into_iter().flat_map(|page| page.items);
        let found: Vec<AssignmentId> = found
            .map(|record| match record {
                Record::Assignment(assignment) => assignment.id,
                other => panic!("not an assignment: {other:?}"),
            })
            .collect();
        assert_eq!(found, expected, "{ticket:?} {agent:?} {team:?} {from:?} {to:?}");
    }
}

/// Agents come oldest first, by team as member or lead, and the deactivated only when asked for; states of active
/// agents come by id.
pub async fn agents_and_their_states_are_listed(store: &dyn Store) {
    let member = Agent { team_ids: vec![team_id(1), team_id(2)], created_at: instant(9), ..an_agent(1) };
    let lead = Agent { lead_ids: vec![team_id(2)], created_at: instant(5), ..an_agent(2) };
    let gone = Agent { team_ids: vec![team_id(2)], active: false, created_at: instant(1), ..an_agent(3) };
    let states = [a_state(3), a_state(2), AgentState { version: 4, ..a_state(1) }];
    insert(store, [&member, &lead, &gone].map(|agent| agent.clone().into())).await;
    insert(store, states.into_iter().map(Record::from)).await;
    let all = everything();
    let agents = async |team, inactive| keys(&list(store, &all, Select::Agents { team, inactive }).await);
    let key = |number| Key::Agent(agent_id(number));
    assert_eq!(agents(None, false).await, [key(2), key(1)]);
    assert_eq!(agents(None, true).await, [key(3), key(2), key(1)]);
    assert_eq!(agents(Some(team_id(2)), false).await, [key(2), key(1)]);
    assert_eq!(agents(Some(team_id(2)), true).await, [key(3), key(2), key(1)]);
    assert_eq!(agents(Some(team_id(1)), true).await, [key(1)]);
    assert_eq!(agents(Some(team_id(3)), true).await, []);
    let states = list(store, &all, Select::AgentStates).await;
    assert_eq!(states, [AgentState { version: 4, ..a_state(1) }.into(), a_state(2).into()]);
}

/// Customers come oldest first, and by the beginning of name or address, whatever its case and letters.
pub async fn customers_are_found_by_how_they_begin(store: &dyn Store) {
    let customer = |number: u32, name: &str, addresses: &[&str]| Customer {
        name: name.to_owned(),
        addresses: addresses.iter().map(|value| Address { verified: false, ..an_address(value) }).collect(),
        created_at: instant(100 - i64::from(number)),
        ..a_customer(number)
    };
    insert(
        store,
        [
            customer(1, "Ann Lee", &["lee@example.com"]).into(),
            customer(2, "Leeroy", &["a@example.com", "ann.b@example.com"]).into(),
            customer(3, "50% off_x", &[]).into(),
            customer(4, "", &["zoe@example.com"]).into(),
        ],
    )
    .await;
    let all = everything();
    let found = async |prefix: Option<&str>| {
        let select = Select::Customers { prefix: prefix.map(str::to_owned) };
        keys(&list(store, &all, select).await)
    };
    let key = |number| Key::Customer(customer_id(number));
    assert_eq!(found(None).await, [key(4), key(3), key(2), key(1)]);
    assert_eq!(found(Some("")).await, [key(4), key(3), key(2), key(1)]);
    assert_eq!(found(Some("ann")).await, [key(2), key(1)]);
    assert_eq!(found(Some("lee")).await, [key(2), key(1)]);
    assert_eq!(found(Some("lee@")).await, [key(1)]);
    assert_eq!(found(Some("50% off_")).await, [key(3)]);
    assert_eq!(found(Some("zoe")).await, [key(4)]);
    for nobody in ["%", "_", "a%", "roy", "example.com", "'"] {
        assert_eq!(found(Some(nobody)).await, [], "{nobody}");
    }
}

/// Newest versions of documents come, oldest document first, by kind, and the retired only when asked for.
pub async fn documents_are_listed_at_their_newest_version(store: &dyn Store) {
    let calendar = Document { kind: DocumentKind::Calendar, ..a_document(2) };
    insert(store, [a_document(3).into(), calendar.clone().into(), a_document(1).into()]).await;
    let changed = Document { version: 2, updated_at: instant(50), body: "new".into(), ..a_document(3) };
    let retired = Document { version: 2, retired: true, ..a_document(1) };
    let mut change = set();
    change.replace(1, changed.clone());
    change.replace(1, retired.clone());
    commit(store, change).await;
    let all = everything();
    let found = async |kind, retired| list(store, &all, Select::Documents { kind, retired }).await;
    let (changed, retired, calendar) = (Record::from(changed), Record::from(retired), Record::from(calendar));
    assert_eq!(found(None, false).await, [calendar.clone(), changed.clone()]);
    assert_eq!(found(None, true).await, [retired.clone(), calendar.clone(), changed.clone()]);
    assert_eq!(found(Some(DocumentKind::Team), true).await, [retired, changed.clone()]);
    assert_eq!(found(Some(DocumentKind::Team), false).await, [changed]);
    assert_eq!(found(Some(DocumentKind::Calendar), false).await, [calendar]);
    assert_eq!(found(Some(DocumentKind::Masking), true).await, []);
    let again = Document { version: 3, retired: false, ..a_document(1) };
    let mut change = set();
    change.replace(2, again.clone());
    commit(store, change).await;
    assert_eq!(found(Some(DocumentKind::Team), false).await[0], again.into(), "back in force");
    assert_eq!(stored_id(&found(None, true).await[0]), Some(document_id(1)));
}

fn stored_id(record: &Record) -> Option<crate::id::DocumentId> {
    match record {
        Record::Document(document) => Some(document.id),
        _ => None,
    }
}

/// The journeys that a customer has begun come in the order of their ids, each once, in whichever version.
pub async fn journeys_that_were_begun_are_listed_by_customer(store: &dyn Store) {
    let begun = |customer: u32, journey: u32| JourneyProgress {
        journey: ConfigRef { id: document_id(journey), version: 1 },
        ..a_progress(customer)
    };
    insert(store, [begun(1, 3).into(), begun(2, 2).into(), begun(1, 1).into(), begun(1, 2).into()]).await;
    let journey = ConfigRef { id: document_id(3), version: 2 };
    let later = JourneyProgress { journey, version: 2, ..begun(1, 3) };
    let mut change = set();
    change.replace(1, later.clone());
    commit(store, change).await;
    let wanted: Vec<Record> = vec![begun(1, 1).into(), begun(1, 2).into(), later.into()];
    for limit in [1, 2, 3] {
        let query = Query::new(Select::Journeys(customer_id(1)), limit);
        let pages = walk(store, &everything(), query).await;
        assert_eq!(pages.into_iter().flat_map(|page| page.items).collect::<Vec<_>>(), wanted);
    }
    for (customer, journey, found) in [(1, 2, true), (2, 2, true), (2, 1, false)] {
        let key = Key::JourneyProgress(customer_id(customer), document_id(journey));
        let read = store.load(&everything(), &[key]).await.expect("a record").pop().flatten();
        assert_eq!(read, found.then(|| begun(customer, journey).into()));
    }
}

/// Sessions come by subject and outbox rows by state, both oldest first.
pub async fn sessions_and_outbox_rows_are_listed(store: &dyn Store) {
    let of_one = LoginSubject::Agent(agent_id(1));
    let session =
        |number: u32, subject, at| Session { subject, created_at: instant(at), ..a_session(number) };
    let of_customer = LoginSubject::Customer(crate::id::CustomerId::from_uuid(agent_id(1).uuid()));
    insert(
        store,
        [session(1, of_one, 9).into(), session(2, of_one, 3).into(), session(3, of_customer, 1).into()],
    )
    .await;
    let found = list(store, &everything(), Select::Sessions(of_one)).await;
    assert_eq!(found, [session(2, of_one, 3).into(), session(1, of_one, 9).into()]);
    for number in 1..=3 {
        commit(store, a_ticket(number).asks("hello").set(TENANT)).await;
    }
    let row = |number: u32, at| OutboxRow { created_at: instant(at), ..an_outbox_row(number) };
    insert(store, [row(1, 5).into(), row(2, 4).into(), row(3, 3).into()]).await;
    let sent = OutboxRow { state: OutboxState::Sent, version: 2, ..row(3, 3) };
    let mut change = set();
    change.replace(1, sent.clone());
    commit(store, change).await;
    let ready = list(store, &everything(), Select::Outbox(OutboxState::Ready)).await;
    assert_eq!(ready, [row(2, 4).into(), row(1, 5).into()]);
    assert_eq!(list(store, &everything(), Select::Outbox(OutboxState::Sent)).await, [sent.into()]);
    assert_eq!(list(store, &everything(), Select::Outbox(OutboxState::Dead)).await, []);
}

/// Reads what a whole list brings along, sorted; each record must come once a page.
async fn brought_along(store: &dyn Store, scope: &Scope, select: Select, with: Related) -> Vec<String> {
    let pages = walk(store, scope, Query::new(select, 100).with(with)).await;
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for page in pages.iter().filter(|page| !page.items.is_empty()) {
        for record in &page.related {
            *names.entry(format!("{:?}", key_of(record))).or_default() += 1;
        }
    }
    assert!(names.values().all(|count| *count == 1), "each once: {names:?}");
    names.into_keys().collect()
}

fn names(keys: impl IntoIterator<Item = Key>) -> Vec<String> {
    let mut names: Vec<String> = keys.into_iter().map(|key| format!("{key:?}")).collect();
    names.sort_unstable();
    names
}

const TEXTS: Related = Related { texts: true, people: false, last_message: false };
const PEOPLE: Related = Related { texts: false, people: true, last_message: false };
const LAST: Related = Related { texts: false, people: false, last_message: true };

/// Lists bring along texts, people and last messages, each once, as far as the scope sees them, and only when asked.
pub async fn lists_bring_along_what_they_name(store: &dyn Store) {
    let mut story = a_ticket(1).in_team(team_id(1));
    let reason = story.write("it burns", TextClass::Internal);
    let colour = story.write("blue", TextClass::Public);
    let story = story
        .opened(|event| {
            if let Event::TicketCreated { custom_fields, .. } = event {
                custom_fields.insert(word("colour"), FieldValue::Text(colour));
                custom_fields.insert(word("fragile"), FieldValue::Flag(true));
            }
        })
        .with_participant(ActorRef::customer(customer_id(2)))
        .with_participant(ActorRef::agent(agent_id(2)))
        .assigned(Some(agent_id(1)))
        .asks("where is it")
        .then(Event::TicketEscalated { from: 0, to: 1, reason: Some(reason), by_timer: None })
        .noted(agent_id(3), "no idea");
    assert_eq!(story.ticket().escalation.map(|Escalation { reason, .. }| reason), Some(Some(reason)));
    commit(store, story.set(TENANT)).await;
    commit(store, a_ticket(2).set(TENANT)).await;
    let people: Vec<Record> = vec![
        a_customer(1).into(),
        a_customer(2).into(),
        an_agent(1).into(),
        an_agent(2).into(),
        an_agent(3).into(),
        AgentState { reason: Some(note_id(1)), ..a_state(1) }.into(),
        a_note(1).into(),
    ];
    insert(store, people).await;
    let (all, customer) = (everything(), customer_scope(TENANT, customer_id(1)));
    let lists = || tickets(TicketSort::Newest);
    let subjects = [story.texts()[0].id, a_ticket(2).texts()[0].id].map(Key::Text);
    let texts = |keys: &[crate::id::TextId]| {
        names(subjects.iter().cloned().chain(keys.iter().copied().map(Key::Text)))
    };
    assert_eq!(brought_along(store, &all, lists(), TEXTS).await, texts(&[reason, colour]));
    assert_eq!(brought_along(store, &customer, lists(), TEXTS).await, texts(&[colour]), "no internal reason");
    let customers = [1, 2].map(|number| Key::Customer(customer_id(number)));
    let agents = [1, 2].map(|number| Key::Agent(agent_id(number)));
    assert_eq!(
        brought_along(store, &all, lists(), PEOPLE).await,
        names(customers.clone().into_iter().chain(agents))
    );
    assert_eq!(brought_along(store, &customer, lists(), PEOPLE).await, names([customers[0].clone()]));
    let messages = story.messages();
    let last = |index: usize| names([Key::Message(messages[index].id), Key::Text(messages[index].body)]);
    assert_eq!(brought_along(store, &all, lists(), LAST).await, last(1));
    assert_eq!(brought_along(store, &customer, lists(), LAST).await, last(0), "the newest that they see");
    let of_ticket = || Select::Messages { ticket: story.id(), conversation: None };
    let bodies = names(messages.iter().map(|message| Key::Text(message.body)));
    assert_eq!(brought_along(store, &all, of_ticket(), TEXTS).await, bodies);
    let authors = names([Key::Customer(customer_id(1)), Key::Agent(agent_id(3))]);
    assert_eq!(brought_along(store, &all, of_ticket(), PEOPLE).await, authors);
    let assignments = || Select::Assignments { ticket: None, agent: None, team: None, from: None, to: None };
    assert_eq!(brought_along(store, &all, assignments(), PEOPLE).await, names([Key::Agent(agent_id(1))]));
    assert_eq!(brought_along(store, &all, Select::AgentStates, TEXTS).await, names([Key::Text(note_id(1))]));
    assert_eq!(
        brought_along(store, &all, Select::AgentStates, PEOPLE).await,
        names([Key::Agent(agent_id(1))])
    );
    for select in [lists(), of_ticket(), assignments(), Select::AgentStates] {
        assert_eq!(brought_along(store, &all, select, Related::default()).await, Vec::<String>::new());
    }
    let outsider = agent_scope(TENANT, agent_id(9), &[], Reach::Team);
    let everything = Related { texts: true, people: true, last_message: true };
    assert_eq!(brought_along(store, &outsider, lists(), everything).await, Vec::<String>::new());
}
