//! Reads a text once for all patterns.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind, StartKind};

/// Bytes of patterns up to which a table of all transitions is worth its memory, about 256 bytes each: 8 MB at
/// this limit. It reads two to four times as fast as the automaton that stands in beyond.
const TABLE_BYTES: usize = 32 << 10;

/// An automaton for patterns that are folded and hold no white space but single inner spaces.
///
/// Driven byte by byte instead of through the crate's searches, because capitals of ASCII and runs of white space are
/// then evened out on the way: no text of ASCII is ever copied, and the automaton needs no transitions for capitals.
pub(super) enum Machine {
    Table(DFA),
    Sparse(NFA),
}

impl Machine {
    /// Builds the automaton for `patterns`, which together have `bytes`; none where it would be too large to number.
    pub(super) fn build<'a>(patterns: impl Iterator<Item = &'a str>, bytes: usize) -> Option<Self> {
        if bytes <= TABLE_BYTES {
            let mut builder = DFA::builder();
            builder.match_kind(MatchKind::Standard).start_kind(StartKind::Unanchored).prefilter(false);
            builder.build(patterns).ok().map(Self::Table)
        } else {
            let mut builder = NFA::builder();
            builder.match_kind(MatchKind::Standard).prefilter(false);
            builder.build(patterns).ok().map(Self::Sparse)
        }
    }

    /// Reads `text`, folded or of ASCII. Calls `found` wherever a pattern ends, with the byte after it and the
    /// numbers of all patterns that end there.
    pub(super) fn read(&self, text: &[u8], found: impl FnMut(usize, &mut dyn Iterator<Item = usize>)) {
        match self {
            Self::Table(table) if text.len() >= TWO_LANES => read_halves(table, text, found),
            Self::Table(table) => read(table, text, found),
            Self::Sparse(sparse) => read(sparse, text, found),
        }
    }
}

/// Bytes of text from which on a table reads two places of it at once.
const TWO_LANES: usize = 256;

fn read<A: Automaton>(
    automaton: &A,
    text: &[u8],
    mut found: impl FnMut(usize, &mut dyn Iterator<Item = usize>),
) {
    let Some(mut lane) = Lane::at(automaton, 0) else { return };
    for &byte in text {
        lane.step(byte, &mut found);
    }
}

/// Reads the halves of `text` in step with each other: a step waits for the memory of the step before, and two lanes
/// wait together.
///
/// A pattern across the middle is found because the first lane goes on for the length of the longest pattern; what
/// both find there is reported twice.
fn read_halves<A: Automaton>(
    automaton: &A,
    text: &[u8],
    mut found: impl FnMut(usize, &mut dyn Iterator<Item = usize>),
) {
    let middle = text.len() / 2;
    let Some((left, right)) = text.split_at_checked(middle) else { return };
    let (Some(mut first), Some(mut second)) = (Lane::at(automaton, 0), Lane::at(automaton, middle)) else {
        return;
    };
    let mut rest = right.iter();
    for (&byte, &other) in left.iter().zip(rest.by_ref()) {
        first.step(byte, &mut found);
        second.step(other, &mut found);
    }
    for &byte in rest {
        second.step(byte, &mut found);
    }
    let mut read = 0;
    for &byte in right {
        read += usize::from(first.step(byte, &mut found));
        if read >= automaton.max_pattern_len() {
            break;
        }
    }
}

/// A place in a text and what has been read up to it.
struct Lane<'a, A> {
    automaton: &'a A,
    state: StateID,
    /// The byte read last, as it was read.
    last: u8,
    /// Position behind it.
    end: usize,
}

impl<'a, A: Automaton> Lane<'a, A> {
    /// None only for an automaton without patterns to start from.
    fn at(automaton: &'a A, end: usize) -> Option<Self> {
        Some(Self { automaton, state: automaton.start_state(Anchored::No).ok()?, last: 0, end })
    }

    /// Reads a byte; returns whether it counts, which white space behind white space does not.
    #[inline(always)]
    fn step(&mut self, byte: u8, found: &mut impl FnMut(usize, &mut dyn Iterator<Item = usize>)) -> bool {
        self.end = self.end.wrapping_add(1);
        let byte = READ.get(usize::from(byte)).copied().unwrap_or(byte);
        if byte == b' ' && self.last == b' ' {
            return false;
        }
        self.last = byte;
        self.state = self.automaton.next_state(Anchored::No, self.state, byte);
        if self.automaton.is_special(self.state) && self.automaton.is_match(self.state) {
            let numbers = 0..self.automaton.match_len(self.state);
            found(self.end, &mut numbers.map(|nth| self.automaton.match_pattern(self.state, nth).as_usize()));
        }
        true
    }
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
