//! The domain of a customer-support desk, without I/O.

pub mod id;
pub mod scoring;
pub mod text;
pub mod ticket;
pub mod time;
