//! The serialized types of the crate, read off its sources.

use std::collections::BTreeMap;
use std::path::Path;

/// Lists the types with a serialized form, by path below the crate, each with the number of its variants; 1 for
/// what is no enum.
pub(crate) fn serialized() -> BTreeMap<String, usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut types = BTreeMap::new();
    read(&root, "", &mut types);
    types
}

fn read(folder: &Path, module: &str, types: &mut BTreeMap<String, usize>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // Tests and what is for tests write nothing that is kept.
        if module.is_empty() && ["testkit", "wire", "lib"].contains(&stem) || stem == "tests" {
            continue;
        }
        let module = if module.is_empty() { stem.to_owned() } else { format!("{module}::{stem}") };
        if path.is_dir() {
            read(&path, &module, types);
        } else {
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
            for (name, variants) in found(source) {
                types.insert(format!("{module}::{name}"), variants);
            }
        }
    }
}

/// Finds the types of one file, which `rustfmt` has laid out.
fn found(source: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut names = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let rest = &lines[at + 1..];
        if line.starts_with("#[derive(") && line.contains("Serialize") {
            let head = rest.iter().find(|line| line.contains("struct ") || line.contains("enum ")).unwrap();
            // What no other crate can name is shown as part of what can be named.
            if !head.starts_with("pub ") {
                continue;
            }
            let word = if head.contains("enum ") { "enum " } else { "struct " };
            names.push((name_in(head.split(word).nth(1).unwrap()), body(rest, "    ").max(1)));
        } else if *line == "wire_enum! {" || *line == "crate::wire::wire_enum! {" {
            let head = rest.iter().find(|line| line.starts_with("    ") && line.ends_with(" {")).unwrap();
            names.push((name_in(head.trim_start()), body(rest, "        ")));
        } else if line.starts_with("events! {") {
            let variants = rest.iter().filter(|line| line.contains(" = \"") && line.contains('{')).count();
            names.push(("Event".to_owned(), variants));
        } else if line.starts_with("ids! {") {
            let inside = rest.iter().take_while(|line| **line != "}");
            names.extend(inside.filter(|line| line.ends_with(';')).map(|line| (name_in(line.trim()), 1)));
        } else if line.starts_with("impl ") && line.contains("Serialize for ") {
            let name = name_in(line.split("Serialize for ").nth(1).unwrap());
            let declared = lines.iter().position(|line| line.contains(&format!("enum {name} {{")));
            let variants = declared.map_or(1, |at| body(&lines[at..], "    "));
            names.push((name, variants));
        }
    }
    names
}

/// Counts the variants of an enum, the lines of which are indented so far; 0 in a struct.
fn body(lines: &[&str], indent: &str) -> usize {
    let end = if indent.len() == 4 { "}" } else { "    }" };
    let inside = lines.iter().take_while(|line| **line != end);
    inside
        .filter(|line| {
            let word = line.strip_prefix(indent).unwrap_or_default();
            word.starts_with(|first: char| first.is_ascii_uppercase())
        })
        .count()
}

fn name_in(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}
