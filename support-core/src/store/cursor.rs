//! Places in the log and in lists, opaque to callers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A place in a tenant's log. Callers keep it, compare it for equality and hand it back; they never count with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// The place before the first event.
    #[must_use]
    pub fn start() -> Self {
        Self("".into())
    }

    /// The place after the newest event, whatever that is when it is read: reading after it answers no event, and
    /// where the log ends now.
    #[must_use]
    pub fn end() -> Self {
        Self("end".into())
    }

    /// Wraps a store's own notation, or what a client handed back.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the store's notation; empty at the start.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a sorted list: the sort key and the id of the last item seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageCursor {
    /// Sort key: microseconds or a sequence.
    pub key: i64,
    /// Breaks ties.
    pub id: Uuid,
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:032x}", self.key, self.id.as_u128())
    }
}

/// The text is not a place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that this list gave")]
pub struct ParsePageCursorError;

impl FromStr for PageCursor {
    type Err = ParsePageCursorError;

    fn from_str(text: &str) -> Result<Self, ParsePageCursorError> {
        let sound = text.len() == 48 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let (key, id) = text.split_at_checked(16).filter(|_| sound).ok_or(ParsePageCursorError)?;
        let key = u64::from_str_radix(key, 16).map_err(|_| ParsePageCursorError)?;
        let id = u128::from_str_radix(id, 16).map_err(|_| ParsePageCursorError)?;
        Ok(Self { key: key.cast_signed(), id: Uuid::from_u128(id) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_cursor_reads_as_it_prints() {
        for key in [i64::MIN, -1, 0, i64::MAX] {
            let cursor = PageCursor { key, id: Uuid::from_u128(u128::MAX - 5) };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "12", &"g".repeat(48), &"é".repeat(24)] {
            assert_eq!(bad.parse::<PageCursor>(), Err(ParsePageCursorError));
        }
    }
}
