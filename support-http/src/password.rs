//! Passwords: hashed with Argon2id, compared in the same time for known and unknown addresses.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
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
fn argon() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1_024, 2, 1, None).unwrap_or_default())
}

/// Hash of nobody's password, compared where the address is unknown.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    argon().hash_password(b"nobody's password").map(|hash| hash.to_string()).unwrap_or_default()
});

/// Hashes a password for storing. Takes some 20 ms and 19 MiB: not on a thread that serves requests.
///
/// # Errors
/// `PasswordError` where it is too short or too long.
pub fn hash_password(password: &str) -> Result<PasswordHash, PasswordError> {
    if password.chars().count() < LEAST || password.len() > LONGEST {
        return Err(PasswordError);
    }
    argon()
        .hash_password(password.as_bytes())
        .map(|hash| PasswordHash::new(hash.to_string()))
        .map_err(|_| PasswordError)
}

/// Compares a password with a stored hash; without a hash it takes the same time and answers no.
pub(crate) fn matches(password: &str, hash: Option<&str>) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    let known = hash.is_some();
    let hash = hash.unwrap_or(&NOBODY);
    let parsed = argon2::password_hash::phc::PasswordHash::new(hash);
    let same = parsed.is_ok_and(|parsed| argon().verify_password(password.as_bytes(), &parsed).is_ok());
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
        assert!(!matches("nobody's password", None));
        assert!(!matches("correct horse", Some("no hash at all")));
        assert_eq!(hash_password("short"), Err(PasswordError));
    }
}
