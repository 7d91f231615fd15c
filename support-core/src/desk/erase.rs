//! Erasing what a ticket said, when its time in the bin is over.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::id::{TenantId, TextId, TicketId};
use crate::people::{Actor, Scope};
use crate::store::{ChangeSet, Key, Record};

use super::Desk;

/// Texts read at once.
pub(super) const BATCH: usize = 256;

impl Desk {
    /// Empties every text that a ticket's events name. Their words are found no more: an emptied text has no entry.
    ///
    /// All of it goes into the commit of the event that says so, so that a ticket is erased wholly or not at all. Bodies
    /// are dropped as they are read: the set holds the emptied revisions only.
    pub(super) async fn empty_texts(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        changes: &mut ChangeSet,
    ) -> Result<(), Error> {
        let keys = self.text_keys(tenant, ticket).await?;
        for batch in keys.chunks(BATCH) {
            for record in self.store().load(&Scope::system(tenant), batch).await?.into_iter().flatten() {
                let revision = record.revision();
                if let Record::Text(text) = record
                    && text.body.is_some()
                {
                    changes.replace(revision, text.emptied());
                }
            }
        }
        Ok(())
    }

    /// Lists the texts that a ticket's events name.
    pub(super) async fn text_keys(&self, tenant: TenantId, ticket: TicketId) -> Result<Vec<Key>, Error> {
        let history = self.history(&Actor::Host(tenant), ticket).await?;
        let texts: BTreeSet<TextId> = history.iter().flat_map(|envelope| envelope.event.texts()).collect();
        Ok(texts.into_iter().map(Key::Text).collect())
    }
}
