//! What comes first: one number in points, from which the list, the queue and the router take their order.
//!
//! The score is the sum of five terms, each in points: priority, age, SLA urgency, keyword rules and insight. It is a
//! pure function of [`Weights`], [`ScoreInputs`] and `now`. A channel counts through being live or not, which
//! decides how fast age counts. [`score`] explains itself term by term; [`total`] gives the same number, to the
//! last bit, fast enough for a whole queue.
//!
//! [`keywords`] finds the words of keyword rules in texts. Ties (waiting time, then id), and loading what goes in,
//! are left to the queue.
//!
//! ```
//! use support_core::scoring::{ScoreInputs, TermName, Weights, score, total};
//! use support_core::ticket::Priority;
//! use support_core::time::Timestamp;
//!
//! let now: Timestamp = "2026-03-01T12:00:00Z".parse()?;
//! let inputs = ScoreInputs {
//!     priority: Priority::High,
//!     waiting_since: Some("2026-03-01T10:00:00Z".parse()?),
//!     keyword_points: 20.0,
//!     ..ScoreInputs::default()
//! };
//! let score = score(&Weights::default(), &inputs, now);
//! assert_eq!(score.total, 200.0 + 50.0 + 20.0);
//! assert_eq!(score.term(TermName::Age).map(|term| term.points), Some(50.0));
//! assert_eq!(score.total, total(&Weights::default(), &inputs, now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod keywords;
mod weights;

use serde::{Deserialize, Serialize};

use crate::ticket::Priority;
use crate::time::Timestamp;

pub use weights::{Insight, InsightPoints, WeightProblem, Weights};

/// What the score of one piece of work is made from.
///
/// Points that are not finite count as 0, so that no input makes a score that cannot be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ScoreInputs {
    /// Priority of the ticket.
    pub priority: Priority,
    /// Whether somebody waits on the line: a chat session or a call.
    pub live: bool,
    /// Since when the work waits; none where nobody waits. An instant after `now` counts as no waiting.
    pub waiting_since: Option<Timestamp>,
    /// Sum of the points of the keyword rules that matched, before it is limited.
    pub keyword_points: f64,
    /// Points for what is known about the customer, see [`Insight::points`]; limited again here.
    pub insight_points: f64,
    /// The tightest running timer, if one runs.
    pub urgency: Option<Urgency>,
}

/// When the tightest running timer becomes urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Urgency {
    /// When half of the target has elapsed: urgency counts from here.
    pub from: Timestamp,
    /// The deadline: urgency counts fully from here, breached or not yet judged.
    pub due: Timestamp,
}

/// A score with its explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Points: exactly the terms' points added up in their order, starting from 0.
    pub total: f64,
    /// One term of each name, in the order of [`TermName`].
    pub terms: Vec<Term>,
}

impl Score {
    /// Returns the term of that name.
    #[must_use]
    pub fn term(&self, name: TermName) -> Option<&Term> {
        self.terms.iter().find(|term| term.why.name() == name)
    }
}

/// One summand of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Term {
    /// Points that it adds; negative where it takes away.
    pub points: f64,
    /// What the points were made from.
    #[serde(flatten)]
    pub why: Why,
}

/// The summands of a score, in the order in which they are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermName {
    /// Points for each level of priority above low.
    Priority,
    /// Points for the time waited.
    Age,
    /// Points for nearing a deadline.
    Urgency,
    /// Points of the keyword rules that matched.
    Keywords,
    /// Points for what is known about the customer.
    Insight,
}

/// What a term's points were made from. On the wire, `term` names the term.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "term", rename_all = "snake_case")]
pub enum Why {
    /// `rank × priority_points`.
    Priority {
        /// Priority of the ticket.
        priority: Priority,
        /// Points of one level.
        priority_points: f64,
    },
    /// `waited_seconds ÷ age_seconds × age_points`.
    Age {
        /// Since when the work waits.
        since: Option<Timestamp>,
        /// Seconds waited, ≥ 0.
        waited_seconds: f64,
        /// Whether the pace is that of live work.
        live: bool,
        /// Seconds that earn `age_points`, at this pace.
        age_seconds: u32,
        /// Points earned each `age_seconds`.
        age_points: f64,
    },
    /// `fraction × urgency_points`.
    Urgency {
        /// The timer, if one runs.
        timer: Option<Urgency>,
        /// How far `now` is between the timer's two instants, 0…1.
        fraction: f64,
        /// Points from the deadline on.
        urgency_points: f64,
    },
    /// `sum`, but within ± `limit`.
    Keywords {
        /// Points of all rules that matched.
        sum: f64,
        /// Most points that rules add or take away together.
        limit: f64,
    },
    /// `sum`, but within 0…`limit`.
    Insight {
        /// Points of all that is known.
        sum: f64,
        /// Most points that insight adds.
        limit: f64,
    },
}

impl Why {
    /// Returns the name of the term that this explains.
    #[must_use]
    pub const fn name(&self) -> TermName {
        match self {
            Self::Priority { .. } => TermName::Priority,
            Self::Age { .. } => TermName::Age,
            Self::Urgency { .. } => TermName::Urgency,
            Self::Keywords { .. } => TermName::Keywords,
            Self::Insight { .. } => TermName::Insight,
        }
    }
}

/// Scores one piece of work at `now` and says why.
#[must_use]
pub fn score(weights: &Weights, inputs: &ScoreInputs, now: Timestamp) -> Score {
    let terms = terms(weights, inputs, now);
    Score { total: sum(&terms), terms: terms.to_vec() }
}

/// Scores one piece of work at `now`: bit for bit the [`total`](Score::total) of [`score`], without allocating.
#[must_use]
pub fn total(weights: &Weights, inputs: &ScoreInputs, now: Timestamp) -> f64 {
    sum(&terms(weights, inputs, now))
}

fn sum(terms: &[Term; 5]) -> f64 {
    terms.iter().fold(0.0, |sum, term| sum + term.points)
}

/// The terms in the order of [`TermName`]. Inlined, so that [`total`] keeps no more of them than the points.
#[inline]
fn terms(weights: &Weights, inputs: &ScoreInputs, now: Timestamp) -> [Term; 5] {
    [
        priority(weights, inputs.priority),
        age(weights, inputs, now),
        urgency(weights, inputs.urgency, now),
        keywords(weights, inputs.keyword_points),
        insight(weights, inputs.insight_points),
    ]
}

#[inline]
fn priority(weights: &Weights, priority: Priority) -> Term {
    let priority_points = weights.priority_points;
    Term {
        points: f64::from(priority.rank()) * priority_points,
        why: Why::Priority { priority, priority_points },
    }
}

#[inline]
fn age(weights: &Weights, inputs: &ScoreInputs, now: Timestamp) -> Term {
    let age_points = weights.age_points;
    let age_seconds = if inputs.live { weights.live_age_seconds } else { weights.age_seconds };
    let waited_micros = inputs.waiting_since.map_or(0, |since| now.micros_since(since).max(0));
    let waited_seconds = waited_micros as f64 / 1e6;
    Term {
        points: waited_seconds / f64::from(age_seconds.max(1)) * age_points,
        why: Why::Age {
            since: inputs.waiting_since,
            waited_seconds,
            live: inputs.live,
            age_seconds,
            age_points,
        },
    }
}

#[inline]
fn urgency(weights: &Weights, timer: Option<Urgency>, now: Timestamp) -> Term {
    let urgency_points = weights.urgency_points;
    let fraction = timer.map_or(0.0, |timer| {
        if now >= timer.due {
            1.0
        } else if now <= timer.from {
            0.0
        } else {
            now.micros_since(timer.from) as f64 / timer.due.micros_since(timer.from) as f64
        }
    });
    Term { points: fraction * urgency_points, why: Why::Urgency { timer, fraction, urgency_points } }
}

#[inline]
fn keywords(weights: &Weights, sum: f64) -> Term {
    let (sum, limit) = (finite(sum), weights.keyword_limit);
    Term { points: sum.max(-limit).min(limit), why: Why::Keywords { sum, limit } }
}

#[inline]
fn insight(weights: &Weights, sum: f64) -> Term {
    let (sum, limit) = (finite(sum), weights.insight_limit);
    Term { points: sum.max(0.0).min(limit), why: Why::Insight { sum, limit } }
}

/// `points`, or 0 where they are infinite or no number.
const fn finite(points: f64) -> f64 {
    if points.is_finite() { points } else { 0.0 }
}

#[cfg(test)]
mod tests;
