//! Finding tickets by words.

use crate::people::Scope;
use crate::store::{Key, Query, Record, SearchEntry, Select, Store, TicketFilter};

use super::super::build::{
    OTHER, TENANT, agent_id, agent_scope, customer_id, customer_scope, team_id, text_id, words_of,
};
use super::super::{a_ticket, system_scope};
use super::{commit, everything, list, set, walk};
use crate::id::{TextId, TicketId};
use crate::people::Reach;

/// Lists the tickets that are found by words, in the order of the list.
async fn found(store: &dyn Store, scope: &Scope, words: &str) -> Vec<TicketId> {
    let words = words.split_whitespace().map(str::to_owned).collect();
    let filter = TicketFilter { words, ..TicketFilter::default() };
    let tickets = list(store, scope, Select::Tickets(Box::new(filter))).await;
    tickets.iter().map(ticket_id).collect()
}

fn ticket_id(record: &Record) -> TicketId {
    match record {
        Record::Ticket(ticket) => ticket.id,
        other => panic!("not a ticket: {other:?}"),
    }
}

/// A ticket is found when one of its texts has all the words, as whole words, in any order; newest first.
pub async fn tickets_are_found_by_all_words_in_one_text(store: &dyn Store) {
    let first = a_ticket(1).asks("broken kettle").asks("blue teapot");
    let second = a_ticket(2).asks("blue kettle").asks("blue kettle");
    let third = a_ticket(3).asks("kettles are fine");
    for story in [&first, &second, &third] {
        commit(store, story.set(TENANT)).await;
    }
    let all = everything();
    assert_eq!(found(store, &all, "kettle").await, [second.id(), first.id()]);
    assert_eq!(found(store, &all, "kettle blue").await, [second.id()], "in one text, each ticket once");
    assert_eq!(found(store, &all, "parcel").await, [third.id(), second.id(), first.id()], "subjects count");
    for none in ["ket", "kettle fine", "ettle", "absent", "%", "kettle*", "\"kettle\"", "kettle OR teapot"] {
        assert_eq!(found(store, &all, none).await, [], "{none}");
    }
    assert_eq!(found(store, &system_scope(OTHER), "kettle").await, [], "another tenant's");
    let filter = TicketFilter { words: vec!["parcel".to_owned()], ..TicketFilter::default() };
    let pages = walk(store, &all, Query::new(Select::Tickets(Box::new(filter)), 1)).await;
    let paged: Vec<TicketId> = pages.iter().flat_map(|page| &page.items).map(ticket_id).collect();
    assert_eq!(paged, [third.id(), second.id(), first.id()]);
}

/// Words of internal texts find nothing for customers; everybody finds only what they see.
pub async fn customers_do_not_find_by_internal_texts(store: &dyn Store) {
    let story = a_ticket(1).in_team(team_id(1)).asks("hello there").noted(agent_id(1), "hello fraud");
    commit(store, story.set(TENANT)).await;
    let customer = customer_scope(TENANT, customer_id(1));
    assert_eq!(found(store, &customer, "hello").await, [story.id()]);
    assert_eq!(found(store, &customer, "fraud").await, []);
    assert_eq!(found(store, &customer_scope(TENANT, customer_id(2)), "hello").await, []);
    let team = agent_scope(TENANT, agent_id(1), &[team_id(1)], Reach::Team);
    assert_eq!(found(store, &team, "fraud").await, [story.id()]);
    assert_eq!(found(store, &agent_scope(TENANT, agent_id(1), &[], Reach::Team), "fraud").await, []);
}

/// Emptying a text takes its words out of the search, and no entry of an emptied text can come back.
pub async fn an_emptied_text_is_not_found(store: &dyn Store) {
    let story = a_ticket(1).asks("secret words").asks("other words");
    commit(store, story.set(TENANT)).await;
    let emptied = story.texts()[1].clone().emptied();
    assert_eq!(emptied.id, text_id(1, 1));
    let mut erase = set();
    erase.replace(0, emptied.clone());
    commit(store, erase).await;
    assert_eq!(found(store, &everything(), "secret").await, []);
    assert_eq!(found(store, &everything(), "words").await, [story.id()], "by the text that is left");
    let mut back = set();
    back.search.push(story.search()[1].clone());
    assert_ne!(super::outcome(store, back).await, crate::store::Outcome::Committed);
    assert_eq!(found(store, &everything(), "secret").await, []);
}

/// A text has one entry: a later one replaces the words and the visibility of the one before.
pub async fn a_later_entry_replaces_the_one_before(store: &dyn Store) {
    let story = a_ticket(1).asks("old words");
    commit(store, story.set(TENANT)).await;
    let mut again = set();
    let mut entry = story.search()[1].clone();
    entry.tokens = words_of("new words");
    entry.visibility = crate::conversation::Visibility::Internal;
    again.search.push(entry);
    commit(store, again).await;
    assert_eq!(found(store, &everything(), "old").await, []);
    assert_eq!(found(store, &everything(), "new words").await, [story.id()]);
    assert_eq!(found(store, &customer_scope(TENANT, customer_id(1)), "words").await, []);
}

/// A text is read by the words of its search entry: by all of them, in any order, and by no others. Without an entry it
/// is read by none.
pub async fn a_text_is_read_by_exactly_the_words_of_its_entry(store: &dyn Store) {
    let story = a_ticket(1).asks("blue kettle").noted(agent_id(1), "hello fraud");
    commit(store, story.set(TENANT)).await;
    let by = |text: TextId, words: &str| Key::TextByWords(text, words_of(words));
    let read = async |scope: &Scope, key: Key| store.load(scope, &[key]).await.unwrap().remove(0);
    let (asked, noted) = (story.texts()[1].clone(), story.texts()[2].clone());
    let (all, customer) = (everything(), customer_scope(TENANT, customer_id(1)));
    for words in ["blue kettle", "kettle blue"] {
        assert_eq!(read(&all, by(asked.id, words)).await, Some(asked.clone().into()), "{words}");
        assert_eq!(read(&customer, by(asked.id, words)).await, Some(asked.clone().into()), "{words}");
    }
    for words in ["", "kettle", "blue", "blue kettle hello", "bluekettle", "hello fraud"] {
        assert_eq!(read(&all, by(asked.id, words)).await, None, "{words}");
    }
    assert_eq!(read(&all, by(noted.id, "fraud hello")).await, Some(noted.clone().into()));
    assert_eq!(read(&customer, by(noted.id, "fraud hello")).await, None);
    assert_eq!(read(&all, by(text_id(9, 9), "")).await, None, "there is no such text");
    assert_eq!(read(&system_scope(OTHER), by(asked.id, "blue kettle")).await, None, "another tenant's");
    let mut again = set();
    again.search.push(SearchEntry { tokens: words_of("red kettle"), ..story.search()[1].clone() });
    commit(store, again).await;
    assert_eq!(read(&all, by(asked.id, "blue kettle")).await, None);
    assert_eq!(read(&all, by(asked.id, "red kettle")).await, Some(asked.clone().into()));
    let emptied = asked.clone().emptied();
    let mut erase = set();
    erase.replace(0, emptied.clone());
    commit(store, erase).await;
    assert_eq!(read(&all, by(asked.id, "red kettle")).await, None);
    assert_eq!(read(&all, by(asked.id, "")).await, Some(emptied.into()));
}
