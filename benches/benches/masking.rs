//! Masking, in bytes a second: the labelled corpus, whose messages have some 200 bytes and of which one in ten holds a
//! finding; chat that is dense with numbers; chat without; nothing but numbers; and how it grows with the length of a
//! text, ordinary and hostile.
//!
//! Beside it: the raw patterns of the preset `strict` as regular expressions, once as one expression and once as a set
//! that says which of four have to be run. `default` validates what it finds and knows the words around it, which no
//! such pattern does.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, SamplingMode, Throughput};
use regex::{Regex, RegexSet};
use support_benches::{chat, clean, digits, finance, quick};
use support_core::masking::{Kind, Masker, MaskingSpec, Preset, Purpose};
use support_core::testkit::corpus::corpus;

/// Card, SSN, account and PIN, in the order in which they are tried.
const RAW: [&str; 4] = [
    r"\b\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{4}\b",
    // Without areas, groups and serials that nobody has, as the preset: there is no look-around to say it shorter.
    concat!(
        r"\b(?:00[1-9]|0[1-9]\d|[1-57-8]\d{2}|6[0-57-9]\d|66[0-57-9])",
        r"-(?:0[1-9]|[1-9]\d)-(?:000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})\b",
    ),
    r"\b\d{10,20}\b",
    r"\b\d{4,6}\b",
];

fn main() {
    let mut criterion = quick();
    let desk: Vec<String> = corpus(4, 10_000).into_iter().map(|message| message.text).collect();
    texts(&mut criterion, "chat", &desk);
    texts(&mut criterion, "dense chat", &chat(5, 2_000));
    texts(&mut criterion, "clean", &clean(6, 2_000));
    texts(&mut criterion, "digits", &digits(7, 2_000));
    if let Some(finance) = finance() {
        texts(&mut criterion, "multidogo finance", &finance);
    }
    growth(&mut criterion, "corpus", &desk.join("\n"));
    for piece in ["4111 ", "1 ", "pin 1", "a@", "1\u{200b}"] {
        growth(&mut criterion, &format!("{piece:?}"), &piece.repeat(200_000 / piece.len()));
    }
    criterion.final_summary();
}

fn texts(criterion: &mut Criterion, name: &str, texts: &[String]) {
    let default = Masker::default();
    let detectors = vec![Kind::Card, Kind::Ssn, Kind::Account, Kind::Pin];
    let spec = MaskingSpec { preset: Preset::Strict, detectors: Some(detectors), ..MaskingSpec::default() };
    let strict = Masker::new(&spec).unwrap();
    let one = Regex::new(&RAW.join("|")).unwrap();
    let (set, each) = (RegexSet::new(RAW).unwrap(), RAW.map(|raw| Regex::new(raw).unwrap()));
    for text in texts {
        let masked = strict.mask(text, Purpose::Storage, &[]).text;
        // The patterns do not see through digits of other scripts and invisible characters.
        if !text.is_ascii() {
            continue;
        }
        // Without printing them: these may be what people really typed.
        assert!(one.replace_all(text, "****") == masked, "one expression masks as the preset");
        assert!(by_set(&set, &each, text) == masked, "a set masks as the preset");
        if name == "clean" {
            assert_eq!(default.mask(text, Purpose::Storage, &[]).text, *text);
        }
    }
    let mut group = criterion.benchmark_group(format!("mask {name}"));
    group
        .sampling_mode(SamplingMode::Flat)
        .throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    let over = |mask: &dyn Fn(&str) -> usize| texts.iter().map(|text| mask(black_box(text))).sum::<usize>();
    group.bench_function("default", |b| {
        b.iter(|| over(&|text| default.mask(text, Purpose::Storage, &[]).text.len()));
    });
    group.bench_function("strict", |b| {
        b.iter(|| over(&|text| strict.mask(text, Purpose::Storage, &[]).text.len()));
    });
    group.bench_function("baseline: one expression", |b| {
        b.iter(|| over(&|text| one.replace_all(text, "****").len()));
    });
    group.bench_function("baseline: a set of four", |b| {
        b.iter(|| over(&|text| by_set(&set, &each, text).len()))
    });
    group.finish();
}

/// Masks the beginning of one text, in three lengths.
fn growth(criterion: &mut Criterion, name: &str, text: &str) {
    let masker = Masker::default();
    let mut group = criterion.benchmark_group(format!("mask growing {name}"));
    for length in [2_000, 20_000, 200_000] {
        let head = text.get(..text.floor_char_boundary(length)).unwrap();
        group.throughput(Throughput::Bytes(head.len() as u64));
        group.bench_function(length.to_string(), |b| {
            b.iter(|| masker.mask(black_box(head), Purpose::Storage, &["What is your PIN?"]).text.len());
        });
    }
    group.finish();
}

/// Runs those of the expressions that match somewhere, one after the other.
fn by_set<'t>(set: &RegexSet, each: &[Regex], text: &'t str) -> Cow<'t, str> {
    let mut masked = Cow::Borrowed(text);
    for number in set.matches(text) {
        if let Some(raw) = each.get(number) {
            masked = Cow::Owned(raw.replace_all(&masked, "****").into_owned());
        }
    }
    masked
}
