//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use support_core::time::{Clock, Timestamp};

/// The operating system's wall clock.
///
/// It may jump backwards when the system corrects it; the desk never lets a ticket's time run backwards for that.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place where the system's clock is read"
        )]
        let now = SystemTime::now();
        // A clock before 1970 is a broken clock: the epoch is as good as any answer.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_this_century() {
        let now = SystemClock.now();
        assert!(
            now > "2025-01-01T00:00:00Z".parse().unwrap() && now < "2100-01-01T00:00:00Z".parse().unwrap()
        );
    }
}
