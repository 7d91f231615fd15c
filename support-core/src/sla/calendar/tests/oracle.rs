//! The rule told as plainly as possible, and slowly: one look at the wall clock for each minute.

use chrono::{Datelike, Days, NaiveDate, Offset, TimeZone, Timelike, Weekday};
use proptest::prelude::*;

use super::super::*;

const MINUTE: i64 = 60_000_000;

/// The rule over the words of the configuration. Times are compared as text: `"09:00" < "12:30" < "24:00"`.
struct Oracle<'a> {
    spec: &'a CalendarSpec,
    zone: chrono_tz::Tz,
    pauses: &'a [Pause],
}

impl Oracle<'_> {
    fn is_open(&self, at: Timestamp) -> bool {
        let local = self.zone.from_utc_datetime(&at.to_utc().naive_utc());
        let (date, clock) = (local.date_naive(), format!("{:02}:{:02}", local.hour(), local.minute()));
        let (today, replaced) = self.windows(date);
        let (yesterday, _) = self.windows(date - Days::new(1));
        let in_today = today.iter().any(|[open, close]| {
            let overnight = close <= open;
            *open <= clock && (overnight || clock < *close)
        });
        let in_last_night = yesterday.iter().any(|[open, close]| close <= open && clock < *close);
        let cut = replaced && today.is_empty();
        in_today || (in_last_night && !cut)
    }

    /// The windows of a date, and whether an exception or a holiday puts them in place of the weekday's.
    fn windows(&self, date: NaiveDate) -> (&[WindowSpec], bool) {
        if let Some(exception) =
            self.spec.exceptions.iter().find(|exception| exception.date == date.to_string())
        {
            return (&exception.windows, true);
        }
        if let Some(holiday) =
            self.spec.yearly.iter().find(|day| (day.month, day.day) == (date.month(), date.day()))
        {
            return (&holiday.windows, true);
        }
        let weekly = &self.spec.weekly;
        let windows = match date.weekday() {
            Weekday::Mon => &weekly.mon,
            Weekday::Tue => &weekly.tue,
            Weekday::Wed => &weekly.wed,
            Weekday::Thu => &weekly.thu,
            Weekday::Fri => &weekly.fri,
            Weekday::Sat => &weekly.sat,
            Weekday::Sun => &weekly.sun,
        };
        (windows, false)
    }

    fn is_paused(&self, at: Timestamp) -> bool {
        self.pauses.iter().any(|pause| pause.from <= at && pause.to.is_none_or(|to| at < to))
    }

    /// Splits `[from, to)` into pieces in which nothing changes: minutes of the wall clock, cut at pauses and, where
    /// the clock is about to be changed, seconds.
    fn pieces(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let ahead = |at: Timestamp| {
            let offset = self.zone.offset_from_utc_datetime(&at.to_utc().naive_utc());
            i64::from(offset.fix().local_minus_utc()) * 1_000_000
        };
        let mut pieces = Vec::new();
        let mut at = from;
        while at < to {
            let into = |unit: i64| (at.micros() + ahead(at)).rem_euclid(unit);
            let mut next = at.plus_micros(MINUTE - into(MINUTE));
            if ahead(next) != ahead(at) {
                next = at.plus_micros(1_000_000 - into(1_000_000));
            }
            let bounds = self.pauses.iter().flat_map(|pause| [Some(pause.from), pause.to]).flatten();
            let next = bounds.chain([to]).filter(|&bound| at < bound).fold(next, Timestamp::min);
            pieces.push((at, next));
            at = next;
        }
        pieces
    }
}

/// Where clocks did something worth looking at. IANA tzdata 2025b.
const MOMENTS: &[(&str, &str)] = &[
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    // Two hours of summer time.
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
    // Midnight itself is skipped, or repeated.
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2019-02-17T02:00:00Z"),
    ("America/Havana", "2026-03-08T05:00:00Z"),
    ("America/Havana", "2026-11-01T05:00:00Z"),
    // A date is skipped, or had twice.
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
    ("Pacific/Kwajalein", "1969-09-30T13:00:00Z"),
    ("Pacific/Kiritimati", "1994-12-31T10:40:00Z"),
    ("America/Juneau", "1867-10-19T00:00:00Z"),
    ("Asia/Manila", "1844-12-31T15:56:00Z"),
    // The zone changes for good, by less than an hour and by odd seconds.
    ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
    ("America/Caracas", "2016-05-01T07:00:00Z"),
    ("Africa/Monrovia", "1972-01-07T00:44:30Z"),
    // Summer time twice in a year, and for a week.
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("America/Noronha", "2000-10-15T01:00:00Z"),
    // Turns of years, near and far: the clock stands still, the tables change.
    ("Asia/Kolkata", "2026-12-31T18:30:00Z"),
    ("Pacific/Kiritimati", "2099-12-31T12:00:00Z"),
    ("Etc/GMT+12", "2100-12-31T12:00:00Z"),
    ("Asia/Kolkata", "2400-02-29T12:00:00Z"),
    ("Pacific/Kiritimati", "5000-12-31T12:00:00Z"),
    ("Asia/Kolkata", "1500-03-01T00:00:00Z"),
    ("America/New_York", "1843-12-31T12:00:00Z"),
];

/// A zone with an instant to look around.
fn moment() -> impl Strategy<Value = (chrono_tz::Tz, Timestamp)> {
    let known =
        prop::sample::select(MOMENTS).prop_map(|(zone, at)| (zone.parse().unwrap(), at.parse().unwrap()));
    // To the end of the listed years: after it the oracle's clock stands still.
    let seconds = -4_000_000_000_i64..4_102_000_000;
    let any = (prop::sample::select(&chrono_tz::TZ_VARIANTS[..]), seconds.prop_map(Timestamp::from_seconds));
    prop_oneof![3 => known, 1 => any]
}

fn window() -> impl Strategy<Value = WindowSpec> {
    let minute = || {
        prop_oneof![Just(0), Just(1_440), (0_u32..=48).prop_map(|half| half * 30), 0_u32..=1_440, 60_u32..240]
    };
    let text = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    (minute(), minute()).prop_map(move |(open, close)| [text(open % 1_440), text(close)])
}

fn windows() -> impl Strategy<Value = Vec<WindowSpec>> {
    prop::collection::vec(window(), 0..3)
}

prop_compose! {
    /// A calendar with exceptions and holidays around `at`.
    fn spec_around(zone: chrono_tz::Tz, at: Timestamp)(
        [mon, tue, wed, thu, fri, sat, sun] in prop::array::uniform7(windows()),
        exceptions in prop::collection::btree_map(-3_i64..=3, windows(), 0..3),
        yearly in prop::collection::btree_map(-3_i64..=3, windows(), 0..3),
    ) -> CalendarSpec {
        let date = |days: i64| at.plus_seconds(days * 86_400).to_utc().date_naive();
        let dated = |(days, windows)| ExceptionSpec { date: date(days).to_string(), windows };
        let holiday = |(days, windows)| YearlySpec { month: date(days).month(), day: date(days).day(), windows };
        CalendarSpec {
            name: "any".to_owned(),
            timezone: zone.name().to_owned(),
            weekly: WeeklySpec { mon, tue, wed, thu, fri, sat, sun },
            exceptions: exceptions.into_iter().map(dated).collect(),
            yearly: yearly.into_iter().map(holiday).collect(),
            fire_ladders: false,
        }
    }
}

prop_compose! {
    /// Up to two pauses in the days after `at`; one may never end, one may be upside down.
    fn pauses_around(at: Timestamp)(
        spans in prop::collection::vec((-86_400_i64..2 * 86_400, prop::option::weighted(0.9, -600_i64..86_400)), 0..3),
    ) -> Vec<Pause> {
        let pause = |(from, length): (i64, Option<i64>)| {
            let from = at.plus_seconds(from);
            Pause { from, to: length.map(|length| from.plus_seconds(length)) }
        };
        spans.into_iter().map(pause).collect()
    }
}

fn scene() -> impl Strategy<Value = (CalendarSpec, Timestamp, Vec<Pause>)> {
    moment().prop_flat_map(|(zone, at)| (spec_around(zone, at), Just(at), pauses_around(at)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_calendar_says_what_the_rule_says(
        (spec, moment, pauses) in scene(),
        lead in -2 * 86_400_000_000_i64..86_400_000_000,
        length in prop_oneof![0_i64..7_200_000_000, 0_i64..2 * 86_400_000_000],
        eighths in 0_i64..=8,
    ) {
        let calendar = Calendar::new(&spec).unwrap();
        let oracle = Oracle { spec: &spec, zone: spec.timezone.parse().unwrap(), pauses: &pauses };
        let apart: Pauses = pauses.iter().copied().collect();
        let (from, to) = (moment.plus_micros(lead), moment.plus_micros(lead + length));

        let mut next_open = None;
        let mut elapsed = 0;
        let mut reached = Vec::new();
        for (piece, end) in oracle.pieces(from, to) {
            let open = oracle.is_open(piece);
            prop_assert_eq!(calendar.is_open(piece), open, "open at {}", piece);
            prop_assert_eq!(apart.contains(piece), oracle.is_paused(piece), "paused at {}", piece);
            if open {
                next_open = next_open.or(Some(piece));
                if !oracle.is_paused(piece) {
                    elapsed += end.micros_since(piece);
                    reached.push((elapsed, end));
                }
            }
        }
        prop_assert_eq!(calendar.elapsed_micros(from, to, &apart), elapsed);
        match next_open {
            Some(at) => prop_assert_eq!(calendar.next_open(from), Some(at)),
            None => prop_assert!(calendar.next_open(from).is_none_or(|at| at >= to)),
        }

        let target = elapsed * eighths / 8;
        let due = reached.iter().find(|(so_far, _)| target <= *so_far);
        let expected = due.map_or(from, |(so_far, end)| end.plus_micros(target - so_far));
        let expected = if target == 0 { from } else { expected };
        prop_assert_eq!(calendar.due_micros(from, target.unsigned_abs(), &apart), Some(expected));
        let later = calendar.due_micros(from, elapsed.unsigned_abs() + 1, &apart);
        prop_assert!(later.is_none_or(|due| due > to), "{:?} is not after {}", later, to);
    }
}
