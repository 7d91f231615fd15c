use serde_json::{Value, json};

use super::super::{FileFacts, Image, Journey, Step};
use super::{choice, end, given, is, journey, next, question, refused, spec};

/// What is wrong with an answer to one question; nothing where it is accepted.
fn wrong(kind: Value, answer: Value) -> Option<String> {
    let journey = journey(json!([question("q", kind, end())]));
    let problems = journey.submit(&given(json!({"q": answer}))).err()?;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].field, "answers.q");
    Some(problems[0].problem.clone())
}

#[test]
fn an_answer_is_checked_by_what_was_asked() {
    let options = json!([{"value": "a", "text": "A"}, {"value": "b", "text": "B"}]);
    let one = json!({"single_choice": {"options": options}});
    let some = json!({"multiple_choice": {"options": options, "max": 1}});
    let text = json!({"text": {"min_length": 2, "max_length": 3, "pattern": "[A-Z]+"}});
    let number = json!({"number": {"min": 0.1, "max": 1, "step": 0.1}});
    let day = json!({"date": {"min": "2026-01-01", "max": "2026-12-31"}});
    let id = "0191f000-0000-7000-8000-000000000000";
    let images = json!({"images": {}});
    for (kind, answer, problem) in [
        (&one, json!("a"), None),
        (&one, json!("c"), Some("must be one of the options")),
        (&one, json!(["a"]), Some("must be one of the options")),
        (&some, json!(["b"]), None),
        (&some, json!(["a", "b"]), Some("must be 1 to 1 options")),
        (&some, json!([]), Some("must be 1 to 1 options")),
        (&some, json!(["a", "a"]), Some("must be a list of options, each once")),
        (&text, json!("ABC"), None),
        (&text, json!("A"), Some("must be 2 to 3 characters")),
        (&text, json!("ABc"), Some("must be of the form that is asked for")),
        (&text, json!("AB\n"), Some("must be of the form that is asked for")),
        (&text, json!("   "), Some("must not be empty")),
        (&text, json!(5), Some("must be a text")),
        (&number, json!(0.7), None),
        (&number, json!(0.75), Some("must be a multiple of 0.1 from 0.1")),
        (&number, json!(0), Some("must be at least 0.1")),
        (&number, json!(1.1), Some("must be at most 1")),
        (&number, json!("1"), Some("must be a number")),
        (&day, json!("2026-12-31"), None),
        (&day, json!("2027-01-01"), Some("must be at most 2026-12-31")),
        (&day, json!("2026-02-30"), Some("must be a day such as 2026-11-20")),
        (&day, json!("2026-2-3"), Some("must be a day such as 2026-11-20")),
        (&images, json!([id]), None),
        (&images, json!([id, id]), Some("must not name an upload twice")),
        (&images, json!([]), Some("must be 1 to 5 pictures")),
        (&images, json!(["x"]), Some("must be a list of ids of uploads")),
        (&one, json!(null), Some("must be answered")),
    ] {
        assert_eq!(wrong(kind.clone(), answer.clone()).as_deref(), problem, "{kind} {answer}");
    }
}

#[test]
fn nothing_chosen_is_no_answer_whatever_a_draft_says() {
    let options = json!([{"value": "a", "text": "A"}]);
    let some = json!({"multiple_choice": {"options": options, "min": 0}});
    let images = json!({"images": {"min_count": 0}});
    for kind in [some, images] {
        for required in [true, false] {
            let mut asked =
                question("q", kind.clone(), json!([{"when": {"answered": {"question": "q"}}, "to": null}]));
            asked["required"] = json!(required);
            let journey = Journey::of(spec(json!([asked]))).unwrap();
            let problems = journey.step(&given(json!({"q": []}))).unwrap_err();
            assert!(
                problems[0].problem.starts_with("must be at least 1")
                    || problems[0].problem.starts_with("must be 1 to"),
                "{problems:?}"
            );
        }
    }
}

#[test]
fn pictures_are_checked_by_size_and_type_where_they_are_known() {
    let journey = journey(json!([question("q", json!({"images": {}}), end())]));
    let question = &journey.spec().questions[0];
    let accept = |content_type: &str, size_bytes| {
        let file = FileFacts { name: "x".into(), content_type: content_type.into(), size_bytes };
        let image = Image { upload: uuid::Uuid::nil(), file: Some(file) };
        question.accept(Some(&super::super::Answer::Images(vec![image])), None)
    };
    assert_eq!(accept("image/png", 5 << 20), Ok(()));
    assert_eq!(accept("image/png", (5 << 20) + 1).unwrap_err(), "must be at most 5242880 bytes each");
    assert_eq!(accept("image/gif", 1).unwrap_err(), "must be image/jpeg or image/png");
}

#[test]
fn a_question_that_need_not_be_answered_is_passed_over_by_null() {
    let mut asked = question(
        "q",
        json!({"text": {}}),
        json!([{"when": {"answered": {"question": "q"}}, "to": "more"}, {"to": null}]),
    );
    asked["required"] = json!(false);
    let journey = journey(json!([asked, question("more", json!({"text": {}}), end())]));
    assert_eq!(next(&journey, json!({})).as_deref(), Some("q"));
    assert_eq!(next(&journey, json!({"q": null})), None);
    assert_eq!(next(&journey, json!({"q": "x"})).as_deref(), Some("more"));
}

#[test]
fn edges_go_by_any_earlier_answer() {
    let journey = journey(json!([
        choice("first", json!([{"to": "amount"}])),
        question("amount", json!({"number": {}}), json!([{"to": "last"}])),
        choice(
            "last",
            json!([
                {"when": {"all": [is("first", "a"), {"at_least": {"question": "amount", "number": 100}}]}, "to": "proof"},
                {"to": null},
            ])
        ),
        question("proof", json!({"images": {}}), end()),
    ]));
    let at =
        |first: &str, amount: f64| next(&journey, json!({"first": first, "amount": amount, "last": "c"}));
    assert_eq!(at("a", 100.0).as_deref(), Some("proof"));
    assert_eq!(at("a", 99.0), None);
    assert_eq!(at("b", 100.0), None);
}

#[test]
fn an_answer_off_the_path_is_refused_by_name() {
    let journey = journey(json!([
        choice("q", json!([{"when": is("q", "a"), "to": "x"}, {"to": null}])),
        choice("x", end()),
    ]));
    let astray = "is not on the path of the other answers".to_owned();
    let off = |name: &str| vec![(format!("answers.{name}"), astray.clone())];
    assert_eq!(refused(&journey, json!({"q": "b", "x": "a"})), off("x"));
    assert_eq!(refused(&journey, json!({"x": "a"})), off("x"));
    assert_eq!(refused(&journey, json!({"q": "a", "y": "a"})), off("y"));
    let wrong = ("answers.q".to_owned(), "must be one of the options".to_owned());
    assert_eq!(refused(&journey, json!({"q": "z", "x": "a"})), [wrong], "the path beyond is not known");
}

#[test]
fn what_is_told_comes_with_the_next_question() {
    let journey = journey(json!([
        question("hello", json!("information"), json!([{"to": "q"}])),
        choice("q", json!([{"when": is("q", "a"), "to": "bye"}, {"to": "r"}])),
        choice("r", end()),
        question("bye", json!("information"), end()),
    ]));
    let told = |answers: Value| {
        let answers = given(answers);
        let (Step::Ask { information, .. } | Step::Complete { information, .. }) =
            journey.step(&answers).unwrap();
        information.iter().map(|told| told.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told(json!({})), ["hello"]);
    assert_eq!(told(json!({"q": "b"})), [""; 0]);
    assert_eq!(told(json!({"q": "a"})), ["bye"]);
    assert_eq!(refused(&journey, json!({"hello": true}))[0].0, "answers.hello");
}

#[test]
fn answers_that_are_right_no_more_are_asked_for_again() {
    let journey = journey(json!([
        choice("q", json!([{"to": "pin"}])),
        question("pin", json!({"text": {"pattern": "\\d+"}}), json!([{"to": "r"}])),
        choice("r", end()),
    ]));
    let kept = given(json!({"q": "a", "pin": "****", "r": "b"}));
    let Some(Step::Ask { question, answers, .. }) = journey.resume(&kept) else { panic!("an end") };
    assert_eq!((question.id.as_str(), answers.len()), ("pin", 1));
}

#[test]
fn a_draft_that_leads_nowhere_says_so() {
    let draft = spec(json!([choice("q", json!([{"when": is("q", "a"), "to": "gone"}]))]));
    let journey = super::super::Journey::of(draft).unwrap();
    let lost = |answers: Value| refused(&journey, answers)[0].1.clone();
    assert_eq!(lost(json!({"q": "a"})), "lead nowhere at question `gone`");
    assert_eq!(lost(json!({"q": "b"})), "lead nowhere at question `q`");
    assert_eq!(journey.resume(&given(json!({"q": "b"}))), None);
}
