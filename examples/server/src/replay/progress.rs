//! How far a replay has come, on standard error: a bar on a terminal, else a line now and then.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

/// Lines that are written where there is no terminal.
const LINES: u64 = 10;

/// Shows how many turns have been played.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    turns: u64,
    done: u64,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("done", &self.done).finish_non_exhaustive()
    }
}

impl Progress {
    /// Begins with nothing of so many turns.
    pub(super) fn of(turns: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(turns);
            // A template that cannot be read is a mistake of ours that the plain bar survives.
            let template = "{elapsed_precise} {wide_bar} {pos}/{len} turns, {eta} left";
            ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.with_style(style))
        });
        Self { bar, turns, done: 0 }
    }

    /// Takes note of a turn.
    pub(super) fn step(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        } else if self.part(self.done) > self.part(self.done - 1) {
            // That nobody reads it is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{} of {} turns played", self.done, self.turns);
        }
    }

    fn part(&self, done: u64) -> u64 {
        (done * LINES).checked_div(self.turns).unwrap_or_default()
    }
}

impl Drop for Progress {
    /// Takes the bar away, also where the replay stopped half-way.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
