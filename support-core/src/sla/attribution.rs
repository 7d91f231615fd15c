//! Whose time it was: every second of a timer and of a ticket, by team and agent.
//!
//! Both follow from the [ledger](super::ledger) alone. A timer's shares say which stretch of it counted or stood still,
//! why, and in whose hands, so that a missed target can be laid at the right door. What a team owned is judged by the
//! team's own calendar, whatever calendar the policy names.

use crate::config::Config;
use crate::id::{AgentId, TeamId};
use crate::ticket::StatusCategory;
use crate::time::Timestamp;

use super::calendar::Pauses;
use super::{ConfigRef, Ledger, PauseReason, SlaTimer};

const MICROS: i64 = 1_000_000;

/// A stretch `[from, to)` of a timer, in one pair of hands and for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends; of a timer that goes on, the instant that was asked for.
    pub to: Timestamp,
    /// Why the timer stood still; `None` where it counted.
    pub paused: Option<PauseReason>,
    /// Whose queue the ticket was in.
    pub team: Option<TeamId>,
    /// Who had it.
    pub agent: Option<AgentId>,
    /// Open seconds that it added to the timer. Those of all shares add up to what the timer took, in whole seconds.
    pub counted_seconds: i64,
}

/// What one team and one agent, or the team's queue, had of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The team.
    pub team: Option<TeamId>,
    /// The agent; `None` is the queue.
    pub agent: Option<AgentId>,
    /// The version of the team's calendar by which it is judged; `None` counts all hours.
    pub calendar: Option<ConfigRef>,
    /// Open seconds in which the ticket was theirs to work on.
    pub working_seconds: i64,
    /// Open seconds in which it was theirs and waited for the customer or a third party.
    pub waiting_seconds: i64,
}

impl SlaTimer {
    /// Attributes every second from its start to its end, or to `now`, exactly once.
    #[must_use]
    pub fn shares(&self, now: Timestamp, config: &Config) -> Vec<Share> {
        let end = self.stopped_at.map_or(now, |stopped| stopped.min(now));
        let calendar = config.calendar(self.calendar);
        let ends = self.segments.iter().skip(1).map(|next| next.from).chain([end]);
        let mut shares: Vec<Share> = Vec::new();
        let mut counted = 0;
        for (segment, to) in self.segments.iter().zip(ends) {
            let (from, to) = (segment.from, to.min(end));
            if from >= to {
                continue;
            }
            let before = counted;
            if segment.paused.is_none() {
                counted += calendar.elapsed_micros(from, to, &Pauses::none());
            }
            // Rounded as sums, so that nothing gets lost between two shares.
            let counted_seconds = counted.div_euclid(MICROS) - before.div_euclid(MICROS);
            let (paused, team, agent) = (segment.paused, segment.team, segment.agent);
            match shares.last_mut() {
                Some(last) if (last.paused, last.team, last.agent) == (paused, team, agent) => {
                    last.to = to;
                    last.counted_seconds += counted_seconds;
                }
                _ => shares.push(Share { from, to, paused, team, agent, counted_seconds }),
            }
        }
        shares
    }
}

impl Ledger {
    /// Says who had the ticket for how long, up to `now`, in the order in which they first had it. Time in which it
    /// was resolved, closed or set aside is nobody's.
    #[must_use]
    pub fn ownership(&self, now: Timestamp, config: &Config) -> Vec<Ownership> {
        let mut owned: Vec<(Ownership, i64, i64)> = Vec::new();
        let ends = self.stages.iter().skip(1).map(|next| next.from).chain([now]);
        for (stage, to) in self.stages.iter().zip(ends) {
            let works = match stage.status.category() {
                _ if stage.set_aside => continue,
                StatusCategory::Open => true,
                StatusCategory::Pending => false,
                StatusCategory::Closed => continue,
            };
            let (team, agent) = (stage.team, stage.agent);
            let at = owned.iter().position(|(had, ..)| (had.team, had.agent) == (team, agent));
            let at = at.unwrap_or_else(|| {
                let document = config.team(team.unwrap_or(TeamId::DEFAULT)).and_then(|team| team.calendar_id);
                let calendar = document.and_then(|id| config.calendar_in_force(id));
                let none = Ownership { team, agent, calendar, working_seconds: 0, waiting_seconds: 0 };
                owned.push((none, 0, 0));
                owned.len() - 1
            });
            let Some((had, working, waiting)) = owned.get_mut(at) else { continue };
            let micros = config.calendar(had.calendar).elapsed_micros(stage.from, to, &Pauses::none());
            *(if works { working } else { waiting }) += micros;
        }
        let seconds = |(had, working, waiting): (Ownership, i64, i64)| Ownership {
            working_seconds: working.div_euclid(MICROS),
            waiting_seconds: waiting.div_euclid(MICROS),
            ..had
        };
        owned.into_iter().map(seconds).collect()
    }
}
