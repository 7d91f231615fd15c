//! Stepping: from the answers given so far to the next question.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};

use crate::error::FieldProblem;
use crate::label::Label;

use super::{Answer, AnswerKind, Answers, Edge, Given, JourneySpec, Question};

/// Largest compiled pattern of a text question, in bytes.
const PATTERN_SIZE_LIMIT: usize = 1 << 18;

/// A journey that answers can be given to: its patterns are compiled. It need not have passed [`check`](super::check):
/// a draft can be tried, and where it leads nowhere, stepping says so.
#[derive(Debug, Clone)]
pub struct Journey {
    spec: JourneySpec,
    patterns: BTreeMap<Label, Regex>,
}

/// Where answers lead.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<'a> {
    /// To a question.
    Ask {
        /// What is told before it.
        information: Vec<&'a Question>,
        /// The question.
        question: &'a Question,
        /// The answers that led here.
        answers: Answers,
    },
    /// To the end.
    Complete {
        /// What is told at the end.
        information: Vec<&'a Question>,
        /// All answers.
        answers: Answers,
    },
}

/// Compiles the pattern of a text question: it has to match the whole text.
pub(super) fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_SIZE_LIMIT).build()
}

impl Journey {
    /// Compiles a journey.
    ///
    /// # Errors
    /// Patterns that are none, or too large.
    pub fn of(spec: JourneySpec) -> Result<Self, Unreadable> {
        let mut patterns = BTreeMap::new();
        for question in &spec.questions {
            if let AnswerKind::Text { pattern: Some(pattern), .. } = &question.answer {
                let regex = compiled(pattern).map_err(|_| Unreadable(question.id.clone()))?;
                patterns.insert(question.id.clone(), regex);
            }
        }
        Ok(Self { spec, patterns })
    }

    /// Returns what the journey says.
    #[must_use]
    pub const fn spec(&self) -> &JourneySpec {
        &self.spec
    }

    /// Finds the next question for the answers given so far, all of which are read and checked from the start.
    ///
    /// # Errors
    /// Every answer that is wrong or off the path of the others, by its path `answers.<question>`; and where the
    /// answers lead nowhere, which they never do in a journey that [`check`](super::check) finds sound.
    pub fn step(&self, given: &Given) -> Result<Step<'_>, Vec<FieldProblem>> {
        match self.walk(given) {
            (Some(step), problems) if problems.is_empty() => Ok(step),
            (_, problems) => Err(problems),
        }
    }

    /// Reads a whole set of answers: those, and only those, with which stepping is complete.
    ///
    /// # Errors
    /// As [`step`](Self::step); and the next question where one is left.
    pub fn submit(&self, given: &Given) -> Result<Answers, Vec<FieldProblem>> {
        match self.step(given)? {
            Step::Complete { answers, .. } => Ok(answers),
            Step::Ask { question, .. } => {
                Err(vec![FieldProblem::new(format!("answers.{}", question.id), "must be answered")])
            }
        }
    }

    /// Finds where answers that were kept lead: as far as they are right, without the rest. Nothing where they lead
    /// nowhere.
    #[must_use]
    pub fn resume(&self, kept: &Given) -> Option<Step<'_>> {
        self.walk(kept).0
    }

    /// Walks as far as answers lead, and says what is wrong with the rest.
    fn walk(&self, given: &Given) -> (Option<Step<'_>>, Vec<FieldProblem>) {
        let mut answers = Answers::new();
        let mut information = Vec::new();
        let mut passed: BTreeSet<&Label> = BTreeSet::new();
        let mut at = Some(&self.spec.start);
        while let Some(id) = at {
            let Some(question) = self.spec.question(id).filter(|_| passed.insert(id)) else {
                return (None, vec![lost(id)]);
            };
            if matches!(question.answer, AnswerKind::Information) {
                information.push(question);
            } else {
                match self.answer(question, given) {
                    Some(Ok(answer)) => {
                        information.clear();
                        answers.insert(id.clone(), answer);
                    }
                    Some(Err(problem)) => {
                        // Where the path goes on from a wrong answer is not known: only strangers are named beside it.
                        let mut problems = vec![FieldProblem::new(format!("answers.{id}"), problem)];
                        let named =
                            |id: &str| self.spec.questions.iter().any(|known| known.id.as_str() == id);
                        problems.extend(given.keys().filter(|id| !named(id)).map(|id| astray(id)));
                        return (Some(Step::Ask { information, question, answers }), problems);
                    }
                    None => {
                        let problems = off_path(given, &answers);
                        return (Some(Step::Ask { information, question, answers }), problems);
                    }
                }
            }
            match way_on(question, &|id| answers.get(id).and_then(Option::as_ref)) {
                Some((_, edge)) => at = edge.to.as_ref(),
                None => return (None, vec![lost(id)]),
            }
        }
        let problems = off_path(given, &answers);
        (Some(Step::Complete { information, answers }), problems)
    }

    /// Reads and checks the answer to a question; nothing where it is not answered yet.
    fn answer(&self, question: &Question, given: &Given) -> Option<Result<Option<Answer>, String>> {
        let sent = given.get(question.id.as_str())?;
        Some(question.read(sent).map_err(str::to_owned).and_then(|answer| {
            question.accept(answer.as_ref(), self.patterns.get(&question.id))?;
            Ok(answer)
        }))
    }
}

/// A question's pattern cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern of question `{0}` cannot be read")]
pub struct Unreadable(pub(super) Label);

/// Returns the first edge that holds, with its place; nothing where none does.
pub(super) fn way_on<'q, 'a>(
    question: &'q Question,
    answer_to: &impl Fn(&Label) -> Option<&'a Answer>,
) -> Option<(usize, &'q Edge)> {
    let holds = |edge: &Edge| edge.when.as_ref().is_none_or(|when| when.holds(answer_to));
    question.next.iter().enumerate().find(|(_, edge)| holds(edge))
}

fn lost(id: &Label) -> FieldProblem {
    FieldProblem::new("answers", format!("lead nowhere at question `{id}`"))
}

fn off_path(given: &Given, answers: &Answers) -> Vec<FieldProblem> {
    let on_path = |id: &str| answers.keys().any(|known| known.as_str() == id);
    given.keys().filter(|id| !on_path(id)).map(|id| astray(id)).collect()
}

fn astray(id: &str) -> FieldProblem {
    FieldProblem::new(format!("answers.{id}"), "is not on the path of the other answers")
}
