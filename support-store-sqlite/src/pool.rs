//! Connections that read: some are lent to callers for what is short, each other has a thread for what is not.
//!
//! A record by its key takes a few microseconds, less than handing it to another thread and waiting for the answer.
//! A list may take milliseconds, for which no caller's executor should stand still.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use support_core::store::StoreError;

use crate::config::SqliteConfig;
use crate::connection;
use crate::error::{Failure, gone};
use crate::read::Reader;

type Job = Box<dyn FnOnce(&Reader) + Send>;

/// Reader threads that share one queue, and connections for reads on the callers' own threads.
#[derive(Debug)]
pub(crate) struct Pool {
    lent: Mutex<Vec<Reader>>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Opens the connections and starts the threads.
    pub(crate) fn start(config: &SqliteConfig) -> Result<Self, StoreError> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let doing = "starting a reader";
        let open =
            || connection::reader(config).map(Reader::new).map_err(|failure| failure.while_doing(doing));
        let lent = (0..config.readers).map(|_| open()).collect::<Result<_, _>>()?;
        let threads = Vec::with_capacity(config.readers);
        let mut pool = Self { lent: Mutex::new(lent), jobs: Some(jobs), threads };
        for number in 0..config.readers {
            let db = open()?;
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new()
                .name(format!("desk-read-{number}"))
                .spawn(move || serve(&db, &queue))
                .map_err(|error| gone(doing).because(error))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Reads something short on this thread, in one transaction; on a reader's thread where no connection is free.
    pub(crate) async fn read_here<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.glance(doing, |db| in_transaction(db, body)).await
    }

    /// Reads what one statement answers, which is of one instant by itself, as [`read_here`](Self::read_here) does.
    pub(crate) async fn glance<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(db) = lock(&self.lent).pop() else { return self.hand_over(doing, body).await };
        // A defect in one read is that caller's error, not the end of the connection.
        let read = catch_unwind(AssertUnwindSafe(|| body(&db)));
        leave_transaction(&db);
        lock(&self.lent).push(db);
        read.map_err(|_| gone(doing))?.map_err(|failure| failure.while_doing(doing))
    }

    /// Reads on a reader's thread, in one transaction, so that all of it is of one instant.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(doing, |db| in_transaction(db, body)).await
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let _ = reply.send(body(db));
        });
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(|| gone(doing))?;
        let answer = answer.await.map_err(|_| gone(doing))?;
        answer.map_err(|failure| failure.while_doing(doing))
    }
}

fn serve(db: &Reader, queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = lock(queue).recv();
        let Ok(job) = job else { return };
        // A defect in one read is that caller's error, not the end of the reader.
        let _ = catch_unwind(AssertUnwindSafe(|| job(db)));
        leave_transaction(db);
    }
}

/// Ends a transaction that is left over, by a panic or because it could not be committed: nothing could begin after it.
fn leave_transaction(db: &Reader) {
    if !db.is_autocommit() {
        let _ = db.execute_batch("ROLLBACK");
    }
}

fn in_transaction<T>(db: &Reader, body: impl FnOnce(&Reader) -> Result<T, Failure>) -> Result<T, Failure> {
    db.prepare_cached("BEGIN")?.execute([])?;
    let result = body(db);
    if !db.is_autocommit() {
        db.prepare_cached("COMMIT")?.execute([])?;
    }
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        let own = std::thread::current().id();
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != own) {
            let _ = thread.join();
        }
    }
}
