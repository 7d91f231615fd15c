//! `bench`: the benchmarks, where there are any.

use std::path::Path;

use crate::step::{cargo, left_out, quietly};

/// Runs all benchmarks, or those whose names hold `filter`. What they print is shown as it comes.
pub(crate) fn run(root: &Path, filter: Option<&str>) -> Result<(), String> {
    let metadata = quietly(cargo(root, &["metadata", "--no-deps", "--format-version", "1"]))?;
    if !has_benches(&metadata) {
        left_out("benchmarks", "there are none yet");
        return Ok(());
    }
    // Only the targets made for it: the harness of unit tests does not know criterion's options.
    let mut command = cargo(root, &["bench", "--workspace", "--bench", "*"]);
    command.args(filter.map(|filter| ["--", filter]).into_iter().flatten());
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("benchmarks failed".to_owned()) }
}

/// Tells whether the workspace has a target for benchmarks, from what `cargo metadata` prints.
fn has_benches(metadata: &str) -> bool {
    metadata.contains(r#""kind":["bench"]"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_for_benchmarks_are_seen() {
        assert!(has_benches(r#"{"targets":[{"kind":["bench"],"name":"route"}]}"#));
        assert!(!has_benches(r#"{"targets":[{"kind":["lib"],"name":"bench"}]}"#));
    }
}
