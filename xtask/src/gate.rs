//! Gates: rules that no compiler knows. Each is a pure function from files to problems, and its tests prove that it
//! can fail.

pub(crate) mod capabilities;
pub(crate) mod panics;
pub(crate) mod purity;
pub(crate) mod size;

/// Makes a result of a list of problems.
pub(crate) fn told(problems: &[String]) -> Result<(), String> {
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Tells whether a file is only for tests: those of a crate, those beside the code, and the kit that tests share.
fn is_test(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.clone().any(|part| part == "tests" || part == "testkit")
        || parts.next_back().is_some_and(|name| name == "tests.rs" || name == "testkit.rs")
}

/// Returns the lines of a source that are not for tests, with their numbers: no comments, and no item under
/// `#[cfg(test)]`. Relies on the format that `cargo fmt` gives: an item ends with a line that closes at its indent.
fn productive(text: &str) -> Vec<(usize, &str)> {
    let mut lines = (1..).zip(text.lines());
    let mut found = Vec::new();
    while let Some((number, line)) = lines.next() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        if code != "#[cfg(test)]" {
            found.push((number, line));
            continue;
        }
        let indent = line.len() - code.len();
        for (_, inner) in lines.by_ref() {
            let at_indent = inner.len() - inner.trim_start().len() == indent;
            let attribute = inner.trim_start().starts_with("#[");
            if at_indent && !attribute && (inner.ends_with(';') || inner.ends_with('}')) {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_told_by_their_place() {
        for path in ["a/tests/x.rs", "a/src/b/tests.rs", "a/src/testkit.rs", "a/src/testkit/ids.rs"] {
            assert!(is_test(path), "{path}");
        }
        for path in ["a/src/contests.rs", "a/src/lib.rs", "xtask/src/test.rs"] {
            assert!(!is_test(path), "{path}");
        }
    }

    #[test]
    fn comments_and_test_items_are_not_productive() {
        let text = "//! x\nmod a;\n#[cfg(test)]\nmod tests;\nfn b() {\n    // y\n    c();\n}\n\
                    #[cfg(test)]\n#[expect(z)]\nmod more {\n    fn d() {}\n}\nfn e() {}\n";
        let code: Vec<&str> = productive(text).into_iter().map(|(_, line)| line).collect();
        assert_eq!(code, ["mod a;", "fn b() {", "    c();", "}", "fn e() {}"]);
    }
}
