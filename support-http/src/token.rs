//! Access tokens: JSON Web Tokens that name a session and nothing else.
//!
//! A token proves that this desk issued it and when it ends; who it is for, and what they may do, is read from the
//! store at each request. HS256 only (RFC 7519, RFC 8725 §3.1: the algorithm is fixed, never read from the token).

use std::fmt;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hmac::{Hmac, KeyInit, Mac};
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, Claims, Header, UntrustedToken};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use support_core::id::SessionId;
use support_core::time::Timestamp;

/// Fewest bytes of a secret.
const LEAST: usize = 32;
/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2_048;

/// Key under which tokens are signed and idempotency digests are made. Never printed.
#[derive(Clone)]
pub struct Secret {
    tokens: Hs256Key,
    digests: Hmac<Sha256>,
}

/// The secret is shorter than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret must have at least 32 bytes")]
pub struct SecretTooShort;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    sid: SessionId,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Takes the host's secret; from it a key for each purpose is derived.
    ///
    /// # Errors
    /// `SecretTooShort` below 32 bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, SecretTooShort> {
        let secret = secret.as_ref();
        if secret.len() < LEAST {
            return Err(SecretTooShort);
        }
        let derive = |purpose: &str| -> [u8; 32] {
            Sha256::new().chain_update(purpose).chain_update([0]).chain_update(secret).finalize().into()
        };
        let digests = Hmac::new_from_slice(&derive("idempotency digests")).map_err(|_| SecretTooShort)?;
        Ok(Self { tokens: Hs256Key::new(derive("access tokens")), digests })
    }

    /// Issues a token for a session.
    pub(crate) fn issue(&self, sid: SessionId, expires_at: Timestamp) -> Option<String> {
        let mut claims = Claims::new(Session { sid });
        claims.expiration = Some(expires_at.to_utc());
        Hs256.token(&Header::empty(), &claims, &self.tokens).ok()
    }

    /// Returns the session that a request's token names, if the token is ours and has not ended.
    pub(crate) fn session_of(&self, parts: &Parts, now: Timestamp) -> Option<SessionId> {
        let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.len() > LONGEST {
            return None;
        }
        self.session(token, now)
    }

    fn session(&self, token: &str, now: Timestamp) -> Option<SessionId> {
        let token = UntrustedToken::new(token).ok()?;
        let token = Hs256.validator::<Session>(&self.tokens).validate(&token).ok()?;
        let claims = token.claims();
        // In whole seconds, as the token holds it.
        let ends = Timestamp::from(claims.expiration?);
        (ends.seconds() > now.seconds()).then_some(claims.custom.sid)
    }

    /// Returns a keyed digest of what makes a request, so that a stored digest tells nothing of it.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.digests.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    #[test]
    fn a_token_names_its_session_until_it_ends() {
        let secret = secret("0123456789abcdef0123456789abcdef");
        let sid = SessionId::from_uuid(uuid::Uuid::from_u128(7));
        let end = Timestamp::from_seconds(1_000);
        let token = secret.issue(sid, end).unwrap();
        assert_eq!(secret.session(&token, Timestamp::from_seconds(999)), Some(sid));
        assert_eq!(secret.session(&token, end), None);
    }

    #[test]
    fn other_keys_algorithms_and_shapes_are_refused() {
        let ours = secret("0123456789abcdef0123456789abcdef");
        let theirs = secret("another secret of thirty-two byte");
        let sid = SessionId::from_uuid(uuid::Uuid::from_u128(7));
        let token = theirs.issue(sid, Timestamp::MAX).unwrap();
        assert_eq!(ours.session(&token, Timestamp::MIN), None);
        let good = ours.issue(sid, Timestamp::MAX).unwrap();
        let body = good.split('.').nth(1).unwrap();
        // {"alg":"none"}
        for bad in [format!("eyJhbGciOiJub25lIn0.{body}."), format!("{good}x"), String::new(), "a.b.c".into()]
        {
            assert_eq!(ours.session(&bad, Timestamp::MIN), None, "{bad}");
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_printed() {
        assert_eq!(Secret::new("short").unwrap_err(), SecretTooShort);
        assert_eq!(format!("{:?}", secret("0123456789abcdef0123456789abcdef")), "Secret(…)");
    }
}
