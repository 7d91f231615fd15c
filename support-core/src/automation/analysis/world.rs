//! Tickets made to measure: a search for one that makes conditions hold.
//!
//! A condition looks at few fields, and all that it can tell of a field's values is on which side of its constants
//! they lie. So a few candidates a field stand for all values, and a search over them, which gives up a branch as soon
//! as a condition is decided, finds a ticket or shows that there is none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use crate::config::Config;
use crate::conversation::{ChannelKind, Direction, Visibility};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{
    AgentId, BrandId, ConversationId, CustomerId, DocumentId, EventId, InboxId, Reference, TeamId, TextId,
    TicketId,
};
use crate::label::{ForeignId, Label};
use crate::people::{ActorKind, ActorRef};
use crate::scoring::Insight;
use crate::sla::{ConfigRef, Metric, SlaTimer, TimerState};
use crate::ticket::{ContextRef, Escalation, FieldValue, KeywordHit, Priority, Status, Ticket};
use crate::time::Timestamp;

use super::super::compiled::{Leaf, MessageFacts, Node, Occasion, Probe, Snapshot, Was};
use super::super::field::{Field, Kind};

/// Monday, 2 March 2026, 00:30 UTC: the first hour of the week that is looked through.
const MONDAY: Timestamp = Timestamp::from_seconds(1_772_411_400);
/// An identity that no rule names.
const STRANGER: Uuid = Uuid::from_u128(0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe);
/// A word that no rule names.
const OTHER: &str = "(other)";

/// A ticket, what happened to it, and when.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) ticket: Ticket,
    pub(super) occasion: Occasion,
    pub(super) now: Timestamp,
}

/// What is chosen: a field, a member of a list, the hour, or whether there is a message or something before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Var {
    Now,
    Message,
    Was,
    Of(Field),
    Member(Field, String),
}

/// A value for it.
#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Unset,
    Ordinal(u8),
    Number(f64),
    Channel(ChannelKind),
    Label(Label),
    Id(Uuid),
    Foreign(ForeignId),
    Text,
}

/// How a search ended.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// These do.
    Worlds(Vec<World>),
    /// None does.
    None,
    /// The search was given up.
    Unknown,
}

impl World {
    /// A plain open ticket.
    pub(super) fn plain() -> Option<Self> {
        let nil = Uuid::from_u128(0xaa);
        let id = TicketId::from_uuid(nil);
        let event = Event::TicketCreated {
            reference: Reference::from_random(0),
            subject: TextId::from_uuid(nil),
            status: Status::Open,
            priority: Priority::Normal,
            channel: ChannelKind::Email,
            direction: Direction::Inbound,
            inbox_id: None,
            brand_id: None,
            language: None,
            customer_id: CustomerId::from_uuid(nil),
            team_id: None,
            team_by: None,
            category: None,
            tags: Vec::new(),
            order_id: None,
            context: Vec::new(),
            external_refs: Vec::new(),
            custom_fields: BTreeMap::new(),
            journey: None,
            effort: 1,
            skills: Vec::new(),
            preferred: Vec::new(),
            sticky: None,
            follow_up_of: None,
            insight: None,
            conversation_id: ConversationId::from_uuid(nil),
        };
        let mut ticket = Ticket::begin(&Envelope {
            id: EventId::from_uuid(nil),
            stream: Stream::Ticket(id),
            stream_seq: 1,
            at: MONDAY,
            actor: ActorRef::SYSTEM,
            audience: Audience::of_tenant(AudienceClass::Internal),
            event,
        })?;
        // Every ticket opens with a message.
        (ticket.last_message_at, ticket.last_customer_message_at) = (Some(MONDAY), Some(MONDAY));
        let occasion = Occasion { message: None, was: Some(Was::of(&ticket)), actor: ActorKind::System };
        Some(Self { ticket, occasion, now: MONDAY })
    }

    pub(super) fn snapshot<'a>(&'a self, config: &'a Config) -> Snapshot<'a> {
        Snapshot { ticket: &self.ticket, occasion: &self.occasion, now: self.now, config }
    }

    /// Shows the fields that conditions look at.
    pub(super) fn shown(&self, nodes: &[&Node], config: &Config) -> BTreeMap<String, Value> {
        let mut shown = BTreeMap::new();
        for node in nodes {
            node.each(&mut |leaf| {
                drop(shown.insert(leaf.field.to_string(), leaf.saw(&self.snapshot(config))))
            });
        }
        shown
    }

    fn choose(&mut self, var: &Var, choice: &Choice) {
        let ticket = &mut self.ticket;
        match (var, choice) {
            (Var::Now, Choice::Number(hours)) => {
                // At most 168.
                self.now = MONDAY.plus_seconds(*hours as i64 * 3_600);
            }
            (Var::Message, Choice::Ordinal(1)) => {
                self.occasion.message = Some(MessageFacts {
                    author: ActorKind::Customer,
                    direction: Direction::Inbound,
                    visibility: Visibility::Public,
                    channel: ChannelKind::Email,
                    automatic: false,
                    asks: true,
                });
            }
            (Var::Message, _) => self.occasion.message = None,
            (Var::Was, Choice::Ordinal(1)) => self.occasion.was = Some(Was::of(ticket)),
            (Var::Was, _) => self.occasion.was = None,
            (Var::Of(field), choice) => self.set(field, choice),
            (Var::Member(field, word), choice) => {
                let held = *choice == Choice::Ordinal(1);
                if matches!(field, Field::ContextKinds | Field::ContextIds) {
                    let kinds = *field == Field::ContextKinds;
                    let (kind, id) = if kinds { (word.as_str(), OTHER) } else { (OTHER, word.as_str()) };
                    ticket.context.retain(|object| {
                        if kinds { object.kind.as_str() != kind } else { object.id.as_str() != id }
                    });
                    let object = |(kind, id)| ContextRef { kind, id, label: None, url: None };
                    let named = kind.parse().ok().zip(id.parse().ok());
                    ticket.context.extend(named.filter(|_| held).map(object));
                    return;
                }
                match (field, word.parse::<Label>(), word.parse::<Uuid>()) {
                    (Field::Tags, Ok(label), _) => hold(&mut ticket.tags, label, held),
                    (Field::Topics, Ok(label), _) => hold(&mut ticket.topics, label, held),
                    (Field::CustomerTags, Ok(label), _) => {
                        hold(&mut ticket.insight.get_or_insert_with(Insight::default).tags, label, held);
                    }
                    (_, _, Ok(id)) => {
                        let id = DocumentId::from_uuid(id);
                        ticket.keywords.remove(&id);
                        ticket.keywords.extend(held.then_some((id, KeywordHit { version: 1, points: 0.0 })));
                    }
                    _ => {}
                }
            }
            (Var::Now, _) => {}
        }
    }

    fn set(&mut self, field: &Field, choice: &Choice) {
        let id = if let Choice::Id(id) = choice { Some(*id) } else { None };
        let label = if let Choice::Label(label) = choice { Some(label.clone()) } else { None };
        let channel =
            if let Choice::Channel(channel) = choice { channel.clone() } else { ChannelKind::Email };
        let number = if let Choice::Number(number) = choice { Some(*number) } else { None };
        let flag = *choice == Choice::Ordinal(1);
        let ago = number.map(|seconds| self.now.plus_micros(-((seconds * 1_000_000.0) as i64)));
        let (now, ticket) = (self.now, &mut self.ticket);
        match field {
            Field::Status | Field::StatusCategory => ticket.status = of(Status::ALL, choice, Status::Open),
            Field::Priority => ticket.priority = of(Priority::ALL, choice, Priority::Normal),
            Field::Channel => ticket.channel = channel,
            Field::Direction => ticket.direction = of(Direction::ALL, choice, Direction::Inbound),
            Field::Inbox => ticket.inbox_id = id.map(InboxId::from_uuid),
            Field::Brand => ticket.brand_id = id.map(BrandId::from_uuid),
            Field::Team => ticket.team_id = id.map(TeamId::from_uuid),
            Field::Owner => ticket.assigned_to = id.map(AgentId::from_uuid),
            Field::Language => ticket.language = label,
            Field::Category => ticket.category = label,
            Field::ResolutionCode => ticket.resolution_code = label,
            Field::OrderId => {
                ticket.order_id = if let Choice::Foreign(id) = choice { Some(id.clone()) } else { None };
            }
            Field::FollowsUp => ticket.follow_up_of = flag.then(|| TicketId::from_uuid(STRANGER)),
            Field::Answered => ticket.first_responded_at = flag.then_some(now),
            Field::Snoozed => ticket.snoozed_until = flag.then_some(Timestamp::MAX),
            Field::Breached => {
                ticket.sla.timers.clear();
                if flag {
                    ticket.sla.timers.push(breached(now));
                }
            }
            Field::Level => {
                let level = number.unwrap_or_default() as u8;
                ticket.escalation = (level > 0).then_some(Escalation { level, reason: None, at: now });
            }
            Field::Reopened => ticket.reopened_count = number.unwrap_or_default() as u32,
            Field::AgeSeconds => ticket.created_at = ago.unwrap_or(now),
            Field::StatusSeconds => ticket.status_since = ago.unwrap_or(now),
            Field::OwnerSeconds => ticket.owner_since = ago.unwrap_or(now),
            Field::UnansweredSeconds => ticket.unanswered_since = ago,
            Field::Customer => ticket.customer_id = CustomerId::from_uuid(id.unwrap_or(STRANGER)),
            Field::Tier => ticket.insight.get_or_insert_with(Insight::default).tier = label,
            Field::CustomerLanguage => ticket.insight.get_or_insert_with(Insight::default).language = label,
            Field::CustomerBlocked => ticket.insight.get_or_insert_with(Insight::default).blocked = flag,
            Field::ChurnRisk => ticket.insight.get_or_insert_with(Insight::default).churn_risk = number,
            Field::LifetimeValue => {
                ticket.insight.get_or_insert_with(Insight::default).lifetime_value = number
            }
            Field::WasStatus
            | Field::WasPriority
            | Field::WasTeam
            | Field::WasOwner
            | Field::Actor
            | Field::MessageAuthor
            | Field::MessageDirection
            | Field::MessageVisibility
            | Field::MessageChannel
            | Field::MessageAutomatic
            | Field::MessageAsks => self.set_occasion(field, choice, id, channel, flag),
            Field::Custom(key) => {
                let value = match choice {
                    Choice::Number(number) => Some(FieldValue::Number(*number)),
                    Choice::Ordinal(flag) => Some(FieldValue::Flag(*flag == 1)),
                    Choice::Text => Some(FieldValue::Text(TextId::from_uuid(STRANGER))),
                    _ => None,
                };
                ticket.custom_fields.remove(key);
                ticket.custom_fields.extend(value.map(|value| (key.clone(), value)));
            }
            // Told by the order that is chosen; by the members that are; by the hour.
            Field::HasOrder
            | Field::ContextKinds
            | Field::ContextIds
            | Field::Tags
            | Field::Topics
            | Field::KeywordRules
            | Field::CustomerTags
            | Field::Hour
            | Field::Weekday
            | Field::HoursOpen => {}
        }
    }

    fn set_occasion(
        &mut self,
        field: &Field,
        choice: &Choice,
        id: Option<Uuid>,
        channel: ChannelKind,
        flag: bool,
    ) {
        if let Some(was) = &mut self.occasion.was {
            match field {
                Field::WasStatus => was.status = of(Status::ALL, choice, Status::Open),
                Field::WasPriority => was.priority = of(Priority::ALL, choice, Priority::Normal),
                Field::WasTeam => was.team_id = id.map(TeamId::from_uuid),
                Field::WasOwner => was.assigned_to = id.map(AgentId::from_uuid),
                _ => {}
            }
        }
        if let Some(message) = &mut self.occasion.message {
            match field {
                Field::MessageAuthor => message.author = of(ActorKind::ALL, choice, ActorKind::Customer),
                Field::MessageDirection => message.direction = of(Direction::ALL, choice, Direction::Inbound),
                Field::MessageVisibility => {
                    message.visibility = of(Visibility::ALL, choice, Visibility::Public)
                }
                Field::MessageChannel => message.channel = channel,
                Field::MessageAutomatic => message.automatic = flag,
                Field::MessageAsks => message.asks = flag,
                _ => {}
            }
        }
        if *field == Field::Actor {
            self.occasion.actor = of(ActorKind::ALL, choice, ActorKind::System);
        }
    }
}

fn hold(labels: &mut BTreeSet<Label>, label: Label, held: bool) {
    labels.remove(&label);
    labels.extend(held.then_some(label));
}

/// Takes the chosen one of a closed set.
fn of<T: Copy>(all: &[T], choice: &Choice, default: T) -> T {
    match choice {
        Choice::Ordinal(at) => all.get(usize::from(*at)).copied().unwrap_or(default),
        _ => default,
    }
}

fn breached(at: Timestamp) -> SlaTimer {
    SlaTimer {
        metric: Metric::Resolution,
        cycle: 1,
        state: TimerState::Running,
        policy: ConfigRef { id: DocumentId::from_uuid(STRANGER), version: 1 },
        target_seconds: 0,
        calendar: None,
        pauses_on_hold: false,
        started_at: at,
        stopped_at: None,
        breached_at: Some(at),
        reason: None,
        segments: Vec::new(),
        steps_taken: Vec::new(),
    }
}

/// Names what has to be chosen before a test is decided.
fn vars(leaf: &Leaf) -> Vec<Var> {
    let field = leaf.field.clone();
    let stranger = if leaf.field == Field::KeywordRules { STRANGER.to_string() } else { OTHER.into() };
    match (&leaf.field, &leaf.probe) {
        (Field::Hour | Field::Weekday | Field::HoursOpen, _) => vec![Var::Now],
        (Field::StatusCategory, _) => vec![Var::Of(Field::Status)],
        (Field::HasOrder, _) => vec![Var::Of(Field::OrderId)],
        (Field::MessageAuthor | Field::MessageDirection | Field::MessageVisibility, _)
        | (Field::MessageChannel | Field::MessageAutomatic | Field::MessageAsks, _) => {
            vec![Var::Message, Var::Of(field)]
        }
        (Field::WasStatus | Field::WasPriority | Field::WasTeam | Field::WasOwner, _) => {
            vec![Var::Was, Var::Of(field)]
        }
        (_, Probe::Labels { list, .. }) => {
            list.iter().map(|label| Var::Member(field.clone(), label.to_string())).collect()
        }
        (_, Probe::Ids { list, .. }) => {
            list.iter().map(|id| Var::Member(field.clone(), id.to_string())).collect()
        }
        (_, Probe::Foreigns { list, .. }) => {
            list.iter().map(|id| Var::Member(field.clone(), id.to_string())).collect()
        }
        (Field::Tags | Field::Topics | Field::KeywordRules | Field::CustomerTags, _)
        | (Field::ContextKinds | Field::ContextIds, _) => {
            vec![Var::Member(field, stranger)]
        }
        _ => vec![Var::Of(field)],
    }
}

/// Lists the keyword rules that a condition names and that match nothing: switched off, or not known.
pub(super) fn unmatched(node: &Node, config: &Config) -> BTreeSet<DocumentId> {
    let mut unmatched = BTreeSet::new();
    node.each(&mut |leaf| {
        if let (Field::KeywordRules, Probe::Ids { list, .. }) = (&leaf.field, &leaf.probe) {
            let rules = list.iter().copied().map(DocumentId::from_uuid);
            unmatched.extend(rules.filter(|rule| !config.may_match(*rule)));
        }
    });
    unmatched
}

/// Tells whether a keyword rule may be among those that matched; any that is not named stands for all others.
fn may_match(rule: &str, config: &Config) -> bool {
    match rule.parse() {
        Ok(id) if id == STRANGER => config.keyword_rules().any(|rule| rule.active),
        Ok(id) => config.may_match(DocumentId::from_uuid(id)),
        Err(_) => false,
    }
}

/// Lists values that stand for all that the tests can tell apart.
fn choices(var: &Var, leaves: &[&Leaf], config: &Config) -> Vec<Choice> {
    let field = match var {
        Var::Now => return (0..168).map(|hour| Choice::Number(f64::from(hour))).collect(),
        Var::Message | Var::Was => return vec![Choice::Ordinal(1), Choice::Ordinal(0)],
        Var::Member(Field::KeywordRules, rule) if !may_match(rule, config) => {
            return vec![Choice::Ordinal(0)];
        }
        Var::Member(..) => return vec![Choice::Ordinal(0), Choice::Ordinal(1)],
        Var::Of(field) => field,
    };
    let probes = leaves.iter().filter(|leaf| leaf.field == *field).map(|leaf| &leaf.probe);
    let mut list = Vec::new();
    match field.kind() {
        // What is common comes first: a witness should look like a ticket that somebody has seen.
        Kind::Words(words) => {
            list.extend((0_u8..).zip(words).map(|(at, _)| Choice::Ordinal(at)));
            if *field == Field::Status {
                list.rotate_left(1);
            }
        }
        Kind::Flag => list.extend([Choice::Ordinal(0), Choice::Ordinal(1)]),
        Kind::Number => list.extend(numbers(probes, field)),
        Kind::Free => {
            list.extend([Choice::Unset, Choice::Ordinal(0), Choice::Ordinal(1), Choice::Text]);
            list.extend(numbers(probes, field));
        }
        Kind::Channel => {
            for probe in probes {
                if let Probe::Channel { one_of, .. } = probe {
                    list.extend(one_of.iter().cloned().map(Choice::Channel));
                }
            }
            list.push(Choice::Channel(ChannelKind::Host("other".into())));
        }
        Kind::Label => {
            for probe in probes {
                if let Probe::Label { one_of, .. } = probe {
                    list.extend(one_of.iter().cloned().map(Choice::Label));
                }
            }
            list.extend(OTHER.parse().ok().map(Choice::Label));
            list.push(Choice::Unset);
        }
        Kind::Id => {
            for probe in probes {
                if let Probe::Id { one_of, .. } = probe {
                    list.extend(one_of.iter().copied().map(Choice::Id));
                }
            }
            list.push(Choice::Id(STRANGER));
            if *field != Field::Customer {
                list.push(Choice::Unset);
            }
        }
        Kind::Foreign => {
            for probe in probes {
                if let Probe::Foreign { one_of, .. } = probe {
                    list.extend(one_of.iter().cloned().map(Choice::Foreign));
                }
            }
            list.extend(OTHER.parse().ok().map(Choice::Foreign));
            list.push(Choice::Unset);
        }
        Kind::Labels | Kind::Ids | Kind::Foreigns => {}
    }
    list
}

fn numbers<'a>(probes: impl Iterator<Item = &'a Probe>, field: &Field) -> Vec<Choice> {
    let mut bounds: Vec<f64> = vec![0.0];
    for probe in probes {
        if let Probe::Range { least, most } = probe {
            bounds.extend([*least, *most].into_iter().filter(|bound| bound.is_finite()));
        }
    }
    bounds.sort_unstable_by(f64::total_cmp);
    let between: Vec<f64> = bounds.windows(2).map(|pair| pair.iter().sum::<f64>() / 2.0).collect();
    let beyond: Vec<f64> = bounds.iter().flat_map(|bound| [bound - 1.0, bound + 1.0]).collect();
    let mut all: Vec<f64> = bounds.into_iter().chain(between).chain(beyond).collect();
    let whole = |most: f64| move |n: &f64| n.fract() == 0.0 && (0.0..=most).contains(n);
    match field {
        Field::Level => all.retain(whole(f64::from(crate::ticket::MAX_LEVEL))),
        Field::Reopened => all.retain(whole(f64::from(u32::MAX))),
        Field::AgeSeconds | Field::StatusSeconds | Field::OwnerSeconds | Field::UnansweredSeconds => {
            all.retain(|n| (0.0..1e10).contains(n));
        }
        _ => {}
    }
    all.sort_unstable_by(f64::total_cmp);
    all.dedup();
    let unset = matches!(field, Field::UnansweredSeconds | Field::ChurnRisk | Field::LifetimeValue);
    all.into_iter().map(Choice::Number).chain(unset.then_some(Choice::Unset)).collect()
}

/// Looks for worlds in which each of `goals` is as wanted: up to `most`, in at most `budget` looks.
pub(super) fn search(goals: &[(&Node, bool)], config: &Config, most: usize, budget: &mut usize) -> Found {
    let mut leaves: Vec<&Leaf> = Vec::new();
    for (node, _) in goals {
        node.each(&mut |leaf| leaves.push(leaf));
    }
    let mut all: Vec<Var> = leaves.iter().flat_map(|leaf| vars(leaf)).collect();
    all.sort_unstable();
    all.dedup();
    let Some(world) = World::plain() else { return Found::Unknown };
    let all = all.into_iter().map(|var| {
        let choices = choices(&var, &leaves, config);
        (var, choices)
    });
    let mut search = Search { goals, config, vars: all.collect(), budget, most, found: Vec::new() };
    let ended = search.go(world, 0);
    match (search.found, ended) {
        (found, _) if !found.is_empty() => Found::Worlds(found),
        (_, true) => Found::None,
        (_, false) => Found::Unknown,
    }
}

struct Search<'a, 'b> {
    goals: &'a [(&'a Node, bool)],
    config: &'a Config,
    vars: Vec<(Var, Vec<Choice>)>,
    budget: &'b mut usize,
    most: usize,
    found: Vec<World>,
}

impl Search<'_, '_> {
    /// Goes on from a world in which the first `chosen` are chosen; tells whether all of it was looked through.
    fn go(&mut self, world: World, chosen: usize) -> bool {
        if *self.budget == 0 {
            return false;
        }
        *self.budget -= 1;
        let known = self.vars.get(..chosen).unwrap_or_default();
        let known = |leaf: &Leaf| {
            let has = |var: &Var| known.iter().any(|(known, _)| known == var);
            let vars = vars(leaf);
            // Without a message, or without a before, nothing more has to be known of it.
            let gone = match vars.first() {
                Some(Var::Message) => has(&Var::Message) && world.occasion.message.is_none(),
                Some(Var::Was) => has(&Var::Was) && world.occasion.was.is_none(),
                _ => false,
            };
            gone || vars.iter().all(has)
        };
        let snapshot = world.snapshot(self.config);
        let mut open = false;
        for (node, wanted) in self.goals {
            match decided(node, &snapshot, &known) {
                Some(held) if held != *wanted => return true,
                Some(_) => {}
                None => open = true,
            }
        }
        if !open {
            // What is found is believed only after it was evaluated.
            let holds = self.goals.iter().all(|(node, wanted)| node.holds(&snapshot) == *wanted);
            if holds {
                self.found.push(world);
            }
            return self.found.len() < self.most;
        }
        let Some((var, choices)) = self.vars.get(chosen).cloned() else { return true };
        for choice in &choices {
            let mut next = world.clone();
            next.choose(&var, choice);
            if !self.go(next, chosen + 1) {
                return false;
            }
        }
        true
    }
}

/// Tells whether a condition holds as far as what is known decides it.
fn decided(node: &Node, snapshot: &Snapshot<'_>, known: &impl Fn(&Leaf) -> bool) -> Option<bool> {
    let any = |parts: &[Node], wanted: bool| {
        let mut open = false;
        for part in parts {
            match decided(part, snapshot, known) {
                Some(held) if held == wanted => return Some(true),
                Some(_) => {}
                None => open = true,
            }
        }
        if open { None } else { Some(false) }
    };
    match node {
        Node::Leaf(leaf) => known(leaf).then(|| leaf.holds(snapshot)),
        Node::All(parts) => any(parts, false).map(|failed| !failed),
        Node::Any(parts) => any(parts, true),
        Node::None(parts) => any(parts, true).map(|held| !held),
    }
}
