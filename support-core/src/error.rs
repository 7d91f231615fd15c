//! What can go wrong with a use-case, in terms of what the caller does next.

use std::fmt;

use crate::people::Permission;
use crate::store::StoreError;

/// Longest name, in characters.
const NAME_LIMIT: usize = 200;

/// A field of a command that cannot be accepted, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// Path of the field as on the wire, such as `custom_fields.colour` or `tags[2]`.
    pub field: String,
    /// What is wrong with it, in lower case; never repeats what was sent.
    pub problem: String,
}

impl FieldProblem {
    /// Names a field and its problem.
    pub fn new(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { field: field.into(), problem: problem.to_string() }
    }

    /// Says what is wrong with the `name` of a person or of something configured.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let blank = crate::text::is_blank(name);
        let wrong = blank || name.chars().nth(NAME_LIMIT).is_some() || name.chars().any(char::is_control);
        wrong.then(|| {
            Self::new("name", format!("must be 1 to {NAME_LIMIT} characters without control characters"))
        })
    }
}

/// Kind of thing that a command named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A ticket.
    Ticket,
    /// A conversation of a ticket.
    Conversation,
    /// A message of a conversation.
    Message,
    /// A revision of a personal text.
    Text,
    /// An assignment record.
    Assignment,
    /// An offer of work.
    Offer,
    /// A customer.
    Customer,
    /// An agent.
    Agent,
    /// A configuration document.
    Document,
    /// A login or a signed-in session.
    Login,
    /// A row of the outbox.
    Outbox,
    /// A journey, or what a customer has begun of one.
    Journey,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ticket => "ticket",
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::Text => "text",
            Self::Assignment => "assignment",
            Self::Offer => "offer",
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Document => "document",
            Self::Login => "login",
            Self::Outbox => "outbox row",
            Self::Journey => "journey",
        })
    }
}

/// A rule of the desk that said no. `code` is stable and goes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable name of the rule, such as `ticket_closed`.
    pub code: &'static str,
    /// The reason for people, in lower case.
    pub reason: String,
}

impl Refusal {
    /// Names the rule that refused, and says why.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// Why a use-case did not happen. Nothing was written.
///
/// Not `non_exhaustive` on purpose: a new way to fail must stop the build of every adapter that translates it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing does not exist, or is outside the caller's scope; the two are never told apart.
    #[error("{0} not found")]
    NotFound(EntityKind),
    /// The thing was there for the caller and is so no more, and will not be again.
    #[error("the {0} is there no more")]
    Gone(EntityKind),
    /// The thing is visible, and the right to do this to it is missing.
    #[error("the permission `{0}` is missing")]
    Forbidden(Permission),
    /// Fields of the command cannot be accepted; all of them are named.
    #[error("{}", problems(.0))]
    Invalid(Vec<FieldProblem>),
    /// A rule of the desk said no.
    #[error("{}", .0.reason)]
    Refused(Refusal),
    /// The caller named a version (`If-Match`) that is not the present one.
    #[error("the {entity} is at version {found}, not {expected}")]
    Stale {
        /// What was to be changed.
        entity: EntityKind,
        /// The version that the caller named.
        expected: u64,
        /// The present version.
        found: u64,
    },
    /// Others changed the same thing, again and again, while this was being decided. Trying again may help.
    #[error("the {0} is being changed by others")]
    Busy(EntityKind),
    /// The idempotency key was used for another command.
    #[error("the idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The store could not do its part.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Error {
    /// Makes an `Invalid` of one field.
    pub fn invalid(field: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, problem)])
    }

    /// Makes a `Refused`.
    pub fn refused(code: &'static str, reason: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, reason))
    }

    /// Names the fields as parts of another.
    pub(crate) fn within(self, path: &str) -> Self {
        let Self::Invalid(problems) = self else { return self };
        let inside = |p: FieldProblem| FieldProblem::new(format!("{path}.{}", p.field), p.problem);
        Self::Invalid(problems.into_iter().map(inside).collect())
    }

    /// Tells whether the same command may succeed when it is sent again unchanged.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Store(error) => error.is_retryable(),
            Self::NotFound(_)
            | Self::Gone(_)
            | Self::Forbidden(_)
            | Self::Invalid(_)
            | Self::Refused(_)
            | Self::Stale { .. }
            | Self::IdempotencyMismatch => false,
        }
    }
}

fn problems(fields: &[FieldProblem]) -> String {
    fields.iter().map(|p| format!("`{}` {}", p.field, p.problem)).collect::<Vec<_>>().join("; ")
}
