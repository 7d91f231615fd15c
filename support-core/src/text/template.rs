//! Texts with places for values: subjects that a journey fills, canned replies.
//!
//! `{{name}}` is a place, `{{name|there}}` one with a default that stands where there is no value. A backslash before
//! `{`, `}` or `\` lets it stand for itself. What is no place is text as it is; a single brace needs no backslash.

use std::borrow::Cow;

/// Longest name of a value, in characters.
const NAME_LIMIT: usize = 64;

/// A text with places for values, read once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place { name: String, default: Option<String> },
}

/// Why a text is no template. Positions are counted in characters, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A place is not ended.
    #[error("the place that begins at character {0} is not ended by `}}}}`")]
    Open(usize),
    /// A place has no name, or one that cannot be.
    #[error("the place at character {0} needs a name of 1 to 64 characters without braces")]
    Name(usize),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Where a place is not ended or its name cannot be.
    ///
    /// # Example
    /// ```
    /// use support_core::text::Template;
    ///
    /// let reply = Template::parse("Dear {{customer.name|customer}}, order {{order}} is on its way \\{{:-)\\}}.")?;
    /// let say = |name: &str| (name == "order").then_some("KC-1".into());
    /// assert_eq!(reply.render(say).unwrap(), "Dear customer, order KC-1 is on its way {{:-)}}.");
    /// assert_eq!(reply.render(|_| None).unwrap_err(), ["order"]);
    /// # Ok::<(), support_core::text::TemplateError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut letters = text.chars().enumerate().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => match letters.next_if(|(_, next)| matches!(next, '{' | '}' | '\\')) {
                    Some((_, escaped)) => plain.push(escaped),
                    None => plain.push('\\'),
                },
                '{' if letters.next_if(|(_, next)| *next == '{').is_some() => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(place(at + 1, &mut letters)?);
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Lists the names of its places, in order, as often as they stand there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Place { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Puts values in their places. A value stands as it is: braces in it are no places.
    ///
    /// # Errors
    /// The names that have neither a value nor a default, each once, in order.
    pub fn render<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> Result<String, Vec<String>> {
        let mut missing: Vec<String> = Vec::new();
        let text = self.put(value, |name| {
            if !missing.iter().any(|known| known == name) {
                missing.push(name.to_owned());
            }
        });
        if missing.is_empty() { Ok(text) } else { Err(missing) }
    }

    /// Puts values in their places, and nothing where there is neither a value nor a default.
    #[must_use]
    pub fn render_or_blank<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        self.put(value, |_| {})
    }

    fn put<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>, mut missing: impl FnMut(&str)) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Place { name, default } => match (value(name), default) {
                    (Some(value), _) => text.push_str(&value),
                    (None, Some(default)) => text.push_str(default),
                    (None, None) => missing(name),
                },
            }
        }
        text
    }
}

/// Reads a place up to and with its end.
fn place(
    begins: usize,
    letters: &mut std::iter::Peekable<impl Iterator<Item = (usize, char)>>,
) -> Result<Part, TemplateError> {
    let mut inside = String::new();
    loop {
        let (_, letter) = letters.next().ok_or(TemplateError::Open(begins))?;
        if letter == '}' && letters.next_if(|(_, next)| *next == '}').is_some() {
            break;
        }
        inside.push(letter);
    }
    let (name, default) = match inside.split_once('|') {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (inside.as_str(), None),
    };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_LIMIT || name.contains(['{', '}', '\\']) {
        return Err(TemplateError::Name(begins));
    }
    Ok(Part::Place { name: name.to_owned(), default })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        Template::parse(text).unwrap().render(|name| Some(format!("<{name}>").into())).unwrap()
    }

    #[test]
    fn values_stand_in_their_places() {
        assert_eq!(said("Dear {{ customer.name }}, {{a}}{{b|x}}"), "Dear <customer.name>, <a><b>");
        assert_eq!(said("no place { here } at } all {"), "no place { here } at } all {");
    }

    #[test]
    fn a_backslash_lets_braces_stand_for_themselves() {
        assert_eq!(said(r"\{{name\}} and \\ and \n"), r"{{name}} and \ and \n");
        assert_eq!(said(r"\\{{name}}"), r"\<name>");
    }

    #[test]
    fn a_value_with_braces_is_no_template() {
        let template = Template::parse("{{a}}").unwrap();
        assert_eq!(template.render(|_| Some("{{b}}".into())).unwrap(), "{{b}}");
    }

    #[test]
    fn missing_names_are_told_once_and_in_order() {
        let template = Template::parse("{{b}} {{a}} {{b}} {{c|d}}").unwrap();
        assert_eq!(template.render(|_| None).unwrap_err(), ["b", "a"]);
    }

    #[test]
    fn what_is_no_place_is_refused_with_where_it_begins() {
        assert_eq!(Template::parse("ab {{c"), Err(TemplateError::Open(4)));
        for text in ["x{{}}", "x{{ |d}}", "x{{a{b}}", &format!("x{{{{{}}}}}", "n".repeat(65))] {
            assert_eq!(Template::parse(text), Err(TemplateError::Name(2)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_is_rendered_as_it_was(text in "[ab{}\\\\|]{0,20}") {
            let escaped: String =
                text.chars().flat_map(|c| if matches!(c, '{' | '}' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
            let template = Template::parse(&escaped).unwrap();
            prop_assert_eq!(template.render(|_| None).unwrap(), text);
        }

        #[test]
        fn reading_any_text_never_fails_otherwise(text in "\\PC{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                let names: Vec<&str> = template.names().collect();
                let rendered = template.render(|_| Some(Cow::Borrowed("")));
                prop_assert!(rendered.is_ok());
                prop_assert!(names.iter().all(|name| !name.is_empty()));
            }
        }
    }
}
