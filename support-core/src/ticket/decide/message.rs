//! Messages: taking in, writing, and what becomes of them.

use std::collections::BTreeSet;

use crate::automation::{Action, Occasion, Snapshot};
use crate::conversation::{Delivery, Direction, Message, Visibility};
use crate::error::Error;
use crate::event::{Event, LostAnswers};
use crate::id::{AgentId, AssignmentId, DocumentId, TeamId, TextId};
use crate::label::Label;
use crate::people::ActorKind;
use crate::routing::{AssignHow, Why};
use crate::ticket::command::{
    Matched, NewMessage, OwnerStanding, Receive, Rematched, Unanswered, UsedMacro, Write,
};
use crate::ticket::lifecycle::{Transition, check_by_hand, next_status};
use crate::ticket::{KeywordHit, Status, StatusCategory, StatusCause};

use super::Change;
use super::react::facts;

impl Change<'_> {
    /// Stores a message, and tells whether it asks the desk for an answer.
    pub(super) fn add_message(&mut self, message: &NewMessage) -> bool {
        let asks = self.is_personal(message)
            && self.after.status != Status::Closed
            && message.direction == Direction::Inbound
            && message.author.kind == ActorKind::Customer
            && !(message.thanks && self.after.status == Status::Resolved);
        let answers = self.answers(message);
        self.record(Event::MessageAdded {
            message_id: message.id,
            conversation_id: message.conversation_id.unwrap_or(self.after.conversation_id),
            direction: message.direction,
            author: message.author,
            author_text: message.author_text,
            visibility: message.visibility,
            channel: message.channel.clone(),
            inbox_id: message.inbox_id,
            body: message.body,
            automatic: message.automatic,
            asks,
            answers,
            answered_since: answers.then_some(self.after.unanswered_since).flatten(),
            external_id: message.external_id.clone(),
            in_reply_to: message.in_reply_to.clone(),
            delivery: message.delivery,
            sent_at: message.sent_at.min(self.at),
            masked: message.masked.clone(),
        });
        asks
    }

    /// Tells whether a message is public words of a person in the conversation with the customer.
    fn is_personal(&self, message: &NewMessage) -> bool {
        let to_customer = message.conversation_id.is_none_or(|id| id == self.after.conversation_id);
        message.visibility == Visibility::Public && !message.automatic && to_customer
    }

    /// Tells whether a message answers the customer: a human agent's own words.
    fn answers(&self, message: &NewMessage) -> bool {
        self.is_personal(message)
            && message.direction == Direction::Outbound
            && message.author.kind == ActorKind::Agent
    }

    /// Adds rules that match to those that did.
    pub(super) fn match_keywords(&mut self, matched: &Matched) {
        let admitted = self.admitted(matched);
        if admitted.is_empty() {
            return;
        }
        let mut topics = self.after.topics.clone();
        topics.extend(self.config().topics(&admitted));
        let mut rules = self.after.keywords.clone();
        rules.extend(admitted);
        self.note_keywords(rules, topics);
    }

    /// Takes over what matches anew. A rule that was told before whether the ticket is its own is not asked again: its
    /// condition is told when a text arrives.
    pub(super) fn rematch_keywords(&mut self, anew: &Rematched) {
        let told = |(rule, hit): &(&DocumentId, &KeywordHit)| self.after.keywords.get(*rule) == Some(*hit);
        let (told, others): (Matched, Matched) = anew.matched.iter().partition(told);
        let mut rules = told;
        rules.extend(
            self.admitted(&others.into_iter().filter(|(rule, _)| anew.asked.contains(rule)).collect()),
        );
        let topics = self.config().topics(&rules).collect();
        self.note_keywords(rules, topics);
    }

    fn note_keywords(&mut self, rules: Matched, topics: BTreeSet<Label>) {
        if rules != self.after.keywords || topics != self.after.topics {
            self.record(Event::TicketKeywordsMatched { rules, topics: topics.into_iter().collect() });
        }
    }

    /// Leaves out the rules that are not for this ticket, as it is now.
    fn admitted(&self, matched: &Matched) -> Matched {
        if matched.is_empty() {
            return Matched::new();
        }
        let news = self.events.iter().rev().find_map(|envelope| facts(&envelope.event));
        let occasion = Occasion { message: news, was: None, actor: self.circumstances.actor.kind };
        let (ticket, config) = (&self.after, self.config());
        config.for_ticket(matched, &Snapshot { ticket, occasion: &occasion, now: self.at, config })
    }

    /// Takes in a message from outside.
    ///
    /// What asks for an answer wakes a snoozed ticket and reopens a pending or resolved one: to its owner where they
    /// can take it up, else to the queue. An owner who is missing loses any ticket. A closed ticket keeps what reopens
    /// nothing, and stays as it is.
    pub(super) fn receive(&mut self, receive: &Receive) -> Result<(), Error> {
        if self.after.status == Status::Closed {
            if receive.message.reopens_nothing() {
                self.add_message(&receive.message);
                return Ok(());
            }
            return Err(Error::refused(
                "ticket_closed",
                "the ticket is closed; a new message opens a follow-up",
            ));
        }
        let had = self.after.status;
        let asks = self.add_message(&receive.message);
        self.match_keywords(&receive.keywords);
        // What arrives for a ticket that is set aside waits until it is restored.
        if !asks || self.after.set_aside.is_some() {
            return Ok(());
        }
        let lost = match (had, receive.owner) {
            (_, OwnerStanding::Gone) => Some(AssignHow::Return),
            (_, OwnerStanding::Missing { .. }) | (Status::Resolved, OwnerStanding::Absent) => {
                Some(AssignHow::Absent)
            }
            (_, OwnerStanding::Available | OwnerStanding::Absent) => None,
        };
        if let Some(how) = lost.filter(|_| self.after.assigned_to.is_some()) {
            match receive.owner {
                OwnerStanding::Missing { substitute: Some(agent) } => {
                    self.give(Some(agent), None, how, None, None, false);
                    self.transit(Transition::OwnerSet);
                }
                _ => self.hand_to_queue(how),
            }
        }
        self.take_up();
        Ok(())
    }

    /// Brings the ticket back into sight and into work: the customer waits.
    pub(super) fn take_up(&mut self) {
        if self.after.snoozed_until.is_some() {
            self.record(Event::TicketWoken { by_time: false });
        }
        let has_owner = self.after.assigned_to.is_some();
        self.transit(Transition::CustomerMessage { has_owner });
    }

    /// Writes as an agent: a note, or an answer that may carry a status.
    pub(super) fn write(&mut self, write: &Write) -> Result<(), Error> {
        let public = write.message.visibility == Visibility::Public;
        if public && self.after.status == Status::Closed {
            return Err(Error::refused("ticket_closed", "the ticket is closed; it takes notes only"));
        }
        if public && self.after.set_aside.is_some() {
            return Err(Error::refused(
                "ticket_set_aside",
                "the ticket is set aside; nothing is sent from it",
            ));
        }
        if let Some(seen) = write.if_last_message
            && self.after.last_message_id != Some(seen)
        {
            return Err(Error::refused("crossed_message", "a newer message has arrived; nothing was sent"));
        }
        let author = write.message.author.agent_id();
        let answers = self.answers(&write.message);
        if let (true, Some(agent), None) = (answers, author, self.after.assigned_to)
            && self.after.is_waiting()
        {
            // Whoever answers waiting work has taken it: else it would be routed to somebody else meanwhile.
            self.give(Some(agent), None, AssignHow::Take, None, None, false);
            self.transit(Transition::OwnerSet);
        }
        self.add_message(&write.message);
        let says = write.status.is_some() || write.used.as_ref().is_some_and(sets_status);
        if let (false, true, Some(agent)) = (says, answers, author) {
            let by_owner = self.after.assigned_to == Some(agent);
            self.transit(Transition::AgentMessage { live: write.live, by_owner });
        }
        if let Some(used) = &write.used {
            self.use_macro(used, write.status.is_none())?;
        }
        write.status.map_or(Ok(()), |to| self.move_to(to, StatusCause::Reply, None, None))
    }

    /// Takes note of how far an outgoing message has come. An answer that fails gives the customer's wait back;
    /// the last of several in a row gives back that of the first.
    pub(super) fn deliver(&mut self, message: &Message, report: Delivery, unanswered: Option<Unanswered>) {
        let Some(from) = message.delivery else { return };
        let to = from.advanced(report);
        if to == from {
            return;
        }
        let lost = unanswered.filter(|_| to == Delivery::Failed && message.answers);
        let first = self.after.first_responded_at;
        let lost = lost.map(|Unanswered { since, from, before }| LostAnswers {
            unanswered_since: since,
            answered_at: before,
            first_response: first.is_some_and(|at| at >= from),
        });
        self.record(Event::MessageDeliveryChanged { message_id: message.id, from, to, lost });
        if lost.is_some() && self.after.status == Status::Pending && self.after.unanswered_since.is_some() {
            // The desk owes the answer again.
            let has_owner = self.after.assigned_to.is_some();
            self.transit(Transition::CustomerMessage { has_owner });
        }
    }

    /// Moves the status as the table says.
    pub(super) fn transit(&mut self, transition: Transition) {
        if self.after.set_aside.is_some() {
            return;
        }
        if let Some((to, cause)) = next_status(self.after.status, transition) {
            let from = self.after.status;
            self.record(Event::TicketStatusChanged { from, to, cause, reason: None, resolution_code: None });
        }
    }

    /// Moves the status as somebody says, within the table.
    pub(super) fn move_to(
        &mut self,
        to: Status,
        cause: StatusCause,
        reason: Option<TextId>,
        resolution_code: Option<Label>,
    ) -> Result<(), Error> {
        let from = self.after.status;
        if from == to {
            return Ok(());
        }
        let has_owner = self.after.assigned_to.is_some();
        let to = match (to, from.category()) {
            // A reply that says `open` says that the ticket stays with whoever has it.
            (Status::Open, StatusCategory::Open) if has_owner && cause == StatusCause::Reply => return Ok(()),
            // Work that is opened by hand goes back to whoever has it.
            (Status::Open, StatusCategory::Pending | StatusCategory::Closed)
                if has_owner && from != Status::Closed =>
            {
                Status::Assigned
            }
            _ => to,
        };
        check_by_hand(from, to, has_owner).map_err(Error::Refused)?;
        if to == Status::Closed && from != Status::Resolved {
            // Every closed ticket was resolved: reports count resolutions.
            let resolved = Status::Resolved;
            let code = resolution_code.clone();
            self.record(Event::TicketStatusChanged {
                from,
                to: resolved,
                cause,
                reason,
                resolution_code: code,
            });
            self.record(Event::TicketStatusChanged {
                from: resolved,
                to,
                cause,
                reason: None,
                resolution_code: None,
            });
        } else {
            self.record(Event::TicketStatusChanged { from, to, cause, reason, resolution_code });
        }
        if matches!(to, Status::Resolved | Status::Closed) && self.after.snoozed_until.is_some() {
            self.record(Event::TicketWoken { by_time: false });
        }
        Ok(())
    }

    /// Sends the ticket back to its team's queue.
    pub(super) fn hand_to_queue(&mut self, how: AssignHow) {
        self.give(None, None, how, None, None, false);
        self.transit(Transition::OwnerRemoved);
    }

    /// Changes owner or team. Who loses the ticket stops working on it.
    pub(super) fn give(
        &mut self,
        to: Option<AgentId>,
        team: Option<TeamId>,
        how: AssignHow,
        reason: Option<TextId>,
        why: Option<Why>,
        over: bool,
    ) {
        let assignment_id = AssignmentId::mint(self.circumstances.ids, self.at);
        let from = self.after.assigned_to;
        let event = Event::TicketAssigned {
            assignment_id,
            from,
            to,
            team_from: self.after.team_id,
            team_to: team.or(self.after.team_id),
            how,
            reason,
            why,
            over,
        };
        self.record(event);
        if let Some(agent) = from.filter(|agent| to != Some(*agent)) {
            self.end_expired(agent);
            self.end_handling(agent, self.at);
        }
    }
}

/// Tells whether a macro says to which status the ticket goes.
fn sets_status(used: &UsedMacro) -> bool {
    used.actions.iter().any(|action| matches!(action, Action::SetStatus(_)))
}
