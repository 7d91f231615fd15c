//! What was masked, turned back: by right, for a reason, and never unseen.

use std::sync::PoisonError;

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::id::{TenantId, TextId, TicketId};
use crate::masking::{
    Finding, Kind, MAX_REASON_CHARS, Masked, Purpose, Reveal, RevealError, Secret, Token, Vault, tokens_in,
};
use crate::people::{Actor, Permission, Scope};
use crate::store::{Record, StoreError, StoreErrorKind, TextClass};
use crate::ticket::{Command, command};

use super::erase::BATCH;
use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};
use super::texts::{Kept, Texts, check};
use super::{Desk, TicketReply};

impl Desk {
    /// Tells whether masked values can be kept and seen again.
    #[must_use]
    pub fn has_vault(&self) -> bool {
        self.vault().is_some()
    }

    pub(super) fn vault(&self) -> Option<&dyn Vault> {
        self.inner.vault.as_deref()
    }

    /// Shows what a token in one of a ticket's texts stands for. That it was asked for, by whom and why is in the audit
    /// trail before this answers, also where the vault then knows nothing. The answer is for the one who asked: it must
    /// not be stored, cached or logged.
    ///
    /// # Errors
    /// `NotFound` for a ticket out of sight, to customers, and for a token that stands in none of the ticket's texts, was
    /// sealed for another ticket, or whose value is erased; `Forbidden`; `Invalid` for a reason of no or more than 500 characters; `Refused` as
    /// `no_vault`; `Store` where store or vault fail.
    pub async fn reveal(
        &self,
        actor: &Actor,
        ticket: TicketId,
        token: Token,
        reason: &str,
    ) -> Result<(Kind, Secret), Error> {
        // The vault writes down what the trail does: no number that the reason repeats. None of it is sealed either.
        let masker = self.config(actor.tenant()).await?.masker.clone();
        let reason = Kept::of(masker.mask(reason, Purpose::Storage, &[]));
        self.run(actor, &RevealValue { ticket, token, reason: &reason }).await?;
        let vault = self.vault().ok_or_else(no_vault)?;
        let asked = Reveal::new(actor.tenant(), ticket, token, actor.as_ref(), self.now(), &reason.body);
        vault.reveal(&asked.map_err(of_vault)?).await.map_err(of_vault)
    }

    /// Lets the vault forget what was sealed for an erased ticket; tells whether it did.
    pub(super) async fn forget_sealed(&self, tenant: TenantId, ticket: TicketId) -> bool {
        match self.vault() {
            Some(vault) => vault.forget(tenant, ticket).await.is_ok(),
            None => true,
        }
    }

    /// Finds the text of a ticket in which a token stands.
    async fn text_with(&self, tenant: TenantId, ticket: TicketId, token: Token) -> Result<TextId, Error> {
        for batch in self.text_keys(tenant, ticket).await?.chunks(BATCH) {
            for record in self.store().load(&Scope::system(tenant), batch).await?.into_iter().flatten() {
                if let Record::Text(text) = record
                    && text.body.is_some_and(|body| tokens_in(&body).any(|found| found == token))
                {
                    return Ok(text.id);
                }
            }
        }
        Err(Error::NotFound(EntityKind::Text))
    }
}

/// Writes down that somebody is told what a token stands for, and why.
struct RevealValue<'r> {
    ticket: TicketId,
    token: Token,
    /// Masked.
    reason: &'r Kept,
}

#[async_trait]
impl UseCase for RevealValue<'_> {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        ask.staff_only(EntityKind::Ticket)?;
        let ticket = ask.ticket(self.ticket, Permission::ValueReveal).await?;
        check("reason", &self.reason.body, MAX_REASON_CHARS)?;
        if !ask.desk.has_vault() {
            return Err(no_vault());
        }
        let text = ask.desk.text_with(ask.actor.tenant(), ticket.id, self.token).await?;
        let mut texts = Texts::new(ask, Some(ticket.id));
        let reason = texts.keep(ask.actor.as_ref(), TextClass::Internal, self.reason.clone());
        let command = Command::Reveal(command::Reveal { text, token: self.token, reason });
        let mut prepared = carry_out(ask, &ticket, &[command], Vec::new()).await?;
        texts.finish(&mut prepared.changes);
        Ok(prepared)
    }
}

impl Ask<'_> {
    /// Masks a text on its way into the store. What is masked with tokens is kept in the vault for its ticket before
    /// anything is written; without a vault, and in texts of no ticket, tokens are only the names of what was masked.
    pub(super) fn mask<'t>(&self, ticket: Option<TicketId>, text: &'t str, before: &[&str]) -> Masked<'t> {
        let masker = &self.config.masker;
        let Some(ticket) = ticket.filter(|_| self.desk.has_vault()) else {
            return masker.mask(text, Purpose::Storage, before);
        };
        let mut all = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&ticket).map_or(&[][..], Vec::as_slice);
        let mut mint = |finding: &Finding, value: &str| {
            let same = known.iter().find(|one| one.finding == *finding && one.value.reveal() == value);
            same.map_or_else(|| Token::from_uuid(self.ids().mint(self.now)), |one| one.token)
        };
        let (masked, mut sealed) = masker.mask_sealing(text, Purpose::Storage, before, &mut mint);
        sealed.retain(|one| !known.contains(one));
        if !sealed.is_empty() {
            all.entry(ticket).or_default().extend(sealed);
        }
        masked
    }

    /// Tells whether something was masked with tokens so far.
    pub(super) fn has_sealed(&self) -> bool {
        !self.sealed.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Gives the vault what was masked with tokens so far. It keeps the same token once.
    pub(super) async fn keep_sealed(&self) -> Result<(), Error> {
        let sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(vault) = self.desk.vault() else { return Ok(()) };
        for (ticket, sealed) in sealed {
            vault.keep(self.actor.tenant(), ticket, &sealed).await.map_err(of_vault)?;
        }
        Ok(())
    }
}

fn no_vault() -> Error {
    Error::refused("no_vault", "this desk keeps no masked values")
}

/// What a failing vault is to the caller.
fn of_vault(error: RevealError) -> Error {
    match error {
        RevealError::Reason => Error::invalid("reason", error),
        RevealError::Unknown => Error::NotFound(EntityKind::Text),
        RevealError::Unavailable => {
            Error::Store(StoreError::new(StoreErrorKind::Unavailable, "asking the vault").because(error))
        }
    }
}
