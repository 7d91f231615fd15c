//! The server over HTTP, beside the commit path in process, in one run.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support_core::desk::{Desk, OpenTicket};
use support_core::id::CustomerId;
use support_core::store::{ChangeSet, Expect, Outcome, Record, Store};
use support_core::testkit::Gate;
use support_core::testkit::build::customer_id;
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::Durability;

use crate::client::{CONNECTIONS, Connection, Load, Request, load, value_of};
use crate::desks::{self, HOST, MESSAGE};
use crate::figures::resident_mib;
use crate::fill::{self, Mix};

const PASSWORD: &str = "a password for a measured desk";
const EMAIL: &str = "measure@example.com";

/// Measures with so many tickets stored, each load for so many seconds.
pub(crate) fn run(tickets: u32, seconds: u64) {
    let folder = support_benches::folder().unwrap();
    let file = folder.path().join("desk.db");
    drop(fill::database(&file, tickets, Mix::Mostly));
    let customer = customer_id(7);
    let (in_process, opened) = in_process(&file, customer);
    println!("{tickets} tickets stored, {CONNECTIONS} connections, {seconds} s each, synchronous=FULL");
    println!(
        "  in process, {CONNECTIONS} callers: commit path {in_process:.0}/s, opened and routed {opened:.0}/s"
    );
    let server = Server::start(&file);
    println!("  started in {:.0} ms", server.started.as_secs_f64() * 1e3);
    std::thread::sleep(Duration::from_secs(2));
    println!("  idle: {:.0} MiB", server.resident());
    let token = server.sign_in();
    let post = |path: String, body: String| Request { method: "POST", path: format!("/api/v1{path}"), body };
    let get = |path: String| Request { method: "GET", path: format!("/api/v1{path}"), body: String::new() };
    let load = |good, next: &(dyn Fn(usize) -> Request + Sync)| {
        let before = server.cpu_seconds();
        let load = load(server.address, &token, seconds, good, next);
        (server.cpu_seconds() - before, load)
    };

    let body = format!(
        r#"{{"customer_id":"{customer}","channel":"portal","subject":"Where is my parcel?","initial_message":"{MESSAGE}"}}"#
    );
    let created = load(201, &|_| post("/tickets".into(), body.clone()));
    tell("create, routed", &created, Some(in_process));
    let ids = &created.1.ids;
    let reply = r#"{"content":"It left our house on Monday and should be with you tomorrow, I am sorry."}"#;
    let replied = load(201, &|at| post(format!("/tickets/{}/messages", ids[at % ids.len()]), reply.into()));
    tell("reply", &replied, Some(in_process));
    tell("page of 25 open tickets", &load(200, &|_| get("/tickets?status=open&limit=25".into())), None);
    let read = load(200, &|at| get(format!("/tickets/{}", ids[at * 7_919 % ids.len()])));
    tell("ticket with messages", &read, None);
    println!("  afterwards: {:.0} MiB, {} tickets more", server.resident(), ids.len());
}

fn tell(name: &str, (cpu, load): &(f64, Load), in_process: Option<f64>) {
    let share = in_process
        .map_or(String::new(), |of| format!(" ({:.0} % of the commit path)", load.rate / of * 100.0));
    let each = cpu * 1e6 / load.times.len() as f64;
    println!("  {name}: {:.0}/s{share}, {}, {each:.0} µs of the server's processors", load.rate, load.times);
}

/// Commits a second of tickets that are opened and routed, all decided before; and how many the desk opens and routes,
/// which decides them too.
fn in_process(file: &Path, customer: CustomerId) -> (f64, f64) {
    const TICKETS: usize = 12_000;
    {
        let (desk, _) = desks::desk(file, Durability::Full);
        // Room for everything that is measured; and nothing that waited before is routed meanwhile.
        desks::agents(&desk, 20, 10_000);
        while pollster::block_on(desk.route(HOST.tenant())).unwrap() > 0 {}
    }
    let twin = file.with_file_name("twin.db");
    std::fs::copy(file, &twin).unwrap();
    let (_, store) = desks::desk(&twin, Durability::Full);
    // The sets that open a ticket, in the order in which they were asked for.
    let opens = Arc::new(Mutex::new(Vec::<ChangeSet>::new()));
    let kept = opens.clone();
    let recorder = Gate::new(store, move |sets| {
        let opens = |set: &&ChangeSet| {
            set.writes.iter().any(|w| matches!(w.record, Record::Ticket(_)) && w.expect == Expect::Absent)
        };
        kept.lock().unwrap().extend(sets.iter().filter(opens).cloned());
        None
    });
    let desk = Desk::new(Arc::new(recorder), Arc::new(SystemClock), Arc::new(RandomIds::new().unwrap()));
    // The desk reads its queue before it is measured.
    pollster::block_on(desk.route(HOST.tenant())).unwrap();
    let begun = Instant::now();
    callers(TICKETS, |_| {
        let wanted = OpenTicket::of(customer, "Where is my parcel?", MESSAGE);
        pollster::block_on(desk.run(&HOST, &wanted)).unwrap();
    });
    let opened = TICKETS as f64 / begun.elapsed().as_secs_f64();
    let sets = std::mem::take(&mut *opens.lock().unwrap());
    let (_, store) = desks::desk(file, Durability::Full);
    let begun = Instant::now();
    callers(sets.len(), |at| {
        let outcome = pollster::block_on(store.commit(std::slice::from_ref(&sets[at]))).unwrap();
        assert_eq!(outcome, [Outcome::Committed]);
    });
    (sets.len() as f64 / begun.elapsed().as_secs_f64(), opened)
}

/// Does something many times, as many callers as there are connections.
fn callers(many: usize, what: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..CONNECTIONS {
            threads.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < many) {
                    what(at);
                }
            });
        }
    });
}

/// The real program on a database.
struct Server {
    process: Child,
    address: SocketAddr,
    started: Duration,
}

impl Server {
    /// Starts it and waits until it answers.
    fn start(file: &Path) -> Self {
        let program = std::env::current_exe().unwrap().with_file_name("support-server");
        assert!(program.exists(), "cargo build --release -p support-server comes first");
        let database = format!("sqlite://{}", file.display());
        let made = Command::new(&program)
            .args(["create-admin", "--email", EMAIL, "--name", "Measure", "--database", &database])
            .env("SUPPORT_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let begun = Instant::now();
        let process = Command::new(&program)
            .args(["serve", "--database", &database, "--listen", &address.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let health = Request { method: "GET", path: "/health".into(), body: String::new() };
        let answers = || Connection::open(address, "").and_then(|mut c| Ok(c.ask(&health)?.0 == 200));
        while !answers().unwrap_or(false) {
            std::thread::sleep(Duration::from_millis(1));
            assert!(begun.elapsed().as_secs() < 30, "the server does not answer");
        }
        Self { process, address, started: begun.elapsed() }
    }

    /// Returns the token of the admin, once nothing waits for the router any more.
    fn sign_in(&self) -> String {
        let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
        let login = Request { method: "POST", path: "/api/v1/auth/login".into(), body };
        let (status, answer) = Connection::open(self.address, "")
            .unwrap()
            .ask(&login)
            .map(|(status, body)| (status, body.to_vec()))
            .unwrap();
        assert_eq!(status, 200);
        let token = value_of(&answer, "access_token").unwrap();
        let mut connection = Connection::open(self.address, &token).unwrap();
        let queue =
            Request { method: "GET", path: "/api/v1/tickets/queue?limit=1".into(), body: String::new() };
        loop {
            let (_, body) = connection.ask(&queue).unwrap();
            if String::from_utf8_lossy(body).contains(r#""depth":0"#) {
                return token;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Returns how long the server has had a processor, its two kinds together.
    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        let fields: Vec<f64> = stat.split(' ').map(|field| field.parse().unwrap_or(0.0)).collect();
        // utime and stime, in hundredths of a second (proc(5)).
        (fields.get(13).unwrap_or(&0.0) + fields.get(14).unwrap_or(&0.0)) / 100.0
    }

    fn resident(&self) -> f64 {
        resident_mib(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
