//! Keyword rules: words in a message that add points or take them away.
//!
//! Rules are compiled once, and every text is read once, however many keywords there are. Case,
//! diacritics and full-width forms make no difference (see [`fold`](fold())). A keyword matches whole words: `urgent`
//! is found in `URGENT!` and not in `insurgents`. A space in a keyword matches any run of white space, line breaks
//! included. Where a script puts no spaces between words, a keyword matches anywhere: 退款 is found in 我要退款吗.
//!
//! Adding up points and limiting them is [`score`](super::score)'s part; what a rule's `alert` causes is left to
//! automation.
//!
//! ```
//! use support_core::id::DocumentId;
//! use support_core::scoring::keywords::{KeywordIndex, KeywordRule, RuleKind};
//! # use uuid::Uuid;
//!
//! let rule = KeywordRule {
//!     id: DocumentId::from_uuid(Uuid::from_u128(1)),
//!     kind: RuleKind::TimeSensitive,
//!     name: "In a hurry".into(),
//!     keywords: vec!["urgent".into(), "as soon as possible".into()],
//!     condition: None,
//!     boost_amount: 40.0,
//!     alert: false,
//!     active: true,
//! };
//! let (index, problems) = KeywordIndex::compile(&[rule]);
//! assert_eq!(problems, []);
//!
//! let matches = index.matches(&["My order", "I need it as\nsoon as  POSSIBLE."]);
//! assert_eq!(matches.len(), 1);
//! assert_eq!((matches[0].keyword, matches[0].points), (1, 40.0));
//! assert!(index.matches(&["insurgents"]).is_empty());
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::automation::Condition;
use crate::id::DocumentId;
use crate::text::{fold, is_blank, parts_words};
use machine::Machine;

mod machine;

/// Most keywords of one rule.
pub const MAX_KEYWORDS: usize = 1_000;

/// Most characters of one keyword, as it was written.
pub const MAX_KEYWORD_CHARS: usize = 100;

/// Most points that one rule adds or takes away.
pub const MAX_BOOST: f64 = 100.0;

/// Most bytes of all active rules' keywords together, folded, each spelling counted once: some 100,000 words. Bounds
/// the memory of an index to about 30 MB.
pub const MAX_INDEX_BYTES: usize = 1 << 20;

/// A rule that moves tickets which mention certain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeywordRule {
    /// Identity of the rule.
    pub id: DocumentId,
    /// What the rule is for; changes nothing about how it works.
    #[serde(rename = "type")]
    pub kind: RuleKind,
    /// What people call it.
    pub name: String,
    /// Words and phrases, any of which makes the rule match. At most [`MAX_KEYWORDS`], of at most
    /// [`MAX_KEYWORD_CHARS`] characters each.
    pub keywords: Vec<String>,
    /// Which tickets it is for; absent is all. Told when a text arrives, and again for no other reason than that the rule
    /// itself changes: of what open tickets hold already it is told once, of the ticket as it stands when the worker comes
    /// by, with no message and the system as who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Points that a match adds, once however often its keywords occur; −100…100.
    pub boost_amount: f64,
    /// Whether a match is shown on the ticket, under the rule's name.
    #[serde(default)]
    pub alert: bool,
    /// Whether the rule matches at all.
    pub active: bool,
}

/// What a keyword rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Customers who matter most.
    Vip,
    /// Customers about to leave.
    Churn,
    /// Matters that cannot wait.
    TimeSensitive,
    /// Anything else.
    Custom,
}

impl KeywordRule {
    /// Returns what is wrong with this rule, nothing if it can be used.
    #[must_use]
    pub fn problems(&self) -> Vec<RuleProblem> {
        let mut problems = Vec::new();
        let mut report =
            |field: String, problem: String| problems.push(RuleProblem { rule: self.id, field, problem });
        if !(-MAX_BOOST..=MAX_BOOST).contains(&self.boost_amount) {
            report("boost_amount".into(), format!("must be -{MAX_BOOST} to {MAX_BOOST} points"));
        }
        for wrong in self.condition.iter().flat_map(|condition| condition.problems("condition")) {
            report(wrong.field, wrong.problem);
        }
        if self.keywords.len() > MAX_KEYWORDS {
            report("keywords".into(), format!("must be at most {MAX_KEYWORDS}"));
        }
        // A list far beyond the limit must not be answered by a list as long.
        for (position, keyword) in self.keywords.iter().take(MAX_KEYWORDS).enumerate() {
            if keyword.chars().nth(MAX_KEYWORD_CHARS).is_some() {
                report(
                    format!("keywords[{position}]"),
                    format!("must have at most {MAX_KEYWORD_CHARS} characters"),
                );
            } else if is_blank(keyword) {
                report(format!("keywords[{position}]"), "must hold something that can be seen".into());
            }
        }
        problems
    }
}

/// A part of a rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct RuleProblem {
    /// The rule.
    pub rule: DocumentId,
    /// Path of the field inside the rule, such as `keywords[3]`.
    pub field: String,
    /// What is wrong with it, to be read after the field's path.
    pub problem: String,
}

/// A rule that matched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KeywordMatch {
    /// The rule.
    pub rule: DocumentId,
    /// Index in the rule's `keywords` of the first one that occurs anywhere.
    pub keyword: usize,
    /// Points that the rule adds.
    pub points: f64,
}

/// Rules compiled for reading texts. Cheap to share, never changed.
pub struct KeywordIndex {
    /// Active rules in the order given.
    rules: Vec<(DocumentId, f64)>,
    patterns: Vec<Pattern>,
    /// `None` where the patterns are too many to number.
    machine: Option<Machine>,
}

/// One spelling, and all the keywords that it stands for.
struct Pattern {
    len: usize,
    /// Whether it holds a space, so that it may be longer in a text.
    phrase: bool,
    first: char,
    /// Position in `rules`, and of the keyword in that rule.
    keywords: Vec<(usize, usize)>,
}

impl KeywordIndex {
    /// Compiles the active ones of `rules` that can be used, and answers what is wrong with the others.
    ///
    /// Left out are, active or not, rules with a keyword that is empty, or folds to nothing, or is longer than
    /// [`MAX_KEYWORD_CHARS`], with more than [`MAX_KEYWORDS`], or with a boost beyond ±[`MAX_BOOST`] or no number; and
    /// active ones that would take those before them over [`MAX_INDEX_BYTES`].
    #[must_use]
    pub fn compile(rules: &[KeywordRule]) -> (Self, Vec<RuleProblem>) {
        let mut problems = Vec::new();
        let mut active: Vec<&KeywordRule> = Vec::new();
        let mut spellings: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        let mut bytes = 0;
        for rule in rules {
            let wrong = rule.problems();
            if !wrong.is_empty() {
                problems.extend(wrong);
                continue;
            }
            if !rule.active {
                continue;
            }
            let spelled: Vec<String> = rule.keywords.iter().map(|keyword| pattern(keyword)).collect();
            let new: BTreeSet<&String> = spelled.iter().filter(|one| !spellings.contains_key(*one)).collect();
            let more: usize = new.into_iter().map(String::len).sum();
            if bytes + more > MAX_INDEX_BYTES {
                problems.push(too_large(rule));
                continue;
            }
            bytes += more;
            for (keyword, spelling) in spelled.into_iter().enumerate() {
                spellings.entry(spelling).or_default().push((active.len(), keyword));
            }
            active.push(rule);
        }
        let machine = Machine::build(spellings.keys().map(String::as_str));
        if machine.is_none() {
            // INVARIANT: the limits above keep far below what the automaton can number; if not, say so.
            problems.extend(active.iter().map(|rule| too_large(rule)));
        }
        let patterns = spellings
            .into_iter()
            .map(|(spelling, keywords)| Pattern {
                len: spelling.len(),
                phrase: spelling.contains(' '),
                first: spelling.chars().next().unwrap_or_default(),
                keywords,
            })
            .collect();
        let rules = active.iter().map(|rule| (rule.id, rule.boost_amount)).collect();
        (Self { rules, patterns, machine }, problems)
    }

    /// Returns the rules with a keyword in any of `texts`, each once, in the order in which they were compiled.
    ///
    /// A keyword does not reach from one text into the next.
    #[must_use]
    pub fn matches(&self, texts: &[&str]) -> Vec<KeywordMatch> {
        let mut found = Found::new(self);
        let Some(machine) = &self.machine else { return Vec::new() };
        for text in texts {
            let folded;
            // The machine reads capitals of ASCII by itself: only other text needs to be folded.
            let text = if text.is_ascii() {
                text
            } else {
                folded = fold(text);
                &*folded
            };
            machine.read(text.as_bytes(), |end, patterns| found.at(text, end, patterns));
        }
        found.rules.sort_unstable();
        let matched = found.rules.iter().filter_map(|&number| {
            let &(rule, points) = self.rules.get(number)?;
            let keyword = found.keywords.get(number).copied().flatten()?;
            Some(KeywordMatch { rule, keyword, points })
        });
        matched.collect()
    }
}

impl fmt::Debug for KeywordIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeywordIndex({} rules, {} spellings)", self.rules.len(), self.patterns.len())
    }
}

impl Pattern {
    /// Returns whether this pattern, which `text` ends with, begins there where a word may begin.
    fn starts_a_word(&self, text: &str) -> bool {
        let len = if self.phrase { machine::stretched(text.as_bytes(), self.len) } else { self.len };
        let before = text.len().checked_sub(len).and_then(|start| text.get(..start));
        before.and_then(|before| before.chars().next_back()).is_none_or(|last| parts_words(last, self.first))
    }
}

/// Spells a keyword as the machine reads texts: folded, with single spaces between its words.
fn pattern(keyword: &str) -> String {
    fold(keyword).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns how many bytes the active ones of `rules` take of [`MAX_INDEX_BYTES`].
#[must_use]
pub fn index_bytes<'a>(rules: impl IntoIterator<Item = &'a KeywordRule>) -> usize {
    let keywords = rules.into_iter().filter(|rule| rule.active).flat_map(|rule| &rule.keywords);
    let spellings: BTreeSet<String> = keywords.map(|keyword| pattern(keyword)).collect();
    spellings.iter().map(String::len).sum()
}

/// Says that a rule's keywords are too many beside those of the others.
#[must_use]
pub fn too_large(rule: &KeywordRule) -> RuleProblem {
    RuleProblem {
        rule: rule.id,
        field: "keywords".into(),
        problem: format!("must be at most {MAX_INDEX_BYTES} bytes with those of all other rules"),
    }
}

/// What has been found so far.
struct Found<'a> {
    index: &'a KeywordIndex,
    /// Whether each pattern was found: it need not be looked at again.
    patterns: Vec<bool>,
    /// The first keyword found, for each rule.
    keywords: Vec<Option<usize>>,
    /// The rules of which one was found.
    rules: Vec<usize>,
}

impl<'a> Found<'a> {
    fn new(index: &'a KeywordIndex) -> Self {
        Self { index, patterns: Vec::new(), keywords: Vec::new(), rules: Vec::new() }
    }

    /// Takes note of those of `patterns`, all of which end before byte `end`, that stand there as words.
    #[cold]
    fn at(&mut self, text: &str, end: usize, patterns: &mut dyn Iterator<Item = usize>) {
        if self.patterns.is_empty() {
            // Most texts never come here.
            self.patterns.resize(self.index.patterns.len(), false);
            self.keywords.resize(self.index.rules.len(), None);
        }
        let Some((before, after)) = text.split_at_checked(end) else { return };
        let ends_a_word = || match (before.chars().next_back(), after.chars().next()) {
            (Some(last), Some(next)) => parts_words(last, next),
            _ => true,
        };
        for number in patterns {
            let (Some(pattern), Some(found)) =
                (self.index.patterns.get(number), self.patterns.get_mut(number))
            else {
                continue;
            };
            if *found || !pattern.starts_a_word(before) {
                continue;
            }
            if !ends_a_word() {
                return;
            }
            *found = true;
            for &(rule, keyword) in &pattern.keywords {
                if let Some(first) = self.keywords.get_mut(rule) {
                    if first.is_none() {
                        self.rules.push(rule);
                    }
                    *first = Some(first.map_or(keyword, |first| first.min(keyword)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
