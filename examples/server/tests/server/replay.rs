//! Recorded conversations go through the real program.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use support_core::event::Event;
use support_core::id::TenantId;
use support_core::people::Actor;
use support_core::sla::Metric;
use support_core::store::Cursor;
use support_core::ticket::Status;
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::{SqliteConfig, SqliteStore};

use crate::process::{complaint, program, run, url, verified};

const HEADER: &str = "conversationId\tturnNumber\tutteranceId\tutterance\tslot-labels\tintent\n";

fn replay(files: &[&Path], args: &[&str]) -> Output {
    let files = files.iter().map(|file| file.to_str().unwrap());
    run(&["replay"].into_iter().chain(files).chain(args.iter().copied()).collect::<Vec<_>>())
}

/// The report as JSON.
fn report(files: &[&Path], args: &[&str]) -> Value {
    let output = replay(files, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", complaint(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file of a test.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The example that the documentation gives.
fn example() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/replay.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("```jsonl\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Conversations without times: two customers' turns each, with one missing number between them.
fn table(conversations: u32) -> String {
    let rows = (0..conversations).map(|at| {
        format!("c{at}\t0.0\t\tmy card is 4111 1111 1111 1111\tO\tx\nc{at}\t2.0\t\tis that right\tO\tx\n")
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

/// The first conversations of a published data set, which this project reads by path and does not hold.
fn data(name: &str, rows: usize) -> String {
    let shared = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SUPPORT_DATA").map_or_else(shared, PathBuf::from);
    let text = std::fs::read_to_string(folder.join(name));
    let text = text.unwrap_or_else(|_| panic!("{name} is not there; set SUPPORT_DATA"));
    text.split_inclusive('\n').take(rows).collect()
}

/// Whether each figure is modelled, by the name of what it is of.
fn marks(list: &Value) -> Vec<bool> {
    list.as_array().unwrap().iter().map(|one| one["modelled"].as_bool().unwrap()).collect()
}

#[test]
fn the_documented_example_gives_the_figures_that_follow_from_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "example.jsonl", &example());
    let found = report(&[&recording], &[]);
    let expected = json!([{"file": "example.jsonl", "format": "lines", "rows": 12, "without_words": 0, "conversations": 4}]);
    assert_eq!(found["recordings"], expected);
    assert_eq!((&found["conversations"], &found["tickets"]), (&json!(4), &json!(4)));
    let messages: Vec<u64> =
        found["messages"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).collect();
    assert_eq!(messages, [4, 4, 1, 9]);
    assert_eq!(found["findings"], json!({"card": 1}));
    assert_eq!(found["refused"], json!([]));
    assert_eq!(
        found["span"],
        json!({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T11:40:00Z", "modelled": false})
    );
    let spread = |what: &str, count: u64, p50: f64, p90: f64| {
        json!({
            "what": what, "count": count, "p50_seconds": p50, "p90_seconds": p90, "p99_seconds": p90,
            "max_seconds": p90, "modelled": false,
        })
    };
    // The second ticket is Jon's from his answer on; the fourth from the beginning.
    let waiting = json!([
        spread("assignment", 3, 300.0, 7201.0),
        spread("first response", 2, 1800.0, 7201.0),
        spread("resolution", 2, 600.0, 4800.0),
    ]);
    assert_eq!(found["waiting"], waiting);
    assert_eq!(found["handling"], json!([spread("a ticket", 2, 600.0, 840.0)]));
    assert_eq!(found["not_answered"]["count"], 1);
    let judged =
        |metric: &str, target: u64, met: u64, missed: u64, overdue: u64, running: u64, percent: f64| {
            json!({
                "metric": metric, "target_seconds": target, "met": met, "missed": missed, "overdue": overdue,
                "running": running, "cancelled": 0, "met_percent": percent, "modelled": false,
            })
        };
    let sla = json!([
        judged("first_response", 7200, 1, 1, 1, 0, 100.0 / 3.0),
        judged("resolution", 86400, 2, 0, 0, 2, 100.0),
    ]);
    assert_eq!(found["sla"], sla);
    let load = |agent: &str, tickets: u64, handling: f64, used: f64| {
        json!({
            "agent": agent, "tickets": tickets, "replies": 2, "peak_open": 1, "handling_seconds": handling,
            "utilisation_percent": used, "modelled": false,
        })
    };
    assert_eq!(found["agents"], json!([load("Jon", 2, 600.0, 6.25), load("Maria", 1, 840.0, 8.75)]));
    assert_eq!(found["model"], Value::Null);
}

#[test]
fn deadlines_pass_at_their_instants_and_the_kept_database_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "example.jsonl", &example());
    let database = folder.path().join("kept.db");
    report(&[&recording], &["--database", &url(&database)]);
    assert_eq!(verified(&database), 4);
    let breaches: Vec<(Metric, String)> = events(&database)
        .into_iter()
        .filter_map(|(at, event)| match event {
            Event::SlaBreached { metric, .. } => Some((metric, at)),
            _ => None,
        })
        .collect();
    let late = |at: &str| (Metric::FirstResponse, at.to_owned());
    assert_eq!(breaches, [late("2026-03-02T11:10:00.000001Z"), late("2026-03-02T11:15:00.000001Z")]);
    // What exists is not played into, and what is refused is left as it is.
    let again = replay(&[&recording], &["--database", &url(&database)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(complaint(&again).contains("exists already"), "{}", complaint(&again));
    assert_eq!(verified(&database), 4);
    let other = file(&folder, "other.db", "");
    let others = replay(&[&recording], &["--database", &url(&other)]);
    assert!(complaint(&others).contains("exists already"), "{}", complaint(&others));
    assert_eq!(std::fs::metadata(&other).unwrap().len(), 0);
}

#[test]
fn what_the_desk_decides_by_itself_happens_in_a_recording_too() {
    let folder = tempfile::tempdir().unwrap();
    let turn = |at: &str, more: &str| format!(r#"{{"at":"2026-03-{at}:00:00Z",{more}}}"#);
    let begins = [
        turn("02T09", r#""kind":"customer","text":"Where is it?""#),
        turn("02T10", r#""kind":"reply","agent":"Jon","text":"Here.""#),
        turn("02T11", r#""kind":"resolved","agent":"Jon""#),
    ]
    .join(",");
    // Resolved for seven days, a ticket closes. What a customer writes then opens a ticket that follows it; what an
    // agent writes is refused.
    let again = turn("10T09", r#""kind":"customer","text":"It is gone again.""#);
    let answer = turn("10T10", r#""kind":"reply","agent":"Kim","text":"It is behind you.""#);
    let lines = format!(
        "{{\"id\":\"a\",\"turns\":[{begins},{again},{answer}]}}\n{{\"id\":\"b\",\"turns\":[{begins},{answer}]}}\n"
    );
    let database = folder.path().join("kept.db");
    let found = report(&[&file(&folder, "closed.jsonl", &lines)], &["--database", &url(&database)]);
    assert_eq!((&found["conversations"], &found["tickets"]), (&json!(2), &json!(3)));
    let refused = found["refused"].as_array().unwrap();
    assert_eq!((refused.len(), &refused[0]["count"], &refused[0]["modelled"]), (1, &json!(1), &json!(false)));
    let first = &found["waiting"][1];
    assert_eq!((&first["count"], &first["max_seconds"]), (&json!(3), &json!(3600.0)));
    assert_eq!(found["handling"][0]["count"], 0);
    assert_eq!(found["agents"][0]["utilisation_percent"], Value::Null);
    let closed = |(at, event): (String, Event)| {
        matches!(event, Event::TicketStatusChanged { to: Status::Closed, .. }).then_some(at)
    };
    let closed: Vec<String> = events(&database).into_iter().filter_map(closed).collect();
    assert_eq!(closed, ["2026-03-09T11:00:00Z", "2026-03-09T11:00:00Z"]);
    verified(&database);
}

#[test]
fn customers_are_told_apart_by_all_of_their_name_and_two_tickets_at_once_are_one_time_of_work() {
    let folder = tempfile::tempdir().unwrap();
    let minute = |minute: u32| format!("2026-03-02T09:{minute:02}:00Z");
    let line = |id: &str, customer: &str, began: u32, answered: u32| {
        let turns = json!([
            {"at": minute(0), "kind": "customer", "text": "Where is it?"},
            {"at": minute(answered), "began": minute(began), "kind": "reply", "agent": "Ana", "text": "Here."},
        ]);
        json!({"id": id, "customer": customer, "turns": turns}).to_string() + "\n"
    };
    let name = |last: &str| "x".repeat(199) + last;
    let lines = [line("1", &name("a"), 2, 10), line("2", &name("b"), 4, 12), line("3", &name("a"), 16, 20)];
    let database = folder.path().join("kept.db");
    let found = report(&[&file(&folder, "two.jsonl", &lines.concat())], &["--database", &url(&database)]);
    assert_eq!(found["handling"][0]["p50_seconds"], 480.0);
    let ana = &found["agents"][0];
    // From 2 to 12 and from 16 to 20, of 20 minutes.
    let expected = (&json!(3), &json!(840.0), &json!(70.0));
    assert_eq!((&ana["tickets"], &ana["handling_seconds"], &ana["utilisation_percent"]), expected);
    let customers = events(&database).into_iter().filter_map(|(_, event)| match event {
        Event::TicketCreated { customer_id, .. } => Some(customer_id),
        _ => None,
    });
    let customers: Vec<_> = customers.collect();
    assert_eq!(customers.len(), 3);
    assert!(customers[0] == customers[2] && customers[0] != customers[1]);
}

#[test]
fn a_signal_ends_a_replay_and_leaves_no_temporary_database() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "table.tsv", &table(2_000));
    let kept = folder.path().join("kept.db");
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let left = || std::fs::read_dir(&temporary).unwrap().count();
    for database in [None, Some(url(&kept))] {
        let args = database.iter().flat_map(|url| ["--database", url]);
        let mut child = program()
            .env("TMPDIR", &temporary)
            .arg("replay")
            .arg(&recording)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The first line of progress: it is playing.
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(left(), usize::from(database.is_none()), "{line}");
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        said.read_to_string(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), left()), (Some(130), 0, 0), "{line}");
        let last = line.lines().last().unwrap();
        assert!(last.ends_with("the replay was interrupted"), "{last}");
        assert_eq!(last.contains("remove it"), database.is_some(), "{last}");
    }
}

/// The log of a database.
fn events(database: &Path) -> Vec<(String, Event)> {
    let store = SqliteStore::open_reader(&SqliteConfig::new(database)).unwrap();
    let desk = support_core::desk::Desk::new(
        Arc::new(store),
        Arc::new(SystemClock),
        Arc::new(RandomIds::new().unwrap()),
    );
    let host = Actor::Host(TenantId::SINGLE);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let page = runtime.block_on(desk.feed(&host, &Cursor::start(), 1_000)).unwrap();
    page.events.into_iter().map(|logged| (logged.envelope.at.to_string(), logged.envelope.event)).collect()
}

#[test]
fn what_depends_on_the_model_is_marked_and_the_rest_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "table.tsv", &table(3));
    let found = report(&[&recording], &["--agents", "2"]);
    assert_eq!(found["recordings"][0]["rows"], 6);
    let messages: Vec<u64> =
        found["messages"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).collect();
    assert_eq!(messages, [6, 6, 0, 12]);
    assert_eq!(marks(&found["messages"]), [false, true, false, true]);
    assert_eq!(found["findings"], json!({"card": 3}));
    for list in ["waiting", "handling", "sla", "agents"] {
        assert!(marks(&found[list]).into_iter().all(|mark| mark), "{list}");
    }
    assert_eq!(
        (&found["span"]["modelled"], &found["not_answered"]["modelled"]),
        (&json!(true), &json!(true))
    );
    assert_eq!((&found["waiting"][2]["count"], &found["sla"][1]["met"]), (&json!(3), &json!(3)));
    // The table for people says the same, line by line.
    let output = replay(&[&recording], &["--agents", "2"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let marked = |begins: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(begins));
        line.unwrap_or_else(|| panic!("{begins} in {text}")).ends_with("modelled")
    };
    for begins in [
        "messages, agents",
        "messages, all",
        "messages a second",
        "from ",
        "assignment",
        "first response",
        "resolution",
        "a ticket",
        "first_response",
        "tickets not",
        "Agent 2",
    ] {
        assert!(marked(begins), "{begins} in {text}");
    }
    for begins in ["table.tsv", "conversations  ", "messages, customers", "card", "conversations a second"] {
        assert!(!marked(begins), "{begins} in {text}");
    }
    // No words on standard error, where no terminal is.
    let said = complaint(&output);
    assert!(said.contains("12 of 12 turns played") && !said.contains("card"), "{said}");
}

#[test]
fn a_seed_gives_the_same_report_but_for_the_throughput() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "table.tsv", &table(20));
    let seeded = |seed: &str| {
        let mut found =
            report(&[&recording], &["--seed", seed, "--agents", "2", "--arrivals-per-hour", "120"]);
        found.as_object_mut().unwrap().remove("throughput").unwrap();
        found
    };
    let first = seeded("7");
    assert_eq!(first, seeded("7"));
    assert_ne!(first["waiting"], seeded("8")["waiting"]);
}

#[test]
fn fewer_agents_let_the_same_customers_wait_longer() {
    let folder = tempfile::tempdir().unwrap();
    let recording = file(&folder, "table.tsv", &table(30));
    let found = |agents: &str| {
        let options = ["--agents", agents, "--capacity", "1", "--arrivals-per-hour", "600"];
        report(&[&recording], &[&options[..], &["--first-response-seconds", "30"]].concat())
    };
    let (one, ten) = (found("1"), found("10"));
    let waited = |found: &Value| found["waiting"][0]["max_seconds"].as_f64().unwrap();
    assert!(waited(&one) > waited(&ten), "{one} {ten}");
    let met = |found: &Value| found["sla"][0]["met"].as_u64().unwrap();
    assert!(met(&one) < met(&ten), "{one} {ten}");
    assert_eq!((&one["tickets"], &one["sla"][0]["overdue"]), (&json!(30), &json!(0)));
}

#[test]
fn what_cannot_be_played_is_named_before_anything_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(&folder, "good.tsv", &table(1));
    let lines = file(&folder, "good.jsonl", &example());
    let bad = file(&folder, "bad.tsv", &format!("{HEADER}a\tone\t\thi\tO\tx\n"));
    let silent = file(&folder, "silent.tsv", HEADER);
    let database = folder.path().join("never.db");
    let cases: [(&[&Path], &[&str], &str); 6] = [
        (&[&good, &bad], &[], "bad.tsv`, line 2, `turnNumber`: must be a whole number"),
        (&[&good, &lines], &[], "cannot be played together"),
        (&[&lines], &["--agents", "3"], "`--agents` is for recordings without times"),
        (&[&lines], &["--format", "multidogo"], "good.jsonl`, line 1, `conversationId`"),
        (&[&silent], &[], "no conversation"),
        (&[Path::new("/nowhere/at/all")], &[], "cannot be read"),
    ];
    for (files, args, expected) in cases {
        let kept = url(&database);
        let output = replay(files, &[args, &["--database", &kept]].concat());
        assert_eq!(output.status.code(), Some(1), "{expected}");
        let said = complaint(&output);
        assert!(said.contains(expected) && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty() && !database.exists(), "{expected}");
    }
}

#[test]
#[ignore = "reads recorded conversations from SUPPORT_DATA"]
fn the_published_data_sets_are_played() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["multidogo-finance.tsv", "multidogo-airline.tsv"] {
        // The header and some conversations; the whole files are read elsewhere, and played by hand.
        let recording = file(&folder, name, &data(name, 301));
        let database = folder.path().join(format!("{name}.db"));
        let found = report(&[&recording], &["--database", &url(&database)]);
        let source = &found["recordings"][0];
        assert_eq!((&source["rows"], &source["format"]), (&json!(300), &json!("multidogo")));
        let said = source["rows"].as_u64().unwrap() - source["without_words"].as_u64().unwrap();
        assert_eq!(found["messages"][0]["count"], said);
        assert_eq!(found["refused"], json!([]));
        assert_eq!(found["waiting"][2]["count"], found["conversations"]);
        assert_eq!(verified(&database), found["conversations"].as_u64().unwrap());
    }
    let recording = file(&folder, "abcd.json", &data("abcd_sample.json", usize::MAX));
    let found = report(&[&recording], &[]);
    let counts: Vec<&Value> = found["messages"].as_array().unwrap().iter().map(|one| &one["count"]).collect();
    assert_eq!(counts, [31, 32, 9, 72]);
    assert_eq!(marks(&found["messages"]), [false; 4]);
    assert_eq!((&found["conversations"], &found["refused"]), (&json!(3), &json!([])));
}
