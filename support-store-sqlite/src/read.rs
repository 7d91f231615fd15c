//! Reads: what a scope sees, on a reader's connection, in one transaction.

pub(crate) mod identify;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod log;
mod merge;
mod partition;
mod prefilter;
mod related;
mod sight;
#[cfg(test)]
mod tests;
pub(crate) mod tickets;
mod words;
pub(crate) mod work;
