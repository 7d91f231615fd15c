//! Who gets which work, in which order, and why.
//!
//! The [`Queue`] ranks waiting work by its score; the [`Roster`] knows the agents; [`plan`] gives each piece of work,
//! in order, to the agent whom the team's strategy prefers among those [eligible](failures), and records why. All of
//! it is pure: the desk loads, plans, and commits each placement under the agent's limit.

mod asks;
mod batch;
mod crew;
mod eligible;
mod flow;
mod offer;
mod place;
mod plan;
mod queue;
mod record;
mod strategy;
mod turns;
mod unblock;
mod waiting;
mod why;

pub use asks::{Asks, Fit};
pub use batch::{Appraisal, Urgencies, value};
pub use eligible::{Job, Roster, Seat, failures};
pub use offer::{Offer, OfferState};
pub use place::place;
pub(crate) use place::serving;
pub use plan::{Placement, appraise, kept_from, next_relaxation, plan};
pub(crate) use queue::Best;
pub use queue::{Queue, QueueDepth, Ranked};
pub use unblock::{Blocked, Unblock};
pub use waiting::Waiting;
pub use why::{AssignHow, Candidate, Refused, ReturnCause, Strategy, Why, Worth};
