//! A support desk's store in one SQLite file.
//!
//! [`SqliteStore`] implements [`Store`](support_core::store::Store). It brings its own threads and answers over
//! channels that belong to no runtime: await it on any executor. What takes microseconds, such as a record by its key,
//! it reads on the caller's own thread.
//!
//! ```
//! use support_core::id::{CustomerId, TenantId};
//! use support_core::people::Customer;
//! use support_core::store::{ChangeSet, Credential, Outcome, Store};
//! use support_store_sqlite::{SqliteConfig, SqliteStore};
//!
//! # support_core::testkit::block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("desk.db");
//! # let customer: Customer = support_core::testkit::build::a_customer(1);
//! # let id: CustomerId = customer.id;
//! let store = SqliteStore::open(&SqliteConfig::new(path))?;
//!
//! let mut set = ChangeSet::new(TenantId::SINGLE);
//! set.insert(customer);
//! assert_eq!(store.commit(&[set]).await?, [Outcome::Committed]);
//! assert!(store.identify(&Credential::Customer(TenantId::SINGLE, id)).await?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # In a host's own transaction
//!
//! The desk's tables, all named `desk_…`, may share a file with a host's. [`SqliteStore::commit_in`] writes change
//! sets on the host's connection, inside its transaction; [`SqliteStore::with_writer`] runs a transaction of the host
//! on the store's writer, where it never meets `SQLITE_BUSY`. What [`Desk::prepare`](support_core::desk::Desk::prepare)
//! decided, [`SqliteStore::write_in`] writes, and fails where others were faster.
//!
//! ```
//! use support_core::id::TenantId;
//! use support_core::store::{ChangeSet, Store, StoreError};
//! use support_store_sqlite::rusqlite::{Connection, TransactionBehavior};
//! use support_store_sqlite::{SqliteConfig, SqliteStore};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("desk.db");
//! # let set = ChangeSet::new(TenantId::SINGLE);
//! let store = SqliteStore::open(&SqliteConfig::new(&path))?;
//! let mut db = Connection::open(&path)?;
//! db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)", [])?;
//!
//! let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
//! tx.execute("INSERT INTO orders VALUES (48812)", [])?;
//! SqliteStore::commit_in(&mut tx, &[set])?;
//! tx.commit()?;
//! store.announce();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works, and why
//!
//! **One writer thread.** SQLite has one writer at a time, and a commit costs an `fsync` (about 1 ms on the disk
//! where this was measured). So one thread owns the write connection, takes every commit that waits, and runs them in
//! one transaction: while it is on its way to the disk the next one fills. On two cores that were
//! busy with other things too, one caller opened 400 to 1,100 tickets a second, 8 some 2,500 (7 a transaction) and 64
//! some 4,300 to 5,000 (57 a transaction), each with four events, two texts, a message and their search entries.
//! Nobody waits for a timer.
//!
//! **Checks before writes.** Every check of a change set is a read that comes before its first write, so no sound set
//! fails half-way and sets that share a transaction need no savepoint each. Where something unforeseen fails after
//! all, the transaction is rolled back and its sets run again, each within a savepoint: only the one at fault hears
//! of it. Callers print JSON and columns before they ask, so that the one thread binds values and no more.
//!
//! **Only what changed is written.** SQLite touches an index when one of its columns is named in an `UPDATE`, whether
//! or not the value differs. A ticket stands in fourteen indexes, and the usual change concerns three: updates name
//! the columns that differ.
//!
//! **Numbers for tenants and tickets.** Inside the file a tenant is a small integer, and so is a ticket to what
//! belongs to it: keys and indexes are a third of the size that UUIDs would make them. An event's row number is made
//! of tenant and position, so the log of each tenant is one range of one tree and needs no index of its own.
//!
//! **Readers with their own connections.** Write-ahead logging lets them read while the writer writes. `load` and
//! `find` read everything in one transaction on one thread, with prepared statements. Checkpoints run on a connection
//! of their own, beside the commits; under commits that never pause, the writer does the short rest once the log is
//! four times its bound.
//!
//! **Lists are walked along an index that holds them in their order.** What the scope sees and each value that the
//! filter names is a part of the tickets that some index holds in that order; the smallest part is walked, several
//! (teams, own, followed) are merged, and each candidate is compared with the whole filter and the scope. So the choice of
//! index decides only how fast a list is. A page looks at 2,000 candidates at most. Of 100,000 tickets, a page of 25
//! with its texts and people takes a quarter of a millisecond by creation, and one to five by deadline, change or
//! words. In builds for tests a list that sorts or scans a table fails.
//!
//! **Search without texts.** The full-text index is contentless: it holds words and no text, each word behind its
//! tenant and its class, so that a search reads no entry that it must not show. Row ids lead with the millisecond in
//! which the ticket was opened, so the newest come first however many match.
//!
//! # What it promises of the disk
//!
//! With [`Durability::Full`], the default, a commit that was answered survives a loss of power. A full disk is an
//! error of class `Full` that writes nothing; the store goes on when there is space. The file and its `-wal` belong
//! together while a desk serves; after the store is dropped the file alone is the whole desk. Do not put it on a
//! network file system: SQLite's locks are not reliable there.
//!
//! Erasing a text overwrites it in the file (`secure_delete`) and takes its words out of what a search finds. Copies in
//! the write-ahead log go with the next checkpoint, words inside the full-text index when its segments are merged.
//!
//! # Why not one connection behind a lock, or an asynchronous driver?
//!
//! A lock serializes callers, but each still pays its own `fsync`; grouping needs somebody who sees all who wait.
//! An asynchronous driver for SQLite is a thread and a channel too, and ties the embedder to its runtime.

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

/// The driver, in the version whose connections and transactions [`SqliteStore::commit_in`] takes.
pub use rusqlite;
