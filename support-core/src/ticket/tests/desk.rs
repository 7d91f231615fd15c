//! The desk on which scenarios take place: its people, policies and calendar.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::automation::{Action, AutomationSpec, Trigger};
use crate::id::{AgentId, ConversationId, CustomerId, DocumentId, Ids, TeamId, TextId, TicketId};
use crate::label::Label;
use crate::sla::Metric;
use crate::sla::calendar::CalendarSpec;
use crate::sla::policy::{PolicyConditions, PolicySpec, Step, TargetSpec, When};
use crate::time::Timestamp;

pub(super) const HOUR: i64 = 60;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) const ANA: AgentId = AgentId::from_uuid(Uuid::from_u128(0xa1));
pub(super) const BEN: AgentId = AgentId::from_uuid(Uuid::from_u128(0xa2));
pub(super) const CUSTOMER: CustomerId = CustomerId::from_uuid(Uuid::from_u128(0xc1));
pub(super) const FRONT: TeamId = TeamId::from_uuid(Uuid::from_u128(0x71));
pub(super) const BACK: TeamId = TeamId::from_uuid(Uuid::from_u128(0x72));
pub(super) const TICKET: TicketId = TicketId::from_uuid(Uuid::from_u128(0x10));
pub(super) const OTHER_TICKET: TicketId = TicketId::from_uuid(Uuid::from_u128(0x11));
pub(super) const THREAD: ConversationId = ConversationId::from_uuid(Uuid::from_u128(0x20));
pub(super) const SIDE: ConversationId = ConversationId::from_uuid(Uuid::from_u128(0x21));
pub(super) const OFFICE: DocumentId = DocumentId::from_uuid(Uuid::from_u128(0xd0));

pub(super) const NIGHT: DocumentId = DocumentId::from_uuid(Uuid::from_u128(0xd2));

/// Monday, 2 March 2026, 09:00 UTC: minute 0 of every scenario.
pub(super) const START: Timestamp = Timestamp::from_seconds(1_772_442_000);

pub(super) fn minute(minutes: i64) -> Timestamp {
    START.plus_seconds(minutes * 60)
}

pub(super) fn policy_id(n: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(0xe000 + n))
}

pub(super) fn rule_id(n: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(0xf000 + n))
}

pub(super) fn automation_id(n: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(0xaa00 + n))
}

/// A rule for every ticket.
pub(super) fn automation(trigger: Trigger, actions: &[Action]) -> AutomationSpec {
    AutomationSpec {
        name: "Rule".into(),
        position: 0,
        trigger,
        condition: None,
        actions: actions.to_vec(),
        stop: false,
        active: true,
    }
}

pub(super) fn text(n: u128) -> TextId {
    TextId::from_uuid(Uuid::from_u128(0x5000 + n))
}

pub(super) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(super) fn target(minutes: u64) -> TargetSpec {
    TargetSpec { seconds: Some(minutes * 60), by_priority: BTreeMap::new(), calendar_id: None }
}

/// A policy for every ticket with these targets in minutes and no ladder.
pub(super) fn policy(targets: &[(Metric, u64)]) -> PolicySpec {
    PolicySpec {
        name: "Policy".into(),
        position: 100,
        conditions: PolicyConditions::default(),
        targets: targets.iter().map(|(metric, minutes)| (*metric, target(*minutes))).collect(),
        calendar_id: None,
        pause_on_hold: false,
        steps: Vec::new(),
        active: true,
        fire_ladders: false,
    }
}

/// Every metric: first response 2 h, next response 1 h, update 4 h, pickup 30 min, resolution 24 h.
pub(super) fn full_policy() -> PolicySpec {
    policy(&[
        (Metric::FirstResponse, 120),
        (Metric::NextResponse, 60),
        (Metric::PeriodicUpdate, 240),
        (Metric::QueuePickup, 30),
        (Metric::Resolution, 1_440),
    ])
}

pub(super) fn step(when: When, actions: &[Action]) -> Step {
    Step { metric: None, when, actions: actions.to_vec() }
}

/// Monday to Friday, 09:00 to 17:00 UTC: minute 0 is an opening, minute 480 the closing after it.
pub(super) fn office_hours() -> CalendarSpec {
    serde_json::from_value(serde_json::json!({
        "name": "Office",
        "timezone": "UTC",
        "weekly": {
            "mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]],
            "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]
        }
    }))
    .unwrap()
}

/// Counts identities up from where it begins, so that the same decision mints the same ones.
#[derive(Debug)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn from(first: u64) -> Self {
        Self(AtomicU64::new(first))
    }

    pub(super) fn next(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Ids for Counter {
    fn mint(&self, _now: Timestamp) -> Uuid {
        Uuid::from_u128((1 << 100) + u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
}
