//! Bounds on guessing passwords: failed attempts are counted by address and by peer, in memory.
//!
//! An attempt counts as failed until it succeeds, so that many at once are no way around. The bound is this process's
//! own; a host with many nodes puts a shared one in front.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use support_core::store::PasswordHash;
use support_core::time::Timestamp;
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::mount::App;
use crate::password;

/// Seconds over which failures are counted.
const WINDOW_SECONDS: i64 = 60;
/// Most addresses and peers that are remembered.
const REMEMBERED: usize = 100_000;
/// Passwords that are hashed or compared at once; each takes 19 MiB.
const AT_ONCE: usize = 8;

/// Who tries: the digest of an address, a peer or a login.
pub(crate) type Who = [u8; 32];

/// Failed attempts, and turns to hash passwords.
#[derive(Debug)]
pub(crate) struct Attempts {
    limit: u32,
    failed: Mutex<HashMap<Who, Failed>>,
    turns: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    since: Timestamp,
    times: u32,
}

impl Failed {
    /// Seconds until it is forgotten; nothing where it is already, also where the clock was put back.
    fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        let age = now.seconds_since(self.since);
        (0..WINDOW_SECONDS).contains(&age).then(|| WINDOW_SECONDS - age)
    }
}

impl Attempts {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, failed: Mutex::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Begins an attempt of all these at once.
    pub(crate) fn begin(&self, who: &[Who], now: Timestamp) -> Result<(), ApiError> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |who: &Who| {
            let known = failed.get(who).filter(|failed| failed.times >= self.limit)?;
            known.seconds_left(now)
        };
        if let Some(seconds) = who.iter().filter_map(wait).max() {
            return Err(ApiError {
                retry_after: u64::try_from(seconds).ok(),
                ..ApiError::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_attempts",
                    "there were too many failed attempts; wait",
                )
            });
        }
        if failed.len() >= REMEMBERED {
            failed.retain(|_, failed| failed.seconds_left(now).is_some());
        }
        if failed.len() >= REMEMBERED {
            // A flood of addresses: those that are close to their bound are kept.
            let half = self.limit.div_ceil(2);
            failed.retain(|_, failed| failed.times > half);
        }
        for who in who {
            let entry = failed.entry(*who).or_insert(Failed { since: now, times: 0 });
            if entry.seconds_left(now).is_none() {
                *entry = Failed { since: now, times: 0 };
            }
            entry.times = entry.times.saturating_add(1);
        }
        Ok(())
    }

    /// Says that an attempt was none to count.
    pub(crate) fn succeeded(&self, who: &[Who]) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for who in who {
            if let Some(entry) = failed.get_mut(who) {
                entry.times = entry.times.saturating_sub(1);
            }
        }
    }

    /// Compares a password with a stored hash, on a thread that may take its time.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.in_turn(move || password::matches(&password, hash.as_deref())).await
    }

    /// Hashes a password that somebody chose; `field` is where it stood.
    pub(crate) async fn hash(&self, field: &str, password: String) -> Result<PasswordHash, ApiError> {
        let hash = self.in_turn(move || password::hash_password(&password)).await?;
        hash.map_err(|problem| ApiError::invalid(field, problem))
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let failed = || ApiError::busy("busy", "passwords cannot be compared now");
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| failed())?;
        // The turn ends with the work, also where nobody waits for it any more.
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| failed())
    }
}

/// The peer's network address, where the host's server gives it. Headers are not believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(Option<IpAddr>);

impl Peer {
    /// For attempts that are counted by login alone.
    pub(crate) const fn unknown() -> Self {
        Self(None)
    }

    /// Returns what attempts of this peer are counted under: an address, or an IPv6 network, which is one customer's.
    pub(crate) fn who(self, app: &App) -> Option<Who> {
        let network = match self.0?.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        };
        Some(app.digests.digest(&[b"sign-in peer", &network]))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_minute_are_bounded_and_successes_are_not_counted() {
        let attempts = Attempts::new(2);
        let (ann, bob) = ([1; 32], [2; 32]);
        let now = Timestamp::from_seconds(1_000);
        for _ in 0..5 {
            attempts.begin(&[ann], now).unwrap();
            attempts.succeeded(&[ann]);
        }
        attempts.begin(&[ann], now).unwrap();
        attempts.begin(&[ann, bob], now.plus_seconds(20)).unwrap();
        let refused = attempts.begin(&[ann, bob], now.plus_seconds(20)).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.retry_after), (429, Some(40)));
        // Who was refused did not use up the other's attempts.
        attempts.begin(&[bob], now.plus_seconds(20)).unwrap();
        attempts.begin(&[ann], now.plus_seconds(60)).unwrap();
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_without_bound() {
        let attempts = Attempts::new(10);
        let now = Timestamp::from_seconds(1_000);
        for number in 0..(REMEMBERED as u64 + 10) {
            let mut who = [0; 32];
            who[..8].copy_from_slice(&number.to_be_bytes());
            attempts.begin(&[who], now).unwrap();
        }
        assert!(attempts.failed.lock().unwrap().len() <= REMEMBERED);
    }
}
