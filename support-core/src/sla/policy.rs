//! SLA policies: which tickets they are for, what they demand, and what happens as a deadline nears and passes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::automation::Action;
use crate::automation::action::check_all;
use crate::conversation::ChannelKind;
use crate::error::FieldProblem;
use crate::id::{BrandId, DocumentId, TeamId};
use crate::label::Label;
use crate::ticket::{Priority, Ticket};

use super::{Applied, ConfigRef, Metric, Target};

/// Most seconds in a target: ten years.
const TARGET_LIMIT: u64 = 315_360_000;
/// Most steps in a ladder.
const STEP_LIMIT: usize = 32;

/// A policy, as its document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec {
    /// Name for people.
    pub name: String,
    /// Policies are tried by ascending position; the first that matches is in force.
    #[serde(default)]
    pub position: i32,
    /// Which tickets it is for; every list that is not empty must hold the ticket's value.
    #[serde(default)]
    pub conditions: PolicyConditions,
    /// Open seconds allowed, by metric.
    pub targets: BTreeMap<Metric, TargetSpec>,
    /// The calendar that counts, unless a metric names its own; absent counts all hours.
    #[serde(default)]
    pub calendar_id: Option<DocumentId>,
    /// Whether `on_hold` pauses the resolution timer.
    #[serde(default)]
    pub pause_on_hold: bool,
    /// What happens before, at and after a deadline.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether what this version puts in the past fires its ladder, on timers that have not ended: warnings, escalations
    /// and what they do, and automations about them. Otherwise it is passed over. It counts for this version alone; the next says it anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fire_ladders: bool,
}

const fn yes() -> bool {
    true
}

/// Which tickets a policy is for. An empty list admits all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyConditions {
    /// On one of these channels.
    pub channels: Vec<ChannelKind>,
    /// Of one of these priorities.
    pub priorities: Vec<Priority>,
    /// Of a customer of one of these tiers; case and accents make no difference.
    pub tiers: Vec<Label>,
    /// In one of these teams.
    pub team_ids: Vec<TeamId>,
    /// Under one of these brands, by the host's own ids: the desk keeps no list of them.
    pub brand_ids: Vec<BrandId>,
    /// With at least one of these tags.
    pub tags: Vec<Label>,
}

/// What a policy demands of one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Open seconds allowed, at every priority that is not named below.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// Open seconds allowed at single priorities.
    #[serde(default)]
    pub by_priority: BTreeMap<Priority, u64>,
    /// The calendar that counts for this metric: an id, or `null` for all hours; absent takes the policy's.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<Option<DocumentId>>,
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<DocumentId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A step of a policy's ladder: when, for which metric, and what it does. Each is taken once a cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The metric, one with a target; absent is every one.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// When.
    pub when: When,
    /// What it does, in order. Without any it only warns.
    #[serde(default)]
    pub actions: Vec<Action>,
}

/// What a step is known by, however often its policy is edited: when it is taken, and which it is of those that are
/// taken then. A step that is moved to another time is a new one; what it does, and where it stands, may change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepKey {
    /// When it is taken.
    pub when: When,
    /// How many steps before it in the ladder are for the same metric and time.
    pub nth: u16,
}

/// When a step is taken, in the open time of the timer's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// Once this share of the target is used, 0–1.
    AtFraction(f64),
    /// So many seconds before the deadline.
    SecondsBefore(u64),
    /// At the breach.
    AtBreach,
    /// So many seconds after the deadline.
    SecondsAfter(u64),
}

impl When {
    /// Returns the used seconds of a target at which the step is taken.
    #[must_use]
    pub fn used_seconds(self, target: u64) -> u64 {
        match self {
            // Rounding to whole seconds keeps every step an instant that the calendar can answer; a share of a
            // target below 2^53 seconds is exact enough for that.
            Self::AtFraction(share) => (target as f64 * share.clamp(0.0, 1.0)).round() as u64,
            Self::SecondsBefore(seconds) => target.saturating_sub(seconds),
            Self::AtBreach => target,
            Self::SecondsAfter(seconds) => target.saturating_add(seconds),
        }
    }

    /// Tells whether the step belongs to the time before the deadline.
    #[must_use]
    pub const fn warns(self) -> bool {
        matches!(self, Self::AtFraction(_) | Self::SecondsBefore(_))
    }
}

impl PolicySpec {
    /// The policy with which a desk begins: first response within 2 h, resolution within 24 h, at every priority and
    /// hour; a warning when a fifth is left; a breach raises the escalation level.
    #[must_use]
    pub fn standard() -> Self {
        let target =
            |seconds| TargetSpec { seconds: Some(seconds), by_priority: BTreeMap::new(), calendar_id: None };
        Self {
            name: "Standard".into(),
            position: 1_000,
            conditions: PolicyConditions::default(),
            targets: [(Metric::FirstResponse, target(7_200)), (Metric::Resolution, target(86_400))].into(),
            calendar_id: None,
            pause_on_hold: false,
            steps: vec![
                Step { metric: None, when: When::AtFraction(0.8), actions: Vec::new() },
                Step { metric: None, when: When::AtBreach, actions: vec![Action::LevelUp] },
            ],
            active: true,
            fire_ladders: false,
        }
    }

    /// Checks everything that needs no other document.
    ///
    /// # Errors
    /// Every field that cannot be accepted.
    pub fn check(&self) -> Result<(), Vec<FieldProblem>> {
        let mut problems: Vec<FieldProblem> = FieldProblem::of_name(&self.name).into_iter().collect();
        if self.targets.is_empty() {
            problems.push(FieldProblem::new("targets", "must name at least one metric"));
        }
        for (metric, target) in &self.targets {
            if target.seconds.is_none() && target.by_priority.is_empty() {
                problems.push(FieldProblem::new(
                    format!("targets.{metric}"),
                    "must give `seconds` or `by_priority`",
                ));
            }
            if target.seconds.iter().chain(target.by_priority.values()).any(|s| *s > TARGET_LIMIT) {
                problems.push(FieldProblem::new(
                    format!("targets.{metric}"),
                    "must be at most 315360000 seconds",
                ));
            }
        }
        if self.steps.len() > STEP_LIMIT {
            problems.push(FieldProblem::new("steps", "must be at most 32"));
        }
        for (at, step) in self.steps.iter().enumerate() {
            check_all(&format!("steps[{at}].actions"), &step.actions, &mut problems);
            if step.metric.is_some_and(|metric| !self.targets.contains_key(&metric)) {
                problems.push(FieldProblem::new(
                    format!("steps[{at}].metric"),
                    "must be a metric for which there is a target",
                ));
            }
            if let When::AtFraction(share) = step.when
                && !(0.0..1.0).contains(&share)
            {
                problems.push(FieldProblem::new(
                    format!("steps[{at}].when.at_fraction"),
                    "must be from 0 to below 1",
                ));
            }
            if let When::SecondsAfter(seconds) | When::SecondsBefore(seconds) = step.when
                && seconds > TARGET_LIMIT
            {
                problems.push(FieldProblem::new(
                    format!("steps[{at}].when"),
                    "must be at most 315360000 seconds",
                ));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Lists the steps for a metric, in order.
    pub fn ladder(&self, metric: Metric) -> impl Iterator<Item = (StepKey, &Step)> {
        let concerned = move |step: &&Step| step.metric.is_none_or(|of| of == metric);
        self.steps.iter().enumerate().filter(move |(_, step)| concerned(step)).map(move |(at, step)| {
            let before = self.steps.iter().take(at).filter(concerned);
            let nth = before.filter(|earlier| earlier.when == step.when).count();
            (StepKey { when: step.when, nth: u16::try_from(nth).unwrap_or(u16::MAX) }, step)
        })
    }

    /// Tells whether the policy is for a ticket of a customer of this tier. Both are compared as they stand: a desk folds
    /// them when it reads them (see [`folded_tier`](crate::scoring::folded_tier)).
    #[must_use]
    pub fn matches(&self, ticket: &Ticket, tier: Option<&Label>) -> bool {
        fn admits<T: PartialEq>(list: &[T], value: Option<&T>) -> bool {
            list.is_empty() || value.is_some_and(|value| list.contains(value))
        }
        let conditions = &self.conditions;
        self.active
            && admits(&conditions.channels, Some(&ticket.channel))
            && admits(&conditions.priorities, Some(&ticket.promised_priority()))
            && admits(&conditions.tiers, tier)
            && admits(&conditions.team_ids, ticket.team_id.as_ref())
            && admits(&conditions.brand_ids, ticket.brand_id.as_ref())
            && (conditions.tags.is_empty() || conditions.tags.iter().any(|tag| ticket.tags.contains(tag)))
    }

    /// Returns what the policy, at `version`, demands of a ticket of `priority`. `calendar` names the version in
    /// force of a calendar document.
    pub fn applied(
        &self,
        policy: ConfigRef,
        priority: Priority,
        calendar: impl Fn(DocumentId) -> Option<ConfigRef>,
    ) -> Applied {
        let target = |(metric, spec): (&Metric, &TargetSpec)| {
            let seconds = spec.by_priority.get(&priority).copied().or(spec.seconds)?;
            let calendar = spec.calendar_id.unwrap_or(self.calendar_id).and_then(&calendar);
            Some(Target { metric: *metric, seconds, calendar })
        };
        Applied {
            policy,
            pause_on_hold: self.pause_on_hold,
            targets: self.targets.iter().filter_map(target).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_means_all_hours_and_absent_means_the_policys_calendar() {
        let read = |json: &str| serde_json::from_str::<TargetSpec>(json).unwrap().calendar_id;
        assert_eq!(read(r#"{"seconds":1}"#), None);
        assert_eq!(read(r#"{"seconds":1,"calendar_id":null}"#), Some(None));
        for json in [r#"{"seconds":1}"#, r#"{"seconds":1,"calendar_id":null}"#] {
            let target: TargetSpec = serde_json::from_str(json).unwrap();
            let again = serde_json::to_string(&target).unwrap();
            assert_eq!(read(&again), target.calendar_id, "what is written is read as it was");
        }
    }

    #[test]
    fn every_problem_is_named() {
        let mut policy = PolicySpec::standard();
        assert_eq!(policy.check(), Ok(()));
        policy.name = " ".into();
        policy.targets.clear();
        policy.steps = vec![Step { metric: None, when: When::AtFraction(1.5), actions: Vec::new() }];
        let fields: Vec<String> = policy.check().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["name", "targets", "steps[0].when.at_fraction"]);
        let mut policy = PolicySpec::standard();
        let late = |metric| Step { metric: Some(metric), when: When::AtBreach, actions: Vec::new() };
        policy.steps = vec![late(Metric::Resolution), late(Metric::QueuePickup)];
        let fields: Vec<String> = policy.check().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["steps[1].metric"], "nothing is ever due for it");
    }

    #[test]
    fn a_step_names_the_used_seconds() {
        assert_eq!(When::AtFraction(0.8).used_seconds(7_200), 5_760);
        assert_eq!(When::SecondsBefore(600).used_seconds(300), 0);
        assert_eq!(When::SecondsAfter(60).used_seconds(7_200), 7_260);
    }
}
