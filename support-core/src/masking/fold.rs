//! Folding a text to one byte a visible character, so that every detector matches bytes.
//!
//! Digits of any script become ASCII digits, full-width forms ASCII, dashes `-` and spaces ` `; invisible
//! characters go. Masks that stand in the text already become [`MASK`], which no detector takes part in: that
//! is why masking twice is masking once.

use std::borrow::Cow;

use super::kind::Claim;
use super::steps::{each, took};

/// Stands for a character of a mask.
pub(super) const MASK: u8 = 0;
/// Stands for a letter beyond ASCII of a script that writes words apart.
pub(super) const LETTER: u8 = 0x80;
/// Stands for any other character beyond ASCII.
const OTHER: u8 = 0x81;

/// Code points of the digit zero of every decimal script outside ASCII; nine more digits follow each
/// (Unicode 16, general category Nd).
const ZEROS: [u32; 75] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0,
    0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60,
    0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
    0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// Tells whether `text` holds anything that a built-in detector starts from: a digit or an `@`.
///
/// Most messages end here, so the first look is a branch-free fold that compiles to vector code.
pub(super) fn has_candidate(text: &str) -> bool {
    let (mut digit, mut at, mut all) = ([u8::MAX; BLOCK], [u8::MAX; BLOCK], [0; BLOCK]);
    any_block(text.as_bytes(), |_, block| {
        took(BLOCK);
        for (((digit, at), all), &byte) in digit.iter_mut().zip(&mut at).zip(&mut all).zip(block) {
            *digit = byte.wrapping_sub(b'0').min(*digit);
            *at = (byte ^ b'@').min(*at);
            *all |= byte;
        }
        false
    });
    any(&digit, |least| least < 10)
        || any(&at, |least| least == 0)
        || (any(&all, |all| all >= 0x80) && has_foreign_candidate(text))
}

/// Tells whether a text holds a digit or an `@` outside ASCII. Their encodings begin with few bytes, so most texts
/// with accents, quotes and emoji or in other scripts need no decoding.
fn has_foreign_candidate(text: &str) -> bool {
    // Most blocks are ASCII alone, or hold nothing else but accented letters of Latin scripts.
    let may_lead = |byte| (byte == 0xC2) | (byte > 0xC9);
    any_block(text.as_bytes(), |from, block| any(block, may_lead) && has_candidate_in(text, from, block))
}

/// Tells whether a character that folds to a digit or an `@` begins in a block of a text, which begins at the byte `from`.
#[inline(never)]
fn has_candidate_in(text: &str, from: usize, block: &[u8; BLOCK]) -> bool {
    let (words, _) = block.as_chunks::<8>();
    words.iter().enumerate().any(|(number, word)| {
        let mut marked = leads(u64::from_le_bytes(*word));
        while marked != 0 {
            let at = from + 8 * number + (marked.trailing_zeros() / 8) as usize;
            if may_be_candidate(text.as_bytes().get(at..).unwrap_or_default()) {
                let c = text.get(at..).and_then(|tail| tail.chars().next());
                if c.and_then(fold).is_some_and(is_candidate) {
                    return true;
                }
            }
            marked &= marked - 1;
        }
        false
    })
}

/// Marks the first bytes of characters beyond ASCII.
const fn leads(word: u64) -> u64 {
    word & word << 1 & HIGHEST
}

/// Tells by its first two bytes whether a character may fold to a digit or an `@`; see [`ZEROS`] and [`fold`].
fn may_be_candidate(encoded: &[u8]) -> bool {
    match encoded {
        // Accented letters of Latin scripts, which are most of all.
        [0xC3..=0xC9, ..] => false,
        // Superscripts, directional marks beside Arabic, punctuation, forms for presentation, emoji: all but a few
        // blocks hold no digit.
        [0xC2, second, ..] => *second >= 0xB2,
        [0xE2, second, ..] => matches!(second, 0x81 | 0x82 | 0x91 | 0x93),
        [0xEF, second, ..] => matches!(second, 0xB9 | 0xBC),
        [0xF0, 0x9F, second, ..] => *second == 0xAF,
        [lead, ..] => matches!(lead, 0xD9 | 0xDB | 0xDF | 0xE0 | 0xE1 | 0xEA | 0xF0),
        [] => false,
    }
}

/// Tells whether a built-in detector starts from a byte.
const fn is_candidate(byte: u8) -> bool {
    byte.is_ascii_digit() | (byte == b'@')
}

/// How many bytes are looked at together.
const BLOCK: usize = 32;

/// Tells whether one of some bytes is sought. Without a branch for each byte, this compiles to vector code.
fn any<const N: usize>(bytes: &[u8; N], sought: impl Fn(u8) -> bool) -> bool {
    took(N);
    bytes.iter().fold(false, |any, &byte| any | sought(byte))
}

/// Looks at a text block by block, from each of which it is told where it begins, until `look` says that it is enough.
/// The last block overlaps its neighbour, and a short text has spaces behind it: a space must not be sought.
fn any_block(bytes: &[u8], mut look: impl FnMut(usize, &[u8; BLOCK]) -> bool) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        let mut block = [b' '; BLOCK];
        if let Some(slots) = block.get_mut(..bytes.len()) {
            slots.copy_from_slice(bytes);
        }
        return look(0, &block);
    };
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    blocks.iter().enumerate().any(|(number, block)| look(number * BLOCK, block))
        || look(bytes.len() - BLOCK, last)
}

/// Tells whether one of the bytes of a text is sought.
fn any_byte(bytes: &[u8], sought: impl Fn(u8) -> bool + Copy) -> bool {
    any_block(bytes, |_, block| any(block, sought))
}

/// Skips whole blocks of `N` bytes from `from` on in which nothing is sought; returns where it came to.
fn skip<const N: usize>(bytes: &[u8], from: usize, sought: impl Fn(u8) -> bool + Copy) -> usize {
    let (blocks, _) = bytes.get(from..).unwrap_or_default().as_chunks::<N>();
    from + N * blocks.iter().take_while(|block| !any(block, sought)).count()
}

/// Finds the next byte that is sought, at `from` or after it.
fn next_sought(bytes: &[u8], from: usize, sought: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let from = skip::<8>(bytes, skip::<BLOCK>(bytes, from, sought), sought);
    each(bytes.get(from..)?).position(|&byte| sought(byte)).map(|at| from + at)
}

/// Finds the next `@` at `from` or after it.
pub(super) fn next_at(bytes: &[u8], from: usize) -> Option<usize> {
    next_sought(bytes, from, |byte| byte == b'@')
}

/// Finds the next digit at `from` or after it.
pub(super) fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    let Some(word) = tail.first_chunk::<8>() else {
        return each(tail).position(u8::is_ascii_digit).map(|more| from + more);
    };
    // Groups of digits stand close to each other, and numbers far apart.
    if let Some(more) = first_digit(word) {
        return Some(from + more);
    }
    let mut at = skip::<BLOCK>(bytes, from + 8, |byte| byte.is_ascii_digit());
    while let Some(word) = bytes.get(at..).and_then(|tail| tail.first_chunk::<8>()) {
        if let Some(more) = first_digit(word) {
            return Some(at + more);
        }
        at += 8;
    }
    each(bytes.get(at..)?).position(u8::is_ascii_digit).map(|more| at + more)
}

fn first_digit(word: &[u8; 8]) -> Option<usize> {
    took(word.len());
    let digits = no_digits(u64::from_le_bytes(*word)) ^ HIGHEST;
    (digits != 0).then_some((digits.trailing_zeros() / 8) as usize)
}

/// The highest bit of each of eight bytes.
const HIGHEST: u64 = eight(0x80);

/// Eight times the same byte.
pub(super) const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Eight digits as their values; what is no digit becomes no value of one.
pub(super) const fn values(word: u64) -> u64 {
    word ^ eight(b'0')
}

/// Marks what is no digit by the highest bit of each byte.
pub(super) const fn no_digits(word: u64) -> u64 {
    // No sum goes beyond its byte.
    let apart = values(word);
    (((apart & !HIGHEST) + eight(0x80 - 10)) | apart) & HIGHEST
}

/// Tells whether a byte is neither visible ASCII nor a space that lines are made with. Without `||`, which branches.
const fn is_odd(byte: u8) -> bool {
    (byte > b'~') | ((byte < b' ') & (byte != b'\n') & (byte != b'\r') & (byte != b'\t'))
}

/// A text as bytes, one a visible character.
#[derive(Debug)]
pub(super) struct Folded<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// Where the text and its folding part: at which byte of the text a byte of the folding stands. Between two such
    /// places both go on byte by byte.
    places: Vec<(usize, usize)>,
    /// Whether there may be an e-mail address.
    pub(super) has_at: bool,
}

impl<'t> Folded<'t> {
    /// Folds `text`; `tag` tells whether a word in brackets is a type tag.
    pub(super) fn of(text: &'t str, tag: &dyn Fn(&[u8]) -> bool) -> Self {
        let bytes = text.as_bytes();
        let mut folded = Self { bytes: Cow::Borrowed(bytes), places: Vec::new(), has_at: false };
        // Most texts need no more than this look.
        if !any_byte(bytes, |byte| {
            (byte > b'~')
                | ((byte < b' ') & (byte != b'\n'))
                | (byte == b'*')
                | (byte == b'[')
                | (byte == b'@')
        }) {
            return folded;
        }
        if !text.is_ascii() || any_byte(bytes, is_odd) {
            folded.decode(text);
        }
        if any_byte(&folded.bytes, |byte| (byte == b'@') | (byte == b'*') | (byte == b'[')) {
            folded.has_at = folded.bytes.contains(&b'@');
            folded.hide_masks(tag);
        }
        folded
    }

    /// Folds character by character.
    fn decode(&mut self, text: &str) {
        let mut bytes = Vec::with_capacity(text.len());
        self.places.reserve(16);
        let mut rest = text;
        loop {
            // Runs of visible ASCII stand for themselves.
            let run =
                next_sought(rest.as_bytes(), 0, |byte| !(b' '..=b'~').contains(&byte)).unwrap_or(rest.len());
            let Some((ascii, tail)) = rest.split_at_checked(run) else { break };
            bytes.extend_from_slice(ascii.as_bytes());
            let mut characters = tail.chars();
            let Some(c) = characters.next() else { break };
            took(1);
            rest = characters.as_str();
            let byte = fold(c);
            bytes.extend(byte);
            if !c.is_ascii() || byte.is_none() {
                self.places.push((bytes.len(), text.len() - rest.len()));
            }
        }
        self.bytes = Cow::Owned(bytes);
    }

    fn hide_masks(&mut self, tag: &dyn Fn(&[u8]) -> bool) {
        if self.bytes.contains(&b'[') {
            hide_tags(self.bytes.to_mut(), tag);
        }
        if self.bytes.contains(&b'*') {
            hide_stars(self.bytes.to_mut());
        }
        if self.bytes.contains(&MASK) {
            hide_beside(self.bytes.to_mut());
        }
    }

    /// Masks `claims`, which lie within the text.
    pub(super) fn hide(&mut self, claims: &[Claim]) {
        let bytes = self.bytes.to_mut();
        for claim in claims {
            hide(bytes, claim);
        }
        for claim in claims {
            hide_around(bytes, claim);
        }
    }

    /// Tells whether nothing that a built-in detector starts from stands outside `claims`, which are in order.
    pub(super) fn is_bare_without(&self, claims: &[Claim]) -> bool {
        let mut from = 0;
        let ends = claims.iter().map(|claim| claim.start).chain([self.bytes.len()]);
        let starts = claims.iter().map(|claim| claim.end).chain([usize::MAX]);
        for (end, next) in ends.zip(starts) {
            let gap = self.bytes.get(from..end).unwrap_or_default();
            if any_byte(gap, is_candidate) {
                return false;
            }
            from = next;
        }
        true
    }

    /// Returns the bytes of `text` that `start..end` covers, which is not empty.
    pub(super) fn span(&self, text: &str, start: usize, end: usize) -> (usize, usize) {
        let place = |at: usize| {
            let before = self.places.partition_point(|&(folded, _)| folded <= at);
            let known = before.checked_sub(1).and_then(|last| self.places.get(last));
            known.map_or(at, |&(folded, byte)| byte + (at - folded))
        };
        let last = place(end.saturating_sub(1));
        let length = text.get(last..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
        (place(start), last + length)
    }

    /// Returns the folded text with its letters kept, for patterns that may name them, and for each of its bytes
    /// the index of the folded character that it belongs to.
    pub(super) fn spelled(&self, text: &str) -> (String, Vec<usize>) {
        let mut spelled = String::with_capacity(text.len());
        let mut owners = Vec::with_capacity(text.len());
        let visible = each(text.chars()).filter(|&c| fold(c).is_some());
        for (at, (&byte, c)) in self.bytes.iter().zip(visible).enumerate() {
            // What is hidden already stays so, whatever letter it was.
            let accented = byte != MASK && matches!(u32::from(c), 0x00C0..=0x017F);
            let c = if byte < 0x80 && !accented { char::from(byte) } else { c };
            spelled.push(c);
            owners.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
        (spelled, owners)
    }
}

/// Masks one claim in a folded text.
pub(super) fn hide(bytes: &mut [u8], claim: &Claim) {
    if let Some(span) = bytes.get_mut(claim.start..claim.end) {
        took(span.len());
        span.fill(MASK);
    }
}

/// Returns the last four digits of a finding that ends with them and has at least four more to hide.
pub(super) fn last_four(hidden: &str) -> Option<String> {
    let bytes: Vec<u8> = hidden.chars().filter_map(fold).collect();
    let last = bytes.last_chunk::<4>()?;
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let shown = last.iter().all(u8::is_ascii_digit) && digits >= 8;
    shown.then(|| last.iter().map(|&b| char::from(b)).collect())
}

/// Tells whether the first visible character of `text` is a digit.
pub(super) fn starts_with_digit(text: &str) -> bool {
    text.chars().find_map(fold).is_some_and(|b| b.is_ascii_digit())
}

/// Returns the byte that stands for `c`, or nothing where it is invisible.
pub(super) fn fold(c: char) -> Option<u8> {
    let code = u32::from(c);
    if c.is_ascii() {
        return match c {
            '\t' | '\n' | '\r' | ' '..='~' => u8::try_from(code).ok(),
            '\x0B' | '\x0C' => Some(b' '),
            _ => None,
        };
    }
    Some(match code {
        // Soft hyphen, combining marks, fillers, zero-width and directional marks, variation selectors, controls of
        // shorthand and notes, tags.
        0x00AD
        | 0x0080..=0x0084
        | 0x0086..=0x009F
        | 0x0300..=0x036F
        | 0x0483..=0x0489
        | 0x0591..=0x05BD
        | 0x061C
        | 0x064B..=0x065F
        | 0x115F..=0x1160
        | 0x17B4..=0x17B5
        | 0x180B..=0x180F
        | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x20D0..=0x20F0
        | 0x2800
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF9..=0xFFFB
        | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF => return None,
        0x0085 | 0x2028 | 0x2029 => b'\n',
        0x00A0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => b' ',
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0xFE58 | 0xFE63 => b'-',
        0x00B7 | 0x2022 | 0x2024 | 0x2027 | 0x2219 | 0x22C5 | 0x3002 | 0x30FB | 0xFF61 | 0xFF65 => b'.',
        0x00A2..=0x00A5 | 0x20A0..=0x20C0 => b'$',
        0x2018 | 0x2019 | 0x02BC => b'\'',
        0x2044 | 0x2215 => b'/',
        0xFE6B => b'@',
        // Full-width forms mirror ASCII from `!` to `~`.
        0xFF01..=0xFF5E => u8::try_from(code - 0xFEE0).unwrap_or(OTHER),
        // Superscript, subscript and circled digits.
        0x00B2 | 0x00B3 => digit(code - 0x00B0),
        0x00B9 => b'1',
        0x2070 | 0x2074..=0x2079 => digit(code - 0x2070),
        0x2080..=0x2089 => digit(code - 0x2080),
        0x2460..=0x2468 => digit(code - 0x245F),
        0x24EA => b'0',
        0x00D7 | 0x00F7 => OTHER,
        0x00C0..=0x017F => base_letter(code),
        0x0180..=0x02AF | 0x0370..=0x05FF | 0x1E00..=0x1FFF => LETTER,
        _ => decimal(code).unwrap_or(OTHER),
    })
}

/// The letters from U+00C0 to U+017F without their marks, so that `número` reads as `numero`. Where it takes two
/// letters or no other is like it, a dot.
const BASES: &[u8; 192] = b"AAAAAA.CEEEEIIII.NOOOOO.OUUUUY..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y\
    AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKk.LlLlLlLlLlNnNnNn.NnOoOoOo..RrRrRrSsSsSsSsTtTtTt\
    UuUuUuUuUuUuWwYyYZzZzZz.";

fn base_letter(code: u32) -> u8 {
    let place = usize::try_from(code.wrapping_sub(0x00C0)).unwrap_or(usize::MAX);
    BASES.get(place).copied().filter(u8::is_ascii_alphabetic).unwrap_or(LETTER)
}

fn decimal(code: u32) -> Option<u8> {
    let after = ZEROS.partition_point(|&zero| zero <= code);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    (code - zero < 10).then(|| digit(code - zero))
}

fn digit(value: u32) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0) % 10
}

fn hide_tags(bytes: &mut [u8], tag: &dyn Fn(&[u8]) -> bool) {
    let mut open = None;
    for at in each(0..bytes.len()) {
        match bytes.get(at) {
            Some(b'[') => open = Some(at),
            Some(b']') => {
                if let Some(open) = open.take()
                    && bytes.get(open + 1..at).is_some_and(tag)
                    && let Some(span) = bytes.get_mut(open..=at)
                {
                    span.fill(MASK);
                }
            }
            _ => {}
        }
    }
}

/// Hides runs of four stars or more: fewer are not what a masker writes, and may stand before a number.
fn hide_stars(bytes: &mut [u8]) {
    for run in bytes.chunk_by_mut(|a, b| *a == b'*' && *b == b'*') {
        took(run.len());
        if run.len() >= 4 {
            run.fill(MASK);
        }
    }
}

/// Hides what reads as part of a mask beside one that was put into a text: see [`hide_beside`].
fn hide_around(bytes: &mut [u8], claim: &Claim) {
    let mut at = claim.end;
    while let Some(tail) = bytes.get_mut(at..) {
        let stars = each(tail.iter()).take_while(|&&b| b == b'*').count();
        let digits = tail.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
        let run = if digits > 4 { 0 } else { stars + digits };
        let Some(hidden) = tail.get_mut(..run).filter(|run| !run.is_empty()) else { break };
        hidden.fill(MASK);
        at += run;
    }
    let head = bytes.get_mut(..claim.start).unwrap_or_default();
    each(head.iter_mut().rev()).take_while(|byte| **byte == b'*').for_each(|byte| *byte = MASK);
}

/// Hides what reads as part of a mask beside one: up to four digits right after it, which a masker shows, and
/// stars on either side, which cannot be told from it.
fn hide_beside(bytes: &mut [u8]) {
    let class = |byte: &u8| match byte {
        &MASK => 0,
        b'*' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let mut masked = false;
    for run in bytes.chunk_by_mut(|a, b| class(a) == class(b)) {
        took(run.len());
        match run.first().map_or(3, class) {
            0 => masked = true,
            1 if masked => run.fill(MASK),
            2 if masked && run.len() <= 4 => run.fill(MASK),
            _ => masked = false,
        }
    }
    masked = false;
    for byte in each(bytes.iter_mut().rev()) {
        if masked && *byte == b'*' {
            *byte = MASK;
        }
        masked = *byte == MASK;
    }
}
