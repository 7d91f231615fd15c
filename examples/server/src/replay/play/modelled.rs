//! Conversations without times: each turn is planned when the one before it is done, and an agent does one at a time.

use support_core::desk::EditTicket;
use support_core::ticket::Status;
use support_core::time::Clock as _;

use super::{Happening, Player};
use crate::failure::Failure;
use crate::replay::recorded::What;

impl Player<'_> {
    /// The customer's words arrive, and what follows from them is planned.
    pub(super) async fn says(&mut self, at: usize) -> Result<(), Failure> {
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        let conversation = case.part.conversation;
        if let Some(What::Customer(text)) = conversation.turns.get(case.next).map(|turn| &turn.what) {
            case.next += 1;
            self.by_customer(at, text).await?;
            self.progress.step();
        }
        self.go_on(at);
        Ok(())
    }

    /// Plans a customer's next turn, or gives the agent's to the owner.
    pub(super) fn go_on(&mut self, at: usize) {
        let Some(case) = self.cases.get_mut(at) else { return };
        let conversation = case.part.conversation;
        let Some(pace) = &case.part.pace else { return };
        let next = conversation.turns.get(case.next).map(|turn| &turn.what);
        match (next, case.owner) {
            (Some(What::Customer(_)), _) => {
                let takes = pace.turns.get(case.next).copied().unwrap_or_default();
                self.expect(self.clock.now().plus_micros(takes), Happening::Says { case: at });
            }
            (_, Some(owner)) => self.pile(owner, at),
            (_, None) => case.waits = true,
        }
    }

    /// Puts a case on an agent's pile.
    pub(super) fn pile(&mut self, seat: usize, case: usize) {
        if let Some(pile) = self.piles.get_mut(seat) {
            pile.waiting.push_back(case);
            self.ready.push_back(seat);
        }
    }

    /// Lets an agent who is at nothing begin with what lies on top.
    pub(super) async fn begin(&mut self, seat: usize) -> Result<(), Failure> {
        let Some(pile) = self.piles.get_mut(seat).filter(|pile| pile.at.is_none()) else { return Ok(()) };
        let Some(at) = pile.waiting.pop_front() else { return Ok(()) };
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        if case.owner != Some(seat) {
            // It went to somebody else meanwhile, who gets what is to be done on it.
            self.go_on(at);
            self.ready.push_back(seat);
            return Ok(());
        }
        pile.at = Some(at);
        let pace = case.part.pace.as_ref();
        let turn = pace.map(|pace| pace.turns.get(case.next).copied().unwrap_or(pace.wrap_up));
        let takes = turn.unwrap_or_default();
        self.expect(self.clock.now().plus_micros(takes), Happening::Finishes { seat });
        self.take_up(at, seat).await
    }

    /// An agent writes what they were at, and goes on.
    pub(super) async fn finishes(&mut self, seat: usize) -> Result<(), Failure> {
        let Some(at) = self.piles.get_mut(seat).and_then(|pile| pile.at.take()) else { return Ok(()) };
        self.ready.push_back(seat);
        let Some(case) = self.cases.get_mut(at) else { return Ok(()) };
        let Some(ticket) = case.ticket else { return Ok(()) };
        let conversation = case.part.conversation;
        let turn = conversation.turns.get(case.next);
        case.next += 1;
        let actor = self.actor_of(Some(seat));
        match turn.map(|turn| &turn.what) {
            Some(what) => {
                self.write(&actor, ticket, what).await?;
                self.progress.step();
                self.put_down(at, seat).await?;
                self.go_on(at);
            }
            None => {
                self.ask(&actor, &EditTicket::of(ticket).status(Status::Resolved)).await?;
                self.put_down(at, seat).await?;
            }
        }
        Ok(())
    }
}
