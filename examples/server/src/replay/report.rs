//! What a replay found, as a table for people or as JSON.
//!
//! Each figure says whether it is modelled: whether it would be another one had the model been told otherwise.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;
use support_core::conversation::Direction;
use support_core::desk::Desk;
use support_core::id::TenantId;
use support_core::people::Actor;
use support_core::sla::{Metric, TimerState};
use support_core::store::{Query, Related, SetAsideFilter, TicketFilter};
use support_core::time::Timestamp;

use super::model::Model;
use super::play::{Played, Seat};
use super::recorded::{Format, Recording};
use super::tally::Work;
use crate::failure::Failure;

const MICROS: f64 = 1e6;

/// Everything that a replay found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    recordings: Vec<Source>,
    seed: u64,
    /// The model, where it was needed.
    model: Option<Model>,
    conversations: u64,
    tickets: u64,
    messages: Vec<Count>,
    findings: BTreeMap<String, u64>,
    refused: Vec<Count>,
    throughput: Throughput,
    span: Span,
    waiting: Vec<Spread>,
    handling: Vec<Spread>,
    not_answered: Count,
    sla: Vec<Judged>,
    agents: Vec<Load>,
}

#[derive(Debug, Serialize)]
struct Source {
    file: String,
    format: Format,
    rows: u64,
    without_words: u64,
    conversations: u64,
}

#[derive(Debug, Serialize)]
struct Count {
    what: &'static str,
    count: u64,
    modelled: bool,
}

/// What the machine did in real time.
#[derive(Debug, Serialize)]
struct Throughput {
    wall_seconds: f64,
    conversations_per_second: f64,
    messages_per_second: f64,
    /// Whether some of the messages were modelled.
    messages_modelled: bool,
}

/// From the first to the last thing that happened on the desk's clock.
#[derive(Debug, Serialize)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    modelled: bool,
}

/// How a time is spread over tickets.
#[derive(Debug, Serialize)]
struct Spread {
    what: &'static str,
    count: u64,
    p50_seconds: f64,
    p90_seconds: f64,
    p99_seconds: f64,
    max_seconds: f64,
    modelled: bool,
}

/// How a metric was kept.
#[derive(Debug, Serialize)]
struct Judged {
    metric: Metric,
    target_seconds: u64,
    met: u64,
    missed: u64,
    /// Still running at the end, and past the deadline.
    overdue: u64,
    /// Still running at the end, in time.
    running: u64,
    cancelled: u64,
    /// Met, of all that were met, missed or overdue.
    met_percent: Option<f64>,
    modelled: bool,
}

#[derive(Debug, Serialize)]
struct Load {
    agent: String,
    tickets: u64,
    replies: u64,
    peak_open: u32,
    handling_seconds: f64,
    /// Share of the span in which the agent was at some ticket; nothing where that is not recorded.
    utilisation_percent: Option<f64>,
    modelled: bool,
}

/// What the report is made of, beside what the desk holds.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) recordings: &'a [Recording],
    pub(super) seed: u64,
    pub(super) model: Option<Model>,
    pub(super) targets: &'a [(Metric, u64)],
    pub(super) seats: &'a [Seat],
    pub(super) played: &'a Played,
    pub(super) wall_micros: i64,
}

impl Report {
    /// Reads from the desk what it holds, and puts it together with what its log told.
    pub(super) async fn of(desk: &Desk, made: &Made<'_>) -> Result<Self, Failure> {
        let Made { recordings, seed, ref model, targets, seats, played, wall_micros } = *made;
        let tally = &played.tally;
        let modelled = model.is_some();
        let mut seen = Seen::default();
        seen.read(desk).await?;
        let conversations: u64 = recordings.iter().map(|one| one.conversations.len() as u64).sum();
        let messages = tally.by_customers + tally.by_agents + tally.notes;
        let unrecorded = recordings.iter().any(|recording| !recording.format.has_replies());
        let wall = (wall_micros as f64 / MICROS).max(1.0 / MICROS);
        let count = |what, count, modelled| Count { what, count, modelled };
        let assigned = tally
            .first_assigned
            .iter()
            .filter_map(|(ticket, at)| Some(at.micros_since(*tally.opened.get(ticket)?)));
        let span = played.to.micros_since(played.from);
        Ok(Self {
            recordings: recordings.iter().map(Source::of).collect(),
            seed,
            model: model.clone(),
            conversations,
            tickets: tally.opened.len() as u64,
            messages: vec![
                count("customers", tally.by_customers, false),
                count("agents", tally.by_agents, unrecorded),
                count("notes", tally.notes, false),
                count("all", messages, unrecorded),
            ],
            findings: tally.findings.clone(),
            refused: played.refused.iter().map(|(rule, turns)| count(*rule, *turns, modelled)).collect(),
            throughput: Throughput {
                wall_seconds: wall,
                conversations_per_second: conversations as f64 / wall,
                messages_per_second: messages as f64 / wall,
                messages_modelled: unrecorded,
            },
            span: Span { from: played.from, to: played.to, modelled },
            waiting: vec![
                Spread::of("assignment", assigned.collect(), modelled),
                Spread::of("first response", seen.first_responses, modelled),
                Spread::of("resolution", seen.resolutions, modelled),
            ],
            handling: vec![Spread::of("a ticket", tally.handled.values().copied().collect(), modelled)],
            not_answered: count("not answered", seen.not_answered, modelled),
            sla: targets
                .iter()
                .map(|(metric, target)| {
                    let ended: Vec<TimerState> = tally
                        .ended
                        .iter()
                        .filter(|((_, of), _)| of == metric)
                        .flat_map(|(_, outcomes)| outcomes.iter().copied())
                        .collect();
                    let open = seen.open.get(metric).copied().unwrap_or_default();
                    Judged::of(*metric, *target, &ended, open, modelled)
                })
                .collect(),
            agents: seats
                .iter()
                .map(|seat| {
                    let work = tally.agents.get(&seat.id);
                    let handled = work.map_or(0, Work::handled);
                    let known = !tally.handled.is_empty() && span > 0;
                    Load {
                        agent: seat.name.clone(),
                        tickets: work.map_or(0, |work| work.tickets.len() as u64),
                        replies: work.map_or(0, |work| work.replies),
                        peak_open: work.map_or(0, |work| work.peak),
                        handling_seconds: handled as f64 / MICROS,
                        utilisation_percent: known.then(|| handled as f64 * 100.0 / span as f64),
                        modelled,
                    }
                })
                .collect(),
        })
    }
}

impl Source {
    fn of(recording: &Recording) -> Self {
        let file = recording.file.file_name().unwrap_or(recording.file.as_os_str());
        Self {
            file: file.to_string_lossy().into_owned(),
            format: recording.format,
            rows: recording.rows,
            without_words: recording.wordless,
            conversations: recording.conversations.len() as u64,
        }
    }
}

/// What the tickets themselves tell at the end.
#[derive(Default)]
struct Seen {
    first_responses: Vec<i64>,
    resolutions: Vec<i64>,
    not_answered: u64,
    /// Timers that still run, by metric: overdue ones, and others.
    open: BTreeMap<Metric, (u64, u64)>,
}

impl Seen {
    async fn read(&mut self, desk: &Desk) -> Result<(), Failure> {
        let host = Actor::Host(TenantId::SINGLE);
        let mut after = None;
        loop {
            let filter = TicketFilter { set_aside: SetAsideFilter::Any, ..TicketFilter::default() };
            let page = desk.tickets(&host, filter, Query::MOST, after, Related::default()).await?;
            for ticket in &page.tickets {
                // Where the desk wrote first there was nothing to answer.
                if ticket.direction == Direction::Inbound {
                    match ticket.first_responded_at {
                        Some(at) => self.first_responses.push(at.micros_since(ticket.created_at)),
                        None => self.not_answered += 1,
                    }
                }
                let resolved = ticket.resolved_at.map(|at| at.micros_since(ticket.created_at));
                self.resolutions.extend(resolved);
                for timer in ticket.sla.timers.iter().filter(|timer| timer.state.is_open()) {
                    let (overdue, running) = self.open.entry(timer.metric).or_default();
                    *if timer.breached_at.is_some() { overdue } else { running } += 1;
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            after = page.next;
        }
    }
}

impl Spread {
    /// Ranks times, given in microseconds.
    fn of(what: &'static str, mut micros: Vec<i64>, modelled: bool) -> Self {
        micros.sort_unstable();
        // The nearest rank: the smallest time that so many percent of all do not exceed.
        let ranked = |percent: usize| {
            let rank = (micros.len() * percent).div_ceil(100).max(1);
            micros.get(rank - 1).map_or(0.0, |micros| *micros as f64 / MICROS)
        };
        Self {
            what,
            count: micros.len() as u64,
            p50_seconds: ranked(50),
            p90_seconds: ranked(90),
            p99_seconds: ranked(99),
            max_seconds: ranked(100),
            modelled,
        }
    }
}

impl Judged {
    fn of(metric: Metric, target: u64, ended: &[TimerState], open: (u64, u64), modelled: bool) -> Self {
        let count = |state| ended.iter().filter(|ended| **ended == state).count() as u64;
        let (met, missed) = (count(TimerState::Met), count(TimerState::Missed));
        let (overdue, running) = open;
        let judged = met + missed + overdue;
        Self {
            metric,
            target_seconds: target,
            met,
            missed,
            overdue,
            running,
            cancelled: count(TimerState::Cancelled),
            met_percent: (judged > 0).then(|| met as f64 * 100.0 / judged as f64),
            modelled,
        }
    }
}

/// Rows of columns that stand under each other: the first to the left, the others to the right.
#[derive(Default)]
struct Table(Vec<Vec<String>>);

impl Table {
    fn row(&mut self, cells: &[&dyn fmt::Display], modelled: bool) {
        let mut row: Vec<String> = cells.iter().map(ToString::to_string).collect();
        if modelled {
            row.push("modelled".into());
        }
        self.0.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            self.0
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        for row in &self.0 {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                if column == 0 {
                    write!(line, "  {cell:<width$}")?;
                } else {
                    write!(line, "  {cell:>width$}")?;
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with one decimal, or a dash.
struct Decimal(Option<f64>);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number:.1}"),
            None => f.write_str("-"),
        }
    }
}

fn decimal(number: f64) -> Decimal {
    Decimal(Some(number))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut read = Table::default();
        read.row(&[&"", &"format", &"rows", &"without words", &"conversations"], false);
        for Source { file, format, rows, without_words, conversations } in &self.recordings {
            read.row(&[file, format, rows, without_words, conversations], false);
        }
        write!(f, "read\n{read}")?;
        let mut played = Table::default();
        played.row(&[&"conversations", &self.conversations], false);
        played.row(&[&"tickets", &self.tickets], false);
        for Count { what, count, modelled } in &self.messages {
            played.row(&[&format!("messages, {what}"), count], *modelled);
        }
        for Count { what, count, modelled } in &self.refused {
            played.row(&[&format!("refused, {what}"), count], *modelled);
        }
        write!(f, "\nplayed\n{played}")?;
        let mark = if self.span.modelled { "  modelled" } else { "" };
        writeln!(f, "  from {} to {}{mark}", self.span.from, self.span.to)?;
        let mut findings = Table::default();
        for (kind, count) in &self.findings {
            findings.row(&[kind, count], false);
        }
        if self.findings.is_empty() {
            findings.row(&[&"none"], false);
        }
        write!(f, "\nfindings, masked before storage\n{findings}")?;
        let Throughput { wall_seconds, conversations_per_second, messages_per_second, messages_modelled } =
            self.throughput;
        let mut throughput = Table::default();
        throughput.row(&[&"seconds of real time", &decimal(wall_seconds)], false);
        throughput.row(&[&"conversations a second", &decimal(conversations_per_second)], false);
        throughput.row(&[&"messages a second", &decimal(messages_per_second)], messages_modelled);
        write!(f, "\nthroughput\n{throughput}")?;
        for (title, spreads) in [("waiting", &self.waiting), ("handling", &self.handling)] {
            let mut table = Table::default();
            table.row(&[&"", &"tickets", &"p50", &"p90", &"p99", &"max"], false);
            for one in spreads {
                let Spread { what, count, p50_seconds, p90_seconds, p99_seconds, max_seconds, modelled } =
                    one;
                let known = |seconds: f64| Decimal((*count > 0).then_some(seconds));
                let (p50, p90) = (known(*p50_seconds), known(*p90_seconds));
                let (p99, max) = (known(*p99_seconds), known(*max_seconds));
                table.row(&[what, count, &p50, &p90, &p99, &max], *modelled);
            }
            write!(f, "\n{title}, in seconds\n{table}")?;
        }
        let mut sla = Table::default();
        sla.row(
            &[&"", &"target s", &"met", &"missed", &"overdue", &"running", &"cancelled", &"met %"],
            false,
        );
        for one in &self.sla {
            let Judged { metric, target_seconds, met, missed, overdue, running, cancelled, .. } = one;
            let percent = Decimal(one.met_percent);
            let cells: [&dyn fmt::Display; 8] =
                [metric, target_seconds, met, missed, overdue, running, cancelled, &percent];
            sla.row(&cells, one.modelled);
        }
        let Count { what, count, modelled } = &self.not_answered;
        let mut answered = Table::default();
        answered.row(&[&format!("tickets {what}"), count], *modelled);
        write!(f, "\nservice levels\n{sla}{answered}")?;
        let mut agents = Table::default();
        agents.row(&[&"", &"tickets", &"replies", &"peak open", &"handling s", &"utilisation %"], false);
        for one in &self.agents {
            let Load { agent, tickets, replies, peak_open, handling_seconds, utilisation_percent, modelled } =
                one;
            let used = Decimal(*utilisation_percent);
            let handling = Decimal(utilisation_percent.map(|_| *handling_seconds));
            agents.row(&[agent, tickets, replies, peak_open, &handling, &used], *modelled);
        }
        write!(f, "\nload an agent\n{agents}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let seconds: Vec<i64> = (1..=200).rev().map(|second| second * 1_000_000).collect();
        let spread = Spread::of("x", seconds, false);
        let found = [spread.p50_seconds, spread.p90_seconds, spread.p99_seconds, spread.max_seconds];
        assert_eq!(found, [100.0, 180.0, 198.0, 200.0]);
        let one = Spread::of("x", vec![5_000_000], false);
        assert_eq!([one.p50_seconds, one.p99_seconds, one.max_seconds], [5.0; 3]);
        assert_eq!(Spread::of("x", Vec::new(), false).count, 0);
    }

    #[test]
    fn what_is_still_overdue_counts_against_the_share_that_was_met() {
        let ended = [TimerState::Met, TimerState::Met, TimerState::Missed, TimerState::Cancelled];
        let judged = Judged::of(Metric::Resolution, 60, &ended, (1, 7), true);
        assert_eq!((judged.met, judged.missed, judged.cancelled), (2, 1, 1));
        assert_eq!((judged.met_percent, judged.modelled), (Some(50.0), true));
        assert_eq!(Judged::of(Metric::Resolution, 60, &[], (0, 7), false).met_percent, None);
    }
}
