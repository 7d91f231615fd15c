//! The texts that events name.

use std::collections::BTreeMap;

use crate::id::TextId;
use crate::label::Label;
use crate::ticket::FieldValue;

use super::Event;

impl Event {
    /// Returns the text revisions that it names: what erasing an aggregate empties.
    #[must_use]
    pub fn texts(&self) -> Vec<TextId> {
        match self {
            Self::TicketCreated { subject, custom_fields, context, journey, .. } => {
                let labels = context.iter().filter_map(|context| context.label);
                let answers = journey.as_ref().map(|journey| journey.answers);
                std::iter::once(*subject)
                    .chain(of_fields(custom_fields))
                    .chain(labels)
                    .chain(answers)
                    .collect()
            }
            Self::MessageAdded { body, author_text, .. } => {
                std::iter::once(*body).chain(*author_text).collect()
            }
            Self::TicketSubjectChanged { from, to } => vec![*from, *to],
            Self::TicketValueRevealed { text, reason, .. } => vec![*text, *reason],
            Self::TicketFieldsChanged { from, to } => of_fields(from).chain(of_fields(to)).collect(),
            Self::TicketStatusChanged { reason, .. }
            | Self::TicketAssigned { reason, .. }
            | Self::TicketEscalated { reason, .. }
            | Self::OfferEnded { reason, .. }
            | Self::AgentStatusChanged { reason, .. } => reason.iter().copied().collect(),
            // Each by name: a new event that names a text must not be forgotten here.
            Self::ConversationOpened { .. }
            | Self::ParticipantAdded { .. }
            | Self::ParticipantRemoved { .. }
            | Self::MessageDeliveryChanged { .. }
            | Self::TicketPriorityChanged { .. }
            | Self::TicketCategoryChanged { .. }
            | Self::TicketTagsChanged { .. }
            | Self::TicketKeywordsMatched { .. }
            | Self::TicketInsightNoted { .. }
            | Self::TicketReminderReached { .. }
            | Self::TicketSkillsRequired { .. }
            | Self::TicketAsksChanged { .. }
            | Self::TicketNotified { .. }
            | Self::AutomationApplied { .. }
            | Self::MacroApplied { .. }
            | Self::SlaActionsRefused { .. }
            | Self::AutomationStopped { .. }
            | Self::TicketWebhookQueued { .. }
            | Self::TicketSnoozed { .. }
            | Self::TicketWoken { .. }
            | Self::TicketSetAside { .. }
            | Self::TicketErased { .. }
            | Self::TicketRestored { .. }
            | Self::SlaApplied { .. }
            | Self::SlaTimersMoved { .. }
            | Self::SlaWarned { .. }
            | Self::SlaBreached { .. }
            | Self::SlaEscalated { .. }
            | Self::OfferMade { .. }
            | Self::WorkStarted { .. }
            | Self::WorkEnded { .. }
            | Self::WorkReturned { .. }
            | Self::CustomerCreated { .. }
            | Self::CustomerChanged { .. }
            | Self::AgentCreated { .. }
            | Self::AgentChanged { .. }
            | Self::AgentDeactivated { .. }
            | Self::AgentMissed { .. }
            | Self::AgentTookUp { .. }
            | Self::ConfigChanged { .. }
            | Self::SignedIn { .. }
            | Self::SignInRefused { .. }
            | Self::SignedOut { .. }
            | Self::PasswordChanged { .. } => Vec::new(),
        }
    }
}

fn of_fields(fields: &BTreeMap<Label, FieldValue>) -> impl Iterator<Item = TextId> {
    fields.values().filter_map(FieldValue::text)
}
