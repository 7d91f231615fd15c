//! How much of the labelled corpus is found, and how much that is clean is altered.

use std::collections::BTreeMap;

use crate::masking::{Masker, Purpose};
use crate::testkit::corpus::{HeldOut, Labelled, corpus, held_out};

/// Messages of the corpus. The same ones in every run.
const MESSAGES: usize = 50_000;

/// Labels and findings of a kind: both, label only, finding only.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    hit: u32,
    missed: u32,
    extra: u32,
}

impl Count {
    fn precision(self) -> f64 {
        f64::from(self.hit) / f64::from((self.hit + self.extra).max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.hit) / f64::from((self.hit + self.missed).max(1))
    }

    fn f1(self) -> f64 {
        f64::from(2 * self.hit) / f64::from((2 * self.hit + self.missed + self.extra).max(1))
    }
}

/// Masks every message. A finding counts where kind, start and end are those of a label; anything else is a label
/// missed and a finding too many.
fn measure(messages: &[Labelled]) -> (BTreeMap<String, Count>, u32, u32) {
    let masker = Masker::default();
    let verbose = std::env::var_os("SUPPORT_VERBOSE").is_some();
    let (mut kinds, mut clean, mut altered) = (BTreeMap::<String, Count>::new(), 0, 0);
    for message in messages {
        let masked = masker.mask(&message.text, Purpose::Preview, &message.before);
        let is = |label: &crate::testkit::corpus::Label, finding: &crate::masking::Finding| {
            (&label.kind, label.start, label.end) == (&finding.kind, finding.start, finding.end)
        };
        let mut wrong = false;
        for label in &message.labels {
            let found = masked.findings.iter().any(|finding| is(label, finding));
            let count = kinds.entry(label.kind.to_string()).or_default();
            *if found { &mut count.hit } else { &mut count.missed } += 1;
            wrong |= !found;
        }
        for finding in &masked.findings {
            if !message.labels.iter().any(|label| is(label, finding)) {
                kinds.entry(finding.kind.to_string()).or_default().extra += 1;
                wrong = true;
            }
        }
        if message.labels.is_empty() {
            clean += 1;
            altered += u32::from(!masked.findings.is_empty());
        }
        if wrong && verbose {
            eprintln!(
                "{}: {:?} expected {:?}, found {:?} in {:?}",
                message.family, message.before, message.labels, masked.findings, message.text
            );
        }
    }
    (kinds, clean, altered)
}

/// Prints the figures of each kind and answers those of all.
fn report(messages: &[Labelled]) -> (BTreeMap<String, Count>, Count, u32, u32) {
    let (kinds, clean, altered) = measure(messages);
    let mut all = Count::default();
    for (kind, count) in &kinds {
        all.hit += count.hit;
        all.missed += count.missed;
        all.extra += count.extra;
        eprintln!(
            "{kind}: precision {:.4} recall {:.4} F1 {:.4} {count:?}",
            count.precision(),
            count.recall(),
            count.f1()
        );
    }
    eprintln!(
        "all: precision {:.4} recall {:.4} F1 {:.4}; {altered} of {clean} clean messages altered",
        all.precision(),
        all.recall(),
        all.f1()
    );
    (kinds, all, clean, altered)
}

#[test]
fn the_corpus_is_masked_and_clean_messages_stay() {
    let (kinds, all, clean, altered) = report(&corpus(0x5EED, MESSAGES));
    assert!(all.f1() >= 0.998, "F1 {}", all.f1());
    assert!(kinds.values().all(|count| count.f1() >= 0.97), "{kinds:?}");
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}

#[test]
fn the_first_held_out_set_is_masked_and_clean_messages_stay() {
    let (_, all, clean, altered) = report(&held_out(HeldOut::First, 0xA11CE, MESSAGES));
    assert!(all.f1() >= 0.99, "F1 {}", all.f1());
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}

#[test]
fn the_second_held_out_set_is_masked_and_clean_messages_stay() {
    let (_, all, clean, altered) = report(&held_out(HeldOut::Second, 0xB0B, MESSAGES));
    assert!(all.f1() >= 0.99, "F1 {}", all.f1());
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}

#[test]
fn the_third_held_out_set_is_masked_and_clean_messages_stay() {
    let (_, all, clean, altered) = report(&held_out(HeldOut::Third, 0xCAFE, MESSAGES));
    assert!(all.f1() >= 0.99, "F1 {}", all.f1());
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}

#[test]
fn the_fourth_held_out_set_is_masked_and_clean_messages_stay() {
    let (_, all, clean, altered) = report(&held_out(HeldOut::Fourth, 0xD1CE, MESSAGES));
    assert!(all.f1() >= 0.99, "F1 {}", all.f1());
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}

#[test]
fn the_fifth_held_out_set_is_masked_and_clean_messages_stay() {
    let (_, all, clean, altered) = report(&held_out(HeldOut::Fifth, 0xF1F7, MESSAGES));
    assert!(all.f1() >= 0.99, "F1 {}", all.f1());
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}
