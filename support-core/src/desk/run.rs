//! How every use-case runs: prepare, commit, and decide again where others were faster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::error::{EntityKind, Error};
use crate::id::{Ids, OfferId, TicketId};
use crate::masking::Sealed;
use crate::people::{Actor, Scope};
use crate::store::{ChangeSet, Key, Outcome, Receipt, Store, StoreExt};
use crate::ticket::Circumstances;
use crate::time::Timestamp;

use super::Desk;

/// How often a use-case is decided anew when others changed the same thing meanwhile.
const ATTEMPTS: u32 = 10;

/// Something that somebody wants of the desk.
#[async_trait]
pub trait UseCase: Send + Sync {
    /// What it answers: ids and versions, so that a repeated command can be answered from its receipt.
    type Reply: Copy + Serialize + DeserializeOwned + Send;

    /// Loads what it needs, checks rights, decides, and says what is to be written.
    ///
    /// # Errors
    /// Whatever stops it. Nothing has been written.
    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<Self::Reply>, Error>;

    /// The offer that it accepts: who is refused it is rid of it.
    fn accepts(&self) -> Option<OfferId> {
        None
    }
}

/// Changes that carry a use-case out, ready to be committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared<R> {
    /// What is to be written; empty where nothing has to change.
    pub changes: ChangeSet,
    /// What will be answered.
    pub reply: R,
    /// Whether work was added or capacity freed, so that the router has to run.
    pub routes: bool,
    /// Whether the configuration changes with it.
    pub configures: bool,
}

/// Conditions on a command that its caller sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The version that the thing must have.
    pub if_match: Option<u64>,
    /// Makes a repeated command answer as the first did.
    pub once: Option<Once>,
}

/// What makes a command recognisable when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The key with its own scope: who, what, and the client's key.
    pub key: String,
    /// Keyed digest of the command.
    pub digest: [u8; 32],
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done<R> {
    /// It was carried out now.
    Now(R),
    /// It had been carried out before; this is what it answered then.
    Before(R),
}

impl<R: Copy> Done<R> {
    /// Returns the answer, whenever it was given.
    pub const fn reply(&self) -> R {
        match self {
            Self::Now(reply) | Self::Before(reply) => *reply,
        }
    }
}

/// A use-case's circumstances: who asks, when, and under which configuration.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// Who asks.
    pub actor: &'a Actor,
    /// Present instant.
    pub now: Timestamp,
    /// Configuration in force.
    pub config: Arc<Config>,
    /// The version that the thing must have.
    pub if_match: Option<u64>,
    /// What was masked with tokens, by ticket, to be kept before anything is written. A command that is decided again
    /// goes on with what it sealed before.
    pub(super) sealed: Arc<Mutex<BTreeMap<TicketId, Vec<Sealed>>>>,
}

impl Ask<'_> {
    /// The scope of the desk's own work in the actor's tenant.
    #[must_use]
    pub(super) const fn system(&self) -> Scope {
        Scope::system(self.actor.tenant())
    }

    pub(super) fn store(&self) -> &dyn Store {
        &**self.desk.store()
    }

    pub(super) fn ids(&self) -> &dyn Ids {
        self.desk.ids()
    }

    pub(super) fn circumstances(&self) -> Circumstances<'_> {
        Circumstances { actor: self.actor.as_ref(), now: self.now, ids: self.ids(), config: &self.config }
    }

    /// Checks the version that the caller named.
    pub(super) const fn check_version(&self, entity: EntityKind, found: u64) -> Result<(), Error> {
        match self.if_match {
            Some(expected) if expected != found => Err(Error::Stale { entity, expected, found }),
            _ => Ok(()),
        }
    }
}

impl<R> Prepared<R> {
    pub(super) const fn new(changes: ChangeSet, reply: R) -> Self {
        Self { changes, reply, routes: false, configures: false }
    }

    fn is_empty(&self) -> bool {
        self.changes.writes.is_empty() && self.changes.events.is_empty() && self.changes.deltas.is_empty()
    }
}

impl Desk {
    /// Carries a use-case out: everything that it changes is durable when this answers.
    ///
    /// Work that it added is routed before this answers, mostly in the same commit. Where another call is planning, that
    /// call routes it, perhaps a moment later; where the router fails, the work stays in its queue and the next call or
    /// the worker's sweep routes it.
    ///
    /// # Errors
    /// Whatever stopped it; nothing was written. `Busy` where others kept changing the same thing.
    pub async fn run<U: UseCase>(&self, actor: &Actor, wanted: &U) -> Result<U::Reply, Error> {
        self.run_with(actor, wanted, &Options::default()).await.map(|done| done.reply())
    }

    /// Carries a use-case out under conditions.
    ///
    /// # Errors
    /// As [`run`](Self::run); `Stale` where the version is another, `IdempotencyMismatch` where the key was used for
    /// another command.
    pub async fn run_with<U: UseCase>(
        &self,
        actor: &Actor,
        wanted: &U,
        options: &Options,
    ) -> Result<Done<U::Reply>, Error> {
        let live = self.live(actor.tenant());
        let mut busy = EntityKind::Ticket;
        let mut taken_before = None;
        let sealed = Arc::default();
        for attempt in 0..ATTEMPTS {
            let ask = Ask { sealed: Arc::clone(&sealed), ..self.ask(actor, options).await? };
            let mut prepared = match wanted.prepare(&ask).await {
                Ok(prepared) => prepared,
                Err(error) => {
                    self.see_off_refused(actor, wanted.accepts(), &error).await;
                    return self.done_before(actor, options, error).await;
                }
            };
            if ask.has_sealed() {
                // One that was carried out before seals nothing more, and needs no vault.
                if let Some(done) = self.answered(actor, options).await? {
                    return Ok(done);
                }
                ask.keep_sealed().await?;
            }
            if prepared.is_empty() && options.once.is_none() {
                return Ok(Done::Now(prepared.reply));
            }
            if let Some(once) = &options.once {
                prepared.changes.receipt = Some(receipt(once, &prepared.reply)?);
            }
            // New work finds its agent in the same commit, where nothing waits before it. Not in a second attempt: what
            // stood in the way of the first may have been the agent.
            let mut departed = if attempt == 0 && prepared.routes {
                self.depart_with(&live, &ask, &mut prepared).await
            } else {
                None
            };
            if prepared.routes {
                // Before the commit: should the caller go away while it runs, the worker still sees the mark.
                live.mark();
            }
            self.tell(std::slice::from_mut(&mut prepared.changes)).await?;
            let outcomes = self.store().commit(std::slice::from_ref(&prepared.changes)).await;
            if !matches!(outcomes.as_deref(), Ok([Outcome::Committed]))
                && let Some(departed) = departed.take()
            {
                // What waits may have been refused the room that was kept for this.
                drop(departed);
                let _ = self.route(actor.tenant()).await;
            }
            match outcomes?.pop() {
                Some(Outcome::Committed) => {
                    match departed {
                        Some(departed) => self.arrived(departed).await,
                        None if prepared.changes.adds_load() => live.adds(),
                        None => {}
                    }
                    self.follow_up(actor, &prepared).await;
                    return Ok(Done::Now(prepared.reply));
                }
                Some(Outcome::Repeated(receipt)) => return repeated(&receipt, options.once.as_ref()),
                // Who took it a moment ago may be just what this command looks for, such as the same new customer:
                // looking again finds it. A value that is taken for good is taken the second time too.
                Some(Outcome::Taken { field, .. }) if taken_before == Some(field) => {
                    return Err(Error::invalid(field, "is taken"));
                }
                Some(Outcome::Taken { field, .. }) => taken_before = Some(field),
                Some(Outcome::Conflict(entity)) => busy = entity,
                Some(Outcome::Full(_)) => busy = EntityKind::Agent,
                Some(Outcome::Fenced) | None => {}
            }
        }
        Err(Error::Busy(busy))
    }

    /// Answers what a command answered before, where it was carried out and its own effects now stop it; else why it
    /// is stopped.
    async fn done_before<R: DeserializeOwned>(
        &self,
        actor: &Actor,
        options: &Options,
        error: Error,
    ) -> Result<Done<R>, Error> {
        self.answered(actor, options).await?.ok_or(error)
    }

    /// Reads what a command answered before, where it was carried out.
    async fn answered<R: DeserializeOwned>(
        &self,
        actor: &Actor,
        options: &Options,
    ) -> Result<Option<Done<R>>, Error> {
        let Some(once) = &options.once else { return Ok(None) };
        let key = Key::Receipt(once.key.clone());
        let held: Option<Receipt> = self.store().one(&Scope::system(actor.tenant()), key).await?;
        held.map(|receipt| repeated(&receipt, Some(once))).transpose()
    }

    /// Decides a use-case without writing anything, for a host that commits the changes in its own transaction and
    /// calls [`committed`](Self::committed) then. How the commit ended is read by
    /// [`Outcome::written`](crate::store::Outcome::written).
    ///
    /// # Errors
    /// Whatever stops it.
    pub async fn prepare<U: UseCase>(&self, actor: &Actor, wanted: &U) -> Result<Prepared<U::Reply>, Error> {
        let ask = self.ask(actor, &Options::default()).await?;
        let mut prepared = wanted.prepare(&ask).await?;
        ask.keep_sealed().await?;
        self.tell(std::slice::from_mut(&mut prepared.changes)).await?;
        Ok(prepared)
    }

    /// Lets the desk follow what a host committed in its own transaction: wakes readers and routes new work.
    pub async fn committed<R: Sync>(&self, actor: &Actor, prepared: &Prepared<R>) {
        self.store().announce();
        if prepared.changes.adds_load() {
            self.live(actor.tenant()).adds();
        }
        self.follow_up(actor, prepared).await;
    }

    pub(super) async fn ask<'a>(&'a self, actor: &'a Actor, options: &Options) -> Result<Ask<'a>, Error> {
        let now = self.now();
        let config = self.live(actor.tenant()).config(self.store(), now).await?;
        Ok(Ask { desk: self, actor, now, config, if_match: options.if_match, sealed: Arc::default() })
    }

    async fn follow_up<R>(&self, actor: &Actor, prepared: &Prepared<R>) {
        let live = self.live(actor.tenant());
        if prepared.configures {
            live.forget_config();
        }
        let seen_off = self.see_off(actor.tenant(), std::iter::once(&prepared.changes)).await;
        if seen_off || prepared.routes {
            // Again: a router that ran between the first mark and the commit took that mark and saw nothing.
            live.mark();
            // The command is done and durable: a router that fails now must not make it look undone.
            let _ = self.route(actor.tenant()).await;
        }
    }
}

fn receipt<R: Serialize>(once: &Once, reply: &R) -> Result<Receipt, Error> {
    let reply =
        serde_json::to_string(reply).map_err(|_| Error::invalid("idempotency_key", "cannot be kept"))?;
    Ok(Receipt { key: once.key.clone(), digest: once.digest, reply, expires_at: once.expires_at })
}

fn repeated<R: DeserializeOwned>(receipt: &Receipt, once: Option<&Once>) -> Result<Done<R>, Error> {
    if once.is_some_and(|once| once.digest != receipt.digest) {
        return Err(Error::IdempotencyMismatch);
    }
    serde_json::from_str(&receipt.reply).map(Done::Before).map_err(|_| Error::IdempotencyMismatch)
}
