//! What rules do to a ticket: the actions of automations and ladders.

use crate::automation::Action;
use crate::conversation::{Direction, Visibility};
use crate::error::Error;
use crate::id::{DocumentId, MessageId, TextId};
use crate::masking::Purpose;
use crate::people::ActorRef;
use crate::routing::AssignHow;
use crate::sla::Metric;
use crate::store::{Text, TextClass};
use crate::ticket::StatusCause;
use crate::ticket::command::NewMessage;

use super::Change;

/// On whose account something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody asked for it, or time did.
    Asked,
    /// A step of the ladder of this timer's policy.
    Ladder(Metric),
    /// An automation.
    Automation {
        /// Which.
        id: DocumentId,
        /// Whether a timer woke it.
        by_timer: bool,
    },
}

impl Cause {
    /// Names who acts, where that is a rule and not who asked.
    pub(super) const fn actor(self) -> Option<ActorRef> {
        match self {
            Self::Automation { id, .. } => Some(ActorRef::rule(id)),
            Self::Asked | Self::Ladder(_) => None,
        }
    }

    /// Returns in which way an owner changes.
    pub(super) const fn how(self, asked: AssignHow) -> AssignHow {
        match self {
            Self::Asked => asked,
            Self::Ladder(_) => AssignHow::Escalation,
            Self::Automation { .. } => AssignHow::Rule,
        }
    }

    /// Tells whether it is an escalation by a timer: a step of a ladder, or an automation that one woke.
    pub(super) const fn escalates(self) -> bool {
        matches!(self, Self::Ladder(_) | Self::Automation { by_timer: true, .. })
    }

    /// Returns what moves a status that is named.
    pub(super) const fn of_status(self) -> StatusCause {
        match self {
            Self::Asked => StatusCause::ByHand,
            Self::Ladder(_) | Self::Automation { .. } => StatusCause::Rule,
        }
    }
}

impl Change<'_> {
    /// Does what an action says, and tells whether there was anything to do.
    ///
    /// # Errors
    /// The rule of the ticket that refuses it; nothing of the action happens then.
    pub(super) fn act(&mut self, cause: Cause, action: &Action) -> Result<bool, Error> {
        let mut written = None;
        let command = action.command(&self.after, |text| {
            let (message, text) = self.note(cause, text);
            written = Some(text);
            message
        });
        let Some(command) = command else { return Ok(false) };
        let caused = std::mem::replace(&mut self.cause, cause);
        let done = self.carry_out(&command);
        self.cause = caused;
        done?;
        self.texts.extend(written);
        Ok(true)
    }

    /// Makes an internal note and its text of what a rule says.
    pub(super) fn note(&self, cause: Cause, text: &str) -> (NewMessage, Text) {
        let (ids, at) = (self.circumstances.ids, self.at);
        let author = cause.actor().unwrap_or(ActorRef::SYSTEM);
        let masked = self.config().masker.mask(text, Purpose::Storage, &[]);
        let text = Text {
            id: TextId::mint(ids, at),
            ticket: Some(self.after.id),
            subject: author,
            class: TextClass::Internal,
            body: Some(masked.text.into_owned()),
            created_at: at,
        };
        let message = NewMessage {
            id: MessageId::mint(ids, at),
            conversation_id: None,
            direction: Direction::Outbound,
            author,
            author_text: None,
            visibility: Visibility::Internal,
            channel: self.after.channel.clone(),
            inbox_id: None,
            body: text.id,
            automatic: true,
            thanks: false,
            external_id: None,
            in_reply_to: None,
            delivery: None,
            sent_at: at,
            masked: std::collections::BTreeMap::new(),
        };
        (message, text)
    }
}
