//! What the desk does by itself.

pub mod action;

pub use action::{Action, PlainValue, Recipient, RequiredSkill, SetField};
