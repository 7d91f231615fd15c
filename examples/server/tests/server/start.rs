//! Starting: what is told, where it listens, and what stops it.

use std::os::unix::fs::PermissionsExt;

use crate::process::{Server, complaint, program, run, secret_of, url, verified};

#[test]
fn a_new_server_lives_is_ready_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let server = Server::start(&database, &[]);
    assert_eq!(server.get("/health", None).unwrap().0, 200);
    let (status, ready) = server.get("/ready", None).unwrap();
    assert_eq!((status, ready["status"].as_str()), (200, Some("ready")));
    let metrics = ureq::get(format!("http://{}/metrics", server.address)).call().unwrap();
    let metrics = metrics.into_body().read_to_string().unwrap();
    for name in
        ["support_worker_ticks_total", "support_store_transactions_total", "support_http_requests_total"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    let secret = secret_of(&database);
    assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(verified(&database), 0);
}

#[test]
fn a_second_server_on_the_same_file_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let server = Server::start(&database, &[]);
    let second = run(&["--listen", "127.0.0.1:0", "--database", &url(&database)]);
    let complaint = complaint(&second);
    assert_eq!(second.status.code(), Some(1));
    assert!(complaint.contains("another desk serves this database"), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert_eq!(server.get("/ready", None).unwrap().0, 200);
}

#[test]
fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--listen", &address, "--database", &url(&folder.path().join("desk.db"))]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains(&format!("cannot listen on {address}")), "{}", complaint(&output));
}

#[test]
fn what_cannot_be_used_is_named_and_answers_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "demo = false\nlistne = \"127.0.0.1:1\"\n").unwrap();
    let file = file.to_str().unwrap();
    for (args, says) in [
        (&["--lsiten", "127.0.0.1:1"][..], "--lsiten"),
        (&["serv"], "serv"),
        (&["--listen", "nowhere"], "`--listen` must be an address"),
        (&["--database", "postgres://db/desk"], "not supported yet"),
        (&["--database", "desk.db"], "`--database` must be `sqlite://`"),
        (&["--config", file], "listne"),
        (&["--config", "/nowhere/config.toml"], "`/nowhere/config.toml` cannot be read"),
        (&["--demo", "--listen", "0.0.0.0:0"], "loopback"),
        (&["--log-format", "xml"], "xml"),
    ] {
        let output = program().current_dir(folder.path()).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(complaint(&output).contains(says), "{args:?}: {}", complaint(&output));
    }
    for (name, value, says) in [
        ("SUPPORT_LISTEN", "nowhere", "`SUPPORT_LISTEN` must be an address"),
        ("SUPPORT_DEMO", "perhaps", "`SUPPORT_DEMO` must be"),
        ("SUPPORT_LOG", "loud=very", "no log filter"),
    ] {
        let output = program().current_dir(folder.path()).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(complaint(&output).contains(says), "{name}: {}", complaint(&output));
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nothing was made");
}

#[test]
fn what_is_no_database_or_has_no_folder_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is no database, and long enough to be looked at as if it were one\n".repeat(40),
    )
    .unwrap();
    let missing = folder.path().join("missing/desk.db");
    let itself = folder.path().to_path_buf();
    for (database, says) in
        [(&text, "cannot be used"), (&missing, "does not exist"), (&itself, "is a folder: name a file in it")]
    {
        for command in ["serve", "verify"] {
            let mut args = vec![command, "--database"];
            let url = url(database);
            args.push(&url);
            if command == "serve" {
                args.extend(["--listen", "127.0.0.1:0"]);
            }
            let output = run(&args);
            let complaint = complaint(&output);
            assert_eq!(output.status.code(), Some(1), "{complaint}");
            assert!(complaint.contains(says) && complaint.lines().count() == 1, "{complaint}");
        }
    }
}

#[test]
fn a_secret_that_others_can_read_or_that_is_short_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let secret = secret_of(&database);
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    let args = ["--listen", "127.0.0.1:0", "--database", &url(&database)];
    let output = run(&args);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains("chmod 600"), "{}", complaint(&output));
    let output = program().args(args).env("SUPPORT_SECRET", "short").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains("32 bytes"), "{}", complaint(&output));
    assert!(!complaint(&output).contains("short"));
}

#[test]
fn help_and_version_answer_zero() {
    let help = run(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success());
    for name in ["--database", "--listen", "--demo", "--config", "verify", "SUPPORT_SECRET"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    let version = run(&["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        concat!("support-server ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
