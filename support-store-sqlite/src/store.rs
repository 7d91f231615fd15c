//! The store itself: threads, and the trait that they serve.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use async_trait::async_trait;
use event_listener::Event;
use futures_channel::oneshot;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use support_core::Error;
use support_core::desk::Prepared;
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Scope};
use support_core::routing::Waiting;
use support_core::store::{
    ChangeSet, Changed, Claim, Credential, Cursor, Due, EventPage, Fence, Key, Outcome, Page, Query, Record,
    Related, Select, Store, StoreError, StoreErrorKind,
};
use support_core::time::Timestamp;

use crate::commit::{Encoded, commit};
use crate::config::{Limits, SqliteConfig};
use crate::error::{Failure, gone};
use crate::housekeeper::{self, Chore};
use crate::lock::ServingLock;
use crate::pool::Pool;
use crate::read::Reader;
use crate::read::identify::Claimed;
use crate::writer::{Checkpoint, Commit, Counters, Job, Writer, in_savepoint};
use crate::{connection, read, schema};

/// A support desk's store in one SQLite file. See the [crate](crate) for how it works.
///
/// Dropping it stops its threads, writes the write-ahead log back and gives the file up.
pub struct SqliteStore {
    pool: Option<Pool>,
    /// Absent in a store that only reads.
    serving: Option<Serving>,
    chores: Sender<Chore>,
    housekeeper: Option<JoinHandle<()>>,
    changed: Arc<Event>,
    counters: Arc<Counters>,
    limits: Limits,
}

/// What only a serving store has.
struct Serving {
    jobs: Sender<Job>,
    writer: Option<JoinHandle<()>>,
    /// Given up last.
    _lock: ServingLock,
}

/// What a store has done since it was opened, for metrics and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Transactions of the writer.
    pub transactions: u64,
    /// Change sets that they wrote or refused.
    pub sets: u64,
    /// Transactions that were run again, set by set, because something unforeseen failed.
    pub retried: u64,
    /// Times that the write-ahead log was written back.
    pub checkpoints: u64,
}

impl SqliteStore {
    /// Opens a database to serve a desk from it: makes it where there is none, brings its schema up to date, and
    /// holds an exclusive lock beside it until the store is dropped.
    ///
    /// # Errors
    /// `Unavailable` where another store serves the file or it cannot be opened, `Corrupt` where it is no database
    /// of a desk or a newer release's; else any [`StoreError`].
    pub fn open(config: &SqliteConfig) -> Result<Self, StoreError> {
        let doing = "opening the database";
        let lock = ServingLock::take(&config.path)?;
        let mut db = connection::writer(config).map_err(|failure| failure.while_doing(doing))?;
        schema::migrate(&mut db)?;
        let mut store = Self::start(config, true)?;
        let (jobs, queue) = channel();
        let writer = Writer {
            db,
            jobs: queue,
            chores: store.chores.clone(),
            changed: Arc::clone(&store.changed),
            counters: Arc::clone(&store.counters),
            group: config.group,
            checkpoint_pages: config.checkpoint_pages,
            checkpoint: Checkpoint::At(config.checkpoint_pages),
            busy_timeout: config.busy_timeout,
        };
        let writer = std::thread::Builder::new()
            .name("desk-write".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| gone(doing).because(error))?;
        store.serving = Some(Serving { jobs, writer: Some(writer), _lock: lock });
        Ok(store)
    }

    /// Opens a database that another desk may be serving, to read from it: for `verify`, reports and tools. Its
    /// commits and claims fail as `Misuse`.
    ///
    /// # Errors
    /// `Unavailable` where the file cannot be opened, `Corrupt` where its schema is not this release's; else any
    /// [`StoreError`].
    pub fn open_reader(config: &SqliteConfig) -> Result<Self, StoreError> {
        let db = connection::reader(config).map_err(|failure| failure.while_doing("opening the database"))?;
        schema::check(&db)?;
        Self::start(config, false)
    }

    /// Starts everything but the writer.
    fn start(config: &SqliteConfig, serving: bool) -> Result<Self, StoreError> {
        let doing = "opening the database";
        let pool = Pool::start(config)?;
        let changed = Arc::new(Event::new());
        let counters = Arc::new(Counters::default());
        let (chores, queue) = channel();
        let open = if serving { connection::housekeeper } else { connection::reader };
        let db = open(config).map_err(|failure| failure.while_doing(doing))?;
        // Before anybody can listen: read on its own thread, it could already count what a listener waits for.
        let version = housekeeper::data_version(&db);
        let housekeeper = {
            let (changed, counters) = (Arc::clone(&changed), Arc::clone(&counters));
            std::thread::Builder::new()
                .name("desk-keep".to_owned())
                .spawn(move || housekeeper::run(&db, version, &queue, &changed, &counters, serving))
                .map_err(|error| gone(doing).because(error))?
        };
        Ok(Self {
            pool: Some(pool),
            serving: None,
            chores,
            housekeeper: Some(housekeeper),
            changed,
            counters,
            limits: config.limits,
        })
    }

    /// Writes change sets inside a transaction of the host, on any connection to the database: the host's own tables
    /// and the desk's are then committed together or not at all. Call [`announce`](Store::announce) afterwards;
    /// without it, readers notice within 250 ms.
    ///
    /// Begin the transaction with [`TransactionBehavior::Immediate`] and keep it short: the file has one writer at a
    /// time. Outcomes say that a set is written in the transaction; durable is it when the host commits.
    ///
    /// # Errors
    /// `Misuse` where the transaction has ended already, by a `ROLLBACK` of the host or because SQLite gave it up;
    /// else any [`StoreError`]. Nothing of the whole slice was written then, and the transaction is as before, unless
    /// SQLite gave it up: it may where the disk is full or fails.
    pub fn commit_in(
        transaction: &mut Transaction<'_>,
        changes: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError> {
        let doing = "committing in a host's transaction";
        let mut sets = encoded(changes)?;
        let db: &Connection = transaction;
        // Outside of one, the savepoint would be a transaction of its own, and commit without the host's half.
        if db.is_autocommit() {
            return Err(StoreError::new(StoreErrorKind::Misuse, doing));
        }
        in_savepoint(db, || commit(db, &mut sets)).map_err(|failure| failure.while_doing(doing))
    }

    /// Writes what a use-case prepared inside a transaction of the host, as [`commit_in`](Self::commit_in) does, and
    /// makes an error of every outcome but `Committed`: a host that lets it end its transaction cannot keep its own
    /// half alone. Call [`Desk::committed`](support_core::desk::Desk::committed) once the transaction is committed.
    ///
    /// # Errors
    /// Those of [`Outcome::written`]; `Store` where the store failed. Nothing of it was written then.
    pub fn write_in<R>(transaction: &mut Transaction<'_>, prepared: &Prepared<R>) -> Result<(), Error> {
        let outcomes = Self::commit_in(transaction, std::slice::from_ref(&prepared.changes))?;
        outcomes.iter().try_for_each(Outcome::written)
    }

    /// Runs a closure on the writer's thread in an immediate transaction of its own, committed where it answers
    /// `Ok` and rolled back where it answers `Err` or panics. Readers are told afterwards.
    ///
    /// # Errors
    /// What the closure answers; `Unavailable` where the store is being dropped or the closure panicked; `Misuse`
    /// in a store that only reads; else any [`StoreError`].
    pub async fn with_writer<T, E>(
        &self,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let doing = "running a host's transaction";
        let (reply, answer) = oneshot::channel();
        let job = Job::Run(Box::new(move |db| {
            let fail = |error: rusqlite::Error| E::from(Failure::from(error).while_doing(doing));
            let run = || {
                let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
                let value = body(&mut tx)?;
                tx.commit().map_err(fail)?;
                Ok(value)
            };
            let _ = reply.send(run());
        }));
        self.ask(job, doing)?;
        answer.await.map_err(|_| gone(doing))?
    }

    /// Throws away up to `most` receipts that expired before an instant, and tells how many those were. Their keys
    /// may then be used anew.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn forget_receipts(&self, before: Timestamp, most: u32) -> Result<usize, StoreError> {
        self.with_writer(move |tx| {
            tx.execute(
                "DELETE FROM desk_receipts WHERE (tenant, key) IN \
                 (SELECT tenant, key FROM desk_receipts WHERE expires_at < ?1 LIMIT ?2)",
                params![before.micros(), most],
            )
            .map_err(|error| Failure::from(error).while_doing("throwing receipts away"))
        })
        .await
    }

    /// Returns what the store has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            transactions: self.counters.transactions.load(Ordering::Relaxed),
            sets: self.counters.sets.load(Ordering::Relaxed),
            retried: self.counters.retried.load(Ordering::Relaxed),
            checkpoints: self.counters.checkpoints.load(Ordering::Relaxed),
        }
    }

    fn ask(&self, job: Job, doing: &'static str) -> Result<(), StoreError> {
        match &self.serving {
            Some(serving) => serving.jobs.send(job).map_err(|_| gone(doing)),
            None => Err(Failure::Misuse("this store only reads").while_doing(doing)),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.pool {
            Some(pool) => pool.read(doing, body).await,
            None => Err(gone(doing)),
        }
    }

    /// Reads what takes microseconds: records by key, and what hangs on one ticket.
    async fn read_here<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.pool {
            Some(pool) => pool.read_here(doing, body).await,
            None => Err(gone(doing)),
        }
    }

    /// Reads what one statement answers.
    async fn glance<T: Send + 'static>(
        &self,
        doing: &'static str,
        body: impl FnOnce(&Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.pool {
            Some(pool) => pool.glance(doing, body).await,
            None => Err(gone(doing)),
        }
    }

    async fn actor(&self, tenant: TenantId, claimed: Claimed) -> Result<Option<Actor>, StoreError> {
        self.read_here("identifying", move |db| read::identify::actor(db, tenant, &claimed)).await
    }
}

fn encoded(changes: &[ChangeSet]) -> Result<Vec<Encoded>, StoreError> {
    let sets: Result<_, _> = changes.iter().map(Encoded::of).collect();
    sets.map_err(|failure: Failure| failure.while_doing("committing"))
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, changes: &[ChangeSet]) -> Result<Vec<Outcome>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::Commit(Commit { sets: encoded(changes)?, reply }), "committing")?;
        answer.await.map_err(|_| gone("committing"))?
    }

    async fn load(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let (scope, keys) = (scope.clone(), keys.to_vec());
        let doing = "reading records";
        if read::load::is_single(&keys) {
            self.glance(doing, move |db| read::load::load(db, &scope, &keys)).await
        } else {
            self.read_here(doing, move |db| read::load::load(db, &scope, &keys)).await
        }
    }

    async fn find(&self, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
        let doing = "reading a list";
        let (scope, wanted, limits) = (scope.clone(), query.clone(), self.limits);
        let body = move |db: &Reader| read::list::find(db, &scope, &wanted, limits);
        match query.select {
            Select::Conversations(_) if query.with == Related::default() => self.glance(doing, body).await,
            Select::Messages { .. } | Select::Conversations(_) => self.read_here(doing, body).await,
            _ => self.read(doing, body).await,
        }
    }

    async fn identify(&self, credential: &Credential<'_>) -> Result<Option<Actor>, StoreError> {
        match credential {
            Credential::Agent(tenant, id) => self.actor(*tenant, Claimed::Agent(*id)).await,
            Credential::ExternalAgent(tenant, id) => {
                self.actor(*tenant, Claimed::ExternalAgent(id.clone())).await
            }
            Credential::Customer(tenant, id) => self.actor(*tenant, Claimed::Customer(*id)).await,
            Credential::ExternalCustomer(tenant, id) => {
                self.actor(*tenant, Claimed::ExternalCustomer(id.clone())).await
            }
            Credential::Session { tenant, id, now } => self.actor(*tenant, Claimed::Session(*id, *now)).await,
            Credential::Password { tenant, email, check } => {
                let (tenant, email) = (*tenant, (*email).to_owned());
                let login = self
                    .read_here("identifying", move |db| read::identify::login(db, tenant, &email))
                    .await?;
                // The comparison is slow on purpose. It runs on the caller's side, not on a reader's thread.
                let good = check(login.as_ref().map(|(_, hash)| hash.as_str()));
                match login.filter(|_| good) {
                    Some((subject, _)) => self.actor(tenant, subject.into()).await,
                    None => Ok(None),
                }
            }
        }
    }

    async fn due(&self, by: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.read_here("reading what is due", move |db| read::work::due(db, by, limit)).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        self.read_here("reading the tenants", |db| read::work::tenants(db)).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Fence>, StoreError> {
        let claim = claim.clone();
        self.with_writer(move |tx| {
            leased(tx, &claim).map_err(|failure| failure.while_doing("claiming a lease"))
        })
        .await
    }

    async fn events(&self, scope: &Scope, after: &Cursor, limit: u32) -> Result<EventPage, StoreError> {
        let (scope, after, scan) = (scope.clone(), after.clone(), self.limits.scan);
        self.read_here("reading the log", move |db| read::log::after(db, &scope, &after, limit, scan)).await
    }

    fn changed(&self) -> Changed {
        let listener = self.changed.listen();
        // Wakes the housekeeper, which polls only while somebody listens.
        let _ = self.chores.send(Chore::Listen);
        Box::pin(listener)
    }

    fn announce(&self) {
        self.changed.notify(usize::MAX);
    }

    async fn scan(
        &self,
        scope: &Scope,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        let scope = scope.clone();
        self.read("reading waiting work", move |db| read::work::scan(db, &scope, after, limit)).await
    }
}

/// Takes or renews a lease.
fn leased(db: &Connection, claim: &Claim) -> Result<Option<Fence>, Failure> {
    let held: Option<([u8; 16], i64, i64)> = db
        .prepare_cached("SELECT holder, until, token FROM desk_leases WHERE name = ?1")?
        .query_row([&claim.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let token = match held {
        None => 1,
        Some((holder, _, token)) if holder == *claim.holder.as_bytes() => token,
        Some((_, until, _)) if claim.now.micros() < until => return Ok(None),
        Some((_, _, token)) => token + 1,
    };
    db.prepare_cached(
        "INSERT INTO desk_leases (name, holder, until, token) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?3, token = ?4",
    )?
    .execute(params![claim.name, claim.holder.as_bytes(), claim.until.micros(), token])?;
    Ok(Some(Fence { name: claim.name.clone(), token: token.cast_unsigned() }))
}

impl fmt::Debug for SqliteStore {
    /// Prints what it has done, never what it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("serving", &self.serving.is_some())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Some(serving) = &mut self.serving {
            let _ = serving.jobs.send(Job::Stop);
            join(serving.writer.take());
        }
        self.pool = None;
        // Last, because it writes the log back once nobody reads any more.
        let _ = self.chores.send(Chore::Stop);
        join(self.housekeeper.take());
    }
}

/// Waits for a thread, unless the store is being dropped on it.
fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
        let _ = thread.join();
    }
}
