//! Postal addresses as English speakers write them: a house number, a street, perhaps a unit, a town and a code.
//!
//! There is no checksum for an address, so this detector is an option.

use super::kind::{Claim, Kind};
use super::number::{Chain, Edge, at, before, is_letter, is_word, word_after, word_before};

/// Most words of a street's name.
const MOST_NAMES: usize = 4;
/// Most words between a street and its postal code.
const MOST_TOWN: usize = 6;

/// Finds an address whose house or box number is the chain's first group.
pub(super) fn find(bytes: &[u8], chain: &Chain) -> Option<Claim> {
    let number = chain.first();
    if number.len() > 6 || chain.edge() != Edge::Free {
        return None;
    }
    if let Some(start) = post_box(bytes, number.start) {
        return Some(Claim { kind: Kind::Address, start, end: number.end, why: "post_box" });
    }
    let end = street_end(bytes, number.end)?;
    let end = code_end(bytes, unit_end(bytes, end)).unwrap_or_else(|| unit_end(bytes, end));
    Some(Claim { kind: Kind::Address, start: number.start, end, why: "street_address" })
}

/// `P.O. Box 12`, `PO Box 12`.
fn post_box(bytes: &[u8], number: usize) -> Option<usize> {
    let head = bytes.get(number.saturating_sub(10)..number)?.to_ascii_lowercase();
    [b"p.o. box ".as_slice(), b"p.o.box ", b"po box ", b"p o box "]
        .into_iter()
        .find(|name| head.ends_with(name))
        .map(|name| number - name.len())
        .filter(|&start| !is_word(before(bytes, start)))
}

/// Reads the street's name up to its kind: `12 Long Acre Road`, `7B Baker St.`
fn street_end(bytes: &[u8], number: usize) -> Option<usize> {
    // A house may have a letter.
    let lettered = is_letter(at(bytes, number)) && !is_word(at(bytes, number + 1));
    let mut place = number + usize::from(lettered);
    let mut plain = false;
    for name in 0..=MOST_NAMES {
        if at(bytes, place) != b' ' {
            return None;
        }
        let word = word_after(bytes, place + 1);
        if word.is_empty() {
            return None;
        }
        let end = place + 1 + word.len();
        match street(word) {
            // The first word is the kind only of streets that have no other name, and of those there are none.
            Some(kind) if name > 0 => {
                let capital = word.first().is_some_and(u8::is_ascii_uppercase);
                let sure = if kind == Street::Plain { name <= 2 || !plain } else { capital && !plain };
                if sure {
                    return Some(end + usize::from(at(bytes, end) == b'.' && is_short(word)));
                }
            }
            _ => {}
        }
        if is_common(word) {
            return None;
        }
        plain |= word.first().is_none_or(u8::is_ascii_lowercase);
        // "St. James Street", "N. Main Street"
        place = end + usize::from(at(bytes, end) == b'.' && word.len() <= 2);
    }
    None
}

/// Takes in `, Apt 4B`, `#12`, `Suite 300`.
fn unit_end(bytes: &[u8], street: usize) -> usize {
    let mut place = street;
    while matches!(at(bytes, place), b',' | b' ' | b'\n') && place - street < 3 {
        place += 1;
    }
    let word = word_after(bytes, place);
    let named = ["apt", "apartment", "unit", "suite", "ste", "flat", "floor", "fl"]
        .iter()
        .any(|unit| word.eq_ignore_ascii_case(unit.as_bytes()));
    let mut value = if named { place + word.len() } else { place };
    while matches!(at(bytes, value), b'.' | b' ' | b'#') && value - place < 12 {
        value += 1;
    }
    let token = word_after(bytes, value);
    let numbered = named || (value > place && before(bytes, value) == b'#');
    if numbered && token.len() <= 6 && token.iter().any(u8::is_ascii_digit) {
        value + token.len()
    } else {
        street
    }
}

/// Reads on over a town to a US ZIP code (five digits, or nine with a dash).
fn code_end(bytes: &[u8], street: usize) -> Option<usize> {
    let mut place = street;
    for _ in 0..MOST_TOWN {
        let from = place;
        while matches!(at(bytes, place), b',' | b' ' | b'\n' | b'\r') && place - from < 4 {
            place += 1;
        }
        let word = word_after(bytes, place);
        if place == from || word.is_empty() || is_common(word) {
            return None;
        }
        place += word.len();
        if word.len() == 5 && word.iter().all(u8::is_ascii_digit) {
            let more = word_after(bytes, place + 1);
            let long = at(bytes, place) == b'-' && more.len() == 4 && more.iter().all(u8::is_ascii_digit);
            let state = word_before(bytes, place.saturating_sub(6));
            let after_state = state.len() == 2 || state.first().is_some_and(u8::is_ascii_uppercase);
            return after_state.then_some(if long { place + 5 } else { place });
        }
        if word.iter().any(u8::is_ascii_digit) {
            return None;
        }
        place += usize::from(at(bytes, place) == b'.' && word.len() <= 2);
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Street {
    /// A word for streets only.
    Plain,
    /// A word with other meanings, which must be capitalised like the name before it.
    Ambiguous,
}

fn street(word: &[u8]) -> Option<Street> {
    Some(match word.to_ascii_lowercase().as_slice() {
        b"street" | b"avenue" | b"ave" | b"road" | b"rd" | b"boulevard" | b"blvd" | b"lane" | b"parkway"
        | b"pkwy" | b"highway" | b"hwy" => Street::Plain,
        b"st" | b"drive" | b"dr" | b"court" | b"ct" | b"way" | b"place" | b"pl" | b"square" | b"sq"
        | b"terrace" | b"ter" | b"circle" | b"cir" | b"close" | b"crescent" | b"trail" | b"trl" | b"row"
        | b"alley" | b"plaza" | b"ln" | b"grove" | b"gardens" | b"hill" | b"loop" | b"walk" | b"broadway"
        | b"mews" | b"pike" => Street::Ambiguous,
        _ => return None,
    })
}

/// Words that stand after quantities and never in a street's name.
fn is_common(word: &[u8]) -> bool {
    [
        "a", "an", "and", "are", "at", "away", "but", "by", "days", "day", "down", "for", "from", "hours",
        "in", "into", "is", "it", "meters", "miles", "minutes", "more", "my", "off", "on", "or", "over",
        "people", "some", "than", "that", "this", "times", "to", "was", "weeks", "with", "years", "your",
        "i", "please", "thanks", "items",
    ]
    .iter()
    .any(|common| word.eq_ignore_ascii_case(common.as_bytes()))
}

fn is_short(word: &[u8]) -> bool {
    word.len() <= 4
}
