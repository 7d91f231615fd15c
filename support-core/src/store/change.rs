//! What a commit writes, and how it ends.

use sha2::{Digest, Sha256};

use crate::conversation::Visibility;
use crate::error::{EntityKind, Error};
use crate::event::Envelope;
use crate::id::{AgentId, DocumentId, TenantId, TextId, TicketId};
use crate::people::WorkKind;
use crate::time::Timestamp;

use super::Record;

/// Changes that become durable together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// The tenant in which all of it lies.
    pub tenant: TenantId,
    /// Makes a repeated command answer as the first did.
    pub receipt: Option<Receipt>,
    /// Must be the newest fence of its lease.
    pub fence: Option<Fence>,
    /// Records to write, each at most once.
    pub writes: Vec<Write>,
    /// Counters to move.
    pub deltas: Vec<Delta>,
    /// What happened, in order.
    pub events: Vec<Envelope>,
    /// Words by which tickets are found.
    pub search: Vec<SearchEntry>,
}

impl ChangeSet {
    /// Starts an empty set.
    #[must_use]
    pub const fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            receipt: None,
            fence: None,
            writes: Vec::new(),
            deltas: Vec::new(),
            events: Vec::new(),
            search: Vec::new(),
        }
    }

    /// Tells whether anybody's load grows.
    pub(crate) fn adds_load(&self) -> bool {
        self.deltas.iter().any(|delta| matches!(delta, Delta::Load { change, .. } if *change > 0))
    }

    /// Tells whether anybody's load shrinks.
    pub(crate) fn frees_load(&self) -> bool {
        self.deltas.iter().any(|delta| matches!(delta, Delta::Load { change, .. } if *change < 0))
    }

    /// Adds a record that must not exist yet.
    pub fn insert(&mut self, record: impl Into<Record>) {
        self.writes.push(Write { record: record.into(), expect: Expect::Absent });
    }

    /// Adds a record in place of the one at `revision`.
    pub fn replace(&mut self, revision: u64, record: impl Into<Record>) {
        self.writes.push(Write { record: record.into(), expect: Expect::Revision(revision) });
    }

    /// Takes in all of another set, which was decided after this one and on what this one leaves behind. A record that
    /// both write is written once, as it is in the end, in place of what this one expects there.
    pub(crate) fn absorb(&mut self, other: Self) {
        // Each field by name: one that is added is not forgotten here.
        let Self { tenant: _, receipt, fence, writes, deltas, events, search } = other;
        self.receipt = receipt.or(self.receipt.take());
        self.fence = fence.or(self.fence.take());
        for write in writes {
            match self.writes.iter_mut().find(|first| same(&first.record, &write.record)) {
                // One that only checks what stands there may be older than what this one makes of it.
                Some(first) if first.record.revision() > write.record.revision() => {}
                Some(first) => first.record = write.record,
                None => self.writes.push(write),
            }
        }
        self.deltas.extend(deltas);
        self.events.extend(events);
        self.search.extend(search);
    }
}

/// Tells whether two records are one thing, of those that are written more than once in their lives.
fn same(one: &Record, other: &Record) -> bool {
    match (one, other) {
        (Record::Ticket(one), Record::Ticket(other)) => one.id == other.id,
        (Record::Conversation(one), Record::Conversation(other)) => one.id == other.id,
        (Record::Message(one), Record::Message(other)) => one.id == other.id,
        (Record::Offer(one), Record::Offer(other)) => one.id == other.id,
        (Record::Customer(one), Record::Customer(other)) => one.id == other.id,
        (Record::Agent(one), Record::Agent(other)) => one.id == other.id,
        (Record::AgentState(one), Record::AgentState(other)) => one.agent == other.agent,
        _ => false,
    }
}

/// A record and what must stand in its place now.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The record as it shall be.
    pub record: Record,
    /// What must stand there.
    pub expect: Expect,
}

/// What a write demands of what is stored. There is deliberately no blind overwrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing stands there.
    Absent,
    /// The record stands there at this [`revision`](Record::revision). The new one may carry the same revision,
    /// when only what is derived has changed.
    Revision(u64),
}

/// A counter's change that commutes with others and conflicts with no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delta {
    /// Adds to an agent's load. It never falls below zero.
    Load {
        /// Whose.
        agent: AgentId,
        /// Of which kind of work.
        kind: WorkKind,
        /// How much; negative frees.
        change: i32,
        /// The load after it, and after the set's deltas before it, may not pass this; `None` lets it.
        at_most: Option<u32>,
    },
    /// Adds one to how often a document was used: a macro, a team by those who join or leave it, or
    /// [`CONFIGURATION`](DocumentId::CONFIGURATION) by what is decided on other documents. Whether there is such a document
    /// is not asked.
    Used {
        /// Which.
        document: DocumentId,
    },
    /// Moves nothing: holds the set to a document's newest version and to how often it was used, as both stand before the
    /// set. Else it is a conflict.
    UsedSoFar {
        /// Which.
        document: DocumentId,
        /// Its newest version; 0 where there is none.
        version: u64,
        /// How often it was used.
        uses: u64,
    },
    /// Moves the instant at which an agent was last given work, forwards only.
    LastAssigned {
        /// Whose.
        agent: AgentId,
        /// When.
        at: Timestamp,
    },
}

/// Right to act under a lease: a number that grows with each change of holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The lease.
    pub name: String,
    /// The number.
    pub token: u64,
}

/// What a command left behind, so that repeating it answers the same and does nothing.
///
/// Keys hold their own scope (actor, route, client key, or inbox and message id); the store only compares them. It
/// honours a receipt for as long as it holds it: a commit reads no clock, and throwing expired ones away is
/// housekeeping.
/// The reply holds a status and ids, never a body or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The key, unique in the tenant; at most 255 bytes.
    pub key: String,
    /// Keyed digest of the command, to tell another command under the same key.
    pub digest: [u8; 32],
    /// What the first command answered, as JSON.
    pub reply: String,
    /// From when on it may be thrown away, and the key used anew.
    pub expires_at: Timestamp,
}

/// Words by which a ticket is found.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchEntry {
    /// The text that holds them. It has one entry, and a later one replaces it; emptying it removes the entry.
    pub text: TextId,
    /// The ticket that is found.
    pub ticket: TicketId,
    /// Customers find by public texts only.
    pub visibility: Visibility,
    /// Distinct folded words, as [`tokens`](crate::text::tokens) gives them.
    pub tokens: Vec<String>,
}

impl SearchEntry {
    /// Returns what tells one set of words from another, in any order: for a store whose index does not give back the
    /// words that it holds.
    #[must_use]
    pub fn digest(words: &[String]) -> [u8; 16] {
        let mut sorted: Vec<&String> = words.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut hasher = Sha256::new();
        for word in sorted {
            hasher.update((word.len() as u64).to_be_bytes());
            hasher.update(word.as_bytes());
        }
        let mut digest = [0; 16];
        digest.iter_mut().zip(hasher.finalize()).for_each(|(byte, hashed)| *byte = hashed);
        digest
    }
}

impl std::fmt::Debug for SearchEntry {
    /// Prints no words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchEntry")
            .field("text", &self.text)
            .field("ticket", &self.ticket)
            .field("visibility", &self.visibility)
            .finish_non_exhaustive()
    }
}

/// How a change set ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is durable.
    Committed,
    /// The receipt's key was held: this is what the first command left. Nothing was written.
    Repeated(Receipt),
    /// The lease has another holder by now. Nothing was written.
    Fenced,
    /// A record is not as expected, or a ticket, text or agent's state that must be there is not. Nothing was
    /// written.
    Conflict(EntityKind),
    /// A value is held by another record. Nothing was written.
    Taken {
        /// Which kind of record.
        entity: EntityKind,
        /// Which field, as on the wire.
        field: &'static str,
    },
    /// An agent has no room. Nothing was written.
    Full(AgentId),
}

impl Outcome {
    /// Says what the outcome of a prepared use-case means to the host that commits it: written, or why not.
    ///
    /// # Errors
    /// `Busy` where others were faster: preparing it again may help. `Invalid` where another record holds a value;
    /// who made that one a moment ago may have made what was wanted, and preparing it again finds it.
    /// `IdempotencyMismatch` where the key of its receipt was held.
    pub fn written(&self) -> Result<(), Error> {
        match self {
            Self::Committed => Ok(()),
            Self::Repeated(_) => Err(Error::IdempotencyMismatch),
            Self::Conflict(entity) => Err(Error::Busy(*entity)),
            Self::Taken { field, .. } => Err(Error::invalid(*field, "is taken")),
            Self::Full(_) => Err(Error::Busy(EntityKind::Agent)),
            // Who holds the lease now does this work.
            Self::Fenced => Err(Error::Busy(EntityKind::Ticket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::build::{a_note, a_receipt, a_state};
    use crate::testkit::full::full_ticket;

    #[test]
    fn a_set_that_takes_another_in_writes_each_record_once_and_forgets_nothing() {
        let (ticket, text) = (full_ticket(), a_note(1));
        let tenant = TenantId::SINGLE;
        let mut first = ChangeSet::new(tenant);
        first.insert(ticket.clone());
        let mut later = ticket.clone();
        later.stream_seq += 1;
        let fence = Fence { name: "worker".into(), token: 3 };
        let search = SearchEntry {
            text: text.id,
            ticket: ticket.id,
            visibility: Visibility::Internal,
            tokens: vec!["zebra".into()],
        };
        let mut second = ChangeSet::new(tenant);
        second.receipt = Some(a_receipt("once"));
        second.fence = Some(fence.clone());
        second.replace(ticket.stream_seq, later.clone());
        second.insert(text.clone());
        second.deltas.push(Delta::LastAssigned { agent: a_state(1).agent, at: ticket.created_at });
        second.search.push(search);
        let mut expected = second.clone();
        expected.writes = vec![
            Write { record: later.into(), expect: Expect::Absent },
            Write { record: text.into(), expect: Expect::Absent },
        ];
        first.absorb(second);
        assert_eq!(first, expected);
    }

    #[test]
    fn a_check_that_a_set_takes_in_undoes_no_change() {
        let state = a_state(1);
        let mut changed = state.clone();
        changed.version += 1;
        let mut first = ChangeSet::new(TenantId::SINGLE);
        first.replace(state.version, changed);
        let mut check = ChangeSet::new(TenantId::SINGLE);
        check.replace(state.version, state);
        let expected = first.clone();
        first.absorb(check);
        assert_eq!(first, expected);
    }
}
