//! A tenant's own patterns.

use super::card::luhn;
use super::fold::{Folded, MASK};
use super::iban::mod97;
use super::kind::Claim;
use super::spec::{Pattern, Validator};
use super::steps::took;

/// Longest piece of text that a pattern is matched against, in bytes.
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
        let mut from = start;
        for piece in pieces(segment) {
            matches(piece, from, &owners, patterns, &mut claims);
            from += piece.len();
        }
        start += segment.len() + 1;
    }
    claims
}

fn matches(piece: &str, from: usize, owners: &[usize], patterns: &[Pattern], claims: &mut Vec<Claim>) {
    for pattern in patterns {
        // As many as an unbounded pattern may take.
        took(piece.len() * piece.len());
        for found in pattern.regex.find_iter(piece).filter(|found| !found.is_empty()) {
            if !passes(pattern.validator, found.as_str()) {
                continue;
            }
            let first = owners.get(from + found.start());
            let last = owners.get(from + found.end() - 1);
            if let (Some(&first), Some(&last)) = (first, last) {
                claims.push(Claim {
                    kind: pattern.kind.clone(),
                    start: first,
                    end: last + 1,
                    why: "custom_pattern",
                });
            }
        }
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

/// Cuts a text into pieces, after a space where there is one.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let mut cut = text.len().min(PIECE);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        if cut < text.len()
            && let Some(space) = text.get(..cut).and_then(|head| head.rfind(char::is_whitespace))
        {
            let end =
                space + text.get(space..).and_then(|tail| tail.chars().next()).map_or(1, char::len_utf8);
            cut = end;
        }
        let (piece, rest) = text.split_at_checked(cut)?;
        text = rest;
        Some(piece)
    })
}
