//! The pass over the digits of a message: every number is offered to each detector in turn.

use std::cell::{Cell, OnceCell};

use super::cues::{self, Heed, Named, Request};
use super::fold::next_digit;
use super::kind::{Claim, Kind, Kinds};
use super::number::{Chain, Edge, at, before, digits_end, is_letter, is_small, is_word, left_edge};
use super::words::Cue;
use super::{address, behind, card, context, iban, phone, ssn};

/// A message under examination, with what is only worked out when a number needs it.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) bytes: &'a [u8],
    /// The end of what was written before in the same message, where it went out already.
    trail: &'a [u8],
    turns: &'a [&'a str],
    request: OnceCell<Request>,
    answer: OnceCell<bool>,
    named: Cell<Option<(usize, Heed, Named)>>,
}

impl<'a> Message<'a> {
    pub(super) fn new(bytes: &'a [u8], trail: &'a [u8], turns: &'a [&'a str]) -> Self {
        Self {
            bytes,
            trail,
            turns,
            request: OnceCell::new(),
            answer: OnceCell::new(),
            named: Cell::new(None),
        }
    }

    /// The name that the words before `start` give a number there.
    pub(super) fn named(&self, start: usize, heed: Heed) -> Named {
        if let Some((at, heeded, named)) = self.named.get()
            && at == start
            // Who heeds all names and comes upon none that others pass over, finds what they find.
            && (heeded == heed
                || heeded == Heed::ALL
                    && !named.carried
                    && !matches!(named.cue, Some(Cue::Card | Cue::Phone)))
        {
            return named;
        }
        let named = cues::named(self.bytes, self.trail, start, heed);
        self.named.set(Some((start, heed, named)));
        named
    }

    /// The name that the words after `end` give a number that ends there.
    pub(super) fn named_after(&self, end: usize) -> Option<Cue> {
        behind::named_after(self.bytes, end)
    }

    /// What the turns before asked for, if this message is little more than a number.
    pub(super) fn requested(&self) -> &[Cue] {
        if self.turns.is_empty() || !self.is_answer() { &[] } else { self.request() }
    }

    /// What the turns before asked for, whatever this message is.
    pub(super) fn request(&self) -> &[Cue] {
        &self.request.get_or_init(|| cues::request(self.turns)).cues
    }

    /// Whether the turns before asked for this, and the message is an answer.
    pub(super) fn asked_for(&self, cue: Cue) -> bool {
        self.requested().contains(&cue)
    }

    /// Whether the message is little more than a number.
    pub(super) fn is_answer(&self) -> bool {
        *self.answer.get_or_init(|| cues::is_answer(self.bytes))
    }
}

/// Finds all that begins with a digit (or, for an IBAN, right before one), in order and without overlap.
pub(super) fn claims(bytes: &[u8], trail: &[u8], kinds: Kinds, turns: &[&str]) -> Vec<Claim> {
    let message = Message::new(bytes, trail, turns);
    let mut claims = Vec::<Claim>::new();
    let mut chain = Chain::new();
    let mut place = 0;
    while let Some(start) = next_digit(bytes, place) {
        // Digits that others touch tightly belong to a number that was read from its beginning, or to none, unless they are
        // a whole number of their own: "100234/4111…", "1001,078-05-1120".
        let edge = left_edge(bytes, start);
        if edge == Edge::Digits {
            place = digits_end(bytes, start, usize::MAX);
            if may_be_whole(bytes, start, place - start) {
                chain.read(bytes, start, edge);
                let ssn = || ssn::find(&message, &chain).filter(|_| kinds.has(&Kind::Ssn));
                let card = card::find(&message, &chain).filter(|_| kinds.has(&Kind::Card));
                let free = claims.last().is_none_or(|last| last.end <= start);
                if let Some(claim) = card.or_else(ssn).filter(|_| free) {
                    place = place.max(claim.end);
                    claims.push(claim);
                }
            }
            continue;
        }
        if !kinds.has(&Kind::Address) && is_small(bytes, start) {
            place = start + 1 + usize::from(at(bytes, start + 1).is_ascii_digit());
            continue;
        }
        if edge == Edge::Joined && !may_be_joined(bytes, start) {
            place = digits_end(bytes, start, usize::MAX);
            continue;
        }
        chain.read(bytes, start, edge);
        place = chain.first().end;
        if let Some(claim) = claim(&message, &chain, kinds)
            && claims.last().is_none_or(|last| last.end <= claim.start)
        {
            place = place.max(claim.end);
            claims.push(claim);
        }
    }
    claims
}

/// Tells whether so many digits that others touch may begin a card's or a social security number by themselves: behind a
/// slash, a colon or a comma in the groups that are printed, or unbroken, which they may be behind a dash, too. Behind a
/// point, or a comma with up to three digits before it, they are a fraction.
fn may_be_whole(bytes: &[u8], start: usize, length: usize) -> bool {
    let touching = before(bytes, start);
    let unbroken = (card::UNMISTAKABLE..=card::LONGEST).contains(&length);
    let fraction = || {
        let whole = bytes.get(start.saturating_sub(5)..start.saturating_sub(1)).unwrap_or_default();
        touching == b',' && whole.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() < 4
    };
    match touching {
        b',' | b'/' | b':' => matches!(length, 3 | 4) || (unbroken && !fraction()),
        b'-' => unbroken,
        _ => false,
    }
}

/// Tells whether digits inside a longer token may still be somebody's: those of an IBAN behind the two letters of its
/// country, or a code behind a letter and a dash. Within the tokens of orders, versions and devices nothing is sought.
fn may_be_joined(bytes: &[u8], start: usize) -> bool {
    let touching = before(bytes, start);
    (touching == b'-' || (is_letter(touching) && at(bytes, start + 1).is_ascii_digit()))
        && is_letter(before(bytes, start.saturating_sub(1)))
        && !is_word(before(bytes, start.saturating_sub(2)))
}

fn claim(message: &Message<'_>, chain: &Chain, kinds: Kinds) -> Option<Claim> {
    let start = chain.first().start;
    let wanted = |kind: Kind| kinds.has(&kind);
    let find = |kind: Kind, least: usize, find: fn(&Message<'_>, &Chain) -> Option<Claim>| {
        if chain.total() >= least && wanted(kind) { find(message, chain) } else { None }
    };
    // The first that claims the number has it: validated detectors before those that need context.
    let iban = chain.edge() != Edge::Free && wanted(Kind::Iban);
    iban.then(|| iban::find(message.bytes, start))
        .flatten()
        .or_else(|| find(Kind::Card, card::SHORTEST, card::find))
        .or_else(|| find(Kind::Ssn, ssn::DIGITS, ssn::find))
        .or_else(|| wanted(Kind::Address).then(|| address::find(message.bytes, chain)).flatten())
        .or_else(|| wanted(Kind::Phone).then(|| phone::find(message, chain)).flatten())
        .or_else(|| context::find(message, chain, kinds))
}
