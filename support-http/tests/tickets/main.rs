//! Tickets over HTTP, as staff and customers meet them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by panicking"
)]

mod changing;
mod crossing;
mod dialect;
mod document;
mod feed;
mod insight;
mod journeys;
mod listing;
mod macros;
mod maps;
mod messages;
mod needs;
mod opening;
mod rights;
mod story;
mod unseen;
mod world;
