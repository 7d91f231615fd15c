//! How long a host's service may take.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use support_core::insight::TimeLimit;

/// A time limit by the system's clock, for any executor. A thread waits only while somebody does: a service that answers
/// at once costs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within(pub Duration);

impl TimeLimit for Within {
    fn over(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Over { limit: self.0, wait: None })
    }
}

#[derive(Debug, Default)]
struct Wait {
    /// Whether the time is over, or nobody waits any more.
    ended: bool,
    waker: Option<Waker>,
}

struct Over {
    limit: Duration,
    wait: Option<Arc<(Mutex<Wait>, Condvar)>>,
}

impl Future for Over {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let begins = self.wait.is_none();
        let wait = self.wait.get_or_insert_with(Arc::default).clone();
        let mut state = wait.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.ended {
            return Poll::Ready(());
        }
        state.waker = Some(context.waker().clone());
        drop(state);
        // Where no thread can be had, nobody would ever say that the time is over.
        if begins
            && thread::Builder::new()
                .name("support-limit".to_owned())
                .spawn(move || sleep(&wait, limit))
                .is_err()
        {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

fn sleep(wait: &(Mutex<Wait>, Condvar), limit: Duration) {
    let state = wait.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut state, _) =
        wait.1.wait_timeout_while(state, limit, |state| !state.ended).unwrap_or_else(PoisonError::into_inner);
    state.ended = true;
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        if let Some(wait) = &self.wait {
            let mut state = wait.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.ended = true;
            state.waker = None;
            drop(state);
            wait.1.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_over_when_it_is() {
        pollster::block_on(Within(Duration::from_millis(1)).over());
    }

    #[test]
    fn who_waits_no_more_ends_the_thread() {
        let mut over = Within(Duration::from_secs(3_600)).over();
        let polled = over.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Pending);
        drop(over);
    }
}
