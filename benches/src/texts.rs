//! Texts as people write them to support, made from a seed.

use std::path::PathBuf;

use crate::Chance;

/// Plain words of the trade, none of which is a part of another.
pub const VOCABULARY: &[&str] = &[
    "parcel",
    "refund",
    "invoice",
    "delivery",
    "yesterday",
    "please",
    "thanks",
    "account",
    "where",
    "broken",
    "never",
    "arrived",
    "waiting",
    "since",
    "weeks",
    "nobody",
    "answers",
    "phone",
    "customer",
    "service",
    "cancel",
    "address",
    "changed",
    "payment",
    "twice",
    "charged",
    "help",
    "hello",
    "größe",
    "straße",
    "café",
    "schön",
    "wrong",
    "colour",
    "return",
    "label",
    "printed",
    "driver",
    "neighbour",
    "missing",
    "button",
    "screen",
    "login",
    "password",
    "urgent",
];

/// Messages of a chat: words, and now and then a number, an address, or what must not be stored.
#[must_use]
pub fn chat(seed: u64, count: usize) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let message = |_| sentence(&mut chance, 25, 8);
    (0..count).map(message).collect()
}

/// Messages without any number or address.
#[must_use]
pub fn clean(seed: u64, count: usize) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let message = |_| sentence(&mut chance, 25, u64::MAX);
    (0..count).map(message).collect()
}

/// Messages that are mostly numbers, as lists of orders are.
#[must_use]
pub fn digits(seed: u64, count: usize) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let message = |_| sentence(&mut chance, 25, 1);
    (0..count).map(message).collect()
}

/// What customers of a bank typed, from the MultiDoGO data set in the folder `SUPPORT_DATA`, else in `shared/data`
/// beside the project. Nothing where it is absent, and a line that says so.
#[must_use]
pub fn finance() -> Option<Vec<String>> {
    let folder = std::env::var_os("SUPPORT_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("multidogo-finance.tsv")) else {
        eprintln!("SKIPPED: multidogo-finance.tsv is not there; set SUPPORT_DATA");
        return None;
    };
    Some(text.lines().skip(1).filter_map(|line| line.split('\t').nth(3)).map(str::to_owned).collect())
}

/// Strings words together, about one in `rare` of which is a number or an address.
fn sentence(chance: &mut Chance, words: u64, rare: u64) -> String {
    let count = 5 + chance.below(words);
    let mut text = String::new();
    for at in 0..count {
        if at > 0 {
            text.push_str(if chance.once_in(9) { ", " } else { " " });
        }
        if chance.once_in(rare) {
            text.push_str(&particular(chance));
        } else {
            let word: &&str = chance.pick(VOCABULARY);
            text.push_str(word);
        }
    }
    text
}

/// Writes something with digits in it, or an address.
fn particular(chance: &mut Chance) -> String {
    match chance.below(10) {
        0 => format!("order {}", chance.digits(8)),
        1 => format!("2026-0{}-1{}", 1 + chance.below(9), chance.below(10)),
        2 => format!("{}.99", 1 + chance.below(900)),
        3 => format!("card 4111 1111 1111 {}", chance.digits(4)),
        4 => format!("my account number is {}", chance.digits(12)),
        5 => format!("PIN {}", chance.digits(4)),
        // Areas from 100 to 599 are all in use.
        6 => {
            format!("{}{}-1{}-1{}", 1 + chance.below(5), chance.digits(2), chance.digits(1), chance.digits(3))
        }
        7 => format!("ann{}@example.com", chance.digits(2)),
        8 => format!("+49 30 {}", chance.digits(7)),
        _ => chance.digits(3),
    }
}
