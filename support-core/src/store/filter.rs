//! Which tickets a filter lets through: the one place where a ticket is compared, whichever store or index found it.

use crate::ticket::{FieldValue, Ticket};

use super::{Assignee, SetAsideFilter, SlaFilter, TicketFilter};

impl TicketFilter {
    /// Tells whether a ticket passes, words apart: those are the store's to look up.
    #[must_use]
    pub fn fits(&self, ticket: &Ticket) -> bool {
        (self.status.is_empty() || self.status.contains(&ticket.status))
            && (self.priority.is_empty() || self.priority.contains(&ticket.priority))
            && self.channel.as_ref().is_none_or(|channel| ticket.channel == *channel)
            && self.inbox.is_none_or(|inbox| ticket.inbox_id == Some(inbox))
            && self.team.is_none_or(|team| ticket.team_id == Some(team))
            && self.tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag))
            && self.category.as_ref().is_none_or(|category| ticket.category.as_ref() == Some(category))
            && self.customer.is_none_or(|customer| ticket.customer_id == customer)
            && self.created_after.is_none_or(|from| ticket.created_at >= from)
            && self.created_before.is_none_or(|to| ticket.created_at < to)
            && of_owner(self, ticket)
            && on_topic(self, ticket)
            && with_field(self, ticket)
            && in_time(self, ticket)
            && is_aside(self, ticket)
    }
}

fn of_owner(filter: &TicketFilter, ticket: &Ticket) -> bool {
    match filter.assignee {
        None => true,
        Some(Assignee::Nobody) => ticket.assigned_to.is_none(),
        Some(Assignee::Agent(agent)) => ticket.assigned_to == Some(agent),
    }
}

fn on_topic(filter: &TicketFilter, ticket: &Ticket) -> bool {
    match &filter.topic {
        None => true,
        Some(None) => !ticket.topics.is_empty(),
        Some(Some(topic)) => ticket.topics.contains(topic),
    }
}

fn with_field(filter: &TicketFilter, ticket: &Ticket) -> bool {
    match &filter.field {
        None => true,
        // Texts are found by their words.
        Some((_, FieldValue::Text(_))) => false,
        Some((key, value)) => ticket.custom_fields.get(key) == Some(value),
    }
}

fn in_time(filter: &TicketFilter, ticket: &Ticket) -> bool {
    let derived = &ticket.derived;
    match filter.sla {
        None => true,
        Some(SlaFilter::Breached) => derived.breached,
        Some(SlaFilter::AtRisk(at)) => {
            !derived.breached && derived.urgency.as_ref().is_some_and(|urgency| urgency.from <= at)
        }
    }
}

fn is_aside(filter: &TicketFilter, ticket: &Ticket) -> bool {
    match filter.set_aside {
        SetAsideFilter::Without => ticket.set_aside.is_none(),
        SetAsideFilter::Only(kind) => ticket.set_aside.is_some_and(|aside| aside.kind == kind),
        SetAsideFilter::Any => true,
    }
}
