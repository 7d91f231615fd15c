//! Demo data: there, once, and only where nobody else can reach it.

use serde_json::json;

use crate::process::{Server, complaint, run, url, verified};

#[test]
fn demo_data_is_there_once_however_often_the_server_starts() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let server = Server::start(&database, &["--demo"]);
    for word in ["admin@example.com / admin123", "agent2@example.com / agent123", "customer@example.com"] {
        assert!(server.greeting.contains(word), "{word} in {}", server.greeting);
    }
    assert_eq!(verified(&database), 6);
    assert_eq!(server.stop(), Some(0));
    let events = events(&database);
    let server = Server::start(&database, &["--demo"]);
    assert_eq!(self::events(&database), events, "nothing was added");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn demo_data_that_was_interrupted_anywhere_becomes_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    assert_eq!(Server::start(&whole, &["--demo"]).stop(), Some(0));
    let database = folder.path().join("desk.db");
    // Killed after a while that grows, until a start was faster than the kill.
    for millis in (5..).step_by(40) {
        let mut child = crate::process::program()
            .args(["--demo", "--listen", "127.0.0.1:0", "--database", &url(&database)])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(millis));
        child.kill().unwrap();
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut said).unwrap();
        child.wait().unwrap();
        if !said.is_empty() {
            break;
        }
    }
    assert_eq!(Server::start(&database, &["--demo"]).stop(), Some(0));
    assert_eq!(verified(&database), 6);
    assert_eq!(events(&database), events(&whole));
}

#[test]
fn everybody_of_the_demo_can_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("desk.db"), &["--demo"]);
    for (email, password, role) in [
        ("admin@example.com", "admin123", "admin"),
        ("agent1@example.com", "agent123", "agent"),
        ("agent2@example.com", "agent123", "agent"),
        ("customer@example.com", "customer123", "customer"),
    ] {
        let token = server.token(email, password);
        let (status, me) = server.get("/api/v1/auth/me", Some(&token)).unwrap();
        assert_eq!((status, me["role"].as_str()), (200, Some(role)), "{me}");
    }
}

#[test]
fn a_demo_customer_is_led_through_general_support() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("desk.db"), &["--demo"]);
    let token = server.token("customer@example.com", "customer123");
    let (status, found) = server.get("/api/v1/journeys?entry_point=main", Some(&token)).unwrap();
    assert_eq!((status, found["items"][0]["name"].as_str()), (200, Some("General Support")), "{found}");
    let path = format!("/api/v1/journeys/{}", found["items"][0]["id"].as_str().unwrap());
    let step = |answers: serde_json::Value| {
        let answers = json!({ "answers": answers });
        server.post(&format!("{path}/steps"), Some(&token), None, &answers).unwrap()
    };
    let (status, first) = step(json!({}));
    let options = first["question"]["answer"]["single_choice"]["options"].as_array().unwrap();
    let texts: Vec<&str> = options.iter().filter_map(|option| option["text"].as_str()).collect();
    assert_eq!((status, texts), (200, vec!["Order Issue", "Product Question", "Refund", "Other"]));
    let whole = json!({"issue": "refund", "order": "KC-7", "reason": ["late"], "details": "Two weeks."});
    assert_eq!(step(whole.clone()).1["complete"], true);
    let answers = json!({ "answers": whole });
    let (status, ticket) = server.post(&format!("{path}/submit"), Some(&token), None, &answers).unwrap();
    assert_eq!((status, ticket["subject"].as_str()), (201, Some("Refund: KC-7")), "{ticket}");
    assert_eq!(ticket["category"], "refunds");
    assert_eq!(server.stop(), Some(0));
}

/// How many events a database holds.
fn events(database: &std::path::Path) -> String {
    let output = crate::process::run(&["verify", "--database", &url(database)]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(", ").nth(1).unwrap().to_owned()
}

#[test]
fn a_demo_is_not_served_to_everybody_later_while_its_passwords_stand() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let server = Server::start(&database, &["--demo"]);
    let people = [
        ("admin@example.com", "admin123"),
        ("agent1@example.com", "agent123"),
        ("agent2@example.com", "agent123"),
        ("customer@example.com", "customer123"),
    ];
    let public = ["--listen", "0.0.0.0:0", "--database", &url(&database)];
    for (email, password) in people.iter().rev() {
        let token = server.token(email, password);
        if *email != "admin@example.com" {
            let change = json!({"current_password": password, "new_password": "correct horse"});
            assert_eq!(server.post("/api/v1/auth/password", Some(&token), None, &change).unwrap().0, 200);
        }
    }
    assert_eq!(server.stop(), Some(0));
    let refused = run(&public);
    assert_eq!(refused.status.code(), Some(1));
    assert!(complaint(&refused).contains("admin@example.com still has"), "{}", complaint(&refused));
    let server = Server::start(&database, &[]);
    let token = server.token("admin@example.com", "admin123");
    let change = json!({"current_password": "admin123", "new_password": "correct horse"});
    assert_eq!(server.post("/api/v1/auth/password", Some(&token), None, &change).unwrap().0, 200);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(Server::start(&database, &["--listen", "0.0.0.0:0"]).stop(), Some(0));
}
