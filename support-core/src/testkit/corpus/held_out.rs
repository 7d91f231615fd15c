//! A second labelled corpus, which the detectors were not written against.
//!
//! Its templates come from what the detectors are for and from how people write in recorded support conversations,
//! not from the detectors and not from [`super::corpus`]: other sentences, separators, neighbours and lookalikes. Its
//! sets share no sentence. Each measured once what mending by those before it was worth for forms that nobody mended by;
//! detectors were mended by each since. Whoever wants such a figure again must write a sixth.
//!
//! The mix is that of [`super::corpus`]: one message in ten with personal data, three with lookalikes, six of talk.

mod fifth;
mod fifth_slots;
mod first;
mod fourth;
mod second;
mod slots;
mod third;

use self::slots::Slot;
use super::Labelled;
use crate::testkit::Dice;

/// A set of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldOut {
    /// The set that detectors may be mended by.
    First,
    /// The set that measured what mending by the first was worth, and that detectors may be mended by since.
    Second,
    /// The set that measured what mending by the first two was worth, and that detectors may be mended by since.
    Third,
    /// The set that measured what mending by the first three was worth, and that detectors may be mended by since.
    Fourth,
    /// The set that measured what mending by the first four was worth, and that detectors may be mended by since.
    Fifth,
}

/// A message with `{slots}`, after the turns before it.
type Turn = (&'static [&'static str], &'static str);

/// What a set is made of.
struct Templates {
    personal: &'static [&'static str],
    answers: &'static [Turn],
    lookalikes: &'static [&'static str],
    /// Turns that ask for something, and answers that hold nothing personal.
    innocent_answers: &'static [Turn],
    talk: &'static [&'static str],
}

/// Writes `count` messages of a set, the same ones for one seed.
#[must_use]
pub fn held_out(set: HeldOut, seed: u64, count: usize) -> Vec<Labelled> {
    let templates = match set {
        HeldOut::First => &first::TEMPLATES,
        HeldOut::Second => &second::TEMPLATES,
        HeldOut::Third => &third::TEMPLATES,
        HeldOut::Fourth => &fourth::TEMPLATES,
        HeldOut::Fifth => &fifth::TEMPLATES,
    };
    let mut dice = Dice::new(seed);
    (0..count).map(|_| message(&mut dice, set, templates)).collect()
}

fn message(dice: &mut Dice, set: HeldOut, templates: &Templates) -> Labelled {
    let (family, (before, template)) = match dice.below(10) {
        0 if dice.one_in(4) => ("held out, answer", *dice.pick(templates.answers)),
        0 => ("held out, personal", (&[][..], *dice.pick(templates.personal))),
        1..=3 if dice.one_in(8) => ("held out, innocent answer", *dice.pick(templates.innocent_answers)),
        1..=3 => ("held out, lookalike", (&[][..], *dice.pick(templates.lookalikes))),
        _ => ("held out, talk", (&[][..], "")),
    };
    let mut message = Labelled { family, before: before.to_vec(), ..Labelled::default() };
    if !before.is_empty() {
        fill(dice, set, &mut message, template);
        return message;
    }
    let (lead, trail) = match (template.is_empty(), dice.below(6)) {
        (true, _) => (1 + dice.below(6), 0),
        (false, 0 | 1) => (0, 0),
        (false, 2) => (1 + dice.below(3), 0),
        (false, 3) => (0, 1 + dice.below(3)),
        (false, _) => (1 + dice.below(2), 1 + dice.below(2)),
    };
    let gap = *dice.pick(&[" ", " ", " ", "\n", "\n\n"]);
    for _ in 0..lead {
        let said: &&str = dice.pick(templates.talk);
        message.write(said);
        message.write(gap);
    }
    fill(dice, set, &mut message, template);
    for _ in 0..trail {
        message.write(if message.text.ends_with(['.', '?', '!', '\n']) { gap } else { ". " });
        let said: &&str = dice.pick(templates.talk);
        message.write(said);
    }
    message
}

/// Writes `template` with a value in place of each slot, and labels those that are personal.
fn fill(dice: &mut Dice, set: HeldOut, message: &mut Labelled, template: &str) {
    let mut rest = template;
    while let Some((head, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}').unwrap();
        message.write(head);
        match slots::write(dice, set, name) {
            Slot::Personal(kind, value) => message.label(kind, &value),
            Slot::Other(value) => message.write(&value),
        }
        rest = tail;
    }
    message.write(rest);
}
