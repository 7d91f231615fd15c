//! The settings of the score, and what is known about a customer in points.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::finite;
use crate::label::Label;
use crate::people::Customer;
use crate::text::fold;
use crate::ticket::Priority;
use crate::time::Timestamp;

/// How much everything counts: the settings of the score.
///
/// Settings that are read may hold anything; [`problems`](Self::problems) says what is wrong before they are saved.
/// With the defaults, a ticket that has waited 12 hours longer has caught up with three levels of priority: no work
/// starves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Points for each level of priority above low, ≥ 0. Default 100: low 0, normal 100, high 200, urgent 300.
    pub priority_points: f64,
    /// Points that waiting earns each [`age_seconds`](Self::age_seconds), ≥ 0, without ceiling. Default 100.
    pub age_points: f64,
    /// Seconds of waiting that earn [`age_points`](Self::age_points), ≥ 1. Default 14,400 (4 hours).
    pub age_seconds: u32,
    /// The same for live work, in seconds, ≥ 1. Default 120.
    pub live_age_seconds: u32,
    /// Points of a timer at its deadline, ≥ 0, growing evenly from 0 since half of its target. Default 150.
    pub urgency_points: f64,
    /// Most points that all keyword rules together add or take away, ≥ 0. Default 100.
    pub keyword_limit: f64,
    /// Most points that all insight together adds, ≥ 0. Default 50.
    pub insight_limit: f64,
    /// Points of each customer tier by name, ≥ 0; case and accents of the name make no difference, other tiers
    /// count 0. Default: `vip` and `enterprise` 30, `premium` 15.
    pub tier_points: BTreeMap<String, f64>,
    /// Points of a customer who is certain to leave, ≥ 0; a smaller risk counts in proportion. Default 20.
    pub churn_points: f64,
    /// Points that a customer's lifetime value approaches, ≥ 0: a value `v` counts `v ÷ (v + lifetime_half)` of
    /// them. Default 20.
    pub lifetime_points: f64,
    /// Lifetime value that counts half of [`lifetime_points`](Self::lifetime_points), > 0, in hundredths of the
    /// tenant's currency. Default 100,000 (1,000.00).
    pub lifetime_half: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            priority_points: 100.0,
            age_points: 100.0,
            age_seconds: 4 * 3_600,
            live_age_seconds: 120,
            urgency_points: 150.0,
            keyword_limit: 100.0,
            insight_limit: 50.0,
            tier_points: [("vip", 30.0), ("enterprise", 30.0), ("premium", 15.0)]
                .map(|(tier, points)| (tier.to_owned(), points))
                .into(),
            churn_points: 20.0,
            lifetime_points: 20.0,
            lifetime_half: 100_000.0,
        }
    }
}

impl Weights {
    /// Returns the preset under which priority decides first and everything else only among equals.
    ///
    /// One level is 10¹² points. That is more than all else together can reach: the longest wait between two
    /// instants that print, 10,000 years, is 2.7 × 10¹¹ points even for live work. It is also few enough that a
    /// score still tells waits apart by less than a tenth of a second (an `f64` near 3 × 10¹² has steps of 0.0005
    /// points). The price is the bound on starvation: under steady urgent work, low work waits for ever.
    #[must_use]
    pub fn strict_priority() -> Self {
        Self { priority_points: STRICT_PRIORITY_POINTS, ..Self::default() }
    }

    /// Names of the presets.
    pub const PRESETS: &'static [&'static str] = &["default", "strict_priority"];

    /// Returns a preset by its name: `default`, or [`strict_priority`](Self::strict_priority).
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::default()),
            "strict_priority" => Some(Self::strict_priority()),
            _ => None,
        }
    }

    /// Returns the bound on starvation: after so many seconds of waiting, work of a priority precedes every item of its
    /// line (async or live) that becomes waiting from then on, whatever that is. `None` where age earns nothing.
    ///
    /// Who comes later can be ahead by the priority that is missing to urgent, by all urgency and insight, and by
    /// keyword rules that raise the one and lower the other; age has to earn that first:
    /// `((3 − rank) × priority_points + urgency_points + 2 × keyword_limit + insight_limit) × age_seconds ÷ age_points`.
    /// With the defaults 28 hours for low work, 16 for urgent. It says nothing of minutes until somebody is given it:
    /// that takes a rate at which work is done. Under [`strict_priority`](Self::strict_priority) it is beyond all time.
    #[must_use]
    pub fn precedes_after_seconds(&self, priority: Priority, live: bool) -> Option<f64> {
        let missing = f64::from(Priority::Urgent.rank() - priority.rank()) * self.priority_points;
        let ahead = missing + self.urgency_points + 2.0 * self.keyword_limit + self.insight_limit;
        let seconds = if live { self.live_age_seconds } else { self.age_seconds };
        (self.age_points > 0.0).then(|| ahead * f64::from(seconds.max(1)) / self.age_points)
    }

    /// Returns since when asynchronous work of a score has preceded everything of its line that became waiting from then
    /// on; nothing where it does not yet. It has waited [so long](Self::precedes_after_seconds) then, or less where its
    /// other terms are high.
    #[must_use]
    pub fn precedes_since(&self, score: f64, now: Timestamp) -> Option<Timestamp> {
        let highest = f64::from(Priority::Urgent.rank()) * self.priority_points
            + self.urgency_points
            + self.keyword_limit
            + self.insight_limit;
        let ahead = score - highest;
        // Not a number where the weights are none.
        if !(ahead >= 0.0 && self.age_points > 0.0) {
            return None;
        }
        let seconds = ahead / self.age_points * f64::from(self.age_seconds.max(1));
        Some(now.plus_micros(-((seconds * 1e6) as i64)))
    }

    /// Returns what is wrong with these weights, nothing if they can be used.
    ///
    /// Every number must be finite and within the range that its field states, and no points above 10¹².
    #[must_use]
    pub fn problems(&self) -> Vec<WeightProblem> {
        let points = [
            ("priority_points", self.priority_points),
            ("age_points", self.age_points),
            ("urgency_points", self.urgency_points),
            ("keyword_limit", self.keyword_limit),
            ("insight_limit", self.insight_limit),
            ("churn_points", self.churn_points),
            ("lifetime_points", self.lifetime_points),
        ];
        let points = points.into_iter().map(|(field, points)| (field.to_owned(), points));
        let tiers = self.tier_points.iter().map(|(tier, points)| (format!("tier_points.{tier}"), *points));
        let mut problems: Vec<WeightProblem> = points
            .chain(tiers)
            .filter(|(_, points)| !(0.0..=STRICT_PRIORITY_POINTS).contains(points))
            .map(|(field, _)| WeightProblem { field, problem: "must be 0 to 1000000000000" })
            .collect();
        if self.tier_points.len() > TIER_LIMIT {
            problems.push(WeightProblem { field: "tier_points".to_owned(), problem: "must be at most 100" });
        }
        for (field, seconds) in
            [("age_seconds", self.age_seconds), ("live_age_seconds", self.live_age_seconds)]
        {
            if seconds == 0 {
                problems.push(WeightProblem { field: field.to_owned(), problem: "must be at least 1" });
            }
        }
        if !(self.lifetime_half.is_finite() && self.lifetime_half > 0.0) {
            let field = "lifetime_half".to_owned();
            problems.push(WeightProblem { field, problem: "must be above 0" });
        }
        problems
    }
}

/// Most tiers with points.
const TIER_LIMIT: usize = 100;

/// See [`Weights::strict_priority`].
const STRICT_PRIORITY_POINTS: f64 = 1e12;

/// A weight that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct WeightProblem {
    /// Name of the field, `tier_points.<tier>` for a tier.
    pub field: String,
    /// What is wrong with it, to be read after the field's name.
    pub problem: &'static str,
}

/// What is known about a customer that may move their work ahead, or by which rules tell them from others. It is noted
/// on each of their open tickets, so that what was decided by it stands in the record.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Insight {
    /// Tier of the customer, else of the organization, as [`folded_tier`] writes it.
    pub tier: Option<Label>,
    /// How likely the customer is to leave, 0…1; values beyond count as the nearest of these.
    pub churn_risk: Option<f64>,
    /// Lifetime value in hundredths of the tenant's currency; a negative one counts as 0.
    pub lifetime_value: Option<f64>,
    /// Their language tag, such as `de`.
    pub language: Option<Label>,
    /// Their tags.
    pub tags: BTreeSet<Label>,
    /// Whether inbound messages of theirs are refused.
    pub blocked: bool,
}

/// Writes a tier as policies, rules and points compare it: case and accents make no difference. What is noted on a
/// ticket and what a document names is folded when it is read, so that comparing is comparing words.
#[must_use]
pub fn folded_tier(tier: &Label) -> Label {
    // Folded it may be longer than a label may be; then it is compared as it was written.
    fold(tier.as_str()).parse().unwrap_or_else(|_| tier.clone())
}

/// Points for what is known about a customer.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct InsightPoints {
    /// Points for the tier.
    pub tier: f64,
    /// Points for the risk of leaving.
    pub churn: f64,
    /// Points for the lifetime value.
    pub lifetime: f64,
    /// The three added up, at most [`Weights::insight_limit`].
    pub total: f64,
}

impl Insight {
    /// Takes over what a customer's record says, and keeps what was looked up elsewhere; nothing where nothing is known.
    #[must_use]
    pub fn noting(known: Option<&Self>, customer: &Customer) -> Option<Self> {
        let noted = Self {
            tier: customer.tier.as_ref().or(known.and_then(|known| known.tier.as_ref())).map(folded_tier),
            language: customer.language.clone(),
            tags: customer.tags.iter().cloned().collect(),
            blocked: customer.blocked,
            ..known.cloned().unwrap_or_default()
        };
        (known.is_some() || noted != Self::default()).then_some(noted)
    }

    /// Counts what is known. What is unknown, infinite or no number counts 0.
    #[must_use]
    pub fn points(&self, weights: &Weights) -> InsightPoints {
        let tier = self.tier.as_ref().map_or(0.0, |tier| {
            let tier = folded_tier(tier);
            let is_it = |listed: &str| listed.parse().is_ok_and(|listed| folded_tier(&listed) == tier);
            let listed = weights.tier_points.iter().find(|(listed, _)| is_it(listed));
            listed.map_or(0.0, |(_, points)| *points)
        });
        let churn = finite(self.churn_risk.unwrap_or(0.0)).clamp(0.0, 1.0) * weights.churn_points;
        let value = finite(self.lifetime_value.unwrap_or(0.0)).max(0.0);
        let lifetime = finite(value / (value + weights.lifetime_half)) * weights.lifetime_points;
        let total = (tier + churn + lifetime).max(0.0).min(weights.insight_limit);
        InsightPoints { tier, churn, lifetime, total }
    }
}
