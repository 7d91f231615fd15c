//! `test`: all tests, with a word on those that did not run.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::step::{cargo, now, seconds};

/// What the runners' lines say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    /// Names with the reasons that the runner prints.
    ignored: Vec<String>,
}

impl Tally {
    /// Takes in a line of a test runner.
    fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let count = |word: &str| {
                let before = counts.split(';').find_map(|part| part.trim().strip_suffix(word));
                before.and_then(|text| text.split(' ').next_back()?.parse::<u64>().ok()).unwrap_or(0)
            };
            self.passed += count(" passed");
            self.failed += count(" failed");
        } else if let Some((name, "ignored")) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
            .map(|(name, end)| (name, end.split(',').next().unwrap_or(end)))
        {
            let reason = line.split_once("ignored, ").map_or("no reason given", |(_, reason)| reason);
            self.ignored.push(format!("{name}: {reason}"));
        }
    }
}

/// Runs all tests of the workspace, those in documentation too; examples are built, and their tests run.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    println!("tests");
    let begun = now();
    let mut tally = Tally::default();
    let mut args = vec!["test", "--workspace", "--all-features", "--no-fail-fast"];
    match (has_recordings(root), std::env::var_os("CI")) {
        (true, _) => args.extend(["--", "--include-ignored"]),
        (false, Some(_)) => return Err(no_recordings()),
        (false, None) => println!("WARNING: {}; what needs them is ignored", no_recordings()),
    }
    let mut command = cargo(root, &args);
    // Snapshots are read here, never written.
    command.env("INSTA_UPDATE", "no").stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if let Some(printed) = child.stdout.take() {
        for line in BufReader::new(printed).lines() {
            let line = line.map_err(|error| format!("what the tests print cannot be read: {error}"))?;
            println!("{line}");
            tally.read(&line);
        }
    }
    let status = child.wait().map_err(|error| format!("the tests cannot be waited for: {error}"))?;
    match tally.ignored.as_slice() {
        [] => println!("nothing was ignored"),
        ignored => {
            println!("IGNORED, {} in all:", ignored.len());
            ignored.iter().for_each(|test| println!("  {test}"));
        }
    }
    println!("tests took {}", seconds(begun.elapsed()));
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored.len());
    if !status.success() {
        return Err("tests failed".to_owned());
    }
    if tally.passed == 0 {
        return Err("no test ran".to_owned());
    }
    Ok(())
}

/// The recorded conversations for which the only ignored tests wait.
const RECORDINGS: [&str; 4] =
    ["multidogo-finance.tsv", "multidogo-airline.tsv", "abcd_sample.json", "banking77.csv"];

/// Tells whether all recorded conversations are there.
fn has_recordings(root: &Path) -> bool {
    let folder = std::env::var_os("SUPPORT_DATA").map_or_else(|| root.join("../shared/data"), Into::into);
    RECORDINGS.iter().all(|name| folder.join(name).is_file())
}

fn no_recordings() -> String {
    format!("SUPPORT_DATA must hold the recorded conversations {}", RECORDINGS.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_added_up_and_what_they_ignored_is_named() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::c ... ignored, needs a database",
            "test a::d ... ignored",
            "test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 1 filtered out; finished in 0.10s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            tally.read(line);
        }
        assert_eq!((tally.passed, tally.failed), (15, 2));
        assert_eq!(tally.ignored, ["a::c: needs a database", "a::d: no reason given"]);
    }
}
