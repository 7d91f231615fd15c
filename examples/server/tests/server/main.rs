//! The real program, started, asked, stopped and killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod admin;
mod crash;
mod demo;
mod process;
mod replay;
mod start;
mod stop;
