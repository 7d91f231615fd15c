//! `verify`: proof that a database is sound, also while a server writes to it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use support_core::desk::Desk;
use support_core::id::TenantId;
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::{SqliteConfig, SqliteStore};

use crate::failure::{FAILED, Failure};

/// Verifies a database and prints what was found.
pub(crate) fn run(database: &Path) -> Result<ExitCode, Failure> {
    if !database.exists() {
        return Err(Failure::NoDatabase(database.to_path_buf()));
    }
    let store =
        SqliteStore::open_reader(&SqliteConfig::new(database)).map_err(Failure::database(database))?;
    let desk = Desk::new(Arc::new(store), Arc::new(SystemClock), Arc::new(RandomIds::new()?));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(Failure::system("starting a runtime"))?;
    let report = runtime.block_on(desk.verify(TenantId::SINGLE))?;
    println!("{} tickets, {} events, {} agents", report.tickets, report.events, report.agents);
    for finding in &report.findings {
        println!("{}: {}", finding.place, finding.problem);
    }
    if report.is_sound() {
        println!("sound");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} wrong", report.wrong);
    Ok(ExitCode::from(FAILED))
}
