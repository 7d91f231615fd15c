//! Our own form: JSON Lines, a conversation a line, with the times at which things happened.
//!
//! `docs/replay.md` describes it for those who write it.

use std::collections::HashMap;

use serde::Deserialize;
use support_core::conversation::ChannelKind;
use support_core::ticket::Priority;
use support_core::time::Timestamp;

use super::abcd::problem;
use super::recorded::{Conversation, Found, Place, Seen, Turn, What, check_text, field_of};

/// Longest subject that the desk takes, in characters.
const LONGEST_SUBJECT: usize = 1_000;
/// Longest name that the desk takes, in characters.
const LONGEST_NAME: usize = 200;

/// Longest time that somebody is believed to be at one thing.
const LONGEST_WORK_SECONDS: i64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    customer: Option<String>,
    channel: Option<ChannelKind>,
    subject: Option<String>,
    priority: Option<Priority>,
    turns: Vec<LineTurn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTurn {
    at: Timestamp,
    kind: Kind,
    agent: Option<String>,
    text: Option<String>,
    began: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Customer,
    Reply,
    Note,
    Assigned,
    Resolved,
}

/// What is wrong with a field.
type Wrong = (String, &'static str);

/// Reads the file.
pub(super) fn read(text: &str) -> Result<Found, Place> {
    let mut found = Found::default();
    let mut seen = Seen::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let mut deserializer = serde_json::Deserializer::from_str(line);
        let read: Line = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let field = field_of(error.path());
            Place::new(number, field, problem(error.inner()))
        })?;
        deserializer.end().map_err(|_| Place::new(number, "", "must be one JSON object"))?;
        if !seen.is_new(&read.id) {
            return Err(Place::new(number, "id", "is there twice"));
        }
        found.rows += read.turns.len() as u64;
        let conversation =
            conversation(read).map_err(|(field, problem)| Place::new(number, field, problem))?;
        found.conversations.push(conversation);
    }
    Ok(found)
}

fn conversation(line: Line) -> Result<Conversation, Wrong> {
    name("id", &line.id)?;
    line.customer.as_deref().map_or(Ok(()), |customer| name("customer", customer))?;
    if let Some(subject) = &line.subject {
        let sound = !subject.trim().is_empty()
            && subject.chars().nth(LONGEST_SUBJECT).is_none()
            && !subject.chars().any(char::is_control);
        if !sound {
            return Err(("subject".into(), "must be one line of 1 to 1000 characters"));
        }
    }
    match line.turns.first().map(|turn| turn.kind) {
        Some(Kind::Customer | Kind::Reply) => {}
        Some(_) => {
            return Err((
                "turns[0].kind".into(),
                "must be `customer` or `reply`: a ticket begins with a message",
            ));
        }
        None => return Err(("turns".into(), "must hold at least one turn")),
    }
    let mut turns = Vec::with_capacity(line.turns.len());
    let mut last: Option<Timestamp> = None;
    let mut first: Option<Timestamp> = None;
    let mut own: HashMap<String, Timestamp> = HashMap::new();
    for (at, turn) in line.turns.into_iter().enumerate() {
        let field = |name: &str| format!("turns[{at}].{name}");
        if last.is_some_and(|last| turn.at < last) {
            return Err((field("at"), "must not be before the turn before it"));
        }
        last = Some(turn.at);
        let first = *first.get_or_insert(turn.at);
        if let Some(began) = turn.began {
            let before = turn.agent.as_ref().and_then(|agent| own.get(agent)).copied().unwrap_or(first);
            if began > turn.at {
                return Err((field("began"), "must not be after `at`"));
            }
            if turn.at.micros_since(began) > LONGEST_WORK_SECONDS * 1_000_000 {
                return Err((field("began"), "must not be more than a day before `at`"));
            }
            if began < before {
                return Err((
                    field("began"),
                    "must not be before the agent's own turn before, nor before the first turn",
                ));
            }
        }
        if let Some(agent) = &turn.agent {
            own.insert(agent.clone(), turn.at);
        }
        turns.push(checked(turn, &field)?);
    }
    Ok(Conversation {
        channel: line.channel.unwrap_or(ChannelKind::Web),
        customer: line.customer,
        subject: line.subject,
        priority: line.priority,
        turns,
    })
}

/// Checks what each kind of turn must and must not have.
fn checked(turn: LineTurn, field: &dyn Fn(&str) -> String) -> Result<Turn, Wrong> {
    let LineTurn { at, kind, agent, text, began } = turn;
    match (&agent, kind) {
        (Some(_), Kind::Customer) => return Err((field("agent"), "must not be given for `customer`")),
        (None, Kind::Reply | Kind::Note | Kind::Assigned) => {
            return Err((field("agent"), "must be given for `reply`, `note` and `assigned`"));
        }
        (Some(agent), _) => name(&field("agent"), agent)?,
        (None, Kind::Customer | Kind::Resolved) => {}
    }
    if began.is_some() && (agent.is_none() || kind == Kind::Assigned) {
        return Err((
            field("began"),
            "goes with what an agent did: `reply`, `note`, or `resolved` with an `agent`",
        ));
    }
    let what = match (text, kind) {
        (Some(text), Kind::Customer | Kind::Reply | Kind::Note) => {
            if text.trim().is_empty() {
                return Err((field("text"), "must not be empty"));
            }
            check_text(&text).map_err(|problem| (field("text"), problem))?;
            match kind {
                Kind::Customer => What::Customer(text),
                Kind::Reply => What::Reply(Some(text)),
                _ => What::Note(text),
            }
        }
        (None, Kind::Customer | Kind::Reply | Kind::Note) => {
            return Err((field("text"), "must be given for `customer`, `reply` and `note`"));
        }
        (Some(_), _) => return Err((field("text"), "must not be given for `assigned` and `resolved`")),
        (None, Kind::Assigned) => What::Assigned,
        (None, Kind::Resolved) => What::Resolved,
    };
    Ok(Turn { what, at: Some(at), agent, began })
}

fn name(field: &str, name: &str) -> Result<(), Wrong> {
    let sound = !name.trim().is_empty()
        && name.chars().nth(LONGEST_NAME).is_none()
        && !name.chars().any(char::is_control);
    if sound { Ok(()) } else { Err((field.into(), "must be 1 to 200 characters without control characters")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_read_with_all_that_it_may_tell() {
        let text = concat!(
            r#"{"id":"1","customer":"c","channel":"email","subject":"s","priority":"high","turns":["#,
            r#"{"at":"2026-03-02T10:00:00+01:00","kind":"customer","text":"a"},"#,
            r#"{"at":"2026-03-02T09:01:00Z","kind":"assigned","agent":"m"},"#,
            r#"{"at":"2026-03-02T09:02:00Z","kind":"note","agent":"m","text":"n"},"#,
            r#"{"at":"2026-03-02T09:03:00Z","began":"2026-03-02T09:02:30Z","kind":"reply","agent":"m","text":"r"},"#,
            r#"{"at":"2026-03-02T09:04:00Z","kind":"resolved"}]}"#,
            "\n\n",
            r#"{"id":"2","turns":[{"at":"2026-03-01T00:00:00Z","kind":"customer","text":"b"}]}"#,
        );
        let found = read(text).unwrap();
        assert_eq!((found.rows, found.conversations.len()), (6, 2));
        let [first, second] = &found.conversations[..] else { panic!() };
        assert_eq!((&first.channel, first.priority), (&ChannelKind::Email, Some(Priority::High)));
        assert_eq!(first.turns[0].at.unwrap().to_string(), "2026-03-02T09:00:00Z");
        assert_eq!(first.turns[3].began.unwrap().to_string(), "2026-03-02T09:02:30Z");
        let kinds: Vec<String> = first.turns.iter().map(|turn| format!("{:?}", turn.what)).collect();
        assert_eq!(kinds, ["Customer", "Assigned", "Note", "Reply", "Resolved"]);
        assert_eq!((&second.channel, second.turns.len()), (&ChannelKind::Web, 1));
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_field_and_not_quoted() {
        let turn = |inner: &str| format!(r#"{{"id":"1","turns":[{inner}]}}"#);
        let first = r#"{"at":"2026-03-02T09:00:00Z","kind":"customer","text":"hi"}"#;
        let then = |inner: &str| turn(&format!(r#"{first},{{"at":"2026-03-02T09:01:00Z",{inner}}}"#));
        let cases = [
            ("{".to_owned(), "line 1: is no JSON at column 1"),
            (
                r#"{"id":"1","turns":[],"mood":"secret"}"#.into(),
                "line 1, `mood`: is unknown; known here is one of `id`",
            ),
            (
                r#"{"id":"1","turns":[],"the secret is":"out"}"#.into(),
                "line 1: is unknown; known here is one of `id`",
            ),
            (r#"{"id":"1","turns":"secret at line 3"}"#.into(), "line 1, `turns`: must be a sequence"),
            (turn(""), "line 1, `turns`: must hold"),
            (
                turn(r#"{"at":"secret","kind":"customer","text":"hi"}"#),
                "line 1, `turns[0].at`: not an RFC 3339",
            ),
            (turn(r#"{"kind":"customer","text":"hi"}"#), "line 1, `turns[0]`: missing field `at`"),
            (
                turn(r#"{"at":"2026-03-02T09:00:00Z","kind":"note","agent":"m","text":"x"}"#),
                "line 1, `turns[0].kind`",
            ),
            (then(r#""kind":"reply","text":"x""#), "line 1, `turns[1].agent`: must be given"),
            (then(r#""kind":"reply","agent":"m""#), "line 1, `turns[1].text`: must be given"),
            (then(r#""kind":"reply","agent":"m","text":" ""#), "line 1, `turns[1].text`: must not be empty"),
            (then(r#""kind":"customer","agent":"m","text":"x""#), "line 1, `turns[1].agent`: must not"),
            (then(r#""kind":"assigned","agent":"m","text":"x""#), "line 1, `turns[1].text`: must not"),
            (
                then(r#""kind":"assigned","agent":"m","began":"2026-03-02T09:00:00Z""#),
                "line 1, `turns[1].began`: goes",
            ),
            (
                then(r#""kind":"reply","agent":"m","text":"x","began":"2026-03-02T09:02:00Z""#),
                "line 1, `turns[1].began`: must not be after",
            ),
            (
                then(r#""kind":"reply","agent":"m","text":"x","began":"2026-03-02T08:59:00Z""#),
                "line 1, `turns[1].began`: must not be before",
            ),
            (then(r#""kind":"laughed""#), "line 1, `turns[1].kind`"),
            (
                turn(&format!(
                    r#"{first},{{"at":"2026-03-04T09:00:00Z","began":"2026-03-03T08:59:59Z","kind":"reply","agent":"m","text":"x"}}"#
                )),
                "line 1, `turns[1].began`: must not be more than a day",
            ),
            (
                turn(&format!(r#"{first},{{"at":"2026-03-02T08:59:59Z","kind":"customer","text":"x"}}"#)),
                "line 1, `turns[1].at`: must not be before",
            ),
            (format!("{}\n\n{}", turn(first), turn(first)), "line 3, `id`: is there twice"),
            (r#"{"id":"1","subject":"a\nb","turns":[]}"#.into(), "line 1, `subject`"),
            (r#"{"id":"1","priority":"secret","turns":[]}"#.into(), "line 1, `priority`"),
            (turn(first) + " {}", "line 1: must be one JSON object"),
        ];
        for (text, expected) in cases {
            let place = read(&text).unwrap_err().to_string();
            assert!(place.starts_with(expected) && !place.contains("secret"), "{place}");
        }
    }
}
