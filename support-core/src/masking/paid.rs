//! What the sentence of a number says of paying with it.

use super::card::SHORTEST;
use super::carry::{LONGEST_SENTENCE, sentence_start};
use super::cues::ends_sentence;
use super::fold::MASK;
use super::number::{at, before, digits_end, is_word, word_after};
use super::steps::each;
use super::words::{Cue, Word, classify, classify_code, is_expiry, is_month_name, pays};

/// Tells whether the number from `start` to `end` is paid with: its sentence speaks of paying or of a card, or goes on as
/// people go on behind a card's number, with a month of expiry or a verification value.
pub(super) fn is_paid_with(bytes: &[u8], start: usize, end: usize) -> bool {
    let head = bytes.get(..start).unwrap_or_default();
    let from = sentence_start(head).unwrap_or(start.saturating_sub(LONGEST_SENTENCE));
    let ahead = head.get(from..).unwrap_or_default();
    speaks_of_paying(ahead) || speaks_of_paying(behind(bytes, end)) || goes_on(bytes, end)
}

/// What stands behind a number, as far as it may belong to its sentence.
fn behind(bytes: &[u8], end: usize) -> &[u8] {
    bytes.get(end..bytes.len().min(end + LONGEST_SENTENCE)).unwrap_or_default()
}

/// Tells whether a part of a sentence speaks of paying, other than with a number in it that is long enough to be a
/// card's: in "order 123, card 4111 1111 1111 1111" the order is not what is paid with.
fn speaks_of_paying(part: &[u8]) -> bool {
    let (mut paying, mut digits) = (false, 0);
    let mut last: &[u8] = &[];
    let mut place = 0;
    while place < part.len() && !ends_sentence(part, place, last) {
        if !is_word(at(part, place)) {
            // A mask stands for such a number.
            paying &= at(part, place) != MASK;
            place += 1;
            continue;
        }
        let word = word_after(part, place);
        place += word.len().max(1);
        if word.iter().all(u8::is_ascii_digit) {
            digits += word.len();
            paying &= digits < SHORTEST;
            continue;
        }
        digits = 0;
        match classify(word) {
            Word::Cue(Cue::Cvv) => return true,
            Word::Cue(Cue::Code) if classify_code(last) == Cue::Cvv => return true,
            Word::Cue(Cue::Card) => paying = true,
            _ => paying |= pays(word),
        }
        last = word;
    }
    paying
}

/// Most words that lead from a number to its month of expiry, as in "with expiry date of".
const MOST_WORDS: usize = 6;

/// Tells whether people go on behind a number that ends at `end` as they do behind a card's: with a month and a year, right
/// there with a slash, as in `12/27`, or in any spelling behind a word that says so, as in `exp 1227` and `valid thru Dec
/// 2027`; or with a verification value, as in `cvv 123`. It may be in the next sentence or line.
pub(super) fn goes_on(bytes: &[u8], end: usize) -> bool {
    let behind = behind(bytes, end);
    let (mut place, mut words) = (0, 0);
    let (mut named, mut month) = (false, false);
    let mut last: &[u8] = &[];
    while place < behind.len() && words <= MOST_WORDS {
        let byte = at(behind, place);
        if byte.is_ascii_digit() {
            return match digits_end(behind, place, 5) - place {
                2 | 4 if month => true,
                _ => (named || words == 0) && is_month(behind, place, named),
            };
        }
        if !is_word(byte) {
            place += 1;
            continue;
        }
        let word = word_after(behind, place);
        // "cvv123", "exp12/27"
        let letters = each(word).take_while(|&&byte| !byte.is_ascii_digit()).count();
        let word = word.get(..letters).unwrap_or_default();
        place += letters.max(1);
        words += 1;
        named |= is_expiry(word);
        month = named && is_month_name(word);
        match classify(word) {
            Word::Cue(Cue::Cvv) => return true,
            Word::Cue(Cue::Code) if classify_code(last) == Cue::Cvv => return true,
            _ => last = word,
        }
    }
    false
}

/// Tells whether a month and a year of two or four digits stand at `start`: `12/27`, `12 / 27`, and where they are `named`
/// also `12-2027`, `12 27`, `1227`, `3/27` and `2027-03`.
fn is_month(bytes: &[u8], start: usize, named: bool) -> bool {
    let group = |from: usize| bytes.get(from..digits_end(bytes, from, 5)).unwrap_or_default();
    let first = group(start);
    let middle = start + first.len();
    let between = each(bytes.get(middle..).unwrap_or_default()).take(3);
    let parts = |byte: &&u8| matches!(byte, b'/' | b' ') || (named && matches!(byte, b'-' | b'.'));
    let gap = between.take_while(parts).count();
    let gap = bytes.get(middle..middle + gap).unwrap_or_default();
    let second =
        if gap.contains(&b'/') || (named && !gap.is_empty()) { group(middle + gap.len()) } else { &[] };
    let both = middle + gap.len() + second.len();
    let (month, year, end) = match first {
        [b'2', b'0', _, _] if named => (second, first, both),
        [a, b, year @ ..] if named && year.len() == 2 => (&[*a, *b][..], year, middle),
        [_, _] => (first, second, both),
        [_] if named => (first, second, both),
        _ => return false,
    };
    // "12/27/2024" is a day.
    let goes_on = matches!(at(bytes, end), b'/' | b'-' | b'.') && at(bytes, end + 1).is_ascii_digit();
    matches!(month, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'] | [b'1'..=b'9'])
        && matches!(year, [b'0'..=b'9', _] | [b'2', b'0', _, _])
        && !goes_on
}

/// Most characters between a card, its month of expiry and its verification value, where each stands by itself.
const MOST_APART: usize = 3;

/// Tells whether a number that starts at `start` stands behind a card's and its month of expiry, as in `****, 12/27, 123`:
/// it is the verification value. The card is a mask by then.
pub(super) fn follows_expiry(bytes: &[u8], start: usize) -> bool {
    let apart = |end: usize| {
        let head = bytes.get(..end).unwrap_or_default();
        let gap = each(head.iter().rev()).take(MOST_APART + 1);
        gap.take_while(|byte| matches!(byte, b' ' | b',' | b';' | b'|' | b'\n' | b'\r' | b'\t')).count()
    };
    let gap = apart(start);
    let Some(end) = start.checked_sub(gap).filter(|_| (1..=MOST_APART).contains(&gap)) else { return false };
    // `12/27` or `12/2027`
    [5, 7].iter().any(|length| {
        let Some(month) = end.checked_sub(*length) else { return false };
        let gap = apart(month);
        let card = month.checked_sub(gap).filter(|_| (1..=MOST_APART).contains(&gap));
        card.is_some_and(|card| before(bytes, card) == MASK)
            && at(bytes, month + 2) == b'/'
            && digits_end(bytes, month + 3, 5) == end
            && is_month(bytes, month, false)
    })
}
