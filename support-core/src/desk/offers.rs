//! Offers: what an agent is asked to take, and what they say.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::event::Event;
use crate::id::{AgentId, OfferId, TeamId, TenantId, TicketId};
use crate::people::{Actor, ActorRef, AgentState, Permission, Presence, Scope, WorkKind};
use crate::routing::{Asks, Job, Offer, OfferState, Refused, ReturnCause, Seat, Waiting, failures, serving};
use crate::scoring::total;
use crate::store::{
    Assignee, ChangeSet, Expect, Key, OffersOf, Query, Record, Select, StoreExt, Text, TicketFilter, Write,
};
use crate::ticket::{Circumstances, Command, Status, StatusCategory, Ticket, command, decide};

use super::assemble::still_there;
use super::land::Landing;
use super::message::carry_out;
use super::read::ticket;
use super::run::{Ask, Prepared, UseCase};
use super::texts::Texts;
use super::{Desk, TicketReply};

/// Most tickets that an agent who leaves gives back in the commit that says so; routing gives nobody more.
const GIVEN_BACK: u32 = 200;
/// Most such batches after it.
const PASSES: u32 = 50;

/// Accepts an offer: the work is the agent's. The room for it was held since the offer was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptOffer {
    /// The offer.
    pub offer_id: OfferId,
}

/// Declines an offer: the work keeps its age and goes to the next candidate.
#[derive(Clone, PartialEq, Eq)]
pub struct DeclineOffer {
    /// The offer.
    pub offer_id: OfferId,
    /// Why, for the record.
    pub reason: Option<String>,
}

impl std::fmt::Debug for DeclineOffer {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeclineOffer").field("offer_id", &self.offer_id).finish_non_exhaustive()
    }
}

/// An offer as the agent who is asked sees it: enough of the ticket to decide.
#[derive(Clone, PartialEq)]
pub struct OfferView {
    /// The offer.
    pub offer: Offer,
    /// The ticket whose work it is.
    pub ticket: Ticket,
    /// What it is about; `None` where it was erased.
    pub subject: Option<String>,
    /// Its score now.
    pub score: f64,
}

impl std::fmt::Debug for OfferView {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfferView").field("offer", &self.offer).finish_non_exhaustive()
    }
}

#[async_trait]
impl UseCase for AcceptOffer {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let (ticket, seat) = ask.offered(self.offer_id).await?;
        if !may_still_have(&seat, &ticket, ask) {
            return Err(Error::refused("offer_gone", "the work can no longer be given to this agent"));
        }
        let answer = command::AnswerOffer { id: self.offer_id, accept: true, reason: None };
        let mut prepared = carry_out(ask, &ticket, &[Command::AnswerOffer(answer)], Vec::new()).await?;
        still_there(&mut prepared.changes, seat.state);
        prepared.changes.replace(seat.agent.version, (*seat.agent).clone());
        Ok(prepared)
    }
}

#[async_trait]
impl UseCase for DeclineOffer {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        let (ticket, _) = ask.offered(self.offer_id).await?;
        let mut texts = Texts::new(ask, Some(ticket.id));
        let reason = texts.line("reason", self.reason.as_deref())?;
        let answer = command::AnswerOffer { id: self.offer_id, accept: false, reason };
        let mut prepared = carry_out(ask, &ticket, &[Command::AnswerOffer(answer)], Vec::new()).await?;
        texts.finish(&mut prepared.changes);
        Ok(prepared)
    }
}

/// Tells whether who was asked may still be given the work: what changed about agent or team since the offer was made
/// counts, what passes (presence, the end of a shift) does not. Their room was held, unless it was taken from them.
fn may_still_have(seat: &Seat, ticket: &Ticket, ask: &Ask<'_>) -> bool {
    let fits = seat.state.load.units <= seat.agent.capacity.units;
    // As if it were not on offer: what it asks for is the same.
    let Some(entry) = Waiting::of(&Ticket { offer: None, ..ticket.clone() }) else { return false };
    let (mut teams, team) = serving(entry.team.unwrap_or(TeamId::DEFAULT), &ask.config);
    let own = teams.clone();
    teams.extend(team.iter().flat_map(|team| team.overflow_team_ids.iter().copied()));
    let asks = Asks::of(&entry);
    let asks = team.map_or_else(
        || asks.clone(),
        |team| asks.at(team, team.stage(ask.now.micros_since(entry.work.since))),
    );
    let job = Job {
        kind: WorkKind::Ticket,
        teams: &teams,
        leads: false,
        asks: &asks,
        declined: &[],
        declined_seconds: 0,
    };
    let anything = Asks { effort: asks.effort, ..Asks::default() };
    let lead = Job { teams: &own, leads: true, asks: &anything, ..job };
    let lasting = |refused: Refused| {
        !matches!(
            refused,
            Refused::NotAvailable | Refused::OtherChannels | Refused::OffShift | Refused::NoRoom
        )
    };
    let may = |job: &Job<'_>| !failures(seat, job, ask.now).any(lasting);
    fits && (may(&job) || may(&lead))
}

impl Ask<'_> {
    /// Loads the ticket of an offer that the actor is to answer, and the actor as routing sees them. An offer shows its ticket to
    /// whoever is asked, though its queue be out of their sight.
    async fn offered(&self, id: OfferId) -> Result<(Ticket, Seat), Error> {
        let missing = || Error::NotFound(EntityKind::Offer);
        let Actor::Agent(actor) = self.actor else { return Err(missing()) };
        let sight = self.actor.scope(Permission::TicketRead)?;
        let offer: Offer = self.store().one(&sight, Key::Offer(id)).await?.ok_or_else(missing)?;
        if offer.agent != actor.id {
            return Err(Error::refused("not_asked", "only the agent who was asked answers an offer"));
        }
        self.actor.scope(Permission::TicketTake)?;
        if offer.state != OfferState::Open {
            return Err(Error::refused("offer_gone", "the offer has ended"));
        }
        let ticket = self.store().ticket(&self.system(), offer.ticket_id).await?.ok_or_else(missing)?;
        self.check_version(EntityKind::Ticket, ticket.version)?;
        let (agent, state) = self.agent_in("agent_id", actor.id).await?;
        Ok((ticket, Seat { agent: agent.into(), state }))
    }

    /// Lists the tickets that are on offer to an agent, the newest offers first. At most so many as one commit lets go of.
    async fn offered_to(&self, agent: AgentId) -> Result<Vec<Ticket>, Error> {
        let system = self.system();
        let open = Query::new(Select::Offers(OffersOf::Agent(agent)), GIVEN_BACK);
        let offers = self.store().find(&system, &open).await?.items;
        let keys: Vec<Key> = offers
            .iter()
            .filter_map(|record| match record {
                Record::Offer(offer) => Some(Key::Ticket(offer.ticket_id)),
                _ => None,
            })
            .collect();
        Ok(self.store().load(&system, &keys).await?.into_iter().flatten().filter_map(ticket).collect())
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
        let offered = self.offered_to(agent).await?.into_iter();
        let mut left: Vec<_> = offered.map(|ticket| (ticket, Command::WithdrawOffer)).collect();
        if presence == Presence::Offline && self.config.settings.offline_returns_unstarted {
            left.extend(self.had_by(agent, vec![Status::Assigned], ReturnCause::Offline).await?);
        }
        Ok(left)
    }

    /// Lists what an agent may no longer have as they are by now, with what is to be done about it: what one who has left
    /// has not begun, else offers that they could not accept, the newest first as far as room is what they lack; and all
    /// work of one who may not answer customers.
    async fn not_theirs(&self, id: AgentId) -> Result<Vec<(Ticket, Command)>, Error> {
        let keys = [Key::Agent(id), Key::AgentState(id)];
        let found = self.store().load(&self.system(), &keys).await?;
        let [Some(Record::Agent(agent)), Some(Record::AgentState(state))] = &*found else {
            return Ok(Vec::new());
        };
        if agent.active && !agent.may_reply() {
            let offered = self.offered_to(id).await?.into_iter();
            let mut left: Vec<_> = offered.map(|ticket| (ticket, Command::WithdrawOffer)).collect();
            left.extend(self.had_by(id, StatusCategory::Open.states(), ReturnCause::MayNotReply).await?);
            return Ok(left);
        }
        if matches!(state.presence, Presence::Away | Presence::Offline) {
            return self.unstarted(id, state.presence).await;
        }
        let mut seat = Seat { agent: (**agent).clone().into(), state: state.clone() };
        let mut left = Vec::new();
        for ticket in self.offered_to(id).await? {
            if !may_still_have(&seat, &ticket, self) {
                seat.state.load.units = seat.state.load.units.saturating_sub(ticket.units());
                left.push((ticket, Command::WithdrawOffer));
            }
        }
        Ok(left)
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

/// Names the agents whose offers a change may have ended: who has left or is otherwise now, and to whom work is on offer
/// that asks for more.
fn looked_after(changes: &ChangeSet) -> BTreeSet<AgentId> {
    let asks =
        |event: &Event| matches!(event, Event::TicketSkillsRequired { .. } | Event::TicketAsksChanged { .. });
    let asks_for_more = changes.events.iter().any(|envelope| asks(&envelope.event));
    // What is written as it was is only looked at, so that nobody changes it meanwhile.
    let differs = |write: &Write, version: u64| write.expect != Expect::Revision(version);
    let of = |write: &Write| match &write.record {
        Record::AgentState(AgentState { agent, presence, version, .. })
            if matches!(presence, Presence::Away | Presence::Offline) && differs(write, *version) =>
        {
            Some(*agent)
        }
        Record::Agent(agent) if agent.version > 1 && differs(write, agent.version) => Some(agent.id),
        Record::Ticket(ticket) if asks_for_more => ticket.offer.as_ref().map(|offer| offer.agent),
        _ => None,
    };
    changes.writes.iter().filter_map(of).collect()
}

impl Desk {
    /// Lets go of what agents may no longer have by a change that was committed; tells whether the router has to look.
    pub(super) async fn see_off(&self, tenant: TenantId, changes: &ChangeSet) -> bool {
        let mut routes = false;
        for agent in looked_after(changes) {
            // The change is done, whatever comes of this. What stays is on offer until its time is over.
            let rest = self.let_go_of_the_rest(tenant, agent).await;
            routes |= !matches!(rest, Ok(false));
        }
        routes
    }

    /// Lets go of what an agent may no longer have: for one who has left, what they were given in the moment in which they
    /// left, or had beyond what one commit lets go of. Tells whether there was any. Nothing more of it is given to them,
    /// so this ends.
    async fn let_go_of_the_rest(&self, tenant: TenantId, agent: AgentId) -> Result<bool, Error> {
        let host = Actor::Host(tenant);
        let mut any = false;
        for _ in 0..PASSES {
            let ask = self.ask(&host, &super::Options::default()).await?;
            let left = ask.not_theirs(agent).await?;
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
                return Ok(any);
            }
            self.tell(&mut changes).await?;
            self.store().commit(&changes).await?;
            any = true;
        }
        Ok(any)
    }

    /// Reads the offers that wait for the actor's answer, newest first.
    ///
    /// # Errors
    /// `NotFound` to who is no agent; `Forbidden`; `Store`.
    pub async fn offers(&self, actor: &Actor) -> Result<Vec<OfferView>, Error> {
        let Actor::Agent(me) = actor else { return Err(Error::NotFound(EntityKind::Offer)) };
        let sight = actor.scope(Permission::TicketTake)?;
        let now = self.now();
        let open = Query::new(Select::Offers(OffersOf::Agent(me.id)), Query::MOST);
        let page = self.store().find(&sight, &open).await?;
        let offers: Vec<Offer> = page
            .items
            .into_iter()
            .filter_map(|record| match record {
                Record::Offer(offer) if offer.until > now => Some(*offer),
                _ => None,
            })
            .collect();
        // An offer shows what it is about, though its queue be out of sight.
        let system = Scope::system(actor.tenant());
        let keys: Vec<Key> = offers.iter().map(|offer| Key::Ticket(offer.ticket_id)).collect();
        let tickets: Vec<Ticket> = self
            .store()
            .load(&system, &keys)
            .await?
            .into_iter()
            .flatten()
            .filter_map(|record| match record {
                Record::Ticket(ticket) => Some(*ticket),
                _ => None,
            })
            .collect();
        let keys: Vec<Key> = tickets.iter().map(|ticket| Key::Text(ticket.subject)).collect();
        let subjects: Vec<Text> = self
            .store()
            .load(&system, &keys)
            .await?
            .into_iter()
            .flatten()
            .filter_map(|record| match record {
                Record::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        let weights = &self.config(actor.tenant()).await?.settings.weights;
        let view = |offer: Offer| {
            let ticket = tickets.iter().find(|ticket| ticket.id == offer.ticket_id)?.clone();
            let subject = subjects.iter().find(|text| text.id == ticket.subject)?.body.clone();
            let score = total(weights, &ticket.score_inputs(), now);
            Some(OfferView { offer, ticket, subject, score })
        };
        Ok(offers.into_iter().filter_map(view).collect())
    }
}
