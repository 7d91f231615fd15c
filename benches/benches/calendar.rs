//! Deadlines and elapsed time in business hours.
//!
//! Beside it: walking from day to day and asking the zone for each opening and closing.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::collections::HashMap;
use std::hint::black_box;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use criterion::Criterion;
use support_benches::{Chance, quick};
use support_core::sla::calendar::{Calendar, CalendarSpec, ExceptionSpec, Pauses, WindowSpec};
use support_core::time::Timestamp;

const HOUR: u64 = 3_600;
const DAY: i64 = 86_400;
/// 42.5 hours a week, holidays set aside.
const WEEK: u64 = 42 * HOUR + HOUR / 2;

fn main() {
    let mut criterion = quick();
    let spec = office();
    let (calendar, walker) = (Calendar::new(&spec).unwrap(), Walker::of(&spec));
    let mut chance = Chance::new(4);
    let starts: Vec<Timestamp> = (0..64)
        .map(|_| Timestamp::from_seconds(1_790_000_000 + i64::try_from(chance.below(90 * 86_400)).unwrap()))
        .collect();
    let spans: [(&str, u64, i64); 3] =
        [("hours", 4 * HOUR, DAY), ("weeks", 3 * WEEK, 21 * DAY), ("five years", 250 * WEEK, 5 * 365 * DAY)];
    for (away, target, seconds) in spans {
        for &start in &starts {
            let due = calendar.due(start, target, &Pauses::none()).unwrap();
            assert_eq!(walker.due(start, target), due);
            let end = start.plus_seconds(seconds);
            assert_eq!(walker.elapsed(start, end), calendar.elapsed_micros(start, end, &Pauses::none()));
        }
        due(&mut criterion, away, target, &starts, &calendar, &walker);
        elapsed(&mut criterion, away, seconds, &starts, &calendar, &walker);
    }
    criterion.final_summary();
}

fn due(
    criterion: &mut Criterion,
    away: &str,
    target: u64,
    starts: &[Timestamp],
    calendar: &Calendar,
    walker: &Walker,
) {
    let mut group = criterion.benchmark_group(format!("deadline {away} away"));
    let mut next = starts.iter().cycle();
    group.bench_function("calendar", |b| {
        b.iter(|| calendar.due(*next.next().unwrap(), black_box(target), &Pauses::none()));
    });
    group.bench_function("baseline: day by day", |b| {
        b.iter(|| walker.due(*next.next().unwrap(), black_box(target)));
    });
    group.finish();
}

fn elapsed(
    criterion: &mut Criterion,
    away: &str,
    seconds: i64,
    starts: &[Timestamp],
    calendar: &Calendar,
    walker: &Walker,
) {
    let mut group = criterion.benchmark_group(format!("elapsed over {away}"));
    let mut next = starts.iter().cycle().map(|&start| (start, start.plus_seconds(seconds)));
    group.bench_function("calendar", |b| {
        b.iter(|| {
            let (from, to) = black_box(next.next().unwrap());
            calendar.elapsed_micros(from, to, &Pauses::none())
        });
    });
    group.bench_function("baseline: day by day", |b| {
        b.iter(|| {
            let (from, to) = black_box(next.next().unwrap());
            walker.elapsed(from, to)
        });
    });
    group.finish();
}

/// An office in Berlin: a break at noon, holidays each year, and days that differ in the years around.
fn office() -> CalendarSpec {
    let mut spec: CalendarSpec = serde_json::from_str(
        r#"{
            "name": "Berlin office",
            "timezone": "Europe/Berlin",
            "weekly": {
                "mon": [["08:30", "12:30"], ["13:30", "18:00"]], "tue": [["08:30", "12:30"], ["13:30", "18:00"]],
                "wed": [["08:30", "12:30"], ["13:30", "18:00"]], "thu": [["08:30", "12:30"], ["13:30", "18:00"]],
                "fri": [["08:30", "12:30"], ["13:30", "18:00"]]
            },
            "yearly": [
                { "month": 1, "day": 1, "windows": [] }, { "month": 5, "day": 1, "windows": [] },
                { "month": 10, "day": 3, "windows": [] }, { "month": 12, "day": 25, "windows": [] },
                { "month": 12, "day": 26, "windows": [] }
            ]
        }"#,
    )
    .unwrap();
    for year in 2025..2035 {
        for (day, windows) in [("04-07", vec![]), ("12-24", vec![["09:00", "12:00"]]), ("12-31", vec![])] {
            let windows = windows.into_iter().map(|window| window.map(str::to_owned)).collect();
            spec.exceptions.push(ExceptionSpec { date: format!("{year}-{day}"), windows });
        }
    }
    spec
}

type Windows = Vec<(NaiveTime, NaiveTime)>;

/// The same hours, parsed. It knows no nights and no hours that a change of clocks skips or repeats: this office has
/// neither.
struct Walker {
    zone: chrono_tz::Tz,
    weekly: [Windows; 7],
    yearly: HashMap<(u32, u32), Windows>,
    dated: HashMap<NaiveDate, Windows>,
}

impl Walker {
    fn of(spec: &CalendarSpec) -> Self {
        let week = &spec.weekly;
        let days = [&week.mon, &week.tue, &week.wed, &week.thu, &week.fri, &week.sat, &week.sun];
        let yearly = spec.yearly.iter().map(|day| ((day.month, day.day), read(&day.windows)));
        let dated = spec.exceptions.iter().map(|day| (day.date.parse().unwrap(), read(&day.windows)));
        Self {
            zone: spec.timezone.parse().unwrap(),
            weekly: days.map(|windows| read(windows)),
            yearly: yearly.collect(),
            dated: dated.collect(),
        }
    }

    fn windows(&self, date: NaiveDate) -> &Windows {
        let special = self.dated.get(&date).or_else(|| self.yearly.get(&(date.month(), date.day())));
        special.unwrap_or_else(|| {
            self.weekly.get(usize::try_from(date.weekday().num_days_from_monday()).unwrap()).unwrap()
        })
    }

    /// Open stretches from the local date of `from` on, in microseconds, without an end.
    fn stretches(&self, from: Timestamp) -> impl Iterator<Item = (i64, i64)> {
        let first = self.zone.from_utc_datetime(&from.to_utc().naive_utc()).date_naive();
        let dates = (0..).map(move |day| first + Days::new(day));
        dates.flat_map(move |date| {
            let at =
                move |time| self.zone.from_local_datetime(&date.and_time(time)).unwrap().timestamp_micros();
            self.windows(date).iter().map(move |&(open, close)| (at(open), at(close)))
        })
    }

    fn due(&self, start: Timestamp, target_seconds: u64) -> Timestamp {
        let mut left = TimeDelta::seconds(i64::try_from(target_seconds).unwrap()).num_microseconds().unwrap();
        for (open, close) in self.stretches(start) {
            let open = open.max(start.micros());
            if close - open >= left {
                return Timestamp::from_micros(open + left);
            }
            left -= (close - open).max(0);
        }
        Timestamp::MAX
    }

    fn elapsed(&self, from: Timestamp, to: Timestamp) -> i64 {
        let stretches = self.stretches(from).take_while(|(open, _)| *open < to.micros());
        stretches.map(|(open, close)| (close.min(to.micros()) - open.max(from.micros())).max(0)).sum()
    }
}

fn read(windows: &[WindowSpec]) -> Windows {
    let time = |text: &String| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    windows.iter().map(|[open, close]| (time(open), time(close))).collect()
}
