//! Random commands and questions put to two stores, whose answers must be the same.
//!
//! The store in memory is the reference of what a store does; a store that answers as it does, over thousands of
//! random steps, does the same. A difference panics with the seed and the step, and the same seed finds it again.
//!
//! ```
//! use support_core::store::MemoryStore;
//! use support_core::testkit::model;
//!
//! support_core::testkit::block_on(model::compare(&MemoryStore::new(), &MemoryStore::new(), 7, 50));
//! ```

mod commands;
mod questions;

use std::collections::BTreeMap;

use crate::people::Scope;
use crate::store::{Cursor, Logged, Outcome, Query, Record, Store, StoreError, StoreErrorKind};

use self::commands::Commands;
use self::questions::Question;
use super::Dice;
use super::cases::key_of;

/// Puts `steps` random commands and questions of a seed to two empty stores and compares every answer.
///
/// Cursors are opaque and pages may be cut differently: each store is resumed from its own, and lists are compared
/// whole.
///
/// # Panics
/// At the first difference, naming seed and step.
pub async fn compare(left: &dyn Store, right: &dyn Store, seed: u64, steps: u32) {
    let mut dice = Dice::new(seed.wrapping_mul(1 << 20));
    let mut commands = Commands::new();
    let mut readers: Vec<Reader> = questions::scopes().into_iter().map(Reader::new).collect();
    for step in 0..steps {
        let at = format!("seed {seed}, step {step}");
        if dice.one_in(2) {
            let sets = commands.draw(&mut dice, left).await;
            let answers = (kinds(left.commit(&sets).await), kinds(right.commit(&sets).await));
            assert_eq!(answers.0, answers.1, "{at}: {sets:#?}");
            commands.learn(answers.0.as_deref().unwrap_or_default());
        } else if dice.one_in(6) {
            let claim = commands.claim(&mut dice);
            let answers = (kinds(left.claim(&claim).await), kinds(right.claim(&claim).await));
            assert_eq!(answers.0, answers.1, "{at}: {claim:?}");
            commands.keep(answers.0.ok().flatten());
        } else if dice.one_in(4) {
            let which = dice.below(readers.len() as u64) as usize;
            let limit = 1 + dice.below(20) as u32;
            readers[which].follow(left, right, limit, &at).await;
        } else {
            let question = Question::draw(&mut dice);
            let answers = (question.put(left).await, question.put(right).await);
            assert_eq!(answers.0, answers.1, "{at}: {question:?}");
        }
    }
    for reader in &mut readers {
        reader.follow(left, right, 100, &format!("seed {seed}, at the end")).await;
    }
}

/// Keeps of an error what two stores have in common.
fn kinds<T>(answer: Result<T, StoreError>) -> Result<T, StoreErrorKind> {
    answer.map_err(|error| error.kind())
}

/// Somebody who follows the log of both stores.
struct Reader {
    scope: Scope,
    left: Cursor,
    right: Cursor,
}

impl Reader {
    fn new(scope: Scope) -> Self {
        Self { scope, left: Cursor::start(), right: Cursor::start() }
    }

    async fn follow(&mut self, left: &dyn Store, right: &dyn Store, limit: u32, at: &str) {
        let lefts = rest(left, &self.scope, &mut self.left, limit).await;
        let rights = rest(right, &self.scope, &mut self.right, limit).await;
        assert_eq!(lefts.len(), rights.len(), "{at}: the log in {:?}", self.scope);
        for (one, other) in lefts.iter().zip(&rights) {
            let parts = |logged: &Logged| (logged.envelope.clone(), logged.json.clone(), logged.hash);
            assert_eq!(parts(one), parts(other), "{at}: the log in {:?}", self.scope);
        }
    }
}

/// Reads the log from a cursor to its end, and leaves the cursor there.
async fn rest(store: &dyn Store, scope: &Scope, after: &mut Cursor, limit: u32) -> Vec<Logged> {
    let mut events = Vec::new();
    loop {
        let page = store.events(scope, after, limit).await.expect("a page of the log");
        events.extend(page.events);
        if page.next == *after {
            return events;
        }
        *after = page.next;
    }
}

/// Reads a whole list: its items in order, its events, and what it brought along by name.
async fn whole(store: &dyn Store, scope: &Scope, query: Query) -> Whole {
    let mut whole = Whole::default();
    let mut after = None;
    loop {
        let page = store.find(scope, &query.clone().after(after)).await.expect("a page");
        whole.items.extend(page.items);
        whole.events.extend(page.events);
        whole
            .related
            .extend(page.related.into_iter().map(|record| (format!("{:?}", key_of(&record)), record)));
        after = page.next;
        if after.is_none() {
            return whole;
        }
    }
}

#[derive(Debug, PartialEq, Default)]
struct Whole {
    items: Vec<Record>,
    events: Vec<crate::event::Envelope>,
    related: BTreeMap<String, Record>,
}

/// Tells whether a set was written.
fn is_written(outcome: &Outcome) -> bool {
    *outcome == Outcome::Committed
}
