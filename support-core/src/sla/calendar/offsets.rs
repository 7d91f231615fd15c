//! How far a zone's wall clock is ahead of UTC, and when that changes.

use chrono::{DateTime, Offset, TimeZone};

use super::years::{DAY_SECONDS, first_day};
use crate::time::Zone;

/// The year of the first change in the database, when Pacific/Kosrae and Asia/Manila crossed the date line: before it
/// every zone keeps one offset, its local mean time.
pub(super) const FIRST_TABLED_YEAR: i32 = 1844;

/// The last year for which the bundled database lists each change.
pub(super) const LAST_TABLED_YEAR: i32 = 2099;

/// How far apart the clock is read to find a change. In database 2025b no two changes of a zone lie closer than
/// 601,200 s (the week of summer time in America/Noronha in 2000), so that a day cannot hide one.
const PROBE_SECONDS: i64 = DAY_SECONDS;

/// A stretch `[from, until)` in seconds since 1970 UTC, in which the wall clock is `ahead` seconds ahead of UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) ahead: i64,
}

/// Splits `[from, until)`, in seconds since 1970 UTC, where the zone's clock is changed.
pub(crate) fn stretches(zone: Zone, from: i64, until: i64) -> Vec<Stretch> {
    let mut found = Vec::with_capacity(3);
    let mut current = Stretch { from, until, ahead: seconds_ahead(zone, from) };
    let mut probed = from;
    while probed < until {
        let next = (probed + PROBE_SECONDS).min(until);
        if seconds_ahead(zone, next) != current.ahead {
            let change = first_change(zone, current.ahead, probed, next);
            if change < until {
                found.push(Stretch { until: change, ..current });
                current = Stretch { from: change, until, ahead: seconds_ahead(zone, change) };
            }
        }
        probed = next;
    }
    found.push(current);
    found
}

/// Finds the first second after `same`, and at most `changed`, at which the clock is not `ahead` any more.
fn first_change(zone: Zone, ahead: i64, mut same: i64, mut changed: i64) -> i64 {
    while changed - same > 1 {
        let middle = same + (changed - same) / 2;
        if seconds_ahead(zone, middle) == ahead {
            same = middle;
        } else {
            changed = middle;
        }
    }
    changed
}

fn seconds_ahead(zone: Zone, seconds: i64) -> i64 {
    let listed = DateTime::from_timestamp(listed_equivalent(seconds), 0).unwrap_or_default();
    i64::from(zone.tz().offset_from_utc_datetime(&listed.naive_utc()).fix().local_minus_utc())
}

/// Maps an instant after the listed years to one in them at which every zone's clock reads the same offset.
///
/// The rules in force for good name a day by month and weekday, all of them between March and November. So a year's
/// changes follow from the weekday of its 1 March alone, counted from there. The eleven years up to 2099 have all
/// seven; the years before them do not serve, because Morocco and Palestine list single changes up to 2087.
fn listed_equivalent(seconds: i64) -> i64 {
    let day = seconds.div_euclid(DAY_SECONDS);
    if day < first_day(LAST_TABLED_YEAR + 1) {
        return seconds;
    }
    let march = first_of_march(super::years::year_of_day(day));
    let listed = (LAST_TABLED_YEAR - 10..=LAST_TABLED_YEAR)
        .map(first_of_march)
        .find(|candidate| (march - candidate) % 7 == 0)
        // INVARIANT: the eleven years have all seven weekdays.
        .unwrap_or(march);
    seconds - (march - listed) * DAY_SECONDS
}

fn first_of_march(year: i32) -> i64 {
    // Counted from the end of the year, which a leap day does not move.
    first_day(year + 1) - 306
}
