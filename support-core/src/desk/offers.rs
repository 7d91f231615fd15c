//! Offers: what an agent is asked to take, and what they say.

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::id::{OfferId, TeamId};
use crate::people::{Actor, Permission, Scope, WorkKind};
use crate::routing::{Asks, Job, Offer, OfferState, Refused, Seat, Waiting, failures, serving};
use crate::scoring::total;
use crate::store::{Key, OffersOf, Query, Record, Select, StoreExt, Text};
use crate::ticket::{Command, Ticket, command};

use super::assemble::still_there;
use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};
use super::texts::Texts;
use super::{Desk, TicketReply};

/// Code of the refusal of an offer that cannot be accepted.
pub(super) const OFFER_GONE: &str = "offer_gone";

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
            return Err(Error::refused(OFFER_GONE, "the work can no longer be given to this agent"));
        }
        let answer = command::AnswerOffer { id: self.offer_id, accept: true, reason: None };
        let mut prepared = carry_out(ask, &ticket, &[Command::AnswerOffer(answer)], Vec::new()).await?;
        still_there(&mut prepared.changes, seat.state);
        prepared.changes.replace(seat.agent.version, (*seat.agent).clone());
        Ok(prepared)
    }

    fn accepts(&self) -> Option<OfferId> {
        Some(self.offer_id)
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
/// counts, whether they are on duty, and the kinds of work that they take; what passes (presence, the last half hour of a
/// shift) does not. Their room was held, unless it was taken from them.
pub(super) fn may_still_have(seat: &Seat, ticket: &Ticket, ask: &Ask<'_>) -> bool {
    let fits = seat.state.load.units <= seat.agent.capacity.units && seat.is_on_duty(ask.now);
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
    let lasting =
        |refused: Refused| !matches!(refused, Refused::NotAvailable | Refused::OffShift | Refused::NoRoom);
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
            return Err(Error::refused(OFFER_GONE, "the offer has ended"));
        }
        let ticket = self.store().ticket(&self.system(), offer.ticket_id).await?.ok_or_else(missing)?;
        self.check_version(EntityKind::Ticket, ticket.version)?;
        let (agent, state) = self.agent_in("agent_id", actor.id).await?;
        Ok((ticket, Seat { agent: agent.into(), state }))
    }
}

impl Desk {
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
