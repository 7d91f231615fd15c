//! From answers to the fields of a ticket.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::TeamId;
use crate::label::Label;
use crate::text::{Template, is_blank};
use crate::ticket::{FieldInput, Priority};

use super::{Answer, Answers, FieldFill, Fill, Journey};

/// Longest subject and longest text of a free field, in characters.
const LINE_LIMIT: usize = 1_000;
/// Longest first message, in characters.
const MESSAGE_LIMIT: usize = 100_000;

/// What answers make of a ticket.
#[derive(Clone, PartialEq, Default)]
pub struct Filled {
    /// The subject, one line of 1–1,000 characters.
    pub subject: String,
    /// The first message, 1–100,000 characters.
    pub message: String,
    /// What kind of matter.
    pub category: Option<Label>,
    /// How important it is.
    pub priority: Option<Priority>,
    /// In whose queue it starts.
    pub team_id: Option<TeamId>,
    /// Tags.
    pub tags: BTreeSet<Label>,
    /// Skills that a handler must have, with the least level.
    pub skills: BTreeMap<Label, u8>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, FieldInput>,
}

/// A question and what was said to it, as it is kept with a ticket.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Which question.
    pub question: Label,
    /// What was asked.
    pub text: String,
    /// The answer as it is sent; a text in place of a number that masking changed.
    pub answer: serde_json::Value,
    /// The answer as people read it.
    pub wording: String,
}

impl fmt::Debug for Said {
    /// Prints which question, and no word of the answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("question", &self.question).finish_non_exhaustive()
    }
}

impl fmt::Debug for Filled {
    /// Prints no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filled")
            .field("category", &self.category)
            .field("priority", &self.priority)
            .field("team_id", &self.team_id)
            .finish_non_exhaustive()
    }
}

impl Fill {
    /// Lists its templates, with their paths in a journey in which it has place `at`.
    pub(super) fn templates(&self, at: usize) -> Vec<(String, &str)> {
        let named = [("subject", &self.subject), ("message", &self.message)];
        let fields = self.custom_fields.iter().filter_map(|(key, value)| match value {
            FieldFill::Text(text) => Some((format!("ticket[{at}].custom_fields.{key}.text"), text.as_str())),
            _ => None,
        });
        let named = named
            .into_iter()
            .filter_map(|(field, text)| Some((format!("ticket[{at}].{field}"), text.as_deref()?)));
        named.chain(fields).collect()
    }
}

impl Journey {
    /// Fills a ticket. `answers` are whole, as [`submit`](Self::submit) gives them; conditions look at them. `wording`
    /// is each answer as people may read it, which is what texts are made of: a desk masks it before.
    #[must_use]
    pub fn fill(&self, answers: &Answers, wording: &BTreeMap<Label, String>) -> Filled {
        let mut filled = Filled::default();
        let answer_to = |id: &Label| answers.get(id).and_then(Option::as_ref);
        let render = |text: &str| rendered(text, wording);
        for fill in &self.spec().ticket {
            if !fill.when.as_ref().is_none_or(|when| when.holds(&answer_to)) {
                continue;
            }
            fill.subject.iter().for_each(|text| filled.subject = render(text));
            fill.message.iter().for_each(|text| filled.message = render(text));
            filled.category = fill.category.clone().or(filled.category);
            filled.priority = fill.priority.or(filled.priority);
            filled.team_id = fill.team_id.or(filled.team_id);
            filled.tags.extend(fill.tags.iter().cloned());
            filled.skills.extend(fill.skills.iter().map(|(skill, level)| (skill.clone(), *level)));
            for (key, value) in &fill.custom_fields {
                let value = match value {
                    FieldFill::Number(number) => Some(FieldInput::Number(*number)),
                    FieldFill::Flag(flag) => Some(FieldInput::Flag(*flag)),
                    FieldFill::Text(text) => text_field(&render(text)),
                    FieldFill::Answer(id) => field(answer_to(id), wording.get(id)),
                };
                filled.custom_fields.extend(value.map(|value| (key.clone(), value)));
            }
        }
        filled.subject = one_line(&filled.subject);
        if is_blank(&filled.subject) {
            filled.subject = one_line(&self.spec().name);
        }
        if is_blank(&filled.message) {
            filled.message = self.transcript(wording);
        }
        filled.message = cut(&filled.message, MESSAGE_LIMIT);
        filled
    }

    /// Writes all questions with their answers, in the order of the journey.
    fn transcript(&self, wording: &BTreeMap<Label, String>) -> String {
        let said = self
            .spec()
            .questions
            .iter()
            .filter_map(|question| Some(format!("{}\n{}", question.text, wording.get(&question.id)?)));
        let text = said.collect::<Vec<_>>().join("\n\n");
        if text.is_empty() { self.spec().name.clone() } else { text }
    }
}

fn rendered(text: &str, wording: &BTreeMap<Label, String>) -> String {
    let say = |name: &str| wording.iter().find(|(id, _)| id.as_str() == name).map(|(_, said)| said.as_str());
    // A template that cannot be read never passed the check; its text is said as it stands. A question that was not
    // answered says nothing, unless the template says what then.
    let Ok(template) = Template::parse(text) else { return text.to_owned() };
    template.render_or_blank(|name| say(name).map(Into::into))
}

/// A number stays one, unless masking changed how it is read.
fn field(answer: Option<&Answer>, wording: Option<&String>) -> Option<FieldInput> {
    let wording = wording?;
    match answer? {
        Answer::Number(number) if number.to_string() == *wording => Some(FieldInput::Number(*number)),
        _ => text_field(wording),
    }
}

fn text_field(text: &str) -> Option<FieldInput> {
    (!is_blank(text)).then(|| FieldInput::Text(cut(text, LINE_LIMIT)))
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" "), LINE_LIMIT)
}

/// Keeps the first characters of what is too long, and shows that more was said.
fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
    }
}
