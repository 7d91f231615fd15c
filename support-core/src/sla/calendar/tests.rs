//! Cases that a support manager can check by hand, and comparison with the rule told plainly.

mod laws;
mod oracle;

use super::*;

const DAILY: &str = r#""weekly": {
    "mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]],
    "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]], "sat": [["09:00", "17:00"]],
    "sun": [["09:00", "17:00"]] }"#;

const ROUND_THE_CLOCK: &str = r#""weekly": {
    "mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]], "wed": [["00:00", "24:00"]],
    "thu": [["00:00", "24:00"]], "fri": [["00:00", "24:00"]], "sat": [["00:00", "24:00"]],
    "sun": [["00:00", "24:00"]] }"#;

const CLOSED: &str = r#""weekly": {}"#;

const HOUR: u64 = 3_600;

fn spec(zone: &str, rest: &str) -> CalendarSpec {
    serde_json::from_str(&format!(r#"{{ "name": "desk", "timezone": "{zone}", {rest} }}"#)).unwrap()
}

fn calendar(zone: &str, rest: &str) -> Calendar {
    Calendar::new(&spec(zone, rest)).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Each row: start, target in minutes, deadline. Instants are written as the desk's own clock shows them.
#[track_caller]
fn falls_due(calendar: &Calendar, rows: &[(&str, u64, &str)]) {
    for &(start, minutes, due) in rows {
        let found = calendar.due(at(start), minutes * 60, &Pauses::none());
        assert_eq!(found, Some(at(due)), "{minutes} minutes from {start}");
    }
}

/// Each row: from, to, open minutes in between.
#[track_caller]
fn elapses(calendar: &Calendar, rows: &[(&str, &str, f64)]) {
    for &(from, to, minutes) in rows {
        let found = calendar.elapsed_micros(at(from), at(to), &Pauses::none());
        assert_eq!(found as f64 / 60e6, minutes, "{from} to {to}");
    }
}

#[test]
fn two_windows_a_day_leave_lunch_out() {
    let desk = calendar("Europe/Berlin", r#""weekly": { "mon": [["09:00", "12:30"], ["13:30", "17:00"]] }"#);
    falls_due(
        &desk,
        &[
            ("2026-01-12T12:00:00+01:00", 60, "2026-01-12T14:00:00+01:00"),
            ("2026-01-12T13:00:00+01:00", 60, "2026-01-12T14:30:00+01:00"),
            // Met exactly at closing: due at closing, not at the next opening.
            ("2026-01-12T09:00:00+01:00", 210, "2026-01-12T12:30:00+01:00"),
            ("2026-01-12T09:00:00+01:00", 420, "2026-01-12T17:00:00+01:00"),
            ("2026-01-12T09:00:00+01:00", 421, "2026-01-19T09:01:00+01:00"),
            // From closing on, the desk is closed.
            ("2026-01-12T17:00:00+01:00", 1, "2026-01-19T09:01:00+01:00"),
            // Nothing to wait for is due at once, open or not.
            ("2026-01-12T13:00:00+01:00", 0, "2026-01-12T13:00:00+01:00"),
        ],
    );
    elapses(&desk, &[("2026-01-12T00:00:00+01:00", "2026-01-20T00:00:00+01:00", 840.0)]);
}

#[test]
fn overlapping_windows_count_once_in_any_order() {
    let desk = calendar(
        "Europe/Berlin",
        r#""weekly": { "mon": [["12:00", "15:00"], ["09:00", "13:00"], ["09:00", "10:00"], ["15:00", "16:00"]] }"#,
    );
    elapses(&desk, &[("2026-01-12T00:00:00+01:00", "2026-01-13T00:00:00+01:00", 7.0 * 60.0)]);
}

#[test]
fn spring_skips_an_hour_and_autumn_repeats_one_in_berlin() {
    // IANA tzdata: Rule EU, last Sunday of March and of October at 1:00u. In 2026 the 29th and the 25th.
    let desk = calendar("Europe/Berlin", ROUND_THE_CLOCK);
    falls_due(
        &desk,
        &[
            ("2026-03-29T00:00:00+01:00", 180, "2026-03-29T04:00:00+02:00"),
            ("2026-10-25T00:00:00+02:00", 180, "2026-10-25T02:00:00+01:00"),
        ],
    );
    let night = calendar("Europe/Berlin", r#""weekly": { "sun": [["02:15", "02:45"]] }"#);
    falls_due(
        &night,
        &[
            // The window is in the hour that is skipped: a week later it is there again.
            ("2026-03-28T12:00:00+01:00", 1, "2026-04-05T02:16:00+02:00"),
            // The window is in the hour that is repeated: it opens twice.
            ("2026-10-24T12:00:00+02:00", 30, "2026-10-25T02:45:00+02:00"),
            ("2026-10-24T12:00:00+02:00", 45, "2026-10-25T02:30:00+01:00"),
        ],
    );
    let across = calendar("Europe/Berlin", r#""weekly": { "sun": [["01:30", "03:30"]] }"#);
    elapses(
        &across,
        &[
            ("2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00", 60.0),
            ("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00", 180.0),
        ],
    );
    // 1:30 comes once in that night, an hour and a half before the second 2:00.
    assert!(!across.is_open(at("2026-10-25T01:29:59+02:00")));
    assert!(across.is_open(at("2026-10-25T02:00:00+01:00")));
    // A window that ends inside the repeated hour closes, opens with the second pass and closes again.
    let split = calendar("Europe/Berlin", r#""weekly": { "sun": [["01:00", "02:20"]] }"#);
    elapses(&split, &[("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00", 100.0)]);
    assert_eq!(
        split.next_open(at("2026-10-25T02:20:00+02:00")),
        Some(at("2026-10-25T02:00:00+01:00")),
        "the second pass"
    );
}

#[test]
fn a_night_is_an_hour_shorter_or_longer_in_new_york() {
    // IANA tzdata: Rule US, second Sunday of March and first of November at 2:00. In 2026 the 8th and the 1st.
    let desk = calendar("America/New_York", r#""weekly": { "sat": [["22:00", "06:00"]] }"#);
    elapses(
        &desk,
        &[
            ("2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00", 7.0 * 60.0),
            ("2026-03-14T12:00:00-04:00", "2026-03-15T12:00:00-04:00", 8.0 * 60.0),
            ("2026-10-31T12:00:00-04:00", "2026-11-01T12:00:00-05:00", 9.0 * 60.0),
        ],
    );
    falls_due(&desk, &[("2026-03-07T22:00:00-05:00", 300, "2026-03-08T04:00:00-04:00")]);
}

#[test]
fn half_an_hour_of_summer_time_on_lord_howe() {
    // IANA tzdata: Rule LH, first Sunday of April at 2:00 back to 1:30, first Sunday of October at 2:00 to 2:30.
    let early = calendar("Australia/Lord_Howe", r#""weekly": { "sun": [["01:30", "02:00"]] }"#);
    elapses(&early, &[("2026-04-05T00:00:00+11:00", "2026-04-05T12:00:00+10:30", 60.0)]);
    let late = calendar("Australia/Lord_Howe", r#""weekly": { "sun": [["02:00", "03:00"]] }"#);
    elapses(&late, &[("2026-10-04T00:00:00+10:30", "2026-10-04T12:00:00+11:00", 30.0)]);
    falls_due(&late, &[("2026-10-04T00:00:00+10:30", 10, "2026-10-04T02:40:00+11:00")]);
}

#[test]
fn zones_between_the_hours() {
    // IANA tzdata: Zone Asia/Kolkata 5:30, Zone Asia/Kathmandu 5:45.
    falls_due(
        &calendar("Asia/Kolkata", DAILY),
        &[("2026-01-16T16:30:00+05:30", 60, "2026-01-17T09:30:00+05:30")],
    );
    falls_due(
        &calendar("Asia/Kathmandu", DAILY),
        &[
            ("2026-01-16T03:15:00Z", 60, "2026-01-16T04:15:00Z"),
            ("2026-01-16T11:14:00Z", 2, "2026-01-17T03:16:00Z"),
        ],
    );
}

#[test]
fn a_date_that_never_took_place_has_no_hours() {
    // IANA tzdata: Zone Pacific/Apia went from -11 (summer -10) to 13 (14) at the end of 2011-12-29.
    falls_due(
        &calendar("Pacific/Apia", DAILY),
        &[("2011-12-29T16:00:00-10:00", 120, "2011-12-31T10:00:00+14:00")],
    );
    falls_due(
        &calendar("Pacific/Apia", r#""weekly": { "fri": [["09:00", "17:00"]] }"#),
        &[("2011-12-28T16:00:00-10:00", 60, "2012-01-06T10:00:00+14:00")],
    );
    // IANA tzdata: Zone Pacific/Kwajalein went from -12 to 12 at the end of 1993-08-20.
    falls_due(
        &calendar("Pacific/Kwajalein", ROUND_THE_CLOCK),
        &[("1993-08-20T23:00:00-12:00", 120, "1993-08-22T01:00:00+12:00")],
    );
    falls_due(
        &calendar("Pacific/Kwajalein", r#""weekly": { "sat": [["09:00", "17:00"]] }"#),
        &[("1993-08-20T23:00:00-12:00", 60, "1993-08-28T10:00:00+12:00")],
    );
}

#[test]
fn old_clocks_went_by_the_second() {
    // IANA tzdata: Zone Africa/Monrovia, -0:44:30 until 1972-01-07, then GMT. It skipped 00:00:00 to 00:44:30.
    let desk = calendar("Africa/Monrovia", r#""weekly": { "thu": [["23:00", "01:00"]] }"#);
    elapses(&desk, &[("1972-01-06T12:00:00Z", "1972-01-07T12:00:00Z", 75.5)]);
    assert_eq!(desk.next_open(at("1972-01-06T12:00:00Z")), Some(at("1972-01-06T23:44:30Z")));
}

#[test]
fn a_night_runs_over_midnight_and_a_day_may_close_at_24() {
    let nights = calendar("Europe/Berlin", r#""weekly": { "fri": [["22:00", "06:00"]] }"#);
    falls_due(&nights, &[("2026-01-16T12:00:00+01:00", 180, "2026-01-17T01:00:00+01:00")]);
    assert!(!nights.is_open(at("2026-01-17T06:00:00+01:00")));
    assert!(
        !nights.is_open(at("2026-01-16T05:00:00+01:00")),
        "the night belongs to the date on which it starts"
    );
    let joined = calendar(
        "Europe/Berlin",
        r#""weekly": { "mon": [["18:00", "24:00"]], "tue": [["00:00", "06:00"]] }"#,
    );
    falls_due(
        &joined,
        &[
            ("2026-01-12T18:00:00+01:00", 360, "2026-01-13T00:00:00+01:00"),
            ("2026-01-12T18:00:00+01:00", 361, "2026-01-13T00:01:00+01:00"),
        ],
    );
    // Both of these end at or before they start; one runs to midnight, one right round the clock.
    let midnight = calendar("Europe/Berlin", r#""weekly": { "mon": [["20:00", "00:00"]] }"#);
    elapses(&midnight, &[("2026-01-12T00:00:00+01:00", "2026-01-14T00:00:00+01:00", 240.0)]);
    let round = calendar("Europe/Berlin", r#""weekly": { "mon": [["09:00", "09:00"]] }"#);
    elapses(&round, &[("2026-01-11T00:00:00+01:00", "2026-01-15T00:00:00+01:00", 1_440.0)]);
}

#[test]
fn an_exception_replaces_its_date_and_only_a_closed_one_cuts_the_night_before() {
    let with = |exceptions: &str| {
        let weekly = r#""weekly": { "fri": [["22:00", "06:00"]], "sat": [["12:00", "14:00"]] }"#;
        calendar("Europe/Berlin", &format!("{weekly}, {exceptions}"))
    };
    let weekend = |minutes| [("2026-01-16T12:00:00+01:00", "2026-01-18T12:00:00+01:00", minutes)];
    elapses(&with(r#""exceptions": []"#), &weekend(600.0));
    elapses(&with(r#""exceptions": [{ "date": "2026-01-17", "windows": [] }]"#), &weekend(120.0));
    let changed = r#""exceptions": [{ "date": "2026-01-17", "windows": [["10:00", "11:00"]] }]"#;
    elapses(&with(changed), &weekend(540.0));
    // The night of an exception is its own, and ends on the date after.
    let night = r#""exceptions": [{ "date": "2026-01-16", "windows": [["23:00", "02:00"]] }]"#;
    elapses(&with(night), &weekend(300.0));
    // A holiday of each year does the same, and gives way to a dated exception.
    elapses(&with(r#""yearly": [{ "month": 1, "day": 17, "windows": [] }]"#), &weekend(120.0));
    elapses(
        &with(&format!(r#""yearly": [{{ "month": 1, "day": 17, "windows": [] }}], {changed}"#)),
        &weekend(540.0),
    );
}

#[test]
fn the_29th_of_february_is_a_holiday_in_leap_years_only() {
    let desk = calendar(
        "Europe/Berlin",
        &format!(r#"{DAILY}, "yearly": [{{ "month": 2, "day": 29, "windows": [] }}]"#),
    );
    falls_due(
        &desk,
        &[
            ("2028-02-28T16:00:00+01:00", 120, "2028-03-01T10:00:00+01:00"),
            ("2027-02-28T16:00:00+01:00", 120, "2027-03-01T10:00:00+01:00"),
        ],
    );
    let only = calendar(
        "UTC",
        &format!(r#"{CLOSED}, "yearly": [{{ "month": 2, "day": 29, "windows": [["09:00", "10:00"]] }}]"#),
    );
    falls_due(
        &only,
        &[
            ("2026-01-01T00:00:00Z", 61, "2032-02-29T09:01:00Z"),
            // 2100 is no leap year, 2400 is.
            ("2096-03-01T00:00:00Z", 1, "2104-02-29T09:01:00Z"),
            ("2396-03-01T00:00:00Z", 1, "2400-02-29T09:01:00Z"),
            // Any 400 years have 97 leap years.
            ("2026-01-01T00:00:00Z", 97 * 60, "2424-02-29T10:00:00Z"),
        ],
    );
}

#[test]
fn a_pause_stops_the_time_and_pauses_that_overlap_count_once() {
    let desk = calendar("Europe/Berlin", DAILY);
    let pauses = |rows: &[(&str, Option<&str>)]| -> Pauses {
        rows.iter().map(|&(from, to)| Pause { from: at(from), to: to.map(at) }).collect()
    };
    let start = at("2026-01-12T10:00:00+01:00");
    let overlapping = pauses(&[
        ("2026-01-12T11:00:00+01:00", Some("2026-01-12T12:00:00+01:00")),
        ("2026-01-12T10:30:00+01:00", Some("2026-01-12T11:30:00+01:00")),
        ("2026-01-12T16:00:00+01:00", Some("2026-01-13T10:00:00+01:00")),
        // Empty, and upside down.
        ("2026-01-12T14:00:00+01:00", Some("2026-01-12T14:00:00+01:00")),
        ("2026-01-12T15:00:00+01:00", Some("2026-01-12T13:00:00+01:00")),
    ]);
    assert_eq!(overlapping.iter().count(), 2);
    let due = |hours: u64| desk.due(start, hours * HOUR, &overlapping);
    assert_eq!(due(1), Some(at("2026-01-12T12:30:00+01:00")));
    // Reached exactly when the pause begins: due then.
    assert_eq!(desk.due(start, 30 * 60, &overlapping), Some(at("2026-01-12T10:30:00+01:00")));
    assert_eq!(due(5), Some(at("2026-01-13T10:30:00+01:00")));
    let (from, to) = (at("2026-01-12T10:45:00+01:00"), at("2026-01-13T10:30:00+01:00"));
    assert_eq!(desk.elapsed_micros(from, to, &overlapping), (4 * 3_600 + 1_800) * 1_000_000);

    let forever = pauses(&[
        ("2026-01-12T11:00:00+01:00", None),
        ("2026-01-12T12:00:00+01:00", Some("2026-01-12T13:00:00+01:00")),
    ]);
    assert_eq!(desk.due(start, HOUR, &forever), Some(at("2026-01-12T11:00:00+01:00")));
    assert_eq!(desk.due(start, HOUR + 1, &forever), None);
    assert_eq!(desk.elapsed_micros(start, Timestamp::MAX, &forever), 3_600_000_000);
    // Paused from before the start, for good: only nothing is ever reached.
    let later = at("2026-01-12T12:00:00+01:00");
    assert_eq!(desk.due(later, 1, &forever), None);
    assert_eq!(desk.due(later, 0, &forever), Some(later));
    assert!(forever.contains(later) && !forever.contains(start));
}

#[test]
fn rules_in_force_go_on_after_the_listed_years() {
    // IANA tzdata: Rules EU and AN have no last year. 2150-03-29 and 2400-10-29 are the last Sundays of their months.
    falls_due(
        &calendar("Europe/Berlin", DAILY),
        &[
            ("2150-07-01T08:00:00+02:00", 60, "2150-07-01T10:00:00+02:00"),
            ("2150-12-01T08:00:00+01:00", 60, "2150-12-01T10:00:00+01:00"),
            ("2100-12-31T16:30:00+01:00", 60, "2101-01-01T09:30:00+01:00"),
            ("9998-07-01T08:00:00+02:00", 60, "9998-07-01T10:00:00+02:00"),
        ],
    );
    let berlin = calendar("Europe/Berlin", ROUND_THE_CLOCK);
    falls_due(&berlin, &[("2150-03-29T00:00:00+01:00", 180, "2150-03-29T04:00:00+02:00")]);
    let night = calendar("Europe/Berlin", r#""weekly": { "sun": [["02:15", "02:45"]] }"#);
    elapses(
        &night,
        &[
            ("2150-03-28T00:00:00Z", "2150-03-30T00:00:00Z", 0.0),
            ("2400-10-28T00:00:00Z", "2400-10-30T00:00:00Z", 60.0),
        ],
    );
    // The southern summer runs over the new year.
    falls_due(
        &calendar("Australia/Sydney", DAILY),
        &[("2200-12-31T16:30:00+11:00", 60, "2201-01-01T09:30:00+11:00")],
    );
}

#[test]
fn one_calendar_keeps_the_centuries_apart() {
    // IANA tzdata: Zone Asia/Kathmandu, 5:41:16 until 1920, 5:45 since 1986. All of these years begin alike.
    let date = r#""exceptions": [{ "date": "2600-07-01", "windows": [["10:00", "11:00"]] }]"#;
    let desk = calendar("Asia/Kathmandu", &format!("{DAILY}, {date}"));
    for (day, opens) in [
        ("1800-07-01T00:00:00Z", "1800-07-01T03:18:44Z"),
        ("2200-07-01T00:00:00Z", "2200-07-01T03:15:00Z"),
        ("2600-07-01T00:00:00Z", "2600-07-01T04:15:00Z"),
        ("3000-07-01T00:00:00Z", "3000-07-01T03:15:00Z"),
    ] {
        assert_eq!(desk.next_open(at(day)), Some(at(opens)));
    }
}

#[test]
fn where_no_deadline_is_reached_the_answer_is_none() {
    let start = at("2026-01-12T10:00:00Z");
    let none = Pauses::none();
    let never = calendar("Europe/Berlin", CLOSED);
    assert_eq!(never.due(start, 1, &none), None);
    assert_eq!(never.due(start, 0, &none), Some(start));
    assert_eq!(never.next_open(start), None);
    assert_eq!(never.elapsed_micros(Timestamp::MIN, Timestamp::MAX, &none), 0);

    let once = calendar(
        "America/New_York",
        &format!(r#"{CLOSED}, "exceptions": [{{ "date": "9000-12-31", "windows": [["18:00", "02:00"]] }}]"#),
    );
    // The night reaches into the next year, on any clock.
    assert_eq!(once.next_open(start), Some(at("9000-12-31T23:00:00Z")));
    assert_eq!(once.due(start, 8 * HOUR, &none), Some(at("9001-01-01T07:00:00Z")));
    assert_eq!(once.due(start, 8 * HOUR + 1, &none), None);

    for target in [1 << 40, u64::MAX / 1_000_000, u64::MAX] {
        assert_eq!(Calendar::always().due(start, target, &none), None);
    }
}

#[test]
fn time_ends_with_the_year_9999_and_begins_with_the_year_1() {
    let (always, none) = (Calendar::always(), Pauses::none());
    let all = Timestamp::MAX.micros_since(Timestamp::MIN);
    assert_eq!(always.elapsed_micros(Timestamp::MIN, Timestamp::MAX, &none), all);
    assert_eq!(always.elapsed_micros(Timestamp::MAX, Timestamp::MIN, &none), 0);
    assert_eq!(always.due_micros(Timestamp::MIN, all.unsigned_abs(), &none), Some(Timestamp::MAX));
    assert_eq!(always.due_micros(Timestamp::MIN, all.unsigned_abs() + 1, &none), None);
    for zone in ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"] {
        let desk = calendar(zone, ROUND_THE_CLOCK);
        assert_eq!(desk.elapsed_micros(Timestamp::MIN, Timestamp::MAX, &none), all, "{zone}");
        assert!(desk.is_open(Timestamp::MIN) && desk.is_open(Timestamp::MAX), "{zone}");
    }
}

#[test]
fn a_wrong_calendar_names_each_field() {
    let many = vec![r#"["09:00", "10:00"]"#; MAX_WINDOWS + 1].join(", ");
    let rows: &[(&str, &str, &str)] = &[
        ("Europe/Atlantis", CLOSED, "timezone"),
        ("UTC", r#""weekly": { "mon": [["09:00", "17:00"], ["9:00", "17:00"]] }"#, "weekly.mon[1]"),
        ("UTC", r#""weekly": { "sun": [["09:00", "24:01"]] }"#, "weekly.sun[0]"),
        ("UTC", r#""weekly": { "sat": [["09:60", "17:00"]] }"#, "weekly.sat[0]"),
        ("UTC", r#""weekly": { "sat": [["+9:00", "17:00"]] }"#, "weekly.sat[0]"),
        ("UTC", r#""weekly": { "fri": [["24:00", "06:00"]] }"#, "weekly.fri[0]"),
        ("UTC", &format!(r#""weekly": {{ "tue": [{many}] }}"#), "weekly.tue"),
        (
            "UTC",
            r#""weekly": {}, "exceptions": [{ "date": "2026-02-29", "windows": [] }]"#,
            "exceptions[0].date",
        ),
        (
            "UTC",
            r#""weekly": {}, "exceptions": [{ "date": "2026-2-01", "windows": [] }]"#,
            "exceptions[0].date",
        ),
        (
            "UTC",
            r#""weekly": {}, "exceptions": [{ "date": "0000-01-01", "windows": [] }]"#,
            "exceptions[0].date",
        ),
        (
            "UTC",
            r#""weekly": {}, "exceptions": [{ "date": "2026-02-01", "windows": [] }, { "date": "2026-02-01", "windows": [] }]"#,
            "exceptions[1].date",
        ),
        (
            "UTC",
            r#""weekly": {}, "exceptions": [{ "date": "2026-02-01", "windows": [["x", "y"]] }]"#,
            "exceptions[0].windows[0]",
        ),
        ("UTC", r#""weekly": {}, "yearly": [{ "month": 13, "day": 1, "windows": [] }]"#, "yearly[0].month"),
        ("UTC", r#""weekly": {}, "yearly": [{ "month": 2, "day": 30, "windows": [] }]"#, "yearly[0].day"),
        (
            "UTC",
            r#""weekly": {}, "yearly": [{ "month": 2, "day": 9, "windows": [] }, { "month": 2, "day": 9, "windows": [] }]"#,
            "yearly[1].day",
        ),
    ];
    for (zone, rest, field) in rows {
        let problems = Calendar::new(&spec(zone, rest)).unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, [*field], "{problems:?}");
    }
    let all =
        Calendar::new(&spec("x", r#""weekly": { "mon": [["a", "b"]], "tue": [["c", "d"]] }"#)).unwrap_err();
    assert_eq!(all.len(), 3);
    assert_eq!(all[1].to_string(), "weekly.mon[0]: `a` is not a time of day such as `09:00`");
}

#[test]
fn a_calendar_with_too_many_exceptions_is_refused() {
    let exceptions = |first: &str, count: usize| {
        let first: chrono::NaiveDate = first.parse().unwrap();
        let dates = first
            .iter_days()
            .take(count)
            .map(|date| ExceptionSpec { date: date.to_string(), windows: vec![] });
        let spec = CalendarSpec { exceptions: dates.collect(), ..spec("UTC", CLOSED) };
        Calendar::new(&spec).map_err(|problems| problems[0].field.clone()).map(drop)
    };
    assert_eq!(exceptions("2026-01-01", MAX_EXCEPTIONS), Ok(()));
    assert_eq!(exceptions("2026-01-01", MAX_EXCEPTIONS + 1), Err("exceptions".to_owned()));
    assert_eq!(exceptions("2100-01-01", MAX_FAR_EXCEPTIONS), Ok(()));
    assert_eq!(exceptions("2100-01-01", MAX_FAR_EXCEPTIONS + 1), Err("exceptions".to_owned()));
}

#[test]
fn an_unknown_field_is_refused_and_a_calendar_reads_as_it_prints() {
    let unknown = r#"{ "name": "desk", "timezone": "UTC", "weekly": { "monday": [] } }"#;
    assert!(serde_json::from_str::<CalendarSpec>(unknown).is_err());
    let spec = spec(
        "UTC",
        r#""weekly": { "mon": [["09:00", "24:00"]] }, "yearly": [{ "month": 1, "day": 1, "windows": [] }]"#,
    );
    let printed = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<CalendarSpec>(&printed).unwrap(), spec);
}
