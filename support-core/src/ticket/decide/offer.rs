//! Offers of the ticket's work to an agent.

use crate::error::Error;
use crate::event::Event;
use crate::id::TextId;
use crate::routing::{AssignHow, OfferState};
use crate::ticket::command::{AnswerOffer, MakeOffer};
use crate::ticket::lifecycle::Transition;

use super::Change;

impl Change<'_> {
    /// Asks an agent to take the work.
    pub(super) fn make_offer(&mut self, offer: &MakeOffer) -> Result<(), Error> {
        if !self.after.is_queued() {
            return Err(Error::refused("not_waiting", "the ticket does not wait for a handler"));
        }
        let MakeOffer { id: offer_id, agent, until, ref why } = *offer;
        let until = until.max(self.at);
        let team = self.after.team_id;
        self.record(Event::OfferMade { offer_id, agent, team, until, why: why.clone() });
        Ok(())
    }

    /// Takes the answer of the agent who was asked. Late is as good as never.
    pub(super) fn answer_offer(&mut self, answer: &AnswerOffer) -> Result<(), Error> {
        let open = self.after.offer.as_ref().filter(|open| open.id == answer.id && open.until > self.at);
        let Some(agent) = open.map(|open| open.agent) else {
            return Err(Error::refused("offer_gone", "the offer has ended"));
        };
        if answer.accept {
            self.end_offer(OfferState::Accepted, None);
            self.give(Some(agent), None, AssignHow::Offer, None, None, false);
            self.transit(Transition::OwnerSet);
        } else {
            self.end_offer(OfferState::Declined, answer.reason);
        }
        Ok(())
    }

    /// Withdraws the offer because the agent who was asked is gone.
    pub(super) fn withdraw_offer(&mut self) {
        self.end_offer(OfferState::Withdrawn, None);
    }

    /// Ends an offer to which nobody has answered in time, whether or not the worker came to do it.
    pub(super) fn time_offer_out(&mut self) {
        if self.after.offer.as_ref().is_some_and(|open| open.until <= self.at) {
            self.end_offer(OfferState::TimedOut, None);
        }
    }

    /// Ends an offer whose work went elsewhere while it was open: taken, moved, resolved, snoozed or set aside.
    pub(super) fn settle_offer(&mut self) {
        let Some(open) = self.after.offer.as_ref() else { return };
        let moved = self.after.team_id != open.team;
        if self.after.assigned_to == Some(open.agent) {
            // Who answers the customer or takes the ticket while it is offered to them has accepted.
            self.end_offer(OfferState::Accepted, None);
        } else if !self.after.is_waiting() || moved {
            self.end_offer(OfferState::Withdrawn, None);
        }
    }

    fn end_offer(&mut self, state: OfferState, reason: Option<TextId>) {
        if let Some((offer_id, agent)) = self.after.offer.as_ref().map(|open| (open.id, open.agent)) {
            self.record(Event::OfferEnded { offer_id, agent, state, reason });
        }
    }
}
