//! Making the first admin.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::process::{Server, complaint, program, url, verified};

/// Runs `create-admin` with a line on standard input.
fn create(database: &Path, email: &str, line: &str, variable: Option<&str>) -> Output {
    let mut command = program();
    command.args(["create-admin", "--email", email, "--name", "Ada", "--database", &url(database)]);
    if let Some(password) = variable {
        command.env("SUPPORT_ADMIN_PASSWORD", password);
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that was given a variable reads nothing.
    let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_first_admin_is_made_before_the_server_starts_and_can_do_everything() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let made = create(&database, "ada@example.org", "correct horse\nnot this\n", None);
    assert_eq!(made.status.code(), Some(0), "{}", complaint(&made));
    let second = create(&database, "eve@example.org", "", Some("battery staple"));
    assert_eq!(second.status.code(), Some(0), "{}", complaint(&second));
    for output in [&made, &second] {
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(output);
        for secret in ["correct", "battery", "example.org", "Ada"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    let server = Server::start(&database, &[]);
    let token = server.token("ada@example.org", "correct horse");
    server.token("eve@example.org", "battery staple");
    let agent = json!({"name": "Bob", "email": "bob@example.org", "password": "bob's password"});
    let (status, answer) = server.post("/api/v1/agents", Some(&token), None, &agent).unwrap();
    assert_eq!(status, 201, "{answer}");
    server.token("bob@example.org", "bob's password");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(verified(&database), 0);
}

#[test]
fn an_admin_is_refused_for_a_taken_address_a_bad_password_or_a_database_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let refused = |email: &str, line: &str, variable: Option<&str>, says: &str| {
        let output = create(&database, email, line, variable);
        assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
        assert!(complaint(&output).contains(says), "{}", complaint(&output));
        assert_eq!(complaint(&output).lines().count(), 1);
    };
    refused("ada@example.org", "", None, "no password was given");
    refused("ada@example.org", "\n", None, "no password was given");
    refused("ada@example.org", "short\n", None, "the password must");
    refused("ada@example.org", "a line that is not read\n", Some("short"), "the password must");
    refused("nobody", "correct horse\n", None, "email");
    assert_eq!(create(&database, "ada@example.org", "correct horse", None).status.code(), Some(0));
    refused("Ada@Example.org", "another horse\n", None, "email");
    let server = Server::start(&database, &[]);
    refused("eve@example.org", "correct horse\n", None, "another desk serves this database");
    server.token("ada@example.org", "correct horse");
}
