//! How long it takes to prove a database sound.

use std::time::Instant;

use support_core::desk::{OpenTicket, WriteMessage};
use support_store_sqlite::Durability;

use crate::callers::parallel;
use crate::desks::{self, HOST};
use crate::figures::resident_mib;

/// A desk is filled by its use-cases, each ticket with a question, a note and an answer, and verified.
pub(crate) fn run(tickets: usize) {
    let folder = support_benches::folder().unwrap();
    let (desk, _) = desks::desk(&folder.path().join("desk.db"), Durability::Process);
    let customer = desks::customer(&desk);
    parallel(tickets, |number| {
        let body: Vec<String> = (0..40).map(|w| format!("word{}", number * (w * w + 7) % 5_000)).collect();
        let open = OpenTicket::of(customer, format!("Order {number}"), body.join(" "));
        pollster::block_on(async {
            let ticket = desk.run(&HOST, &open).await.unwrap().ticket_id;
            desk.run(&HOST, &WriteMessage::note(ticket, "Asked the carrier where it is.")).await.unwrap();
            desk.run(&HOST, &WriteMessage::reply(ticket, "It arrives tomorrow.")).await.unwrap();
        });
    });
    let before = resident_mib("self");
    let begun = Instant::now();
    let report = pollster::block_on(desk.verify(HOST.tenant())).unwrap();
    assert_eq!(report.wrong, 0);
    println!(
        "{} tickets of three messages: sound after {:.1} s, {:.0} MiB more",
        report.tickets,
        begun.elapsed().as_secs_f64(),
        resident_mib("self") - before
    );
}
