//! Which index serves which list, as SQLite plans it, and what a reader keeps.

use rusqlite::{Connection, params_from_iter};
use support_core::id::TenantId;
use support_core::ticket::{SetAsideKind, Status};
use uuid::Uuid;

use super::partition::{Partition, Scan, by_change, by_id, start};
use super::{Reader, TENANTS};

/// A database that holds nothing, so that no plan is due to what it holds.
fn empty() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("../../migrations/001_desk.sql")).unwrap();
    db
}

#[test]
fn a_tenant_is_found_as_soon_as_it_is_there_and_keeps_its_number() {
    let reader = Reader::new(empty());
    let id = |number: u128| TenantId::from_uuid(Uuid::from_u128(number));
    let add = |number: u128| {
        let row = (Uuid::from_u128(number).into_bytes(), [0_u8; 32]);
        reader.execute("INSERT INTO desk_tenants (id, head) VALUES (?1, ?2)", row).unwrap();
        reader.last_insert_rowid()
    };
    assert_eq!(reader.tenant(id(1)).unwrap(), None);
    let (first, second) = (add(1), add(2));
    assert_eq!(reader.tenant(id(1)).unwrap(), Some(first));
    for number in 1_000..1_000 + 2 * u128::try_from(TENANTS).unwrap() {
        assert_eq!(reader.tenant(id(number)).unwrap(), None);
        let added = add(number);
        assert_eq!(reader.tenant(id(number)).unwrap(), Some(added));
    }
    assert_eq!([1, 2].map(|number| reader.tenant(id(number)).unwrap()), [Some(first), Some(second)]);
    assert!(reader.tenants.borrow().len() <= TENANTS);
}

fn plan(db: &Connection, scan: &Scan) -> String {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {}", scan.sql)).unwrap();
    let steps = statement.query_map(params_from_iter(&scan.params), |row| row.get::<_, String>(3)).unwrap();
    steps.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
}

#[test]
fn every_list_of_tickets_is_a_search_of_its_index() {
    let db = empty();
    let id = Uuid::from_u128(7);
    let active = true;
    let parts = [
        (
            Partition::Status(Status::Open),
            "INDEX desk_tickets_status (tenant=? AND status=?",
            "desk_tickets_due",
        ),
        (
            Partition::Team { team: id, active },
            "INDEX desk_tickets_team (tenant=? AND team_id=? AND active=?",
            "desk_tickets_team_due",
        ),
        (
            Partition::Assignee { agent: Some(id), active },
            "INDEX desk_tickets_assignee (tenant=? AND assigned_to=? AND active=?",
            "",
        ),
        (
            Partition::Assignee { agent: None, active },
            "INDEX desk_tickets_assignee (tenant=? AND assigned_to=? AND active=?",
            "",
        ),
        (
            Partition::Category { category: "c".into(), active },
            "INDEX desk_tickets_category (tenant=? AND category=? AND active=?",
            "desk_tickets_category_due",
        ),
        (
            Partition::Customer { customer: id, active },
            "INDEX desk_tickets_customer (tenant=? AND customer_id=? AND active=?",
            "",
        ),
        (
            Partition::Label { kind: "tag", label: "t".into(), active },
            "PRIMARY KEY (tenant=? AND kind=? AND label=? AND active=?",
            "desk_ticket_labels_due",
        ),
        (Partition::Party { party: id, active }, "PRIMARY KEY (tenant=? AND party=? AND active=?", ""),
        (
            Partition::SetAside(SetAsideKind::Spam),
            "INDEX desk_tickets_set_aside (tenant=? AND set_aside=?",
            "",
        ),
    ];
    for (part, by_creation, by_deadline) in parts {
        for descending in [true, false] {
            let plan = plan(&db, &part.by_creation(1, start(descending), descending));
            assert!(plan.contains(by_creation), "{part:?}: {plan}");
            // The place after which the page starts is looked up, not walked to.
            assert!(plan.contains("(created_at,id)"), "{part:?}: {plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{part:?}: {plan}");
        }
        match part.by_deadline(1, start(false)) {
            Some(scan) => {
                let plan = plan(&db, &scan);
                assert!(plan.contains(by_deadline) && plan.contains("(next_due_at,id)"), "{part:?}: {plan}");
                assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{part:?}: {plan}");
            }
            None => assert_eq!(by_deadline, ""),
        }
    }
    for (scan, index) in
        [(by_change(1, start(true)), "desk_tickets_updated"), (by_id(1, id), "desk_tickets_id")]
    {
        let plan = plan(&db, &scan);
        assert!(plan.starts_with("SEARCH") && plan.contains(index), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
