//! Durable home of a desk: one trait, one way to write.
//!
//! [`Store::commit`] takes [`ChangeSet`]s: records that must not have moved, counters that commute, the events that
//! tell what happened, deduplication keys, outbox rows and search entries, all of them durable or none. Reads take a
//! [`Scope`], so that a check cannot be forgotten. [`StoreExt`] gives typed access.
//!
//! What a method promises here has a case of the same meaning in the conformance suite
//! (`support_core::testkit`, feature `testkit`); a store that passes it is a store.
//!
//! ```
//! use support_core::id::TenantId;
//! use support_core::store::{MemoryStore, Store};
//!
//! let store = MemoryStore::new();
//! let _: &dyn Store = &store;
//! ```

mod change;
mod cursor;
mod error;
mod filter;
mod key;
mod memory;
mod query;
mod record;

pub use change::{ChangeSet, Delta, Expect, Fence, Outcome, Receipt, SearchEntry, Write};
pub use cursor::{Cursor, PageCursor, ParsePageCursorError};
pub use error::{BackendError, StoreError, StoreErrorKind};
pub use key::{Credential, Entity, Key, StoreExt};
pub use memory::MemoryStore;
pub use query::{
    Assignee, OffersOf, Page, Query, Related, Select, SetAsideFilter, SlaFilter, TicketFilter, TicketSort,
};
pub use record::{
    Assignment, Document, DocumentKind, Effect, JourneyProgress, Login, LoginSubject, OutboxRow, OutboxState,
    PasswordHash, Record, Session, Text, TextClass,
};

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;

use crate::event::{ChainHash, Envelope, Stream};
use crate::id::{TenantId, TicketId};
use crate::people::{Actor, Scope};
use crate::routing::Waiting;
use crate::time::Timestamp;

/// Resolves once something may have been committed since it was asked for.
pub type Changed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Durable home of a desk. Every method but [`commit`](Self::commit) and [`claim`](Self::claim) only reads.
///
/// A store owns its threads or pools and answers over channels that belong to no runtime: its futures can be awaited
/// on any executor.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Writes change sets. Each is atomic and succeeds alone; the slice shares one transaction and one answer.
    ///
    /// They are applied in order, and a later one sees what an earlier one wrote. For each, in this order: a
    /// [`Receipt`] whose key is already held answers [`Outcome::Repeated`] with the first; a [`Fence`] that is not
    /// the lease's newest answers [`Outcome::Fenced`]; a record that is not as [`Expect`]ed, or an event whose place
    /// in its stream is taken, answers [`Outcome::Conflict`]; a value that must be unique and is held by another
    /// record answers [`Outcome::Taken`]; a load that would pass its limit answers [`Outcome::Full`]. Nothing of
    /// such a set is written. [`Outcome::Committed`] means durable, as the store is configured to be durable.
    ///
    /// All of a set's conflicts are looked for before its unique values, and those before its loads. Among the
    /// conflicts the first counts, in this order:
    /// 1. each write: the record itself, then the ticket that a conversation, message, text, assignment or outbox
    ///    row names ([`Conflict`](Outcome::Conflict) of a ticket). The ticket may be one that the same set writes.
    ///    No other reference is checked: a ticket may name a customer who is not stored;
    /// 2. each delta of an agent: the agent's state must be stored, or written by the set;
    /// 3. each event: its sequence is the last one of its stream plus one, events before it in the set included;
    /// 4. each search entry: its text must be there and not emptied, then its ticket.
    ///
    /// Unique values are claimed in the order of the writes: one that an earlier write gives up is free. They are,
    /// inside a tenant, a ticket's `reference`; a message's `external_id` in its inbox; a customer's `external_id`,
    /// then the verified ones of their `addresses`; an agent's `external_id`, then `email`; a login's `email`. Both
    /// e-mails are compared without case.
    ///
    /// # Errors
    /// `Misuse` for a write of a receipt or an epoch, and for a receipt's key of more than 255 bytes; else any
    /// [`StoreError`]. Then nothing of the whole slice was written.
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError>;

    /// Reads records by key, in the order of the keys. What does not exist and what `scope` does not see are both
    /// `None`. All are read at one instant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError>;

    /// Reads a page of records. The scope is intersected with the query's filters, never widened by them.
    ///
    /// A page may hold fewer items than asked for and still have a `next`: a store stops after a bounded scan.
    ///
    /// # Errors
    /// `Misuse` for a limit outside 1–1,000; else any [`StoreError`].
    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError>;

    /// Finds who a credential names: the one read before sign-in. `None` where nobody, or somebody who is
    /// deactivated, blocked or whose session has ended.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError>;

    /// Names aggregates of all tenants whose wake-up time is `by` or earlier, the longest overdue first. Ids only:
    /// the worker loads each in its own tenant's scope.
    ///
    /// A ticket wakes at [`wake_at`](crate::ticket::Derived::wake_at), an agent when their presence ends
    /// ([`until`](crate::people::AgentState::until)), a customer when a journey that they have begun is forgotten
    /// ([`expires_at`](JourneyProgress::expires_at)), once for each journey.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError>;

    /// Names every tenant for which anything was ever committed, in the order of ids. Ids only: the worker that starts
    /// looks with them for what an earlier one left unfinished.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError>;

    /// Takes or renews a lease until `until`. `None` while another holder has it, that is before the instant until
    /// which they claimed it. Each change of holder gives a higher fence; a renewal keeps it, also a late one that
    /// no other holder came before. Claiming until now gives a lease up. Leases belong to no tenant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError>;

    /// Reads a tenant's log after a cursor, oldest first, filtered by the scope. A reader that resumes from `next`
    /// misses nothing and sees nothing twice, also while others write, and sees each stream in order.
    ///
    /// At the end of the log the page is empty and `next` is `after`; a page may be empty before it.
    ///
    /// # Errors
    /// `Misuse` for a cursor of another store; else any [`StoreError`].
    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError>;

    /// Returns a future that resolves after the next commit, also one of another process where the store can hear of
    /// it. It may resolve without cause and only wakes: polling [`events`](Self::events) finds what there is.
    fn changed(&self) -> Changed;

    /// Makes readers look at once, after a host committed through its own transaction.
    fn announce(&self);

    /// Reads waiting work in the order of ticket ids, after one, for the queue that the core keeps in memory.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError>;
}

/// What [`Store::due`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Aggregates that are due.
    pub now: Vec<(TenantId, Stream)>,
    /// When to look again: the earliest wake-up after the asked instant, or that instant itself where more was due
    /// than asked for.
    pub next: Option<Timestamp>,
}

/// Asks for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What is leased, such as `router/<tenant>`.
    pub name: String,
    /// Who asks; the same holder renews.
    pub holder: uuid::Uuid,
    /// Present instant.
    pub now: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// Visible events, oldest first.
    pub events: Vec<Logged>,
    /// Where to go on; beyond the last event that was looked at, visible or not.
    pub next: Cursor,
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its place: reading after it goes on with the next.
    pub cursor: Cursor,
    /// Hash of the tenant's log up to it.
    pub hash: ChainHash,
    /// The event.
    pub envelope: Envelope,
    /// Its JSON exactly as stored: what the hash covers.
    pub json: String,
}
