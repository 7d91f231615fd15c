//! The domain of a customer-support desk, without I/O.

pub mod id;
pub mod masking;
pub mod time;
