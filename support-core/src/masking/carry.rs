//! Names that stand in the sentence before a number's own: "Here is the PIN number. It is 4321", "SSN please. 123456789".
//!
//! So does a turn that announces the number of the next one: "here is my pin:", and then "4321".
//!
//! A name is carried on only to a number that is all its sentence tells ("It is 4321", "4321 I believe"), from a
//! sentence that names nothing with numbers of other kinds and holds none itself. Where neither "it is" links the two
//! nor the first sentence asks for something or hands it over, a bare number is anything.

use super::cues::{Heed, Named, Sentence, ends_sentence};
use super::fold::MASK;
use super::number::{at, before, is_word, word_after, word_before};
use super::steps::{each, took};
use super::words::{Cue, Word, classify};

/// Longest sentence that names what the next one tells, in characters. A stream keeps as much of what went out.
pub(super) const LONGEST_SENTENCE: usize = 160;
/// Most words behind a number that is all its sentence tells.
const MOST_WORDS: usize = 8;
/// Most words among them that mean nothing here, as in "1234 there you go".
const MOST_UNKNOWN: usize = 3;

/// Reads the name of a number at `start` from the sentence that ends before `end`, or that `trail` ends with. `own` is
/// what the number's own sentence says.
pub(super) fn named(
    bytes: &[u8],
    trail: &[u8],
    start: usize,
    end: usize,
    own: Named,
    heed: Heed,
) -> Option<Named> {
    let head = trim_end(bytes.get(..end).unwrap_or_default());
    let head = if head.is_empty() { trim_end(trail) } else { head };
    if head.is_empty() {
        return None;
    }
    // Most numbers are not all that their sentence tells: that is seen soonest.
    let written = all_of_sentence(bytes, start)?;
    let sentence = last_sentence(head)?;
    if each(sentence).any(|&byte| byte == MASK || byte.is_ascii_digit()) {
        return None;
    }
    let (mut said, _) = Sentence::read(sentence, 0);
    said.question |= head.last() == Some(&b'?');
    let other = |cue: &Cue| matches!(cue, Cue::Reference | Cue::Thing | Cue::Money | Cue::Iban);
    if said.cues.is_empty() || said.cues.iter().any(other) || (said.question && asks_how(sentence)) {
        return None;
    }
    let whether = said.question && asks_whether(sentence);
    let gives = said.is_request() || said.is_numbered() || hands_over(sentence);
    if !own.linked && (!gives || whether || said.forbids) {
        return None;
    }
    if !own.linked {
        said.keep_asked();
    }
    // "When was it? It was 2019."
    let digits = heed.digits().unwrap_or(written);
    if !gives && digits == 4 && matches!(bytes.get(start..start + 2), Some(b"19" | b"20")) {
        return None;
    }
    let numbered = own.numbered || said.is_numbered();
    let cue = said.cues.into_iter().rev().find(|&cue| fits(cue, digits) && own.may_be(cue))?;
    Some(Named { cue: Some(cue), numbered, linked: true, adjacent: false, carried: true, ..own })
}

/// Tells whether a sentence announces the number that comes next, which it does not hold itself: it hands it over ("here
/// is my pin"), is about to ("sending you my pin"), breaks off where the number would stand ("my pin is"), or is no more
/// than the name ("my pin"). `last` tells whether it is the last one of its turn. A card or an account of which it is
/// not clear that the number is meant is forgotten.
pub(super) fn announces(sentence: &[u8], said: &mut Sentence, last: bool) -> bool {
    let other = |cue: &Cue| matches!(cue, Cue::Reference | Cue::Thing | Cue::Money | Cue::Iban);
    let told = each(sentence).any(|&byte| byte == MASK || byte.is_ascii_digit());
    if said.cues.is_empty() || said.cues.iter().any(other) || said.forbids || said.question || told {
        return false;
    }
    if last && breaks_off(sentence) {
        return true;
    }
    let announced = (last && is_name(sentence)) || hands_over(sentence) || is_about_to(sentence);
    if announced {
        said.keep_asked();
    }
    announced
}

/// Tells whether a sentence ends where a number would go on: behind a colon, a dash or "is".
fn breaks_off(sentence: &[u8]) -> bool {
    let end = trim_end(sentence);
    matches!(end.last(), Some(b':' | b'=' | b'-' | b'>'))
        || classify(word_before(end, end.len())) == Word::Link
}

/// Tells whether a sentence is no more than a name, as in "my pin".
fn is_name(sentence: &[u8]) -> bool {
    let mut words = words(sentence).filter(|word| !word.is_empty());
    let named = |word| matches!(classify(word), Word::Cue(_) | Word::Number | Word::Filler);
    words.by_ref().take(MOST_WORDS).all(named) && words.next().is_none()
}

/// Tells whether somebody is about to hand something over.
fn is_about_to(sentence: &[u8]) -> bool {
    words(sentence).any(|word| {
        is_one_of(
            word,
            &["sending", "typing", "giving", "sharing", "texting", "posting", "follows", "coming"],
        )
    })
}

/// The last sentence of `head`, without the mark that ends it, if it is not too long.
fn last_sentence(head: &[u8]) -> Option<&[u8]> {
    let marks = each(head.iter().rev()).take_while(|byte| matches!(byte, b'.' | b'?' | b'!')).count();
    let head = head.get(..head.len() - marks)?;
    head.get(sentence_start(head)?..).filter(|sentence| !sentence.is_empty())
}

/// Where the sentence begins that `head` ends in, unless that is too far.
pub(super) fn sentence_start(head: &[u8]) -> Option<usize> {
    let from = head.len().saturating_sub(LONGEST_SENTENCE);
    let ends = |place: usize| {
        matches!(at(head, place), b'.' | b'?' | b'!' | b'\n')
            && ends_sentence(head, place, word_before(head, place))
    };
    let start = (from..head.len()).rev().find(|&place| ends(place)).map(|place| place + 1);
    start.or((from == 0).then_some(0))
}

/// Tells whether a question asks for something else than a number: "When did I set my PIN?"
fn asks_how(sentence: &[u8]) -> bool {
    words(sentence).any(|word| is_one_of(word, &["when", "why", "how", "where", "who", "whose"]))
}

/// Tells whether a question is answered by yes or no: "Do you need my account number for that?"
fn asks_whether(sentence: &[u8]) -> bool {
    words(sentence).any(|word| is_one_of(word, &["do", "does", "did", "don't", "dont", "have", "has"]))
}

/// Tells whether a sentence hands something over, or tells that it was asked for.
fn hands_over(sentence: &[u8]) -> bool {
    words(sentence).any(|word| {
        is_one_of(
            word,
            &[
                "here",
                "here's",
                "heres",
                "asked",
                "wanted",
                "requested",
                "told",
                "following",
                "attached",
                "hier",
                "aqui",
                "voici",
                "voila",
            ],
        )
    })
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let space = each(bytes.iter().rev()).take_while(|byte| byte.is_ascii_whitespace()).count();
    bytes.get(..bytes.len() - space).unwrap_or_default()
}

fn words(sentence: &[u8]) -> impl Iterator<Item = &[u8]> {
    took(sentence.len());
    sentence.split(|&byte| !is_word(byte) && byte != b'\'')
}

fn is_one_of(word: &[u8], known: &[&str]) -> bool {
    known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether people write what `cue` names with so many digits.
fn fits(cue: Cue, digits: usize) -> bool {
    match cue {
        Cue::Card => (13..=19).contains(&digits),
        Cue::Account => (4..=20).contains(&digits),
        Cue::Ssn => matches!(digits, 4 | 9),
        Cue::Pin => (4..=6).contains(&digits),
        Cue::Cvv => (3..=4).contains(&digits),
        Cue::OneTime | Cue::Code => (4..=8).contains(&digits),
        _ => false,
    }
}

/// Returns how many digits a number at `start` has, if it is all that its sentence tells: what follows names nothing
/// else, counts nothing and says nothing of the number.
fn all_of_sentence(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut place, mut words, mut unknown, mut linked) = (start, 0, 0, false);
    let mut digits = 0;
    while place < bytes.len() {
        let next = at(bytes, place);
        if !is_word(next) {
            let ends = ends_sentence(bytes, place, &[]) || matches!(next, b',' | b';' | b')');
            // Groups of the number itself may stand in lines of their own.
            let goes_on = at(bytes, place + 1).is_ascii_digit() && before(bytes, place).is_ascii_digit();
            if ends && !goes_on {
                return Some(digits);
            }
            place += 1;
            continue;
        }
        let word = word_after(bytes, place);
        place += word.len().max(1);
        if word.iter().all(u8::is_ascii_digit) {
            // "4 of 5 arrived"
            if words > 0 {
                return None;
            }
            digits += word.len();
            // No number is that long.
            if place - start > LONGEST_SENTENCE {
                return None;
            }
            continue;
        }
        words += 1;
        let known = match classify(word) {
            Word::Cue(Cue::Reference | Cue::Thing | Cue::Money) | Word::Unit | Word::Break => return None,
            Word::Link => {
                linked = true;
                true
            }
            Word::Minor if !is_one_of(word, &["i", "we", "have", "has", "had"]) => return None,
            Word::Minor | Word::Other | Word::Never | Word::Says => false,
            Word::Cue(_) | Word::Number | Word::Filler | Word::Ask => true,
        };
        unknown += usize::from(!known);
        // "2019 was a bad year"
        if words > MOST_WORDS || unknown > MOST_UNKNOWN || (linked && !known) {
            return None;
        }
    }
    Some(digits)
}
