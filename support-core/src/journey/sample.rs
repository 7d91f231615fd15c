//! A few answers to a question that stand for all: whatever its tests can tell apart, one of them shows.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::label::Label;

use super::check::Budget;
use super::{Answer, AnswerKind, Choice, Condition, Date, Image, Question};

/// Most options of one multiple choice that tests may name: each set of them is a case of its own.
const NAMED_LIMIT: usize = 12;

/// Why the answers to a question cannot be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    /// Tests name too many options.
    Options,
    /// It takes more steps than are left.
    Steps,
}

/// Returns answers for every combination of outcomes that the tests of a question can have, `None` for passing it
/// over.
///
/// Nothing is asked of a text or of pictures but whether they were given, so what stands for them is any.
pub(super) fn samples(
    question: &Question,
    tests: &[&Condition],
    budget: &mut Budget,
) -> Result<Vec<Option<Answer>>, TooMany> {
    let options = question.answer.options().len();
    let looks: usize = tests.iter().map(|test| test.steps()).sum();
    // Which options tests name is asked of each; every answer is looked for among them, and by each test.
    let mut spend =
        |times: usize| budget.spend(times.saturating_mul(looks + options + 1)).ok_or(TooMany::Steps);
    spend(options)?;
    let all: Vec<Answer> = match &question.answer {
        AnswerKind::SingleChoice { options } => {
            options.iter().map(|option| Answer::Choice(option.value.clone())).collect()
        }
        AnswerKind::MultipleChoice { options, min, max } => {
            sets(options, (*min).max(1), *max, tests).ok_or(TooMany::Options)?
        }
        AnswerKind::Text { .. } => {
            spend(1)?;
            return Ok(distinct(question, tests, vec![Answer::Text("…".into())], true));
        }
        AnswerKind::Number { min, max, step } => numbers(*min, *max, *step, tests),
        AnswerKind::Date { min, max } => days(*min, *max, tests),
        AnswerKind::Images { min_count, .. } => {
            let image = |n: u32| Image { upload: Uuid::from_u128(u128::from(n) + 1), file: None };
            vec![Answer::Images((0..(*min_count).max(1)).map(image).collect())]
        }
        AnswerKind::Information => Vec::new(),
    };
    spend(all.len())?;
    Ok(distinct(question, tests, all, false))
}

/// Keeps one answer of those between which no test tells a difference, and none that is refused.
fn distinct(
    question: &Question,
    tests: &[&Condition],
    answers: Vec<Answer>,
    unchecked: bool,
) -> Vec<Option<Answer>> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<Option<Answer>> = answers
        .into_iter()
        .filter(|answer| unchecked || question.accept(Some(answer), None).is_ok())
        .filter(|answer| seen.insert(tests.iter().map(|test| test.is_met_by(answer)).collect::<Vec<bool>>()))
        .map(Some)
        .collect();
    if !question.required {
        kept.push(None);
    }
    kept
}

/// Lists every set of the options that tests name, filled up with others where it is too small.
fn sets(options: &[Choice], min: u32, max: Option<u32>, tests: &[&Condition]) -> Option<Vec<Answer>> {
    let is_named = |option: &Label| {
        tests.iter().any(|test| matches!(test, Condition::Is { any_of, .. } if any_of.contains(option)))
    };
    let (named, others): (Vec<&Label>, Vec<&Label>) =
        options.iter().map(|option| &option.value).partition(|option| is_named(option));
    if named.len() > NAMED_LIMIT {
        return None;
    }
    let most = max.map_or(usize::MAX, |max| max as usize);
    let sets = (0_u32..1 << named.len()).map(|bits| {
        let chosen =
            named.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, option)| *option);
        let chosen: Vec<&Label> = chosen.collect();
        let lacking = (min as usize).saturating_sub(chosen.len());
        let all = chosen.into_iter().chain(others.iter().copied().take(lacking));
        all.cloned().collect::<BTreeSet<Label>>()
    });
    Some(sets.filter(|set| set.len() <= most).map(Answer::Choices).collect())
}

/// Lists the bounds, and on both sides of every number of a test what comes next.
fn numbers(min: Option<f64>, max: Option<f64>, step: Option<f64>, tests: &[&Condition]) -> Vec<Answer> {
    let thresholds = tests.iter().filter_map(|test| match test {
        Condition::AtLeast { number, .. } | Condition::Below { number, .. } => Some(*number),
        _ => None,
    });
    let marks: Vec<f64> = thresholds.chain(min).chain(max).chain([0.0]).collect();
    let found: Vec<f64> = match step {
        Some(step) => {
            let from = min.unwrap_or(0.0);
            let around = |mark: f64| {
                let steps = ((mark - from) / step).floor();
                [-1.0, 0.0, 1.0].map(|more| from + (steps + more) * step)
            };
            marks.into_iter().flat_map(around).collect()
        }
        None => {
            let around = |mark: f64| [mark - 1.0, mark, mark + 1.0, mark.next_down()];
            marks.into_iter().flat_map(around).chain([f64::MIN, f64::MAX]).collect()
        }
    };
    found.into_iter().filter(|number| number.is_finite()).map(Answer::Number).collect()
}

/// Lists the bounds, and on both sides of every day of a test the next.
fn days(min: Option<Date>, max: Option<Date>, tests: &[&Condition]) -> Vec<Answer> {
    let thresholds = tests.iter().filter_map(|test| match test {
        Condition::From { date, .. } | Condition::Before { date, .. } => Some(*date),
        _ => None,
    });
    let marks = thresholds.chain(min).chain(max).chain("2000-01-01".parse().ok());
    marks.flat_map(|mark| [-1, 0, 1].map(|days| Answer::Date(mark.plus_days(days)))).collect()
}
