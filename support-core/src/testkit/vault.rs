//! A vault in memory, for tests of what uses one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use crate::id::{TenantId, TicketId};
use crate::masking::{Kind, Reveal, RevealError, Sealed, Secret, Token, Vault};

/// Keeps values in memory, unsealed, and everything that was asked of it.
#[derive(Debug, Default)]
pub struct MemoryVault {
    kept: Mutex<BTreeMap<(TenantId, Token), (TicketId, Sealed)>>,
    asked: Mutex<Vec<Reveal>>,
}

impl MemoryVault {
    /// Opens an empty vault.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many values it keeps.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    /// Returns who asked for what and why, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Reveal> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn keep(&self, tenant: TenantId, ticket: TicketId, sealed: &[Sealed]) -> Result<(), RevealError> {
        let mut kept = self.kept.lock().unwrap();
        for one in sealed {
            kept.entry((tenant, one.token)).or_insert_with(|| (ticket, one.clone()));
        }
        Ok(())
    }

    async fn reveal(&self, ask: &Reveal) -> Result<(Kind, Secret), RevealError> {
        self.asked.lock().unwrap().push(ask.clone());
        let kept = self.kept.lock().unwrap();
        match kept.get(&(ask.tenant, ask.token)) {
            Some((ticket, sealed)) if *ticket == ask.ticket => {
                Ok((sealed.finding.kind.clone(), sealed.value.clone()))
            }
            _ => Err(RevealError::Unknown),
        }
    }

    async fn forget(&self, tenant: TenantId, ticket: TicketId) -> Result<(), RevealError> {
        let mut kept = self.kept.lock().unwrap();
        kept.retain(|(of, _), (sealed_for, _)| (*of, *sealed_for) != (tenant, ticket));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::masking::{MAX_REASON_CHARS, Masker, MaskingSpec, Mode, Purpose};
    use crate::people::ActorRef;
    use crate::testkit::block_on;
    use crate::time::Timestamp;

    #[test]
    fn a_token_is_turned_back_for_who_says_why_and_that_is_written_down() {
        let masker = Masker::new(&MaskingSpec { mode: Mode::Token, ..Default::default() }).unwrap();
        let mut mint = |_: &_, _: &str| Token::from_uuid(Uuid::from_u128(1));
        let (masked, sealed) = masker.mask_sealing("my pin is 4821", Purpose::Storage, &[], &mut mint);
        assert!(!masked.text.contains("4821"));
        let (tenant, other) =
            (TenantId::from_uuid(Uuid::from_u128(1)), TenantId::from_uuid(Uuid::from_u128(2)));
        let (ticket, elsewhere) =
            (TicketId::from_uuid(Uuid::from_u128(3)), TicketId::from_uuid(Uuid::from_u128(4)));
        let vault = MemoryVault::new();
        block_on(vault.keep(tenant, ticket, &sealed)).unwrap();

        let token = sealed[0].token;
        let ask_in = |tenant, ticket, reason: &str| {
            Reveal::new(tenant, ticket, token, ActorRef::SYSTEM, Timestamp::from_seconds(1), reason)
        };
        let ask = |tenant, reason: &str| ask_in(tenant, ticket, reason);
        let (kind, value) = block_on(vault.reveal(&ask(tenant, " fraud case ").unwrap())).unwrap();
        assert_eq!((kind, value.reveal()), (Kind::Pin, "4821"));
        assert_eq!(block_on(vault.reveal(&ask(other, "curious").unwrap())), Err(RevealError::Unknown));
        let asked: Vec<(TenantId, String)> =
            vault.asked().into_iter().map(|ask| (ask.tenant, ask.reason().to_owned())).collect();
        assert_eq!(asked, [(tenant, "fraud case".to_owned()), (other, "curious".to_owned())]);
        for reason in ["", "  ", &"x".repeat(MAX_REASON_CHARS + 1)] {
            assert_eq!(ask(tenant, reason), Err(RevealError::Reason));
        }
        assert!(!format!("{vault:?}").contains("4821"));

        let quoted = ask_in(tenant, elsewhere, "quoted there").unwrap();
        assert_eq!(block_on(vault.reveal(&quoted)), Err(RevealError::Unknown));
        block_on(vault.forget(tenant, elsewhere)).unwrap();
        assert_eq!(vault.kept(), 1);
        block_on(vault.forget(tenant, ticket)).unwrap();
        assert_eq!(block_on(vault.reveal(&ask(tenant, "again").unwrap())), Err(RevealError::Unknown));
    }
}
