//! Opening a ticket.

use std::collections::BTreeSet;

use crate::conversation::Direction;
use crate::error::{EntityKind, Error};
use crate::event::Event;
use crate::label::Label;
use crate::routing::AssignHow;
use crate::ticket::Status;
use crate::ticket::command::{Open, queue_full};

use super::edit::{TAG_LIMIT, check_effort, check_fields};
use super::{Change, Circumstances};

/// Opens a ticket with its first message.
///
/// One that the customer began is `new` and waits; one that the desk began is `pending` on the customer's answer.
pub(super) fn open<'a>(open: &Open, circumstances: &'a Circumstances<'a>) -> Result<Change<'a>, Error> {
    check_effort(open.effort)?;
    if open.tags.iter().collect::<BTreeSet<_>>().len() > TAG_LIMIT {
        return Err(Error::invalid("tags", "must be at most 100"));
    }
    check_fields(open.custom_fields.iter().map(|(key, value)| (key, Some(value))))?;
    let status = match open.direction {
        Direction::Inbound => Status::New,
        Direction::Outbound => Status::Pending,
    };
    let event = Event::TicketCreated {
        reference: open.reference,
        subject: open.subject,
        status,
        priority: open.priority,
        channel: open.channel.clone(),
        direction: open.direction,
        inbox_id: open.inbox_id,
        brand_id: open.brand_id,
        language: open.language.clone(),
        customer_id: open.customer_id,
        team_id: Some(open.team_id),
        team_by: Some(open.team_by),
        category: open.category.clone(),
        tags: open.tags.clone(),
        order_id: open.order_id.clone(),
        context: open.context.clone(),
        external_refs: open.external_refs.clone(),
        custom_fields: open.custom_fields.clone(),
        journey: open.journey.map(Box::new),
        effort: open.effort,
        skills: open.skills.clone(),
        preferred: open.preferred.clone(),
        sticky: open.sticky,
        follow_up_of: open.follow_up_of,
        insight: open.insight.clone(),
        conversation_id: open.conversation_id,
    };
    let mut change =
        Change::begin(open.id, event, circumstances).ok_or(Error::NotFound(EntityKind::Ticket))?;
    change.add_message(&open.message);
    change.match_keywords(&open.keywords);
    change.full.clone_from(&open.full);
    Ok(change)
}

impl Change<'_> {
    /// Sends new work on from a full queue in which rules put it, or tags it there. No rule hears of it, as none hears
    /// that a ticket begins elsewhere than where it belongs: one that put it there would put it back.
    pub(super) fn make_room(&mut self) {
        let full = std::mem::take(&mut self.full);
        let team = self.after.team_id.filter(|_| self.after.is_waiting());
        let Some(to) = team.and_then(|team| full.get(&team)).copied() else { return };
        if Some(to) != team {
            self.give(None, Some(to), AssignHow::Open, None, None, false);
        }
        let added: Vec<Label> =
            queue_full().filter(|tag| !self.after.tags.contains(tag)).into_iter().collect();
        if !added.is_empty() && self.after.tags.len() < TAG_LIMIT {
            self.record(Event::TicketTagsChanged { added, removed: Vec::new() });
        }
        self.pass_over_news();
    }
}
