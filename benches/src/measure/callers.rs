//! Many callers at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::figures::Latencies;

/// How many.
pub(crate) const CALLERS: usize = 64;

/// Does something many times with 64 callers, each the next as soon as it has an answer.
pub(crate) fn parallel(many: usize, what: impl Fn(usize) + Sync) -> Latencies {
    let next = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                threads.spawn(|| {
                    let mut times: Vec<Duration> = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::SeqCst);
                        if at >= many {
                            return times;
                        }
                        let begun = Instant::now();
                        what(at);
                        times.push(begun.elapsed());
                    }
                })
            })
            .collect();
        Latencies::of(callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect())
    })
}
