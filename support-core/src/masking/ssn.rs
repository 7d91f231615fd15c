//! US social security numbers: the ranges that can be issued, and the last four digits by context.

use super::cues::Heed;
use super::kind::{Claim, Kind};
use super::number::{Chain, Edge, Gap, at, ends_at, is_word_behind};
use super::numbers::Message;
use super::words::Cue;

/// Digits of a whole number.
pub(super) const DIGITS: usize = 9;

/// Finds a whole number that begins with the chain's first group.
pub(super) fn find(message: &Message<'_>, chain: &Chain) -> Option<Claim> {
    let start = chain.first().start;
    let claim = |end, why| Some(Claim { kind: Kind::Ssn, start, end, why });
    match chain.groups() {
        [area, group, serial, rest @ ..]
            if (area.len(), group.len(), serial.len()) == (3, 2, 4) && issuable(chain.digits(DIGITS)) =>
        {
            let joined = rest.first().is_some_and(|next| next.gap.within(Gap::DASH));
            let same = group.gap == serial.gap && group.gap.within(Gap::DASH.or(Gap::SPACE).or(Gap::DOT));
            // With dashes it is one by its form, whatever it stands beside in a row of a table.
            let formed = group.gap.within(Gap::DASH) && serial.gap.within(Gap::DASH);
            let apart = match chain.edge() {
                Edge::Free | Edge::Announced => true,
                Edge::Digits => formed,
                Edge::Joined => false,
            };
            let ends = ends_at(message.bytes, serial.end)
                || (formed
                    && (is_word_behind(message.bytes, serial.end) || is_row(message.bytes, serial.end)));
            if joined || !ends || !apart {
                return None;
            }
            let named = message.named(start, Heed::ALL);
            if named.cue == Some(Cue::Ssn) {
                return claim(serial.end, "issuable_ssn_after_word");
            }
            let something_else = match named.cue {
                Some(Cue::Reference) => true,
                Some(Cue::Thing) => named.numbered || named.linked,
                _ => false,
            };
            if something_else || !same {
                return None;
            }
            claim(serial.end, "issuable_ssn")
        }
        [whole, ..] if whole.len() == DIGITS && issuable(chain.digits(DIGITS)) => {
            let named = message.named(start, Heed::ALL).cue == Some(Cue::Ssn)
                || message.named_after(whole.end) == Some(Cue::Ssn);
            let stands_alone =
                ends_at(message.bytes, whole.end) && !matches!(chain.edge(), Edge::Joined | Edge::Digits);
            if named && stands_alone { claim(whole.end, "issuable_ssn_after_word") } else { None }
        }
        _ => None,
    }
}

/// Tells whether the next field of a row begins at `end`.
fn is_row(bytes: &[u8], end: usize) -> bool {
    matches!(at(bytes, end), b',' | b':' | b'/')
}

/// Whether nine digits (values 0 to 9) can be a number: no area 000, 666 or 9xx, no group 00, no serial 0000.
///
/// # Source
/// Social Security Administration, "Social Security Number Randomization": these stay unassigned.
pub(super) fn issuable(digits: &[u8]) -> bool {
    match digits {
        [a, b, c, d, e, serial @ ..] => {
            let area = [*a, *b, *c];
            area != [0, 0, 0] && area != [6, 6, 6] && *a != 9 && [*d, *e] != [0, 0] && serial != [0, 0, 0, 0]
        }
        _ => false,
    }
}
