//! E-mail addresses: what people type around an `@`.

use super::fold::{LETTER, next_at};
use super::kind::{Claim, Kind};
use super::number::{at, is_letter};
use super::steps::each;

/// Longest local part and longest domain (RFC 5321, 4.5.3.1).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Finds the addresses of a text, in order and without overlap.
pub(super) fn claims(bytes: &[u8]) -> Vec<Claim> {
    let mut claims = Vec::<Claim>::new();
    let mut place = 0;
    while let Some(sign) = next_at(bytes, place) {
        place = sign + 1;
        let from = claims.last().map_or(0, |claim| claim.end).max(sign.saturating_sub(LONGEST_LOCAL));
        if let Some(start) = local_start(bytes, from, sign)
            && let Some(end) = domain_end(bytes, sign + 1)
        {
            claims.push(Claim { kind: Kind::Email, start, end, why: "email_address" });
            place = end;
        }
    }
    claims
}

fn local_start(bytes: &[u8], from: usize, sign: usize) -> Option<usize> {
    let head = bytes.get(from..sign)?;
    let length =
        each(head.iter().rev()).take_while(|&&b| is_alphanumeric(b) || b"._%+-'".contains(&b)).count();
    let local = head.get(head.len() - length..)?;
    // Quotes and dashes before an address are not part of it.
    let skipped = local.iter().position(|&b| is_alphanumeric(b))?;
    Some(sign - length + skipped)
}

/// Where the domain ends: labels with dots between them, the last of at least two characters, a letter first.
fn domain_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut end = None;
    let mut label = start;
    let mut place = start;
    while place - start <= LONGEST_DOMAIN {
        let byte = at(bytes, place);
        if is_alphanumeric(byte) || (byte == b'-' && place > label) {
            place += 1;
            continue;
        }
        if place == label {
            break;
        }
        if label > start && place - label >= 2 && is_letter(at(bytes, label)) {
            end = Some(place);
        }
        if byte != b'.' {
            break;
        }
        place += 1;
        label = place;
    }
    end
}

const fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == LETTER
}
