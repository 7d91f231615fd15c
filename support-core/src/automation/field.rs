//! The fields that conditions look at, each with its type.
//!
//! A condition sees what stands on the ticket, what is noted there of its customer among it, and in the event that woke it,
//! and nothing else: what a rule decided
//! can be told from the record for ever, and a dry run over recorded tickets sees what the rule would have seen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::conversation::{Direction, Visibility};
use crate::label::Label;
use crate::people::{ActorKind, Day};
use crate::ticket::{Priority, Status, StatusCategory};

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal: $kind:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A free field of the ticket, spelled `field.<key>`: a number, or yes or no. Of a text it is only known
            /// whether it is there.
            Custom(Label),
        }

        impl $name {
            /// Every field but the free ones.
            pub const BUILT_IN: &'static [Self] = &[$(Self::$variant),+];

            /// Returns what its values are.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant => $kind,)+
                    Self::Custom(_) => Kind::Free,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($text),)+
                    Self::Custom(key) => write!(f, "field.{key}"),
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownField;

            fn from_str(text: &str) -> Result<Self, UnknownField> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => {
                        let key = other.strip_prefix("field.").and_then(|key| key.parse().ok());
                        key.map(Self::Custom).ok_or(UnknownField)
                    }
                }
            }
        }
    };
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of a closed set of words, in order.
    Words(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A number.
    Number,
    /// A channel.
    Channel,
    /// A word that somebody chose.
    Label,
    /// An identity.
    Id,
    /// Words that somebody chose.
    Labels,
    /// Identities.
    Ids,
    /// An identity of another system.
    Foreign,
    /// Identities of other systems.
    Foreigns,
    /// A number, or yes or no.
    Free,
}

macro_rules! words {
    ($kind:ident: $($variant:ident),+) => {
        Kind::Words(const { &[$($kind::$variant.as_str()),+] })
    };
}

const STATUS: Kind = words!(Status: New, Open, Assigned, InProgress, Pending, OnHold, Resolved, Closed);
const CATEGORY: Kind = words!(StatusCategory: Open, Pending, Closed);
const PRIORITY: Kind = words!(Priority: Low, Normal, High, Urgent);
const DIRECTION: Kind = words!(Direction: Inbound, Outbound);
const ACTOR: Kind = words!(ActorKind: Customer, Agent, Bot, System, ThirdParty);
const VISIBILITY: Kind = words!(Visibility: Public, Internal);
const DAY: Kind = words!(Day: Mon, Tue, Wed, Thu, Fri, Sat, Sun);

fields! {
    /// A field that a condition looks at.
    Field {
        /// Where the ticket stands in its life.
        Status = "ticket.status": STATUS,
        /// The category of its status.
        StatusCategory = "ticket.status_category": CATEGORY,
        /// How important it is.
        Priority = "ticket.priority": PRIORITY,
        /// Channel on which it began.
        Channel = "ticket.channel": Kind::Channel,
        /// Who wrote first.
        Direction = "ticket.direction": DIRECTION,
        /// Inbox in which it began.
        Inbox = "ticket.inbox_id": Kind::Id,
        /// Face under which it is answered.
        Brand = "ticket.brand_id": Kind::Id,
        /// Team in whose queue it is or was.
        Team = "ticket.team_id": Kind::Id,
        /// The owner.
        Owner = "ticket.assigned_to": Kind::Id,
        /// Language tag.
        Language = "ticket.language": Kind::Label,
        /// What kind of matter.
        Category = "ticket.category": Kind::Label,
        /// How it was resolved.
        ResolutionCode = "ticket.resolution_code": Kind::Label,
        /// Tags.
        Tags = "ticket.tags": Kind::Labels,
        /// Names of alerting keyword rules that matched.
        Topics = "ticket.topics": Kind::Labels,
        /// Keyword rules that matched.
        KeywordRules = "ticket.keyword_rules": Kind::Ids,
        /// Whether it is about an order.
        HasOrder = "ticket.has_order": Kind::Flag,
        /// The order that it is about, by the host's id.
        OrderId = "ticket.order_id": Kind::Foreign,
        /// Kinds of the host's objects that it is about, such as `subscription`.
        ContextKinds = "ticket.context_kinds": Kind::Labels,
        /// Ids of the host's objects that it is about, of whatever kind. What people call them is a text, which no rule
        /// sees.
        ContextIds = "ticket.context_ids": Kind::Foreigns,
        /// Whether it continues a closed ticket.
        FollowsUp = "ticket.follows_up": Kind::Flag,
        /// Whether an agent has answered.
        Answered = "ticket.answered": Kind::Flag,
        /// Whether it is out of sight until an instant.
        Snoozed = "ticket.snoozed": Kind::Flag,
        /// Whether a timer that is not over is past its deadline.
        Breached = "ticket.breached": Kind::Flag,
        /// How far it is escalated; 0 is not at all.
        Level = "ticket.escalation_level": Kind::Number,
        /// How often it was reopened.
        Reopened = "ticket.reopened_count": Kind::Number,
        /// Seconds since it was opened.
        AgeSeconds = "ticket.age_seconds": Kind::Number,
        /// Seconds since its status changed.
        StatusSeconds = "ticket.status_seconds": Kind::Number,
        /// Seconds since its owner changed, or since it was opened without one.
        OwnerSeconds = "ticket.owner_seconds": Kind::Number,
        /// Seconds since the oldest customer message that nobody has answered.
        UnansweredSeconds = "ticket.unanswered_seconds": Kind::Number,
        /// The customer whose matter it is.
        Customer = "customer.id": Kind::Id,
        /// Their tier; case and accents make no difference.
        Tier = "customer.tier": Kind::Label,
        /// Their language tag.
        CustomerLanguage = "customer.language": Kind::Label,
        /// Their tags.
        CustomerTags = "customer.tags": Kind::Labels,
        /// Whether inbound messages of theirs are refused.
        CustomerBlocked = "customer.blocked": Kind::Flag,
        /// How likely they are to leave, 0–1.
        ChurnRisk = "customer.churn_risk": Kind::Number,
        /// Their lifetime value, in hundredths of the tenant's currency.
        LifetimeValue = "customer.lifetime_value": Kind::Number,
        /// Who wrote the message.
        MessageAuthor = "message.author": ACTOR,
        /// Which way it goes.
        MessageDirection = "message.direction": DIRECTION,
        /// Who may read it.
        MessageVisibility = "message.visibility": VISIBILITY,
        /// On which channel it came or goes.
        MessageChannel = "message.channel": Kind::Channel,
        /// Whether a program wrote it.
        MessageAutomatic = "message.automatic": Kind::Flag,
        /// Whether it asks the desk for an answer.
        MessageAsks = "message.asks": Kind::Flag,
        /// The status before what happened.
        WasStatus = "was.status": STATUS,
        /// The priority before what happened.
        WasPriority = "was.priority": PRIORITY,
        /// The team before what happened.
        WasTeam = "was.team_id": Kind::Id,
        /// The owner before what happened.
        WasOwner = "was.assigned_to": Kind::Id,
        /// Who did what happened.
        Actor = "actor.kind": ACTOR,
        /// The hour of the day, 0–23, in the zone of the test's calendar, else in UTC.
        Hour = "time.hour": Kind::Number,
        /// The day of the week, likewise.
        Weekday = "time.weekday": DAY,
        /// Whether the test's calendar is open.
        HoursOpen = "hours.open": Kind::Flag,
    }
}

/// There is no such field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a field that conditions know, such as `ticket.priority` or `field.<key>`")]
pub struct UnknownField;

impl Field {
    /// Tells whether its value depends on the present instant.
    #[must_use]
    pub const fn is_of_time(&self) -> bool {
        matches!(self, Self::Hour | Self::Weekday | Self::HoursOpen)
    }
}

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::wire::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_as_it_is_spelled() {
        let free = Field::Custom("weight".parse().unwrap());
        for field in Field::BUILT_IN.iter().chain([&free]) {
            assert_eq!(field.to_string().parse(), Ok(field.clone()));
        }
        assert_eq!("ticket.colour".parse::<Field>(), Err(UnknownField));
        assert_eq!("field.".parse::<Field>(), Err(UnknownField));
    }

    #[test]
    fn closed_sets_stand_in_their_order_and_whole() {
        let spelled = |kind| match kind {
            Kind::Words(words) => words.to_vec(),
            _ => Vec::new(),
        };
        assert_eq!(spelled(STATUS), Status::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(CATEGORY), StatusCategory::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(PRIORITY), Priority::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(DIRECTION), Direction::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(ACTOR), ActorKind::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(VISIBILITY), Visibility::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
        assert_eq!(spelled(DAY), Day::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>());
    }
}
