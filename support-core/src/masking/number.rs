//! Groups of digits as people type them, and what stands at their edges.

use super::fold::{LETTER, MASK, no_digits, values};
use super::steps::{each, took};
use super::words::{Cue, Word, classify, is_expiry};

/// Most groups that one number is looked for in. A card typed digit by digit has 19.
const MOST_GROUPS: usize = 20;
/// Most digits that are looked at together.
const MOST_DIGITS: usize = 40;
/// Most characters between two groups of one number, as in `4111 - 1111`.
const MOST_BETWEEN: usize = 3;

/// What stands between two groups, as a set of the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap(u32);

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
    /// Where its digits begin among those that are kept.
    place: u32,
}

impl Group {
    pub(super) const fn len(self) -> usize {
        self.end - self.start
    }
}

/// A run of digits and those that follow it closely, as seen from one group after the other.
///
/// Groups are read ahead and each byte once: where a chain begins in what was read, it is a window on it.
#[derive(Debug)]
pub(super) struct Chain {
    /// What was read, as far as `read`.
    groups: [Group; READ_AHEAD],
    digits: [u8; DIGITS_AHEAD],
    read: usize,
    /// Whether the row of groups ends with what was read.
    whole: bool,
    /// The window: its first group, how many it has, and how many digits.
    first: usize,
    count: usize,
    total: usize,
    /// What touches its first group.
    edge: Edge,
}

/// How many groups are read ahead.
const READ_AHEAD: usize = 24;
/// How many of their digits are kept.
const DIGITS_AHEAD: usize = 128;

impl Chain {
    pub(super) const fn new() -> Self {
        let none = Group { start: 0, end: 0, gap: Gap(0), place: 0 };
        Self {
            groups: [none; READ_AHEAD],
            digits: [0; DIGITS_AHEAD],
            read: 0,
            whole: true,
            first: 0,
            count: 0,
            total: 0,
            edge: Edge::Free,
        }
    }

    /// Moves to the chain at `start`, where a run of digits begins, further on than before, and that `edge` touches. A
    /// chain takes a kilobyte, which is not cleared for every number.
    pub(super) fn read(&mut self, bytes: &[u8], start: usize, edge: Edge) {
        self.edge = edge;
        let known = self.groups.get(self.first..self.read).unwrap_or_default();
        let found = each(known).position(|group| group.start >= start);
        match found.filter(|&at| known.get(at).is_some_and(|group| group.start == start)) {
            Some(at) if self.window(self.first + at) => {}
            _ => {
                self.read_ahead(bytes, start);
                self.window(0);
            }
        }
    }

    /// Looks at what was read from the group `first` on; tells whether that is all that belongs to it.
    fn window(&mut self, first: usize) -> bool {
        self.first = first;
        if let (0, 1, [group, ..]) = (first, self.read, &self.groups) {
            (self.count, self.total) = (1, group.len());
            return self.whole;
        }
        (self.count, self.total) = (0, 0);
        let known = self.groups.get_mut(first..self.read).unwrap_or_default();
        if let Some(group) = known.first_mut() {
            group.gap = Gap::default();
        }
        for group in each(known.iter()).take(MOST_GROUPS) {
            if self.count > 0
                && (self.total >= MOST_DIGITS || group.len() > MOST_DIGITS.saturating_sub(self.total))
            {
                return true;
            }
            self.count += 1;
            self.total = self.total.saturating_add(group.len());
        }
        self.whole || self.count == MOST_GROUPS || self.total >= MOST_DIGITS
    }

    fn read_ahead(&mut self, bytes: &[u8], start: usize) {
        self.read = 0;
        let end = digits_end(bytes, start, usize::MAX);
        let first = Group { start, end, ..Group::default() };
        let (mut place, mut end) = (self.push(bytes, first, 0), first.end);
        self.whole = true;
        loop {
            let (gap, next) = gap_after(bytes, end);
            if next - end > MOST_BETWEEN || !at(bytes, next).is_ascii_digit() {
                return;
            }
            let group = Group { start: next, end: digits_end(bytes, next, MOST_DIGITS + 1), gap, place: 0 };
            if group.len() > MOST_DIGITS {
                return;
            }
            if self.read == READ_AHEAD || place + group.len() > DIGITS_AHEAD {
                self.whole = false;
                return;
            }
            place = self.push(bytes, group, place);
            end = group.end;
        }
    }

    /// Keeps a group, with its digits from `place` on; returns where they end. No more than a chain has are kept of one.
    #[inline]
    fn push(&mut self, bytes: &[u8], group: Group, place: usize) -> usize {
        if let Some(slot) = self.groups.get_mut(self.read) {
            *slot = Group { place: u32::try_from(place).unwrap_or(u32::MAX), ..group };
            self.read += 1;
        }
        let kept = group.len().min(MOST_DIGITS);
        took(kept);
        let tail = bytes.get(group.start..).unwrap_or_default();
        let free = self.digits.get_mut(place..).unwrap_or_default();
        if kept <= 8
            && let (Some(eight), Some(slots)) = (tail.first_chunk::<8>(), free.first_chunk_mut::<8>())
        {
            // What is no digit is written over by the next group.
            *slots = values(u64::from_le_bytes(*eight)).to_le_bytes();
            return place + kept;
        }
        for (slot, &digit) in free.iter_mut().zip(tail).take(kept) {
            *slot = digit.wrapping_sub(b'0');
        }
        place + kept
    }

    /// What touches its first group.
    pub(super) const fn edge(&self) -> Edge {
        self.edge
    }

    pub(super) fn groups(&self) -> &[Group] {
        self.groups.get(self.first..self.first + self.count).unwrap_or_default()
    }

    /// Its first group.
    pub(super) fn first(&self) -> Group {
        self.groups.get(self.first).copied().unwrap_or_default()
    }

    /// How many digits its groups have together.
    pub(super) const fn total(&self) -> usize {
        self.total
    }

    /// Returns the first `count` digits as values 0 to 9; at most as many as are kept of a chain.
    pub(super) fn digits(&self, count: usize) -> &[u8] {
        let from = self.first().place as usize;
        self.digits.get(from..from + count).unwrap_or_default()
    }
}

/// What stands after a group that ends at `end`, as far as it may stand within a number, and where that ends.
fn gap_after(bytes: &[u8], end: usize) -> (Gap, usize) {
    let mut gap = Gap::default();
    let mut next = end;
    for &byte in each(bytes.get(end..).unwrap_or_default()).take(MOST_BETWEEN + 1) {
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
#[inline]
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
    if is_word(touching) && touching != b'_' {
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
        _ => !is_word(touching) || is_glued(bytes, end),
    }
}

/// Fewest letters of a word that is known where no blank stands before it: "12th", "4K" and "5G" hold none.
const SHORTEST_GLUED: usize = 3;

/// Tells whether the letters that touch a number at `end` are a word of their own, before which a blank was left out, as in
/// `4321and`, and not a unit or a part of a longer token.
pub(super) fn is_glued(bytes: &[u8], end: usize) -> bool {
    if !is_letter(at(bytes, end)) {
        return false;
    }
    let word = word_after(bytes, end);
    let letters = each(word).take_while(|&&byte| is_letter(byte)).count();
    let word = word.get(..letters).unwrap_or_default();
    let known = match classify(word) {
        Word::Other | Word::Unit | Word::Cue(Cue::Reference | Cue::Thing | Cue::Money) => is_expiry(word),
        _ => true,
    };
    letters >= SHORTEST_GLUED && known
}

/// Tells whether the letters that touch a number at `end` are a word, known or not: nothing but two letters and more. For
/// numbers that prove themselves by their digits.
pub(super) fn is_word_behind(bytes: &[u8], end: usize) -> bool {
    let word = word_after(bytes, end);
    word.len() >= 2 && each(word).all(|&byte| is_letter(byte))
}

/// The byte at `at`, or a space beyond the end.
pub(super) fn at(bytes: &[u8], at: usize) -> u8 {
    took(1);
    bytes.get(at).copied().unwrap_or(b' ')
}

/// The byte before `at`, or a space before the beginning.
pub(super) fn before(bytes: &[u8], place: usize) -> u8 {
    place.checked_sub(1).map_or(b' ', |place| at(bytes, place))
}

/// What words are made of: letters, digits, the underscore and the apostrophe, each with a bit.
const PARTS: [u8; 256] = {
    let mut parts = [0; 256];
    let mut rest: &mut [u8] = &mut parts;
    let mut byte = 0_u8;
    while let [first, tail @ ..] = rest {
        *first = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | LETTER => 1,
            b'0'..=b'9' => 2,
            b'_' => 4,
            b'\'' => 8,
            _ => 0,
        };
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    parts
};

fn is_part(byte: u8, of: u8) -> bool {
    PARTS.get(usize::from(byte)).is_some_and(|part| part & of != 0)
}

pub(super) fn is_word(byte: u8) -> bool {
    is_part(byte, 1 | 2 | 4)
}

pub(super) fn is_letter(byte: u8) -> bool {
    is_part(byte, 1)
}

/// Longest word that is read whole; a longer one reads as its first or last part, which no lexicon holds.
const LONGEST_WORD: usize = 24;

/// The word (letters, digits, apostrophes) that ends at `end`; empty where there is none.
pub(super) fn word_before(bytes: &[u8], end: usize) -> &[u8] {
    let head = bytes.get(end.saturating_sub(LONGEST_WORD)..end).unwrap_or_default();
    let length = each(head.iter().rev()).take_while(|&&b| in_word(b)).count();
    head.get(head.len() - length..).unwrap_or_default()
}

/// The word that starts at `start`; empty where there is none.
pub(super) fn word_after(bytes: &[u8], start: usize) -> &[u8] {
    let tail = bytes.get(start..).unwrap_or_default();
    let length = each(tail.iter().take(LONGEST_WORD)).take_while(|&&b| in_word(b)).count();
    tail.get(..length).unwrap_or_default()
}

fn in_word(byte: u8) -> bool {
    is_part(byte, 1 | 2 | 8)
}

/// Where the digits end that begin at `start`, of which no more than `most` are looked at.
pub(super) fn digits_end(bytes: &[u8], start: usize, most: usize) -> usize {
    let mut end = start;
    while let Some(word) = bytes.get(end..).and_then(|tail| tail.first_chunk::<8>()) {
        took(word.len());
        let other = no_digits(u64::from_le_bytes(*word));
        // Eight where there is none.
        end += (other.trailing_zeros() / 8) as usize;
        if other != 0 || end - start >= most {
            return end.min(start.saturating_add(most));
        }
    }
    let tail = bytes.get(end..).unwrap_or_default();
    end += each(tail).take_while(|b| b.is_ascii_digit()).count();
    end.min(start.saturating_add(most))
}

/// Tells whether eight digits (values 0 to 9) read as a day of 1900 to 2099: 20240131, 31012024.
pub(super) fn is_day(digits: &[u8]) -> bool {
    let [a, b, c, d, e, f, g, h] = digits else { return false };
    let year = |tens: &u8, ones: &u8| matches!((tens, ones), (1, 9) | (2, 0));
    let pair = |tens: &u8, ones: &u8| tens * 10 + ones;
    let day = |month, day| (1..=12).contains(&month) && (1..=31).contains(&day);
    let (first, second) = (pair(a, b), pair(c, d));
    (year(a, b) && day(pair(e, f), pair(g, h))) || (year(e, f) && (day(first, second) || day(second, first)))
}
