//! When an agent works.
//!
//! A shift is weekly hours in a zone. Near its end an agent gets no new work that could not be finished: nothing
//! live in the last 10 minutes, no new asynchronous work in the last 30.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sla::calendar::{clock_stretches, minutes_of_window};
use crate::time::{Timestamp, Zone};

use super::WorkKind;

/// Weekly hours in a zone, each day with as many pairs as it needs.
///
/// Pairs that meet are one, over midnight too: their seam is neither an end nor a start. The end of a pair that nothing
/// meets, such as that before a break, is an end of the shift, however short the break: work that comes then would lie
/// through it. Who should get work up to the break writes one pair over it.
/// Also read as one pair for some days, `{timezone, days, start, end}`, and always written by weekday. Without `days` the
/// pair is for every day; a list of none is refused, for it could mean either.
///
/// ```
/// use support_core::people::{Shift, WorkKind};
///
/// let shift: Shift = serde_json::from_str(
///     r#"{"timezone": "Europe/Berlin", "weekly": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]]}}"#,
/// )?;
/// let takes = |at: &str| shift.standing(at.parse().unwrap()).takes(WorkKind::Ticket);
/// assert!(takes("2026-11-23T09:00:00Z") && !takes("2026-11-23T12:00:00Z"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Shift {
    timezone: Zone,
    weekly: Weekly,
}

/// Hours by the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weekly {
    /// On Mondays.
    pub mon: Vec<Hours>,
    /// On Tuesdays.
    pub tue: Vec<Hours>,
    /// On Wednesdays.
    pub wed: Vec<Hours>,
    /// On Thursdays.
    pub thu: Vec<Hours>,
    /// On Fridays.
    pub fri: Vec<Hours>,
    /// On Saturdays.
    pub sat: Vec<Hours>,
    /// On Sundays.
    pub sun: Vec<Hours>,
}

impl Weekly {
    /// Returns the days with their hours.
    #[must_use]
    pub const fn days(&self) -> [(Day, &Vec<Hours>); 7] {
        [
            (Day::Mon, &self.mon),
            (Day::Tue, &self.tue),
            (Day::Wed, &self.wed),
            (Day::Thu, &self.thu),
            (Day::Fri, &self.fri),
            (Day::Sat, &self.sat),
            (Day::Sun, &self.sun),
        ]
    }

    const fn of_mut(&mut self, day: Day) -> &mut Vec<Hours> {
        match day {
            Day::Mon => &mut self.mon,
            Day::Tue => &mut self.tue,
            Day::Wed => &mut self.wed,
            Day::Thu => &mut self.thu,
            Day::Fri => &mut self.fri,
            Day::Sat => &mut self.sat,
            Day::Sun => &mut self.sun,
        }
    }

    /// Returns the hours of a day, counted from 1970.
    const fn on(&self, day: i64) -> &Vec<Hours> {
        // 1970-01-01 was a Thursday, the fourth day from Monday.
        match (day + 3).rem_euclid(7) {
            0 => &self.mon,
            1 => &self.tue,
            2 => &self.wed,
            3 => &self.thu,
            4 => &self.fri,
            5 => &self.sat,
            _ => &self.sun,
        }
    }
}

/// A pair of local times, as `["09:00", "17:30"]`. An end at or before its start lies on the next day; `24:00` ends a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[String; 2]", into = "[String; 2]")]
pub struct Hours {
    /// Minutes after midnight, below 1,440.
    open: u16,
    /// Minutes after midnight, at most 1,440.
    close: u16,
}

impl Hours {
    /// Start and end in seconds of the local day; an end on the next day is beyond 86,400.
    fn seconds(self) -> (i64, i64) {
        let (start, end) = (i64::from(self.open) * 60, i64::from(self.close) * 60);
        (start, if end <= start { end + DAY_SECONDS } else { end })
    }
}

impl TryFrom<[String; 2]> for Hours {
    type Error = ShiftProblem;

    fn try_from(pair: [String; 2]) -> Result<Self, ShiftProblem> {
        let (open, close) = minutes_of_window(&pair).map_err(ShiftProblem)?;
        Ok(Self { open, close })
    }
}

impl From<Hours> for [String; 2] {
    fn from(hours: Hours) -> Self {
        [hours.open, hours.close].map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60))
    }
}

/// A shift as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    timezone: Zone,
    weekly: Option<Weekly>,
    days: Option<Vec<Day>>,
    start: Option<String>,
    end: Option<String>,
}

impl TryFrom<Form> for Shift {
    type Error = ShiftProblem;

    fn try_from(form: Form) -> Result<Self, ShiftProblem> {
        let Form { timezone, weekly, days, start, end } = form;
        match (weekly, start, end) {
            (Some(weekly), None, None) if days.is_none() => Self::of(timezone, weekly),
            (None, Some(_), Some(_)) if days.as_ref().is_some_and(Vec::is_empty) => Err(ShiftProblem(
                "`days` must name at least one day, or be left out for every day".to_owned(),
            )),
            (None, Some(start), Some(end)) => {
                Self::on_days(timezone, &days.unwrap_or_default(), &start, &end)
            }
            _ => Err(ShiftProblem("must have either `weekly` or `start` and `end`".to_owned())),
        }
    }
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

/// Why the hours of a shift cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftProblem(String);

impl fmt::Display for ShiftProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ShiftProblem {}

/// Where an instant stands in a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Outside.
    Off,
    /// Inside, with this many seconds to its end.
    On {
        /// Seconds left, more than 0 and a day at most.
        seconds_left: i64,
    },
}

const DAY_SECONDS: i64 = 86_400;
/// Most pairs of a day: one each half hour.
const MOST_PAIRS: usize = 48;
/// How far ahead the end of a shift is looked for: a day is far enough.
const LOOKED_AT: i64 = DAY_SECONDS;
/// Seconds before the end of a shift in which nothing live is given.
const NO_LIVE_SECONDS: i64 = 600;
/// How far ahead the next start is looked for: a shift starts once a week at least, but where the date line moved over
/// its day.
const LOOKED_AHEAD: i64 = 15 * DAY_SECONDS;
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
    /// A shift of these hours.
    ///
    /// # Errors
    /// `ShiftProblem` where a day has too many pairs.
    pub fn of(timezone: Zone, weekly: Weekly) -> Result<Self, ShiftProblem> {
        let full =
            weekly.days().into_iter().find_map(|(day, pairs)| (pairs.len() > MOST_PAIRS).then_some(day));
        match full {
            Some(day) => Err(ShiftProblem(format!("`{day}` must have at most {MOST_PAIRS} pairs"))),
            None => Ok(Self { timezone, weekly }),
        }
    }

    /// The same pair on some days; none is every day.
    ///
    /// # Errors
    /// `ShiftProblem` where one of the two is no time of day.
    pub fn on_days(timezone: Zone, days: &[Day], start: &str, end: &str) -> Result<Self, ShiftProblem> {
        let hours = Hours::try_from([start.to_owned(), end.to_owned()])?;
        let mut weekly = Weekly::default();
        for day in if days.is_empty() { Day::ALL } else { days } {
            *weekly.of_mut(*day) = vec![hours];
        }
        Ok(Self { timezone, weekly })
    }

    /// Returns the zone of the hours.
    #[must_use]
    pub const fn timezone(&self) -> Zone {
        self.timezone
    }

    /// Returns the hours by the day on which they begin.
    #[must_use]
    pub const fn weekly(&self) -> &Weekly {
        &self.weekly
    }

    /// Tells where `now` stands.
    ///
    /// The pairs are read on the wall clock, as the windows of a [calendar](crate::sla::calendar): hours that a change of
    /// it skips are in no shift, hours that it repeats are in both times.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let now = now.seconds();
        let mut end = now;
        for clock in clock_stretches(self.timezone, now, now + LOOKED_AT) {
            let Some(until) = self.open_until(end + clock.ahead) else { break };
            end = clock.until.min(until - clock.ahead);
            if end < clock.until {
                break;
            }
        }
        match end - now {
            0 => Standing::Off,
            seconds_left => Standing::On { seconds_left },
        }
    }

    /// Returns when it starts next, after an instant: the first instant inside that follows one outside. A start that the
    /// clocks skip is where they go on.
    #[must_use]
    pub fn next_start(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.seconds();
        clock_stretches(self.timezone, after, after + LOOKED_AHEAD).into_iter().find_map(|clock| {
            let walls = clock.from + clock.ahead..clock.until + clock.ahead;
            let days = walls.start.div_euclid(DAY_SECONDS)..=walls.end.div_euclid(DAY_SECONDS);
            let starts = days.flat_map(|day| self.pairs(day)).map(|(start, _)| start);
            let jumped = std::iter::once(walls.start).filter(|wall| self.open_until(*wall).is_some());
            let starts =
                starts.filter(|wall| walls.contains(wall)).chain(jumped).map(|wall| wall - clock.ahead);
            let begins = |start: &i64| {
                *start > after && self.standing(Timestamp::from_seconds(start - 1)) == Standing::Off
            };
            starts.filter(begins).min().map(Timestamp::from_seconds)
        })
    }

    /// Lists the pairs of a day, counted from 1970, in seconds of the wall clock since then.
    fn pairs(&self, day: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        let midnight = day * DAY_SECONDS;
        self.weekly.on(day).iter().map(move |hours| {
            let (start, end) = hours.seconds();
            (midnight + start, midnight + end)
        })
    }

    /// Returns the end of the pairs in which the wall clock lies, and of those that meet them. Whoever works on for more
    /// than a day is told some end beyond it.
    fn open_until(&self, wall: i64) -> Option<i64> {
        let end_of = |wall: i64| {
            let day = wall.div_euclid(DAY_SECONDS);
            // Yesterday's may reach into today.
            let pairs = (day - 1..=day).flat_map(|day| self.pairs(day));
            pairs.filter(|(start, end)| *start <= wall && wall < *end).map(|(_, end)| end).max()
        };
        let mut end = end_of(wall)?;
        while end - wall <= LOOKED_AT
            && let Some(later) = end_of(end)
        {
            end = later;
        }
        Some(end)
    }

    /// Returns the earliest instant at or after `at` that lies in the shift, such as the one at which its agent may be
    /// told of something. `None` where it has no hours.
    #[must_use]
    pub fn next_inside(&self, at: Timestamp) -> Option<Timestamp> {
        match self.standing(at) {
            Standing::On { .. } => Some(at),
            Standing::Off => self.next_start(at),
        }
    }
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shift(days: &[Day], start: &str, end: &str) -> Shift {
        Shift::on_days("Europe/Berlin".parse().unwrap(), days, start, end).unwrap()
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
        let never = Shift::of("UTC".parse().unwrap(), Weekly::default()).unwrap();
        assert_eq!(never.next_inside(at("2026-11-20T08:00:00Z")), None);
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

    fn read(json: serde_json::Value) -> Result<Shift, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    #[test]
    fn days_may_have_several_pairs_and_each_end_that_nothing_meets_is_an_end() {
        let office = json!([["09:00", "12:30"], ["13:30", "17:00"]]);
        let week = read(
            json!({ "timezone": "UTC", "weekly": { "mon": office, "tue": [["17:00", "23:00"], ["08:00", "17:00"]] } }),
        );
        let week = week.unwrap();
        let left = |text: &str| match week.standing(at(text)) {
            Standing::On { seconds_left } => Some(seconds_left),
            Standing::Off => None,
        };
        // 2026-11-23 is a Monday.
        assert_eq!(left("2026-11-23T12:00:00Z"), Some(1_800));
        assert_eq!(left("2026-11-23T12:30:00Z"), None);
        assert_eq!(left("2026-11-23T13:30:00Z"), Some(12_600));
        // Pairs that meet are one, in whichever order they stand.
        assert_eq!(left("2026-11-24T16:59:00Z"), Some(21_660));
        assert_eq!(left("2026-11-25T10:00:00Z"), None);
        let next = |text: &str| week.next_start(at(text)).unwrap().to_string();
        assert_eq!(next("2026-11-23T09:00:00Z"), "2026-11-23T13:30:00Z");
        assert_eq!(next("2026-11-23T18:00:00Z"), "2026-11-24T08:00:00Z");
        assert_eq!(next("2026-11-24T18:00:00Z"), "2026-11-30T09:00:00Z");
    }

    #[test]
    fn who_works_round_the_clock_never_nears_an_end() {
        let always = shift(&[], "00:00", "24:00");
        for time in ["2026-11-23T00:00:00Z", "2026-11-23T22:59:59Z", "2026-03-29T01:00:00Z"] {
            assert!(always.standing(at(time)).takes(WorkKind::Ticket), "{time}");
        }
        assert_eq!(always.next_start(at("2026-11-23T10:00:00Z")), None, "nor a start");
        // From nine to nine is a day and a night.
        let round = shift(&[Day::Mon], "09:00", "09:00");
        assert_eq!(round.standing(at("2026-11-24T07:59:00Z")), Standing::On { seconds_left: 60 });
    }

    #[test]
    fn a_seam_is_no_end_of_a_shift_and_no_start() {
        let meet = json!({ "mon": [["22:00", "24:00"]], "tue": [["00:00", "06:00"], ["06:00", "09:00"]] });
        let over_midnight = json!({ "mon": [["22:00", "06:00"]], "tue": [["06:00", "09:00"]] });
        for weekly in [meet, over_midnight] {
            let night = read(json!({ "timezone": "Europe/Berlin", "weekly": weekly })).unwrap();
            for seam in ["2026-11-23T22:59:59Z", "2026-11-24T04:59:59Z"] {
                assert!(night.standing(at(seam)).takes(WorkKind::Ticket), "{seam}");
            }
            assert_eq!(night.standing(at("2026-11-24T07:30:00Z")), Standing::On { seconds_left: 1_800 });
            let next = night.next_start(at("2026-11-23T21:00:00Z"));
            assert_eq!(next, Some(at("2026-11-30T21:00:00Z")));
        }
    }

    #[test]
    fn what_is_left_of_a_shift_is_real_time_where_clocks_change() {
        let night = shift(&[], "18:00", "03:00");
        // On 2027-03-28, 02:00 to 03:00 is skipped in Berlin; on 2026-10-25 it comes twice.
        let left = |text: &str| match night.standing(at(text)) {
            Standing::On { seconds_left } => seconds_left,
            Standing::Off => 0,
        };
        assert_eq!(left("2027-03-28T00:45:00Z"), 900);
        assert!(!night.standing(at("2027-03-28T00:45:00Z")).takes(WorkKind::Ticket));
        assert_eq!(left("2027-03-28T01:00:00Z"), 0);
        assert_eq!(left("2026-10-25T00:45:00Z"), 4_500);
        assert_eq!(left("2026-10-25T01:45:00Z"), 900);
        assert_eq!(left("2026-10-25T02:00:00Z"), 0);
    }

    #[test]
    fn one_pair_for_some_days_is_read_too_and_written_by_weekday() {
        let pair =
            read(json!({ "timezone": "UTC", "days": ["mon"], "start": "22:00", "end": "06:30" })).unwrap();
        let weekly = json!({ "mon": [["22:00", "06:30"]], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [] });
        let written = json!({ "timezone": "UTC", "weekly": weekly });
        assert_eq!(serde_json::to_value(&pair).unwrap(), written);
        assert_eq!(read(written).unwrap(), pair);
    }

    #[test]
    fn hours_that_cannot_be_read_are_named() {
        let zoned = |mut hours: serde_json::Value| {
            hours["timezone"] = json!("UTC");
            read(hours).unwrap_err()
        };
        for (start, end) in [("9", "17:00"), ("09:00", "25:00"), ("24:00", "09:00")] {
            assert!(zoned(json!({ "start": start, "end": end })).contains('`'), "{start}-{end}");
            assert!(zoned(json!({ "weekly": { "mon": [[start, end]] } })).contains('`'), "{start}-{end}");
        }
        for neither in [json!({}), json!({ "start": "09:00" }), json!({ "weekly": {}, "days": ["mon"] })] {
            assert!(zoned(neither).starts_with("must have either"));
        }
        let no_day = zoned(json!({ "start": "09:00", "end": "17:00", "days": [] }));
        assert!(no_day.starts_with("`days` must name at least one day"), "{no_day}");
        let many = vec![["09:00", "10:00"]; 49];
        assert!(zoned(json!({ "weekly": { "mon": many } })).starts_with("`mon` must have at most 48 pairs"));
    }
}
