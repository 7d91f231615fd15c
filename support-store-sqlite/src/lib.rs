//! x
mod commit;
mod config;
mod connection;
mod error;
mod housekeeper;
mod lock;
mod pool;
mod read;
mod row;
mod schema;
mod store;
mod writer;

pub use config::{Durability, SqliteConfig};
pub use store::{SqliteStore, Stats};

pub use rusqlite;
