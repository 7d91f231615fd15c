//! Keyword rules over messages of the labelled corpus, with 100, 1,000 and 10,000 keywords.
//!
//! Beside it: each message folded, and each keyword sought in it as a whole word.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use support_benches::{Chance, VOCABULARY, quick};
use support_core::id::DocumentId;
use support_core::scoring::keywords::{KeywordIndex, KeywordRule, RuleKind};
use support_core::testkit::corpus::corpus;
use support_core::text::fold;
use uuid::Uuid;

const KEYWORDS: usize = 10;

fn main() {
    let mut criterion = quick();
    let texts: Vec<String> = corpus(5, 2_000).into_iter().map(|message| message.text).collect();
    for count in [10, 100, 1_000] {
        let rules = rules(count);
        let (index, problems) = KeywordIndex::compile(&rules);
        assert!(problems.is_empty());
        let mut found = 0;
        for text in texts.iter().take(200) {
            let ours: Vec<DocumentId> = index.matches(&[text]).iter().map(|found| found.rule).collect();
            assert_eq!(sought(&rules, text), ours, "{text}");
            found += ours.len();
        }
        assert!(found > 0, "no rule matched anything");
        compare(&mut criterion, &rules, &index, &texts);
    }
    criterion.final_summary();
}

fn compare(criterion: &mut Criterion, rules: &[KeywordRule], index: &KeywordIndex, texts: &[String]) {
    let mut group = criterion.benchmark_group(format!("{} keywords", rules.len() * KEYWORDS));
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("index", |b| {
        b.iter(|| texts.iter().map(|text| index.matches(&[black_box(text)]).len()).sum::<usize>());
    });
    let some = texts.get(..100).unwrap();
    group.throughput(Throughput::Bytes(some.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("baseline: find", |b| {
        b.iter(|| some.iter().map(|text| sought(rules, black_box(text)).len()).sum::<usize>());
    });
    group.finish();
}

fn sought(rules: &[KeywordRule], text: &str) -> Vec<DocumentId> {
    let text = fold(text);
    let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let occurs = |keyword: &String| {
        text.match_indices(keyword.as_str()).any(|(at, word)| {
            edge(text.split_at(at).0.chars().next_back())
                && edge(text.split_at(at + word.len()).1.chars().next())
        })
    };
    let matches = |rule: &&KeywordRule| rule.keywords.iter().any(occurs);
    rules.iter().filter(matches).map(|rule| rule.id).collect()
}

/// One rule in ten has a word that people use; all other words are made up, of seven letters, and begin as any word.
fn rules(count: usize) -> Vec<KeywordRule> {
    let mut chance = Chance::new(8);
    let mut used = VOCABULARY.iter().filter(|word| word.is_ascii());
    (0..count)
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

fn made_up(chance: &mut Chance) -> String {
    let (vowels, consonants) = (b"aeiou", b"bdfgklmnprstvz");
    let mut word = String::from(char::from(*chance.pick(consonants)));
    for _ in 0..3 {
        word.push(char::from(*chance.pick(vowels)));
        word.push(char::from(*chance.pick(consonants)));
    }
    word
}
