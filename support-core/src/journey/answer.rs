//! Answers: read from what was sent, checked against what was asked, and written as they are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::label::Label;
use crate::text::is_blank;

use super::{AnswerKind, Choice, Question};

/// Answers as they are sent, by question: a text, a number, a list of texts, or `null` for a question that is passed
/// over. A question that is not named is not answered yet.
pub type Given = BTreeMap<String, Value>;

/// Answers by question; `None` where a question was passed over.
pub type Answers = BTreeMap<Label, Option<Answer>>;

/// How far a number may lie beside its step, as a part of the step: what adding tenths in binary leaves.
const STEP_TOLERANCE: f64 = 1e-6;

/// A day of the calendar, written `2026-11-20`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(NaiveDate);

/// The text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day such as 2026-11-20")]
pub struct DateError;

impl Date {
    /// Returns the day that many days later; the day itself at the end of the calendar.
    pub(super) fn plus_days(self, days: i64) -> Self {
        let days = chrono::TimeDelta::try_days(days).unwrap_or_default();
        let moved = self.0.checked_add_signed(days).filter(|day| (1..=9_999).contains(&day.year()));
        moved.map_or(self, Self)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let strict = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| strict && day.year() >= 1);
        day.map(Self).ok_or(DateError)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

/// An answer that was read.
#[derive(Clone, PartialEq)]
pub enum Answer {
    /// The option that was chosen.
    Choice(Label),
    /// The options that were chosen.
    Choices(BTreeSet<Label>),
    /// What was written.
    Text(String),
    /// A finite number.
    Number(f64),
    /// A day.
    Date(Date),
    /// Pictures.
    Images(Vec<Image>),
}

impl fmt::Debug for Answer {
    /// Prints what was chosen, and nothing that somebody wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(chosen) => f.debug_tuple("Choice").field(chosen).finish(),
            Self::Choices(chosen) => f.debug_tuple("Choices").field(chosen).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Number(_) => f.write_str("Number(…)"),
            Self::Date(_) => f.write_str("Date(…)"),
            Self::Images(images) => f.debug_tuple("Images").field(&images.len()).finish(),
        }
    }
}

/// A picture that was uploaded before.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Which upload.
    pub upload: Uuid,
    /// What is known of the file. A desk without uploads knows nothing of it: then only the count is checked.
    pub file: Option<FileFacts>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Image").field(&self.upload).finish()
    }
}

/// What is known of an uploaded file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// The name under which it was sent.
    pub name: String,
    /// Its content type, such as `image/png`, as its bytes say.
    pub content_type: String,
    /// How large it is.
    pub size_bytes: u64,
}

impl fmt::Debug for FileFacts {
    /// Prints no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileFacts")
            .field("content_type", &self.content_type)
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}

impl Question {
    /// Reads an answer to this question; `None` passes it over. What is read is not checked yet.
    ///
    /// # Errors
    /// What an answer must be.
    pub(super) fn read(&self, sent: &Value) -> Result<Option<Answer>, &'static str> {
        if sent.is_null() {
            return Ok(None);
        }
        let text = || sent.as_str();
        let list = || sent.as_array().map(|items| items.iter());
        let label = |value: &Value| value.as_str().and_then(|text| text.parse::<Label>().ok());
        let answer = match &self.answer {
            AnswerKind::SingleChoice { .. } => {
                label(sent).map(Answer::Choice).ok_or("must be one of the options")
            }
            AnswerKind::MultipleChoice { .. } => list()
                .and_then(|mut items| {
                    items.try_fold(BTreeSet::new(), |mut chosen, item| {
                        chosen.insert(label(item)?).then_some(chosen)
                    })
                })
                .map(Answer::Choices)
                .ok_or("must be a list of options, each once"),
            AnswerKind::Text { .. } => {
                text().map(|text| Answer::Text(text.to_owned())).ok_or("must be a text")
            }
            AnswerKind::Number { .. } => sent
                .as_f64()
                .filter(|number| number.is_finite())
                .map(Answer::Number)
                .ok_or("must be a number"),
            AnswerKind::Date { .. } => text()
                .and_then(|text| text.parse().ok())
                .map(Answer::Date)
                .ok_or("must be a day such as 2026-11-20"),
            AnswerKind::Images { .. } => list()
                .and_then(|items| {
                    let image =
                        |item: &Value| Some(Image { upload: item.as_str()?.parse().ok()?, file: None });
                    items.map(image).collect::<Option<Vec<_>>>()
                })
                .map(Answer::Images)
                .ok_or("must be a list of ids of uploads"),
            AnswerKind::Information => Err("cannot be answered"),
        };
        answer.map(Some)
    }

    /// Checks an answer to this question. `pattern` is that of a text question, compiled.
    ///
    /// # Errors
    /// What is wrong with it, without the answer itself.
    pub(super) fn accept(&self, answer: Option<&Answer>, pattern: Option<&Regex>) -> Result<(), String> {
        let Some(answer) = answer else {
            return if self.required { Err("must be answered".into()) } else { Ok(()) };
        };
        match (&self.answer, answer) {
            (AnswerKind::SingleChoice { options }, Answer::Choice(chosen)) => known(options, chosen),
            (AnswerKind::MultipleChoice { options, min, max }, Answer::Choices(chosen)) => {
                chosen.iter().try_for_each(|one| known(options, one))?;
                // Nothing chosen is no answer, whatever a draft says; passing over says so with `null`.
                counted(chosen.len(), (*min).max(1), max.unwrap_or(u32::MAX), "options")
            }
            (AnswerKind::Text { min_length, max_length, .. }, Answer::Text(text)) => {
                if is_blank(text) {
                    return Err("must not be empty".into());
                }
                if text.contains('\0') {
                    return Err("must not hold a null character".into());
                }
                counted(text.chars().count(), *min_length, *max_length, "characters")?;
                match pattern {
                    Some(pattern) if !pattern.is_match(text) => {
                        Err("must be of the form that is asked for".into())
                    }
                    _ => Ok(()),
                }
            }
            (AnswerKind::Number { min, max, step }, Answer::Number(number)) => {
                between(number, min.as_ref(), max.as_ref())?;
                match step {
                    Some(step) if !on_step(*number, min.unwrap_or(0.0), *step) => {
                        Err(format!("must be a multiple of {step} from {}", min.unwrap_or(0.0)))
                    }
                    _ => Ok(()),
                }
            }
            (AnswerKind::Date { min, max }, Answer::Date(day)) => between(day, min.as_ref(), max.as_ref()),
            (
                AnswerKind::Images { min_count, max_count, max_size_bytes, content_types },
                Answer::Images(images),
            ) => {
                let distinct: BTreeSet<Uuid> = images.iter().map(|image| image.upload).collect();
                if distinct.len() < images.len() {
                    return Err("must not name an upload twice".into());
                }
                counted(images.len(), (*min_count).max(1), *max_count, "pictures")?;
                images.iter().filter_map(|image| image.file.as_ref()).try_for_each(|file| {
                    if file.size_bytes > *max_size_bytes {
                        return Err(format!("must be at most {max_size_bytes} bytes each"));
                    }
                    let accepted =
                        content_types.iter().any(|kind| kind.eq_ignore_ascii_case(&file.content_type));
                    if accepted { Ok(()) } else { Err(format!("must be {}", content_types.join(" or "))) }
                })
            }
            _ => Err("is no answer to this question".into()),
        }
    }

    /// Writes an answer as people read it.
    #[must_use]
    pub fn wording(&self, answer: &Answer) -> String {
        let option = |value: &Label| {
            let found = self.answer.options().iter().find(|option| option.value == *value);
            found.map_or_else(|| value.to_string(), |option| option.text.clone())
        };
        match answer {
            Answer::Choice(chosen) => option(chosen),
            Answer::Choices(chosen) => chosen.iter().map(option).collect::<Vec<_>>().join(", "),
            Answer::Text(text) => text.clone(),
            Answer::Number(number) => number.to_string(),
            Answer::Date(day) => day.to_string(),
            Answer::Images(images) => {
                images.iter().map(|i| i.upload.to_string()).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Answer {
    /// Writes it as it is sent and kept.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Choice(chosen) => chosen.as_str().into(),
            Self::Choices(chosen) => chosen.iter().map(Label::as_str).collect(),
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => Value::from(*number),
            Self::Date(day) => day.to_string().into(),
            Self::Images(images) => images.iter().map(|image| image.upload.to_string()).collect(),
        }
    }
}

fn known(options: &[Choice], chosen: &Label) -> Result<(), String> {
    let known = options.iter().any(|option| option.value == *chosen);
    if known { Ok(()) } else { Err("must be one of the options".into()) }
}

fn counted(count: usize, least: u32, most: u32, what: &str) -> Result<(), String> {
    if (least as usize..=most as usize).contains(&count) {
        return Ok(());
    }
    Err(match most {
        u32::MAX => format!("must be at least {least} {what}"),
        _ => format!("must be {least} to {most} {what}"),
    })
}

fn between<T: PartialOrd + fmt::Display>(
    value: &T,
    least: Option<&T>,
    most: Option<&T>,
) -> Result<(), String> {
    if let Some(least) = least.filter(|least| value < *least) {
        return Err(format!("must be at least {least}"));
    }
    match most.filter(|most| value > *most) {
        Some(most) => Err(format!("must be at most {most}")),
        None => Ok(()),
    }
}

fn on_step(number: f64, from: f64, step: f64) -> bool {
    let steps = (number - from) / step;
    (steps - steps.round()).abs() <= STEP_TOLERANCE
}
