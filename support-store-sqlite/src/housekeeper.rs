//! What goes on beside commits and reads: checkpoints, and hearing of other programs' commits.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use event_listener::Event;
use rusqlite::Connection;

use crate::writer::Counters;

/// How soon a commit of another program is noticed while somebody listens.
const POLL: Duration = Duration::from_millis(250);

/// Why the housekeeper wakes.
#[derive(Debug)]
pub(crate) enum Chore {
    /// The write-ahead log has grown past its bound.
    Checkpoint,
    /// Somebody listens for commits.
    Listen,
    /// The store is being dropped.
    Stop,
}

/// Runs until it is told to stop. Between chores it sleeps; it polls only while somebody listens. What is committed
/// after `version` was read is noticed.
pub(crate) fn run(
    db: &Connection,
    mut version: Option<i64>,
    chores: &Receiver<Chore>,
    changed: &Event,
    counters: &Counters,
    serving: bool,
) {
    loop {
        let chore = if changed.total_listeners() > 0 {
            chores.recv_timeout(POLL)
        } else {
            chores.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match chore {
            // A passive checkpoint waits for nobody and stops nobody; what a reader still needs stays for the next.
            Ok(Chore::Checkpoint) => {
                let _ = checkpoint(db, "PASSIVE");
                counters.checkpoints.fetch_add(1, Ordering::Relaxed);
                counters.written_back.store(true, Ordering::Release);
            }
            // The last known version stays: what was committed between is then noticed too.
            Ok(Chore::Listen) => {}
            Err(RecvTimeoutError::Timeout) => {
                let now = data_version(db);
                if now != version {
                    version = now;
                    changed.notify(usize::MAX);
                }
            }
            Ok(Chore::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if serving {
        let _ = checkpoint(db, "TRUNCATE");
    }
}

/// Writes the write-ahead log back into the file. Tells whether nobody was in the way.
pub(crate) fn checkpoint(db: &Connection, how: &str) -> rusqlite::Result<bool> {
    db.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| Ok(row.get::<_, i64>(0)? == 0))
}

/// A number that changes when another connection commits.
pub(crate) fn data_version(db: &Connection) -> Option<i64> {
    db.query_row("PRAGMA data_version", [], |row| row.get(0)).ok()
}
