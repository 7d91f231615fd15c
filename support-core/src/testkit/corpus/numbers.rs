//! Numbers and the ways of writing them.

use crate::testkit::Dice;

pub(super) fn digits(dice: &mut Dice, count: u64) -> String {
    (0..count).map(|_| char::from(b'0' + dice.below(10) as u8)).collect()
}

/// Digits without a leading zero.
pub(super) fn number(dice: &mut Dice, count: u64) -> String {
    format!("{}{}", 1 + dice.below(9), digits(dice, count.saturating_sub(1)))
}

pub(super) fn between(dice: &mut Dice, low: u64, high: u64) -> u64 {
    low + dice.below(high - low + 1)
}

/// The check digit that makes `payload` and it pass Luhn (ISO/IEC 7812-1).
pub(super) fn luhn_digit(payload: &str) -> u64 {
    let doubled = |(place, digit): (usize, u8)| {
        let digit = u64::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    let sum: u64 = payload.bytes().rev().enumerate().map(doubled).sum();
    (10 - sum % 10) % 10
}

/// Digits after `prefix` up to `length`, the last of which makes the number pass Luhn.
pub(super) fn luhn_valid(dice: &mut Dice, prefix: &str, length: u64) -> String {
    let payload = format!("{prefix}{}", digits(dice, length - 1 - prefix.len() as u64));
    format!("{payload}{}", luhn_digit(&payload))
}

pub(super) fn grouped(digits: &str, lengths: &[usize], separator: &str) -> String {
    let mut rest = digits;
    let mut groups = Vec::new();
    for &length in lengths {
        let (group, tail) = rest.split_at(length.min(rest.len()));
        groups.push(group);
        rest = tail;
    }
    groups.push(rest);
    groups.retain(|group| !group.is_empty());
    groups.join(separator)
}

/// Writes a number otherwise than in ASCII digits side by side; one time in six.
pub(super) fn disguised(dice: &mut Dice, number: &str) -> String {
    if !dice.one_in(6) {
        return number.to_owned();
    }
    let shifted = |zero: u32| -> String {
        let other = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(zero + digit)).unwrap_or(c);
        number.chars().map(other).collect()
    };
    match dice.below(6) {
        0 => shifted(0xFF10),
        1 => shifted(0x0660),
        2 => shifted(0x0966),
        3 => number.replace(' ', "\u{a0}"),
        4 => number.replace('-', "\u{2011}"),
        _ => {
            let joiner = *dice.pick(&["\u{200b}", "\u{ad}", "\u{2060}", "\u{feff}"]);
            let mut hidden = String::new();
            for (at, c) in number.chars().enumerate() {
                if at > 0 && at % 3 == 0 {
                    hidden.push_str(joiner);
                }
                hidden.push(c);
            }
            hidden
        }
    }
}

/// Year, month and day.
pub(super) fn date(dice: &mut Dice) -> (u64, u64, u64) {
    (between(dice, 1985, 2031), between(dice, 1, 12), between(dice, 1, 28))
}
