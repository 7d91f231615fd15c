//! What a process gives a support desk: the system's clock, random ids, and the worker.
//!
//! The core reads no clock and has no randomness, so that it can be tested, replayed and simulated. This crate is
//! the other half: [`SystemClock`] and [`RandomIds`] for production, and a [`Worker`], one thread that ticks the desk
//! when something falls due. None of it needs an async runtime.
//!
//! ```
//! use std::sync::Arc;
//! use support_core::desk::Desk;
//! use support_core::store::MemoryStore;
//! use support_runtime::{RandomIds, SystemClock, Worker};
//!
//! let desk = Desk::new(Arc::new(MemoryStore::new()), Arc::new(SystemClock), Arc::new(RandomIds::new()?));
//! let worker = Worker::start(desk)?;
//! worker.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod ids;
mod limit;
mod worker;

pub use clock::SystemClock;
pub use ids::{NoRandomness, RandomIds};
pub use limit::Within;
pub use worker::{Worker, WorkerState};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
