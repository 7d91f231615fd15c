//! Names that people give: tags, categories, skills, keys of free fields.
//!
//! They stand in events, columns and lists as they are, and a name with a mask in it names nothing. So they are not
//! masked: a name in which masking would hide something is refused.

use serde_json::Value;

use crate::error::Error;
use crate::label::Label;
use crate::masking::{Masker, Purpose};
use crate::store::DocumentKind;

use super::Ask;

impl Ask<'_> {
    /// Refuses names that hold a number which masking hides before storage.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names `field` and not the name.
    pub(super) fn check_names<'n>(
        &self,
        field: &str,
        names: impl IntoIterator<Item = &'n Label>,
    ) -> Result<(), Error> {
        let masker = &self.config.masker;
        if names.into_iter().any(|name| hides(masker, name.as_str())) { Err(refused(field)) } else { Ok(()) }
    }
}

fn hides(masker: &Masker, name: &str) -> bool {
    !masker.mask(name, Purpose::Storage, &[]).findings.is_empty()
}

fn refused(field: impl Into<String>) -> Error {
    Error::invalid(field, "must be a name, not a number that masking hides")
}

/// Refuses a document whose actions or answers would give a ticket such a name, and a macro that stands under one. What
/// an action takes away may be anything.
pub(super) fn check_document(masker: &Masker, kind: DocumentKind, body: &Value) -> Result<(), Error> {
    match kind {
        DocumentKind::Macro | DocumentKind::Automation | DocumentKind::SlaPolicy | DocumentKind::Journey => {
            check_at(masker, "", body)
        }
        DocumentKind::Settings
        | DocumentKind::Masking
        | DocumentKind::Inbox
        | DocumentKind::Brand
        | DocumentKind::Team
        | DocumentKind::Calendar
        | DocumentKind::KeywordRule
        | DocumentKind::WebhookEndpoint
        | DocumentKind::JourneyEntry => Ok(()),
    }
}

fn check_at(masker: &Masker, path: &str, body: &Value) -> Result<(), Error> {
    match body {
        Value::Object(object) => object.iter().try_for_each(|(field, value)| {
            let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
            let hidden = match (field.as_str(), value) {
                ("category" | "set_category" | "skill" | "key", Value::String(name)) => hides(masker, name),
                ("tags" | "add_tags", Value::Array(names)) => {
                    names.iter().filter_map(Value::as_str).any(|name| hides(masker, name))
                }
                ("skills" | "custom_fields", Value::Object(names)) => {
                    names.keys().any(|name| hides(masker, name))
                }
                _ => false,
            };
            if hidden { Err(refused(path)) } else { check_at(masker, &path, value) }
        }),
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(at, one)| check_at(masker, &format!("{path}[{at}]"), one))
        }
        _ => Ok(()),
    }
}
