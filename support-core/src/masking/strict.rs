//! The preset `strict`: raw patterns for card, SSN, account and PIN, in this order.
//!
//! | kind | pattern |
//! |---|---|
//! | card | `\b\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}\b` |
//! | ssn | `\b\d{3}-\d{2}-\d{4}\b`, issuable ranges |
//! | account | `\b\d{10,20}\b` |
//! | pin | `\b\d{4,6}\b` |
//!
//! They run over the folded text, so digits of other scripts and invisible characters do not hide a number here
//! either. They mask years, amounts and order numbers too: that is the price of this preset.

use super::fold::next_digit;
use super::kind::{Claim, Kind, Kinds};
use super::number::{at, before, digits_end, is_word};
use super::ssn::issuable;

/// Finds what the raw patterns match, in order and without overlap.
pub(super) fn claims(bytes: &[u8], kinds: Kinds) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut place = 0;
    while let Some(start) = next_digit(bytes, place) {
        let run = digits_end(bytes, start, usize::MAX) - start;
        place = start + run;
        if is_word(before(bytes, start)) {
            continue;
        }
        if let Some((kind, end, why)) = claim(bytes, start, run, kinds) {
            place = end;
            claims.push(Claim { kind, start, end, why });
        }
    }
    claims
}

fn claim(bytes: &[u8], start: usize, run: usize, kinds: Kinds) -> Option<(Kind, usize, &'static str)> {
    let end = start + run;
    let bounded = !is_word(at(bytes, end));
    if kinds.has(&Kind::Card)
        && let Some(end) = card(bytes, start)
    {
        return Some((Kind::Card, end, "strict_card"));
    }
    if kinds.has(&Kind::Ssn)
        && let Some(end) = ssn(bytes, start)
    {
        return Some((Kind::Ssn, end, "strict_ssn"));
    }
    if kinds.has(&Kind::Account) && bounded && (10..=20).contains(&run) {
        return Some((Kind::Account, end, "strict_account"));
    }
    if kinds.has(&Kind::Pin) && bounded && (4..=6).contains(&run) {
        return Some((Kind::Pin, end, "strict_pin"));
    }
    None
}

fn card(bytes: &[u8], start: usize) -> Option<usize> {
    let mut place = start;
    for four in 0..4 {
        if four > 0 && matches!(at(bytes, place), b' ' | b'\t' | b'\n' | b'\r' | b'-') {
            place += 1;
        }
        let digits = bytes.get(place..place + 4)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        place += 4;
    }
    (!is_word(at(bytes, place))).then_some(place)
}

fn ssn(bytes: &[u8], start: usize) -> Option<usize> {
    let [a, b, c, b'-', d, e, b'-', serial @ ..] = bytes.get(start..start + 11)? else { return None };
    let mut digits = [*a, *b, *c, *d, *e, 0, 0, 0, 0];
    for (slot, &digit) in digits.iter_mut().skip(5).zip(serial) {
        *slot = digit;
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let values = digits.map(|digit| digit - b'0');
    (issuable(&values) && !is_word(at(bytes, start + 11))).then_some(start + 11)
}
