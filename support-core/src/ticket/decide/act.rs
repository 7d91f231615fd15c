//! What rules do to a ticket: the actions of automations and ladders.

use crate::automation::{Action, ActionTexts};
use crate::conversation::{Direction, Visibility};
use crate::error::Error;
use crate::event::Event;
use crate::id::{DocumentId, MessageId, TextId};
use crate::label::Label;
use crate::masking::{Masked, Purpose};
use crate::people::ActorRef;
use crate::routing::AssignHow;
use crate::sla::Metric;
use crate::store::{Text, TextClass};
use crate::ticket::command::{NewMessage, UsedMacro};
use crate::ticket::{Command, StatusCause};

use super::Change;

/// On whose account something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody asked for it, or time did.
    Asked,
    /// A step of the ladder of this policy, for this timer.
    Ladder(Metric, DocumentId),
    /// An automation.
    Automation {
        /// Which.
        id: DocumentId,
        /// Whether a timer woke it.
        by_timer: bool,
    },
    /// A macro that goes with somebody's message.
    Macro,
}

impl Cause {
    /// Names who acts, where that is a rule and not who asked.
    pub(super) const fn actor(self) -> Option<ActorRef> {
        match self {
            Self::Automation { id, .. } | Self::Ladder(_, id) => Some(ActorRef::rule(id)),
            Self::Asked | Self::Macro => None,
        }
    }

    /// Returns in which way an owner changes.
    pub(super) const fn how(self, asked: AssignHow) -> AssignHow {
        match self {
            Self::Asked | Self::Macro => asked,
            Self::Ladder(..) => AssignHow::Escalation,
            Self::Automation { .. } => AssignHow::Rule,
        }
    }

    /// Tells whether it is an escalation by a timer: a step of a ladder, or an automation that one woke.
    pub(super) const fn escalates(self) -> bool {
        matches!(self, Self::Ladder(..) | Self::Automation { by_timer: true, .. })
    }

    /// Returns what moves a status that is named.
    pub(super) const fn of_status(self) -> StatusCause {
        match self {
            Self::Asked => StatusCause::ByHand,
            Self::Macro => StatusCause::Reply,
            Self::Ladder(..) | Self::Automation { .. } => StatusCause::Rule,
        }
    }
}

impl Change<'_> {
    /// Does what an action says to the ticket as it is by now, and tells whether there was anything to do.
    ///
    /// # Errors
    /// The rule of the ticket that refuses it, and `agent_inactive` where it names an agent who works here no more;
    /// nothing of the action happens then.
    pub(super) fn act(&mut self, cause: Cause, action: &Action) -> Result<bool, Error> {
        self.act_over(cause, action, false)
    }

    /// As [`act`](Self::act); `over` says whether an agent who gets the ticket is over capacity with it.
    fn act_over(&mut self, cause: Cause, action: &Action, is_over: bool) -> Result<bool, Error> {
        let mut written = Written { change: self, cause, texts: Vec::new() };
        let command = action.command(&self.after, &mut written);
        let written = written.texts;
        let Some(mut command) = command else { return Ok(false) };
        if matches!(action, Action::AssignTo(agent) if self.config().has_left(*agent)) {
            return Err(agent_inactive());
        }
        if let Command::Assign(assign) = &mut command {
            assign.over = is_over;
        }
        let caused = std::mem::replace(&mut self.cause, cause);
        let done = self.carry_out(&command);
        self.cause = caused;
        done?;
        self.texts.extend(written);
        Ok(true)
    }

    /// Does what a macro says, but for statuses where the message carries one: that comes first. An action that names
    /// an agent or a team that is no more is left out, which the event tells: its user could not mend the macro.
    ///
    /// # Errors
    /// The first other refusal, with the place of the action.
    pub(super) fn use_macro(&mut self, used: &UsedMacro, sets_status: bool) -> Result<(), Error> {
        let mut refused = Vec::new();
        for (place, action) in (0_u16..).zip(&used.actions) {
            if !sets_status && matches!(action, Action::SetStatus(_)) {
                continue;
            }
            let done = match action {
                Action::AssignTo(agent) => match used.free.get(agent) {
                    Some(free) => self.act_over(Cause::Macro, action, i64::from(self.after.units()) > *free),
                    None => Err(agent_inactive()),
                },
                Action::MoveToTeam(team) if self.config().team(*team).is_none() => {
                    Err(Error::refused("team_unknown", "the team is no more"))
                }
                action => self.act(Cause::Macro, action),
            };
            match done {
                Ok(_) => {}
                Err(Error::Refused(refusal)) if matches!(refusal.code, "agent_inactive" | "team_unknown") => {
                    refused.extend(refusal.code.parse().ok().map(|code| (place, code)));
                }
                Err(error) => return Err(error.within(&format!("macro_id.actions[{place}]"))),
            }
        }
        self.record(Event::MacroApplied { applied: used.version, refused });
        Ok(())
    }

    /// Tells whether an action finds something to do.
    pub(super) fn has_to(&self, cause: Cause, action: &Action) -> bool {
        action.command(&self.after, &mut Written { change: self, cause, texts: Vec::new() }).is_some()
    }
}

/// What an action writes.
struct Written<'c, 'a> {
    change: &'c Change<'a>,
    cause: Cause,
    texts: Vec<Text>,
}

impl Written<'_, '_> {
    /// Whose words they are: who uses a macro writes them; what a rule says is its own.
    fn author(&self) -> ActorRef {
        if self.cause == Cause::Macro {
            self.change.circumstances.actor
        } else {
            self.cause.actor().unwrap_or(ActorRef::SYSTEM)
        }
    }

    fn keep(&mut self, class: TextClass, masked: Masked<'_>) -> TextId {
        let (change, at) = (self.change, self.change.at);
        let id = TextId::mint(change.circumstances.ids, at);
        // Who uses a macro writes about the customer.
        let customer = ActorRef::customer(change.after.customer_id);
        let subject = if self.cause == Cause::Macro { customer } else { self.author() };
        let ticket = Some(change.after.id);
        let body = Some(masked.text.into_owned());
        self.texts.push(Text { id, ticket, subject, class, body, masked: masked.spans, created_at: at });
        id
    }
}

impl ActionTexts for Written<'_, '_> {
    /// Makes an internal note.
    fn note(&mut self, text: &str) -> NewMessage {
        let change = self.change;
        let masked = change.config().masker.mask(text, Purpose::Storage, &[]);
        let found = masked.counts();
        let body = self.keep(TextClass::Internal, masked);
        NewMessage {
            id: MessageId::mint(change.circumstances.ids, change.at),
            conversation_id: None,
            direction: Direction::Outbound,
            author: self.author(),
            author_text: None,
            visibility: Visibility::Internal,
            channel: change.after.channel.clone(),
            inbox_id: None,
            body,
            automatic: self.cause != Cause::Macro,
            thanks: false,
            external_id: None,
            in_reply_to: None,
            delivery: None,
            sent_at: change.at,
            masked: found,
        }
    }

    /// Of the texts that stand in fields those are known that were written in the same change: so rules that wake each
    /// other by them come to rest.
    fn value(&mut self, had: Option<TextId>, text: &str) -> TextId {
        let masked = self.change.config().masker.mask(text, Purpose::Storage, &[]);
        let says_it = |known: &&Text| Some(known.id) == had && known.body.as_deref() == Some(&*masked.text);
        match self.change.texts.iter().find(says_it) {
            Some(known) => known.id,
            None => self.keep(TextClass::Public, masked),
        }
    }
}

fn agent_inactive() -> Error {
    Error::refused("agent_inactive", "the agent works here no more")
}

/// Names the rule of the ticket that refuses an action.
pub(super) fn code(error: &Error) -> Option<Label> {
    match error {
        Error::Refused(refusal) => refusal.code.parse().ok(),
        _ => "invalid".parse().ok(),
    }
}
