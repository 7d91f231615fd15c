//! The ticket: what a customer asked, and what became of it.

pub mod priority;
