//! The ABCD file: a JSON array of conversations with both sides and the agents' actions.
//!
//! Read is what people see (`original`); the prepared copies and the scenario beside it are not.

use serde::Deserialize;
use support_core::conversation::ChannelKind;

use super::recorded::{Conversation, Found, Place, Seen, Turn, What, check_text, customer_first, field_of};

#[derive(Deserialize)]
struct Recorded {
    convo_id: u64,
    original: Vec<(Side, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Customer,
    Agent,
    Action,
}

/// Reads the file. A field that is wrong is named by its place in the array, because the whole file is one line.
pub(super) fn read(text: &str) -> Result<Found, Place> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let recorded: Vec<Recorded> = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = field_of(error.path());
        let error = error.into_inner();
        Place::new(error.line() as u64, field, problem(&error))
    })?;
    deserializer.end().map_err(|error| Place::new(error.line() as u64, "", "must be one JSON array"))?;
    let mut found = Found::default();
    let mut seen = Seen::default();
    for (at, conversation) in recorded.into_iter().enumerate() {
        if !seen.is_new(&conversation.convo_id.to_string()) {
            return Err(Place::new(1, format!("[{at}].convo_id"), "is there twice"));
        }
        let mut turns = Vec::with_capacity(conversation.original.len());
        for (number, (side, words)) in conversation.original.into_iter().enumerate() {
            check_text(&words)
                .map_err(|problem| Place::new(1, format!("[{at}].original[{number}]"), problem))?;
            found.rows += 1;
            if words.trim().is_empty() {
                found.wordless += 1;
                continue;
            }
            turns.push(Turn::timeless(match side {
                Side::Customer => What::Customer(words),
                Side::Agent => What::Reply(Some(words)),
                Side::Action => What::Note(words),
            }));
        }
        customer_first(&mut turns);
        if !turns.is_empty() {
            let channel = ChannelKind::Chat;
            found.conversations.push(Conversation {
                channel,
                customer: None,
                subject: None,
                priority: None,
                turns,
            });
        }
    }
    Ok(found)
}

/// Says what is wrong without repeating what was said: a message of the reader may quote it.
pub(super) fn problem(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            // The place comes last; what stands before it may quote anything.
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            // `invalid type: string "…", expected …` quotes the value.
            match text.rsplit_once(", expected ") {
                Some((unknown, expected)) if unknown.starts_with("unknown field") => {
                    format!("is unknown; known here is {expected}")
                }
                Some((_, expected)) => format!("must be {expected}"),
                None => text.to_owned(),
            }
        }
        _ => format!("is no JSON at column {}", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_read_and_actions_are_notes() {
        let text = r#"[{"convo_id": 7, "scenario": {"any": 1}, "original": [["agent", "Hello!"],
            ["customer", "A refund, please"], ["action", "Account pulled up."], ["agent", " "],
            ["agent", "Done."]], "delexed": []}, {"convo_id": 8, "original": []}]"#;
        let found = read(text).unwrap();
        assert_eq!((found.rows, found.wordless, found.conversations.len()), (5, 1, 1));
        let words: Vec<What> = found.conversations[0].turns.iter().map(|turn| turn.what.clone()).collect();
        let reply = |text: &str| What::Reply(Some(text.into()));
        let expected = [
            What::Customer("A refund, please".into()),
            reply("Hello!"),
            What::Note("Account pulled up.".into()),
            reply("Done."),
        ];
        assert_eq!(words.len(), 4);
        assert!(words == expected);
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        let cases = [
            (r#"[{"convo_id": 7, "original": [["cat", "secret"]]}]"#, "line 1, `[0].original[0][0]`"),
            ("[\n{\"convo_id\": \"secret\"}]", "line 2, `[0].convo_id`: must be u64"),
            ("[{\"convo_id\": \"secret at line 3\"}]", "line 1, `[0].convo_id`: must be u64"),
            (r#"[{"convo_id": 7}]"#, "line 1, `[0]`: missing field `original`"),
            (
                r#"[{"convo_id": 7, "original": []}, {"convo_id": 7, "original": []}]"#,
                "line 1, `[1].convo_id`",
            ),
            ("[1", "line 1"),
            ("[] secret", "line 1: must be one JSON array"),
        ];
        for (text, expected) in cases {
            let place = read(text).unwrap_err().to_string();
            assert!(place.starts_with(expected) && !place.contains("secret"), "{place}");
        }
    }
}
