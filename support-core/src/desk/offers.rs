//! Offers: what an agent is asked to take, and what they say.

use async_trait::async_trait;

use crate::error::{EntityKind, Error};
use crate::id::{AgentId, OfferId};
use crate::people::{Actor, AgentState, Permission, Presence};
use crate::routing::{Offer, OfferState};
use crate::scoring::total;
use crate::store::{Assignee, ChangeSet, Key, OffersOf, Query, Record, Select, StoreExt, Text, TicketFilter};
use crate::ticket::{Command, Status, Ticket, command, decide};

use super::assemble::{assemble, still_there};
use super::message::carry_out;
use super::run::{Ask, Prepared, UseCase};
use super::texts::Texts;
use super::{Desk, TicketReply};

/// Most tickets that an agent who leaves gives back in the commit that says so; routing gives nobody more.
const GIVEN_BACK: u32 = 200;

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
        let (ticket, state) = ask.offered(self.offer_id).await?;
        let answer = command::AnswerOffer { id: self.offer_id, accept: true, reason: None };
        let mut prepared = carry_out(ask, &ticket, &[Command::AnswerOffer(answer)], Vec::new()).await?;
        still_there(&mut prepared.changes, state);
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

impl Ask<'_> {
    /// Loads the ticket of an offer that the actor is to answer, and their own state. An offer shows its ticket to
    /// whoever is asked, though its queue be out of their sight.
    async fn offered(&self, id: OfferId) -> Result<(Ticket, AgentState), Error> {
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
        let (_, state) = self.agent_in("agent_id", actor.id).await?;
        Ok((ticket, state))
    }

    /// Lets go of what an agent who leaves has not begun, in the commit that says that they leave: open offers are
    /// withdrawn, and, where the settings say so, unstarted tickets of one who goes offline go back to their queues.
    pub(super) async fn let_go(
        &self,
        agent: AgentId,
        presence: Presence,
        changes: &mut ChangeSet,
    ) -> Result<bool, Error> {
        if !matches!(presence, Presence::Away | Presence::Offline) {
            return Ok(false);
        }
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
        let mut left: Vec<(Record, Command)> = Vec::new();
        for record in self.store().load(&system, &keys).await?.into_iter().flatten() {
            left.push((record, Command::WithdrawOffer));
        }
        if presence == Presence::Offline && self.config.settings.offline_returns_unstarted {
            let unstarted = TicketFilter {
                status: vec![Status::Assigned],
                assignee: Some(Assignee::Agent(agent)),
                ..TicketFilter::default()
            };
            let query = Query::new(Select::Tickets(Box::new(unstarted)), GIVEN_BACK);
            let page = self.store().find(&system, &query).await?;
            left.extend(page.items.into_iter().map(|record| (record, command::Assign::back())));
        }
        let mut routes = false;
        for (record, command) in left {
            let Record::Ticket(ticket) = record else { continue };
            let config = self.config_for(&ticket).await?;
            let circumstances = crate::ticket::Circumstances { config: &config, ..self.circumstances() };
            let decision = decide(Some(&ticket), &[command], &circumstances)?;
            if decision.events.is_empty() {
                continue;
            }
            let mut of_ticket = assemble(self.actor.tenant(), Some(&ticket), decision, &[]);
            changes.writes.append(&mut of_ticket.writes);
            changes.events.append(&mut of_ticket.events);
            changes.deltas.append(&mut of_ticket.deltas);
            routes = true;
        }
        Ok(routes)
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
        let system = crate::people::Scope::system(actor.tenant());
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
