//! What the queue keeps of a waiting ticket.

use crate::conversation::ChannelKind;
use crate::id::{AgentId, CustomerId, TeamId, TicketId};
use crate::label::Label;
use crate::scoring::{ScoreInputs, Urgency};
use crate::ticket::{Priority, Ticket, Work};

/// A waiting ticket, as the ranked queue keeps it in memory and as [`Store::scan`](crate::store::Store::scan) reads
/// it. Everything that ranking and routing need, nothing that only showing it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose it is.
    pub customer: CustomerId,
    /// In whose queue.
    pub team: Option<TeamId>,
    /// On which channel it began.
    pub channel: ChannelKind,
    /// How important it is.
    pub priority: Priority,
    /// Points of the keyword rules that matched, before they are limited.
    pub keyword_points: f64,
    /// Points for what is known of the customer.
    pub insight_points: f64,
    /// How its tightest running timer makes it urgent.
    pub urgency: Option<Urgency>,
    /// In which language it is to be answered.
    pub language: Option<Label>,
    /// Since when it waits, what it takes, and who gave it back.
    pub work: Work,
    /// Agents who follow it, and so see it beyond their teams.
    pub followers: Vec<AgentId>,
}

impl Waiting {
    /// Makes the entry of a ticket; nothing where it does not wait, or is on offer.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Option<Self> {
        ticket.is_queued().then(|| Self {
            ticket: ticket.id,
            customer: ticket.customer_id,
            team: ticket.team_id,
            channel: ticket.channel.clone(),
            priority: ticket.priority,
            keyword_points: ticket.derived.keyword_points,
            insight_points: ticket.derived.insight_points,
            urgency: ticket.derived.urgency.clone(),
            language: ticket.language.clone(),
            work: ticket.work.clone(),
            followers: ticket.followers(),
        })
    }

    /// Returns what its score is made of.
    #[must_use]
    pub fn inputs(&self) -> ScoreInputs<'_> {
        ScoreInputs {
            priority: self.priority,
            live: false,
            waiting_since: Some(self.work.since),
            keyword_points: self.keyword_points,
            insight_points: self.insight_points,
            urgency: self.urgency.as_ref(),
        }
    }
}

impl Ticket {
    /// Returns what its score is made of. Age counts while the desk owes something, whether somebody has it or not.
    #[must_use]
    pub fn score_inputs(&self) -> ScoreInputs<'_> {
        ScoreInputs {
            priority: self.priority,
            live: false,
            waiting_since: self.counts_as_work().then_some(self.work.since),
            keyword_points: self.derived.keyword_points,
            insight_points: self.derived.insight_points,
            urgency: self.derived.urgency.as_ref(),
        }
    }
}
