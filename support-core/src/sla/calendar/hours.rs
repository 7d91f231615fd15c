//! What stands on each date of a calendar: windows of the wall clock, before any zone is asked.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::years::EPOCH_DAY;

/// Minutes of a day that is not cut short by its zone.
pub(super) const DAY_MINUTES: u16 = 1_440;

/// A window as configured, in minutes after midnight. One that ends at or before its start runs over midnight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) open: u16,
    pub(super) close: u16,
}

/// The windows of one date, told apart into what lies on that date and what lies on the next.
#[derive(Debug, Clone)]
pub(super) struct DayHours {
    /// Stretches `[open, close)` of the date itself, by start; they may overlap.
    own: Vec<Window>,
    /// Minutes after the following midnight until which the longest night lasts. Every tail starts at midnight, so
    /// their union is the longest.
    night_until: u16,
}

impl DayHours {
    const CLOSED: Self = Self { own: Vec::new(), night_until: 0 };

    pub(super) fn all_day() -> Self {
        Self::new([Window { open: 0, close: DAY_MINUTES }])
    }

    pub(super) fn new(windows: impl IntoIterator<Item = Window>) -> Self {
        let mut hours = Self::CLOSED;
        for window in windows {
            let overnight = window.close <= window.open;
            hours.own.push(Window { close: if overnight { DAY_MINUTES } else { window.close }, ..window });
            if overnight {
                hours.night_until = hours.night_until.max(window.close);
            }
        }
        hours.own.sort_by_key(|window| window.open);
        hours
    }

    fn is_closed(&self) -> bool {
        self.own.is_empty()
    }
}

/// The hours of a whole calendar.
#[derive(Debug)]
pub(super) struct Hours {
    /// From Monday.
    weekly: [DayHours; 7],
    /// By month and day.
    yearly: BTreeMap<(u32, u32), DayHours>,
    /// By days since 1970.
    dated: BTreeMap<i64, DayHours>,
}

impl Hours {
    pub(super) fn new(
        weekly: [DayHours; 7],
        yearly: BTreeMap<(u32, u32), DayHours>,
        dated: BTreeMap<i64, DayHours>,
    ) -> Self {
        Self { weekly, yearly, dated }
    }

    /// Returns the dates with exceptions, as days since 1970, earliest first.
    pub(super) fn dated_days(&self) -> impl Iterator<Item = i64> + '_ {
        self.dated.keys().copied()
    }

    /// Prepares to read the dates of `years`, which lie side by side.
    pub(super) fn in_years(&self, years: std::ops::RangeInclusive<i32>, dated: Dated) -> HoursInYears<'_> {
        let mut special = BTreeMap::new();
        for (&(month, day), hours) in &self.yearly {
            // 29 February is on few of them.
            let dates = years.clone().filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
            special.extend(dates.map(|date| (day_number(date), hours)));
        }
        if dated == Dated::Count {
            let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).map_or(i64::MIN, day_number);
            let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31).map_or(i64::MAX, day_number);
            special.extend(self.dated.range(first..=last).map(|(&day, hours)| (day, hours)));
        }
        HoursInYears { weekly: &self.weekly, special }
    }
}

/// Whether dated exceptions count: a year that stands for all years of its kind is read without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dated {
    Count,
    Ignore,
}

/// The hours of a few years, with the special dates among them looked up.
pub(super) struct HoursInYears<'a> {
    weekly: &'a [DayHours; 7],
    special: BTreeMap<i64, &'a DayHours>,
}

impl HoursInYears<'_> {
    /// Returns the open stretches of a local date in minutes after its midnight, by start; they may overlap.
    pub(super) fn of(&self, day: i64) -> impl Iterator<Item = (u16, u16)> + '_ {
        let special = self.special.get(&day).copied();
        let today = special.unwrap_or_else(|| self.weekday(day));
        let yesterday = self.special.get(&(day - 1)).copied().unwrap_or_else(|| self.weekday(day - 1));
        // A date closed by name is closed from midnight on; a weekday without hours still sees the night out.
        let cut = special.is_some_and(DayHours::is_closed);
        let night = if cut { 0 } else { yesterday.night_until };
        (night > 0)
            .then_some((0, night))
            .into_iter()
            .chain(today.own.iter().map(|window| (window.open, window.close)))
    }

    fn weekday(&self, day: i64) -> &DayHours {
        // 1970-01-01 was a Thursday, the fourth day from Monday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
        // INVARIANT: there are seven weekdays and a remainder of seven.
        self.weekly.get(weekday).unwrap_or(const { &DayHours::CLOSED })
    }
}

/// Returns the days from 1970-01-01 to `date`.
pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_DAY
}
