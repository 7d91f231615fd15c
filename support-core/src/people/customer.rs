//! Customers and the addresses by which channels know them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::label::{ForeignId, Label};
use crate::time::Timestamp;
use crate::wire::wire_enum;

wire_enum! {
    /// Kind of a channel address.
    AddressKind {
        /// An e-mail address, compared without case.
        Email = "email",
        /// A phone number, compared by its digits.
        Phone = "phone",
        /// A WhatsApp number, compared by its digits.
        Whatsapp = "whatsapp",
        /// A name that the host's own channel gives.
        Other = "other",
    }
}

/// One address of a customer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What kind of address.
    pub kind: AddressKind,
    /// The address, in its normal form (see [`normalize_address`]).
    pub value: String,
    /// Whether the customer has proved to own it. Only verified addresses identify.
    pub verified: bool,
    /// Whether it is the one to write to first.
    pub primary: bool,
}

impl std::fmt::Debug for Address {
    /// Prints no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address")
            .field("kind", &self.kind)
            .field("verified", &self.verified)
            .field("primary", &self.primary)
            .finish_non_exhaustive()
    }
}

/// Brings an address to the form in which it is stored and compared: e-mail in lower case, numbers as `+` and
/// digits. Returns nothing where it cannot be an address of that kind.
#[must_use]
pub fn normalize_address(kind: AddressKind, value: &str) -> Option<String> {
    let value = value.trim();
    if value.is_empty() || value.len() > 254 || value.chars().any(char::is_control) {
        return None;
    }
    match kind {
        AddressKind::Email => {
            let (local, domain) = value.rsplit_once('@')?;
            let sound = !local.is_empty()
                && !local.contains('@')
                && !value.contains(char::is_whitespace)
                && domain.split('.').all(|part| !part.is_empty())
                && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
            sound.then(|| value.to_lowercase())
        }
        AddressKind::Phone | AddressKind::Whatsapp => {
            let punctuation = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '+' | '\u{a0}');
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            let sound = value.chars().all(|c| c.is_ascii_digit() || punctuation(c))
                && value.rfind('+').is_none_or(|at| at == 0)
                && (3..=15).contains(&digits.len());
            sound.then(|| if value.starts_with('+') { format!("+{digits}") } else { digits })
        }
        AddressKind::Other => Some(value.to_owned()),
    }
}

/// Value of a free field of a customer. It stands in the customer's record alone, so erasing that erases it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CustomerFieldValue {
    /// Yes or no.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
}

impl std::fmt::Debug for CustomerFieldValue {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => f.debug_tuple("Flag").field(flag).finish(),
            Self::Number(number) => f.debug_tuple("Number").field(number).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

/// One whom the desk serves.
///
/// Name and addresses stand here and nowhere else: events name the fields that changed, never their values, so that
/// emptying this record erases them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Identity.
    pub id: CustomerId,
    /// Identity in the host application.
    pub external_id: Option<ForeignId>,
    /// Name; empty where unknown.
    pub name: String,
    /// Addresses, the primary one first.
    pub addresses: Vec<Address>,
    /// Tier, such as `gold`: used by policies and scores.
    pub tier: Option<Label>,
    /// Language tag, such as `de`.
    pub language: Option<Label>,
    /// IANA zone name.
    pub timezone: Option<String>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, CustomerFieldValue>,
    /// Tags, sorted.
    pub tags: Vec<Label>,
    /// Whether inbound messages are refused.
    pub blocked: bool,
    /// Counts changes of this record.
    pub version: u64,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Customer {
    /// Prints identity and version, never a name or an address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Customer {
    /// Returns the address to write to first of a kind.
    #[must_use]
    pub fn address(&self, kind: AddressKind) -> Option<&str> {
        let of_kind = || self.addresses.iter().filter(|a| a.kind == kind);
        of_kind().find(|a| a.primary).or_else(|| of_kind().next()).map(|a| a.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        let normal = |kind, value| normalize_address(kind, value);
        assert_eq!(normal(AddressKind::Email, " Ann.Lee@Example.COM "), Some("ann.lee@example.com".into()));
        assert_eq!(normal(AddressKind::Phone, "+49 (30) 123-45 67"), Some("+49301234567".into()));
        assert_eq!(normal(AddressKind::Phone, "030/123 45 67"), Some("0301234567".into()));
        for bad in ["ann", "a@b@c.d", "a b@c.d", "@c.d", "a@", "a@b..c", "a@b.c\r\nBcc: x@y.z"] {
            assert_eq!(normal(AddressKind::Email, bad), None, "{bad}");
        }
        for bad in ["", "12", "1234567890123456", "12+34567", "call me"] {
            assert_eq!(normal(AddressKind::Phone, bad), None, "{bad}");
        }
    }
}
