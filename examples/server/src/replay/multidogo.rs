//! The MultiDoGO table: what customers wrote, with the numbers of their turns.
//!
//! The agents' side is not in the table, but the numbers count their turns too: what is missing between two numbers
//! is where the agent spoke. Fields are parted by tabs; one with a line break in it stands in quotes.

use super::recorded::{Conversation, Found, Place, Seen, Turn, What, check_text, customer_first};
use support_core::conversation::ChannelKind;

/// How the table begins.
pub(super) const BEGINNING: &str = "conversationId\tturnNumber\t";
const COLUMNS: [&str; 6] =
    ["conversationId", "turnNumber", "utteranceId", "utterance", "slot-labels", "intent"];
/// Highest number of a turn that is believed. The highest of the published tables is 42.
const MOST_TURNS: f64 = 10_000.0;

/// A conversation whose rows are being read.
struct Open {
    id: String,
    /// Number of the last row.
    last: u32,
    turns: Vec<Turn>,
}

/// Reads the table.
pub(super) fn read(text: &str) -> Result<Found, Place> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b'\t').has_headers(false).from_reader(text.as_bytes());
    let mut found = Found::default();
    let mut seen = Seen::default();
    let mut open: Option<Open> = None;
    let mut header = true;
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        if header {
            header = false;
            if let Some((name, _)) = COLUMNS.iter().zip(&record).find(|(name, found)| *name != found) {
                return Err(Place::new(line, *name, "is not the name of this column"));
            }
            continue;
        }
        // A quote that is never closed would take the rows after it for its own words.
        let broken = |(name, field): &(&&str, &str)| **name != "utterance" && field.contains(['\r', '\n']);
        if let Some((name, _)) = COLUMNS.iter().zip(&record).find(broken) {
            return Err(Place::new(line, *name, "must be one line: a quote may not be closed"));
        }
        let mut fields = record.iter();
        let (Some(id), Some(number), _, Some(said)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(Place::new(line, "", "must have 6 columns"));
        };
        if id.is_empty() {
            return Err(Place::new(line, "conversationId", "must not be empty"));
        }
        let number = turn_number(number).ok_or_else(|| {
            Place::new(line, "turnNumber", "must be a whole number from 0 to 10000, such as `3` or `3.0`")
        })?;
        check_text(said).map_err(|problem| Place::new(line, "utterance", problem))?;
        found.rows += 1;
        let before = match open.take() {
            Some(current) if current.id == id => {
                if number <= current.last {
                    let problem = format!("must be above {}, the number before it", current.last);
                    return Err(Place::new(line, "turnNumber", problem));
                }
                current
            }
            other => {
                found.conversations.extend(other.and_then(close));
                if !seen.is_new(id) {
                    return Err(Place::new(
                        line,
                        "conversationId",
                        "has rows further up: they must be together",
                    ));
                }
                Open { id: id.to_owned(), last: number, turns: replies(number) }
            }
        };
        let mut current = before;
        if current.last < number {
            current.turns.extend(replies(number - current.last - 1));
            current.last = number;
        }
        if said.trim().is_empty() {
            found.wordless += 1;
        } else {
            current.turns.push(Turn::timeless(What::Customer(said.to_owned())));
        }
        open = Some(current);
    }
    found.conversations.extend(open.and_then(close));
    Ok(found)
}

/// The turns of the agent that the numbers leave out.
fn replies(count: u32) -> Vec<Turn> {
    (0..count).map(|_| Turn::timeless(What::Reply(None))).collect()
}

/// Ends a conversation. What the customer said last is answered once: that it was is assumed, because no number
/// follows from which it could be told. One in which the customer says nothing is none.
fn close(open: Open) -> Option<Conversation> {
    let mut turns = open.turns;
    customer_first(&mut turns);
    if matches!(turns.last()?.what, What::Customer(_)) {
        turns.push(Turn::timeless(What::Reply(None)));
    }
    Some(Conversation { channel: ChannelKind::Chat, customer: None, subject: None, priority: None, turns })
}

/// Reads a number that may be written as a decimal.
fn turn_number(text: &str) -> Option<u32> {
    let number: f64 = text.parse().ok()?;
    let sound = (0.0..=MOST_TURNS).contains(&number) && number.fract() == 0.0;
    // Exact: a whole number in that range.
    sound.then_some(number as u32)
}

fn unreadable(error: &csv::Error) -> Place {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { len, .. } => {
            Place::new(line, "", format!("must have 6 columns, and has {len}"))
        }
        _ => Place::new(line, "", "cannot be read as a row of the table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "conversationId\tturnNumber\tutteranceId\tutterance\tslot-labels\tintent\n";

    fn sides(conversation: &Conversation) -> String {
        let side = |turn: &Turn| match &turn.what {
            What::Customer(text) => format!("[{text}]"),
            What::Reply(None) => "r".into(),
            other => format!("{other:?}"),
        };
        conversation.turns.iter().map(side).collect()
    }

    #[test]
    fn what_is_missing_between_two_numbers_is_where_the_agent_spoke() {
        let cases = [
            ("a\t0.0\t\thi\tO\tx\na\t2.0\t\tmoney\tO\tx\n", "[hi]r[money]r"),
            ("a\t0\t\thi\tO\tx\na\t1\t\tmoney\tO\tx\na\t5\t\tbye\tO\tx\n", "[hi][money]rrr[bye]r"),
            // The greeting that came before the first words answers them.
            ("a\t1.0\t\thi\tO\tx\na\t3.0\t\tmoney\tO\tx\n", "[hi]rr[money]r"),
            // Quotes hold a line break; a row without words says nothing, and still counts.
            ("a\t0\t\t\"two\nlines\"\tO\tx\na\t1\t\t\tO\tx\na\t3\t\tbye\tO\tx\n", "[two\nlines]r[bye]r"),
        ];
        for (rows, expected) in cases {
            let found = read(&format!("{HEADER}{rows}")).unwrap();
            assert_eq!(found.conversations.iter().map(sides).collect::<Vec<_>>(), [expected], "{rows}");
        }
    }

    #[test]
    fn every_row_is_counted_also_one_that_says_nothing() {
        let found = read(&format!("{HEADER}a\t0\t\t\tO\tx\nb\t0\t\thi\tO\tx\nb\t1\t\t \tO\tx\n")).unwrap();
        assert_eq!((found.rows, found.wordless, found.conversations.len()), (3, 2, 1));
        assert_eq!(read(HEADER).unwrap(), Found::default());
    }

    #[test]
    fn a_bad_row_is_named_with_line_and_field() {
        let long = "x".repeat(100_001);
        let cases = [
            ("a\t0\t\thi\tO\tx\na\tone\t\thi\tO\tx\n", "line 3, `turnNumber`: must be a whole number"),
            ("a\t1.5\t\thi\tO\tx\n", "line 2, `turnNumber`: must be a whole"),
            ("a\t4\t\thi\tO\tx\na\t4\t\thi\tO\tx\n", "line 3, `turnNumber`: must be above 4"),
            ("a\t0\t\thi\tO\n", "line 2: must have 6 columns, and has 5"),
            ("\t0\t\thi\tO\tx\n", "line 2, `conversationId`: must not be empty"),
            ("a\t0\t\thi\tO\t\"x\nb\t0\t\thi\tO\tx\n", "line 2, `intent`: must be one line"),
            ("a\t0\t\thi\tO\tx\nb\t0\t\thi\tO\tx\na\t2\t\thi\tO\tx\n", "line 4, `conversationId`: has rows"),
            (&format!("a\t0\t\t{long}\tO\tx\n"), "line 2, `utterance`: must be at most 100000"),
            ("a\t0\t\t\"two\nlines\"\tO\tx\na\tx\t\thi\tO\tx\n", "line 4, `turnNumber`"),
        ];
        for (rows, expected) in cases {
            let place = read(&format!("{HEADER}{rows}")).unwrap_err().to_string();
            assert!(place.starts_with(expected), "{place}");
        }
        let place = read(&HEADER.replace("slot-labels", "slots")).unwrap_err().to_string();
        assert!(place.starts_with("line 1, `slot-labels`"), "{place}");
    }
}
