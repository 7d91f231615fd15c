//! Masking tried out on recorded conversations: what a specification would find in them, before it is put in force.

use std::collections::BTreeMap;

use crate::conversation::Message;
use crate::error::Error;
use crate::id::{MessageId, TicketId};
use crate::masking::{Finding, Kind, Masker, Purpose};
use crate::people::{Actor, Permission};
use crate::store::{PageCursor, Query, Related, Select};

use super::Desk;
use super::message::TURNS_BEFORE;
use super::read::{message, staff, texts, ticket};

/// Newest messages of a ticket that are looked at.
const MESSAGES: u32 = 50;
/// Most findings that are shown of one part of a trial.
const EXAMPLES: usize = 20;

/// What a specification finds in a part of the recorded conversations. It holds no text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskingTrial {
    /// Tickets that were looked at.
    pub tickets: u32,
    /// Messages with a text that were looked at: at most the newest 50 of a ticket.
    pub messages: u32,
    /// Messages that would be altered.
    pub altered: u32,
    /// Findings by kind.
    pub by_kind: BTreeMap<Kind, u32>,
    /// The first findings, at most 20.
    pub examples: Vec<TrialExample>,
    /// Where to go on, unless these were all.
    pub next: Option<PageCursor>,
}

/// Where something was found. Whoever may read the message can look there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialExample {
    /// The ticket.
    pub ticket: TicketId,
    /// The message.
    pub message: MessageId,
    /// What was found, in characters of the message.
    pub finding: Finding,
}

impl Desk {
    /// Tries a masker on stored messages of so many tickets, the newest tickets first, and writes nothing.
    ///
    /// What is masked already stays unseen: counts are of what the masker would find beyond it. Only tickets that the
    /// actor may read are looked at.
    ///
    /// # Errors
    /// `NotFound` to customers; `Forbidden` without the permission to change masking; `Store`.
    pub async fn try_masking(
        &self,
        actor: &Actor,
        masker: &Masker,
        limit: u32,
        after: Option<PageCursor>,
    ) -> Result<MaskingTrial, Error> {
        staff(actor)?;
        actor.scope(Permission::SettingsManage)?;
        let scope = actor.scope(Permission::TicketRead)?;
        let select = Select::Tickets(Box::default());
        let page = self.store().find(&scope, &Query::new(select, limit).after(after)).await?;
        let mut trial = MaskingTrial { next: page.next, ..MaskingTrial::default() };
        for ticket in page.items.into_iter().filter_map(ticket) {
            trial.tickets += 1;
            let select = Select::Messages { ticket: ticket.id, conversation: None };
            let with = Related { texts: true, ..Related::default() };
            let mut page = self.store().find(&scope, &Query::new(select, MESSAGES).with(with)).await?;
            let bodies = texts(&mut page);
            let turns: Vec<(Message, &str)> = page
                .items
                .into_iter()
                .rev()
                .filter_map(message)
                .filter_map(|message| {
                    let text = bodies.get(&message.body)?.as_str();
                    Some((message, text))
                })
                .collect();
            trial.read(ticket.id, &turns, masker);
        }
        Ok(trial)
    }
}

impl MaskingTrial {
    /// Counts what is found in the turns of a ticket, oldest first.
    fn read(&mut self, ticket: TicketId, turns: &[(Message, &str)], masker: &Masker) {
        for (number, (message, text)) in turns.iter().enumerate() {
            let earlier = turns.iter().take(number).rev().filter(|(earlier, _)| {
                earlier.conversation_id == message.conversation_id && earlier.is_turn_for(message.visibility)
            });
            let mut before: Vec<&str> = earlier.take(TURNS_BEFORE).map(|&(_, text)| text).collect();
            before.reverse();
            let masked = masker.mask(text, Purpose::Storage, &before);
            self.messages += 1;
            self.altered += u32::from(!masked.findings.is_empty());
            for finding in masked.findings {
                *self.by_kind.entry(finding.kind.clone()).or_default() += 1;
                if self.examples.len() < EXAMPLES {
                    self.examples.push(TrialExample { ticket, message: message.id, finding });
                }
            }
        }
    }
}
