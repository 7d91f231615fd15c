//! Reads a text once for all patterns.
//!
//! A keyword begins where a word does, or with a sign, so most of a text cannot begin one: eight bytes at a time tell
//! where words begin, and a table of the patterns' first bytes tells whether one may be there. Only from such places
//! the automaton walks, anchored, until nothing goes on as the text does.

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

/// Bytes at the beginning of a pattern that are looked up before the automaton is asked.
const HEAD: usize = 4;
/// Bits of a table of beginnings, as a power of two: with a thousand patterns one place in sixty is looked at in vain.
const TABLE_BITS: u32 = 16;
/// Bytes whose places are looked at together: as many as a number has bits.
const BLOCK: usize = 64;
/// How many times the length of a text is walked from places in it before it is read on in one go: patterns that begin
/// with each other's ends would else take the length of the longest for every word.
const MOST_WALKS: usize = 4;

/// An automaton for patterns that are folded and hold no white space but single inner spaces.
///
/// Driven byte by byte instead of through the crate's searches, because capitals of ASCII and runs of white space are
/// then evened out on the way: no text of ASCII is ever copied, and the automaton needs no transitions for capitals.
pub(super) struct Machine {
    automaton: NFA,
    /// The first bytes of patterns that are shorter than a beginning.
    short: [bool; 256],
    /// Hashes of the beginnings of all others, a bit each.
    beginnings: Vec<u64>,
    /// Whether a pattern begins with something other than a letter or digit of ASCII.
    signs: bool,
}

impl Machine {
    /// Builds the automaton for `patterns`; none where it would be too large to number.
    pub(super) fn build<'a>(patterns: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).prefilter(false);
        let automaton = builder.build(patterns.clone()).ok()?;
        let mut machine =
            Self { automaton, short: [false; 256], beginnings: vec![0; 1 << (TABLE_BITS - 6)], signs: false };
        for pattern in patterns {
            // Up to a space, behind which more white space may stand.
            let head: Vec<u8> = pattern.bytes().take(HEAD).take_while(|&byte| byte != b' ').collect();
            let Some(&first) = head.first() else { continue };
            if head.len() < HEAD {
                if let Some(short) = machine.short.get_mut(usize::from(first | CASE)) {
                    *short = true;
                }
            } else {
                let (at, bit) = place(key(&head));
                if let Some(word) = machine.beginnings.get_mut(at) {
                    *word |= bit;
                }
            }
            machine.signs |= !first.is_ascii_alphanumeric();
        }
        Some(machine)
    }

    /// Reads `text`, folded or of ASCII. Calls `found` wherever a pattern ends, with the byte after it and the
    /// numbers of all patterns that end there.
    pub(super) fn read(&self, text: &[u8], mut found: impl FnMut(usize, &mut dyn Iterator<Item = usize>)) {
        let mut walks = text.len().saturating_mul(MOST_WALKS).saturating_add(256);
        let mut in_word = false;
        for (number, block) in text.chunks(BLOCK).enumerate() {
            let mut places = 0_u64;
            for (eight, word) in eights(block).enumerate() {
                let (starts, ends_in_word) = starts(word, in_word, self.signs);
                in_word = ends_in_word;
                places |= gathered(starts) << (8 * eight);
            }
            while places != 0 {
                let start = number * BLOCK + places.trailing_zeros() as usize;
                places &= places - 1;
                let Some(rest) = text.get(start..).filter(|rest| self.may_begin(rest)) else { continue };
                let read = self.walk(rest, start, Anchored::Yes, &mut found);
                if read > walks {
                    self.walk(rest, start, Anchored::No, &mut found);
                    return;
                }
                walks -= read;
            }
        }
    }

    /// Tells whether some pattern may begin as `text` does.
    fn may_begin(&self, text: &[u8]) -> bool {
        let key =
            text.first_chunk::<HEAD>().map_or_else(|| key(text), |head| u32::from_le_bytes(*head) | CASES);
        let [first, ..] = key.to_le_bytes();
        let (at, bit) = place(key);
        // Without a branch between them: both are as likely for the next word.
        self.short.get(usize::from(first)).is_some_and(|short| *short)
            | self.beginnings.get(at).is_some_and(|word| word & bit != 0)
    }

    /// Reads `text`, which begins at byte `start`, while patterns go on as it does; returns how much was read.
    fn walk(
        &self,
        text: &[u8],
        start: usize,
        anchored: Anchored,
        found: &mut impl FnMut(usize, &mut dyn Iterator<Item = usize>),
    ) -> usize {
        let automaton = &self.automaton;
        let Ok(mut state) = automaton.start_state(anchored) else { return 0 };
        let mut last = 0;
        for (read, &byte) in text.iter().enumerate() {
            let byte = READ.get(usize::from(byte)).copied().unwrap_or(byte);
            if byte == b' ' && last == b' ' {
                continue;
            }
            last = byte;
            state = automaton.next_state(anchored, state, byte);
            if !automaton.is_special(state) {
                continue;
            }
            if automaton.is_dead(state) {
                return read;
            }
            if automaton.is_match(state) {
                let numbers = 0..automaton.match_len(state);
                found(
                    start + read + 1,
                    &mut numbers.map(|nth| automaton.match_pattern(state, nth).as_usize()),
                );
            }
        }
        text.len()
    }
}

/// The bit that small letters have and capitals lack; beginnings are looked up as if all bytes had it.
const CASE: u8 = 0x20;
const CASES: u32 = u32::from_le_bytes([CASE; HEAD]);

/// The first [`HEAD`] bytes of a text as a number, whatever their case.
fn key(text: &[u8]) -> u32 {
    let mut head = [0; HEAD];
    for (slot, &byte) in head.iter_mut().zip(text) {
        *slot = byte;
    }
    u32::from_le_bytes(head) | CASES
}

/// Where a key stands in the table: the word, and its bit.
fn place(key: u32) -> (usize, u64) {
    // Fibonacci hashing: the high bits of a product with 2^32 divided by the golden ratio.
    let hash = key.wrapping_mul(0x9E37_79B9) >> (32 - TABLE_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Cuts a block into numbers of eight bytes; the last is filled up with spaces.
fn eights(block: &[u8]) -> impl Iterator<Item = u64> {
    let (words, rest) = block.as_chunks::<8>();
    let last = (!rest.is_empty()).then(|| {
        let mut last = [b' '; 8];
        for (slot, &byte) in last.iter_mut().zip(rest) {
            *slot = byte;
        }
        last
    });
    words.iter().copied().chain(last).map(u64::from_le_bytes)
}

/// Moves the highest bits of eight bytes together, the first byte's to the lowest place.
const fn gathered(marks: u64) -> u64 {
    // Each bit is shifted by another distance into the topmost byte, where none meet.
    marks.wrapping_mul(0x0002_0408_1020_4081) >> 56
}

const HIGHEST: u64 = each(0x80);

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks, in their highest bit, the bytes of `word` that are at least `least` without regard to their highest bit.
const fn at_least(word: u64, least: u8) -> u64 {
    ((word & !HIGHEST) + each(0x80 - least)) & HIGHEST
}

/// Marks the bytes at which a pattern may begin: letters and digits of ASCII behind anything else, and, where `signs`
/// are wanted, all that is neither such nor white space nor inside a character. Tells whether the last byte is a
/// letter or digit.
const fn starts(word: u64, in_word: bool, signs: bool) -> (u64, bool) {
    let lower = word | each(CASE);
    let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
    let digits = at_least(word, b'0') & !at_least(word, b'9' + 1);
    let words = (letters | digits) & !word & HIGHEST;
    let before = words << 8 | (in_word as u64) << 7;
    let mut starts = words & !before;
    if signs {
        let inside = word & !(word << 1);
        starts |= !words & !inside & (at_least(word, b'!') | word) & HIGHEST;
    }
    (starts, words >> 63 != 0)
}

/// Returns how many bytes at the end of `text` were read as the last `len`: more where white space was run together.
pub(super) fn stretched(text: &[u8], len: usize) -> usize {
    let mut read = 0;
    let mut after_space = false;
    for (stretched, &byte) in text.iter().rev().enumerate() {
        let space = is_space(byte);
        if space && after_space {
            continue;
        }
        if read == len {
            return stretched;
        }
        after_space = space;
        read += 1;
    }
    text.len()
}

/// As what each byte is read.
const READ: [u8; 256] = {
    let mut read = [0; 256];
    let mut rest: &mut [u8] = &mut read;
    let mut byte = 0_u8;
    while let [first, tail @ ..] = rest {
        *first = if is_space(byte) { b' ' } else { byte.to_ascii_lowercase() };
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    read
};

/// Returns whether `byte` is white space of ASCII; the rest is folded to a space before.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
