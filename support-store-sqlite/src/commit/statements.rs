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
