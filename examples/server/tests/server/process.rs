//! A server of one test: its process, its folder, and a client.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A command of the program under test, without the environment of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_support-server"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SUPPORT_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// What a program said on standard error.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The URL of a database.
pub(crate) fn url(database: &Path) -> String {
    format!("sqlite://{}", database.display())
}

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// What it printed when it began to listen.
    pub(crate) greeting: String,
    agent: ureq::Agent,
}

impl Server {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start(database: &Path, args: &[&str]) -> Self {
        let mut child = program()
            .args(if args.contains(&"--listen") { &[][..] } else { &["--listen", "127.0.0.1:0"] })
            .args(["--database", &url(database)])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        lines.read_line(&mut greeting).unwrap();
        let address = greeting.strip_prefix("listening on http://").expect("the server listens");
        let address = address.split(',').next().unwrap().to_owned();
        for _ in 0..if args.contains(&"--demo") { 4 } else { 0 } {
            lines.read_line(&mut greeting).unwrap();
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self { child, address, greeting, agent: config.into() }
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> Result<(u16, Value), ureq::Error> {
        let mut request = self.agent.get(format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.call()?)
    }

    pub(crate) fn post(
        &self,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: &Value,
    ) -> Result<(u16, Value), ureq::Error> {
        let mut request = self.agent.post(format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answer(request.send_json(body)?)
    }

    /// Signs somebody in and returns the access token.
    pub(crate) fn token(&self, email: &str, password: &str) -> String {
        let body = json!({"email": email, "password": password});
        let (status, answer) = self.post("/api/v1/auth/login", None, None, &body).unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks it to stop, and returns its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body, which is `null` where it is no JSON.
fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<(u16, Value), ureq::Error> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    response.body_mut().as_reader().read_to_end(&mut body)?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// Verifies a database with the program, and returns how many tickets it holds.
pub(crate) fn verified(database: &Path) -> u64 {
    let output = run(&["verify", "--database", &url(database)]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success() && text.ends_with("sound\n"), "{text}{}", complaint(&output));
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The secret beside a database.
pub(crate) fn secret_of(database: &Path) -> PathBuf {
    PathBuf::from(format!("{}.secret", database.display()))
}
