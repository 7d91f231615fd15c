//! What the desk does by itself: rules that wait for something to happen, or for time to pass, look at a ticket and
//! act on it.
//!
//! An [`AutomationSpec`] has a trigger, a [`Condition`] and [`Action`]s. When something happens to a ticket, all rules
//! that it wakes are evaluated on one snapshot, in their order; where two want different things, the first has its
//! way and the other is told so. What they do may wake further rules, in the same commit, a bounded number of times;
//! a rule acts once in a commit, so that no loop goes on, and one that is cut is told. Every change names its rule as
//! its actor, and `automation.applied` names the version.
//!
//! A rule about time has an instant on each ticket, which is part of the ticket's one `wake_at`. It acts once from
//! each moment that it counts from.

pub mod action;
pub mod analysis;
mod compiled;
mod condition;
mod evaluate;
mod field;
#[cfg(test)]
pub(crate) mod laws;
mod reads;
mod rule;
mod trace;

pub use action::{Action, ActionTexts, PlainValue, Recipient, RequiredSkill, SetField, check_all};
pub use compiled::{MessageFacts, Occasion, Snapshot, Was};
pub use condition::{Condition, Op, Test, Value};
pub use evaluate::{Automations, DEPTH_LIMIT, Due, Guard, Rule, Triggers};
pub use field::{Field, UnknownField};
pub(crate) use reads::Reads;
pub use rule::{AutomationSpec, MAX_ACTIVE, Moment, On, Since, Timer, Trigger};
pub use trace::{Failure, Overruled, Trace};
