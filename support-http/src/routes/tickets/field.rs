//! Values of free fields, and fields of a change that cannot be cleared, as they are sent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use support_core::desk::FieldInput;

/// A text, a number or a flag.
pub(super) struct Field(pub(super) FieldInput);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
                Ok(Field(FieldInput::Text(text.to_owned())))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Field, E> {
                Ok(Field(FieldInput::Flag(flag)))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Field, E> {
                Ok(Field(FieldInput::Number(number)))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Field, E> {
                Ok(Field(FieldInput::Number(number as f64)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Field, E> {
                Ok(Field(FieldInput::Number(number as f64)))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Reads a field that may be absent but not `null`.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a field that `null` clears, apart from one that is absent.
pub(super) fn clearable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
