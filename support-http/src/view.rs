//! How things look on the wire. Names are those of the interface, never of a store.

pub(crate) mod agent;
pub(crate) mod event;
pub(crate) mod message;
pub(crate) mod person;
pub(crate) mod sla;
pub(crate) mod ticket;
pub(crate) mod work;
