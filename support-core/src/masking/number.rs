//! Groups of digits as people type them, and what stands at their edges.

use super::fold::{LETTER, MASK};
use super::words::{Cue, Word, classify};

/// Most groups that one number is looked for in. A card typed digit by digit has 19.
const MOST_GROUPS: usize = 20;
/// Most digits that are looked at together.
const MOST_DIGITS: usize = 40;
/// Most characters between two groups of one number, as in `4111 - 1111`.
const MOST_BETWEEN: usize = 3;

/// What stands between two groups, as a set of the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap(u8);

impl Gap {
    pub(super) const SPACE: Self = Self(1);
    pub(super) const DASH: Self = Self(2);
    pub(super) const DOT: Self = Self(4);
    pub(super) const SLASH: Self = Self(8);
    pub(super) const PARENTHESIS: Self = Self(16);
    /// A comma, or a sign as unusual inside a number.
    pub(super) const COMMA: Self = Self(32);
    pub(super) const LINE: Self = Self(64);

    /// What a byte adds to a gap; nothing where it may not stand in one.
    const fn of(byte: u8) -> Self {
        match byte {
            b' ' | b'\t' => Self::SPACE,
            b'-' | b'_' => Self::DASH,
            b'.' => Self::DOT,
            b'/' => Self::SLASH,
            b'(' | b')' => Self::PARENTHESIS,
            b',' | b':' | b'|' | b'*' => Self::COMMA,
            b'\n' | b'\r' => Self::LINE,
            _ => Self(0),
        }
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the gap holds nothing but what `allowed` holds.
    pub(super) const fn within(self, allowed: Self) -> bool {
        self.0 & !allowed.0 == 0
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// [`Gap::of`] every byte.
const GAPS: [Gap; 256] = {
    let mut gaps = [Gap(0); 256];
    let mut rest: &mut [Gap] = &mut gaps;
    let mut byte = 0_u8;
    while let [first, tail @ ..] = rest {
        *first = Gap::of(byte);
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    gaps
};

/// A run of digits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands before it in the chain; nothing before the first.
    pub(super) gap: Gap,
}

impl Group {
    pub(super) const fn len(self) -> usize {
        self.end - self.start
    }
}

/// A run of digits and those that follow it closely.
#[derive(Debug)]
pub(super) struct Chain {
    groups: [Group; MOST_GROUPS],
    count: usize,
    digits: [u8; MOST_DIGITS],
    total: usize,
}

impl Chain {
    pub(super) const fn new() -> Self {
        let none = Group { start: 0, end: 0, gap: Gap(0) };
        Self { groups: [none; MOST_GROUPS], count: 0, digits: [0; MOST_DIGITS], total: 0 }
    }

    /// Reads the chain at `start`, where a run of digits begins, in place of what was read before: a chain takes half
    /// a kilobyte, which is not cleared for every number.
    pub(super) fn read(&mut self, bytes: &[u8], start: usize) {
        self.count = 0;
        let first = Group { start, end: digits_end(bytes, start, usize::MAX), gap: Gap::default() };
        let mut total = self.push(bytes, first, 0);
        let mut end = first.end;
        while self.count < MOST_GROUPS && total < MOST_DIGITS {
            let (gap, next) = gap_after(bytes, end);
            let room = MOST_DIGITS - total;
            let group = Group { start: next, end: digits_end(bytes, next, room + 1), gap };
            if next - end > MOST_BETWEEN || group.len() == 0 || group.len() > room {
                break;
            }
            total = self.push(bytes, group, total);
            end = group.end;
        }
        self.total = total;
    }

    pub(super) fn groups(&self) -> &[Group] {
        self.groups.get(..self.count).unwrap_or_default()
    }

    /// Its first group.
    pub(super) fn first(&self) -> Group {
        self.groups.first().copied().unwrap_or_default()
    }

    /// How many digits its groups have together.
    pub(super) const fn total(&self) -> usize {
        self.total
    }

    /// Returns the first `count` digits as values 0 to 9.
    pub(super) fn digits(&self, count: usize) -> &[u8] {
        self.digits.get(..count).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8], group: Group, total: usize) -> usize {
        if let Some(slot) = self.groups.get_mut(self.count) {
            *slot = group;
            self.count += 1;
        }
        let digits = bytes.get(group.start..group.end).unwrap_or_default();
        let free = self.digits.iter_mut().skip(total);
        for (slot, &digit) in free.zip(digits) {
            *slot = digit.wrapping_sub(b'0');
        }
        total.saturating_add(group.len())
    }
}

/// What stands after a group that ends at `end`, as far as it may stand within a number, and where that ends.
fn gap_after(bytes: &[u8], end: usize) -> (Gap, usize) {
    let mut gap = Gap::default();
    let mut next = end;
    for &byte in bytes.get(end..).unwrap_or_default().iter().take(MOST_BETWEEN + 1) {
        let part = GAPS.get(usize::from(byte)).copied().unwrap_or_default();
        if part == Gap::default() {
            break;
        }
        gap = gap.or(part);
        next += 1;
    }
    (gap, next)
}

/// Tells whether a number of one or two digits starts at `start` that is no part of a longer one, nor of an IBAN:
/// a count, an hour. No detector but that of addresses starts from it.
pub(super) fn is_small(bytes: &[u8], start: usize) -> bool {
    let end = digits_end(bytes, start, 3);
    end - start < 3
        && !is_letter(before(bytes, start))
        && !at(bytes, gap_after(bytes, end).1).is_ascii_digit()
}

/// What touches a number on its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Nothing that could belong to it.
    Free,
    /// A word that announces a number, as in `pin-1234` or `no4111`.
    Announced,
    /// More digits, tightly, as in `12-3456` seen from the second group.
    Digits,
    /// Something else that makes it part of a longer token.
    Joined,
}

/// Looks at what touches a number that starts at `start`.
pub(super) fn left_edge(bytes: &[u8], start: usize) -> Edge {
    let touching = before(bytes, start);
    if is_word(touching) {
        return announced(bytes, start);
    }
    match touching {
        // A shown part of a mask is masked already; more digits than that are a number of their own.
        MASK => Edge::Free,
        b'-' | b'.' | b'/' | b'_' | b',' | b':' => {
            let further = before(bytes, start.saturating_sub(1));
            if further.is_ascii_digit() {
                Edge::Digits
            } else if is_word(further) && !matches!(touching, b':' | b',') {
                announced(bytes, start.saturating_sub(1))
            } else {
                Edge::Free
            }
        }
        _ => Edge::Free,
    }
}

fn announced(bytes: &[u8], end: usize) -> Edge {
    let word = word_before(bytes, end);
    // The "ac" of a GUID's "-ac34-" announces nothing.
    let touching = before(bytes, end.saturating_sub(word.len()));
    if is_word(touching) || touching == b'-' {
        return Edge::Joined;
    }
    match classify(word) {
        Word::Cue(Cue::Reference | Cue::Thing | Cue::Money) => Edge::Joined,
        Word::Cue(_) | Word::Number | Word::Link => Edge::Announced,
        _ => Edge::Joined,
    }
}

/// Tells whether a number that ends at `end` ends there: no letters, digits or parts of a longer token touch it.
pub(super) fn ends_at(bytes: &[u8], end: usize) -> bool {
    let touching = at(bytes, end);
    let further = at(bytes, end + 1);
    match touching {
        b'-' | b'_' | b'/' => !is_word(further),
        b'.' | b',' | b':' => !further.is_ascii_digit(),
        b'%' | b'$' | b'@' => false,
        _ => !is_word(touching),
    }
}

/// The byte at `at`, or a space beyond the end.
pub(super) fn at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(b' ')
}

/// The byte before `at`, or a space before the beginning.
pub(super) fn before(bytes: &[u8], place: usize) -> u8 {
    place.checked_sub(1).map_or(b' ', |place| at(bytes, place))
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == LETTER || byte == b'_'
}

pub(super) const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == LETTER
}

/// Longest word that is read whole; a longer one reads as its first or last part, which no lexicon holds.
const LONGEST_WORD: usize = 24;

/// The word (letters, digits, apostrophes) that ends at `end`; empty where there is none.
pub(super) fn word_before(bytes: &[u8], end: usize) -> &[u8] {
    let head = bytes.get(end.saturating_sub(LONGEST_WORD)..end).unwrap_or_default();
    let length = head.iter().rev().take_while(|&&b| in_word(b)).count();
    head.get(head.len() - length..).unwrap_or_default()
}

/// The word that starts at `start`; empty where there is none.
pub(super) fn word_after(bytes: &[u8], start: usize) -> &[u8] {
    let tail = bytes.get(start..).unwrap_or_default();
    let length = tail.iter().take(LONGEST_WORD).take_while(|&&b| in_word(b)).count();
    tail.get(..length).unwrap_or_default()
}

const fn in_word(byte: u8) -> bool {
    is_letter(byte) || byte.is_ascii_digit() || byte == b'\''
}

/// Where the digits end that begin at `start`, of which no more than `most` are looked at.
pub(super) fn digits_end(bytes: &[u8], start: usize, most: usize) -> usize {
    let tail = bytes.get(start..).unwrap_or_default();
    start + tail.iter().take(most).take_while(|b| b.is_ascii_digit()).count()
}
