//! An example of what a pattern asks for: whether anybody can answer the question at all.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use crate::text::is_blank;

use super::step::compiled;
use super::{Answer, AnswerKind, Question};

/// How many lengths are looked at of a part of a pattern: the shortest ones.
const LENGTHS: usize = 64;
/// Most steps that all patterns of a journey take: a step joins some 64 bytes.
pub(super) const STEP_LIMIT: usize = 1_000_000;

/// Tells whether a question can be answered, as far as that can be told. Only what a pattern asks for can be impossible.
///
/// Examples are made of the pattern's parts, short ones of many lengths and a long one, and checked as answers are. Where
/// it depends on its neighbours which part fits (`\b` beside a class), where there are more lengths than are looked at, or
/// more to do than the `steps` that are left of [`STEP_LIMIT`], the question counts as answerable.
pub(super) fn is_answerable(question: &Question, steps: &mut usize) -> bool {
    let AnswerKind::Text { min_length, max_length, pattern: Some(pattern) } = &question.answer else {
        return true;
    };
    let (Ok(regex), Ok(hir)) = (compiled(pattern), regex_syntax::parse(pattern)) else { return true };
    let fits = |text: String| question.accept(Some(&Answer::Text(text)), Some(&regex)).is_ok();
    let ways = match hir.kind() {
        HirKind::Alternation(ways) => ways.as_slice(),
        _ => std::slice::from_ref(&hir),
    };
    ways.iter().any(|way| {
        let hir = picked(way, steps);
        let gave_up = *steps == 0 || depends(way);
        let mut maker = Maker { most: *max_length as usize, steps: &mut *steps, gave_up };
        let shortest = maker.examples(&hir);
        let least = shortest.keys().next().copied().unwrap_or_default();
        maker.gave_up
            || shortest.into_values().any(fits)
            || fits(long(&hir, &mut (*min_length as usize).saturating_sub(least)))
    })
}

/// Tells whether what stands beside a part decides which of several texts of one length fits there.
fn depends(hir: &Hir) -> bool {
    let looks = hir.properties().look_set();
    let of_lines = looks.contains_anchor_line();
    if looks.contains_word() || of_lines {
        return has_choice(hir);
    }
    !looks.is_empty()
        && match hir.kind() {
            HirKind::Alternation(_) | HirKind::Repetition(_) => true,
            HirKind::Capture(capture) => depends(&capture.sub),
            HirKind::Concat(parts) => parts.iter().any(depends),
            HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        }
}

/// Tells whether more than one text is of the form.
fn has_choice(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => false,
        HirKind::Class(_) | HirKind::Alternation(_) | HirKind::Repetition(_) => true,
        HirKind::Capture(capture) => has_choice(&capture.sub),
        HirKind::Concat(parts) => parts.iter().any(has_choice),
    }
}

/// Examples by their length in characters.
type Examples = BTreeMap<usize, String>;

struct Maker<'s> {
    /// Longest example that is of use, in characters.
    most: usize,
    steps: &'s mut usize,
    /// Whether there is more than was looked at.
    gave_up: bool,
}

impl Maker<'_> {
    /// Makes an example of each of the shortest lengths that a pattern can have.
    fn examples(&mut self, hir: &Hir) -> Examples {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => one(String::new()),
            HirKind::Literal(literal) => one(String::from_utf8_lossy(&literal.0).into_owned()),
            HirKind::Class(class) => any_of(class, self.steps).map(String::from).map(one).unwrap_or_default(),
            HirKind::Capture(capture) => self.examples(&capture.sub),
            HirKind::Concat(parts) => parts.iter().fold(one(String::new()), |before, part| {
                let part = self.examples(part);
                self.joined(&before, &part)
            }),
            HirKind::Alternation(ways) => ways.iter().fold(Examples::new(), |mut all, way| {
                self.examples(way).into_values().for_each(|text| self.keep(&mut all, text));
                all
            }),
            HirKind::Repetition(repetition) => self.repeated(repetition),
        }
    }

    fn repeated(&mut self, repetition: &Repetition) -> Examples {
        let part = self.examples(&repetition.sub);
        let mut all = Examples::new();
        let mut times = one(String::new());
        let most = repetition.max.unwrap_or(u32::MAX);
        for count in 0..=most {
            if count >= repetition.min {
                times.values().for_each(|text| self.keep(&mut all, text.clone()));
            }
            let next = self.joined(&times, &part);
            // All that is more would be too long.
            if next.is_empty() {
                break;
            }
            // More times add nothing.
            if next == times {
                times.values().for_each(|text| self.keep(&mut all, text.clone()));
                break;
            }
            if all.len() >= LENGTHS {
                self.gave_up = true;
                break;
            }
            times = next;
        }
        all
    }

    /// Joins each example with each, as far as they are of use.
    fn joined(&mut self, before: &Examples, after: &Examples) -> Examples {
        let mut all = Examples::new();
        for (length, text) in before {
            for (more, behind) in after {
                self.gave_up |= *self.steps == 0;
                if length + more > self.most || *self.steps == 0 {
                    break;
                }
                *self.steps = self.steps.saturating_sub(1 + (text.len() + behind.len()) / 64);
                self.keep(&mut all, [text.as_str(), behind].concat());
            }
        }
        all
    }

    /// Keeps one example of a length, rather one that shows something, and of the shortest lengths.
    fn keep(&mut self, all: &mut Examples, text: String) {
        let kept = all.entry(text.chars().count()).or_default();
        if is_blank(kept) || kept.contains('\0') {
            *kept = text;
        }
        if all.len() > LENGTHS {
            self.gave_up = true;
            all.pop_last();
        }
    }
}

fn one(text: String) -> Examples {
    Examples::from([(text.chars().count(), text)])
}

/// Puts a character of each class in its place. What is looked at is taken from `steps`.
fn picked(hir: &Hir, steps: &mut usize) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => hir.clone(),
        HirKind::Class(class) => match any_of(class, steps) {
            Some(c) => Hir::literal(String::from(c).into_bytes()),
            None => Hir::fail(),
        },
        HirKind::Capture(capture) => picked(&capture.sub, steps),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| picked(part, steps)).collect()),
        HirKind::Alternation(ways) => Hir::alternation(ways.iter().map(|way| picked(way, steps)).collect()),
        HirKind::Repetition(repetition) => {
            let Repetition { min, max, greedy, sub } = repetition;
            let sub = Box::new(picked(sub, steps));
            Hir::repetition(Repetition { min: *min, max: *max, greedy: *greedy, sub })
        }
    }
}

/// Returns a character of a class: rather a letter or a digit, else one that shows something, else one that an answer
/// may hold.
fn any_of(class: &Class, steps: &mut usize) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let holds = |c: &char| ranges.iter().any(|(first, last)| (first..=last).contains(&c));
    let all = || ranges.iter().flat_map(|(first, last)| *first..=*last);
    let usual = ('a'..='z').chain('0'..='9').chain('A'..='Z').find(holds);
    let mut shows = |c: &char| {
        *steps = steps.saturating_sub(1);
        *steps == 0 || !is_blank(c.encode_utf8(&mut [0; 4]))
    };
    usual.or_else(|| all().find(&mut shows)).or_else(|| all().find(|c| *c != '\0')).or_else(|| all().next())
}

/// Makes a long example: what may be repeated is, until `wanted` more characters stand there than there must.
fn long(hir: &Hir, wanted: &mut usize) -> String {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).into_owned(),
        // What is left of classes is as long as the pattern at most.
        HirKind::Class(class) => any_of(class, &mut usize::MAX.clone()).map(String::from).unwrap_or_default(),
        HirKind::Capture(capture) => long(&capture.sub, wanted),
        HirKind::Concat(parts) => parts.iter().map(|part| long(part, wanted)).collect(),
        HirKind::Alternation(ways) => {
            let longest = ways.iter().max_by_key(|way| way.properties().maximum_len().unwrap_or(usize::MAX));
            longest.map(|way| long(way, wanted)).unwrap_or_default()
        }
        HirKind::Repetition(repetition) => {
            let mut text = String::new();
            for count in 0..repetition.max.unwrap_or(u32::MAX) {
                let must = count < repetition.min;
                if !must && *wanted == 0 {
                    break;
                }
                let before = *wanted;
                let more = long(&repetition.sub, wanted);
                if more.is_empty() {
                    break;
                }
                if !must {
                    // What is repeated within it has been counted.
                    *wanted = before.saturating_sub(more.chars().count()).min(*wanted);
                }
                text.push_str(&more);
            }
            text
        }
    }
}
