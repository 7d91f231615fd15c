//! Numbers that only their surroundings give away: accounts, PINs, one-time codes, the end of an SSN, and
//! whatever answers a request for them.

use super::behind;
use super::cues::{Heed, Named};
use super::kind::{Claim, Kind, Kinds};
use super::number::{Chain, Edge, Gap, Group, at, before, ends_at, is_day, is_letter, is_word, word_after};
use super::numbers::Message;
use super::paid;
use super::words::{Cue, Word, classify};

/// A number as it may be read: where it ends and how many digits it has.
#[derive(Debug, Clone, Copy)]
struct Reading {
    end: usize,
    digits: usize,
    spacing: Spacing,
}

/// How the digits of a number are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// Not at all.
    None,
    /// In ones or twos: `4 8 2 1`.
    Thin,
    /// In longer groups of one length: `482 913`.
    Even,
    /// In groups of several lengths.
    Uneven,
}

impl Reading {
    /// Whether people write a PIN like this.
    fn is_pin(self) -> bool {
        matches!(self.spacing, Spacing::None | Spacing::Thin)
    }

    /// Whether a one-time code is sent like this.
    fn is_code(self) -> bool {
        self.spacing != Spacing::Uneven
    }
}

/// Finds a number that the words around it, or a request before it, give away.
pub(super) fn find(message: &Message<'_>, chain: &Chain, kinds: Kinds) -> Option<Claim> {
    let bytes = message.bytes;
    let first = chain.first();
    let start = first.start;
    let whole = whole(chain);
    if whole.digits < 3 {
        return None;
    }
    let edge = chain.edge();
    let lettered = before(bytes, start) == b'-'
        && is_letter(before(bytes, start.saturating_sub(1)))
        && !is_word(before(bytes, start.saturating_sub(2)));
    // Providers print one-time codes as "G-482913".
    if edge == Edge::Digits || (edge == Edge::Joined && !lettered) {
        return None;
    }
    let single = Reading { end: first.end, digits: first.len(), spacing: Spacing::None };
    // A number in one group reads in one way.
    let ways = if whole.end == single.end { 1 } else { 2 };
    let readings = || [whole, single].into_iter().take(ways).filter(|reading| ends_at(bytes, reading.end));
    readings().next()?;
    let named = message.named(start, Heed::names_of(whole.digits));
    let found = readings().find_map(|reading| {
        let end = reading.end;
        by_words(reading, named, chain)
            .or_else(|| {
                let silent = named.cue.is_none() || matches!(named.cue, Some(Cue::Card | Cue::Phone));
                silent.then(|| message.named_after(end)).flatten().and_then(|cue| by_name_after(reading, cue))
            })
            .or_else(|| {
                let code = matches!(named.cue, None | Some(Cue::Code))
                    && (4..=8).contains(&reading.digits)
                    && behind::opens(bytes, end);
                code.then_some((Kind::OneTimeCode, "before_login"))
            })
            .or_else(|| {
                let contradicted = matches!(named.cue, Some(Cue::Reference | Cue::Thing | Cue::Money));
                if contradicted { None } else { by_request(reading, message.requested()) }
            })
            .or_else(|| {
                let cvv = matches!(reading.digits, 3 | 4) && reading.is_pin();
                (cvv && paid::follows_expiry(bytes, start)).then_some((Kind::Pin, "after_card_and_expiry"))
            })
            .filter(|(kind, _)| kinds.has(kind))
            .map(|(kind, why)| Claim { kind, start, end, why })
    })?;
    let stands = (!lettered || found.kind == Kind::OneTimeCode) && !is_quantity(bytes, start, first.end);
    stands.then_some(found)
}

fn by_words(reading: Reading, named: Named, chain: &Chain) -> Option<(Kind, &'static str)> {
    let digits = reading.digits;
    match named.cue? {
        // "I asked for a new pin on 12042026"
        Cue::Pin | Cue::OneTime if !named.linked && is_day(chain.digits(digits)) => None,
        Cue::Pin if (4..=8).contains(&digits) && reading.is_pin() => Some((Kind::Pin, "after_word_pin")),
        Cue::Cvv if (3..=4).contains(&digits) && reading.is_pin() => Some((Kind::Pin, "after_word_cvv")),
        Cue::Cvv if (5..=8).contains(&digits) && reading.is_code() => {
            Some((Kind::OneTimeCode, "after_word_code"))
        }
        Cue::OneTime if (4..=8).contains(&digits) && reading.is_code() => {
            Some((Kind::OneTimeCode, "after_word_one_time_code"))
        }
        Cue::Code if (4..=8).contains(&digits) && reading.is_code() && (named.linked || digits == 6) => {
            Some((Kind::OneTimeCode, "after_word_code"))
        }
        Cue::Account if named.numbered && (4..=20).contains(&digits) => {
            Some((Kind::Account, "after_account_number"))
        }
        Cue::Account if (6..=20).contains(&digits) && !is_day(chain.digits(digits)) => {
            Some((Kind::Account, "after_word_account"))
        }
        // People name an account by its last digits: "close account 3254", but "my account 2024".
        Cue::Account if named.adjacent && matches!(digits, 4 | 5) && !is_year(chain.digits(digits)) => {
            Some((Kind::Account, "after_word_account"))
        }
        Cue::Ssn if digits == 4 && reading.is_pin() => Some((Kind::Ssn, "last_four_after_word_ssn")),
        _ => None,
    }
}

fn by_name_after(reading: Reading, cue: Cue) -> Option<(Kind, &'static str)> {
    let digits = reading.digits;
    match cue {
        Cue::Pin if (4..=8).contains(&digits) && reading.is_pin() => Some((Kind::Pin, "before_word_pin")),
        Cue::Cvv if (3..=4).contains(&digits) && reading.is_pin() => Some((Kind::Pin, "before_word_cvv")),
        Cue::OneTime | Cue::Code | Cue::Cvv if (4..=8).contains(&digits) && reading.is_code() => {
            Some((Kind::OneTimeCode, "before_word_code"))
        }
        Cue::Account if (4..=20).contains(&digits) => Some((Kind::Account, "before_word_account")),
        Cue::Ssn if digits == 4 && reading.is_pin() => Some((Kind::Ssn, "last_four_before_word_ssn")),
        _ => None,
    }
}

/// Takes a bare number for what was asked: first where its length is the usual one, then where it can be.
fn by_request(reading: Reading, cues: &[Cue]) -> Option<(Kind, &'static str)> {
    let digits = reading.digits;
    let usual = |cue: &Cue| match cue {
        Cue::Ssn => matches!(digits, 4 | 9),
        Cue::Card => matches!(digits, 4 | 13..=19),
        Cue::Account => (6..=17).contains(&digits),
        Cue::Pin => (4..=6).contains(&digits) && reading.is_pin(),
        Cue::Cvv => matches!(digits, 3 | 4) && reading.is_pin(),
        Cue::OneTime | Cue::Code => (4..=8).contains(&digits) && reading.is_code(),
        _ => false,
    };
    // People mistype: a digit too many or too few is still the answer.
    let possible = |cue: &Cue| match cue {
        Cue::Ssn => (4..=11).contains(&digits),
        Cue::Card | Cue::Account => (4..=20).contains(&digits),
        Cue::Pin => (3..=8).contains(&digits) && reading.is_pin(),
        _ => false,
    };
    let cue = cues.iter().copied().find(usual).or_else(|| cues.iter().copied().find(possible))?;
    Some(match cue {
        Cue::Ssn => (Kind::Ssn, "after_request_for_ssn"),
        Cue::Card => (Kind::Card, "after_request_for_card"),
        Cue::Account => (Kind::Account, "after_request_for_account"),
        Cue::Pin => (Kind::Pin, "after_request_for_pin"),
        Cue::Cvv => (Kind::Pin, "after_request_for_cvv"),
        _ => (Kind::OneTimeCode, "after_request_for_code"),
    })
}

/// The longest reading of a chain as one number: groups set apart by spaces or dashes.
fn whole(chain: &Chain) -> Reading {
    let length = chain.first().len();
    let mut whole = Reading { end: chain.first().end, digits: length, spacing: Spacing::None };
    let uniform = |group: &Group| group.len() == chain.first().len() || chain.first().len() > 1;
    for group in chain.groups().iter().skip(1) {
        let joined = group.gap.within(Gap::DASH.or(Gap::LINE))
            || (group.gap.within(Gap::SPACE.or(Gap::DASH)) && chain.first().len() <= 5);
        if !joined || whole.digits + group.len() > 20 || !uniform(group) {
            break;
        }
        let spacing = match whole.spacing {
            Spacing::None | Spacing::Thin if length.max(group.len()) <= 2 => Spacing::Thin,
            Spacing::None | Spacing::Even if group.len() == length => Spacing::Even,
            _ => Spacing::Uneven,
        };
        whole = Reading { end: group.end, digits: whole.digits + group.len(), spacing };
    }
    whole
}

/// Tells whether a number counts or measures: a currency before it, a unit after it.
fn is_quantity(bytes: &[u8], start: usize, end: usize) -> bool {
    let currency = |at: usize| before(bytes, at) == b'$';
    let space = usize::from(before(bytes, start) == b' ');
    if currency(start) || currency(start.saturating_sub(space)) {
        return true;
    }
    let space = usize::from(at(bytes, end) == b' ');
    let next = word_after(bytes, end + space);
    at(bytes, end + space) == b'$'
        || classify(next) == Word::Unit
        || ["usd", "eur", "gbp", "inr", "am"].iter().any(|unit| next.eq_ignore_ascii_case(unit.as_bytes()))
}

fn is_year(digits: &[u8]) -> bool {
    matches!(digits, [1, 9, _, _] | [2, 0, _, _])
}
