//! Copying a ticket with only its first message, for demonstrations.

use async_trait::async_trait;

use crate::conversation::{Direction, Message};
use crate::error::{EntityKind, Error};
use crate::id::TicketId;
use crate::people::Permission;
use crate::store::{Key, Query, Record, Related, Select, StoreExt, Text};

use super::TicketReply;
use super::input::ContextInput;
use super::open::{OpenTicket, Requester};
use super::run::{Ask, Prepared, UseCase};

/// Opens a copy of a ticket as if its first message had arrived now. The ticket itself stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetTicket {
    /// The ticket.
    pub ticket_id: TicketId,
}

#[async_trait]
impl UseCase for ResetTicket {
    type Reply = TicketReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<TicketReply>, Error> {
        ask.staff_only(EntityKind::Ticket)?;
        let ticket = ask.ticket(self.ticket_id, Permission::TicketReset).await?;
        let select = Select::Messages { ticket: ticket.id, conversation: Some(ticket.conversation_id) };
        let with = Related { texts: true, ..Related::default() };
        let mut query = Query::new(select, 1_000).with(with);
        // Newest first: the last one of the last page is the first that was written.
        let mut first: Option<(Message, Option<String>)> = None;
        loop {
            let page = ask.store().find(&ask.system(), &query).await?;
            if let Some(Record::Message(message)) = page.items.last() {
                let body = page.related.iter().find_map(|record| match record {
                    Record::Text(text) if text.id == message.body => text.body.clone(),
                    _ => None,
                });
                first = Some(((**message).clone(), body));
            }
            if page.next.is_none() {
                break;
            }
            query.after = page.next;
        }
        let erased = || Error::refused("text_erased", "the first message was erased");
        let (message, body) = first.ok_or(Error::NotFound(EntityKind::Message))?;
        let subject: Option<Text> = ask.store().one(&ask.system(), Key::Text(ticket.subject)).await?;
        let subject = subject.and_then(|text| text.body).ok_or_else(erased)?;
        let labels: Vec<Key> = ticket.context.iter().filter_map(|c| c.label).map(Key::Text).collect();
        let labels = ask.store().load(&ask.system(), &labels).await?;
        let label = |id| {
            labels.iter().flatten().find_map(|record| match record {
                Record::Text(text) if text.id == id => text.body.clone(),
                _ => None,
            })
        };
        let context = ticket.context.iter().map(|context| ContextInput {
            label: context.label.and_then(label),
            url: context.url.clone(),
            ..ContextInput::new(context.kind.clone(), context.id.clone())
        });
        let context = context.collect();
        OpenTicket {
            channel: ticket.channel.clone(),
            direction: message.direction,
            priority: Some(ticket.priority),
            category: ticket.category.clone(),
            tags: ticket.tags.iter().cloned().collect(),
            order_id: ticket.order_id.clone(),
            context,
            brand_id: ticket.brand_id,
            language: ticket.language.clone(),
            team_id: ticket.team_id,
            effort: Some(ticket.work.effort),
            skills: ticket.work.skills.clone(),
            preferred: ticket.work.preferred.clone(),
            // A copy is for showing: nothing of it is sent.
            inbox_id: ticket.inbox_id.filter(|_| message.direction == Direction::Inbound),
            ..OpenTicket::by(Requester::Customer(ticket.customer_id), subject, body.ok_or_else(erased)?)
        }
        .led_by(ask, None)
        .await
    }
}
