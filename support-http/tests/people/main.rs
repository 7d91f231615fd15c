//! Sign-in, people and configuration over HTTP, against a whole desk.

mod agents;
mod customers;
mod document;
mod previews;
mod rules;
mod settings;
mod sign_in;
mod teams;
mod world;
