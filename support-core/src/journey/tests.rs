mod answers;
mod flaws;
mod laws;
mod ticket;

use serde_json::{Value, json};

use super::{Given, Journey, JourneySpec, Step};

/// A journey of these questions, beginning with the first.
fn spec(questions: Value) -> JourneySpec {
    filling(questions, json!([]))
}

fn filling(questions: Value, ticket: Value) -> JourneySpec {
    let start = questions[0]["id"].clone();
    let body = json!({"name": "Help", "entry_point": "main", "start": start, "questions": questions, "ticket": ticket});
    serde_json::from_value(body).unwrap()
}

fn question(id: &str, answer: Value, next: Value) -> Value {
    json!({"id": id, "text": format!("About {id}?"), "answer": answer, "next": next})
}

/// A question with options `a`, `b` and `c`.
fn choice(id: &str, next: Value) -> Value {
    let options: Vec<Value> =
        ["a", "b", "c"].iter().map(|value| json!({"value": value, "text": format!("The {value}")})).collect();
    question(id, json!({"single_choice": {"options": options}}), next)
}

fn is(question: &str, option: &str) -> Value {
    json!({"is": {"question": question, "any_of": [option]}})
}

fn end() -> Value {
    json!([{"to": null}])
}

fn given(answers: Value) -> Given {
    answers.as_object().unwrap().clone().into_iter().collect()
}

fn journey(questions: Value) -> Journey {
    let spec = spec(questions);
    assert_eq!(super::check(&spec), []);
    Journey::of(spec).unwrap()
}

/// The next question's name; nothing at the end.
fn next(journey: &Journey, answers: Value) -> Option<String> {
    match journey.step(&given(answers)).unwrap() {
        Step::Ask { question, .. } => Some(question.id.to_string()),
        Step::Complete { .. } => None,
    }
}

/// The fields that stepping refuses, with what is wrong.
fn refused(journey: &Journey, answers: Value) -> Vec<(String, String)> {
    let problems = journey.step(&given(answers)).unwrap_err();
    problems.into_iter().map(|problem| (problem.field, problem.problem)).collect()
}
