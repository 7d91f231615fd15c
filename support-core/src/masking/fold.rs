//! Folding a text to one byte a visible character, so that every detector matches bytes.
//!
//! Digits of any script become ASCII digits, full-width forms ASCII, dashes `-` and spaces ` `; invisible
//! characters go. Masks that stand in the text already become [`MASK`], which no detector takes part in: that
//! is why masking twice is masking once.

use std::borrow::Cow;

use super::kind::Claim;

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
    let [digit, at, foreign] = least(text.as_bytes(), |byte| [byte.wrapping_sub(b'0'), byte ^ b'@', !byte]);
    any_below(&digit, 10) || any_below(&at, 1) || (any_below(&foreign, 0x80) && has_foreign_candidate(text))
}

/// Tells whether a text holds a digit or an `@` outside ASCII. Their encodings begin with few bytes, so most texts
/// with accents, quotes and emoji or in other scripts need no decoding.
fn has_foreign_candidate(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_candidate = |at: usize| {
        may_be_candidate(bytes.get(at..).unwrap_or_default()) && {
            let candidate = text.get(at..).and_then(|tail| tail.chars().next()).and_then(fold);
            matches!(candidate, Some(b'0'..=b'9' | b'@'))
        }
    };
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut from = 0;
    for block in blocks {
        // Most blocks are ASCII alone.
        let (words, _) = block.as_chunks::<8>();
        let all = words.iter().fold(0, |all, word| all | u64::from_le_bytes(*word));
        for (at, word) in words.iter().enumerate().take(if all & HIGHEST == 0 { 0 } else { BLOCK / 8 }) {
            let mut marked = leads(u64::from_le_bytes(*word));
            while marked != 0 {
                if is_candidate(from + 8 * at + (marked.trailing_zeros() / 8) as usize) {
                    return true;
                }
                marked &= marked - 1;
            }
        }
        from += BLOCK;
    }
    rest.iter().enumerate().any(|(at, &byte)| byte >= 0xC0 && is_candidate(from + at))
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

/// How many bytes are looked at together.
const BLOCK: usize = 32;

/// Returns the least values of all bytes in each of several measures: what is sought measures less than anything else.
/// The values of every 32nd byte stand together; [`any_below`] tells whether one of them is what is sought. A space must
/// not be sought.
///
/// Blocks of a fixed size compile to vector code; the last one overlaps its neighbour, so that no tail is left over.
fn least<const N: usize>(bytes: &[u8], measure: impl Fn(u8) -> [u8; N]) -> [[u8; BLOCK]; N] {
    let mut all = [[u8::MAX; BLOCK]; N];
    let mut look = |block: &[u8; BLOCK]| {
        for (at, &byte) in block.iter().enumerate() {
            for (least, measured) in all.iter_mut().zip(measure(byte)) {
                if let Some(least) = least.get_mut(at) {
                    *least = measured.min(*least);
                }
            }
        }
    };
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        let mut block = [b' '; BLOCK];
        for (slot, &byte) in block.iter_mut().zip(bytes) {
            *slot = byte;
        }
        look(&block);
        return all;
    };
    bytes.as_chunks::<BLOCK>().0.iter().for_each(&mut look);
    look(last);
    all
}

fn any_below(values: &[u8; BLOCK], bound: u8) -> bool {
    let mut below = [0; BLOCK];
    for (below, &value) in below.iter_mut().zip(values) {
        *below = u8::from(value < bound);
    }
    below != [0; BLOCK]
}

/// Finds the next digit at `from` or after it.
pub(super) fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    next_marked(bytes, from, digits)
}

/// Finds the next `@` at `from` or after it.
pub(super) fn next_at(bytes: &[u8], from: usize) -> Option<usize> {
    next_marked(bytes, from, ats)
}

/// Finds the next byte that `marks` marks, at `from` or after it.
///
/// Eight bytes are looked at as one number: `marks` sets the highest bit of those that are sought and no other bit.
fn next_marked(bytes: &[u8], from: usize, marks: impl Fn(u64) -> u64) -> Option<usize> {
    let (words, rest) = bytes.get(from..)?.as_chunks::<8>();
    let mut at = from;
    for word in words {
        let marked = marks(u64::from_le_bytes(*word));
        if marked != 0 {
            return Some(at + (marked.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    // The rest is seen as the end of the last eight bytes, or alone where there are no eight.
    let (word, seen) = match bytes.last_chunk::<8>() {
        Some(word) => (u64::from_le_bytes(*word), 8 - rest.len()),
        None => (rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
    };
    let marked = marks(word).checked_shr(u32::try_from(8 * seen).unwrap_or(64)).unwrap_or(0);
    // What lies beyond a rest that stands alone is zero, and so is what was shifted in.
    (marked != 0).then(|| at + (marked.trailing_zeros() / 8) as usize).filter(|&at| at < bytes.len())
}

/// The highest bit of each of eight bytes.
const HIGHEST: u64 = each(0x80);

/// Eight times the same byte.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks the first bytes of characters beyond ASCII.
const fn leads(word: u64) -> u64 {
    word & word << 1 & HIGHEST
}

/// Eight digits as their values; what is no digit becomes no value of one.
pub(super) const fn values(word: u64) -> u64 {
    word ^ each(b'0')
}

/// Marks what is no digit.
pub(super) const fn no_digits(word: u64) -> u64 {
    // No sum goes beyond its byte.
    let apart = values(word);
    (((apart & !HIGHEST) + each(0x80 - 10)) | apart) & HIGHEST
}

const fn digits(word: u64) -> u64 {
    no_digits(word) ^ HIGHEST
}

const fn ats(word: u64) -> u64 {
    let apart = word ^ each(b'@');
    !(((apart & !HIGHEST) + each(0x7F)) | apart) & HIGHEST
}

/// Marks what is no visible ASCII.
const fn unprinted(word: u64) -> u64 {
    // No sum goes beyond its byte.
    let low = word & !HIGHEST;
    (word | !(low + each(0x80 - b' ')) | (low + each(0x80 - 0x7F))) & HIGHEST
}

/// Tells whether a text is visible ASCII and the spaces that lines are made with.
fn is_plain(bytes: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = next_marked(bytes, from, unprinted) {
        if !matches!(bytes.get(at), Some(b'\n' | b'\r' | b'\t')) {
            return false;
        }
        from = at + 1;
    }
    true
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
        // Visible ASCII measures more than any other byte.
        const VISIBLE: u8 = 0x1F_u8.wrapping_sub(b'~');
        let [unprinted, star, bracket, at] = least(text.as_bytes(), |byte| {
            [0x1F_u8.wrapping_sub(byte), byte ^ b'*', byte ^ b'[', byte ^ b'@']
        });
        let mut mark = any_below(&star, 1) || any_below(&bracket, 1);
        let has_at = any_below(&at, 1);
        let plain = !any_below(&unprinted, VISIBLE) || is_plain(text.as_bytes());
        let mut folded = Self { bytes: Cow::Borrowed(text.as_bytes()), places: Vec::new(), has_at };
        if !plain {
            mark |= folded.decode(text);
        }
        if mark {
            folded.hide_masks(tag);
        }
        folded
    }

    /// Folds character by character; tells whether one beyond ASCII is read as a mark of masks.
    fn decode(&mut self, text: &str) -> bool {
        let mut bytes = Vec::with_capacity(text.len());
        self.places.reserve(16);
        let mut mark = false;
        let mut rest = text;
        loop {
            // Runs of visible ASCII stand for themselves.
            let run = next_marked(rest.as_bytes(), 0, unprinted).unwrap_or(rest.len());
            let Some((ascii, tail)) = rest.split_at_checked(run) else { break };
            bytes.extend_from_slice(ascii.as_bytes());
            let mut characters = tail.chars();
            let Some(c) = characters.next() else { break };
            rest = characters.as_str();
            let byte = fold(c);
            if let Some(byte) = byte {
                bytes.push(byte);
                mark |= matches!(byte, b'*' | b'[');
                self.has_at |= byte == b'@';
            }
            if !c.is_ascii() || byte.is_none() {
                self.places.push((bytes.len(), text.len() - rest.len()));
            }
        }
        self.bytes = Cow::Owned(bytes);
        mark
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
            if next_digit(gap, 0).is_some() || (self.has_at && next_at(gap, 0).is_some()) {
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
        let visible = text.chars().filter(|&c| fold(c).is_some());
        for (at, (&byte, c)) in self.bytes.iter().zip(visible).enumerate() {
            let accented = matches!(u32::from(c), 0x00C0..=0x017F);
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
        // Soft hyphen, combining marks, fillers, zero-width and directional marks, variation selectors, tags.
        0x00AD
        | 0x0080..=0x0084
        | 0x0086..=0x009F
        | 0x0300..=0x036F
        | 0x061C
        | 0x115F..=0x1160
        | 0x17B4..=0x17B5
        | 0x180B..=0x180F
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x20D0..=0x20F0
        | 0x2800
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF9..=0xFFFB
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
    for at in 0..bytes.len() {
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
        if run.len() >= 4 {
            run.fill(MASK);
        }
    }
}

/// Hides what reads as part of a mask beside one that was put into a text: see [`hide_beside`].
fn hide_around(bytes: &mut [u8], claim: &Claim) {
    let mut at = claim.end;
    while let Some(tail) = bytes.get_mut(at..) {
        let stars = tail.iter().take_while(|&&b| b == b'*').count();
        let digits = tail.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
        let run = if digits > 4 { 0 } else { stars + digits };
        let Some(hidden) = tail.get_mut(..run).filter(|run| !run.is_empty()) else { break };
        hidden.fill(MASK);
        at += run;
    }
    let head = bytes.get_mut(..claim.start).unwrap_or_default();
    head.iter_mut().rev().take_while(|byte| **byte == b'*').for_each(|byte| *byte = MASK);
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
        match run.first().map_or(3, class) {
            0 => masked = true,
            1 if masked => run.fill(MASK),
            2 if masked && run.len() <= 4 => run.fill(MASK),
            _ => masked = false,
        }
    }
    masked = false;
    for byte in bytes.iter_mut().rev() {
        if masked && *byte == b'*' {
            *byte = MASK;
        }
        masked = *byte == MASK;
    }
}
