//! Service levels: policies, business calendars, timers and the time ledger.
//!
//! Everything here is a pure function of its arguments. A [`policy`] says what is demanded of which tickets, a
//! [`calendar`] says which time counts, the [`ledger`] remembers what ran and what stood still, [`follow`] moves the
//! timers when something happens, and [`deadline`] says what follows from all of it at an instant;
//! [`attribution`] says whose time it was.
//!
//! ```
//! use support_core::sla::calendar::{Calendar, Pauses};
//!
//! let start = "2026-03-01T12:00:00Z".parse()?;
//! let due = Calendar::always().due(start, 3_600, &Pauses::none());
//! assert_eq!(due, Some("2026-03-01T13:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attribution;
pub mod calendar;
pub mod deadline;
pub mod follow;
pub mod ledger;
pub mod policy;

pub use ledger::{
    Applied, ConfigRef, EndReason, Ledger, Metric, PauseReason, Segment, SlaTimer, Stage, StepTaken, Target,
};
pub use ledger::{TimerMove, TimerState};
