//! A first look at a candidate's plain columns, which spares reading most of those that a filter refuses.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use support_core::label::Label;
use support_core::store::{Assignee, SetAsideFilter, TicketFilter};
use uuid::Uuid;

use crate::error::Failure;

/// Places of columns in the list of a ticket's columns.
mod at {
    pub(super) const STATUS: usize = 4;
    pub(super) const PRIORITY: usize = 5;
    pub(super) const CHANNEL: usize = 6;
    pub(super) const INBOX: usize = 8;
    pub(super) const CUSTOMER: usize = 11;
    pub(super) const ASSIGNEE: usize = 12;
    pub(super) const TEAM: usize = 13;
    pub(super) const CATEGORY: usize = 14;
    pub(super) const TAGS: usize = 15;
    pub(super) const TOPICS: usize = 16;
    pub(super) const SET_ASIDE: usize = 27;
}

/// Tells whether a ticket may pass. What does not is refused by the full comparison too.
pub(super) fn may_fit(row: &Row<'_>, filter: &TicketFilter) -> Result<bool, Failure> {
    let is_text = |at: usize, wanted: &str| -> Result<bool, Failure> {
        Ok(matches!(row.get_ref(at)?, ValueRef::Text(text) if text == wanted.as_bytes()))
    };
    let is_id = |at: usize, wanted: Option<Uuid>| -> Result<bool, Failure> {
        let Some(wanted) = wanted else { return Ok(true) };
        Ok(matches!(row.get_ref(at)?, ValueRef::Blob(id) if id == wanted.as_bytes()))
    };
    let is_null = |at: usize| -> Result<bool, Failure> { Ok(row.get_ref(at)? == ValueRef::Null) };
    let any = |at: usize, mut wanted: Box<dyn Iterator<Item = &'static str> + '_>| -> Result<bool, Failure> {
        let ValueRef::Text(text) = row.get_ref(at)? else { return Ok(false) };
        Ok(wanted.any(|word| word.as_bytes() == text))
    };
    // The JSON of a list holds the JSON of each of its labels; that of another may hold it too, and is read then.
    let holds = |at: usize, label: Option<&Label>| -> Result<bool, Failure> {
        let Some(label) = label else { return Ok(true) };
        let ValueRef::Text(list) = row.get_ref(at)? else { return Ok(false) };
        let label = serde_json::to_vec(label).map_err(Failure::Print)?;
        Ok(list.windows(label.len()).any(|part| part == label))
    };
    let topic = filter.topic.as_ref().and_then(Option::as_ref);
    Ok((filter.status.is_empty() || any(at::STATUS, Box::new(filter.status.iter().map(|s| s.as_str())))?)
        && (filter.priority.is_empty()
            || any(at::PRIORITY, Box::new(filter.priority.iter().map(|p| p.as_str())))?)
        && (filter.set_aside != SetAsideFilter::Without || is_null(at::SET_ASIDE)?)
        && match filter.assignee {
            None => true,
            Some(Assignee::Nobody) => is_null(at::ASSIGNEE)?,
            Some(Assignee::Agent(agent)) => is_id(at::ASSIGNEE, Some(agent.uuid()))?,
        }
        && holds(at::TAGS, filter.tag.as_ref())?
        && holds(at::TOPICS, topic)?
        && is_id(at::TEAM, filter.team.map(support_core::id::TeamId::uuid))?
        && is_id(at::CUSTOMER, filter.customer.map(support_core::id::CustomerId::uuid))?
        && is_id(at::INBOX, filter.inbox.map(support_core::id::InboxId::uuid))?
        && match &filter.category {
            Some(category) => is_text(at::CATEGORY, category.as_str())?,
            None => true,
        }
        && match &filter.channel {
            Some(channel) => is_text(at::CHANNEL, channel.as_str())?,
            None => true,
        })
}

#[cfg(test)]
mod tests {
    use super::at;
    use crate::row::ticket::TICKETS;

    #[test]
    fn the_columns_stand_where_they_are_looked_for() {
        for (place, name) in [
            (at::STATUS, "status"),
            (at::PRIORITY, "priority"),
            (at::CHANNEL, "channel"),
            (at::INBOX, "inbox_id"),
            (at::CUSTOMER, "customer_id"),
            (at::ASSIGNEE, "assigned_to"),
            (at::TEAM, "team_id"),
            (at::CATEGORY, "category"),
            (at::TAGS, "tags"),
            (at::TOPICS, "topics"),
            (at::SET_ASIDE, "set_aside"),
        ] {
            assert_eq!(TICKETS.columns[place], name);
        }
    }
}
