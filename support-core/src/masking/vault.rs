//! Tokens in place of findings, and the vault that knows what they stand for.
//!
//! Masking stays pure: it is given the tokens that it puts into a text, and hands out what each stands for as
//! [`Sealed`]. The caller gives these to a [`Vault`] before the text is stored, so that no stored text names a token
//! that nobody knows; a token whose text is never stored does no harm. A vault gives a value back only to somebody
//! who is named and says why, and writes that down first.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kind::{Finding, Kind};
use crate::id::{TenantId, TicketId};
use crate::people::ActorRef;
use crate::text::is_blank;
use crate::time::Timestamp;

/// Most characters of the reason for which a value is revealed.
pub const MAX_REASON_CHARS: usize = 500;

/// Stands for a masked value: 32 lower-case hexadecimal digits. It tells nothing about the value.
///
/// In a text it stands in brackets behind its kind: `[card:0190d3c0f1a27b3c8d4e5f6071829304]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(Uuid);

impl Serialize for Token {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

impl Token {
    /// Makes a token of an id, which is drawn for it and used for nothing else.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// Tells whether `word` is spelled as tokens are.
    pub(super) fn is_spelled(word: &[u8]) -> bool {
        word.len() == 32 && word.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// Returns the tokens that stand in a text, in order: `[kind:token]`.
pub(crate) fn tokens_in(text: &str) -> impl Iterator<Item = Token> {
    text.split(']').filter_map(|part| {
        let (_, tag) = part.rsplit_once('[')?;
        let (_, token) = tag.rsplit_once(':')?;
        token.parse().ok()
    })
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct ParseTokenError;

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let spelled = Self::is_spelled(text.as_bytes());
        Uuid::try_parse(text).ok().filter(|_| spelled).map(Self).ok_or(ParseTokenError)
    }
}

/// A value that was masked. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// Shows the value to whoever may see it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A token and what it stands for, on the way to a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What stands in the text.
    pub token: Token,
    /// What was found.
    pub finding: Finding,
    /// The value as it was written.
    pub value: Secret,
}

/// Who wants to see what a token stands for, when, and why. It is what a vault writes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// The tenant whose token it is.
    pub tenant: TenantId,
    /// The ticket in whose text it stands.
    pub ticket: TicketId,
    /// The token.
    pub token: Token,
    /// Who asks.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    reason: String,
}

impl Reveal {
    /// Asks for a value. Whether the actor has the right to is for the caller to check before.
    ///
    /// # Errors
    ///
    /// [`RevealError::Reason`] where `reason` is empty or longer than [`MAX_REASON_CHARS`].
    pub fn new(
        tenant: TenantId,
        ticket: TicketId,
        token: Token,
        by: ActorRef,
        at: Timestamp,
        reason: &str,
    ) -> Result<Self, RevealError> {
        let reason = reason.trim();
        if is_blank(reason) || reason.chars().nth(MAX_REASON_CHARS).is_some() {
            return Err(RevealError::Reason);
        }
        Ok(Self { tenant, ticket, token, by, at, reason: reason.to_owned() })
    }

    /// Why it is needed.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A value is not revealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// The reason is missing or too long.
    #[error("`reason` must have 1 to {MAX_REASON_CHARS} characters")]
    Reason,
    /// Nothing was sealed under the token for this ticket, or its value is erased.
    #[error("no such token")]
    Unknown,
    /// The vault cannot be reached, or could not write down that it was asked. Safe to repeat.
    #[error("the vault is not available")]
    Unavailable,
}

/// Keeps what tokens stand for, apart from the texts in which they stand.
///
/// A vault seals values at rest as it sees fit. A value belongs to the ticket for which it was sealed: whoever writes its
/// token into the text of another ticket, of the same tenant or not, sees nothing there, and erasing that other ticket
/// takes nothing away.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Keeps values for a ticket: all or none. Keeping the same token twice keeps the first value, for the first ticket.
    ///
    /// # Errors
    ///
    /// [`RevealError::Unavailable`]; then nothing was kept, and the text must not be stored.
    async fn keep(&self, tenant: TenantId, ticket: TicketId, sealed: &[Sealed]) -> Result<(), RevealError>;

    /// Writes down that somebody asks, then returns the kind and the value of a token.
    ///
    /// # Errors
    ///
    /// [`RevealError::Unknown`] for a token under which nothing is kept for the ticket, which is written down too;
    /// [`RevealError::Unavailable`] where it could not be written down: then nothing is revealed.
    async fn reveal(&self, ask: &Reveal) -> Result<(Kind, Secret), RevealError>;

    /// Forgets everything that was sealed for a ticket, for good: its texts are erased. It may be asked again, and for
    /// tickets for which it keeps nothing.
    ///
    /// # Errors
    ///
    /// [`RevealError::Unavailable`]; then it is asked again.
    async fn forget(&self, tenant: TenantId, ticket: TicketId) -> Result<(), RevealError>;
}
