//! What can be said of each part of a journey alone.

use std::collections::BTreeSet;

use crate::label::Label;
use crate::text::{Template, is_blank};

use super::super::condition::DEPTH_LIMIT;
use super::super::graph::{LIST_LIMIT, QUESTION_LIMIT, TEXT_LIMIT, WORDING_LIMIT};
use super::super::step::compiled;
use super::super::{AnswerKind, Choice, Condition, Fill, JourneySpec, Question};
use super::{Flaw, FlawKind};

/// Most pictures that a question may ask for.
const IMAGE_LIMIT: u32 = 20;

/// Finds parts that cannot be, each looked at alone: what a draft must not have either.
#[must_use]
pub fn shape(spec: &JourneySpec) -> Vec<Flaw> {
    let mut found = Found(Vec::new());
    found.wording("name", &spec.name);
    if spec.name.chars().any(char::is_control) {
        found.add("name", "must be without control characters");
    }
    found.list("questions", spec.questions.len(), 1, QUESTION_LIMIT);
    found.list("ticket", spec.ticket.len(), 0, LIST_LIMIT);
    let mut ids: BTreeSet<&Label> = BTreeSet::new();
    for (at, question) in spec.questions.iter().enumerate() {
        let path = format!("questions[{at}]");
        if !ids.insert(&question.id) {
            found.add(format!("{path}.id"), "must not be that of another question");
        }
        if question.id.as_str().contains(['{', '}', '|', '\\']) {
            found.add(format!("{path}.id"), "must not hold braces, bars or backslashes");
        }
        found.question(&path, question);
    }
    let tags: BTreeSet<&Label> = spec.ticket.iter().flat_map(|fill| &fill.tags).collect();
    let skills: BTreeSet<&Label> = spec.ticket.iter().flat_map(|fill| fill.skills.keys()).collect();
    let fields: BTreeSet<&Label> = spec.ticket.iter().flat_map(|fill| fill.custom_fields.keys()).collect();
    if tags.len().max(skills.len()).max(fields.len()) > LIST_LIMIT {
        found.add("ticket", "must name at most 100 tags, 100 skills and 100 fields");
    }
    for (at, fill) in spec.ticket.iter().enumerate() {
        found.fill(at, fill);
    }
    found.0
}

struct Found(Vec<Flaw>);

impl Found {
    fn add(&mut self, field: impl Into<String>, problem: impl std::fmt::Display) {
        self.0.push(Flaw::new(FlawKind::Shape, field, problem));
    }

    fn wording(&mut self, field: impl Into<String>, text: &str) {
        let blank = is_blank(text);
        if blank || text.chars().nth(WORDING_LIMIT).is_some() || text.contains('\0') {
            self.add(field, "must be 1 to 1000 characters without a null character");
        }
    }

    fn list(&mut self, field: impl Into<String>, len: usize, least: usize, most: usize) {
        if !(least..=most).contains(&len) {
            self.add(field, format!("must be {least} to {most}"));
        }
    }

    fn question(&mut self, path: &str, question: &Question) {
        self.wording(format!("{path}.text"), &question.text);
        question.help.iter().for_each(|help| self.wording(format!("{path}.help"), help));
        self.list(format!("{path}.next"), question.next.len(), 1, LIST_LIMIT);
        for (at, edge) in question.next.iter().enumerate() {
            edge.when.iter().for_each(|when| self.condition(format!("{path}.next[{at}].when"), when));
        }
        self.answer(&format!("{path}.answer"), &question.answer);
        if !question.required && question.answer == AnswerKind::Information {
            self.add(format!("{path}.required"), "is for questions that are answered");
        }
    }

    fn condition(&mut self, path: String, when: &Condition) {
        if when.depth() > DEPTH_LIMIT {
            self.add(path, format!("must not be deeper than {DEPTH_LIMIT} levels"));
            return;
        }
        when.each_test(&path, &mut |path, test| match test {
            Condition::Is { any_of, .. } => self.list(format!("{path}.any_of"), any_of.len(), 1, LIST_LIMIT),
            Condition::AtLeast { number, .. } | Condition::Below { number, .. } if !number.is_finite() => {
                self.add(format!("{path}.number"), "must be a finite number");
            }
            _ => {}
        });
    }

    fn answer(&mut self, path: &str, answer: &AnswerKind) {
        match answer {
            AnswerKind::SingleChoice { options } => self.options(path, "single_choice", options),
            AnswerKind::MultipleChoice { options, min, max } => {
                self.options(path, "multiple_choice", options);
                let most = max.map_or(options.len(), |max| (max as usize).min(options.len()));
                if *min == 0 || *min as usize > most {
                    self.add(
                        format!("{path}.multiple_choice.min"),
                        "must be 1 to the most that may be chosen",
                    );
                }
            }
            AnswerKind::Text { min_length, max_length, pattern } => {
                if *min_length == 0 || min_length > max_length || *max_length > TEXT_LIMIT {
                    let problem = format!("must be `min_length`, which is 1 or more, to {TEXT_LIMIT}");
                    self.add(format!("{path}.text.max_length"), problem);
                }
                if pattern.as_ref().is_some_and(|pattern| compiled(pattern).is_err()) {
                    self.add(
                        format!("{path}.text.pattern"),
                        "must be a regular expression that is not too large",
                    );
                }
            }
            AnswerKind::Number { min, max, step } => {
                if [min, max, step].into_iter().flatten().any(|number| !number.is_finite()) {
                    self.add(format!("{path}.number"), "must have finite bounds");
                } else if min.zip(*max).is_some_and(|(min, max)| min > max) {
                    self.add(format!("{path}.number.max"), "must not be below `min`");
                } else if step.is_some_and(|step| step <= 0.0) {
                    self.add(format!("{path}.number.step"), "must be above 0");
                }
            }
            AnswerKind::Date { min, max } => {
                if min.zip(*max).is_some_and(|(min, max)| min > max) {
                    self.add(format!("{path}.date.max"), "must not be before `min`");
                }
            }
            AnswerKind::Images { min_count, max_count, max_size_bytes, content_types } => {
                if *min_count == 0 || min_count > max_count || *max_count > IMAGE_LIMIT {
                    let problem = format!("must be `min_count`, which is 1 or more, to {IMAGE_LIMIT}");
                    self.add(format!("{path}.images.max_count"), problem);
                }
                if *max_size_bytes == 0 {
                    self.add(format!("{path}.images.max_size_bytes"), "must be above 0");
                }
                let is_type = |kind: &String| kind.starts_with("image/") && kind.len() <= 100;
                if content_types.is_empty() || !content_types.iter().all(is_type) {
                    self.add(
                        format!("{path}.images.content_types"),
                        "must be types of pictures, such as image/png",
                    );
                }
            }
            AnswerKind::Information => {}
        }
    }

    fn options(&mut self, path: &str, kind: &str, options: &[Choice]) {
        self.list(format!("{path}.{kind}.options"), options.len(), 1, LIST_LIMIT);
        let mut values = BTreeSet::new();
        for (at, option) in options.iter().enumerate() {
            let path = format!("{path}.{kind}.options[{at}]");
            self.wording(format!("{path}.text"), &option.text);
            if !values.insert(&option.value) {
                self.add(format!("{path}.value"), "must not be that of another option");
            }
        }
    }

    fn fill(&mut self, at: usize, fill: &Fill) {
        fill.when.iter().for_each(|when| self.condition(format!("ticket[{at}].when"), when));
        for (field, text) in fill.templates(at) {
            self.wording(field.clone(), text);
            if let Err(problem) = Template::parse(text) {
                self.add(field, problem);
            }
        }
        for (skill, level) in &fill.skills {
            if !(1..=5).contains(level) {
                self.add(format!("ticket[{at}].skills.{skill}"), "must be a level of 1 to 5");
            }
        }
        for (key, value) in &fill.custom_fields {
            if let super::super::FieldFill::Number(number) = value
                && !number.is_finite()
            {
                self.add(format!("ticket[{at}].custom_fields.{key}.number"), "must be a finite number");
            }
        }
    }
}
