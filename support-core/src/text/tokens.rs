//! Words of a text, for the search index and for queries.

use std::collections::HashSet;
use std::fmt;

use super::fold;

/// Most distinct tokens of one text; what follows in a longer text is not found by search.
pub const MAX_TOKENS: usize = 2_000;

/// Most bytes of one token; a longer word is cut before the character that would pass this, in texts and in
/// queries alike.
pub const MAX_TOKEN_BYTES: usize = 64;

/// Most distinct tokens of one query.
pub const MAX_QUERY_TOKENS: usize = 16;

/// Returns the distinct tokens of `text`, in the order in which they first occur.
///
/// A token is a longest run of letters and digits of the [folded](fold()) text, unstemmed. Everything else parts
/// tokens: `KC-48812` is `kc` and `48812`, `jo@example.org` is `jo`, `example` and `org`, `don't` is `don` and `t`.
/// Because a query is cut up the same way and all of its tokens must be there, each of these is found as it was
/// written, and by its parts. It is not found joined (`kc48812`).
///
/// Scripts that put no spaces between words, or attach particles to them (Han, kana, Hangul, Thai, Lao, Khmer,
/// Burmese), give one token for each character: their words are found inside any sentence, at the price of finding
/// texts that merely hold the same characters.
///
/// Tokens consist of letters and digits only, so a store can join them by spaces; the tokens of joined tokens are
/// the same tokens. There are at most [`MAX_TOKENS`], of at most [`MAX_TOKEN_BYTES`] each.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut seen = HashSet::new();
    let mut tokens = Vec::new();
    for word in words(&folded) {
        let token = word.get(..word.floor_char_boundary(MAX_TOKEN_BYTES)).unwrap_or(word);
        if seen.insert(token) {
            tokens.push(token.to_owned());
            if tokens.len() == MAX_TOKENS {
                break;
            }
        }
    }
    tokens
}

/// What a search asks for: texts that hold all of some tokens.
///
/// Tokens match whole and exactly. No stems, no prefixes, no ranking by relevance: those differ between databases,
/// and a search must find the same on every store.
///
/// `Debug` prints the number of tokens, not the words: people search for names.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SearchQuery {
    tokens: Vec<String>,
}

impl SearchQuery {
    /// Reads what a person typed. The tokens are those of [`tokens()`].
    ///
    /// # Errors
    ///
    /// - [`SearchProblem::Empty`]: there is no letter or digit in it.
    /// - [`SearchProblem::TooManyTokens`]: it has more than [`MAX_QUERY_TOKENS`] distinct tokens. None is dropped
    ///   silently, because fewer tokens would find more.
    pub fn parse(text: &str) -> Result<Self, SearchProblem> {
        let tokens = tokens(text);
        match tokens.len() {
            0 => Err(SearchProblem::Empty),
            1..=MAX_QUERY_TOKENS => Ok(Self { tokens }),
            found => Err(SearchProblem::TooManyTokens { found }),
        }
    }

    /// Returns the tokens, all of which a found text holds: 1…[`MAX_QUERY_TOKENS`], distinct, in the order typed.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }
}

impl fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchQuery({} tokens)", self.tokens.len())
    }
}

/// Why a text is no search query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchProblem {
    /// There is no letter or digit in it.
    #[error("nothing to search for: no letter or digit")]
    Empty,
    /// It has more distinct tokens than a query may.
    #[error("{found} different words where a search takes at most {MAX_QUERY_TOKENS}")]
    TooManyTokens {
        /// Number of distinct tokens, at most [`MAX_TOKENS`].
        found: usize,
    },
}

/// Parts folded text into words, uncut and with repetitions.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let first = rest.chars().next()?;
        let end = if is_unspaced(first) {
            first.len_utf8()
        } else {
            rest.find(|c: char| !c.is_alphanumeric() || is_unspaced(c)).unwrap_or(rest.len())
        };
        let (word, tail) = rest.split_at_checked(end)?;
        rest = tail;
        Some(word)
    })
}

/// Returns whether a word may end between `left` and `right`, two neighbours in folded text.
pub(crate) fn parts_words(left: char, right: char) -> bool {
    let spaced = |c: char| c.is_alphanumeric() && !is_unspaced(c);
    !(spaced(left) && spaced(right))
}

/// Returns whether `c` belongs to a script whose words are not told apart by spaces.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}' // Burmese
        | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{31ff}' // kana, Bopomofo
        | '\u{2e80}'..='\u{2fdf}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{f900}'..='\u{faff}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut_into_words() {
        for (text, expected) in [
            ("", &[][..]),
            ("?! 👍", &[]),
            ("Where is my order?", &["where", "is", "my", "order"]),
            ("to be or not to be", &["to", "be", "or", "not"]),
            ("KC-48812", &["kc", "48812"]),
            ("mail Jo.Doe@example.org", &["mail", "jo", "doe", "example", "org"]),
            ("snake_case 3.14", &["snake", "case", "3", "14"]),
            ("Überweisung UBERWEISUNG", &["uberweisung"]),
            ("退款ABC请", &["退", "款", "abc", "请"]),
            ("환불을", &["환", "불", "을"]),
            ("धन्यवाद", &["धनयवाद"]),
            ("don’t", &["don", "t"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn an_order_id_is_found_as_it_was_written() {
        let index = tokens("My parcel KC-48812 never came");
        for query in ["KC-48812", "kc 48812", "48812", "#KC–48812!"] {
            let query = SearchQuery::parse(query).unwrap();
            assert!(query.tokens().iter().all(|token| index.contains(token)), "{query:?}");
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let ascii = "a".repeat(65);
        assert_eq!(tokens(&ascii), ["a".repeat(64)]);
        // Each Cyrillic letter takes two bytes; the first ASCII letter moves the limit inside one.
        assert_eq!(tokens(&format!("a{}", "ж".repeat(40))), [format!("a{}", "ж".repeat(31))]);
    }

    #[test]
    fn a_text_gives_no_more_than_the_most_tokens() {
        let text: String = (0..MAX_TOKENS + 5).map(|n| format!("w{n} ")).collect();
        let tokens = tokens(&text);
        assert_eq!(tokens.len(), MAX_TOKENS);
        assert_eq!(tokens.last().map(String::as_str), Some("w1999"));
    }

    #[test]
    fn a_query_has_one_to_sixteen_distinct_tokens() {
        assert_eq!(SearchQuery::parse(" -!- "), Err(SearchProblem::Empty));
        assert_eq!(SearchQuery::parse("refund REFUND refund").unwrap().tokens(), ["refund"]);
        let sixteen: Vec<String> = (0..16).map(|n| n.to_string()).collect();
        assert_eq!(SearchQuery::parse(&sixteen.join(" ")).unwrap().tokens(), sixteen);
        let problem = SearchQuery::parse(&format!("{} 16", sixteen.join(" "))).unwrap_err();
        assert_eq!(problem, SearchProblem::TooManyTokens { found: 17 });
        assert_eq!(problem.to_string(), "17 different words where a search takes at most 16");
    }

    #[test]
    fn a_query_does_not_print_its_words() {
        assert_eq!(format!("{:?}", SearchQuery::parse("jane doe").unwrap()), "SearchQuery(2 tokens)");
    }

    proptest! {
        #[test]
        fn tokens_of_folded_text_are_its_tokens(text in any::<String>()) {
            prop_assert_eq!(tokens(&fold(&text)), tokens(&text));
        }

        #[test]
        fn tokens_of_joined_tokens_are_the_same(text in any::<String>()) {
            let tokens = tokens(&text);
            prop_assert_eq!(super::tokens(&tokens.join(" ")), tokens);
        }

        #[test]
        fn tokens_are_short_distinct_and_alphanumeric(text in any::<String>()) {
            let tokens = tokens(&text);
            prop_assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len());
            for token in tokens {
                prop_assert!((1..=MAX_TOKEN_BYTES).contains(&token.len()));
                prop_assert!(token.chars().all(char::is_alphanumeric));
            }
        }
    }
}
