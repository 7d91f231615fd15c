//! A store whose calls fail when a test says so.

use std::sync::Mutex;

use async_trait::async_trait;
use support_core::event::Stream;
use support_core::id::TicketId;
use support_core::people::{Actor, Scope};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, MemoryStore, Outcome, Page,
    Query, Record, Store, StoreError, StoreErrorKind,
};
use support_core::time::Timestamp;

/// What fails.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The call after so many others, before it does anything.
    Call(u32),
    /// The answer of the next commit gets lost: it is durable, and its caller hears of a failure.
    Answer,
    /// Every commit with an event of this ticket.
    Ticket(TicketId),
}

/// The store in memory, with faults.
#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    inner: MemoryStore,
    fault: Mutex<Fault>,
}

fn broken(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "being tested")
}

impl FaultyStore {
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Tells whether the planned fault has not happened yet.
    pub(crate) fn is_armed(&self) -> bool {
        !matches!(*self.fault.lock().unwrap(), Fault::None)
    }

    fn call(&self) -> Result<(), StoreError> {
        let mut fault = self.fault.lock().unwrap();
        match *fault {
            Fault::Call(0) => {
                *fault = Fault::None;
                Err(broken(StoreErrorKind::Unavailable))
            }
            Fault::Call(calls) => {
                *fault = Fault::Call(calls - 1);
                Ok(())
            }
            Fault::None | Fault::Answer | Fault::Ticket(_) => Ok(()),
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        self.call()?;
        let fault = *self.fault.lock().unwrap();
        if let Fault::Ticket(ticket) = fault {
            let touches = |set: &ChangeSet| set.events.iter().any(|e| e.stream == Stream::Ticket(ticket));
            if changes.iter().any(touches) {
                return Err(broken(StoreErrorKind::Other));
            }
        }
        let outcomes = self.inner.commit(changes).await?;
        if matches!(fault, Fault::Answer) {
            self.set(Fault::None);
            return Err(broken(StoreErrorKind::Unavailable));
        }
        Ok(outcomes)
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.call()?;
        self.inner.load(scope, keys).await
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        self.call()?;
        self.inner.find(scope, query).await
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        self.call()?;
        self.inner.identify(credential).await
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.call()?;
        self.inner.due(by, limit).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        self.inner.claim(claim).await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.call()?;
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
        self.call()?;
        self.inner.scan(scope, after, limit).await
    }
}
