//! What a scope sees.

use rusqlite::{Row, Statement, StatementStatus};
use support_core::conversation::{Conversation, ConversationKind, Message, Visibility};
use support_core::id::{AgentId, CustomerId, TeamId, TicketId};
use support_core::people::{Scope, Sight, Subject};
use support_core::store::{Record, Text, TextClass};
use support_core::ticket::Participant;

use crate::error::Failure;
use crate::row::Columns;

/// Columns of a ticket that decide who sees it, and its id first; read by [`ticket_seen`].
pub(super) const FACTS: &str = "t.id, t.customer_id, t.assigned_to, t.team_id, t.participants, t.set_aside";

/// Reads a ticket's facts from column `at` on. Answers its id, and whether the scope sees it; nothing where there is
/// no ticket.
pub(super) fn ticket_seen(
    row: &Row<'_>,
    at: usize,
    scope: &Scope,
) -> Result<Option<(TicketId, bool)>, Failure> {
    let mut c = Columns::from(row, at);
    let Some(id) = c.opt_uuid(TicketId::from_uuid)? else { return Ok(None) };
    if matches!(scope.sight(), Sight::System | Sight::All { .. }) {
        return Ok(Some((id, true)));
    }
    let customer = c.uuid(CustomerId::from_uuid)?;
    let assignee = c.opt_uuid(AgentId::from_uuid)?;
    let team = c.opt_uuid(TeamId::from_uuid)?;
    let participants: Vec<Participant> = c.json()?;
    let set_aside = c.opt_text()?.is_some();
    let customers: Vec<_> = participants.iter().filter_map(|p| p.party.customer_id()).collect();
    let followers: Vec<_> = participants.iter().filter_map(|p| p.party.agent_id()).collect();
    let subject =
        Subject { customer, customers: &customers, assignee, followers: &followers, team, set_aside };
    Ok(Some((id, scope.sees(&subject))))
}

/// Checks, in builds for tests, that a statement neither sorted nor scanned a whole table: every list that any test
/// reads shows so that its index serves it.
pub(super) fn watch(statement: &Statement<'_>) {
    debug_assert_eq!(
        statement.get_status(StatementStatus::Sort),
        0,
        "sorted: {:?}",
        statement.expanded_sql()
    );
    debug_assert_eq!(
        statement.get_status(StatementStatus::FullscanStep),
        0,
        "scanned: {:?}",
        statement.expanded_sql()
    );
}

/// Tells whether a conversation of a visible ticket is visible.
pub(super) fn conversation(scope: &Scope, conversation: &Conversation) -> bool {
    scope.is_staff() || conversation.kind == ConversationKind::Customer
}

/// Tells whether a message of a visible ticket is visible.
pub(super) fn message(scope: &Scope, message: &Message) -> bool {
    scope.is_staff() || message.visibility == Visibility::Public
}

/// Tells whether a text is visible, given whether its ticket is.
pub(super) fn text(scope: &Scope, text: &Text, ticket_seen: bool) -> bool {
    match text.ticket {
        Some(_) => ticket_seen && (scope.is_staff() || text.class == TextClass::Public),
        None => scope.is_staff(),
    }
}

/// Tells whether a record that belongs to no ticket is visible.
pub(super) fn of_tenant(scope: &Scope, record: &Record) -> bool {
    match (scope.sight(), record) {
        (Sight::System, _) => true,
        (Sight::Customer { customer: own }, Record::Customer(customer)) => customer.id == *own,
        (Sight::Customer { .. }, _) => false,
        (
            _,
            Record::Login(_)
            | Record::Session(_)
            | Record::Outbox(_)
            | Record::JourneyProgress(_)
            | Record::Uses(_)
            | Record::Receipt(_),
        ) => false,
        _ => true,
    }
}
