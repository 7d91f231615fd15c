//! What the words behind a number say that it is.

use super::cues::{MOST_WORDS, is_value};
use super::number::{at, is_word, word_after};
use super::steps::took;
use super::words::{Cue, Word, classify, classify_code};

/// Reads on from a number that ends at `end` to a name that is linked to it: "1234 is my pin", or that explains it:
/// "1234, my pin".
pub(super) fn named_after(bytes: &[u8], end: usize) -> Option<Cue> {
    let mut place = end;
    let (mut words, mut linked, mut explained) = (0, false, false);
    let mut last: &[u8] = &[];
    while words < MOST_WORDS {
        let next = at(bytes, place);
        if !is_word(next) {
            match next {
                b' ' | b'\'' | b'(' | b'"' | b'-' => {}
                b'=' => linked = true,
                b',' if words == 0 => explained = true,
                _ => return None,
            }
            place += 1;
            if place > bytes.len() {
                return None;
            }
            continue;
        }
        let word = word_after(bytes, place);
        words += 1;
        place += word.len().max(1);
        let meaning = classify(word);
        if !linked {
            // "use 482913 as your code" and "1234 is my pin", but not "1234 in my account".
            linked = if explained { is_owner(word) } else { meaning == Word::Link };
            if !linked {
                return None;
            }
            continue;
        }
        let cue = match meaning {
            // "is your verification code": the word before decides.
            Word::Cue(Cue::Code) => classify_code(last),
            Word::Cue(cue @ (Cue::Reference | Cue::Thing | Cue::Phone)) => {
                // "verification", "phone" and "confirmation" only say more about the noun that follows.
                let noun = word_after(bytes, place + 1);
                match classify(noun) {
                    Word::Cue(Cue::Code) => classify_code(word),
                    _ => cue,
                }
            }
            Word::Cue(Cue::Card) => match classify(word_after(bytes, place + 1)) {
                Word::Cue(next) => next,
                _ => Cue::Card,
            },
            Word::Cue(cue) => cue,
            Word::Number | Word::Other if is_value(word) && last.eq_ignore_ascii_case(b"verification") => {
                Cue::Cvv
            }
            Word::Break | Word::Minor | Word::Unit | Word::Never | Word::Says => return None,
            Word::Number | Word::Link | Word::Filler | Word::Ask | Word::Other => {
                last = word;
                continue;
            }
        };
        return (!explained || ends_aside(bytes, place)).then_some(cue);
    }
    None
}

fn is_owner(word: &[u8]) -> bool {
    ["my", "his", "her", "our", "their"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Tells whether an explanation ends at `place` or behind the next word, `number`: "1234, my pin stopped working"
/// explains nothing.
fn ends_aside(bytes: &[u8], place: usize) -> bool {
    let word = word_after(bytes, place + 1);
    let place = if classify(word) == Word::Number { place + 1 + word.len() } else { place };
    let tail = bytes.get(place..).unwrap_or_default();
    let rest = tail.trim_ascii_start();
    took(tail.len() - rest.len());
    match rest {
        [] | [b'.' | b',' | b';' | b'!' | b'?' | b')' | b'-', ..] => true,
        rest => word_after(rest, 0).eq_ignore_ascii_case(b"i"),
    }
}

/// Tells whether a number that ends at `end` opens something: "to log in", "to verify".
pub(super) fn opens(bytes: &[u8], end: usize) -> bool {
    if !at(bytes, end + 1).eq_ignore_ascii_case(&b't') {
        return false;
    }
    let to = word_after(bytes, end + 1);
    let verb = word_after(bytes, end + 2 + to.len());
    to.eq_ignore_ascii_case(b"to")
        && ["log", "login", "sign", "verify", "authenticate", "unlock"]
            .iter()
            .any(|known| verb.eq_ignore_ascii_case(known.as_bytes()))
}
