//! The domain of a customer-support desk, without I/O.

mod wire;

pub mod conversation;
pub mod error;
pub mod event;
pub mod id;
pub mod label;
pub mod people;
pub mod routing;
pub mod sla;
pub mod store;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod ticket;
pub mod time;

pub use error::Error;
pub use wire::UnknownValue;
