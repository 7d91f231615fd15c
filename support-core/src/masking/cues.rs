//! What the words around a number, and the turns before, say that it is.

use super::carry;
use super::fold::{Folded, MASK};
use super::number::{at, before, is_word, word_after, word_before};
use super::steps::{each, took};
use super::words::{Cue, Word, classify, classify_code, code_of, is_in_fours};

/// Most words between a name and its number.
pub(super) const MOST_WORDS: usize = 8;
/// Most words among them that mean nothing here, as in "the code you sent me is".
const MOST_UNKNOWN: usize = 5;
/// Most such words before a number in brackets, as in "the PIN that you sent me (4821)".
const MOST_UNKNOWN_ASIDE: usize = 3;
/// Most words of unknown meaning in an answer that is taken for a bare number, as in "john smith 1234".
const MOST_UNKNOWN_IN_ANSWER: usize = 3;
/// Longest answer that is taken for a bare number, in characters.
const LONGEST_ANSWER: usize = 160;
/// How many turns back a request still waits for its answer.
const TURNS_BACK: usize = 4;
/// How much of the end of an earlier turn is read, in bytes.
const TURN_END: usize = 1000;

/// The name that the words before a number give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Named {
    pub(super) cue: Option<Cue>,
    /// The name has `number`, `no` or `#` with it.
    pub(super) numbered: bool,
    /// The name is linked to the number by `is`, `:` or `=`.
    pub(super) linked: bool,
    /// The name is the very next word.
    pub(super) adjacent: bool,
    /// Something more than `number` or `is` stands between the name and the number, if only a comma.
    pub(super) apart: bool,
    /// Numbers of what it names are printed in groups of four, as those of parcels are.
    pub(super) in_fours: bool,
    /// The name stands in the sentence before the number's own.
    pub(super) carried: bool,
    /// Something says the number, as in "my phone says": then only codes are what it names.
    pub(super) said: bool,
}

impl Named {
    /// Whether what says the number can be of this kind.
    pub(super) const fn may_be(self, cue: Cue) -> bool {
        !self.said || matches!(cue, Cue::Pin | Cue::Cvv | Cue::OneTime | Cue::Code)
    }
}

/// Which names a search heeds: those of numbers that are too long for this one are only words, so that "the pin of
/// my card is" is about a PIN and "the code that came by phone is" about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heed {
    digits: usize,
}

impl Heed {
    pub(super) const ALL: Self = Self { digits: usize::MAX };

    pub(super) const fn names_of(digits: usize) -> Self {
        Self { digits }
    }

    const fn passes_over(self, cue: Cue) -> bool {
        match cue {
            Cue::Card => self.digits < 12,
            Cue::Phone => self.digits < 7,
            _ => false,
        }
    }

    /// How many digits the number is read with, if that is known.
    pub(super) fn digits(self) -> Option<usize> {
        (self != Self::ALL).then_some(self.digits)
    }
}

/// Reads back from a number that starts at `start` to the nearest name: in its own sentence or, where that says no
/// more than "it is", in the one before, of which `trail` may hold the end.
pub(super) fn named(bytes: &[u8], trail: &[u8], start: usize, heed: Heed) -> Named {
    let mut own = Named::default();
    match read_sentence_back(bytes, start, heed, &mut own) {
        Some(end) if own.cue.is_none() => carry::named(bytes, trail, start, end, own, heed).unwrap_or(own),
        _ => own,
    }
}

/// Reads back from a number at `start` to the nearest name in its sentence. Returns where the sentence begins, if it
/// holds nothing before the number that could have a meaning of its own.
fn read_sentence_back(bytes: &[u8], start: usize, heed: Heed, named: &mut Named) -> Option<usize> {
    let mut place = start;
    let (mut words, mut unknown, mut may_be_unknown, mut line) = (0, 0, 0, false);
    // Whether the sentence is about a card or a telephone, of which the number is no number.
    let mut other = false;
    // "The PIN that you sent me (4821)"
    if before(bytes, start) == b'(' {
        may_be_unknown = MOST_UNKNOWN_ASIDE;
    }
    while place > 0 && words < MOST_WORDS {
        let last = before(bytes, place);
        if last == b'_' || (!is_word(last) && last != b'\'') {
            named.apart |= last == b',';
            match last {
                b'_' | b' ' | b'\t' | b',' | b'(' | b'"' | b'-' | b'/' | b')' | b'>' | b'*' => {}
                b'\n' | b'\r' if words == 0 || line => line = words == 0,
                b':' | b'=' => {
                    if unknown == 0 {
                        named.linked = true;
                        may_be_unknown = MOST_UNKNOWN;
                    }
                }
                b'#' => named.numbered = true,
                b'.' if is_abbreviation(word_before(bytes, place.saturating_sub(1))) => {}
                b'.' | b'?' | b'!' | b'\n' | b'\r' => return (unknown == 0 && !other).then_some(place),
                _ => return None,
            }
            place -= 1;
            continue;
        }
        let word = word_before(bytes, place);
        words += 1;
        place -= word.len().max(1);
        let meaning = read_back(bytes, place, word);
        named.apart |= !matches!(meaning, Word::Cue(_) | Word::Number | Word::Link);
        match meaning {
            Word::Filler if matches!(heed.digits, 3 | 4) && is_back_of_card(bytes, place, word) => {
                named.cue = Some(Cue::Cvv);
                return None;
            }
            // "the PIN of my card, 4821,"
            Word::Cue(cue) if heed.passes_over(cue) && is_purpose(bytes, place) => other = true,
            Word::Cue(cue) if heed.passes_over(cue) => {
                other = true;
                unknown += 1;
                if unknown > may_be_unknown {
                    return None;
                }
            }
            // "the code for this transaction is"
            Word::Cue(Cue::Reference | Cue::Thing) if named.linked && is_purpose(bytes, place) => {
                unknown += 1
            }
            Word::Cue(cue) => {
                if named.may_be(cue) {
                    named.cue = Some(cue);
                    named.adjacent = words == 1;
                    named.in_fours = is_in_fours(word);
                }
                return None;
            }
            // A part of a name that programmers gave, as in "utm_campaign=": it is all of the name or nothing.
            Word::Other if before(bytes, place) == b'_' => return None,
            Word::Says if words == 1 => {
                (named.linked, named.said) = (true, true);
                may_be_unknown = MOST_UNKNOWN;
            }
            Word::Number => {
                named.numbered = true;
                // "the account that you charged, number 12345678,"
                if words == 1 && before(bytes, place.saturating_sub(1)) == b',' {
                    may_be_unknown = 2;
                }
            }
            Word::Link => {
                if unknown == 0 {
                    named.linked = true;
                    may_be_unknown = MOST_UNKNOWN;
                }
            }
            // "I typed 4821"
            Word::Minor if named.said && unknown == 0 && is_speaker(word) => {}
            Word::Filler => {}
            Word::Other | Word::Ask | Word::Minor | Word::Says
                if unknown < may_be_unknown && !has_digit(word) =>
            {
                unknown += 1
            }
            Word::Other | Word::Ask | Word::Minor | Word::Says | Word::Never | Word::Break | Word::Unit => {
                return None;
            }
        }
    }
    (place == 0 && unknown == 0 && !other).then_some(0)
}

fn is_speaker(word: &[u8]) -> bool {
    ["i", "we", "have", "had"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Tells whether a word before a full stop is cut short by it, as in `acct. 1234`.
fn is_abbreviation(word: &[u8]) -> bool {
    // Verbs end sentences.
    let verb = ["call", "text", "ring", "dial"].iter().any(|verb| word.eq_ignore_ascii_case(verb.as_bytes()));
    word.len() <= 4
        && !verb
        && matches!(classify(word), Word::Number | Word::Cue(Cue::Account | Cue::Phone | Cue::Reference))
}

/// Tells whether a word that starts at `start` says what something else is for: "for the", "of my".
fn is_purpose(bytes: &[u8], start: usize) -> bool {
    let determiner = word_before(bytes, start.saturating_sub(1));
    let preposition = word_before(bytes, start.saturating_sub(2 + determiner.len()));
    let is =
        |word: &[u8], known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    is(determiner, &["the", "this", "that", "my", "your", "a"]) && is(preposition, &["for", "of"])
}

/// What an earlier turn asked for or announced, in the order in which it named them.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    pub(super) cues: Vec<Cue>,
}

/// Finds what the turns before ask for or announce: the nearest of the last few turns that does either.
pub(super) fn request(turns: &[&str]) -> Request {
    // "Which account is it?", "The number please."
    let mut numbered = false;
    for turn in turns.iter().rev().take(TURNS_BACK) {
        let from = (turn.len().saturating_sub(TURN_END)..turn.len()).find(|&at| turn.is_char_boundary(at));
        let end = from.and_then(|from| turn.get(from..)).unwrap_or_default();
        let folded = Folded::of(end, &|_| true);
        let cues = asked(&folded.bytes, &mut numbered);
        if !cues.is_empty() {
            return Request { cues };
        }
    }
    Request::default()
}

/// Reads what the sentences of a turn ask for or announce; `numbered` tells whether they, or later turns, ask for a number without
/// saying of what.
fn asked(bytes: &[u8], numbered: &mut bool) -> Vec<Cue> {
    let mut all = Vec::new();
    let mut told = Vec::new();
    let mut place = 0;
    while place <= bytes.len() {
        let (mut sentence, end) = Sentence::read(bytes, place);
        let said = bytes.get(place..end.saturating_sub(1)).unwrap_or_default();
        let last = bytes.get(end..).is_none_or(|rest| each(rest).all(u8::is_ascii_whitespace));
        place = end;
        if !sentence.is_request() && carry::announces(said, &mut sentence, last) {
            all.append(&mut sentence.cues);
            continue;
        }
        if !sentence.is_request() {
            if !sentence.cues.is_empty() {
                told = sentence.cues;
            }
            continue;
        }
        // "We texted you a passcode. Please read it out."
        if sentence.cues.is_empty() && sentence.it {
            sentence.cues.append(&mut told);
        }
        if sentence.cues.is_empty() {
            *numbered |= sentence.for_number == ForNumber::Named;
        } else if !*numbered {
            sentence.keep_asked();
        }
        all.append(&mut sentence.cues);
    }
    all
}

/// What a sentence names and asks for.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    /// What it names, in order.
    pub(super) cues: Vec<Cue>,
    pub(super) forbids: bool,
    pub(super) question: bool,
    asks: bool,
    /// Whether it speaks of digits.
    digits: bool,
    /// Whether it speaks of something by a pronoun.
    it: bool,
    for_number: ForNumber,
}

impl Sentence {
    /// Reads the sentence at `from`; returns it and where the next one begins, which is beyond `bytes` after the last.
    pub(super) fn read(bytes: &[u8], from: usize) -> (Self, usize) {
        let mut sentence = Self::default();
        let (mut last, mut before_last): (&[u8], &[u8]) = (&[], &[]);
        let mut place = from;
        loop {
            let next = at(bytes, place);
            if place >= bytes.len() || ends_sentence(bytes, place, last) {
                sentence.question = place < bytes.len() && next == b'?';
                return (sentence, place + 1);
            }
            if !is_word(next) {
                place += 1;
                continue;
            }
            let word = word_after(bytes, place);
            place += word.len().max(1);
            let account = word.eq_ignore_ascii_case(b"a") && bytes.get(place..place + 2) == Some(b"/c");
            let meaning = if account { Word::Cue(Cue::Account) } else { classify(word) };
            // "the IMEI of your phone"
            let owner = before_last.eq_ignore_ascii_case(b"of") && meaning == Word::Cue(Cue::Phone);
            if !(owner && matches!(sentence.cues.last(), Some(Cue::Reference | Cue::Thing))) {
                sentence.take(word, last, meaning);
            }
            (before_last, last) = (last, word);
        }
    }

    fn take(&mut self, word: &[u8], last: &[u8], meaning: Word) {
        self.for_number = self.for_number.after(word, meaning);
        match meaning {
            Word::Filler if word.eq_ignore_ascii_case(b"digits") => self.digits = true,
            Word::Filler if word.eq_ignore_ascii_case(b"it") => self.it = true,
            Word::Cue(Cue::Code) => {
                // "phone verification code" asks for a code alone.
                let cue = classify_code(last);
                if cue != Cue::Code {
                    let qualifies =
                        |cue: &Cue| matches!(cue, Cue::Phone | Cue::Pin | Cue::Reference | Cue::Thing);
                    if self.cues.last().is_some_and(qualifies) {
                        self.cues.pop();
                    }
                }
                self.cues.push(cue);
            }
            // "Quel est votre code PIN ?"
            Word::Cue(Cue::Pin) if classify(last) == Word::Cue(Cue::Code) => {
                if matches!(self.cues.last(), Some(Cue::Code | Cue::OneTime)) {
                    self.cues.pop();
                }
                self.cues.push(Cue::Pin);
            }
            // "call" and "text" ask for no number, and neither does a "contact": "the number to reach you" does.
            Word::Cue(Cue::Phone) if !asks_for_phone(word) && self.for_number != ForNumber::Named => {}
            Word::Cue(cue) => self.cues.push(cue),
            // "the three digits on the back of your card"
            Word::Filler if self.digits && word.eq_ignore_ascii_case(b"back") && is_article(last) => {
                self.cues.push(Cue::Cvv);
            }
            Word::Ask => self.asks = true,
            Word::Never => self.forbids = true,
            // "never mind"
            Word::Other if word.eq_ignore_ascii_case(b"mind") && classify(last) == Word::Never => {
                self.forbids = false;
            }
            _ => {}
        }
    }

    /// Whether it asks for something.
    pub(super) const fn is_request(&self) -> bool {
        (self.asks || self.question) && !self.forbids
    }

    /// Whether it names a number, not only the thing that has one.
    pub(super) fn is_numbered(&self) -> bool {
        self.for_number == ForNumber::Named
    }

    /// Keeps what it asks for: "Why do you close your account?" asks for no account number.
    pub(super) fn keep_asked(&mut self) {
        let asked = self.for_number.is_asked();
        self.cues.retain(|cue| asked || !matches!(cue, Cue::Card | Cue::Account));
    }
}

fn is_article(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"the") || word.eq_ignore_ascii_case(b"its")
}

/// Tells whether the byte at `place` ends a sentence whose last word is `last`.
pub(super) fn ends_sentence(bytes: &[u8], place: usize, last: &[u8]) -> bool {
    match at(bytes, place) {
        b'?' | b'!' | b'\n' => true,
        b'.' => !is_word(at(bytes, place + 1)) && classify(last) != Word::Number,
        _ => false,
    }
}

/// Whether a sentence about a card or an account asks for its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum ForNumber {
    #[default]
    No,
    /// It asks to be given something, by someone who has no such thing.
    Given,
    /// It is the customer's own: "please give me my card back".
    Own,
    /// It names the number, the digits or the details.
    Named,
}

impl ForNumber {
    fn is_asked(self) -> bool {
        matches!(self, Self::Given | Self::Named)
    }

    fn after(self, word: &[u8], meaning: Word) -> Self {
        let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        let given: &[&str] = match meaning {
            _ if self == Self::Named => return self,
            Word::Number => return Self::Named,
            // "Kontonummer", "rekeningnummer"
            Word::Cue(_) if word.to_ascii_lowercase().ends_with(b"nummer") => return Self::Named,
            Word::Filler if is(&["digits", "digit", "last", "four"]) => return Self::Named,
            Word::Other if is(&["details"]) => return Self::Named,
            _ if self == Self::Own => return self,
            Word::Filler if is(&["my"]) => return Self::Own,
            Word::Other if is(&["mine"]) => return Self::Own,
            Word::Ask => &["provide", "give", "enter", "share", "tell", "send", "type", "supply", "submit"],
            Word::Minor => &["have"],
            _ => &[],
        };
        if is(given) { Self::Given } else { self }
    }
}

fn asks_for_phone(word: &[u8]) -> bool {
    ["phone", "telephone", "mobile", "cell", "cellphone", "contact", "callback", "landline", "fax", "tel"]
        .iter()
        .any(|noun| word.eq_ignore_ascii_case(noun.as_bytes()))
}

/// Tells whether a message is little more than a number: an answer, perhaps with a greeting or a name.
pub(super) fn is_answer(bytes: &[u8]) -> bool {
    took(bytes.len());
    if bytes.split(|&b| b == MASK).map(<[u8]>::len).sum::<usize>() > LONGEST_ANSWER {
        return false;
    }
    let mut unknown = 0;
    let words = bytes.split(|&b| !(is_word(b) || b == b'\'')).filter(|word| !word.is_empty());
    took(bytes.len());
    for word in words {
        if has_digit(word) {
            continue;
        }
        match classify(word) {
            Word::Cue(Cue::Reference | Cue::Thing | Cue::Money) | Word::Unit => return false,
            Word::Other => unknown += 1,
            Word::Cue(_) | Word::Number | Word::Link | Word::Filler => {}
            Word::Ask | Word::Never | Word::Break | Word::Minor | Word::Says => unknown += 1,
        }
        if unknown > MOST_UNKNOWN_IN_ANSWER {
            return false;
        }
    }
    true
}

/// Classifies a word that was read backwards and starts at `start`, with a look at what stands before it.
fn read_back(bytes: &[u8], start: usize, word: &[u8]) -> Word {
    let meaning = classify(word);
    let qualifier = || {
        let gap = before(bytes, start);
        if matches!(gap, b' ' | b'-') { word_before(bytes, start.saturating_sub(1)) } else { &[] }
    };
    match meaning {
        Word::Cue(Cue::Code) => Word::Cue(match classify_code(qualifier()) {
            // "I got the code 20342", "your code 20342 does not work"
            Cue::Code
                if is_owned(qualifier())
                    || (is_determiner(qualifier())
                        && classify_code(second_before(bytes, start)) == Cue::OneTime) =>
            {
                Cue::OneTime
            }
            cue => cue,
        }),
        // "the verification number on the back", "verification value"
        Word::Number | Word::Other if is_value(word) && qualifier().eq_ignore_ascii_case(b"verification") => {
            Word::Cue(Cue::Cvv)
        }
        // "soc sec # 123456789"
        Word::Other if word.eq_ignore_ascii_case(b"sec") && qualifier().eq_ignore_ascii_case(b"soc") => {
            Word::Cue(Cue::Ssn)
        }
        // "código de verificación 5007"
        Word::Other if code_of(word).is_some() && is_of_code(bytes, start) => {
            code_of(word).map_or(Word::Other, Word::Cue)
        }
        Word::Other
            if word.eq_ignore_ascii_case(b"c") && bytes.get(..start).is_some_and(|b| b.ends_with(b"a/")) =>
        {
            Word::Cue(Cue::Account)
        }
        // "I changed my pin to 4821", "my SSN ends in 4821"
        Word::Minor if word.eq_ignore_ascii_case(b"to") && classify(qualifier()) == Word::Cue(Cue::Pin) => {
            Word::Link
        }
        Word::Minor if word.eq_ignore_ascii_case(b"from") && classify(qualifier()) == Word::Cue(Cue::Pin) => {
            Word::Link
        }
        Word::Minor if word.eq_ignore_ascii_case(b"to") && is_change_of_pin(bytes, start) => {
            Word::Cue(Cue::Pin)
        }
        Word::Minor if word.eq_ignore_ascii_case(b"in") && is_ending(qualifier()) => Word::Filler,
        Word::Other
            if word.eq_ignore_ascii_case(b"password") && qualifier().eq_ignore_ascii_case(b"time") =>
        {
            Word::Cue(Cue::OneTime)
        }
        other => other,
    }
}

/// Tells whether a word that starts at `start` stands behind "código de", "code de" or "codice di".
fn is_of_code(bytes: &[u8], start: usize) -> bool {
    let of = word_before(bytes, start.saturating_sub(1));
    ["de", "di", "d'"].iter().any(|known| of.eq_ignore_ascii_case(known.as_bytes()))
        && classify(second_before(bytes, start)) == Word::Cue(Cue::Code)
}

fn is_determiner(word: &[u8]) -> bool {
    ["the", "a", "this", "that", "my", "your"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

fn is_owned(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"my") || word.eq_ignore_ascii_case(b"your")
}

/// The word before the word before `start`.
fn second_before(bytes: &[u8], start: usize) -> &[u8] {
    let last = word_before(bytes, start.saturating_sub(1));
    word_before(bytes, start.saturating_sub(2 + last.len()))
}

pub(super) fn is_value(word: &[u8]) -> bool {
    ["number", "value", "digits", "no"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Tells whether a word that starts at `start` ends "digits on the back".
fn is_back_of_card(bytes: &[u8], start: usize, word: &[u8]) -> bool {
    let mut place = start;
    word.eq_ignore_ascii_case(b"back")
        && [&["the", "its"][..], &["on", "at"], &["digits", "digit"]].iter().all(|known| {
            let word = word_before(bytes, place.saturating_sub(1));
            place = place.saturating_sub(1 + word.len());
            known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
        })
}

/// Tells whether a word that starts at `start` stands behind "pin from 4821".
fn is_change_of_pin(bytes: &[u8], start: usize) -> bool {
    let old = word_before(bytes, start.saturating_sub(1));
    let from_end = start.saturating_sub(2 + old.len());
    let from = word_before(bytes, from_end);
    let pin = word_before(bytes, from_end.saturating_sub(1 + from.len()));
    !old.is_empty()
        && old.iter().all(u8::is_ascii_digit)
        && from.eq_ignore_ascii_case(b"from")
        && classify(pin) == Word::Cue(Cue::Pin)
}

fn is_ending(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"ends") || word.eq_ignore_ascii_case(b"ending")
}

fn has_digit(word: &[u8]) -> bool {
    each(word).any(u8::is_ascii_digit)
}
