//! `check`: everything that can be said of a change without running it.

use std::path::Path;

use crate::files::sources;
use crate::gate;
use crate::step::{cargo, left_out, quietly, step};

/// Whether known vulnerabilities are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advisories {
    Leave,
    Ask,
}

pub(crate) fn run(root: &Path, advisories: Advisories) -> Result<(), String> {
    let runs = |arguments: &[&str]| quietly(cargo(root, arguments)).map(drop);
    let sources = sources(root)?;
    step("format", || runs(&["fmt", "--all", "--check"]))?;
    step("gate: size", || gate::told(&gate::size::problems(&sources)))?;
    step("gate: lints that forbid panics", || gate::told(&gate::panics::problems(&sources)))?;
    step("gate: sources of the core", || gate::told(&gate::purity::impure_sources(&sources)))?;
    step("gate: dependencies of the core", || {
        let tree = ["tree", "-p", "support-core", "--edges", "normal", "--prefix", "none", "--target", "all"];
        gate::told(&gate::purity::impure_crates(&quietly(cargo(root, &tree))?))
    })?;
    step("gate: table of capabilities", || gate::told(&gate::capabilities::read(root, &sources)?))?;
    step("clippy", || {
        runs(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    })?;
    step("clippy of the core without features", || {
        runs(&["clippy", "-p", "support-core", "--no-default-features", "--", "-D", "warnings"])
    })?;
    step("documentation", || {
        let mut doc = cargo(root, &["doc", "--workspace", "--no-deps", "--all-features"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        quietly(doc).map(drop)
    })?;
    let name = "licences, duplicates, sources";
    if quietly(cargo(root, &["deny", "--version"])).is_err() {
        left_out(name, "cargo-deny is not installed (cargo install cargo-deny)");
        return match advisories {
            Advisories::Leave => Ok(()),
            Advisories::Ask => Err("advisories were asked for and need cargo-deny".to_owned()),
        };
    }
    step(name, || runs(&["deny", "check", "licenses", "bans", "sources"]))?;
    match advisories {
        Advisories::Leave => Ok(()),
        Advisories::Ask => step("advisories", || runs(&["deny", "check", "advisories"])),
    }
}
