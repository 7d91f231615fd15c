//! Replies, which receipts keep, and what explains and counts.

use std::collections::BTreeMap;

use support_core::automation::Overruled;
use support_core::conversation::ChannelKind;
use support_core::desk::{
    AgentReply, AgentVerdict, Counts, CustomerReply, DocumentReply, LoginReply, Performance, Registered,
    Relaxes, Report, RuleApplied, RulesExplained, RulesStopped, SetAway, TicketReply, WaitingExplanation,
};
use support_core::error::FieldProblem;
use support_core::masking::Kind;
use support_core::people::Missed;
use support_core::routing::{Asks, Refused, Unblock};
use support_core::scoring::keywords::KeywordMatch;
use support_core::scoring::{Rest, ScoreInputs, Urgency, Weights, score};
use support_core::sla::ConfigRef;
use support_core::sla::calendar::CalendarProblem;
use support_core::sla::deadline::{Color, Reading, Waits};
use support_core::store::LoginSubject;
use support_core::testkit::build::{
    agent_id, customer_id, document_id, inbox_id, instant, message_id, team_id, ticket_id, word,
};
use support_core::testkit::full::full_ticket;
use support_core::ticket::{Priority, Status};
use support_core::{desk, masking};

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let reading = Reading { due_at: Some(instant(1)), remaining_seconds: -60, color: Color::Red };
    let waits = Waits {
        since: instant(1),
        reminds_at: Some(instant(2)),
        reminded_at: Some(instant(3)),
        resolves_at: Some(instant(4)),
    };
    let found = masking::Finding { kind: Kind::Iban, start: 3, end: 25, why: "check digits".into() };
    let sheet = replies(Sheet::default()).both(&[reading]).both(&[waits]).both(&[found]);
    let applied = vec![RuleApplied {
        automation: ConfigRef { id: document_id(1), version: 3 },
        at: instant(5),
        stream_seq: 9,
        counted_from: Some(instant(4)),
        overruled: vec![Overruled { action: 1, by: document_id(2) }],
        refused: vec![(2, word("ticket_closed"))],
    }];
    let automations = vec![document_id(1), document_id(2)];
    let stopped = vec![RulesStopped { automations, at: instant(6), stream_seq: 12, unattended: true }];
    counted(scored(sheet))
        .out(&[WaitingExplanation {
            before: Some(3),
            waiting_seconds: 61,
            by_hand: true,
            asks: asks(),
            stage: 1,
            relaxes: Some(Relaxes { at: instant(9), stage: 2, agent: agent_id(3) }),
            agents: vec![verdict()],
            unblock: Some(unblock()),
        }])
        .out(&[verdict()])
        .out(&verdict().away.map(|away| away.missed).into_iter().collect::<Vec<_>>())
        .out(&verdict().away.into_iter().collect::<Vec<_>>())
        .out(&[unblock()])
        .out(&[asks()])
        .out(&[Relaxes { at: instant(9), stage: 2, agent: agent_id(3) }])
        .out(&applied)
        .out(&stopped)
        .out(&[RulesExplained { applied, stopped, resting: vec![document_id(3)] }])
        .out(&[FieldProblem::new("tags[2]", "must be 1 to 64 characters")])
        .out(&[CalendarProblem { field: "weekly.mon[0]".into(), problem: "is no window".into() }])
}

fn replies(sheet: Sheet) -> Sheet {
    let subject = LoginSubject::Agent(agent_id(1));
    sheet
        .both(&[
            TicketReply { ticket_id: ticket_id(1), version: 3, message_id: Some(message_id(1, 1)) },
            TicketReply { ticket_id: ticket_id(1), version: 1, message_id: None },
        ])
        .both(&[AgentReply { agent_id: agent_id(1), version: 3 }])
        .both(&[CustomerReply { customer_id: customer_id(1), version: 3 }])
        .both(&[DocumentReply { document_id: document_id(1), version: 3 }])
        .both(&[LoginReply { subject }])
        .both(&[Registered { customer_id: customer_id(1) }])
}

fn scored(sheet: Sheet) -> Sheet {
    let weights = Weights::default();
    let rests = vec![Rest { from: instant(30), to: instant(40) }];
    let urgency = Urgency { rests, ..Urgency::between(instant(0), instant(120)) };
    let inputs = ScoreInputs {
        priority: Priority::High,
        live: true,
        waiting_since: Some(instant(0)),
        keyword_points: 12.5,
        insight_points: 7.25,
        urgency: Some(&urgency),
    };
    let score = score(&weights, &inputs, instant(60));
    let insight = full_ticket().insight.unwrap();
    sheet
        .out(&score.terms.iter().map(|term| term.why.clone()).collect::<Vec<_>>())
        .out(&score.terms)
        .out(&[score])
        .out(&[insight.points(&weights)])
        .out(&[KeywordMatch { rule: document_id(1), keyword: 2, points: -1.5 }])
}

fn counted(sheet: Sheet) -> Sheet {
    let finding = desk::Finding { place: "log".into(), problem: "is not what the hash says" };
    sheet
        .out(&[Counts {
            by_channel: BTreeMap::from([(ChannelKind::Email, 1), (ChannelKind::Host("kiosk-2".into()), 2)]),
            by_inbox: BTreeMap::from([(inbox_id(1), 3)]),
            by_department: BTreeMap::from([(team_id(1), 4)]),
            by_status: BTreeMap::from([(Status::InProgress, 5)]),
            sla_breached: 6,
            waiting: 7,
            mine: 8,
            capped: true,
        }])
        .out(&[Performance {
            open: 1,
            resolved: 2,
            mean_resolution_seconds: Some(3),
            first_response_met: 4,
            first_response_judged: 5,
            resolution_met: 6,
            resolution_judged: 7,
            capped: true,
        }])
        .out(&[Report {
            tickets: 1,
            events: 2,
            texts: 3,
            customers: 4,
            agents: 5,
            wrong: 6,
            findings: vec![finding.clone()],
        }])
        .out(&[finding])
}

fn verdict() -> AgentVerdict {
    let missed = Missed { channel: ChannelKind::Chat, in_a_row: 2 };
    let away = Some(SetAway { since: instant(5), missed });
    AgentVerdict { agent: agent_id(1), fails: vec![Refused::OffShift, Refused::NoRoom], away }
}

fn asks() -> Asks {
    Asks { effort: 2, skills: vec![(word("billing"), 3)], preferred: Vec::new(), language: Some(word("de")) }
}

fn unblock() -> Unblock {
    Unblock { agent: agent_id(1), relax: vec![Refused::NoRoom], units: 2 }
}
