//! The worker: one thread that does what time asks for.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use support_core::desk::Desk;

/// Longest sleep: the safety net for what nobody announced, such as work of another process.
const SWEEP: Duration = Duration::from_secs(10);
/// Sleep after a failure of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Shortest time from one tick to the next: commits that come one after the other are looked at together.
const BREATH: Duration = Duration::from_millis(20);

/// One thread that ticks a desk: when something falls due, and at the latest every ten seconds.
///
/// It wakes for commits too, because a commit may plan something earlier than the worker knows of.
#[derive(Debug)]
pub struct Worker {
    bell: Arc<Bell>,
    state: Arc<WorkerState>,
    thread: Option<JoinHandle<()>>,
}

/// What the worker has done so far, for metrics.
#[derive(Debug, Default)]
pub struct WorkerState {
    /// Ticks.
    pub ticks: AtomicU64,
    /// Aggregates that were woken.
    pub woken: AtomicU64,
    /// Wake-ups that failed.
    pub failed: AtomicU64,
    /// Aggregates that were found stuck at the last tick.
    pub stuck: AtomicU64,
    /// Ticks that the store failed.
    pub store_failures: AtomicU64,
}

/// Wakes the sleeping thread.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<Rung>,
    heard: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Rung {
    rung: bool,
    stop: bool,
}

impl Bell {
    fn ring(&self, stop: bool) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        rung.rung = true;
        rung.stop |= stop;
        self.heard.notify_all();
    }

    /// Sleeps until it rings or the time is over; tells whether the worker shall stop.
    fn sleep(&self, most: Duration) -> bool {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) = self
            .heard
            .wait_timeout_while(rung, most, |rung| !rung.rung)
            .unwrap_or_else(PoisonError::into_inner);
        rung.rung = false;
        rung.stop
    }

    fn stops(&self) -> bool {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).stop
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring(false);
    }
}

impl Worker {
    /// Starts the thread.
    ///
    /// It wakes whatever falls due in any tenant, and routes in those that the desk has in memory. A process that
    /// starts anew asks for [`Desk::config`] of its tenants once, so that what waits is routed without a first command.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub fn start(desk: Desk) -> std::io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let state = Arc::new(WorkerState::default());
        let thread = std::thread::Builder::new().name("support-worker".into()).spawn({
            let (bell, state) = (bell.clone(), state.clone());
            move || work(&desk, &bell, &state)
        })?;
        Ok(Self { bell, state, thread: Some(thread) })
    }

    /// Returns what it has done.
    #[must_use]
    pub const fn state(&self) -> &Arc<WorkerState> {
        &self.state
    }

    /// Lets it finish what it is doing, and waits for that.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.bell.ring(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the worker had panicked");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

fn work(desk: &Desk, bell: &Arc<Bell>, state: &WorkerState) {
    let waker = Waker::from(bell.clone());
    while !bell.stops() {
        // Listening begins before the tick: what is committed while it runs rings the bell.
        let mut changed = pin!(desk.store().changed());
        let listening = changed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending();
        state.ticks.fetch_add(1, Ordering::Relaxed);
        let sleep = match pollster::block_on(desk.tick()) {
            Ok(ticked) => {
                state.woken.fetch_add(u64::from(ticked.woken), Ordering::Relaxed);
                state.failed.fetch_add(u64::from(ticked.failed), Ordering::Relaxed);
                state.stuck.store(u64::from(ticked.stuck), Ordering::Relaxed);
                until(desk, ticked.next)
            }
            Err(error) => {
                state.store_failures.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%error, "the worker could not tick; it tries again");
                AFTER_FAILURE
            }
        };
        // Also where the next thing is due now: the batches of a backfill leave room to those who wait for an answer.
        std::thread::sleep(BREATH);
        if listening && bell.sleep(sleep.saturating_sub(BREATH)) {
            return;
        }
    }
}

fn until(desk: &Desk, next: Option<support_core::time::Timestamp>) -> Duration {
    let Some(next) = next else { return SWEEP };
    let micros = u64::try_from(next.micros_since(desk.now())).unwrap_or_default();
    Duration::from_micros(micros).min(SWEEP)
}

#[cfg(test)]
mod tests {
    use support_core::desk::CreateCustomer;
    use support_core::id::TenantId;
    use support_core::people::Actor;
    use support_core::store::MemoryStore;

    use crate::{RandomIds, SystemClock};

    use super::*;

    /// Makes customers as fast as they are stored until the worker has ticked so often; answers how many.
    fn commit_until(ticks: u64, desk: &Desk, worker: &Worker) -> u64 {
        let mut commits = 0;
        while worker.state().ticks.load(Ordering::Relaxed) < ticks {
            let (host, carl) = (Actor::Host(TenantId::SINGLE), CreateCustomer::named("Carl"));
            pollster::block_on(desk.run(&host, &carl)).unwrap();
            commits += 1;
        }
        commits
    }

    fn desk() -> Desk {
        let ids = Arc::new(RandomIds::new().unwrap());
        Desk::new(Arc::new(MemoryStore::new()), Arc::new(SystemClock), ids)
    }

    #[test]
    fn however_many_commits_come_the_worker_breathes_between_its_ticks() {
        let desk = desk();
        let begun = desk.now();
        let worker = Worker::start(desk.clone()).unwrap();
        let commits = commit_until(6, &desk, &worker);
        let took = desk.now().micros_since(begun);
        assert!(took >= 100_000, "six ticks have five pauses of 20 ms between them: {took} µs");
        assert!(commits > 6, "each commit rings, and few of them are worth a tick: {commits}");
    }

    #[test]
    fn a_commit_wakes_a_worker_that_sleeps_long() {
        let desk = desk();
        let begun = desk.now();
        let worker = Worker::start(desk.clone()).unwrap();
        commit_until(3, &desk, &worker);
        let took = desk.now().micros_since(begun);
        assert!(took < 10_000_000, "nothing was due: without the bell it would sleep for ten seconds");
        worker.stop();
    }
}
