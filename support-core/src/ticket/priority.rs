//! How important a ticket is.

use crate::wire::wire_enum;

wire_enum! {
    /// Four levels. `medium` is accepted for `normal`.
    #[derive(Default)]
    Priority {
        /// Can wait.
        Low = "low",
        /// The usual.
        #[default]
        Normal = "normal" | "medium",
        /// Before the usual.
        High = "high",
        /// Before all.
        Urgent = "urgent",
    }
}

impl Priority {
    /// Returns the level as a number, from 0 for `Low`.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// Returns the next higher level, or `Urgent` itself.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Normal,
            Self::Normal => Self::High,
            Self::High | Self::Urgent => Self::Urgent,
        }
    }
}
