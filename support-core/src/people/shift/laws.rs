//! Shifts beside the plain way to read them: minute by minute, on the wall clock.

use chrono::{Datelike, Timelike};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::sla::calendar::Calendar;

/// Days around which clocks change: an hour, half of one, back again for a fast, and a day that never was.
const CHANGES: [(&str, &str); 8] = [
    ("UTC", "2026-12-31T00:00:00Z"),
    ("Europe/Berlin", "2027-03-28T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
];

fn is_inside(shift: &Shift, at: Timestamp) -> bool {
    let local = at.to_utc().with_timezone(&shift.timezone.tz()).naive_local();
    let minute = local.hour() * 60 + local.minute();
    let today = local.weekday().num_days_from_monday() as usize;
    shift.weekly.days().iter().enumerate().any(|(day, (_, pairs))| {
        pairs.iter().any(|hours| {
            let (open, close) = (u32::from(hours.open), u32::from(hours.close));
            let night = close <= open;
            day == today && open <= minute && (night || minute < close)
                || (day + 1) % 7 == today && night && minute < close
        })
    })
}

fn hours() -> impl Strategy<Value = Hours> {
    (0_u16..48, 0_u16..=48).prop_map(|(open, close)| Hours { open: open * 30, close: close * 30 })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shift_is_what_the_wall_clock_shows_minute_by_minute(
        change in select(CHANGES.to_vec()),
        seconds in -200_000_i64..200_000,
        pairs in prop::collection::vec((select(Day::ALL), hours()), 0..8),
        daily in prop::option::weighted(0.2, hours()),
    ) {
        let (zone, around) = change;
        let mut shift = Shift::of(zone.parse().unwrap(), Weekly::default()).unwrap();
        for (day, hours) in pairs.into_iter().chain(Day::ALL.iter().flat_map(|day| daily.map(|hours| (*day, hours)))) {
            shift.weekly.of_mut(day).push(hours);
        }
        let now = around.parse::<Timestamp>().unwrap().plus_seconds(seconds);
        let minute = now.seconds().div_euclid(60);
        let inside = |minute: i64| is_inside(&shift, Timestamp::from_seconds(minute * 60));

        let open = (minute..).take_while(|at| at * 60 < now.seconds() + DAY_SECONDS && inside(*at)).count();
        let end = (minute + i64::try_from(open).unwrap()) * 60;
        let seconds_left = (end - now.seconds()).min(DAY_SECONDS);
        let expected = if open == 0 { Standing::Off } else { Standing::On { seconds_left } };
        prop_assert_eq!(shift.standing(now), expected);

        let mut later = minute + 1..minute + LOOKED_AHEAD / 60;
        let start = later.find(|at| inside(*at) && !inside(at - 1));
        prop_assert_eq!(shift.next_start(now), start.map(|start| Timestamp::from_seconds(start * 60)));

        let windows = serde_json::to_value(&shift.weekly).unwrap();
        let spec = json!({ "name": "The same hours", "timezone": zone, "weekly": windows });
        let calendar = Calendar::new(&serde_json::from_value(spec).unwrap()).unwrap();
        prop_assert_eq!(calendar.is_open(now), inside(minute), "a calendar of the same hours");
    }
}
