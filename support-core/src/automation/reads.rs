//! What of a ticket decides when a rule about time is due.
//!
//! After each rule that acts, those alone are asked again for which it changed something: with all asked again, many
//! that are due at once would cost their square.

use crate::event::Event;

use super::compiled::Node;
use super::field::Field;
use super::rule::{Moment, Since, Trigger};

/// Parts of a ticket, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reads(u16);

impl Reads {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(u16::MAX);
    const STATUS: Self = Self(1);
    const PLACE: Self = Self(1 << 1);
    const PRIORITY: Self = Self(1 << 2);
    const TAGS: Self = Self(1 << 3);
    const CATEGORY: Self = Self(1 << 4);
    const FIELDS: Self = Self(1 << 5);
    const LEVEL: Self = Self(1 << 6);
    const MESSAGES: Self = Self(1 << 7);
    /// What no rule changes.
    const REST: Self = Self(1 << 8);

    /// What a rule's trigger and condition look at.
    pub(super) fn of(trigger: &Trigger, condition: &Node) -> Self {
        let mut reads = match trigger {
            Trigger::On(_) => return Self::NONE,
            Trigger::Since(Since { moment, .. }) => match moment {
                Moment::Created | Moment::StatusChanged => Self::STATUS,
                Moment::OwnerChanged => Self::STATUS.and(Self::PLACE),
                // Resolving says that no answer is owed.
                Moment::Unanswered | Moment::LastMessage | Moment::LastCustomerMessage => {
                    Self::STATUS.and(Self::MESSAGES)
                }
            },
            Trigger::Timer(_) => Self::STATUS.and(Self::REST),
        };
        condition.each(&mut |leaf| reads = reads.and(Self::of_field(&leaf.field)));
        reads
    }

    const fn of_field(field: &Field) -> Self {
        match field {
            Field::Status
            | Field::StatusCategory
            | Field::StatusSeconds
            | Field::ResolutionCode
            | Field::Reopened
            | Field::Snoozed => Self::STATUS,
            Field::Team | Field::Owner | Field::OwnerSeconds => Self::PLACE,
            Field::Priority => Self::PRIORITY,
            Field::Tags => Self::TAGS,
            Field::Category => Self::CATEGORY,
            Field::Custom(_) => Self::FIELDS,
            Field::Level => Self::LEVEL,
            Field::Answered => Self::MESSAGES,
            Field::UnansweredSeconds => Self::STATUS.and(Self::MESSAGES),
            _ => Self::REST,
        }
    }

    /// What an event changes. Of one that is not known here, anything.
    pub(crate) const fn changed_by(event: &Event) -> Self {
        match event {
            Event::TicketStatusChanged { .. } => Self::STATUS,
            Event::TicketAssigned { .. } => Self::PLACE,
            Event::TicketPriorityChanged { .. } => Self::PRIORITY,
            Event::TicketTagsChanged { .. } => Self::TAGS,
            Event::TicketCategoryChanged { .. } => Self::CATEGORY,
            Event::TicketFieldsChanged { .. } => Self::FIELDS,
            Event::TicketEscalated { .. } => Self::LEVEL,
            Event::MessageAdded { .. } => Self::MESSAGES,
            // That it has acted concerns the rule itself, which is asked again.
            Event::AutomationApplied { .. }
            | Event::TicketSkillsRequired { .. }
            | Event::TicketNotified { .. }
            | Event::TicketWebhookQueued { .. }
            | Event::WorkStarted { .. }
            | Event::WorkEnded { .. } => Self::NONE,
            _ => Self::ALL,
        }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether two sets share a part.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
