//! The hash chain that makes a tenant's log tamper-evident.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::id::TenantId;

use super::Envelope;

/// Hash of a log up to one event: SHA-256 over the hash before it and the event's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// Hash of a tenant's empty log.
    #[must_use]
    pub fn genesis(tenant: TenantId) -> Self {
        Self(Sha256::digest(tenant.uuid().as_bytes()).into())
    }

    /// Wraps stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for a column.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

/// Returns the hash after `envelope`, given the one before it and the event's JSON exactly as it is stored.
///
/// The JSON is hashed as stored bytes, not written anew, so that a later release whose types print differently
/// still verifies old logs. Every column is hashed with its length or a fixed width, so that no two events share
/// their bytes. Events hold no personal text: erasure leaves the chain whole.
#[must_use]
pub fn chain(before: &ChainHash, envelope: &Envelope, event_json: &str) -> ChainHash {
    let mut hasher = Sha256::new();
    let mut word = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    word(envelope.stream.kind());
    word(envelope.actor.kind.as_str());
    word(envelope.audience.class.as_str());
    word(event_json);
    hasher.update(before.0);
    hasher.update(envelope.id.uuid().as_bytes());
    hasher.update(envelope.stream.uuid().as_bytes());
    hasher.update(envelope.stream_seq.to_be_bytes());
    hasher.update(envelope.at.micros().to_be_bytes());
    let audience = &envelope.audience;
    for id in [
        envelope.actor.id,
        audience.customer.map(crate::id::CustomerId::uuid),
        audience.team_before.map(crate::id::TeamId::uuid),
        audience.team_after.map(crate::id::TeamId::uuid),
        audience.assignee_before.map(crate::id::AgentId::uuid),
        audience.assignee_after.map(crate::id::AgentId::uuid),
    ] {
        // The nil UUID names nobody, so an absent id needs no marker of its own.
        hasher.update(id.unwrap_or_default().as_bytes());
    }
    ChainHash(hasher.finalize().into())
}
