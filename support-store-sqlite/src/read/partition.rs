//! Parts of a tenant's tickets that an index holds in the order of a list.

use rusqlite::types::Value;
use support_core::store::{PageCursor, TicketSort};
use support_core::ticket::{SetAsideKind, Status};
use uuid::Uuid;

/// Tickets with one value of one column, which an index holds in the order of creation. All but the last kind hold
/// only tickets that are not set aside; those with `active` hold only those that are, or are not, closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Partition {
    /// In a status: those in all of them are every ticket.
    Status(Status),
    /// Of a team.
    Team { team: Uuid, active: bool },
    /// Of an owner, or of nobody.
    Assignee { agent: Option<Uuid>, active: bool },
    /// Of a category.
    Category { category: String, active: bool },
    /// Of a customer.
    Customer { customer: Uuid, active: bool },
    /// With a tag or a topic.
    Label { kind: &'static str, label: String, active: bool },
    /// Followed by an agent, or with a customer in copy.
    Party { party: Uuid, active: bool },
    /// Set aside so.
    SetAside(SetAsideKind),
}

/// An ordered scan of an index: a statement that gives key, id and number, and its parameters.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) sql: String,
    pub(super) params: Vec<Value>,
}

/// The place before the first of a list.
pub(super) const fn start(descending: bool) -> PageCursor {
    if descending {
        PageCursor { key: i64::MAX, id: Uuid::max() }
    } else {
        PageCursor { key: i64::MIN, id: Uuid::nil() }
    }
}

/// Writes an ordered scan: `?1` is the tenant, `?2` and `?3` the place after which it starts.
fn scan(table: &str, key: &str, condition: &str, descending: bool, number: &str) -> String {
    let (beyond, order) = if descending { ("<", " DESC") } else { (">", "") };
    format!(
        "SELECT {key}, id, {number} FROM {table} WHERE tenant = ?1 AND {condition} \
         AND ({key}, id) {beyond} (?2, ?3) ORDER BY {key}{order}, id{order}"
    )
}

fn bound(tenant: i64, after: PageCursor, values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let id = Value::Blob(after.id.as_bytes().to_vec());
    [Value::Integer(tenant), Value::Integer(after.key), id].into_iter().chain(values).collect()
}

fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

impl Partition {
    /// Scans the tickets by creation.
    pub(super) fn by_creation(&self, tenant: i64, after: PageCursor, descending: bool) -> Scan {
        let (table, condition, values, number) = self.parts();
        Scan {
            sql: scan(table, "created_at", condition, descending, number),
            params: bound(tenant, after, values),
        }
    }

    fn parts(&self) -> (&'static str, &'static str, Vec<Value>, &'static str) {
        let flag = |active: bool| Value::Integer(active.into());
        match self {
            Self::Status(status) => (
                "desk_tickets INDEXED BY desk_tickets_status",
                "status = ?4 AND set_aside IS NULL",
                vec![Value::Text(status.as_str().to_owned())],
                "n",
            ),
            Self::Team { team, active } => (
                "desk_tickets INDEXED BY desk_tickets_team",
                "active = ?4 AND team_id = ?5 AND set_aside IS NULL AND team_id IS NOT NULL",
                vec![flag(*active), blob(*team)],
                "n",
            ),
            Self::Assignee { agent: Some(agent), active } => (
                "desk_tickets INDEXED BY desk_tickets_assignee",
                "active = ?4 AND assigned_to = ?5 AND set_aside IS NULL",
                vec![flag(*active), blob(*agent)],
                "n",
            ),
            Self::Assignee { agent: None, active } => (
                "desk_tickets INDEXED BY desk_tickets_assignee",
                "active = ?4 AND assigned_to IS NULL AND set_aside IS NULL",
                vec![flag(*active)],
                "n",
            ),
            Self::Category { category, active } => (
                "desk_tickets INDEXED BY desk_tickets_category",
                "active = ?4 AND category = ?5 AND set_aside IS NULL AND category IS NOT NULL",
                vec![flag(*active), Value::Text(category.clone())],
                "n",
            ),
            Self::Customer { customer, active } => (
                "desk_tickets INDEXED BY desk_tickets_customer",
                "active = ?4 AND customer_id = ?5 AND set_aside IS NULL",
                vec![flag(*active), blob(*customer)],
                "n",
            ),
            Self::Label { kind, label, active } => (
                "desk_ticket_labels",
                "active = ?4 AND kind = ?5 AND label = ?6",
                vec![flag(*active), Value::Text((*kind).to_owned()), Value::Text(label.clone())],
                "ticket",
            ),
            Self::Party { party, active } => (
                "desk_ticket_parties",
                "active = ?4 AND party = ?5",
                vec![flag(*active), blob(*party)],
                "ticket",
            ),
            Self::SetAside(kind) => (
                "desk_tickets INDEXED BY desk_tickets_set_aside",
                "set_aside = ?4 AND set_aside IS NOT NULL",
                vec![Value::Text(kind.as_str().to_owned())],
                "n",
            ),
        }
    }

    /// Scans the tickets that have a deadline by it; nothing where no index holds that order.
    pub(super) fn by_deadline(&self, tenant: i64, after: PageCursor) -> Option<Scan> {
        let (table, condition, values, number) = match self {
            Self::Status(_) => return Some(all_by_deadline(tenant, after)),
            Self::Team { team, .. } => (
                "desk_tickets INDEXED BY desk_tickets_team_due",
                "team_id = ?4 AND set_aside IS NULL AND next_due_at IS NOT NULL AND team_id IS NOT NULL",
                vec![blob(*team)],
                "n",
            ),
            Self::Category { category, .. } => (
                "desk_tickets INDEXED BY desk_tickets_category_due",
                "category = ?4 AND set_aside IS NULL AND next_due_at IS NOT NULL AND category IS NOT NULL",
                vec![Value::Text(category.clone())],
                "n",
            ),
            Self::Label { kind, label, .. } => (
                "desk_ticket_labels INDEXED BY desk_ticket_labels_due",
                "kind = ?4 AND label = ?5 AND next_due_at IS NOT NULL",
                vec![Value::Text((*kind).to_owned()), Value::Text(label.clone())],
                "ticket",
            ),
            Self::Assignee { .. } | Self::Customer { .. } | Self::Party { .. } | Self::SetAside(_) => {
                return None;
            }
        };
        Some(Scan {
            sql: scan(table, "next_due_at", condition, false, number),
            params: bound(tenant, after, values),
        })
    }
}

/// Scans all tickets that have a deadline and are not set aside by it.
pub(super) fn all_by_deadline(tenant: i64, after: PageCursor) -> Scan {
    let table = "desk_tickets INDEXED BY desk_tickets_due";
    let condition = "set_aside IS NULL AND next_due_at IS NOT NULL";
    Scan { sql: scan(table, "next_due_at", condition, false, "n"), params: bound(tenant, after, []) }
}

/// Scans all tickets that are not set aside by their last change.
pub(super) fn by_change(tenant: i64, after: PageCursor) -> Scan {
    let table = "desk_tickets INDEXED BY desk_tickets_updated";
    Scan { sql: scan(table, "updated_at", "set_aside IS NULL", true, "n"), params: bound(tenant, after, []) }
}

/// Scans all tickets by id, each under the key of those without a deadline.
pub(super) fn by_id(tenant: i64, after: Uuid) -> Scan {
    Scan {
        sql: "SELECT 9223372036854775807, id, n FROM desk_tickets INDEXED BY desk_tickets_id \
              WHERE tenant = ?1 AND id > ?2 ORDER BY id"
            .to_owned(),
        params: vec![Value::Integer(tenant), blob(after)],
    }
}

/// Tells whether a list runs downwards.
pub(super) const fn is_descending(sort: TicketSort) -> bool {
    matches!(sort, TicketSort::Newest | TicketSort::Updated)
}
