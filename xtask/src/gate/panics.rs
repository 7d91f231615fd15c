//! The lints that forbid panics stay in force.
//!
//! Clippy denies `unwrap`, `expect`, `panic!`, unchecked indexing and their like outside tests. This gate sees to it
//! that no source switches one of them off for itself.

use crate::files::Source;

use super::{is_test, productive};

/// The lints.
const LINTS: &[&str] = &[
    "unwrap_used",
    "expect_used",
    "panic",
    "indexing_slicing",
    "string_slice",
    "todo",
    "unimplemented",
    "restriction",
    "unsafe_code",
];

/// Programs that measure, which nobody embeds.
fn is_measuring(path: &str) -> bool {
    path.starts_with("benches/")
}

pub(crate) fn problems(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for source in sources.iter().filter(|source| !is_test(&source.path) && !is_measuring(&source.path)) {
        let mut attribute: Option<(usize, String)> = None;
        for (number, line) in productive(&source.text) {
            let code = line.trim();
            if ["#[", "#!["].iter().any(|start| code.starts_with(start)) && switches(code) {
                attribute = Some((number, String::new()));
            }
            let Some((begun, text)) = &mut attribute else { continue };
            text.push_str(code);
            if !code.ends_with(']') {
                continue;
            }
            // The reason may name a lint; what stands before it counts.
            let named = text.split("reason").next().unwrap_or(text);
            for lint in LINTS.iter().filter(|lint| words(named).any(|word| word == **lint)) {
                problems.push(format!("{}:{begun}: switches `{lint}` off", source.path));
            }
            attribute = None;
        }
    }
    problems
}

/// Tells whether an attribute switches lints off, also under a condition.
fn switches(code: &str) -> bool {
    ["allow(", "expect(", "warn("].iter().any(|word| code.contains(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lint_that_is_switched_off_is_a_problem() {
        for (line, attribute) in [
            (1, "#![allow(clippy::unwrap_used, reason = \"x\")]"),
            (1, "#[expect(clippy::indexing_slicing)]"),
            (1, "#[cfg_attr(feature = \"x\", allow(clippy::panic))]"),
            (1, "#![allow(\n    clippy::cast_lossless,\n    clippy::expect_used,\n    reason = \"x\"\n)]"),
        ] {
            let source = Source::of("support-core/src/a.rs", &format!("{attribute}\nfn a() {{}}\n"));
            let found = problems(&[source]);
            assert_eq!(found.len(), 1, "{attribute}");
            assert!(found[0].starts_with(&format!("support-core/src/a.rs:{line}: ")), "{found:?}");
        }
    }

    #[test]
    fn other_lints_tests_and_reasons_are_none() {
        let allow = "#![allow(clippy::unwrap_used)]\n";
        let sources = [
            Source::of("support-core/tests/a.rs", allow),
            Source::of("support-core/src/testkit.rs", allow),
            Source::of("benches/src/measure/main.rs", allow),
            Source::of("support-core/src/b.rs", "#[allow(clippy::boxed_local, reason = \"no panic\")]\n"),
            Source::of("support-core/src/c.rs", "#[cfg(test)]\n#[allow(clippy::panic)]\nmod tests;\n"),
        ];
        assert_eq!(problems(&sources), Vec::<String>::new());
    }
}
