//! What it is worth to give a piece of work to an agent.

use crate::routing::Fit;

/// Points of a step of urgency; what fits count is below.
pub(super) const STEP_POINTS: i32 = 32;
/// Steps of urgency.
pub(super) const URGENCY_STEPS: i32 = 16;
/// Points of who had the matter before.
pub(super) const STICKY_POINTS: i32 = 16;
/// Points of each of the first two preferred skills.
pub(super) const PREFERRED_POINTS: i32 = 4;
/// Points of who has no skill to spare. Three levels that the work has no use for take one away.
pub(super) const SPARED_POINTS: i32 = 7;
/// Levels of skill to spare that take a point away.
pub(super) const SPARE_LEVELS: i32 = 3;
/// Value of the best placement that there is.
pub(in crate::routing) const MOST_VALUE: i32 =
    URGENCY_STEPS * STEP_POINTS + STICKY_POINTS + 2 * PREFERRED_POINTS + SPARED_POINTS;
/// Parts of a point in which values a unit are reckoned where efforts differ.
pub(super) const PARTS: i32 = 4;

/// Returns what it is worth, in points, to give work of a step of urgency (1–16) to an agent who fits it so.
#[must_use]
pub fn value(step: u8, fit: Fit, sticky: bool) -> i32 {
    i32::from(step) * STEP_POINTS + points(fit) + if sticky { STICKY_POINTS } else { 0 }
}

/// Points for how well an agent fits, 0–15.
pub(super) fn points(fit: Fit) -> i32 {
    let spare = (i32::from(fit.spare) + SPARE_LEVELS - 1) / SPARE_LEVELS;
    i32::from(fit.preferred.min(2)) * PREFERRED_POINTS + SPARED_POINTS - spare.min(SPARED_POINTS)
}

/// Cuts scores into 16 equal steps of urgency, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Urgencies {
    lowest: f64,
    width: f64,
}

impl Urgencies {
    /// Cuts the range of these scores.
    #[must_use]
    pub fn of(scores: impl Iterator<Item = f64>) -> Self {
        let (lowest, highest) = scores
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)));
        Self { lowest, width: (highest - lowest) / f64::from(URGENCY_STEPS) }
    }

    /// Returns the step of a score, 1–16.
    #[must_use]
    pub fn step(&self, score: f64) -> u8 {
        if self.width > 0.0 {
            // A float outside the range of an integer becomes its nearest end.
            1 + (((score - self.lowest) / self.width) as u8).min(15)
        } else {
            16
        }
    }
}

/// Returns a value a unit, in parts of a point.
pub(super) fn unit_value(value: i32, effort: u32, parts: i32) -> i32 {
    value.saturating_mul(parts) / i32::try_from(effort.max(1)).unwrap_or(i32::MAX)
}
