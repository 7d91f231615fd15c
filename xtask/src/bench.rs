//! `bench`: the benchmarks, each beside a plain way to do the same.

use std::path::Path;

use crate::step::cargo;

/// Runs all benchmarks, or those whose names hold `filter`. What they print is shown as it comes.
pub(crate) fn run(root: &Path, filter: Option<&str>) -> Result<(), String> {
    // Only the targets made for it: the harness of unit tests does not know criterion's options.
    let mut command = cargo(root, &["bench", "--package", "support-benches", "--bench", "*"]);
    command.args(filter.map(|filter| ["--", filter]).into_iter().flatten());
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("benchmarks failed".to_owned()) }
}
