//! Who gets which work, in which order, and why.

mod waiting;
mod why;

pub use waiting::Waiting;
pub use why::{AssignHow, Candidate, Refused, Strategy, Why};
