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
mod urgency;
mod weights;

use serde::{Deserialize, Serialize};

use crate::ticket::Priority;
use crate::time::Timestamp;

pub use urgency::{MAX_RESTS, Rest, Urgency};
pub use weights::{Insight, InsightPoints, WeightProblem, Weights, folded_tier};

/// What the score of one piece of work is made from.
///
/// Points that are not finite count as 0, so that no input makes a score that cannot be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ScoreInputs<'a> {
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
    pub urgency: Option<&'a Urgency>,
}

/// A score with its explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Points: exactly the terms' points added up in their order, starting from 0.
    pub total: f64,
    /// One term of each name, in the order of [`TermName`].
    pub terms: [Term; 5],
}

impl Score {
    /// Returns the term of that name.
    #[must_use]
    pub fn term(&self, name: TermName) -> Option<&Term> {
        self.terms.iter().find(|term| term.why.name() == name)
    }
}

/// One summand of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
        /// The share of the time between the timer's two instants that has counted, 0…1.
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
pub fn score(weights: &Weights, inputs: &ScoreInputs<'_>, now: Timestamp) -> Score {
    let points = points(weights, inputs, now);
    Score { total: sum(&points), terms: terms(points, weights, inputs, now) }
}

/// Scores one piece of work at `now`: bit for bit the [`total`](Score::total) of [`score`], without allocating.
#[must_use]
pub fn total(weights: &Weights, inputs: &ScoreInputs<'_>, now: Timestamp) -> f64 {
    sum(&points(weights, inputs, now))
}

fn sum(points: &[f64; 5]) -> f64 {
    points.iter().fold(0.0, |sum, points| sum + points)
}

/// The points of the terms, in the order of [`TermName`].
#[inline]
fn points(weights: &Weights, inputs: &ScoreInputs<'_>, now: Timestamp) -> [f64; 5] {
    let age_seconds = age_seconds(weights, inputs).max(1);
    let limit = weights.keyword_limit;
    [
        f64::from(inputs.priority.rank()) * weights.priority_points,
        waited_seconds(inputs, now) / f64::from(age_seconds) * weights.age_points,
        share(inputs, now) * weights.urgency_points,
        finite(inputs.keyword_points).max(-limit).min(limit),
        finite(inputs.insight_points).max(0.0).min(weights.insight_limit),
    ]
}

/// The [`points`] with what they were made from, in their order.
fn terms(points: [f64; 5], weights: &Weights, inputs: &ScoreInputs<'_>, now: Timestamp) -> [Term; 5] {
    let [priority, age, urgency, keywords, insight] = points;
    let term = |points, why| Term { points, why };
    [
        term(priority, Why::Priority { priority: inputs.priority, priority_points: weights.priority_points }),
        term(
            age,
            Why::Age {
                since: inputs.waiting_since,
                waited_seconds: waited_seconds(inputs, now),
                live: inputs.live,
                age_seconds: age_seconds(weights, inputs),
                age_points: weights.age_points,
            },
        ),
        term(
            urgency,
            Why::Urgency {
                timer: inputs.urgency.cloned(),
                fraction: share(inputs, now),
                urgency_points: weights.urgency_points,
            },
        ),
        term(keywords, Why::Keywords { sum: finite(inputs.keyword_points), limit: weights.keyword_limit }),
        term(insight, Why::Insight { sum: finite(inputs.insight_points), limit: weights.insight_limit }),
    ]
}

#[inline]
const fn age_seconds(weights: &Weights, inputs: &ScoreInputs<'_>) -> u32 {
    if inputs.live { weights.live_age_seconds } else { weights.age_seconds }
}

#[inline]
fn waited_seconds(inputs: &ScoreInputs<'_>, now: Timestamp) -> f64 {
    let waited_micros = inputs.waiting_since.map_or(0, |since| now.micros_since(since).max(0));
    waited_micros as f64 / 1e6
}

#[inline]
fn share(inputs: &ScoreInputs<'_>, now: Timestamp) -> f64 {
    inputs.urgency.map_or(0.0, |timer| timer.share_at(now))
}

/// `points`, or 0 where they are infinite or no number.
const fn finite(points: f64) -> f64 {
    if points.is_finite() { points } else { 0.0 }
}

#[cfg(test)]
mod tests;
