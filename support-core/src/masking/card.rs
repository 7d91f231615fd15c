//! Payment card numbers: a known range, a length of that range and a valid Luhn digit (ISO/IEC 7812-1).

use super::cues::{Heed, Named};
use super::kind::{Claim, Kind};
use super::number::{
    Chain, Edge, Gap, Group, at, before, is_glued, is_letter, is_word, is_word_behind, word_before,
};
use super::numbers::Message;
use super::paid;
use super::steps::{each, took};
use super::words::{Cue, Word, classify};

/// An issuer's range: first and last prefix, shortest and longest number, and the reason that it gives.
struct Range {
    first: u32,
    last: u32,
    shortest: usize,
    longest: usize,
    why: &'static str,
}

const fn range(first: u32, last: u32, shortest: usize, longest: usize, why: &'static str) -> Range {
    Range { first, last, shortest, longest, why }
}

/// Ranges of six digits, as the networks publish them in their identification guides.
const RANGES: [Range; 29] = [
    range(400_000, 499_999, 13, 13, "luhn_valid_visa"),
    range(400_000, 499_999, 16, 16, "luhn_valid_visa"),
    range(400_000, 499_999, 19, 19, "luhn_valid_visa"),
    range(510_000, 559_999, 16, 16, "luhn_valid_mastercard"),
    range(222_100, 272_099, 16, 16, "luhn_valid_mastercard"),
    range(340_000, 349_999, 15, 15, "luhn_valid_amex"),
    range(370_000, 379_999, 15, 15, "luhn_valid_amex"),
    range(601_100, 601_199, 16, 19, "luhn_valid_discover"),
    range(644_000, 659_999, 16, 19, "luhn_valid_discover"),
    range(300_000, 305_999, 14, 19, "luhn_valid_diners"),
    range(309_500, 309_599, 14, 19, "luhn_valid_diners"),
    range(360_000, 369_999, 14, 19, "luhn_valid_diners"),
    range(380_000, 399_999, 14, 19, "luhn_valid_diners"),
    range(352_800, 358_999, 16, 19, "luhn_valid_jcb"),
    range(620_000, 629_999, 16, 19, "luhn_valid_unionpay"),
    range(810_000, 817_199, 16, 19, "luhn_valid_unionpay"),
    range(501_800, 501_899, 13, 19, "luhn_valid_maestro"),
    range(502_000, 502_099, 13, 19, "luhn_valid_maestro"),
    range(503_800, 503_899, 13, 19, "luhn_valid_maestro"),
    range(589_300, 589_399, 13, 19, "luhn_valid_maestro"),
    range(630_400, 630_499, 13, 19, "luhn_valid_maestro"),
    range(675_900, 675_999, 13, 19, "luhn_valid_maestro"),
    range(676_100, 676_399, 13, 19, "luhn_valid_maestro"),
    range(501_900, 501_999, 16, 16, "luhn_valid_dankort"),
    range(508_500, 508_999, 16, 16, "luhn_valid_rupay"),
    range(606_985, 608_500, 16, 16, "luhn_valid_rupay"),
    range(817_200, 820_199, 16, 16, "luhn_valid_rupay"),
    range(220_000, 220_499, 16, 19, "luhn_valid_mir"),
    range(979_200, 979_299, 16, 16, "luhn_valid_troy"),
];

/// Digits of the shortest number.
pub(super) const SHORTEST: usize = 13;

/// Digits of the longest number.
pub(super) const LONGEST: usize = 19;

/// Fewest digits in a row that are looked at where others touch them, as in `100234/4111…`: shorter rows may be a part of
/// anything.
pub(super) const UNMISTAKABLE: usize = 15;

/// Finds a card number that begins with the chain's first group.
pub(super) fn find(message: &Message<'_>, chain: &Chain) -> Option<Claim> {
    let start = chain.first().start;
    if matches!(chain.digits(1), [0 | 1 | 7]) {
        return None;
    }
    let mut total = 0_usize;
    let mut found: Option<Claim> = None;
    for (at_group, group) in chain.groups().iter().enumerate() {
        total = total.saturating_add(group.len());
        if total > LONGEST {
            break;
        }
        if total < SHORTEST {
            continue;
        }
        let digits = chain.digits(total);
        let Some(why) = network(digits) else { continue };
        let groups = chain.groups().get(..=at_group).unwrap_or_default();
        if !luhn(digits) {
            continue;
        }
        let edge = chain.edge();
        let alone = (groups.len() == 1 && total >= UNMISTAKABLE) || is_printed(groups);
        // A plus makes it a telephone number.
        if edge == Edge::Joined || (edge == Edge::Digits && !alone) || before(message.bytes, start) == b'+' {
            return None;
        }
        let named = message.named(start, Heed::ALL);
        // Letters may touch what is called a card, but "visa 6011… 3x" ends before the "3x".
        let touched =
            found.is_none() && named.cue == Some(Cue::Card) && is_letter(at(message.bytes, group.end));
        if !touched && !ends(message.bytes, group.end) {
            continue;
        }
        let about_a_card = named.cue == Some(Cue::Card) || message.asked_for(Cue::Card);
        if is_something_else(message, named, groups, total) {
            return None;
        }
        if !about_a_card && (in_link(message.bytes, start) || in_parcel_number(message.bytes, start, chain)) {
            return None;
        }
        let barcode = total == 13
            && (is_barcode(digits) || (groups.len() == 1 && is_told(message.bytes, start)))
            && !paid::goes_on(message.bytes, group.end);
        if about_a_card || (usual(groups) && !barcode) {
            found = Some(Claim { kind: Kind::Card, start, end: group.end, why });
            // What follows a whole card is a verification value, unless each digit stands alone; other networks issue
            // longer numbers that may begin like a shorter one.
            let alone = groups.iter().all(|group| group.len() == 1);
            if !alone && matches!(why, "luhn_valid_visa" | "luhn_valid_mastercard" | "luhn_valid_amex") {
                break;
            }
        }
    }
    found
}

/// Tells whether a number of so many digits in `groups` is what its name says it is, an order or a thing, though it
/// would pass for a card's: the name labels it directly, and nothing says that it is paid with.
fn is_something_else(message: &Message<'_>, named: Named, groups: &[Group], total: usize) -> bool {
    let labelled = match named.cue {
        Some(Cue::Reference) => named.in_fours || !is_printed(groups),
        // Thirteen digits behind a thing's name are a bar code rather than a card of long ago.
        Some(Cue::Thing) => named.numbered || named.linked || (named.adjacent && total == 13),
        _ => false,
    };
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
    labelled
        && !named.apart
        && !message.request().contains(&Cue::Card)
        && !paid::is_paid_with(message.bytes, first.start, last.end)
}

/// Tells whether a number stands in the groups that are printed on cards.
fn is_printed(groups: &[Group]) -> bool {
    match groups {
        [four, six, rest] => four.len() == 4 && six.len() == 6 && matches!(rest.len(), 4 | 5),
        [head @ .., last] => head.len() > 2 && head.iter().all(|four| four.len() == 4) && last.len() <= 4,
        [] => false,
    }
}

/// Longest link that is recognised from a number in it.
const LONGEST_LINK: usize = 200;

/// Tells whether a number stands in a link, where any row of digits may be an id.
fn in_link(bytes: &[u8], start: usize) -> bool {
    let head = bytes.get(start.saturating_sub(LONGEST_LINK)..start).unwrap_or_default();
    let length = each(head.iter().rev()).take_while(|&&b| b > b' ' && b < 0x80).count();
    let token = head.get(head.len() - length..).unwrap_or_default();
    took(token.len());
    token.windows(3).any(|three| three == b"://")
}

/// Tells whether a chain is the rest of a parcel's number in fours: 20 or 22 digits that begin with 91 to 95.
///
/// # Source
/// USPS Publication 199, "Intelligent Mail Package Barcode".
fn in_parcel_number(bytes: &[u8], start: usize, chain: &Chain) -> bool {
    let begins = |groups: usize| {
        let head = start.checked_sub(5 * groups).and_then(|from| bytes.get(from..start)).unwrap_or_default();
        let in_fours =
            |four: &[u8]| matches!(four, [digits @ .., b' '] if digits.iter().all(u8::is_ascii_digit));
        matches!(head, [b'9', b'1'..=b'5', ..])
            && head.chunks(5).all(in_fours)
            && matches!(chain.total() + 4 * groups, 20 | 22)
    };
    begins(1) || begins(2)
}

/// Checks the last digit of a number (values 0 to 9): from the right, every second digit doubled, the digits of
/// the products summed, the sum a multiple of ten.
///
/// # Source
/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = each(digits.iter().rev())
        .enumerate()
        .map(|(place, &digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn network(digits: &[u8]) -> Option<&'static str> {
    let prefix = digits.iter().take(6).fold(0_u32, |prefix, &digit| prefix * 10 + u32::from(digit));
    RANGES
        .iter()
        .find(|range| {
            (range.first..=range.last).contains(&prefix)
                && (range.shortest..=range.longest).contains(&digits.len())
        })
        .map(|range| range.why)
}

/// Tells whether people write card numbers in groups like these. Without it, any row of numbers that happens to
/// pass Luhn would be a card.
fn usual(groups: &[Group]) -> bool {
    let Some((last, head)) = groups.split_last() else { return false };
    let Some(first) = head.first() else { return true };
    let broken_once = groups.len() == 2 && last.gap.has(Gap::LINE);
    let even = head.iter().all(|group| group.len() == first.len()) && last.len() <= first.len();
    let by_fours = head.iter().all(|group| group.len() % 4 == 0);
    let amex = matches!(groups, [a, b, c] if a.len() == 4 && b.len() == 6 && c.len() <= 5);
    let commas = groups.iter().any(|group| group.gap.has(Gap::COMMA));
    let union = matches!(groups, [a, b] if a.len() == 6 && b.len() == 13);
    let thirteen = matches!(groups, [a, b, c, d] if [a.len(), b.len(), c.len(), d.len()] == [4, 3, 3, 3]);
    !commas && (broken_once || by_fours || amex || union || thirteen || (even && first.len() <= 2))
        || (commas && by_fours)
}

/// Tells whether a word that says nothing of cards leads to a number, as in "the scanner shows": thirteen digits in a row
/// are then a bar code rather than a card of long ago.
fn is_told(bytes: &[u8], start: usize) -> bool {
    let word = word_before(bytes, start.saturating_sub(1));
    match classify(word) {
        Word::Other => !word.is_empty(),
        // What says it is a thing; people typed it.
        Word::Says => word.ends_with(b"s"),
        _ => false,
    }
}

/// EAN-13 (GS1 General Specifications, 7.9): weights 1 and 3 from the left. Thirteen digits that are a valid bar
/// code and begin like the oldest Visa cards are the bar code.
fn is_barcode(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(place, &digit)| u32::from(digit) * if place % 2 == 0 { 1 } else { 3 })
        .sum();
    sum.is_multiple_of(10)
}

/// How far on a longer token, such as a GUID, is recognised.
const LONGEST_TOKEN: usize = 24;

/// An expiry date may follow tightly, and a word whose blank was left out; other letters may not.
fn ends(bytes: &[u8], end: usize) -> bool {
    match at(bytes, end) {
        b'-' if (4..UNMISTAKABLE).contains(&digits_follow(bytes, end + 1)) => false,
        b'-' | b'_' => {
            let rest = each(bytes.get(end..).unwrap_or_default()).take(LONGEST_TOKEN);
            !rest.take_while(|&&b| is_word(b) || b == b'-').any(|&b| is_letter(b))
        }
        touching => !is_word(touching) || is_glued(bytes, end) || is_word_behind(bytes, end),
    }
}

fn digits_follow(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take(LONGEST_TOKEN)
        .take_while(|b| b.is_ascii_digit())
        .count()
}
