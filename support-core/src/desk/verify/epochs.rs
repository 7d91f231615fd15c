//! Under which configuration a ticket stands.
//!
//! A changed configuration reaches open tickets one after the other. Until all of them were looked at, a ticket stands
//! under the one in force or under one since the last that reached all, and is sound where what is derived of it follows
//! from one of these. The log tells which versions of which documents were in force at each epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::id::{DocumentId, TenantId};
use crate::people::Scope;
use crate::sla::deadline::derive;
use crate::store::{Document, Key, Record};
use crate::ticket::{Derived, Ticket};

use super::super::Desk;
use super::log::Log;
use super::{BATCH, Report};

/// Most earlier configurations that are kept compiled.
const KEPT: usize = 16;

/// Earlier configurations, as far as somebody stood under them.
#[derive(Default)]
pub(super) struct Epochs {
    compiled: BTreeMap<u64, Arc<Config>>,
    /// The last under which a ticket stood: the next is likely to stand there too.
    last: Option<u64>,
}

/// Tells whether what is derived of a ticket follows from it under a configuration.
pub(super) fn follows(ticket: &Ticket, config: &Config) -> bool {
    let derived = derive(ticket, config);
    // A wake-up that backs off after failures is later than what follows from the ticket.
    let wake_at = if ticket.derived.failures > 0 { ticket.derived.wake_at } else { derived.wake_at };
    (Derived { wake_at, ..derived }) == ticket.derived
}

impl Desk {
    /// Tells whether a ticket stands under a configuration since the last that reached all tickets.
    pub(super) async fn stands_under_another(
        &self,
        tenant: TenantId,
        ticket: &Ticket,
        log: &mut Log,
        report: &mut Report,
    ) -> Result<bool, Error> {
        let system = Scope::system(tenant);
        // Not the epoch of a configuration that may be a second old.
        let epoch = match self.store().load(&system, &[Key::Epoch]).await?.pop().flatten() {
            Some(Record::Epoch(epoch)) => epoch,
            _ => 0,
        };
        let reached = self.reached(&system, epoch).await?;
        if (log.configured.len() as u64) < epoch {
            log.read_on(self, tenant, report).await?;
        }
        let known = log.epochs.last.filter(|known| (reached..=epoch).contains(known));
        for earlier in known.into_iter().chain((reached..=epoch).rev()) {
            let config = self.config_at(tenant, earlier, log).await?;
            let config = self.live(tenant).with_versions_of(&**self.store(), config, ticket).await?;
            if follows(ticket, &config) {
                log.epochs.last = Some(earlier);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compiles the configuration that was in force at an epoch.
    async fn config_at(&self, tenant: TenantId, epoch: u64, log: &mut Log) -> Result<Arc<Config>, Error> {
        if let Some(known) = log.epochs.compiled.get(&epoch) {
            return Ok(known.clone());
        }
        // Each version of a document is an epoch.
        let until = usize::try_from(epoch).unwrap_or(usize::MAX);
        let in_force: BTreeMap<DocumentId, u64> = log.configured.iter().take(until).copied().collect();
        let keys: Vec<Key> =
            in_force.into_iter().map(|(id, version)| Key::DocumentVersion(id, version)).collect();
        let mut documents: Vec<Document> = Vec::new();
        for batch in keys.chunks(BATCH as usize) {
            let found = self.store().load(&Scope::system(tenant), batch).await?;
            documents.extend(found.into_iter().flatten().filter_map(|record| match record {
                Record::Document(document) => Some(document),
                _ => None,
            }));
        }
        let config = Arc::new(Config::compile(epoch, &documents));
        if log.epochs.compiled.len() >= KEPT {
            log.epochs.compiled.clear();
        }
        log.epochs.compiled.insert(epoch, config.clone());
        Ok(config)
    }
}
