//! What the queue keeps of a waiting ticket.

use crate::id::{AgentId, CustomerId, TeamId, TicketId};
use crate::ticket::{Priority, Ticket};
use crate::time::Timestamp;

/// A waiting ticket, as the ranked queue keeps it in memory and as [`Store::scan`](crate::store::Store::scan) reads
/// it. Everything that ranking needs, nothing that only showing it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose it is.
    pub customer: CustomerId,
    /// In whose queue.
    pub team: Option<TeamId>,
    /// Since when the customer waits.
    pub since: Timestamp,
    /// How important it is.
    pub priority: Priority,
    /// Points of the keyword rules that matched, before they are limited.
    pub keyword_points: f64,
    /// Points for what is known of the customer.
    pub insight_points: f64,
    /// The urgency ramp: from when, and to its deadline.
    pub urgency: Option<(Timestamp, Timestamp)>,
    /// Units of capacity that it takes.
    pub effort: u32,
    /// Agents who follow it, and so see it beyond their teams.
    pub followers: Vec<AgentId>,
}

impl Waiting {
    /// Makes the entry of a ticket; nothing where it does not wait.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Option<Self> {
        ticket.is_waiting().then(|| Self {
            ticket: ticket.id,
            customer: ticket.customer_id,
            team: ticket.team_id,
            since: ticket.work.since,
            priority: ticket.priority,
            keyword_points: ticket.derived.keyword_points,
            insight_points: ticket.derived.insight_points,
            urgency: ticket.derived.urgency,
            effort: ticket.work.effort,
            followers: ticket.followers(),
        })
    }
}
