//! Typed identities and the references that people read out.
//!
//! Every aggregate has its own id type, so that a customer's id cannot stand where an agent's belongs. Ids are
//! UUIDv7 (RFC 9562): they sort by creation, which keeps indexes local. They are minted by an [`Ids`] source that
//! the host plugs in, because the core has no randomness of its own; tests plug in a counter and get the same ids
//! in every run.
//!
//! ```
//! use support_core::id::{Reference, TicketId};
//!
//! let id: TicketId = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
//! assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
//!
//! let reference = Reference::from_random(0x0123_4567_89ab_cdef);
//! assert_eq!(reference.to_string().len(), 14);
//! assert_eq!(reference.to_string().to_lowercase().parse::<Reference>()?, reference);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Source of identities and of secrets, plugged in by the host.
///
/// `support-runtime` holds the one for production (the operating system's randomness); the testkit holds a counter.
pub trait Ids: fmt::Debug + Send + Sync + 'static {
    /// Mints a UUIDv7 whose time part is `now`. Two calls never return the same value.
    fn mint(&self, now: Timestamp) -> Uuid;

    /// Returns 256 random bits, fit to be a token or a key.
    fn secret(&self) -> [u8; 32];
}

/// The text is not a UUID in its usual hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a uuid")]
pub struct ParseIdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name this kind of thing.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Mints a new id at `now`.
            pub fn mint(ids: &dyn Ids, now: Timestamp) -> Self {
                Self(ids.mint(now))
            }

            /// Returns the plain UUID, for columns and for hosts.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                // Only the hyphenated form: the braced and urn forms that `uuid` also reads would give one thing
                // several spellings in caches, logs and idempotency scopes.
                if text.len() != 36 {
                    return Err(ParseIdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    )*};
}

ids! {
    /// Identity of a tenant: the wall between companies on one desk.
    TenantId;
    /// Identity of a ticket.
    TicketId;
    /// Identity of a conversation, a thread of messages on one channel.
    ConversationId;
    /// Identity of a message.
    MessageId;
    /// Identity of one immutable revision of a personal text.
    TextId;
    /// Identity of an assignment record.
    AssignmentId;
    /// Identity of an offer of work to an agent.
    OfferId;
    /// Identity of a customer.
    CustomerId;
    /// Identity of an agent.
    AgentId;
    /// Identity of a team.
    TeamId;
    /// Identity of an inbox, where a channel's messages arrive.
    InboxId;
    /// Identity of a brand, a face inside a tenant.
    BrandId;
    /// Identity of an event.
    EventId;
    /// Identity of an outbox row.
    OutboxId;
    /// Identity of a configuration document (policy, calendar, rule, team, settings, …).
    DocumentId;
    /// Identity of a signed-in session, the thing that a refresh token continues.
    SessionId;
}

impl TenantId {
    /// The tenant of a desk that has just one.
    pub const SINGLE: Self = Self(Uuid::from_u128(1));
}

impl DocumentId {
    /// The document that holds a tenant's settings.
    pub const SETTINGS: Self = Self(Uuid::from_u128(2));
    /// The document that says how a tenant masks texts.
    pub const MASKING: Self = Self(Uuid::from_u128(3));
    /// No document: its uses count what was decided on other documents of the configuration, so that nothing of that
    /// kind is decided twice at one moment.
    pub const CONFIGURATION: Self = Self(Uuid::from_u128(4));
}

impl TeamId {
    /// The team that always exists: it gets what no other team gets, and agents without a team serve it.
    pub const DEFAULT: Self = Self(Uuid::from_u128(1));
}

/// Letters of Crockford's base 32: no I, L, O or U, so that a reference survives being read out.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Reference of a ticket for people: `7ZQK-2M9D-XH4T`, 60 random bits.
///
/// Unguessable, so that a reference in a subject line lets nobody walk through the neighbours' tickets. Lower case
/// and the usual misreadings (`O`, `I`, `L`) are accepted when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(u64);

impl Reference {
    /// Makes a reference of the lower 60 bits of `random`.
    #[must_use]
    pub const fn from_random(random: u64) -> Self {
        Self(random & ((1 << 60) - 1))
    }

    /// Mints a reference from the host's source.
    pub fn mint(ids: &dyn Ids) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = ids.secret();
        Self::from_random(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Returns the 60 bits, for a column.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"0000-0000-0000";
        let mut bits = self.0;
        for place in text.iter_mut().rev().filter(|place| **place != b'-') {
            *place = CROCKFORD.get(bits as usize & 31).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The text is not a ticket reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ticket reference")]
pub struct ParseReferenceError;

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, ParseReferenceError> {
        let mut bits = 0_u64;
        let mut letters = 0;
        for letter in text.bytes().filter(|&b| b != b'-') {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let value = CROCKFORD.iter().position(|&c| c == letter).ok_or(ParseReferenceError)?;
            letters += 1;
            if letters > 12 {
                return Err(ParseReferenceError);
            }
            bits = bits << 5 | value as u64;
        }
        if letters == 12 { Ok(Self(bits)) } else { Err(ParseReferenceError) }
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_plain_and_debugs_with_its_kind() {
        let id = TicketId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "00000000-0000-0000-0000-000000000007");
        assert_eq!(format!("{id:?}"), "TicketId(00000000-0000-0000-0000-000000000007)");
    }

    #[test]
    fn only_the_hyphenated_spelling_is_read() {
        for other in ["urn:uuid:00000000-0000-0000-0000-000000000007", "00000000000000000000000000000007", ""]
        {
            assert_eq!(other.parse::<TicketId>(), Err(ParseIdError), "{other}");
        }
    }

    #[test]
    fn a_reference_survives_being_read_out() {
        let reference = Reference::from_random(0x0fed_cba9_8765_4321);
        let printed = reference.to_string();
        assert_eq!(printed.parse(), Ok(reference));
        let misread: String = printed.to_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(misread.parse(), Ok(reference));
        assert_eq!("7ZQK-2M9D".parse::<Reference>(), Err(ParseReferenceError));
        assert_eq!("7ZQK-2M9D-XH4TU".parse::<Reference>(), Err(ParseReferenceError));
    }
}
