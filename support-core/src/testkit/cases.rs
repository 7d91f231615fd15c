//! The cases of the conformance suite: each shows one promise of a store, given an empty one.
//!
//! [`store_conformance!`](crate::store_conformance) lists and runs them. A case panics where the promise is broken.

mod commits;
mod counters;
mod due;
mod filters;
mod leases;
mod lists;
mod log;
mod offers;
mod records;
mod scopes;
mod sign_in;
mod together;
mod uniques;
mod words;

pub use commits::*;
pub use counters::*;
pub use due::*;
pub use filters::*;
pub use leases::*;
pub use lists::*;
pub use log::*;
pub use offers::*;
pub use records::*;
pub use scopes::*;
pub use sign_in::*;
pub use together::*;
pub use uniques::*;
pub use words::*;

use crate::event::Envelope;
use crate::people::Scope;
use crate::store::{ChangeSet, Cursor, Key, Logged, Outcome, Page, Query, Record, Select, Store};

use super::build::TENANT;
use super::system_scope;

/// The scope of the desk itself in the tenant of the tests.
fn everything() -> Scope {
    system_scope(TENANT)
}

/// Starts a change set in the tenant of the tests.
const fn set() -> ChangeSet {
    ChangeSet::new(TENANT)
}

/// Makes a change set that inserts records.
fn inserting(records: impl IntoIterator<Item = Record>) -> ChangeSet {
    let mut set = set();
    records.into_iter().for_each(|record| set.insert(record));
    set
}

/// Commits one set and returns how it ended.
async fn outcome(store: &dyn Store, set: ChangeSet) -> Outcome {
    let outcomes = store.commit(&[set]).await.expect("a commit");
    let [outcome] = outcomes.try_into().expect("one outcome a set");
    outcome
}

/// Commits one set, which must succeed.
async fn commit(store: &dyn Store, set: ChangeSet) {
    assert_eq!(outcome(store, set).await, Outcome::Committed);
}

/// Inserts records, which must succeed.
async fn insert(store: &dyn Store, records: impl IntoIterator<Item = Record>) {
    commit(store, inserting(records)).await;
}

/// Reads one record.
async fn load(store: &dyn Store, scope: &Scope, key: Key) -> Option<Record> {
    let found = store.load(scope, &[key]).await.expect("a read");
    let [found] = found.try_into().expect("one answer a key");
    found
}

/// Reads one record as the desk itself.
async fn stored(store: &dyn Store, key: Key) -> Option<Record> {
    load(store, &everything(), key).await
}

/// Walks all pages of a query, `limit` items each.
async fn walk(store: &dyn Store, scope: &Scope, query: Query) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let mut after = None;
    loop {
        assert!(pages.len() < 10_000, "a list that never ends");
        let page = store.find(scope, &query.clone().after(after)).await.expect("a page");
        assert!(page.items.len() + page.events.len() <= query.limit as usize, "a page above its limit");
        after = page.next;
        pages.push(page);
        if after.is_none() {
            return pages;
        }
    }
}

/// Reads a whole list.
async fn list(store: &dyn Store, scope: &Scope, select: Select) -> Vec<Record> {
    walk(store, scope, Query::new(select, 100)).await.into_iter().flat_map(|page| page.items).collect()
}

/// Reads a whole stream.
async fn stream(store: &dyn Store, scope: &Scope, select: Select) -> Vec<Envelope> {
    walk(store, scope, Query::new(select, 100)).await.into_iter().flat_map(|page| page.events).collect()
}

/// Follows the log to its end, `limit` events at a time.
async fn follow(store: &dyn Store, scope: &Scope, mut after: Cursor, limit: u32) -> Vec<Logged> {
    let mut events = Vec::new();
    loop {
        let page = store.events(scope, &after, limit).await.expect("a page of the log");
        assert!(page.events.len() <= limit as usize, "a page above its limit");
        events.extend(page.events);
        assert!(events.len() < 1_000_000, "a log that never ends");
        if page.next == after {
            return events;
        }
        after = page.next;
    }
}

/// Reads the whole log as the desk itself.
async fn whole_log(store: &dyn Store) -> Vec<Logged> {
    follow(store, &everything(), Cursor::start(), 100).await
}
