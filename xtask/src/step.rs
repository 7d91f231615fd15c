//! Steps: each prints one line with how long it took.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs a body as a step, and prints its name, how it ended and how long it took.
pub(crate) fn step(name: &str, body: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    print!("{name:.<48} ");
    let _ = std::io::stdout().flush();
    let begun = now();
    let result = body();
    let word = if result.is_ok() { "ok" } else { "FAILED" };
    println!("{word} {}", seconds(begun.elapsed()));
    result.map_err(|problem| format!("\n{name} failed:\n{problem}"))
}

/// Says loudly that a step was left out.
pub(crate) fn left_out(name: &str, why: &str) {
    println!("{name:.<48} LEFT OUT: {why}");
}

/// The present instant: steps are timed, and nothing else here looks at a clock.
#[expect(clippy::disallowed_methods, reason = "the rule is for the desk; this is a stopwatch")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Prints a duration in seconds.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Starts a command of cargo in the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(arguments);
    command
}

/// Runs a command to its end and returns what it printed; its whole output is the error where it fails.
pub(crate) fn quietly(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} cannot be started: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{printed}{}", String::from_utf8_lossy(&output.stderr)))
}
