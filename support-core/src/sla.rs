//! Service levels: policies, business calendars, timers and the time ledger.

pub mod ledger;

pub use ledger::{Applied, ConfigRef, EndReason, Ledger, Metric, PauseReason, Segment, SlaTimer, Target};
pub use ledger::{TimerMove, TimerState};
