//! The domain of a customer-support desk, without I/O.

mod wire;

pub mod automation;
pub mod config;
pub mod conversation;
pub mod desk;
pub mod error;
pub mod event;
pub mod id;
pub mod insight;
pub mod journey;
pub mod label;
pub mod macros;
pub mod masking;
pub mod people;
pub mod routing;
pub mod scoring;
pub mod sla;
pub mod store;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod text;
pub mod ticket;
pub mod time;

pub use error::Error;
pub use wire::UnknownValue;
