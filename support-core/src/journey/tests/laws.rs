use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Answer, Flaw, FlawKind, Given, Journey, JourneySpec, Question, Step, check};
use super::spec;

/// Draws numbers one after the other, and starts over at their end.
struct Draws<'a>(&'a [u32], usize);

impl Draws<'_> {
    fn below(&mut self, most: usize) -> usize {
        self.1 += 1;
        self.0[self.1 % self.0.len()] as usize % most
    }
}

/// A test of any question, of which there are `n`, that may or may not fit.
fn condition(draws: &mut Draws<'_>, n: usize, depth: usize) -> Value {
    let question = format!("q{}", draws.below(n));
    match draws.below(if depth == 0 { 5 } else { 8 }) {
        0 | 1 => {
            let option = ["a", "b", "c"][draws.below(3)];
            json!({"is": {"question": question, "any_of": [option]}})
        }
        2 => json!({"answered": {"question": question}}),
        3 => json!({"at_least": {"question": question, "number": draws.below(4)}}),
        4 => json!({"before": {"question": question, "date": format!("2026-01-0{}", draws.below(4) + 1)}}),
        inner => {
            let name = ["all", "any", "none"][inner - 5];
            let inner: Vec<Value> = (0..=draws.below(2)).map(|_| condition(draws, n, depth - 1)).collect();
            json!({ name: inner })
        }
    }
}

/// A journey of a few questions; `choices` makes all of them single choices.
fn drawn(draws: &mut Draws<'_>, choices: bool) -> JourneySpec {
    let n = 1 + draws.below(if choices { 5 } else { 7 });
    let options =
        json!([{"value": "a", "text": "A"}, {"value": "b", "text": "B"}, {"value": "c", "text": "C"}]);
    let mut questions = Vec::new();
    for at in 0..n {
        let least = [1, 2, 1, 2, 1, 2, 1, 0][draws.below(8)];
        let answer = match draws.below(if choices { 3 } else { 10 }) {
            0..=2 => json!({"single_choice": {"options": options}}),
            3 => {
                json!({"multiple_choice": {"options": options, "min": least}})
            }
            4 => json!({"number": {"min": 0, "max": 3, "step": 1 + draws.below(2)}}),
            5 => json!({"date": {"min": "2026-01-01", "max": "2026-01-04"}}),
            6 => json!({"text": {"min_length": 1 + draws.below(2), "max_length": 4}}),
            7 => json!({"text": {"min_length": 2, "max_length": 3, "pattern": "[A-Z]+"}}),
            8 => json!({"images": {"min_count": 1 + draws.below(2), "max_count": 3}}),
            _ => json!("information"),
        };
        // Mostly forwards, seldom back.
        let to = |draws: &mut Draws<'_>| match draws.below(12) {
            0 => json!(format!("q{}", draws.below(n))),
            1..=3 => Value::Null,
            _ if at + 1 < n => json!(format!("q{}", at + 1 + draws.below((n - at - 1).min(2)))),
            _ => Value::Null,
        };
        let mut next: Vec<Value> = (0..draws.below(3))
            .map(|_| {
                let known = if draws.below(4) == 0 { n } else { at + 1 };
                json!({"when": condition(draws, known, 2), "to": to(draws)})
            })
            .collect();
        if next.is_empty() || draws.below(3) > 0 {
            next.push(json!({"to": to(draws)}));
        }
        let required = answer == json!("information") || draws.below(4) > 0;
        questions.push(json!({"id": format!("q{at}"), "text": "?", "answer": answer, "next": next, "required": required}));
    }
    spec(json!(questions))
}

/// Some answer that the question accepts.
fn answer(draws: &mut Draws<'_>, question: &Question) -> Value {
    use super::super::AnswerKind as K;
    if !question.required && draws.below(3) == 0 {
        return Value::Null;
    }
    match &question.answer {
        K::SingleChoice { options } => json!(options[draws.below(options.len())].value),
        K::MultipleChoice { options, min, .. } => {
            let least = (*min as usize).max(1);
            let count = least + draws.below(options.len() + 1 - least);
            let first = draws.below(options.len());
            json!((0..count).map(|n| &options[(first + n) % options.len()].value).collect::<Vec<_>>())
        }
        K::Number { step, .. } => {
            let step = step.unwrap();
            json!(draws.below((3.0 / step) as usize + 1) as f64 * step)
        }
        K::Date { .. } => json!(format!("2026-01-0{}", draws.below(4) + 1)),
        K::Text { .. } => json!(["AB", "ABC"][draws.below(2)]),
        K::Images { min_count, max_count, .. } => {
            let count = min_count + draws.below((max_count - min_count) as usize + 1) as u32;
            json!((0..count).map(|n| uuid::Uuid::from_u128(n.into()).to_string()).collect::<Vec<_>>())
        }
        K::Information => panic!("nothing is asked"),
    }
}

/// An answer that a flaw shows. What stands for a text is any text, so one takes its place that is of the right form.
fn shown(answer: &Answer) -> Value {
    match answer {
        Answer::Text(_) => json!("AB"),
        answer => answer.to_value(),
    }
}

/// What enumerating all answers finds of a journey of single choices: the questions asked, the edges taken, and
/// whether answers lead nowhere.
fn tried(journey: &Journey) -> (std::collections::BTreeSet<String>, bool) {
    let mut asked = std::collections::BTreeSet::new();
    let mut lost = false;
    let mut open: Vec<Given> = vec![Given::new()];
    while let Some(given) = open.pop() {
        match journey.step(&given) {
            Ok(Step::Ask { question, .. }) => {
                asked.insert(question.id.to_string());
                let mut answers = vec![json!("a"), json!("b"), json!("c")];
                answers.extend((!question.required).then_some(Value::Null));
                for answer in answers {
                    let mut given = given.clone();
                    given.insert(question.id.to_string(), answer);
                    open.push(given);
                }
            }
            Ok(Step::Complete { .. }) => {}
            Err(_) => lost = true,
        }
    }
    (asked, lost)
}

fn has(flaws: &[Flaw], kind: FlawKind) -> bool {
    flaws.iter().any(|flaw| flaw.kind == kind)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn every_path_of_a_sound_journey_ends_and_submitting_accepts_what_stepping_completes(
        shape in prop::collection::vec(any::<u32>(), 60),
        said in prop::collection::vec(any::<u32>(), 30),
    ) {
        let spec = drawn(&mut Draws(&shape, 0), false);
        // What is merely never met keeps nobody from going on.
        let stops = [FlawKind::Unknown, FlawKind::Shape, FlawKind::Cycle, FlawKind::DeadEnd, FlawKind::TooEntangled];
        let flaws = check(&spec);
        prop_assume!(!stops.into_iter().any(|kind| has(&flaws, kind)));
        let journey = Journey::of(spec).unwrap();
        let mut draws = Draws(&said, 0);
        let mut given = Given::new();
        for _ in 0..=journey.spec().questions.len() {
            let step = journey.step(&given).unwrap();
            prop_assert_eq!(&journey.step(&given).unwrap(), &step, "stepping is a function");
            let Step::Ask { question, .. } = step else { break };
            prop_assert!(journey.submit(&given).is_err(), "nothing is accepted before its end");
            given.insert(question.id.to_string(), answer(&mut draws, question));
        }
        let answers = journey.submit(&given).unwrap();
        prop_assert_eq!(answers.len(), given.len());
        for name in given.keys() {
            let mut fewer = given.clone();
            fewer.remove(name);
            prop_assert!(journey.submit(&fewer).is_err());
        }
        let mut more = given.clone();
        more.insert("stranger".to_owned(), json!("a"));
        prop_assert!(journey.submit(&more).is_err());
        let rest = journey.spec().questions.iter().find(|q| !given.contains_key(q.id.as_str()));
        if let Some(question) = rest {
            given.insert(question.id.to_string(), json!("a"));
            prop_assert!(journey.step(&given).is_err(), "what is off the path is refused");
        }
    }

    #[test]
    fn what_is_found_is_what_trying_all_answers_finds(shape in prop::collection::vec(any::<u32>(), 60)) {
        let spec = drawn(&mut Draws(&shape, 0), true);
        let flaws = check(&spec);
        prop_assume!(!has(&flaws, FlawKind::Unknown) && !has(&flaws, FlawKind::Cycle));
        let journey = Journey::of(spec.clone()).unwrap();
        let (asked, lost) = tried(&journey);
        prop_assert_eq!(has(&flaws, FlawKind::DeadEnd), lost);
        for (at, question) in spec.questions.iter().enumerate() {
            let unreachable = flaws.iter().any(|flaw| flaw.kind == FlawKind::Unreachable && flaw.field == format!("questions[{at}]"));
            prop_assert_eq!(unreachable, !asked.contains(question.id.as_str()));
        }
    }

    #[test]
    fn a_flaw_shows_what_is_wrong(shape in prop::collection::vec(any::<u32>(), 60)) {
        let spec = drawn(&mut Draws(&shape, 0), false);
        let journey = Journey::of(spec.clone()).unwrap();
        for flaw in check(&spec) {
            match flaw.kind {
                FlawKind::DeadEnd => {
                    let given: Given = flaw.answers.iter()
                        .map(|(id, answer)| (id.to_string(), answer.as_ref().map_or(Value::Null, shown)))
                        .collect();
                    let problems = journey.step(&given).unwrap_err();
                    prop_assert!(problems[0].problem.starts_with("lead nowhere"), "{:?}", problems);
                }
                FlawKind::Cycle => {
                    prop_assert_eq!(flaw.questions.first(), flaw.questions.last());
                    for pair in flaw.questions.windows(2) {
                        let question = spec.question(&pair[0]).unwrap();
                        prop_assert!(question.next.iter().any(|edge| edge.to.as_ref() == Some(&pair[1])));
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn stepping_takes_any_journey_and_any_answers_without_losing_itself(
        shape in prop::collection::vec(any::<u32>(), 60),
        names in prop::collection::vec("q[0-7]|x", 0..6),
    ) {
        let journey = Journey::of(drawn(&mut Draws(&shape, 0), false)).unwrap();
        let given: Given = names.into_iter().map(|name| (name, json!("a"))).collect();
        match journey.step(&given) {
            Ok(Step::Ask { answers, .. } | Step::Complete { answers, .. }) => prop_assert_eq!(answers.len(), given.len()),
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }
}
