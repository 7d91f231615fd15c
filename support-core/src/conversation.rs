//! Conversations and their messages.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, InboxId, MessageId, TextId, TicketId};
use crate::label::ForeignId;
use crate::people::ActorRef;
use crate::time::Timestamp;
use crate::wire::wire_enum;

/// Channel of a ticket, a conversation or a message: one of ours, or a host's own name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelKind {
    /// E-mail.
    Email,
    /// A chat session on a page or in an app.
    Chat,
    /// WhatsApp, through whichever provider.
    Whatsapp,
    /// Text messages.
    Sms,
    /// Calls.
    Phone,
    /// The portal or a form.
    Web,
    /// Another program.
    Api,
    /// A channel of the host: 1–32 of `a–z`, `0–9`, `_`, `-`.
    Host(Box<str>),
}

impl ChannelKind {
    /// Returns the name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email => "email",
            Self::Chat => "chat",
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Phone => "phone",
            Self::Web => "web",
            Self::Api => "api",
            Self::Host(name) => name,
        }
    }
}

impl std::fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text cannot name a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of a-z, 0-9, `_` and `-`")]
pub struct ChannelKindError;

impl std::str::FromStr for ChannelKind {
    type Err = ChannelKindError;

    fn from_str(text: &str) -> Result<Self, ChannelKindError> {
        Ok(match text {
            "email" => Self::Email,
            "chat" => Self::Chat,
            "whatsapp" => Self::Whatsapp,
            "sms" => Self::Sms,
            "phone" => Self::Phone,
            "web" => Self::Web,
            "api" => Self::Api,
            other => {
                let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
                if other.is_empty() || other.len() > 32 || !other.bytes().all(sound) {
                    return Err(ChannelKindError);
                }
                Self::Host(other.into())
            }
        })
    }
}

impl Serialize for ChannelKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ChannelKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

wire_enum! {
    /// Which way a message goes, seen from the desk.
    Direction {
        /// To the desk.
        Inbound = "inbound",
        /// From the desk.
        Outbound = "outbound",
    }
}

wire_enum! {
    /// Who may read a message.
    Visibility {
        /// The customer and the desk.
        Public = "public",
        /// The desk only: a note.
        Internal = "internal",
    }
}

wire_enum! {
    /// Whom a conversation is with.
    ConversationKind {
        /// The customer.
        Customer = "customer",
        /// A third party, beside the customer's back.
        Side = "side",
    }
}

wire_enum! {
    /// How far an outgoing message has come. `queued < accepted < sent < delivered < read`; a state never goes back.
    Delivery {
        /// Stored, and waiting to be sent.
        Queued = "queued",
        /// Taken by the provider.
        Accepted = "accepted",
        /// On its way.
        Sent = "sent",
        /// At the customer's.
        Delivered = "delivered",
        /// Read by the customer.
        Read = "read",
        /// Will not arrive.
        Failed = "failed",
        /// Sent without an answer from the provider: never blindly sent again.
        Unknown = "unknown",
    }
}

impl Delivery {
    /// Returns the state after a report of `reported`: the further of the two.
    ///
    /// `failed` and `unknown` stand beside the order. `unknown` gives way to any report. `failed` takes a message
    /// that has not been delivered; a later report of delivery or reading is proof, and wins over it.
    #[must_use]
    pub fn advanced(self, reported: Self) -> Self {
        use Delivery::{Delivered, Failed, Read, Unknown};
        match (self, reported) {
            (Unknown, other) => other,
            (Delivered | Read, Failed | Unknown) => self,
            (_, Failed) => Failed,
            (Failed, Delivered | Read) => reported,
            (Failed, _) => Failed,
            (Self::Sent, Unknown) => self,
            (_, Unknown) => Unknown,
            _ => self.max(reported),
        }
    }
}

/// A thread of messages on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Identity.
    pub id: ConversationId,
    /// Ticket to which it belongs.
    pub ticket_id: TicketId,
    /// Whom it is with.
    pub kind: ConversationKind,
    /// Where it happens.
    pub channel: ChannelKind,
    /// Through which inbox.
    pub inbox_id: Option<InboxId>,
    /// Newest message.
    pub last_message_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// Sequence, in the ticket's stream, of the event that changed it last.
    pub stream_seq: u64,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Identity.
    pub id: MessageId,
    /// Ticket to which it belongs.
    pub ticket_id: TicketId,
    /// Conversation to which it belongs.
    pub conversation_id: ConversationId,
    /// Its place among the ticket's messages: the sequence of the event that added it.
    pub seq: u64,
    /// Which way it goes.
    pub direction: Direction,
    /// Who wrote it.
    pub author: ActorRef,
    /// Name and address of the author where they are not those of a known party, as a revision of JSON.
    pub author_text: Option<TextId>,
    /// Who may read it.
    pub visibility: Visibility,
    /// On which channel.
    pub channel: ChannelKind,
    /// Through which inbox; with it, `external_id` is unique.
    pub inbox_id: Option<InboxId>,
    /// What it says.
    pub body: TextId,
    /// Written by a program without a person: an automatic reply, a bounce.
    pub automatic: bool,
    /// Whether it asks the desk for an answer.
    pub asks: bool,
    /// Whether it answers the customer: public words of a human agent.
    pub answers: bool,
    /// The oldest customer message that it answered.
    pub answered_since: Option<Timestamp>,
    /// Identity that the channel gave it.
    pub external_id: Option<ForeignId>,
    /// The message that it answers, as the channel names it.
    pub in_reply_to: Option<ForeignId>,
    /// How far it has come, for outgoing messages.
    pub delivery: Option<Delivery>,
    /// When it was written, as far as the channel tells.
    pub sent_at: Timestamp,
    /// When the desk stored it.
    pub created_at: Timestamp,
    /// Sequence, in the ticket's stream, of the event that changed it last.
    pub stream_seq: u64,
}

impl Message {
    /// Tells whether it is a turn to which a later message of the same conversation may answer: what is public answers
    /// what was public, a note both.
    pub(crate) fn is_turn_for(&self, visibility: Visibility) -> bool {
        self.visibility == Visibility::Public || visibility == Visibility::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_state_never_goes_back() {
        use Delivery::*;
        for (had, reported, has) in [
            (Queued, Accepted, Accepted),
            (Read, Delivered, Read),
            (Delivered, Sent, Delivered),
            (Sent, Failed, Failed),
            (Delivered, Failed, Delivered),
            (Failed, Sent, Failed),
            (Failed, Delivered, Delivered),
            (Unknown, Sent, Sent),
            (Unknown, Failed, Failed),
            (Queued, Unknown, Unknown),
            (Sent, Unknown, Sent),
            (Failed, Unknown, Failed),
        ] {
            assert_eq!(had.advanced(reported), has, "{had} then {reported}");
        }
    }

    #[test]
    fn a_channel_is_ours_or_a_plain_name() {
        assert_eq!("email".parse(), Ok(ChannelKind::Email));
        assert_eq!("kiosk-2".parse(), Ok(ChannelKind::Host("kiosk-2".into())));
        assert!("Fax machine".parse::<ChannelKind>().is_err());
    }
}
