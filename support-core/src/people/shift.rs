//! When an agent works.
//!
//! A shift is weekly hours in a zone. Near its end an agent gets no new work that could not be finished: nothing
//! live in the last 10 minutes, no new asynchronous work in the last 30.

use chrono::{Datelike, NaiveTime, TimeDelta, TimeZone, Timelike, Weekday};
use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, Zone};

use super::WorkKind;

/// Weekly hours in a zone. A pair that ends at or before its start runs over midnight; `24:00` is the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Zone of the hours.
    pub timezone: Zone,
    /// Days on which it starts, as `mon` … `sun`. Empty is every day.
    #[serde(default)]
    pub days: Vec<Day>,
    /// Local start, `HH:MM`.
    pub start: String,
    /// Local end, `HH:MM` or `24:00`.
    pub end: String,
}

crate::wire::wire_enum! {
    /// A day of the week.
    Day {
        /// Monday.
        Mon = "mon",
        /// Tuesday.
        Tue = "tue",
        /// Wednesday.
        Wed = "wed",
        /// Thursday.
        Thu = "thu",
        /// Friday.
        Fri = "fri",
        /// Saturday.
        Sat = "sat",
        /// Sunday.
        Sun = "sun",
    }
}

/// The hours of a shift cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `HH:MM`, the end also `24:00`, and start and end must differ")]
pub struct ShiftProblem;

/// Where an instant stands in a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Outside.
    Off,
    /// Inside, with this many seconds to its end.
    On {
        /// Seconds of wall-clock time left, more than 0.
        seconds_left: i64,
    },
}

/// Seconds before the end of a shift in which nothing live is given.
const NO_LIVE_SECONDS: i64 = 600;
/// Days in which the next start is looked for: a shift starts once a week at least.
const LOOKED_AHEAD: i64 = 8;
/// Longest time that clocks skip within a day, with room: two hours have been seen.
const LONGEST_SKIP_MINUTES: i64 = 180;
/// Seconds before the end of a shift in which no new asynchronous work is given.
const NO_ASYNC_SECONDS: i64 = 1_800;

impl Standing {
    /// Tells whether new work of a kind is given here.
    #[must_use]
    pub const fn takes(self, kind: WorkKind) -> bool {
        match (self, kind) {
            (Self::Off, _) => false,
            (Self::On { seconds_left }, WorkKind::Ticket) => seconds_left > NO_ASYNC_SECONDS,
            (Self::On { seconds_left }, WorkKind::Chat | WorkKind::Call) => seconds_left > NO_LIVE_SECONDS,
        }
    }
}

impl Shift {
    /// Reads start and end, in seconds of the local day; an end over midnight is beyond 86,400.
    ///
    /// # Errors
    /// `ShiftProblem` where one of them is no time of day or both are the same.
    pub fn hours(&self) -> Result<(u32, u32), ShiftProblem> {
        let read = |text: &str| {
            if text.len() != 5 {
                return Err(ShiftProblem);
            }
            NaiveTime::parse_from_str(text, "%H:%M")
                .map(|time| time.num_seconds_from_midnight())
                .map_err(|_| ShiftProblem)
        };
        let start = read(&self.start)?;
        let end = if self.end == "24:00" { 86_400 } else { read(&self.end)? };
        match end.cmp(&start) {
            std::cmp::Ordering::Greater => Ok((start, end)),
            std::cmp::Ordering::Less => Ok((start, end + 86_400)),
            std::cmp::Ordering::Equal => Err(ShiftProblem),
        }
    }

    /// Tells where `now` stands. A shift whose hours cannot be read is always off.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let Ok((start, end)) = self.hours() else { return Standing::Off };
        let local = now.to_utc().with_timezone(&self.timezone.tz()).naive_local();
        let second = i64::from(local.num_seconds_from_midnight());
        // A shift that runs over midnight belongs to the day on which it starts.
        for (date, second) in [
            (Some(local.date()), second),
            (local.date().checked_sub_signed(TimeDelta::days(1)), second + 86_400),
        ] {
            let starts = date.is_some_and(|date| self.works_on(date.weekday()));
            if starts && second >= i64::from(start) && second < i64::from(end) {
                return Standing::On { seconds_left: i64::from(end) - second };
            }
        }
        Standing::Off
    }

    /// Returns when it starts next, after an instant. A start that the clocks skip is where they go on.
    #[must_use]
    pub fn next_start(&self, after: Timestamp) -> Option<Timestamp> {
        let (start, _) = self.hours().ok()?;
        let tz = self.timezone.tz();
        let today = after.to_utc().with_timezone(&tz).date_naive();
        // From the day before: after a start that the clocks skipped it may already be the next day.
        let days = (-1..=LOOKED_AHEAD).filter_map(|days| today.checked_add_signed(TimeDelta::days(days)));
        let starts = days.filter(|date| self.works_on(date.weekday())).filter_map(|date| {
            let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(start.into()))?;
            (0..=LONGEST_SKIP_MINUTES).find_map(|minutes| {
                let local = local.checked_add_signed(TimeDelta::minutes(minutes))?;
                tz.from_local_datetime(&local).earliest()
            })
        });
        starts.map(|start| Timestamp::from(start.to_utc())).find(|start| *start > after)
    }

    /// Returns the earliest instant at or after `at` that lies in the shift, such as the one at which its agent may be
    /// told of something. `None` where its hours cannot be read.
    #[must_use]
    pub fn next_inside(&self, at: Timestamp) -> Option<Timestamp> {
        match self.standing(at) {
            Standing::On { .. } => Some(at),
            Standing::Off => self.next_start(at),
        }
    }

    fn works_on(&self, weekday: Weekday) -> bool {
        let day = match weekday {
            Weekday::Mon => Day::Mon,
            Weekday::Tue => Day::Tue,
            Weekday::Wed => Day::Wed,
            Weekday::Thu => Day::Thu,
            Weekday::Fri => Day::Fri,
            Weekday::Sat => Day::Sat,
            Weekday::Sun => Day::Sun,
        };
        self.days.is_empty() || self.days.contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(days: &[Day], start: &str, end: &str) -> Shift {
        let timezone = "Europe/Berlin".parse().unwrap();
        Shift { timezone, days: days.to_vec(), start: start.into(), end: end.into() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_on_which_it_starts() {
        let night = shift(&[Day::Fri], "22:00", "06:00");
        // 2026-11-20 is a Friday; Berlin is one hour ahead of UTC.
        assert_eq!(night.standing(at("2026-11-20T21:30:00Z")), Standing::On { seconds_left: 27_000 });
        assert_eq!(night.standing(at("2026-11-21T04:00:00Z")), Standing::On { seconds_left: 3_600 });
        assert_eq!(night.standing(at("2026-11-21T05:00:00Z")), Standing::Off);
        assert_eq!(night.standing(at("2026-11-21T22:00:00Z")), Standing::Off);
    }

    #[test]
    fn inside_a_shift_is_now_and_outside_is_its_next_start() {
        let office = shift(&[Day::Mon, Day::Fri], "09:00", "17:00");
        let inside = |text: &str| office.next_inside(at(text)).unwrap().to_string();
        assert_eq!(inside("2026-11-20T08:00:00Z"), "2026-11-20T08:00:00Z");
        assert_eq!(inside("2026-11-20T15:59:59Z"), "2026-11-20T15:59:59Z");
        assert_eq!(inside("2026-11-20T16:00:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(shift(&[], "9", "17:00").next_inside(at("2026-11-20T08:00:00Z")), None);
    }

    #[test]
    fn the_next_start_is_on_the_next_day_of_work() {
        let next = |shift: &Shift, text: &str| shift.next_start(at(text)).unwrap().to_string();
        let office = shift(&[Day::Mon, Day::Fri], "09:00", "17:00");
        assert_eq!(next(&office, "2026-11-20T07:59:59Z"), "2026-11-20T08:00:00Z");
        assert_eq!(next(&office, "2026-11-20T08:00:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(next(&office, "2026-11-20T23:30:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(
            next(&shift(&[Day::Fri], "22:00", "06:00"), "2026-11-21T03:00:00Z"),
            "2026-11-27T21:00:00Z"
        );
        // 2027-03-28 is the Sunday on which 02:00 to 03:00 is skipped.
        let night = shift(&[Day::Sun], "02:30", "08:00");
        assert_eq!(next(&night, "2027-03-27T12:00:00Z"), "2027-03-28T01:00:00Z");
        assert_eq!(next(&night, "2027-03-28T01:00:00Z"), "2027-04-04T00:30:00Z");
        assert_eq!(shift(&[], "9", "17:00").next_start(at("2026-11-20T08:00:00Z")), None);
    }

    #[test]
    fn new_work_stops_before_the_end() {
        let day = shift(&[], "09:00", "17:00");
        let takes = |time: &str| {
            let standing = day.standing(at(time));
            (standing.takes(WorkKind::Ticket), standing.takes(WorkKind::Chat))
        };
        assert_eq!(takes("2026-11-20T15:29:59Z"), (true, true));
        assert_eq!(takes("2026-11-20T15:30:00Z"), (false, true));
        assert_eq!(takes("2026-11-20T15:50:00Z"), (false, false));
        assert_eq!(takes("2026-11-20T07:59:59Z"), (false, false));
    }

    #[test]
    fn hours_that_cannot_be_read_are_named() {
        for (start, end) in [("9", "17:00"), ("09:00", "25:00"), ("09:00", "09:00"), ("24:00", "09:00")] {
            assert_eq!(shift(&[], start, end).hours(), Err(ShiftProblem), "{start}-{end}");
        }
        assert_eq!(shift(&[], "00:00", "24:00").hours(), Ok((0, 86_400)));
    }
}
