//! A store in memory.
//!
//! It is the reference of what a store does, so it prefers the plain way to the fast one: one lock, one map of
//! records a tenant, and lists that are filtered and sorted anew. Only what a desk asks for at every step (children
//! of a ticket, unique values, streams, wake-ups) has an index.

mod commit;
mod find;
mod identify;
mod related;
mod shelf;
mod sight;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use crate::event::Event;
use crate::id::{TenantId, TicketId};
use crate::people::{Actor, Scope};
use crate::routing::Waiting;
use crate::time::Timestamp;

use self::shelf::Shelf;
use super::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, Outcome, Page, Query, Record,
    Store, StoreError, StoreErrorKind,
};

/// A store in memory: the reference of what a store does, and the home of tests.
///
/// Durable means here: until it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    changed: event_listener::Event,
}

#[derive(Default)]
struct State {
    tenants: BTreeMap<TenantId, Shelf>,
    leases: BTreeMap<String, Lease>,
}

/// Who holds a lease, and the newest fence of it.
struct Lease {
    holder: Uuid,
    until: Timestamp,
    token: u64,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks the state. Nothing panics while it is locked, and no lock is held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a tenant; one in which nothing was written is empty.
    fn look<T>(&self, tenant: TenantId, look: impl FnOnce(&Shelf) -> T) -> T {
        match self.state().tenants.get(&tenant) {
            Some(shelf) => look(shelf),
            None => look(&Shelf::new(tenant)),
        }
    }
}

impl fmt::Debug for MemoryStore {
    /// Prints how many tenants there are, never what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("tenants", &self.state().tenants.len()).finish()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        // All that can fail comes before anything is written.
        let prepared = changes.iter().map(printed_events).collect::<Result<Vec<_>, _>>()?;
        let outcomes = {
            let mut state = self.state();
            let State { tenants, leases } = &mut *state;
            let commit = |(set, json): (&ChangeSet, Vec<String>)| {
                let held = |fence: &Fence| leases.get(&fence.name).is_some_and(|l| l.token == fence.token);
                let shelf = tenants.entry(set.tenant).or_insert_with(|| Shelf::new(set.tenant));
                shelf.commit(set, json, held)
            };
            changes.iter().zip(prepared).map(commit).collect()
        };
        self.announce();
        Ok(outcomes)
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        Ok(self.look(scope.tenant(), |shelf| keys.iter().map(|key| shelf.load(scope, key)).collect()))
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        if !(1..=Query::MOST).contains(&query.limit) {
            return Err(StoreError::new(StoreErrorKind::Misuse, "reading the limit of a list"));
        }
        Ok(self.look(scope.tenant(), |shelf| shelf.find(scope, query)))
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        Ok(self.look(identify::tenant(credential), |shelf| shelf.identify(credential)))
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        let state = self.state();
        let mut due = Vec::new();
        let mut next: Option<Timestamp> = None;
        for (tenant, shelf) in &state.tenants {
            for (at, stream) in shelf.wakes() {
                if at > by {
                    next = Some(next.map_or(at, |next| next.min(at)));
                    break;
                }
                due.push((at, *tenant, stream));
            }
        }
        due.sort_unstable();
        if due.len() > limit as usize {
            next = Some(by);
        }
        due.truncate(limit as usize);
        Ok(Due { now: due.into_iter().map(|(_, tenant, stream)| (tenant, stream)).collect(), next })
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        Ok(self.state().tenants.keys().copied().collect())
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        let mut state = self.state();
        let lease = state.leases.entry(claim.name.clone()).or_insert(Lease {
            holder: claim.holder,
            until: claim.until,
            token: 1,
        });
        if lease.holder != claim.holder {
            if claim.now < lease.until {
                return Ok(None);
            }
            lease.holder = claim.holder;
            lease.token += 1;
        }
        lease.until = claim.until;
        Ok(Some(Fence { name: claim.name.clone(), token: lease.token }))
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.look(scope.tenant(), |shelf| shelf.read_log(scope, after, limit as usize))
            .ok_or(StoreError::new(StoreErrorKind::Misuse, "reading a cursor"))
    }

    fn changed(&self) -> Changed {
        Box::pin(self.changed.listen())
    }

    fn announce(&self) {
        self.changed.notify(usize::MAX);
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        Ok(self.look(scope.tenant(), |shelf| shelf.scan(scope, after, limit as usize)))
    }
}

/// Prints the events of a set as they are stored, and refuses a set that no store can write.
fn printed_events(set: &ChangeSet) -> Result<Vec<String>, StoreError> {
    let unwritable = |write: &super::Write| {
        matches!(write.record, Record::Receipt(_) | Record::Epoch(_) | Record::Uses(_))
    };
    if set.writes.iter().any(unwritable) || set.receipt.as_ref().is_some_and(|r| r.key.len() > 255) {
        return Err(StoreError::new(StoreErrorKind::Misuse, "committing"));
    }
    let print = |event: &Event| serde_json::to_string(event);
    set.events
        .iter()
        .map(|envelope| print(&envelope.event))
        .collect::<Result<_, _>>()
        .map_err(|error| StoreError::new(StoreErrorKind::Misuse, "printing an event").because(error))
}
