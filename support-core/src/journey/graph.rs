//! What a journey is made of, as its document says it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{BrandId, TeamId};
use crate::label::Label;
use crate::ticket::Priority;

use super::{Condition, Date};

/// Most questions of a journey.
pub(super) const QUESTION_LIMIT: usize = 200;
/// Most options of a question, edges of a question, and ways to fill a ticket.
pub(super) const LIST_LIMIT: usize = 100;
/// Longest wording of a question, an option, a name or a template, in characters.
pub(super) const WORDING_LIMIT: usize = 1_000;
/// Longest text that may be asked for, in characters.
pub(super) const TEXT_LIMIT: u32 = 10_000;

/// One version of a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneySpec {
    /// What people call it; the subject of its tickets where nothing else fills it. 1–1,000 characters.
    pub name: String,
    /// Where customers meet it, such as `main`; one journey is active in each place of a brand.
    pub entry_point: Label,
    /// The brand in which it is met; `None` is the tenant without a brand.
    #[serde(default)]
    pub brand_id: Option<BrandId>,
    /// The first question.
    pub start: Label,
    /// All questions, at most 200, in any order.
    pub questions: Vec<Question>,
    /// How answers fill the ticket. Those that hold are applied in order: a later value stands in place of an earlier
    /// one, and tags, skills and fields add up. At most 100.
    #[serde(default)]
    pub ticket: Vec<Fill>,
}

/// A question, or something told on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name inside the journey; answers and conditions go by it.
    pub id: Label,
    /// What is asked, 1–1,000 characters.
    pub text: String,
    /// More about it, at most 1,000 characters.
    #[serde(default)]
    pub help: Option<String>,
    /// What an answer may be.
    pub answer: AnswerKind,
    /// Whether it must be answered; otherwise `null` passes it over. Default yes.
    #[serde(default = "yes")]
    pub required: bool,
    /// Where it goes on: the first edge that holds. At most 100.
    pub next: Vec<Edge>,
}

const fn yes() -> bool {
    true
}

/// What an answer may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AnswerKind {
    /// One of these.
    SingleChoice {
        /// 1–100 options.
        options: Vec<Choice>,
    },
    /// Some of these.
    MultipleChoice {
        /// 1–100 options.
        options: Vec<Choice>,
        /// Fewest that must be chosen, from 1. Default 1.
        #[serde(default = "one")]
        min: u32,
        /// Most that may be chosen; `None` is all.
        #[serde(default)]
        max: Option<u32>,
    },
    /// Free text.
    Text {
        /// Fewest characters, from 1. Default 1.
        #[serde(default = "one")]
        min_length: u32,
        /// Most characters, at most 10,000. Default 1,000.
        #[serde(default = "line")]
        max_length: u32,
        /// A regular expression that the whole text must match.
        #[serde(default)]
        pattern: Option<String>,
    },
    /// A number.
    Number {
        /// The least.
        #[serde(default)]
        min: Option<f64>,
        /// The greatest.
        #[serde(default)]
        max: Option<f64>,
        /// Distance between numbers that are accepted, counted from `min`, else from 0; above 0.
        #[serde(default)]
        step: Option<f64>,
    },
    /// A day, as `2026-11-20`.
    Date {
        /// The first.
        #[serde(default)]
        min: Option<Date>,
        /// The last.
        #[serde(default)]
        max: Option<Date>,
    },
    /// Pictures, as ids of uploads. Left out, the limits are those of the preset: 5 pictures of 5 MB, JPEG or PNG.
    Images {
        /// Fewest, from 1. Default 1.
        #[serde(default = "one")]
        min_count: u32,
        /// Most, at most 20. Default 5.
        #[serde(default = "five")]
        max_count: u32,
        /// Largest, in bytes. Default 5 MB (5 × 2²⁰).
        #[serde(default = "five_megabytes")]
        max_size_bytes: u64,
        /// Accepted content types. Default `image/jpeg` and `image/png`.
        #[serde(default = "jpeg_or_png")]
        content_types: Vec<String>,
    },
    /// Something told, to which there is no answer.
    Information,
}

const fn one() -> u32 {
    1
}

const fn line() -> u32 {
    1_000
}

const fn five() -> u32 {
    5
}

const fn five_megabytes() -> u64 {
    5 << 20
}

fn jpeg_or_png() -> Vec<String> {
    vec!["image/jpeg".into(), "image/png".into()]
}

impl AnswerKind {
    /// Lists what can be chosen; nothing where answers are no choice.
    #[must_use]
    pub fn options(&self) -> &[Choice] {
        match self {
            Self::SingleChoice { options } | Self::MultipleChoice { options, .. } => options,
            _ => &[],
        }
    }
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// By which answers and conditions name it.
    pub value: Label,
    /// How people read it, 1–1,000 characters.
    pub text: String,
}

/// A way on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// What must hold of the answers so far, this one included; `None` always holds.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The next question; `null` completes the journey.
    pub to: Option<Label>,
}

/// What a journey puts into its ticket.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fill {
    /// What must hold of the answers; `None` always holds.
    pub when: Option<Condition>,
    /// The subject, a template in which `{{question}}` is its answer as people read it, or nothing.
    pub subject: Option<String>,
    /// The first message, likewise; by default all questions with their answers.
    pub message: Option<String>,
    /// What kind of matter.
    pub category: Option<Label>,
    /// How important it is.
    pub priority: Option<Priority>,
    /// In whose queue it starts.
    pub team_id: Option<TeamId>,
    /// Tags to add.
    pub tags: Vec<Label>,
    /// Skills that a handler must have, with the least level, 1–5.
    pub skills: BTreeMap<Label, u8>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, FieldFill>,
}

/// What a journey puts into a free field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldFill {
    /// The answer to this question: a number as number, anything else as people read it. Nothing where it was not
    /// answered.
    Answer(Label),
    /// A template, as for the subject.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl JourneySpec {
    /// Returns a question.
    #[must_use]
    pub fn question(&self, id: &Label) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == *id)
    }
}
