//! What a desk keeps in memory of a tenant: compiled configuration, the queue, the roster, and whose turn it is to
//! route. All of it can be dropped at any time and is read again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Config;
use crate::error::Error;
use crate::event::Stream;
use crate::id::{AgentId, TenantId, TicketId};
use crate::people::Scope;
use crate::routing::next_relaxation;
use crate::store::{Document, Key, PageCursor, Query, Record, Select, Store, StoreError};
use crate::ticket::Ticket;
use crate::time::Timestamp;

use super::board::{self, Board};

/// How old a configuration may be when something is decided under it.
const CONFIG_SECONDS: i64 = 1;
/// Seconds after which nobody decides under an earlier configuration any more: its age, and time to commit.
const SETTLE_SECONDS: i64 = CONFIG_SECONDS + 2;
/// Seconds between sweeps of the router.
const SWEEP_SECONDS: i64 = 10;
/// Seconds after which another may plan in place of who does.
const TURN_SECONDS: i64 = 30;
/// Events and rows read at once.
const BATCH: u32 = 1_000;

pub(super) struct Live {
    tenant: TenantId,
    config: Mutex<Option<(Arc<Config>, Timestamp)>>,
    board: Mutex<Board>,
    /// Work was added or capacity freed since the router last looked.
    marked: AtomicBool,
    /// Which turn is being used to plan, and since when.
    planning: Mutex<Option<(u64, Timestamp)>>,
    turns: AtomicU64,
    /// How often work was added to somebody's load that no router gave them, and how often as of the log's last look.
    added: AtomicU64,
    added_seen: AtomicU64,
    /// Somebody reads the log for all.
    catching_up: AtomicBool,
    backfill: Mutex<Backfill>,
    /// When what waiting work asks for relaxes next, as of the last tick.
    relaxes: Mutex<Option<Timestamp>>,
    /// When the router looked without a mark, as a safety net.
    swept: Mutex<Option<Timestamp>>,
}

/// How far tickets have been brought under a changed configuration.
#[derive(Debug, Default)]
struct Backfill {
    /// The epoch under which all of them stand.
    done: u64,
    /// The epoch that is being worked on, and where.
    at: (u64, Option<PageCursor>),
    /// The epoch of which the walk had to pass over a ticket that cannot be read or written.
    passed_over: Option<u64>,
    /// The newest epoch that was seen, and when first.
    seen: Option<(u64, Timestamp)>,
    /// The epoch for which all tickets were walked too early to be the last word.
    walked: Option<u64>,
}

/// The right to plan, given back when it is dropped. A look that was begun and not finished, because the store failed
/// or the caller went away, is marked again.
pub(super) struct Turn<'a> {
    live: &'a Live,
    number: u64,
    begun: bool,
}

impl Turn<'_> {
    /// Takes the mark away, and tells whether there was one.
    pub(super) fn begin(&mut self) -> bool {
        self.begun = self.live.marked.swap(false, Ordering::SeqCst);
        self.begun
    }

    /// Says that what was begun is finished.
    pub(super) const fn finish(&mut self) {
        self.begun = false;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.begun {
            self.live.mark();
        }
        lock(&self.live.planning).take_if(|(number, _)| *number == self.number);
    }
}

/// Clears a flag when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Live {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            config: Mutex::default(),
            board: Mutex::default(),
            marked: AtomicBool::new(true),
            planning: Mutex::default(),
            turns: AtomicU64::new(0),
            added: AtomicU64::new(0),
            added_seen: AtomicU64::new(0),
            catching_up: AtomicBool::new(false),
            backfill: Mutex::default(),
            relaxes: Mutex::default(),
            swept: Mutex::default(),
        }
    }

    /// Says that the router has to look.
    pub(super) fn mark(&self) {
        self.marked.store(true, Ordering::SeqCst);
    }

    /// Tells whether the router has to look.
    pub(super) fn is_marked(&self) -> bool {
        self.marked.load(Ordering::SeqCst)
    }

    /// Says that somebody's load grew by what no router gave them, such as a customer's answer.
    pub(super) fn adds(&self) {
        self.added.fetch_add(1, Ordering::SeqCst);
    }

    /// Tells whether loads grew that the board does not show yet.
    pub(super) fn is_behind(&self) -> bool {
        self.added.load(Ordering::SeqCst) > self.added_seen.load(Ordering::SeqCst)
    }

    /// Tells whether the router has looked at everything: nothing was marked since, and nobody is looking.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_marked() && lock(&self.planning).is_none()
    }

    /// Tells whether the last sweep is long enough ago, and takes note of one now.
    pub(super) fn sweeps(&self, now: Timestamp) -> bool {
        let mut swept = lock(&self.swept);
        let recent =
            swept.is_some_and(|last| (0..SWEEP_SECONDS * 1_000_000).contains(&now.micros_since(last)));
        if !recent {
            *swept = Some(now);
        }
        !recent
    }

    /// Tells whether the time has come at which what waiting work asks for relaxes.
    pub(super) fn relaxes(&self, now: Timestamp) -> bool {
        lock(&self.relaxes).take_if(|at| *at <= now).is_some()
    }

    /// Finds the next instant at which what waiting work asks for relaxes, and keeps it.
    pub(super) fn look_for_relaxation(&self, config: &Config, now: Timestamp) -> Option<Timestamp> {
        let next = next_relaxation(&self.board().queue, config, now);
        *lock(&self.relaxes) = next;
        next
    }

    /// Takes the right to plan; nothing while another has it, who will see the mark. Who has had it for too long may be
    /// a future that nobody polls: it loses it, and what it had begun to look at is marked again. That two plan at once
    /// harms nobody, for what one sends on its way the other passes over.
    pub(super) fn turn(&self, now: Timestamp) -> Option<Turn<'_>> {
        let mut planning = lock(&self.planning);
        if let Some((_, since)) = *planning {
            if (0..TURN_SECONDS * 1_000_000).contains(&now.micros_since(since)) {
                return None;
            }
            self.mark();
        }
        let number = self.turns.fetch_add(1, Ordering::Relaxed);
        *planning = Some((number, now));
        Some(Turn { live: self, number, begun: false })
    }

    /// Returns when whoever is planning loses the right to, if anybody is.
    pub(super) fn turn_ends(&self) -> Option<Timestamp> {
        lock(&self.planning).map(|(_, since)| since.plus_seconds(TURN_SECONDS))
    }

    /// Tells whether all tickets stand under an epoch.
    pub(super) fn backfilled(&self, epoch: u64) -> bool {
        lock(&self.backfill).done == epoch
    }

    /// Returns where the backfill for an epoch goes on.
    pub(super) fn backfill_at(&self, epoch: u64) -> Option<PageCursor> {
        Some(lock(&self.backfill).at).filter(|(at, _)| *at == epoch).and_then(|(_, cursor)| cursor)
    }

    pub(super) fn backfill_goes_on(&self, epoch: u64, cursor: Option<PageCursor>) {
        lock(&self.backfill).at = (epoch, cursor);
    }

    pub(super) fn backfill_passes_over(&self, epoch: u64) {
        lock(&self.backfill).passed_over = Some(epoch);
    }

    /// Tells whether the walk of an epoch had to pass over a ticket.
    pub(super) fn backfill_passed_over(&self, epoch: u64) -> bool {
        lock(&self.backfill).passed_over == Some(epoch)
    }

    pub(super) fn backfill_ends(&self, epoch: u64) {
        *lock(&self.backfill) = Backfill { done: epoch, at: (epoch, None), ..Backfill::default() };
    }

    /// Returns until when somebody may still decide under the configuration before an epoch; nothing once nobody does.
    pub(super) fn unsettled(&self, epoch: u64, now: Timestamp) -> Option<Timestamp> {
        let mut backfill = lock(&self.backfill);
        let since = match backfill.seen {
            Some((seen, since)) if seen == epoch => since,
            _ => {
                backfill.seen = Some((epoch, now));
                now
            }
        };
        let young = (0..SETTLE_SECONDS * 1_000_000).contains(&now.micros_since(since));
        young.then(|| since.plus_seconds(SETTLE_SECONDS))
    }

    /// Tells whether all tickets were walked for an epoch before it had settled.
    pub(super) fn has_walked(&self, epoch: u64) -> bool {
        lock(&self.backfill).walked == Some(epoch)
    }

    pub(super) fn backfill_rests(&self, epoch: u64) {
        let mut backfill = lock(&self.backfill);
        backfill.at = (epoch, None);
        backfill.walked = Some(epoch);
        backfill.passed_over = None;
    }

    pub(super) fn forget_config(&self) {
        *lock(&self.config) = None;
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }

    /// Returns the configuration in force, at most a second old.
    pub(super) async fn config(&self, store: &Arc<dyn Store>, now: Timestamp) -> Result<Arc<Config>, Error> {
        let known = lock(&self.config).clone();
        if let Some((config, checked)) = &known
            && (0..CONFIG_SECONDS * 1_000_000).contains(&now.micros_since(*checked))
        {
            return Ok(config.clone());
        }
        self.newest_config(store, now).await
    }

    /// Returns the configuration as it is stored.
    pub(super) async fn newest_config(
        &self,
        store: &Arc<dyn Store>,
        now: Timestamp,
    ) -> Result<Arc<Config>, Error> {
        let known = lock(&self.config).clone();
        let system = Scope::system(self.tenant);
        let epoch = match store.load(&system, &[Key::Epoch]).await?.pop().flatten() {
            Some(Record::Epoch(epoch)) => epoch,
            _ => 0,
        };
        let config = match known {
            Some((config, _)) if config.epoch == epoch => config,
            // The epoch was read first: should a document change meanwhile, the next check reads it again.
            _ => Arc::new(Config::compile(epoch, &documents(&**store, &system).await?)),
        };
        let config = self.without_the_left(&**store, config).await?;
        *lock(&self.config) = Some((config.clone(), now));
        Ok(config)
    }

    /// Says of the agents whom rules name which of them work here no more. Who leaves meanwhile is noticed when what a
    /// rule gave them is written.
    async fn without_the_left(&self, store: &dyn Store, config: Arc<Config>) -> Result<Arc<Config>, Error> {
        let named: Vec<AgentId> = config.assignees().into_iter().collect();
        if named.is_empty() && config.left().is_empty() {
            return Ok(config);
        }
        let keys: Vec<Key> = named.iter().map(|id| Key::Agent(*id)).collect();
        let found = store.load(&Scope::system(self.tenant), &keys).await?;
        let works = |record: Option<Record>| matches!(record, Some(Record::Agent(agent)) if agent.active);
        let left: BTreeSet<AgentId> =
            named.into_iter().zip(found).filter_map(|(id, record)| (!works(record)).then_some(id)).collect();
        Ok(if left == *config.left() { config } else { Arc::new(Config::clone(&config).with_left(left)) })
    }

    /// Adds the versions that a ticket's timers name to a configuration, and keeps them.
    pub(super) async fn with_versions_of(
        &self,
        store: &dyn Store,
        config: Arc<Config>,
        ticket: &Ticket,
    ) -> Result<Arc<Config>, Error> {
        let missing = config.missing(ticket);
        if missing.is_empty() {
            return Ok(config);
        }
        let keys: Vec<Key> = missing.iter().map(|m| Key::DocumentVersion(m.id, m.version)).collect();
        let found = store.load(&Scope::system(self.tenant), &keys).await?;
        let mut config = Config::clone(&config);
        for record in found.into_iter().flatten() {
            if let Record::Document(document) = record {
                config.remember(&document);
            }
        }
        let config = Arc::new(config);
        let mut kept = lock(&self.config);
        if let Some((known, _)) = &mut *kept
            && known.epoch == config.epoch
        {
            *known = config.clone();
        }
        Ok(config)
    }

    /// Brings queue and roster up to the end of the log, unless another call is doing so.
    pub(super) async fn catch_up(&self, store: &dyn Store) -> Result<(), Error> {
        if self.catching_up.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let _over = Over(&self.catching_up);
        self.sync(store).await
    }

    /// Brings queue and roster up to the end of the log.
    pub(super) async fn sync(&self, store: &dyn Store) -> Result<(), Error> {
        let system = Scope::system(self.tenant);
        let added = self.added.load(Ordering::SeqCst);
        loop {
            let cursor = self.board().cursor.clone();
            let Some(cursor) = cursor else {
                let board = board::load(store, &system).await?;
                let mut mine = self.board();
                if mine.cursor.is_none() {
                    *mine = board;
                }
                continue;
            };
            let page = store.events(&system, &cursor, BATCH).await?;
            // A page may be empty before the end of the log; at the end it leads nowhere.
            if page.events.is_empty() && page.next == cursor {
                self.added_seen.fetch_max(added, Ordering::SeqCst);
                return Ok(());
            }
            let mut tickets: BTreeSet<TicketId> = BTreeSet::new();
            let mut agents: BTreeSet<AgentId> = BTreeSet::new();
            let mut owned: BTreeSet<TicketId> = BTreeSet::new();
            for logged in &page.events {
                let audience = &logged.envelope.audience;
                match logged.envelope.stream {
                    // What has an owner waits for nobody: it need not be read. Its owner's load may have moved.
                    Stream::Ticket(id) if audience.assignee_after.is_some() => {
                        owned.insert(id);
                        tickets.remove(&id);
                    }
                    Stream::Ticket(id) => drop(tickets.insert(id)),
                    Stream::Agent(id) => drop(agents.insert(id)),
                    Stream::Customer(_) | Stream::Document(_) | Stream::Login(_) => {}
                }
                agents.extend(audience.assignee_before.into_iter().chain(audience.assignee_after));
            }
            let keys: Vec<Key> = tickets
                .iter()
                .map(|id| Key::Ticket(*id))
                .chain(agents.iter().flat_map(|id| [Key::Agent(*id), Key::AgentState(*id)]))
                .collect();
            let records = readable(store, &system, &keys).await?;
            let mut board = self.board();
            if board.cursor.as_ref() == Some(&cursor) {
                board.take(&owned, records);
                board.cursor = Some(page.next);
            }
        }
    }
}

/// Reads records. One that cannot be read is passed over: it must not stop the queue for all others.
async fn readable(store: &dyn Store, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
    match store.load(scope, keys).await {
        Err(error) if !error.is_retryable() => {}
        done => return done,
    }
    let mut records = Vec::with_capacity(keys.len());
    for key in keys {
        records.push(match store.load(scope, std::slice::from_ref(key)).await {
            Ok(mut found) => found.pop().flatten(),
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => None,
        });
    }
    Ok(records)
}

/// Reads all documents in force, oldest first.
pub(super) async fn documents(store: &dyn Store, system: &Scope) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    let mut query = Query::new(Select::Documents { kind: None, retired: false }, BATCH);
    loop {
        let page = store.find(system, &query).await?;
        documents.extend(page.items.into_iter().filter_map(|record| match record {
            Record::Document(document) => Some(document),
            _ => None,
        }));
        if page.next.is_none() {
            return Ok(documents);
        }
        query.after = page.next;
    }
}

/// Locks; a panic of another holder leaves data that is only a cache and is read again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
