//! The core decides and does nothing else: no runtime, no database, no web, no clock, no chance.

use crate::files::Source;

use super::{is_test, productive};

/// Crates that the core must not depend on, also not through another one; a name ending in `-` is a whole family.
const CRATES: &[(&str, &[&str])] = &[
    (
        "a runtime: hosts choose theirs, and decisions do not wait",
        &[
            "tokio",
            "tokio-",
            "async-std",
            "async-io",
            "async-executor",
            "async-global-executor",
            "smol",
            "mio",
            "glommio",
            "monoio",
            "futures-executor",
            "rayon",
            "rayon-",
        ],
    ),
    (
        "a database: stores stand behind the `Store` trait",
        &[
            "sqlx",
            "sqlx-",
            "rusqlite",
            "libsqlite3-sys",
            "tokio-postgres",
            "postgres",
            "diesel",
            "sea-orm",
            "mongodb",
            "redis",
            "sled",
            "redb",
            "rocksdb",
            "heed",
        ],
    ),
    (
        "the web: adapters translate, the core knows no protocol",
        &[
            "axum",
            "axum-",
            "hyper",
            "hyper-",
            "http",
            "http-",
            "actix-",
            "warp",
            "rocket",
            "tower",
            "tower-",
            "reqwest",
            "ureq",
            "isahc",
            "tonic",
            "h2",
            "rustls",
            "native-tls",
            "openssl",
            "openssl-",
            "socket2",
            "lettre",
            "tungstenite",
        ],
    ),
    (
        "a source of chance: ids and everything random are passed in",
        &["rand", "rand_core", "rand_chacha", "getrandom", "fastrand", "oorandom", "nanorand", "ring"],
    ),
    (
        "a clock or the host's settings: time and zones are passed in or bundled",
        &["iana-time-zone", "tzfile", "quanta", "coarsetime", "instant", "web-time", "dotenv", "dotenvy"],
    ),
];

/// Names of the standard library that reach outside.
const PATHS: &[(&str, &str)] = &[
    ("SystemTime", "reads the clock"),
    ("Instant::now", "reads the clock"),
    ("time::Instant", "reads the clock"),
    ("Utc::now", "reads the clock"),
    ("Local::now", "reads the clock"),
    ("std::thread", "starts threads or sleeps"),
    ("std::fs", "reads or writes files"),
    ("std::net", "opens sockets"),
    ("std::env", "reads the host's settings"),
    ("std::process", "starts or ends processes"),
    ("RandomState", "is seeded by chance"),
];

/// Modules that must not come out of a list such as `use std::{fs, fmt}` either.
const MODULES: &[&str] = &["thread", "fs", "net", "env", "process"];

/// Reads what `cargo tree --prefix none` prints, and names forbidden crates with the reason.
pub(crate) fn impure_crates(tree: &str) -> Vec<String> {
    let mut names: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    names.sort_unstable();
    names.dedup();
    let mut problems = Vec::new();
    if !names.contains(&"support-core") {
        problems.push("the tree is not that of support-core".to_owned());
    }
    for name in names {
        for (reason, forbidden) in CRATES {
            let is = |entry: &&&str| **entry == name || entry.ends_with('-') && name.starts_with(**entry);
            if forbidden.iter().any(|entry| is(&entry)) {
                problems.push(format!("support-core depends on `{name}`: {reason}"));
            }
        }
    }
    problems
}

/// Names each line of the core, outside tests, that reaches outside.
pub(crate) fn impure_sources(sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    let core = sources.iter().filter(|source| source.path.starts_with("support-core/src/"));
    for source in core.filter(|source| !is_test(&source.path)) {
        for (number, line) in productive(&source.text) {
            for (path, does) in PATHS.iter().filter(|(path, _)| names(line, path)) {
                problems.push(format!("{}:{number}: `{path}` {does}", source.path));
            }
            if let Some((_, list)) = line.split_once("std::{") {
                for module in MODULES.iter().filter(|module| names(list, module)) {
                    problems.push(format!("{}:{number}: `std::{module}` reaches outside", source.path));
                }
            }
        }
    }
    problems
}

/// Tells whether a line holds a path as whole words.
fn names(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_crate_anywhere_in_the_tree_is_a_problem() {
        let clean =
            "support-core v0.1.0 (/x)\nasync-trait v0.1.0 (proc-macro)\nserde v1.0.0 (*)\nhttparse v1.0.0\n";
        assert_eq!(impure_crates(clean), Vec::<String>::new());
        for (name, reason) in [
            ("tokio", "runtime"),
            ("tokio-util", "runtime"),
            ("libsqlite3-sys", "database"),
            ("axum", "web"),
            ("getrandom", "chance"),
        ] {
            let found = impure_crates(&format!("{clean}{name} v1.0.0\n"));
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(found[0].contains(reason), "{found:?}");
        }
    }

    #[test]
    fn an_empty_or_foreign_tree_is_a_problem() {
        assert_eq!(impure_crates("").len(), 1);
        assert_eq!(impure_crates("xtask v0.1.0\n").len(), 1);
    }

    #[test]
    fn a_source_that_reaches_outside_is_a_problem() {
        for line in [
            "let now = std::time::SystemTime::now();",
            "let begun = Instant::now();",
            "use std::time::Instant;",
            "    std::thread::spawn(run);",
            "use std::fs;",
            "use std::{fmt, net::TcpStream};",
            "let home = std::env::var(\"HOME\");",
        ] {
            let found = impure_sources(&[Source::of("support-core/src/a.rs", line)]);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
    }

    #[test]
    fn tests_comments_and_other_crates_may() {
        let line = "use std::fs;\n";
        let sources = [
            Source::of("support-core/src/testkit/a.rs", line),
            Source::of("support-core/src/a/tests/b.rs", line),
            Source::of("support-core/tests/c.rs", line),
            Source::of("support-store-sqlite/src/d.rs", line),
            Source::of(
                "support-core/src/e.rs",
                "// std::fs is not ours.\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n",
            ),
            Source::of("support-core/src/f.rs", "let instant = std::fmt::Error; my_std::fsync();\n"),
        ];
        assert_eq!(impure_sources(&sources), Vec::<String>::new());
    }
}
