//! Masking of what people really typed.
//!
//! The data sets are read from the directory `SUPPORT_DATA`, else from `shared/data` beside the project. These tests are
//! ignored unless asked for: `cargo xtask test` asks for them where the data is there, and names them where it is not.
//! Nothing of the data is repeated here.

use std::path::PathBuf;

use crate::masking::{Finding, Masker, Purpose};

/// A customer's turn and, for each of its words, the label that an annotator gave it.
struct Turn {
    conversation: String,
    text: String,
    labels: Vec<String>,
}

fn read(file: &str) -> String {
    let directory = std::env::var_os("SUPPORT_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let path = directory.join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn multidogo(file: &str) -> Vec<Turn> {
    read(file).lines().skip(1).filter_map(turn).collect()
}

fn turn(line: &str) -> Option<Turn> {
    let mut columns = line.split('\t');
    let conversation = columns.next()?.to_owned();
    let text = columns.nth(2)?.to_owned();
    let labels = columns.next()?.split(' ').map(str::to_owned).collect();
    Some(Turn { conversation, text, labels })
}

const IDENTIFIERS: [&str; 4] = ["ssn", "card_number", "account_number", "target_account_number"];

/// Labelled and masked words: both, labelled only, masked only.
#[derive(Debug, Default)]
struct Score {
    hit: u32,
    missed: u32,
    extra: u32,
}

impl Score {
    fn recall(&self) -> f64 {
        f64::from(self.hit) / f64::from(self.hit + self.missed).max(1.0)
    }

    fn precision(&self) -> f64 {
        f64::from(self.hit) / f64::from(self.hit + self.extra).max(1.0)
    }

    /// Counts labels of words with four digits or more; a masked word without any such label is an extra one.
    fn add(&mut self, turn: &Turn, findings: &[Finding], verbose: bool) {
        let mut at = 0;
        for (word, label) in turn.text.split(' ').zip(&turn.labels) {
            let end = at + u32::try_from(word.chars().count()).unwrap();
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let masked = findings.iter().any(|finding| finding.start < end && at < finding.end);
            let labelled = IDENTIFIERS.contains(&label.as_str());
            match (labelled, masked) {
                (true, true) if digits >= 4 => self.hit += 1,
                (true, false) if digits >= 4 => {
                    self.missed += 1;
                    if verbose {
                        eprintln!("missed {label}: {}", turn.text);
                    }
                }
                (false, true) => {
                    self.extra += 1;
                    if verbose {
                        eprintln!("extra {findings:?}: {}", turn.text);
                    }
                }
                _ => {}
            }
            at = end + 1;
        }
    }
}

/// Masks every turn; `before` makes the turns before it, from the conversation so far and the turn's own labels.
fn score(
    turns: &[Turn],
    before: impl Fn(&[&str], &Turn) -> Vec<String>,
    counts: impl Fn(&Turn) -> bool,
) -> Score {
    let masker = Masker::default();
    let verbose = std::env::var_os("SUPPORT_VERBOSE").is_some();
    let mut score = Score::default();
    let mut so_far: Vec<&str> = Vec::new();
    let mut conversation = "";
    for turn in turns {
        if turn.conversation != conversation {
            conversation = &turn.conversation;
            so_far.clear();
        }
        if counts(turn) {
            let before = before(&so_far, turn);
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let masked = masker.mask(&turn.text, Purpose::Storage, &before);
            score.add(turn, &masked.findings, verbose);
        }
        so_far.push(&turn.text);
    }
    score
}

fn own_words(so_far: &[&str], _: &Turn) -> Vec<String> {
    so_far.iter().map(|&text| text.to_owned()).collect()
}

/// The data lacks the agents' turns, so each request is restored from what the answer was labelled as.
fn with_request(_: &[&str], turn: &Turn) -> Vec<String> {
    let asks = |label: &str| turn.labels.iter().any(|l| l == label);
    let mut things = Vec::new();
    for (label, thing) in [
        ("name", "your name"),
        ("ssn", "the last four digits of your SSN"),
        ("card_number", "your card number"),
        ("account_number", "your account number"),
        ("target_account_number", "the account number to transfer to"),
        ("address", "your address"),
        ("charge_amount", "the amount of the charge"),
        ("transferamount", "the amount to transfer"),
        ("charge_date", "the date of the charge"),
        ("lastuseddate", "the date of last use"),
    ] {
        if asks(label) {
            things.push(thing);
        }
    }
    if things.is_empty() { Vec::new() } else { vec![format!("Could you give me {}?", things.join(" and "))] }
}

#[test]
#[ignore = "reads recorded conversations from SUPPORT_DATA"]
fn identifiers_in_real_bank_conversations_are_masked() {
    let turns = multidogo("multidogo-finance.tsv");
    let named = |turn: &Turn| {
        let text = turn.text.to_lowercase();
        ["ssn", "social", "account", "acct", " ac "].iter().any(|word| text.contains(word))
    };
    let own = score(&turns, own_words, |_| true);
    let own_named = score(&turns, own_words, named);
    let asked = score(&turns, with_request, |_| true);
    for (what, score) in
        [("own words", &own), ("own words, named", &own_named), ("with the agent's request", &asked)]
    {
        eprintln!("{what}: recall {:.4} precision {:.4} {score:?}", score.recall(), score.precision());
    }
    // Bare numbers make up most of the labels; without the agent's request nobody could tell what they are. Most
    // extra findings are identifiers that the annotators overlooked.
    assert!(own.recall() >= 0.25 && own.precision() >= 0.94);
    assert!(own_named.recall() >= 0.72 && own_named.precision() >= 0.95);
    assert!(asked.recall() >= 0.96 && asked.precision() >= 0.96);
}

#[test]
#[ignore = "reads recorded conversations from SUPPORT_DATA"]
fn real_questions_without_identifiers_stay() {
    let masker = Masker::default();
    let turns = multidogo("multidogo-airline.tsv");
    let altered: Vec<_> = turns
        .iter()
        .filter(|turn| !masker.mask(&turn.text, Purpose::Storage, &[]).findings.is_empty())
        .collect();
    if std::env::var_os("SUPPORT_VERBOSE").is_some() {
        altered.iter().for_each(|turn| eprintln!("airline: {}", turn.text));
    }
    eprintln!("airline: {} of {} altered", altered.len(), turns.len());
    assert!(altered.len() <= 3);

    let questions = read("banking77.csv");
    let altered = questions
        .lines()
        .filter(|line| !masker.mask(line, Purpose::Preview, &[]).findings.is_empty())
        .count();
    eprintln!("banking77: {altered} of {} altered", questions.lines().count());
    assert_eq!(altered, 0);
}
