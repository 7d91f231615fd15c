use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn ago(seconds: i64) -> Option<Timestamp> {
    Some(NOW.plus_seconds(-seconds))
}

/// Inputs only borrow it, and tests hand them around; it stays until the tests end.
fn lent(urgency: Urgency) -> &'static Urgency {
    Box::leak(Box::new(urgency))
}

fn urgency_between(from: i64, due: i64) -> Option<&'static Urgency> {
    Some(lent(Urgency::between(NOW.plus_seconds(from), NOW.plus_seconds(due))))
}

#[test]
fn each_term_counts_its_points() {
    let none = ScoreInputs { priority: Priority::Low, ..ScoreInputs::default() };
    let table = [
        (none, 0.0),
        (ScoreInputs { priority: Priority::Normal, ..none }, 100.0),
        (ScoreInputs { priority: Priority::High, ..none }, 200.0),
        (ScoreInputs { priority: Priority::Urgent, ..none }, 300.0),
        (ScoreInputs { waiting_since: ago(0), ..none }, 0.0),
        (ScoreInputs { waiting_since: ago(4 * 3_600), ..none }, 100.0),
        (ScoreInputs { waiting_since: ago(40 * 3_600), ..none }, 1_000.0),
        (ScoreInputs { waiting_since: ago(-60), ..none }, 0.0),
        (ScoreInputs { waiting_since: ago(120), live: true, ..none }, 100.0),
        (ScoreInputs { waiting_since: ago(30), live: true, ..none }, 25.0),
        (ScoreInputs { urgency: urgency_between(10, 20), ..none }, 0.0),
        (ScoreInputs { urgency: urgency_between(0, 20), ..none }, 0.0),
        (ScoreInputs { urgency: urgency_between(-10, 10), ..none }, 75.0),
        (ScoreInputs { urgency: urgency_between(-30, 10), ..none }, 112.5),
        (ScoreInputs { urgency: urgency_between(-10, 0), ..none }, 150.0),
        (ScoreInputs { urgency: urgency_between(-20, -10), ..none }, 150.0),
        // A timer whose two instants are one, or the wrong way round, is urgent from its deadline.
        (ScoreInputs { urgency: urgency_between(5, 5), ..none }, 0.0),
        (ScoreInputs { urgency: urgency_between(0, 0), ..none }, 150.0),
        (ScoreInputs { urgency: urgency_between(20, -1), ..none }, 150.0),
        (ScoreInputs { keyword_points: 30.0, ..none }, 30.0),
        (ScoreInputs { keyword_points: 250.0, ..none }, 100.0),
        (ScoreInputs { keyword_points: -250.0, ..none }, -100.0),
        (ScoreInputs { keyword_points: f64::NAN, ..none }, 0.0),
        (ScoreInputs { insight_points: 20.0, ..none }, 20.0),
        (ScoreInputs { insight_points: 70.0, ..none }, 50.0),
        (ScoreInputs { insight_points: -5.0, ..none }, 0.0),
        (ScoreInputs { insight_points: f64::INFINITY, ..none }, 0.0),
    ];
    for (inputs, points) in table {
        assert_eq!(total(&Weights::default(), &inputs, NOW), points, "{inputs:?}");
    }
}

#[test]
fn a_score_says_why() {
    let inputs = ScoreInputs {
        priority: Priority::Urgent,
        live: true,
        waiting_since: ago(60),
        keyword_points: 150.0,
        insight_points: 12.0,
        urgency: urgency_between(-30, 10),
    };
    insta::assert_json_snapshot!(score(&Weights::default(), &inputs, NOW), @r#"
    {
      "total": 574.5,
      "terms": [
        {
          "points": 300.0,
          "term": "priority",
          "priority": "urgent",
          "priority_points": 100.0
        },
        {
          "points": 50.0,
          "term": "age",
          "since": "1970-01-12T13:45:40Z",
          "waited_seconds": 60.0,
          "live": true,
          "age_seconds": 120,
          "age_points": 100.0
        },
        {
          "points": 112.5,
          "term": "urgency",
          "timer": {
            "from": "1970-01-12T13:46:10Z",
            "due": "1970-01-12T13:46:50Z"
          },
          "fraction": 0.75,
          "urgency_points": 150.0
        },
        {
          "points": 100.0,
          "term": "keywords",
          "sum": 150.0,
          "limit": 100.0
        },
        {
          "points": 12.0,
          "term": "insight",
          "sum": 12.0,
          "limit": 50.0
        }
      ]
    }
    "#);
}

#[test]
fn every_term_is_there_once_in_order() {
    let score = score(&Weights::default(), &ScoreInputs::default(), NOW);
    let names: Vec<TermName> = score.terms.iter().map(|term| term.why.name()).collect();
    assert_eq!(
        names,
        [TermName::Priority, TermName::Age, TermName::Urgency, TermName::Keywords, TermName::Insight]
    );
}

#[test]
fn low_work_is_not_starved() {
    let low =
        ScoreInputs { priority: Priority::Low, waiting_since: ago(12 * 3_600 + 1), ..ScoreInputs::default() };
    let urgent = ScoreInputs { priority: Priority::Urgent, waiting_since: ago(0), ..ScoreInputs::default() };
    assert!(total(&Weights::default(), &low, NOW) > total(&Weights::default(), &urgent, NOW));
}

#[test]
fn urgency_stands_still_over_rests() {
    let rest = |from: i64, to: i64| Rest { from: NOW.plus_seconds(from), to: NOW.plus_seconds(to) };
    let urgency = Urgency {
        rests: vec![rest(0, 10), rest(20, 50), rest(90, 100)],
        ..Urgency::between(NOW, NOW.plus_seconds(100))
    };
    for (at, share) in [(0, 0.0), (10, 0.0), (15, 0.1), (20, 0.2), (35, 0.2), (50, 0.2), (70, 0.6), (90, 1.0)]
    {
        assert_eq!(urgency.share_at(NOW.plus_seconds(at)), share, "at {at}");
    }
    // Rests that leave nothing, which no timer has.
    let never = Urgency { rests: vec![rest(-10, 200)], ..urgency };
    assert_eq!([50, 100].map(|at| never.share_at(NOW.plus_seconds(at))), [0.0, 1.0]);
}

#[test]
fn strict_priority_outweighs_everything_else_and_still_tells_waits_apart() {
    let weights = Weights::strict_priority();
    assert_eq!(weights.problems(), []);
    let most = ScoreInputs {
        priority: Priority::Low,
        live: true,
        waiting_since: Some(Timestamp::MIN),
        keyword_points: 1e9,
        insight_points: 1e9,
        urgency: Some(&Urgency::between(Timestamp::MIN, Timestamp::MIN)),
    };
    let least = ScoreInputs { priority: Priority::Normal, keyword_points: -1e9, ..ScoreInputs::default() };
    assert!(total(&weights, &most, Timestamp::MAX) < total(&weights, &least, Timestamp::MAX));

    let longer = Some(NOW.plus_micros(-100_000));
    let urgent = ScoreInputs { priority: Priority::Urgent, waiting_since: ago(0), ..ScoreInputs::default() };
    let urgent_longer = ScoreInputs { waiting_since: longer, ..urgent };
    assert!(total(&weights, &urgent_longer, NOW) > total(&weights, &urgent, NOW));
}

#[test]
fn insight_counts_what_is_known() {
    let weights = Weights::default();
    let none = Insight::default();
    let tier = |name: &str| Insight { tier: Some(name.parse().unwrap()), ..Insight::default() };
    let churn = |risk| Insight { churn_risk: Some(risk), ..Insight::default() };
    let value = |value| Insight { lifetime_value: Some(value), ..Insight::default() };
    let table = [
        (none, 0.0),
        (tier("vip"), 30.0),
        (tier(" VÍP "), 30.0),
        (tier("premium"), 15.0),
        (tier("unheard of"), 0.0),
        (churn(0.0), 0.0),
        (churn(0.25), 5.0),
        (churn(1.0), 20.0),
        (churn(7.0), 20.0),
        (churn(-1.0), 0.0),
        (churn(f64::NAN), 0.0),
        (value(0.0), 0.0),
        (value(100_000.0), 10.0),
        (value(300_000.0), 15.0),
        (value(-5.0), 0.0),
        (value(f64::INFINITY), 0.0),
    ];
    for (insight, points) in table {
        assert_eq!(insight.points(&weights).total, points, "{insight:?}");
    }
    let all = Insight {
        tier: Some("vip".parse().unwrap()),
        churn_risk: Some(0.5),
        lifetime_value: Some(300_000.0),
        ..Insight::default()
    };
    let counted = all.points(&weights);
    assert_eq!(counted, InsightPoints { tier: 30.0, churn: 10.0, lifetime: 15.0, total: 50.0 });
}

#[test]
fn weights_are_settings_with_defaults() {
    assert_eq!(serde_json::from_str::<Weights>("{}").unwrap(), Weights::default());
    let weights: Weights =
        serde_json::from_str(r#"{"age_seconds": 60, "tier_points": {"gold": 5}}"#).unwrap();
    assert_eq!(weights.age_seconds, 60);
    assert_eq!(weights.tier_points.len(), 1);
    assert!(serde_json::from_str::<Weights>(r#"{"age_secs": 60}"#).is_err());
    insta::assert_json_snapshot!(Weights::default(), @r#"
    {
      "priority_points": 100.0,
      "age_points": 100.0,
      "age_seconds": 14400,
      "live_age_seconds": 120,
      "urgency_points": 150.0,
      "keyword_limit": 100.0,
      "insight_limit": 50.0,
      "tier_points": {
        "enterprise": 30.0,
        "premium": 15.0,
        "vip": 30.0
      },
      "churn_points": 20.0,
      "lifetime_points": 20.0,
      "lifetime_half": 100000.0
    }
    "#);
}

#[test]
fn weights_out_of_range_are_named() {
    assert_eq!(Weights::default().problems(), []);
    let weights = Weights {
        priority_points: -1.0,
        age_points: f64::NAN,
        age_seconds: 0,
        live_age_seconds: 0,
        urgency_points: 2e12,
        keyword_limit: f64::INFINITY,
        insight_limit: -0.1,
        tier_points: [("gold".to_owned(), -1.0)].into(),
        churn_points: -1.0,
        lifetime_points: -1.0,
        lifetime_half: 0.0,
    };
    let problems: Vec<String> = weights.problems().iter().map(ToString::to_string).collect();
    insta::assert_json_snapshot!(problems, @r#"
    [
      "`priority_points` must be 0 to 1000000000000",
      "`age_points` must be 0 to 1000000000000",
      "`urgency_points` must be 0 to 1000000000000",
      "`keyword_limit` must be 0 to 1000000000000",
      "`insight_limit` must be 0 to 1000000000000",
      "`churn_points` must be 0 to 1000000000000",
      "`lifetime_points` must be 0 to 1000000000000",
      "`tier_points.gold` must be 0 to 1000000000000",
      "`age_seconds` must be at least 1",
      "`live_age_seconds` must be at least 1",
      "`lifetime_half` must be above 0"
    ]
    "#);
}

fn instants() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => (-10_000_000..10_000_000_i64).prop_map(|micros| NOW.plus_micros(micros)),
        1 => any::<i64>().prop_map(Timestamp::from_micros),
    ]
}

fn points() -> impl Strategy<Value = f64> {
    prop_oneof![8 => -300.0..300.0_f64, 1 => any::<f64>()]
}

fn some_weights() -> impl Strategy<Value = Weights> {
    let points = || prop_oneof![Just(0.0), 0.0..500.0_f64, Just(1e12)];
    (points(), points(), 1..100_000_u32, 1..1_000_u32, points(), points(), points()).prop_map(
        |(
            priority_points,
            age_points,
            age_seconds,
            live_age_seconds,
            urgency_points,
            keyword_limit,
            insight_limit,
        )| {
            Weights {
                priority_points,
                age_points,
                age_seconds,
                live_age_seconds,
                urgency_points,
                keyword_limit,
                insight_limit,
                ..Weights::default()
            }
        },
    )
}

/// Rests in order and apart, within the two instants or not.
fn some_urgency() -> impl Strategy<Value = Urgency> {
    (instants(), instants(), prop::collection::btree_set(instants(), 0..8)).prop_map(|(from, due, ends)| {
        let ends: Vec<Timestamp> = ends.into_iter().collect();
        let rests = ends.chunks_exact(2).map(|pair| Rest { from: pair[0], to: pair[1] }).collect();
        Urgency { from, due, rests }
    })
}

fn some_inputs() -> impl Strategy<Value = ScoreInputs<'static>> {
    (
        prop::sample::select(Priority::ALL),
        any::<bool>(),
        prop::option::of(instants()),
        points(),
        points(),
        prop::option::of(some_urgency()),
    )
        .prop_map(|(priority, live, waiting_since, keyword_points, insight_points, urgency)| {
            let urgency = urgency.map(lent);
            ScoreInputs { priority, live, waiting_since, keyword_points, insight_points, urgency }
        })
}

proptest! {
    #[test]
    fn a_score_is_the_sum_of_its_terms_and_the_total_to_the_last_bit(
        weights in some_weights(), inputs in some_inputs(), now in instants(),
    ) {
        let score = score(&weights, &inputs, now);
        let mut sum = 0.0_f64;
        for term in &score.terms {
            sum += term.points;
        }
        prop_assert_eq!(score.total.to_bits(), sum.to_bits());
        prop_assert_eq!(total(&weights, &inputs, now).to_bits(), sum.to_bits());
        prop_assert!(sum.is_finite());
    }

    #[test]
    fn higher_priority_never_scores_lower(
        weights in some_weights(), inputs in some_inputs(), now in instants(),
    ) {
        let totals = Priority::ALL.iter().map(|&priority| total(&weights, &ScoreInputs { priority, ..inputs }, now)).collect::<Vec<f64>>();
        prop_assert!(totals.is_sorted(), "{totals:?}");
    }

    #[test]
    fn waiting_longer_never_scores_lower(
        weights in some_weights(), inputs in some_inputs(), now in instants(), micros in 0..1_000_000_000_000_i64,
    ) {
        prop_assert!(total(&weights, &inputs, now) <= total(&weights, &inputs, now.plus_micros(micros)));
    }

    #[test]
    fn terms_keep_their_limits(weights in some_weights(), inputs in some_inputs(), now in instants()) {
        let score = score(&weights, &inputs, now);
        let points = |name| score.term(name).unwrap().points;
        prop_assert!(points(TermName::Age) >= 0.0);
        prop_assert!((0.0..=weights.urgency_points).contains(&points(TermName::Urgency)));
        prop_assert!(points(TermName::Keywords).abs() <= weights.keyword_limit);
        prop_assert!((0.0..=weights.insight_limit).contains(&points(TermName::Insight)));
    }
}

proptest! {
    #[test]
    fn what_has_waited_for_its_bound_precedes_whatever_comes_then(
        (old, new) in (0..4_usize, 0..4_usize),
        live: bool,
        keywords in (-500.0..500.0, -500.0..500.0),
        insight in (0.0..100.0, 0.0..100.0),
        (target, later, waited) in (1_i64..1_000_000, 0_i64..1_000_000, 0_i64..100_000),
    ) {
        let weights = Weights::default();
        let begun = Timestamp::from_seconds(1_790_000_000);
        let bound = weights.precedes_after_seconds(Priority::ALL[old], live).unwrap();
        let came = begun.plus_seconds(bound.ceil() as i64 + waited);
        let urgency = |since: Timestamp| Urgency::between(since, since.plus_seconds(target));
        let of = |priority, keyword_points, insight_points, since, urgency| ScoreInputs {
            priority,
            live,
            waiting_since: Some(since),
            keyword_points,
            insight_points,
            urgency,
        };
        let old = of(Priority::ALL[old], keywords.0, insight.0, begun, None);
        let urgent = urgency(came);
        let new = of(Priority::ALL[new], keywords.1, insight.1, came, Some(&urgent));
        let now = came.plus_seconds(later);
        prop_assert!(total(&weights, &old, now) >= total(&weights, &new, now) - 1e-6);
    }
}
