//! Reads: what a scope sees, on a reader's connection, in one transaction.

pub(crate) mod identify;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod log;
mod merge;
mod partition;
#[cfg(test)]
mod plans;
mod prefilter;
mod related;
mod sight;
pub(crate) mod tickets;
mod words;
pub(crate) mod work;
