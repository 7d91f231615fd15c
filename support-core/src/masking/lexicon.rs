//! Words as numbers, and tables of them: a word is spelled once and then compared and looked up as a whole, not letter
//! by letter.

use super::fold::eight;

/// Longest word that is known, in bytes.
const LONGEST: usize = 16;

/// A word of up to sixteen bytes of folded text, whatever its case, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spelling(u128);

impl Spelling {
    /// Stands for all longer words. No folded text holds such bytes.
    const LONG: Self = Self(u128::MAX);

    /// Spells a word of a folded text.
    #[inline]
    pub(super) fn of(word: &[u8]) -> Self {
        // Two reads, which overlap where the word is shorter than both together.
        let (first, last, apart) = if word.len() > LONGEST {
            return Self::LONG;
        } else if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last), word.len() - 8)
        } else if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into(), word.len() - 4)
        } else {
            let byte = |at: usize| word.get(at).copied().unwrap_or_default();
            (u32::from_le_bytes([byte(0), byte(1), byte(2), 0]).into(), 0, 0)
        };
        Self(u128::from(in_lower_case(first)) | u128::from(in_lower_case(last)) << (8 * apart))
    }

    /// The word without an `'s` at its end.
    pub(super) fn without_s(self) -> Option<Self> {
        let bits = u128::BITS - self.0.leading_zeros();
        let ending = bits.next_multiple_of(8).checked_sub(16)?;
        (self.0 >> ending == ENDING).then_some(Self(self.0 & !(u128::MAX << ending)))
    }

    /// Where it is sought first among so many slots.
    const fn slot(self, slots: usize) -> usize {
        let mixed = (self.0 as u64 ^ (self.0 >> 64) as u64).wrapping_mul(MIXER);
        // What all of the word has a part in stands highest.
        (mixed >> 32) as usize % slots
    }
}

/// An `'s` as it is spelled.
const ENDING: u128 = u16::from_le_bytes(*b"'s") as u128;

/// Multiplies the bits of a word into each other: the golden ratio, as Fibonacci hashing takes it (Knuth, The Art of
/// Computer Programming, volume 3, 6.4).
const MIXER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Turns capital letters of ASCII into small ones, in eight bytes at once.
const fn in_lower_case(word: u64) -> u64 {
    // Seven bits of each byte, so that no sum goes beyond it.
    let low = word & eight(0x7F);
    let from_a = low + eight(0x80 - b'A');
    let beyond_z = low + eight(0x7F - b'Z');
    let capital = (from_a & !beyond_z & !word) & eight(0x80);
    word | capital >> 2
}

/// What words mean.
#[derive(Debug)]
pub(super) struct Lexicon<M, const SLOTS: usize, const ENTRIES: usize> {
    /// The number of a word's entry, at its slot or behind it; 0 in free ones.
    slots: [u16; SLOTS],
    /// Words and their meanings. The first stands for all that are not known.
    entries: [(Spelling, M); ENTRIES],
    other: M,
}

/// How many entries a lexicon of these words has.
pub(super) const fn entries<M>(mut rows: &[(M, &str)]) -> usize {
    let mut count = 1;
    while let [(_, words), rest @ ..] = rows {
        rows = rest;
        let mut words = words.as_bytes();
        while let Some((_, rest)) = next_word(words) {
            words = rest;
            count += 1;
        }
    }
    count
}

/// Spells the next of the words that spaces part, which are in lower case, and returns what is behind it.
const fn next_word(mut words: &[u8]) -> Option<(Spelling, &[u8])> {
    let (mut spelled, mut length) = (0, 0);
    while let [byte, rest @ ..] = words {
        words = rest;
        if *byte == b' ' {
            break;
        }
        assert!(length < LONGEST && !byte.is_ascii_uppercase(), "no such word is ever read");
        spelled |= (*byte as u128) << (8 * length);
        length += 1;
    }
    if length == 0 { None } else { Some((Spelling(spelled), words)) }
}

impl<M: Copy, const SLOTS: usize, const ENTRIES: usize> Lexicon<M, SLOTS, ENTRIES> {
    /// Compiles a lexicon: what words mean that are alike, and the words, in lower case and with spaces between them. Of
    /// the words there are [`entries`]; all others mean `other`.
    ///
    /// # Panics
    ///
    /// Where less than half of the slots would stay free, the entries are not as many as the words, or a word stands there
    /// twice or is too long. That is when the crate is compiled.
    pub(super) const fn new(other: M, mut rows: &[(M, &str)]) -> Self {
        assert!(2 * ENTRIES <= SLOTS && entries(rows) == ENTRIES, "a lexicon of another size");
        let mut lexicon = Self { slots: [0; SLOTS], entries: [(Spelling::LONG, other); ENTRIES], other };
        let mut number = 1;
        while let [(meaning, words), rest @ ..] = rows {
            rows = rest;
            let mut words = words.as_bytes();
            while let Some((word, rest)) = next_word(words) {
                words = rest;
                let (known, free) = lexicon.entries.split_at_mut(number);
                assert!(!holds(known, word), "a word means one thing");
                if let Some(entry) = free.first_mut() {
                    *entry = (word, *meaning);
                }
                let (before, behind) = lexicon.slots.split_at_mut(word.slot(SLOTS));
                if !put(behind, number as u16) {
                    put(before, number as u16);
                }
                number += 1;
            }
        }
        lexicon
    }

    /// What a word means.
    #[inline]
    pub(super) fn meaning(&self, word: Spelling) -> M {
        let mut slot = word.slot(SLOTS);
        while let Some(&number) = self.slots.get(slot)
            && let Some(&(known, meaning)) = self.entries.get(usize::from(number))
        {
            if known == word || number == 0 {
                return meaning;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.other
    }
}

/// Tells whether a word is among the entries.
const fn holds<M>(mut entries: &[(Spelling, M)], word: Spelling) -> bool {
    while let [(known, _), rest @ ..] = entries {
        if known.0 == word.0 {
            return true;
        }
        entries = rest;
    }
    false
}

/// Puts a number into the first free slot.
const fn put(mut slots: &mut [u16], number: u16) -> bool {
    while let Some((slot, rest)) = slots.split_first_mut() {
        if *slot == 0 {
            *slot = number;
            return true;
        }
        slots = rest;
    }
    false
}
