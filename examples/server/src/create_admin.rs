//! `create-admin`: makes an admin who can sign in, such as the first one of a new desk.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use support_core::desk::{CreateAgent, Desk};
use support_core::id::TenantId;
use support_core::people::Actor;
use support_core::store::PasswordHash;
use support_http::hash_password;
use support_runtime::{RandomIds, SystemClock};

use crate::failure::Failure;
use crate::serve;

/// Name of the variable that holds the password. An argument would show it to everybody on the machine.
const VARIABLE: &str = "SUPPORT_ADMIN_PASSWORD";
/// Most bytes that are read to find a line.
const LONGEST: u64 = 4_096;

/// Makes an admin, unless a server holds the database or somebody has the address.
pub(crate) fn run(database: &Path, email: &str, name: &str) -> Result<ExitCode, Failure> {
    let store = serve::open(database)?;
    let password = password(std::env::var_os(VARIABLE))?;
    let desk = Desk::new(Arc::new(store), Arc::new(SystemClock), Arc::new(RandomIds::new()?));
    let admin = CreateAgent {
        name: name.to_owned(),
        email: email.to_owned(),
        role: "admin".parse().ok(),
        password: Some(password),
        ..CreateAgent::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(Failure::system("starting a runtime"))?;
    let made = runtime.block_on(desk.run(&Actor::Host(TenantId::SINGLE), &admin)).map_err(Failure::Admin)?;
    // That nobody reads it changes nothing about what was done.
    let _ = writeln!(std::io::stdout(), "made the admin {}", made.agent_id);
    Ok(ExitCode::SUCCESS)
}

/// Takes the password from the environment, else from the first line of standard input.
fn password(given: Option<OsString>) -> Result<PasswordHash, Failure> {
    let text = match given {
        Some(given) => given.into_string().map_err(|_| Failure::NoPassword)?,
        None => line()?,
    };
    hash_password(&text).map_err(Failure::Password)
}

fn line() -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let _ = write!(std::io::stderr(), "password (it shows while you type): ");
    }
    let mut bytes = Vec::new();
    // Byte by byte, so that whoever goes on typing after the line is not waited for.
    for byte in input.lock().take(LONGEST).bytes() {
        match byte.map_err(Failure::system("reading the password"))? {
            b'\n' => break,
            byte => bytes.push(byte),
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).ok().filter(|line| !line.is_empty()).ok_or(Failure::NoPassword)
}
