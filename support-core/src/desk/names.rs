//! Names that people give: tags, categories, skills, tiers, languages, keys of free fields, names of documents, and by
//! what a journey goes: its place, its questions and their options.
//!
//! They stand in events, columns and lists as they are, so one that shows nothing is refused: two of them look alike, and
//! nobody sees what asks for a skill. What was stored before stays readable. A name with a mask in it names nothing, so
//! names are not masked: a name that holds an identifier is refused, as the validated detectors and the tenant's own patterns find
//! them, whatever preset the tenant masks texts by. Ids of the host are no names: they may be any number. Values of a
//! customer's free fields are held to the same, because they are no texts that masking goes over.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::error::Error;
use crate::label::Label;
use crate::masking::Masker;
use crate::store::DocumentKind;
use crate::text::is_blank;

use super::Ask;

impl Ask<'_> {
    /// Refuses names that show nothing, or hold a number which masking hides before storage.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names `field` and not the name.
    pub(super) fn check_names<'n, N: AsRef<str> + ?Sized + 'n>(
        &self,
        field: &str,
        names: impl IntoIterator<Item = &'n N>,
    ) -> Result<(), Error> {
        let problem = names.into_iter().find_map(|name| problem(&self.config.masker, name.as_ref()));
        problem.map_or(Ok(()), |problem| Err(Error::invalid(field, problem)))
    }

    /// Refuses a value of a free field as a name would be; one that is empty may stand.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the field by its key, which was checked before.
    pub(super) fn check_value(&self, key: &Label, value: &str) -> Result<(), Error> {
        if value.is_empty() { Ok(()) } else { self.check_names(&format!("custom_fields.{key}"), [value]) }
    }

    /// Refuses a number in a free field that is one which masking hides: it is stored as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the field by its key, which was checked before.
    pub(super) fn check_number(&self, key: &Label, number: f64) -> Result<(), Error> {
        self.check_value(key, &number.to_string())
    }
}

/// Says what is wrong with a name.
fn problem(masker: &Masker, name: &str) -> Option<&'static str> {
    if is_blank(name) {
        return Some("must be a name that can be seen");
    }
    masker.finds_in_name(name).then_some("must be a name, not a number that masking hides")
}

/// A field, and a name in it; or a number that is stored as it is.
type Name<'b> = (String, Cow<'b, str>);

/// Refuses a document that would give a ticket such a name, that stands under one, or that has one for a key. What an action takes away
/// may be anything. What the version before, where it is in force, named already may stay: else nobody could switch off
/// or rename a document once masking hides more than it did.
pub(super) fn check_document(
    masker: &Masker,
    kind: DocumentKind,
    body: &Value,
    before: Option<&Value>,
) -> Result<(), Error> {
    let held = before.map(|before| names_in(kind, before)).unwrap_or_default();
    let held: BTreeSet<Cow<'_, str>> = held.into_iter().map(|(_, name)| name).collect();
    let mut new = names_in(kind, body).into_iter().filter(|(_, name)| !held.contains(name));
    let wrong = new.find_map(|(field, name)| problem(masker, &name).map(|problem| (field, problem)));
    wrong.map_or(Ok(()), |(field, problem)| Err(Error::invalid(field, problem)))
}

/// Lists the names that a document gives.
fn names_in(kind: DocumentKind, body: &Value) -> Vec<Name<'_>> {
    let mut names = Vec::new();
    match kind {
        DocumentKind::Macro | DocumentKind::Automation | DocumentKind::SlaPolicy => {
            collect("", body, &mut names);
            names.extend(own_name(body));
        }
        DocumentKind::Journey => {
            collect_questions(body, &mut names);
            collect("", body, &mut names);
            names.extend(own_name(body));
        }
        // The name of a keyword rule becomes a topic of tickets.
        DocumentKind::KeywordRule | DocumentKind::Team | DocumentKind::Calendar => {
            names.extend(own_name(body));
        }
        DocumentKind::Settings => collect_keys("", body, &mut names),
        // Their words are the host's own, or have a form of their own.
        DocumentKind::Masking
        | DocumentKind::Inbox
        | DocumentKind::Brand
        | DocumentKind::WebhookEndpoint
        | DocumentKind::JourneyEntry => {}
    }
    names
}

fn own_name(body: &Value) -> Option<Name<'_>> {
    Some(("name".into(), body.get("name")?.as_str()?.into()))
}

/// Gives a number that is stored as it is, as people write it.
fn number<'b>(field: String, value: Option<&Value>) -> Option<Name<'b>> {
    Some((field, value?.as_f64()?.to_string().into()))
}

/// Adds by what a journey names its place, its questions and their options: they stand with each answer on the tickets.
fn collect_questions<'b>(body: &'b Value, names: &mut Vec<Name<'b>>) {
    let mut name = |field: String, value: Option<&'b Value>| {
        names.extend(value.and_then(Value::as_str).map(|name| (field, name.into())));
    };
    name("entry_point".into(), body.get("entry_point"));
    name("start".into(), body.get("start"));
    let list = |value: Option<&'b Value>| value.and_then(Value::as_array).into_iter().flatten().enumerate();
    for (at, question) in list(body.get("questions")) {
        name(format!("questions[{at}].id"), question.get("id"));
        for (edge, to) in list(question.get("next")) {
            name(format!("questions[{at}].next[{edge}].to"), to.get("to"));
        }
        for (kind, answer) in question.get("answer").and_then(Value::as_object).into_iter().flatten() {
            for (option, choice) in list(answer.get("options")) {
                let field = format!("questions[{at}].answer.{kind}.options[{option}].value");
                name(field, choice.get("value"));
            }
        }
    }
}

/// Adds the keys of maps in settings: categories, channels, tiers.
fn collect_keys<'b>(path: &str, body: &'b Value, names: &mut Vec<Name<'b>>) {
    for (field, value) in body.as_object().into_iter().flatten() {
        let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
        let keys = value.as_object().into_iter().flatten().map(|(key, _)| (path.clone(), Cow::from(key)));
        names.extend(keys);
        collect_keys(&path, value, names);
    }
}

/// Adds what actions and answers name, at any depth. A field comes before what is in it: where a key is refused, no path
/// goes through it.
fn collect<'b>(path: &str, body: &'b Value, names: &mut Vec<Name<'b>>) {
    match body {
        Value::Object(object) => {
            for (field, value) in object {
                let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                match (field.as_str(), value) {
                    ("category" | "set_category" | "skill" | "key", Value::String(name)) => {
                        names.push((path.clone(), name.into()));
                    }
                    ("tags" | "add_tags", Value::Array(list)) => {
                        names.extend(
                            list.iter().filter_map(Value::as_str).map(|name| (path.clone(), name.into())),
                        );
                    }
                    ("skills" | "custom_fields", Value::Object(keyed)) => {
                        // The keys first: where one is refused, no path goes through it.
                        names.extend(keyed.keys().map(|name| (path.clone(), name.into())));
                        names.extend(keyed.iter().filter_map(|(key, fill)| {
                            number(format!("{path}.{key}.number"), fill.get("number"))
                        }));
                    }
                    // A text is masked; a number is stored as it is.
                    ("set_field", Value::Object(set)) => {
                        names.extend(number(format!("{path}.value"), set.get("value")));
                    }
                    _ => {}
                }
                collect(&path, value, names);
            }
        }
        Value::Array(list) => {
            for (at, one) in list.iter().enumerate() {
                collect(&format!("{path}[{at}]"), one, names);
            }
        }
        _ => {}
    }
}
