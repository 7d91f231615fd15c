//! Stopping in order.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::process::{Server, verified};

#[test]
fn sigterm_finishes_the_request_that_is_running_and_answers_zero() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let mut server = Server::start(&database, &[]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let body = r#"{"email":"nobody@example.com","password":"no password"}"#;
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The handler asks for the body: from here on the request is running.
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("-TERM");
    // It stops accepting before the request ends.
    let refused = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(&server.address).is_err()
    });
    assert!(refused, "the server still accepts");
    assert!(server.child.try_wait().unwrap().is_none(), "the server waits for the request");
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 401"), "{rest}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("desk.db-wal").exists(), "the store was closed");
    assert_eq!(verified(&database), 0);
}

#[test]
fn sigint_and_sigterm_end_an_idle_server_with_zero() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut server = Server::start(&folder.path().join("desk.db"), &[]);
        // A connection that is kept alive and idle keeps nobody from stopping.
        assert_eq!(server.get("/health", None).unwrap().0, 200);
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn an_open_event_stream_keeps_nobody_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&folder.path().join("desk.db"), &["--demo"]);
    let token = server.token("agent1@example.com", "agent123");
    let mut stream = TcpStream::connect(&server.address).unwrap();
    // Less than what requests in flight are given.
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head = format!("GET /api/v1/events HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    server.signal("-TERM");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "the stream ends in order: {rest}");
    let ended = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        server.child.try_wait().unwrap()
    });
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}
