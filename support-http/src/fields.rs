//! Fields of a change: left out is unchanged, and `null` clears where there is something to clear.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Reads a field that may be left out. A field of an `Option` takes `null` too; any other refuses it.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Makes a JSON object of what was given.
pub(crate) fn object(given: &impl Serialize) -> Result<Map<String, Value>, ApiError> {
    match serde_json::to_value(given) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(ApiError::invalid("body", "cannot be kept")),
    }
}
