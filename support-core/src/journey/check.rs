//! What is wrong with a journey, found before anybody is asked a question.
//!
//! [`shape()`] looks at each part alone: that is what a draft must pass. [`check()`] then walks every way through the
//! graph with answers that stand for all answers, so that what it says is exact: a question that it calls unreachable
//! is reached by no answers, and for a dead end it shows answers that lead there.

mod explore;
mod shape;

use std::collections::BTreeMap;

use crate::error::FieldProblem;
use crate::label::Label;
use crate::wire::wire_enum;

use super::{Answers, JourneySpec, example};

pub(super) use explore::Budget;
pub use shape::shape;

wire_enum! {
    /// What is wrong with a journey.
    FlawKind {
        /// A part that cannot be: a wording, a bound, a pattern, a template.
        Shape = "shape",
        /// Something is named that is not there.
        Unknown = "unknown",
        /// Questions lead back to one that was asked.
        Cycle = "cycle",
        /// A text question to whose pattern no answer of its lengths was found.
        Unanswerable = "unanswerable",
        /// A question that no answers lead to.
        Unreachable = "unreachable",
        /// Answers after which no edge holds.
        DeadEnd = "dead_end",
        /// An edge, or a way to fill the ticket, that never has its turn.
        NeverTaken = "never_taken",
        /// A condition on an answer that cannot have been given.
        NeverAnswered = "never_answered",
        /// More ways lead through it than can be walked.
        TooEntangled = "too_entangled",
    }
}

/// Something wrong with a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    /// What.
    pub kind: FlawKind,
    /// Path of the part in the journey, such as `questions[2].next[0].to`.
    pub field: String,
    /// What is wrong with it, in lower case.
    pub problem: String,
    /// Answers that show it, for a dead end. What stands for a text or for pictures there is any.
    pub answers: Answers,
    /// The questions in order, for a cycle.
    pub questions: Vec<Label>,
}

impl Flaw {
    fn new(kind: FlawKind, field: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        let (field, problem) = (field.into(), problem.to_string());
        Self { kind, field, problem, answers: Answers::new(), questions: Vec::new() }
    }
}

impl From<Flaw> for FieldProblem {
    fn from(flaw: Flaw) -> Self {
        Self { field: flaw.field, problem: flaw.problem }
    }
}

/// Finds everything that keeps a journey from being published. A journey without flaws ends for all answers, reaches
/// each of its questions for some, and takes each of its edges for some.
#[must_use]
pub fn check(spec: &JourneySpec) -> Vec<Flaw> {
    let mut flaws = shape(spec);
    flaws.extend(unknown(spec));
    if flaws.is_empty() {
        flaws.extend(unanswerable(spec));
        flaws.extend(cycle(spec));
    }
    // What is not there, or turns in circles, cannot be walked.
    if flaws.is_empty() {
        flaws.extend(explore::explore(spec));
    }
    flaws
}

/// Finds text questions to which nobody can give an answer.
fn unanswerable(spec: &JourneySpec) -> Vec<Flaw> {
    let mut steps = example::STEP_LIMIT;
    let all = spec.questions.iter().enumerate();
    all.filter(|(_, question)| !example::is_answerable(question, &mut steps))
        .map(|(at, _)| {
            let field = format!("questions[{at}].answer.text.pattern");
            Flaw::new(FlawKind::Unanswerable, field, "matches no text of these lengths that could be found")
        })
        .collect()
}

/// Finds names of what is not there, and tests that do not fit the question that they name.
fn unknown(spec: &JourneySpec) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut missing = |field: String, problem: &str| flaws.push(Flaw::new(FlawKind::Unknown, field, problem));
    if spec.question(&spec.start).is_none() {
        missing("start".into(), "must be a question of the journey");
    }
    for (at, question) in spec.questions.iter().enumerate() {
        for (edge, next) in question.next.iter().enumerate() {
            if next.to.as_ref().is_some_and(|to| spec.question(to).is_none()) {
                missing(
                    format!("questions[{at}].next[{edge}].to"),
                    "must be a question of the journey, or null",
                );
            }
        }
    }
    for (path, _, test) in tests(spec) {
        let Some(id) = test.question() else { continue };
        let Some(question) = spec.question(id) else {
            missing(format!("{path}.question"), "must be a question of the journey");
            continue;
        };
        if !test.fits(&question.answer) {
            missing(path, "cannot be asked of the answers to that question");
        } else if let super::Condition::Is { any_of, .. } = test {
            let options = question.answer.options();
            for (at, option) in any_of.iter().enumerate() {
                if !options.iter().any(|known| known.value == *option) {
                    missing(format!("{path}.any_of[{at}]"), "must be an option of that question");
                }
            }
        }
    }
    for (at, fill) in spec.ticket.iter().enumerate() {
        for (key, field) in &fill.custom_fields {
            let super::FieldFill::Answer(id) = field else { continue };
            if spec.question(id).is_none() {
                missing(
                    format!("ticket[{at}].custom_fields.{key}.answer"),
                    "must be a question of the journey",
                );
            }
        }
        for (field, text) in fill.templates(at) {
            let Ok(template) = crate::text::Template::parse(text) else { continue };
            for name in template.names() {
                if !spec.questions.iter().any(|question| question.id.as_str() == name) {
                    missing(field.clone(), &format!("names `{name}`, which is no question of the journey"));
                }
            }
        }
    }
    flaws
}

/// Whose test it is: an edge of a question, or a way to fill the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    Edge(usize, usize),
    Fill(usize),
}

/// Lists every test of a journey with its path and its place.
fn tests(spec: &JourneySpec) -> Vec<(String, Place, &super::Condition)> {
    let mut tests = Vec::new();
    for (at, question) in spec.questions.iter().enumerate() {
        for (edge, next) in question.next.iter().enumerate() {
            let path = format!("questions[{at}].next[{edge}].when");
            next.when.iter().for_each(|when| {
                when.each_test(&path, &mut |path, test| tests.push((path, Place::Edge(at, edge), test)));
            });
        }
    }
    for (at, fill) in spec.ticket.iter().enumerate() {
        let path = format!("ticket[{at}].when");
        fill.when.iter().for_each(|when| {
            when.each_test(&path, &mut |path, test| tests.push((path, Place::Fill(at), test)));
        });
    }
    tests
}

/// Finds a cycle, whether or not any answers go round it: a question is asked once.
fn cycle(spec: &JourneySpec) -> Option<Flaw> {
    let index: BTreeMap<&Label, usize> =
        spec.questions.iter().enumerate().map(|(at, question)| (&question.id, at)).collect();
    let mut done = vec![false; spec.questions.len()];
    for start in 0..spec.questions.len() {
        // The way so far: each question with the edge that is to be looked at next.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, edge)) = way.pop() {
            let Some(question) = spec.questions.get(at).filter(|_| !done.get(at).copied().unwrap_or(true))
            else {
                continue;
            };
            let Some(next) = question.next.get(edge) else {
                if let Some(done) = done.get_mut(at) {
                    *done = true;
                }
                continue;
            };
            way.push((at, edge + 1));
            let Some(&to) = next.to.as_ref().and_then(|to| index.get(to)) else { continue };
            if let Some(from) = way.iter().position(|(passed, _)| *passed == to) {
                let round = way.iter().skip(from).map(|(passed, _)| *passed).chain([to]);
                let names: Vec<Label> = round
                    .filter_map(|at| spec.questions.get(at))
                    .map(|question| question.id.clone())
                    .collect();
                let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let field = format!("questions[{at}].next[{edge}].to");
                let problem = format!("leads back to a question that was asked: {}", shown.join(", "));
                return Some(Flaw { questions: names, ..Flaw::new(FlawKind::Cycle, field, problem) });
            }
            way.push((to, 0));
        }
    }
    None
}
