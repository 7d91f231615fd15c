//! How a store is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// When a commit is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once it is on the disk: it survives a loss of power. The default.
    #[default]
    Full,
    /// Once it is with the operating system: it survives a crash of the program, not of the machine. For tests, and
    /// for bringing data in that can be brought in again.
    Process,
}

/// How a [`SqliteStore`](crate::SqliteStore) is opened.
///
/// ```
/// use std::time::Duration;
/// use support_store_sqlite::SqliteConfig;
///
/// let config = SqliteConfig::new("/var/lib/desk/desk.db").readers(4).busy_timeout(Duration::from_secs(10));
/// assert_eq!(config.path().file_name().unwrap(), "desk.db");
/// ```
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    pub(crate) path: PathBuf,
    pub(crate) readers: usize,
    pub(crate) durability: Durability,
    pub(crate) busy_timeout: Duration,
    pub(crate) cache_bytes: usize,
    pub(crate) reader_cache_bytes: usize,
    pub(crate) checkpoint_pages: u32,
    pub(crate) group: usize,
    pub(crate) most_pages: Option<u32>,
    pub(crate) limits: Limits,
}

/// How much one page looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most rows of a list.
    pub(crate) scan: usize,
    /// Up to which size a part of the tickets is counted, to choose the smallest.
    pub(crate) counted: usize,
    /// Most tickets about which the search index is asked one by one.
    pub(crate) asked: usize,
}

impl SqliteConfig {
    /// Names the database file. It is made where it does not exist; its folder must exist. Beside it stand
    /// `<file>-wal` and `<file>-shm` while it is open, and `<file>.lock`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            readers: 2,
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            cache_bytes: 16 << 20,
            reader_cache_bytes: 4 << 20,
            checkpoint_pages: 16_000,
            group: 256,
            most_pages: None,
            limits: Limits { scan: 2_000, counted: 20_000, asked: 100 },
        }
    }

    /// Returns the database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets the number of reader threads, each with its connection, and of connections that are lent to callers for
    /// short reads. Default 2 of each, at least 1. More than the cores that are free help only where reads wait for the
    /// disk.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Sets when a commit is answered. Default [`Durability::Full`].
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how long a write waits for another program's transaction before it is `Unavailable`. Default 5 s.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Sets the most memory for the writer's page cache, in bytes. Default 16 MiB. Filled as it is needed.
    #[must_use]
    pub const fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Sets the most memory for the page cache of each connection that reads, in bytes. Default 4 MiB: what it does not hold is read
    /// from the operating system's cache, which all share.
    #[must_use]
    pub const fn reader_cache_bytes(mut self, bytes: usize) -> Self {
        self.reader_cache_bytes = bytes;
        self
    }

    /// Sets the size of the write-ahead log, in pages of 4 KiB, from which it is written back into the file. Default
    /// 16,000 (64 MiB): pages that change again and again are written back once for many commits.
    #[must_use]
    pub const fn checkpoint_pages(mut self, pages: u32) -> Self {
        self.checkpoint_pages = pages;
        self
    }

    /// Sets the most change sets that share one transaction. Default 256: a bound on how long the first waits for
    /// the last.
    #[must_use]
    pub fn group(mut self, sets: usize) -> Self {
        self.group = sets.max(1);
        self
    }

    /// Sets how many rows one page of a list looks at before it answers what it has, with a cursor to go on. Default
    /// 2,000: a few milliseconds.
    #[must_use]
    pub fn scan(mut self, rows: usize) -> Self {
        let rows = rows.max(1);
        self.limits = Limits { scan: rows, counted: rows.saturating_mul(10), asked: rows.div_ceil(20) };
        self
    }

    /// Bounds the size of the file, in pages of 4 KiB. Beyond it commits fail as `Full`. Default no bound.
    #[must_use]
    pub const fn most_pages(mut self, pages: u32) -> Self {
        self.most_pages = Some(pages);
        self
    }
}
