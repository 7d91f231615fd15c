//! What commands bring that becomes a text, and so is stored beside the ticket.

use crate::error::Error;
use crate::label::{ForeignId, Label};
use crate::people::ActorRef;
use crate::store::TextClass;
use crate::ticket::{ContextRef, FieldInput, FieldValue};

use super::texts::{LINE_LIMIT, Texts, check};

impl FieldInput {
    pub(super) fn store(
        &self,
        key: &Label,
        whose: ActorRef,
        texts: &mut Texts<'_>,
    ) -> Result<FieldValue, Error> {
        let field = || format!("custom_fields.{key}");
        match self {
            Self::Text(text) => {
                check(&field(), text, LINE_LIMIT)?;
                Ok(FieldValue::Text(texts.add(whose, TextClass::Public, text, &[]).id))
            }
            Self::Number(number) if number.is_finite() => Ok(FieldValue::Number(*number)),
            Self::Number(_) => Err(Error::invalid(field(), "must be a finite number")),
            Self::Flag(flag) => Ok(FieldValue::Flag(*flag)),
        }
    }
}

/// An object of the host that a ticket is about.
#[derive(Clone, PartialEq, Eq)]
pub struct ContextInput {
    /// What kind of object, such as `order`.
    pub kind: Label,
    /// Its identity in the host.
    pub id: ForeignId,
    /// What people call it, 1–1,000 characters.
    pub label: Option<String>,
    /// Where the host shows it.
    pub url: Option<ForeignId>,
}

impl std::fmt::Debug for ContextInput {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContextInput").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ContextInput {
    /// An object without a label or a place where it is shown.
    #[must_use]
    pub const fn new(kind: Label, id: ForeignId) -> Self {
        Self { kind, id, label: None, url: None }
    }

    pub(super) fn store(
        &self,
        at: usize,
        whose: ActorRef,
        texts: &mut Texts<'_>,
    ) -> Result<ContextRef, Error> {
        let label = self.label.as_ref().map(|label| {
            check(&format!("context[{at}].label"), label, LINE_LIMIT)?;
            Ok::<_, Error>(texts.add(whose, TextClass::Public, label, &[]).id)
        });
        let sound =
            |url: &ForeignId| ["https://", "http://"].iter().any(|start| url.as_str().starts_with(start));
        if !self.url.as_ref().is_none_or(sound) {
            return Err(Error::invalid(format!("context[{at}].url"), "must begin with https:// or http://"));
        }
        let (kind, id, url) = (self.kind.clone(), self.id.clone(), self.url.clone());
        Ok(ContextRef { kind, id, label: label.transpose()?, url })
    }
}
