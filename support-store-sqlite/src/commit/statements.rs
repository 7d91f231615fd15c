//! Statements that every table has, spelled once.

use std::sync::LazyLock;

use crate::row::{Table, access, people, text, thread, ticket};

/// Statements by table name.
pub(super) struct Statements(Vec<OfTable>);

struct OfTable {
    name: &'static str,
    exists: String,
    stored: String,
    insert: String,
}

static ALL: LazyLock<Statements> = LazyLock::new(|| {
    let tables = [
        &ticket::TICKETS,
        &thread::CONVERSATIONS,
        &thread::MESSAGES,
        &thread::ASSIGNMENTS,
        &thread::OFFERS,
        &thread::OUTBOX,
        &text::TEXTS,
        &text::DOCUMENTS,
        &people::CUSTOMERS,
        &people::AGENTS,
        &people::STATES,
        &access::LOGINS,
        &access::SESSIONS,
        &access::JOURNEYS,
    ];
    Statements(tables.into_iter().map(OfTable::of).collect())
});

impl OfTable {
    fn of(table: &'static Table) -> Self {
        // Only tickets are named by their number; the others have none or need none.
        let number = if table.name == ticket::TICKETS.name { "n" } else { "0" };
        Self {
            name: table.name,
            exists: format!("SELECT 1 FROM {} WHERE {}", table.name, table.named()),
            stored: format!(
                "SELECT {}, {number}, {} FROM {} WHERE {}",
                table.revision,
                table.columns.join(", "),
                table.name,
                table.named()
            ),
            insert: table.insert(),
        }
    }
}

impl Statements {
    pub(super) fn all() -> &'static Self {
        &ALL
    }

    fn of(&self, table: &Table, pick: impl Fn(&OfTable) -> &String) -> &str {
        self.0.iter().find(|statements| statements.name == table.name).map_or("", |found| pick(found))
    }

    /// Tells whether a row stands under a key.
    pub(super) fn exists(&self, table: &Table) -> &str {
        self.of(table, |s| &s.exists)
    }

    /// Reads the row under a key: revision, number, columns.
    pub(super) fn stored(&self, table: &Table) -> &str {
        self.of(table, |s| &s.stored)
    }

    /// Adds a row.
    pub(super) fn insert(&self, table: &Table) -> &str {
        self.of(table, |s| &s.insert)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::row::event;

    /// For an `IN` of more than two values in a `CHECK`, SQLite would make a table of them at each row that is added.
    #[test]
    fn adding_a_row_makes_no_table_in_memory() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../../migrations/001_desk.sql")).unwrap();
        let inserts = Statements::all().0.iter().map(|statements| statements.insert.as_str());
        for sql in inserts.chain([event::INSERT]) {
            let mut statement = db.prepare(&format!("EXPLAIN {sql}")).unwrap();
            let nothing = vec![None::<i64>; statement.parameter_count()];
            let steps = statement
                .query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(1))
                .unwrap();
            let steps = steps.collect::<Result<Vec<_>, _>>().unwrap();
            assert!(steps.iter().any(|step| step.ends_with("Insert")), "{sql}");
            assert!(!steps.iter().any(|step| step == "OpenEphemeral"), "{sql}");
        }
    }
}
