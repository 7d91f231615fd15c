//! A store in memory.

use async_trait::async_trait;

use crate::event::Stream;
use crate::id::TicketId;
use crate::people::{Actor, Scope};
use crate::routing::Waiting;
use crate::time::Timestamp;

use super::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, Outcome, Page, Query, Record,
    Store, StoreError,
};

/// A store in memory: the reference of what a store does, and the home of tests.
#[derive(Debug, Default)]
pub struct MemoryStore;

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}
