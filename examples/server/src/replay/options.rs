//! What a replay is told.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use support_core::time::Timestamp;

use super::model::Model;
use super::recorded::Format;

/// What a replay is told on the command line.
#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct ReplayArgs {
    /// Files with recorded conversations; docs/replay.md describes their forms.
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Form of the files [default: told by how each begins].
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// Prints the report as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Number from which all chance is drawn: the same gives the same report.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Seconds within which the first response is due.
    #[arg(long, value_name = "SECONDS", default_value_t = 7_200, value_parser = target())]
    pub(super) first_response_seconds: u64,
    /// Seconds within which an answer to a later message is due [default: not timed].
    #[arg(long, value_name = "SECONDS", value_parser = target())]
    pub(super) next_response_seconds: Option<u64>,
    /// Seconds within which a ticket is to be resolved.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = target())]
    pub(super) resolution_seconds: u64,
    #[command(flatten)]
    pub(super) model: ModelArgs,
}

/// What the model of recordings without times is told.
#[derive(Debug, Clone, PartialEq, Default, Args)]
#[command(next_help_heading = "Model, for recordings without times")]
pub(super) struct ModelArgs {
    /// Agents on duty, around the clock [default: 10].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    agents: Option<u32>,
    /// Open tickets that routing gives an agent at most [default: 5].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    capacity: Option<u32>,
    /// Instant from which customers come [default: 2026-01-05T09:00:00Z].
    #[arg(long, value_name = "INSTANT")]
    start: Option<Timestamp>,
    /// Conversations that begin in an hour, on average [default: 60].
    #[arg(long, value_name = "N", value_parser = rate)]
    arrivals_per_hour: Option<f64>,
    /// Words that people read in a minute [default: 238].
    #[arg(long, value_name = "N", value_parser = speed)]
    reading_wpm: Option<f64>,
    /// Words that people type in a minute [default: 52].
    #[arg(long, value_name = "N", value_parser = speed)]
    typing_wpm: Option<f64>,
    /// Seconds that an agent thinks before writing, on average [default: 20].
    #[arg(long, value_name = "SECONDS", value_parser = work)]
    thinking_seconds: Option<f64>,
    /// Characters of a reply that was not recorded, on average [default: 42].
    #[arg(long, value_name = "N", value_parser = work)]
    reply_characters: Option<f64>,
    /// Seconds before a customer begins to write, on average [default: 30].
    #[arg(long, value_name = "SECONDS", value_parser = waiting)]
    customer_seconds: Option<f64>,
    /// Seconds from the last turn until the ticket is resolved [default: 30].
    #[arg(long, value_name = "SECONDS", value_parser = work)]
    wrap_up_seconds: Option<f64>,
}

impl ModelArgs {
    /// Names the first option that was given: none has a meaning for recordings that hold times.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        [
            ("--agents", self.agents.is_some()),
            ("--capacity", self.capacity.is_some()),
            ("--start", self.start.is_some()),
            ("--arrivals-per-hour", self.arrivals_per_hour.is_some()),
            ("--reading-wpm", self.reading_wpm.is_some()),
            ("--typing-wpm", self.typing_wpm.is_some()),
            ("--thinking-seconds", self.thinking_seconds.is_some()),
            ("--reply-characters", self.reply_characters.is_some()),
            ("--customer-seconds", self.customer_seconds.is_some()),
            ("--wrap-up-seconds", self.wrap_up_seconds.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }

    /// Puts options and defaults together. `docs/replay.md` says where each default comes from.
    pub(super) fn model(&self) -> Model {
        Model {
            agents: self.agents.unwrap_or(10),
            capacity: self.capacity.unwrap_or(5),
            // A Monday morning.
            start: self.start.unwrap_or_else(|| Timestamp::from_seconds(1_767_603_600)),
            arrivals_per_hour: self.arrivals_per_hour.unwrap_or(60.0),
            reading_wpm: self.reading_wpm.unwrap_or(238.0),
            typing_wpm: self.typing_wpm.unwrap_or(52.0),
            thinking_seconds: self.thinking_seconds.unwrap_or(20.0),
            reply_characters: self.reply_characters.unwrap_or(42.0),
            customer_seconds: self.customer_seconds.unwrap_or(30.0),
            wrap_up_seconds: self.wrap_up_seconds.unwrap_or(30.0),
        }
    }
}

/// A target of the policy: the desk takes up to ten years.
fn target() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=315_360_000)
}

/// Most of anything: beyond it, nothing happens at any instant that a clock can show.
const MOST: f64 = 1e9;
/// Most of what an agent is at by itself, a day in seconds: they say every minute that they still are.
const MOST_WORK: f64 = 86_400.0;

fn within(text: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("must be a number from {} to {}", range.start(), range.end()))
}

fn waiting(text: &str) -> Result<f64, String> {
    within(text, 0.0..=MOST)
}

fn work(text: &str) -> Result<f64, String> {
    within(text, 0.0..=MOST_WORK)
}

fn rate(text: &str) -> Result<f64, String> {
    within(text, 0.001..=MOST)
}

fn speed(text: &str) -> Result<f64, String> {
    within(text, 1.0..=MOST)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: ReplayArgs,
    }

    fn parse(args: &[&str]) -> Result<ReplayArgs, String> {
        let args = ["replay", "file"].iter().chain(args);
        Cli::try_parse_from(args).map(|cli| cli.args).map_err(|error| error.to_string())
    }

    #[test]
    fn options_replace_defaults() {
        let default = parse(&[]).unwrap();
        assert_eq!(default.model.first_given(), None);
        let model = default.model.model();
        assert_eq!(model.start.to_string(), "2026-01-05T09:00:00Z");
        assert_eq!((model.agents, model.capacity, model.arrivals_per_hour), (10, 5, 60.0));
        let given = parse(&["--wrap-up-seconds", "0", "--typing-wpm", "40.5"]).unwrap();
        assert_eq!(given.model.first_given(), Some("--typing-wpm"));
        assert_eq!((given.model.model().typing_wpm, given.model.model().wrap_up_seconds), (40.5, 0.0));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for args in [
            ["--agents", "0"],
            ["--arrivals-per-hour", "0"],
            ["--thinking-seconds", "-1"],
            ["--thinking-seconds", "86401"],
            ["--reading-wpm", "0.9"],
            ["--customer-seconds", "inf"],
            ["--typing-wpm", "NaN"],
            ["--start", "Monday"],
            ["--resolution-seconds", "0"],
            ["--format", "csv"],
        ] {
            let error = parse(&[&args.join("=")]).unwrap_err();
            assert!(error.contains(args[0]), "{error}");
        }
    }
}
