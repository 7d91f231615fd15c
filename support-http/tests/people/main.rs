//! Sign-in, people and configuration over HTTP, against a whole desk.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by panicking"
)]

mod agents;
mod answers;
mod automations;
mod bodies;
mod customers;
mod document;
mod matrix;
mod nulls;
mod policies;
mod previews;
mod rules;
mod schema;
mod service;
mod settings;
mod sign_in;
mod teams;
mod world;
