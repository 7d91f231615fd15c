//! The configuration of a calendar as people write it, and what can be wrong with it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::hours::{DAY_MINUTES, DayHours, Hours, Window, day_number};
use super::offsets::{FIRST_TABLED_YEAR, LAST_TABLED_YEAR};
use crate::time::Zone;

/// The most windows that a date may have: one each half hour. Bounds the memory of a calendar's tables.
pub const MAX_WINDOWS: usize = 48;

/// The most dated exceptions that a calendar may have: ten years of a different plan each day.
pub const MAX_EXCEPTIONS: usize = 4_000;

/// The most dated exceptions outside the years 1844 to 2099, each of which costs a table of its own.
pub const MAX_FAR_EXCEPTIONS: usize = 100;

/// An open window of a date as `["09:00", "17:00"]`, from opening to closing time on the wall clock.
///
/// `24:00` closes a day. A closing time at or before the opening time lies on the next day.
pub type WindowSpec = [String; 2];

/// A calendar as it stands in JSON.
///
/// What is absent is empty: a weekday without windows is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// The name, for people.
    pub name: String,
    /// The IANA zone on whose wall clock the windows are read, such as `Europe/Berlin`.
    pub timezone: String,
    /// The usual windows of each weekday.
    pub weekly: WeeklySpec,
    /// Dates that differ from their weekday and from any yearly holiday.
    #[serde(default)]
    pub exceptions: Vec<ExceptionSpec>,
    /// Holidays that come back on the same date each year.
    #[serde(default)]
    pub yearly: Vec<YearlySpec>,
    /// Whether what this version puts in the past fires the ladders of timers that have not ended: warnings,
    /// escalations and what they do. Otherwise it is passed over. It counts for this version alone; the next says it anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fire_ladders: bool,
}

/// The usual windows of each weekday.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeeklySpec {
    /// Windows that open on a Monday.
    pub mon: Vec<WindowSpec>,
    /// Windows that open on a Tuesday.
    pub tue: Vec<WindowSpec>,
    /// Windows that open on a Wednesday.
    pub wed: Vec<WindowSpec>,
    /// Windows that open on a Thursday.
    pub thu: Vec<WindowSpec>,
    /// Windows that open on a Friday.
    pub fri: Vec<WindowSpec>,
    /// Windows that open on a Saturday.
    pub sat: Vec<WindowSpec>,
    /// Windows that open on a Sunday.
    pub sun: Vec<WindowSpec>,
}

/// A date with windows of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionSpec {
    /// The local date, such as `2026-12-24`, in the years 1 to 9999.
    pub date: String,
    /// Its windows; none where the desk stays closed.
    pub windows: Vec<WindowSpec>,
}

/// A date of every year with windows of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearlySpec {
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month; 29 February comes in leap years only.
    pub day: u32,
    /// Its windows; none where the desk stays closed.
    pub windows: Vec<WindowSpec>,
}

/// One thing that is wrong with a calendar's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalendarProblem {
    /// The path of the field, such as `weekly.mon[1]` or `exceptions[0].date`.
    pub field: String,
    /// What is wrong with it, for the person who edits the calendar.
    pub problem: String,
}

impl fmt::Display for CalendarProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

/// Reads a configuration, or names all that is wrong with it.
pub(super) fn read(spec: &CalendarSpec) -> Result<(Zone, Hours), Vec<CalendarProblem>> {
    let mut problems = Problems::default();
    let zone = spec.timezone.parse::<Zone>().map_err(|error| {
        problems.add("timezone", format!("`{}` is {error}", spec.timezone));
    });
    let WeeklySpec { mon, tue, wed, thu, fri, sat, sun } = &spec.weekly;
    let weekly =
        [("mon", mon), ("tue", tue), ("wed", wed), ("thu", thu), ("fri", fri), ("sat", sat), ("sun", sun)]
            .map(|(weekday, windows)| problems.day_hours(&format!("weekly.{weekday}"), windows));
    let dated = problems.dated(&spec.exceptions);
    let yearly = problems.yearly(&spec.yearly);
    match zone {
        Ok(zone) if problems.0.is_empty() => Ok((zone, Hours::new(weekly, yearly, dated))),
        _ => Err(problems.0),
    }
}

#[derive(Default)]
struct Problems(Vec<CalendarProblem>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(CalendarProblem { field: field.into(), problem: problem.into() });
    }

    fn dated(&mut self, specs: &[ExceptionSpec]) -> BTreeMap<i64, DayHours> {
        let mut dated = BTreeMap::new();
        if specs.len() > MAX_EXCEPTIONS {
            self.add("exceptions", format!("more than {MAX_EXCEPTIONS} exceptions"));
            return dated;
        }
        let mut far = 0;
        for (index, spec) in specs.iter().enumerate() {
            let hours = self.day_hours(&format!("exceptions[{index}].windows"), &spec.windows);
            let field = format!("exceptions[{index}].date");
            let Some(date) = parse_date(&spec.date) else {
                self.add(field, format!("`{}` is not a date such as `2026-12-24`", spec.date));
                continue;
            };
            far += usize::from(!(FIRST_TABLED_YEAR..=LAST_TABLED_YEAR).contains(&date.year()));
            match dated.entry(day_number(date)) {
                Entry::Vacant(entry) => drop(entry.insert(hours)),
                Entry::Occupied(_) => self.add(field, format!("`{date}` stands here twice")),
            }
        }
        if far > MAX_FAR_EXCEPTIONS {
            let years = format!("{FIRST_TABLED_YEAR} to {LAST_TABLED_YEAR}");
            self.add(
                "exceptions",
                format!("more than {MAX_FAR_EXCEPTIONS} exceptions outside the years {years}"),
            );
        }
        dated
    }

    fn yearly(&mut self, specs: &[YearlySpec]) -> BTreeMap<(u32, u32), DayHours> {
        let mut yearly = BTreeMap::new();
        for (index, spec) in specs.iter().enumerate() {
            let hours = self.day_hours(&format!("yearly[{index}].windows"), &spec.windows);
            let &YearlySpec { month, day, .. } = spec;
            // 2000 is a leap year: it has every date that any year has.
            if !(1..=12).contains(&month) {
                self.add(format!("yearly[{index}].month"), format!("`{month}` is not a month from 1 to 12"));
            } else if NaiveDate::from_ymd_opt(2000, month, day).is_none() {
                self.add(format!("yearly[{index}].day"), format!("month {month} has no day `{day}`"));
            } else if yearly.insert((month, day), hours).is_some() {
                self.add(
                    format!("yearly[{index}].day"),
                    format!("month {month} day {day} stands here twice"),
                );
            }
        }
        yearly
    }

    fn day_hours(&mut self, field: &str, specs: &[WindowSpec]) -> DayHours {
        if specs.len() > MAX_WINDOWS {
            self.add(field, format!("more than {MAX_WINDOWS} windows"));
        }
        let windows = specs.iter().take(MAX_WINDOWS).enumerate();
        DayHours::new(windows.filter_map(|(index, spec)| {
            parse_window(spec).map_err(|problem| self.add(format!("{field}[{index}]"), problem)).ok()
        }))
    }
}

fn parse_window([open, close]: &WindowSpec) -> Result<Window, String> {
    let minutes = |text: &str| {
        parse_minutes(text).ok_or_else(|| format!("`{text}` is not a time of day such as `09:00`"))
    };
    let window = Window { open: minutes(open)?, close: minutes(close)? };
    if window.open == DAY_MINUTES {
        return Err("`24:00` can close a window but not open one".to_owned());
    }
    Ok(window)
}

/// Reads a window as minutes after midnight, from opening to closing; a closing time at or before the opening time lies on
/// the next day.
///
/// # Errors
/// Which of the two cannot be.
pub(crate) fn minutes_of_window(window: &WindowSpec) -> Result<(u16, u16), String> {
    parse_window(window).map(|window| (window.open, window.close))
}

/// Reads `HH:MM` as minutes after midnight, `24:00` included.
fn parse_minutes(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let number = |tens: u8, ones: u8| {
        let both_digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        both_digits.then(|| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
    };
    let (hours, minutes) = (number(h1, h2)?, number(m1, m2)?);
    let of_day = hours * 60 + minutes;
    (minutes < 60 && of_day <= DAY_MINUTES).then_some(of_day)
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = text.parse().ok()?;
    // chrono also reads `2026-7-1`; one date should have one spelling.
    (date.to_string() == text && (1..=9999).contains(&date.year())).then_some(date)
}
