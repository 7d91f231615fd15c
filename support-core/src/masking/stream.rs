//! Masking of text that arrives in pieces.

use std::borrow::Cow;

use super::fold::fold;
use super::kind::{Finding, Kind, MaskSpan};
use super::steps::{each, took};
use super::{Earlier, Masked, Masker, Purpose, carry, clamp};

/// Most bytes that are held back. A sentence that is longer is masked in parts.
pub const MOST_HELD: usize = 4096;
/// A sentence is parted where so many characters on either side are no part of a number, an address or a mask.
const QUIET: usize = 32;
/// How much of what went out is kept, in bytes: the longest sentence that names what the next one tells, and a little.
const MOST_TRAIL: usize = 4 * (carry::LONGEST_SENTENCE + 16);

impl Masker {
    /// Masks a text that arrives in pieces, such as an answer of a model. `before` holds the earlier turns.
    #[must_use]
    pub fn stream(&self, purpose: Purpose, before: Vec<String>) -> MaskStream {
        let (held, trail) = (String::new(), String::new());
        MaskStream { masker: self.clone(), purpose, before, held, trail, at: 0, dense: false }
    }
}

/// Masks a text that arrives in pieces, sentence by sentence.
///
/// However a text is cut, the same comes out, because a sentence goes out when its end is seen, and only its own words
/// say where that is: a full stop, question or exclamation mark behind a word, then white space, then a letter. Of what
/// went out, its end is remembered: a sentence may name the number of the next one. At most twice
/// [`MOST_HELD`] bytes are held; of a longer sentence, parts go out that are cut far from any digit, and a part that
/// has no such place is masked whole.
///
/// ```
/// use support_core::masking::{Masker, Purpose};
///
/// let mut stream = Masker::default().stream(Purpose::Storage, Vec::new());
/// let mut out = String::new();
/// for piece in ["All done. My card is 41", "11 1111 1111 11", "11, thanks."] {
///     out += &stream.push(piece).text;
/// }
/// out += &stream.finish().text;
/// assert_eq!(out, "All done. My card is ****, thanks.");
/// ```
#[derive(Clone)]
pub struct MaskStream {
    masker: Masker,
    purpose: Purpose,
    before: Vec<String>,
    held: String,
    /// The end of what went out, as it was written: a sentence may name the number of the next one.
    trail: String,
    /// Characters that went out.
    at: u32,
    /// What is held goes on with what was masked whole.
    dense: bool,
}

impl MaskStream {
    /// Takes a piece and returns what can go out, masked. Findings are in characters of the whole text.
    pub fn push(&mut self, piece: &str) -> Masked<'static> {
        let mut out = Masked { text: Cow::Borrowed(""), findings: Vec::new(), spans: Vec::new() };
        // A long piece is taken in parts, so that what is held stays short.
        let mut rest = piece;
        while !rest.is_empty() {
            let (part, tail) =
                rest.split_at_checked(rest.floor_char_boundary(MOST_HELD)).unwrap_or((rest, ""));
            rest = tail;
            self.held.push_str(part);
            while let Some(part) = self.part() {
                self.release(part, &mut out);
            }
        }
        out
    }

    /// Returns the rest.
    #[must_use]
    pub fn finish(mut self) -> Masked<'static> {
        let mut out = Masked { text: Cow::Borrowed(""), findings: Vec::new(), spans: Vec::new() };
        let rest = self.held.len();
        if rest > 0 {
            self.release(if self.dense { Part::Dense(rest) } else { Part::Masked(rest) }, &mut out);
        }
        out
    }

    /// What can go out next, if the text that is held tells.
    fn part(&self) -> Option<Part> {
        let head = self.held.get(..self.held.floor_char_boundary(MOST_HELD)).unwrap_or(&self.held);
        let full = self.held.len() >= MOST_HELD;
        if self.dense {
            let end = quiet_places(head).next();
            return end.map(Part::DenseEnd).or(full.then_some(Part::Dense(head.len())));
        }
        let end = sentence_end(head).or_else(|| full.then(|| self.place_to_part(head)).flatten());
        end.map(Part::Masked).or(full.then_some(Part::Dense(head.len())))
    }

    /// The last place where a long sentence may be parted: a quiet one, and none that a match of the tenant's own patterns
    /// reaches over.
    fn place_to_part(&self, head: &str) -> Option<usize> {
        let matches = self.masker.own_matches(head);
        let farthest = head.len().saturating_sub(self.masker.longest_own_match());
        let free = |place: usize| {
            let before = matches.partition_point(|own| own.start < place);
            before.checked_sub(1).and_then(|last| matches.get(last)).is_none_or(|own| own.end <= place)
        };
        quiet_places(head).filter(|&place| place <= farthest && free(place)).last()
    }

    fn release(&mut self, part: Part, out: &mut Masked<'static>) {
        let (Part::Masked(end) | Part::Dense(end) | Part::DenseEnd(end)) = part;
        let rest = self.held.split_off(end);
        let text = std::mem::replace(&mut self.held, rest);
        let length = clamp(text.chars().count());
        self.dense = matches!(part, Part::Dense(_));
        if let Part::Masked(_) = part {
            let before: Vec<&str> = self.before.iter().map(String::as_str).collect();
            let earlier = Earlier { turns: &before, trail: &self.trail };
            let masked = self.masker.mask_with(&text, self.purpose, earlier, &mut |_, _| None);
            let sent = clamp(out.text.len());
            out.spans.extend(masked.spans.into_iter().map(|span| MaskSpan {
                start: span.start.saturating_add(sent),
                end: span.end.saturating_add(sent),
                ..span
            }));
            out.text.to_mut().push_str(&masked.text);
            out.findings.extend(masked.findings.into_iter().map(|finding| Finding {
                start: finding.start.saturating_add(self.at),
                end: finding.end.saturating_add(self.at),
                ..finding
            }));
        } else {
            let sent = clamp(out.text.len());
            out.text.to_mut().push_str("****");
            out.spans.push(MaskSpan { kind: Kind::Account, start: sent, end: clamp(out.text.len()) });
            let (start, end) = (self.at, self.at.saturating_add(length));
            let why = Cow::Borrowed("no_place_to_part");
            out.findings.push(Finding { kind: Kind::Account, start, end, why });
        }
        self.at = self.at.saturating_add(length);
        self.trail.push_str(&text);
        self.trail.drain(..self.trail.floor_char_boundary(self.trail.len().saturating_sub(MOST_TRAIL)));
    }
}

/// A part of the held text that goes out, by its end in bytes.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A sentence, or a part of a long one that ends far from any digit.
    Masked(usize),
    /// Too much without such a place; what follows may go on with it.
    Dense(usize),
    /// What goes on with it, up to such a place.
    DenseEnd(usize),
}

impl std::fmt::Debug for MaskStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MaskStream").field("held_bytes", &self.held.len()).finish_non_exhaustive()
    }
}

/// Where the first sentence of `text` ends, behind its mark: letters before, white space and a letter behind.
fn sentence_end(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let (at, mark) =
            each(rest.char_indices()).find(|(_, c)| matches!(c, '.' | '!' | '?' | '。' | '！' | '？'))?;
        let end = from + at + mark.len_utf8();
        let before = text.get(..from + at)?;
        // "St." and "no." are followed by what they name.
        let word = before.chars().rev().take(5).take_while(|c| c.is_alphabetic()).count() == 5;
        let behind = text.get(end..)?;
        let next = behind.trim_start();
        took(behind.len() - next.len());
        let apart = next.len() < behind.len() || !mark.is_ascii();
        if word && apart && next.chars().next().is_some_and(char::is_alphabetic) {
            return Some(end);
        }
        from = end;
    }
}

/// The places of `text` that are far from anything that masking looks at.
fn quiet_places(text: &str) -> impl Iterator<Item = usize> {
    let characters: Vec<(usize, char)> = each(text.char_indices()).collect();
    let quiet = |c: char| fold(c).is_some_and(|b| !matches!(b, b'0'..=b'9' | b'@' | b'*' | b'[' | b']'));
    let mut run = 0;
    (0..characters.len()).filter_map(move |number| {
        let &(_, c) = characters.get(number)?;
        run = if quiet(c) { run + 1 } else { 0 };
        let place = characters.get((number + 1).checked_sub(QUIET)?)?;
        (run >= 2 * QUIET).then_some(place.0)
    })
}
