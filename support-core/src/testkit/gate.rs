//! A store whose commits a test sees, and may answer in its place.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{TenantId, TicketId};
use crate::people::{Actor, Scope};
use crate::routing::Waiting;
use crate::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, Outcome, Page, Query, Record,
    Store, StoreError,
};
use crate::time::Timestamp;

/// What a gate does with sets that are to be committed: nothing lets them pass, an answer is given in the store's place.
type Keeper = dyn Fn(&[ChangeSet]) -> Option<Vec<Outcome>> + Send + Sync;

/// A store before which stands a gate: all commits pass it, everything else goes straight through.
///
/// ```
/// use std::sync::Arc;
///
/// use support_core::error::EntityKind;
/// use support_core::store::{MemoryStore, Outcome};
/// use support_core::testkit::Gate;
///
/// // Somebody else is always faster.
/// let crossed = Gate::new(Arc::new(MemoryStore::new()), |sets| {
///     Some(sets.iter().map(|_| Outcome::Conflict(EntityKind::Ticket)).collect())
/// });
/// # let _ = crossed;
/// ```
pub struct Gate {
    inner: Arc<dyn Store>,
    keeper: Box<Keeper>,
}

impl Gate {
    /// Puts a gate before a store.
    pub fn new(
        inner: Arc<dyn Store>,
        keeper: impl Fn(&[ChangeSet]) -> Option<Vec<Outcome>> + Send + Sync + 'static,
    ) -> Self {
        Self { inner, keeper: Box::new(keeper) }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Gate {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        match (self.keeper)(changes) {
            Some(outcomes) => Ok(outcomes),
            None => self.inner.commit(changes).await,
        }
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.load(scope, keys).await
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        self.inner.find(scope, query).await
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        self.inner.identify(credential).await
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.inner.due(by, limit).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        self.inner.tenants().await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        self.inner.claim(claim).await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.inner.events(scope, after, limit).await
    }

    fn changed(&self) -> Changed {
        self.inner.changed()
    }

    fn announce(&self) {
        self.inner.announce();
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.inner.scan(scope, after, limit).await
    }
}
