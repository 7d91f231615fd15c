//! Short words that the desk's people choose: tags, categories, skills, field keys, resolution codes.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest label, in characters.
pub const LABEL_LIMIT: usize = 64;

/// A short name of something configured: 1–64 characters, trimmed, without control characters.
///
/// Labels stand in events and columns as they are, so they are for words such as `delivery_delay`, never for what
/// a customer wrote.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Label(Box<str>);

impl Label {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text cannot be a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters without control characters")]
pub struct LabelError;

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LABEL_LIMIT || text.chars().any(char::is_control) {
            return Err(LabelError);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for Label {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Label {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

/// Longest identifier of a foreign system, in bytes.
pub const FOREIGN_ID_LIMIT: usize = 128;

/// Identity that another system gave: an order number, a host's user id, a message id of a channel.
///
/// 1–128 printable ASCII characters without spaces, so that it can stand in events and indexes and never carries
/// free text. Compared byte by byte.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ForeignId(Box<str>);

impl ForeignId {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text cannot be an identifier of a foreign system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 printable ASCII characters without spaces")]
pub struct ForeignIdError;

impl FromStr for ForeignId {
    type Err = ForeignIdError;

    fn from_str(text: &str) -> Result<Self, ForeignIdError> {
        if text.is_empty() || text.len() > FOREIGN_ID_LIMIT || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ForeignIdError);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for ForeignId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_trimmed_and_bounded() {
        assert_eq!(" vip ".parse::<Label>().unwrap().as_str(), "vip");
        for bad in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Label>(), Err(LabelError), "{bad:?}");
        }
    }

    #[test]
    fn a_foreign_id_holds_no_free_text() {
        assert!("KC-48812".parse::<ForeignId>().is_ok());
        for bad in ["", "two words", "zażółć", &"x".repeat(129)] {
            assert_eq!(bad.parse::<ForeignId>(), Err(ForeignIdError), "{bad:?}");
        }
    }
}
