//! Bringing open tickets under a changed configuration.
//!
//! The worker walks over all tickets that are not closed, oldest first, a few batches a tick. Each ticket is a commit
//! of its own, so that no writer waits for more than a batch, and a ticket that stands under the configuration already
//! is not written; a walk that a crash ends is begun anew by the next desk and repeats nothing. While one batch is
//! committed, the next one is read and decided; where it gives work to somebody whose load the one before moves, it is
//! decided again, for whether they are over capacity depends on that.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use crate::config::Config;
use crate::error::{EntityKind, Error};
use crate::id::{AgentId, DocumentId, TenantId, TicketId};
use crate::people::{ActorRef, Scope};
use crate::sla::ConfigRef;
use crate::store::{
    Assignee, ChangeSet, Delta, Key, Outcome, Page, PageCursor, Query, Receipt, Record, Select,
    SetAsideFilter, StoreExt, TicketFilter, TicketSort,
};
use crate::ticket::command::Rematched;
use crate::ticket::{Circumstances, Command, Status, StatusCategory, Ticket};
use crate::time::Timestamp;

use super::Desk;
use super::land::Landing;
use super::let_go::committed;
use super::live::Live;

/// Tickets brought under a changed configuration at once: enough to share what a commit costs, and few enough that a
/// writer who comes meanwhile waits some ten milliseconds.
const BATCH: u32 = 250;
/// Most batches of one tick: what falls due meanwhile waits for no more.
const BATCHES: u32 = 16;
/// How often those of a batch are decided again that others keep changing.
const ROUNDS: u32 = 10;
/// How long the mark of a finished walk is kept.
const MARK_SECONDS: i64 = 10 * 365 * 86_400;
/// How many epochs back the mark of the last finished walk is looked for.
const LOOKED_BACK: u64 = 256;
/// How many of them are read at once: one of the newest is nearly always it.
const LOOKED_AT: usize = 16;

/// One walk over a tenant's tickets.
struct Walk<'a> {
    tenant: TenantId,
    live: &'a Live,
    epoch: u64,
    /// The keyword rules that are new, or have another version, since the last walk. Nothing where the rules are the
    /// same: then no text is read.
    anew: Option<BTreeSet<DocumentId>>,
}

/// Some tickets of a walk.
struct Batch {
    /// All of them.
    ids: Vec<TicketId>,
    /// What is to be written for those that change.
    decided: Result<Decided, Error>,
    /// Where the next batch begins.
    next: Option<PageCursor>,
}

/// What is to be written, and for which ticket each.
type Decided = (Vec<ChangeSet>, Vec<TicketId>);

impl Batch {
    /// Tells whether it was decided by the load of one of these agents; without them, by that of any agent.
    fn reads_load_of(&self, moved: Option<&BTreeSet<AgentId>>) -> bool {
        let Ok((changes, _)) = &self.decided else { return false };
        // Who is given work by what was read of them is checked in the commit.
        changes.iter().flat_map(|set| &set.writes).any(|write| match &write.record {
            Record::AgentState(state) => moved.is_none_or(|moved| moved.contains(&state.agent)),
            _ => false,
        })
    }
}

impl Desk {
    /// Takes tenants into memory for which an earlier desk left work waiting or a walk unfinished; looks once.
    pub(super) async fn resume(&self) -> Result<(), Error> {
        if self.inner.resumed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let waiting = TicketFilter {
            status: Status::ALL.iter().copied().filter(|s| s.category() == StatusCategory::Open).collect(),
            assignee: Some(Assignee::Nobody),
            ..TicketFilter::default()
        };
        let waiting = Query::new(Select::Tickets(Box::new(waiting)), 1);
        for tenant in self.store().tenants().await? {
            let system = Scope::system(tenant);
            if !self.store().find(&system, &waiting).await?.items.is_empty() {
                self.live(tenant);
                continue;
            }
            let epoch = match self.store().load(&system, &[Key::Epoch]).await?.pop().flatten() {
                Some(Record::Epoch(epoch)) if epoch > 0 => epoch,
                _ => continue,
            };
            let done: Option<Receipt> = self.store().one(&system, Key::Receipt(mark(epoch))).await?;
            if done.is_none() {
                self.live(tenant);
            }
        }
        self.inner.resumed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Brings the next tickets under the configuration in force, if it has changed; tells when to go on.
    ///
    /// What was decided meanwhile under the configuration before is found by a second walk, once that has settled.
    pub(super) async fn backfill(&self, tenant: TenantId) -> Result<Option<Timestamp>, Error> {
        let live = self.live(tenant);
        let now = self.now();
        let config = live.config(self.store(), now).await?;
        let epoch = config.epoch;
        if epoch == 0 || live.backfilled(epoch) {
            return Ok(None);
        }
        let unsettled = live.unsettled(epoch, now);
        if unsettled.is_some() && live.has_walked(epoch) {
            return Ok(unsettled);
        }
        let system = Scope::system(tenant);
        let done: Option<Receipt> = self.store().one(&system, Key::Receipt(mark(epoch))).await?;
        if done.is_some() {
            live.backfill_ends(epoch);
            return Ok(None);
        }
        let rules = config.keyword_rule_versions();
        let before = self.walked_last(&system, epoch).await?.and_then(|(_, rules)| rules);
        let anew = (before.as_ref() != Some(&rules)).then(|| {
            let known = before.as_deref().unwrap_or_default();
            rules.iter().filter(|rule| !known.contains(rule)).map(|rule| rule.id).collect()
        });
        let walk = Walk { tenant, live: &live, epoch, anew };
        if self.walk(&walk).await? {
            return Ok(Some(now));
        }
        if unsettled.is_some() {
            live.backfill_rests(epoch);
            live.mark();
            return Ok(unsettled);
        }
        // Only now, when every ticket has been looked at, is the epoch marked as done: a crash before repeats it.
        let mut changes = ChangeSet::new(tenant);
        let expires_at = now.plus_seconds(MARK_SECONDS);
        // A ticket that was passed over was not asked: the next walk asks of the same rules again.
        let rules = if live.backfill_passed_over(epoch) { before.unwrap_or_default() } else { rules };
        let reply = serde_json::to_string(&rules).unwrap_or_default();
        changes.receipt = Some(Receipt { key: mark(epoch), digest: [0; 32], reply, expires_at });
        self.store().commit(&[changes]).await?;
        live.backfill_ends(epoch);
        live.mark();
        Ok(None)
    }

    /// Returns the newest epoch up to this one under which all tickets stand or stood. Where that is too long ago to be
    /// found, the first that is looked for.
    pub(super) async fn reached(&self, system: &Scope, epoch: u64) -> Result<u64, Error> {
        let done = self.walked_last(system, epoch.saturating_add(1)).await?;
        Ok(done.map_or_else(|| epoch.saturating_sub(LOOKED_BACK), |(done, _)| done))
    }

    /// Returns the epoch of the last finished walk, and the keyword rules under which it brought all tickets, unless an
    /// older release did; nothing where that is too long ago to be found.
    async fn walked_last(
        &self,
        system: &Scope,
        epoch: u64,
    ) -> Result<Option<(u64, Option<Vec<ConfigRef>>)>, Error> {
        let before: Vec<u64> = (epoch.saturating_sub(LOOKED_BACK)..epoch).rev().collect();
        for epochs in before.chunks(LOOKED_AT) {
            let keys: Vec<Key> = epochs.iter().map(|epoch| Key::Receipt(mark(*epoch))).collect();
            let found = epochs.iter().zip(self.store().load(system, &keys).await?);
            let mut marks = found.filter_map(|(epoch, record)| match record {
                Some(Record::Receipt(receipt)) => Some((*epoch, serde_json::from_str(&receipt.reply).ok())),
                _ => None,
            });
            if let Some(newest) = marks.next() {
                return Ok(Some(newest));
            }
        }
        Ok(None)
    }

    /// Goes on by some batches, and tells whether there is more.
    async fn walk(&self, walk: &Walk<'_>) -> Result<bool, Error> {
        let mut batch = self.batch(walk, walk.live.backfill_at(walk.epoch)).await?;
        for left in (0..BATCHES).rev() {
            let Batch { ids, decided, next } = batch;
            let ahead = async {
                match next.filter(|_| left > 0) {
                    Some(after) => Some(self.batch(walk, Some(after)).await),
                    None => None,
                }
            };
            // Whose load the batch moves. Where some of it has to be decided again, that is not known.
            let mut moved = None;
            let (brought, ahead) = match decided {
                Ok((changes, changed)) => {
                    let (outcomes, ahead) = both(self.store().commit(&changes), ahead).await;
                    let brought = match outcomes {
                        Ok(outcomes) => {
                            self.see_off(walk.tenant, committed(&changes, &outcomes)).await;
                            moved = refused(&changed, &outcomes).is_empty().then(|| loaded(&changes));
                            self.bring_again(walk, &changed, &outcomes).await
                        }
                        Err(error) => Err(error.into()),
                    };
                    (brought, ahead)
                }
                Err(error) => (Err(error), ahead.await),
            };
            match brought {
                Ok(()) => {}
                Err(error) if error.is_retryable() => return Err(error),
                // One of them cannot be read or written: it must not hold up the others.
                Err(_) => self.bring_each(walk, &ids).await?,
            }
            walk.live.backfill_goes_on(walk.epoch, next);
            match ahead {
                Some(Ok(read)) if read.reads_load_of(moved.as_ref()) => {
                    batch = self.batch(walk, next).await?;
                }
                Some(read) => batch = read?,
                None => return Ok(next.is_some()),
            }
        }
        Ok(true)
    }

    /// Reads and decides the next tickets.
    async fn batch(&self, walk: &Walk<'_>, after: Option<PageCursor>) -> Result<Batch, Error> {
        let page = self.store().find(&Scope::system(walk.tenant), &batch(after)).await?;
        let next = page.next;
        let tickets = tickets_of(page);
        let ids = tickets.iter().map(|ticket| ticket.id).collect();
        Ok(Batch { ids, decided: self.decided(walk, &tickets).await, next })
    }

    /// Reads and decides those again that somebody else changed meanwhile.
    async fn bring_again(
        &self,
        walk: &Walk<'_>,
        changed: &[TicketId],
        outcomes: &[Outcome],
    ) -> Result<(), Error> {
        let mut again = refused(changed, outcomes);
        for _ in 0..ROUNDS {
            if again.is_empty() {
                return Ok(());
            }
            let keys: Vec<Key> = again.iter().map(|id| Key::Ticket(*id)).collect();
            let found = self.store().load(&Scope::system(walk.tenant), &keys).await?;
            let tickets: Vec<Ticket> = found.into_iter().flatten().filter_map(super::read::ticket).collect();
            let (changes, changed) = self.decided(walk, &tickets).await?;
            let outcomes = self.store().commit(&changes).await?;
            self.see_off(walk.tenant, committed(&changes, &outcomes)).await;
            again = refused(&changed, &outcomes);
        }
        // Passing over one would leave it under the old configuration for good: the batch is begun again.
        if again.is_empty() { Ok(()) } else { Err(Error::Busy(EntityKind::Ticket)) }
    }

    async fn bring_each(&self, walk: &Walk<'_>, ids: &[TicketId]) -> Result<(), Error> {
        for id in ids {
            let alone = match self.store().ticket(&Scope::system(walk.tenant), *id).await {
                Ok(ticket) => self.bring_alone(walk, ticket.as_slice()).await,
                Err(error) => Err(error.into()),
            };
            match alone {
                Err(error) if error.is_retryable() => return Err(error),
                Err(_) => walk.live.backfill_passes_over(walk.epoch),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn bring_alone(&self, walk: &Walk<'_>, ticket: &[Ticket]) -> Result<(), Error> {
        let (changes, changed) = self.decided(walk, ticket).await?;
        let outcomes = self.store().commit(&changes).await?;
        self.see_off(walk.tenant, committed(&changes, &outcomes)).await;
        self.bring_again(walk, &changed, &outcomes).await
    }

    /// Decides tickets; answers what is to be written, and for which.
    async fn decided(&self, walk: &Walk<'_>, tickets: &[Ticket]) -> Result<Decided, Error> {
        let mut words =
            if walk.anew.is_some() { self.subjects(walk.tenant, tickets).await? } else { BTreeMap::new() };
        let (mut changes, mut changed) = (Vec::new(), Vec::new());
        for ticket in tickets {
            let config = self.config_of(walk, ticket).await?;
            let keywords = match &walk.anew {
                Some(anew) => {
                    let mut texts = self.said(walk.tenant, ticket).await?;
                    texts.extend(words.remove(&ticket.id));
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    Some(Rematched { matched: config.keyword_hits(&texts), asked: anew.clone() })
                }
                None => None,
            };
            let now = self.now();
            let circumstances =
                Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
            let changed_rules = [Command::Reconfigure { keywords }];
            let (mut decision, _) =
                self.decide_knowing(walk.tenant, ticket, &changed_rules, &circumstances).await?;
            if decision.events.is_empty() && ticket.derived.failures > 0 {
                // A wake-up that backs off goes on waiting: nothing has changed for it.
                decision.ticket.derived.wake_at = ticket.derived.wake_at;
            }
            if !decision.events.is_empty() || decision.ticket.derived != ticket.derived {
                let landing = Landing::of(walk.tenant, Some(ticket), decision).after(&changes);
                let landed = self.land(landing, &circumstances).await?;
                if landed.routes {
                    walk.live.mark();
                }
                changes.push(landed.changes);
                changed.push(ticket.id);
            }
        }
        self.tell(&mut changes).await?;
        Ok((changes, changed))
    }

    async fn config_of(&self, walk: &Walk<'_>, ticket: &Ticket) -> Result<Arc<Config>, Error> {
        let config = walk.live.config(self.store(), self.now()).await?;
        walk.live.with_versions_of(&**self.store(), config, ticket).await
    }

    async fn subjects(
        &self,
        tenant: TenantId,
        tickets: &[Ticket],
    ) -> Result<BTreeMap<TicketId, String>, Error> {
        let keys: Vec<Key> = tickets.iter().map(|ticket| Key::Text(ticket.subject)).collect();
        let found = self.store().load(&Scope::system(tenant), &keys).await?;
        let subjects = tickets.iter().zip(found).filter_map(|(ticket, record)| match record {
            Some(Record::Text(text)) => text.body.map(|subject| (ticket.id, subject)),
            _ => None,
        });
        Ok(subjects.collect())
    }
}

/// The key under which it stands that all tickets were brought under an epoch.
fn mark(epoch: u64) -> String {
    format!("reconfigured/{epoch}")
}

fn batch(after: Option<PageCursor>) -> Query {
    let filter = TicketFilter {
        status: Status::ALL.iter().copied().filter(|status| *status != Status::Closed).collect(),
        set_aside: SetAsideFilter::Any,
        sort: TicketSort::Oldest,
        ..TicketFilter::default()
    };
    Query::new(Select::Tickets(Box::new(filter)), BATCH).after(after)
}

fn refused(changed: &[TicketId], outcomes: &[Outcome]) -> Vec<TicketId> {
    let refused = changed.iter().zip(outcomes).filter(|(_, outcome)| **outcome != Outcome::Committed);
    refused.map(|(id, _)| *id).collect()
}

/// Names the agents whose load moves.
fn loaded(changes: &[ChangeSet]) -> BTreeSet<AgentId> {
    let deltas = changes.iter().flat_map(|set| &set.deltas);
    let agents = deltas.filter_map(|delta| match delta {
        Delta::Load { agent, .. } => Some(*agent),
        _ => None,
    });
    agents.collect()
}

fn tickets_of(page: Page) -> Vec<Ticket> {
    page.items.into_iter().filter_map(super::read::ticket).collect()
}

/// Waits for two things at once.
async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut other) = (None, None);
    poll_fn(|context| {
        if one.is_none()
            && let Poll::Ready(done) = first.as_mut().poll(context)
        {
            one = Some(done);
        }
        if other.is_none()
            && let Poll::Ready(done) = second.as_mut().poll(context)
        {
            other = Some(done);
        }
        match (one.take(), other.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (some, else_some) => {
                (one, other) = (some, else_some);
                Poll::Pending
            }
        }
    })
    .await
}
