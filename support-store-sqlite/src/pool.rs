//! The threads that read, each with its own connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use rusqlite::Connection;
use support_core::store::StoreError;

use crate::config::SqliteConfig;
use crate::connection;
use crate::error::{Failure, gone};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Reader threads that share one queue.
#[derive(Debug)]
pub(crate) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Opens the connections and starts the threads.
    pub(crate) fn start(config: &SqliteConfig) -> Result<Self, StoreError> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let mut pool = Self { jobs: Some(jobs), threads: Vec::with_capacity(config.readers) };
        for number in 0..config.readers {
            let doing = "starting a reader";
            let db = connection::reader(config).map_err(|failure| failure.while_doing(doing))?;
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new()
                .name(format!("desk-read-{number}"))
                .spawn(move || serve(&db, &queue))
                .map_err(|error| gone(doing).because(error))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Reads in one transaction, so that all of it is of one instant.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let _ = reply.send(in_transaction(db, body));
        });
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(|| gone(doing))?;
        let answer = answer.await.map_err(|_| gone(doing))?;
        answer.map_err(|failure| failure.while_doing(doing))
    }
}

fn serve(db: &Connection, queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A defect in one read is that caller's error, not the end of the reader.
        if catch_unwind(AssertUnwindSafe(|| job(db))).is_err() && !db.is_autocommit() {
            let _ = db.execute_batch("ROLLBACK");
        }
    }
}

fn in_transaction<T>(
    db: &Connection,
    body: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    db.prepare_cached("BEGIN")?.execute([])?;
    let result = body(db);
    if !db.is_autocommit() {
        db.prepare_cached("COMMIT")?.execute([])?;
    }
    result
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
