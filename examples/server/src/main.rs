//! `support-server`: a support desk as one program.
//!
//! It embeds the library for those who have no application of their own: configuration, wiring, demo data, and
//! nothing of the domain. `--help` tells how it is started.

mod config;
mod create_admin;
mod demo;
mod demo_journey;
mod demo_stories;
mod failure;
mod log;
mod numbers;
mod replay;
mod secret;
mod serve;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;

use config::{Cli, Job};
use failure::{USAGE, one_line};

fn main() -> ExitCode {
    let config = match Cli::parse().resolve(&|name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(error) => return stop(&error, USAGE),
    };
    if let Err(error) = log::start(&config.log, config.log_format) {
        return stop(&error, USAGE);
    }
    let done = match &config.job {
        Job::Serve { listen, demo } => serve::run(&config.database, listen, *demo),
        Job::Verify => verify::run(&config.database),
        Job::CreateAdmin { email, name } => create_admin::run(&config.database, email, name),
        Job::Replay { args, database } => replay::run(args, database.as_deref()),
    };
    match done {
        Ok(code) => code,
        Err(error) => stop(&error, error.code()),
    }
}

/// Says why the program ends.
fn stop(error: &(dyn std::error::Error + 'static), code: u8) -> ExitCode {
    // That nobody reads it is no reason to panic.
    let _ = writeln!(std::io::stderr(), "support-server: {}", one_line(error));
    ExitCode::from(code)
}
