//! `verify`: proof that a database is sound, also while a server writes to it.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use support_core::desk::{Desk, Report};
use support_core::id::TenantId;
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::{SqliteConfig, SqliteStore};

use crate::failure::{FAILED, Failure};

/// Verifies a database and prints what was found.
pub(crate) fn run(database: &Path) -> Result<ExitCode, Failure> {
    if !database.exists() {
        return Err(Failure::NoDatabase(database.to_path_buf()));
    }
    if database.is_dir() {
        return Err(Failure::Folder(database.to_path_buf()));
    }
    let store =
        SqliteStore::open_reader(&SqliteConfig::new(database)).map_err(Failure::database(database))?;
    let desk = Desk::new(Arc::new(store), Arc::new(SystemClock), Arc::new(RandomIds::new()?));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(Failure::system("starting a runtime"))?;
    let report = runtime.block_on(desk.verify(TenantId::SINGLE))?;
    // That nobody reads it changes nothing about the exit code.
    let _ = print(&report);
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn print(report: &Report) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let Report { tickets, texts, events, customers, agents, .. } = report;
    writeln!(
        out,
        "{tickets} tickets, {texts} texts, {events} events, {customers} customers, {agents} agents"
    )?;
    for finding in &report.findings {
        writeln!(out, "{}: {}", finding.place, finding.problem)?;
    }
    if report.is_sound() { writeln!(out, "sound") } else { writeln!(out, "{} wrong", report.wrong) }
}
