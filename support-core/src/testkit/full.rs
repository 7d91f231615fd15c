//! Records with a value in every field, each unlike its neighbours: what a store must not lose or mix up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::conversation::{
    ChannelKind, Conversation, ConversationKind, Delivery, Direction, Message, Visibility,
};
use crate::id::Reference;
use crate::label::Label;
use crate::masking::{Kind, MaskSpan};
use crate::people::{
    Absence, ActorKind, ActorRef, Address, AddressKind, Agent, AgentState, Capacity, Customer,
    CustomerFieldValue, Load, Presence, Shift, WorkKind,
};
use crate::routing::{AssignHow, Candidate, Fit, Offer, OfferState, Refused, Strategy, Why, Worth};
use crate::scoring::{Rest, Urgency};
use crate::sla::policy::{StepKey, When};
use crate::sla::{
    Applied, ConfigRef, EndReason, Ledger, Metric, PauseReason, Segment, SlaTimer, Stage, StepTaken, Target,
    TimerState,
};
use crate::store::{
    Assignment, Document, DocumentKind, Effect, JourneyProgress, Login, LoginSubject, OutboxRow, OutboxState,
    PasswordHash, Record, Session, Text, TextClass,
};
use crate::ticket::{
    ContextRef, Derived, Escalation, ExternalRef, FieldValue, Handling, Insight, KeywordHit, Participant,
    ParticipantRole, Priority, SetAside, SetAsideKind, Status, Ticket, TicketJourney, Work,
};

use super::build::{
    agent_id, an_address, assignment_id, brand_id, conversation_id, customer_id, document_id, foreign,
    inbox_id, instant, message_id, note_id, offer_id, outbox_id, session_id, team_id, text_id, ticket_id,
    word,
};

/// Text that breaks careless quoting, encoding and length limits.
const AWKWARD: &str = "O'Brien \"quoted\" \\ %_ ; -- \u{1f4e6} \u{5bc}\u{65e5}\u{672c}\r\n\tzażółć";

/// Lists a full record of every kind that is written. The ticket comes first, because others name it.
#[must_use]
pub fn full_records() -> Vec<Record> {
    vec![
        full_ticket().into(),
        full_conversation().into(),
        full_message().into(),
        full_text().into(),
        full_assignment().into(),
        full_offer().into(),
        full_customer().into(),
        full_agent().into(),
        full_state().into(),
        full_document().into(),
        full_login().into(),
        full_session().into(),
        full_progress().into(),
    ]
    .into_iter()
    .chain(full_rows().map(Record::from))
    .collect()
}

/// Returns a ticket with a value in every field. It is the fold of no events.
#[must_use]
pub fn full_ticket() -> Ticket {
    Ticket {
        id: ticket_id(1),
        reference: Reference::from_random(u64::MAX),
        subject: text_id(1, 0),
        status: Status::InProgress,
        priority: Priority::High,
        channel: ChannelKind::Host("kiosk-2".into()),
        direction: Direction::Outbound,
        inbox_id: Some(inbox_id(1)),
        brand_id: Some(brand_id(1)),
        language: Some(word("de")),
        customer_id: customer_id(1),
        assigned_to: Some(agent_id(1)),
        team_id: Some(team_id(1)),
        category: Some(word("Müll & 'mehr'")),
        tags: BTreeSet::from([word("vip"), word("50% off"), word("ярлык")]),
        topics: BTreeSet::from([word("recall"), word("outage")]),
        order_id: Some(foreign("KC-48812'")),
        context: vec![
            ContextRef {
                kind: word("order"),
                id: foreign("A/1"),
                label: Some(text_id(1, 9)),
                url: Some(foreign("https://a.example/1?x=%27")),
            },
            ContextRef { kind: word("invoice"), id: foreign("B2"), label: None, url: None },
        ],
        external_refs: vec![ExternalRef {
            system: word("other"),
            id: foreign("99"),
            url: Some(foreign("u")),
        }],
        custom_fields: BTreeMap::from([
            (word("colour"), FieldValue::Text(text_id(1, 1))),
            (word("weight"), FieldValue::Number(-0.1)),
            (word("fragile"), FieldValue::Flag(true)),
        ]),
        journey: Some(TicketJourney {
            journey: ConfigRef { id: document_id(7), version: 3 },
            answers: text_id(1, 6),
        }),
        participants: vec![
            Participant { party: ActorRef::customer(customer_id(2)), role: ParticipantRole::Cc },
            Participant { party: ActorRef::agent(agent_id(2)), role: ParticipantRole::Follower },
            Participant {
                party: ActorRef { kind: ActorKind::Bot, id: None },
                role: ParticipantRole::Follower,
            },
        ],
        escalation: Some(Escalation { level: 2, reason: Some(text_id(1, 2)), at: instant(1) }),
        resolution_code: Some(word("refunded")),
        follow_up_of: Some(ticket_id(9)),
        snoozed_until: Some(instant(2)),
        set_aside: Some(SetAside {
            kind: SetAsideKind::Merged,
            by: ActorRef::agent(agent_id(3)),
            at: instant(3),
            merged_into: Some(ticket_id(8)),
            erases_at: Some(instant(4)),
        }),
        conversation_id: conversation_id(1, 0),
        last_message_id: Some(message_id(1, 1)),
        work: Work {
            since: instant(4),
            effort: 3,
            skills: vec![(word("german"), 4), (word("billing"), 2)],
            preferred: vec![(word("law"), 3)],
            sticky: Some(agent_id(6)),
            declined: vec![(agent_id(4), instant(5))],
        },
        offer: Some(Box::new(full_offer())),
        keywords: BTreeMap::from([
            (document_id(1), KeywordHit { version: 3, points: 7.25 }),
            (document_id(2), KeywordHit { version: 1, points: -1.5 }),
        ]),
        insight: Some(Insight {
            tier: Some(word("gold")),
            churn_risk: Some(0.1 + 0.2),
            lifetime_value: Some(1e300),
            language: Some(word("de")),
            tags: [word("vip")].into(),
            blocked: true,
        }),
        sla: full_ledger(),
        handling: vec![Handling { agent: agent_id(1), since: instant(6) }],
        first_responded_at: Some(instant(7)),
        last_message_at: Some(instant(8)),
        last_customer_message_at: Some(instant(9)),
        unanswered_since: Some(instant(10)),
        pending_since: Some(instant(10).plus_micros(1)),
        reminded_at: Some(instant(10).plus_micros(2)),
        status_since: instant(10).plus_micros(3),
        owner_since: instant(10).plus_micros(4),
        acted: BTreeMap::from([(document_id(3), instant(10).plus_micros(5))]),
        unattended: [(document_id(4), 3), (document_id(5), 9)].into_iter().collect(),
        resolved_at: Some(instant(11)),
        closed_at: Some(instant(12)),
        reopened_count: 5,
        version: 17,
        stream_seq: 42,
        created_at: instant(13).plus_micros(1),
        updated_at: instant(14).plus_micros(999_999),
        derived: Derived {
            keyword_points: 12.5,
            insight_points: 7.25,
            urgency: Some(Urgency {
                from: instant(15),
                due: instant(18),
                rests: vec![Rest { from: instant(16), to: instant(17) }],
            }),
            next_due_at: Some(instant(17)),
            breached: true,
            wake_at: Some(instant(18)),
            failures: 2,
            leases: vec![(agent_id(1), instant(19))],
        },
    }
}

fn full_ledger() -> Ledger {
    let policy = ConfigRef { id: document_id(3), version: 2 };
    let calendar = Some(ConfigRef { id: document_id(4), version: 5 });
    let timer = SlaTimer {
        metric: Metric::FirstResponse,
        cycle: 2,
        state: TimerState::Missed,
        policy,
        target_seconds: 3_600,
        calendar,
        pauses_on_hold: true,
        started_at: instant(20),
        stopped_at: Some(instant(24)),
        breached_at: Some(instant(22)),
        reason: Some(EndReason::Answered),
        // As the stages below tell it.
        segments: vec![
            Segment { from: instant(20), paused: None, team: None, agent: None },
            Segment {
                from: instant(21),
                paused: Some(PauseReason::SetAside),
                team: Some(team_id(1)),
                agent: Some(agent_id(1)),
            },
        ],
        steps_taken: vec![
            StepTaken {
                policy: policy.id,
                step: StepKey { when: When::AtFraction(0.8), nth: 0 },
                passed_at: Some(instant(21)),
            },
            StepTaken { policy: policy.id, step: StepKey { when: When::AtBreach, nth: 1 }, passed_at: None },
        ],
    };
    let target = Target { metric: Metric::Resolution, seconds: 86_400, calendar };
    Ledger {
        applied: Some(Applied { policy, pause_on_hold: true, targets: vec![target] }),
        timers: vec![timer],
        held_priority: Some(Priority::Normal),
        stages: vec![
            Stage { from: instant(1), status: Status::New, set_aside: false, team: None, agent: None },
            Stage {
                from: instant(21),
                status: Status::OnHold,
                set_aside: true,
                team: Some(team_id(1)),
                agent: Some(agent_id(1)),
            },
        ],
        answered_at: Some(instant(21)),
    }
}

/// Returns a conversation with a value in every field.
#[must_use]
pub fn full_conversation() -> Conversation {
    Conversation {
        id: conversation_id(1, 0),
        ticket_id: ticket_id(1),
        kind: ConversationKind::Side,
        channel: ChannelKind::Whatsapp,
        inbox_id: Some(inbox_id(2)),
        last_message_at: Some(instant(1)),
        created_at: instant(2),
        stream_seq: 6,
    }
}

/// Returns a message with a value in every field.
#[must_use]
pub fn full_message() -> Message {
    Message {
        id: message_id(1, 1),
        ticket_id: ticket_id(1),
        conversation_id: conversation_id(1, 0),
        seq: 2,
        direction: Direction::Outbound,
        author: ActorRef { kind: ActorKind::ThirdParty, id: Some(customer_id(77).uuid()) },
        author_text: Some(text_id(1, 3)),
        visibility: Visibility::Internal,
        channel: ChannelKind::Sms,
        inbox_id: Some(inbox_id(3)),
        body: text_id(1, 4),
        automatic: true,
        asks: true,
        answers: true,
        answered_since: Some(instant(1)),
        external_id: Some(foreign("<id'1@mail.example>")),
        in_reply_to: Some(foreign("<id-0@mail.example>")),
        delivery: Some(Delivery::Unknown),
        sent_at: instant(2),
        created_at: instant(3),
        stream_seq: 9,
    }
}

/// Returns a text with a value in every field.
#[must_use]
pub fn full_text() -> Text {
    Text {
        id: text_id(1, 0),
        ticket: Some(ticket_id(1)),
        subject: ActorRef { kind: ActorKind::Customer, id: Some(customer_id(1).uuid()) },
        class: TextClass::Public,
        body: Some(AWKWARD.to_owned()),
        masked: vec![
            MaskSpan { kind: Kind::OneTimeCode, start: 0, end: 7 },
            MaskSpan { kind: Kind::Custom("badge".into()), start: 8, end: 16 },
        ],
        created_at: instant(1),
    }
}

/// Returns an offer with a value in every field.
#[must_use]
pub fn full_offer() -> Offer {
    Offer {
        id: offer_id(1, 1),
        ticket_id: ticket_id(1),
        work: WorkKind::Ticket,
        agent: agent_id(2),
        team: Some(team_id(1)),
        state: OfferState::Declined,
        why: full_assignment().why,
        reason: Some(text_id(1, 6)),
        at: instant(7),
        until: instant(127),
        ended_at: Some(instant(9)),
        stream_seq: 12,
    }
}

/// Returns an assignment with a value in every field.
#[must_use]
pub fn full_assignment() -> Assignment {
    Assignment {
        id: assignment_id(1, 1),
        ticket_id: ticket_id(1),
        work: WorkKind::Chat,
        from: Some(agent_id(1)),
        to: Some(agent_id(2)),
        team_from: Some(team_id(1)),
        team_to: Some(team_id(2)),
        how: AssignHow::Escalation,
        by: ActorRef::agent(agent_id(3)),
        reason: Some(text_id(1, 5)),
        why: Some(Why {
            strategy: Strategy::LeastLoaded,
            score: 0.1 + 0.7,
            waited_seconds: 61,
            stage: Some(2),
            candidates: vec![Candidate {
                agent: agent_id(2),
                load: 3,
                capacity: 20,
                last_assigned_at: Some(instant(1)),
                sticky: true,
                fit: Some(Fit { preferred: 1, spare: 4 }),
                performance: Some(150),
                worth: Some(Worth { value: 520, price: 30 }),
            }],
            refused: vec![(agent_id(4), Refused::OffShift)],
            left_out: 8,
            assigned_at: Some(instant(8)),
        }),
        over: true,
        at: instant(2),
        stream_seq: 11,
    }
}

/// Returns a customer with a value in every field.
#[must_use]
pub fn full_customer() -> Customer {
    let phone = Address {
        kind: AddressKind::Phone,
        value: "+49301234567".to_owned(),
        verified: false,
        primary: false,
    };
    Customer {
        id: customer_id(1),
        external_id: Some(foreign("crm:1")),
        name: AWKWARD.to_owned(),
        addresses: vec![an_address("o'brien@example.com"), phone],
        tier: Some(word("gold")),
        language: Some(word("pl")),
        timezone: Some("Europe/Warsaw".to_owned()),
        custom_fields: BTreeMap::from([
            (word("note"), CustomerFieldValue::Text("likes tea".into())),
            (word("age"), CustomerFieldValue::Number(41.5)),
        ]),
        tags: vec![word("b2b"), word("new")],
        blocked: true,
        version: 4,
        created_at: instant(1),
        updated_at: instant(2),
    }
}

/// Returns an agent with a value in every field.
#[must_use]
pub fn full_agent() -> Agent {
    let shift =
        json!({"timezone": "Europe/Berlin", "days": ["mon", "fri"], "start": "22:00", "end": "06:30"});
    let skills: [(Label, u8); 2] = [(word("german"), 5), (word("o'level"), 1)];
    Agent {
        id: agent_id(1),
        external_id: Some(foreign("hr/1")),
        name: AWKWARD.to_owned(),
        email: "Ann.O'Brien@Desk.Example".to_owned(),
        role: word("team_lead"),
        team_ids: vec![team_id(1), team_id(2)],
        lead_ids: vec![team_id(3)],
        skills: BTreeMap::from(skills),
        capacity: Capacity { units: 7, chat: 3, call: 2 },
        shift: Some(serde_json::from_value::<Shift>(shift).expect("a shift")),
        languages: vec![word("de"), word("en")],
        performance: 150,
        absences: vec![Absence { from: instant(3), until: instant(4), substitute_id: Some(agent_id(2)) }],
        active: true,
        version: 6,
        created_at: instant(1),
        updated_at: instant(2),
    }
}

/// Returns an agent's state with a value in every field.
#[must_use]
pub fn full_state() -> AgentState {
    AgentState {
        agent: agent_id(1),
        presence: Presence::Away,
        channels: vec![WorkKind::Call, WorkKind::Ticket],
        reason: Some(note_id(2)),
        until: Some(instant(1)),
        load: Load { units: 4, chat: 2, call: 1 },
        last_assigned_at: Some(instant(2)),
        missed: BTreeMap::from([(ChannelKind::Chat, 2), (ChannelKind::Host("kiosk".into()), 1)]),
        version: 8,
        since: instant(3),
        changed_at: instant(4),
    }
}

/// Returns a document with a value in every field.
#[must_use]
pub fn full_document() -> Document {
    Document {
        id: document_id(1),
        kind: DocumentKind::KeywordRule,
        version: 1,
        retired: true,
        body: json!({"text": AWKWARD, "list": [1, -2.5, null, true], "deep": {"empty": {}}}),
        created_at: instant(1),
        updated_at: instant(2),
    }
}

/// Returns a login with a value in every field.
#[must_use]
pub fn full_login() -> Login {
    Login {
        subject: LoginSubject::Customer(customer_id(1)),
        email: "o'brien@example.com".to_owned(),
        password: PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"),
        version: 3,
    }
}

/// Returns a session with a value in every field.
#[must_use]
pub fn full_session() -> Session {
    Session {
        id: session_id(1),
        subject: LoginSubject::Customer(customer_id(1)),
        refresh_hash: std::array::from_fn(|index| index as u8 ^ 0xa5),
        expires_at: instant(1),
        ended_at: Some(instant(2)),
        version: 5,
        created_at: instant(3),
    }
}

/// Returns a journey that was begun, with a value in every field.
#[must_use]
pub fn full_progress() -> JourneyProgress {
    JourneyProgress {
        customer_id: customer_id(1),
        journey: ConfigRef { id: document_id(7), version: 3 },
        answers: Some(note_id(3)),
        saved_at: instant(1),
        expires_at: Some(instant(2)),
        version: 6,
    }
}

/// Returns a row of the outbox for every effect, with a value in every field.
#[must_use]
pub fn full_rows() -> [OutboxRow; 3] {
    let (channel, inbox_id) = (ChannelKind::Phone, Some(inbox_id(4)));
    [
        full_row(1, Effect::Message { message_id: message_id(1, 1), channel, inbox_id }),
        full_row(2, Effect::Webhook { endpoint_id: document_id(5), stream_seq: 11 }),
        full_row(3, Effect::Notice { agent_id: agent_id(6), stream_seq: 12 }),
    ]
}

fn full_row(number: u32, effect: Effect) -> OutboxRow {
    OutboxRow {
        id: outbox_id(number),
        ticket_id: ticket_id(1),
        effect,
        state: OutboxState::Leased,
        attempts: 3,
        next_at: instant(1),
        fence: Some(u64::from(u32::MAX) + 7),
        version: 9,
        created_at: instant(2),
    }
}
