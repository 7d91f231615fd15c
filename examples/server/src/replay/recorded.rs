//! A recording in memory: what was said, by which side, in which order, and when, where the file tells.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use serde_path_to_error::Segment;
use support_core::conversation::ChannelKind;
use support_core::ticket::Priority;
use support_core::time::Timestamp;

use super::{abcd, lines, multidogo};

/// Longest text that the desk takes, in characters.
pub(super) const LONGEST_TEXT: usize = 100_000;

/// Longest key that is taken for a field's name.
const LONGEST_KEY: usize = 40;

/// Form of a file with recorded conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// The MultiDoGO table: customers' turns, no times.
    Multidogo,
    /// The ABCD file: both sides and the agents' actions, no times.
    Abcd,
    /// JSON Lines: a conversation a line, with times.
    Lines,
}

impl Format {
    /// Tells whether recordings of this form say when things happened.
    pub(super) const fn has_times(self) -> bool {
        matches!(self, Self::Lines)
    }

    /// Tells whether they hold what agents wrote.
    pub(super) const fn has_replies(self) -> bool {
        !matches!(self, Self::Multidogo)
    }

    /// Tells the form by how a text begins.
    fn of(text: &str) -> Option<Self> {
        let text = text.trim_start();
        if text.starts_with(multidogo::BEGINNING) {
            Some(Self::Multidogo)
        } else if text.starts_with('[') {
            Some(Self::Abcd)
        } else {
            text.starts_with('{').then_some(Self::Lines)
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Multidogo => "multidogo",
            Self::Abcd => "abcd",
            Self::Lines => "lines",
        })
    }
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The file.
    pub(super) file: PathBuf,
    /// Its form.
    pub(super) format: Format,
    /// Rows of the table, turns of the file: everything that was read.
    pub(super) rows: u64,
    /// Those of them that say nothing, and are not played.
    pub(super) wordless: u64,
    /// The conversations, in the order of the file.
    pub(super) conversations: Vec<Conversation>,
}

/// One conversation of one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conversation {
    /// On which channel.
    pub(super) channel: ChannelKind,
    /// Who the customer is; the same in several conversations of a file is the same person.
    pub(super) customer: Option<String>,
    /// What it is about, where that was recorded.
    pub(super) subject: Option<String>,
    /// How important it was, where that was recorded.
    pub(super) priority: Option<Priority>,
    /// What happened, in order.
    pub(super) turns: Vec<Turn>,
}

/// One thing that happened in a conversation.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Turn {
    /// What.
    pub(super) what: What,
    /// When, where the file tells.
    pub(super) at: Option<Timestamp>,
    /// Which agent, where the file tells.
    pub(super) agent: Option<String>,
    /// When the agent began with it, where the file tells.
    pub(super) began: Option<Timestamp>,
}

impl Turn {
    /// A turn of which only the words are known.
    pub(super) const fn timeless(what: What) -> Self {
        Self { what, at: None, agent: None, began: None }
    }
}

impl fmt::Debug for Turn {
    /// Prints no words and no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("what", &self.what).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The customer wrote.
    Customer(String),
    /// An agent answered; `None` where only that is known, and not the words.
    Reply(Option<String>),
    /// An agent wrote down what they did.
    Note(String),
    /// The ticket was given to an agent.
    Assigned,
    /// The ticket was resolved.
    Resolved,
}

impl fmt::Debug for What {
    /// Prints no words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer(_) => "Customer",
            Self::Reply(_) => "Reply",
            Self::Note(_) => "Note",
            Self::Assigned => "Assigned",
            Self::Resolved => "Resolved",
        })
    }
}

/// A file cannot be read as a recording. It is refused as a whole, before anything is played.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordingError {
    /// The file cannot be read at all.
    #[error("`{}` cannot be read: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: String,
    },
    /// Nothing tells what it is.
    #[error(
        "`{}` is none of the known formats: name one with `--format multidogo`, `--format abcd` or `--format lines`",
        .0.display()
    )]
    Unknown(PathBuf),
    /// A place in it is wrong.
    #[error("`{}`, {place}", file.display())]
    Place {
        /// The file.
        file: PathBuf,
        /// Where and what.
        place: Place,
    },
}

/// What is wrong at a place of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    line: u64,
    field: String,
    problem: String,
}

impl Place {
    /// Blames a field of a line, counted from 1.
    pub(super) fn new(line: u64, field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { line, field: field.into(), problem: problem.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, problem } = self;
        if field.is_empty() {
            write!(f, "line {line}: {problem}")
        } else {
            write!(f, "line {line}, `{field}`: {problem}")
        }
    }
}

/// What a reader of one format found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rows: u64,
    pub(super) wordless: u64,
    pub(super) conversations: Vec<Conversation>,
}

/// Reads a file, in the given form or in the one that its beginning tells.
pub(super) fn read(file: &Path, format: Option<Format>) -> Result<Recording, RecordingError> {
    let unreadable = |problem: String| RecordingError::File { file: file.to_path_buf(), problem };
    let bytes = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = before.filter(|byte| **byte == b'\n').count() as u64 + 1;
        RecordingError::Place { file: file.to_path_buf(), place: Place::new(line, "", "is not UTF-8") }
    })?;
    // Some programs begin a file with the mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let format =
        format.or_else(|| Format::of(text)).ok_or_else(|| RecordingError::Unknown(file.to_path_buf()))?;
    let found = match format {
        Format::Multidogo => multidogo::read(text),
        Format::Abcd => abcd::read(text),
        Format::Lines => lines::read(text),
    };
    let Found { rows, wordless, conversations } =
        found.map_err(|place| RecordingError::Place { file: file.to_path_buf(), place })?;
    Ok(Recording { file: file.to_path_buf(), format, rows, wordless, conversations })
}

/// Checks what the desk will not take.
pub(super) fn check_text(text: &str) -> Result<(), &'static str> {
    if text.chars().nth(LONGEST_TEXT).is_some() {
        Err("must be at most 100000 characters")
    } else if text.contains('\0') {
        Err("must not hold a null character")
    } else {
        Ok(())
    }
}

/// Names the field that a reader of JSON blames, as far as its path is one of names; nothing where it knows none.
pub(super) fn field_of(path: &serde_path_to_error::Path) -> String {
    let mut field = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => field.push_str(&format!("[{index}]")),
            Segment::Map { key } if is_name(key) => {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(key);
            }
            _ => break,
        }
    }
    field
}

/// Tells whether a key can be a field's name: any other may be what somebody wrote.
fn is_name(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    key.len() <= LONGEST_KEY && key.bytes().all(plain)
}

/// Puts what agents wrote before the customer's first words behind them.
///
/// In the data sets without times a chat is opened by its customer, whom the agent greets: the greeting is the first
/// answer, and the customer's words are what the ticket begins with. A conversation without a customer's words has
/// nothing to begin with, and becomes empty.
pub(super) fn customer_first(turns: &mut Vec<Turn>) {
    match turns.iter().position(|turn| matches!(turn.what, What::Customer(_))) {
        Some(first) => {
            if let Some(begin) = turns.get_mut(..=first) {
                begin.rotate_right(1);
            }
        }
        None => turns.clear(),
    }
}

/// Remembers the names that were seen, to find one that comes twice.
#[derive(Debug, Default)]
pub(super) struct Seen(HashSet<String>);

impl Seen {
    /// Takes note of a name; `false` where it came before.
    pub(super) fn is_new(&mut self, name: &str) -> bool {
        self.0.insert(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells_the_format() {
        let table = "conversationId\tturnNumber\tutteranceId\tutterance\tslot-labels\tintent\n";
        for (text, format) in [
            (table, Some(Format::Multidogo)),
            ("[{\"convo_id\": 1}]", Some(Format::Abcd)),
            ("\n {\"id\": \"a\"}", Some(Format::Lines)),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(Format::of(text), format, "{text}");
        }
    }

    #[test]
    fn a_greeting_comes_behind_the_words_that_it_answers() {
        let say = |text: &str| Turn::timeless(What::Customer(text.into()));
        let greet = Turn::timeless(What::Reply(None));
        let mut turns = vec![greet.clone(), greet.clone(), say("a"), greet.clone(), say("b")];
        customer_first(&mut turns);
        assert_eq!(turns, [say("a"), greet.clone(), greet.clone(), greet.clone(), say("b")]);
        let mut alone = vec![greet];
        customer_first(&mut alone);
        assert!(alone.is_empty());
    }

    /// A published data set, which this project reads by path and does not hold.
    fn data(file: &str) -> PathBuf {
        let shared = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let folder = std::env::var_os("SUPPORT_DATA").map_or_else(shared, PathBuf::from);
        let path = folder.join(file);
        assert!(path.exists(), "{file} is not there; set SUPPORT_DATA");
        path
    }

    #[test]
    #[ignore = "reads recorded conversations from SUPPORT_DATA"]
    fn every_row_of_the_data_sets_is_read() {
        // Rows, rows without words, conversations and customers' messages, counted by another program.
        let counts = [
            ("multidogo-finance.tsv", 15_213, 10, 1_684, 15_203),
            ("multidogo-airline.tsv", 13_519, 16, 1_682, 13_503),
            ("abcd_sample.json", 72, 0, 3, 31),
        ];
        for (file, rows, wordless, conversations, messages) in counts {
            let found = read(&data(file), None).unwrap();
            assert_eq!((found.rows, found.wordless), (rows, wordless), "{file}");
            assert_eq!(found.conversations.len(), conversations, "{file}");
            let turns = found.conversations.iter().flat_map(|conversation| &conversation.turns);
            let said = turns.filter(|turn| matches!(turn.what, What::Customer(_))).count();
            assert_eq!(said, messages, "{file}");
        }
    }

    #[test]
    fn what_is_no_recording_is_named_with_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let complaint = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).unwrap();
            read(file.path(), None).unwrap_err().to_string()
        };
        assert!(complaint(b"hello").contains("--format multidogo"));
        assert!(complaint(b"{}\n\xff").ends_with("line 2: is not UTF-8"));
        assert!(read(Path::new("/nowhere/at/all"), None).unwrap_err().to_string().contains("cannot be read"));
    }
}
