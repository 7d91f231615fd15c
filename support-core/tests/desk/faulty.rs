//! A store whose calls fail when a test says so.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use support_core::error::EntityKind;
use support_core::event::Stream;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Scope};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, MemoryStore, Outcome, Page,
    Query, Record, Select, Store, StoreError, StoreErrorKind,
};
use support_core::time::Timestamp;

/// What fails.
#[derive(Debug, Clone, Default)]
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
    /// Every commit with an event of this ticket finds that somebody else was faster.
    Crowded(TicketId),
    /// Every commit of a customer's step through a journey finds that another one was faster.
    CrossedSteps,
    /// Every load that asks for this record.
    Unreadable(Key),
    /// The bytes of the event at this place of the log are others than those that were hashed.
    Bytes(usize),
    /// The log is never read to its end: who reads it waits for ever.
    Hangs,
    /// No text is without an entry, emptied or not.
    KeepsWords,
    /// No fault: a commit is slow, and who reads beside it is answered before it is written.
    Slow,
}

/// The store in memory, with faults.
#[derive(Default)]
pub(crate) struct FaultyStore {
    inner: MemoryStore,
    fault: Mutex<Fault>,
    rival: Mutex<Option<(&'static str, Rival)>>,
    meanwhile: Mutex<Option<(Key, Meanwhile)>>,
    lost: Mutex<Option<Key>>,
    announced: AtomicU32,
    offers: AtomicU32,
}

/// What somebody else does.
type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes what somebody else commits first.
type Rival = Box<dyn FnOnce() -> Vec<ChangeSet> + Send>;

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultyStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}

fn broken(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "being tested")
}

fn touches(set: &ChangeSet, ticket: TicketId) -> bool {
    set.events.iter().any(|event| event.stream == Stream::Ticket(ticket))
}

impl FaultyStore {
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Returns how often offers were looked for.
    pub(crate) fn offers_read(&self) -> u32 {
        self.offers.load(Ordering::SeqCst)
    }

    /// Returns how often somebody woke those who wait, beside the commits that do.
    pub(crate) fn announced(&self) -> u32 {
        self.announced.load(Ordering::Relaxed)
    }

    /// Loses a record: it is in no list any more, and under no key.
    pub(crate) fn lose(&self, key: Key) {
        *self.lost.lock().unwrap() = Some(key);
    }

    fn is_lost(&self, key: &Key) -> bool {
        self.lost.lock().unwrap().as_ref() == Some(key)
    }

    /// Lets somebody else commit just before the next commit with an event of this name.
    pub(crate) fn before(
        &self,
        event: &'static str,
        rival: impl FnOnce() -> Vec<ChangeSet> + Send + 'static,
    ) {
        *self.rival.lock().unwrap() = Some((event, Box::new(rival)));
    }

    /// Lets somebody else do something just before this record is read next.
    pub(crate) fn before_reading(&self, key: Key, done: impl Future<Output = ()> + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some((key, Box::pin(done)));
    }

    /// Tells whether somebody else still waits to do something.
    pub(crate) fn is_awaited(&self) -> bool {
        self.meanwhile.lock().unwrap().is_some()
    }

    /// Takes the rival whose moment has come.
    fn rival(&self, changes: &[ChangeSet]) -> Option<Rival> {
        let mut rival = self.rival.lock().unwrap();
        let named = |name: &str| changes.iter().flat_map(|set| &set.events).any(|e| e.event.name() == name);
        rival.take_if(|(event, _)| named(event)).map(|(_, rival)| rival)
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
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        self.call()?;
        let fault = self.fault.lock().unwrap().clone();
        if matches!(fault, Fault::Slow) {
            let mut has_waited = false;
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        if let Fault::Ticket(ticket) = fault
            && changes.iter().any(|set| touches(set, ticket))
        {
            return Err(broken(StoreErrorKind::Other));
        }
        let steps = |set: &ChangeSet| {
            set.writes.iter().any(|write| matches!(write.record, Record::JourneyProgress(_)))
        };
        if matches!(fault, Fault::CrossedSteps) && changes.iter().any(steps) {
            return Ok(changes.iter().map(|_| Outcome::Conflict(EntityKind::Journey)).collect());
        }
        if let Fault::Crowded(ticket) = fault {
            let mut outcomes = Vec::new();
            for set in changes {
                outcomes.push(if touches(set, ticket) {
                    Outcome::Conflict(EntityKind::Ticket)
                } else {
                    self.inner.commit(std::slice::from_ref(set)).await?.remove(0)
                });
            }
            return Ok(outcomes);
        }
        if let Some(rival) = self.rival(changes) {
            let outcomes = self.inner.commit(&rival()).await?;
            assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Committed));
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
        if let Fault::Unreadable(key) = &*self.fault.lock().unwrap()
            && keys.contains(key)
        {
            return Err(broken(StoreErrorKind::Other));
        }
        let meanwhile = self.meanwhile.lock().unwrap().take_if(|(key, _)| keys.contains(key));
        if let Some((_, done)) = meanwhile {
            done.await;
        }
        let mut found = self.inner.load(scope, keys).await?;
        let keeps = matches!(*self.fault.lock().unwrap(), Fault::KeepsWords);
        for (key, place) in keys.iter().zip(&mut found) {
            if self.is_lost(key) {
                *place = None;
            }
            if keeps && matches!(key, Key::TextByWords(_, words) if words.is_empty()) {
                *place = None;
            }
        }
        Ok(found)
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        self.call()?;
        if matches!(query.select, Select::Offers(_)) {
            self.offers.fetch_add(1, Ordering::SeqCst);
        }
        let mut page = self.inner.find(scope, query).await?;
        page.items.retain(|record| match record {
            Record::Ticket(ticket) => !self.is_lost(&Key::Ticket(ticket.id)),
            Record::Customer(customer) => !self.is_lost(&Key::Customer(customer.id)),
            Record::Agent(agent) => !self.is_lost(&Key::Agent(agent.id)),
            Record::Document(document) => !self.is_lost(&Key::Document(document.id)),
            _ => true,
        });
        Ok(page)
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        self.call()?;
        self.inner.identify(credential).await
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.call()?;
        self.inner.due(by, limit).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        self.call()?;
        self.inner.tenants().await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        self.inner.claim(claim).await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        self.call()?;
        if matches!(*self.fault.lock().unwrap(), Fault::Hangs) {
            std::future::pending::<()>().await;
        }
        let mut page = self.inner.events(scope, after, limit).await?;
        if let Fault::Bytes(at) = *self.fault.lock().unwrap()
            && *after == Cursor::start()
        {
            page.events[at].json.push(' ');
        }
        Ok(page)
    }

    fn changed(&self) -> Changed {
        self.inner.changed()
    }

    fn announce(&self) {
        self.announced.fetch_add(1, Ordering::Relaxed);
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
