//! What goes round on a ticket while nobody looks after it.
//!
//! Rules that undo each other in one commit are cut there. Those that undo the router, or wait for each other to move
//! something, go round over many commits, each of which looks sound by itself. So a ticket remembers how often each
//! rule has moved it since somebody last did something to it: a number a rule, forgotten as soon as somebody does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Envelope, Event};
use crate::id::DocumentId;
use crate::people::{ActorKind, ActorRef};
use crate::routing::AssignHow;

use super::StatusCause;

/// How often one rule may move a ticket while nobody does anything to it. Rules that hand work on, remind and escalate
/// come to rest long before; what does not goes round.
pub const TURNS_LIMIT: u8 = 8;

/// How often rules have moved a ticket since somebody last did something to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unattended(BTreeMap<DocumentId, u8>);

impl Unattended {
    /// Tells whether no rule has moved it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether a rule was stopped: it does nothing until somebody does something.
    #[must_use]
    pub fn rests(&self, rule: DocumentId) -> bool {
        self.turns(rule) > TURNS_LIMIT
    }

    /// Lists the rules that were stopped.
    pub fn resting(&self) -> impl Iterator<Item = DocumentId> + '_ {
        self.0.iter().filter(|(_, turns)| **turns > TURNS_LIMIT).map(|(rule, _)| *rule)
    }

    /// Tells whether a rule has moved the ticket as often as it may.
    pub(super) fn is_spent(&self, rule: DocumentId) -> bool {
        self.turns(rule) >= TURNS_LIMIT
    }

    /// Lists the rules that go round together: those that moved the ticket as often as one may, or once less.
    pub(super) fn going_round(&self) -> impl Iterator<Item = DocumentId> + '_ {
        let round = TURNS_LIMIT - 1..=TURNS_LIMIT;
        self.0.iter().filter(move |(_, turns)| round.contains(turns)).map(|(rule, _)| *rule)
    }

    /// Takes note of an event.
    pub(super) fn follow(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::AutomationApplied { automation, moved: true, .. } => self.turn(automation.id),
            Event::TicketAssigned { how: AssignHow::Escalation, .. } => {
                if let Some(ladder) = envelope.actor.rule_id() {
                    self.turn(ladder);
                }
            }
            Event::AutomationStopped { automations, unattended: true, .. } => {
                self.0.extend(automations.iter().map(|rule| (*rule, TURNS_LIMIT + 1)));
            }
            _ if !self.0.is_empty() && is_deed(envelope) => self.0.clear(),
            _ => {}
        }
    }

    fn turns(&self, rule: DocumentId) -> u8 {
        // Most tickets were never moved by a rule.
        if self.0.is_empty() { 0 } else { self.0.get(&rule).copied().unwrap_or_default() }
    }

    fn turn(&mut self, rule: DocumentId) {
        let turns = self.0.entry(rule).or_default();
        *turns = turns.saturating_add(1);
    }
}

impl FromIterator<(DocumentId, u8)> for Unattended {
    /// Takes how often each rule moved a ticket; one that was stopped, once more than it may.
    fn from_iter<T: IntoIterator<Item = (DocumentId, u8)>>(turns: T) -> Self {
        Self(turns.into_iter().collect())
    }
}

/// Tells whether somebody did something to the ticket: a person, or a program of the host in their place. What rules,
/// the router and time do is nobody's deed, nor is what a program writes by itself.
fn is_deed(envelope: &Envelope) -> bool {
    let ActorRef { kind, .. } = envelope.actor;
    match &envelope.event {
        Event::MessageAdded { author, automatic, .. } => !automatic && is_person(author.kind),
        Event::TicketStatusChanged { cause, .. } => *cause == StatusCause::ByHand,
        Event::TicketAssigned { how, .. } => {
            let asked =
                matches!(how, AssignHow::Take | AssignHow::Reassign | AssignHow::Transfer | AssignHow::Offer);
            asked || is_person(kind)
        }
        Event::TicketPriorityChanged { .. }
        | Event::TicketSubjectChanged { .. }
        | Event::TicketCategoryChanged { .. }
        | Event::TicketTagsChanged { .. }
        | Event::TicketFieldsChanged { .. }
        | Event::TicketAsksChanged { .. }
        | Event::TicketEscalated { .. }
        | Event::TicketSnoozed { .. }
        | Event::TicketSetAside { .. }
        | Event::TicketRestored { .. } => envelope.actor.rule_id().is_none(),
        _ => false,
    }
}

const fn is_person(kind: ActorKind) -> bool {
    matches!(kind, ActorKind::Customer | ActorKind::Agent | ActorKind::ThirdParty)
}
