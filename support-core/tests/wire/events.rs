//! One full value of every event, each with its envelope's parts shown once.

use std::collections::BTreeMap;

use serde_json::Value;
use support_core::automation::{Overruled, Recipient};
use support_core::conversation::{ChannelKind, ConversationKind, Delivery, Direction, Visibility};
use support_core::event::{Audience, AudienceClass, Envelope, Event, LostAnswers, Stream};
use support_core::id::{EventId, Reference};
use support_core::masking::Token;
use support_core::people::{ActorRef, Missed, Presence};
use support_core::routing::{Asks, AssignHow, OfferState, ReturnCause};
use support_core::sla::policy::{StepKey, When};
use support_core::sla::{ConfigRef, EndReason, Metric, PauseReason, TimerMove, TimerState};
use support_core::store::DocumentKind;
use support_core::testkit::build::{
    agent_id, assignment_id, brand_id, conversation_id, customer_id, document_id, foreign, inbox_id, instant,
    message_id, note_id, offer_id, outbox_id, team_id, text_id, ticket_id, word,
};
use support_core::testkit::full::{full_assignment, full_ticket};
use support_core::ticket::{FieldValue, KeywordHit, Priority, SetAsideKind, Status, StatusCause, TeamSource};
use uuid::Uuid;

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let audience = Audience {
        class: AudienceClass::Internal,
        customer: Some(customer_id(1)),
        team_before: Some(team_id(1)),
        team_after: Some(team_id(2)),
        assignee_before: Some(agent_id(1)),
        assignee_after: Some(agent_id(2)),
    };
    let streams = [
        Stream::Ticket(ticket_id(1)),
        Stream::Customer(customer_id(1)),
        Stream::Agent(agent_id(1)),
        Stream::Document(document_id(1)),
        Stream::Login(agent_id(1).uuid()),
    ];
    let envelope = Envelope {
        id: EventId::from_uuid(Uuid::from_u128(77)),
        stream: Stream::Ticket(ticket_id(1)),
        stream_seq: 3,
        at: instant(1).plus_micros(5),
        actor: ActorRef::agent(agent_id(1)),
        audience,
        event: Event::TicketWoken { by_time: true },
    };
    Sheet::default()
        .both(&[envelope])
        .both(&[audience])
        .both(&streams)
        .both(&timer_moves())
        .both(&[lost()])
        .both(&every_event())
}

/// One of each, in the order of the catalogue.
fn every_event() -> Vec<Event> {
    let mut events = of_a_ticket();
    events.extend(of_messages());
    events.extend(of_fields());
    events.extend(of_time());
    events.extend(of_people());
    events.sort_by_key(|event| Event::NAMES.iter().position(|name| *name == event.name()));
    events
}

#[test]
fn every_event_of_the_catalogue_is_shown_once_and_full() {
    let events = every_event();
    let names: Vec<&str> = events.iter().map(Event::name).collect();
    assert_eq!(names, Event::NAMES, "add a full value of every new event");
    for event in &events {
        let json = serde_json::to_value(event).unwrap();
        for (field, value) in json["data"].as_object().unwrap() {
            let empty = match value {
                Value::Null | Value::Bool(false) => true,
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                _ => false,
            };
            assert!(!empty, "`{field}` of {} is empty", event.name());
        }
    }
}

fn lost() -> LostAnswers {
    LostAnswers { unanswered_since: Some(instant(1)), answered_at: Some(instant(0)), first_response: true }
}

fn timer_moves() -> Vec<TimerMove> {
    let metric = Metric::FirstResponse;
    vec![
        TimerMove::Started { metric, at: instant(1) },
        TimerMove::Paused { metric, reason: PauseReason::OnHold },
        TimerMove::Resumed { metric },
        TimerMove::Ended {
            metric,
            at: instant(2),
            outcome: TimerState::Missed,
            reason: EndReason::Answered,
            elapsed_seconds: 61,
        },
        TimerMove::Reinstated { metric },
        TimerMove::Relieved { metric },
        TimerMove::PassedOver { metric, automation: document_id(3), when: When::AtBreach },
    ]
}

fn of_a_ticket() -> Vec<Event> {
    let full = full_ticket();
    let assignment = full_assignment();
    vec![
        Event::TicketCreated {
            reference: Reference::from_random(u64::MAX),
            subject: text_id(1, 0),
            status: Status::New,
            priority: Priority::High,
            channel: ChannelKind::Host("kiosk-2".into()),
            direction: Direction::Inbound,
            inbox_id: Some(inbox_id(1)),
            brand_id: Some(brand_id(1)),
            language: Some(word("de")),
            customer_id: customer_id(1),
            team_id: Some(team_id(1)),
            team_by: Some(TeamSource::Journey),
            category: Some(word("billing")),
            tags: vec![word("vip"), word("50% off")],
            order_id: Some(foreign("KC-48812'")),
            context: full.context.clone(),
            external_refs: full.external_refs.clone(),
            custom_fields: full.custom_fields.clone(),
            journey: full.journey.map(Box::new),
            effort: 3,
            skills: full.work.skills.clone(),
            preferred: vec![(word("law"), 2)],
            sticky: Some(agent_id(3)),
            follow_up_of: Some(ticket_id(9)),
            insight: full.insight.clone(),
            conversation_id: conversation_id(1, 0),
        },
        Event::ParticipantAdded { participant: full.participants[0] },
        Event::ParticipantRemoved { party: ActorRef::customer(customer_id(2)) },
        Event::TicketStatusChanged {
            from: Status::InProgress,
            to: Status::Resolved,
            cause: StatusCause::ByHand,
            reason: Some(text_id(1, 1)),
            resolution_code: Some(word("refunded")),
        },
        Event::TicketAssigned {
            assignment_id: assignment_id(1, 1),
            from: Some(agent_id(1)),
            to: Some(agent_id(2)),
            team_from: Some(team_id(1)),
            team_to: Some(team_id(2)),
            how: AssignHow::Auto,
            reason: Some(text_id(1, 2)),
            why: assignment.why,
            over: true,
        },
        Event::TicketEscalated {
            from: 1,
            to: 2,
            reason: Some(text_id(1, 3)),
            by_timer: Some(Metric::Resolution),
        },
        Event::TicketSetAside {
            kind: SetAsideKind::Merged,
            merged_into: Some(ticket_id(8)),
            erases_at: Some(instant(9)),
        },
        Event::TicketErased {},
        Event::TicketRestored { kind: SetAsideKind::Spam },
        Event::WorkStarted { agent: agent_id(1) },
        Event::WorkEnded { agent: agent_id(1), at: instant(10), seconds: 61 },
        Event::OfferMade {
            offer_id: offer_id(1, 1),
            agent: agent_id(1),
            team: Some(team_id(1)),
            until: instant(127),
            why: full_assignment().why,
        },
        Event::OfferEnded {
            offer_id: offer_id(1, 1),
            agent: agent_id(1),
            state: OfferState::Declined,
            reason: Some(text_id(1, 6)),
        },
        Event::WorkReturned { agent: agent_id(1), because: ReturnCause::Unanswered },
    ]
}

fn of_messages() -> Vec<Event> {
    vec![
        Event::ConversationOpened {
            conversation_id: conversation_id(1, 1),
            kind: ConversationKind::Side,
            channel: ChannelKind::Email,
            inbox_id: Some(inbox_id(1)),
        },
        Event::MessageAdded {
            message_id: message_id(1, 1),
            conversation_id: conversation_id(1, 0),
            direction: Direction::Outbound,
            author: ActorRef::agent(agent_id(1)),
            author_text: Some(text_id(1, 3)),
            visibility: Visibility::Internal,
            channel: ChannelKind::Sms,
            inbox_id: Some(inbox_id(3)),
            body: text_id(1, 4),
            automatic: true,
            external_id: Some(foreign("<id'1@mail.example>")),
            in_reply_to: Some(foreign("<id-0@mail.example>")),
            delivery: Some(Delivery::Queued),
            sent_at: instant(2),
            asks: true,
            answers: true,
            answered_since: Some(instant(1)),
            masked: BTreeMap::from([("card".to_owned(), 2), ("custom:badge".to_owned(), 1)]),
        },
        Event::MessageDeliveryChanged {
            message_id: message_id(1, 1),
            from: Delivery::Sent,
            to: Delivery::Failed,
            lost: Some(lost()),
        },
    ]
}

fn of_fields() -> Vec<Event> {
    let full = full_ticket();
    let hits = [
        (document_id(1), KeywordHit { version: 3, points: 7.25 }),
        (document_id(2), KeywordHit { version: 1, points: -1.5 }),
    ];
    vec![
        Event::TicketPriorityChanged { from: Priority::Low, to: Priority::Normal, by_escalation: true },
        Event::TicketSubjectChanged { from: text_id(1, 0), to: text_id(1, 5) },
        Event::TicketCategoryChanged { from: Some(word("billing")), to: Some(word("delivery")) },
        Event::TicketTagsChanged { added: vec![word("vip")], removed: vec![word("new"), word("b2b")] },
        Event::TicketFieldsChanged {
            from: BTreeMap::from([(word("weight"), FieldValue::Number(0.1 + 0.2))]),
            to: full.custom_fields.clone(),
        },
        Event::TicketKeywordsMatched {
            rules: BTreeMap::from(hits),
            topics: vec![word("recall"), word("outage")],
        },
        Event::TicketInsightNoted { insight: full.insight.unwrap() },
        Event::TicketSkillsRequired { skills: vec![(word("german"), 4), (word("billing"), 2)] },
        Event::TicketAsksChanged {
            from: Box::new(Asks { effort: 1, ..Asks::default() }),
            to: Box::new(Asks {
                effort: 3,
                skills: vec![(word("billing"), 2), (word("german"), 4)],
                preferred: vec![(word("tea"), 1)],
                language: Some(word("de-AT")),
            }),
        },
        Event::TicketNotified {
            to: vec![
                Recipient::Owner,
                Recipient::Team,
                Recipient::Leads,
                Recipient::Role(word("supervisor")),
            ],
            about: Some(word("vip_waiting")),
        },
        Event::AutomationApplied {
            automation: ConfigRef { id: document_id(1), version: 3 },
            counted_from: Some(instant(1)),
            overruled: vec![Overruled { action: 1, by: document_id(2) }],
            refused: vec![(2, word("ticket_closed"))],
            moved: true,
            forgotten: vec![document_id(3)],
            passed_over: vec![(document_id(4), instant(2))],
        },
        Event::AutomationStopped {
            automations: vec![document_id(1), document_id(2)],
            depth: 8,
            unattended: true,
        },
        Event::MacroApplied {
            applied: ConfigRef { id: document_id(1), version: 3 },
            refused: vec![(2, word("agent_inactive"))],
        },
        Event::TicketWebhookQueued { outbox_id: outbox_id(1), endpoint_id: document_id(1) },
    ]
}

fn of_time() -> Vec<Event> {
    let (metric, cycle, due_at, policy_change) = (Metric::NextResponse, 2, instant(1), true);
    let step = StepKey { when: When::SecondsBefore(600), nth: 1 };
    vec![
        Event::TicketReminderReached { since: instant(1), after_seconds: 3_600 },
        Event::TicketValueRevealed {
            text: text_id(1, 1),
            token: Token::from_uuid(Uuid::from_u128(7)),
            reason: text_id(1, 2),
        },
        Event::TicketSnoozed { until: instant(2) },
        Event::TicketWoken { by_time: true },
        Event::SlaApplied { applied: full_ticket().sla.applied, by_change: true },
        Event::SlaTimersMoved { moves: timer_moves() },
        Event::SlaWarned { metric, cycle, step, due_at, policy_change },
        Event::SlaBreached { metric, cycle, due_at, policy_change },
        Event::SlaEscalated { metric, cycle, step, due_at, policy_change },
        Event::SlaActionsRefused { metric, cycle, step, refused: vec![(1, word("agent_inactive"))] },
    ]
}

fn of_people() -> Vec<Event> {
    let fields = vec![word("name"), word("addresses")];
    let missed = Missed { channel: ChannelKind::Chat, in_a_row: 2 };
    vec![
        Event::CustomerCreated {},
        Event::CustomerChanged { fields: fields.clone() },
        Event::AgentCreated {},
        Event::AgentChanged { fields },
        Event::AgentDeactivated {},
        Event::AgentStatusChanged {
            from: Presence::Available,
            to: Presence::Away,
            reason: Some(note_id(1)),
            by_time: true,
            because: Some(missed.clone()),
        },
        Event::AgentMissed { missed },
        Event::AgentTookUp { channel: ChannelKind::Chat },
        Event::ConfigChanged { kind: DocumentKind::SlaPolicy, version: 2, retired: true },
        Event::SignedIn {},
        Event::SignInRefused {},
        Event::SignedOut {},
        Event::PasswordChanged {},
    ]
}
