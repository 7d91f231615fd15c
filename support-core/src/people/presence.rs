//! Whether an agent is there.

use crate::wire::wire_enum;

wire_enum! {
    /// What an agent says of being there. `online` is accepted for `available`.
    Presence {
        /// Takes new work.
        Available = "available" | "online",
        /// Keeps what they have and gets nothing new.
        Busy = "busy",
        /// Not at the desk: gets nothing, and open offers are withdrawn.
        Away = "away",
        /// Not signed in.
        Offline = "offline",
    }
}
