//! Offers: work that an agent is asked to take before it is theirs.
//!
//! An offer holds the agent's room from the moment it is made, so that accepting never goes over. It ends once:
//! accepted, declined, timed out, or withdrawn because the work went elsewhere, or because the agent left or could no
//! longer have it. What is declined or timed out keeps its age and goes to the next candidate.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, OfferId, TeamId, TextId, TicketId};
use crate::people::WorkKind;
use crate::time::Timestamp;
use crate::wire::wire_enum;

use super::Why;

wire_enum! {
    /// How far an offer has come.
    OfferState {
        /// Waits for the agent's answer.
        Open = "open",
        /// The agent took it.
        Accepted = "accepted",
        /// The agent did not want it.
        Declined = "declined",
        /// The agent did not answer in time.
        TimedOut = "timed_out",
        /// The work went elsewhere, or the agent left or could no longer have it, before there was an answer.
        Withdrawn = "withdrawn",
    }
}

/// An offer and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Identity.
    pub id: OfferId,
    /// The ticket whose work it is.
    pub ticket_id: TicketId,
    /// What kind of work.
    pub work: WorkKind,
    /// Who is asked.
    pub agent: AgentId,
    /// From which team's queue.
    pub team: Option<TeamId>,
    /// How far it has come.
    pub state: OfferState,
    /// Why this agent, as the router decided.
    pub why: Option<Why>,
    /// Why it was declined, in words.
    pub reason: Option<TextId>,
    /// When it was made.
    pub at: Timestamp,
    /// Until when an answer counts.
    pub until: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Sequence, in the ticket's stream, of the event that changed it last.
    pub stream_seq: u64,
}
