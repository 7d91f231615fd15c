//! What a rule saw, and why it matched or not.

use serde::{Deserialize, Serialize};

use crate::id::DocumentId;
use crate::sla::ConfigRef;

use super::field::Field;

/// How a rule looked at a ticket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The rule, with the version that looked.
    pub automation: ConfigRef,
    /// Whether it matched.
    pub matched: bool,
    /// Why not: the first test that failed. Nothing where it matched, or where its trigger had not come.
    pub failure: Option<Failure>,
}

/// An action that a rule before had decided otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overruled {
    /// The action, by its place in the rule.
    pub action: u16,
    /// The rule that had its way.
    pub by: DocumentId,
}

/// A test because of which a condition does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Where it stands, such as `condition.all[1]`.
    pub path: String,
    /// The field; nothing where an empty list is why.
    pub field: Option<Field>,
    /// The value that it saw; `null` where there was none.
    pub saw: serde_json::Value,
}
