//! Telephone numbers: international with `+` or `00`, North American, national with a leading zero, and any
//! other by context.

use super::cues::{Heed, Named};
use super::kind::{Claim, Kind};
use super::number::{Chain, Edge, Gap, Group, at, before, ends_at, is_day, is_word};
use super::numbers::Message;
use super::words::Cue;

/// Longest number with its country code (ITU-T E.164).
const LONGEST: usize = 15;
const BETWEEN: Gap = Gap::SPACE.or(Gap::DASH).or(Gap::DOT).or(Gap::PARENTHESIS).or(Gap::LINE);

/// Finds a number that begins with the chain's first group.
pub(super) fn find(message: &Message<'_>, chain: &Chain) -> Option<Claim> {
    let bytes = message.bytes;
    let first = chain.first();
    let plus = before(bytes, first.start) == b'+';
    if plus {
        return international(bytes, chain);
    }
    if chain.total() < 7 {
        return None;
    }
    let edge = chain.edge();
    if matches!(edge, Edge::Joined | Edge::Digits) {
        return None;
    }
    let named = message.named(first.start, Heed::ALL);
    if is_something_else(message, named) {
        return None;
    }
    // A number in parentheses begins with them.
    let start = first.start - usize::from(before(bytes, first.start) == b'(');
    let claim = |end, why| Some(Claim { kind: Kind::Phone, start, end, why });
    // "4565 0027 3091 2935" does not end with a number that begins with 0027.
    let apart = before(bytes, start) != b' ' || !before(bytes, start.saturating_sub(1)).is_ascii_digit();
    if is_postal_item(bytes, chain) {
        return None;
    }
    if apart && let Some(end) = north_american(bytes, chain) {
        return claim(end, "north_american_phone");
    }
    if apart && let Some(end) = with_trunk_zero(bytes, chain) {
        return claim(end, "national_phone");
    }
    let (end, _) = by_context(message, chain, named)?;
    claim(end, "phone_by_context")
}

/// Whether the words around a number, or a request before it, say that it is no telephone number. An account that
/// looks like one must not pass as contact data.
fn is_something_else(message: &Message<'_>, named: Named) -> bool {
    match named.cue {
        Some(Cue::Phone) => false,
        Some(Cue::Thing) => named.numbered,
        Some(Cue::Money) | None => {
            message.requested().first().is_some_and(|_| !message.asked_for(Cue::Phone))
        }
        Some(
            Cue::Reference
            | Cue::Card
            | Cue::Account
            | Cue::Ssn
            | Cue::Pin
            | Cue::Cvv
            | Cue::OneTime
            | Cue::Code
            | Cue::Iban,
        ) => true,
    }
}

fn international(bytes: &[u8], chain: &Chain) -> Option<Claim> {
    let start = chain.first().start.checked_sub(1)?;
    if is_word(before(bytes, start)) || before(bytes, start) == b'+' {
        return None;
    }
    let (end, total) = match chain.digits(1) {
        [0] => return None,
        [1] => collect(chain, 11),
        _ => collect(chain, 11 + usize::from(chain.first().len() <= 3)),
    };
    let north_american = chain.digits(1) == [1];
    let long_enough = if north_american { total == 11 } else { (8..=LONGEST).contains(&total) };
    (long_enough && ends(bytes, end)).then_some(Claim {
        kind: Kind::Phone,
        start,
        end,
        why: "international_phone",
    })
}

/// Area code and exchange begin with 2 to 9 (North American Numbering Plan).
fn north_american(bytes: &[u8], chain: &Chain) -> Option<usize> {
    let (lead, groups) = match chain.groups() {
        [one, rest @ ..] if one.len() == 1 && chain.digits(1) == [1] => (1, rest),
        groups => (0, groups),
    };
    let [area, exchange, line, rest @ ..] = groups else { return None };
    let joined = rest.first().is_some_and(|next| next.gap.within(Gap::DASH.or(Gap::DOT)));
    let well_formed = (area.len(), exchange.len(), line.len()) == (3, 3, 4)
        && exchange.gap.within(BETWEEN)
        && line.gap.within(BETWEEN)
        && !joined;
    let digits = chain.digits(lead + 10).get(lead..).unwrap_or_default();
    let assignable =
        matches!(digits, [area, _, _, exchange, ..] if (2..=9).contains(area) && (2..=9).contains(exchange));
    (well_formed && assignable && ends(bytes, line.end)).then_some(line.end)
}

/// `020 7946 0958`, `01 23 45 67 89`, `0171/1234567`, `0044 20 …`: a zero, groups, nine digits and more.
fn with_trunk_zero(bytes: &[u8], chain: &Chain) -> Option<usize> {
    let groups = chain.groups();
    let abroad = chain.digits(2) == [0, 0];
    let (end, total) = collect(chain, if abroad { 12 } else { 9 });
    let [first, second, ..] = groups else { return None };
    let spread =
        (2..=5).contains(&first.len()) && (second.gap.within(BETWEEN) || second.gap.within(Gap::SLASH));
    let (end, total) = if second.gap.within(Gap::SLASH) && second.len() >= 6 {
        (second.end, first.len() + second.len())
    } else {
        (end, total)
    };
    let long_enough = if abroad { (10..=16).contains(&total) } else { (9..=11).contains(&total) };
    let starts = chain.digits(1) == [0] && (!abroad || chain.digits(3) != [0, 0, 0]);
    (starts && spread && long_enough && !is_date(groups) && ends(bytes, end)).then_some(end)
}

/// Tells whether a number is that of a postal item, as in `CP 088 382 843 FR`: two letters, nine digits, a country.
///
/// # Source
/// Universal Postal Union, S10, "Identification of postal items".
fn is_postal_item(bytes: &[u8], chain: &Chain) -> bool {
    let (end, total) = collect(chain, 9);
    let start = chain.first().start;
    let space = usize::from(before(bytes, start) == b' ');
    let service = start.checked_sub(space + 2).and_then(|from| bytes.get(from..from + 2));
    let space = usize::from(at(bytes, end) == b' ');
    let country = bytes.get(end + space..end + space + 2);
    let two = |letters: Option<&[u8]>| letters.is_some_and(|two| two.iter().all(u8::is_ascii_uppercase));
    total == 9 && two(service) && two(country) && !is_word(at(bytes, end + space + 2))
}

fn by_context(message: &Message<'_>, chain: &Chain, named: Named) -> Option<(usize, usize)> {
    let (end, total) = collect(chain, 10);
    // "Call me on 12042026."
    let dated = is_date(chain.groups()) || (!named.linked && total == 8 && is_day(chain.digits(8)));
    if !(7..=LONGEST).contains(&total) || dated || is_decimal(chain) || !ends(message.bytes, end) {
        return None;
    }
    // "Got a text: 38459589 is your login code", and an answer to "we sent a code to your phone".
    let after = message.named_after(end);
    let code = total <= 8 && (message.asked_for(Cue::OneTime) || message.asked_for(Cue::Code));
    let about_a_phone = match (named.cue, after) {
        (Some(Cue::Phone), None | Some(Cue::Phone)) | (None, Some(Cue::Phone)) => true,
        (None, None) => message.asked_for(Cue::Phone) && !code,
        _ => false,
    };
    about_a_phone.then_some((end, total))
}

/// Takes groups until there are `enough` digits, and never more than a number can have.
fn collect(chain: &Chain, enough: usize) -> (usize, usize) {
    let mut end = chain.first().end;
    let mut total = chain.first().len();
    for group in chain.groups().iter().skip(1) {
        if total >= enough || total + group.len() > LONGEST + 1 || !group.gap.within(BETWEEN) {
            break;
        }
        total += group.len();
        end = group.end;
    }
    (end, total)
}

/// Tells whether a number reads as one with decimals, such as a place on a map: `38.42419`.
fn is_decimal(chain: &Chain) -> bool {
    matches!(chain.groups(), [whole, decimals, ..]
        if whole.len() <= 3 && decimals.len() >= 5 && decimals.gap.within(Gap::DOT))
}

fn is_date(groups: &[Group]) -> bool {
    let mut lengths = [0; 3];
    for (slot, group) in lengths.iter_mut().zip(groups) {
        *slot = group.len();
    }
    matches!(lengths, [4, 2, 2] | [4, 1, 1] | [4, 1, 2] | [4, 2, 1] | [1 | 2, 1 | 2, 4])
}

/// An extension may follow tightly.
fn ends(bytes: &[u8], end: usize) -> bool {
    ends_at(bytes, end) || (matches!(at(bytes, end), b'x' | b'X') && at(bytes, end + 1).is_ascii_digit())
}
