//! What the data sets do not hold: when customers come, and how long everybody takes.
//!
//! `docs/replay.md` states the formulas and where the constants come from. Each conversation draws from a stream of its
//! own, so that it takes the same time whatever else is played, and with however many agents.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;
use support_core::time::Timestamp;

use super::recorded::{Conversation, What};

/// Characters of a word, by the convention of typing speeds.
const WORD: f64 = 5.0;
const SECONDS_OF_A_MINUTE: f64 = 60.0;
const SECONDS_OF_AN_HOUR: f64 = 3_600.0;
/// The stream from which arrivals are drawn; conversations have those after it.
const ARRIVALS: u64 = 0;
/// The stream from which ids are drawn.
pub(super) const IDS: u64 = u64::MAX;

/// How the side of the recording that is missing is made up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Model {
    /// Agents on duty.
    pub(super) agents: u32,
    /// Units of work that each may be given.
    pub(super) capacity: u32,
    /// When the first customer may come.
    pub(super) start: Timestamp,
    /// Conversations that begin in an hour, on average.
    pub(super) arrivals_per_hour: f64,
    /// Words that are read in a minute.
    pub(super) reading_wpm: f64,
    /// Words that are typed in a minute.
    pub(super) typing_wpm: f64,
    /// Seconds that an agent thinks or looks up before writing, on average.
    pub(super) thinking_seconds: f64,
    /// Characters of a reply whose words are not recorded, on average.
    pub(super) reply_characters: f64,
    /// Seconds before a customer begins to write, on average.
    pub(super) customer_seconds: f64,
    /// Seconds from the end of a conversation until its ticket is resolved.
    pub(super) wrap_up_seconds: f64,
}

/// When a conversation begins, and how long each turn takes, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pace {
    /// When the customer's first words arrive.
    pub(super) arrives: Timestamp,
    /// For a customer's turn, from the turn before until it arrives; for an agent's, the work on it.
    pub(super) turns: Vec<i64>,
    /// The work after the last turn.
    pub(super) wrap_up: i64,
}

/// Draws the paces of conversations, which arrive in their order.
pub(super) fn paces<'a>(
    conversations: impl Iterator<Item = &'a Conversation>,
    model: &Model,
    seed: u64,
) -> Vec<Pace> {
    let mut arrivals = stream(seed, ARRIVALS);
    let mut arrives = model.start;
    (ARRIVALS + 1..)
        .zip(conversations)
        .map(|(own, conversation)| {
            let gap = exponential(&mut arrivals, SECONDS_OF_AN_HOUR / model.arrivals_per_hour);
            arrives = arrives.plus_micros(micros(gap));
            let turns = turns(conversation, model, &mut stream(seed, own));
            Pace { arrives, turns, wrap_up: micros(model.wrap_up_seconds) }
        })
        .collect()
}

/// Makes one of the generators of a seed.
pub(super) fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(number);
    generator
}

fn turns(conversation: &Conversation, model: &Model, random: &mut ChaCha8Rng) -> Vec<i64> {
    let reading = |words: f64| words / model.reading_wpm * SECONDS_OF_A_MINUTE;
    let typing = |characters: f64| characters / WORD / model.typing_wpm * SECONDS_OF_A_MINUTE;
    // Words that a side has not read yet.
    let (mut for_agent, mut for_customer) = (0.0, 0.0);
    let mut first = true;
    let seconds = conversation.turns.iter().map(|turn| match &turn.what {
        What::Customer(text) => {
            let think = exponential(random, model.customer_seconds);
            let takes = reading(std::mem::take(&mut for_customer)) + think + typing(characters(text));
            for_agent += words(text);
            // The first words arrive when the conversation does.
            if std::mem::take(&mut first) { 0.0 } else { takes }
        }
        What::Reply(text) => {
            let think = exponential(random, model.thinking_seconds);
            let (length, to_read) = match text {
                Some(text) => (characters(text), words(text)),
                None => {
                    let length = exponential(random, model.reply_characters).ceil();
                    (length, length / WORD)
                }
            };
            for_customer += to_read;
            reading(std::mem::take(&mut for_agent)) + think + typing(length)
        }
        // An action is carried out, not typed.
        What::Note(_) => exponential(random, model.thinking_seconds),
        What::Assigned | What::Resolved => 0.0,
    });
    seconds.map(micros).collect()
}

/// Draws from an exponential distribution by inversion: `-mean * ln(u)` with u evenly from above 0 to 1.
fn exponential(random: &mut ChaCha8Rng, mean: f64) -> f64 {
    let even: f64 = random.random();
    -mean * (1.0 - even).ln()
}

fn micros(seconds: f64) -> i64 {
    // Saturates; a turn of 300,000 years is as good as never.
    (seconds * 1e6).round() as i64
}

fn characters(text: &str) -> f64 {
    text.chars().count() as f64
}

fn words(text: &str) -> f64 {
    text.split_whitespace().count() as f64
}

#[cfg(test)]
mod tests {
    use support_core::conversation::ChannelKind;

    use super::super::recorded::Turn;
    use super::*;

    fn model() -> Model {
        Model {
            agents: 1,
            capacity: 1,
            start: Timestamp::from_seconds(0),
            arrivals_per_hour: 60.0,
            reading_wpm: 240.0,
            typing_wpm: 60.0,
            thinking_seconds: 0.0,
            reply_characters: 0.0,
            customer_seconds: 0.0,
            wrap_up_seconds: 30.0,
        }
    }

    fn conversation(turns: &[What]) -> Conversation {
        let turns = turns.iter().cloned().map(Turn::timeless).collect();
        Conversation { channel: ChannelKind::Chat, customer: None, subject: None, priority: None, turns }
    }

    #[test]
    fn without_chance_a_turn_takes_its_reading_and_typing() {
        let said = conversation(&[
            What::Customer("one two three four".into()),
            What::Reply(Some("twenty characters ok".into())),
            What::Note("x".into()),
            What::Customer("12345".into()),
            What::Customer("1234567890".into()),
            What::Reply(None),
        ]);
        let pace = paces([&said].into_iter(), &model(), 1).remove(0);
        // Four words read in a second, five characters typed in one.
        let seconds: Vec<f64> = pace.turns.iter().map(|micros| *micros as f64 / 1e6).collect();
        assert_eq!(seconds, [0.0, 1.0 + 4.0, 0.0, 0.75 + 1.0, 2.0, 0.5]);
        assert_eq!(pace.wrap_up, 30_000_000);
    }

    #[test]
    fn a_conversation_takes_the_same_time_whatever_else_is_played() {
        let one = conversation(&[What::Customer("a".into()), What::Reply(None), What::Customer("b".into())]);
        let other = conversation(&[What::Customer("c".into()), What::Reply(None), What::Reply(None)]);
        let model =
            Model { thinking_seconds: 20.0, customer_seconds: 30.0, reply_characters: 40.0, ..model() };
        let seconds = |second: &Conversation, seed| paces([&one, second, &one].into_iter(), &model, seed);
        let (with_one, with_other) = (seconds(&one, 1), seconds(&other, 1));
        assert_eq!((&with_one[0], &with_one[2]), (&with_other[0], &with_other[2]));
        assert_ne!(with_one[0].turns, with_one[1].turns);
        assert_ne!(with_one, seconds(&one, 2));
    }

    #[test]
    fn means_are_what_they_are_said_to_be() {
        let mut random = stream(1, 5);
        let mean = (0..100_000).map(|_| exponential(&mut random, 20.0)).sum::<f64>() / 100_000.0;
        // Five standard errors of the mean of so many draws.
        assert!((mean - 20.0).abs() < 5.0 * 20.0 / 100_000_f64.sqrt(), "{mean}");
        let many = vec![conversation(&[What::Customer("a".into())]); 10_000];
        let last = paces(many.iter(), &model(), 1).pop().unwrap().arrives.seconds();
        assert!((last - 600_000).abs() < 30_000, "{last}");
    }
}
