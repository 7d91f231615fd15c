use serde_json::{Value, json};

use super::super::{FlawKind, check, shape};
use super::{choice, end, filling, is, question, spec};

/// The kinds and places of what is wrong.
fn found(questions: Value) -> Vec<(FlawKind, String)> {
    check(&spec(questions)).into_iter().map(|flaw| (flaw.kind, flaw.field)).collect()
}

fn one(kind: FlawKind, field: &str) -> Vec<(FlawKind, String)> {
    vec![(kind, field.to_owned())]
}

#[test]
fn a_question_that_no_answers_lead_to_is_unreachable() {
    let lonely = json!([choice("q", end()), choice("lonely", end())]);
    assert_eq!(found(lonely), one(FlawKind::Unreachable, "questions[1]"));
    // Edges lead there, but no answers do.
    let never = json!([
        choice("q", json!([{"when": is("q", "a"), "to": "x"}, {"to": null}])),
        choice("x", json!([{"when": is("q", "b"), "to": "y"}, {"to": null}])),
        choice("y", end()),
    ]);
    let flaws = found(never);
    assert_eq!(flaws[0], (FlawKind::NeverTaken, "questions[1].next[0]".to_owned()));
    assert_eq!(flaws[1], (FlawKind::Unreachable, "questions[2]".to_owned()));
}

#[test]
fn answers_after_which_no_edge_holds_are_shown() {
    let flaws = check(&spec(json!([
        choice("q", json!([{"to": "n"}])),
        question(
            "n",
            json!({"number": {"min": 0}}),
            json!([
                {"when": {"at_least": {"question": "n", "number": 10}}, "to": null},
                {"when": {"all": [is("q", "a"), {"below": {"question": "n", "number": 10}}]}, "to": null},
            ])
        ),
    ])));
    assert_eq!(flaws.len(), 1);
    assert_eq!((flaws[0].kind, flaws[0].field.as_str()), (FlawKind::DeadEnd, "questions[1].next"));
    let shown: Vec<String> = flaws[0].answers.values().flatten().map(|a| a.to_value().to_string()).collect();
    assert!(
        ["\"b\"", "\"c\""].contains(&shown[1].as_str()) && shown[0].parse::<f64>().unwrap() < 10.0,
        "{shown:?}"
    );
}

#[test]
fn edges_that_cover_all_answers_need_no_default() {
    let covered = json!([choice(
        "q",
        json!([
            {"when": is("q", "a"), "to": null}, {"when": {"none": [is("q", "a")]}, "to": null},
        ])
    )]);
    assert_eq!(found(covered), []);
    let mut optional = choice("q", json!([{"when": {"answered": {"question": "q"}}, "to": null}]));
    assert_eq!(found(json!([optional])), []);
    optional["required"] = json!(false);
    assert_eq!(found(json!([optional])), one(FlawKind::DeadEnd, "questions[0].next"));
}

#[test]
fn an_edge_behind_one_that_always_holds_is_never_taken() {
    let default_first = json!([choice("q", json!([{"to": null}, {"when": is("q", "a"), "to": null}]))]);
    assert_eq!(found(default_first), one(FlawKind::NeverTaken, "questions[0].next[1]"));
    let beyond = json!([question(
        "n",
        json!({"number": {"max": 5}}),
        json!([
            {"when": {"at_least": {"question": "n", "number": 5.5}}, "to": null}, {"to": null},
        ])
    )]);
    assert_eq!(found(beyond), one(FlawKind::NeverTaken, "questions[0].next[0]"));
    let between_steps = json!([question(
        "n",
        json!({"number": {"min": 0, "step": 10}}),
        json!([
            {"when": {"all": [{"at_least": {"question": "n", "number": 11}}, {"below": {"question": "n", "number": 19}}]}, "to": null},
            {"to": null},
        ])
    )]);
    assert_eq!(found(between_steps), one(FlawKind::NeverTaken, "questions[0].next[0]"));
    let no_day = json!([question(
        "d",
        json!({"date": {}}),
        json!([
            {"when": {"all": [{"from": {"question": "d", "date": "2026-01-02"}}, {"before": {"question": "d", "date": "2026-01-02"}}]}, "to": null},
            {"to": null},
        ])
    )]);
    assert_eq!(found(no_day), one(FlawKind::NeverTaken, "questions[0].next[0]"));
}

#[test]
fn a_condition_on_a_later_answer_is_named() {
    let flaws = found(json!([
        choice("q", json!([{"when": {"none": [is("later", "a")]}, "to": "later"}])),
        choice("later", end()),
    ]));
    assert_eq!(flaws, one(FlawKind::NeverAnswered, "questions[0].next[0].when.none[0].is.question"));
}

#[test]
fn a_cycle_is_shown_as_it_goes_round() {
    let flaws = check(&spec(json!([
        choice("a", json!([{"to": "b"}])),
        choice("b", json!([{"when": is("b", "a"), "to": "c"}, {"to": null}])),
        choice("c", json!([{"to": "b"}])),
    ])));
    assert_eq!(flaws.len(), 1);
    assert_eq!((flaws[0].kind, flaws[0].field.as_str()), (FlawKind::Cycle, "questions[2].next[0].to"));
    let round: Vec<&str> = flaws[0].questions.iter().map(|id| id.as_str()).collect();
    assert_eq!(round, ["b", "c", "b"]);
}

#[test]
fn what_is_not_there_is_named_with_its_path() {
    let fields: Vec<String> = check(&filling(
        json!([
            choice("q", json!([{"when": {"any": [is("q", "z"), is("x", "a"), {"below": {"question": "q", "number": 1}}]}, "to": "y"}])),
        ]),
        json!([{"subject": "{{q}} {{order}}", "custom_fields": {"k": {"answer": "x"}}, "when": {"answered": {"question": "x"}}}]),
    ))
    .into_iter()
    .inspect(|flaw| assert_eq!(flaw.kind, FlawKind::Unknown))
    .map(|flaw| flaw.field)
    .collect();
    assert_eq!(
        fields,
        [
            "questions[0].next[0].to",
            "questions[0].next[0].when.any[0].is.any_of[0]",
            "questions[0].next[0].when.any[1].is.question",
            "questions[0].next[0].when.any[2].below",
            "ticket[0].when.answered.question",
            "ticket[0].custom_fields.k.answer",
            "ticket[0].subject",
        ]
    );
}

#[test]
fn a_way_to_fill_the_ticket_that_never_holds_is_named() {
    let both = json!({"all": [is("q", "a"), is("q", "b")]});
    let flaws = check(&filling(json!([choice("q", end())]), json!([{"when": both, "tags": ["x"]}])));
    assert_eq!((flaws[0].kind, flaws[0].field.as_str()), (FlawKind::NeverTaken, "ticket[0].when"));
}

#[test]
fn parts_that_cannot_be_are_named_with_their_path() {
    let parts = [
        (json!({"single_choice": {"options": []}}), "questions[0].answer.single_choice.options"),
        (
            json!({"single_choice": {"options": [{"value": "a", "text": "A"}, {"value": "a", "text": " "}]}}),
            "questions[0].answer.single_choice.options[1].text",
        ),
        (
            json!({"multiple_choice": {"options": [{"value": "a", "text": "A"}], "min": 2}}),
            "questions[0].answer.multiple_choice.min",
        ),
        (json!({"text": {"min_length": 5, "max_length": 4}}), "questions[0].answer.text.max_length"),
        (json!({"text": {"pattern": "("}}), "questions[0].answer.text.pattern"),
        (json!({"text": {"pattern": "(a{1000}){1000}"}}), "questions[0].answer.text.pattern"),
        (json!({"number": {"min": 2, "max": 1}}), "questions[0].answer.number.max"),
        (json!({"number": {"step": 0}}), "questions[0].answer.number.step"),
        (json!({"date": {"min": "2026-02-01", "max": "2026-01-31"}}), "questions[0].answer.date.max"),
        (json!({"images": {"max_count": 21}}), "questions[0].answer.images.max_count"),
        (json!({"images": {"content_types": ["text/html"]}}), "questions[0].answer.images.content_types"),
    ];
    for (kind, field) in parts {
        let flaws = shape(&spec(json!([question("q", kind.clone(), end())])));
        assert_eq!(flaws[0].field, field, "{kind}");
    }
    let twice = spec(json!([choice("q", end()), choice("q", json!([]))]));
    let fields: Vec<String> = shape(&twice).into_iter().map(|flaw| flaw.field).collect();
    assert_eq!(fields, ["questions[1].id", "questions[1].next"]);
    let fill = filling(json!([choice("q", end())]), json!([{"subject": "{{q", "skills": {"german": 6}}]));
    let fields: Vec<String> = shape(&fill).into_iter().map(|flaw| flaw.field).collect();
    assert_eq!(fields, ["ticket[0].subject", "ticket[0].skills.german"]);
}

#[test]
fn a_journey_that_cannot_be_walked_through_is_refused_and_not_tried_for_ever() {
    let mut questions: Vec<Value> =
        (0..40).map(|n| choice(&format!("q{n}"), json!([{"to": format!("q{}", n + 1)}]))).collect();
    let tests: Vec<Value> = (0..40).map(|n| is(&format!("q{n}"), "a")).collect();
    questions.push(choice("q40", json!([{"when": {"all": tests}, "to": null}, {"to": null}])));
    assert_eq!(found(json!(questions)), one(FlawKind::TooEntangled, "questions"));
    // As many questions, of which nobody asks again, are no matter.
    questions.pop();
    questions.push(choice("q40", end()));
    assert_eq!(found(json!(questions)), []);
}

/// Few questions, but each way is walked over 4,096 sets of options, and each step looks at many tests.
#[test]
fn a_journey_whose_few_ways_have_many_samples_and_tests_is_refused_and_not_tried_for_ever() {
    let options = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({"value": format!("o{n}"), "text": "O"})).collect()
    };
    let single =
        |id: &str, count, next| question(id, json!({"single_choice": {"options": options(count)}}), next);
    let of = |id: &str, n: usize| is(id, &format!("o{n}"));
    let sets: Vec<Value> = (0..12).map(|n| json!({"when": of("m", n), "to": "z"})).collect();
    let mut ends: Vec<Value> = (0..99).map(|n| json!({"when": {"all": [of("a", n)]}, "to": null})).collect();
    ends.push(json!({"to": null}));
    let questions = json!([
        single("a", 100, json!([{"to": "b"}])),
        single("b", 90, json!([{"to": "m"}])),
        question("m", json!({"multiple_choice": {"options": options(12)}}), json!(sets)),
        single("z", 2, json!(ends)),
    ]);
    let fills: Vec<Value> = (0..90).map(|n| json!({"when": of("b", n), "tags": [format!("t{n}")]})).collect();
    let flaws = check(&filling(questions.clone(), json!(fills)));
    let found: Vec<_> = flaws.into_iter().map(|flaw| (flaw.kind, flaw.field)).collect();
    assert_eq!(found, one(FlawKind::TooEntangled, "questions"));
    // With few of these tests it is walked.
    let mut small = questions;
    small[0] = single("a", 3, json!([{"to": "b"}]));
    small[1] = single("b", 2, json!([{"to": "m"}]));
    small[3] = single("z", 2, json!([{"when": of("a", 0), "to": null}, {"to": null}]));
    assert_eq!(check(&filling(small, json!([{"when": of("b", 1), "tags": ["t"]}]))), []);
}

#[test]
fn a_pattern_that_no_answer_can_match_is_shown() {
    let asked = |pattern: &str, least: u32, most: u32| {
        let text = json!({"text": {"pattern": pattern, "min_length": least, "max_length": most}});
        found(json!([question("q", text, end())]))
    };
    for (pattern, least, most) in [
        ("[0-9]{5}", 1, 3),
        (r"a\bb", 1, 100),
        (" +", 1, 60),
        (r"\s*", 1, 60),
        (r"[\u{200b}-\u{200f}]+", 1, 20),
        (r"\p{Zs}*\u{2800}", 1, 20),
        ("a{5}|b{9}", 6, 8),
        ("(abc)*", 4, 5),
        (r"\x00+", 1, 10),
        ("[a&&b]", 1, 10),
        ("[a-z]{2,40}", 41, 1_000),
        ("", 1, 10),
    ] {
        let flaw = one(FlawKind::Unanswerable, "questions[0].answer.text.pattern");
        assert_eq!(asked(pattern, least, most), flaw, "{pattern}");
    }
    for (pattern, least, most) in [
        (r"KC-\d+", 1, 1_000),
        (r"KC-\d+", 900, 1_000),
        ("[0-9]{5}", 5, 5),
        (".*", 10_000, 10_000),
        (r"\s*[a-z]?", 1, 1),
        (r"\bfoo\b", 1, 10),
        ("(?i)[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4})+", 15, 34),
        (r"[^@\s]+@[^@\s]+\.[a-z]{2,}", 1, 254),
        (r"\+?[0-9 ()/-]{6,20}", 1, 30),
        ("(abc)*(de)*", 4, 4),
        ("(?:[a-z]{1,5} )*x", 200, 300),
        (r"\p{Greek}+", 3, 3),
        (r"\p{Hebrew}+", 1, 20),
        (r"[\u{1f300}-\u{1faff}\u{fe0f}\u{200d}]+", 1, 20),
        (r"\p{Braille}+", 1, 20),
        (r"[\u{2000}-\u{206f}]+", 1, 20),
        (r"[\u{fe00}-\u{ffff}]+", 20, 20),
        (r"[\u{1160}-\u{11ff}]", 1, 1),
        (r"\p{M}{3}x", 1, 20),
        (r"[\x00\u{2000}]a", 1, 20),
        (r"(\x00a|ba)", 2, 2),
        ("^.\\b.$", 2, 2),
        ("(?:a$|b)c", 2, 2),
        ("$a|b", 1, 1),
        (r"[a\n](?m:^)b", 2, 2),
        ("(a|b){1000}", 1_000, 1_000),
        ("(ab|c){500}", 1, 10_000),
        (r"https?://\S+", 1, 2_000),
        (r"[\s\S]+", 20, 2_000),
        ("((a*)*)*b", 1, 1_000),
        ("(a{7})*(b{3})*", 1_000, 1_000),
        ("(a{90}){3,9}|(b{97})*", 970, 970),
        // More lengths than are looked at: nobody is told that there is no answer.
        ("(ab)*", 1_001, 1_001),
    ] {
        assert_eq!(asked(pattern, least, most), [], "{pattern}");
    }
}
