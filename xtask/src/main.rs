//! `cargo xtask`: what a change must pass, in one program that runs the same here and in CI.

mod bench;
mod check;
mod files;
mod gate;
mod step;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  check [--advisories]   format, lints, documentation, gates, licences; with --advisories also known
                         vulnerabilities, which needs the advisory database and so a network
  test [--fast]          check, then all tests with examples and documentation tests; --fast: tests only
  bench [filter]         benchmarks, all or those whose names hold the filter";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = root();
    let done = match words.as_slice() {
        ["check"] => check::run(&root, check::Advisories::Leave),
        ["check", "--advisories"] => check::run(&root, check::Advisories::Ask),
        ["test"] => check::run(&root, check::Advisories::Leave).and_then(|()| test::run(&root)),
        ["test", "--fast"] => test::run(&root),
        ["bench"] => bench::run(&root, None),
        ["bench", filter] => bench::run(&root, Some(filter)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace, wherever the command is given.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
