//! Conditions on answers that were given.

use serde::{Deserialize, Serialize};

use crate::label::Label;

use super::{Answer, AnswerKind, Date};

/// How deep conditions may stand in each other.
pub(super) const DEPTH_LIMIT: usize = 8;

/// A condition on answers. A test of a question that was not asked, or was passed over, does not hold.
///
/// What somebody wrote freely is no value to go by: of texts and pictures only whether they were given can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// All of these hold; none is nothing to fail.
    All(Vec<Self>),
    /// At least one of these holds.
    Any(Vec<Self>),
    /// None of these holds.
    None(Vec<Self>),
    /// The question was answered.
    Answered {
        /// Which.
        question: Label,
    },
    /// One of these options was chosen.
    Is {
        /// Of which question.
        question: Label,
        /// The options.
        any_of: Vec<Label>,
    },
    /// The number is this or more.
    AtLeast {
        /// In answer to which question.
        question: Label,
        /// The number.
        number: f64,
    },
    /// The number is less.
    Below {
        /// In answer to which question.
        question: Label,
        /// The number.
        number: f64,
    },
    /// The day is this or a later one.
    From {
        /// In answer to which question.
        question: Label,
        /// The day.
        date: Date,
    },
    /// The day is an earlier one.
    Before {
        /// In answer to which question.
        question: Label,
        /// The day.
        date: Date,
    },
}

impl Condition {
    /// Tells whether it holds of answers. `answer_to` gives the answer to a question that was asked and answered.
    pub fn holds<'a>(&self, answer_to: &impl Fn(&Label) -> Option<&'a Answer>) -> bool {
        match self {
            Self::All(inner) => inner.iter().all(|condition| condition.holds(answer_to)),
            Self::Any(inner) => inner.iter().any(|condition| condition.holds(answer_to)),
            Self::None(inner) => !inner.iter().any(|condition| condition.holds(answer_to)),
            test => test.question().and_then(answer_to).is_some_and(|answer| test.is_met_by(answer)),
        }
    }

    /// Tells whether a test is met by an answer to its question; `false` for what is no test.
    pub(super) fn is_met_by(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Answered { .. }, _) => true,
            (Self::Is { any_of, .. }, Answer::Choice(chosen)) => any_of.contains(chosen),
            (Self::Is { any_of, .. }, Answer::Choices(chosen)) => {
                any_of.iter().any(|one| chosen.contains(one))
            }
            (Self::AtLeast { number, .. }, Answer::Number(given)) => given >= number,
            (Self::Below { number, .. }, Answer::Number(given)) => given < number,
            (Self::From { date, .. }, Answer::Date(given)) => given >= date,
            (Self::Before { date, .. }, Answer::Date(given)) => given < date,
            _ => false,
        }
    }

    /// Returns how many steps it takes to look at a test: one for each option that it names.
    pub(super) fn steps(&self) -> usize {
        if let Self::Is { any_of, .. } = self { any_of.len().max(1) } else { 1 }
    }

    /// Returns the question that a test is about; nothing for what is no test.
    pub(super) const fn question(&self) -> Option<&Label> {
        match self {
            Self::All(_) | Self::Any(_) | Self::None(_) => None,
            Self::Answered { question }
            | Self::Is { question, .. }
            | Self::AtLeast { question, .. }
            | Self::Below { question, .. }
            | Self::From { question, .. }
            | Self::Before { question, .. } => Some(question),
        }
    }

    /// Tells whether a test can be asked of such answers.
    pub(super) const fn fits(&self, kind: &AnswerKind) -> bool {
        match self {
            Self::All(_) | Self::Any(_) | Self::None(_) => true,
            Self::Answered { .. } => !matches!(kind, AnswerKind::Information),
            Self::Is { .. } => {
                matches!(kind, AnswerKind::SingleChoice { .. } | AnswerKind::MultipleChoice { .. })
            }
            Self::AtLeast { .. } | Self::Below { .. } => matches!(kind, AnswerKind::Number { .. }),
            Self::From { .. } | Self::Before { .. } => matches!(kind, AnswerKind::Date { .. }),
        }
    }

    /// Gives every test in it, with its path below `path`, to `look`.
    pub(super) fn each_test<'a>(&'a self, path: &str, look: &mut impl FnMut(String, &'a Self)) {
        let (name, inner) = match self {
            Self::All(inner) => ("all", inner),
            Self::Any(inner) => ("any", inner),
            Self::None(inner) => ("none", inner),
            test => {
                look(format!("{path}.{}", test.name()), test);
                return;
            }
        };
        for (at, condition) in inner.iter().enumerate() {
            condition.each_test(&format!("{path}.{name}[{at}]"), look);
        }
    }

    /// Returns how many levels of conditions stand in each other.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::All(inner) | Self::Any(inner) | Self::None(inner) => {
                1 + inner.iter().map(Self::depth).max().unwrap_or(0)
            }
            _ => 1,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::None(_) => "none",
            Self::Answered { .. } => "answered",
            Self::Is { .. } => "is",
            Self::AtLeast { .. } => "at_least",
            Self::Below { .. } => "below",
            Self::From { .. } => "from",
            Self::Before { .. } => "before",
        }
    }
}
