//! A use-case of the desk inside the host's own transaction: the host's row and the ticket are there together, or
//! neither is.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use support_core::Error;
use support_core::desk::{CreateAgent, CreateCustomer, Desk, OpenTicket, SetPresence};
use support_core::error::EntityKind;
use support_core::id::TenantId;
use support_core::people::{Actor, Presence};
use support_core::store::{Outcome, StoreError, StoreErrorKind};
use support_core::testkit::{SeededIds, block_on};
use support_core::time::{ManualClock, Timestamp};
use support_store_sqlite::rusqlite::{Connection, TransactionBehavior};
use support_store_sqlite::{SqliteConfig, SqliteStore};

const HOST: Actor = Actor::Host(TenantId::SINGLE);

#[test]
fn a_ticket_is_opened_with_the_hosts_own_row_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&SqliteConfig::new(folder.path().join("shop.db"))).unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_790_000_000)));
    let desk = Desk::new(store.clone(), clock, Arc::new(SeededIds::new(1)));
    block_on(async {
        let agent =
            CreateAgent { name: "Ann".into(), email: "ann@example.com".into(), ..CreateAgent::default() };
        let agent = desk.run(&HOST, &agent).await.unwrap().agent_id;
        desk.run(&HOST, &SetPresence::of(agent, Presence::Available)).await.unwrap();
        let bob = desk.run(&HOST, &CreateCustomer::named("Bob")).await.unwrap().customer_id;
        let made: Result<(), StoreError> = store
            .with_writer(|host| {
                host.execute_batch("CREATE TABLE complaints (parcel TEXT NOT NULL) STRICT").unwrap();
                Ok(())
            })
            .await;
        made.unwrap();

        for (parcel, keep) in [("P-1", false), ("P-2", true)] {
            let prepared =
                desk.prepare(&HOST, &OpenTicket::of(bob, "My parcel", "It is late.")).await.unwrap();
            let changes = prepared.changes.clone();
            let written: Result<(), StoreError> = store
                .with_writer(move |host| {
                    host.execute("INSERT INTO complaints (parcel) VALUES (?1)", [parcel]).unwrap();
                    let outcomes = SqliteStore::commit_in(host, &[changes])?;
                    assert_eq!(outcomes, [Outcome::Committed]);
                    // The host thinks better of it: what it answers decides for both.
                    if keep { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Other, "testing")) }
                })
                .await;
            assert_eq!(written.is_ok(), keep);
            if keep {
                desk.committed(&HOST, &prepared).await;
            }
            let there = desk.ticket(&HOST, prepared.reply.ticket_id).await;
            assert_eq!(there.is_ok(), keep);
            if keep {
                assert_eq!(there.unwrap().assigned_to, Some(agent), "committed work is routed at once");
            }
        }
        let rows: Result<i64, StoreError> = store
            .with_writer(|host| {
                Ok(host.query_row("SELECT count(*) FROM complaints", [], |row| row.get(0)).unwrap())
            })
            .await;
        assert_eq!(rows.unwrap(), 1);
        assert!(desk.verify(TenantId::SINGLE).await.unwrap().is_sound());
    });
}

#[test]
fn what_a_host_writes_after_the_end_of_its_transaction_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = Arc::new(SqliteStore::open(&SqliteConfig::new(&path)).unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_790_000_000)));
    let desk = Desk::new(store, clock, Arc::new(SeededIds::new(1)));
    let mut db = Connection::open(&path).unwrap();
    block_on(async {
        let bob = desk.prepare(&HOST, &CreateCustomer::named("Bob")).await.unwrap();
        let mut host = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        // As SQLite itself does where the disk is full.
        host.execute_batch("ROLLBACK").unwrap();
        let ended = SqliteStore::write_in(&mut host, &bob).unwrap_err();
        assert!(matches!(&ended, Error::Store(error) if error.kind() == StoreErrorKind::Misuse), "{ended:?}");
        drop(host);
        assert!(matches!(desk.customer(&HOST, bob.reply.customer_id).await, Err(Error::NotFound(_))));
        assert!(desk.verify(TenantId::SINGLE).await.unwrap().is_sound());
    });
}

#[test]
fn a_host_hears_as_an_error_that_others_were_faster() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = Arc::new(SqliteStore::open(&SqliteConfig::new(&path)).unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_790_000_000)));
    let desk = Desk::new(store, clock, Arc::new(SeededIds::new(1)));
    let mut db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE complaints (parcel TEXT NOT NULL) STRICT").unwrap();
    block_on(async {
        let ann =
            CreateAgent { name: "Ann".into(), email: "ann@example.com".into(), ..CreateAgent::default() };
        let again = desk.prepare(&HOST, &ann).await.unwrap();
        let ann = desk.run(&HOST, &ann).await.unwrap().agent_id;
        let away = desk.prepare(&HOST, &SetPresence::of(ann, Presence::Away)).await.unwrap();
        desk.run(&HOST, &SetPresence::of(ann, Presence::Busy)).await.unwrap();

        let mut host = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        host.execute("INSERT INTO complaints (parcel) VALUES ('P-1')", []).unwrap();
        let taken = SqliteStore::write_in(&mut host, &again).unwrap_err();
        assert!(matches!(&taken, Error::Invalid(fields) if fields[0].field == "email"), "{taken:?}");
        let busy = SqliteStore::write_in(&mut host, &away).unwrap_err();
        assert!(matches!(busy, Error::Busy(EntityKind::Agent)), "{busy:?}");
        // Nothing of them was written, and the transaction is still the host's to end.
        host.commit().unwrap();
        assert_eq!(desk.agent(&HOST, ann).await.unwrap().1.presence, Presence::Busy);
        assert!(desk.verify(TenantId::SINGLE).await.unwrap().is_sound());
    });
}
