//! A labelled corpus of messages to a support desk, made from a seed: what masking is measured on.
//!
//! Three messages in five are talk without a digit, one in ten holds personal data, and the others hold what looks like
//! it and is none: dates, order and tracking numbers, IMEIs, prices, versions, time stamps, card numbers that fail
//! their check digit. Numbers are written as people write them: in groups of all kinds, over line breaks, with digits
//! and spaces of other scripts and invisible characters. The lists were written from what people send to support, not
//! from what the detectors look for; a form that is missing belongs here first.
//!
//! ```
//! use support_core::testkit::corpus::corpus;
//!
//! let messages = corpus(1, 1_000);
//! let personal = messages.iter().filter(|message| !message.labels.is_empty()).count();
//! assert!((80..120).contains(&personal));
//! assert_eq!(messages[7].text, corpus(1, 1_000)[7].text);
//! ```

mod cards;
mod held_out;
mod lookalikes;
mod numbers;
mod personal;
mod talk;

use crate::masking::Kind;

pub use self::held_out::{HeldOut, held_out};

use super::Dice;

/// A message of the corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelled {
    /// What was written.
    pub text: String,
    /// The turns before it, oldest first.
    pub before: Vec<&'static str>,
    /// What is personal in it, in order and without overlap.
    pub labels: Vec<Label>,
    /// The family that it was made by, for reports.
    pub family: &'static str,
}

/// A piece of personal data in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is.
    pub kind: Kind,
    /// Its first character (Unicode scalar values of the text).
    pub start: u32,
    /// The character after its last.
    pub end: u32,
}

/// Writes `count` messages, the same ones for one seed.
#[must_use]
pub fn corpus(seed: u64, count: usize) -> Vec<Labelled> {
    let mut dice = Dice::new(seed);
    (0..count)
        .map(|_| match dice.below(10) {
            0 => among_talk(&mut dice, personal::message),
            1..=3 => among_talk(&mut dice, lookalikes::message),
            _ => talk(&mut dice),
        })
        .collect()
}

fn talk(dice: &mut Dice) -> Labelled {
    let mut message = Labelled { family: "talk", ..Labelled::default() };
    let sentences = 1 + dice.below(8);
    message.write(&talk::some(dice, sentences));
    message
}

/// Puts talk before and after what `core` writes, but for answers: they stand alone or with a word or two.
fn among_talk(dice: &mut Dice, core: fn(&mut Dice, &mut Labelled)) -> Labelled {
    let mut middle = Labelled::default();
    core(dice, &mut middle);
    if !middle.before.is_empty() {
        return middle;
    }
    let mut message = Labelled { family: middle.family, ..Labelled::default() };
    let (lead, trail) = match dice.below(8) {
        0 => (0, 0),
        1 => (0, 1 + dice.below(4)),
        2 | 3 => (1 + dice.below(4), 0),
        _ => (1 + dice.below(3), 1 + dice.below(3)),
    };
    let style = dice.below(5);
    if lead > 0 {
        message.write(&talk::some(dice, lead));
        message.write(if style == 0 { "\n" } else { " " });
    }
    message.append(&middle);
    if trail > 0 {
        let ended = message.text.ends_with(['.', '!', '?', '\n']);
        message.write(match style {
            0 => "\n",
            _ if ended => " ",
            1 => ", ",
            _ => ". ",
        });
        message.write(&talk::some(dice, trail));
    }
    message
}

impl Labelled {
    fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn label(&mut self, kind: Kind, data: &str) {
        let start = characters(&self.text);
        self.text.push_str(data);
        self.labels.push(Label { kind, start, end: characters(&self.text) });
    }

    /// Writes `carrier` with `data` in place of its `{}`.
    fn carry(&mut self, carrier: &str, kind: Kind, data: &str) {
        let (head, tail) = carrier.split_once("{}").unwrap();
        self.write(head);
        self.label(kind, data);
        self.write(tail);
    }

    fn append(&mut self, other: &Self) {
        let shift = characters(&self.text);
        self.text.push_str(&other.text);
        let moved =
            |label: &Label| Label { start: label.start + shift, end: label.end + shift, ..label.clone() };
        self.labels.extend(other.labels.iter().map(moved));
    }
}

fn characters(text: &str) -> u32 {
    text.chars().count() as u32
}
