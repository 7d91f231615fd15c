//! What can be found in a text, and a finding.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The kind of personal data that a detector finds.
///
/// On the wire a kind is its name in snake case (`card`, `one_time_code`); a tenant's own pattern is
/// `custom:` and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A payment card number.
    Card,
    /// An international bank account number.
    Iban,
    /// A US social security number, whole or its last four digits.
    Ssn,
    /// A bank account number, known by the words around it.
    Account,
    /// A PIN or a card's verification value, known by the words around it.
    Pin,
    /// A one-time code, known by the words around it.
    OneTimeCode,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
    /// A match of a tenant's own pattern, by the pattern's name.
    Custom(Arc<str>),
}

/// Decides where a kind of data is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Masked before it is stored: nobody at the desk needs it.
    Identifier,
    /// Kept in the conversation, where people need it, and masked in what leaves the desk.
    Contact,
}

impl Kind {
    /// The kinds that have a detector of their own, in the order in which they are documented.
    pub const BUILT_IN: [Self; 9] = [
        Self::Card,
        Self::Iban,
        Self::Ssn,
        Self::Account,
        Self::Pin,
        Self::OneTimeCode,
        Self::Email,
        Self::Phone,
        Self::Address,
    ];

    /// Tells whether this is an identifier or contact data. A custom pattern finds identifiers.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Card
            | Self::Iban
            | Self::Ssn
            | Self::Account
            | Self::Pin
            | Self::OneTimeCode
            | Self::Custom(_) => Class::Identifier,
            Self::Email | Self::Phone | Self::Address => Class::Contact,
        }
    }

    /// Returns the bare name: `card`, or the custom pattern's own name. It stands in a type tag.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Account => "account",
            Self::Pin => "pin",
            Self::OneTimeCode => "one_time_code",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Custom(name) => name,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom(_) = self {
            f.write_str("custom:")?;
        }
        f.write_str(self.name())
    }
}

/// The text names no kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of personal data")]
pub struct ParseKindError;

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(text: &str) -> Result<Self, ParseKindError> {
        if let Some(name) = text.strip_prefix("custom:") {
            return Ok(Self::Custom(name.into()));
        }
        Self::BUILT_IN.into_iter().find(|kind| kind.name() == text).ok_or(ParseKindError)
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom(format_args!("`{text}` is no kind of personal data")))
    }
}

/// One piece of personal data in a text: what, where and why it was taken for that.
///
/// It never holds the data itself, so it may be stored and logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub kind: Kind,
    /// Where it begins, in characters (Unicode scalar values) of the unmasked text.
    pub start: u32,
    /// Where it ends, exclusive, in characters of the unmasked text.
    pub end: u32,
    /// The reason, short and stable: `luhn_valid_visa`, `after_request_for_pin`.
    pub why: Cow<'static, str>,
}

/// Where a mask stands in a masked text, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskSpan {
    /// What was found there.
    pub kind: Kind,
    /// Where the mask begins, in bytes of the masked text.
    pub start: u32,
    /// Where it ends, exclusive, in bytes of the masked text.
    pub end: u32,
}

/// A set of built-in kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) fn with(self, kind: &Kind) -> Self {
        Self(self.0 | Self::bit(kind))
    }

    pub(super) fn without(self, kind: &Kind) -> Self {
        Self(self.0 & !Self::bit(kind))
    }

    /// Whether the set holds `kind`; a custom kind is in every set.
    pub(super) fn has(self, kind: &Kind) -> bool {
        matches!(kind, Kind::Custom(_)) || self.0 & Self::bit(kind) != 0
    }

    fn bit(kind: &Kind) -> u16 {
        match kind {
            Kind::Card => 1,
            Kind::Iban => 1 << 1,
            Kind::Ssn => 1 << 2,
            Kind::Account => 1 << 3,
            Kind::Pin => 1 << 4,
            Kind::OneTimeCode => 1 << 5,
            Kind::Email => 1 << 6,
            Kind::Phone => 1 << 7,
            Kind::Address => 1 << 8,
            Kind::Custom(_) => 0,
        }
    }
}

impl<'a> FromIterator<&'a Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = &'a Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::default(), Self::with)
    }
}

/// A finding in the folded text, before its place in the real text is known.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) why: &'static str,
}
