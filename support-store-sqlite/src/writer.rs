//! The one thread that writes.
//!
//! It owns the write connection, takes every commit that waits, and runs them in one transaction: one `fsync` serves
//! all who asked meanwhile. Nobody waits for a timer; while one transaction reaches the disk, the next one fills.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use event_listener::Event;
use futures_channel::oneshot;
use rusqlite::Connection;
use support_core::store::{Outcome, StoreError, StoreErrorKind};

use crate::commit::{Encoded, commit};
use crate::error::Failure;
use crate::housekeeper::{Chore, checkpoint};

const DOING: &str = "committing";

/// What the writer is asked to do.
pub(crate) enum Job {
    /// Change sets that share one answer.
    Commit(Commit),
    /// Something in a transaction of its own.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
    /// The store is being dropped.
    Stop,
}

/// Change sets that share one answer.
pub(crate) struct Commit {
    pub(crate) sets: Vec<Encoded>,
    pub(crate) reply: oneshot::Sender<Result<Vec<Outcome>, StoreError>>,
}

/// What the writer has done since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) transactions: AtomicU64,
    pub(crate) sets: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
    /// Whether the housekeeper has written the log back since it was asked to.
    pub(crate) written_back: AtomicBool,
}

/// The thread's state.
pub(crate) struct Writer {
    pub(crate) db: Connection,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) chores: Sender<Chore>,
    pub(crate) changed: Arc<Event>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) group: usize,
    pub(crate) checkpoint_pages: u32,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) busy_timeout: Duration,
}

/// When the write-ahead log is written back next.
#[derive(Debug)]
pub(crate) enum Checkpoint {
    /// Once it has this size, in pages.
    At(u32),
    /// The housekeeper is at it.
    Asked,
}

/// A failure that several callers hear of.
struct Shared {
    kind: StoreErrorKind,
    text: Arc<str>,
}

impl Shared {
    fn of(failure: &Failure) -> Self {
        Self { kind: failure.kind(), text: failure.to_string().into() }
    }

    fn error(&self) -> StoreError {
        StoreError::new(self.kind, DOING).because(&*self.text)
    }
}

thread_local! {
    /// Size of the write-ahead log after the newest commit of this thread, in pages.
    static WAL_PAGES: Cell<u32> = const { Cell::new(0) };
}

impl Writer {
    /// Runs until it is told to stop, or nobody is left to ask.
    pub(crate) fn run(mut self) {
        self.db.wal_hook(Some(|_, pages| {
            WAL_PAGES.with(|size| size.set(u32::try_from(pages).unwrap_or(0)));
            Ok(())
        }));
        let mut next = None;
        loop {
            let job = match next.take() {
                Some(job) => job,
                None => match self.jobs.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                },
            };
            match job {
                Job::Commit(first) => next = self.gather(first),
                Job::Run(run) => {
                    // Where that fails, the host's transaction cannot begin, and the host hears of it.
                    let _ = self.roll_back_what_is_left();
                    // A host's closure that panics must not take the store with it; its transaction rolls back.
                    let _ = catch_unwind(AssertUnwindSafe(|| run(&mut self.db)));
                    self.counters.transactions.fetch_add(1, Ordering::Relaxed);
                    self.changed.notify(usize::MAX);
                }
                Job::Stop => return,
            }
            self.tidy();
        }
    }

    /// Takes every commit that waits, up to the bound, and answers them. Returns the job that was taken too many.
    fn gather(&mut self, first: Commit) -> Option<Job> {
        let mut sets = first.sets.len();
        let mut commits = vec![first];
        let mut next = None;
        while sets < self.group {
            match self.jobs.try_recv() {
                Ok(Job::Commit(commit)) => {
                    sets += commit.sets.len();
                    commits.push(commit);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let answers = self.run_group(&mut commits);
        self.counters.sets.fetch_add(sets as u64, Ordering::Relaxed);
        self.changed.notify(usize::MAX);
        for (commit, answer) in commits.into_iter().zip(answers) {
            // Who has stopped waiting does not want to know.
            let _ = commit.reply.send(answer);
        }
        next
    }

    /// Commits all in one transaction; where something unforeseen fails, each within a savepoint of its own, so that
    /// only the one at fault hears of it.
    fn run_group(&mut self, commits: &mut [Commit]) -> Vec<Result<Vec<Outcome>, StoreError>> {
        match self.transaction(|db| together(db, commits)) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(failure) if commits.len() > 1 && is_of_one(&failure) => {
                self.counters.retried.fetch_add(1, Ordering::Relaxed);
                match self.transaction(|db| apart(db, commits)) {
                    Ok(answers) => answers
                        .into_iter()
                        .map(|answer| answer.map_err(|failure| failure.while_doing(DOING)))
                        .collect(),
                    Err(failure) => fail(commits, &failure),
                }
            }
            Err(failure) => fail(commits, &failure),
        }
    }

    /// Runs a body in a transaction. On any error nothing of it remains, and the connection is fit for the next.
    fn transaction<T>(&mut self, body: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        self.roll_back_what_is_left()?;
        let db = &self.db;
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        self.counters.transactions.fetch_add(1, Ordering::Relaxed);
        let result = body(db).and_then(|value| {
            db.prepare_cached("COMMIT")?.execute([])?;
            Ok(value)
        });
        // Some errors have rolled back by themselves; a failed commit has not.
        if result.is_err() && !db.is_autocommit() {
            db.execute_batch("ROLLBACK")?;
        }
        result
    }

    /// Ends a transaction that is left over where rolling back failed, such as on a disk that was full: nothing could
    /// begin after it.
    fn roll_back_what_is_left(&self) -> Result<(), Failure> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// Has the write-ahead log written back when it has grown: the housekeeper does most of it beside the commits, and
    /// then the writer the short rest, so that the log begins anew.
    fn tidy(&mut self) {
        let pages = WAL_PAGES.with(Cell::get);
        let again = pages.saturating_add(self.checkpoint_pages.div_ceil(4));
        match self.checkpoint {
            Checkpoint::At(size) if pages >= size => {
                self.counters.written_back.store(false, Ordering::Release);
                let _ = self.chores.send(Chore::Checkpoint);
                self.checkpoint = Checkpoint::Asked;
            }
            Checkpoint::Asked if self.counters.written_back.load(Ordering::Acquire) => {
                let _ = self.db.busy_timeout(Duration::from_millis(20));
                let is_done = checkpoint(&self.db, "RESTART").is_ok_and(|done| done);
                let _ = self.db.busy_timeout(self.busy_timeout);
                self.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
                // Where a reader was in the way, not before the log has grown anew.
                self.checkpoint = Checkpoint::At(if is_done { self.checkpoint_pages } else { again });
            }
            _ => {}
        }
    }
}

fn together(db: &Connection, commits: &mut [Commit]) -> Result<Vec<Vec<Outcome>>, Failure> {
    commits.iter_mut().map(|one| commit(db, &mut one.sets)).collect()
}

/// The same, each caller's sets within a savepoint.
fn apart(db: &Connection, commits: &mut [Commit]) -> Result<Vec<Result<Vec<Outcome>, Failure>>, Failure> {
    let mut answers = Vec::with_capacity(commits.len());
    for one in commits {
        let answer = in_savepoint(db, || commit(db, &mut one.sets));
        match answer {
            Err(failure) if !is_of_one(&failure) => return Err(failure),
            answer => answers.push(answer),
        }
    }
    Ok(answers)
}

/// Runs a body within a savepoint, so that nothing of it remains where it fails.
pub(crate) fn in_savepoint<T>(
    db: &Connection,
    body: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    db.prepare_cached("SAVEPOINT desk_set")?.execute([])?;
    let result = body();
    if result.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK TO desk_set")?;
    }
    if !db.is_autocommit() {
        db.prepare_cached("RELEASE desk_set")?.execute([])?;
    }
    result
}

/// Tells whether a failure is the fault of one change set, and not of the disk or the file under all of them.
fn is_of_one(failure: &Failure) -> bool {
    // A stored value that cannot be read concerns those who write on it; a file that is damaged concerns all.
    matches!(failure, Failure::Unreadable(_))
        || matches!(failure.kind(), StoreErrorKind::Other | StoreErrorKind::Misuse)
}

fn fail(commits: &[Commit], failure: &Failure) -> Vec<Result<Vec<Outcome>, StoreError>> {
    let shared = Shared::of(failure);
    commits.iter().map(|_| Err(shared.error())).collect()
}
