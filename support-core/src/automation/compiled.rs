//! Conditions as they are evaluated: without text, without allocation.

use std::collections::BTreeSet;

use chrono::{Datelike, Timelike};
use serde_json::json;
use uuid::Uuid;

use crate::config::Config;
use crate::conversation::{ChannelKind, Direction, Visibility};
use crate::id::{AgentId, BrandId, CustomerId, DocumentId, InboxId, TeamId};
use crate::label::{ForeignId, Label};
use crate::people::ActorKind;
use crate::ticket::{ContextRef, FieldValue, KeywordHit, Priority, Status, Ticket};
use crate::time::Timestamp;

use super::field::{Field, Kind};
use super::trace::Failure;

/// The bit that stands for a field without a value.
pub(super) const UNSET: u32 = 31;

/// The tags of a customer of whom nothing is known.
static NO_LABELS: BTreeSet<Label> = BTreeSet::new();

/// What a rule is evaluated on: a ticket, what happened to it, and when.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// What happened to it.
    pub occasion: &'a Occasion,
    /// Present instant; for a rule about time, the instant that it is about.
    pub now: Timestamp,
    /// Calendars in force.
    pub config: &'a Config,
}

/// What happened to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The newest message among it.
    pub message: Option<MessageFacts>,
    /// The ticket before it; nothing of one that was opened.
    pub was: Option<Was>,
    /// Who did it.
    pub actor: ActorKind,
}

impl Occasion {
    /// Nothing but time passing.
    pub const TIME: Self = Self { message: None, was: None, actor: ActorKind::System };
}

/// A message, as conditions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// Who wrote it.
    pub author: ActorKind,
    /// Which way it goes.
    pub direction: Direction,
    /// Who may read it.
    pub visibility: Visibility,
    /// On which channel.
    pub channel: ChannelKind,
    /// Whether a program wrote it.
    pub automatic: bool,
    /// Whether it asks the desk for an answer.
    pub asks: bool,
}

/// A ticket before something happened, as conditions see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Was {
    /// Its status.
    pub status: Status,
    /// Its priority.
    pub priority: Priority,
    /// Its team.
    pub team_id: Option<TeamId>,
    /// Its owner.
    pub assigned_to: Option<AgentId>,
}

impl Was {
    /// Notes how a ticket is now.
    #[must_use]
    pub const fn of(ticket: &Ticket) -> Self {
        Self {
            status: ticket.status,
            priority: ticket.priority,
            team_id: ticket.team_id,
            assigned_to: ticket.assigned_to,
        }
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Datum<'a> {
    Unset,
    /// Place in a closed set; a flag is 0 or 1.
    Ordinal(u8),
    Number(f64),
    Channel(&'a ChannelKind),
    Label(&'a Label),
    Id(Uuid),
    Labels(&'a BTreeSet<Label>),
    Ids(&'a std::collections::BTreeMap<DocumentId, KeywordHit>),
    Foreign(&'a ForeignId),
    /// Objects of the host, of which the kinds count.
    Kinds(&'a [ContextRef]),
    /// Objects of the host, of which the ids count.
    Foreigns(&'a [ContextRef]),
    /// A text, of which only is known that it is there.
    Text,
}

impl<'a> Datum<'a> {
    const fn flag(flag: bool) -> Self {
        Self::Ordinal(flag as u8)
    }

    fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Unset, Self::Number)
    }

    fn label(label: Option<&'a Label>) -> Self {
        label.map_or(Self::Unset, Self::Label)
    }

    fn id(id: Option<Uuid>) -> Self {
        id.map_or(Self::Unset, Self::Id)
    }

    fn ordinal(ordinal: Option<u8>) -> Self {
        ordinal.map_or(Self::Unset, Self::Ordinal)
    }
}

impl<'a> Snapshot<'a> {
    /// Reads a field.
    pub(super) fn read(&self, field: &Field, calendar: Option<DocumentId>) -> Datum<'a> {
        let (ticket, occasion) = (self.ticket, self.occasion);
        let since = |at: Option<Timestamp>| {
            Datum::number(at.map(|at| self.now.micros_since(at).max(0) as f64 / 1_000_000.0))
        };
        let message = occasion.message.as_ref();
        let was = occasion.was;
        let insight = ticket.insight.as_ref();
        match field {
            Field::Status => Datum::Ordinal(ticket.status as u8),
            Field::StatusCategory => Datum::Ordinal(ticket.status.category() as u8),
            Field::Priority => Datum::Ordinal(ticket.priority as u8),
            Field::Channel => Datum::Channel(&ticket.channel),
            Field::Direction => Datum::Ordinal(ticket.direction as u8),
            Field::Inbox => Datum::id(ticket.inbox_id.map(InboxId::uuid)),
            Field::Brand => Datum::id(ticket.brand_id.map(BrandId::uuid)),
            Field::Team => Datum::id(ticket.team_id.map(TeamId::uuid)),
            Field::Owner => Datum::id(ticket.assigned_to.map(AgentId::uuid)),
            Field::Language => Datum::label(ticket.language.as_ref()),
            Field::Category => Datum::label(ticket.category.as_ref()),
            Field::ResolutionCode => Datum::label(ticket.resolution_code.as_ref()),
            Field::Tags => Datum::Labels(&ticket.tags),
            Field::Topics => Datum::Labels(&ticket.topics),
            Field::KeywordRules => Datum::Ids(&ticket.keywords),
            Field::HasOrder => Datum::flag(ticket.order_id.is_some()),
            Field::OrderId => ticket.order_id.as_ref().map_or(Datum::Unset, Datum::Foreign),
            Field::ContextKinds => Datum::Kinds(&ticket.context),
            Field::ContextIds => Datum::Foreigns(&ticket.context),
            Field::FollowsUp => Datum::flag(ticket.follow_up_of.is_some()),
            Field::Answered => Datum::flag(ticket.first_responded_at.is_some()),
            Field::Snoozed => Datum::flag(ticket.snoozed_until.is_some()),
            Field::Breached => Datum::flag(ticket.sla.is_breached()),
            Field::Level => Datum::Number(f64::from(ticket.escalation.map_or(0, |e| e.level))),
            Field::Reopened => Datum::Number(f64::from(ticket.reopened_count)),
            Field::AgeSeconds => since(Some(ticket.created_at)),
            Field::StatusSeconds => since(Some(ticket.status_since)),
            Field::OwnerSeconds => since(Some(ticket.owner_since)),
            Field::UnansweredSeconds => since(ticket.unanswered_since),
            Field::Customer => Datum::Id(CustomerId::uuid(ticket.customer_id)),
            Field::Tier => Datum::label(insight.and_then(|insight| insight.tier.as_ref())),
            Field::CustomerLanguage => Datum::label(insight.and_then(|insight| insight.language.as_ref())),
            Field::CustomerTags => Datum::Labels(insight.map_or(&NO_LABELS, |insight| &insight.tags)),
            Field::CustomerBlocked => Datum::flag(insight.is_some_and(|insight| insight.blocked)),
            Field::ChurnRisk => Datum::number(insight.and_then(|insight| insight.churn_risk)),
            Field::LifetimeValue => Datum::number(insight.and_then(|insight| insight.lifetime_value)),
            Field::MessageAuthor => Datum::ordinal(message.map(|m| m.author as u8)),
            Field::MessageDirection => Datum::ordinal(message.map(|m| m.direction as u8)),
            Field::MessageVisibility => Datum::ordinal(message.map(|m| m.visibility as u8)),
            Field::MessageChannel => message.map_or(Datum::Unset, |m| Datum::Channel(&m.channel)),
            Field::MessageAutomatic => Datum::ordinal(message.map(|m| u8::from(m.automatic))),
            Field::MessageAsks => Datum::ordinal(message.map(|m| u8::from(m.asks))),
            Field::WasStatus => Datum::ordinal(was.map(|was| was.status as u8)),
            Field::WasPriority => Datum::ordinal(was.map(|was| was.priority as u8)),
            Field::WasTeam => Datum::id(was.and_then(|was| was.team_id).map(TeamId::uuid)),
            Field::WasOwner => Datum::id(was.and_then(|was| was.assigned_to).map(AgentId::uuid)),
            Field::Actor => Datum::Ordinal(occasion.actor as u8),
            Field::Hour => Datum::Number(f64::from(self.local(calendar).hour())),
            Field::Weekday => {
                // At most 6.
                let day = self.local(calendar).weekday().num_days_from_monday();
                Datum::Ordinal(u8::try_from(day).unwrap_or_default())
            }
            Field::HoursOpen => {
                let version = calendar.and_then(|id| self.config.calendar_in_force(id));
                Datum::flag(self.config.calendar(version).is_open(self.now))
            }
            Field::Custom(key) => match ticket.custom_fields.get(key) {
                None => Datum::Unset,
                Some(FieldValue::Number(number)) => Datum::Number(*number),
                Some(FieldValue::Flag(flag)) => Datum::flag(*flag),
                Some(FieldValue::Text(_)) => Datum::Text,
            },
        }
    }

    fn local(&self, calendar: Option<DocumentId>) -> chrono::NaiveDateTime {
        let version = calendar.and_then(|id| self.config.calendar_in_force(id));
        let utc = self.now.to_utc();
        match version {
            Some(_) => utc.with_timezone(&self.config.calendar(version).zone().tz()).naive_local(),
            None => utc.naive_utc(),
        }
    }
}

/// A compiled condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    All(Box<[Self]>),
    Any(Box<[Self]>),
    None(Box<[Self]>),
    Leaf(Leaf),
}

/// A compiled test.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) field: Field,
    pub(super) calendar: Option<DocumentId>,
    pub(super) probe: Probe,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Probe {
    /// One of a closed set, by bit; the last bit is no value.
    Ordinal(u32),
    /// A number from the first to the second.
    Range {
        least: f64,
        most: f64,
    },
    /// There, or not.
    Present(bool),
    /// One of these, or where it is not wanted, anything else.
    Channel {
        one_of: Box<[ChannelKind]>,
        wanted: bool,
    },
    Label {
        one_of: Box<[Label]>,
        wanted: bool,
    },
    Id {
        one_of: Box<[Uuid]>,
        wanted: bool,
    },
    /// Holding all or one of these, or where it is not wanted, none.
    Labels {
        list: Box<[Label]>,
        all: bool,
        wanted: bool,
    },
    Ids {
        list: Box<[Uuid]>,
        all: bool,
        wanted: bool,
    },
    Foreign {
        one_of: Box<[ForeignId]>,
        wanted: bool,
    },
    Foreigns {
        list: Box<[ForeignId]>,
        all: bool,
        wanted: bool,
    },
}

impl Probe {
    fn admits(&self, datum: &Datum<'_>) -> bool {
        fn held<T>(list: &[T], all: bool, holds: impl FnMut(&T) -> bool) -> bool {
            if all { list.iter().all(holds) } else { list.iter().any(holds) }
        }
        match (self, datum) {
            (Self::Present(wanted), datum) => {
                let present = match datum {
                    Datum::Unset => false,
                    Datum::Labels(labels) => !labels.is_empty(),
                    Datum::Ids(ids) => !ids.is_empty(),
                    Datum::Kinds(objects) | Datum::Foreigns(objects) => !objects.is_empty(),
                    _ => true,
                };
                present == *wanted
            }
            (Self::Ordinal(mask), Datum::Ordinal(ordinal)) => mask >> (ordinal & 31) & 1 == 1,
            (Self::Ordinal(mask), Datum::Unset) => mask >> UNSET & 1 == 1,
            (Self::Range { least, most }, Datum::Number(number)) => least <= number && number <= most,
            (Self::Channel { one_of, wanted }, Datum::Channel(channel)) => {
                one_of.contains(channel) == *wanted
            }
            (Self::Label { one_of, wanted }, Datum::Label(label)) => one_of.contains(label) == *wanted,
            (Self::Id { one_of, wanted }, Datum::Id(id)) => one_of.contains(id) == *wanted,
            (
                Self::Channel { wanted, .. }
                | Self::Label { wanted, .. }
                | Self::Id { wanted, .. }
                | Self::Foreign { wanted, .. },
                Datum::Unset,
            ) => !wanted,
            (Self::Labels { list, all, wanted }, Datum::Labels(labels)) => {
                held(list, *all, |label| labels.contains(label)) == *wanted
            }
            (Self::Ids { list, all, wanted }, Datum::Ids(ids)) => {
                held(list, *all, |id| ids.contains_key(&DocumentId::from_uuid(*id))) == *wanted
            }
            (Self::Foreign { one_of, wanted }, Datum::Foreign(id)) => one_of.contains(id) == *wanted,
            (Self::Labels { list, all, wanted }, Datum::Kinds(objects)) => {
                held(list, *all, |kind| objects.iter().any(|object| object.kind == *kind)) == *wanted
            }
            (Self::Foreigns { list, all, wanted }, Datum::Foreigns(objects)) => {
                held(list, *all, |id| objects.iter().any(|object| object.id == *id)) == *wanted
            }
            // A free field of another type than the test's.
            _ => false,
        }
    }
}

impl Leaf {
    pub(super) fn holds(&self, snapshot: &Snapshot<'_>) -> bool {
        self.probe.admits(&snapshot.read(&self.field, self.calendar))
    }
}

impl Node {
    /// Tells whether it holds.
    pub(super) fn holds(&self, snapshot: &Snapshot<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(snapshot)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(snapshot)),
            Self::None(parts) => !parts.iter().any(|part| part.holds(snapshot)),
            Self::Leaf(leaf) => leaf.holds(snapshot),
        }
    }

    /// Returns the first test because of which it does not hold; nothing where it does.
    pub(super) fn failure(&self, path: &str, snapshot: &Snapshot<'_>) -> Option<Failure> {
        self.reason(path, snapshot, true)
    }

    /// Returns the first test because of which it is not as `wanted`.
    fn reason(&self, path: &str, snapshot: &Snapshot<'_>, wanted: bool) -> Option<Failure> {
        let (parts, word, each) = match self {
            Self::Leaf(leaf) => {
                return (leaf.holds(snapshot) != wanted).then(|| Failure {
                    path: path.to_owned(),
                    field: Some(leaf.field.clone()),
                    saw: leaf.saw(snapshot),
                });
            }
            Self::All(parts) => (parts, "all", wanted),
            Self::Any(parts) => (parts, "any", wanted),
            Self::None(parts) => (parts, "none", !wanted),
        };
        if self.holds(snapshot) == wanted {
            return None;
        }
        let reasons = parts.iter().enumerate();
        let mut reasons =
            reasons.filter_map(|(at, part)| part.reason(&format!("{path}.{word}[{at}]"), snapshot, each));
        // Without parts, the node itself is why.
        reasons.next().or_else(|| Some(Failure { path: path.to_owned(), field: None, saw: json!(null) }))
    }

    /// Shows the value that the first test sees.
    #[cfg(test)]
    pub(super) fn saw_first(&self, snapshot: &Snapshot<'_>) -> serde_json::Value {
        let mut saw = json!(null);
        self.each(&mut |leaf| saw = leaf.saw(snapshot));
        saw
    }

    /// Gives every test to `look`, in order.
    pub(super) fn each<'a>(&'a self, look: &mut impl FnMut(&'a Leaf)) {
        match self {
            Self::Leaf(leaf) => look(leaf),
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                parts.iter().for_each(|part| part.each(look));
            }
        }
    }
}

impl Leaf {
    /// Shows the value that it sees.
    pub(super) fn saw(&self, snapshot: &Snapshot<'_>) -> serde_json::Value {
        match snapshot.read(&self.field, self.calendar) {
            Datum::Unset => json!(null),
            Datum::Ordinal(ordinal) => match self.field.kind() {
                Kind::Words(words) => json!(words.get(usize::from(ordinal))),
                _ => json!(ordinal == 1),
            },
            Datum::Number(number) => json!(number),
            Datum::Channel(channel) => json!(channel.as_str()),
            Datum::Label(label) => json!(label),
            Datum::Id(id) => json!(id),
            Datum::Labels(labels) => json!(labels),
            Datum::Ids(ids) => json!(ids.keys().collect::<Vec<_>>()),
            Datum::Foreign(id) => json!(id),
            Datum::Kinds(objects) => {
                json!(objects.iter().map(|object| &object.kind).collect::<BTreeSet<_>>())
            }
            Datum::Foreigns(objects) => {
                json!(objects.iter().map(|object| &object.id).collect::<BTreeSet<_>>())
            }
            Datum::Text => json!("(text)"),
        }
    }
}
