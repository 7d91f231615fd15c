//! Passwords: hashed with Argon2id, compared in the same time for known and unknown addresses.

use std::sync::LazyLock;

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use support_core::store::PasswordHash;

/// Longest password, in bytes: longer ones would only cost time.
const LONGEST: usize = 1_024;
/// Fewest characters of a password that somebody chooses.
const LEAST: usize = 8;

/// A password cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 8 characters to 1024 bytes")]
pub struct PasswordError;

/// Argon2id with 19 MiB, 2 passes, 1 lane: the first choice of the OWASP password storage cheat sheet.
fn argon() -> Params {
    Params::new(19 * 1_024, 2, 1, None).unwrap_or_default()
}

/// Blocks for which room is asked, of 1 KiB each. glibc hands out 32 MiB and more from the system and gives them back
/// at once; what is smaller it keeps for each thread that ever compared a password, which measured 275 MiB after
/// sixteen sign-ins. Room that is not used takes no memory.
const ROOM: usize = 33 << 10;

/// Computes Argon2 in memory that is given back.
fn compute(
    password: &str,
    salt: &[u8],
    algorithm: Algorithm,
    version: Version,
    params: Params,
) -> Option<Output> {
    let blocks = params.block_count();
    let mut memory = Vec::with_capacity(blocks.max(ROOM));
    memory.resize(blocks, Block::default());
    let mut out = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    let argon = Argon2::new(algorithm, version, params);
    argon.hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut memory[..]).ok()?;
    Output::new(&out).ok()
}

/// Hashes a password under a new salt, in PHC string format.
fn hashed(password: &str) -> Option<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).ok()?;
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let hash = phc::PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&argon()).ok()?,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(compute(password, &salt, algorithm, version, argon())?),
    };
    Some(hash.to_string())
}

/// Compares a password with a hash in PHC string format.
fn verified(password: &str, hash: &str) -> Option<bool> {
    let hash = phc::PasswordHash::new(hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    // Outputs are compared in constant time.
    Some(compute(password, salt.as_ref(), algorithm, version, params)? == expected)
}

/// Hash of nobody's password, compared where the address is unknown.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed("nobody's password").unwrap_or_default());

/// Hashes a password for storing. Takes some 20 ms and 19 MiB: not on a thread that serves requests.
///
/// # Errors
/// `PasswordError` where it is too short or too long.
pub fn hash_password(password: &str) -> Result<PasswordHash, PasswordError> {
    if password.chars().count() < LEAST || password.len() > LONGEST {
        return Err(PasswordError);
    }
    hashed(password).map(PasswordHash::new).ok_or(PasswordError)
}

/// Says whether a password is the one that was hashed. Takes as long as hashing: not on a thread that serves requests.
#[must_use]
pub fn is_password(password: &str, hash: &str) -> bool {
    matches(password, Some(hash))
}

/// Compares a password with a stored hash; without a hash it takes the same time and answers no.
pub(crate) fn matches(password: &str, hash: Option<&str>) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    let known = hash.is_some();
    let hash = hash.unwrap_or(&NOBODY);
    let same = verified(password, hash).unwrap_or(false);
    known && same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash_password("correct horse").unwrap();
        assert!(matches("correct horse", Some(hash.expose())));
        assert!(!matches("correct horsf", Some(hash.expose())));
        assert!(is_password("correct horse", hash.expose()) && !is_password("correct horsf", hash.expose()));
        assert!(!matches("nobody's password", None));
        assert!(!matches("correct horse", Some("no hash at all")));
        assert_eq!(hash_password("short"), Err(PasswordError));
    }
}
