//! Bodies of configuration documents.

use std::collections::BTreeMap;

use support_core::automation::{self, Action, Field, Op, Test};
use support_core::config::{QueueLimitAction, RelaxStage, RoutingMode, RoutingModes, Settings, TeamSpec};
use support_core::conversation::ChannelKind;
use support_core::journey::{
    AnswerKind, Choice, Condition, Edge, FieldFill, Fill, JourneyEntry, JourneySpec, Question, Said,
};
use support_core::macros::{MacroSpec, MacroVisibility};
use support_core::masking::{CustomPattern, Kind, MaskingSpec, Mode, Preset, Validator};
use support_core::routing::Strategy;
use support_core::scoring::Weights;
use support_core::scoring::keywords::{KeywordRule, RuleKind};
use support_core::sla::calendar::{CalendarSpec, ExceptionSpec, WeeklySpec, YearlySpec};
use support_core::sla::policy::{PolicyConditions, PolicySpec, Step, TargetSpec, When};
use support_core::sla::{ConfigRef, Metric};
use support_core::testkit::build::{agent_id, brand_id, document_id, team_id, word};
use support_core::ticket::Priority;

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let modes =
        RoutingModes { ticket: RoutingMode::Manual, chat: RoutingMode::Offer, call: RoutingMode::Assign };
    let team = TeamSpec {
        name: "Billing".into(),
        mode: modes,
        strategy: Strategy::LeastLoaded,
        calendar_id: Some(document_id(1)),
        overflow_team_ids: vec![team_id(2), team_id(3)],
        sticky: false,
        relaxation: vec![RelaxStage {
            after_seconds: 600,
            lower_levels: 1,
            drop_preferred: true,
            drop_skills: false,
            drop_language: true,
        }],
        queue_limit: Some(50),
        queue_limit_action: QueueLimitAction::Tag,
        escalation_team_id: Some(team_id(4)),
    };
    let policy = policy();
    let calendar = calendar();
    let pattern =
        CustomPattern { name: "badge".into(), pattern: r"B-\d{6}".into(), validator: Validator::Luhn };
    let masking = MaskingSpec {
        preset: Preset::Strict,
        detectors: Some(vec![Kind::Card, Kind::OneTimeCode]),
        mode: Mode::LastFour,
        store_contact: true,
        custom: vec![pattern.clone()],
    };
    let rule = KeywordRule {
        id: document_id(5),
        kind: RuleKind::TimeSensitive,
        name: "Deadlines".into(),
        keywords: vec!["by today".into(), "scad*".into()],
        condition: Some(automation::Condition::Test(Test {
            field: Field::Category,
            op: Op::IsSet,
            value: None,
            calendar_id: None,
        })),
        boost_amount: -7.25,
        alert: true,
        active: true,
    };
    let settings = settings();
    let journey = journey();
    let questions = journey.questions.clone();
    let steps = policy.steps.clone();
    Sheet::default()
        .both(&[modes])
        .both(&team.relaxation)
        .words(QueueLimitAction::ALL)
        .both(&[team, TeamSpec::standard().clone()])
        .both(std::slice::from_ref(&policy.conditions))
        .both(&policy.targets.values().cloned().collect::<Vec<_>>())
        .both(&steps.iter().map(|step| step.when).collect::<Vec<_>>())
        .both(&steps)
        .both(&[policy, PolicySpec::standard()])
        .both(std::slice::from_ref(&calendar.weekly))
        .both(&calendar.exceptions)
        .both(&calendar.yearly)
        .both(&[calendar])
        .both(&[pattern])
        .both(&[masking, MaskingSpec::default()])
        .both(&[rule])
        .both(&[settings.weights.clone(), Weights::strict_priority()])
        .both(&[settings, Settings::default()])
        .both(&[MacroSpec {
            name: "Hello".into(),
            content: "Hello {{customer.name|you}}".into(),
            category: Some(word("greeting")),
            visibility: MacroVisibility::Team,
            team_id: Some(team_id(1)),
            owner_id: Some(agent_id(1)),
            actions: vec![Action::LevelUp],
        }])
        .both(&conditions())
        .both(&questions.iter().flat_map(|question| question.next.clone()).collect::<Vec<_>>())
        .both(questions[0].answer.options())
        .both(&questions.iter().map(|question| question.answer.clone()).collect::<Vec<_>>())
        .both(&questions)
        .both(&journey.ticket[0].custom_fields.values().cloned().collect::<Vec<_>>())
        .both(&journey.ticket.clone())
        .both(&[journey])
        .both(&[JourneyEntry {
            brand_id: Some(brand_id(1)),
            entry_point: word("main"),
            active: ConfigRef { id: document_id(7), version: 3 },
            archived: [document_id(8)].into(),
        }])
        .both(&[Said {
            question: word("amount"),
            text: "How much?".into(),
            answer: serde_json::json!(12.5),
            wording: "12.5".into(),
        }])
}

fn conditions() -> Vec<Condition> {
    let question = || word("amount");
    let day = || "2026-11-20".parse().unwrap();
    vec![
        Condition::All(vec![Condition::Answered { question: question() }]),
        Condition::Any(vec![Condition::Is { question: word("issue"), any_of: vec![word("refund")] }]),
        Condition::None(Vec::new()),
        Condition::Answered { question: question() },
        Condition::Is { question: word("issue"), any_of: vec![word("refund"), word("other")] },
        Condition::AtLeast { question: question(), number: 0.5 },
        Condition::Below { question: question(), number: -1.0 },
        Condition::From { question: question(), date: day() },
        Condition::Before { question: question(), date: day() },
    ]
}

fn journey() -> JourneySpec {
    let options = || vec![Choice { value: word("refund"), text: "A refund".into() }];
    let day = |text: &str| Some(text.parse().unwrap());
    let answers = [
        AnswerKind::SingleChoice { options: options() },
        AnswerKind::MultipleChoice { options: options(), min: 1, max: Some(2) },
        AnswerKind::Text { min_length: 2, max_length: 20, pattern: Some("[A-Z]+".into()) },
        AnswerKind::Number { min: Some(0.5), max: Some(9.5), step: Some(0.5) },
        AnswerKind::Date { min: day("2026-01-01"), max: day("2026-12-31") },
        AnswerKind::Images {
            min_count: 2,
            max_count: 4,
            max_size_bytes: 1 << 20,
            content_types: vec!["image/webp".into()],
        },
        AnswerKind::Information,
    ];
    let questions = answers.into_iter().enumerate().map(|(at, answer)| Question {
        id: word(&format!("q{at}")),
        text: "What is it?".into(),
        help: Some("Look at the bill.".into()),
        answer,
        required: at % 2 == 0,
        next: vec![Edge { when: conditions().pop(), to: Some(word("q1")) }, Edge { when: None, to: None }],
    });
    let custom_fields = [
        FieldFill::Answer(word("q3")),
        FieldFill::Text("{{q2}}".into()),
        FieldFill::Number(1.5),
        FieldFill::Flag(true),
    ];
    let custom_fields = custom_fields.into_iter().enumerate();
    JourneySpec {
        name: "General Support".into(),
        entry_point: word("main"),
        brand_id: Some(brand_id(1)),
        start: word("q0"),
        questions: questions.collect(),
        ticket: vec![Fill {
            when: conditions().pop(),
            subject: Some("{{q0}}".into()),
            message: Some("{{q2|none}}".into()),
            category: Some(word("returns")),
            priority: Some(Priority::High),
            team_id: Some(team_id(1)),
            tags: vec![word("web")],
            skills: BTreeMap::from([(word("german"), 3)]),
            custom_fields: custom_fields.map(|(at, field)| (word(&format!("f{at}")), field)).collect(),
        }],
    }
}

fn policy() -> PolicySpec {
    let target = |calendar_id| TargetSpec {
        seconds: Some(3_600),
        by_priority: BTreeMap::from([(Priority::Urgent, 600), (Priority::Low, 86_400)]),
        calendar_id,
    };
    let step = |metric, when, actions: &[Action]| Step { metric, when, actions: actions.to_vec() };
    PolicySpec {
        name: "Gold".into(),
        position: -3,
        conditions: PolicyConditions {
            channels: vec![ChannelKind::Chat, ChannelKind::Host("kiosk-2".into())],
            priorities: vec![Priority::High, Priority::Urgent],
            tiers: vec![word("gold")],
            team_ids: vec![team_id(1)],
            brand_ids: vec![brand_id(1)],
            tags: vec![word("vip")],
        },
        targets: BTreeMap::from([
            (Metric::FirstResponse, target(None)),
            (Metric::NextResponse, target(Some(None))),
            (Metric::Resolution, target(Some(Some(document_id(2))))),
        ]),
        calendar_id: Some(document_id(1)),
        pause_on_hold: true,
        steps: vec![
            step(None, When::AtFraction(0.8), &[]),
            step(Some(Metric::Resolution), When::SecondsBefore(600), &[Action::AddTags(vec![word("soon")])]),
            step(None, When::AtBreach, &[Action::RaisePriority, Action::LevelUp]),
            step(None, When::SecondsAfter(60), &[Action::MoveToTeam(team_id(2))]),
        ],
        active: false,
        fire_ladders: true,
    }
}

fn calendar() -> CalendarSpec {
    let window = |open: &str, close: &str| [open.to_owned(), close.to_owned()];
    let day = vec![window("09:00", "12:30"), window("13:30", "24:00")];
    CalendarSpec {
        name: "Office".into(),
        timezone: "Europe/Berlin".into(),
        weekly: WeeklySpec {
            mon: day.clone(),
            tue: day.clone(),
            wed: vec![window("22:00", "06:00")],
            thu: day.clone(),
            fri: day,
            sat: vec![window("10:00", "12:00")],
            sun: Vec::new(),
        },
        exceptions: vec![ExceptionSpec {
            date: "2026-12-24".into(),
            windows: vec![window("09:00", "12:00")],
        }],
        yearly: vec![YearlySpec { month: 12, day: 25, windows: Vec::new() }],
        fire_ladders: true,
    }
}

fn settings() -> Settings {
    Settings {
        reopen_window_seconds: 86_400,
        pending_reminder_seconds: Some(3_600),
        pending_resolve_seconds: Some(7_200),
        bin_seconds: 10_000,
        offer_seconds: 45,
        offer_seconds_by_channel: BTreeMap::from([(ChannelKind::Phone, 15)]),
        offline_returns_unstarted: true,
        unanswered_return_seconds: BTreeMap::from([(ChannelKind::Chat, 120)]),
        away_after_missed: BTreeMap::from([(ChannelKind::Whatsapp, 3)]),
        declined_seconds: 301,
        handling_lease_seconds: 61,
        journey_retention_seconds: 3_601,
        category_teams: BTreeMap::from([(word("returns"), team_id(1))]),
        weights: Weights {
            priority_points: 101.5,
            age_points: 99.0,
            age_seconds: 3_600,
            live_age_seconds: 60,
            urgency_points: 151.0,
            keyword_limit: 90.0,
            insight_limit: 40.0,
            tier_points: BTreeMap::from([("gold".to_owned(), 12.5)]),
            churn_points: 21.0,
            lifetime_points: 22.0,
            lifetime_half: 50_000.0,
        },
    }
}
