//! Words: one folding for search, keyword rules and thanks phrases, so that what one of them finds the others find.
//!
//! - [`fold()`] makes one spelling of the many that people type, and [`is_blank`] knows a text that shows nothing;
//! - [`tokens()`] makes the words under which a text is indexed, and [`SearchQuery`] those that a search asks for;
//! - [`is_thanks`] knows a message that says nothing but thanks;
//! - [`Template`] is a text with places for values.
//!
//! Folded text is for comparing; what people read is always the original. Storing, ranking and the visibility of
//! what was found are the stores' part.
//!
//! ```
//! use support_core::text::{SearchQuery, fold, is_thanks, tokens};
//!
//! assert_eq!(fold("ÜBERWEISUNG"), fold("uberweisung"));
//! assert_eq!(tokens("Order KC-48812: where is order KC-48812?"), ["order", "kc", "48812", "where", "is"]);
//! assert_eq!(SearchQuery::parse("kc-48812")?.tokens(), ["kc", "48812"]);
//! assert!(is_thanks("Danke schön! 🙏", Some("de")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fold;
mod template;
mod thanks;
mod tokens;

pub use fold::{fold, is_blank};
pub use template::{Template, TemplateError};
pub use thanks::is_thanks;
pub use tokens::{MAX_QUERY_TOKENS, MAX_TOKEN_BYTES, MAX_TOKENS, SearchProblem, SearchQuery, tokens};

pub(crate) use tokens::parts_words;
