//! How soon a ticket wants attention.
//!
//! ```
//! use support_core::ticket::priority::Priority;
//!
//! assert!(Priority::Urgent > Priority::High);
//! assert_eq!("medium".parse(), Ok(Priority::Normal));
//! assert_eq!(Priority::Normal.to_string(), "normal");
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How soon a ticket wants attention: low < normal < high < urgent.
///
/// Prints as `low`, `normal`, `high` or `urgent`; reads these and `medium`, another desk's word for `normal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual case, and the default.
    #[default]
    #[serde(alias = "medium")]
    Normal,
    /// Before the usual case.
    High,
    /// Before everything else, all else equal.
    Urgent,
}

impl Priority {
    /// All priorities, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// Returns the number of priorities below this one, 0…3.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
            Self::Urgent => 3,
        }
    }

    /// Returns the name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a priority: `low`, `normal`, `high` or `urgent`")]
pub struct ParsePriorityError;

impl FromStr for Priority {
    type Err = ParsePriorityError;

    fn from_str(text: &str) -> Result<Self, ParsePriorityError> {
        match text {
            "low" => Ok(Self::Low),
            "normal" | "medium" => Ok(Self::Normal),
            "high" => Ok(Self::High),
            "urgent" => Ok(Self::Urgent),
            _ => Err(ParsePriorityError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_is_read_as_it_is_printed_and_ordered_by_rank() {
        for (rank, priority) in (0_u8..).zip(Priority::ALL) {
            assert_eq!(priority.rank(), rank);
            assert_eq!(priority.to_string().parse(), Ok(priority));
            let json = serde_json::to_string(&priority).unwrap();
            assert_eq!(json, format!("\"{priority}\""));
            assert_eq!(serde_json::from_str::<Priority>(&json).unwrap(), priority);
        }
        assert!(Priority::ALL.is_sorted());
    }

    #[test]
    fn medium_is_accepted_as_normal() {
        assert_eq!("medium".parse(), Ok(Priority::Normal));
        assert_eq!(serde_json::from_str::<Priority>("\"medium\"").unwrap(), Priority::Normal);
        assert_eq!("Medium".parse::<Priority>(), Err(ParsePriorityError));
        assert_eq!("".parse::<Priority>(), Err(ParsePriorityError));
    }
}
