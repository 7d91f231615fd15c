//! IBANs: a country, its length and a remainder of 1 (ISO 13616; ISO 7064, mod 97-10).

use super::kind::{Claim, Kind};
use super::number::{at, before, is_glued, is_letter, is_word};

/// Length of an IBAN by country, in the order of countries, from the registry that SWIFT keeps for ISO 13616.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Most separators between two characters of an IBAN.
const MOST_BETWEEN: usize = 3;

/// Finds an IBAN whose check digits begin at `digits`.
pub(super) fn find(bytes: &[u8], digits: usize) -> Option<Claim> {
    let start = digits.checked_sub(2)?;
    if !is_letter(before(bytes, digits)) || !at(bytes, digits + 1).is_ascii_digit() {
        return None;
    }
    if is_word(before(bytes, start)) {
        return None;
    }
    let country = [at(bytes, start), at(bytes, start + 1)].map(|letter| letter.to_ascii_uppercase());
    let row = LENGTHS.binary_search_by_key(&country, |(code, _)| **code).ok()?;
    let length = LENGTHS.get(row).map(|&(_, length)| length)?;
    let mut sum = Mod97::default();
    let mut head = Mod97::default();
    for letter in country {
        head.push(letter);
    }
    let (mut place, mut read, mut between) = (digits, 2, 0);
    while read < length {
        let byte = at(bytes, place);
        if byte.is_ascii_alphanumeric() {
            // The four leading characters count last.
            if read < 4 {
                head.push(byte)
            } else {
                sum.push(byte)
            }
            read += 1;
            between = 0;
        } else if between < MOST_BETWEEN && (is_break(byte) || (read % 4 == 0 && is_separator(byte))) {
            between += 1;
        } else {
            return None;
        }
        place += 1;
        if place > bytes.len() {
            return None;
        }
    }
    let remainder = sum.then(&head);
    (remainder == 1 && (!is_word(at(bytes, place)) || is_glued(bytes, place))).then_some(Claim {
        kind: Kind::Iban,
        start,
        end: place,
        why: "mod97_valid_iban",
    })
}

/// Separators stand between groups of four; "no 9873 ssn no 8820" is no IBAN.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'\t')
}

/// A line may break anywhere.
const fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Checks letters and digits by mod 97-10: the first four moved to the end, A = 10 … Z = 35, remainder 1.
pub(super) fn mod97(characters: impl Iterator<Item = u8>) -> bool {
    let (mut head, mut tail, mut read) = (Mod97::default(), Mod97::default(), 0);
    for character in characters.filter(u8::is_ascii_alphanumeric) {
        if read < 4 {
            head.push(character)
        } else {
            tail.push(character)
        }
        read += 1;
    }
    read > 4 && tail.then(&head) == 1
}

/// The remainder of a number read digit by digit, and the power of ten that its length makes.
#[derive(Clone, Copy)]
struct Mod97 {
    remainder: u32,
    power: u32,
}

impl Default for Mod97 {
    fn default() -> Self {
        Self { remainder: 0, power: 1 }
    }
}

impl Mod97 {
    fn push(&mut self, character: u8) {
        let (value, power) = match character {
            b'0'..=b'9' => (u32::from(character - b'0'), 10),
            letter => (u32::from(letter.to_ascii_uppercase().wrapping_sub(b'A')) + 10, 100),
        };
        self.remainder = (self.remainder * power + value) % 97;
        self.power = self.power * power % 97;
    }

    /// The remainder of this number with `after` written behind it.
    fn then(self, after: &Self) -> u32 {
        (self.remainder * after.power + after.remainder) % 97
    }
}
