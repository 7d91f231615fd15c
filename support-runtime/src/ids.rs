//! Random ids and secrets.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use support_core::id::Ids;
use support_core::time::Timestamp;
use uuid::{Builder, Uuid};

/// Bytes of randomness that are fetched at once: a system call for each id would cost more than the id.
const POOL: usize = 4_096;

/// Ids and secrets of the operating system's randomness.
///
/// Ids that are minted in the same millisecond are still random in 74 bits; they sort by millisecond.
pub struct RandomIds {
    pool: Mutex<Pool>,
}

struct Pool {
    bytes: Box<[u8; POOL]>,
    used: usize,
}

/// The operating system gives no randomness. Nothing safe can be done without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gives no randomness")
    }
}

impl std::error::Error for NoRandomness {}

impl fmt::Debug for RandomIds {
    /// Prints nothing of what is to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomIds")
    }
}

impl RandomIds {
    /// Fetches the first randomness.
    ///
    /// # Errors
    /// `NoRandomness` where the operating system gives none.
    pub fn new() -> Result<Self, NoRandomness> {
        let mut bytes = Box::new([0; POOL]);
        getrandom::fill(&mut bytes[..]).map_err(|_| NoRandomness)?;
        Ok(Self { pool: Mutex::new(Pool { bytes, used: 0 }) })
    }

    fn take<const N: usize>(&self) -> [u8; N] {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.used + N > POOL {
            refill(&mut pool.bytes[..]);
            pool.used = 0;
        }
        let from = pool.used;
        pool.used += N;
        let mut taken = [0; N];
        if let Some(bytes) = pool.bytes.get_mut(from..from + N) {
            taken.copy_from_slice(bytes);
            // What was handed out must not be found in memory later.
            bytes.fill(0);
        }
        taken
    }
}

/// Fetches new randomness. The kernel's generator, once it has answered, does not fail again (getrandom(2)); should
/// it do so all the same, the process must not go on with ids that can be guessed.
fn refill(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        tracing::error!("the operating system gives no randomness any more: stopping");
        std::process::abort();
    }
}

impl Ids for RandomIds {
    fn mint(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.take::<10>()).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        self.take::<32>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_and_carry_their_time() {
        let ids = RandomIds::new().unwrap();
        let now = Timestamp::from_seconds(1_790_000_000);
        let minted: HashSet<Uuid> = (0..10_000).map(|_| ids.mint(now)).collect();
        assert_eq!(minted.len(), 10_000);
        for id in &minted {
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_timestamp().unwrap().to_unix().0, 1_790_000_000);
        }
    }

    #[test]
    fn secrets_are_distinct_and_not_printed() {
        let ids = RandomIds::new().unwrap();
        let secrets: HashSet<[u8; 32]> = (0..1_000).map(|_| ids.secret()).collect();
        assert_eq!(secrets.len(), 1_000);
        assert_eq!(format!("{ids:?}"), "RandomIds");
    }
}
