//! Business calendars: when a desk is open, and how long it has been.
//!
//! The rule, of which everything here is a faster form: an instant is open iff its local wall-clock time lies in an
//! open window `[open, close)` of its local date, or in the part after midnight of a window of the day before that
//! ends at or before its start. A dated exception replaces that date's windows; with no windows it closes the date
//! and also cuts the night before at midnight, with changed hours it keeps that night's tail. A yearly holiday acts
//! like an exception on each such date, and a dated exception wins over it. Elapsed time is real time that is open
//! and not paused; a deadline is the earliest instant at which it reaches the target, so that a target met exactly
//! at closing is due at closing.
//!
//! The rule speaks of wall clocks, so it holds through every change of them: hours that a change skips are never
//! open, hours that it repeats are open in both passes, and a local date that never took place has no hours. (Its
//! night is still "the night before" of the next date on the calendar: the rule asks what stands on that date.)
//!
//! ```
//! use support_core::sla::calendar::{Calendar, CalendarSpec, Pauses};
//!
//! let spec: CalendarSpec = serde_json::from_str(
//!     r#"{
//!         "name": "Berlin office",
//!         "timezone": "Europe/Berlin",
//!         "weekly": { "fri": [["09:00", "12:30"], ["13:30", "17:00"]], "mon": [["09:00", "17:00"]] },
//!         "yearly": [{ "month": 12, "day": 25, "windows": [] }]
//!     }"#,
//! )?;
//! let calendar = Calendar::new(&spec).map_err(|problems| format!("{problems:?}"))?;
//!
//! // Two hours from Friday 16:00: one is left on Friday, the other is served on Monday.
//! let friday = "2026-01-16T15:00:00Z".parse()?;
//! let due = calendar.due(friday, 2 * 3_600, &Pauses::none());
//! assert_eq!(due, Some("2026-01-19T09:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Horizon and cost
//!
//! Instants run from [`Timestamp::MIN`] to [`Timestamp::MAX`]; a deadline after the year 9999 is no deadline. Open
//! time is tabled a UTC year at a time when a year is first asked about (some 20 µs), then looked up by day or by
//! share of the year; reading takes no lock. Outside 1844–2099 a year without dated exceptions is one of fourteen
//! (first weekday × leap year). So the longest walk, a deadline that never comes, builds some 300 tables the first
//! time, which takes milliseconds, and passes 8,000 years in 0.1 ms; pauses add a lookup each. A table holds 12 bytes
//! for each stretch of open time and 2 KB of index: 5–8 KB a year in usual calendars, and [`MAX_WINDOWS`] and
//! [`MAX_FAR_EXCEPTIONS`] bound unusual ones. The zone database lists changes up to 2099; later years follow the rules
//! in force then.
//!
//! What pauses a timer, and which calendar judges it, is left to the policies.

mod hours;
mod offsets;
mod pauses;
mod spec;
mod years;

#[cfg(test)]
mod tests;

use std::array;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::time::{Timestamp, Zone};

pub(crate) use self::offsets::stretches as clock_stretches;
pub use self::pauses::{Pause, Pauses};
pub(crate) use self::spec::minutes_of_window;
pub use self::spec::{
    CalendarProblem, CalendarSpec, ExceptionSpec, MAX_EXCEPTIONS, MAX_FAR_EXCEPTIONS, MAX_WINDOWS,
    WeeklySpec, WindowSpec, YearlySpec,
};

use self::hours::{DayHours, Hours};
use self::years::{Place, Years};

const MICROS: u64 = 1_000_000;

/// The opening hours of a desk in its time zone, ready to measure with.
///
/// Immutable and cheap to clone: clones share the tables of open time that fill as they are asked.
#[derive(Clone)]
pub struct Calendar(Arc<Tabled>);

struct Tabled {
    name: String,
    zone: Zone,
    years: Years,
}

impl Calendar {
    /// Reads a calendar from its configuration.
    ///
    /// # Errors
    /// All that is wrong with the configuration, each with the path of its field: an unknown zone, a time that is no
    /// time of day, a date that does not exist or stands twice, or more entries than [`MAX_WINDOWS`],
    /// [`MAX_EXCEPTIONS`] and [`MAX_FAR_EXCEPTIONS`] allow.
    pub fn new(spec: &CalendarSpec) -> Result<Self, Vec<CalendarProblem>> {
        let (zone, hours) = spec::read(spec)?;
        Ok(Self::of(spec.name.clone(), zone, hours))
    }

    /// Returns the calendar that is open at every instant, for promises in plain hours.
    #[must_use]
    pub fn always() -> Self {
        static ALWAYS: LazyLock<Calendar> = LazyLock::new(|| {
            let hours = Hours::new(array::from_fn(|_| DayHours::all_day()), BTreeMap::new(), BTreeMap::new());
            Calendar::of("always".to_owned(), Zone::UTC, hours)
        });
        ALWAYS.clone()
    }

    /// Returns the calendar's name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the zone whose wall clock the windows are read on.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.0.zone
    }

    /// Tells whether the desk is open at `at`.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let place = Place::of(at);
        self.0.years.year(place.year).is_open(place.within)
    }

    /// Returns the earliest instant at or after `at` at which the desk is open, or `None` where it never opens again.
    #[must_use]
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let mut place = Place::of(at);
        loop {
            if let Some(within) = self.0.years.year(place.year).next_open(place.within) {
                return place.at(within);
            }
            place = place.next_year()?;
        }
    }

    /// Returns the microseconds in `[from, to)` that are open and not paused; 0 where `to` is not after `from`.
    #[must_use]
    pub fn elapsed_micros(&self, from: Timestamp, to: Timestamp, pauses: &Pauses) -> i64 {
        let open = self.open_micros(from, to);
        let paused: i64 = pauses
            .after(from)
            .iter()
            .take_while(|pause| pause.from < to)
            .map(|pause| self.open_micros(pause.from.max(from), pause.until().min(to)))
            .sum();
        open - paused
    }

    /// Returns the earliest instant at which `target_seconds` of open, unpaused time have passed since `start`.
    ///
    /// A target of 0 is due at `start`. `None` where that much time never passes, or not before the year 10000.
    #[must_use]
    pub fn due(&self, start: Timestamp, target_seconds: u64, pauses: &Pauses) -> Option<Timestamp> {
        self.due_micros(start, target_seconds.checked_mul(MICROS)?, pauses)
    }

    /// Does what [`due`](Self::due) does for a target in microseconds, such as what is left of a running timer.
    #[must_use]
    pub fn due_micros(&self, start: Timestamp, target_micros: u64, pauses: &Pauses) -> Option<Timestamp> {
        let mut left = i64::try_from(target_micros).ok()?;
        let mut start = start;
        if left == 0 {
            return Some(start);
        }
        for pause in pauses.after(start) {
            let open = self.open_micros(start, pause.from);
            if open >= left {
                break;
            }
            left -= open;
            start = pause.to?;
        }
        self.due_unpaused(start, left)
    }

    /// Lists where a timer stands still in `[from, to)`, for closed hours or for `pauses`: earliest first, and at most
    /// the first `limit` closings.
    #[must_use]
    pub fn standstill(&self, from: Timestamp, to: Timestamp, pauses: &Pauses, limit: usize) -> Pauses {
        let paused = pauses.after(from).iter().take_while(|pause| pause.from < to);
        let paused = paused.map(|pause| (pause.from.max(from), pause.until().min(to)));
        let closed = self.closings(from, to).take(limit);
        closed.chain(paused).map(|(from, to)| Pause { from, to: Some(to) }).collect()
    }

    /// Walks over the closed stretches of `[from, to)`, each cut to it.
    fn closings(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let mut at = from;
        std::iter::from_fn(move || {
            while at < to {
                let closes = at;
                let opens = self.next_open(closes).map_or(to, |opens| opens.min(to));
                at = self.next_close(opens, to);
                if opens > closes {
                    return Some((closes, opens));
                }
            }
            None
        })
    }

    /// Returns the end of the open stretch that `at` lies in, at most `until`.
    fn next_close(&self, at: Timestamp, until: Timestamp) -> Timestamp {
        let place = Place::of(at);
        let closes = self.0.years.year(place.year).next_close(place.within);
        // What is open to the end of a year is looked at again from the beginning of the next.
        place.at(closes).map_or(until, |closes| closes.min(until))
    }

    fn of(name: String, zone: Zone, hours: Hours) -> Self {
        Self(Arc::new(Tabled { name, zone, years: Years::new(zone, hours) }))
    }

    fn open_micros(&self, from: Timestamp, to: Timestamp) -> i64 {
        if to <= from {
            return 0;
        }
        let years = &self.0.years;
        let (first, last) = (Place::of(from), Place::of(to));
        let before = years.year(first.year).open_before(first.within);
        let after = years.year(last.year).open_before(last.within);
        let whole: i64 = (first.year..last.year).map(|year| years.year(year).open_micros()).sum();
        whole + after - before
    }

    /// `left` is above 0.
    fn due_unpaused(&self, start: Timestamp, left: i64) -> Option<Timestamp> {
        let mut place = Place::of(start);
        let mut year = self.0.years.year(place.year);
        // No sum overflows: a target is below 2^63 µs, and what a year holds before `start` only takes it past the
        // horizon if it was there already.
        let mut left = left.checked_add(year.open_before(place.within))?;
        while left > year.open_micros() {
            left -= year.open_micros();
            place = place.next_year()?;
            year = self.0.years.year(place.year);
        }
        place.at(year.reaches(left)?)
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the tables: they are as long as they are dull.
        f.debug_struct("Calendar")
            .field("name", &self.0.name)
            .field("zone", &self.0.zone.name())
            .finish_non_exhaustive()
    }
}
