//! What holds for every calendar, over any stretch of time.

use proptest::prelude::*;

use super::super::*;

fn text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn windows() -> impl Strategy<Value = Vec<WindowSpec>> {
    let window = (0_u16..1_440, 0_u16..=1_440).prop_map(|(open, close)| [text(open), text(close)]);
    prop::collection::vec(window, 0..3)
}

prop_compose! {
    fn calendar()(
        zone in prop::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        [mon, tue, wed, thu, fri, sat, sun] in prop::array::uniform7(windows()),
        exceptions in prop::collection::btree_map((1_u16..=9999, 1_u8..=12), windows(), 0..4),
        yearly in prop::collection::btree_map((1_u32..=12, 1_u32..=28), windows(), 0..4),
    ) -> Calendar {
        let dated = |((year, month), windows)| ExceptionSpec { date: format!("{year:04}-{month:02}-01"), windows };
        let spec = CalendarSpec {
            name: "any".to_owned(),
            timezone: zone.name().to_owned(),
            weekly: WeeklySpec { mon, tue, wed, thu, fri, sat, sun },
            exceptions: exceptions.into_iter().map(dated).collect(),
            yearly: yearly.into_iter().map(|((month, day), windows)| YearlySpec { month, day, windows }).collect(),
            fire_ladders: false,
        };
        Calendar::new(&spec).unwrap()
    }
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let year_2000 = 946_684_800_000_000_i64;
    prop_oneof![
        4 => (year_2000..3 * year_2000).prop_map(Timestamp::from_micros),
        1 => (Timestamp::MIN.micros()..=Timestamp::MAX.micros()).prop_map(Timestamp::from_micros),
        1 => prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX]),
    ]
}

fn target() -> impl Strategy<Value = u64> {
    // Hours, weeks, centuries.
    prop_oneof![0_u64..40_000_000_000, 0_u64..4_000_000_000_000, 0_u64..9_000_000_000_000_000]
}

fn pauses() -> impl Strategy<Value = Vec<Pause>> {
    let pause = (instant(), prop::option::weighted(0.9, 0_i64..5_000_000_000_000))
        .prop_map(|(from, length)| Pause { from, to: length.map(|length| from.plus_micros(length)) });
    prop::collection::vec(pause, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_target_has_elapsed_when_it_is_due_and_not_before(
        calendar in calendar(), start in instant(), target in target(), pauses in pauses(),
    ) {
        let pauses: Pauses = pauses.into_iter().collect();
        match calendar.due_micros(start, target, &pauses) {
            Some(due) => {
                prop_assert_eq!(calendar.elapsed_micros(start, due, &pauses).unsigned_abs(), target);
                if target > 0 {
                    let before = due.plus_micros(-1);
                    prop_assert!(calendar.is_open(before) && !pauses.contains(before));
                } else {
                    prop_assert_eq!(due, start);
                }
            }
            None => prop_assert!(calendar.elapsed_micros(start, Timestamp::MAX, &pauses).unsigned_abs() < target),
        }
    }

    #[test]
    fn a_larger_target_is_never_due_earlier(
        calendar in calendar(), start in instant(), target in target(), more in target(),
    ) {
        let due = |target| calendar.due_micros(start, target, &Pauses::none()).unwrap_or(Timestamp::MAX);
        prop_assert!(due(target) <= due(target + more));
    }

    #[test]
    fn another_pause_never_makes_it_due_earlier(
        calendar in calendar(), start in instant(), target in target(), pauses in pauses(), lead in 0_i64..3_000_000_000_000,
    ) {
        let few: Pauses = pauses.iter().copied().collect();
        let from = start.plus_micros(lead);
        let another = Pause { from, to: Some(from.plus_seconds(86_400)) };
        let more: Pauses = pauses.into_iter().chain([another]).collect();
        let due = |pauses| calendar.due_micros(start, target, pauses).unwrap_or(Timestamp::MAX);
        prop_assert!(due(&few) <= due(&more));
    }

    #[test]
    fn time_elapsed_adds_up(
        calendar in calendar(), mut instants in prop::array::uniform3(instant()), pauses in pauses(),
    ) {
        let pauses: Pauses = pauses.into_iter().collect();
        instants.sort();
        let [from, middle, to] = instants;
        let elapsed = |from, to| calendar.elapsed_micros(from, to, &pauses);
        prop_assert_eq!(elapsed(from, middle) + elapsed(middle, to), elapsed(from, to));
        prop_assert!(elapsed(from, to) <= to.micros_since(from));
    }

    #[test]
    fn the_next_opening_is_open_with_nothing_open_before(calendar in calendar(), at in instant()) {
        match calendar.next_open(at) {
            Some(open) => {
                prop_assert!(open >= at && calendar.is_open(open));
                prop_assert_eq!(calendar.elapsed_micros(at, open, &Pauses::none()), 0);
            }
            None => prop_assert_eq!(calendar.elapsed_micros(at, Timestamp::MAX, &Pauses::none()), 0),
        }
    }
}
