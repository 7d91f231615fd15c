//! Journeys: questions that lead a customer to a ticket.
//!
//! A [`JourneySpec`] is a graph of questions whose edges depend on any earlier answer. [`check()`] walks every way
//! through it and names what is wrong, with answers that show it; [`Journey::step`] is the pure function from the
//! answers given so far to the next question; [`Journey::fill`] makes a ticket's fields of a whole set of answers.
//! What was answered is checked anew at each step and at the end: nothing is believed because it was accepted before.
//!
//! ```
//! use serde_json::json;
//! use support_core::journey::{Journey, JourneySpec, Step, check};
//!
//! let spec: JourneySpec = serde_json::from_value(json!({
//!     "name": "Returns",
//!     "entry_point": "main",
//!     "start": "why",
//!     "questions": [
//!         {"id": "why", "text": "Why do you send it back?",
//!          "answer": {"single_choice": {"options": [{"value": "broken", "text": "It is broken"},
//!                                                   {"value": "size", "text": "It does not fit"}]}},
//!          "next": [{"when": {"is": {"question": "why", "any_of": ["broken"]}}, "to": "what"}, {"to": null}]},
//!         {"id": "what", "text": "What is broken?", "answer": {"text": {}}, "next": [{"to": null}]},
//!     ],
//!     "ticket": [{"category": "returns", "subject": "Return: {{why}}"}],
//! }))?;
//! assert_eq!(check(&spec), []);
//!
//! let journey = Journey::of(spec)?;
//! let given = [("why".to_owned(), json!("broken"))].into();
//! let Ok(Step::Ask { question, .. }) = journey.step(&given) else { unreachable!() };
//! assert_eq!(question.id.as_str(), "what");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod check;
mod condition;
mod entry;
mod example;
mod fill;
mod graph;
mod sample;
mod step;

pub use answer::{Answer, Answers, Date, FileFacts, Given, Image};
pub use check::{Flaw, FlawKind, check, shape};
pub use condition::Condition;
pub use entry::{JourneyEntry, JourneyState, entry_document};
pub use fill::{Filled, Said};
pub use graph::{AnswerKind, Choice, Edge, FieldFill, Fill, JourneySpec, Question};
pub use step::{Journey, Step};

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` is read more easily without a borrow")]
mod tests;
