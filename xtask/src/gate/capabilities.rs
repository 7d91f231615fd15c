//! The table of capabilities says the truth, as far as a program can tell.
//!
//! `docs/capabilities.md` has one row for each capability and each conflict. A row that says `done` names a test, and
//! every test and every file that a row names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::files::Source;

/// The lists of capabilities, with their lengths.
const LISTS: [(&str, u32); 5] = [("S0", 36), ("S1", 54), ("S2", 38), ("S3", 44), ("S4", 50)];
/// The number of conflicts.
const CONFLICTS: u32 = 13;
const TABLE: &str = "docs/capabilities.md";

/// Reads the table and checks it.
pub(crate) fn read(root: &Path, sources: &[Source]) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(root.join(TABLE)).map_err(|error| format!("{TABLE}: {error}"))?;
    Ok(problems(&text, &tests(sources), &|path| {
        root.join(path).exists() || root.join("support-core/src").join(path).exists()
    }))
}

/// Lists the names of all tests: functions under an attribute for tests, and the cases that every store passes.
fn tests(sources: &[Source]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources {
        let cases = source.path.starts_with("support-core/src/testkit/cases/");
        let mut marked = false;
        for line in source.text.lines().map(str::trim) {
            if line.starts_with("#[") && line.contains("test]") {
                marked = true;
            } else if let Some(name) = function(line) {
                if marked || cases && line.starts_with("pub async fn ") {
                    names.insert(name.to_owned());
                }
                marked = false;
            } else if !line.starts_with("#[") && !line.starts_with("//") {
                marked = false;
            }
        }
    }
    names
}

/// Returns the name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// Checks the table. `exists` tells whether a path does.
fn problems(table: &str, tests: &BTreeSet<String>, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut problems = Vec::new();
    let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let Some(id) = cells.first().copied().filter(|id| is_id(id)) else { continue };
        *rows.entry(id).or_default() += 1;
        let [_, what, state, places, named] = cells.as_slice() else {
            problems.push(format!("{id}: must have five columns"));
            continue;
        };
        if what.is_empty() {
            problems.push(format!("{id}: says nothing"));
        }
        if !["done", "part", "not"].contains(state) {
            problems.push(format!("{id}: `{state}` is not one of done, part, not"));
        }
        if *state == "done" && quoted(named).next().is_none() {
            problems.push(format!("{id}: is done and names no test"));
        }
        if *state != "not" && quoted(places).next().is_none() {
            problems.push(format!("{id}: is {state} and names no file"));
        }
        let missing_tests = quoted(named).filter(|name| !tests.contains(*name));
        problems.extend(missing_tests.map(|name| format!("{id}: there is no test `{name}`")));
        let missing_places = quoted(places).filter(|place| !exists(place));
        problems.extend(missing_places.map(|place| format!("{id}: there is no `{place}`")));
    }
    let expected = LISTS.iter().flat_map(|(list, count)| (1..=*count).map(move |n| format!("{list}-{n:02}")));
    for id in expected.chain((1..=CONFLICTS).map(|n| format!("C{n}"))) {
        match rows.remove(id.as_str()) {
            Some(1) => {}
            Some(times) => problems.push(format!("{id}: stands there {times} times")),
            None => problems.push(format!("{id}: is missing")),
        }
    }
    problems.extend(rows.keys().map(|id| format!("{id}: is unknown")));
    problems
}

/// Tells whether a cell is an id: `S0-01`, `C1`.
fn is_id(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let list = cell.strip_prefix('S').and_then(|rest| rest.split_once('-'));
    list.is_some_and(|(list, n)| digits(list) && digits(n)) || cell.strip_prefix('C').is_some_and(digits)
}

/// Lists what stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table in which everything is as it should be.
    fn whole() -> Vec<String> {
        let capabilities = LISTS.iter().flat_map(|(list, count)| {
            (1..=*count).map(move |n| format!("| {list}-{n:02} | does it | done | `a.rs` | `it_works` |"))
        });
        let conflicts = (1..=CONFLICTS).map(|n| format!("| C{n} | decided | part | `a.rs` | |"));
        capabilities.chain(conflicts).collect()
    }

    fn found(rows: &[String]) -> Vec<String> {
        problems(&rows.join("\n"), &BTreeSet::from(["it_works".to_owned()]), &|path| path == "a.rs")
    }

    #[test]
    fn a_whole_table_has_no_problems() {
        let rows = whole();
        assert_eq!(rows.len(), 222 + 13);
        assert_eq!(found(&rows), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_rot_is_found() {
        for (row, problem) in [
            ("", "S0-02: is missing"),
            ("| S0-01 | again | not | | |", "S0-01: stands there 2 times"),
            ("| S0-02 | does it | done | `a.rs` | |", "S0-02: is done and names no test"),
            ("| S0-02 | does it | done | `a.rs` | `it_worked` |", "S0-02: there is no test `it_worked`"),
            ("| S0-02 | does it | part | `b.rs` | |", "S0-02: there is no `b.rs`"),
            ("| S0-02 | does it | part | | |", "S0-02: is part and names no file"),
            ("| S0-02 | does it | nearly | `a.rs` | |", "S0-02: `nearly` is not one of done, part, not"),
            ("| S0-02 | does it | not |", "S0-02: must have five columns"),
            ("| S0-02 | | not | | |", "S0-02: says nothing"),
            ("| S0-37 | one too many | not | | |", "S0-37: is unknown"),
        ] {
            let mut rows = whole();
            rows[1] = row.to_owned();
            let found = found(&rows);
            assert!(found.iter().any(|line| line == problem), "{row}: {found:?}");
        }
    }

    #[test]
    fn tests_are_told_from_other_functions() {
        let sources = [
            Source::of(
                "a/tests/b.rs",
                "#[test]\n#[ignore = \"x\"]\n// why\nfn one() {}\nfn two() {}\n#[tokio::test]\nasync fn three() {}\n",
            ),
            Source::of(
                "support-core/src/testkit/cases/c.rs",
                "pub async fn four(store: &dyn Store) {}\nfn five() {}\n",
            ),
        ];
        let names: Vec<String> = tests(&sources).into_iter().collect();
        assert_eq!(names, ["four", "one", "three"]);
    }
}
