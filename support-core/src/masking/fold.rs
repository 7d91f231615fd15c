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
    let seen = classes(text.as_bytes(), |byte| {
        u8::from(byte.wrapping_sub(b'0') < 10) | u8::from(byte == b'@') | (byte & 0x80)
    });
    seen & 1 != 0 || (seen & 0x80 != 0 && has_foreign_candidate(text))
}

/// Tells whether a text holds a digit or an `@` outside ASCII. Their encodings begin with few bytes, so most texts
/// with accents or in other scripts need no decoding.
fn has_foreign_candidate(text: &str) -> bool {
    let leads = |byte: u8| matches!(byte, 0xC2 | 0xD9 | 0xDB | 0xDF | 0xE0..=0xE2 | 0xEA | 0xEF | 0xF0);
    let mut from = 0;
    while let Some(at) = next_where(text.as_bytes(), from, leads) {
        let candidate = text.get(at..).and_then(|tail| tail.chars().next()).and_then(fold);
        if matches!(candidate, Some(b'0'..=b'9' | b'@')) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Returns the union of the classes of all bytes.
///
/// Blocks of a fixed size compile to vector code; the last one overlaps its neighbour, so that no tail is left over.
fn classes(bytes: &[u8], class: impl Fn(u8) -> u8) -> u8 {
    const BLOCK: usize = 32;
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.iter().fold(0, |seen, &byte| seen | class(byte));
    };
    let mut seen = [0_u8; BLOCK];
    for block in bytes.as_chunks::<BLOCK>().0.iter().chain([last]) {
        for (seen, &byte) in seen.iter_mut().zip(block) {
            *seen |= class(byte);
        }
    }
    seen.iter().fold(0, |all, &seen| all | seen)
}

/// Finds the next byte that `wanted` holds of, at `from` or after it.
///
/// Bytes are looked at by sixteens without a branch, because most are not wanted.
pub(super) fn next_where(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let tail = bytes.get(from..)?;
    let mut at = from;
    for chunk in tail.chunks(16) {
        if chunk.iter().fold(false, |seen, &byte| seen | wanted(byte)) {
            return chunk.iter().position(|&byte| wanted(byte)).map(|place| at + place);
        }
        at += chunk.len();
    }
    None
}

/// A text as bytes, one a visible character.
#[derive(Debug)]
pub(super) struct Folded<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// The character at which each byte stands, where that is not its own index.
    places: Option<Vec<u32>>,
}

impl<'t> Folded<'t> {
    /// Folds `text`; `tag` tells whether a word in brackets is a type tag.
    pub(super) fn of(text: &'t str, tag: &dyn Fn(&[u8]) -> bool) -> Self {
        let seen = classes(text.as_bytes(), |byte| {
            let control = byte < 0x20 || byte == 0x7F;
            let mark = byte == b'*' || byte == b'[';
            u8::from(control) | u8::from(mark) << 1 | (byte & 0x80)
        });
        let (foreign, control, mark) = (seen & 0x80 != 0, seen & 1 != 0, seen & 2 != 0);
        let invisible = |byte: u8| byte == 0x7F || (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'));
        let plain = !(foreign || control && text.bytes().any(invisible));
        let mut folded = if plain {
            Self { bytes: Cow::Borrowed(text.as_bytes()), places: None }
        } else {
            Self::decoded(text)
        };
        if !plain || mark {
            folded.hide_masks(tag);
        }
        folded
    }

    fn decoded(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len());
        let mut places: Option<Vec<u32>> = None;
        let (mut rest, mut place) = (text, 0);
        loop {
            // Runs of visible ASCII stand for themselves.
            let run =
                next_where(rest.as_bytes(), 0, |byte| !matches!(byte, b' '..=b'~')).unwrap_or(rest.len());
            let Some((ascii, tail)) = rest.split_at_checked(run) else { break };
            bytes.extend_from_slice(ascii.as_bytes());
            if let Some(places) = &mut places {
                places.extend((place..place + run).map(clamp));
            }
            place += run;
            let mut characters = tail.chars();
            let Some(c) = characters.next() else { break };
            match fold(c) {
                Some(byte) => {
                    bytes.push(byte);
                    if let Some(places) = &mut places {
                        places.push(clamp(place));
                    }
                }
                None => {
                    places.get_or_insert_with(|| (0..clamp(place)).collect());
                }
            }
            place += 1;
            rest = characters.as_str();
        }
        Self { bytes: Cow::Owned(bytes), places }
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
        hide_beside(bytes);
    }

    /// Returns the characters of the text that `start..end` covers.
    pub(super) fn characters(&self, start: usize, end: usize) -> (u32, u32) {
        let place = |at: usize| match &self.places {
            None => clamp(at),
            Some(places) => places.get(at).copied().unwrap_or(u32::MAX),
        };
        (place(start), place(end.saturating_sub(1)).saturating_add(1))
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
fn fold(c: char) -> Option<u8> {
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
        0x00B7 | 0x2022 | 0x2024 | 0x2027 | 0x2219 | 0x22C5 | 0x30FB | 0xFF65 => b'.',
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

fn clamp(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
