//! Stretches of time in which a timer stands still.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A stretch `[from, to)` in which a timer stands still; without `to` it never runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The first paused instant.
    pub from: Timestamp,
    /// The first instant that is not paused any more, or never.
    pub to: Option<Timestamp>,
}

impl Pause {
    /// Returns the end, where never is the end of time.
    pub(super) fn until(&self) -> Timestamp {
        self.to.unwrap_or(Timestamp::MAX)
    }

    fn is_empty(&self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }
}

/// The pauses of one timer, in order and apart: pauses that overlap or touch have become one.
///
/// Collect it from any [`Pause`]s. A pause that ends at or before its start counts nothing.
///
/// ```
/// use support_core::sla::calendar::{Calendar, Pause, Pauses};
///
/// let pauses: Pauses =
///     [Pause { from: "2026-03-01T12:30:00Z".parse()?, to: None }].into_iter().collect();
/// let start = "2026-03-01T12:00:00Z".parse()?;
/// assert_eq!(Calendar::always().due(start, 1_800, &pauses), Some("2026-03-01T12:30:00Z".parse()?));
/// assert_eq!(Calendar::always().due(start, 1_801, &pauses), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pauses(Vec<Pause>);

impl Pauses {
    /// Returns the set without any pause.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Tells whether the timer stands still at `at`.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.after(at).first().is_some_and(|pause| pause.from <= at)
    }

    /// Returns the pauses, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = Pause> + '_ {
        self.0.iter().copied()
    }

    /// Returns the pauses that end after `at`, earliest first.
    pub(super) fn after(&self, at: Timestamp) -> &[Pause] {
        let ended = self.0.partition_point(|pause| pause.to.is_some_and(|to| to <= at));
        self.0.get(ended..).unwrap_or_default()
    }
}

impl FromIterator<Pause> for Pauses {
    fn from_iter<I: IntoIterator<Item = Pause>>(pauses: I) -> Self {
        let mut sorted: Vec<Pause> = pauses.into_iter().filter(|pause| !pause.is_empty()).collect();
        sorted.sort_by_key(|pause| pause.from);
        let mut apart: Vec<Pause> = Vec::with_capacity(sorted.len());
        for pause in sorted {
            match apart.last_mut() {
                Some(last) if last.to.is_none_or(|to| pause.from <= to) => {
                    last.to = last.to.zip(pause.to).map(|(one, other)| one.max(other));
                }
                _ => apart.push(pause),
            }
        }
        Self(apart)
    }
}
