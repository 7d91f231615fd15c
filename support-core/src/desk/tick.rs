//! What time asks for, done by the worker.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::event::{Event, Stream};
use crate::id::{AgentId, TenantId, TicketId};
use crate::people::{Actor, ActorRef, Agent, AgentState, Presence, Scope};
use crate::routing::ReturnCause;
use crate::store::{
    Assignee, ChangeSet, Key, OffersOf, Outcome, Query, Record, Select, StoreExt, TicketFilter,
};
use crate::ticket::{Circumstances, Command, STUCK_AFTER, SetAsideKind, StatusCategory, Ticket, decide};
use crate::time::Timestamp;

use super::Desk;
use super::land::{Landed, Landing};
use super::let_go::committed;
use super::presence::{agent_event, last_change};

/// Aggregates that are woken at once.
const BATCH: u32 = 256;
/// Longest pause before something that fails is tried again.
const LONGEST_BACKOFF_SECONDS: i64 = 3_600;

/// What one tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticked {
    /// Aggregates whose time had come and that were dealt with.
    pub woken: u32,
    /// Aggregates that failed, and will be tried again later.
    pub failed: u32,
    /// Those of them that have failed often enough to be shown as stuck.
    pub stuck: u32,
    /// Work that was routed.
    pub routed: u32,
    /// When to tick next at the latest; `None` when nothing is planned.
    pub next: Option<Timestamp>,
}

impl Ticked {
    fn note_failure(&mut self, failures: u32) {
        self.failed += 1;
        self.stuck += u32::from(failures >= STUCK_AFTER);
    }
}

impl Desk {
    /// Does everything whose time has come, in all tenants, and says when to come again.
    ///
    /// Calling it too early or twice changes nothing. A restart loses nothing: what fell due meanwhile is done now,
    /// once. Every ten seconds it also routes what waits in the tenants that this desk has in memory, as a safety net,
    /// and it brings the next of its tickets under a changed configuration.
    ///
    /// # Errors
    /// `Store`. What was done before stays done.
    pub async fn tick(&self) -> Result<Ticked, Error> {
        let now = self.now();
        let mut ticked = Ticked::default();
        let mut seen: BTreeSet<(TenantId, Stream)> = BTreeSet::new();
        loop {
            let due = self.store().due(now, BATCH).await?;
            ticked.next = due.next;
            let fresh: Vec<(TenantId, Stream)> =
                due.now.into_iter().filter(|one| seen.insert(*one)).collect();
            if fresh.is_empty() {
                break;
            }
            let mut tenants: BTreeMap<TenantId, Vec<Stream>> = BTreeMap::new();
            for (tenant, stream) in fresh {
                tenants.entry(tenant).or_default().push(stream);
            }
            for (tenant, streams) in tenants {
                self.wake(tenant, &streams, now, &mut ticked).await?;
            }
        }
        self.resume().await?;
        let mut failed = None;
        for tenant in self.tenants() {
            match self.keep_up(tenant, now, &mut ticked).await {
                Ok(()) => {}
                Err(Error::Store(error)) if error.is_retryable() => return Err(error.into()),
                // What is wrong with one tenant's records must not stop the others.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(ticked), Err)
    }

    /// Routes what waits in a tenant, and brings the next of its tickets under a changed configuration.
    async fn keep_up(&self, tenant: TenantId, now: Timestamp, ticked: &mut Ticked) -> Result<(), Error> {
        let live = self.live(tenant);
        if live.sweeps(now) || live.relaxes(now) {
            live.mark();
        }
        if live.is_marked() {
            ticked.routed += self.route(tenant).await?;
            if live.is_marked() {
                let at = live.turn_ends().map_or(now, |end| end.max(now));
                ticked.next = Some(ticked.next.map_or(at, |next| next.min(at)));
            }
        }
        let config = live.config(self.store(), now).await?;
        if let Some(at) = live.look_for_relaxation(&config, now) {
            ticked.next = Some(ticked.next.map_or(at, |next| next.min(at)));
        }
        if let Some(at) = self.backfill(tenant).await? {
            ticked.next = Some(ticked.next.map_or(at, |next| next.min(at)));
        }
        Ok(())
    }

    async fn wake(
        &self,
        tenant: TenantId,
        streams: &[Stream],
        now: Timestamp,
        ticked: &mut Ticked,
    ) -> Result<(), Error> {
        let mut tickets: Vec<TicketId> = Vec::new();
        for stream in streams {
            match stream {
                Stream::Ticket(id) => tickets.push(*id),
                Stream::Agent(id) => match self.wake_agent(tenant, *id, now).await {
                    Ok(woken) => ticked.woken += u32::from(woken),
                    Err(error) if error.is_retryable() => return Err(error),
                    // One who cannot be read or written must not hold up the others; the next tick tries again.
                    Err(_) => ticked.note_failure(1),
                },
                Stream::Customer(id) => match self.wake_customer(&Actor::Host(tenant), *id).await {
                    Ok(woken) => ticked.woken += u32::from(woken),
                    Err(error) if error.is_retryable() => return Err(error),
                    Err(_) => ticked.note_failure(1),
                },
                Stream::Document(_) | Stream::Login(_) => {}
            }
        }
        match self.wake_tickets(tenant, tickets.clone(), now, ticked).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_retryable() => return Err(error),
            Err(_) => {}
        }
        // One of them cannot be read or written: it must not hold up the others.
        for id in tickets {
            if self.wake_tickets(tenant, vec![id], now, ticked).await.is_err() {
                self.back_off(tenant, id, now, ticked).await?;
            }
        }
        Ok(())
    }

    async fn wake_tickets(
        &self,
        tenant: TenantId,
        mut tickets: Vec<TicketId>,
        now: Timestamp,
        ticked: &mut Ticked,
    ) -> Result<(), Error> {
        let system = Scope::system(tenant);
        let live = self.live(tenant);
        // What others change meanwhile is read and decided again; after some rounds the next tick goes on.
        for _ in 0..5 {
            if tickets.is_empty() {
                break;
            }
            let keys: Vec<Key> = tickets.iter().map(|id| Key::Ticket(*id)).collect();
            let records = self.store().load(&system, &keys).await?;
            let mut changes = Vec::new();
            let mut marks = Vec::new();
            for record in records {
                let Some(Record::Ticket(ticket)) = record else { continue };
                let config = live.config(self.store(), now).await?;
                let config = live.with_versions_of(&**self.store(), config, &ticket).await?;
                let circumstances =
                    Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
                let mut woken = self.wake_ticket(tenant, &ticket, &changes, &circumstances).await?;
                if woken.changes.events.iter().any(|envelope| envelope.event == (Event::TicketErased {})) {
                    self.empty_texts(tenant, ticket.id, &mut woken.changes).await?;
                }
                changes.push(woken.changes);
                marks.push((ticket.id, woken.routes, woken.failures, woken.again));
            }
            let outcomes = self.store().commit(&changes).await?;
            if changes.iter().any(ChangeSet::adds_load) {
                live.adds();
            }
            tickets.clear();
            self.see_off(tenant, committed(&changes, &outcomes)).await;
            for ((id, routes, failures, again), outcome) in marks.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Committed if failures > 0 => ticked.note_failure(failures),
                    Outcome::Committed if again => tickets.push(id),
                    Outcome::Committed => {
                        ticked.woken += 1;
                        if routes {
                            live.mark();
                        }
                    }
                    _ => tickets.push(id),
                }
            }
        }
        Ok(())
    }

    /// Wakes a ticket, after others that are written before it. One that cannot be dealt with backs off, so that it
    /// neither blocks the others nor burns.
    async fn wake_ticket(
        &self,
        tenant: TenantId,
        ticket: &Ticket,
        earlier: &[ChangeSet],
        circumstances: &Circumstances<'_>,
    ) -> Result<Woken, Error> {
        let now = circumstances.now;
        let is_erased =
            |ticket: &Ticket| ticket.set_aside.is_some_and(|aside| aside.kind == SetAsideKind::Erased);
        if is_erased(ticket) && !self.forget_sealed(tenant, ticket.id).await {
            return Ok(failed(tenant, ticket, now));
        }
        let mut commands = vec![Command::Wake];
        if ticket.offer.as_ref().is_some_and(|offer| offer.until <= now)
            && !self.may_accept(tenant, ticket).await?
        {
            // Nobody let it go by.
            commands.insert(0, Command::WithdrawOffer);
        }
        let woken = match self.decide_knowing(tenant, ticket, &commands, circumstances).await {
            Err(error) if error.is_retryable() => return Err(error),
            woken => woken,
        };
        if let Ok((mut decision, _)) = woken
            && (!decision.events.is_empty() || decision.ticket.derived.wake_at.is_none_or(|at| at > now))
        {
            decision.ticket.derived.failures = 0;
            // The vault forgets once the erasure is durable, and no crash in between makes it keep what nobody can reach.
            let again = self.has_vault() && !is_erased(ticket) && is_erased(&decision.ticket);
            if again {
                (decision.ticket.derived.failures, decision.ticket.derived.wake_at) = (1, Some(now));
            }
            let landing = Landing::of(tenant, Some(ticket), decision).after(earlier);
            let Landed { mut changes, routes, .. } = self.land(landing, circumstances).await?;
            self.tell(std::slice::from_mut(&mut changes)).await?;
            return Ok(Woken { changes, routes, failures: 0, again });
        }
        Ok(failed(tenant, ticket, now))
    }

    /// Lets a ticket whose wake-up fails wait longer and longer. One that cannot even be read stays due and is counted
    /// as failed at each tick.
    async fn back_off(
        &self,
        tenant: TenantId,
        id: TicketId,
        now: Timestamp,
        ticked: &mut Ticked,
    ) -> Result<(), Error> {
        match self.store().ticket(&Scope::system(tenant), id).await {
            Ok(Some(ticket)) => {
                let Woken { changes, failures, .. } = failed(tenant, &ticket, now);
                // Where this fails too, or somebody changed the ticket meanwhile, the next tick tries again.
                match self.store().commit(&[changes]).await {
                    Err(error) if error.is_retryable() => return Err(error.into()),
                    _ => ticked.note_failure(failures),
                }
            }
            Ok(None) => {}
            Err(error) if error.is_retryable() => return Err(error.into()),
            Err(_) => ticked.note_failure(1),
        }
        Ok(())
    }

    /// Ends a presence whose time has come, and gives back the work of an agent who works here no more.
    async fn wake_agent(&self, tenant: TenantId, id: AgentId, now: Timestamp) -> Result<bool, Error> {
        let system = Scope::system(tenant);
        let keys = [Key::Agent(id), Key::AgentState(id)];
        let mut found = self.store().load(&system, &keys).await?.into_iter();
        let (Some(Record::Agent(agent)), Some(Record::AgentState(state))) =
            (found.next().flatten(), found.next().flatten())
        else {
            return Ok(false);
        };
        if state.until.is_none_or(|until| until > now) {
            return Ok(false);
        }
        if !agent.active && !self.give_back(tenant, id, now).await? {
            return Ok(false);
        }
        let presence = if agent.active { Presence::Available } else { Presence::Offline };
        let changes = self.presence_change(tenant, &agent, state, presence, now);
        let committed = self.store().commit(&[changes]).await?.first() == Some(&Outcome::Committed);
        if committed {
            self.live(tenant).mark();
        }
        Ok(committed)
    }

    fn presence_change(
        &self,
        tenant: TenantId,
        agent: &Agent,
        before: AgentState,
        presence: Presence,
        now: Timestamp,
    ) -> ChangeSet {
        let at = now.max(last_change(agent, &before));
        let (from, seq) = (before.presence, agent.version + before.version);
        let event =
            Event::AgentStatusChanged { from, to: presence, reason: None, by_time: true, because: None };
        let revision = before.version;
        let after = AgentState {
            presence,
            reason: None,
            until: None,
            version: revision + 1,
            since: at,
            changed_at: at,
            ..before
        };
        let mut changes = ChangeSet::new(tenant);
        changes.events.push(agent_event(self.ids(), ActorRef::SYSTEM, agent.id, (seq, at), event));
        changes.replace(revision, after);
        changes
    }

    /// Sends an agent's open tickets back to their queues, and withdraws what is offered to them; tells whether nothing is
    /// left. An offer may have been made in the moment in which the agent left.
    async fn give_back(&self, tenant: TenantId, agent: AgentId, now: Timestamp) -> Result<bool, Error> {
        let system = Scope::system(tenant);
        let status = StatusCategory::Open.states();
        let assignee = Some(Assignee::Agent(agent));
        let filter = TicketFilter { status, assignee, ..TicketFilter::default() };
        let page = self.store().find(&system, &Query::new(Select::Tickets(Box::new(filter)), BATCH)).await?;
        let offers = Query::new(Select::Offers(OffersOf::Agent(agent)), BATCH);
        let offers = self.store().find(&system, &offers).await?;
        let offered: Vec<Key> = offers
            .items
            .iter()
            .filter_map(|record| match record {
                Record::Offer(offer) => Some(Key::Ticket(offer.ticket_id)),
                _ => None,
            })
            .collect();
        let offered = self.store().load(&system, &offered).await?.into_iter().flatten();
        let had = page.items.into_iter().map(|record| (record, Command::GiveBack(ReturnCause::Left)));
        let mut changes = Vec::new();
        let mut all = page.next.is_none() && offers.next.is_none();
        for (record, command) in had.chain(offered.map(|record| (record, Command::WithdrawOffer))) {
            let Record::Ticket(ticket) = record else { continue };
            let config = self.live(tenant).config(self.store(), now).await?;
            let config = self.live(tenant).with_versions_of(&**self.store(), config, &ticket).await?;
            let circumstances =
                Circumstances { actor: ActorRef::SYSTEM, now, ids: self.ids(), config: &config };
            let Ok(decision) = decide(Some(&ticket), &[command], &circumstances) else { continue };
            // A rule that gives it to them again gives it to nobody: they work here no more.
            let landing = Landing::of(tenant, Some(&ticket), decision).after(&changes);
            match self.land(landing, &circumstances).await {
                Ok(landed) => changes.push(landed.changes),
                Err(error) if error.is_retryable() => return Err(error),
                Err(_) => all = false,
            }
        }
        self.tell(&mut changes).await?;
        match self.store().commit(&changes).await {
            Ok(outcomes) => {
                self.see_off(tenant, committed(&changes, &outcomes)).await;
                all &= outcomes.iter().all(|outcome| *outcome == Outcome::Committed);
                // What went back waits, also where more has to follow.
                self.live(tenant).mark();
            }
            Err(error) if error.is_retryable() => return Err(error.into()),
            Err(_) => {
                // One of them cannot be written: the others go back all the same, and it is tried again.
                all = false;
                for set in &changes {
                    match self.store().commit(std::slice::from_ref(set)).await {
                        Err(error) if error.is_retryable() => return Err(error.into()),
                        _ => self.live(tenant).mark(),
                    }
                }
            }
        }
        Ok(all)
    }
}

struct Woken {
    changes: ChangeSet,
    routes: bool,
    /// Failures in a row; 0 where it went well.
    failures: u32,
    /// Whether it is to be woken once more when this is written.
    again: bool,
}

/// Notes that waking a ticket failed: it backs off.
fn failed(tenant: TenantId, ticket: &Ticket, now: Timestamp) -> Woken {
    let mut after = ticket.clone();
    after.derived.failures = ticket.derived.failures.saturating_add(1);
    let seconds = 1_i64.checked_shl(after.derived.failures).unwrap_or(i64::MAX).min(LONGEST_BACKOFF_SECONDS);
    after.derived.wake_at = Some(now.plus_seconds(seconds));
    let failures = after.derived.failures;
    let mut changes = ChangeSet::new(tenant);
    changes.replace(ticket.stream_seq, after);
    Woken { changes, routes: false, failures, again: false }
}
