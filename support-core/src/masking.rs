//! Masking of personal identifiers in what people write to support.
//!
//! A [`Masker`] is a tenant's [`MaskingSpec`], compiled once. It finds card numbers, bank accounts, PINs and the like
//! in a text and puts a mask in their place, depending on where the text goes ([`Purpose`]): identifiers are masked
//! before storage, contact data in what leaves the desk. Card, IBAN and SSN are validated; accounts, PINs and one-time
//! codes are known by the words around them or by a request in an earlier turn.
//!
//! Kept for every text: masking a masked text changes nothing and finds nothing, what is outside the findings stays
//! byte for byte, and the time is linear in the length. Digits of other scripts, invisible characters and line
//! breaks do not hide a number.
//!
//! ```
//! use support_core::masking::{Masker, Purpose};
//!
//! let masker = Masker::default();
//! let masked = masker.mask("order 48213377, card 4111 1111 1111 1111", Purpose::Storage, &[]);
//! assert_eq!(masked.text, "order 48213377, card ****");
//! assert_eq!(masked.findings[0].why, "luhn_valid_visa");
//!
//! let answer = masker.mask("4821", Purpose::Storage, &["What is your PIN?"]);
//! assert_eq!(answer.text, "****");
//! ```
//!
//! A number in a link is what the link is about (an order, a parcel, an article) and stays, also where it would pass for
//! a card's, unless the link names it so: `?card=4111…`.
//!
//! A number that would pass for a card's and that a word calls an order's, an invoice's or a thing's stays where that word
//! labels it directly: `order number 4111…`. It is a card's all the same where its sentence speaks of paying or of a
//! card, where a month of expiry or a verification value follows, where it stands in the groups that are printed on
//! cards (parcels and devices have such groups too), and where a turn before asked for a card.
//!
//! Letters that touch a number make it part of a longer token (`5G`, `4111…af09`), unless they are a word whose blank was
//! left out: `4321and`. Digits that others touch are a part of what they touch, but for fifteen in a row and more
//! (`100234/4111…`), and for cards and social security numbers in the groups that are printed, as in rows of a table:
//! `1001,078-05-1120`.
//!
//! Text that arrives in pieces is masked by a [`MaskStream`]. A mask may be a [`Token`] that a [`Vault`] turns back for
//! somebody who is named and says why.
//!
//! Left to others: which texts are masked at all (contact fields, message ids and order ids never are), and who has the
//! right to have a token turned back.

mod address;
mod behind;
mod card;
mod carry;
mod context;
mod cues;
mod custom;
mod email;
mod fold;
mod iban;
mod kind;
mod lexicon;
mod number;
mod numbers;
mod paid;
mod phone;
mod spec;
mod ssn;
mod steps;
mod stream;
mod strict;
mod vault;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use self::kind::{Class, Finding, Kind, MaskSpan, ParseKindError};
pub use self::spec::{CustomPattern, MaskingSpec, Mode, Preset, SpecError, Validator};
pub use self::stream::{MOST_HELD, MaskStream};
pub(crate) use self::vault::tokens_in;
pub use self::vault::{MAX_REASON_CHARS, ParseTokenError, Reveal, RevealError, Sealed, Secret, Token, Vault};

use self::fold::Folded;
use self::kind::{Claim, Kinds};
use self::spec::Plan;

/// How often a text is looked over for what the masks have uncovered. Ordinary text needs one look, or a second that
/// finds nothing where numbers are left.
const MOST_ROUNDS: usize = 8;

/// Where a text goes, which decides what is masked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Into the conversation: identifiers are masked, contact data only where the tenant wants it.
    Storage,
    /// Into logs, exports, webhooks or a model: identifiers and contact data are masked.
    Outside,
    /// Before the eyes of whoever sets masking up: all that the detectors find is masked.
    Preview,
}

/// A masked text and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked<'t> {
    /// The text with masks; borrowed where nothing was found.
    pub text: Cow<'t, str>,
    /// What was masked, in order and without overlap.
    pub findings: Vec<Finding>,
    /// Where the mask of each finding stands in `text`.
    pub spans: Vec<MaskSpan>,
}

impl Masked<'_> {
    /// Counts the findings by the name of their kind.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u32> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.kind.name().to_owned()).or_default() += 1;
        }
        counts
    }
}

/// Finds and masks personal data as one tenant wants it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Masker {
    plan: Arc<Plan>,
}

impl Masker {
    /// Compiles a specification.
    ///
    /// # Errors
    ///
    /// [`SpecError`] names the field: `detectors[i]` for a custom kind, `custom` for too many patterns,
    /// `custom[i].name` for a name that is malformed, built in or used twice, `custom[i].pattern` for a pattern that
    /// is too long, does not parse, is too large or matches the empty text.
    pub fn new(spec: &MaskingSpec) -> Result<Self, SpecError> {
        Ok(Self { plan: Arc::new(Plan::compile(spec)?) })
    }

    /// Masks `text` on its way to `purpose`. `before` holds the earlier turns of the conversation, oldest first: a
    /// bare number after a request for a PIN is one. Only the last few are read.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str, purpose: Purpose, before: &[&str]) -> Masked<'t> {
        self.mask_with(text, purpose, Earlier { turns: before, trail: "" }, &mut |_, _| None)
    }

    /// Masks `text` as [`Masker::mask`] does and, in [`Mode::Token`], puts the tokens into it that `mint` gives
    /// each finding and what was found. Returns what each stands for, in order, for a [`Vault`] to keep before the text is stored.
    ///
    /// ```
    /// use support_core::masking::{Masker, MaskingSpec, Mode, Purpose, Token};
    /// use uuid::Uuid;
    ///
    /// let masker = Masker::new(&MaskingSpec { mode: Mode::Token, ..MaskingSpec::default() })?;
    /// let mut mint = |_: &_, _: &str| Token::from_uuid(Uuid::from_u128(7));
    /// let (masked, sealed) = masker.mask_sealing("my pin is 4821", Purpose::Storage, &[], &mut mint);
    /// assert_eq!(masked.text, "my pin is [pin:00000000000000000000000000000007]");
    /// assert_eq!(sealed[0].value.reveal(), "4821");
    /// # Ok::<(), support_core::masking::SpecError>(())
    /// ```
    #[must_use]
    pub fn mask_sealing<'t>(
        &self,
        text: &'t str,
        purpose: Purpose,
        before: &[&str],
        mint: &mut dyn FnMut(&Finding, &str) -> Token,
    ) -> (Masked<'t>, Vec<Sealed>) {
        let mut sealed = Vec::new();
        let earlier = Earlier { turns: before, trail: "" };
        let masked = self.mask_with(text, purpose, earlier, &mut |finding, value| {
            let token = mint(finding, value);
            sealed.push(Sealed { token, finding: finding.clone(), value: Secret::new(value.to_owned()) });
            Some(token)
        });
        (masked, sealed)
    }

    fn mask_with<'t>(
        &self,
        text: &'t str,
        purpose: Purpose,
        earlier: Earlier<'_>,
        seal: &mut Seal<'_>,
    ) -> Masked<'t> {
        if self.is_clean(text) {
            return Masked { text: Cow::Borrowed(text), findings: Vec::new(), spans: Vec::new() };
        }
        self.mask_candidates(text, purpose, earlier, seal)
    }

    /// Tells at first sight that there is nothing to find.
    fn is_clean(&self, text: &str) -> bool {
        self.plan.custom.is_empty() && !fold::has_candidate(text)
    }

    // Apart, so that a text with nothing to find does not pay for its room.
    #[inline(never)]
    fn mask_candidates<'t>(
        &self,
        text: &'t str,
        purpose: Purpose,
        earlier: Earlier<'_>,
        seal: &mut Seal<'_>,
    ) -> Masked<'t> {
        let mut folded = Folded::of(text, &|word| self.is_tag(word));
        let trail = (!earlier.trail.is_empty()).then(|| Folded::of(earlier.trail, &|word| self.is_tag(word)));
        let trail = trail.as_ref().map_or(&[][..], |trail| &trail.bytes);
        let mut all = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let mut found = self.claims(&folded, text, trail, earlier.turns, self.plan.strict);
            found.retain(|claim| self.masks(&claim.kind, purpose));
            if found.is_empty() && all.is_empty() {
                return Masked { text: Cow::Borrowed(text), findings: Vec::new(), spans: Vec::new() };
            }
            if found.is_empty() {
                return self.replace(text, &folded, all, seal);
            }
            found.sort_unstable_by_key(|claim| claim.start);
            // Ordinary text ends here: what masks have uncovered begins with a digit or an `@`.
            let bare = self.plan.custom.is_empty() && folded.is_bare_without(&found);
            if !bare {
                folded.hide(&found);
            }
            if all.is_empty() {
                all = found;
            } else {
                all.append(&mut found);
            }
            if bare {
                return self.replace(text, &folded, all, seal);
            }
        }
        // Made to uncover a number at every turn; nothing of it is worth keeping.
        let kind = all.first().map_or(Kind::Account, |claim| claim.kind.clone());
        let end = clamp(text.chars().count());
        let finding = Finding { kind, start: 0, end, why: Cow::Borrowed("never_settles") };
        let spans = vec![MaskSpan { kind: finding.kind.clone(), start: 0, end: 4 }];
        Masked { text: Cow::Borrowed("****"), findings: vec![finding], spans }
    }

    /// Tells whether findings of `kind` are masked on the way to `purpose`.
    #[must_use]
    pub fn masks(&self, kind: &Kind, purpose: Purpose) -> bool {
        self.plan.detectors.has(kind)
            && (kind.class() == Class::Identifier || purpose != Purpose::Storage || self.plan.store_contact)
    }

    /// Tells whether a name, such as a tag, holds an identifier: as the preset `default` finds them, whatever preset texts
    /// are masked by, or as a pattern of the tenant's own does. To the raw patterns every year is a PIN, and a name is
    /// refused, not masked. Contact data may stand in names, and kinds that are not looked for in texts may too.
    pub(crate) fn finds_in_name(&self, name: &str) -> bool {
        if self.is_clean(name) {
            return false;
        }
        let folded = Folded::of(name, &|word| self.is_tag(word));
        let found = self.claims(&folded, name, &[], &[], false);
        let counts = |kind: &Kind| kind.class() == Class::Identifier && self.plan.detectors.has(kind);
        found.iter().any(|claim| counts(&claim.kind))
    }

    /// Finds everything once, whatever is masked of it: contact data that stays is still no account number.
    fn claims(
        &self,
        folded: &Folded<'_>,
        text: &str,
        trail: &[u8],
        turns: &[&str],
        strict: bool,
    ) -> Vec<Claim> {
        let plan = &*self.plan;
        let mut claims = self.own_claims(folded, text);
        // What one pass claims is hidden from the next.
        let mut bytes = Cow::Borrowed(&*folded.bytes);
        let hide = |bytes: &mut Cow<'_, [u8]>, found: &[Claim]| {
            for claim in found {
                fold::hide(bytes.to_mut(), claim);
            }
        };
        hide(&mut bytes, &claims);
        if folded.has_at && plan.detectors.has(&Kind::Email) {
            let emails = email::claims(&bytes);
            hide(&mut bytes, &emails);
            claims.extend(emails);
        }
        let mut kinds = plan.detectors;
        if strict {
            let raw = strict::claims(&bytes, kinds);
            hide(&mut bytes, &raw);
            claims.extend(raw);
            kinds = STRICT.iter().fold(kinds, Kinds::without);
        }
        if kinds == Kinds::default() {
            return claims;
        }
        let numbers = numbers::claims(&bytes, trail, kinds, turns);
        if claims.is_empty() {
            return numbers;
        }
        claims.extend(numbers);
        claims
    }

    /// Finds what the tenant's own patterns match.
    fn own_claims(&self, folded: &Folded<'_>, text: &str) -> Vec<Claim> {
        if self.plan.custom.is_empty() {
            return Vec::new();
        }
        let mut claims = custom::claims(folded, text, &self.plan.custom);
        join_overlaps(&mut claims);
        claims
    }

    /// Where the tenant's own patterns match in a text, in bytes of it, in order and without overlap.
    fn own_matches(&self, text: &str) -> Vec<Range<usize>> {
        let folded = Folded::of(text, &|word| self.is_tag(word));
        let claims = self.own_claims(&folded, text);
        claims
            .iter()
            .map(|claim| folded.span(text, claim.start, claim.end))
            .map(|(from, to)| from..to)
            .collect()
    }

    /// The longest match of the tenant's own patterns that is found wherever it stands, in bytes; none without patterns.
    fn longest_own_match(&self) -> usize {
        self.plan.custom.iter().map(|pattern| pattern.longest).max().unwrap_or_default()
    }

    fn replace<'t>(
        &self,
        text: &'t str,
        folded: &Folded<'_>,
        mut claims: Vec<Claim>,
        seal: &mut Seal<'_>,
    ) -> Masked<'t> {
        steps::took(text.len());
        claims.sort_unstable_by_key(|claim| claim.start);
        let mut masked = String::with_capacity(text.len());
        let mut findings = Vec::with_capacity(claims.len());
        let mut spans = Vec::with_capacity(claims.len());
        let ascii = text.is_ascii();
        let characters = |part: &str| clamp(if ascii { part.len() } else { part.chars().count() });
        let (mut read, mut at) = (0, 0_u32);
        for claim in claims {
            let (from, to) = folded.span(text, claim.start, claim.end);
            let (Some(kept), Some(hidden), Some(after)) =
                (text.get(read..from), text.get(from..to), text.get(to..))
            else {
                continue;
            };
            let start = at.saturating_add(characters(kept));
            at = start.saturating_add(characters(hidden));
            read = to;
            masked.push_str(kept);
            let finding = Finding { kind: claim.kind, start, end: at, why: Cow::Borrowed(claim.why) };
            let start = clamp(masked.len());
            self.push_mask(&mut masked, &finding, hidden, after, seal);
            spans.push(MaskSpan { kind: finding.kind.clone(), start, end: clamp(masked.len()) });
            findings.push(finding);
        }
        masked.push_str(text.get(read..).unwrap_or_default());
        Masked { text: Cow::Owned(masked), findings, spans }
    }

    fn push_mask(
        &self,
        masked: &mut String,
        finding: &Finding,
        hidden: &str,
        after: &str,
        seal: &mut Seal<'_>,
    ) {
        let kind = &finding.kind;
        match self.plan.mode {
            Mode::Stars => masked.push_str("****"),
            Mode::TypeTag => {
                masked.push('[');
                masked.push_str(kind.name());
                masked.push(']');
            }
            Mode::Token => {
                masked.push('[');
                masked.push_str(kind.name());
                if let Some(token) = seal(finding, hidden) {
                    masked.push(':');
                    masked.push_str(&token.to_string());
                }
                masked.push(']');
            }
            Mode::LastFour => {
                masked.push_str("****");
                if !matches!(kind, Kind::Pin | Kind::OneTimeCode | Kind::Email | Kind::Address)
                    && !fold::starts_with_digit(after)
                    && let Some(last) = fold::last_four(hidden)
                {
                    masked.push_str(&last);
                }
            }
        }
    }

    /// Whether a word in brackets is a mask of this masker or of any other's built-in kinds: a kind, perhaps with a
    /// token.
    fn is_tag(&self, word: &[u8]) -> bool {
        let (kind, token) = word.split_at_checked(word.len().saturating_sub(33)).unwrap_or((word, &[]));
        let word = match token {
            [b':', token @ ..] if Token::is_spelled(token) => kind,
            _ => word,
        };
        Kind::BUILT_IN
            .iter()
            .chain(self.plan.custom.iter().map(|pattern| &pattern.kind))
            .any(|kind| kind.name().as_bytes() == word)
    }
}

impl Default for Masker {
    /// A masker of the default specification.
    fn default() -> Self {
        let detectors = Kinds::from_iter(&Kind::BUILT_IN).without(&Kind::Address);
        let plan =
            Plan { strict: false, detectors, mode: Mode::Stars, store_contact: false, custom: Vec::new() };
        Self { plan: Arc::new(plan) }
    }
}

/// What was written before a text.
#[derive(Clone, Copy)]
struct Earlier<'e> {
    /// The turns before, oldest first.
    turns: &'e [&'e str],
    /// The end of the same message, as far as it went out before.
    trail: &'e str,
}

/// Draws the token that stands for a finding and its value, or none.
type Seal<'s> = dyn FnMut(&Finding, &str) -> Option<Token> + 's;

/// The kinds that the strict preset finds by raw patterns.
const STRICT: [Kind; 4] = [Kind::Card, Kind::Ssn, Kind::Account, Kind::Pin];

/// Joins claims that overlap to one, which is what the first of them is.
fn join_overlaps(claims: &mut Vec<Claim>) {
    claims.sort_by_key(|claim| claim.start);
    claims.dedup_by(|next, last| {
        let overlap = next.start < last.end;
        if overlap {
            last.end = last.end.max(next.end);
        }
        overlap
    });
}

fn clamp(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
