//! SIGKILL under load: what was acknowledged is there, once, and sending again doubles nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::process::{Server, verified};

/// How often the server is killed.
const ROUNDS: usize = 5;
/// Clients that write at once.
const CLIENTS: usize = 4;
/// Tickets that a round tries to open.
const A_ROUND: usize = 300;
/// Tickets of the demo data.
const DEMO: usize = 6;

/// What a client knows of each key: nothing while it is only sent, then the id that was acknowledged.
type Journal = Mutex<BTreeMap<String, Option<String>>>;

/// Opens a ticket under a key; `None` where no answer came.
fn open(server: &Server, token: &str, key: &str) -> Option<String> {
    let body = json!({"subject": format!("about {key}"), "initial_message": "Where is it?"});
    let (status, answer) = server.post("/api/v1/tickets", Some(token), Some(key), &body).ok()?;
    assert!(status == 201 || status == 200, "{status} {answer}");
    Some(answer["id"].as_str().unwrap().to_owned())
}

/// Writes with many clients until everything is sent or the server is gone.
fn load(server: &Server, token: &str, round: usize, journal: &Journal, acknowledged: &AtomicUsize) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                for number in (client..A_ROUND).step_by(CLIENTS) {
                    let key = format!("round-{round}-{number}");
                    journal.lock().unwrap().insert(key.clone(), None);
                    let Some(id) = open(server, token, &key) else { return };
                    journal.lock().unwrap().insert(key, Some(id));
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("desk.db");
    let journal = Journal::default();
    let mut server = Server::start(&database, &["--demo"]);
    // Good for every round: sessions and the secret survive.
    let token = server.token("customer@example.com", "customer123");
    for round in 0..ROUNDS {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let pid = server.child.id().to_string();
        let after = A_ROUND * (round + 1) / (ROUNDS + 1);
        let killer = std::thread::spawn({
            let acknowledged = acknowledged.clone();
            move || {
                while acknowledged.load(Ordering::Relaxed) < after {
                    std::thread::sleep(Duration::from_micros(200));
                }
                assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            }
        });
        load(&server, &token, round, &journal, &acknowledged);
        killer.join().unwrap();
        server.child.wait().unwrap();
        drop(server);
        let stored = verified(&database);
        let known = journal.lock().unwrap().clone();
        let certain = DEMO + known.values().flatten().count();
        assert!(stored >= certain as u64 && stored <= (DEMO + known.len()) as u64, "{certain}, {stored}");

        server = Server::start(&database, &["--demo"]);
        for (key, id) in &known {
            // Sending again answers what was acknowledged, and settles what was not.
            let again = open(&server, &token, key).unwrap();
            if let Some(id) = id {
                assert_eq!(*id, again, "{key}");
            }
            let (status, ticket) = server.get(&format!("/api/v1/tickets/{again}"), Some(&token)).unwrap();
            assert_eq!((status, ticket["subject"].as_str()), (200, Some(format!("about {key}").as_str())));
            journal.lock().unwrap().insert(key.clone(), Some(again));
        }
        assert_eq!(verified(&database), (DEMO + known.len()) as u64, "each key made one ticket");
    }
    let ids: std::collections::BTreeSet<_> = journal.lock().unwrap().values().cloned().collect();
    assert_eq!(ids.len(), journal.lock().unwrap().len());
    assert_eq!(server.stop(), Some(0));
}
