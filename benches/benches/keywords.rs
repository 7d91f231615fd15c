//! Keyword rules over messages.
//!
//! Beside it: each message in lower case, and each keyword sought in it. That finds parts of words too, so the keywords
//! here are none.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use support_benches::{Chance, VOCABULARY, chat, quick};
use support_core::id::DocumentId;
use support_core::scoring::keywords::{KeywordIndex, KeywordRule, RuleKind};
use uuid::Uuid;

const RULES: usize = 100;
const KEYWORDS: usize = 10;

fn main() {
    let mut criterion = quick();
    let rules = rules();
    let index = KeywordIndex::compile(&rules).unwrap();
    let texts = chat(5, 200);
    let mut found = 0;
    for text in &texts {
        let ours: Vec<DocumentId> = index.matches(&[text]).iter().map(|found| found.rule).collect();
        assert_eq!(sought(&rules, text), ours, "{text}");
        found += ours.len();
    }
    assert!(found > 0, "no rule matched anything");
    compare(&mut criterion, &rules, &index, &texts);
    criterion.final_summary();
}

fn compare(criterion: &mut Criterion, rules: &[KeywordRule], index: &KeywordIndex, texts: &[String]) {
    let mut group = criterion.benchmark_group(format!("{} keywords", RULES * KEYWORDS));
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("index", |b| {
        b.iter(|| texts.iter().map(|text| index.matches(&[black_box(text)]).len()).sum::<usize>());
    });
    group.bench_function("baseline: contains", |b| {
        b.iter(|| texts.iter().map(|text| sought(rules, black_box(text)).len()).sum::<usize>());
    });
    group.finish();
}

fn sought(rules: &[KeywordRule], text: &str) -> Vec<DocumentId> {
    let text = text.to_lowercase();
    let matches = |rule: &&KeywordRule| rule.keywords.iter().any(|keyword| text.contains(keyword));
    rules.iter().filter(matches).map(|rule| rule.id).collect()
}

/// One rule in ten has a word that people use; all other words are made up, of seven letters.
fn rules() -> Vec<KeywordRule> {
    let mut chance = Chance::new(8);
    let mut used = VOCABULARY.iter().filter(|word| word.is_ascii());
    (0..RULES)
        .map(|number| {
            let mut keywords: Vec<String> = (1..KEYWORDS).map(|_| made_up(&mut chance)).collect();
            let word = if number % 10 == 0 { used.next().map(|word| (*word).to_owned()) } else { None };
            keywords.push(word.unwrap_or_else(|| made_up(&mut chance)));
            KeywordRule {
                id: DocumentId::from_uuid(Uuid::from_u128(number as u128)),
                kind: RuleKind::Custom,
                name: format!("Rule {number}"),
                keywords,
                condition: None,
                boost_amount: 10.0,
                alert: false,
                active: true,
            }
        })
        .collect()
}

/// Writes what begins as no word in the texts does.
fn made_up(chance: &mut Chance) -> String {
    let (vowels, consonants) = (b"aeiou", b"bdfgklmnprstvz");
    let mut word = String::from("x");
    for _ in 0..3 {
        word.push(char::from(*chance.pick(vowels)));
        word.push(char::from(*chance.pick(consonants)));
    }
    word
}
