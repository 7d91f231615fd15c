//! Who gets which work, in which order, and why.
//!
//! The [`Queue`] ranks waiting work by its score; the [`Roster`] knows the agents; [`plan`] gives each piece of work,
//! in order, to the agent whom the team's strategy prefers among those [eligible](failures), and records why. All of
//! it is pure: the desk loads, plans, and commits each placement under the agent's limit.

mod eligible;
mod offer;
mod plan;
mod queue;
mod turns;
mod waiting;
mod why;

pub use eligible::{Job, Roster, Seat, failures};
pub use offer::{Offer, OfferState};
pub(crate) use plan::serving;
pub use plan::{Placement, place, plan};
pub(crate) use queue::Best;
pub use queue::{Queue, QueueDepth, Ranked};
pub use waiting::Waiting;
pub use why::{AssignHow, Candidate, Refused, Strategy, Why};
