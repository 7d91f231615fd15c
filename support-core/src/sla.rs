//! Service levels: when a promise to a customer falls due.
//!
//! Everything here is a pure function of its arguments. [`calendar`] answers the question below all others: how much
//! working time lies between two instants, and at which instant a given amount of it has passed.
//!
//! ```
//! use support_core::sla::calendar::{Calendar, Pauses};
//!
//! let start = "2026-03-01T12:00:00Z".parse()?;
//! let due = Calendar::always().due(start, 3_600, &Pauses::none());
//! assert_eq!(due, Some("2026-03-01T13:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod calendar;
