//! A shop with its support desk in-process: no HTTP, no async runtime, one SQLite file for orders and tickets.
//!
//! `cargo run -p support-embedded` reports two parcels as lost. The first time the shop rolls back after the ticket is
//! written: neither the order's change nor the ticket is there. The second time it commits both at once.

use std::error::Error;
use std::sync::Arc;

use support_core::desk::{CreateAgent, CreateCustomer, Desk, OpenTicket, SetPresence};
use support_core::id::{TenantId, TicketId};
use support_core::people::{Actor, Presence};
use support_runtime::{RandomIds, SystemClock};
use support_store_sqlite::rusqlite::{Connection, TransactionBehavior};
use support_store_sqlite::{SqliteConfig, SqliteStore};

/// The shop itself: it knows who asks, so it acts in its own name.
const SHOP: Actor = Actor::Host(TenantId::SINGLE);

fn main() -> Result<(), Box<dyn Error>> {
    // Any executor will do: the store has its own threads and belongs to no runtime.
    pollster::block_on(shop())
}

async fn shop() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shop.db");
    let store = SqliteStore::open(&SqliteConfig::new(&file))?;
    // A program that goes on running starts a `support_runtime::Worker` too, for deadlines and whatever time brings.
    let desk = Desk::new(Arc::new(store), Arc::new(SystemClock), Arc::new(RandomIds::new()?));

    // From an open desk to the first ticket and its owner:
    let ann = CreateAgent { name: "Ann".into(), email: "ann@shop.example".into(), ..CreateAgent::default() };
    let ann = desk.run(&SHOP, &ann).await?.agent_id;
    desk.run(&SHOP, &SetPresence::of(ann, Presence::Available)).await?;
    let bob = desk.run(&SHOP, &CreateCustomer::named("Bob")).await?.customer_id;
    let first = desk.run(&SHOP, &OpenTicket::of(bob, "An invoice, please", "For order 48810.")).await?;
    println!("the first ticket {}", told(&desk, first.ticket_id).await?);
    // Those were six lines.

    // The shop's own tables stand in the same file, on a connection of its own.
    let mut db = Connection::open(&file)?;
    db.execute_batch(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;
         INSERT INTO orders VALUES (48811, 'sent'), (48812, 'sent');",
    )?;
    for (order, keep) in [(48_811, false), (48_812, true)] {
        let lost = OpenTicket::of(bob, "A parcel is lost", format!("Order {order} never arrived."));
        // The desk decides before the transaction begins: the file has one writer at a time. Whoever was faster makes
        // `write_in` fail as `Busy`: the transaction is dropped, and a program that goes on begins again from here.
        let prepared = desk.prepare(&SHOP, &lost).await?;
        let mut host = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        host.execute("UPDATE orders SET state = 'lost' WHERE id = ?1", [order])?;
        SqliteStore::write_in(&mut host, &prepared)?;
        if keep {
            host.commit()?;
            // The desk did not see the commit: now it routes the ticket and tells who listens.
            desk.committed(&SHOP, &prepared).await;
        } else {
            host.rollback()?;
        }
        let state: String =
            db.query_row("SELECT state FROM orders WHERE id = ?1", [order], |row| row.get(0))?;
        println!("order {order} is {state}, its ticket {}", told(&desk, prepared.reply.ticket_id).await?);
    }
    Ok(())
}

/// Says who got a ticket, and why.
async fn told(desk: &Desk, ticket: TicketId) -> Result<String, Box<dyn Error>> {
    let explained = match desk.explain(&SHOP, ticket).await {
        Err(support_core::Error::NotFound(_)) => return Ok("does not exist".to_owned()),
        explained => explained?,
    };
    let Some((owner, why)) = explained.assignment.and_then(|given| given.to.zip(given.why)) else {
        return Ok("waits".to_owned());
    };
    let (owner, _) = desk.agent(&SHOP, owner).await?;
    let (points, eligible) = (explained.score.total, why.candidates.len());
    Ok(format!("has {points:.0} points and went to {}, {} of {eligible}", owner.name, why.strategy))
}
