//! Letting go: work and offers of who leaves, and offers that their agents can no longer accept.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::id::{AgentId, OfferId, TenantId, TicketId};
use crate::people::{Actor, ActorRef, AgentActor, AgentState, Presence, Scope};
use crate::routing::{Offer, OfferState, ReturnCause, Seat};
use crate::store::{
    Assignee, ChangeSet, Delta, DocumentKind, Expect, Key, OffersOf, Outcome, Page, PageCursor, Query,
    Record, Select, StoreExt, TicketFilter, Write,
};
use crate::ticket::{Circumstances, Command, Status, StatusCategory, Ticket, decide};

use super::Desk;
use super::land::Landing;
use super::offers::{OFFER_GONE, may_still_have};
use super::read::ticket;
use super::run::{Ask, Options};

/// Most tickets that an agent who leaves gives back in the commit that says so; routing gives nobody more.
const GIVEN_BACK: u32 = 200;
/// Most such batches after it.
const PASSES: u32 = 50;

impl Ask<'_> {
    /// Lists a page of the tickets that are on offer to an agent, the newest offers first, and where the next begins. At
    /// most so many as one commit lets go of.
    async fn offered_to(
        &self,
        agent: AgentId,
        after: Option<PageCursor>,
    ) -> Result<(Vec<Ticket>, Option<PageCursor>), Error> {
        let system = self.system();
        let open = Query::new(Select::Offers(OffersOf::Agent(agent)), GIVEN_BACK).after(after);
        let Page { items: offers, next, .. } = self.store().find(&system, &open).await?;
        let keys: Vec<Key> = offers
            .iter()
            .filter_map(|record| match record {
                Record::Offer(offer) => Some(Key::Ticket(offer.ticket_id)),
                _ => None,
            })
            .collect();
        let tickets = self.store().load(&system, &keys).await?;
        Ok((tickets.into_iter().flatten().filter_map(ticket).collect(), next))
    }

    /// Lists what is on offer to an agent, to be withdrawn. At most so much as one commit lets go of.
    async fn all_offered_to(&self, agent: AgentId) -> Result<Vec<(Ticket, Command)>, Error> {
        let (offered, _) = self.offered_to(agent, None).await?;
        Ok(offered.into_iter().map(|ticket| (ticket, Command::WithdrawOffer)).collect())
    }

    /// Lists an agent's tickets of some statuses, with how they go back. At most so many as one commit lets go of.
    async fn had_by(
        &self,
        agent: AgentId,
        status: Vec<Status>,
        because: ReturnCause,
    ) -> Result<Vec<(Ticket, Command)>, Error> {
        let assignee = Some(Assignee::Agent(agent));
        let filter = TicketFilter { status, assignee, ..TicketFilter::default() };
        let query = Query::new(Select::Tickets(Box::new(filter)), GIVEN_BACK);
        let page = self.store().find(&self.system(), &query).await?;
        let back = |ticket| (ticket, Command::GiveBack(because));
        Ok(page.items.into_iter().filter_map(ticket).map(back).collect())
    }

    /// Lists what an agent who leaves has not begun, with what is to be done about it: open offers, and, where the settings
    /// say so, unstarted tickets of one who goes offline.
    async fn unstarted(&self, agent: AgentId, presence: Presence) -> Result<Vec<(Ticket, Command)>, Error> {
        let mut left = self.all_offered_to(agent).await?;
        if presence == Presence::Offline && self.config.settings.offline_returns_unstarted {
            left.extend(self.had_by(agent, vec![Status::Assigned], ReturnCause::Offline).await?);
        }
        Ok(left)
    }

    /// Lists what an agent may no longer have as they are by now, with what is to be done about it: what one who has left
    /// has not begun, else offers that they could not accept, the newest first as far as room is what they lack; and all
    /// work of one who may not answer customers.
    async fn not_theirs(&self, id: AgentId) -> Result<Vec<(Ticket, Command)>, Error> {
        let Some(mut seat) = self.seat(id).await? else { return Ok(Vec::new()) };
        let Seat { agent, state } = &seat;
        if agent.active && !agent.may_reply() {
            let mut left = self.all_offered_to(id).await?;
            left.extend(self.had_by(id, StatusCategory::Open.states(), ReturnCause::MayNotReply).await?);
            return Ok(left);
        }
        if matches!(state.presence, Presence::Away | Presence::Offline) {
            return self.unstarted(id, state.presence).await;
        }
        let mut left = Vec::new();
        let mut after = None;
        // What fits hides nothing that is older.
        loop {
            let (offered, next) = self.offered_to(id, after).await?;
            for ticket in offered {
                if !may_still_have(&seat, &ticket, self) {
                    seat.state.load.units = seat.state.load.units.saturating_sub(ticket.units());
                    left.push((ticket, Command::WithdrawOffer));
                }
            }
            if next.is_none() || left.len() >= GIVEN_BACK as usize {
                return Ok(left);
            }
            after = next;
        }
    }

    /// Lets go of what an agent who leaves has not begun, in the commit that says that they leave: open offers are
    /// withdrawn, and, where the settings say so, unstarted tickets of one who goes offline go back to their queues. What
    /// is written before it in the same call of the store is left to who looks after the rest.
    pub(super) async fn let_go(
        &self,
        by: ActorRef,
        (agent, presence): (AgentId, Presence),
        earlier: &[ChangeSet],
        changes: &mut ChangeSet,
    ) -> Result<bool, Error> {
        if !matches!(presence, Presence::Away | Presence::Offline) {
            return Ok(false);
        }
        let left = self.unstarted(agent, presence).await?;
        let mut routes = false;
        for (ticket, command) in left {
            if writes(changes, ticket.id) || earlier.iter().any(|set| writes(set, ticket.id)) {
                continue;
            }
            let config = self.config_for(&ticket).await?;
            let circumstances = Circumstances { actor: by, config: &config, ..self.circumstances() };
            // One that cannot be let go keeps nobody from leaving.
            let Ok(decision) = decide(Some(&ticket), &[command], &circumstances) else { continue };
            if decision.events.is_empty() {
                continue;
            }
            let landing = Landing::of(self.actor.tenant(), Some(&ticket), decision);
            let landing = landing.after(std::slice::from_ref(changes));
            match self.desk.land_unfollowed(landing, &circumstances).await {
                Ok(landed) => changes.absorb(landed.changes),
                Err(error) if error.is_retryable() => return Err(error),
                Err(_) => continue,
            }
            routes = true;
        }
        Ok(routes)
    }
}

fn writes(changes: &ChangeSet, ticket: TicketId) -> bool {
    changes.writes.iter().any(|write| matches!(&write.record, Record::Ticket(one) if one.id == ticket))
}

/// The agents whose offers a change may have ended.
#[derive(Default)]
struct LookedAfter {
    /// Who has left, takes some kinds of work only, or is otherwise now, and to whom work is on offer that is otherwise now.
    changed: BTreeSet<AgentId>,
    /// Whose room was taken by what no router gave them.
    crowded: BTreeSet<AgentId>,
    /// Whether a team is otherwise now, whoever serves its queue.
    teams: bool,
}

impl LookedAfter {
    fn note(&mut self, changes: &ChangeSet) {
        // What is written as it was is only looked at, so that nobody changes it meanwhile.
        let differs = |write: &Write, version: u64| write.expect != Expect::Revision(version);
        let made = |ticket: &Ticket, offer: &Offer| offer.stream_seq == ticket.stream_seq;
        for write in &changes.writes {
            match &write.record {
                Record::AgentState(AgentState { agent, presence, channels, version, .. })
                    if differs(write, *version)
                        && (matches!(presence, Presence::Away | Presence::Offline)
                            || !channels.is_empty()) =>
                {
                    self.changed.insert(*agent);
                }
                Record::Agent(agent) if agent.version > 1 && differs(write, agent.version) => {
                    self.changed.insert(agent.id);
                }
                Record::Ticket(ticket) => {
                    let offer = ticket.offer.as_ref().filter(|offer| !made(ticket, offer));
                    self.changed.extend(offer.map(|offer| offer.agent));
                }
                Record::Document(document) => self.teams |= document.kind == DocumentKind::Team,
                _ => {}
            }
        }
        // The router never goes over.
        self.crowded.extend(changes.deltas.iter().filter_map(|delta| match delta {
            Delta::Load { agent, change, at_most: None, .. } if *change > 0 => Some(*agent),
            _ => None,
        }));
    }
}

/// Picks of some changes those that were committed.
pub(super) fn committed<'a>(
    changes: &'a [ChangeSet],
    outcomes: &'a [Outcome],
) -> impl Iterator<Item = &'a ChangeSet> {
    let pairs = changes.iter().zip(outcomes);
    pairs.filter_map(|(set, outcome)| (*outcome == Outcome::Committed).then_some(set))
}

impl Desk {
    /// Lets go of what agents may no longer have by changes that were committed, whatever made it so: every commit that may
    /// end an offer comes by here. Tells whether there was any, and lets the router look then.
    ///
    /// What changed is done, whatever comes of this. What stays is on offer until its time is over, and counts as missed
    /// by nobody.
    pub(super) async fn see_off(
        &self,
        tenant: TenantId,
        changes: impl Iterator<Item = &ChangeSet> + Send,
    ) -> bool {
        let mut after = LookedAfter::default();
        changes.for_each(|set| after.note(set));
        let LookedAfter { mut changed, mut crowded, teams } = after;
        if teams {
            crowded.extend(self.loaded(tenant).await);
        } else if !crowded.is_empty() {
            // Where nobody is asked nobody has an offer.
            let asks = self.config(tenant).await.is_ok_and(|config| config.asks_first());
            crowded.retain(|_| asks);
        }
        for agent in crowded {
            if self.is_asked(tenant, agent).await {
                changed.insert(agent);
            }
        }
        let mut any = false;
        for agent in changed {
            let rest = self.let_go_of_the_rest(tenant, agent).await;
            any |= !matches!(rest, Ok(false));
        }
        if any {
            self.live(tenant).mark();
        }
        any
    }

    /// Rids an agent of the offer that they wanted to accept and cannot, and then of others that they cannot accept either.
    pub(super) async fn see_off_refused(&self, actor: &Actor, offer: Option<OfferId>, error: &Error) {
        if let (Actor::Agent(me), Some(offer), Error::Refused(refusal)) = (actor, offer, error)
            && refusal.code == OFFER_GONE
        {
            let this = self.let_go_of_refused(me, offer).await;
            let rest = self.let_go_of_the_rest(me.tenant, me.id).await;
            if !matches!((this, rest), (Ok(false), Ok(false))) {
                self.live(me.tenant).mark();
                let _ = self.route(me.tenant).await;
            }
        }
    }

    /// Lets go of an offer that an agent wanted to accept and cannot, though they could once they had lost newer ones: it
    /// was said to be gone. Tells whether it was there.
    async fn let_go_of_refused(&self, me: &AgentActor, offer: OfferId) -> Result<bool, Error> {
        let host = Actor::Host(me.tenant);
        let ask = self.ask(&host, &Options::default()).await?;
        let (system, key) = (ask.system(), Key::Offer(offer));
        let Some(offer): Option<Offer> = self.store().one(&system, key).await? else { return Ok(false) };
        if offer.agent != me.id || offer.state != OfferState::Open {
            return Ok(false);
        }
        let Some(ticket) = self.store().ticket(&system, offer.ticket_id).await? else { return Ok(false) };
        if self.may_accept(me.tenant, &ticket).await? {
            return Ok(false);
        }
        self.release(&ask, vec![(ticket, Command::WithdrawOffer)]).await
    }

    /// Names the agents who have anything to do, or are asked to.
    async fn loaded(&self, tenant: TenantId) -> Vec<AgentId> {
        let live = self.live(tenant);
        if live.sync(&**self.store()).await.is_err() {
            return Vec::new();
        }
        let board = live.board();
        let loaded = board.roster.iter().filter(|seat| seat.state.load.units > 0);
        loaded.map(|seat| seat.agent.id).collect()
    }

    async fn is_asked(&self, tenant: TenantId, agent: AgentId) -> bool {
        let open = Query::new(Select::Offers(OffersOf::Agent(agent)), 1);
        let found = self.store().find(&Scope::system(tenant), &open).await;
        found.is_ok_and(|page| !page.items.is_empty())
    }

    /// Tells whether who is asked to take a ticket could still accept it.
    pub(super) async fn may_accept(&self, tenant: TenantId, ticket: &Ticket) -> Result<bool, Error> {
        let Some(offer) = &ticket.offer else { return Ok(false) };
        let host = Actor::Host(tenant);
        let ask = self.ask(&host, &Options::default()).await?;
        Ok(ask.seat(offer.agent).await?.is_some_and(|seat| may_still_have(&seat, ticket, &ask)))
    }

    /// Lets go of what an agent may no longer have: for one who has left, what they were given in the moment in which they
    /// left, or had beyond what one commit lets go of. Tells whether there was any. Nothing more of it is given to them,
    /// so this ends.
    async fn let_go_of_the_rest(&self, tenant: TenantId, agent: AgentId) -> Result<bool, Error> {
        let host = Actor::Host(tenant);
        let mut any = false;
        for _ in 0..PASSES {
            let ask = self.ask(&host, &Options::default()).await?;
            let left = ask.not_theirs(agent).await?;
            if !self.release(&ask, left).await? {
                return Ok(any);
            }
            any = true;
        }
        Ok(any)
    }

    /// Does what is to be done about work that agents may no longer have. Tells whether there was any.
    async fn release(&self, ask: &Ask<'_>, left: Vec<(Ticket, Command)>) -> Result<bool, Error> {
        let tenant = ask.actor.tenant();
        let mut changes = Vec::new();
        for (ticket, command) in left {
            let config = ask.config_for(&ticket).await?;
            let circumstances =
                Circumstances { actor: ActorRef::SYSTEM, config: &config, ..ask.circumstances() };
            let Ok(decision) = decide(Some(&ticket), &[command], &circumstances) else { continue };
            if !decision.events.is_empty() {
                let landing = Landing::of(tenant, Some(&ticket), decision).after(&changes);
                changes.push(self.land(landing, &circumstances).await?.changes);
            }
        }
        if changes.is_empty() {
            return Ok(false);
        }
        self.tell(&mut changes).await?;
        self.store().commit(&changes).await?;
        Ok(true)
    }
}
