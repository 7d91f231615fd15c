//! What the policy in force promises a ticket.

use serde::{Deserialize, Serialize};

use super::Metric;
use crate::id::DocumentId;

/// One version of a configuration document: what a decision names as its ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigRef {
    /// The document.
    pub id: DocumentId,
    /// Its version, from 1.
    pub version: u64,
}

/// What a policy demands of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What is timed.
    pub metric: Metric,
    /// Open seconds allowed.
    pub seconds: u64,
    /// The calendar whose open seconds count; `None` counts all.
    pub calendar: Option<ConfigRef>,
}

/// The policy in force for a ticket, with all that timers need of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The policy's version.
    pub policy: ConfigRef,
    /// Whether `on_hold` pauses the resolution timer.
    pub pause_on_hold: bool,
    /// The targets, at most one a metric.
    pub targets: Vec<Target>,
}

impl Applied {
    /// Returns the target of a metric.
    #[must_use]
    pub fn target(&self, metric: Metric) -> Option<&Target> {
        self.targets.iter().find(|t| t.metric == metric)
    }

    /// Lists the versions by which it judges otherwise than `had` did: its policy, and the calendars that count for a
    /// metric instead of another.
    pub fn news<'a>(&'a self, had: Option<&'a Self>) -> impl Iterator<Item = ConfigRef> + 'a {
        let policy = (had.map(|had| had.policy) != Some(self.policy)).then_some(self.policy);
        let calendar = move |target: &Target| {
            let before = had.and_then(|had| had.target(target.metric))?;
            target.calendar.filter(|calendar| before.calendar != Some(*calendar))
        };
        policy.into_iter().chain(self.targets.iter().filter_map(calendar))
    }
}
