//! Where a ticket stands in its life.

use crate::wire::wire_enum;

wire_enum! {
    /// The states of a ticket's life.
    Status {
        /// Just opened, seen by nobody.
        New = "new",
        /// In a queue.
        Open = "open",
        /// Has an owner who has not answered yet.
        Assigned = "assigned",
        /// The owner is at it.
        InProgress = "in_progress",
        /// Waits for the customer.
        Pending = "pending",
        /// Waits for a third party.
        OnHold = "on_hold",
        /// Done, and may be reopened.
        Resolved = "resolved",
        /// Done for good.
        Closed = "closed",
    }
}

wire_enum! {
    /// The three classes of states that reports and simple clients use.
    StatusCategory {
        /// The desk owes something.
        Open = "open",
        /// Somebody else owes something.
        Pending = "pending",
        /// Nobody owes anything.
        Closed = "closed",
    }
}

impl Status {
    /// Returns the class of the state.
    #[must_use]
    pub const fn category(self) -> StatusCategory {
        match self {
            Self::New | Self::Open | Self::Assigned | Self::InProgress => StatusCategory::Open,
            Self::Pending | Self::OnHold => StatusCategory::Pending,
            Self::Resolved | Self::Closed => StatusCategory::Closed,
        }
    }
}

impl StatusCategory {
    /// Lists the states of the class.
    #[must_use]
    pub fn states(self) -> Vec<Status> {
        Status::ALL.iter().copied().filter(|status| status.category() == self).collect()
    }
}
