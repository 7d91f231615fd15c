//! The one transition table.
//!
//! The desk moves tickets by itself when something happens ([`next_status`]); people move them by hand within
//! [`check_by_hand`]. Nothing else changes a status.

use crate::error::Refusal;
use crate::wire::wire_enum;

use super::{Status, StatusCategory};

wire_enum! {
    /// What moved a status.
    StatusCause {
        /// Somebody said so.
        ByHand = "by_hand",
        /// A reply carried it, or the rule of its channel.
        Reply = "reply",
        /// The customer wrote.
        CustomerMessage = "customer_message",
        /// An owner was set.
        Assigned = "assigned",
        /// The owner was removed.
        Unassigned = "unassigned",
        /// The owner began.
        OwnerMessage = "owner_message",
        /// The desk saw it for the first time.
        Queued = "queued",
        /// The window for reopening ended.
        AutoClose = "auto_close",
        /// A rule said so: an automation, or the ladder of an SLA policy.
        Rule = "rule",
        /// The customer did not answer.
        NoResponse = "no_response",
    }
}

/// Something that moves a ticket's status by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// An owner was set.
    OwnerSet,
    /// The owner was removed.
    OwnerRemoved,
    /// The customer wrote something that asks for an answer. `has_owner`: whether somebody has the ticket after it.
    CustomerMessage {
        /// Whether somebody has the ticket.
        has_owner: bool,
    },
    /// An agent wrote to the customer. `live`: in a chat or a call. `by_owner`: by the one who has it.
    AgentMessage {
        /// In a chat or a call.
        live: bool,
        /// By the owner.
        by_owner: bool,
    },
}

/// Returns the status to which `transition` moves a ticket from `from`, or nothing where it stays.
#[must_use]
pub const fn next_status(from: Status, transition: Transition) -> Option<(Status, StatusCause)> {
    use Status::{Assigned, Closed, InProgress, New, OnHold, Open, Pending, Resolved};
    match (transition, from) {
        (Transition::OwnerSet, New | Open) => Some((Assigned, StatusCause::Assigned)),
        (Transition::OwnerRemoved, Assigned | InProgress) => Some((Open, StatusCause::Unassigned)),
        (Transition::CustomerMessage { has_owner }, Pending | OnHold | Resolved) => {
            Some((if has_owner { InProgress } else { Open }, StatusCause::CustomerMessage))
        }
        // An answer on an asynchronous channel leaves the next word to the customer.
        (Transition::AgentMessage { live: false, .. }, New | Open | Assigned | InProgress) => {
            Some((Pending, StatusCause::Reply))
        }
        (Transition::AgentMessage { live: true, by_owner: true }, Assigned) => {
            Some((InProgress, StatusCause::OwnerMessage))
        }
        (
            Transition::OwnerSet
            | Transition::OwnerRemoved
            | Transition::CustomerMessage { .. }
            | Transition::AgentMessage { .. },
            New | Open | Assigned | InProgress | Pending | OnHold | Resolved | Closed,
        ) => None,
    }
}

/// Checks a move that a person asks for.
///
/// # Errors
/// The rule that refuses: nothing leaves `closed`; `assigned` and `in_progress` need an owner; `new` is where tickets
/// begin and nowhere else.
pub fn check_by_hand(from: Status, to: Status, has_owner: bool) -> Result<(), Refusal> {
    if from == Status::Closed {
        return Err(Refusal::new("ticket_closed", "the ticket is closed; a new message opens a follow-up"));
    }
    match to {
        Status::New => {
            Err(Refusal::new("status_unreachable", "a ticket is `new` only before anybody has seen it"))
        }
        Status::Assigned | Status::InProgress if !has_owner => {
            Err(Refusal::new("owner_missing", format!("`{to}` needs an owner")))
        }
        Status::Open if has_owner && from.category() == StatusCategory::Open => {
            Err(Refusal::new("owner_present", "an open ticket with an owner is `assigned` or `in_progress`"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::*;

    #[test]
    fn the_desk_moves_by_itself() {
        let table = [
            (New, Transition::OwnerSet, Some(Assigned)),
            (Open, Transition::OwnerSet, Some(Assigned)),
            (Pending, Transition::OwnerSet, None),
            (InProgress, Transition::OwnerRemoved, Some(Open)),
            (Pending, Transition::OwnerRemoved, None),
            (Pending, Transition::CustomerMessage { has_owner: true }, Some(InProgress)),
            (OnHold, Transition::CustomerMessage { has_owner: false }, Some(Open)),
            (Resolved, Transition::CustomerMessage { has_owner: true }, Some(InProgress)),
            (Assigned, Transition::CustomerMessage { has_owner: true }, None),
            (Closed, Transition::CustomerMessage { has_owner: true }, None),
            (Assigned, Transition::AgentMessage { live: false, by_owner: true }, Some(Pending)),
            (Assigned, Transition::AgentMessage { live: true, by_owner: true }, Some(InProgress)),
            (Assigned, Transition::AgentMessage { live: true, by_owner: false }, None),
            (OnHold, Transition::AgentMessage { live: false, by_owner: true }, None),
            (Resolved, Transition::AgentMessage { live: false, by_owner: true }, None),
        ];
        for (from, transition, to) in table {
            assert_eq!(next_status(from, transition).map(|(to, _)| to), to, "{from} {transition:?}");
        }
    }

    #[test]
    fn by_hand_nothing_leaves_closed_and_owners_are_needed() {
        for to in Status::ALL {
            assert!(check_by_hand(Closed, *to, true).is_err(), "{to}");
        }
        for from in [New, Open, Assigned, InProgress, Pending, OnHold, Resolved] {
            for to in [Pending, OnHold, Resolved, Closed] {
                assert!(check_by_hand(from, to, false).is_ok(), "{from} {to}");
            }
            assert_eq!(check_by_hand(from, InProgress, false).unwrap_err().code, "owner_missing");
        }
        assert!(check_by_hand(Resolved, Open, true).is_ok());
        assert_eq!(check_by_hand(Assigned, Open, true).unwrap_err().code, "owner_present");
    }
}
