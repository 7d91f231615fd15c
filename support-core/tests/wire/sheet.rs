//! Values as they are written, one below the other.

use std::any::type_name;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::mem::discriminant;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A text that shows values of several types.
#[derive(Default)]
pub(crate) struct Sheet {
    /// All values shown.
    pub(crate) text: String,
    /// The types, by path below the crate, each with how many of its variants are shown.
    pub(crate) types: BTreeMap<String, usize>,
}

impl Sheet {
    /// Shows what is written and read: every value comes back from its text.
    pub(crate) fn both<T: Serialize + DeserializeOwned + PartialEq>(mut self, values: &[T]) -> Self {
        for value in values {
            let text = serde_json::to_string(value).unwrap();
            let again: T = serde_json::from_str(&text).unwrap();
            assert!(again == *value, "{} is read as something else: {text}", type_name::<T>());
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
        self.note(values);
        self
    }

    /// Shows what is written only.
    pub(crate) fn out<T: Serialize>(mut self, values: &[T]) -> Self {
        self.note(values);
        self
    }

    /// Shows a closed set, all of it on one line.
    pub(crate) fn words<T: Serialize + DeserializeOwned + PartialEq>(self, values: &[T]) -> Self {
        let text = serde_json::to_string(values).unwrap();
        assert!(serde_json::from_str::<Vec<T>>(&text).unwrap() == values, "{}: {text}", type_name::<T>());
        self.out_words(values)
    }

    /// Shows a closed set that is written only.
    pub(crate) fn out_words<T: Serialize>(mut self, values: &[T]) -> Self {
        let name = self.count(values);
        writeln!(self.text, "{name} {}", serde_json::to_string(values).unwrap()).unwrap();
        self
    }

    fn note<T: Serialize>(&mut self, values: &[T]) {
        let name = self.count(values);
        for value in values {
            writeln!(self.text, "{name} {}\n", serde_json::to_string_pretty(value).unwrap()).unwrap();
        }
    }

    fn count<T>(&mut self, values: &[T]) -> String {
        let name = type_name::<T>().trim_start_matches("support_core::").to_owned();
        let variants = values.iter().map(discriminant).collect::<HashSet<_>>().len();
        self.types.insert(name.clone(), variants);
        name
    }
}
