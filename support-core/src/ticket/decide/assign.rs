//! Owners, teams, and who is at it.

use crate::error::Error;
use crate::event::Event;
use crate::id::AgentId;
use crate::people::ActorRef;
use crate::routing::{AssignHow, ReturnCause};
use crate::sla::deadline::Unanswered;
use crate::ticket::command::Assign;
use crate::ticket::lifecycle::Transition;
use crate::time::Timestamp;

use super::Change;

impl Change<'_> {
    /// Changes owner or team.
    pub(super) fn assign(&mut self, assign: &Assign) -> Result<(), Error> {
        self.refuse_unless_work()?;
        let team = assign.team.filter(|team| self.after.team_id != Some(*team));
        if assign.to == self.after.assigned_to && team.is_none() {
            return match (assign.how, assign.to) {
                // Two who take the same work: the second must hear that it is the first one's.
                (AssignHow::Auto, _) => Err(Error::refused("already_assigned", "the ticket has this owner")),
                _ => Ok(()),
            };
        }
        if matches!(assign.how, AssignHow::Auto | AssignHow::Take) && self.after.assigned_to.is_some() {
            return Err(Error::refused("already_assigned", "the ticket has an owner"));
        }
        let from = self.after.assigned_to;
        if let (Some(agent), AssignHow::Return) = (from, assign.how) {
            // Who does not give it back themselves has not refused it.
            let own = self.acting() == ActorRef::agent(agent);
            let because = if own { ReturnCause::GivenBack } else { ReturnCause::TakenBack };
            self.record(Event::WorkReturned { agent, because });
        }
        let how = self.cause.how(assign.how);
        self.give(assign.to, team, how, assign.reason, assign.why.clone(), assign.over);
        self.transit(if assign.to.is_some() { Transition::OwnerSet } else { Transition::OwnerRemoved });
        Ok(())
    }

    /// Takes it from its owner.
    pub(super) fn give_back(&mut self, because: ReturnCause) -> Result<(), Error> {
        self.refuse_unless_work()?;
        if let Some(agent) = self.after.assigned_to {
            self.record(Event::WorkReturned { agent, because });
            self.hand_to_queue(AssignHow::Return);
        }
        Ok(())
    }

    /// Takes it from an owner who has not answered in time, where the settings ask for that.
    pub(super) fn take_back_unanswered(&mut self) {
        let unanswered = Unanswered::of(&self.after, self.config());
        if unanswered.is_some_and(|unanswered| unanswered.returns_at <= self.at) {
            // INVARIANT: what is due to go back is an open ticket, which can.
            let _ = self.give_back(ReturnCause::Unanswered);
        }
    }

    fn refuse_unless_work(&self) -> Result<(), Error> {
        self.refuse_if_closed()?;
        if self.after.set_aside.is_some() {
            return Err(Error::refused("ticket_set_aside", "the ticket is set aside"));
        }
        Ok(())
    }

    /// Notes that an agent is at it until an instant, or no longer.
    ///
    /// A lease that ran out ended when it ran out, not when somebody noticed.
    pub(super) fn handle(&mut self, agent: AgentId, until: Option<Timestamp>) {
        self.end_expired(agent);
        let at_it = self.after.handling.iter().any(|handling| handling.agent == agent);
        match until {
            Some(until) if until > self.at => {
                if !at_it {
                    self.record(Event::WorkStarted { agent });
                }
                self.after.derived.leases.retain(|(holder, _)| *holder != agent);
                self.after.derived.leases.push((agent, until));
            }
            _ => self.end_handling(agent, self.at),
        }
    }

    /// Ends an agent's work where the lease has run out by now.
    pub(super) fn end_expired(&mut self, agent: AgentId) {
        let lease = self.after.derived.leases.iter().find(|(holder, _)| *holder == agent);
        if let Some((_, until)) = lease.copied().filter(|(_, until)| *until <= self.at) {
            self.end_handling(agent, until);
        }
    }

    pub(super) fn end_handling(&mut self, agent: AgentId, at: Timestamp) {
        self.after.derived.leases.retain(|(holder, _)| *holder != agent);
        let started = self.after.handling.iter().find(|handling| handling.agent == agent).map(|h| h.since);
        if let Some(since) = started {
            let at = at.max(since);
            self.record(Event::WorkEnded { agent, at, seconds: at.seconds_since(since) });
        }
    }
}
