//! A tenant's own patterns.

use regex::Match;

use super::card::luhn;
use super::fold::{Folded, MASK};
use super::iban::mod97;
use super::kind::Claim;
use super::spec::{Pattern, Validator};
use super::steps::took;

/// A pattern is sought in pieces of so many bytes, each with as many more behind it as its longest match has.
///
/// Finding every match of an unbounded pattern may take quadratic time; pieces of a fixed length keep it linear.
const PIECE: usize = 1024;

/// Finds the matches of all patterns in a folded text, earlier patterns first; later ones may overlap them.
pub(super) fn claims(folded: &Folded<'_>, text: &str, patterns: &[Pattern]) -> Vec<Claim> {
    let mut claims = Vec::new();
    let (spelled, owners) = folded.spelled(text);
    // A mask is an edge of the text, so that masked and unmasked text read alike around it.
    let mut start = 0;
    for segment in spelled.split(char::from(MASK)) {
        for pattern in patterns {
            matches(segment, pattern, |found| {
                let first = owners.get(start + found.start());
                let last = owners.get(start + found.end() - 1);
                if let (Some(&first), Some(&last)) = (first, last) {
                    claims.push(Claim {
                        kind: pattern.kind.clone(),
                        start: first,
                        end: last + 1,
                        why: "custom_pattern",
                    });
                }
            });
        }
        start += segment.len() + 1;
    }
    claims
}

/// Finds the matches of a pattern that pass its check and are not empty, in order and without overlap.
///
/// A match belongs to the piece that it begins in. It is sought with all that stands before it, and with so much behind
/// the piece that the end of what is read is no edge to any match but one that is cut there.
fn matches(segment: &str, pattern: &Pattern, mut found: impl FnMut(Match<'_>)) {
    let mut from = 0;
    while from < segment.len() {
        let piece = segment.ceil_char_boundary((from / PIECE + 1) * PIECE);
        let sought = segment.ceil_char_boundary(piece + pattern.longest + char::MAX.len_utf8());
        let sought = segment.get(..sought).unwrap_or(segment);
        // As many as an unbounded pattern may take.
        took(sought.len() - from);
        from = match pattern.regex.find_at(sought, from).filter(|found| found.start() < piece) {
            Some(empty) if empty.is_empty() => segment.ceil_char_boundary(empty.end() + 1),
            Some(next) => {
                if passes(pattern.validator, next.as_str()) {
                    found(next);
                }
                next.end()
            }
            None => piece,
        };
    }
}

fn passes(validator: Validator, found: &str) -> bool {
    match validator {
        Validator::None => true,
        Validator::Luhn => {
            let digits: Vec<u8> = found.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
            !digits.is_empty() && luhn(&digits)
        }
        Validator::Mod97 => mod97(found.bytes()),
    }
}
