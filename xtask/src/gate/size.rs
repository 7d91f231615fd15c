//! No file of Rust source is longer than a reader follows.

use crate::files::Source;

/// Most lines of a file, tests included.
const LINES: usize = 600;

pub(crate) fn problems(sources: &[Source]) -> Vec<String> {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES).then(|| format!("{}: {lines} lines, at most {LINES}", source.path))
    };
    sources.iter().filter_map(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_too_many_is_a_problem() {
        let fits = Source::of("a.rs", &"x\n".repeat(LINES));
        let long = Source::of("b.rs", &"x\n".repeat(LINES + 1));
        assert_eq!(problems(&[fits, long]), ["b.rs: 601 lines, at most 600"]);
    }
}
