//! What wakes rules together: an event, or time where both wait for the same of it.

use serde_json::json;

use crate::automation::Condition;
use crate::id::DocumentId;
use crate::sla::policy::When;
use crate::sla::{ConfigRef, SlaTimer, TimerState};
use crate::ticket::Ticket;

use super::super::compiled::Node;
use super::super::evaluate::Rule;
use super::super::rule::{Moment, On, Since, Timer, Trigger};
use super::world::World;

/// The target of the timer on which rules about one are tried, in seconds, where they wait for no longer.
const TARGET: u64 = 3_600;

/// What wakes rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wakes {
    /// Something that happened.
    Event(On),
    /// An instant for which they wait alike.
    Time,
}

impl Wakes {
    /// Lists what wakes a rule.
    pub(super) fn all(rule: &Rule) -> Vec<Self> {
        match &rule.trigger {
            Trigger::On(events) => events.iter().copied().map(Self::Event).collect(),
            Trigger::Since(_) | Trigger::Timer(_) => vec![Self::Time],
        }
    }

    /// Names what wakes both, if anything does.
    pub(super) fn both(one: &Rule, other: &Rule) -> Option<Self> {
        Self::all(one).into_iter().find(|by| by.wakes(other, one))
    }

    /// Tells whether it wakes a rule, as it wakes `like`.
    pub(super) fn wakes(self, rule: &Rule, like: &Rule) -> bool {
        match (self, &rule.trigger, &like.trigger) {
            (Self::Event(on), Trigger::On(events), _) => events.contains(&on),
            (Self::Time, Trigger::Since(one), Trigger::Since(other)) => one == other,
            (Self::Time, Trigger::Timer(one), Trigger::Timer(other)) => {
                one.metric == other.metric && point(one.when) == point(other.when)
            }
            _ => false,
        }
    }

    /// Names the event, of a witness.
    pub(super) const fn on(self) -> Option<On> {
        match self {
            Self::Event(on) => Some(on),
            Self::Time => None,
        }
    }
}

/// Tells whether everything that wakes the second wakes the first.
pub(super) fn always_wakes(first: &Rule, second: &Rule) -> bool {
    Wakes::all(second).into_iter().all(|by| by.wakes(first, second))
}

/// One name for each point of a timer.
const fn point(when: When) -> When {
    match when {
        When::SecondsAfter(0) => When::AtBreach,
        when => when,
    }
}

/// Says of which tickets a rule is asked when time wakes it: nothing is told of a message or of what was, the desk
/// itself acts, no ticket is closed, and the time since the rule's moment is known where it counts every hour.
pub(super) fn in_time(rule: &Rule) -> Option<Node> {
    let mut tests = vec![
        json!({ "field": "ticket.status", "op": "is_not", "value": "closed" }),
        json!({ "field": "message.author", "op": "is_empty" }),
        json!({ "field": "was.status", "op": "is_empty" }),
        json!({ "field": "actor.kind", "op": "is", "value": "system" }),
    ];
    let since = match &rule.trigger {
        Trigger::On(_) => return None,
        Trigger::Since(Since { moment, seconds, calendar_id: None }) => match moment {
            Moment::Created => Some(("ticket.age_seconds", seconds)),
            Moment::StatusChanged => Some(("ticket.status_seconds", seconds)),
            Moment::OwnerChanged => Some(("ticket.owner_seconds", seconds)),
            Moment::Unanswered => Some(("ticket.unanswered_seconds", seconds)),
            Moment::LastMessage | Moment::LastCustomerMessage => None,
        },
        Trigger::Since(_) | Trigger::Timer(_) => None,
    };
    for op in ["at_least", "at_most"] {
        tests.extend(since.map(|(field, seconds)| json!({ "field": field, "op": op, "value": seconds })));
    }
    let condition: Condition = serde_json::from_value(json!({ "all": tests })).ok()?;
    Some(condition.compile())
}

/// Puts the moment from which a rule counts, or the timer for which it waits, where it makes the rule due at the world's
/// instant, or soon after where a calendar counts.
pub(super) fn due_soon(world: &World, rule: &Rule) -> Ticket {
    let mut ticket = world.ticket.clone();
    let ago = |seconds: u64| world.now.plus_seconds(-i64::try_from(seconds).unwrap_or(i64::MAX));
    match &rule.trigger {
        Trigger::On(_) => {}
        Trigger::Since(Since { moment, seconds, .. }) => {
            let from = ago(*seconds);
            match moment {
                Moment::Created => ticket.created_at = from,
                Moment::StatusChanged => ticket.status_since = from,
                Moment::OwnerChanged => ticket.owner_since = from,
                Moment::Unanswered => ticket.unanswered_since = Some(from),
                Moment::LastMessage => ticket.last_message_at = Some(from),
                Moment::LastCustomerMessage => ticket.last_customer_message_at = Some(from),
            }
        }
        Trigger::Timer(Timer { metric, when }) => {
            let waits = if let When::SecondsBefore(seconds) = when { *seconds } else { 0 };
            let target_seconds = TARGET.saturating_add(waits);
            let late = i64::from(matches!(point(*when), When::AtBreach));
            let breached_at = ticket.sla.is_breached().then_some(world.now);
            ticket.sla.timers = vec![SlaTimer {
                metric: *metric,
                cycle: 1,
                state: TimerState::Running,
                policy: ConfigRef { id: DocumentId::from_uuid(uuid::Uuid::nil()), version: 1 },
                target_seconds,
                calendar: None,
                pauses_on_hold: false,
                started_at: ago(when.used_seconds(target_seconds)).plus_micros(-late),
                stopped_at: None,
                breached_at,
                reason: None,
                segments: Vec::new(),
                steps_taken: Vec::new(),
            }];
        }
    }
    ticket
}
