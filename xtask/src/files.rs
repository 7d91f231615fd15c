//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of Rust source, with its path from the root, written with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

#[cfg(test)]
impl Source {
    pub(crate) fn of(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// Reads every file of Rust source, in the order of their paths.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>, String> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let from_root = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = from_root.iter().map(|part| part.to_string_lossy()).collect();
            Ok(Source { path: parts.join("/"), text })
        })
        .collect()
}

/// Collects `.rs` files; folders with a leading dot and those that cargo marks as its own are left out.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            if !hidden && !path.join("CACHEDIR.TAG").exists() {
                walk(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
