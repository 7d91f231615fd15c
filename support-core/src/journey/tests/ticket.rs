use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Filled, Journey, check};
use super::{choice, end, filling, given, is, question};
use crate::label::Label;
use crate::ticket::{FieldInput, Priority};

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn filled(ticket: Value, answers: Value) -> Filled {
    let mut note = question("note", json!({"text": {}}), end());
    note["required"] = json!(false);
    let spec = filling(
        json!([
            choice("kind", json!([{"to": "amount"}])),
            question("amount", json!({"number": {}}), json!([{"to": "note"}])),
            note
        ]),
        ticket,
    );
    assert_eq!(check(&spec), []);
    let journey = Journey::of(spec).unwrap();
    let answers = journey.submit(&given(answers)).unwrap();
    let wording: BTreeMap<Label, String> = answers
        .iter()
        .filter_map(|(id, answer)| Some((id.clone(), journey.spec().question(id)?.wording(answer.as_ref()?))))
        .collect();
    journey.fill(&answers, &wording)
}

#[test]
fn without_a_word_about_it_the_ticket_says_what_was_asked_and_answered() {
    let filled = filled(json!([]), json!({"kind": "a", "amount": 3, "note": null}));
    assert_eq!(filled.subject, "Help");
    assert_eq!(filled.message, "About kind?\nThe a\n\nAbout amount?\n3");
}

#[test]
fn what_holds_is_applied_in_order_and_adds_up() {
    let ticket = json!([
        {"subject": "{{kind}}: {{note|nothing\nmore}}", "category": "help", "priority": "low", "tags": ["web"],
         "skills": {"german": 2}, "custom_fields": {"n": {"answer": "amount"}, "note": {"answer": "note"}}},
        {"when": is("kind", "a"), "priority": "high", "tags": ["vip"], "skills": {"german": 4},
         "custom_fields": {"text": {"text": "{{amount}}!"}, "flag": {"flag": true}}},
        {"when": is("kind", "b"), "category": "other"},
    ]);
    let filled = filled(ticket, json!({"kind": "a", "amount": 2.5, "note": null}));
    assert_eq!(filled.subject, "The a: nothing more", "a subject is one line");
    assert_eq!((filled.category, filled.priority), (Some(label("help")), Some(Priority::High)));
    assert_eq!(filled.tags, [label("vip"), label("web")].into());
    assert_eq!(filled.skills, [(label("german"), 4)].into());
    let fields = [
        (label("n"), FieldInput::Number(2.5)),
        (label("text"), FieldInput::Text("2.5!".into())),
        (label("flag"), FieldInput::Flag(true)),
    ];
    assert_eq!(filled.custom_fields, fields.into());
}

#[test]
fn an_answer_is_text_and_no_template() {
    let filled =
        filled(json!([{"subject": "{{note}}"}]), json!({"kind": "a", "amount": 1, "note": "{{amount}}"}));
    assert_eq!(filled.subject, "{{amount}}");
}
