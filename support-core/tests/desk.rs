//! The desk's use-cases on the store in memory, on a clock that the tests own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a test may panic; the world of the tests offers more than each of them asks"
)]

#[path = "desk/world.rs"]
mod world;

#[path = "desk/main_job.rs"]
mod main_job;
