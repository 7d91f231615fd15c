//! A store that remembers what was committed to it, so that the same can be committed elsewhere without deciding it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Scope};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Expect, Fence, Key, Outcome, Page, Query,
    Record, Store, StoreError,
};
use support_core::time::Timestamp;
use support_store_sqlite::SqliteStore;

/// A SQLite store that remembers the sets that opened a ticket.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Arc<SqliteStore>,
    opened: Mutex<Vec<ChangeSet>>,
}

impl Recorder {
    pub(crate) fn of(store: Arc<SqliteStore>) -> Self {
        Self { store, opened: Mutex::default() }
    }

    /// Returns the sets, in the order in which they were asked for.
    pub(crate) fn opened(&self) -> Vec<ChangeSet> {
        std::mem::take(&mut self.opened.lock().unwrap())
    }
}

#[async_trait]
impl Store for Recorder {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        let opens = |set: &&ChangeSet| {
            set.writes.iter().any(|w| matches!(w.record, Record::Ticket(_)) && w.expect == Expect::Absent)
        };
        self.opened.lock().unwrap().extend(changes.iter().filter(opens).cloned());
        self.store.commit(changes).await
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.load(scope, keys).await
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        self.store.find(scope, query).await
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        self.store.identify(credential).await
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.store.due(by, limit).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        self.store.tenants().await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        self.store.claim(claim).await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.store.events(scope, after, limit).await
    }

    fn changed(&self) -> Changed {
        self.store.changed()
    }

    fn announce(&self) {
        self.store.announce();
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.store.scan(scope, after, limit).await
    }
}
