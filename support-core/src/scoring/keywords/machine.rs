//! Reads a text once for all patterns.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind, StartKind};

/// Bytes of patterns up to which a table of all transitions is worth its memory, about 256 bytes each: 8 MB at
/// this limit. It reads twice as fast as the automaton that stands in beyond.
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
            Self::Table(table) => read(table, text, found),
            Self::Sparse(sparse) => read(sparse, text, found),
        }
    }
}

fn read<A: Automaton>(
    automaton: &A,
    text: &[u8],
    mut found: impl FnMut(usize, &mut dyn Iterator<Item = usize>),
) {
    // Without patterns, and with unanchored starts only, there is nothing to find and nothing to fail.
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    let mut after_space = false;
    for (end, &byte) in (1..).zip(text) {
        let space = is_space(byte);
        if space && after_space {
            continue;
        }
        after_space = space;
        let byte = if space { b' ' } else { byte.to_ascii_lowercase() };
        state = automaton.next_state(Anchored::No, state, byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            let numbers = 0..automaton.match_len(state);
            found(end, &mut numbers.map(|nth| automaton.match_pattern(state, nth).as_usize()));
        }
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

/// Returns whether `byte` is white space of ASCII; the rest is folded to a space before.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
