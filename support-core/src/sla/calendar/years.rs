//! Tables of open time, one a UTC year, built when first asked.
//!
//! A year is the unit because years repeat: where neither the zone nor a dated exception makes a year special, its
//! open time depends only on the weekday of 1 January and on whether it is a leap year. Fourteen tables then stand for
//! all of them, which is what bounds the memory and the time of a walk to the year 9999.

use std::array;
use std::sync::{LazyLock, OnceLock};

use super::hours::{Dated, Hours};
use super::offsets::{self, FIRST_TABLED_YEAR, LAST_TABLED_YEAR};
use crate::time::{Timestamp, Zone};

/// Seconds of a day in UTC.
pub(super) const DAY_SECONDS: i64 = 86_400;

/// Number of 1970-01-01, where 0001-01-01 has number 1.
pub(super) const EPOCH_DAY: i64 = 719_163;

const MICROS: i64 = 1_000_000;

const DAY_MICROS: i64 = DAY_SECONDS * MICROS;

/// An average year of the Gregorian calendar, 365.2425 days.
const YEAR_MICROS: i64 = 31_556_952 * MICROS;

const LAST_YEAR: i32 = 9999;

/// An instant, told as a UTC year and the microseconds since it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) year: i32,
    pub(super) within: i64,
    began: i64,
}

impl Place {
    pub(super) fn of(at: Timestamp) -> Self {
        let year = near_year(at.micros() - Timestamp::MIN.micros());
        // The average is a few days off the true start at most, so that one step either way mends it.
        let place = Self::in_year(year, at.micros());
        if place.within < 0 {
            return Self::in_year(year - 1, at.micros());
        }
        if place.within < 365 * DAY_MICROS {
            return place;
        }
        let next = Self::in_year(year + 1, at.micros());
        if next.within < 0 { place } else { next }
    }

    /// Returns the start of the following year, or `None` at the end of time.
    pub(super) fn next_year(self) -> Option<Self> {
        let year = self.year + 1;
        (year <= LAST_YEAR).then(|| Self { year, within: 0, began: began(year) })
    }

    /// Returns the instant `within` microseconds into the same year, or `None` at the end of time.
    pub(super) fn at(self, within: i64) -> Option<Timestamp> {
        let micros = self.began + within;
        (micros <= Timestamp::MAX.micros()).then(|| Timestamp::from_micros(micros))
    }

    fn in_year(year: i32, micros: i64) -> Self {
        let began = began(year);
        Self { year, within: micros - began, began }
    }
}

/// The tables of one calendar.
pub(super) struct Years {
    zone: Zone,
    hours: Hours,
    /// The years in which zones change their clocks as their governments please, from [`FIRST_TABLED_YEAR`].
    listed: Box<[OnceLock<Year>]>,
    /// All years before those, by [`kind_of_year`]: zones kept local mean time.
    early: [OnceLock<Year>; KINDS],
    /// All years after those, by [`kind_of_year`]: zones keep the rules in force.
    late: [OnceLock<Year>; KINDS],
    /// Early and late years that a dated exception makes special, by year.
    special: Box<[(i32, OnceLock<Year>)]>,
}

impl Years {
    pub(super) fn new(zone: Zone, hours: Hours) -> Self {
        let mut special: Vec<i32> = hours
            .dated_days()
            // Up to a day from the date by the zone and one more by its night: it may reach into another year.
            .flat_map(|day| [year_of_day(day - 1), year_of_day(day + 2)])
            .filter(|year| !(FIRST_TABLED_YEAR..=LAST_TABLED_YEAR).contains(year))
            .collect();
        special.sort_unstable();
        special.dedup();
        Self {
            zone,
            hours,
            listed: (FIRST_TABLED_YEAR..=LAST_TABLED_YEAR).map(|_| OnceLock::new()).collect(),
            early: array::from_fn(|_| OnceLock::new()),
            late: array::from_fn(|_| OnceLock::new()),
            special: special.into_iter().map(|year| (year, OnceLock::new())).collect(),
        }
    }

    /// Returns the table of a year in 1…9999.
    #[inline]
    pub(super) fn year(&self, year: i32) -> &Year {
        let listed = usize::try_from(year - FIRST_TABLED_YEAR).ok().and_then(|index| self.listed.get(index));
        match listed {
            Some(table) => table.get_or_init(|| self.build(year, Dated::Count)),
            None => self.early_or_late(year),
        }
    }

    fn early_or_late(&self, year: i32) -> &Year {
        static CLOSED: LazyLock<Year> = LazyLock::new(|| Year::of(Vec::new()));

        let special = self.special.binary_search_by_key(&year, |&(special, _)| special);
        if let Some((_, table)) = special.ok().and_then(|index| self.special.get(index)) {
            return table.get_or_init(|| self.build(year, Dated::Count));
        }
        let kinds = if year < FIRST_TABLED_YEAR { &self.early } else { &self.late };
        // INVARIANT: a kind of year is below `KINDS`.
        kinds
            .get(kind_of_year(year))
            .map_or(&CLOSED, |table| table.get_or_init(|| self.build(year, Dated::Ignore)))
    }

    fn build(&self, year: i32, dated: Dated) -> Year {
        let (began, ends) = (first_day(year) * DAY_SECONDS, first_day(year + 1) * DAY_SECONDS);
        let hours = self.hours.in_years(year - 1..=year + 1, dated);
        let mut table = YearBuilder { began, stretches: Vec::new() };
        // Between two changes of the clock, wall time and UTC run side by side: cut the wall clock's windows to what
        // it showed in between, and shift them. What it skipped is in no stretch, what it repeated is in two.
        for stretch in offsets::stretches(self.zone, began, ends) {
            let (from, until) = (stretch.from + stretch.ahead, stretch.until + stretch.ahead);
            for day in from.div_euclid(DAY_SECONDS)..=(until - 1).div_euclid(DAY_SECONDS) {
                for (open, close) in hours.of(day) {
                    let open = (day * DAY_SECONDS + i64::from(open) * 60).max(from);
                    let close = (day * DAY_SECONDS + i64::from(close) * 60).min(until);
                    table.push(open - stretch.ahead, close - stretch.ahead);
                }
            }
        }
        table.finish()
    }
}

/// The open time of one UTC year.
#[derive(Debug)]
pub(super) struct Year {
    stretches: Vec<Open>,
    open_seconds: u32,
    /// Where to search by time of year, a day a bucket.
    by_day: Buckets,
    /// Where to search by open time so far, [`SHARES`] buckets a year at most.
    by_share: Buckets,
    share_bits: u32,
}

/// A stretch of open time, in seconds since its year began: windows and clock changes fall on whole seconds.
#[derive(Debug, Clone, Copy)]
struct Open {
    open: u32,
    close: u32,
    /// Open seconds of the year up to `open`.
    before: u32,
}

impl Open {
    /// Returns the open seconds of the year up to `close`.
    fn after(&self) -> u32 {
        self.before + (self.close - self.open)
    }
}

/// As many as a usual calendar has stretches in a year: its searches then end in a bucket of one or two.
const SHARES: u32 = 512;

const DAYS: u32 = 366;

const DAY: u32 = 86_400;

impl Year {
    fn of(stretches: Vec<Open>) -> Self {
        let open_seconds = stretches.last().map_or(0, Open::after);
        let share_bits = (open_seconds / SHARES).checked_ilog2().map_or(0, |bits| bits + 1);
        Self {
            open_seconds,
            by_day: Buckets::new(DAYS, &stretches, |stretch| stretch.open / DAY),
            by_share: Buckets::new((open_seconds >> share_bits) + 1, &stretches, |stretch| {
                stretch.after() >> share_bits
            }),
            share_bits,
            stretches,
        }
    }

    pub(super) fn open_micros(&self) -> i64 {
        i64::from(self.open_seconds) * MICROS
    }

    pub(super) fn is_open(&self, within: i64) -> bool {
        let begun = self.begun(within).checked_sub(1).and_then(|last| self.stretches.get(last));
        begun.is_some_and(|stretch| within < i64::from(stretch.close) * MICROS)
    }

    /// Returns the first open microsecond at or after `within`.
    pub(super) fn next_open(&self, within: i64) -> Option<i64> {
        if self.is_open(within) {
            return Some(within);
        }
        self.stretches.get(self.begun(within)).map(|stretch| i64::from(stretch.open) * MICROS)
    }

    /// Returns the end of the open stretch that `within` lies in, `within` itself where that is closed.
    pub(super) fn next_close(&self, within: i64) -> i64 {
        let begun = self.begun(within).checked_sub(1).and_then(|last| self.stretches.get(last));
        begun.map_or(within, |stretch| within.max(i64::from(stretch.close) * MICROS))
    }

    /// Returns the open microseconds in the first `within` microseconds of the year.
    pub(super) fn open_before(&self, within: i64) -> i64 {
        let begun = self.begun(within).checked_sub(1).and_then(|last| self.stretches.get(last));
        begun.map_or(0, |stretch| {
            let served = within.min(i64::from(stretch.close) * MICROS) - i64::from(stretch.open) * MICROS;
            i64::from(stretch.before) * MICROS + served
        })
    }

    /// Returns the first microsecond of the year by which `open_micros` have been open, above 0 and at most
    /// [`open_micros`](Self::open_micros).
    pub(super) fn reaches(&self, open_micros: i64) -> Option<i64> {
        let seconds = u32::try_from((open_micros + MICROS - 1) / MICROS).ok()?;
        let candidates = self.by_share.of(seconds >> self.share_bits);
        let short = candidates.search(&self.stretches, |stretch| stretch.after() < seconds);
        let stretch = self.stretches.get(short)?;
        Some(i64::from(stretch.open) * MICROS + open_micros - i64::from(stretch.before) * MICROS)
    }

    /// Returns the number of stretches that open at or before `within`.
    fn begun(&self, within: i64) -> usize {
        let second = u32::try_from(within / MICROS).unwrap_or(u32::MAX);
        self.by_day.of(second / DAY).search(&self.stretches, |stretch| stretch.open <= second)
    }
}

/// An index that narrows a binary search to a few neighbours, which halves the time of a lookup.
#[derive(Debug)]
struct Buckets {
    /// How many stretches lie before each bucket, and last how many there are: `MAX_WINDOWS` keeps them below 2^16.
    before: Vec<u16>,
}

/// The stretches among which a search ends.
struct Candidates {
    from: usize,
    until: usize,
}

impl Buckets {
    /// `bucket_of` rises from stretch to stretch and is below `buckets`.
    fn new(buckets: u32, stretches: &[Open], bucket_of: impl Fn(&Open) -> u32) -> Self {
        let mut before = Vec::with_capacity(buckets as usize + 1);
        let mut passed = 0;
        let mut stretches = stretches.iter().map(bucket_of).peekable();
        for bucket in 0..=buckets {
            while stretches.next_if(|&of_stretch| of_stretch < bucket).is_some() {
                passed += 1;
            }
            before.push(passed);
        }
        Self { before }
    }

    fn of(&self, bucket: u32) -> Candidates {
        let bucket = bucket as usize;
        let from = self.before.get(bucket).copied().map_or(usize::MAX, usize::from);
        let until = self.before.get(bucket + 1).copied().map_or(usize::MAX, usize::from);
        Candidates { from, until }
    }
}

impl Candidates {
    /// Returns how many of all `stretches` are `passed`, which the ones before the candidates are.
    fn search(self, stretches: &[Open], passed: impl Fn(&Open) -> bool) -> usize {
        let candidates = stretches.get(self.from..self.until).unwrap_or_default();
        self.from + candidates.partition_point(passed)
    }
}

/// Joins stretches of open seconds, which come by start, into a table.
struct YearBuilder {
    began: i64,
    stretches: Vec<(i64, i64)>,
}

impl YearBuilder {
    fn push(&mut self, open: i64, close: i64) {
        if close <= open {
            return;
        }
        match self.stretches.last_mut() {
            Some((_, last)) if open <= *last => *last = close.max(*last),
            _ => self.stretches.push((open, close)),
        }
    }

    fn finish(self) -> Year {
        let mut before = 0;
        let mut stretches = Vec::with_capacity(self.stretches.len());
        for (open, close) in self.stretches {
            // INVARIANT: both lie in the year, which has fewer than 2^25 seconds.
            let since = |second: i64| u32::try_from(second - self.began).unwrap_or_default();
            let stretch = Open { open: since(open), close: since(close), before };
            before = stretch.after();
            stretches.push(stretch);
        }
        Year::of(stretches)
    }
}

const KINDS: usize = 14;

/// Tells years apart by the weekday of 1 January and the leap day.
fn kind_of_year(year: i32) -> usize {
    let (first, next) = (first_day(year), first_day(year + 1));
    usize::try_from(first.rem_euclid(7) * 2 + (next - first - 365)).unwrap_or_default()
}

/// Returns the days from 1970-01-01 to 1 January of a year.
pub(super) const fn first_day(year: i32) -> i64 {
    let before = year as i64 - 1;
    365 * before + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) + 1 - EPOCH_DAY
}

/// Returns the year of a day counted from 1970-01-01.
pub(super) fn year_of_day(day: i64) -> i32 {
    Place::of(Timestamp::from_seconds(day * DAY_SECONDS)).year
}

const fn began(year: i32) -> i64 {
    first_day(year) * DAY_SECONDS * MICROS
}

/// Estimates the year of an instant given in microseconds since the year 1 began, at most one off.
fn near_year(micros: i64) -> i32 {
    i32::try_from(micros / YEAR_MICROS).unwrap_or_default() + 1
}
